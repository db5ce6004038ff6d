"""The JSON of Cost Explorer's `get_cost_and_usage`, grouped by USAGE_TYPE and RECORD_TYPE."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from advisor.imports.bills.cur import LINE_TYPES
from advisor.imports.bills.form import (
    Bill,
    BillError,
    BillRow,
    Kind,
    Scope,
    checked,
    known_currency,
    notes_of,
    utc,
)
from advisor.imports.bills.meters import metered

RECORD_TYPES: Final[dict[str, Kind]] = {
    **LINE_TYPES,
    "Recurring": "unused_commitment",
    "Upfront": "commitment",
    "Support": "fees",
    "Other": "fees",
    "Other out-of-cycle charges": "fees",
    "Enterprise Discount Program Discount": "discounts",
    "Private Rate Discount": "discounts",
    "Bundled Discount": "discounts",
    "Solution Provider Program Discount": "discounts",
}
"""Record types as Cost Explorer spells them, and as the report does."""

HOW: Final = (
    "ask for --metrics UnblendedCost AmortizedCost UsageQuantity "
    "--group-by Type=DIMENSION,Key=USAGE_TYPE Type=DIMENSION,Key=RECORD_TYPE"
)


def read_cost_explorer(paths: Sequence[Path], *, scope: Scope) -> Bill:
    """Read the pages of one question.

    Raises:
        BillError: it is grouped otherwise, a page is missing, or a record type is not known.
    """
    if scope != Scope():
        raise BillError(
            f"{paths[0]}: Cost Explorer's answers hold no tag or resource: filter the question by "
            "the tag, and leave --tag and --resource out"
        )
    rows: list[BillRow] = []
    cash: list[float] = []
    notes: list[str] = []
    for path in paths:
        answer = json.loads(path.read_text(encoding="utf-8"))
        order = _order(answer, path)
        for result in answer["ResultsByTime"]:
            if result.get("Estimated"):
                notes.append("Cost Explorer calls these figures estimated until the month closes")
            for group in result["Groups"]:
                row = _row(group, order=order, span=result["TimePeriod"], where=str(path))
                rows.append(row)
                cash.append(row.cash_usd)
        if answer.get("NextPageToken") and path == paths[-1]:
            raise BillError(f"{path}: has a next page that was not given: fetch all pages")
    _refuse_twice(rows, str(paths[0]))
    found = (*dict.fromkeys(notes), *notes_of(rows))
    bill = Bill(form="Cost Explorer", rows=tuple(rows), row_count=len(rows), notes=found)
    return checked(bill, cash_usd=sum(cash), where=str(paths[0]))


def _order(answer: Mapping[str, Any], path: Path) -> tuple[int, int]:
    keys = [one.get("Key") for one in answer.get("GroupDefinitions", [])]
    if not keys:
        return 0, 1
    if set(keys) != {"USAGE_TYPE", "RECORD_TYPE"}:
        raise BillError(f"{path}: is grouped by {', '.join(map(str, keys))}: {HOW}")
    return keys.index("USAGE_TYPE"), keys.index("RECORD_TYPE")


def _amount(group: Mapping[str, Any], name: str, where: str) -> tuple[float, str]:
    """Return a figure and its unit; amounts are text."""
    found = group["Metrics"].get(name)
    if found is None:
        raise BillError(f"{where}: has no {name}: {HOW}")
    return float(found["Amount"]), str(found.get("Unit", ""))


def _row(
    group: Mapping[str, Any], *, order: tuple[int, int], span: Mapping[str, str], where: str
) -> BillRow:
    if len(group["Keys"]) != 2:
        raise BillError(f"{where}: is grouped by one key: {HOW}")
    usage_type, record_type = (group["Keys"][place] for place in order)
    kind = RECORD_TYPES.get(record_type)
    if kind is None:
        raise BillError(
            f"{where}: has the record type {record_type!r}, which is not known here: what is not "
            "understood is not left out"
        )
    cash, currency = _amount(group, "UnblendedCost", where)
    amortised, _ = _amount(group, "AmortizedCost", where)
    known_currency(currency, where=where)
    quantity, unit = _amount(group, "UsageQuantity", where)
    first = date.fromisoformat(span["Start"][:10])
    end = utc(datetime.fromisoformat(span["End"].replace("Z", "+00:00")))
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    use = (
        metered(usage_type, quantity=quantity, unit=unit, region="", where=where)
        if kind == "usage"
        else None
    )
    purchase = {"SavingsPlanCoveredUsage": "savings", "DiscountedUsage": "reserved"}
    return BillRow(
        day=first,
        end=end,
        span_hours=(end - start).total_seconds() / 3600.0,
        period=first.replace(day=1),
        meter=use.meter if use else "",
        sku=use.sku if use else "",
        region=use.region if use else "global",
        purchase=purchase.get(record_type, use.purchase if use else "on-demand"),
        quantity=use.quantity if use else 0.0,
        unit=use.unit if use else "",
        list_usd=None,
        cash_usd=cash,
        amortised_usd=amortised,
        kind=kind,
        owner="ours",
        usage_type=usage_type,
    )


def _refuse_twice(rows: Sequence[BillRow], where: str) -> None:
    """Refuse the same month, asked twice."""
    seen: set[tuple[Any, ...]] = set()
    for row in rows:
        key = (row.day, row.end, row.usage_type, row.kind, row.purchase, row.cash_usd)
        if key in seen and row.cash_usd:
            raise BillError(f"{where}: {row.usage_type} of {row.day} is there twice: give one file")
        seen.add(key)
