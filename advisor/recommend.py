"""The use case: a study and what was measured go in, the whole answer comes out."""

from datetime import date

from advisor.decision.answer.compose import compose
from advisor.decision.choice.engine import Engine, prepare
from advisor.decision.scenarios.option_space import OptionSpace, option_space_of
from advisor.evidence import Evidence, load_evidence
from advisor.recommendation import Recommendation
from advisor.study.types import Study
from pricing.instances import InstanceCatalogue, load_catalogue
from pricing.quotes import PriceBook
from pricing.tables import load_book

__all__ = ["Engine", "load_evidence", "option_space_for_study", "prepare", "recommend"]


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
    engine = prepare(
        study,
        evidence,
        on=on,
        book=book or load_book(),
        catalogue=catalogue or load_catalogue(),
    )
    return compose(engine, what_if=what_if)


def option_space_for_study(
    study: Study,
    evidence: Evidence,
    *,
    on: date,
    book: PriceBook | None = None,
    catalogue: InstanceCatalogue | None = None,
) -> OptionSpace:
    """Return what many questions about one study share: see `advisor.decision.whatif.sweep`."""
    return option_space_of(
        study, evidence, on=on, book=book or load_book(), catalogue=catalogue or load_catalogue()
    )
