"""The plan as people and as programs read it."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

from advisor.retraining.growth import Growth
from advisor.retraining.records import RetrainingPlan

ROUND_NAMES: Final = {1.0: "day", 7.0: "week", 30.4: "month", 91.0: "quarter"}
"""Periods with a name. [days]"""
SHOWN_INTERVALS: Final = (1, 2, 3, 4, 6, 8, 13, 17, 26, 39, 52)
"""Rows of the cost table. [periods]"""


@dataclass(frozen=True)
class Answer:
    """A plan with what it was made from."""

    plan: RetrainingPlan
    period: str
    """Length of a period, for people."""
    training_count: int
    redevelopment: RetrainingPlan | None = None
    """The second tier: experiments and a new model, at its own cost."""
    now_interval_periods: float | None = None
    """Interval that the team uses now. [periods]"""
    label_delay_periods: float = 0.0
    """Time until a label is known, beyond what the errors honour. [periods]"""
    ways: tuple[tuple[str, RetrainingPlan], ...] = ()
    """Other ways to retrain, each with the plan of its own cost and decay."""
    growth: Growth | None = None
    """What more rows do to the error, where it was asked."""


def as_json(answer: Answer) -> dict[str, Any]:
    """The contract of `advisor cadence --json`; null is never, or not known."""
    plan = answer.plan
    cost = plan.usd_per_period
    found: dict[str, Any] = {
        "t_star_periods": plan.t_star_periods,
        "interval_periods": plan.interval_periods,
        "period": answer.period,
        "period_days": plan.period_days,
        "interval_days": plan.interval_days,
        "band_1pct": list(plan.band_1pct_periods),
        "band_5pct": list(plan.band_5pct_periods),
        "interval_80": list(plan.interval_80_periods or (None, None)),
        "probability_never": plan.probability_never,
        "rho": plan.rho,
        "decay": {
            "model": plan.decay.model,
            "amplitude": plan.decay.amplitude,
            "tau_periods": plan.decay.tau_periods,
            "slope_per_period": plan.decay.slope_per_period,
            "basis": plan.decay.basis,
        },
        "cost_per_period": {
            "training": cost.training,
            "excess_error": cost.excess_error,
            "unavoidable_error": cost.unavoidable_error,
        },
        "diagnostics": list(plan.diagnostics),
        "trainings": answer.training_count,
        "prudent_interval_periods": plan.prudent_interval_periods,
        "break_even_error_cost_usd": plan.break_even_error_cost_usd,
        "now_usd_per_period": plan.now_usd_per_period,
        "trainings_per_year": None if plan.period_days is None else 12 * plan.retrains_per_month,
        "curve": [
            {"interval_periods": p.interval_periods, "usd_per_period": p.usd_per_period}
            for p in plan.curve
        ],
    }
    found["label_delay_periods"] = answer.label_delay_periods
    found["growth"] = None if answer.growth is None else asdict(answer.growth)
    found["ways"] = [
        {
            "name": name,
            "interval_periods": way.interval_periods,
            "interval_days": way.interval_days,
            "t_star_periods": way.t_star_periods,
            "usd_per_period": total_usd(way),
        }
        for name, way in (("as planned", plan), *answer.ways)
    ]
    if answer.redevelopment is not None:
        second = answer.redevelopment
        found["redevelopment"] = {
            "t_star_periods": second.t_star_periods,
            "interval_periods": second.interval_periods,
            "interval_days": second.interval_days,
        }
    return found


def as_lines(answer: Answer) -> list[str]:
    """The answer first, then what it costs, why, and how sure it is."""
    plan, cost = answer.plan, answer.plan.usd_per_period
    total = cost.training + cost.excess_error + cost.unavoidable_error
    bands = (
        f"Costs within 1%: {span_words(plan.band_1pct_periods)};"
        f" within 5%: {span_words(plan.band_5pct_periods)}."
    )
    lines = [f"{verdict(answer)}   {bands}"]
    if answer.redevelopment is not None:
        lines.append(
            f"Redevelop (with experiments) {_every(answer.redevelopment.interval_periods)}."
        )
    price = (
        f"A period ({answer.period}) costs {total:,.2f} USD: training {cost.training:,.2f},"
        f" errors of an ageing model {cost.excess_error:,.2f},"
        f" errors that a fresh one makes too {cost.unavoidable_error:,.2f}."
    )
    lines += [price, _why(plan)]
    if plan.interval_80_periods is not None and plan.probability_never is not None:
        lines.append(
            f"How sure: the best interval lies in {span_words(plan.interval_80_periods)} with"
            f" 80%; retraining never pays with {plan.probability_never:.0%}."
            f" If a retrain cost twice as much: {_every(plan.prudent_interval_periods)}."
        )
    if answer.now_interval_periods is not None and plan.now_usd_per_period is not None:
        lines.append(_now(answer))
    if answer.label_delay_periods > 0:
        lines.append(
            f"Labels come {answer.label_delay_periods:.3g} periods late: a fresh model is that old"
            " already, which the cost has in it."
        )
    if answer.growth is not None:
        lines.append(answer.growth.sentence(plan.decay.slope_per_period))
    for name, way in answer.ways:
        more = total_usd(way) - total
        cheaper = "less" if more < 0 else "more"
        lines.append(
            f"With {name}: {_every(way.interval_periods)}, {total_usd(way):,.2f} USD a period,"
            f" {abs(more):,.2f} {cheaper} than as planned."
        )
    return lines


def total_usd(plan: RetrainingPlan) -> float:
    """Training and all errors. [USD/period]"""
    cost = plan.usd_per_period
    return cost.training + cost.excess_error + cost.unavoidable_error


def verdict(answer: Answer) -> str:
    """The first line."""
    plan = answer.plan
    if plan.interval_periods is None:
        return "Do not schedule retraining: watch the guard instead."
    days = "" if plan.interval_days is None else f" ({plan.interval_days:g} days)"
    count = plan.interval_periods
    return f"Retrain every {count} period{'s' if count > 1 else ''} of {answer.period}{days}."


def cost_table(answer: Answer) -> list[tuple[str, str, str]]:
    """Rows of cost against interval: interval, USD per period, and marks."""
    plan = answer.plan
    low, high = plan.band_1pct_periods
    rows = []
    for point in plan.curve:
        periods = point.interval_periods
        if periods not in SHOWN_INTERVALS:
            continue
        marks = []
        if (low or math.inf) <= periods <= (high or math.inf):
            marks.append("within 1%")
        if periods == plan.interval_periods:
            marks.append("chosen")
        if answer.now_interval_periods is not None and periods == round(
            answer.now_interval_periods
        ):
            marks.append("you are here")
        rows.append((f"{periods:g}", f"{point.usd_per_period:,.2f}", ", ".join(marks)))
    return rows


def _why(plan: RetrainingPlan) -> str:
    decay = plan.decay
    speed = f"{decay.slope_per_period:.2g} more errors per case and period of age"
    if plan.t_star_periods is None:
        return f"Why: the model loses {speed} ({decay.basis}), too little to pay for a retrain."
    return (
        f"Why: the model loses {speed} ({decay.basis}: {decay.source}); at"
        f" {plan.t_star_periods:.1f} periods one more period of ageing costs what the average"
        " period costs."
    )


def _now(answer: Answer) -> str:
    plan = answer.plan
    text = (
        f"You are here: every {answer.now_interval_periods:.3g} periods costs"
        f" {plan.now_usd_per_period:,.2f} USD a period"
    )
    if plan.break_even_error_cost_usd is None:
        return text + "."
    return text + (
        f", and is right only if an error costs {plan.break_even_error_cost_usd:,.4g} USD."
    )


def _every(periods: int | None) -> str:
    return "never on a schedule" if periods is None else f"every {periods} periods"


def span_words(span: tuple[float | None, float | None]) -> str:
    """Write from how many periods to how many; null at an end is never."""
    low, high = ("never" if end is None else f"{end:.0f}" for end in span)
    if low == "never":
        return "never on a schedule"
    if high == "never":
        return f"{low} periods to never"
    return f"{low} periods" if low == high else f"{low} to {high} periods"
