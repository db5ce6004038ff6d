"""What everybody reads: short answers, options, what is left out, what to mind."""

from advisor.recommendation import Recommendation
from advisor.report import experiment_tables, tables
from advisor.report.sections.parts import Section, present
from advisor.report.sections.risk import break_even


def first_page(recommendation: Recommendation) -> tuple[Section, ...]:
    """What everybody reads: short answers, options, what is left out, what to mind."""
    return present(
        Section("What would have to give", bullets=recommendation.relaxations)
        if recommendation.best is None
        else Section(""),
        Section(
            "In short",
            facts=(
                *tables.facts(recommendation),
                *experiment_tables.experiment_fact(recommendation),
            ),
        ),
        Section(
            "Options considered",
            sentences=(tables.considered_sentence(recommendation),),
            tables=(tables.options_table(recommendation), tables.rejected_table(recommendation)),
        ),
        break_even(recommendation),
        Section("Before you rely on it", bullets=recommendation.warnings),
        Section("What to measure next", bullets=tables.measurements(recommendation)),
        Section(
            "Not in these figures",
            bullets=recommendation.excluded,
            sentences=(tables.price_sentence(recommendation),),
        ),
    )
