"""The use case: a study and what was measured go in, the whole answer comes out."""

from datetime import date

from advisor.decision.answer.compose import chosen_row, compose
from advisor.decision.choice.engine import Engine, prepare
from advisor.decision.scenarios.option_space import OptionSpace, option_space_of
from advisor.evidence import Evidence, load_evidence
from advisor.market import Market
from advisor.recommendation import Recommendation
from advisor.retraining.advice import Cadence
from advisor.study.types import Study
from pricing.instances import InstanceCatalogue, load_catalogue
from pricing.quotes import PriceBook
from pricing.tables import load_book

__all__ = [
    "Engine",
    "load_evidence",
    "market_on",
    "option_space_for_study",
    "prepare",
    "recommend",
    "retraining_plan",
]


def recommend(
    study: Study,
    evidence: Evidence,
    *,
    on: date,
    book: PriceBook | None = None,
    catalogue: InstanceCatalogue | None = None,
    what_if: bool = True,
) -> Recommendation:
    """Rank every way to run the study's candidates and explain the answer.

    Args:
        study: the question.
        evidence: runs and back-tests, see `load_evidence`.
        on: the day whose prices apply.
        book: prices; the shipped ones by default.
        catalogue: instance types; the shipped ones by default.
        what_if: also say what would change the answer, which takes most of the time.

    Raises:
        NoRunsError: no candidate was measured.
    """
    return compose(prepare(study, evidence, market_on(on, book, catalogue)), what_if=what_if)


def retraining_plan(study: Study, evidence: Evidence, *, on: date) -> Cadence:
    """Return the retraining plan of the candidate that the answer is about.

    Args:
        study: the question.
        evidence: runs and back-tests, see `load_evidence`.
        on: the day whose prices apply.

    Raises:
        NoRunsError: no candidate was measured.
    """
    engine = prepare(study, evidence, market_on(on))
    return engine.costs[chosen_row(engine)].cadence


def option_space_for_study(
    study: Study,
    evidence: Evidence,
    *,
    on: date,
    book: PriceBook | None = None,
    catalogue: InstanceCatalogue | None = None,
) -> OptionSpace:
    """Return what many questions about one study share: see `advisor.decision.whatif.sweep`."""
    return option_space_of(study, evidence, market_on(on, book, catalogue))


def market_on(
    on: date, book: PriceBook | None = None, catalogue: InstanceCatalogue | None = None
) -> Market:
    """Return the market of a day: the shipped prices and instance types unless others are given."""
    return Market(book=book or load_book(), catalogue=catalogue or load_catalogue(), on=on)
