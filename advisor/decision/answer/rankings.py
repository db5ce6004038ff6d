"""What both amounts say: the AWS bill, and the bill with people's hours."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from advisor.arrays import Floats, Rows
from advisor.decision.choice.choose import sku_of
from advisor.decision.choice.engine import Engine
from advisor.decision.scenarios.outcomes import beside_aws_usd, criterion_usd, people_usd_of
from advisor.recommendation import (
    BreakEven,
    BreakEvenHours,
    Cheapest,
    CheapestOption,
    DecidingAssumption,
)


def rankings_of(engine: Engine) -> dict[str, Any]:
    """Return the fields of an answer that say which amount ranks, and what the other one says."""
    rank_by = "with-people" if engine.problem.scenarios.counts_people else "aws-bill"
    best = engine.choice.best
    if best is None:
        return {"rank_by": rank_by}
    rows, bill, together = _compared(engine)
    by_bill = int(rows[bill.argmin()])
    platforms = {engine.problem.options.platform_of(int(row)) for row in rows}
    known = platforms <= {*engine.study.team.hours_per_month}
    with_people = int(rows[together.argmin()]) if known else None
    return {
        "rank_by": rank_by,
        "cheapest": Cheapest(
            aws_bill=_cheapest(engine, by_bill),
            with_people=None if with_people is None else _cheapest(engine, with_people),
        ),
        "hours_decide": None
        if with_people is None
        else engine.problem.options.platform_of(by_bill)
        != engine.problem.options.platform_of(with_people),
        "break_even_hours": _break_even_hours(engine, rows, bill),
    }


def _compared(engine: Engine) -> tuple[Rows, Floats, Floats]:
    """Return the feasible ways to run the chosen candidate, and what each costs by both amounts.

    Rows, the AWS bill with labels, and the same with people's hours, each as the ranking compares
    it. [USD/month]
    """
    problem, drawn = engine.problem, engine.choice.drawn
    owner = engine.candidate_of[problem.options.candidate]
    place = np.flatnonzero(
        drawn.feasible & (owner[drawn.outcomes.rows] == owner[engine.choice.best])
    )
    rows = drawn.outcomes.rows[place]
    usd, scenarios = drawn.outcomes.usd[place], problem.scenarios
    people = people_usd_of(problem.options, scenarios, rows)
    bill = usd - people if scenarios.counts_people else usd
    study = engine.study
    return rows, criterion_usd(study, bill), criterion_usd(study, bill + people)


def _cheapest(engine: Engine, row: int) -> CheapestOption:
    problem, rows = engine.problem, np.array([row], dtype=np.intp)
    beside = beside_aws_usd(problem.options, problem.scenarios, rows)
    planned = problem.at_its_word.outcomes(rows).usd[0, 0]
    return CheapestOption(
        platform=problem.options.platform_of(row),
        candidate=engine.profiles[int(problem.options.candidate[row])].name,
        sku=sku_of(problem, row),
        aws_usd_per_month=float(planned - beside[0, 0]),
    )


def _break_even_hours(engine: Engine, rows: Rows, bill: Floats) -> tuple[BreakEvenHours, ...]:
    """Return from which difference in hours each other platform wins, the nearest first.

    A platform's best size is held against the chosen platform's; hours are paid at the team's rate
    and have the mean that was given, so that the difference of the bills is worth so many hours.
    """
    rate = engine.study.team.engineer_usd_per_hour
    if rate <= 0 or engine.choice.best is None:
        return ()
    options = engine.problem.options
    platform = options.platform_at[rows]
    least = {int(p): float(bill[platform == p].min()) for p in np.unique(platform)}
    own = int(options.platform_at[engine.choice.best])
    found = [
        BreakEvenHours(
            platform=options.platforms[other], hours_per_month_less=(usd - least[own]) / rate
        )
        for other, usd in least.items()
        if other != own
    ]
    return tuple(sorted(found, key=lambda one: (one.hours_per_month_less, one.platform)))


def deciding_assumption(
    engine: Engine, break_even: Sequence[BreakEven]
) -> DecidingAssumption | None:
    """Return the assumption that changes the answer soonest within its 80% band.

    Only figures of ours count, that the study does not give: what the user said is known. Soonest
    is nearest to today's value as a share of its band.
    """
    bands = _assumed_factors(engine)
    inside = []
    for one in break_even:
        factor = bands.get(one.driver)
        if factor is None or one.now <= 0 or one.flips_at <= 0:
            continue
        share = abs(np.log(one.flips_at / one.now)) / np.log(factor)
        if share <= 1:
            inside.append((float(share), one))
    if not inside:
        return None
    _, soonest = min(inside, key=lambda pair: (pair[0], pair[1].driver))
    return DecidingAssumption(
        name=soonest.driver, now=soonest.now, flips_at=soonest.flips_at, to=soonest.to
    )


def _assumed_factors(engine: Engine) -> dict[str, float]:
    """Return the 80% factor of the keys of which the study does not give its own figure."""
    study = engine.study
    spread = {one.name: one for one in engine.problem.scenarios.draws.spreads}
    given = study.workload.model_fields_set
    found = {}
    if study.workload.pattern == "online":
        if "requests_per_s" not in given:
            found["workload.requests_per_s"] = spread["traffic level"].value
        if "peak_requests_per_s" not in given and not study.workload.profile:
            found["workload.peak_requests_per_s"] = spread["peak over mean"].value
    if "decay_per_day" not in study.retraining.model_fields_set:
        found["retraining.decay_per_day"] = spread["decay"].value
    if "runs_per_release" not in study.retraining.model_fields_set:
        found["retraining.runs_per_release"] = spread["runs per release"].value
    return {key: factor for key, factor in found.items() if factor > 1}
