"""What is paid for, and what changes with the traffic."""

from advisor.recommendation import Recommendation
from advisor.report import tables
from advisor.report.sections.parts import Section, present


def costs(recommendation: Recommendation) -> tuple[Section, ...]:
    """What is paid for, and what changes with the traffic."""
    best = recommendation.best
    return present(
        Section(
            "What each option costs",
            sentences=(tables.PARTS_SENTENCE,),
            chart="cost-stack",
            tables=(tables.stack_table(recommendation),),
        ),
        Section(
            "If the traffic changes",
            sentences=tables.crossing_sentences(recommendation),
            chart="cost-by-rate",
            tables=(tables.rate_table(recommendation),),
        ),
        Section(
            "The bill of the chosen option",
            sentences=(f"{best.name}, {best.region}, {best.purchase}.",),
            tables=(tables.bill_table(best),),
        )
        if best
        else Section(""),
    )
