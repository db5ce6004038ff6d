"""Closed forms of the interval that costs least, and what follows from it.

With rho = C / (v n) the cost of retraining every T is, in errors per case,

    J(T) = (rho + integral of g from 0 to T) / T                             [error per case]

whatever the unit of time. All functions are pure, keyword-only, for scalars and arrays alike.
"""

import math
from typing import Any, Final

import numpy as np

from advisor.arrays import Floats

LAMBERT_STEPS: Final = 8
"""Newton's steps to the last digit from the bound that they start at; five are enough."""


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
