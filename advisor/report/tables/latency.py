"""Answer times as tables."""

from advisor.decision.words import hours_of
from advisor.recommendation import JobAdvice, LatencyAdvice
from advisor.report.tables.cells import Cell, Column, Table, known, thinned
from advisor.report.words import UNKNOWN, counted, milliseconds, percent, significant

MOST_POINTS = 12
"""Points of the curve that its table lists; the JSON has all."""


def load_table(advice: LatencyAdvice) -> Table:
    """The figures behind the answer time against load."""
    return Table(
        caption="Answer time against load, replicas as planned",
        columns=(
            Column("Requests/s", numeric=True),
            Column("Busy", numeric=True),
            Column("p50 ms", numeric=True),
            Column("p99 ms", numeric=True),
            Column("80% band", numeric=True),
        ),
        rows=tuple(
            (
                Cell(significant(point.requests_per_s)),
                Cell(
                    percent(point.requests_per_s / advice.full_at_requests_per_s)
                    if advice.full_at_requests_per_s
                    else UNKNOWN
                ),
                Cell(milliseconds(point.p50_ms), advice.basis),
                Cell(milliseconds(point.p99_ms), advice.basis),
                Cell(
                    f"{milliseconds(point.p99_ms_low)} to {milliseconds(point.p99_ms_high)}"
                    if point.p99_ms_high is not None
                    else f"{milliseconds(point.p99_ms_low)} to overloaded"
                ),
            )
            for point in thinned(advice.curve, MOST_POINTS)
        ),
    )


def job_table(advice: JobAdvice) -> Table:
    """The figures behind the time of a job against its rows."""
    return Table(
        caption="Time of one job, machines as planned",
        columns=(
            Column("Rows", numeric=True),
            Column("Job takes", numeric=True),
            Column("80% band", numeric=True),
            Column("In time"),
        ),
        rows=tuple(
            (
                Cell(counted(point.row_count)),
                Cell(hours_of(1e3 * point.wall_s), advice.basis),
                Cell(f"{hours_of(1e3 * point.wall_s_low)} to {hours_of(1e3 * point.wall_s_high)}"),
                Cell("yes" if point.wall_s <= advice.deadline_s else "no"),
            )
            for point in thinned(advice.curve, MOST_POINTS)
        ),
    )


def measured_table(advice: LatencyAdvice) -> Table:
    """The distribution of the measured calls."""
    return Table(
        caption=f"Measured time of one call of {advice.measured_rows:,} "
        f"row{'' if advice.measured_rows == 1 else 's'}",
        columns=(
            Column("Quantile"),
            Column("ms", numeric=True),
            Column("95% interval", numeric=True),
        ),
        rows=tuple(
            (
                Cell(f"{100 * one.quantile_fraction:g}%"),
                Cell(
                    significant(one.value_ms) if one.value_ms is not None else "too few calls",
                    known(one.value_ms, "measured"),
                ),
                Cell(
                    f"{significant(one.low_ms)} to {significant(one.high_ms)}"
                    if one.low_ms is not None and one.high_ms is not None
                    else UNKNOWN
                ),
            )
            for one in advice.measured
        ),
    )
