"""The interval that costs least: closed forms, the cost curve and its calendar interval.

With rho = C / (v n) the cost of retraining every T periods is, in errors per case,

    J(T) = (rho + g(1) + ... + g(T)) / T                                     [error per case]

All functions are pure, keyword-only and work on scalars and arrays alike.
"""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from advisor.arrays import Floats

CALENDAR: Final = (1, 2, 3, 4, 6, 8, 13, 17, 26, 39, 52)
"""Intervals that people schedule; never is the one beyond. [periods]"""
SIMPLER_WITHIN: Final = 0.01
"""The longest calendar interval within this fraction of the cheapest total cost is chosen."""
BANDS: Final = (0.01, 0.05)
"""Fractions of total cost for which the band of intervals is told."""
LONGEST: Final = 1040
"""Longest interval that a band is searched to. [periods]"""
LAMBERT_STEPS: Final = 8
"""Newton's steps to the last digit from the bound that they start at; five are enough."""


def cost_ratio(*, retrain_cost_usd: Any, error_cost_usd: Any, cases_per_period: Any) -> Floats:
    """The retrain cost in error-rate periods, rho = C / (v n); inf where errors cost nothing.

    Example:
        >>> float(cost_ratio(retrain_cost_usd=50, error_cost_usd=2, cases_per_period=1000))
        0.025
    """
    money = np.asarray(error_cost_usd, dtype=np.float64) * cases_per_period
    cost = np.asarray(retrain_cost_usd, dtype=np.float64)
    return np.asarray(np.where(money > 0, cost / np.where(money > 0, money, 1.0), np.inf))


def linear_interval(*, rho: Any, slope: Any) -> Floats:
    """Optimal interval under linear decay, T* = sqrt(2 rho / d) = sqrt(2 C / (v n d)).

    Example:
        >>> round(float(linear_interval(rho=0.025, slope=1e-4)), 2)
        22.36

    Source:
        The square-root law of lot sizes (F. W. Harris, 1913) with g(a) = d a.
    """
    d = np.asarray(slope, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        found = np.sqrt(2 * np.asarray(rho, dtype=np.float64) / np.where(d > 0, d, 1.0))
    return np.asarray(np.where(d > 0, found, np.inf))


def power_interval(*, rho: Any, scale: Any, power: Any) -> Floats:
    """Optimal interval under g(a) = d a^p: T* = (rho (p + 1) / (p d))^(1 / (p + 1)).

    Example:
        >>> round(float(power_interval(rho=0.025, scale=1e-4, power=1.0)), 2)
        22.36
    """
    p = np.asarray(power, dtype=np.float64)
    return np.asarray((rho * (p + 1) / (p * np.asarray(scale))) ** (1 / (p + 1)))


def saturating_interval(*, rho: Any, amplitude: Any, tau: Any) -> Floats:
    """Optimal interval under g(a) = A (1 - exp(-a / tau)) in continuous age.

        T* = tau x,  x = -1 - W_{-1}(-(1 - rho / (A tau)) / e),  inf (never) iff rho >= A tau

    Example:
        >>> round(float(saturating_interval(rho=0.2, amplitude=0.05, tau=10)), 4)
        13.7642

    Source:
        Age replacement (Barlow and Hunter, 1960): the optimum solves g(T*) = J(T*), which here is
        (1 + x) exp(-x) = 1 - rho / (A tau); W is Lambert's function.
    """
    rho, amplitude, tau = np.broadcast_arrays(
        *(np.asarray(value, dtype=np.float64) for value in (rho, amplitude, tau))
    )
    area = amplitude * tau
    pays = rho < area
    depth = -np.log1p(-np.where(pays, rho, 0.0) / np.where(pays, area, 1.0))
    return np.where(pays, tau * _lambert_x(depth), math.inf)


def _lambert_x(depth: Floats) -> Floats:
    """Return x = -1 - W_{-1}(-exp(-1 - h)) of h >= 0: x - ln(1 + x) = h, by Newton's steps.

    They start from an upper bound and come down: the function is convex.

    Source:
        I. Chatzigeorgiou, 2013: x < h + sqrt(2 h).
    """
    x = depth + np.sqrt(2 * depth)
    for _ in range(LAMBERT_STEPS):
        step = (x - np.log1p(x) - depth) * (1 + x) / np.where(x > 0, x, 1.0)
        x = np.maximum(x - step, 0.0)
    return np.asarray(x)


def best_interval(*, rho: Any, slope: Any, tau: Any) -> Floats:
    """The T that minimises J(T) of whole ages, T real; inf (never) where it does not pay.

    The sum over whole ages of the saturating curve is its integral with tau replaced by
    1 / (1 - exp(-1 / tau)) in the area, so Lambert's closed form holds exactly. The linear law is
    T* = sqrt(2 rho / d). Never where A tau <= rho.

    Args:
        rho: retrain cost. [error rate x periods]
        slope: initial slope d, >= 0. [error per case / period]
        tau: time constant; inf for the linear law. [periods]
    """
    rho, slope, tau = np.broadcast_arrays(
        *(np.asarray(value, dtype=np.float64) for value in (rho, slope, tau))
    )
    linear = linear_interval(rho=rho, slope=slope)
    curved = np.isfinite(tau) & (slope > 0)
    finite = np.where(curved, tau, 1.0)
    effective = -1 / np.expm1(-1 / finite)
    area = slope * finite * finite
    stretched = saturating_interval(
        rho=rho * finite / effective, amplitude=slope * finite, tau=finite
    )
    return np.where(curved, np.where(area <= rho, np.inf, np.maximum(stretched, 1.0)), linear)


def summed_excess(interval: Any, *, slope: Any, tau: Any) -> Floats:
    """g(1) + ... + g(T) in closed form, extended to real T. [error per case x periods]

    Example:
        >>> round(float(summed_excess(4, slope=0.5, tau=math.inf)), 9)   # 0.5 * (0 + 1 + 2 + 3)
        3.0
    """
    t = np.asarray(interval, dtype=np.float64)
    tau = np.asarray(tau, dtype=np.float64)
    finite = np.where(np.isfinite(tau), tau, 1.0)
    geometric = np.expm1(-t / finite) / np.expm1(-1 / finite)
    curve = np.where(np.isfinite(tau), finite * (t - geometric), t * (t - 1) / 2)
    return np.asarray(slope * curve)


def average_cost(interval: Any, *, rho: Any, slope: Any, tau: Any) -> Floats:
    """J(T), the cost per period and case of retraining every T periods. [error per case]

    Example:
        >>> float(average_cost(4, rho=2.0, slope=0.5, tau=math.inf))   # (2 + 3) / 4
        1.25
    """
    t = np.asarray(interval, dtype=np.float64)
    return np.asarray((rho + summed_excess(t, slope=slope, tau=tau)) / t)


def break_even_ratio(interval: Any, *, slope: Any, tau: Any) -> Floats:
    """The rho at which an interval is the best: T g(T) - (g(1) + ... + g(T)) for real T.

    From the marginal condition; d T^2 / 2 under the linear law, so that an error is worth
    v = C / (n rho) = 2 C / (n d T^2) where the interval T is right. [error rate x periods]

    Example:
        >>> float(break_even_ratio(10, slope=0.002, tau=math.inf))
        0.1
    """
    t = np.asarray(interval, dtype=np.float64)
    tau = np.asarray(tau, dtype=np.float64)
    finite = np.where(np.isfinite(tau), tau, 1.0)
    x = t / finite
    effective = -1 / np.expm1(-1 / finite)
    curved = finite * effective * (-np.expm1(-x) - x * np.exp(-x))
    return np.asarray(slope * np.where(np.isfinite(tau), curved, t * t / 2))


def debt_interval_ratio(*, power: Any) -> Floats:
    """How long the rule "retrain when the accumulated excess equals C" waits, relative to T*.

    Under g(a) = d a^p the ratio is p^(1 / (p + 1)): right for linear decay, early for p < 1.

    Example:
        >>> float(debt_interval_ratio(power=1.0))
        1.0
    """
    p = np.asarray(power, dtype=np.float64)
    return np.asarray(p ** (1 / (p + 1)))


def shift_detection_cost(
    *, rho: Any, shift_per_period: Any, jump: Any, detection_periods: Any
) -> Floats:
    """Cost of retraining on each abrupt shift, found late: l (rho + D d0). [error per case]

    Args:
        rho: retrain cost. [error rate x periods]
        shift_per_period: rate l of Poisson shifts. [1/period]
        jump: excess error D after a shift. [error per case]
        detection_periods: time d0 until a shift is noticed. [periods]
    """
    return np.asarray(shift_per_period * (rho + jump * np.asarray(detection_periods)))


def growth_slope(*, rows: Any, rows_per_period: Any, scale: Any, power: Any) -> Floats:
    """Decay from growing data alone: err = c + k N^-b, N = m t give d = k b m N^-(b+1).

    Models age against a fresh one that has seen more rows, without any drift. As d falls with N the
    best interval grows as t^((b + 1) / 2).

    Args:
        rows: rows N of a training now.
        rows_per_period: new rows m. [1/period]
        scale: k of the learning curve. [error per case]
        power: b of the learning curve.
    """
    n = np.asarray(rows, dtype=np.float64)
    return np.asarray(scale * power * rows_per_period * n ** (-(np.asarray(power) + 1)))


def controller_interval(
    *, interval: Any, retrain_cost_usd: Any, error_cost_usd: Any, gained_errors: Any
) -> Floats:
    """The next interval, from what the last retrain was worth on the same rows.

    At the linear optimum v V = 2 C, so T <- T sqrt(2 C / (v V)), clipped to half and twice T.

    Args:
        interval: the interval in use, any unit.
        retrain_cost_usd: C. [USD]
        error_cost_usd: v. [USD per error]
        gained_errors: V = sum n (E_previous - E_current) since the retrain; may be negative.
    """
    worth = np.asarray(error_cost_usd, dtype=np.float64) * gained_errors
    cost = 2 * np.asarray(retrain_cost_usd, dtype=np.float64)
    factor = np.where(worth > 0, np.sqrt(cost / np.where(worth > 0, worth, 1.0)), 2.0)
    return np.asarray(interval * np.clip(factor, 0.5, 2.0))


@dataclass(frozen=True)
class Choice:
    """The intervals that a cost curve leads to."""

    t_star: float
    """Where J is least; inf for never. [periods]"""
    interval: float
    """The calendar interval chosen; inf for never. [periods]"""
    bands: tuple[tuple[float, float], ...]
    """For each of `BANDS`: shortest and longest interval within it; inf for never. [periods]"""


def choose(
    *,
    t_star: float,
    intervals: Floats,
    cost: Floats,
    never: float,
    base: float,
    simplest: bool = True,
) -> Choice:
    """Choose the calendar interval and the bands from a curve of cost against interval.

    Args:
        t_star: where the curve is least; inf for never. [periods]
        intervals: ascending intervals, among them all of `CALENDAR`. [periods]
        cost: J at each. [error per case]
        never: excess of never retraining; may be inf. [error per case]
        base: error of an always fresh model, e0. [error per case]
        simplest: take the longest within `SIMPLER_WITHIN`, else the cheapest.
    """
    total = base + np.append(cost, never)
    at = np.append(intervals, np.inf)
    calendar = np.isin(at, CALENDAR) | np.isinf(at)
    best = float(total.min())
    within = calendar & (total <= best * (1 + (SIMPLER_WITHIN if simplest else 0.0)) + 1e-15)
    if not within.any():
        within = calendar & (total == total[calendar].min())
    bands = []
    for fraction in BANDS:
        inside = at[total <= best * (1 + fraction) + 1e-15]
        bands.append((float(inside.min()), float(inside.max())))
    return Choice(t_star=t_star, interval=float(at[within].max()), bands=tuple(bands))


def interval_grid() -> Floats:
    """Where cost curves are evaluated: every whole interval to 104, then sparser. [periods]"""
    sparse = np.unique(np.round(np.geomspace(105, LONGEST, 60)))
    return np.append(np.arange(1.0, 105.0), sparse)
