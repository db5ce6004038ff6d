"""Answer times as tables."""

import itertools

from advisor.decision.answer.words import hours_of
from advisor.recommendation import JobAdvice, LatencyAdvice, Option, Recommendation
from advisor.report.tables.cells import Cell, Column, Table, known, thinned, weakest
from advisor.report.words import (
    UNKNOWN,
    change,
    counted,
    milliseconds,
    percent,
    significant,
    usd,
)

MOST_TIMED = 40
"""Options in the picture of cost against answer time."""

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


def timed_options(recommendation: Recommendation) -> tuple[Option, ...]:
    """Return options whose cost and answer time are known: feasible, and too slow for the need.

    A job has a deadline instead, and no such option.
    """
    best = recommendation.best
    if recommendation.job is not None:
        return ()
    too_slow = (
        rejection.option
        for rejection in recommendation.rejected
        if best is not None and rejection.option.candidate == best.candidate
    )
    known_ones = (
        option
        for option in (*frontier(recommendation), *recommendation.ranked, *too_slow)
        if option.p99_latency_ms and option.priced and option.usd_per_month > 0
    )
    return tuple(itertools.islice(dict.fromkeys(known_ones), MOST_TIMED))


def frontier(recommendation: Recommendation) -> tuple[Option, ...]:
    """Return the feasible options that none beats in both cost and time, the cheapest first."""
    if recommendation.job is not None:
        return ()
    found: list[Option] = []
    feasible = [o for o in recommendation.ranked if o.p99_latency_ms and o.usd_per_month > 0]
    for option in sorted(feasible, key=lambda o: (o.usd_per_month, o.p99_latency_ms)):
        if not found or (option.p99_latency_ms or 0.0) < (found[-1].p99_latency_ms or 0.0):
            found.append(option)
    return tuple(found)


def frontier_table(recommendation: Recommendation) -> Table:
    """What a faster answer costs."""
    options = frontier(recommendation)
    first = options[0].usd_per_month if options else 0.0
    return Table(
        cards=True,
        caption="What a faster answer costs: no other option is both cheaper and faster",
        columns=(
            Column("Option"),
            Column("USD/month", numeric=True),
            Column("More USD/month", numeric=True),
            Column("p99 ms", numeric=True),
        ),
        rows=tuple(
            (
                Cell(option.name),
                Cell(usd(option.usd_per_month), weakest(line.basis for line in option.lines)),
                Cell(change(option.usd_per_month - first)),
                Cell(milliseconds(option.p99_latency_ms), option.basis),
            )
            for option in options
        ),
        strong_rows=frozenset(i for i, o in enumerate(options) if o == recommendation.best),
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
