"""What an interval costs in a month, and the calendar interval that costs least.

Only what the interval decides is weighed: releases, and the extra errors of an ageing model.
Errors that a fresh model makes too cost the same at every interval.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from advisor.arrays import Floats
from advisor.retraining.ageing_curve import AgeingCurve
from advisor.study.types import DAYS_PER_MONTH

CALENDAR_DAYS = (
    *(1, 2, 3, 5, 7, 10, 14, 21, 28, 42, 56, 84, 112, 182, 273),
    *(365, 546, 730, 1095, 1460, 2190, 2920),
)
"""Intervals that people keep: days, weeks, months, years. [days]"""

SIMPLER_WITHIN = 0.02
"""The longest interval whose cost is this close to the least is chosen. [fraction]"""

BAND, NARROW_BAND = 0.05, 0.01
"""Intervals this close to the least cost are named as a band. [fraction]"""


@dataclass(frozen=True)
class Spending:
    """The prices that an interval trades against each other."""

    curve: AgeingCurve
    """How the model ages, of days."""
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
        aged: Floats = self.curve.mean_excess(interval_days) + self.late_error
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
    narrow_band_days: tuple[float, float]
    """Intervals within 1% of the least cost. [days]"""


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

    def band(within: float) -> tuple[float, float]:
        inside = fine[fine_usd <= least * (1 + within)]
        return (float(inside.min()), float(inside.max())) if inside.size else (chosen, chosen)

    return Interval(
        days=None if chosen >= horizon else chosen,
        band_days=band(BAND),
        narrow_band_days=band(NARROW_BAND),
    )


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
