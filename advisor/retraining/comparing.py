"""The ways to make a release, the guard between releases, and the part of growing data."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from advisor.recommendation import Basis, GrowthAdvice, GuardAdvice, RetrainingWay
from advisor.retraining.decay import ErrorLike, error_matrix
from advisor.retraining.drift_guard import DEBT_PER_COST, REFERENCE_PERIOD_COUNT, Guard, fluctuation
from advisor.retraining.interval import growth_slope
from advisor.retraining.records import Decay
from advisor.retraining.spending import Spending, ageing_error, choose_interval, excess_error

ASSUMED_PERIOD_DAYS = 7.0
"""Period of the guard where no back-test has one. [days]"""
LEARNING_POWERS = np.linspace(0.05, 1.5, 59)
"""Exponents that are tried for a learning curve."""
FLAT_FALL = 1e-9
"""A learning curve that falls by less is flat: rounding. [error per case]"""
FEWEST_SIZES = 3
"""Sizes of training data from which a learning curve has an exponent."""


def late_spending(spending: Spending, *, label_delay_days: float) -> Spending:
    """Return the prices where labels come late: a constant error more, and a flatter law.

        linear:      d L more at every age, the law as it is
        saturating:  A (1 - exp(-L / tau)) more, and A exp(-L / tau) left to decay

    Args:
        spending: the prices with labels at once.
        label_delay_days: L. [days]
    """
    if label_delay_days == 0:
        return spending
    decay = spending.decay
    more = float(excess_error(label_delay_days, decay))
    if decay.model == "saturating" and decay.amplitude and decay.tau_days:
        left = math.exp(-label_delay_days / decay.tau_days)
        decay = decay.replace(amplitude=decay.amplitude * left)
    return replace(spending, decay=decay, late_error=more)


@dataclass(frozen=True)
class Way:
    """One way to make a release, before its interval is chosen."""

    name: str
    what: str
    retrain_usd: float
    basis: Basis
    decay: Decay | None = None
    """Its own decay; the plan's where None."""


def compare_ways(
    ways: Sequence[Way], *, spending: Spending, shortest_days: float
) -> tuple[RetrainingWay, ...]:
    """Choose the interval of each way at its own cost and decay; the order is kept."""
    found = []
    for way in ways:
        priced = replace(spending, release_usd=way.retrain_usd, decay=way.decay or spending.decay)
        interval = choose_interval(priced, shortest_days=shortest_days)
        days = interval.days or priced.horizon_days
        found.append(
            RetrainingWay(
                name=way.name,
                what=way.what,
                retrain_usd=way.retrain_usd,
                interval_days=interval.days,
                band_5_percent_days=interval.band_days,
                usd_per_month=float(priced.total_usd(days)),
                basis=way.basis,
            )
        )
    return tuple(found)


def break_even_error_cost_usd(
    now_days: float | None, *, decay: Decay, release_usd: float, cases_per_day: float
) -> float | None:
    """Return what an error must cost for the present interval to be the best one.

        v = C / (n (T g(T) - integral of g)),  2 C / (n d T^2) under the linear law

    Returns:
        Price of one error; None without an interval, or where nothing decays. [USD]
    """
    if now_days is None:
        return None
    marginal = float(excess_error(now_days, decay) - ageing_error(now_days, decay)) * now_days
    if marginal <= 0 or release_usd <= 0 or cases_per_day <= 0:
        return None
    return release_usd / (cases_per_day * marginal)


def guard_advice(
    *,
    cells: Sequence[ErrorLike] | None,
    period_days: float | None,
    interval_days: float | None,
    retrain_usd: float,
    error_cost_usd: float,
) -> GuardAdvice | None:
    """Put the guard's numbers together; None where errors cost nothing."""
    if error_cost_usd <= 0:
        return None
    days = period_days or ASSUMED_PERIOD_DAYS
    usual = fluctuation(error_matrix(cells)) if cells else 0.0
    guard = Guard(
        interval_periods=None if interval_days is None else max(1, round(interval_days / days)),
        period="1 day" if days == 1 else f"{days:g} days",
        period_days=days,
        retrain_cost_usd=retrain_usd,
        error_cost_usd=error_cost_usd,
        debt_threshold_cases=DEBT_PER_COST * retrain_usd / error_cost_usd,
        fluctuation_error_per_case=usual,
    )
    return GuardAdvice(
        interval_days=interval_days,
        period_days=days,
        reference_period_count=REFERENCE_PERIOD_COUNT,
        debt_threshold_usd=guard.debt_threshold_usd,
        debt_threshold_cases=guard.debt_threshold_cases,
        fluctuation_error_per_case=usual,
        worth_of_a_retrain_usd=2 * retrain_usd,
        guard_json=guard.model_dump_json(),
        basis="measured" if cells else "assumed",
    )


def fit_learning_curve(rows: Any, error: Any) -> tuple[float, float] | None:
    """Return k and b of error = c + k N^-b by least squares over a grid of b; None where flat.

    Args:
        rows: training rows N of each point, > 0.
        error: loss per case at each.
    """
    n, y = np.asarray(rows, dtype=np.float64), np.asarray(error, dtype=np.float64)
    if len(np.unique(n)) < FEWEST_SIZES:
        return None
    x = n[None, :] ** -LEARNING_POWERS[:, None]
    centred, rest = x - x.mean(axis=1, keepdims=True), y - y.mean()
    scale = (centred @ rest) / (centred**2).sum(axis=1)
    left = ((rest - scale[:, None] * centred) ** 2).sum(axis=1)
    falls = scale * np.ptp(x, axis=1) > FLAT_FALL
    left[~falls] = np.inf
    at = int(np.argmin(left))
    return (float(scale[at]), float(LEARNING_POWERS[at])) if np.isfinite(left[at]) else None


def growth_advice(
    *,
    rows: Any,
    error: Any,
    row_count: float,
    rows_per_day: float,
    decay_per_day: float | None,
) -> GrowthAdvice | None:
    """Say how much of the decay is data growth alone; None without a learning curve that falls.

    Args:
        rows: training rows of the curve's points.
        error: loss per case at each.
        row_count: rows of a training now, N.
        rows_per_day: new rows m. [1/day]
        decay_per_day: the plan's decay. [error per case / day]
    """
    fitted = fit_learning_curve(rows, error)
    if fitted is None or rows_per_day <= 0 or row_count <= 0:
        return None
    scale, power = fitted
    slope = float(
        growth_slope(rows=row_count, rows_per_period=rows_per_day, scale=scale, power=power)
    )
    return GrowthAdvice(
        slope_per_day=slope,
        share_of_decay_fraction=slope / decay_per_day if decay_per_day else None,
        interval_growth=2 ** ((power + 1) / 2),
        power=power,
        rows_per_day=rows_per_day,
        basis="measured",
    )
