"""What a fleet that changes by the minute means: percentiles over all requests, time out of need.

Each minute is taken as stationary, which it is where queues settle within a minute; what a minute
cannot serve waits for the next one, as a fluid. Minutes with the same load and replicas are worked
out once, so that a week takes some hundredths of a second.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from advisor.arrays import Floats
from advisor.capacity.autoscaling import (
    Fleet,
    Integers,
    TrackingPolicy,
    fixed_fleet,
    replicas_needed,
    scheduled_fleet,
    target_tracking,
)
from advisor.capacity.queueing import (
    KNOT_PROBABILITIES,
    Routing,
    lognormal_knots,
    sojourn_quantiles_s,
    station_waiting,
)

LEVELS = (0.02, 0.25, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)
"""Quantiles worked out for each minute; between them, ln(1 - p) is interpolated."""

FINE_COUNT = 60
"""Points that stand for the requests of a minute in the percentiles over all minutes."""

SETTLED_UTILISATION = 0.97
"""A minute busier than this does not settle within itself: its queue is followed as a fluid."""

RATE_DIGITS = 3
"""Rates of minutes that agree in so many digits share one calculation: below the doubt in p99."""


@dataclass(frozen=True)
class ServiceTime:
    """How long a worker is busy with one request, and how requests reach it."""

    mean_s: float
    """Mean, server overhead included. [s]"""
    scv: float
    """Variance / mean^2."""
    workers_per_replica: int
    """Requests that one replica serves at the same time."""
    overhead_s: float = 0.0
    """Time added to each answer that keeps no worker busy. [s]"""
    routing: Routing = "least-outstanding"
    """How requests find a replica."""


@dataclass(frozen=True)
class FleetOutcome:
    """What a fleet does over a traffic profile."""

    p50_s: float
    """Median answer time over all requests. [s]"""
    p95_s: float
    """95th percentile. [s]"""
    p99_s: float
    """99th percentile. [s]"""
    p99_by_minute_s: Floats
    """99th percentile of each minute. [s]"""
    utilisation: Floats
    """Busy share of the workers that answer, each minute."""
    minutes_out_of_need: int
    """Minutes whose p99 is above the need; 0 without one."""
    replica_hours: float
    """Hours billed over the profile. [h]"""


def fleet_outcome(
    *,
    rates_per_s: ArrayLike,
    fleet: Fleet,
    service: ServiceTime,
    max_p99_s: float | None = None,
) -> FleetOutcome:
    """Return latency, bill and time out of the need of a fleet over a profile by the minute.

    Args:
        rates_per_s: request rate of each minute, >= 0. [1/s]
        fleet: replicas of each minute.
        service: see `ServiceTime`.
        max_p99_s: the need; None is no need. [s]

    Raises:
        ValueError: rates and fleet differ in length, or there is no request.
    """
    rates = np.asarray(rates_per_s, dtype=float)
    if rates.shape != fleet.ready.shape:
        raise ValueError(f"{rates.size} rates but {fleet.ready.size} minutes of replicas")
    if not rates.sum() > 0:
        raise ValueError("rates_per_s must have at least one request")
    capacity = fleet.ready * service.workers_per_replica / service.mean_s
    backlog_s = _backlog_wait_s(rates, capacity)
    settled = np.minimum(rates, SETTLED_UTILISATION * capacity)
    quantiles, state = _settled_quantiles(settled, fleet.ready, service)
    idle = np.array(_idle_quantiles(service))[:, None]
    behind = np.flatnonzero(backlog_s > 0)
    late_quantiles = np.maximum(quantiles[:, state[behind]], idle + backlog_s[behind])
    # Minutes alike count as one with all their requests; those with a backlog are all different.
    calm_requests = np.bincount(
        state, weights=np.where(backlog_s > 0, 0.0, rates), minlength=quantiles.shape[1]
    )
    p50, p95, p99 = _mixture_quantiles(
        np.concatenate([quantiles, late_quantiles], axis=1) + service.overhead_s,
        np.concatenate([calm_requests, rates[behind]]),
        (0.5, 0.95, 0.99),
    )
    row = LEVELS.index(0.99)
    p99_by_minute = quantiles[row, state] + service.overhead_s
    p99_by_minute[behind] = late_quantiles[row] + service.overhead_s
    late = 0 if max_p99_s is None else int(((p99_by_minute > max_p99_s) & (rates > 0)).sum())
    return FleetOutcome(
        p50_s=p50,
        p95_s=p95,
        p99_s=p99,
        p99_by_minute_s=p99_by_minute,
        utilisation=rates / np.maximum(capacity, 1e-300),
        minutes_out_of_need=late,
        replica_hours=fleet.replica_hours,
    )


def _settled_quantiles(
    rates: Floats, replicas: Integers, service: ServiceTime
) -> tuple[Floats, Integers]:
    """Quantiles at `LEVELS` of each different minute [s], and which of them each minute is."""
    size = 10.0 ** (RATE_DIGITS - 1 - np.floor(np.log10(np.maximum(rates, 1e-12))))
    pairs = np.floor(rates * size) / size + 1j * replicas
    unique, state = np.unique(pairs, return_inverse=True)
    waiting = station_waiting(
        arrival_per_s=unique.real,
        service_s=service.mean_s,
        service_scv=service.scv,
        workers_per_replica=service.workers_per_replica,
        replica_count=np.maximum(unique.imag, 1).astype(int),
        routing=service.routing,
    )
    knots = lognormal_knots(service_s=service.mean_s, service_scv=service.scv)
    found = sojourn_quantiles_s(probabilities=LEVELS, waiting=waiting, service_knots_s=knots)
    return found, state.reshape(-1)


def _idle_quantiles(service: ServiceTime) -> list[float]:
    knots = lognormal_knots(service_s=service.mean_s, service_scv=service.scv)
    return [float(q) for q in np.interp(LEVELS, KNOT_PROBABILITIES, knots)]


def _backlog_wait_s(rates: Floats, capacity: Floats) -> Floats:
    """Wait behind what earlier minutes could not serve, at the middle of each minute. [s]"""
    if not np.any(rates > capacity):
        return np.zeros(rates.size)
    steps = (rates - capacity) * 60
    walk = np.concatenate([[0.0], np.cumsum(steps)])
    backlog = walk - np.minimum.accumulate(walk)
    middle = (backlog[1:] + backlog[:-1]) / 2
    wait: Floats = middle / np.maximum(capacity, 1e-300)
    return wait


def _mixture_quantiles(
    quantiles: Floats, requests: Floats, probabilities: Sequence[float]
) -> list[float]:
    """Quantiles of all requests together, from those of each kind of minute. [s]

    Args:
        quantiles: at `LEVELS`, one column per kind of minute. [s]
        requests: requests of each kind.
        probabilities: wanted.
    """
    depth = -np.log1p(-np.array(LEVELS))
    edges = np.linspace(0.0, -np.log(1e-4), FINE_COUNT + 1)
    mass = np.diff(-np.expm1(-np.append(edges[:-1], np.inf)))
    middles = np.clip((edges[1:] + edges[:-1]) / 2, depth[0], None)
    place = np.clip(np.searchsorted(depth, middles) - 1, 0, depth.size - 2)
    part = (middles - depth[place]) / (depth[place + 1] - depth[place])
    fine = quantiles[place] * (1 - part)[:, None] + quantiles[place + 1] * part[:, None]
    weights = mass[:, None] * requests
    order = np.argsort(fine, axis=None)
    values, held = fine.ravel()[order], weights.ravel()[order]
    below = (np.cumsum(held) - held / 2) / held.sum()
    return [float(np.interp(p, below, values)) for p in probabilities]


# Comparing the ways to scale ----------------------------------------------------------------------


class ScalingWay(NamedTuple):
    """One way to scale, and what it does over the profile."""

    name: str
    """`fixed`, `scheduled` or `target-tracking`."""
    fleet: Fleet
    """Replicas by the minute."""
    outcome: FleetOutcome
    """Latency and bill."""
    target_per_minute: float | None
    """The target value to set for target tracking; null for the others. [1/min]"""

    @property
    def mean_replicas(self) -> float:
        """Replicas billed on average."""
        return float(self.fleet.billed.mean())


TARGET_SHARES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4)
"""Target values tried, as shares of what one replica carries within the need."""


def compare_scaling(
    *,
    rates_per_s: ArrayLike,
    service: ServiceTime,
    rate_per_replica_per_s: float,
    start_s: float,
    minimum_count: int = 1,
    maximum_count: int = 1000,
    max_p99_s: float | None = None,
    allowed_minutes_out: int = 0,
    step_minutes: int = 60,
    waits_for_start: bool = False,
    fixed_count: int | None = None,
) -> tuple[ScalingWay, ...]:
    """Work out fixed, scheduled and target tracking over one profile.

    The target is the highest of `TARGET_SHARES` whose time out of the need is allowed; where none
    is, the one with the least.

    Args:
        rates_per_s: request rate of each minute of the profile. [1/s]
        service: see `ServiceTime`.
        rate_per_replica_per_s: what one replica carries within need and headroom. [1/s]
        start_s: start of a replica: machine, image and model. [s]
        minimum_count: fewest replicas, e.g. one per zone.
        maximum_count: most replicas.
        max_p99_s: the need. [s]
        allowed_minutes_out: minutes of the profile that may be out of the need.
        step_minutes: step of the schedule. [min]
        waits_for_start: see `TrackingPolicy`.
        fixed_count: replicas of the fixed fleet; those of the busiest minute by default.

    Returns:
        The three ways, in that order.
    """
    rates = np.asarray(rates_per_s, dtype=float)
    needed = np.minimum(
        replicas_needed(
            rates_per_s=rates,
            rate_per_replica_per_s=rate_per_replica_per_s,
            minimum_count=minimum_count,
        ),
        maximum_count,
    )

    def way(name: str, fleet: Fleet, target: float | None = None) -> ScalingWay:
        outcome = fleet_outcome(
            rates_per_s=rates, fleet=fleet, service=service, max_p99_s=max_p99_s
        )
        return ScalingWay(name=name, fleet=fleet, outcome=outcome, target_per_minute=target)

    tracked: list[ScalingWay] = []
    for share in TARGET_SHARES:
        target = 60 * rate_per_replica_per_s * share
        policy = TrackingPolicy(
            target_per_minute=target,
            minimum_count=minimum_count,
            maximum_count=max(minimum_count, maximum_count),
            start_s=start_s,
            waits_for_start=waits_for_start,
        )
        tracked.append(
            way("target-tracking", target_tracking(rates_per_s=rates, policy=policy), target)
        )
        if tracked[-1].outcome.minutes_out_of_need <= allowed_minutes_out:
            break
    best = min(tracked, key=lambda w: max(w.outcome.minutes_out_of_need, allowed_minutes_out))
    return (
        way(
            "fixed",
            fixed_fleet(replica_count=fixed_count or int(needed.max()), minutes=rates.size),
        ),
        way(
            "scheduled", scheduled_fleet(needed=needed, start_s=start_s, step_minutes=step_minutes)
        ),
        best,
    )
