"""From a file or a study to a plan: read an error matrix, or back-test a model to make one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from advisor.errors import AdvisorError
from advisor.retraining.advice import Cadence
from advisor.retraining.ageing import Ageing, measured_ageing, recent_cases
from advisor.retraining.decay import ErrorLike
from advisor.retraining.drift_guard import Guard, make_guard
from advisor.retraining.growth import FEWEST_SIZES, Growth, growth_of, read_learning_curve
from advisor.retraining.matrix_file import read_matrix
from advisor.retraining.plan import Plan, Terms, Way, plan_retraining, plan_way
from advisor.study.types import DAYS_PER_MONTH, Study
from benchmarks.storage.records import ErrorLoss

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
ERROR_COST_USD: Final = 1.0
"""Price of an error where none is given. [USD]"""
HORIZON_DAYS: Final = float(Study.model_fields["horizon_months"].default * DAYS_PER_MONTH)
"""How long a plan must hold where no study says so: as a study's default. [days]"""
LONGEST_MONTHS: Final = 120.0
"""Longest horizon that can be asked for, that of a study. [months]"""
HORIZON_PERIODS: Final = 1040.0
"""The same where periods have no length: beyond any calendar that people keep. [periods]"""
ASSUMED_PERIOD_DAYS: Final = 7.0
"""Period that a plan without a back-test is printed in. [days]"""


@dataclass(frozen=True)
class Money:
    """What errors and retrains cost, as the user gave it; None where nothing was given."""

    error_cost_usd: float | None = None
    retrain_cost_usd: float | None = None
    redevelop_cost_usd: float | None = None
    cases_per_period: float | None = None
    now: str | None = None
    """Interval in use: a number of periods, or a length such as `7d`."""
    label_delay: str | None = None
    """Time until a label is known, written likewise; for errors that do not honour it."""
    horizon_months: float | None = None
    """How long the plan must hold; a model that is not retrained within it is never. [months]"""
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
    study: Terms | None = None
    """The terms of a study's answer: they hold for what is not given here."""


@dataclass(frozen=True)
class Asked:
    """The answer, with what it was made from."""

    plan: Plan
    period: str
    """Length of a period, for people."""
    period_days: float | None
    """Length of a period; None where only the order of the data is known. [days]"""
    redevelopment: Plan | None = None
    """The second tier: experiments and a new model, at its own cost."""
    ways: tuple[Way, ...] = ()
    """Other ways to retrain, each with the plan of its own cost and decay."""
    growth: Growth | None = None
    """What more rows do to the error, where it was asked."""
    notes: tuple[str, ...] = ()
    """What a reader must know of the prices and the data."""
    loss: ErrorLoss | None = None
    """What an error is; None where the errors came as a table and nobody said."""
    cells: tuple[ErrorLike, ...] = ()
    """The errors behind the plan, for its chart; none where the decay is given or assumed."""

    @property
    def days_per_period(self) -> float:
        """Length of a period; 1 where a period stands for a day. [days]"""
        return self.period_days or 1.0

    @property
    def guard(self) -> Guard | None:
        """What to watch between retrains; None where errors cost nothing."""
        if self.plan.terms.error_cost_usd <= 0:
            return None
        guard = make_guard(self.plan, period=self.period, period_days=self.period_days)
        return guard.replace(loss=self.loss)


def ask_study(cadence: Cadence, *, money: Money) -> Asked:
    """Plan from what a study's answer rests on: its back-test, or its given or assumed decay."""
    run = cadence.backtest
    days = (run.period_days if run else None) or ASSUMED_PERIOD_DAYS
    asked = _asked(
        cadence.plan.ageing,
        cells=run.cells if run else (),
        money=replace(money, study=cadence.plan.terms),
        period=run.period_label if run else f"{days:g} days",
        period_days=days,
    )
    return replace(asked, loss=run.loss if run else None)


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
        measured_ageing(found.rows, period_days=found.period_days or 1.0),
        cells=found.rows,
        money=money,
        period=label,
        period_days=found.period_days,
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
    asked = _asked(
        measured_ageing(run.cells, period_days=run.period_days or 1.0),
        cells=run.cells,
        money=money,
        period=run.period_label,
        period_days=run.period_days,
        train_s=float(np.mean(run.training_wall_s)),
        sampled_fraction=run.dataset.used_row_count / run.dataset.row_count,
    )
    return replace(asked, loss=run.loss, notes=(*asked.notes, *run.notes))


def _asked(
    ageing: Ageing,
    *,
    cells: tuple[ErrorLike, ...],
    money: Money,
    period: str,
    period_days: float | None,
    train_s: float = 0.0,
    sampled_fraction: float = 1.0,
) -> Asked:
    terms, notes = _terms(
        ageing,
        money=money,
        period_days=period_days,
        train_s=train_s,
        sampled_fraction=sampled_fraction,
    )
    plan = plan_retraining(ageing, terms)
    second = money.redevelop_cost_usd
    return Asked(
        plan=plan,
        period=period,
        period_days=period_days,
        redevelopment=None
        if second is None
        else plan_retraining(ageing, replace(terms, release_usd=second)),
        ways=tuple(_ways(money, plan=plan, days=period_days or 1.0)),
        growth=_growth(money, rows_per_day=terms.cases_per_day),
        notes=notes,
        cells=cells,
    )


def _terms(
    ageing: Ageing,
    *,
    money: Money,
    period_days: float | None,
    train_s: float,
    sampled_fraction: float,
) -> tuple[Terms, tuple[str, ...]]:
    """Return the terms, what is not given taken from the study or assumed, and what to say."""
    study, days = money.study, period_days or 1.0
    timed = study if period_days is not None else None
    """The study, where its days can be told in periods."""
    note = None
    release = money.retrain_cost_usd
    if release is None and study is not None:
        release = study.release_usd
        note = (
            f"a retrain costs {release:,.2f} USD as in the study's answer: its training runs as"
            " measured and priced, labels and review; --retrain-cost-usd sets it"
        )
    elif release is None:
        machine_usd = train_s / 3600 * USD_PER_MACHINE_HOUR
        release = machine_usd + REVIEW_HOURS * USD_PER_PEOPLE_HOUR
        note = (
            f"a retrain is taken to cost {release:,.2f} USD (assumed: {train_s:,.1f} s of"
            f" training at {USD_PER_MACHINE_HOUR:g} USD/h, {REVIEW_HOURS:g} h of review at"
            f" {USD_PER_PEOPLE_HOUR:g} USD/h); --retrain-cost-usd sets it"
        )
    error = money.error_cost_usd
    if error is None:
        error = study.error_cost_usd if study else ERROR_COST_USD
    if money.cases_per_period is not None:
        cases = money.cases_per_period / days
    elif timed is not None:
        cases = timed.cases_per_day
    else:
        assert ageing.measured is not None, "without a study the decay was measured"
        cases = recent_cases(ageing.measured.matrix) / sampled_fraction / days
    delay = _days_of(money.label_delay, period_days=period_days, option="--label-delay")
    now = _days_of(money.now, period_days=period_days, option="--now")
    terms = Terms(
        release_usd=release,
        error_cost_usd=error,
        cases_per_day=cases,
        horizon_days=_horizon_days(money.horizon_months, timed, period_days=period_days),
        label_delay_days=(timed.label_delay_days if timed else 0.0) if delay is None else delay,
        now_interval_days=(timed.now_interval_days if timed else None) if now is None else now,
    )
    return terms, () if note is None else (note,)


def _horizon_days(months: float | None, study: Terms | None, *, period_days: float | None) -> float:
    """How long the plan must hold: as given, else as the study says, else as long as is usual."""
    if months is not None:
        if period_days is None:
            raise AdvisorError(
                f"--horizon-months {months:g}: these periods have no length in days: leave it out"
            )
        if not 0 < months <= LONGEST_MONTHS:
            raise AdvisorError(
                f"--horizon-months {months:g}: write months, above 0, at most {LONGEST_MONTHS:g}"
            )
        return max(months * DAYS_PER_MONTH, period_days)
    if study is not None:
        return study.horizon_days
    return HORIZON_PERIODS if period_days is None else HORIZON_DAYS


def _ways(money: Money, *, plan: Plan, days: float) -> Iterator[Way]:
    """Plan the other ways to retrain: on spot, and warm with a decay of its own."""
    if money.spot_retrain_cost_usd is not None:
        yield plan_way(plan, "training on spot", what="", release_usd=money.spot_retrain_cost_usd)
    if (money.warm_retrain_cost_usd is None) != (money.warm_matrix is None):
        raise AdvisorError(
            "a warm start is compared by its own cost and its own decay: give both"
            " --warm-retrain-cost-usd and --warm-error-matrix"
        )
    if money.warm_retrain_cost_usd is not None and money.warm_matrix is not None:
        rows = read_matrix(money.warm_matrix).rows
        if not rows:
            raise AdvisorError(f"{money.warm_matrix}: all rows have n = 0: give the cases")
        yield plan_way(
            plan,
            "a warm start",
            what="",
            release_usd=money.warm_retrain_cost_usd,
            ageing=measured_ageing(rows, period_days=days),
        )


def _growth(money: Money, *, rows_per_day: float) -> Growth | None:
    """Growth from a learning curve's file or a given exponent; None for neither.

    Raises:
        AdvisorError: both are given, or the curve is not one that falls.
    """
    curve, power = money.learning_curve, money.learning_power
    if curve is not None and power is not None:
        raise AdvisorError("give --learning-curve or --learning-power, not both")
    if power is not None:
        if not 0 < power <= 2:
            raise AdvisorError(f"--learning-power {power:g}: write an exponent above 0, at most 2")
        return Growth(power)
    if curve is None:
        return None
    rows, error = read_learning_curve(curve)
    found = growth_of(rows=rows, error=error, row_count=max(rows), rows_per_day=rows_per_day)
    if found is None:
        raise AdvisorError(
            f"{curve}: the error does not fall with the rows, or has fewer than {FEWEST_SIZES}"
            " sizes: give more sizes, or --learning-power"
        )
    return found


def _days_of(text: str | None, *, period_days: float | None, option: str) -> float | None:
    """A time in days, from a number of periods or a length."""
    if text is None:
        return None
    try:
        found = float(text) * (period_days or 1.0)
    except ValueError:
        from benchmarks.data.periods import parse_period

        length = parse_period(text)
        if length.days is None or period_days is None:
            raise AdvisorError(
                f"{option} {text!r}: these periods have no length in days: write a number"
            ) from None
        found = length.days
    if found <= 0:
        raise AdvisorError(f"{option} {text!r}: it is longer than zero")
    return found
