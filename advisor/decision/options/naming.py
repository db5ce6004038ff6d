"""What options are called."""

from advisor.platforms import (
    TITLES,
    sagemaker_serverless,
)


def option_name(
    candidate: str, platform: str, sku: str, replicas: int, *, fewest: int | None = None
) -> str:
    """Return an option's name, e.g. `forest on ECS Fargate, 2 x (1 vCPU, 2 GiB, arm64)`.

    One whose replicas follow the traffic says from how many: `2 to 6 x m7i.large, autoscaling`.
    """
    title = TITLES[platform]
    if platform == sagemaker_serverless.NAME:
        return f"{candidate} on {title}, {sku}"
    size = f"({sku})" if "," in sku else sku
    if fewest is None or fewest == replicas:
        return f"{candidate} on {title}, {replicas} x {size}"
    return f"{candidate} on {title}, {fewest} to {replicas} x {size}, autoscaling"
