"""Where the numbers come from, and how to get them again."""

from advisor.recommendation import Recommendation
from advisor.report import tables
from advisor.report.sections.decision import not_in_these_figures
from advisor.report.sections.parts import Section, present

SIZED = (
    "Replicas follow from a queueing formula: the fewest that keep p99 at the peak rate within "
    "the need, one per availability zone at least."
)
SIZED_FOR_JOBS = (
    "Machines follow from the rows of a job and the rows that one machine scores in a second: the "
    "fewest that start and score them all by the deadline, with headroom."
)
METHOD = (
    (
        "Each candidate is trained over several seeds and timed in a process of its own; what was "
        "measured is carried to the machines on offer by public reference workloads, with an 80% "
        "band."
    ),
    SIZED,
    "Every line of the bill is priced from dated rows; people's hours are lines of their own.",
    (
        "The simplest candidate stays unless a step up is better by more than noise and saves more "
        "in errors than it adds to the bill."
    ),
    "A release pays when the errors of an ageing model cost more than training, labels and review.",
)
"""How the answer comes about, in short; the documentation has formulas and measured errors."""


DEPLOY = "Deploy"
"""Title of the section that a report's files to deploy stand in."""


def method(recommendation: Recommendation) -> tuple[str, ...]:
    """How the answer comes about: replicas for requests, machines for jobs."""
    jobs = recommendation.pattern == "batch"
    return tuple(SIZED_FOR_JOBS if jobs and line == SIZED else line for line in METHOD)


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
        Section("Measured where it runs", bullets=tables.measured_elsewhere(recommendation)),
        Section("Inputs and assumptions", tables=(tables.assumptions_table(recommendation),)),
        Section(
            "Prices and their dates",
            sentences=(tables.price_sentence(recommendation),),
            tables=(tables.prices_table(recommendation),),
        ),
        Section("Method", bullets=method(recommendation)),
        deploy(recommendation),
        Section(
            "Repeat it",
            sentences=("The same study, runs and price book give the same answer to the byte.",),
            code=(
                *tables.reproduce_commands(recommendation),
                *tables.version_lines(recommendation),
            ),
        ),
    )


def deploy(recommendation: Recommendation) -> Section:
    """How the answer becomes files that a team checks in and deploys."""
    if recommendation.best is None:
        return Section("")
    on = recommendation.prices.on.isoformat()
    return Section(
        DEPLOY,
        sentences=(
            "The answer as files to check in: template, container, guard and what it costs.",
            "The second command says, in a pull request, whether they still follow the answer.",
        ),
        code=(
            f"advisor deploy STUDY.yaml --on {on} -o deploy",
            "advisor deploy diff STUDY.yaml deploy",
        ),
    )
