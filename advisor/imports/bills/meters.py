"""From the bill's name of a thing, its usage type, to the price book's.

A usage type is `[PREFIX-]tail`: the prefix is a region, the tail is matched exactly. What AWS's
own price files name is taken from the table of services; what they name otherwise stands here.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Final, NamedTuple

from advisor.imports.bills.form import UNKNOWN, BillError
from pricing.services import SERVICES
from pricing.services.base import PER_GB, PER_GB_MONTH, PER_HOUR
from pricing.sources.offers import USAGE_PREFIXES

SPLIT_TAIL: Final = re.compile(r"(ECS|EKS)-(EC2-)?(vCPU|GB)-Hours")
"""Split cost allocation: parts of a row that is billed itself."""

_REGION_OF: Final = {prefix: region for region, all_ in USAGE_PREFIXES.items() for prefix in all_}
_SECONDS: Final = {"second": 1.0, "seconds": 1.0, "sec": 1.0}
_ML: Final = r"(?P<sku>ml\.[a-z0-9-]+\.[a-z0-9]+)"
_MACHINE: Final = r"(?P<sku>[a-z0-9-]+\.[a-z0-9-]+)"


class Meter(NamedTuple):
    """What a usage type is in the price book."""

    service: str
    sku: str
    unit: str
    per: Mapping[str, float]
    """The vendor's units, each with what a price by it is to be multiplied by."""
    purchase: str = "on-demand"


_PATTERNS: Final[tuple[tuple[str, str, str, str, Mapping[str, float], str], ...]] = (
    # Most telling first: a spot machine is no Fargate task. Pattern, service, sku, unit, purchase.
    (r"SpotUsage:" + _MACHINE, "ec2", "", "hour", PER_HOUR, "spot"),
    (r"BoxUsage:" + _MACHINE, "ec2", "", "hour", PER_HOUR, "on-demand"),
    (r"Host:" + _ML, "sagemaker-hosting", "", "hour", PER_HOUR, "on-demand"),
    (r"AsyncInf:" + _ML, "sagemaker-async", "", "hour", PER_HOUR, "on-demand"),
    (r"Tsform:" + _ML, "sagemaker-batch-transform", "", "hour", PER_HOUR, "on-demand"),
    (r"Processing:" + _ML, "sagemaker-processing", "", "hour", PER_HOUR, "on-demand"),
    (r"Train:" + _ML, "sagemaker-training", "", "hour", PER_HOUR, "on-demand"),
    (r"Notebk:" + _ML, "sagemaker-notebook", "", "hour", PER_HOUR, "on-demand"),
    (r"Studio:[A-Za-z]+-" + _ML, "sagemaker-studio", "", "hour", PER_HOUR, "on-demand"),
    (r"Host:VolumeUsage\.gp[23]", "sagemaker-hosting-storage", "storage", "gb-month",
     PER_GB_MONTH, "on-demand"),
    (r"Train:VolumeUsage\.gp[23]", "sagemaker-training-storage", "storage", "gb-month",
     PER_GB_MONTH, "on-demand"),
    (r"Ho?st:Data-Bytes-(In|Out)", "sagemaker-data", "endpoint", "gb", PER_GB, "on-demand"),
    (r"EBS:VolumeUsage\.gp3", "ebs-gp3", "storage", "gb-month", PER_GB_MONTH, "on-demand"),
    (r"EBS:VolumeP-IOPS\.gp3", "ebs-gp3", "iops", "iops-month", {"iops-mo": 1.0}, "on-demand"),
    (r"EBS:VolumeP-Throughput\.gp3", "ebs-gp3", "throughput", "mibps-month",
     {"gibps-mo": 1.0 / 1024.0, "mibps-mo": 1.0}, "on-demand"),
    (r"DataTransfer-Out-Bytes", "data-transfer-out", "internet", "gb", PER_GB, "on-demand"),
    (r"DataTransfer-Regional-Bytes", "data-transfer-zone", "each-direction", "gb", PER_GB,
     "on-demand"),
    (r"CPUCredits:(?P<sku>t[0-9][a-z]*)", "ec2-cpu-credits", "", "vcpu-hour", PER_HOUR,
     "on-demand"),
    (r"PublicIPv4:IdleAddress", "public-ipv4", "idle-address", "hour", PER_HOUR, "on-demand"),
)  # fmt: skip


@cache
def tail_and_region(usage_type: str) -> tuple[str, str | None]:
    """Split a usage type into its tail and the region that its prefix names.

    Example:
        >>> tail_and_region("APS3-Host:ml.m5.large"), tail_and_region("BoxUsage:m5.large")
        (('Host:ml.m5.large', 'ap-south-1'), ('BoxUsage:m5.large', 'us-east-1'))
    """
    prefix, dash, tail = usage_type.partition("-")
    if dash and prefix in _REGION_OF:
        return tail, _REGION_OF[prefix]
    if dash and re.fullmatch(r"[A-Z]{2,3}[0-9]|[A-Z]{3}", prefix) and prefix not in {"ECS", "EKS"}:
        return tail, None
    return usage_type, "us-east-1"


@cache
def meter_of(usage_type: str, *, product: str, operation: str) -> Meter | None:
    """Return what a usage type is in the price book; None for what it does not hold.

    Args:
        usage_type: as the bill spells it, with its prefix.
        product: the vendor's code of the product, empty where the bill does not tell.
        operation: what was done, or words that tell one kind of load balancer from another.
    """
    tail, _ = tail_and_region(usage_type)
    if tail.startswith("SpotUsage-Fargate"):
        found = meter_of(tail.removeprefix("SpotUsage-"), product=product, operation=operation)
        return found and found._replace(purchase="spot")
    if tail in {"LoadBalancerUsage", "LCUUsage"}:
        return _load_balancer(tail, operation)
    serverless = re.fullmatch(r"ServerlessInf:Mem-([0-9]+)GB", tail)
    if serverless:
        return Meter("sagemaker-serverless", f"memory-{serverless[1]}gb", "second", _SECONDS)
    for pattern, service, sku, unit, per, purchase in _PATTERNS:
        match = re.fullmatch(pattern, tail)
        if match:
            return Meter(service, sku or match["sku"], unit, per, purchase)
    offered = _OFFERED.get(tail, {})
    if product:
        return offered.get(product)
    return next(iter(offered.values())) if len(offered) == 1 else None


def _load_balancer(tail: str, operation: str) -> Meter:
    """One usage type serves three kinds of balancer; the operation or the description tells."""
    is_units = tail == "LCUUsage"
    words = operation.lower()
    if "network" in words:
        kind = "network"
    elif "gateway" in words:
        kind = "gateway"
    elif "application" in words or is_units or not words:
        kind = "application"
    else:
        kind = "classic"
    unit = "lcu-hour" if is_units else "hour"
    return Meter("load-balancer", f"{kind}-lcu" if is_units else kind, unit, PER_HOUR)


def _offered() -> dict[str, dict[str, Meter]]:
    """Return what the table of services knows: tail -> product code -> meter."""
    found: dict[str, dict[str, Meter]] = {}
    for service in SERVICES.values():
        for one in service.offered:
            found.setdefault(one.usage, {})[one.code] = Meter(*one.to, one.per)
    return found


_OFFERED: Final = _offered()


class Metered(NamedTuple):
    """A quantity in the price book's terms."""

    meter: str
    sku: str
    region: str
    purchase: str
    quantity: float
    unit: str


def metered(
    usage_type: str,
    *,
    quantity: float,
    unit: str,
    region: str,
    product: str = "",
    operation: str = "",
    where: str,
) -> Metered:
    """Return a billed quantity in the price book's terms.

    Args:
        usage_type: as the bill spells it.
        quantity: in the bill's unit.
        unit: the bill's unit; `N/A` or nothing where the form of the bill has none.
        region: as the bill names it; that of the prefix where it names none.
        product: the vendor's code of the product.
        operation: what was done.
        where: name of the file, for the message.

    Raises:
        BillError: a known meter is billed by a unit that is not known for it.
    """
    _, named = tail_and_region(usage_type)
    place = region or named or "global"
    meter = meter_of(usage_type, product=product, operation=operation)
    if meter is None:
        return Metered(UNKNOWN, usage_type, place, "on-demand", quantity, unit or "unit")
    spelling = unit.lower()
    if spelling in {"", "n/a"} and len(set(meter.per.values())) == 1:
        factor: float | None = next(iter(meter.per.values()))
    else:
        factor = meter.per.get(spelling)
    if factor is None:
        raise BillError(
            f"{where}: {usage_type} is billed by {unit!r}, not by {' or '.join(meter.per)}: the "
            "reader must be taught what that means"
        )
    return Metered(meter.service, meter.sku, place, meter.purchase, quantity / factor, meter.unit)
