"""How the chosen option answers under load, and what the benchmark measured of the model alone."""

from collections import defaultdict

import numpy as np

from advisor.arrays import Floats
from advisor.capacity.queueing import lognormal_knots, sojourn_quantiles_s, station_waiting
from advisor.capacity.target_tracking import ROUTING
from advisor.decision.choice.engine import Engine
from advisor.decision.choice.naming import name_of
from advisor.recommendation import (
    LatencyAdvice,
    LearningCurve,
    LearningCurvePoint,
    LoadPoint,
    MeasuredQuantile,
)
from benchmarks.statistics.stats import quantile_interval
from benchmarks.storage.records import BenchmarkRun, InferenceMeasurement

POINT_COUNT = 24
"""Rates on the curve."""

FULLEST = 0.98
"""The curve ends at this busy share: beyond it answer times grow without end."""

MEASURED_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999)
"""Quantiles of the measured calls that are told."""


def latency_advice(engine: Engine) -> LatencyAdvice | None:
    """Return an option's answer time against load, its replicas held fixed.

    The option is the chosen one; where that is serverless, which adds a container for each request
    at a time, the best of those that keep replicas. None where nothing is feasible.
    """
    if not engine.order.ranked:
        return None
    options, study = engine.options, engine.study
    standing = (row for row in engine.order.ranked if options.stands[row])
    row = next(standing, engine.order.ranked[0])
    name = engine.profiles[int(options.candidate[row])].name
    replicas = int(options.replicas[row])
    measured = _measured(engine, name)
    need_ms = study.needs.max_p99_latency_ms
    rates, times_ms, full = _load_curve(engine, row)
    low, middle, high, p50 = times_ms
    return LatencyAdvice(
        option=name_of(engine, row),
        is_chosen=row == engine.order.ranked[0],
        replicas=replicas,
        mean_requests_per_s=study.workload.requests_per_s,
        peak_requests_per_s=study.workload.peak_per_s,
        need_ms=need_ms,
        reaches_need_at_requests_per_s=_crossing(rates, middle, need_ms),
        full_at_requests_per_s=full,
        basis=options.basis[row],
        curve=tuple(
            LoadPoint(
                requests_per_s=float(rate),
                p50_ms=float(p50[i]),
                p99_ms=float(middle[i]),
                p99_ms_low=float(low[i]),
                p99_ms_high=float(high[i]) if np.isfinite(high[i]) else None,
            )
            for i, rate in enumerate(rates)
            if np.isfinite(middle[i])
        ),
        measured_rows=measured.batch_rows if measured else 0,
        measured_call_count=len(measured.durations_s) if measured else 0,
        measured=_quantiles(measured) if measured else (),
    )


def _load_curve(engine: Engine, row: int) -> tuple[Floats, Floats, float | None]:
    """Return rates [1/s], p99 at low, middle and high service time and p50 [ms], the full rate."""
    if not engine.options.stands[row]:
        return np.empty(0), np.empty((4, 0)), None
    replicas = int(engine.options.replicas[row])
    table, row = engine.machines, int(engine.options.machine[row])
    full = float(replicas * table.workers[row] / table.service_s[row])
    work = engine.study.workload
    rates = np.geomspace(min(full / 50, work.requests_per_s), FULLEST * full, POINT_COUNT)
    rates = np.unique(np.append(rates, work.peak_per_s))
    services = (table.service_low_s[row], table.service_s[row], table.service_high_s[row])
    service_s = np.repeat(services, len(rates))
    scv = np.full(service_s.size, table.scv[row])
    found = sojourn_quantiles_s(
        probabilities=(0.99, 0.5),
        waiting=station_waiting(
            arrival_per_s=np.tile(rates, 3),
            service_s=service_s,
            service_scv=scv,
            workers_per_replica=np.full(service_s.size, table.workers[row]),
            replica_count=np.full(service_s.size, replicas),
            routing=ROUTING,
        ),
        service_knots_s=lognormal_knots(service_s=service_s, service_scv=scv),
    )
    p99, p50 = (1e3 * (found + table.front_s[row])).reshape(2, 3, len(rates))
    return rates, np.array([*p99, p50[1]]), full


def reaches_need_per_s(engine: Engine, row: int) -> float | None:
    """Return the rate at which an option's planned replicas reach the need on p99. [1/s]

    None where there is no need, or it is met until the replicas are full.
    """
    rates, (_, p99_ms, _, _), _ = _load_curve(engine, row)
    return _crossing(rates, p99_ms, engine.study.needs.max_p99_latency_ms)


def _crossing(rates: Floats, p99_ms: Floats, need_ms: float | None) -> float | None:
    """Return the rate at which p99 meets the need, between the points of the curve."""
    above = np.flatnonzero(p99_ms > need_ms) if need_ms is not None else np.empty(0, dtype=int)
    if not above.size or above[0] == 0:
        return None
    last, first = int(above[0]) - 1, int(above[0])
    share = (need_ms - p99_ms[last]) / (p99_ms[first] - p99_ms[last])
    return float(rates[last] + share * (rates[first] - rates[last]))


def _measured(engine: Engine, candidate: str) -> InferenceMeasurement | None:
    """Return the single-threaded calls whose rows are nearest to those of a request."""
    rows = engine.study.workload.rows_per_request
    run = _run_of(engine, candidate)
    calls = [m for m in run.inference if m.thread_count == 1] if run else []
    return min(calls, key=lambda m: abs(np.log(m.batch_rows / rows)), default=None)


def _run_of(engine: Engine, candidate: str) -> BenchmarkRun | None:
    profile = next(p for p in engine.profiles if p.name == candidate)
    return next((run for run in engine.evidence.runs if run.id == profile.run_id), None)


def _quantiles(measured: InferenceMeasurement) -> tuple[MeasuredQuantile, ...]:
    found = {
        fraction: quantile_interval(measured.durations_s, quantile=fraction)
        for fraction in MEASURED_QUANTILES
    }
    return tuple(
        MeasuredQuantile(
            quantile_fraction=fraction,
            value_ms=_ms(one.value_s),
            low_ms=None if one.value_s is None else _ms(one.lower_s),
            high_ms=None if one.value_s is None else _ms(one.upper_s),
        )
        for fraction, one in found.items()
    )


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1e3


def learning_curves(engine: Engine) -> tuple[LearningCurve, ...]:
    """Return the measured learning curve of each candidate that has at least two sizes."""
    curves = []
    # A profile is a candidate in one form; all forms of it were trained once.
    for name in dict.fromkeys(profile.name for profile in engine.profiles):
        run = _run_of(engine, name)
        sizes: dict[int, list[tuple[float, float]]] = defaultdict(list)
        for point in run.learning_curve if run else ():
            sizes[point.row_count].append((point.quality, point.wall_s))
        if len(sizes) > 1:
            points = tuple(_point(rows, seen) for rows, seen in sorted(sizes.items()))
            curves.append(LearningCurve(candidate=name, points=points))
    return tuple(curves)


def _point(row_count: int, seen: list[tuple[float, float]]) -> LearningCurvePoint:
    qualities = [quality for quality, _ in seen]
    return LearningCurvePoint(
        row_count=row_count,
        quality=sum(qualities) / len(qualities),
        quality_low=min(qualities),
        quality_high=max(qualities),
        wall_s=sum(wall for _, wall in seen) / len(seen),
    )
