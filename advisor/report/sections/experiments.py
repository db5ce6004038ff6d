"""How many training runs to pay for, what the next one gains, and how fast they go."""

from advisor.recommendation import Recommendation
from advisor.report.sections.parts import Section, present
from advisor.report.tables.experiments import (
    escalation_table,
    experiment_sentences,
    gain_table,
    history_sentences,
    hit_table,
    instance_table,
    pace_table,
    savings_table,
)

NO_EXPERIMENTS = (
    "There is no priced error that more runs could lower, or no machine on offer that trains the "
    "model: nothing can be said of an experiment budget."
)
HIT_RATES = (
    "The share of runs that lead to a better model is assumed, not yours: 'advisor experiments' "
    "reads your own from MLflow or Optuna."
)
ESCALATION = (
    "Open the rungs from the top while the best gain so far is below the next one's reservation "
    "value, the gain at which trying it is worth exactly its price; stop at the first that is not."
)
INSTANCES = (
    "At the study's workers (experiments.worker_count), cheapest run first; the JSON has all."
)
PACE = (
    "A run's time counts its start. Workers are billed while they run, so one more costs nothing "
    "more per run; the last column has the hours it takes off the runs of a release."
)


def experiments(recommendation: Recommendation) -> tuple[Section, ...]:
    """How many training runs to pay for, what the next one gains, and how fast they go."""
    advice = recommendation.experiments
    title = "Experiments: what the next run gains"
    if advice is None:
        return (Section(title, sentences=(NO_EXPERIMENTS,)),)
    return present(
        Section(
            title,
            sentences=experiment_sentences(advice),
            chart="gain-by-runs",
            tables=(gain_table(advice),),
        ),
        Section(
            "Experiments: how many until one is found",
            sentences=history_sentences(advice.history) if advice.history else (HIT_RATES,),
            tables=(hit_table(advice),),
        ),
        Section(
            "Experiments: the simplest first",
            sentences=(ESCALATION,),
            tables=(escalation_table(advice),),
        )
        if advice.escalation
        else Section(""),
        Section(
            "Experiments: stop bad runs early",
            tables=(savings_table(advice),),
        )
        if advice.savings
        else Section(""),
        Section(
            "Experiments: how fast they go",
            sentences=(PACE,),
            tables=(pace_table(advice),),
        )
        if advice.pace
        else Section(""),
        Section(
            "Experiments: the pace on every priced machine",
            sentences=(INSTANCES,),
            tables=(instance_table(advice),),
        )
        if advice.instances
        else Section(""),
    )
