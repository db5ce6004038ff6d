"""What an interval costs in a month: releases against the errors of an ageing model.

The retraining plan of this package speaks of total cost, errors that no retraining removes
included. A bill has to weigh only what the interval decides: releases and ageing.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from advisor.arrays import Floats
from advisor.retraining.records import Decay
from advisor.study.types import DAYS_PER_MONTH

CALENDAR_DAYS = (
    *(1, 2, 3, 5, 7, 10, 14, 21, 28, 42, 56, 84, 112, 182, 273),
    *(365, 546, 730, 1095, 1460, 2190, 2920),
)
"""Intervals that people keep: days, weeks, months, years. [days]"""

SIMPLER_WITHIN = 0.02
"""The longest interval whose cost is this close to the least is chosen. [fraction]"""

BAND = 0.05
"""Intervals this close to the least cost are named as a band. [fraction]"""


def ageing_error(interval_days: ArrayLike, decay: Decay) -> Floats:
    """Return the mean excess error of a model that is renewed every so many days.

        linear:      d T / 2
        saturating:  A (1 - tau / T (1 - exp(-T / tau)))

    the mean of g(a) = d a and of g(a) = A (1 - exp(-a / tau)) over ages 0 to T.

    Args:
        interval_days: T, > 0. [days]
        decay: the fitted, given or assumed law.

    Returns:
        Excess error, >= 0, shape of the intervals. [error per case]

    Example:
        >>> from advisor.retraining.records import Decay
        >>> linear = Decay(model="linear", amplitude=None, tau_periods=None, tau_days=None,
        ...                slope_per_period=0.001, slope_per_day=0.001, basis="input", source="")
        >>> float(ageing_error(20.0, linear))
        0.01
    """
    days = np.asarray(interval_days, dtype=float)
    if decay.model == "saturating" and decay.amplitude and decay.tau_days:
        ratio = days / decay.tau_days
        saturated: Floats = decay.amplitude * (1 + np.expm1(-ratio) / ratio)
        return saturated
    if decay.model == "linear":
        linear: Floats = max(0.0, decay.slope_per_day or 0.0) * days / 2
        return linear
    return np.zeros_like(days)


def excess_error(age_days: ArrayLike, decay: Decay) -> Floats:
    """Return the excess error of a model at an age, whose mean over ages `ageing_error` is.

        linear:      d a
        saturating:  A (1 - exp(-a / tau))

    Args:
        age_days: a, >= 0. [days]
        decay: the fitted, given or assumed law.

    Returns:
        Excess error, >= 0, shape of the ages. [error per case]
    """
    days = np.asarray(age_days, dtype=float)
    if decay.model == "saturating" and decay.amplitude and decay.tau_days:
        saturated: Floats = -decay.amplitude * np.expm1(-days / decay.tau_days)
        return saturated
    if decay.model == "linear":
        linear: Floats = max(0.0, decay.slope_per_day or 0.0) * days
        return linear
    return np.zeros_like(days)


@dataclass(frozen=True)
class Spending:
    """The prices that an interval trades against each other."""

    decay: Decay
    release_usd: float
    """One release. [USD]"""
    error_usd_per_month: float
    """One unit of error per case, on all cases of a month. [USD/month]"""
    horizon_days: float
    """How long the answer must hold; a model that is never retrained ages that long. [days]"""
    late_error: float = 0.0
    """Excess error at every age because labels come late. [error per case]"""

    def releases_usd(self, interval_days: ArrayLike) -> Floats:
        """Return what the releases cost. [USD/month]"""
        usd: Floats = self.release_usd * DAYS_PER_MONTH / np.asarray(interval_days, dtype=float)
        return usd

    def ageing_usd(self, interval_days: ArrayLike) -> Floats:
        """Return what the errors of ageing cost. [USD/month]"""
        aged: Floats = ageing_error(interval_days, self.decay) + self.late_error
        return self.error_usd_per_month * aged

    def total_usd(self, interval_days: ArrayLike) -> Floats:
        """Return both together. [USD/month]"""
        return self.releases_usd(interval_days) + self.ageing_usd(interval_days)


@dataclass(frozen=True)
class Interval:
    """The interval chosen, and how flat the cost is around it."""

    days: float | None
    """Calendar interval; null for never within the horizon. [days]"""
    band_days: tuple[float, float]
    """Intervals within 5% of the least cost. [days]"""


def choose_interval(spending: Spending, *, shortest_days: float = 1.0) -> Interval:
    """Return the longest calendar interval that costs hardly more than the best one.

    Never means once in the horizon: one release, and a model that ages all the way.

    Args:
        spending: the prices.
        shortest_days: no shorter interval is considered: the period of a back-test, below which
            it tells nothing. [days]
    """
    horizon = spending.horizon_days
    floor = min(max(shortest_days, 1.0), horizon)
    fine, calendar = _intervals(floor, horizon)
    fine_usd, calendar_usd = spending.total_usd(fine), spending.total_usd(calendar)
    least = float(min(fine_usd.min(), calendar_usd.min()))
    near = calendar[calendar_usd <= least * (1 + SIMPLER_WITHIN)]
    if not near.size:  # the optimum lies between two calendar intervals: the cheaper of them
        near = calendar[[int(np.argmin(calendar_usd))]]
    chosen = float(near.max())
    band = fine[fine_usd <= least * (1 + BAND)]
    ends = (float(band.min()), float(band.max())) if band.size else (chosen, chosen)
    return Interval(days=None if chosen >= horizon else chosen, band_days=ends)


@lru_cache(maxsize=64)
def _intervals(floor: float, horizon: float) -> tuple[Floats, Floats]:
    """Return intervals to look at, evenly on a log scale, and those of the calendar. [days]"""
    fine = np.geomspace(floor, horizon, 400)
    calendar = np.array(
        [floor, *(d for d in CALENDAR_DAYS if floor < d < horizon), horizon], dtype=float
    )
    for days in (fine, calendar):
        days.setflags(write=False)
    return fine, calendar
