"""FOCUS, versions 1.0 to 1.2, with AWS's own columns where they are there.

A purchase of a commitment is billed in full and costs nothing effectively; the use it pays for is
billed nothing and costs its share. Adding list cost over both would double it: only use counts.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from advisor.imports.bills.form import (
    Bill,
    BillError,
    BillRow,
    Kind,
    Scope,
    checked,
    known_currency,
    notes_of,
    owner_of,
    utc,
)
from advisor.imports.bills.meters import metered
from advisor.imports.bills.tables import (
    added_up,
    columns_of,
    day_of,
    has_words,
    moment,
    number,
    span_s,
    tag_values,
    text,
)

_TEXTS: Final = {
    "category": "ChargeCategory",
    "class_": "ChargeClass",
    "status": "CommitmentDiscountStatus",
    "commitment_type": "CommitmentDiscountType",
    "product": "x_ServiceCode",
    "operation": "x_Operation",
    "currency": "BillingCurrency",
    "region": "RegionId",
    "pricing": "PricingCategory",
}
_NUMBERS: Final = {"cash": "BilledCost", "effective": "EffectiveCost", "list": "ListCost"}
_NAMES: Final = ("x_UsageType", "SkuId", "SkuPriceId", "ChargeDescription")
"""What names the thing: the first of them that a row has."""
_NEEDED: Final = (
    "ChargeCategory", "BilledCost", "EffectiveCost", "ChargePeriodStart", "ChargePeriodEnd",
    "BillingCurrency",
)  # fmt: skip
_CATEGORIES: Final = ("Usage", "Purchase", "Tax", "Credit", "Adjustment")


def is_focus(columns: Sequence[str]) -> bool:
    """Say whether columns are those of FOCUS."""
    return {"ChargeCategory", "BilledCost"} <= set(columns)


def read_focus(paths: Sequence[Path], *, scope: Scope) -> Bill:
    """Read the parts of one export.

    Raises:
        BillError: a column is missing; a category, currency or unit is not known.
    """
    held = columns_of(paths[0])
    missing = [name for name in _NEEDED if name not in held]
    if missing:
        raise BillError(
            f"{paths[0]}: is a FOCUS export without {', '.join(missing)}: export it with these "
            "columns"
        )
    wanted = [
        *_NEEDED, *_TEXTS.values(), *_NUMBERS.values(), *_NAMES, "PricingQuantity", "PricingUnit",
        "ConsumedQuantity", "ConsumedUnit", "BillingPeriodStart", "CommitmentDiscountId",
    ]  # fmt: skip
    wanted += ["Tags"] if scope.tag else []
    wanted += ["ResourceId", "ResourceName"] if scope.resource else []
    found = added_up(
        paths,
        wanted={name: held[name] for name in wanted if name in held},
        prepare=lambda batch: _table(batch, scope=scope),
        keys=[
            *_TEXTS, "usage_type", "unit", "day", "period", "tag", "is_resource", "is_committed",
        ],
        sums=[*_NUMBERS, "quantity"],
    )  # fmt: skip
    where = str(paths[0])
    has_list = "ListCost" in held
    rows = tuple(_row(group, scope=scope, has_list=has_list, where=where) for group in found.groups)
    notes = notes_of(rows) + _rounded(found.groups)
    bill = Bill(form="FOCUS", rows=rows, row_count=found.row_count, notes=notes)
    return checked(bill, cash_usd=found.totals["cash"], where=where)


def _table(batch: Any, *, scope: Scope) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    names = text(batch, _NAMES[0])
    for column in _NAMES[1:]:
        names = pc.if_else(pc.equal(names, ""), text(batch, column), names)
    start, end = moment(batch, "ChargePeriodStart"), moment(batch, "ChargePeriodEnd")
    consumed = text(batch, "ConsumedUnit")
    is_priced = pc.equal(consumed, "")
    if "BillingPeriodStart" in batch.column_names:
        period = day_of(moment(batch, "BillingPeriodStart"))
    else:
        period = day_of(pc.floor_temporal(start, unit="month"))
    is_resource = pc.or_(
        has_words(batch, "ResourceId", scope.resource),
        has_words(batch, "ResourceName", scope.resource),
    )
    tag = tag_values(batch, key=scope.tag[0], maps=["Tags"]) if scope.tag else text(batch, "")
    columns = {key: text(batch, name) for key, name in _TEXTS.items()}
    columns |= {key: number(batch, name) for key, name in _NUMBERS.items()}
    return pa.table(
        columns
        | {
            "usage_type": names,
            "unit": pc.if_else(is_priced, text(batch, "PricingUnit"), consumed),
            "quantity": pc.if_else(
                is_priced, number(batch, "PricingQuantity"), number(batch, "ConsumedQuantity")
            ),
            "day": day_of(start),
            "end": end,
            "span_s": span_s(start, end),
            "period": period,
            "tag": tag,
            "is_resource": is_resource,
            "is_committed": pc.not_equal(text(batch, "CommitmentDiscountId"), ""),
        }
    )


def _kind(group: dict[str, Any], *, where: str) -> Kind:
    category = group["category"]
    if category not in _CATEGORIES:
        raise BillError(
            f"{where}: has rows of the charge category {category!r}, which is not known here: what "
            f"is not understood is not left out; known are {', '.join(_CATEGORIES)}"
        )
    if category == "Tax":
        return "tax"
    if group["class_"] == "Correction" or category == "Adjustment":
        return "corrections"
    if category == "Credit":
        return "credits"
    if category == "Purchase":
        return "commitment" if group["is_committed"] else "fees"
    return "unused_commitment" if group["status"] == "Unused" else "usage"


def _row(group: dict[str, Any], *, scope: Scope, has_list: bool, where: str) -> BillRow:
    known_currency(group["currency"], where=where)
    kind = _kind(group, where=where)
    counts = kind == "usage" or (kind == "corrections" and group["category"] == "Usage")
    use = metered(
        group["usage_type"] or "unnamed",
        quantity=group["quantity"] if counts else 0.0,
        unit=group["unit"] if counts else "",
        region=group["region"],
        product=group["product"],
        operation=group["operation"],
        where=where,
    ) if counts else None  # fmt: skip
    purchase = use.purchase if use else "on-demand"
    if group["status"] == "Used":
        purchase = "reserved" if "reserv" in group["commitment_type"].lower() else "savings"
    elif group["pricing"] == "Dynamic":
        purchase = "spot"
    return BillRow(
        day=group["day"],
        end=utc(group["end"]),
        span_hours=group["span_s"] / 3600.0,
        period=group["period"],
        meter=use.meter if use else "",
        sku=use.sku if use else "",
        region=(use.region if use else group["region"]) or "global",
        purchase=purchase,
        quantity=use.quantity if use else 0.0,
        unit=use.unit if use else "",
        list_usd=(group["list"] if has_list else None) if counts else 0.0,
        cash_usd=group["cash"],
        amortised_usd=group["effective"],
        kind=kind,
        owner=owner_of(scope=scope, tag=group["tag"], is_resource=group["is_resource"]),
        usage_type=group["usage_type"],
    )


def _rounded(groups: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """Say where effective costs are whole dollars, as in a public sample, and no truth."""
    effective = [group["effective"] for group in groups if group["effective"]]
    billed = [group["cash"] for group in groups if group["cash"]]
    whole = all(usd == round(usd) for usd in effective)
    if len(billed) < 5 or not whole or all(usd == round(usd) for usd in billed):
        return ()
    return ("EffectiveCost is in whole dollars and BilledCost is not: it was rounded, export anew",)
