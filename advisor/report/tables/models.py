"""The candidates as a table."""

from advisor.recommendation import LadderStep, Recommendation
from advisor.report.tables.cells import Cell, Column, Table, known
from advisor.report.words import quality, significant, usd

MOST_STEPS = 40
"""Candidates that a table or a chart shows; the JSON has all."""


def ladder_table(recommendation: Recommendation) -> Table:
    """The candidates, simplest first, and what became of each."""
    shown = shown_steps(recommendation)
    more = len(recommendation.ladder) - len(shown)
    return Table(
        cards=True,
        caption="Candidates, simplest first" + (f" ({more} more in the JSON)" if more else ""),
        columns=(
            Column("Candidate"),
            Column(recommendation.metric, numeric=True),
            Column("Spread", numeric=True),
            Column("Cheapest option USD/month", numeric=True),
            Column("Errors USD/month", numeric=True),
            Column("Verdict"),
        ),
        rows=tuple(
            (
                Cell(step.candidate),
                Cell(quality(step.quality), known(step.quality, "measured")),
                Cell(quality(step.quality_spread), known(step.quality_spread, "measured")),
                Cell(
                    usd(step.usd_per_month) if step.usd_per_month is not None else "none feasible"
                ),
                Cell(usd(step.error_usd_per_month), known(step.error_usd_per_month, "input")),
                Cell(step.verdict),
            )
            for step in shown
        ),
        strong_rows=frozenset(
            i
            for i, step in enumerate(shown)
            if recommendation.best and step.candidate == recommendation.best.candidate
        ),
    )


def shown_steps(recommendation: Recommendation) -> tuple[LadderStep, ...]:
    """Choose the steps to show: all of a usual ladder, the chosen one always."""
    chosen = recommendation.best.candidate if recommendation.best else None
    steps = recommendation.ladder
    if len(steps) <= MOST_STEPS:
        return steps
    own = tuple(step for step in steps[MOST_STEPS:] if step.candidate == chosen)
    return (*steps[: MOST_STEPS - len(own)], *own)


def learning_table(recommendation: Recommendation) -> Table:
    """The figures behind the learning curves."""
    return Table(
        caption="Measured learning curves",
        columns=(
            Column("Candidate"),
            Column("Training rows", numeric=True),
            Column(recommendation.metric, numeric=True),
            Column("Lowest to highest", numeric=True),
            Column("Training s", numeric=True),
        ),
        rows=tuple(
            (
                Cell(curve.candidate),
                Cell(f"{point.row_count:,}"),
                Cell(quality(point.quality), "measured"),
                Cell(f"{quality(point.quality_low)} to {quality(point.quality_high)}"),
                Cell(significant(point.wall_s), "measured"),
            )
            for curve in recommendation.learning
            for point in curve.points
        ),
    )


def findings_table(recommendation: Recommendation) -> Table:
    """What was measured to be many times faster or slower, and what to do about it."""
    return Table(
        caption="Findings, the largest factor first",
        columns=(
            Column("Candidate"),
            Column("Factor", numeric=True),
            Column("95% interval"),
            Column("Finding"),
            Column("What to do"),
        ),
        rows=tuple(
            (
                Cell(finding.candidate),
                Cell(significant(finding.factor), "measured"),
                Cell(f"{significant(finding.factor_low)} to {significant(finding.factor_high)}"),
                Cell(finding.text),
                Cell(finding.remedy),
            )
            for finding in recommendation.findings
        ),
    )


def served_ways(recommendation: Recommendation) -> tuple[str, ...]:
    """Return the findings on the chosen candidate as sentences, the largest factor first."""
    if recommendation.best is None:
        return ()
    name = recommendation.best.candidate
    own = [finding for finding in recommendation.findings if finding.candidate == name]
    other_count = len(recommendation.findings) - len(own)
    findings = "finding" if other_count == 1 else "findings"
    more = (f"{other_count} more {findings} on other candidates: see the report",)
    return (
        *(f"{finding.candidate}: {finding.text}: {finding.remedy}" for finding in own),
        *(more if other_count else ()),
    )
