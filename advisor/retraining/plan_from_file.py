"""From a file to a plan: read an error matrix, or back-test a model to make one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from advisor.errors import AdvisorError
from advisor.retraining.decay import ErrorLike, ErrorMatrix, error_matrix, fit_decay
from advisor.retraining.drift_guard import Guard, make_guard
from advisor.retraining.growth import growth_of
from advisor.retraining.matrix_file import read_matrix
from advisor.retraining.plan import measured_source, plan_periods, recent_cases
from advisor.retraining.records import RetrainingPlan
from advisor.retraining.release_ways import retrain_cost_usd
from advisor.retraining.words import Answer

if TYPE_CHECKING:
    from benchmarks.data.losses import Loss
    from benchmarks.session.backtest import Window
    from benchmarks.storage.records import BacktestRun

MOST_ROWS: Final = 1_000_000
"""Rows of a file that a back-test uses, spread evenly over the whole, to keep memory bounded."""
REVIEW_HOURS: Final = 4.0
"""People's time per retrain where no cost is given. [h]"""
USD_PER_PEOPLE_HOUR: Final = 95.0
"""Price of that time where no cost is given. [USD/h]"""
USD_PER_MACHINE_HOUR: Final = 0.2016
"""Training machine where no cost is given: m7i.xlarge, on demand, us-east-1. [USD/h]"""


@dataclass(frozen=True)
class Money:
    """What errors and retrains cost, as the user gave it."""

    error_cost_usd: float = 1.0
    retrain_cost_usd: float | None = None
    redevelop_cost_usd: float | None = None
    cases_per_period: float | None = None
    now: str | None = None
    """Interval in use: a number of periods, or a length such as `7d`."""
    label_delay: str | None = None
    """Time until a label is known, written likewise; for errors that do not honour it."""
    spot_retrain_cost_usd: float | None = None
    """A retrain on spot, repeats after interruptions counted."""
    warm_retrain_cost_usd: float | None = None
    """A retrain that goes on from the last model."""
    warm_matrix: Path | None = None
    """Error matrix of warm-started models, for their own decay."""
    learning_curve: Path | None = None
    """File of rows,error: what more rows do to the error."""
    learning_power: float | None = None
    """Exponent of that curve, where it is known."""


@dataclass(frozen=True)
class Asked:
    """The answer, with the guard that goes with it."""

    answer: Answer
    guard: Guard | None
    """None where errors cost nothing."""
    notes: tuple[str, ...] = ()
    """What a reader must know of the data."""
    matrix: ErrorMatrix | None = None
    """The errors behind the plan, for its picture."""


def ask_matrix(path: Path, *, money: Money) -> Asked:
    """Plan from a team's own error matrix.

    Raises:
        AdvisorError: the file is not such a matrix, or has a single training.
    """
    found = read_matrix(path)
    if not found.rows:
        raise AdvisorError(f"{path}: all rows have n = 0: give the cases of each period")
    label = "1 period" if found.period_days is None else f"{found.period_days:g} days"
    return _asked(
        error_matrix(found.rows),
        money=money,
        period=label,
        period_days=found.period_days,
        train_s=0.0,
        sampled_fraction=1.0,
    )


def ask_data(
    source: str,
    *,
    target: str | None,
    time: str | None,
    label_time: str | None = None,
    ignore: tuple[str, ...] = (),
    model: str = "hist_gradient_boosting",
    loss: "Loss | None" = None,
    period: str | None = None,
    window: "Window" = "sliding",
    money: Money,
    started_at: datetime,
    keep_in: Path | None = None,
    worker_count: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> Asked:
    """Back-test a model on time-stamped data and plan from its errors.

    Raises:
        AdvisorError, BenchmarkError: one line for people.
    """
    from benchmarks.data.datasets import load_data
    from benchmarks.data.periods import parse_period
    from benchmarks.families import resolve_candidates
    from benchmarks.machine.host import read_host
    from benchmarks.session.backtest import run_backtest

    named = source.partition(":")[0] in {"simulated", "openml", "builtin"}
    if time is None and not source.startswith("simulated:"):
        raise AdvisorError(
            f"{source}: which column has the time of each case? Name it with --time; models of"
            " different ages cannot be told without it"
        )
    data = load_data(
        source=source if named else None,
        path=None if named else Path(source).name,
        target=target,
        time=time,
        label_time=label_time,
        ignore=ignore,
        folder=Path(source).parent,
        max_rows=MOST_ROWS,
    )
    wanted = ("mine", model) if ":" in model else model
    (candidate,) = resolve_candidates([wanted], task=data.spec.task)
    run = run_backtest(
        data,
        candidate=candidate,
        hardware=read_host(),
        started_at=started_at,
        period=None if period is None else parse_period(period),
        window=window,
        loss=loss,
        worker_count=worker_count,
        keep_in=keep_in,
        progress=progress,
    )
    if run.outcome != "ok":
        raise AdvisorError(f"{source}: the back-test of {model} failed: {run.reason}")
    return from_run(run, money=money)


def from_run(run: "BacktestRun", *, money: Money) -> Asked:
    """Plan from a back-test."""
    cells: tuple[ErrorLike, ...] = run.cells
    asked = _asked(
        error_matrix(cells),
        money=money,
        period=run.period_label,
        period_days=run.period_days,
        train_s=float(np.mean(run.training_wall_s)),
        sampled_fraction=run.dataset.used_row_count / run.dataset.row_count,
    )
    guard = None if asked.guard is None else asked.guard.replace(loss=run.loss)
    return replace(asked, guard=guard, notes=run.notes)


def _asked(
    matrix: ErrorMatrix,
    *,
    money: Money,
    period: str,
    period_days: float | None,
    train_s: float,
    sampled_fraction: float,
) -> Asked:
    notes = []
    retrain_usd = money.retrain_cost_usd
    if retrain_usd is None:
        retrain_usd = float(
            retrain_cost_usd(
                train_s=train_s,
                usd_per_hour=USD_PER_MACHINE_HOUR,
                people_hours=REVIEW_HOURS,
                usd_per_people_hour=USD_PER_PEOPLE_HOUR,
            )
        )
        notes.append(
            f"a retrain is taken to cost {retrain_usd:,.2f} USD (assumed: {train_s:,.1f} s of"
            f" training at {USD_PER_MACHINE_HOUR:g} USD/h, {REVIEW_HOURS:g} h of review at"
            f" {USD_PER_PEOPLE_HOUR:g} USD/h); --retrain-cost-usd sets it"
        )
    cases = money.cases_per_period
    if cases is None:
        cases = recent_cases(matrix) / sampled_fraction
    now_periods = _periods_of(money.now, period_days=period_days, option="--now")
    delay = _periods_of(money.label_delay, period_days=period_days, option="--label-delay") or 0.0

    def plan(cost_usd: float, errors: ErrorMatrix = matrix) -> RetrainingPlan:
        return plan_periods(
            fit=fit_decay(errors),
            matrix=errors,
            basis="measured",
            source=measured_source(errors),
            period_days=period_days,
            retrain_cost_usd=cost_usd,
            error_cost_usd=money.error_cost_usd,
            cases_per_period=cases,
            label_delay_periods=delay,
            now_interval_periods=now_periods,
        )

    first = plan(retrain_usd)
    first = first.replace(diagnostics=(*first.diagnostics, *notes))
    second = money.redevelop_cost_usd
    answer = Answer(
        plan=first,
        period=period,
        training_count=len(matrix.origins),
        redevelopment=None if second is None else plan(second),
        now_interval_periods=now_periods,
        label_delay_periods=delay,
        ways=tuple(_ways(money, plan=plan)),
        growth=growth_of(
            curve=money.learning_curve, power=money.learning_power, rows_per_period=cases
        ),
    )
    guard = None
    if money.error_cost_usd > 0:
        guard = make_guard(
            first,
            matrix=matrix,
            period=period,
            retrain_cost_usd=retrain_usd,
            error_cost_usd=money.error_cost_usd,
        )
    return Asked(answer=answer, guard=guard, matrix=matrix)


def _ways(
    money: Money, *, plan: Callable[..., RetrainingPlan]
) -> Iterator[tuple[str, RetrainingPlan]]:
    """Plan the other ways to retrain: on spot, and warm with a decay of its own."""
    if money.spot_retrain_cost_usd is not None:
        yield "training on spot", plan(money.spot_retrain_cost_usd)
    if (money.warm_retrain_cost_usd is None) != (money.warm_matrix is None):
        raise AdvisorError(
            "a warm start is compared by its own cost and its own decay: give both"
            " --warm-retrain-cost-usd and --warm-error-matrix"
        )
    if money.warm_retrain_cost_usd is not None and money.warm_matrix is not None:
        rows = read_matrix(money.warm_matrix).rows
        if not rows:
            raise AdvisorError(f"{money.warm_matrix}: all rows have n = 0: give the cases")
        yield "a warm start", plan(money.warm_retrain_cost_usd, error_matrix(rows))


def _periods_of(text: str | None, *, period_days: float | None, option: str) -> float | None:
    """A time in periods, from a number of them or a length."""
    if text is None:
        return None
    try:
        found = float(text)
    except ValueError:
        from benchmarks.data.periods import parse_period

        length = parse_period(text)
        if length.days is None or period_days is None:
            raise AdvisorError(
                f"{option} {text!r}: these periods have no length in days: write a number"
            ) from None
        found = length.days / period_days
    if found <= 0:
        raise AdvisorError(f"{option} {text!r}: it is longer than zero")
    return found
