"""The cost lines as CSV for a spreadsheet, in columns of our own and in those of FOCUS.

FOCUS is the FinOps Open Cost and Usage Specification; the columns here are those of version 1.0
that an estimate can fill, and `x_` columns of our own. Both files hold figures in full precision.
"""

import calendar
import csv
import io
from collections.abc import Iterable
from typing import Any

from advisor.recommendation import CostLine, Option, Recommendation
from advisor.report.words import cleaned

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
    "ecr": ("Amazon Elastic Container Registry", "Storage"),
    "load-balancer": ("Elastic Load Balancing", "Networking"),
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
    "BillingCurrency",
    "BillingPeriodStart",
    "BillingPeriodEnd",
    "ChargeCategory",
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
    "PricingCategory",
    "PricingQuantity",
    "PricingUnit",
    "ProviderName",
    "PublisherName",
    "RegionId",
    "ResourceName",
    "ServiceCategory",
    "ServiceName",
    "SkuId",
    "x_Estimate",
    "x_Group",
    "x_Basis",
    "x_Source",
    "x_PriceCheckedOn",
)
PRICING = {"on-demand": "Standard", "spot": "Dynamic", "savings-1y": "Committed"}


def _focus(recommendation: Recommendation, option: Option, line: CostLine) -> dict[str, Any]:
    day = recommendation.prices.on
    days = calendar.monthrange(day.year, day.month)[1]
    start = day.replace(day=1)
    end = start.replace(year=day.year + day.month // 12, month=day.month % 12 + 1)
    assert (end - start).days == days
    quote = line.quote
    service, category = _service(quote.service) if quote else (line.label, "Other")
    seller = VENDOR if quote else OWN_STAFF
    period = {
        "PeriodStart": f"{start.isoformat()}T00:00:00Z",
        "PeriodEnd": f"{end.isoformat()}T00:00:00Z",
    }
    return {
        **{f"Billing{name}": at for name, at in period.items()},
        **{f"Charge{name}": at for name, at in period.items()},
        "BilledCost": line.usd_per_month,
        "BillingCurrency": "USD",
        "ChargeCategory": "Usage",
        "ChargeDescription": line.label,
        "ChargeFrequency": "Usage-Based",
        "ConsumedQuantity": line.quantity_per_month,
        "ConsumedUnit": line.unit,
        "ContractedCost": line.usd_per_month,
        "ContractedUnitPrice": line.usd_per_unit,
        "EffectiveCost": line.usd_per_month,
        "InvoiceIssuerName": seller,
        "PricingCategory": PRICING.get(quote.purchase, "Other") if quote else "Other",
        "PricingQuantity": line.quantity_per_month,
        "PricingUnit": line.unit,
        "ProviderName": seller,
        "PublisherName": seller,
        "RegionId": quote.region if quote else "",
        "ResourceName": option.name,
        "ServiceCategory": category,
        "ServiceName": service,
        "SkuId": quote.sku if quote else "",
        "x_Estimate": "yes",
        "x_Group": line.group,
        "x_Basis": line.basis,
        "x_Source": line.source,
        "x_PriceCheckedOn": quote.checked_on if quote else "",
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
