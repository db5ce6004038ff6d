"""The candidates and what became of each."""

from advisor.recommendation import Recommendation
from advisor.report import tables
from advisor.report.sections.parts import Section, present

SPREAD_AND_PLACE = (
    "A bar in the chart is as long as the spread over seeds, around the mean; marks that would "
    "stand on one another are moved apart."
)


def models(recommendation: Recommendation) -> tuple[Section, ...]:
    """The candidates and what became of each."""
    return present(
        Section(
            "Models: the simplest that is good enough",
            sentences=(
                f"Quality is {recommendation.metric} on held-out rows; {recommendation.data}.",
                *(
                    (SPREAD_AND_PLACE,)
                    if any(step.usd_per_month is not None for step in recommendation.ladder)
                    else ()
                ),
            ),
            chart="quality-against-cost",
            tables=(tables.ladder_table(recommendation),),
        ),
        Section(
            "Models: what more rows would bring",
            sentences=(
                (
                    "Each candidate trained on a part of the rows and scored on the same held-out "
                    "ones. A curve that still rises asks for more data before a larger model."
                ),
            ),
            chart="learning",
            tables=(tables.learning_table(recommendation),),
        )
        if recommendation.learning
        else Section(""),
        Section(
            "Models: ways to serve them",
            sentences=(
                (
                    "Measured on the benchmark machine. A form is another way to run the same "
                    "trained model, and is only timed where it gives the same answers."
                ),
            ),
            tables=(tables.findings_table(recommendation),),
        )
        if recommendation.findings
        else Section(""),
    )
