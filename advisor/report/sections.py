"""The report as a list of sections: what the HTML and the Markdown both print, in one order."""

from typing import NamedTuple

from advisor.recommendation import Recommendation
from advisor.report import experiment_tables, tables
from advisor.report.tables import Fact, Table

NO_EXPERIMENTS = (
    "There is no priced error that more runs could lower, or no machine on offer that trains the "
    "model: nothing can be said of an experiment budget."
)
HIT_RATES = (
    "The share of runs that lead to a better model is assumed, not yours: 'advisor experiments' "
    "reads your own from MLflow or Optuna."
)
PACE = (
    "A run's time counts its start. Workers are billed while they run, so one more costs nothing "
    "more per run; the last column has the hours it takes off the runs of a release."
)


class Section(NamedTuple):
    """A heading with sentences, at most one chart, and the tables behind it."""

    title: str
    sentences: tuple[str, ...] = ()
    bullets: tuple[str, ...] = ()
    chart: str | None = None
    tables: tuple[Table, ...] = ()
    facts: tuple[Fact, ...] = ()
    code: tuple[str, ...] = ()


def first_page(recommendation: Recommendation) -> tuple[Section, ...]:
    """What everybody reads: short answers, options, what is left out, what to mind."""
    return _present(
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
        Section("Before you rely on it", bullets=recommendation.warnings),
        Section("What to measure next", bullets=recommendation.measure_next),
        Section(
            "Not in these figures",
            bullets=recommendation.excluded,
            sentences=(tables.price_sentence(recommendation),),
        ),
    )


def details(recommendation: Recommendation) -> tuple[Section, ...]:
    """What a checking reader wants: models, money, retraining, evidence, inputs, how to repeat."""
    return (
        *models(recommendation),
        *costs(recommendation),
        *retraining(recommendation),
        *experiments(recommendation),
        *evidence(recommendation),
    )


def models(recommendation: Recommendation) -> tuple[Section, ...]:
    """The candidates and what became of each."""
    return _present(
        Section(
            "Models: the simplest that is good enough",
            sentences=(
                f"Quality is {recommendation.metric} on held-out rows; {recommendation.data}.",
                *(
                    ("A bar in the chart is as long as the spread over seeds, around the mean.",)
                    if any(step.usd_per_month is not None for step in recommendation.ladder)
                    else ()
                ),
            ),
            chart="quality-against-cost",
            tables=(tables.ladder_table(recommendation),),
        ),
    )


def costs(recommendation: Recommendation) -> tuple[Section, ...]:
    """What is paid for, and what changes with the traffic."""
    best = recommendation.best
    return _present(
        Section(
            "What each option costs",
            chart="cost-stack",
            tables=(tables.stack_table(recommendation),),
        ),
        Section(
            "If the traffic changes",
            sentences=(
                "Where two lines cross the cheaper platform changes: look for the nearest one.",
            )
            if recommendation.cost_curve
            else (),
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


def retraining(recommendation: Recommendation) -> tuple[Section, ...]:
    """How often to retrain, why, and where the runs go."""
    advice = recommendation.retraining
    return _present(
        Section(
            "Retraining: what it costs to wait",
            sentences=(advice.why, *tables.retraining_details(recommendation)),
            chart="retraining-cost",
            tables=(tables.retraining_table(recommendation),),
        ),
        Section(
            "Retraining: how the model ages",
            sentences=("Measured on a SIMULATED drifting stream, not on your data.",)
            if advice.simulated
            else (),
            chart="error-by-age",
            tables=(tables.decay_table(recommendation),),
        )
        if advice.decay_points
        else Section(""),
        Section("Where to train", tables=(tables.training_table(recommendation),)),
    )


def experiments(recommendation: Recommendation) -> tuple[Section, ...]:
    """How many training runs to pay for, what the next one gains, and how fast they go."""
    advice = recommendation.experiments
    title = "Experiments: what the next run gains"
    if advice is None:
        return (Section(title, sentences=(NO_EXPERIMENTS,)),)
    return _present(
        Section(
            title,
            sentences=experiment_tables.experiment_sentences(advice),
            chart="gain-by-runs",
            tables=(experiment_tables.gain_table(advice),),
        ),
        Section(
            "Experiments: how many until one is found",
            sentences=(HIT_RATES,),
            tables=(experiment_tables.hit_table(advice),),
        ),
        Section(
            "Experiments: how fast they go",
            sentences=(PACE,),
            tables=(experiment_tables.pace_table(advice),),
        )
        if advice.pace
        else Section(""),
    )


def evidence(recommendation: Recommendation) -> tuple[Section, ...]:
    """Where the numbers come from, and how to get them again."""
    return _present(
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


def _present(*sections: Section) -> tuple[Section, ...]:
    """Leave out empty tables, and sections with nothing in them."""
    filled = (
        section._replace(tables=tuple(table for table in section.tables if table.rows))
        for section in sections
    )
    return tuple(
        section
        for section in filled
        if section.facts or section.sentences or section.bullets or section.tables or section.code
    )
