"""How often to retrain, why, and where the runs go."""

import json

from advisor.recommendation import Recommendation
from advisor.report import tables
from advisor.report.sections.parts import Section, present

WAYS = (
    "A refresh keeps the settings; a redevelopment looks for better ones first. Each has the "
    "interval that its own cost asks for. A warm start is compared where the study gives its own "
    "measured decay; on tables a model from scratch is the safer choice."
)


def retraining(recommendation: Recommendation) -> tuple[Section, ...]:
    """How often to retrain, why, and where the runs go."""
    advice = recommendation.retraining
    decay = tables.decay_sentence(recommendation)
    return present(
        Section(
            "Retraining: what we need to know",
            sentences=(advice.why, *((decay,) if decay else ())),
            tables=(tables.interval_map_table(recommendation),),
        )
        if advice.kind == "unknown"
        else Section(
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
        Section(
            "Retraining: refresh, redevelop, on spot or warm",
            sentences=(WAYS,),
            tables=(tables.ways_table(recommendation),),
        )
        if advice.ways and advice.kind != "unknown"
        else Section(""),
        Section(
            "Between retrains: what to watch",
            sentences=tables.guard_sentences(recommendation),
            code=tuple(json.dumps(json.loads(advice.guard.guard_json), indent=2).splitlines()),
        )
        if advice.guard is not None
        else Section(""),
        Section("Where to train", tables=(tables.training_table(recommendation),)),
    )
