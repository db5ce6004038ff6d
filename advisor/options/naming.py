"""What options are called."""

from advisor.options.facts import Facts


def option_name(
    candidate: str, facts: Facts, sku: str, replicas: int, *, fewest: int | None = None
) -> str:
    """Return an option's name, e.g. `forest on ECS Fargate, 2 x (1 vCPU, 2 GiB, arm64)`.

    One whose replicas follow the traffic says from how many: `2 to 6 x m7i.large, autoscaling`.
    """
    if facts.billing == "by-request":
        return f"{candidate} on {facts.title}, {sku}"
    size = f"({sku})" if "," in sku else sku
    if fewest is None or fewest == replicas:
        return f"{candidate} on {facts.title}, {replicas} x {size}"
    return f"{candidate} on {facts.title}, {fewest} to {replicas} x {size}, autoscaling"
