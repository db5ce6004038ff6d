"""When requests are sent: schedules, made before the load begins."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from benchmarks.arrays import Floats
from benchmarks.errors import BenchmarkError

Pattern = Literal["poisson", "constant", "recorded", "diurnal"]

MAX_REQUESTS = 2_000_000
"""Requests in one run at most."""
MAX_DURATION_S = 3_600.0
"""Length of one run at most. [s]"""

DIURNAL_SWING = 0.6
"""Without a profile, the rate swings by so much around its mean. [fraction]"""


class LoadError(BenchmarkError):
    """A load that cannot be sent, or a server that cannot be reached."""


def check_count(*, rate_per_s: float, duration_s: float) -> None:
    """Refuse a run that nobody can send.

    Raises:
        LoadError: a number out of its range, or more requests or time than a run may have.
    """
    if not (rate_per_s > 0 and np.isfinite(rate_per_s)):
        raise LoadError(f"the rate must be positive, got {rate_per_s:g} requests/s")
    if not 0 < duration_s <= MAX_DURATION_S:
        raise LoadError(
            f"a run lasts up to {MAX_DURATION_S:,.0f} s, got {duration_s:g}: shorten it"
        )
    if rate_per_s * duration_s > MAX_REQUESTS:
        raise LoadError(
            f"{rate_per_s * duration_s:,.0f} requests in one run, at most {MAX_REQUESTS:,}: "
            "lower the rate or shorten the run"
        )


def schedule_s(
    *,
    pattern: Pattern,
    rate_per_s: float,
    duration_s: float,
    rng: np.random.Generator,
    profile: Sequence[float] = (),
    recorded_s: Sequence[float] = (),
) -> Floats:
    """Return the times at which requests are due, ascending from 0. [s]

    Args:
        pattern: `poisson`: exponential gaps; `constant`: equal gaps; `diurnal`: Poisson with a rate
            that follows `profile`, stretched over the run; `recorded`: the given times, played at
            the speed that makes their mean rate `rate_per_s`.
        rate_per_s: mean rate, > 0. [1/s]
        duration_s: length of the run, > 0. [s]
        rng: draws the gaps.
        profile: rates of equal steps, any unit, for `diurnal`; a sine without.
        recorded_s: times of a recording, for `recorded`. [s]

    Raises:
        LoadError: a number out of its range, or more requests or time than a run may have.
    """
    check_count(rate_per_s=rate_per_s, duration_s=duration_s)
    if pattern == "constant":
        return np.arange(int(rate_per_s * duration_s)) / rate_per_s
    if pattern == "recorded":
        return _replayed(recorded_s, rate_per_s=rate_per_s, duration_s=duration_s)
    count = int(rng.poisson(rate_per_s * duration_s))
    uniform = np.sort(rng.random(count))  # Poisson arrivals, given their number
    if pattern == "poisson":
        return uniform * duration_s
    rates = np.asarray(profile, dtype=float)
    if rates.size == 0:
        rates = 1 + DIURNAL_SWING * np.sin(2 * np.pi * (np.arange(96) + 0.5) / 96)
    if np.any(rates < 0) or rates.sum() <= 0:
        raise LoadError("the profile must be >= 0 with at least one positive rate")
    reached = np.concatenate([[0.0], np.cumsum(rates)]) / rates.sum()
    placed: Floats = np.interp(uniform, reached, np.linspace(0.0, duration_s, rates.size + 1))
    return placed


def _replayed(recorded_s: Sequence[float], *, rate_per_s: float, duration_s: float) -> Floats:
    times = np.sort(np.asarray(recorded_s, dtype=float))
    if times.size < 2 or times[-1] <= times[0]:
        raise LoadError("a recording needs at least two requests at different times")
    own_rate = (times.size - 1) / (times[-1] - times[0])
    played = (times - times[0]) * own_rate / rate_per_s
    kept: Floats = played[played < duration_s]
    return kept
