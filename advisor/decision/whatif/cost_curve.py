"""Cost against request rate: the cheapest feasible option of each platform at each rate."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from advisor.arrays import Floats
from advisor.cost import price, shared_lines
from advisor.decision.choice.engine import Engine
from advisor.decision.options.columns import within_budget
from advisor.decision.options.jobs_and_queues import at_rate, metered_columns
from advisor.decision.options.replica_plan import plan_rows
from advisor.decision.options.serverless import serverless_columns
from advisor.platforms import STANDING_PLATFORMS, sagemaker_serverless
from advisor.platforms.base import traffic_of
from advisor.recommendation import CostPoint
from advisor.study.types import MAX_JOB_ROWS

RATE_SPAN = 100.0
"""The curve runs from a hundredth to a hundred times the study's rate."""

MOST = 1e8
"""No study may ask for more. [1/s]"""

POINT_COUNT = 25
"""Rates on the curve."""


def rates_around(rate_per_s: float) -> Floats:
    """Return the curve's rates, evenly spaced on a logarithmic axis, the study's own among them."""
    return rate_per_s * np.geomspace(1 / RATE_SPAN, RATE_SPAN, POINT_COUNT)


def standing_usd(
    engine: Engine, rows: NDArray[np.intp], rates_per_s: Floats
) -> tuple[Floats, NDArray[np.int64]]:
    """Return total cost (rate x row, NaN where not feasible) and replicas at other rates."""
    study = engine.study
    if not rows.size:
        return np.empty((len(rates_per_s), 0)), np.empty((len(rates_per_s), 0), dtype=np.int64)
    table = engine.table
    found = plan_rows(
        study,
        table,
        engine.space.classes,
        rows,
        peaks_per_s=rates_per_s * (study.workload.peak_per_s / study.workload.requests_per_s),
        shared_usd=_shared_usd(engine, rates_per_s)[:, table.offer[rows]].ravel(),
    )
    upkeep = np.array([study.team.upkeep_usd(offer.platform) for offer in engine.offers])
    monthly = np.array([c.monthly_usd for c in engine.costs])
    beside = upkeep[table.offer[rows]] + monthly[table.profile[rows]]
    total = found.serving_usd + np.tile(beside, len(rates_per_s))
    ok = found.fits & found.sold & found.meets_latency & within_budget(study, total)
    shape = (len(rates_per_s), len(rows))
    return np.where(ok, total, np.nan).reshape(shape), found.replicas.reshape(shape)


def _shared_usd(engine: Engine, rates_per_s: Floats) -> Floats:
    """Return the shared cost of each offer at each rate, (rate x offer). [USD/month]"""
    study = engine.study
    classes = {(offer.platform, offer.region) for offer in engine.offers}
    columns: dict[tuple[str, str], list[float]] = {}
    for platform, region in classes:
        columns[platform, region] = [
            price(
                shared_lines(
                    STANDING_PLATFORMS[platform],
                    study=study,
                    traffic=traffic_of(study, requests_per_s=float(rate)),
                ),
                study=study,
                book=engine.book,
                region=region,
                on=engine.on,
            ).total_usd
            for rate in rates_per_s
        ]
    return np.array([columns[offer.platform, offer.region] for offer in engine.offers]).T


def cost_curve(engine: Engine, candidate: int) -> tuple[CostPoint, ...]:
    """Return the cheapest feasible option of each platform at each rate, for one candidate."""
    work = engine.study.workload
    rates = rates_around(work.requests_per_s)
    rates = rates[rates * max(work.peak_per_s, work.requests_per_s) <= MOST * work.requests_per_s]
    others = _metered_points(engine, candidate, rates)
    if engine.study.workload.pattern == "batch":
        return others
    allowed = engine.columns.other[: len(engine.table)] == ""
    own = engine.table.profile == candidate
    rows = np.flatnonzero(own & ~engine.table.on_gpu & allowed)
    usd, replicas = standing_usd(engine, rows, rates)
    platforms = np.array([offer.platform for offer in engine.offers])[engine.table.offer[rows]]
    points = []
    for name in STANDING_PLATFORMS:
        own = np.flatnonzero(platforms == name)
        for i, rate in enumerate(rates):
            if own.size and np.isfinite(usd[i, own]).any():
                k = own[int(np.nanargmin(usd[i, own]))]
                machines = engine.offers[engine.table.offer[rows[k]]].machines
                points.append(
                    CostPoint(
                        requests_per_s=float(rate),
                        platform=name,
                        option=f"{replicas[i, k]} x {machines.sku[engine.table.row[rows[k]]]}",
                        usd_per_month=float(usd[i, k]),
                    )
                )
    if sagemaker_serverless.NAME in engine.study.cloud.platforms:
        points += _serverless_points(engine, candidate, rates)
    return (*points, *others)


def _metered_points(engine: Engine, candidate: int, rates: Floats) -> tuple[CostPoint, ...]:
    """Return the part of the curve of jobs and queues, as far as they are for the study."""
    study = engine.study
    monthly = np.array([cost.monthly_usd for cost in engine.costs])
    points = []
    for part in engine.metered:
        if (part.other != "").all():
            continue
        for rate in rates:
            if study.workload.job_rows * rate / study.workload.requests_per_s > MAX_JOB_ROWS:
                continue
            found = at_rate(study, part, float(rate), profile=candidate)
            columns = metered_columns(study, found, monthly_usd=monthly)
            ok = columns.sold & columns.fits & columns.meets_latency & (columns.other == "")
            ok &= within_budget(study, columns.usd_per_month) & ~columns.on_gpu
            for name in dict.fromkeys(columns.platform.tolist()):
                own = np.flatnonzero(ok & (columns.platform == name))
                if own.size:
                    k = own[int(np.argmin(columns.usd_per_month[own]))]
                    points.append(
                        CostPoint(
                            requests_per_s=float(rate),
                            platform=name,
                            option=f"{columns.replicas[k]} x {columns.sku[k]}",
                            usd_per_month=float(columns.usd_per_month[k]),
                        )
                    )
    return tuple(sorted(points, key=lambda p: p.platform))


def _serverless_points(engine: Engine, candidate: int, rates: Floats) -> list[CostPoint]:
    """Return the serverless part of the curve, at the memory size that is cheapest now."""
    study = engine.study
    profile = engine.profiles[candidate]
    points = []
    kept: dict[Any, Any] = {}
    for rate in rates:
        ratio = study.workload.peak_per_s / study.workload.requests_per_s
        work = study.workload.replace(
            requests_per_s=float(rate), peak_requests_per_s=float(rate * ratio)
        )
        columns = serverless_columns(
            study.replace(workload=work),
            [profile],
            book=engine.book,
            on=engine.on,
            monthly_usd=np.array([engine.costs[candidate].monthly_usd]),
            kept=kept,
        )
        ok = columns.sold & columns.fits & columns.meets_latency & (columns.other == "")
        ok &= within_budget(study, columns.usd_per_month)
        if ok.any():
            k = int(np.argmin(np.where(ok, columns.usd_per_month, np.inf)))
            points.append(
                CostPoint(
                    requests_per_s=float(rate),
                    platform=sagemaker_serverless.NAME,
                    option=str(columns.sku[k]),
                    usd_per_month=float(columns.usd_per_month[k]),
                )
            )
    return points
