"""The report as a list of sections: what the HTML and the Markdown both print, in one order."""

from typing import NamedTuple

from advisor.recommendation import Recommendation
from advisor.report import tables
from advisor.report.tables import Fact, Table


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
    """What everybody reads: options, short answers, what is left out."""
    nothing = recommendation.best is None
    options = tables.options_table(recommendation)
    rejected = tables.rejected_table(recommendation)
    return tuple(
        section
        for section in (
            Section("What would have to give", bullets=recommendation.relaxations)
            if nothing and recommendation.relaxations
            else None,
            Section("In short", facts=tables.facts(recommendation)),
            Section(
                "Options considered",
                sentences=(tables.considered_sentence(recommendation),),
                tables=tuple(table for table in (options, rejected) if table.rows),
            ),
            Section(
                "Not in these figures",
                bullets=recommendation.excluded,
                sentences=(tables.price_sentence(recommendation),),
            ),
            Section("Before you rely on it", bullets=recommendation.warnings)
            if recommendation.warnings
            else None,
            Section("What to measure next", bullets=recommendation.measure_next)
            if recommendation.measure_next
            else None,
        )
        if section is not None
    )


def details(recommendation: Recommendation) -> tuple[Section, ...]:
    """What a checking reader wants: models, bill, curves, evidence, inputs, how to repeat it."""
    best = recommendation.best
    sections = [
        Section(
            "Models: the simplest that is good enough",
            sentences=(
                f"Quality is {recommendation.metric} on held-out rows; {recommendation.data}.",
            ),
            chart="quality-against-cost",
            tables=(tables.ladder_table(recommendation),),
        ),
        Section(
            "What each option costs",
            chart="cost-stack",
            tables=_filled(tables.stack_table(recommendation)),
        ),
        Section(
            "The bill of the chosen option",
            sentences=(f"{best.name}, {best.region}, {best.purchase}.",),
            tables=(tables.bill_table(best),),
        )
        if best
        else None,
        Section(
            "If the traffic changes",
            sentences=(
                "Where two lines cross the cheaper platform changes: look for the nearest one.",
            ),
            chart="cost-by-rate",
            tables=_filled(tables.rate_table(recommendation)),
        )
        if recommendation.cost_curve
        else None,
        Section(
            "Retraining: what it costs to wait",
            sentences=(
                recommendation.retraining.why,
                *tables.retraining_details(recommendation),
            ),
            chart="retraining-cost",
            tables=_filled(tables.retraining_table(recommendation)),
        ),
        Section(
            "Retraining: how the model ages",
            sentences=("Measured on a SIMULATED drifting stream, not on your data.",)
            if recommendation.retraining.simulated
            else (),
            chart="error-by-age",
            tables=_filled(tables.decay_table(recommendation)),
        )
        if recommendation.retraining.decay_points
        else None,
        Section("Where to train", tables=_filled(tables.training_table(recommendation))),
        Section(
            "Evidence",
            sentences=(
                f"Measured on {recommendation.hardware}.",
                f"Data: {recommendation.data}.",
                f"Benchmark runs used: {len(recommendation.runs)}.",
            ),
            code=recommendation.runs,
        ),
        Section(
            "Inputs and assumptions",
            tables=_filled(tables.assumptions_table(recommendation)),
        ),
        Section(
            "Repeat it",
            sentences=("The same study, runs and price book give the same answer to the byte.",),
            code=(
                *tables.reproduce_commands(recommendation),
                f"# price book sha256 {recommendation.prices.sha256}",
            ),
        ),
    ]
    return tuple(
        section
        for section in sections
        if section is not None and any((section.sentences, section.tables, section.code))
    )


def _filled(table: Table) -> tuple[Table, ...]:
    return (table,) if table.rows else ()
