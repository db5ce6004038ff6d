"""How often each candidate should be retrained, from its back-test or the nearest thing to one."""

from collections.abc import Sequence
from dataclasses import dataclass

from advisor.cadence.plan import plan_retraining
from advisor.cadence.records import RetrainingPlan
from advisor.evidence import CandidateProfile, Evidence
from advisor.recommendation import Basis, DecayPoint, RetrainingAdvice, RetrainingPoint
from advisor.study import DAYS_PER_MONTH, Study
from benchmarks.records import BacktestRun


@dataclass(frozen=True)
class Cadence:
    """One candidate's retraining plan and what it means for the bill."""

    plan: RetrainingPlan
    basis: Basis
    backtest: BacktestRun | None
    retrain_usd: float
    """One release: runs, labels and review. [USD]"""
    releases_per_month: float
    """Releases, the first one spread over the horizon. [1/month]"""


def release_usd(study: Study, *, usd_per_run: float) -> float:
    """Return what one release costs: its training runs, labels and people's review. [USD]"""
    retraining = study.retraining
    return (
        retraining.runs_per_release * usd_per_run
        + retraining.label_cost_usd
        + retraining.review_hours * study.team.engineer_usd_per_hour
    )


def cadence_of(
    study: Study, profile: CandidateProfile, evidence: Evidence, *, usd_per_run: float
) -> Cadence:
    """Plan one candidate's retraining."""
    backtest = backtest_for(profile.name, evidence.backtests)
    retrain_usd = release_usd(study, usd_per_run=usd_per_run)
    usable = backtest is not None and backtest.period_days is not None
    given = study.retraining.decay_per_day
    plan = plan_retraining(
        cells=backtest.cells if backtest is not None and usable and given is None else None,
        decay_per_day=given,
        period_days=backtest.period_days if backtest is not None and usable else None,
        retrain_cost_usd=retrain_usd,
        error_cost_usd=study.retraining.error_cost_usd,
        cases_per_day=study.cases_per_day,
        now_interval_days=study.retraining.now_interval_days,
        base_error_per_case=profile.error_per_case,
        draw_count=0,
    )
    # A model that is never retrained is still released once: that release is paid for too.
    interval_days = plan.interval_days or float("inf")
    releases = max(DAYS_PER_MONTH / interval_days, 1 / study.horizon_months)
    basis: Basis = plan.basis
    if basis == "measured" and backtest is not None and backtest.candidate.name != profile.name:
        basis = "scaled"
    return Cadence(
        plan=plan,
        basis=basis,
        backtest=backtest if plan.basis == "measured" else None,
        retrain_usd=retrain_usd,
        releases_per_month=releases,
    )


def backtest_for(name: str, backtests: Sequence[BacktestRun]) -> BacktestRun | None:
    """Return the candidate's newest back-test, else the newest of the ladder's simplest one."""
    own = [b for b in backtests if b.candidate.name == name]
    if own:
        return max(own, key=lambda b: b.id)
    others = sorted(backtests, key=lambda b: (-b.candidate.simplicity_rank, b.id))
    return others[-1] if others else None


def advice_of(study: Study, profile_name: str, cadence: Cadence) -> RetrainingAdvice:
    """Put one candidate's plan into words and points."""
    plan = cadence.plan
    releases_usd = cadence.retrain_usd * cadence.releases_per_month
    simulated = cadence.backtest is not None and cadence.backtest.dataset.simulated
    low, high = plan.band_5pct_days
    return RetrainingAdvice(
        interval_days=plan.interval_days,
        usd_per_month=releases_usd,
        basis=cadence.basis,
        why=_why(profile_name, cadence, simulated=simulated),
        error_usd_per_month=plan.excess_error_usd_per_month,
        retrain_usd=cadence.retrain_usd,
        decay_per_day=plan.decay.slope_per_day,
        band_5_percent_days=(low, high) if low is not None and high is not None else None,
        now_interval_days=study.retraining.now_interval_days,
        curve=_curve(cadence),
        decay_points=_decay_points(cadence.backtest),
        simulated=simulated,
        notes=plan.diagnostics,
    )


def _why(name: str, cadence: Cadence, *, simulated: bool) -> str:
    plan = cadence.plan
    decay = plan.decay
    source = {
        "measured": "by a back-test",
        "scaled": "by a back-test of another candidate",
        "input": "as the study says",
        "assumed": "ASSUMED, since the data have no time column",
    }[cadence.basis]
    if simulated:
        source += " on a SIMULATED stream"
    slope = decay.slope_per_day
    speed = "" if slope is None else f" {slope:.2g} more errors per case for each day of age"
    lead = f"{name} decays{speed} ({source}); a release costs {cadence.retrain_usd:,.0f} USD"
    if plan.interval_days is None:
        return f"{lead}: retraining on a schedule never pays, watch the error instead."
    band = _band_words(plan)
    return f"{lead}: retrain every {plan.interval_days:,.0f} days{band}."


def _band_words(plan: RetrainingPlan) -> str:
    low, high = plan.band_5pct_days
    if low is None:
        return ""
    if high is None:
        return f"; anything from {low:,.0f} days costs within 5%"
    return f"; {low:,.0f} to {high:,.0f} days cost within 5%"


def _curve(cadence: Cadence) -> tuple[RetrainingPoint, ...]:
    points = []
    unavoidable_usd = cadence.plan.unavoidable_error_usd_per_month or 0.0
    for point in cadence.plan.curve:
        if point.interval_days is None or point.usd_per_month is None:
            continue
        releases_usd = cadence.retrain_usd * DAYS_PER_MONTH / point.interval_days
        extra_usd = point.usd_per_month - releases_usd - unavoidable_usd
        points.append(
            RetrainingPoint(
                interval_days=point.interval_days,
                releases_usd_per_month=releases_usd,
                errors_usd_per_month=max(0.0, extra_usd),
            )
        )
    return tuple(points)


def _decay_points(backtest: BacktestRun | None) -> tuple[DecayPoint, ...]:
    """Return the mean error at each age, each period's own difficulty taken out.

    The error of a cell minus the mean error of its scored period, plus the overall mean: what is
    left is age.
    """
    if backtest is None or backtest.period_days is None or not backtest.cells:
        return ()
    periods: dict[int, list[float]] = {}
    for cell in backtest.cells:
        periods.setdefault(cell.scored_at, []).append(cell.error_per_case)
    level = sum(c.error_per_case for c in backtest.cells) / len(backtest.cells)
    ages: dict[int, list[tuple[int, float]]] = {}
    for cell in backtest.cells:
        row = periods[cell.scored_at]
        if len(row) > 1:
            excess = cell.error_per_case - sum(row) / len(row)
            ages.setdefault(cell.scored_at - cell.trained_at, []).append((cell.case_count, excess))
    points = []
    for age in sorted(ages):
        count = sum(n for n, _ in ages[age])
        mean = sum(n * excess for n, excess in ages[age]) / count
        points.append(
            DecayPoint(
                age_days=age * backtest.period_days,
                error_per_case=max(0.0, level + mean),
                case_count=count,
            )
        )
    return tuple(points)
