"""Time a call: warm up, repeat until the budget is spent, keep every raw duration.

The clock is an argument. Nothing on the machine is tuned, and garbage collection stays on, because
it is on where the model is served.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.stats import drift_fraction

Clock = Callable[[], float]

DRIFT_LIMIT_FRACTION = 0.03
"""Medians of the two halves that differ by more are no steady state. [fraction]"""


@dataclass(frozen=True)
class Budget:
    """How long to time one thing."""

    wanted_s: float
    """Time after which to stop, once `min_count` calls were made. [s]"""
    min_count: int
    """Calls wanted at least, as far as `limit_s` allows."""
    limit_s: float
    """Time after which to stop in any case, after at least one call. [s]"""
    max_count: int = 10_000
    """Calls kept at most."""
    warmup_count: int = 3
    """Calls to warm up with at least."""
    warmup_s: float = 0.15
    """Time to warm up for at least. [s]"""
    extension_count: int = 0
    """How often to start over where there was no steady state."""


@dataclass(frozen=True)
class Timing:
    """Raw durations of one call, repeated."""

    first_s: float
    """The very first call, which pays for whatever is lazy. [s]"""
    durations_s: tuple[float, ...]
    """Every timed call in order, warm-ups dropped. [s]"""

    @property
    def drift_fraction(self) -> float:
        """Median of the second half over that of the first, minus 1."""
        return drift_fraction(self.durations_s)

    @property
    def is_steady(self) -> bool:
        """Whether the two halves agree."""
        return abs(self.drift_fraction) <= DRIFT_LIMIT_FRACTION


def time_calls(
    call: Callable[[int], object], *, budget: Budget, clock: Clock = time.perf_counter
) -> Timing:
    """Time `call(i)` for i = 0, 1, ... so that each call can be given other input.

    Warms up until both `warmup_count` and `warmup_s` are reached (or the limit is), then repeats.
    Where the durations drift, what was measured counts as warm-up and timing starts over, at most
    `extension_count` times.
    """
    begin = clock()
    call(0)
    first_s = clock() - begin
    count = 1
    while (count < budget.warmup_count or clock() - begin < budget.warmup_s) and (
        clock() - begin < budget.limit_s
    ):
        call(count)
        count += 1
    timing = Timing(first_s=first_s, durations_s=_repeat(call, budget=budget, clock=clock))
    for _ in range(budget.extension_count):
        if timing.is_steady:
            break
        timing = Timing(first_s=first_s, durations_s=_repeat(call, budget=budget, clock=clock))
    return timing


def _repeat(call: Callable[[int], object], *, budget: Budget, clock: Clock) -> tuple[float, ...]:
    durations: list[float] = []
    begin = clock()
    elapsed = 0.0
    while len(durations) < budget.max_count:
        if durations and elapsed >= budget.limit_s:
            break
        if len(durations) >= max(1, budget.min_count) and elapsed >= budget.wanted_s:
            break
        number = len(durations)
        start = clock()
        call(number)
        stop = clock()
        durations.append(stop - start)
        elapsed = stop - begin
    return tuple(durations)
