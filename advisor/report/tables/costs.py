"""What is paid for: the bill, the stack, cost against request rate."""

import itertools
import math
from typing import NamedTuple

from advisor.recommendation import CostPoint, Option, Recommendation
from advisor.report.tables.cells import (
    GROUP_NAMES,
    GROUPS,
    PART_NAMES,
    PARTS,
    PLATFORM_NAMES,
    Cell,
    Column,
    Table,
    group_usd_per_month,
    part_usd_per_month,
    platform_name,
)
from advisor.report.tables.names import unit_name
from advisor.report.tables.options import telling_options
from advisor.report.words import MONTH, cents, counted, significant, usd


def bill_table(option: Option) -> Table:
    """Every line of an option's month, by group, with subtotals that add up to the total."""
    rows: list[tuple[Cell, ...]] = []
    strong: list[int] = []
    for group in GROUPS:
        lines = [line for line in option.lines if line.group == group]
        if not lines:
            continue
        rows += [
            (
                Cell(line.label),
                Cell(significant(line.quantity_per_month, digits=6)),
                Cell(unit_name(line.unit)),
                Cell(significant(line.usd_per_unit, digits=6), line.basis),
                Cell(cents(line.usd_per_month)),
                Cell(
                    line.source
                    if line.quote is None
                    else f"{line.quote.service} {line.quote.sku}, price of "
                    f"{line.quote.valid_from.isoformat()}"
                ),
            )
            for line in lines
        ]
        strong.append(len(rows))
        rows.append(_total_row(GROUP_NAMES[group], group_usd_per_month(option, group)))
    strong.append(len(rows))
    rows.append(_total_row("Total", option.usd_per_month))
    return Table(
        cards=True,
        caption=f"Cost lines of one month ({MONTH})",
        columns=(
            Column("Line"),
            Column("Quantity", numeric=True),
            Column("Unit"),
            Column("USD per unit", numeric=True),
            Column("USD/month", numeric=True),
            Column("Source"),
        ),
        rows=tuple(rows),
        strong_rows=frozenset(strong),
    )


def _total_row(label: str, amount: float) -> tuple[Cell, ...]:
    return (Cell(label), Cell(""), Cell(""), Cell(""), Cell(cents(amount)), Cell(""))


def stack_table(recommendation: Recommendation, *, limit: int = 6) -> Table:
    """The figures behind the cost stack."""
    runs = recommendation.training.runs_per_release
    return Table(
        cards=True,
        caption="Cost of the cheapest options by part, USD/month",
        columns=(
            Column("Option"),
            *(Column(PART_NAMES[part], numeric=True) for part in PARTS),
            Column("Total", numeric=True),
        ),
        rows=tuple(
            (
                Cell(option.name),
                *(
                    Cell(cents(part_usd_per_month(option, part, runs_per_release=runs)))
                    for part in PARTS
                ),
                Cell(cents(option.usd_per_month)),
            )
            for option in telling_options(recommendation, limit=limit)
        ),
    )


class RateAxis(NamedTuple):
    """What the curve of costs counts along: requests a second, or the rows of a job."""

    title: str
    column: str
    per_rate: float
    """Times a rate of requests."""
    unit: str

    def text(self, value: float, *, digits: int = 3) -> str:
        """Write a place on the axis."""
        return f"{counted(value, digits=digits)}{self.unit}"


def rate_axis(recommendation: Recommendation) -> RateAxis:
    """Return what the curve of costs counts along."""
    job = recommendation.job
    if job is None:
        return RateAxis("Mean requests per second", "Requests/s", 1.0, "/s")
    return RateAxis(
        "Rows of one job", "Rows of one job", job.row_count / job.requests_per_s, " rows"
    )


class Crossing(NamedTuple):
    """A rate at which another platform becomes the cheapest."""

    requests_per_s: float
    usd_per_month: float
    before: str
    after: str


def crossings(recommendation: Recommendation) -> tuple[Crossing, ...]:
    """Return where the cheapest platform changes along the curve of cost, lowest rate first.

    Between two rates of the curve both costs are taken as straight on logarithmic axes. A platform
    that drops out between them is left at the last rate at which it was feasible.
    """
    by_rate: dict[float, dict[str, float]] = {}
    for point in recommendation.cost_curve:
        by_rate.setdefault(point.requests_per_s, {})[point.platform] = point.usd_per_month
    found = []
    steps = sorted(by_rate.items())
    for (low, usd_low), (high, usd_high) in itertools.pairwise(steps):
        before, after = min(usd_low, key=usd_low.__getitem__), min(usd_high, key=usd_high.get)  # type: ignore[arg-type]
        if before == after:
            continue
        share = 0.0
        if before in usd_high and after in usd_low:
            gap_low = math.log(usd_low[after] / usd_low[before])
            gap_high = math.log(usd_high[before] / usd_high[after])
            share = gap_low / (gap_low + gap_high) if gap_low + gap_high > 0 else 0.0
        rate = low * (high / low) ** share
        end = usd_high.get(before, usd_low[before])
        usd_there = usd_low[before] * (end / usd_low[before]) ** share
        found.append(
            Crossing(requests_per_s=rate, usd_per_month=usd_there, before=before, after=after)
        )
    return tuple(found)


def crossing_sentences(recommendation: Recommendation) -> tuple[str, ...]:
    """Say where the cheapest platform changes, or that it does not."""
    axis = rate_axis(recommendation)
    unit = "rows in a job" if recommendation.job else "requests/s"
    drawn = "size of a job" if recommendation.job else "rate"
    points = recommendation.cost_curve
    if points and not crossings(recommendation):
        rates = [point.requests_per_s * axis.per_rate for point in points]
        cheapest = min(points, key=lambda point: point.usd_per_month)
        return (
            (
                f"{platform_name(cheapest.platform)} is the cheapest at every {drawn} drawn, "
                f"{counted(min(rates))} to {counted(max(rates))} {unit}: nothing crosses it."
            ),
        )
    return tuple(
        f"From {counted(one.requests_per_s * axis.per_rate)} {unit} on "
        f"{platform_name(one.after)} is "
        f"cheaper than {platform_name(one.before)}."
        for one in crossings(recommendation)
    )


def rate_table(recommendation: Recommendation) -> Table:
    """The figures behind the curve of cost against request rate."""
    by_rate: dict[float, dict[str, CostPoint]] = {}
    for point in recommendation.cost_curve:
        by_rate.setdefault(point.requests_per_s, {})[point.platform] = point
    platforms = curve_platforms(recommendation)
    axis = rate_axis(recommendation)
    return Table(
        caption="Cheapest option of each platform, USD/month",
        columns=(
            Column(axis.column, numeric=True),
            *(Column(platform_name(p), numeric=True) for p in platforms),
            Column("Cheapest"),
        ),
        rows=tuple(
            (
                Cell(counted(rate * axis.per_rate)),
                *(
                    Cell(usd(found[p].usd_per_month) if p in found else "none feasible")
                    for p in platforms
                ),
                Cell(_named(min(found.values(), key=lambda point: point.usd_per_month))),
            )
            for rate, found in sorted(by_rate.items())
        ),
    )


def _named(point: CostPoint) -> str:
    name = platform_name(point.platform)
    return point.option if name in point.option else f"{name}, {point.option}"


def curve_platforms(recommendation: Recommendation) -> tuple[str, ...]:
    """Return the platforms of the cost curve, in a fixed order."""
    present = {point.platform for point in recommendation.cost_curve}
    known = [platform for platform in PLATFORM_NAMES if platform in present]
    return (*known, *sorted(present - set(known)))
