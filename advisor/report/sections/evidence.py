"""Where the numbers come from, and how to get them again."""

from advisor.recommendation import Recommendation
from advisor.report import tables
from advisor.report.sections.decision import not_in_these_figures
from advisor.report.sections.parts import Section, present

METHOD = (
    (
        "Each candidate is trained over several seeds and timed in a process of its own; what was "
        "measured is carried to the machines on offer by public reference workloads, with an 80% "
        "band."
    ),
    (
        "Replicas follow from a queueing formula: the fewest that keep p99 at the peak rate within "
        "the need, one per availability zone at least."
    ),
    "Every line of the bill is priced from dated rows; people's hours are lines of their own.",
    (
        "The simplest candidate stays unless a step up is better by more than noise and saves more "
        "in errors than it adds to the bill."
    ),
    "A release pays when the errors of an ageing model cost more than training, labels and review.",
)
"""How the answer comes about, in short; the documentation has formulas and measured errors."""


def evidence(recommendation: Recommendation) -> tuple[Section, ...]:
    """Where the numbers come from, and how to get them again."""
    return present(
        Section("Where the numbers come from", tables=(tables.bases_table(recommendation),)),
        not_in_these_figures(recommendation),
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
            "Prices and their dates",
            sentences=(tables.price_sentence(recommendation),),
            tables=(tables.prices_table(recommendation),),
        ),
        Section("Method", bullets=METHOD),
        Section(
            "Repeat it",
            sentences=("The same study, runs and price book give the same answer to the byte.",),
            code=(
                *tables.reproduce_commands(recommendation),
                *tables.version_lines(recommendation),
            ),
        ),
    )
