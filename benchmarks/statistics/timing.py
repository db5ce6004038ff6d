"""Time a call: calibrate, warm up, repeat until it is known well enough, keep every duration.

The clock is an argument. Nothing on the machine is tuned, and garbage collection stays on, because
it is on where the model is served.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from benchmarks.statistics.stats import drift_fraction, is_narrow, quantile_interval

Clock = Callable[[], float]
Stop = Literal["narrow", "time", "limit", "count"]

DRIFT_LIMIT_FRACTION = 0.03
"""Medians of the two halves that differ by more are no steady state. [fraction]"""

SHORT_CALL_S = 5e-6
"""Shorter calls are timed several at once: two readings of the clock take 1% of this. [s]"""

SAMPLE_S = 2e-4
"""How long one duration of such calls takes at least, all of its calls together. [s]"""

LOOK_GROWTH = 1.25
"""The interval is looked at each time that the calls have grown by this factor: few looks, so that
stopping when it is narrow hardly favours narrow ones."""


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
    quantile: float = 0.5
    """The quantile that must be known well enough."""
    width_fraction: float | None = None
    """Width of its 95% interval over its value that is narrow enough: repeats beyond `wanted_s`
    until it is, at most up to `limit_s`. Null asks for no width."""


@dataclass(frozen=True)
class Timing:
    """Raw durations of one call, repeated."""

    first_s: float
    """The very first call, which pays for whatever is lazy. [s]"""
    durations_s: tuple[float, ...]
    """Every timed call in order, warm-ups dropped. [s]"""
    inner_count: int = 1
    """Calls behind each duration, which is their mean."""
    warmup_count: int = 0
    """Calls before the first timed one."""
    stop: Stop = "time"
    """Why it ended: the interval was narrow, the wanted time was over, the limit of time or of
    calls was reached."""
    wanted_width_fraction: float | None = None
    """Width that was asked for; null for none."""
    quantile: float = 0.5
    """The quantile that it was asked for."""

    @property
    def drift_fraction(self) -> float:
        """Median of the second half over that of the first, minus 1."""
        return drift_fraction(self.durations_s)

    @property
    def is_steady(self) -> bool:
        """Whether the two halves agree."""
        return abs(self.drift_fraction) <= DRIFT_LIMIT_FRACTION

    @property
    def inconclusive(self) -> str | None:
        """Why the quantile is not known as well as was asked; null where it is."""
        if self.wanted_width_fraction is None:
            return None
        found = quantile_interval(self.durations_s, quantile=self.quantile)
        if is_narrow(found, width_fraction=self.wanted_width_fraction):
            return None
        name = f"p{100 * self.quantile:g}"
        if found.value_s is None or found.lower_s is None or found.upper_s is None:
            return f"{len(self.durations_s)} calls are too few for an interval of the {name}"
        width = (found.upper_s - found.lower_s) / found.value_s
        return (
            f"the interval of the {name} is {width:.0%} wide after {len(self.durations_s)} calls, "
            f"wanted {self.wanted_width_fraction:.0%}"
        )


def time_calls(
    call: Callable[[int], object], *, budget: Budget, clock: Clock = time.perf_counter
) -> Timing:
    """Time `call(i)` for i = 0, 1, ... so that each call can be given other input.

    Warms up until both `warmup_count` and `warmup_s` are reached (or the limit is), takes from the
    warm-up how many calls one duration needs, then repeats. Where the durations drift, what was
    measured counts as warm-up and timing starts over, at most `extension_count` times.
    """
    begin = clock()
    call(0)
    first_s = clock() - begin
    count, spent_s = 1, 0.0
    warm_begin = clock()
    while (count < budget.warmup_count or clock() - begin < budget.warmup_s) and (
        clock() - begin < budget.limit_s
    ):
        call(count)
        count += 1
    spent_s = clock() - warm_begin
    inner = inner_call_count(spent_s / (count - 1)) if count > 1 else 1
    timing = _timed(call, budget=budget, clock=clock, first_s=first_s, warmups=count, inner=inner)
    for _ in range(budget.extension_count):
        if timing.is_steady:
            break
        count += inner * len(timing.durations_s)
        timing = _timed(
            call, budget=budget, clock=clock, first_s=first_s, warmups=count, inner=inner
        )
    return timing


def inner_call_count(call_s: float) -> int:
    """Return how many calls one duration takes, so that the clock does not count.

    Example:
        >>> inner_call_count(1e-3), inner_call_count(1e-6)
        (1, 200)
    """
    if call_s >= SHORT_CALL_S:
        return 1
    return round(SAMPLE_S / max(call_s, 1e-9))


def _timed(
    call: Callable[[int], object],
    *,
    budget: Budget,
    clock: Clock,
    first_s: float,
    warmups: int,
    inner: int,
) -> Timing:
    durations, stop = _repeat(call, budget=budget, clock=clock, inner=inner)
    return Timing(
        first_s=first_s,
        durations_s=durations,
        inner_count=inner,
        warmup_count=warmups,
        stop=stop,
        wanted_width_fraction=budget.width_fraction,
        quantile=budget.quantile,
    )


def _repeat(
    call: Callable[[int], object], *, budget: Budget, clock: Clock, inner: int
) -> tuple[tuple[float, ...], Stop]:
    durations: list[float] = []
    keep = durations.append
    begin = clock()
    elapsed = 0.0
    enough, next_look = max(1, budget.min_count), 0
    for number in range(budget.max_count):
        if number and elapsed >= budget.limit_s:
            return tuple(durations), "limit"
        if number >= enough and elapsed >= budget.wanted_s:
            if budget.width_fraction is None:
                return tuple(durations), "time"
            if number >= next_look:
                found = quantile_interval(durations, quantile=budget.quantile)
                if is_narrow(found, width_fraction=budget.width_fraction):
                    return tuple(durations), "narrow"
                next_look = math.ceil(LOOK_GROWTH * number)
        if inner == 1:
            start = clock()
            call(number)
            stop = clock()
        else:
            first = number * inner
            start = clock()
            for each in range(first, first + inner):
                call(each)
            stop = clock()
        keep((stop - start) / inner)
        elapsed = stop - begin
    return tuple(durations), "count"
