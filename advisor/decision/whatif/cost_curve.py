"""Cost against request rate: the cheapest feasible option of each platform at each rate."""

import dataclasses

import numpy as np

from advisor.arrays import Floats, Ints, Rows
from advisor.decision.choice.engine import Engine
from advisor.decision.scenarios.narrowed import for_question
from advisor.decision.scenarios.problem import WAITED_FOR
from advisor.options.replicas import plan_rows
from advisor.options.table import within_budget
from advisor.platforms import PLATFORMS, in_order
from advisor.platforms.always_on import AlwaysOn
from advisor.platforms.base import Ask, Platform, traffic_of
from advisor.recommendation import CostPoint
from advisor.study.types import MAX_JOB_ROWS, Study

RATE_SPAN = 100.0
"""The curve runs from a hundredth to a hundred times the study's rate."""

MOST = 1e8
"""No study may ask for more. [1/s]"""

POINT_COUNT = 25
"""Rates on the curve."""


def rates_around(rate_per_s: float) -> Floats:
    """Return the curve's rates, evenly spaced on a logarithmic axis, the study's own among them."""
    return rate_per_s * np.geomspace(1 / RATE_SPAN, RATE_SPAN, POINT_COUNT)


def standing_usd(engine: Engine, rows: Rows, rates_per_s: Floats) -> tuple[Floats, Ints]:
    """Return total cost (rate x row, NaN where not feasible) and replicas at other rates."""
    study, options, space = engine.study, engine.options, engine.space
    shape = (len(rates_per_s), len(rows))
    if not rows.size:
        return np.empty(shape), np.empty(shape, dtype=np.int64)
    scaled = options.scaled[rows]
    pooling = np.ones(len(rows))
    pooling[scaled] = engine.problem.pooled(options.machine_class[rows[scaled]])
    found = plan_rows(
        study,
        space.machines,
        space.classes,
        options.machine[rows],
        peaks_per_s=rates_per_s * (study.workload.peak_per_s / study.workload.requests_per_s),
        scaled=scaled,
        pooling=pooling,
    )
    replicas_usd = found.billed.reshape(shape) * options.replica_usd[rows]
    total = _shared_usd(engine, rows, rates_per_s) + replicas_usd + options.beside_usd[rows]
    ok = options.fits[rows] & options.sold[rows] & found.meets_latency.reshape(shape)
    ok &= within_budget(study, total)
    return np.where(ok, total, np.nan), found.replicas.reshape(shape)


def _shared_usd(engine: Engine, rows: Rows, rates_per_s: Floats) -> Floats:
    """Return what the replicas of each option share at each rate, (rate x row). [USD/month]"""
    study, options = engine.study, engine.options
    kinds = list(
        zip(options.platform_at[rows].tolist(), options.region[rows].tolist(), strict=True)
    )
    usd: dict[tuple[int, str], list[float]] = {}
    for at, region in dict.fromkeys(kinds):
        platform = PLATFORMS[options.platforms[at]]
        if not isinstance(platform, AlwaysOn):
            raise TypeError(f"replicas do not stand on {platform.facts.name}")
        usd[at, region] = [
            platform.shared_usd(
                engine.market,
                region,
                traffic_of(study, requests_per_s=float(rate)),
                study.needs.availability_zones,
            )
            for rate in rates_per_s
        ]
    return np.array([usd[kind] for kind in kinds]).T


def cost_curve(engine: Engine, candidate: int) -> tuple[CostPoint, ...]:
    """Return the cheapest feasible option of each platform at each rate, for one candidate."""
    work = engine.study.workload
    rates = rates_around(work.requests_per_s)
    rates = rates[rates * max(work.peak_per_s, work.requests_per_s) <= MOST * work.requests_per_s]
    points: list[CostPoint] = []
    waited: list[CostPoint] = []
    for platform in in_order(engine.study.cloud.platforms):
        if platform.facts.billing == "always-on":
            points += _standing_points(engine, platform, candidate, rates)
        elif platform.facts.billing in WAITED_FOR:
            waited += _asked_points(engine, platform, candidate, rates)
        else:
            points += _asked_points(engine, platform, candidate, rates)
    return (*points, *sorted(waited, key=lambda point: point.platform))


def _standing_points(
    engine: Engine, platform: Platform, candidate: int, rates: Floats
) -> list[CostPoint]:
    options, name = engine.options, platform.facts.name
    own = options.on_platform(name) & (options.candidate == candidate)
    rows = np.flatnonzero(own & (options.limit == ""))
    usd, replicas = standing_usd(engine, rows, rates)
    points = []
    for i, rate in enumerate(rates):
        if rows.size and np.isfinite(usd[i]).any():
            k = int(np.nanargmin(usd[i]))
            points.append(
                CostPoint(
                    requests_per_s=float(rate),
                    platform=name,
                    option=f"{replicas[i, k]} x {options.sku[rows[k]]}",
                    usd_per_month=float(usd[i, k]),
                    **_both(engine, name, candidate, float(usd[i, k])),
                )
            )
    return points


def _asked_points(
    engine: Engine, platform: Platform, candidate: int, rates: Floats
) -> list[CostPoint]:
    """Return the part of a platform without standing replicas: it is asked again at each rate."""
    study, space, name = engine.study, engine.space, platform.facts.name
    here = engine.options.on_platform(name)
    if (engine.options.limit[here] != "").all():
        return []
    own = np.flatnonzero(space.machines.profile == candidate)
    machines = dataclasses.replace(
        space.machines.take(own), profile=np.zeros(len(own), dtype=np.int64)
    )
    machines = dataclasses.replace(machines, profiles=(engine.profiles[candidate],))
    points = []
    for rate in rates:
        if study.workload.job_rows * rate / study.workload.requests_per_s > MAX_JOB_ROWS:
            continue
        ask = Ask(
            study=_at_rate(for_question(study), float(rate)),
            market=space.market,
            profiles=(engine.profiles[candidate],),
            machines=machines,
            memo=space.memo,
        )
        options = platform.options(ask)
        beside_usd = engine.options.beside_usd[here & (engine.options.candidate == candidate)]
        total = options.serving_usd + (beside_usd[0] if beside_usd.size else 0.0)
        ok = options.possible & options.meets_latency
        ok &= within_budget(study, total)
        if ok.any():
            k = int(np.argmin(np.where(ok, total, np.inf)))
            counted = platform.facts.billing != "by-request"
            points.append(
                CostPoint(
                    requests_per_s=float(rate),
                    platform=name,
                    option=f"{options.replicas[k]} x {options.sku[k]}"
                    if counted
                    else str(options.sku[k]),
                    usd_per_month=float(total[k]),
                    **_both(engine, name, candidate, float(total[k])),
                )
            )
    return points


def _both(engine: Engine, platform: str, candidate: int, usd: float) -> dict[str, float | None]:
    """Return a cost by the AWS bill and with people, of one that is ranked. [USD/month]"""
    team, review_usd = engine.study.team, engine.costs[candidate].review_usd
    people_usd = team.upkeep_usd(platform) + review_usd
    bill_usd = usd - people_usd if engine.problem.scenarios.counts_people else usd
    given = platform in team.hours_per_month
    return {
        "aws_usd_per_month": bill_usd,
        "with_people_usd_per_month": bill_usd + people_usd if given else None,
    }


def _at_rate(study: Study, requests_per_s: float) -> Study:
    """Return a study at another rate; its peak and a job's rows go with it."""
    work = study.workload
    # A peak that is the rate itself may come out a rounding below it.
    peak = max(requests_per_s, work.peak_per_s * (requests_per_s / work.requests_per_s))
    return study.replace(
        workload=work.replace(requests_per_s=requests_per_s, peak_requests_per_s=peak)
    )
