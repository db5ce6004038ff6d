"""The difference between a bill and an answer, taken apart.

    Qa Pa - Qp Pp = (Qa - Qp) Pp  +  (Pa - Pp) Qp  +  (Qa - Qp)(Pa - Pp)
                     by quantity      by price         joint

per meter, sku and region, with the predicted quantities scaled to the days of the bill; beside it
what was not predicted, and what was predicted and not billed. The parts add up, always.
"""

import math
from collections.abc import Sequence
from datetime import date

from advisor.errors import AdvisorError
from advisor.imports.bills import Bill
from advisor.imports.metrics import Metric
from advisor.recommendation import Option, Recommendation
from advisor.reconcile.billed import Billed, Days, split
from advisor.reconcile.causes import Line, causes_of
from advisor.reconcile.predicted import Key, Predicted, predicted_of
from advisor.reconcile.result import Part, Reconciliation
from advisor.reconcile.verdict import verdict_of

SENTENCE_COUNT = 3
"""Causes that are said in words; the table has the rest."""


def reconcile(
    answer: Recommendation,
    bill: Bill,
    *,
    metrics: Sequence[Metric] = (),
    until: date | None = None,
) -> Reconciliation:
    """Hold a bill against an answer.

    Args:
        answer: what was promised; its best option is what is taken to run.
        bill: as read.
        metrics: what the deployment did.
        until: last day to compare; the last full one of the bill by default.

    Raises:
        AdvisorError: nothing was feasible, or the bill has no full day of use.
    """
    option = answer.best
    if option is None:
        raise AdvisorError("the answer has no option to deploy: there is no estimate to hold")
    taken = split(bill, until=until)
    days = taken.days
    lines = [
        line_of(key, predicted, taken.billed.get(key), days=days)
        for key, predicted in predicted_of(option).items()
    ]
    known = {line.key for line in lines}
    lines += [
        line_of(key, None, billed, days=days)
        for key, billed in taken.billed.items()
        if key not in known
    ]
    lines.sort(key=lambda line: (-abs(line.part.difference_usd), line.key))
    predicted_usd = math.fsum(line.predicted_usd for line in lines)
    billed_usd = math.fsum(line.billed_usd for line in lines)
    low, high = band_of(option, predicted_usd=predicted_usd)
    causes = causes_of(lines, apart=taken.apart, answer=answer, metrics=metrics, days=days)
    listed = [
        row.list_usd
        for row in bill.rows
        if row.kind == "usage" and row.owner == "ours" and row.day < days.end
    ]
    rest = math.fsum((billed_usd, *taken.apart.values()))
    return Reconciliation(
        study=answer.study,
        option=option.name,
        bill=bill.form,
        first_day=days.first,
        last_day=date.fromordinal(days.end.toordinal() - 1),
        hours=days.hours,
        predicted_usd=predicted_usd,
        predicted_usd_low=low,
        predicted_usd_high=high,
        billed_usd=billed_usd,
        difference_usd=billed_usd - predicted_usd,
        parts=tuple(line.part for line in lines),
        apart=taken.apart,
        cash_usd=bill.cash_usd,
        list_usd=None if None in listed else math.fsum(usd or 0.0 for usd in listed),
        timing_usd=bill.cash_usd - rest,
        causes=tuple(cause.sentence for cause in causes[:SENTENCE_COUNT]),
        verdict=verdict_of(answer, causes, billed_usd=billed_usd, low=low, high=high),
        notes=(*bill.notes, *_notes(metrics, days)),
    )


def line_of(key: Key, predicted: Predicted | None, billed: Billed | None, *, days: Days) -> Line:
    """Take one line apart.

    A meter is compared by quantity and price only where both sides have some of it.

    Raises:
        AdvisorError: the two count it in different units.
    """
    meter, sku, region = key
    if predicted and billed and predicted.unit != billed.unit:
        raise AdvisorError(
            f"{meter} {sku} is predicted by the {predicted.unit} and billed by the {billed.unit}: "
            "the reader must be taught what that means"
        )
    share = days.share(predicted.unit) if predicted else 0.0
    quantity = predicted.quantity * share if predicted else 0.0
    predicted_usd = predicted.usd * share if predicted else 0.0
    billed_quantity = billed.quantity if billed else 0.0
    billed_usd = billed.usd if billed else 0.0
    price = predicted_usd / quantity if quantity > 0 else None
    paid = billed_usd / billed_quantity if billed_quantity > 0 else None
    compared = price is not None and paid is not None
    more = billed_quantity - quantity
    part = Part(
        meter=meter,
        sku=sku,
        region=region,
        unit=predicted.unit if predicted else billed.unit if billed else "",
        predicted_quantity=quantity,
        billed_quantity=billed_quantity,
        predicted_usd_per_unit=price,
        billed_usd_per_unit=paid,
        by_quantity_usd=more * price if price is not None and compared else 0.0,
        by_price_usd=(paid - price) * quantity if paid is not None and price is not None else 0.0,
        joint_usd=more * (paid - price) if paid is not None and price is not None else 0.0,
        not_predicted_usd=0.0 if compared else billed_usd,
        not_billed_usd=0.0 if compared else -predicted_usd,
    )
    return Line(key, predicted, billed, part, predicted_usd, billed_usd)


def band_of(option: Option, *, predicted_usd: float) -> tuple[float | None, float | None]:
    """Return the 80% band of the vendor's lines: the answer's, in proportion. [USD]

    The answer's band is of the whole cost, with people's hours and labels in it, and no bill has
    those: its ends are taken as factors on the mean.
    """
    low, high = option.usd_per_month_low, option.usd_per_month_high
    middle = option.expected_usd_per_month or option.usd_per_month
    if low is None or high is None or middle <= 0:
        return None, None
    return predicted_usd * min(1.0, low / middle), predicted_usd * max(1.0, high / middle)


def _notes(metrics: Sequence[Metric], days: Days) -> list[str]:
    end = days.end
    return [
        f"{metric.name} {metric.statistic}: CloudWatch says that points are missing"
        for metric in metrics
        if metric.partial
    ] + [
        f"{metric.name} {metric.statistic} does not reach over the days of the bill: not used"
        for metric in metrics
        if not metric.covers(first=days.first, end=end)
    ]
