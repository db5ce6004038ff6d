"""Bills as files, in the exact columns of each form: inputs, never expectations."""

import csv
import gzip
import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

CUR_NUMBERS = (
    "line_item_usage_amount", "line_item_unblended_cost", "pricing_public_on_demand_cost",
    "savings_plan_savings_plan_effective_cost", "savings_plan_savings_plan_rate",
    "savings_plan_total_commitment_to_date", "savings_plan_used_commitment",
    "reservation_effective_cost",
    "reservation_unused_amortized_upfront_fee_for_billing_period",
    "reservation_unused_recurring_fee",
)  # fmt: skip


def cur(usage_type: str = "USE1-Host:ml.m5.large", **changes: Any) -> dict[str, Any]:
    """Return a row of CUR 2.0: a month of one endpoint instance on demand."""
    row: dict[str, Any] = {
        "bill_billing_period_start_date": "2026-09-01T00:00:00Z",
        "line_item_line_item_type": "Usage",
        "line_item_usage_type": usage_type,
        "line_item_product_code": "AmazonSageMaker",
        "line_item_operation": "RunInstance",
        "line_item_currency_code": "USD",
        "line_item_resource_id": "arn:aws:sagemaker:us-east-1:1:endpoint/churn",
        "line_item_usage_start_date": "2026-09-01T00:00:00Z",
        "line_item_usage_end_date": "2026-10-01T00:00:00Z",
        "pricing_unit": "Hrs",
        "product_region_code": "us-east-1",
        "reservation_reservation_a_r_n": "",
        "split_line_item_parent_resource_id": "",
        "resource_tags": {},
        **dict.fromkeys(CUR_NUMBERS, 0.0),
    }
    short = {"type": "line_item_line_item_type", "hours": "line_item_usage_amount",
             "cash": "line_item_unblended_cost", "plan": "savings_plan_savings_plan_effective_cost",
             "start": "line_item_usage_start_date", "end": "line_item_usage_end_date",
             "product": "line_item_product_code", "operation": "line_item_operation",
             "unit": "pricing_unit", "list": "pricing_public_on_demand_cost",
             "tags": "resource_tags", "resource": "line_item_resource_id"}  # fmt: skip
    return row | {short.get(name, name): value for name, value in changes.items()}


def plan_bill() -> list[dict[str, Any]]:
    """Return the closed-form bill of a savings plan: cash 36.50 = used 30.00 + unused 6.50."""
    usage = {"product": "AmazonECS", "unit": "hours"}
    fargate = "USE1-Fargate-vCPU-Hours:perCPU"
    return [
        cur(fargate, type="SavingsPlanCoveredUsage", hours=1000, cash=40.48, plan=30.0,
            list=40.48, **usage),
        cur(fargate, type="SavingsPlanNegation", cash=-40.48, hours=1000, **usage),
        cur("ComputeSP:1yrNoUpfront", type="SavingsPlanRecurringFee", cash=36.5,
            savings_plan_total_commitment_to_date=36.5, savings_plan_used_commitment=30.0),
    ]  # fmt: skip


def focus(**changes: Any) -> dict[str, Any]:
    """Return a row of FOCUS with AWS's columns."""
    row: dict[str, Any] = {
        "BilledCost": 0.0, "EffectiveCost": 0.0, "ListCost": 0.0, "BillingCurrency": "USD",
        "BillingPeriodStart": "2026-09-01T00:00:00Z",
        "ChargePeriodStart": "2026-09-01T00:00:00Z", "ChargePeriodEnd": "2026-10-01T00:00:00Z",
        "ChargeCategory": "Usage", "ChargeClass": None, "CommitmentDiscountId": None,
        "CommitmentDiscountStatus": None, "CommitmentDiscountType": None,
        "ConsumedQuantity": None, "ConsumedUnit": None, "PricingQuantity": 0.0,
        "PricingUnit": "Hours", "PricingCategory": "Standard", "RegionId": "us-east-1",
        "SkuId": None, "SkuPriceId": None, "ChargeDescription": None, "ResourceId": None,
        "ResourceName": None, "Tags": None, "x_UsageType": "USE1-BoxUsage:m5.large",
        "x_Operation": "RunInstances", "x_ServiceCode": "AmazonEC2",
    }  # fmt: skip
    return row | changes


def write_parquet(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Write rows as Parquet, tags as a map, as both forms have them."""
    names = list(rows[0])
    arrays = []
    for name in names:
        values = [row[name] for row in rows]
        if name in {"resource_tags", "Tags"} and any(isinstance(v, dict) for v in values):
            pairs = [list((v or {}).items()) for v in values]
            arrays.append(pa.array(pairs, pa.map_(pa.string(), pa.string())))
        elif name.endswith(("_date", "PeriodStart", "PeriodEnd")) and isinstance(values[0], str):
            text = pa.array([v[:19].replace("T", " ") for v in values])
            arrays.append(text.cast(pa.timestamp("ms")).cast(pa.timestamp("ms", "UTC")))
        elif all(v is None for v in values):
            arrays.append(pa.array(values, pa.string()))
        else:
            arrays.append(pa.array(values))
    pq.write_table(pa.table(arrays, names=names), path)
    return path


def write_csv(path: Path, rows: list[dict[str, Any]], *, old: bool = False) -> Path:
    """Write rows as gzip CSV; with the old report's names, a column per tag."""
    written = []
    for row in rows:
        cells = dict(row)
        if old:
            tags = cells.pop("resource_tags")
            cells = {old_name(name): value for name, value in cells.items()}
            cells["resourceTags/user:Model"] = tags.get("user_model", "")
        else:
            cells = {k: json.dumps(v) if isinstance(v, dict) else v for k, v in cells.items()}
        written.append(cells)
    with gzip.open(path, "wt", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(written[0]))
        writer.writeheader()
        writer.writerows(written)
    return path


def old_name(name: str) -> str:
    """Spell a column as the old report does: `line_item_usage_type` is `lineItem/UsageType`."""
    groups = ("line_item", "split_line_item", "savings_plan", "reservation", "pricing", "product",
              "bill")  # fmt: skip
    group = next(g for g in groups if name.startswith(f"{g}_"))
    rest = name.removeprefix(f"{group}_")
    camel = re.sub(r"_([a-z])", lambda m: m[1].upper(), rest)
    first = re.sub(r"_([a-z])", lambda m: m[1].upper(), group)
    if group == "product" or name == "pricing_unit":
        return f"{first}/{camel}"
    return f"{first}/{camel[0].upper()}{camel[1:]}"


def cost_explorer(groups: list[tuple[str, str, float, float, float]], **changes: Any) -> dict:
    """Return an answer of one month: usage type, record type, cash, amortised, quantity."""
    return {
        "GroupDefinitions": [
            {"Type": "DIMENSION", "Key": "USAGE_TYPE"},
            {"Type": "DIMENSION", "Key": "RECORD_TYPE"},
        ],
        "ResultsByTime": [
            {
                "TimePeriod": {"Start": "2026-09-01", "End": "2026-10-01"},
                "Total": {},
                "Groups": [
                    {
                        "Keys": [usage_type, record_type],
                        "Metrics": {
                            "UnblendedCost": {"Amount": str(cash), "Unit": "USD"},
                            "AmortizedCost": {"Amount": str(amortised), "Unit": "USD"},
                            "UsageQuantity": {"Amount": str(quantity), "Unit": "N/A"},
                        },
                    }
                    for usage_type, record_type, cash, amortised, quantity in groups
                ],
                "Estimated": False,
            }
        ],
    } | changes
