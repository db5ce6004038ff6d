"""The Cost and Usage Report, old and new (2.0), Parquet or CSV.

Three costs per row, by AWS's own rules per line type: what the invoice says (`unblended`), what
the use cost with its share of what was paid in advance (`amortised`), and the public price.
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
from advisor.imports.bills.meters import SPLIT_TAIL, metered, tail_and_region
from advisor.imports.bills.tables import (
    added_up,
    columns_of,
    day_of,
    has_words,
    matches,
    moment,
    number,
    plain_column,
    span_s,
    tag_name,
    tag_values,
    text,
)

LINE_TYPES: Final[dict[str, Kind]] = {
    "Usage": "usage",
    "SavingsPlanCoveredUsage": "usage",
    "DiscountedUsage": "usage",
    "SavingsPlanNegation": "negation",
    "SavingsPlanRecurringFee": "unused_commitment",
    "SavingsPlanUpfrontFee": "commitment",
    "RIFee": "unused_commitment",
    "Fee": "fees",
    "FlatRateSubscription": "fees",
    "EdpDiscount": "discounts",
    "PrivateRateDiscount": "discounts",
    "BundledDiscount": "discounts",
    "SppDiscount": "discounts",
    "Credit": "credits",
    "Refund": "refunds",
    "Tax": "tax",
}
"""Every line type of the report, and what it is of. One that is not here stops the reader."""

_TEXTS: Final = {
    "type": "line_item_line_item_type",
    "usage_type": "line_item_usage_type",
    "product": "line_item_product_code",
    "operation": "line_item_operation",
    "unit": "pricing_unit",
    "currency": "line_item_currency_code",
}
_NUMBERS: Final = {
    "quantity": "line_item_usage_amount",
    "cash": "line_item_unblended_cost",
    "on_demand": "pricing_public_on_demand_cost",
    "plan": "savings_plan_savings_plan_effective_cost",
    "commitment": "savings_plan_total_commitment_to_date",
    "used": "savings_plan_used_commitment",
    "reserved": "reservation_effective_cost",
    "unused_upfront": "reservation_unused_amortized_upfront_fee_for_billing_period",
    "unused_recurring": "reservation_unused_recurring_fee",
}
_START, _END = "line_item_usage_start_date", "line_item_usage_end_date"
_PERIOD = "bill_billing_period_start_date"
_PARENT = "split_line_item_parent_resource_id"
_PLAN_ARN = "reservation_reservation_a_r_n"
_REGIONS = ("product_region_code", "product_region")
_NEEDED = (*_TEXTS.values(), _NUMBERS["quantity"], _NUMBERS["cash"], _START, _END)
_OPTIONAL = {_TEXTS["operation"]}
_OF_TYPE: Final = {
    "SavingsPlanCoveredUsage": ("plan",),
    "SavingsPlanRecurringFee": ("commitment", "used"),
    "DiscountedUsage": ("reserved",),
    "RIFee": ("unused_upfront", "unused_recurring"),
}
"""Columns without which a line type's amortised cost cannot be told."""


def read_cur(paths: Sequence[Path], *, scope: Scope) -> Bill:
    """Read the parts of one report.

    Raises:
        BillError: a column is missing; a line type, currency or unit is not known.
    """
    held = columns_of(paths[0])
    missing = [name for name in _NEEDED if name not in held and name not in _OPTIONAL]
    if missing:
        raise BillError(
            f"{paths[0]}: is a cost and usage report without {', '.join(missing)}: export it with "
            "these columns"
        )
    maps = [name for name in ("resource_tags", "tags") if name in held]
    tag = scope.tag[0] if scope.tag else None
    extra = [_PERIOD, _PARENT, _PLAN_ARN, *_REGIONS, *(maps if tag else ())]
    if tag:
        extra.append(f"resource_tags_user_{tag_name(tag)}")
    if scope.resource:
        extra.append("line_item_resource_id")
    if "line_item_operation" not in held:
        extra.append("line_item_line_item_description")
    wanted = [*_NEEDED, *_NUMBERS.values(), *extra]

    def prepare(batch: Any) -> Any:
        return _table(batch, tag=tag, maps=maps, scope=scope)

    keys = [*_TEXTS, "region", "day", "period", "tag", "is_resource", "is_reserved"]
    found = added_up(
        paths,
        wanted={name: held[name] for name in wanted if name in held},
        prepare=prepare,
        keys=keys,
        sums=list(_NUMBERS),
    )
    where = str(paths[0])
    told = {name for name, column in _NUMBERS.items() if column in held}
    rows = tuple(_row(group, told=told, scope=scope, where=where) for group in found.groups)
    old = any("/" in name for name in held.values())
    bill = Bill(
        form="CUR" if old else "CUR 2.0",
        rows=rows,
        row_count=found.row_count,
        left_out_row_count=found.row_count - found.kept_row_count,
        notes=notes_of(rows),
    )
    return checked(bill, cash_usd=found.totals["cash"], where=where)


def _table(batch: Any, *, tag: str | None, maps: Sequence[str], scope: Scope) -> Any:
    """Return keys and sums of a batch, without the parts of rows that are billed themselves."""
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = pc.invert(matches(text(batch, _TEXTS["usage_type"]), _SPLIT))
    whole = pc.and_(whole, pc.equal(text(batch, _PARENT), ""))
    if not pc.all(whole).as_py():
        batch = batch.filter(whole)
    start, end = moment(batch, _START), moment(batch, _END)
    columns = {key: text(batch, name) for key, name in _TEXTS.items()}
    if "line_item_line_item_description" in batch.column_names:
        is_balancer = matches(columns["usage_type"], "(LoadBalancer|LCU)Usage$")
        words = text(batch, "line_item_line_item_description")
        columns["operation"] = pc.if_else(is_balancer, words, "")
    region = text(batch, _REGIONS[0])
    region = pc.if_else(pc.equal(region, ""), text(batch, _REGIONS[1]), region)
    has_period = _PERIOD in batch.column_names
    return pa.table(
        columns
        | {key: number(batch, name) for key, name in _NUMBERS.items()}
        | {
            "region": region,
            "day": day_of(start),
            "end": end,
            "span_s": span_s(start, end),
            "period": day_of(moment(batch, _PERIOD)) if has_period else _month(start),
            "tag": tag_values(batch, key=tag, maps=maps) if tag else text(batch, ""),
            "is_resource": has_words(batch, "line_item_resource_id", scope.resource),
            "is_reserved": pc.not_equal(text(batch, _PLAN_ARN), ""),
        }
    )


_SPLIT: Final = f"(^|-){SPLIT_TAIL.pattern}$"


def _month(moments: Any) -> Any:
    import pyarrow.compute as pc

    return day_of(pc.floor_temporal(moments, unit="month"))


def _row(group: dict[str, Any], *, told: set[str], scope: Scope, where: str) -> BillRow:
    """Turn a group into a row of the one form."""
    line_type = group["type"]
    kind = LINE_TYPES.get(line_type)
    if kind is None:
        raise BillError(
            f"{where}: has rows of the line type {line_type!r}, which is not known here: what is "
            "not understood is not left out; known are " + ", ".join(LINE_TYPES)
        )
    known_currency(group["currency"], where=where)
    lacking = [_NUMBERS[name] for name in _OF_TYPE.get(line_type, ()) if name not in told]
    if lacking:
        raise BillError(
            f"{where}: has rows of the line type {line_type} but no column {', '.join(lacking)}, "
            "without which their cost cannot be told: export it with them"
        )
    if line_type == "Fee" and group["is_reserved"]:
        kind = "commitment"
    if kind == "usage" and group["quantity"] < 0:
        kind = "corrections"
    use = metered(
        group["usage_type"],
        quantity=group["quantity"] if kind in {"usage", "corrections"} else 0.0,
        unit=group["unit"] if kind in {"usage", "corrections"} else "n/a",
        region=group["region"],
        product=group["product"],
        operation=group["operation"],
        where=where,
    ) if kind in {"usage", "corrections"} else None  # fmt: skip
    purchase = {"SavingsPlanCoveredUsage": "savings", "DiscountedUsage": "reserved"}.get(line_type)
    counts_list = kind in {"usage", "corrections"}
    _, named = tail_and_region(group["usage_type"])
    return BillRow(
        day=group["day"],
        end=utc(group["end"]),
        span_hours=group["span_s"] / 3600.0,
        period=group["period"],
        meter=use.meter if use else "",
        sku=use.sku if use else "",
        region=(use.region if use else group["region"] or named) or "global",
        purchase=purchase or (use.purchase if use else "on-demand"),
        quantity=use.quantity if use else 0.0,
        unit=use.unit if use else "",
        list_usd=(group["on_demand"] if "on_demand" in told else None) if counts_list else 0.0,
        cash_usd=group["cash"],
        amortised_usd=_amortised_usd(group),
        kind=kind,
        owner=owner_of(scope=scope, tag=group["tag"], is_resource=group["is_resource"]),
        usage_type=group["usage_type"],
    )


def _amortised_usd(group: dict[str, Any]) -> float:
    """Return the amortised cost of rows of one line type, by AWS's rules. [USD]"""
    line_type = group["type"]
    if line_type == "SavingsPlanCoveredUsage":
        usd = group["plan"]
    elif line_type == "SavingsPlanRecurringFee":
        usd = group["commitment"] - group["used"]
    elif line_type == "DiscountedUsage":
        usd = group["reserved"]
    elif line_type == "RIFee":
        usd = group["unused_upfront"] + group["unused_recurring"]
    elif line_type in {"SavingsPlanNegation", "SavingsPlanUpfrontFee"}:
        usd = 0.0
    elif line_type == "Fee":
        usd = 0.0 if group["is_reserved"] else group["cash"]
    else:
        usd = group["cash"]
    return float(usd)


def is_cur(columns: Sequence[str]) -> bool:
    """Say whether columns, under their plain names, are those of this report."""
    return _TEXTS["type"] in {plain_column(name) for name in columns}
