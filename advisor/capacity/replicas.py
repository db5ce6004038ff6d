"""How many replicas a need takes: the plan of thousands of options at once."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from advisor.arrays import Floats
from advisor.capacity.queueing import (
    Routing,
    Waiting,
    lognormal_knots,
    sojourn_quantiles_s,
    station_waiting,
)

Integers = NDArray[np.int_]
PROBABILITIES = (0.5, 0.95, 0.99)
NO_WAIT = Waiting(mean_s=np.zeros(()), probability=np.zeros(()), scv=np.ones(()))


@dataclass(frozen=True)
class ReplicaPlan:
    """The smallest fleet that meets the needs, one entry per option."""

    replica_count: Integers
    """Replicas; 0 where none is enough."""
    p50_s: Floats
    """Median time from arrival to answer; inf where infeasible. [s]"""
    p95_s: Floats
    """95th percentile. [s]"""
    p99_s: Floats
    """99th percentile. [s]"""
    utilisation: Floats
    """Busy share of the workers at the given rate; NaN where infeasible."""
    infeasible: NDArray[np.str_]
    """Empty where feasible; `service-too-slow`: no number of replicas brings p99 within the need;
    `too-many-replicas`: more than the maximum would be needed."""
    limited_by: NDArray[np.str_]
    """What sets the number: `minimum`, `utilisation` or `p99`; empty where infeasible."""
    unloaded_p99_s: Floats
    """99th percentile of an idle fleet: what `service-too-slow` compares with the need. [s]"""


def plan_replicas(
    *,
    arrival_per_s: ArrayLike,
    service_mean_s: ArrayLike,
    service_scv: ArrayLike,
    workers_per_replica: ArrayLike,
    fixed_overhead_s: ArrayLike = 0.0,
    max_p99_s: ArrayLike | None = None,
    max_utilisation: ArrayLike = 0.7,
    minimum_count: ArrayLike = 1,
    routing: Routing = "least-outstanding",
    maximum_count: ArrayLike = 1000,
) -> ReplicaPlan:
    """Find the fewest replicas that keep p99 within the need and utilisation within the cap.

    Latency falls as replicas are added, so the smallest sufficient number is found by bisection,
    all options together.

    Args:
        arrival_per_s: request rate to plan for, the peak. [1/s]
        service_mean_s: time one worker is busy with one request, server overhead included. [s]
        service_scv: variance of that time / mean^2.
        workers_per_replica: requests that one replica serves at the same time.
        fixed_overhead_s: time added to every answer that keeps no worker busy (network, load
            balancer). [s]
        max_p99_s: the need; None is no need. [s]
        max_utilisation: planned headroom, in 0..1 exclusive of 0.
        minimum_count: fewest replicas allowed, e.g. one per availability zone.
        routing: how requests find a replica, see `queueing.station_waiting`.
        maximum_count: most replicas considered.

    Returns:
        Columns, shape of the broadcast arguments, at least one-dimensional.

    Raises:
        ValueError: a rate, time or count is out of its range.
    """
    needs = np.inf if max_p99_s is None else max_p99_s
    columns = np.broadcast_arrays(
        *np.atleast_1d(
            *(
                np.asarray(value, dtype=float)
                for value in (
                    arrival_per_s,
                    service_mean_s,
                    service_scv,
                    workers_per_replica,
                    fixed_overhead_s,
                    needs,
                    max_utilisation,
                    minimum_count,
                    maximum_count,
                )
            )
        )
    )
    shape = columns[0].shape
    rate, service, scv, workers, fixed, need, cap, fewest, most = (c.ravel() for c in columns)
    _check(rate=rate, service=service, workers=workers, cap=cap, fewest=fewest)
    knots = lognormal_knots(service_s=service, service_scv=scv)

    def quantiles(rows: Integers, count: Integers, wanted: tuple[float, ...]) -> Floats:
        waiting = station_waiting(
            arrival_per_s=rate[rows],
            service_s=service[rows],
            service_scv=scv[rows],
            workers_per_replica=workers[rows].astype(int),
            replica_count=count,
            routing=routing,
        )
        found = sojourn_quantiles_s(
            probabilities=wanted, waiting=waiting, service_knots_s=knots[rows]
        )
        total: Floats = found + fixed[rows]
        return total

    everyone = np.arange(rate.size)
    idle_p99 = (
        sojourn_quantiles_s(probabilities=(0.99,), waiting=NO_WAIT, service_knots_s=knots)[0]
        + fixed
    )
    for_load = np.ceil(rate * service / (workers * cap) * (1 - 1e-12))
    count = np.maximum(fewest, np.minimum(for_load, most + 1)).astype(int)
    too_slow = idle_p99 > need
    too_many = ~too_slow & (count > most)
    latency = np.full((3, rate.size), np.inf)
    open_rows = everyone[~too_slow & ~too_many]
    latency[:, open_rows] = quantiles(open_rows, count[open_rows], PROBABILITIES)
    late = open_rows[latency[2, open_rows] > need[open_rows]]
    if late.size:
        enough = _smallest_count(
            rows=late, low=count[late], most=most[late].astype(int), need=need, quantiles=quantiles
        )
        count[late] = enough
        met = enough > 0
        latency[:, late[met]] = quantiles(late[met], enough[met], PROBABILITIES)
        latency[:, late[~met]] = np.inf
        too_many[late[~met]] = True
    bad = too_slow | too_many
    count = np.where(bad, 0, count)
    by = np.full(rate.size, "utilisation", dtype="<U20")
    by[count <= fewest] = "minimum"
    by[late] = "p99"
    by[bad] = ""
    why = np.full(rate.size, "", dtype="<U20")
    why[too_slow], why[too_many] = "service-too-slow", "too-many-replicas"
    busy = np.where(bad, np.nan, rate * service / (workers * np.maximum(count, 1)))
    return ReplicaPlan(
        replica_count=count.reshape(shape),
        p50_s=latency[0].reshape(shape),
        p95_s=latency[1].reshape(shape),
        p99_s=latency[2].reshape(shape),
        utilisation=busy.reshape(shape),
        infeasible=why.reshape(shape),
        limited_by=by.reshape(shape),
        unloaded_p99_s=idle_p99.reshape(shape),
    )


def _smallest_count(
    *,
    rows: Integers,
    low: Integers,
    most: Integers,
    need: Floats,
    quantiles: Callable[[Integers, Integers, tuple[float, ...]], Floats],
) -> Integers:
    """Search the fewest replicas within the need; 0 where even the most are too few.

    `low` is known to be too few. Steps double until enough, then the gap is halved.
    """
    low, high = low.copy(), np.minimum(low * 2, most)
    result = np.zeros(rows.size, dtype=int)
    todo = np.arange(rows.size)
    while todo.size:  # gallop
        met = quantiles(rows[todo], high[todo], (0.99,))[0] <= need[rows[todo]]
        result[todo[met]] = high[todo[met]]
        todo = todo[~met & (high[todo] < most[todo])]
        low[todo] = high[todo]
        high[todo] = np.minimum(high[todo] * 2, most[todo])
    todo = np.flatnonzero(result - low > 1)
    while todo.size:  # halve
        middle = (low[todo] + result[todo]) // 2
        met = quantiles(rows[todo], middle, (0.99,))[0] <= need[rows[todo]]
        result[todo[met]], low[todo[~met]] = middle[met], middle[~met]
        todo = todo[result[todo] - low[todo] > 1]
    return result


def _check(*, rate: Floats, service: Floats, workers: Floats, cap: Floats, fewest: Floats) -> None:
    if not (np.all(np.isfinite(rate)) and np.all(rate >= 0)):
        raise ValueError("arrival_per_s must be finite and >= 0")
    if not np.all(service > 0):
        raise ValueError("service_mean_s must be positive")
    if np.any(workers < 1) or np.any(fewest < 1):
        raise ValueError("workers_per_replica and minimum_count must be at least 1")
    if np.any(cap <= 0) or np.any(cap > 1):
        raise ValueError("max_utilisation must be above 0 and at most 1")
