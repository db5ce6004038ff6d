"""What an answer promised, as lines that a bill can be held against."""

import math
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from advisor.recommendation import CostLine, Option

Driver = Literal["requests", "replicas", "hours", "jobs", "storage"]
"""What a quantity grows with."""

Key = tuple[str, str, str]
"""Meter, sku, region."""

NEGOTIATED: Final = "negotiated"
"""Sku of the line that takes a negotiated discount off others."""

_BY_REQUESTS: Final = {
    "sagemaker-data", "sagemaker-serverless", "data-transfer-out", "data-transfer-zone",
    "cloudwatch-logs", "api-gateway", "lambda",
}  # fmt: skip
_REQUEST_SKUS: Final = {
    ("load-balancer", "application-lcu"), ("load-balancer", "network-lcu"),
    ("nat-gateway", "data"), ("s3", "put-requests"), ("s3", "get-requests"),
}  # fmt: skip
_STANDING: Final = {"load-balancer", "nat-gateway", "vpc-endpoint", "eks", "cloudwatch"}
_STORED: Final = {"s3", "ecr"}
_JOBS: Final = {"sagemaker-training", "sagemaker-batch-transform", "sagemaker-processing"}


class Predicted(NamedTuple):
    """One meter and sku of the estimate, in a month of 730 hours."""

    quantity: float
    """Units in the month."""
    unit: str
    """What one unit is."""
    usd: float
    """Cost in the month, negotiated discounts taken off. [USD]"""
    purchase: str
    """How most of it is bought."""
    driver: Driver
    """What its quantity grows with."""
    surge_quantity: float = 0.0
    """Units of it that are release surges."""


def predicted_of(option: Option) -> dict[Key, Predicted]:
    """Return the vendor's lines of an option, added up per meter, sku and region.

    People's hours and labels are left out: no bill of a cloud has them.
    """
    lines = [line for line in option.lines if line.quote is not None]
    found: dict[Key, Predicted] = {}
    for line, usd in zip(lines, _discounted(lines), strict=True):
        quote = line.quote
        if quote is None or usd is None:
            continue
        key = (quote.service, quote.sku, quote.region)
        surge = line.quantity_per_month if "release rolls out" in line.label else 0.0
        one = Predicted(
            quantity=line.quantity_per_month,
            unit=line.unit,
            usd=usd,
            purchase=quote.purchase,
            driver=driver_of(quote.service, quote.sku, group=line.group),
            surge_quantity=surge,
        )
        earlier = found.get(key)
        if earlier is not None:
            larger = max(earlier, one, key=lambda each: each.usd)
            one = larger._replace(
                quantity=earlier.quantity + one.quantity,
                usd=earlier.usd + one.usd,
                surge_quantity=earlier.surge_quantity + one.surge_quantity,
            )
        found[key] = one
    return found


def driver_of(service: str, sku: str, *, group: str = "serving") -> Driver:
    """Say what a quantity grows with.

    Example:
        >>> driver_of("load-balancer", "application-lcu"), driver_of("nat-gateway", "gateway")
        ('requests', 'hours')
    """
    if group == "training" or service in _JOBS:
        return "jobs"
    if service in _BY_REQUESTS or (service, sku) in _REQUEST_SKUS:
        return "requests"
    if service in _STORED:
        return "storage"
    return "hours" if service in _STANDING else "replicas"


def _discounted(lines: Sequence[CostLine]) -> list[float | None]:
    """Return each line's cost with negotiated discounts taken off the lines that they are on.

    A discount is a line of its own in the estimate, of which no bill has a counterpart: a bill's
    lines are cheaper. None for the discounts' own lines.
    """
    usd: list[float | None] = [line.usd_per_month for line in lines]
    for place, line in enumerate(lines):
        quote = line.quote
        if quote is None or quote.sku != NEGOTIATED:
            continue
        on = [
            other
            for other, each in enumerate(lines)
            if each.quote is not None
            and each.quote.sku != NEGOTIATED
            and (quote.service == "any" or each.quote.service.startswith(quote.service))
        ]
        base = math.fsum(usd[other] or 0.0 for other in on)
        if base <= 0:
            continue
        for other in on:
            usd[other] = (usd[other] or 0.0) * (1 + line.usd_per_month / base)
        usd[place] = None
    return usd
