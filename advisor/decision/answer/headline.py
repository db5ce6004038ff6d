"""The answer at a glance: its first sentences, without the bills of all that lost."""

from dataclasses import dataclass
from datetime import date

from advisor.decision.answer import words
from advisor.decision.answer.compose import (
    blind_to,
    chosen_row,
    is_guess,
    is_on_another_platform,
    verdict_kind,
)
from advisor.decision.answer.latency_bands import bands_s
from advisor.decision.answer.option import option_of
from advisor.decision.answer.rankings import rankings_of
from advisor.decision.choice.engine import Engine
from advisor.platforms import facts_of
from advisor.recommendation import Option
from advisor.retraining.advice import kind_of


@dataclass(frozen=True)
class Glance:
    """What is said first: the same words as in the whole answer, ready several times sooner."""

    sentence: str
    """What to deploy, for how much: the first sentence of the verdict."""
    title: str
    """What to deploy and where, alone; the sentence begins with it."""
    amounts: str
    """Both amounts and the time of an answer; empty where nothing is feasible."""
    beside: str
    """How sure that is, and what the nearest other way costs; empty where nothing is feasible."""
    decides: str
    """Where the hours decide, that they do and what each amount says; else empty."""
    cadence: str
    """How often to retrain; empty where nothing is feasible."""
    best: Option | None
    """The chosen option; null where none is feasible."""
    study: str
    on: date
    """Day whose prices apply."""


def glance(engine: Engine) -> Glance:
    """Return the first words of a prepared engine's answer.

    Bills are written for three options at most: the chosen one, and those that the sentence
    compares it with.

    Args:
        engine: the judged options.
    """
    rows = _named_rows(engine)
    bands = bands_s(engine, rows)
    named = tuple(option_of(engine, row, bands[row]) for row in rows)
    best = named[0] if named else None
    study, guess, blind = engine.study, is_guess(engine), blind_to(engine)
    too_close = verdict_kind(engine) == "too-close"
    decides = _hours_decide(engine)
    return Glance(
        sentence=decides
        + words.deployment(study, best, named, too_close=too_close, guess=guess, blind=blind),
        title=words.title(study, best, guess=guess, blind=blind is not None),
        amounts=f"{words.at_a_glance(study, best)}." if best else "",
        beside=words.beside(best, named, too_close=too_close) if best else "",
        decides=decides,
        cadence=_second(engine) if best else "",
        best=best,
        study=study.name,
        on=engine.on,
    )


def _hours_decide(engine: Engine) -> str:
    """Say first where the hours decide; without hours nothing is held against them."""
    if not engine.study.team.hours_per_month:
        return ""
    return words.hours_decide_words(rankings_of(engine).get("cheapest"))


def _second(engine: Engine) -> str:
    """Return the verdict's second sentence, of an option that is feasible."""
    if is_guess(engine):
        return blind_to(engine) or words.NOTHING_TO_RETRAIN
    cadence = engine.costs[chosen_row(engine)].cadence
    return words.cadence_words(
        cadence.interval.days,
        basis=cadence.basis,
        simulated=cadence.is_simulated,
        kind=kind_of(cadence),
    )


def _named_rows(engine: Engine) -> tuple[int, ...]:
    """Return the chosen row and those it is compared with, in their order.

    These are the first ranked row on the other side of the question, SageMaker or a container, and
    the first that runs the same candidate on another platform.
    """
    ranked, options = engine.order.ranked, engine.options
    if not ranked:
        return ()
    sides = {row: facts_of(options.platform_of(row)).side for row in ranked}
    across = (row for row in ranked if sides[row] != sides[ranked[0]])
    beside = (row for row in ranked[1:] if is_on_another_platform(engine, row))
    wanted = {ranked[0], next(across, None), next(beside, None)}
    return tuple(row for row in ranked if row in wanted)
