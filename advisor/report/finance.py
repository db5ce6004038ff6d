"""The cost lines as CSV for a spreadsheet, in columns of our own and in those of FOCUS.

FOCUS is the FinOps Open Cost and Usage Specification; the columns here are those of version 1.0
that an estimate can fill, and `x_` columns of our own. Both files hold figures in full precision.
"""

import csv
import io
import json
from collections.abc import Iterable
from typing import Any

from advisor.recommendation import CostLine, Option, Recommendation
from advisor.report.words import cleaned
from pricing.quotes import COMMITMENTS

COLUMNS = (
    "study",
    "rank",
    "chosen",
    "option",
    "candidate",
    "platform",
    "sku",
    "region",
    "purchase",
    "replicas",
    "group",
    "line",
    "quantity_per_month",
    "unit",
    "usd_per_unit",
    "usd_per_month",
    "basis",
    "source",
    "price_service",
    "price_sku",
    "price_valid_from",
    "price_checked_on",
    "prices_on",
)
"""One line per cost line of every option that meets the needs; ranks as in the reports."""

SERVICES = {
    "ec2": ("Amazon Elastic Compute Cloud", "Compute"),
    "fargate": ("AWS Fargate", "Compute"),
    "ebs": ("Amazon Elastic Block Store", "Storage"),
    "s3": ("Amazon Simple Storage Service", "Storage"),
    "ecs-managed-instances": ("Amazon Elastic Container Service", "Compute"),
    "lambda": ("AWS Lambda", "Compute"),
    "api-gateway": ("Amazon API Gateway", "Networking"),
    "ecr": ("Amazon Elastic Container Registry", "Storage"),
    "load-balancer": ("Elastic Load Balancing", "Networking"),
    "eks": ("Amazon Elastic Kubernetes Service", "Compute"),
    "nat-gateway": ("Amazon Virtual Private Cloud", "Networking"),
    "vpc-endpoint": ("Amazon Virtual Private Cloud", "Networking"),
    "public-ipv4": ("Amazon Virtual Private Cloud", "Networking"),
    "data-transfer": ("AWS Data Transfer", "Networking"),
    "cloudwatch": ("Amazon CloudWatch", "Management and Governance"),
    "sagemaker": ("Amazon SageMaker", "AI and Machine Learning"),
}
"""Name and category of a billing service in FOCUS, by how our name of it begins."""

OWN_STAFF = "Own staff"
VENDOR = "AWS"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def render_csv(recommendation: Recommendation) -> str:
    """Return every cost line of every ranked option."""
    safe = cleaned(recommendation)
    rows = (
        _row(safe, place, option, line)
        for place, option in enumerate(safe.ranked, start=1)
        for line in option.lines
    )
    return _csv(COLUMNS, rows)


def _row(
    recommendation: Recommendation, place: int, option: Option, line: CostLine
) -> dict[str, Any]:
    quote = line.quote
    return {
        "study": recommendation.study,
        "rank": place,
        "chosen": "yes" if place == 1 else "no",
        "option": option.name,
        "candidate": option.candidate,
        "platform": option.platform,
        "sku": option.sku,
        "region": option.region,
        "purchase": option.purchase,
        "replicas": option.replicas,
        "group": line.group,
        "line": line.label,
        "quantity_per_month": line.quantity_per_month,
        "unit": line.unit,
        "usd_per_unit": line.usd_per_unit,
        "usd_per_month": line.usd_per_month,
        "basis": line.basis,
        "source": line.source,
        "price_service": quote.service if quote else "",
        "price_sku": quote.sku if quote else "",
        "price_valid_from": quote.valid_from if quote else "",
        "price_checked_on": quote.checked_on if quote else "",
        "prices_on": recommendation.prices.on,
    }


def render_focus(recommendation: Recommendation) -> str:
    """Return the chosen option's month in the columns of FOCUS; no row where none is feasible."""
    safe = cleaned(recommendation)
    rows = [_focus(safe, safe.best, line) for line in safe.best.lines] if safe.best else []
    return _csv(FOCUS_COLUMNS, rows)


FOCUS_COLUMNS = (
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingCurrency",
    "BillingPeriodStart",
    "BillingPeriodEnd",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargeFrequency",
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ContractedCost",
    "ContractedUnitPrice",
    "EffectiveCost",
    "InvoiceIssuerName",
    "ListCost",
    "ListUnitPrice",
    "PricingCategory",
    "PricingQuantity",
    "PricingUnit",
    "ProviderName",
    "PublisherName",
    "RegionId",
    "RegionName",
    "ResourceName",
    "ResourceType",
    "ServiceCategory",
    "ServiceName",
    "SkuId",
    "SkuPriceId",
    "SubAccountId",
    "SubAccountName",
    "Tags",
    "x_Estimate",
    "x_Group",
    "x_Basis",
    "x_Source",
    "x_PriceCheckedOn",
)
"""Every column that FOCUS 1.0 wants, those of its others that an estimate can fill, and our own."""

PRICING: dict[str, str] = {
    "on-demand": "Standard",
    "spot": "Dynamic",
    **dict.fromkeys(COMMITMENTS, "Committed"),
}

FOCUS_UNITS = {
    "hour": "Hours",
    "h": "Hours",
    "second": "Seconds",
    "vcpu-hour": "vCPU-Hours",
    "gib-hour": "GiB-Hours",
    "gib-second": "GiB-Seconds",
    "gb": "GB",
    "gb-month": "GB-Months",
    "lcu-hour": "LCU-Hours",
    "iops-month": "IOPS-Months",
    "mibps-month": "MiBps-Months",
    "1k-requests": "1000 Requests",
    "item-month": "Item-Months",
}
"""Our units in the way that FOCUS writes them; another one is capitalised and plural."""

REGION_NAMES = {
    "us-east-1": "US East (N. Virginia)",
    "us-east-2": "US East (Ohio)",
    "us-west-2": "US West (Oregon)",
    "eu-west-1": "Europe (Ireland)",
    "eu-central-1": "Europe (Frankfurt)",
    "ap-southeast-2": "Asia Pacific (Sydney)",
    "ap-northeast-1": "Asia Pacific (Tokyo)",
    "eu-west-2": "Europe (London)",
    "ap-south-1": "Asia Pacific (Mumbai)",
    "ap-southeast-1": "Asia Pacific (Singapore)",
    "ca-central-1": "Canada (Central)",
    "sa-east-1": "South America (Sao Paulo)",
}


def _focus(recommendation: Recommendation, option: Option, line: CostLine) -> dict[str, Any]:
    quote = line.quote
    service, category = _service(quote.service) if quote else (line.label, "Other")
    seller = VENDOR if quote else OWN_STAFF
    recurs = line.group in {"people", "labels"} or (quote and quote.purchase in COMMITMENTS)
    tags = {"study": recommendation.study, "candidate": option.candidate, "part": line.group}
    return {
        **_month(recommendation),
        **_quantities(line),
        "BilledCost": line.usd_per_month,
        "BillingAccountId": "estimate",
        "BillingAccountName": "An estimate, on no account",
        "BillingCurrency": "USD",
        "ChargeClass": "",
        "ChargeDescription": line.label,
        "ChargeFrequency": "Recurring" if recurs else "Usage-Based",
        "ContractedCost": line.usd_per_month,
        "EffectiveCost": line.usd_per_month,
        "InvoiceIssuerName": seller,
        "ListCost": line.usd_per_month,
        "ProviderName": seller,
        "PublisherName": seller,
        "RegionId": quote.region if quote else "",
        "RegionName": REGION_NAMES.get(quote.region, "") if quote else "",
        "ResourceName": option.name,
        "ResourceType": option.platform,
        "ServiceCategory": category,
        "ServiceName": service,
        "SubAccountId": "",
        "SubAccountName": "",
        "Tags": json.dumps(tags),
        "x_Estimate": "yes",
        "x_Group": line.group,
        "x_Basis": line.basis,
        "x_Source": line.source,
        "x_PriceCheckedOn": quote.checked_on if quote else "",
    }


def _month(recommendation: Recommendation) -> dict[str, str]:
    """Return the calendar month of the prices' day, which the bill is for."""
    day = recommendation.prices.on
    start = day.replace(day=1)
    end = start.replace(year=day.year + day.month // 12, month=day.month % 12 + 1)
    return {
        f"{kind}Period{edge}": f"{at.isoformat()}T00:00:00Z"
        for kind in ("Billing", "Charge")
        for edge, at in (("Start", start), ("End", end))
    }


def _quantities(line: CostLine) -> dict[str, Any]:
    """Return what was used and its price; nothing for a discount, which is on other charges.

    The price is the list price: what was negotiated stands as an adjustment of its own, as in the
    bill, so that list and billed costs of each line are the same.
    """
    quote = line.quote
    if line.usd_per_month < 0:
        names = (
            *("ConsumedQuantity", "ConsumedUnit", "ContractedUnitPrice", "ListUnitPrice"),
            *("PricingQuantity", "PricingUnit", "PricingCategory", "SkuId", "SkuPriceId"),
        )
        return dict.fromkeys(names, "") | {"ChargeCategory": "Adjustment"}
    unit = FOCUS_UNITS.get(line.unit, f"{line.unit.removesuffix('s').capitalize()}s")
    sku = quote.sku if quote else line.label
    price = (
        (quote.service, sku, quote.region, quote.purchase, quote.valid_from) if quote else (sku,)
    )
    return {
        "ChargeCategory": "Usage",
        "ConsumedQuantity": line.quantity_per_month,
        "ConsumedUnit": unit,
        "ContractedUnitPrice": line.usd_per_unit,
        "ListUnitPrice": line.usd_per_unit,
        "PricingCategory": PRICING.get(quote.purchase, "Other") if quote else "Other",
        "PricingQuantity": line.quantity_per_month,
        "PricingUnit": unit,
        "SkuId": sku,
        "SkuPriceId": "/".join(str(part) for part in price),
    }


def _service(name: str) -> tuple[str, str]:
    found = next((said for start, said in SERVICES.items() if name.startswith(start)), None)
    return found or (name, "Other")


def _csv(columns: tuple[str, ...], rows: Iterable[dict[str, Any]]) -> str:
    """Return rows as CSV with the same line ends everywhere."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([harmless(row[column]) for column in columns])
    return text.getvalue()


def harmless(value: Any) -> Any:
    """Return a cell that a spreadsheet takes for words, not for a formula; figures stay figures.

    Example:
        >>> harmless("=1+1"), harmless(" =1+1"), harmless(-1.5)
        ("'=1+1", "' =1+1", -1.5)
    """
    if isinstance(value, str) and value.lstrip().startswith(_FORMULA):
        return f"'{value}"
    return value
