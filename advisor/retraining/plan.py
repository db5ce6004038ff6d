"""The retraining plan: from errors and money to an interval, its price, its doubt and its bands."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from advisor.errors import AdvisorError
from advisor.retraining.decay import DecayFit, ErrorLike, ErrorMatrix, error_matrix, fit_decay
from advisor.retraining.forecast import DRAW_COUNT, Draws, Forecast, forecast_decay, of_fit
from advisor.retraining.interval import (
    Choice,
    choose,
    cost_ratio,
    interval_grid,
)
from advisor.retraining.interval_doubt import central_interval, hindsight_intervals, never_share
from advisor.retraining.records import (
    Basis,
    Cost,
    CurvePoint,
    Decay,
    RetrainingPlan,
)
from advisor.study.types import DAYS_PER_MONTH

ASSUMED_PERIOD_DAYS: Final = 7.0
"""Period of a plan that is not made from an error matrix. [days]"""
ASSUMED_DECAY_PER_DAY: Final = 1.7e-4
"""Decay where neither the data nor the study tells one. [error per case / day]"""
ASSUMED_SOURCE: Final = (
    "the median of three models on four public time-stamped streams, whose middle half lies"
    " between 0.03e-4 and 4.3e-4"
)
"""Where that default comes from."""
PRUDENCE: Final = 2.0
"""The prudent interval is the best one if a retrain cost this many times as much."""
RECENT_SHARE: Final = 3 / 8
"""Share of the scored periods whose volume is taken for that to come."""
TYPICAL_SHARE_TOLD: Final = 0.5
"""Weight of the typical decay from which a reader is told."""


@dataclass(frozen=True)
class _Problem:
    """An expected decay and the price of a retrain: all that the interval depends on."""

    rho: float
    forecast: Forecast
    base: float

    def choice(self, *, times_cost: float = 1.0) -> Choice:
        """The intervals if a retrain cost so many times as much."""
        rho, intervals = self.rho * times_cost, interval_grid()
        return choose(
            t_star=max(1.0, self.forecast.best_interval(rho=rho)),
            intervals=intervals,
            cost=rho / intervals + self.forecast.mean_excess(intervals),
            never=self.forecast.never,
            base=self.base,
        )

    def mean_excess(self, interval: float) -> float:
        """Excess error, averaged over an interval; of a model never retrained for inf."""
        if math.isinf(interval):
            return self.forecast.never
        return float(self.forecast.mean_excess(interval))


def plan_retraining(
    *,
    cells: Sequence[ErrorLike] | None = None,
    decay_per_day: float | None = None,
    period_days: float | None = None,
    retrain_cost_usd: float,
    error_cost_usd: float,
    cases_per_day: float,
    label_delay_days: float = 0.0,
    now_interval_days: float | None = None,
    base_error_per_case: float | None = None,
    draw_count: int = DRAW_COUNT,
) -> RetrainingPlan:
    """Plan retraining from what is known of the decay: a back-test, a figure, or an assumption.

    Args:
        cells: error matrix of a back-test; its period is `period_days`.
        decay_per_day: the user's linear decay, used where there are no cells; null assumes one.
            [error per case / day]
        period_days: length of a period; needed with cells, a week without. [days]
        retrain_cost_usd: money per retrain, people and labels included. [USD]
        error_cost_usd: money per unit of error of one case. [USD]
        cases_per_day: cases scored per day, as expected from now on. [1/day]
        label_delay_days: time until a label is known, 0 where the cells honour it. [days]
        now_interval_days: interval that the team uses now. [days]
        base_error_per_case: error of a fresh model, where there are no cells. [error per case]
        draw_count: resamples for the 80% interval; 0 leaves it out.

    Raises:
        AdvisorError: cells without a period's length, a single training, or a negative amount.
    """
    if cells is not None and period_days is None:
        raise AdvisorError("an error matrix needs period_days, the length of its periods")
    days = ASSUMED_PERIOD_DAYS if period_days is None else period_days
    matrix = error_matrix(cells) if cells else None
    basis: Basis
    if matrix is not None:
        fit = fit_decay(matrix)
        basis, source = "measured", measured_source(matrix)
    else:
        fit, basis, source = _given_decay(
            decay_per_day=decay_per_day, period_days=days, base_error=base_error_per_case
        )
    return plan_periods(
        fit=fit,
        matrix=matrix,
        basis=basis,
        source=source,
        period_days=days,
        retrain_cost_usd=retrain_cost_usd,
        error_cost_usd=error_cost_usd,
        cases_per_period=cases_per_day * days,
        label_delay_periods=label_delay_days / days,
        now_interval_periods=None if now_interval_days is None else now_interval_days / days,
        draw_count=draw_count,
    )


def plan_periods(
    *,
    fit: DecayFit,
    matrix: ErrorMatrix | None = None,
    basis: Basis,
    source: str,
    period_days: float | None,
    retrain_cost_usd: float,
    error_cost_usd: float,
    cases_per_period: float,
    label_delay_periods: float = 0.0,
    now_interval_periods: float | None = None,
    draw_count: int = DRAW_COUNT,
) -> RetrainingPlan:
    """Plan retraining in periods, from a fitted curve; the matrix behind it gives the doubt.

    Raises:
        AdvisorError: an amount is negative or not finite.
    """
    _require_amounts(
        retrain_cost_usd=retrain_cost_usd,
        error_cost_usd=error_cost_usd,
        cases_per_period=cases_per_period,
        label_delay_periods=label_delay_periods,
        now_interval_periods=now_interval_periods or 0.0,
    )
    rho = float(
        cost_ratio(
            retrain_cost_usd=retrain_cost_usd,
            error_cost_usd=error_cost_usd,
            cases_per_period=cases_per_period,
        )
    )
    draws: Draws | None = None
    expected = of_fit(fit)
    if matrix is not None and draw_count > 0:
        expected, draws = forecast_decay(matrix, fit, draw_count=draw_count)
    late, delayed = expected.delayed(label_delay_periods)
    problem = _Problem(rho=rho, forecast=late, base=fit.level + delayed)
    chosen = problem.choice()
    money = error_cost_usd * cases_per_period
    spread, p_never = _doubt(draws, rho=rho, t_star=chosen.t_star)
    return RetrainingPlan(
        period_days=period_days,
        rho=_finite(rho),
        t_star_periods=_finite(chosen.t_star),
        interval_periods=_whole(chosen.interval),
        band_1pct_periods=(_finite(chosen.bands[0][0]), _finite(chosen.bands[0][1])),
        band_5pct_periods=(_finite(chosen.bands[1][0]), _finite(chosen.bands[1][1])),
        interval_80_periods=spread,
        prudent_interval_periods=_whole(problem.choice(times_cost=PRUDENCE).interval),
        probability_never=p_never,
        usd_per_period=Cost(
            training=retrain_cost_usd / chosen.interval,
            excess_error=money * (problem.mean_excess(chosen.interval) + delayed),
            unavoidable_error=money * fit.level,
        ),
        break_even_error_cost_usd=_break_even_usd(
            now_interval_periods,
            problem=problem,
            retrain_cost_usd=retrain_cost_usd,
            cases_per_period=cases_per_period,
        ),
        now_usd_per_period=None
        if now_interval_periods is None
        else retrain_cost_usd / now_interval_periods
        + money * (problem.base + problem.mean_excess(max(now_interval_periods, 1.0))),
        decay=_decay(fit, basis=basis, source=source, period_days=period_days),
        curve=_curve(
            problem, retrain_cost_usd=retrain_cost_usd, money=money, period_days=period_days
        ),
        diagnostics=(*fit.diagnostics, *_warnings(chosen, forecast=late, rho=rho)),
    )


def _given_decay(
    *, decay_per_day: float | None, period_days: float, base_error: float | None
) -> tuple[DecayFit, Basis, str]:
    """A linear law from the user's figure, or the assumed one."""
    notes = []
    if base_error is None:
        notes.append("the error of a fresh model is not known: bands leave unavoidable errors out")
    if decay_per_day is None:
        basis: Basis = "assumed"
        source = ASSUMED_SOURCE
        notes.append(
            f"no decay was measured: {ASSUMED_DECAY_PER_DAY:g} more errors per case and day are"
            f" assumed ({ASSUMED_SOURCE}); a back-test on time-stamped data measures it"
        )
    else:
        basis, source = "input", "decay_per_day of the study"
    per_day = ASSUMED_DECAY_PER_DAY if decay_per_day is None else decay_per_day
    if not (math.isfinite(per_day) and per_day >= 0):
        raise AdvisorError(f"decay_per_day must be zero or more errors per case, got {per_day!r}")
    slope = per_day * period_days
    fit = DecayFit(
        model="linear" if slope > 0 else "none",
        slope=slope,
        tau=math.inf,
        level=base_error or 0.0,
        paired_slope=None,
        unpaired_slope=slope,
        longest_age=None,
        diagnostics=tuple(notes),
    )
    return fit, basis, source


def recent_cases(matrix: ErrorMatrix) -> float:
    """Cases per period to expect: the mean of the newest scored periods, as volume drifts too.

    Three eighths of the scored periods, which are a quarter of a history whose trainings start
    after a third of it.
    """
    newest = max(1, round(RECENT_SHARE * len(matrix.periods)))
    return float(matrix.cases_per_period[-newest:].mean())


def measured_source(matrix: ErrorMatrix) -> str:
    """Say what a measured decay was measured on."""
    return (
        f"{len(matrix.origins)} trainings scored on {len(matrix.periods)} later periods,"
        f" {matrix.count.sum():,.0f} scores"
    )


def _doubt(
    draws: Draws | None, *, rho: float, t_star: float
) -> tuple[tuple[float | None, float | None] | None, float | None]:
    """80% interval of the best interval and the share of curves that never pay a retrain."""
    if draws is None:
        return None, None
    if not math.isfinite(rho):
        return (None, None), 1.0
    low, high = central_interval(hindsight_intervals(draws, rho=rho), holding=t_star)
    return (_finite(low), _finite(high)), never_share(draws, rho=rho)


def _break_even_usd(
    interval: float | None, *, problem: _Problem, retrain_cost_usd: float, cases_per_period: float
) -> float | None:
    """Price of an error at which an interval is the best one."""
    if interval is None or cases_per_period == 0:
        return None
    ratio = problem.forecast.break_even_ratio(interval)
    if ratio <= 0 or retrain_cost_usd == 0:
        return None
    return retrain_cost_usd / (cases_per_period * ratio)


def _decay(fit: DecayFit, *, basis: Basis, source: str, period_days: float | None) -> Decay:
    return Decay(
        model=fit.model,
        amplitude=_finite(fit.amplitude),
        tau_periods=_finite(fit.tau),
        tau_days=None if period_days is None else _finite(fit.tau * period_days),
        slope_per_period=fit.linear_slope,
        slope_per_day=None if period_days is None else fit.linear_slope / period_days,
        basis=basis,
        source=source,
    )


def _curve(
    problem: _Problem, *, retrain_cost_usd: float, money: float, period_days: float | None
) -> tuple[CurvePoint, ...]:
    intervals = np.array([*range(1, 14), 15, 17, 20, 23, 26, 30, 35, 39, 45, 52, 65, 78, 104, 156])
    errors = problem.base + problem.forecast.mean_excess(intervals)
    usd = retrain_cost_usd / intervals + money * errors
    return tuple(
        CurvePoint(
            interval_periods=float(interval),
            interval_days=None if period_days is None else float(interval) * period_days,
            usd_per_period=float(cost),
            usd_per_month=None
            if period_days is None
            else float(cost) * DAYS_PER_MONTH / period_days,
        )
        for interval, cost in zip(intervals, usd, strict=True)
    )


def _warnings(chosen: Choice, *, forecast: Forecast, rho: float) -> Sequence[str]:
    notes = []
    if forecast.typical_share > TYPICAL_SHARE_TOLD:
        notes.append(
            "the errors vary too much to tell the decay: what is typical of models weighs"
            f" {forecast.typical_share:.0%} in the plan"
        )
    longest = forecast.longest_age
    if longest is not None and longest < chosen.t_star < math.inf:
        notes.append(
            f"the best interval, {chosen.t_star:.0f} periods, is beyond the oldest model that was"
            f" scored ({longest} periods): extrapolation, watch the guard instead of the calendar"
        )
    if chosen.t_star <= 1:
        notes.append("the best interval is one period or less: a shorter period would tell more")
    if math.isinf(chosen.interval):
        notes.append("do not schedule retraining, monitor only: ship the guard with the model")
    if math.isinf(rho):
        notes.append("errors cost nothing as given, so retraining never pays")
    return notes


def _require_amounts(**amounts: float) -> None:
    for name, value in amounts.items():
        if not (math.isfinite(value) and value >= 0):
            raise AdvisorError(f"{name} must be zero or more, got {value!r}")


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _whole(value: float) -> int | None:
    return int(value) if math.isfinite(value) else None
