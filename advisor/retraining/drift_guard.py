"""What to watch between retrains, and what it says: nothing, retrain now, or plan anew.

Two checks need no extra training. The debt guard adds up the errors beyond the first periods' mean;
at the optimum of a linear decay that debt reaches the retrain cost, so twice that is early warning
enough not to be noise. The value check compares the last two models on the same rows.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import (
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    ValidationError,
)

from advisor.errors import AdvisorError
from advisor.records import Record
from advisor.retraining.decay import ErrorMatrix
from advisor.retraining.interval import controller_interval
from advisor.retraining.plan import Plan
from benchmarks.storage.records import ErrorLoss

REFERENCE_PERIOD_COUNT: Final = 3
"""First periods after a retrain whose mean error is the reference."""

MOST_SCALES: Final = 3.0
"""Mean error over the target's spread from which labels and predictions are no pair; a constant
guess has about 1."""
DEBT_PER_COST: Final = 2.0
"""The debt, as a multiple of the retrain cost, at which to retrain early."""
FLUCTUATION_QUANTILE: Final = 0.95
"""Quantile of past period-to-period changes that the last period must exceed."""
REPLAN_FACTOR: Final = 1.5
"""Plan anew when the value of the last retrain asks for an interval this much longer or shorter."""

Action = Literal["nothing", "retrain now", "re-plan"]


class Guard(Record):
    """The numbers that a monitoring job needs; written as JSON beside the model."""

    interval_periods: PositiveInt | None
    """Planned interval; null for never. [periods]"""
    period: str
    """Length of a period, for people."""
    period_days: PositiveFloat | None
    """Length of a period; null where only the order is known. [days]"""
    retrain_cost_usd: NonNegativeFloat
    """One retrain. [USD]"""
    error_cost_usd: PositiveFloat
    """One unit of error of one case. [USD]"""
    reference_period_count: PositiveInt = REFERENCE_PERIOD_COUNT
    """First periods after a retrain whose mean error is the reference."""
    debt_threshold_cases: NonNegativeFloat
    """Errors beyond the reference, added up, at which to retrain early: 2 C / v. [cases]"""
    fluctuation_error_per_case: NonNegativeFloat
    """The last period must lie this far above the reference too: 95th percentile of past changes
    from one period to the next. [error per case]"""
    loss: ErrorLoss | None = None
    """What an error is; null where the errors came as a table and nobody said."""

    @property
    def debt_threshold_usd(self) -> float:
        """The debt threshold in money. [USD]"""
        return self.debt_threshold_cases * self.error_cost_usd


class ScoredPeriod(Record):
    """Errors of one period since the last retrain."""

    case_count: PositiveInt
    """Labelled cases."""
    error_per_case: NonNegativeFloat
    """Mean loss of the model in use."""
    previous_error_per_case: NonNegativeFloat | None = None
    """Mean loss of the model before it, on the same rows; null where it was not scored."""


class Watch(Record):
    """What the guard says."""

    action: Action
    """`nothing`, `retrain now` or `re-plan`."""
    reasons: tuple[str, ...]
    """Why, for people."""
    age_periods: NonNegativeInt
    """Periods since the last retrain that were read."""
    debt_usd: float
    """Errors beyond the reference, in money; may be negative. [USD]"""
    debt_threshold_usd: NonNegativeFloat
    """Debt at which to retrain early. [USD]"""
    last_retrain_worth_usd: float | None
    """Errors that the last retrain has saved on the same rows, in money. [USD]"""
    suggested_interval_periods: PositiveFloat | None
    """What that worth asks for; null where it is not known. [periods]"""
    weak_signals: tuple[str, ...] = ()
    """Alarms that need no labels; they miss slow decay and fire on harmless change."""
    notes: tuple[str, ...] = ()
    """How the scored file was read."""


def make_guard(plan: Plan, *, period: str, period_days: float | None) -> Guard:
    """Put the guard's numbers together from a plan and the errors behind it.

    Args:
        plan: the plan; its errors must cost money.
        period: length of a scored period, for people.
        period_days: the same; None where only the order of the data is known. [days]
    """
    terms, measured, days = plan.terms, plan.ageing.measured, plan.interval.days
    return Guard(
        interval_periods=None if days is None else max(1, round(days / (period_days or 1.0))),
        period=period,
        period_days=period_days,
        retrain_cost_usd=terms.release_usd,
        error_cost_usd=terms.error_cost_usd,
        debt_threshold_cases=DEBT_PER_COST * terms.release_usd / terms.error_cost_usd,
        fluctuation_error_per_case=fluctuation(measured.matrix) if measured else 0.0,
    )


def fluctuation(matrix: ErrorMatrix) -> float:
    """95th percentile of |E[s, t] - E[s, t - 1]| over all models. [error per case]"""
    seen = matrix.count > 0
    steps = np.abs(np.diff(matrix.error, axis=1))[seen[:, 1:] & seen[:, :-1]]
    return float(np.quantile(steps, FLUCTUATION_QUANTILE)) if len(steps) else 0.0


def watch(
    guard: Guard,
    periods: Sequence[ScoredPeriod],
    *,
    weak_signals: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> Watch:
    """Say what the periods since the last retrain, oldest first, ask for.

    Raises:
        AdvisorError: there is no period, or no case of the first ones is right, so that no error
            could ever be above them.
    """
    if not periods:
        raise AdvisorError(
            "no scored period since the last retrain: wait for labels, or give the rows of one"
        )
    n = np.array([p.case_count for p in periods], dtype=np.float64)
    error = np.array([p.error_per_case for p in periods])
    reference = float(
        np.average(error[: guard.reference_period_count], weights=n[: guard.reference_period_count])
    )
    _refuse_blind_reference(guard, error=error, case_count=n)
    debt_cases = float((n * (error - reference)).sum())
    worth, suggested = _value_of_last(guard, periods)
    action, reasons = _verdict(
        guard,
        age=len(periods),
        debt_cases=debt_cases,
        rise=float(error[-1]) - reference,
        suggested=suggested,
    )
    return Watch(
        action=action,
        reasons=tuple(reasons),
        age_periods=len(periods),
        debt_usd=debt_cases * guard.error_cost_usd,
        debt_threshold_usd=guard.debt_threshold_usd,
        last_retrain_worth_usd=worth,
        suggested_interval_periods=suggested,
        weak_signals=tuple(weak_signals),
        notes=tuple(notes),
    )


def _refuse_blind_reference(
    guard: Guard, *, error: NDArray[np.float64], case_count: NDArray[np.float64]
) -> None:
    """Refuse a reference in which nearly every case is wrong: the columns are not alike.

    Of k classes a guess is wrong in 1 - 1/k of the cases; a model that is wrong in 1 - 1/(2k) has
    its classes swapped. A number that is further off than three scales is in another unit.
    """
    first = error[: guard.reference_period_count]
    n = case_count[: guard.reference_period_count]
    cases, mean = int(n.sum()), float(np.average(first, weights=n))
    when = f"in the first {len(first)} periods: the guard cannot see a change from there;"
    if guard.loss is not None and guard.loss.name == "absolute":
        if guard.loss.scale is not None and mean > MOST_SCALES:
            raise AdvisorError(
                f"predictions are off by {mean:,.3g} times the spread of the target {when} "
                "are labels and predictions in one unit?"
            )
        return
    if guard.loss is not None and guard.loss.name != "zero-one":
        return
    classes = len(guard.loss.class_labels) if guard.loss is not None else 0
    if mean >= (1 - 0.5 / classes if classes > 1 else 1.0):
        raise AdvisorError(
            f"{round(cases * max(0.0, 1 - mean)):,} of {cases:,} cases right {when} are labels and "
            "predictions written alike, no classes swapped, and is the error a share of wrong "
            "cases?"
        )


def _verdict(
    guard: Guard, *, age: int, debt_cases: float, rise: float, suggested: float | None
) -> tuple[Action, list[str]]:
    debt_usd = debt_cases * guard.error_cost_usd
    debt = (
        f"debt of {debt_usd:,.2f} USD of {guard.debt_threshold_usd:,.2f} USD"
        f" ({debt_cases:,.0f} errors beyond the first {guard.reference_period_count} periods)"
    )
    if debt_cases >= guard.debt_threshold_cases and rise > guard.fluctuation_error_per_case:
        usual = guard.fluctuation_error_per_case
        above = f"{rise:.4f} above the reference, beyond the usual {usual:.4f}"
        return "retrain now", [f"{debt}, and the last period is {above}"]
    if guard.interval_periods is not None and age >= guard.interval_periods:
        return "retrain now", [
            f"{age} periods since the last retrain, the plan says every {guard.interval_periods}",
            debt,
        ]
    planned = guard.interval_periods
    if suggested is not None and planned is not None:
        ratio = suggested / planned
        if ratio >= REPLAN_FACTOR or ratio <= 1 / REPLAN_FACTOR:
            found = (
                f"the last retrain was worth an interval of {suggested:.1f} periods,"
                f" the plan says {planned}: back-test again"
            )
            return "re-plan", [found, debt]
    return "nothing", [debt]


def _value_of_last(
    guard: Guard, periods: Sequence[ScoredPeriod]
) -> tuple[float | None, float | None]:
    """Worth of the last retrain so far, and the interval that it asks for once it is complete."""
    both = [p for p in periods if p.previous_error_per_case is not None]
    if not both:
        return None, None
    gained = sum(
        p.case_count * ((p.previous_error_per_case or 0.0) - p.error_per_case) for p in both
    )
    worth = gained * guard.error_cost_usd
    if guard.interval_periods is None or guard.retrain_cost_usd == 0:
        return worth, None
    if len(both) < guard.interval_periods:
        gained *= guard.interval_periods / len(both)
    found = controller_interval(
        interval=float(guard.interval_periods),
        retrain_cost_usd=guard.retrain_cost_usd,
        error_cost_usd=guard.error_cost_usd,
        gained_errors=gained,
    )
    return worth, float(found)


def score_drift(scores: Sequence[float]) -> tuple[str, ...]:
    """Weak, label-free alarm: river's ADWIN on the model's own scores.

    Raises:
        AdvisorError: river is not installed.
    """
    try:
        from river import drift
    except ImportError:
        raise AdvisorError(
            "the late-label alarm needs river: pip install 'model-deployment-advisor[drift]'"
        ) from None
    make: Any = drift.ADWIN
    detector, found = make(), []
    for row, score in enumerate(scores):
        detector.update(score)
        if detector.drift_detected:
            found.append(row)
    if not found:
        return ()
    note = (
        f"weak: the model's scores shift at row {found[0]:,} (ADWIN, {len(found)} alarms);"
        " this says nothing of its errors, look when the labels are in"
    )
    return (note,)


def load_guard(path: Path) -> Guard:
    """Read a guard's file, or the JSON report of `advisor recommend`, which has the guard in it.

    Raises:
        AdvisorError: the file is not there or is no guard.
    """
    try:
        return Guard.model_validate_json(_guard_text(path.read_text()))
    except OSError as error:
        raise AdvisorError(
            f"{path}: cannot be read ({error.strerror}): 'advisor cadence DATA --guard {path}'"
            " writes it"
        ) from None
    except UnicodeDecodeError:
        raise AdvisorError(f"{path}: is no text: give the guard's JSON file") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise AdvisorError(f"{path}: {where}: {first['msg']}: write the guard anew") from None


def _guard_text(text: str) -> str:
    """The guard inside a JSON report; other text as it is."""
    try:
        found = json.loads(text)["retraining"]["guard"]["guard_json"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return text
    return found if isinstance(found, str) else text
