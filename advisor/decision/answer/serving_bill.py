"""What serving costs, line by line: of a considered option, and of what runs today."""

from advisor.cost import bill_lines, shared_lines
from advisor.decision.choice.engine import Engine
from advisor.decision.options.serverless import serverless_lines, service_s_at
from advisor.decision.options.table import replica_start_s
from advisor.platforms import STANDING_PLATFORMS, sagemaker_serverless
from advisor.platforms.base import traffic_of
from advisor.platforms.rules import rollout_s, surge_share
from advisor.recommendation import CostLine
from advisor.study.types import HOURS_PER_MONTH
from pricing.usage import UsageLine


def serving_lines(
    engine: Engine,
    *,
    profile_row: int,
    platform: str,
    sku: str,
    region: str,
    purchase: str,
    replicas: float,
) -> tuple[CostLine, ...]:
    """Return the serving lines of a standing platform or of serverless.

    Args:
        engine: whose study, prices and day.
        profile_row: the candidate that is served.
        platform: where.
        sku: what is bought; of serverless its memory, such as `2 GiB`.
        region: in which region.
        purchase: how it is bought.
        replicas: how many are billed on average.
    """
    study, profile = engine.study, engine.profiles[profile_row]
    if platform == sagemaker_serverless.NAME:
        memory_gib = int(sku.split(maxsplit=1)[0])
        return serverless_lines(
            study,
            memory_gib=memory_gib,
            duration_s=service_s_at(profile, memory_gib),
            book=engine.book,
            region=region,
            on=engine.on,
        )
    sold = STANDING_PLATFORMS[platform]
    usage = [
        *sold.replica_usage(sku=sku, purchase=purchase, replicas=replicas),
        *shared_lines(sold, study=study, traffic=traffic_of(study)),
    ]
    if extra := replicas * _surge(engine, profile_row, platform):
        usage += [
            UsageLine.model_validate(
                line.model_dump(exclude_unset=True)
                | {"label": f"{line.label}, while a release rolls out"}
            )
            for line in sold.replica_usage(sku=sku, purchase=purchase, replicas=extra)
        ]
    return bill_lines(
        usage, group="serving", study=study, book=engine.book, region=region, on=engine.on
    )


def _surge(engine: Engine, profile_row: int, platform: str) -> float:
    """Return the replicas billed for rolling releases out over the others."""
    profile, cadence = engine.profiles[profile_row], engine.costs[profile_row].cadence
    each_s = replica_start_s(platform) + profile.start_s + rollout_s(platform)
    hours = cadence.releases_per_month * each_s / 3600
    return surge_share(platform) * hours / HOURS_PER_MONTH
