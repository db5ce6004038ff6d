"""How many replicas run at each minute: fixed, scheduled, or following a target as AWS does.

`target_tracking` follows the rules of Application Auto Scaling for ECS services and SageMaker
variants minute by minute; `fleet_outcome.py` says what latency and bill such a fleet has.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Integers = NDArray[np.int_]

METRIC_PERIOD_S = 60.0
"""Period of the metrics behind both policies, `ALBRequestCountPerTarget` and
`SageMakerVariantInvocationsPerInstance`. [s]"""


@dataclass(frozen=True)
class TrackingPolicy:
    """A target tracking policy, with AWS's own defaults."""

    target_per_minute: float
    """Requests per replica and minute to aim at: the value to set. [1/min]"""
    minimum_count: int = 1
    """Fewest replicas."""
    maximum_count: int = 100
    """Most replicas."""
    start_s: float = 60.0
    """From the decision to a replica that answers: machine, image, model. [s]"""
    out_datapoints: int = 3
    """Minutes in a row above the target before it grows."""
    in_datapoints: int = 15
    """Minutes in a row below the low mark before it shrinks."""
    low_fraction: float = 0.9
    """The low mark / the target."""
    out_cooldown_s: float = 300.0
    """Time after growing in which it only grows to a larger number still. [s]"""
    in_cooldown_s: float = 300.0
    """Time after shrinking before it shrinks again. [s]"""
    metric_delay_minutes: int = 1
    """Minutes from a metric's period to the alarm that sees it."""
    waits_for_start: bool = False
    """Whether nothing is changed while replicas start: an endpoint of SageMaker that is being
    updated is not scaled again."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.target_per_minute) and self.target_per_minute > 0):
            raise ValueError(f"target_per_minute must be positive, got {self.target_per_minute}")
        if not 1 <= self.minimum_count <= self.maximum_count:
            raise ValueError(
                f"replicas must be at least 1 and the maximum not below the minimum, got "
                f"{self.minimum_count} to {self.maximum_count}"
            )
        if self.start_s < 0 or self.out_datapoints < 1 or self.in_datapoints < 1:
            raise ValueError("start_s must be >= 0 and both datapoints at least 1")


class Fleet(NamedTuple):
    """Replicas at each minute."""

    ready: Integers
    """Replicas that answer."""
    billed: Integers
    """Replicas that are paid for: those that answer and those that start."""

    @property
    def replica_hours(self) -> float:
        """Hours billed over the whole profile. [h]"""
        return float(self.billed.sum()) / 60


def fixed_fleet(*, replica_count: int, minutes: int) -> Fleet:
    """Return the same replicas all the time, enough for the peak."""
    counts = np.full(minutes, replica_count, dtype=int)
    return Fleet(ready=counts, billed=counts)


def scheduled_fleet(*, needed: ArrayLike, start_s: float, step_minutes: int = 60) -> Fleet:
    """Return replicas that are set by the clock, each step to the most that it needs.

    A step's replicas are started ahead by their start time, so that they answer when it begins; the
    profile repeats.

    Args:
        needed: replicas needed at each minute.
        start_s: from the order to a replica that answers. [s]
        step_minutes: length of a step of the schedule. [min]
    """
    need = np.asarray(needed, dtype=int)
    ready = np.empty(need.size, dtype=int)
    for first in range(0, need.size, step_minutes):
        ready[first : first + step_minutes] = need[first : first + step_minutes].max()
    billed = ready.copy()
    for ahead in range(1, math.ceil(start_s / METRIC_PERIOD_S) + 1):
        billed = np.maximum(billed, np.roll(ready, -ahead))
    return Fleet(ready=ready, billed=billed)


def target_tracking(*, rates_per_s: ArrayLike, policy: TrackingPolicy) -> Fleet:
    """Follow a target tracking policy minute by minute.

    The metric of a minute is requests / replicas that answer. Above the target for `out_datapoints`
    minutes in a row, the desired number becomes ceil(replicas x metric / target). Within the
    cooldown of an earlier growth, `replicas` are those that answered in the metric's minute, so
    that what was added counts as part of the next growth; after it those that still start count
    too: a start that takes longer than the cooldown is asked for twice.

    Below `low_fraction` of the target for `in_datapoints` in a row, it becomes what that minute's
    requests need, unless a cooldown of shrinking is on; growing ends that cooldown. New replicas
    answer after `start_s`; of those that are not needed any more, those that still start leave
    first.

    It begins with as many replicas as the first minute needs.

    Args:
        rates_per_s: request rate of each minute, >= 0. [1/s]
        policy: the policy.

    Source:
        Application Auto Scaling User Guide, "Target tracking scaling policies": growth in
        proportion to the metric, cooldowns; the alarms it creates on ECS and SageMaker variants: 3
        datapoints of a minute above the target, 15 below 90% of it. That shrinking goes to the
        proportional number in one step is our reading of "scales in more gradually".
    """
    per_minute = (np.asarray(rates_per_s, dtype=float) * 60).tolist()
    target, low = policy.target_per_minute, policy.target_per_minute * policy.low_fraction
    fewest, most = policy.minimum_count, policy.maximum_count
    start = math.ceil(policy.start_s / METRIC_PERIOD_S)
    out_cooldown = math.ceil(policy.out_cooldown_s / METRIC_PERIOD_S)
    in_cooldown = math.ceil(policy.in_cooldown_s / METRIC_PERIOD_S)
    delay, out_points, in_points = (
        policy.metric_delay_minutes,
        policy.out_datapoints,
        policy.in_datapoints,
    )
    ready = min(most, max(fewest, math.ceil(per_minute[0] / target - 1e-9))) if per_minute else 0
    starting: list[tuple[int, int]] = []  # (minute from which they answer, how many)
    pending = 0
    no_out_until = no_in_until = -1
    above = below = 0
    ready_by_minute, billed_by_minute, seen = [], [], []
    for minute, requests in enumerate(per_minute):
        while starting and starting[0][0] <= minute:
            arrived = starting.pop(0)[1]
            ready += arrived
            pending -= arrived
        ready_by_minute.append(ready)
        billed_by_minute.append(ready + pending)
        seen.append((requests, ready))
        if minute < delay:
            continue
        then_requests, then_ready = seen[minute - delay]
        metric = then_requests / then_ready
        above = above + 1 if metric > target else 0
        below = below + 1 if metric < low else 0
        desired = ready + pending
        if pending and policy.waits_for_start:
            continue
        if above >= out_points:
            base = desired if pending and minute >= no_out_until else then_ready
            wanted = min(most, math.ceil(base * metric / target - 1e-9))
            if wanted > desired:
                starting.append((minute + 1 + start, wanted - desired))
                pending += wanted - desired
                no_out_until, no_in_until = minute + out_cooldown, -1
        elif below >= in_points and minute >= no_in_until:
            wanted = max(fewest, math.ceil(then_requests / target - 1e-9))
            if wanted < desired:
                leaving = desired - wanted
                while leaving and starting:
                    at, count = starting.pop()
                    gone = min(count, leaving)
                    leaving -= gone
                    pending -= gone
                    if count > gone:
                        starting.append((at, count - gone))
                ready -= leaving
                no_in_until = minute + in_cooldown
    return Fleet(
        ready=np.array(ready_by_minute, dtype=int), billed=np.array(billed_by_minute, dtype=int)
    )


def replicas_needed(
    *,
    rates_per_s: ArrayLike,
    rate_per_replica_per_s: ArrayLike,
    minimum_count: ArrayLike = 1,
) -> Integers:
    """Replicas that carry each rate, where one replica is allowed so many requests a second.

    Broadcasts: `rates_per_s[None, :]` with `rate_per_replica_per_s[:, None]` gives options x steps,
    so that the hours of every option that follows the traffic are one sum over its columns.

    Example:
        >>> replicas_needed(rates_per_s=[0.0, 25.0, 30.1], rate_per_replica_per_s=10.0).tolist()
        [1, 3, 4]
    """
    rates = np.asarray(rates_per_s, dtype=float)
    each = np.asarray(rate_per_replica_per_s, dtype=float)
    if np.any(rates < 0) or not np.all(each > 0):
        raise ValueError("rates must be >= 0 and rate_per_replica_per_s positive")
    count: Integers = np.maximum(np.ceil(rates / each - 1e-9), minimum_count).astype(int)
    return count
