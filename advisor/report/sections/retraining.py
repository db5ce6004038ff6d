"""How often to retrain, why, and where the runs go."""

from advisor.recommendation import Recommendation
from advisor.report import tables
from advisor.report.sections.parts import Section, present


def retraining(recommendation: Recommendation) -> tuple[Section, ...]:
    """How often to retrain, why, and where the runs go."""
    advice = recommendation.retraining
    return present(
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
