"""Why the bill differs, as sentences: the largest first.

Quantities go one level down, to what they grow with: requests, replicas and hours, jobs. Prices go
to the meter whose price moved; a plan that is used up is told apart from a price that changed.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from advisor.imports.bills.form import UNKNOWN
from advisor.imports.metrics import REPLICAS, REQUESTS, Metric
from advisor.recommendation import Recommendation
from advisor.reconcile.billed import Billed, Days
from advisor.reconcile.predicted import Driver, Key, Predicted
from advisor.reconcile.result import Part

SMALLEST_USD: Final = 0.005
"""Causes of less are not told. [USD]"""

_WORDS: Final[Mapping[Driver, str]] = {
    "requests": "Requests and what they move",
    "replicas": "Replicas and their hours",
    "hours": "Hours of what stands all month",
    "jobs": "Training runs and jobs",
    "storage": "What is stored",
}
_PLANS: Final = ("savings", "reserved")
_APART: Final = {
    "refunds": "A refund",
    "credits": "Credits",
    "discounts": "Negotiated discounts, on rows of their own,",
    "corrections": "Corrections of other months",
    "fees": "Fees",
    "unused_commitment": "What stayed unused of a commitment",
    "untagged": "Rows without the tag",
    "incomplete_days": "Use after the last full day",
}
"""What stands apart and is worth a sentence; tax is in no estimate and never a surprise."""


class Line(NamedTuple):
    """One meter and sku: both sides and the part they make."""

    key: Key
    predicted: Predicted | None
    billed: Billed | None
    part: Part
    predicted_usd: float
    """In the days of the bill. [USD]"""
    billed_usd: float
    """In the same days. [USD]"""


class Cause(NamedTuple):
    """One reason, and what it comes to."""

    kind: str
    """A driver, `price`, `plan`, `spot`, `not-predicted`, `not-billed` or a kind that stands
    apart."""
    what: str
    """What it is of."""
    usd: float
    """What it adds to the bill. [USD]"""
    sentence: str
    """For people."""
    ratio: float | None = None
    """Billed over predicted quantity or price; null where one of them is missing."""


def causes_of(
    lines: Sequence[Line],
    *,
    apart: Mapping[str, float],
    answer: Recommendation,
    metrics: Sequence[Metric],
    days: Days,
) -> list[Cause]:
    """Return every cause of more than half a cent, the largest first.

    Args:
        lines: the parts of the difference, with both sides.
        apart: what is no use of the model's, by kind. [USD]
        answer: what was promised.
        metrics: what the deployment did.
        days: full days of the bill.
    """
    found = _quantities(lines, answer=answer, metrics=metrics, days=days)
    found += [cause for line in lines for cause in _prices(line)]
    found += _one_sided(lines)
    found += [
        Cause(kind, kind, usd, f"{words} of {_usd(usd)} stand apart from the difference.")
        for kind, words in _APART.items()
        if (usd := apart.get(kind, 0.0))
    ]
    told = [cause for cause in found if abs(cause.usd) >= SMALLEST_USD]
    return sorted(told, key=lambda cause: (-abs(cause.usd), cause.what))


def _quantities(
    lines: Sequence[Line], *, answer: Recommendation, metrics: Sequence[Metric], days: Days
) -> list[Cause]:
    """Return what quantities add, by what they grow with."""
    found = []
    for driver, words in _WORDS.items():
        mine = [
            line
            for line in lines
            if line.predicted and line.predicted.driver == driver and line.part.by_quantity_usd
        ]
        base = math.fsum(line.predicted_usd for line in mine)
        usd = math.fsum(line.part.by_quantity_usd for line in mine)
        if not mine or base <= 0:
            continue
        ratio = 1 + usd / base
        largest = max(mine, key=lambda line: abs(line.part.by_quantity_usd)).part
        why = (
            f"{words}: {ratio:.2f} of what was planned, most of it {largest.meter} {largest.sku} "
            f"({largest.billed_quantity:,.4g} against {largest.predicted_quantity:,.4g} "
            f"{largest.unit})"
        )
        if driver == "requests":
            why += _measured_requests(answer, metrics, days)
        if driver == "replicas":
            why += _measured_replicas(answer, metrics, days, mine)
        found.append(Cause(driver, words, usd, f"{why}: {_usd(usd, sign=True)}.", ratio))
    return found


def _measured_requests(answer: Recommendation, metrics: Sequence[Metric], days: Days) -> str:
    if answer.traffic is None:
        return ""
    for metric in metrics:
        whole = metric.covers(first=days.first, end=days.end)
        if metric.name in REQUESTS and whole and metric.statistic in {"Sum", ""}:
            rate = metric.total(first=days.first, end=days.end) / (days.hours * 3600)
            planned = answer.traffic.mean_requests_per_s
            return f"; {metric.name}: {rate:,.4g}/s against {planned:,.4g}/s planned"
    return ""


def _measured_replicas(
    answer: Recommendation, metrics: Sequence[Metric], days: Days, lines: Sequence[Line]
) -> str:
    """Tell replicas from hours and from release surges, where it was measured."""
    if answer.best is None or not answer.best.mean_replicas:
        return ""
    surge = math.fsum(
        line.predicted_usd * line.predicted.surge_quantity / line.predicted.quantity
        for line in lines
        if line.predicted and line.predicted.quantity
    )
    planned = answer.best.mean_replicas
    for metric in metrics:
        whole = metric.covers(first=days.first, end=days.end)
        if metric.name in REPLICAS and whole and metric.statistic in {"Average", ""}:
            mean = metric.mean(first=days.first, end=days.end)
            if mean is None:
                continue
            base = math.fsum(line.predicted_usd for line in lines) - surge
            by_count = (mean / planned - 1) * base
            rest = math.fsum(line.part.by_quantity_usd for line in lines) - by_count
            return (
                f"; {metric.name}: {mean:,.3g} on average against {planned:,.3g}, which is "
                f"{_usd(by_count, sign=True)}, and {_usd(rest, sign=True)} hours and release surges"
                f" ({_usd(surge)} of surges were planned)"
            )
    return ""


def _prices(line: Line) -> list[Cause]:
    """Return what another price adds: a plan used up, spot not got, or a price that changed."""
    part, predicted, billed = line.part, line.predicted, line.billed
    price, paid = part.predicted_usd_per_unit, part.billed_usd_per_unit
    if predicted is None or billed is None or price is None or paid is None:
        return []
    what = f"{part.meter} {part.sku}"
    usd = part.by_price_usd
    found = []
    quantity, cost = billed.bought.get("on-demand", (0.0, 0.0))
    planned = predicted.purchase.partition("-")[0]
    if planned in {*_PLANS, "spot"} and quantity > 0:
        # The predicted units, bought in the shares in which they were.
        share = quantity / part.billed_quantity
        extra = (cost / quantity - price) * share * part.predicted_quantity
        why = (
            f"{share:.0%} of {what} in {part.region} was bought on demand, not on spot"
            if planned == "spot"
            else f"The plan was used up: {share:.0%} of {what} in {part.region} was billed on "
            "demand beyond it"
        )
        kind = "spot" if planned == "spot" else "plan"
        found.append(Cause(kind, what, extra, f"{why}: {_usd(extra, sign=True)}.", paid / price))
        usd -= extra
    ratio = paid / price if price else None
    change = f" ({ratio - 1:+.1%})" if ratio is not None else ""
    sentence = (
        f"The price of {what} in {part.region}: {paid:.6g} against {price:.6g} USD per "
        f"{part.unit}{change}: {_usd(usd, sign=True)}."
    )
    return [*found, Cause("price", what, usd, sentence, ratio)]


def _one_sided(lines: Sequence[Line]) -> list[Cause]:
    """Return what only one side has, meter by meter."""
    found = []
    for kind, words in (("not-predicted", "Not predicted"), ("not-billed", "Not billed")):
        meters: dict[str, list[Line]] = {}
        for line in lines:
            part = line.part
            amount = part.not_predicted_usd if kind == "not-predicted" else part.not_billed_usd
            if amount:
                name = part.sku if part.meter == UNKNOWN else part.meter
                meters.setdefault(name, []).append(line)
        for name, mine in meters.items():
            if kind == "not-predicted":
                usd = math.fsum(line.part.not_predicted_usd for line in mine)
            else:
                usd = math.fsum(line.part.not_billed_usd for line in mine)
            types = [t for line in mine if line.billed for t in line.billed.usage_types]
            shown = ", ".join(types[:3] or [line.part.sku for line in mine][:3])
            sentence = f"{words}: {name} ({shown}): {_usd(usd, sign=True)}."
            found.append(Cause(kind, name, usd, sentence))
    return found


def _usd(usd: float, *, sign: bool = False) -> str:
    return f"{usd:+,.2f} USD" if sign else f"{usd:,.2f} USD"
