"""Bands, what flips the answer, what to measure next."""

from advisor.recommendation import Recommendation
from advisor.report import tables
from advisor.report.sections.parts import Section, present


def risk(recommendation: Recommendation) -> tuple[Section, ...]:
    """How sure the answer is, and what would change it."""
    return present(
        Section("Risk: what to measure next", bullets=tables.measurements(recommendation))
    )
