"""Over time: growth, when the answer changes, and whether to commit to capacity."""

from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from advisor.decision.choice.choose import answer_key, choose, sku_of
from advisor.decision.choice.engine import Engine
from advisor.decision.choice.pruning import draw
from advisor.decision.scenarios.problem import Problem, problem_of
from advisor.platforms import PLATFORMS
from advisor.platforms.always_on import AlwaysOn
from advisor.recommendation import CommitmentAdvice, HorizonAdvice, HorizonMonth
from advisor.study.types import DAYS_PER_MONTH, MONTHS_PER_YEAR, Study

COMMITMENT = "savings-1y"
"""The commitment that is weighed."""

SHOWN_MONTHS = 7
"""Months of the horizon that are listed at most."""


def horizon_advice(engine: Engine) -> HorizonAdvice | None:
    """Return what growth does to the answer, and whether to commit; null where there is none."""
    best = engine.choice.best
    if best is None:
        return None
    study = engine.study
    growth = study.decision.growth_per_year_fraction
    now = answer_key(engine.problem, best)
    listed = {round(m) for m in np.linspace(0, study.horizon_months, SHOWN_MONTHS)}
    months, changes, changes_to = [], None, None
    steps = range(study.horizon_months + 1) if growth else (0, study.horizon_months)
    for month in steps:
        problem = problem_of(_in_month(study, month), engine.space)
        answer = now if month == 0 else answer_key(problem, choose(problem, whole=False).best)
        if answer != now and changes is None:
            changes, changes_to = month, answer
        if month in listed or month == changes:
            own = draw(problem, np.array([best], dtype=np.intp))
            months.append(
                HorizonMonth(
                    month=month,
                    requests_per_s=problem.study.workload.requests_per_s,
                    usd_per_month=float(own.outcomes.usd[0, 1:].mean())
                    if own.feasible[0]
                    else None,
                    answer=answer,
                )
            )
    return HorizonAdvice(
        growth_per_year_fraction=growth,
        months=tuple(months),
        changes_in_month=changes,
        changes_on=None
        if changes is None
        else engine.on + timedelta(days=round(changes * DAYS_PER_MONTH)),
        changes_to=changes_to,
        commitment=commitment_advice(engine, best),
    )


def _in_month(study: Study, month: int) -> Study:
    """Return the study as it will be in a month: its traffic grown, nothing else.

    Growth is counted in the rate, so that the draws add none of their own mean.
    """
    factor = (1 + study.decision.growth_per_year_fraction) ** (month / MONTHS_PER_YEAR)
    work = study.workload
    peak = work.peak_requests_per_s
    grown = work.replace(
        requests_per_s=work.requests_per_s * factor,
        peak_requests_per_s=None if peak is None else peak * factor,
    )
    given = study.decision.model_dump(exclude_unset=True) | {"growth_per_year_fraction": 0.0}
    return study.replace(workload=grown, decision=type(study.decision).model_validate(given))


def commitment_advice(engine: Engine, best: int) -> CommitmentAdvice:
    """Say whether and when to commit a year of capacity for the chosen option.

    Committed replicas are paid for whether they are used or not; what is needed above them is paid
    on demand. For each month k in which the commitment could start, up to a horizon of H months:

        cost(k) = sum over months of E[on demand x (n - c)+] + c x committed price x 12 months

    with n the replicas that the draws need in that month and c the number that costs least.
    """
    study, problem = engine.study, engine.problem
    twin = _twin(engine, best)
    if twin is None:
        why = "no commitment is priced for this option"
        return CommitmentAdvice(advice="not-sold", month=None, saves_usd_over_horizon=0.0, why=why)
    horizon = study.horizon_months
    if horizon < MONTHS_PER_YEAR:
        why = f"a commitment runs 12 months, the horizon is {horizon}"
        return CommitmentAdvice(
            advice="not-at-all", month=None, saves_usd_over_horizon=0.0, why=why
        )
    on_demand, committed = twin
    needed = [_replicas_in(engine, best, month) for month in range(horizon)]
    mean_price = problem.scenarios.draws.drift[1:].mean()
    saved: list[tuple[float, int, int]] = []
    for start in range(horizon - MONTHS_PER_YEAR + 1):
        year = np.concatenate(needed[start : start + MONTHS_PER_YEAR])
        for count in range(1, int(year.max()) + 1):
            used = np.minimum(year, count).mean() * MONTHS_PER_YEAR
            gain = used * on_demand * mean_price - count * committed * MONTHS_PER_YEAR
            saved.append((float(gain), -start, count))
    gain, start, count = max(saved)
    if gain <= 0:
        why = "so many replicas are not in use for long enough to pay for a commitment"
        return CommitmentAdvice(
            advice="not-at-all", month=None, saves_usd_over_horizon=0.0, why=why
        )
    month = -start
    return CommitmentAdvice(
        advice="now" if month == 0 else "later",
        month=month,
        saves_usd_over_horizon=gain,
        why=f"commit to {count} x {sku_of(problem, best)} "
        f"{'now' if month == 0 else f'in month {month}'}: saves {gain:,.0f} USD over the year "
        f"against {'the purchase chosen' if month == 0 else 'waiting any shorter or longer'}",
    )


def _twin(engine: Engine, best: int) -> tuple[float, float] | None:
    """Return one replica of the chosen machine on demand and committed. [USD/month]"""
    platform = PLATFORMS[engine.options.platform_of(best)]
    if not isinstance(platform, AlwaysOn):
        return None
    study = engine.study
    both = study.replace(
        cloud=study.cloud.replace(
            purchase=("on-demand", COMMITMENT), regions=(str(engine.options.region[best]),)
        )
    )
    sku = sku_of(engine.problem, best)
    found: dict[str, float] = {}
    for offer in platform.offers(both, engine.market):
        if sku in offer.machines.sku:
            each_usd = platform.replica_usd(engine.market, offer)
            usd = float(each_usd[offer.machines.sku.index(sku)])
            if np.isfinite(usd):
                found[offer.purchase] = usd
    if "on-demand" not in found or COMMITMENT not in found:
        return None
    return found["on-demand"], found[COMMITMENT]


def _replicas_in(engine: Engine, best: int, month: int) -> NDArray[np.int16]:
    """Return the replicas that the chosen option needs in each draw of a month."""
    study = _in_month(engine.study, month)
    problem: Problem = problem_of(study, engine.space)
    found: NDArray[np.int16] = problem.outcomes(np.array([best], dtype=np.intp)).replicas[0, 1:]
    if problem.options.scaled[best]:  # only those that always run are in use for the whole term
        return np.minimum(found, study.needs.availability_zones)
    return found
