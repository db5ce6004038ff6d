"""Where the numbers come from, and how to get them again."""

from advisor.recommendation import Recommendation
from advisor.report import tables
from advisor.report.sections.parts import Section, present


def evidence(recommendation: Recommendation) -> tuple[Section, ...]:
    """Where the numbers come from, and how to get them again."""
    return present(
        Section(
            "Evidence",
            sentences=(
                f"Measured on {recommendation.hardware}.",
                f"Data: {recommendation.data}.",
                f"Benchmark runs used: {len(recommendation.runs)}.",
            ),
            code=recommendation.runs,
        ),
        Section("Inputs and assumptions", tables=(tables.assumptions_table(recommendation),)),
        Section(
            "Repeat it",
            sentences=("The same study, runs and price book give the same answer to the byte.",),
            code=(
                *tables.reproduce_commands(recommendation),
                f"# price book sha256 {recommendation.prices.sha256}",
            ),
        ),
    )
