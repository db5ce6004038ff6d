"""A retraining plan in periods, as `advisor cadence` prints it for people and for programs."""

import math
from typing import Any, Final

import numpy as np

from advisor.retraining.growth import Growth
from advisor.retraining.plan import Plan
from advisor.retraining.plan_from_file import Asked

SHOWN_INTERVALS: Final = (1, 2, 3, 4, 6, 8, 13, 17, 26, 39, 52)
"""Rows of the cost table. [periods]"""
CURVE_INTERVALS: Final = (*range(1, 14), 15, 17, 20, 23, 26, 30, 35, 39, 45, 52, 65, 78, 104, 156)
"""Points of the curve of cost against interval. [periods]"""
Span = tuple[float | None, float | None]
"""Shortest and longest interval; None for never. [periods]"""


class PlanInPeriods:
    """A plan with its times in periods, and its money in USD per period."""

    def __init__(self, plan: Plan, asked: Asked) -> None:
        """Read a plan, with the periods of an answer."""
        self.plan, self.days = plan, asked.days_per_period
        self.has_length = asked.period_days is not None
        measured = plan.ageing.measured
        self.reference = 0.0 if measured is None else measured.fit.level
        """Errors that a model makes in the first period of its life. [error per case]"""

    def periods(self, days: float | None) -> float | None:
        """Days in periods, whole where they are; None for never."""
        if days is None or not math.isfinite(days):
            return None
        found = days / self.days
        return round(found) if math.isclose(found, round(found), rel_tol=1e-9) else found

    @property
    def interval(self) -> float | None:
        """The calendar interval recommended; None for never. [periods]"""
        return self.periods(self.plan.interval.days)

    @property
    def interval_days(self) -> float | None:
        """The same; None for never or where a period has no length. [days]"""
        return self.plan.interval.days if self.has_length else None

    @property
    def t_star(self) -> float | None:
        """Where the cost is least; None for never. [periods]"""
        return self.periods(self.plan.t_star_days)

    @property
    def slope(self) -> float:
        """Linear slope of error on age. [error per case / period]"""
        return self.plan.ageing.slope_per_day * self.days

    @property
    def rho(self) -> float | None:
        """Retrain cost in error-rate periods, C / (v n); None where errors cost nothing."""
        ratio = self.plan.terms.ratio_days / self.days
        return ratio if math.isfinite(ratio) else None

    def span(self, days: tuple[float, float]) -> Span:
        """A band of intervals; from the horizon on it is never."""
        low, high = (None if d >= self.plan.terms.horizon_days * (1 - 1e-9) else d for d in days)
        return self.periods(low), self.periods(high)

    @property
    def interval_80(self) -> Span | None:
        """80% interval of the best interval; None where nothing was measured."""
        found = self.plan.interval_80_days()
        return None if found is None else (self.periods(found[0]), self.periods(found[1]))

    @property
    def unavoidable_usd(self) -> float:
        """Errors that a model makes in its first period too. [USD/period]"""
        return float(self._errors_usd(self.reference))

    def excess_usd(self, interval_days: Any) -> Any:
        """Errors beyond those of its first period, by an interval. [USD/period]"""
        curve, measured = self.plan.spending.curve, self.plan.ageing.measured
        first = 0.0 if measured is None else curve.mean_excess(measured.period_days)
        ageing = curve.mean_excess(interval_days) - first + self.plan.spending.late_error
        return self._errors_usd(ageing)

    def training_usd(self, interval_days: Any) -> Any:
        """Retraining, by an interval. [USD/period]"""
        return self.plan.terms.release_usd * self.days / np.asarray(interval_days, dtype=float)

    def usd(self, interval_days: Any) -> Any:
        """Retraining and all errors, by an interval. [USD/period]"""
        errors = self.excess_usd(np.maximum(interval_days, self.plan.ageing.shortest_days))
        return self.training_usd(interval_days) + errors + self.unavoidable_usd

    @property
    def total_usd(self) -> float:
        """Retraining and all errors at the recommended interval. [USD/period]"""
        return float(self.usd(self.plan.days))

    def curve(self) -> list[tuple[float, float]]:
        """Interval in periods, and what it costs. [USD/period]"""
        return [(float(t), float(self.usd(t * self.days))) for t in CURVE_INTERVALS]

    def _errors_usd(self, error_per_case: Any) -> Any:
        return self.plan.terms.error_usd_per_day * self.days * error_per_case


def as_json(asked: Asked) -> dict[str, Any]:
    """The contract of `advisor cadence --json`; null is never, or not known."""
    plan, told = asked.plan, PlanInPeriods(asked.plan, asked)
    now = plan.terms.now_interval_days
    measured = plan.ageing.measured
    trained = 0 if measured is None else len(measured.matrix.origins)
    found: dict[str, Any] = {
        "t_star_periods": told.t_star,
        "interval_periods": told.interval,
        "period": asked.period,
        "period_days": asked.period_days,
        "interval_days": told.interval_days,
        "band_1pct": list(told.span(plan.interval.narrow_band_days)),
        "band_5pct": list(told.span(plan.interval.band_days)),
        "interval_80": list(told.interval_80 or (None, None)),
        "probability_never": plan.probability_never(),
        "rho": told.rho,
        "decay": _decay(told),
        "cost_per_period": {
            "training": float(told.training_usd(plan.days)),
            "excess_error": float(told.excess_usd(plan.days)),
            "unavoidable_error": told.unavoidable_usd,
        },
        "diagnostics": [*_notes(asked), *asked.notes],
        "trainings": trained,
        "prudent_interval_periods": told.periods(plan.prudent_days),
        "break_even_error_cost_usd": plan.break_even_error_cost_usd,
        "now_usd_per_period": None if now is None else float(told.usd(now)),
        "trainings_per_year": None
        if asked.period_days is None
        else 0.0
        if plan.interval.days is None
        else 12 * plan.releases_per_month,
        "curve": [{"interval_periods": t, "usd_per_period": usd} for t, usd in told.curve()],
        "label_delay_periods": plan.terms.label_delay_days / told.days,
        "growth": None if asked.growth is None else _growth(asked.growth, days=told.days),
        "ways": [
            {
                "name": name,
                "interval_periods": way.interval,
                "interval_days": way.interval_days,
                "t_star_periods": way.t_star,
                "usd_per_period": way.total_usd,
            }
            for name, way in (("as planned", told), *_ways(asked))
        ],
    }
    if asked.redevelopment is not None:
        second = PlanInPeriods(asked.redevelopment, asked)
        found["redevelopment"] = {
            "t_star_periods": second.t_star,
            "interval_periods": second.interval,
            "interval_days": second.interval_days,
        }
    return found


def _decay(told: PlanInPeriods) -> dict[str, Any]:
    """The law that was fitted; the plan rests on what it makes one expect."""
    ageing = told.plan.ageing
    fit = None if ageing.measured is None else ageing.measured.fit
    levels_off = fit is not None and math.isfinite(fit.tau)
    return {
        "model": fit.model if fit else "linear" if told.slope > 0 else "none",
        "amplitude": fit.amplitude if fit and levels_off else 0.0 if told.slope <= 0 else None,
        "tau_periods": fit.tau if fit and levels_off else None,
        "slope_per_period": told.slope,
        "basis": ageing.basis,
    }


def _growth(growth: Growth, *, days: float) -> dict[str, Any]:
    slope = growth.slope_per_day
    return {
        "power": growth.power,
        "interval_growth": growth.interval_growth,
        "slope_per_period": None if slope is None else slope * days,
        "error_after_doubling": growth.error_after_doubling,
        "basis": _growth_basis(growth),
    }


def _growth_basis(growth: Growth) -> str:
    return "input" if growth.slope_per_day is None else "measured"


def _ways(asked: Asked) -> tuple[tuple[str, PlanInPeriods], ...]:
    return tuple((way.name, PlanInPeriods(way.plan, asked)) for way in asked.ways)


def _notes(asked: Asked) -> tuple[str, ...]:
    return asked.plan.notes(unit="periods", per=asked.days_per_period)


def as_lines(asked: Asked) -> list[str]:
    """The answer first, then what it costs, why, and how sure it is."""
    plan, told = asked.plan, PlanInPeriods(asked.plan, asked)
    bands = (
        "Releases and ageing cost within 1% of the least:"
        f" {span_words(told.span(plan.interval.narrow_band_days))};"
        f" within 5%: {span_words(told.span(plan.interval.band_days))}."
    )
    lines = [f"{verdict(asked)}   {bands}"]
    if asked.redevelopment is not None:
        second = PlanInPeriods(asked.redevelopment, asked)
        lines.append(f"Redevelop (with experiments) {_every(second.interval)}.")
    price = (
        f"A period ({asked.period}) costs {told.total_usd:,.2f} USD: training"
        f" {float(told.training_usd(plan.days)):,.2f}, errors of an ageing model"
        f" {float(told.excess_usd(plan.days)):,.2f}, errors that a fresh one makes too"
        f" {told.unavoidable_usd:,.2f}."
    )
    lines += [price, _why(told)]
    never = plan.probability_never()
    if told.interval_80 is not None and never is not None:
        lines.append(
            f"How sure: the best interval lies in {span_words(told.interval_80)} with"
            f" 80%; retraining never pays with {never:.0%}."
            f" If a retrain cost twice as much: {_every(told.periods(plan.prudent_days))}."
        )
    if plan.terms.now_interval_days is not None:
        lines.append(_now(told, plan.terms.now_interval_days))
    if plan.terms.label_delay_days > 0:
        lines.append(
            f"Labels come {plan.terms.label_delay_days / told.days:.3g} periods late: a fresh model"
            " is that old already, which the cost has in it."
        )
    if asked.growth is not None:
        lines.append(_growth_words(asked.growth, told))
    for name, way in _ways(asked):
        more = way.total_usd - told.total_usd
        cheaper = "less" if more < 0 else "more"
        lines.append(
            f"With {name}: {_every(way.interval)}, {way.total_usd:,.2f} USD a period,"
            f" {abs(more):,.2f} {cheaper} than as planned."
        )
    return lines


def notes(asked: Asked) -> tuple[str, ...]:
    """What a reader must know of the fit, the prices and the data."""
    return (*_notes(asked), *asked.notes)


def verdict(asked: Asked) -> str:
    """The first line."""
    told = PlanInPeriods(asked.plan, asked)
    if told.interval is None:
        within = ""
        if asked.period_days is not None:
            within = f" within {asked.plan.terms.horizon_days:,.0f} days"
        return f"Do not schedule retraining{within}: watch the guard instead."
    days = "" if told.interval_days is None else f" ({told.interval_days:g} days)"
    plural = "" if told.interval == 1 else "s"
    return f"Retrain every {told.interval:.3g} period{plural} of {asked.period}{days}."


def cost_table(asked: Asked) -> list[tuple[str, str, str]]:
    """Rows of cost against interval: interval, USD per period, and marks."""
    told = PlanInPeriods(asked.plan, asked)
    low, high = told.span(asked.plan.interval.narrow_band_days)
    now = told.periods(asked.plan.terms.now_interval_days)
    rows = []
    for periods in sorted({*SHOWN_INTERVALS, *([told.interval] if told.interval else [])}):
        marks = []
        if (low or math.inf) <= periods <= (high or math.inf):
            marks.append("within 1%")
        if periods == told.interval:
            marks.append("chosen")
        if now is not None and periods == round(now):
            marks.append("you are here")
        usd = float(told.usd(periods * told.days))
        rows.append((f"{periods:.3g}", f"{usd:,.2f}", ", ".join(marks)))
    return rows


def _why(told: PlanInPeriods) -> str:
    ageing = told.plan.ageing
    speed = f"{told.slope:.2g} more errors per case and period of age"
    if told.t_star is None:
        return f"Why: the model loses {speed} ({ageing.basis}), too little to pay for a retrain."
    return (
        f"Why: the model loses {speed} ({ageing.basis}: {ageing.source}); at"
        f" {told.t_star:.1f} periods one more period of ageing costs what the average"
        " period costs."
    )


def _now(told: PlanInPeriods, now_days: float) -> str:
    text = (
        f"You are here: every {now_days / told.days:.3g} periods costs"
        f" {float(told.usd(now_days)):,.2f} USD a period"
    )
    usd = told.plan.break_even_error_cost_usd
    if usd is None:
        return text + "."
    return text + f", and is right only if an error costs {usd:,.4g} USD."


def _growth_words(growth: Growth, told: PlanInPeriods) -> str:
    said = (
        f"Growing data ({_growth_basis(growth)}, error falls as rows^-{growth.power:.2g}): when"
        f" the rows have doubled, wait {growth.interval_growth:.2f} times as long"
    )
    if growth.slope_per_day is None or growth.error_after_doubling is None:
        return said + "."
    slope = growth.slope_per_day * told.days
    share = f", {slope / told.slope:.0%} of the decay" if told.slope else ""
    return (
        f"{said}, and the error is {-growth.error_after_doubling:.2g} less; new rows alone are"
        f" worth {slope:.2g} a period{share}."
    )


def _every(periods: float | None) -> str:
    return "never on a schedule" if periods is None else f"every {periods:.3g} periods"


def span_words(span: Span) -> str:
    """Write from how many periods to how many; None at an end is never."""
    low, high = ("never" if end is None else f"{end:.0f}" for end in span)
    if low == "never":
        return "never on a schedule"
    if high == "never":
        return f"{low} periods to never"
    return f"{low} periods" if low == high else f"{low} to {high} periods"
