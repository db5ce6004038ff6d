"""How often each candidate should be retrained, from its back-test or the nearest thing to one."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from advisor.evidence import CandidateProfile, Evidence
from advisor.recommendation import (
    Basis,
    DecayLinePoint,
    DecayPoint,
    GrowthAdvice,
    RetrainingAdvice,
    RetrainingPoint,
    RetrainingWay,
)
from advisor.retraining.comparing import (
    Way,
    break_even_error_cost_usd,
    compare_ways,
    growth_advice,
    guard_advice,
    late_spending,
)
from advisor.retraining.plan import plan_retraining
from advisor.retraining.records import Decay, RetrainingPlan
from advisor.retraining.spending import Interval, Spending, choose_interval, excess_error
from advisor.study.types import DAYS_PER_MONTH, Study
from benchmarks.families import BASELINE_FAMILY
from benchmarks.storage.records import BacktestRun, ErrorCell

CURVE_POINTS = 60
"""Points of the curve of cost against interval."""

RECENT_PERIODS = 12
"""Newest scored periods whose volume is taken for that to come."""

LINE_POINTS = 30
"""Points of the fitted law of error against age."""


@dataclass(frozen=True)
class Cadence:
    """One candidate's retraining plan and what it means for the bill."""

    plan: RetrainingPlan
    basis: Basis
    backtest: BacktestRun | None
    """The back-test behind it; null where the decay is given or assumed."""
    spending: Spending
    interval: Interval
    shortest_days: float
    """Shortest interval that is looked at: the period of the back-test. [days]"""
    releases_per_month: float
    """Releases, the first one spread over the horizon. [1/month]"""
    ageing_usd_per_month: float
    """Errors that it makes because it ages between releases. [USD/month]"""

    @property
    def retrain_usd(self) -> float:
        """One release: runs, labels and review. [USD]"""
        return self.spending.release_usd


def release_usd(study: Study, *, usd_per_run: float, run_count: float | None = None) -> float:
    """Return what one release costs: its training runs, labels and people's review. [USD]

    The runs are the study's `runs_per_release` unless a count is given.
    """
    retraining = study.retraining
    runs = retraining.runs_per_release if run_count is None else run_count
    return (
        runs * usd_per_run
        + retraining.label_cost_usd
        + retraining.review_hours * study.team.engineer_usd_per_hour
    )


def cadence_of(
    study: Study, profile: CandidateProfile, evidence: Evidence, *, usd_per_run: float
) -> Cadence:
    """Plan one candidate's retraining.

    The decay is the study's own if it gives one, else that of a back-test, else an assumption;
    the interval then weighs releases against ageing. Clustering has no priced error: its model is
    released once and watched.
    """
    backtest = backtest_for(profile, evidence)
    given = study.retraining.decay_per_day
    usable = given is None and backtest is not None and backtest.period_days is not None
    error_cost_usd = study.retraining.error_cost_usd if profile.errors_per_case else 0.0
    if usable and backtest is not None and backtest.period_days is not None:
        plan = _plan(cells=backtest.cells, decay_per_day=None, period_days=backtest.period_days)
    else:
        plan = _plan(cells=None, decay_per_day=given, period_days=None)
    spending = late_spending(
        Spending(
            decay=plan.decay,
            release_usd=release_usd(study, usd_per_run=usd_per_run),
            error_usd_per_month=error_cost_usd * study.cases_per_day * DAYS_PER_MONTH,
            horizon_days=study.horizon_months * DAYS_PER_MONTH,
        ),
        label_delay_days=study.retraining.label_delay_days,
    )
    shortest_days = backtest.period_days or 1.0 if backtest is not None and usable else 1.0
    interval = choose_interval(spending, shortest_days=shortest_days)
    # A model that is never retrained is still released once: that release is paid for too.
    days = interval.days or spending.horizon_days
    return Cadence(
        plan=plan,
        basis=_basis(plan, profile, backtest),
        backtest=backtest if usable else None,
        spending=spending,
        interval=interval,
        shortest_days=shortest_days,
        releases_per_month=DAYS_PER_MONTH / days,
        ageing_usd_per_month=float(spending.ageing_usd(days)),
    )


@lru_cache(maxsize=64)
def _plan(
    *,
    cells: tuple[ErrorCell, ...] | None,
    decay_per_day: float | None,
    period_days: float | None,
) -> RetrainingPlan:
    """Fit, take or assume the decay; kept, since no price changes it.

    The unit prices only satisfy the planner: what an interval costs is `Spending`'s to say.
    """
    return plan_retraining(
        cells=cells,
        decay_per_day=decay_per_day,
        period_days=period_days,
        retrain_cost_usd=1.0,
        error_cost_usd=1.0,
        cases_per_day=1.0,
    )


def _basis(plan: RetrainingPlan, profile: CandidateProfile, backtest: BacktestRun | None) -> Basis:
    if plan.basis != "measured" or backtest is None:
        return plan.basis
    if backtest.dataset.simulated:
        return "assumed"  # measured, but on a stream of our own making
    return "measured" if backtest.candidate.name == profile.name else "scaled"


def backtest_for(profile: CandidateProfile, evidence: Evidence) -> BacktestRun | None:
    """Return the candidate's newest back-test, else that of the nearest candidate that learns.

    What learns nothing hardly decays: its back-test is nobody else's.
    """
    own = [b for b in evidence.backtests if b.candidate.name == profile.name]
    if own:
        return max(own, key=lambda b: b.id)
    others = [b for b in evidence.backtests if b.candidate.family != BASELINE_FAMILY]
    if profile.is_baseline or not others:
        return None
    return min(
        sorted(others, key=lambda b: b.id, reverse=True),
        key=lambda b: abs(b.candidate.simplicity_rank - profile.rank),
    )


def advice_of(
    study: Study,
    profile: CandidateProfile,
    cadence: Cadence,
    *,
    evidence: Evidence,
    usd_per_run: float,
    by_purchase: Mapping[str, float],
) -> RetrainingAdvice:
    """Put one candidate's plan into words and points.

    Args:
        study: the question.
        profile: the candidate.
        cadence: its plan.
        evidence: runs with learning curves.
        usd_per_run: one training run where it is cheapest. [USD]
        by_purchase: the same on demand and on spot, repeats counted. [USD]
    """
    simulated = cadence.backtest is not None and cadence.backtest.dataset.simulated
    retraining = study.retraining
    error_cost_usd = retraining.error_cost_usd if profile.errors_per_case else 0.0
    return RetrainingAdvice(
        interval_days=cadence.interval.days,
        usd_per_month=cadence.retrain_usd * cadence.releases_per_month,
        basis=cadence.basis,
        why=_why(study, profile, cadence, simulated=simulated),
        error_usd_per_month=cadence.ageing_usd_per_month,
        retrain_usd=cadence.retrain_usd,
        decay_per_day=cadence.plan.decay.slope_per_day,
        band_5_percent_days=cadence.interval.band_days,
        now_interval_days=retraining.now_interval_days,
        curve=_curve(cadence),
        decay_points=_decay_points(cadence),
        decay_line=_decay_line(cadence),
        simulated=simulated,
        notes=_notes(cadence),
        label_delay_days=retraining.label_delay_days,
        break_even_error_cost_usd=break_even_error_cost_usd(
            retraining.now_interval_days,
            decay=cadence.spending.decay,
            release_usd=cadence.retrain_usd,
            cases_per_day=study.cases_per_day if error_cost_usd else 0.0,
        ),
        ways=_ways(study, cadence, usd_per_run=usd_per_run, by_purchase=by_purchase),
        guard=guard_advice(
            cells=cadence.backtest.cells if cadence.backtest else None,
            period_days=cadence.backtest.period_days if cadence.backtest else None,
            interval_days=cadence.interval.days,
            retrain_usd=cadence.retrain_usd,
            error_cost_usd=error_cost_usd,
        ),
        growth=_growth(profile, cadence, evidence),
    )


def _ways(
    study: Study, cadence: Cadence, *, usd_per_run: float, by_purchase: Mapping[str, float]
) -> tuple[RetrainingWay, ...]:
    """Compare the two tiers, spot and a warm start; the release that is billed is the second."""
    retraining, runs = study.retraining, study.retraining.runs_per_release
    basis = cadence.basis
    ways = [
        Way(
            "refresh",
            "the same settings on newer data: 1 run",
            release_usd(study, usd_per_run=usd_per_run, run_count=1),
            basis,
        ),
        Way(
            "redevelopment",
            f"experiments too: {runs:,} run{'s' if runs > 1 else ''}, as the bill has it",
            cadence.retrain_usd,
            basis,
        ),
    ]
    for purchase, usd_each in by_purchase.items():
        repeats = ", repeats after interruptions counted" if purchase == "spot" else ""
        ways.append(
            Way(
                f"redevelopment, trained on {purchase.removeprefix('on-')}",
                f"{runs:,} run{'s' if runs > 1 else ''} at {purchase} prices{repeats}",
                release_usd(study, usd_per_run=usd_each),
                basis,
            )
        )
    share, per_day = retraining.warm_start_cost_fraction, retraining.warm_start_decay_per_day
    if share is not None and per_day is not None:
        what = f"1 run that goes on from the last model, {share:.0%} of its cost, its own decay"
        usd = release_usd(study, usd_per_run=usd_per_run, run_count=share)
        ways.append(Way("warm start", what, usd, "input", _linear_decay(per_day)))
    return compare_ways(ways, spending=cadence.spending, shortest_days=cadence.shortest_days)


def _linear_decay(per_day: float) -> Decay:
    return Decay(
        model="linear" if per_day > 0 else "none",
        amplitude=None,
        tau_periods=None,
        tau_days=None,
        slope_per_period=per_day,
        slope_per_day=per_day,
        basis="input",
        source="retraining.warm_start_decay_per_day of the study",
    )


def _growth(profile: CandidateProfile, cadence: Cadence, evidence: Evidence) -> GrowthAdvice | None:
    """Tell the part of growing data: where shares of wrong cases were measured by rows and time."""
    backtest = cadence.backtest
    run = next((r for r in evidence.runs if r.id == profile.run_id), None)
    if run is None or backtest is None or not profile.is_proportion or not backtest.period_days:
        return None
    if backtest.dataset.simulated:
        return None
    newest = max(c.scored_at for c in backtest.cells)
    recent = [c.case_count for c in backtest.cells if c.scored_at > newest - RECENT_PERIODS]
    thinned = backtest.dataset.row_count / max(backtest.dataset.used_row_count, 1)
    return growth_advice(
        rows=[point.row_count for point in run.learning_curve],
        error=[1 - point.quality for point in run.learning_curve],
        row_count=profile.row_count,
        rows_per_day=sum(recent) / len(recent) * thinned / backtest.period_days,
        decay_per_day=cadence.plan.decay.slope_per_day,
    )


def _notes(cadence: Cadence) -> tuple[str, ...]:
    """Return what the fit has to say; the words about an interval are this module's own."""
    if cadence.backtest is None:
        return ()
    return tuple(note for note in cadence.plan.diagnostics if "interval" not in note)


def _why(study: Study, profile: CandidateProfile, cadence: Cadence, *, simulated: bool) -> str:
    if profile.errors_per_case is None:
        return (
            f"{profile.name} has no error that could be priced: release it once, watch how its "
            "assignments drift, and retrain when they do."
        )
    lead = (
        f"{profile.name} {_speed(cadence)} ({_source(study, cadence, simulated=simulated)}); "
        f"a release costs {cadence.retrain_usd:,.0f} USD"
    )
    low, high = cadence.interval.band_days
    if cadence.interval.days is None:
        return (
            f"{lead}: retraining within {study.horizon_months} months costs more than the errors "
            "it saves; watch the error instead."
        )
    band = f"{low:,.0f} to {high:,.0f} days cost within 5%"
    if high - low < 1:
        band = "a shorter one would cost less, but nothing shorter was measured"
    return (
        f"{lead}: {every_days(cadence.interval.days)} costs least, releases and ageing "
        f"together; {band}.{_now(study, cadence)}"
    )


def every_days(days: float) -> str:
    """Return how often, in words.

    Example:
        >>> every_days(1.0), every_days(42.2)
        ('every day', 'every 42 days')
    """
    return "every day" if round(days) == 1 else f"every {days:,.0f} days"


def _speed(cadence: Cadence) -> str:
    slope = cadence.plan.decay.slope_per_day
    if slope is None or slope <= 0:
        return "does not decay"
    return f"makes {slope:.2g} more errors per case for each day of age"


def _source(study: Study, cadence: Cadence, *, simulated: bool) -> str:
    if cadence.backtest is not None:
        source = "by a back-test"
        if cadence.basis == "scaled":
            source += f" of {cadence.backtest.candidate.name}"
        return source + (" on a SIMULATED stream" if simulated else "")
    if cadence.basis == "input":
        return "as the study says"
    if study.data.time is None:
        return "ASSUMED, since the data have no time column"
    return "ASSUMED, since no back-test could measure it in days: see the notes of the runs"


def _now(study: Study, cadence: Cadence) -> str:
    """Say what the team's present interval costs beside the chosen one."""
    now_days = study.retraining.now_interval_days
    if now_days is None or cadence.interval.days is None:
        return ""
    spending = cadence.spending
    more_usd = float(spending.total_usd(now_days) - spending.total_usd(cadence.interval.days))
    return f" Every {now_days:g} days, as now, costs {more_usd:,.0f} USD/month more."


def _curve(cadence: Cadence) -> tuple[RetrainingPoint, ...]:
    spending = cadence.spending
    days = np.geomspace(1.0, spending.horizon_days, CURVE_POINTS)
    return tuple(
        RetrainingPoint(
            interval_days=float(day),
            releases_usd_per_month=float(releases),
            errors_usd_per_month=float(errors),
        )
        for day, releases, errors in zip(
            days, spending.releases_usd(days), spending.ageing_usd(days), strict=True
        )
    )


def _decay_points(cadence: Cadence) -> tuple[DecayPoint, ...]:
    """Return the mean error at each age, each period's own difficulty taken out.

    What the law leaves of a cell, minus the mean of that over its scored period, is noise of the
    age; a point is the law plus that noise. So a period that was only scored by old models does
    not hide their age.
    """
    backtest = cadence.backtest
    if backtest is None or backtest.period_days is None:
        return ()
    left = _left_of(cadence)
    periods: dict[int, list[float]] = {}
    for cell, rest in zip(backtest.cells, left, strict=True):
        periods.setdefault(cell.scored_at, []).append(rest)
    ages: dict[int, list[tuple[int, float]]] = {}
    for cell, rest in zip(backtest.cells, left, strict=True):
        row = periods[cell.scored_at]
        if len(row) > 1:
            noise = rest - sum(row) / len(row)
            ages.setdefault(cell.scored_at - cell.trained_at, []).append((cell.case_count, noise))
    points = []
    for age in sorted(ages):
        count = sum(n for n, _ in ages[age])
        mean = sum(n * noise for n, noise in ages[age]) / count
        days = age * backtest.period_days
        law = float(excess_error(days, cadence.plan.decay))
        points.append(
            DecayPoint(
                age_days=days,
                error_per_case=max(0.0, sum(left) / len(left) + law + mean),
                case_count=count,
            )
        )
    return tuple(points)


def _left_of(cadence: Cadence) -> list[float]:
    """Return what the law of ageing leaves of each cell's error."""
    backtest = cadence.backtest
    if backtest is None or backtest.period_days is None:
        return []
    ages = np.array([c.scored_at - c.trained_at for c in backtest.cells]) * backtest.period_days
    errors = np.array([c.error_per_case for c in backtest.cells])
    left: list[float] = (errors - excess_error(ages, cadence.plan.decay)).tolist()
    return left


def _decay_line(cadence: Cadence) -> tuple[DecayLinePoint, ...]:
    """Return the fitted law at the level of the points, from a fresh model to the oldest one."""
    points = _decay_points(cadence)
    if not points:
        return ()
    left = _left_of(cadence)
    ages = np.linspace(0.0, points[-1].age_days, LINE_POINTS)
    law = sum(left) / len(left) + excess_error(ages, cadence.plan.decay)
    return tuple(
        DecayLinePoint(age_days=float(age), error_per_case=float(error))
        for age, error in zip(ages, law, strict=True)
    )
