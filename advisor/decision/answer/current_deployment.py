"""What runs today, as one of the options: savings, the cost of moving, the payback."""

from difflib import get_close_matches

from advisor.decision.answer.bill import serving_lines
from advisor.decision.choice.engine import Engine
from advisor.errors import AdvisorError
from advisor.market import total_usd
from advisor.platforms import PLATFORMS, facts_of, title_of
from advisor.recommendation import PresentAdvice
from advisor.study.types import Current


def present_advice(engine: Engine) -> PresentAdvice | None:
    """Return what runs today beside the chosen option; null where the study does not say it.

    Both are compared over the same draws. Today's fleet is what it is: it neither grows with the
    traffic nor keeps the need, its price drifts as that of the chosen one does.

    Raises:
        AdvisorError: what runs today cannot be priced.
    """
    current = engine.study.current
    if current is None:
        return None
    study, best = engine.study, engine.choice.best
    serving_usd = (
        current.usd_per_month
        if current.usd_per_month is not None
        else _serving_usd(engine, current)
    )
    candidate = _candidate(engine, current, best)
    people_usd = study.team.upkeep_usd(current.platform)
    now_usd = serving_usd + people_usd + float(engine.problem.monthly_usd[candidate])
    what = f"{current.replicas} x {current.sku}" if current.sku else "the bill given"
    name = f"{title_of(current.platform)}, {what}"
    migration_usd = (
        current.migration_usd + current.migration_hours * study.team.engineer_usd_per_hour
    )
    basis = "input" if current.usd_per_month is not None else "list"
    if best is None:
        return PresentAdvice(
            name=name,
            usd_per_month=now_usd,
            basis=basis,
            saves_usd_per_month=0.0,
            migration_usd=migration_usd,
            payback_months=None,
            move=False,
            why="stay: nothing that meets the needs is known, relax a need",
        )
    scenarios = engine.problem.scenarios
    drawn = (
        serving_usd * scenarios.draws.drift[1:]
        + study.team.engineer_usd_per_hour
        * study.team.upkeep_hours(current.platform)
        * scenarios.draws.hours(current.platform)[1:]
        + scenarios.candidate_usd[candidate, 1:]
    )
    saved = drawn - engine.risk.usd(best)
    saves = float(saved.mean())
    payback = migration_usd / saves if saves > 0 else None
    move = payback is not None and payback <= study.horizon_months
    pays = float((saved * study.horizon_months > migration_usd).mean())
    return PresentAdvice(
        name=name,
        usd_per_month=now_usd,
        basis=basis,
        saves_usd_per_month=saves,
        migration_usd=migration_usd,
        payback_months=payback,
        move=move,
        why=_why(saves, migration_usd, payback, study.horizon_months, pays),
    )


def _why(
    saves: float, migration_usd: float, payback: float | None, horizon_months: int, pays: float
) -> str:
    if payback is None:
        return f"stay: the move would cost {-saves:,.0f} USD/month more than what runs today"
    lead = (
        f"the move saves {saves:,.0f} USD/month and costs {migration_usd:,.0f} USD once: paid back "
        f"after {payback:,.1f} months; it pays within {horizon_months} months in {pays:.0%} of the "
        "draws"
    )
    return f"move: {lead}" if payback <= horizon_months else f"stay: {lead}"


def _candidate(engine: Engine, current: Current, best: int | None) -> int:
    """Return the profile that runs today: the one named, else the recommended one."""
    if current.candidate is None:
        return 0 if best is None else int(engine.problem.options.candidate[best])
    names = [p.name for p in engine.profiles]
    if current.candidate not in names:
        raise AdvisorError(
            f"current.candidate {current.candidate!r} was not measured: name one of "
            f"{', '.join(dict.fromkeys(names))}, or leave it out"
        )
    return names.index(current.candidate)


def _serving_usd(engine: Engine, current: Current) -> float:
    """Price what runs today from the list. [USD/month]"""
    study = engine.study
    region = current.region or study.cloud.regions[0]
    sku = current.sku or ""
    facts = facts_of(current.platform)
    if facts.billing in {"job", "queue"}:
        raise AdvisorError(
            f"current.platform {current.platform!r} cannot be priced from its size: give "
            "current.usd_per_month"
        )
    known = PLATFORMS[current.platform].skus(
        engine.market, region=region, purchase=current.purchase
    )
    if sku not in known:
        near = get_close_matches(sku, known, n=3)
        hint = (
            f"did you mean {', '.join(near)}?"
            if near
            else f"write it as a recommendation does, e.g. {known[0]!r}, or give "
            "current.usd_per_month"
        )
        raise AdvisorError(f"current.sku {sku!r} is not sold for {facts.title}: {hint}")
    return total_usd(
        serving_lines(
            engine,
            candidate=_candidate(engine, current, engine.choice.best),
            platform=current.platform,
            sku=sku,
            region=region,
            purchase=current.purchase,
            replicas=current.replicas,
        )
    )
