"""Put the judged options into the answer: objects, lines, reasons and words."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal, TypeVar

import numpy as np

from advisor.decision.answer import words
from advisor.decision.answer.assumptions import assumptions_of, with_dates
from advisor.decision.answer.current_deployment import present_advice
from advisor.decision.answer.experiments import (
    assumptions_of_experiments,
    experiment_advice,
    usd_per_run_by_purchase,
)
from advisor.decision.answer.gpu import gpu_advice
from advisor.decision.answer.jobs import job_advice
from advisor.decision.answer.latency import latency_advice, learning_curves
from advisor.decision.answer.latency_bands import bands_s
from advisor.decision.answer.latency_breakdown import carried_chains
from advisor.decision.answer.measured_there import measured_there
from advisor.decision.answer.old_prices import old_price_banner, oldest_price, price_age
from advisor.decision.answer.option import option_of
from advisor.decision.answer.rankings import deciding_assumption, rankings_of
from advisor.decision.answer.traffic import traffic_advice
from advisor.decision.choice.engine import Engine
from advisor.decision.choice.ranking import reasons
from advisor.decision.choice.risk import budget_risk, too_close
from advisor.decision.whatif.cost_curve import cost_curve
from advisor.decision.whatif.horizon import horizon_advice
from advisor.decision.whatif.relaxations import relaxations
from advisor.decision.whatif.rivals import rivals
from advisor.decision.whatif.sensitivity import break_evens, holds
from advisor.decision.whatif.value_of_information import (
    Known,
    known_inputs,
    measure_next,
    uncertain_inputs,
)
from advisor.evidence import failed_runs
from advisor.recommendation import (
    Considered,
    LadderStep,
    Option,
    PriceAge,
    PriceStamp,
    Recommendation,
    Rejection,
    Risk,
    TrainingAdvice,
)
from advisor.retraining.advice import advice_of
from advisor.study.learnt import Learnt
from advisor.study.types import DAYS_PER_MONTH
from benchmarks.reading.findings import findings_of
from pricing.drift import drifts_of

T = TypeVar("T")

SHOWN_REJECTIONS = 200
"""Rejected options listed at most, one per candidate, platform, region and purchase."""


def compose(
    engine: Engine,
    *,
    what_if: bool = True,
    curves: bool = True,
    pause: Callable[[], object] = lambda: None,
) -> Recommendation:
    """Return the whole answer of a prepared engine.

    Args:
        engine: the judged options.
        what_if: also say what would change the answer, which takes most of the time.
        curves: also draw cost against rate and answer time against load.
        pause: called between the parts of the answer; what it raises ends the composing.
    """

    def then(part: T) -> T:
        pause()
        return part

    study = engine.study
    shown = (*engine.order.ranked, *engine.order.rejected[:SHOWN_REJECTIONS])
    bands = then(bands_s(engine, shown))
    ranked = tuple(then(option_of(engine, row, bands[row])) for row in engine.order.ranked)
    best = ranked[0] if ranked else None
    chosen = chosen_row(engine)
    retraining = then(
        advice_of(
            study,
            engine.profiles[chosen],
            engine.costs[chosen].cadence,
            evidence=engine.evidence,
            usd_per_run=engine.costs[chosen].usd_per_run,
            by_purchase=usd_per_run_by_purchase(engine, chosen),
        )
    )
    training = then(_training(engine, chosen))
    experiments = then(experiment_advice(engine, chosen, training))
    row = engine.order.ranked[0] if ranked else None
    gpu = then(gpu_advice(engine, None if row is None else chosen, row))
    rejected = tuple(
        then(Rejection(option=option_of(engine, row, bands[row]), reasons=_reasons(engine, row)))
        for row in engine.order.rejected[:SHOWN_REJECTIONS]
    )
    relaxed = () if best else then(_relaxations(engine))
    known = then(known_inputs(engine))
    kind = verdict_kind(engine)
    ranked_by = then(rankings_of(engine))
    prices, aged = _prices(engine, ranked, rejected)
    return Recommendation(
        verdict=words.verdict(
            study,
            best,
            ranked,
            retraining=retraining,
            gpu=gpu,
            relaxations=relaxed,
            too_close=kind == "too-close",
            guess=is_guess(engine),
            blind=blind_to(engine),
            cheapest=ranked_by.get("cheapest"),
        ),
        best=best,
        beats_guessing=None if best is None or blind_to(engine) else not is_guess(engine),
        ranked=ranked,
        rejected=rejected,
        retraining=retraining,
        gpu=gpu,
        training=training,
        ladder=then(_ladder(engine)),
        assumptions=with_dates(
            (
                *assumptions_of(engine, retraining),
                *assumptions_of_experiments(experiments),
            ),
            on=engine.on,
        ),
        prices=prices,
        price_age=aged,
        relaxations=relaxed,
        measure_next=then(measure_next(engine, known, best, retraining)),
        warnings=words.warnings(
            engine,
            retraining,
            old_prices=old_price_banner(prices, aged),
        ),
        experiments=experiments,
        carried=then(carried_chains(engine)),
        measured_there=then(measured_there(engine)),
        learning=then(learning_curves(engine)),
        verdict_kind=kind,
        risk=_risk(engine, known),
        present=then(present_advice(engine)),
        **ranked_by,
        **_asked_of(engine),
        **(_curves(engine, chosen, pause) if curves else {"cost_curve": ()}),
        **(_what_if(engine, pause) if what_if else {}),
    )


def _asked_of(engine: Engine) -> dict[str, Any]:
    """Return the fields that say what was asked, of what, and how much was looked at."""
    study = engine.study
    return {
        "runs": tuple(dict.fromkeys(p.run_id for p in engine.profiles)),
        "study": study.name,
        "learnt_sha256": Learnt(inputs=engine.evidence.learnt).sha256
        if engine.evidence.learnt
        else None,
        "pattern": study.workload.pattern,
        "metric": engine.evidence.runs[0].dataset.metric,
        "data": words.data(engine.evidence),
        "hardware": words.hardware(engine.profiles[0].hardware),
        "considered": Considered(
            option_count=len(engine.options),
            feasible_count=engine.order.feasible_count,
            rejected_count=len(engine.options) - engine.order.feasible_count,
        ),
        "excluded": words.excluded(study),
        "findings": findings_of(engine.evidence.runs),
    }


def _prices(
    engine: Engine, ranked: Sequence[Option], rejected: Sequence[Rejection]
) -> tuple[PriceStamp, PriceAge | None]:
    """Return of which day the prices are, and what their age may do to the answer."""
    oldest = oldest_price((*ranked, *(r.option for r in rejected)))
    book = engine.market.book
    stamp = PriceStamp(
        on=engine.on,
        oldest_checked_on=engine.on if oldest is None else oldest.checked_on,
        sha256=book.sha256,
    )
    if not ranked:
        return stamp, None
    return stamp, price_age(ranked[0], ranked, today=engine.on, drifts=drifts_of(book))


def _curves(engine: Engine, chosen: int, pause: Callable[[], object]) -> dict[str, Any]:
    """Return the fields that are drawn: cost against rate, answer time against load."""
    found: dict[str, Any] = {}
    for name, part in (
        ("cost_curve", partial(cost_curve, engine, chosen)),
        ("latency", partial(latency_advice, engine)),
        ("job", partial(job_advice, engine)),
        ("traffic", partial(traffic_advice, engine)),
    ):
        found[name] = part()
        pause()
    return found


def _what_if(engine: Engine, pause: Callable[[], object]) -> dict[str, Any]:
    """Return the fields that say what would change the answer."""
    found = break_evens(engine.problem, pause=pause)
    return {
        "deciding_assumption": deciding_assumption(engine, found),
        "break_even": tuple(found),
        "rivals": rivals(engine),
        "holds": holds(engine.problem, found),
        "horizon": horizon_advice(engine),
    }


def verdict_kind(engine: Engine) -> Literal["clear", "too-close", "infeasible"]:
    """Return whether the answer is clear, a tie within the noise, or missing."""
    best = engine.choice.best
    if best is None:
        return "infeasible"
    rival = next((r for r in engine.order.ranked[1:] if is_on_another_platform(engine, r)), None)
    if rival is not None and too_close(engine.risk, best=best, rival=rival):
        return "too-close"
    return "clear"


def _relaxations(engine: Engine) -> tuple[str, ...]:
    """Return what would have to give, the budget with what it is too tight for."""
    seldom = words.seldom_within_budget(engine)
    return tuple(
        f"{one} ({seldom})" if seldom and one.startswith("needs.max_usd_per_month") else one
        for one in relaxations(engine.study, engine.space)
    )


def is_guess(engine: Engine) -> bool:
    """Return whether the chosen candidate learns nothing, since no other one is better."""
    chosen = engine.ladder.chosen
    return any(p.is_baseline for p in engine.profiles if p.name == chosen)


def blind_to(engine: Engine) -> str | None:
    """Return why these data cannot tell models apart by accuracy; None where they can."""
    chosen = next((p for p in engine.profiles if p.name == engine.ladder.chosen), None)
    if chosen is None or chosen.blind_class_rows is None:
        return None
    return words.blind_words(
        chosen.blind_class_rows, row_count=chosen.row_count, test_rows=chosen.blind_test_rows
    )


def is_on_another_platform(engine: Engine, row: int) -> bool:
    """Return whether an option runs the chosen candidate on another platform."""
    options, first = engine.options, engine.order.ranked[0]
    owner = engine.candidate_of[options.candidate]
    elsewhere = options.platform_at[row] != options.platform_at[first]
    return bool(owner[row] == owner[first] and elsewhere)


def _risk(engine: Engine, known: Sequence[Known]) -> Risk:
    decision, best = engine.study.decision, engine.choice.best
    return Risk(
        draw_count=decision.draw_count,
        seed=decision.seed,
        criterion=decision.risk,
        quantile=decision.quantile,
        wanted_probability_feasible=decision.feasible_probability,
        inputs=uncertain_inputs(known),
        budget=None if best is None else budget_risk(engine.problem, engine.risk.usd(best)),
        drawn_option_count=len(engine.choice.drawn.outcomes.rows),
        tie=words.tie(engine),
    )


def chosen_row(engine: Engine) -> int:
    """Return the row of the candidate that everything is said of.

    That of the best option; where nothing is feasible, the one the ladder would take by quality:
    the lowest error among those that are fit.
    """
    if engine.order.ranked:
        return int(engine.options.candidate[engine.order.ranked[0]])
    losses = [
        p.error_per_case if p.error_per_case is not None else -p.quality for p in engine.profiles
    ]
    return int(np.argmin(losses))


def _reasons(engine: Engine, row: int) -> tuple[str, ...]:
    name = engine.profiles[int(engine.options.candidate[row])].name
    climb = engine.ladder
    candidate_reason = None
    if name not in climb.worth_ranking and climb.verdicts[name] != words.NOTHING_RUNS:
        candidate_reason = f"{name}: {climb.verdicts[name]}"
    probability = float(engine.risk.probability[engine.risk.place[row]])
    return reasons(
        engine.study,
        engine.options,
        row,
        candidate_reason=candidate_reason,
        probability=probability,
    )


def _training(engine: Engine, candidate: int) -> TrainingAdvice:
    cost = engine.costs[candidate]
    runs = engine.study.retraining.runs_per_release
    places = cost.places
    cheapest: dict[tuple[str, str, str], int] = {}
    usd = places.usd_with_waiting()
    finite = np.flatnonzero(np.isfinite(usd))
    for row in finite[np.argsort(usd[finite], kind="stable")]:
        key = (places.platform[row], places.region[row], places.purchase[row])
        cheapest.setdefault(key, int(row))
    best = None if cost.place_row is None else places.place(cost.place_row)
    return TrainingAdvice(
        platform=best.platform if best else "none",
        sku=best.sku if best else "none: no machine on offer holds and finishes the training",
        region=best.region if best else None,
        purchase=best.purchase if best else None,
        usd_per_run=cost.usd_per_run,
        usd_per_release=cost.usd_per_run * runs,
        runs_per_release=runs,
        usd_per_month=cost.usd_per_run * runs * cost.cadence.releases_per_month,
        alternatives=tuple(places.place(row) for row in cheapest.values()),
    )


def _ladder(engine: Engine) -> tuple[LadderStep, ...]:
    steps = []
    usd_per_loss = engine.study.retraining.error_usd * engine.study.cases_per_day
    owner = engine.candidate_of[engine.options.candidate]
    for index, profile in enumerate(engine.profiles):
        if profile.form_rank > 0:
            continue
        own = engine.runs & (owner == index)
        error = profile.error_per_case
        steps.append(
            LadderStep(
                candidate=profile.name,
                quality=profile.quality,
                quality_spread=profile.quality_spread,
                usd_per_month=float(engine.options.usd_per_month[own].min()) if own.any() else None,
                error_usd_per_month=None
                if error is None
                else error * usd_per_loss * DAYS_PER_MONTH,
                verdict=engine.ladder.verdicts[profile.name],
            )
        )
    steps += [
        LadderStep(
            candidate=run.candidate.name,
            quality=None,
            quality_spread=None,
            usd_per_month=None,
            error_usd_per_month=None,
            verdict=f"could not be measured ({run.outcome}): {run.reason}",
        )
        for run in failed_runs(engine.evidence)
    ]
    return tuple(steps)
