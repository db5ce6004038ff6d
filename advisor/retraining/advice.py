"""How often each candidate should be retrained, from its back-test or the nearest thing to one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from advisor.evidence import Evidence
from advisor.profiles import CandidateProfile
from advisor.recommendation import (
    Basis,
    DecayAfter,
    DecayLinePoint,
    DecayPoint,
    GrowthAdvice,
    GuardAdvice,
    IntervalAt,
    RetrainingAdvice,
    RetrainingPoint,
    RetrainingWay,
)
from advisor.retraining.ageing import Ageing, linear_ageing, measured_ageing
from advisor.retraining.decay import ErrorLike
from advisor.retraining.drift_guard import REFERENCE_PERIOD_COUNT, make_guard
from advisor.retraining.growth import growth_of
from advisor.retraining.plan import Plan, Terms, Way, plan_retraining, plan_way
from advisor.retraining.spending import Interval, Spending
from advisor.study.types import DAYS_PER_MONTH, Study
from benchmarks.families import BASELINE_FAMILY
from benchmarks.storage.records import BacktestRun

DECAY_WEEKS: Final = (1, 4, 13)
"""Ages at which the decay is told. [weeks]"""

MAP_ERROR_USD: Final = (0.01, 0.1, 1.0, 10.0)
"""What an error might cost, for the map of intervals. [USD]"""

MAP_HOURS: Final = (1.0, 4.0, 16.0)
"""What a release might take of people, for the map of intervals. [h]"""

CURVE_POINTS = 60
"""Points of the curve of cost against interval."""

RECENT_PERIODS = 12
"""Newest scored periods whose volume is taken for that to come."""

LINE_POINTS = 30
"""Points of the law of error against age."""

ASSUMED_PERIOD_DAYS = 7.0
"""Period of the guard where no back-test has one. [days]"""


@dataclass(frozen=True)
class Cadence:
    """One candidate's retraining plan and what it rests on."""

    plan: Plan
    basis: Basis
    backtest: BacktestRun | None
    """The back-test behind it; null where the decay is given or assumed."""
    is_priced: bool = True
    """Whether the study gives what an error and a release cost; without, no interval is advised."""

    @property
    def spending(self) -> Spending:
        """The prices that its interval trades against each other."""
        return self.plan.spending

    @property
    def interval(self) -> Interval:
        """The interval chosen."""
        return self.plan.interval

    @property
    def releases_per_month(self) -> float:
        """Releases, the first one spread over the horizon. [1/month]

        Where no interval is advised: as often as the team retrains now, else once.
        """
        now_days = self.plan.terms.now_interval_days
        if not self.is_priced and now_days is not None:
            return DAYS_PER_MONTH / min(now_days, self.plan.terms.horizon_days)
        return self.plan.releases_per_month

    @property
    def ageing_usd_per_month(self) -> float:
        """Errors that it makes because it ages between releases. [USD/month]"""
        return self.plan.ageing_usd_per_month

    @property
    def retrain_usd(self) -> float:
        """One release: runs, labels and review. [USD]"""
        return self.plan.terms.release_usd

    @property
    def is_simulated(self) -> bool:
        """Whether the decay was measured on a stream of our own making."""
        return self.backtest is not None and self.backtest.dataset.simulated


def release_usd(study: Study, *, usd_per_run: float, run_count: float | None = None) -> float:
    """Return what one release costs: its training runs, labels and people's review. [USD]

    The runs are the study's `runs_per_release` unless a count is given.
    """
    retraining = study.retraining
    runs = retraining.runs_per_release if run_count is None else run_count
    return (
        runs * usd_per_run
        + retraining.label_cost_usd
        + retraining.counted_review_hours * study.team.engineer_usd_per_hour
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
    if study.retraining.decay_per_day is not None or backtest is None or not backtest.period_days:
        backtest = None
        ageing = linear_ageing(study.retraining.decay_per_day)
    else:
        ageing = measured_ageing(backtest.cells, period_days=backtest.period_days)
    priced = study.retraining.is_priced
    terms = Terms(
        release_usd=release_usd(study, usd_per_run=usd_per_run),
        error_cost_usd=study.retraining.error_usd if priced and profile.errors_per_case else 0.0,
        cases_per_day=study.cases_per_day,
        horizon_days=study.horizon_months * DAYS_PER_MONTH,
        label_delay_days=study.retraining.label_delay_days,
        now_interval_days=study.retraining.now_interval_days,
    )
    return Cadence(
        plan=plan_retraining(ageing, terms),
        basis=_basis(ageing, profile, backtest),
        backtest=backtest,
        is_priced=priced,
    )


def _basis(ageing: Ageing, profile: CandidateProfile, backtest: BacktestRun | None) -> Basis:
    if backtest is None:
        return ageing.basis
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
    plan, backtest = cadence.plan, cadence.backtest
    points, line = age_points(
        plan, backtest.cells if backtest else (), period_days=plan.ageing.shortest_days
    )
    return RetrainingAdvice(
        kind=kind_of(cadence),
        interval_map=()
        if cadence.is_priced
        else interval_map(study, profile, cadence, usd_per_run),
        decay_after=tuple(
            DecayAfter(weeks=weeks, errors_per_case=float(plan.ageing.curve.excess(7.0 * weeks)))
            for weeks in DECAY_WEEKS
        ),
        interval_days=plan.interval.days,
        usd_per_month=cadence.retrain_usd * cadence.releases_per_month,
        basis=cadence.basis,
        why=_why(study, profile, cadence),
        error_usd_per_month=cadence.ageing_usd_per_month,
        retrain_usd=cadence.retrain_usd,
        decay_per_day=plan.ageing.slope_per_day,
        band_5_percent_days=plan.interval.band_days,
        now_interval_days=study.retraining.now_interval_days,
        curve=cost_points(plan),
        decay_points=points,
        decay_line=line,
        simulated=cadence.is_simulated,
        # Without a back-test the sentence says already what is assumed.
        notes=plan.notes() if backtest and cadence.is_priced else (),
        label_delay_days=study.retraining.label_delay_days,
        break_even_error_cost_usd=plan.break_even_error_cost_usd
        if plan.terms.error_cost_usd
        else None,
        ways=tuple(_ways(study, cadence, usd_per_run=usd_per_run, by_purchase=by_purchase)),
        guard=_guard(cadence),
        growth=_growth(profile, cadence, evidence),
    )


def kind_of(cadence: Cadence) -> Literal["planned", "never", "unknown"]:
    """Say whether an interval is advised, none pays, or none can be told."""
    if not cadence.is_priced:
        return "unknown"
    return "never" if cadence.interval.days is None else "planned"


def interval_map(
    study: Study, profile: CandidateProfile, cadence: Cadence, usd_per_run: float
) -> tuple[IntervalAt, ...]:
    """Return the best interval over what an error and a release might cost.

    The study's own price stands in place of the usual ones where it gives one of the two.
    """
    if profile.errors_per_case is None:
        return ()
    retraining, rate = study.retraining, study.team.engineer_usd_per_hour
    hours = (retraining.review_hours,) if retraining.review_hours is not None else MAP_HOURS
    prices = MAP_ERROR_USD if retraining.error_cost_usd is None else (retraining.error_cost_usd,)
    machines_usd = release_usd(
        study.replace(retraining=retraining.replace(review_hours=0.0)), usd_per_run=usd_per_run
    )
    found = []
    for error_usd in prices:
        for count in hours:
            terms = replace(
                cadence.plan.terms,
                error_cost_usd=error_usd,
                release_usd=machines_usd + count * rate,
            )
            found.append(
                IntervalAt(
                    error_cost_usd=error_usd,
                    release_usd=terms.release_usd,
                    interval_days=plan_retraining(cadence.plan.ageing, terms).interval.days,
                )
            )
    return tuple(found)


def _guard(cadence: Cadence) -> GuardAdvice | None:
    """Tell what to watch between retrains; None where errors cost nothing."""
    plan, backtest = cadence.plan, cadence.backtest
    if plan.terms.error_cost_usd <= 0:
        return None
    days = (backtest.period_days if backtest else None) or ASSUMED_PERIOD_DAYS
    guard = make_guard(plan, period="1 day" if days == 1 else f"{days:g} days", period_days=days)
    if backtest is not None:
        guard = guard.replace(loss=backtest.loss)
    return GuardAdvice(
        interval_days=plan.interval.days,
        period_days=days,
        reference_period_count=REFERENCE_PERIOD_COUNT,
        debt_threshold_usd=guard.debt_threshold_usd,
        debt_threshold_cases=guard.debt_threshold_cases,
        fluctuation_error_per_case=guard.fluctuation_error_per_case,
        worth_of_a_retrain_usd=2 * plan.terms.release_usd,
        guard_json=guard.model_dump_json(),
        basis="measured" if backtest else "assumed",
    )


def _ways(
    study: Study, cadence: Cadence, *, usd_per_run: float, by_purchase: Mapping[str, float]
) -> Iterator[RetrainingWay]:
    """Compare the two tiers, spot and a warm start; the release that is billed is the second."""
    plan, retraining, runs = cadence.plan, study.retraining, study.retraining.runs_per_release

    def way(name: str, what: str, usd: float) -> RetrainingWay:
        return _way(plan_way(plan, name, what=what, release_usd=usd), basis=cadence.basis)

    count = f"{runs:,} run{'s' if runs > 1 else ''}"
    refresh = release_usd(study, usd_per_run=usd_per_run, run_count=1)
    yield way("refresh", "the same settings on newer data: 1 run", refresh)
    yield way(
        "redevelopment",
        f"experiments too: {count}, as the bill has it",
        cadence.retrain_usd,
    )
    for purchase, usd_each in by_purchase.items():
        repeats = ", repeats after interruptions counted" if purchase == "spot" else ""
        yield way(
            f"redevelopment, trained on {purchase.removeprefix('on-')}",
            f"{count} at {purchase} prices{repeats}",
            release_usd(study, usd_per_run=usd_each),
        )
    share, per_day = retraining.warm_start_cost_fraction, retraining.warm_start_decay_per_day
    if share is not None and per_day is not None:
        warm = plan_way(
            plan,
            "warm start",
            what=f"1 run that goes on from the last model, {share:.0%} of its cost, its own decay",
            release_usd=release_usd(study, usd_per_run=usd_per_run, run_count=share),
            ageing=linear_ageing(per_day, source="warm_start_decay_per_day of the study"),
        )
        yield _way(warm, basis="input")


def _way(way: Way, *, basis: Basis) -> RetrainingWay:
    return RetrainingWay(
        name=way.name,
        what=way.what,
        retrain_usd=way.plan.terms.release_usd,
        interval_days=way.plan.interval.days,
        band_5_percent_days=way.plan.interval.band_days,
        usd_per_month=way.plan.usd_per_month,
        basis=basis,
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
    rows_per_day = sum(recent) / len(recent) * thinned / backtest.period_days
    growth = growth_of(
        rows=[point.row_count for point in run.learning_curve],
        error=[1 - point.quality for point in run.learning_curve],
        row_count=profile.row_count,
        rows_per_day=rows_per_day,
    )
    if growth is None or growth.slope_per_day is None:
        return None
    decay = cadence.plan.ageing.slope_per_day
    return GrowthAdvice(
        slope_per_day=growth.slope_per_day,
        share_of_decay_fraction=growth.slope_per_day / decay if decay else None,
        interval_growth=growth.interval_growth,
        power=growth.power,
        rows_per_day=rows_per_day,
        basis="measured",
    )


def missing_prices(study: Study) -> str:
    """Return the keys that an interval lacks, for people."""
    retraining = study.retraining
    given = (
        ("error_cost_usd", retraining.error_cost_usd),
        ("review_hours", retraining.review_hours),
    )
    return " and ".join(f"retraining.{name}" for name, value in given if value is None)


def _why(study: Study, profile: CandidateProfile, cadence: Cadence) -> str:
    if profile.errors_per_case is None:
        return (
            f"{profile.name} has no error that could be priced: release it once, watch how its "
            "assignments drift, and retrain when they do."
        )
    if not cadence.is_priced:
        return (
            f"{profile.name} {_speed(cadence)} ({_source(study, cadence)}); how often to retrain "
            f"follows from what an error and a release cost: set {missing_prices(study)}"
        )
    lead = (
        f"{profile.name} {_speed(cadence)} ({_source(study, cadence)}); "
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
    slope = cadence.plan.ageing.slope_per_day
    if slope <= 0:
        return "does not decay"
    return f"makes {slope:.2g} more errors per case for each day of age"


def _source(study: Study, cadence: Cadence) -> str:
    if cadence.backtest is not None:
        source = "by a back-test"
        if cadence.basis == "scaled":
            source += f" of {cadence.backtest.candidate.name}"
        return source + (" on a SIMULATED stream" if cadence.is_simulated else "")
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


def cost_points(plan: Plan) -> tuple[RetrainingPoint, ...]:
    """Return cost against interval, from a day to the horizon, for charts."""
    spending = plan.spending
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


def age_points(
    plan: Plan, cells: Sequence[ErrorLike], *, period_days: float
) -> tuple[tuple[DecayPoint, ...], tuple[DecayLinePoint, ...]]:
    """Return the mean error at each age, each period's own difficulty taken out, and the law.

    What the law leaves of a cell, minus the mean of that over its scored period, is noise of the
    age; a point is the law plus that noise. So a period that was only scored by old models does
    not hide their age. The line is the law at the level of the points, from a fresh model on.
    """
    if not cells:
        return (), ()
    curve = plan.ageing.curve
    ages = np.array([c.scored_at - c.trained_at for c in cells]) * period_days
    errors = np.array([c.error_per_case for c in cells])
    left: list[float] = (errors - curve.excess(ages)).tolist()
    level = sum(left) / len(left)
    periods: dict[int, list[float]] = {}
    for cell, rest in zip(cells, left, strict=True):
        periods.setdefault(cell.scored_at, []).append(rest)
    by_age: dict[int, list[tuple[int, float]]] = {}
    for cell, rest in zip(cells, left, strict=True):
        row = periods[cell.scored_at]
        if len(row) > 1:
            noise = rest - sum(row) / len(row)
            by_age.setdefault(cell.scored_at - cell.trained_at, []).append((cell.case_count, noise))
    points = []
    for age in sorted(by_age):
        count = sum(n for n, _ in by_age[age])
        mean = sum(n * noise for n, noise in by_age[age]) / count
        law = float(curve.excess(age * period_days))
        points.append(
            DecayPoint(
                age_days=age * period_days,
                error_per_case=max(0.0, level + law + mean),
                case_count=count,
            )
        )
    if not points:
        return (), ()
    shown = np.linspace(0.0, points[-1].age_days, LINE_POINTS)
    line = tuple(
        DecayLinePoint(age_days=float(age), error_per_case=float(error))
        for age, error in zip(shown, level + curve.excess(shown), strict=True)
    )
    return tuple(points), line
