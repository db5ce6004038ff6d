"""The whole bill of an option: what it is served by, its candidate's releases, people's hours."""

import numpy as np

from advisor.decision.choice.engine import Engine
from advisor.decision.scenarios.option_space import artefact_gb_of
from advisor.market import people_line
from advisor.platforms import PLATFORMS, facts_of
from advisor.platforms.base import Bought, artefact_usage
from advisor.platforms.training import training_usage
from advisor.recommendation import CostLine
from advisor.study.types import HOURS_PER_MONTH


def option_lines(engine: Engine, row: int) -> tuple[CostLine, ...]:
    """Return the whole bill of one option; an option without a price has no serving lines."""
    options = engine.options
    serving: tuple[CostLine, ...] = ()
    if options.sold[row]:
        serving = engine.market.lines(
            PLATFORMS[options.platform_of(row)].usage(engine.study, bought(engine, row)),
            group="serving",
            region=str(options.region[row]),
        )
    return (*serving, *candidate_lines(engine, int(options.candidate[row])), *_upkeep(engine, row))


def bought(engine: Engine, row: int) -> Bought:
    """Return one option as it is bought."""
    options = engine.options
    replicas = float(options.billed[row])
    return Bought(
        sku=str(options.sku[row]),
        region=str(options.region[row]),
        purchase=options.purchase_of(row),
        replicas=replicas,
        rollout_replicas=replicas * float(engine.problem.surge[row]),
        profile=engine.profiles[int(options.candidate[row])],
        billed_hours=float(np.nan_to_num(options.billed_hours[row])),
        billed_s=float(np.nan_to_num(options.billed_s[row])),
    )


def serving_lines(
    engine: Engine,
    *,
    candidate: int,
    platform: str,
    sku: str,
    region: str,
    purchase: str,
    replicas: float,
) -> tuple[CostLine, ...]:
    """Return the serving lines of something that need not be an option, such as what runs today.

    Args:
        engine: whose study, prices and day.
        candidate: the profile that is served.
        platform: where: not one of jobs or queues.
        sku: what is bought.
        region: in which region.
        purchase: how it is bought.
        replicas: how many are billed on average.
    """
    facts, profile = facts_of(platform), engine.profiles[candidate]
    each_s = facts.replica_start_s + profile.start_s + facts.drain_s
    releases = engine.costs[candidate].cadence.releases_per_month
    surge = facts.surge_fraction * releases * each_s / 3600 / HOURS_PER_MONTH
    one = Bought(
        sku=sku,
        region=region,
        purchase=purchase,
        replicas=replicas,
        rollout_replicas=replicas * surge,
        profile=profile,
    )
    usage = PLATFORMS[platform].usage(engine.study, one)
    return engine.market.lines(usage, group="serving", region=region)


def candidate_lines(engine: Engine, candidate: int) -> tuple[CostLine, ...]:
    """Return what a candidate costs wherever it runs: training runs, labels, review."""
    study, cost = engine.study, engine.costs[candidate]
    releases = cost.cadence.releases_per_month
    lines: list[CostLine] = []
    if cost.place_row is not None:
        place = cost.places.place(cost.place_row)
        runs = study.retraining.runs_per_release * releases
        lines += engine.market.lines(
            [training_usage(place, run_count=runs)], group="training", region=place.region
        )
    stored_gb = artefact_gb_of(engine.profiles, engine.profiles[candidate].name)
    lines += engine.market.lines(
        [artefact_usage(stored_gb)], group="serving", region=cost.storage_region
    )
    if study.retraining.label_cost_usd > 0:
        lines.append(
            CostLine(
                label="Labels",
                group="labels",
                quantity_per_month=releases,
                unit="releases",
                usd_per_unit=study.retraining.label_cost_usd,
                usd_per_month=releases * study.retraining.label_cost_usd,
                basis="input",
                source="study: retraining.label_cost_usd",
            )
        )
    if study.retraining.review_hours is not None:
        lines.append(
            people_line(
                label="Review of releases",
                hours_per_month=study.retraining.review_hours * releases,
                study=study,
                key="retraining.review_hours",
            )
        )
    return tuple(lines)


def _upkeep(engine: Engine, row: int) -> tuple[CostLine, ...]:
    """Return the hours that the platform takes, where the study gives them."""
    platform = engine.options.platform_of(row)
    if platform not in engine.study.team.hours_per_month:
        return ()
    line = people_line(
        label="Upkeep of the platform",
        hours_per_month=engine.study.team.upkeep_hours(platform),
        study=engine.study,
        key=f"team.hours_per_month.{platform}",
    )
    return (line,)
