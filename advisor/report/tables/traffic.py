"""The day or week of traffic, and the ways to scale with it, as tables."""

from advisor.recommendation import TrafficAdvice
from advisor.report.tables.cells import Cell, Column, Table
from advisor.report.words import UNKNOWN, milliseconds, percent, significant

WAYS = {
    "fixed": "Fixed for the peak",
    "scheduled": "By the hour, started ahead",
    "target-tracking": "Target tracking",
}

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

STEP_HOURS = 4
"""Hours of a week that share a row; a day has a row for each."""


def traffic_table(advice: TrafficAdvice) -> Table:
    """Requests and replicas needed, by the hour of a day or by four hours of a week."""
    step = STEP_HOURS if len(advice.hours) > 24 else 1
    blocks = [advice.hours[at : at + step] for at in range(0, len(advice.hours), step)]
    return Table(
        caption="Traffic that is planned for, and the replicas that its busiest minute needs",
        columns=(
            Column("From"),
            Column("Requests/s", numeric=True),
            Column("Busiest minute", numeric=True),
            Column("Replicas", numeric=True),
        ),
        rows=tuple(
            (
                Cell(_clock(block[0].hour, is_week=len(advice.hours) > 24)),
                Cell(
                    significant(sum(hour.requests_per_s for hour in block) / len(block)),
                    advice.basis,
                ),
                Cell(significant(max(hour.busiest_requests_per_s for hour in block))),
                Cell(f"{max(hour.replicas for hour in block):,}"),
            )
            for block in blocks
        ),
    )


def scaling_table(advice: TrafficAdvice) -> Table:
    """The ways to scale over that traffic."""
    return Table(
        caption="Ways to scale, followed minute by minute",
        columns=(
            Column("Way"),
            Column("Replicas on average", numeric=True),
            Column("At most", numeric=True),
            Column("Serving USD/month", numeric=True),
            Column("p99 ms", numeric=True),
            Column("Time out of the need", numeric=True),
            Column("Target to set, per replica and minute", numeric=True),
        ),
        rows=tuple(
            (
                Cell(WAYS[way.name]),
                Cell(significant(way.mean_replicas)),
                Cell(f"{way.most_replicas:,}"),
                Cell(significant(way.serving_usd_per_month)),
                Cell(milliseconds(way.p99_ms)),
                Cell(percent(way.out_of_need_fraction)),
                Cell(
                    UNKNOWN if way.target_per_minute is None else significant(way.target_per_minute)
                ),
            )
            for way in advice.scaling
        ),
    )


def _clock(hour: int, *, is_week: bool) -> str:
    return f"{DAYS[hour // 24]} {hour % 24:02d}:00" if is_week else f"{hour:02d}:00"
