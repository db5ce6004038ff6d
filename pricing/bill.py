"""Usage lines in, a bill out. All money in the product goes through here."""

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from pricing import meters
from pricing.base import HOURS_PER_MONTH, Record
from pricing.discounts import Charge, Discounts, reductions
from pricing.errors import PricingError, UsageError
from pricing.quotes import PriceBook, PriceQuote
from pricing.usage import LCU_QUANTITIES, Usage, UsageLine

FREE_TIERS: Mapping[str, str] = {
    "sagemaker-hosting": "SageMaker, first 2 months: 125 h of ml.m4.xlarge or ml.m5.xlarge hosting",
    "sagemaker-training": "SageMaker, first 2 months: 50 h of ml.m4.xlarge or m5.xlarge training",
    "sagemaker-serverless": "SageMaker, first 2 months: 150,000 s of serverless inference",
    "sagemaker-notebook": "SageMaker, first 2 months: 250 h of ml.t3.medium notebooks",
    "sagemaker-studio": "SageMaker, first 2 months: 250 h of ml.t3.medium in Studio",
    "load-balancer": "load balancers, new customers: 750 h and 15 capacity units a month",
    "cloudwatch-logs": "CloudWatch: 5 GB of logs a month",
    "cloudwatch-metrics": "CloudWatch: 10 metrics and 10 alarms a month",
    "data-transfer-out": "data transfer: the first 100 GB a month of an account are free",
}
"""Free allowances that no bill here applies; each is named beside the bill it would lower."""


class BillLine(Record):
    """One line of a bill."""

    label: str
    """What the line is for."""
    quantity: float
    """How much."""
    unit: str
    """Of what."""
    usd_per_unit: float
    """Price of one unit; negative where a discount gives back. [USD/unit]"""
    cost_usd: float
    """Quantity times price, unrounded. [USD]"""
    quote: PriceQuote
    """The price it rests on."""


class Bill(Record):
    """What the usage costs, line by line."""

    region: str
    """Region code."""
    on: date
    """Day whose prices apply."""
    lines: tuple[BillLine, ...]
    """Every charge and every discount."""
    free_tiers: tuple[str, ...] = ()
    """Free allowances that were not taken off."""

    @property
    def total_usd(self) -> float:
        """Sum of the lines. [USD]"""
        return math.fsum(line.cost_usd for line in self.lines)

    @property
    def quotes(self) -> tuple[PriceQuote, ...]:
        """Every price used, without repeats, in order of use."""
        return tuple(dict.fromkeys(line.quote for line in self.lines))

    def as_json(self) -> dict[str, Any]:
        """Return the bill in the fixed form that `advisor bill --json` prints."""
        return {
            "total_usd": self.total_usd,
            "lines": [
                {
                    "label": line.label,
                    "quantity": line.quantity,
                    "unit": line.unit,
                    "usd_per_unit": line.usd_per_unit,
                    "cost_usd": line.cost_usd,
                    "quote": {
                        "service": line.quote.service,
                        "sku": line.quote.sku,
                        "region": line.quote.region,
                        "purchase": line.quote.purchase,
                        "valid_from": line.quote.valid_from.isoformat(),
                        "checked_on": line.quote.checked_on.isoformat(),
                        "source": line.quote.source,
                        "basis": line.quote.basis,
                        "note": line.quote.note,
                    },
                }
                for line in self.lines
            ],
            "free_tiers_not_applied": list(self.free_tiers),
        }


class _Item(NamedTuple):
    part: str
    quantity: float
    quote: PriceQuote


class _Prices:
    """The book on one day in one region, and the tiers that the month has used up so far."""

    def __init__(self, *, book: PriceBook, region: str, on: date) -> None:
        self._book = book
        self._region = region
        self._on = on
        self._used: dict[tuple[str, str], float] = {}

    def quote(self, service: str, sku: str, purchase: str = "on-demand") -> PriceQuote:
        return self._book.get(
            service=service, sku=sku, region=self._region, purchase=purchase, on=self._on
        )

    def tiered(self, service: str, sku: str, *, quantity: float, part: str) -> list[_Item]:
        """Split a quantity over its tiers; a later line of the bill goes on where it stops."""
        tiers = self._book.tiers(service=service, sku=sku, region=self._region, on=self._on)
        used = self._used.get((service, sku), 0.0)
        self._used[service, sku] = used + quantity
        split = meters.tier_quantities(
            quantity=quantity, tier_from=[tier.tier_from_units for tier in tiers], used_before=used
        )
        items = [
            _Item(
                f"{part} from {tier.tier_from_units:,.0f}" if len(tiers) > 1 else part,
                float(q),
                tier,
            )
            for q, tier in zip(split, tiers, strict=True)
            if q > 0
        ]
        return items or [_Item(part, 0.0, tiers[0])]


def price_usage(
    lines: Iterable[UsageLine],
    *,
    region: str,
    on: date,
    book: PriceBook,
    discounts: Discounts | None = None,
) -> Bill:
    """Price usage lines at the prices of one region and day.

    Args:
        lines: what was used.
        region: region code of every line.
        on: day whose prices apply.
        book: the prices.
        discounts: what the customer has agreed with the vendor; None for list prices.

    Returns:
        The bill; its total is the sum of its lines.

    Raises:
        QuoteNotFound: a price is unknown; never taken for zero.
        UsageError: a line asks for what cannot be bought.
    """
    prices = _Prices(book=book, region=region, on=on)
    charges: list[Charge] = []
    services: list[str] = []
    for number, line in enumerate(lines, start=1):
        name = line.label or _name(line)
        try:
            items = _PRICERS[line.service](line, prices)
            for _, quantity, quote in items:
                if not math.isfinite(quantity * quote.price_usd_per_unit):
                    raise UsageError("the quantities multiply to more than any number can hold")
        except PricingError as error:
            raise type(error)(f"line {number} ({name}): {error}") from error
        services.append(line.service)
        for part, quantity, quote in items:
            label = f"{name}: {part}" if part else name
            charges.append(Charge(line.service, label, quantity, quote, _run_hours(line)))
    bill_lines = [
        BillLine(
            label=charge.label,
            quantity=charge.quantity,
            unit=charge.quote.unit,
            usd_per_unit=charge.quote.price_usd_per_unit,
            cost_usd=charge.cost_usd,
            quote=charge.quote,
        )
        for charge in charges
    ]
    if discounts is not None:
        bill_lines += [
            BillLine(
                label=cut.label,
                quantity=cut.quantity,
                unit=cut.unit,
                usd_per_unit=cut.usd_per_unit,
                cost_usd=cut.quantity * cut.usd_per_unit,
                quote=cut.quote,
            )
            for cut in reductions(charges, discounts=discounts, region=region, on=on, book=book)
        ]
    free = tuple(text for service, text in FREE_TIERS.items() if service in services)
    return Bill(region=region, on=on, lines=tuple(bill_lines), free_tiers=free)


def price_file(usage: Usage, *, book: PriceBook) -> Bill:
    """Price a usage file."""
    return price_usage(
        usage.lines, region=usage.region, on=usage.on, book=book, discounts=usage.discounts
    )


def _name(line: UsageLine) -> str:
    """Name a line that has no label by what it buys, and how where that is not on demand."""
    how = "" if line.purchase == "on-demand" else line.purchase
    return " ".join(part for part in (line.service, line.kind, line.sku, how) if part)


def _given(value: float | None) -> float:
    return 0.0 if value is None else value


def _run_hours(line: UsageLine) -> float:
    """How long a line runs: its hours, or its tasks one after another."""
    if line.hours is not None:
        return line.hours
    return _given(line.duration_s) * line.count / meters.SECONDS_PER_HOUR


def _look_up(line: UsageLine, prices: _Prices) -> list[_Item]:
    quote = prices.quote(line.service, _sku(line))
    return [_Item("", _given(line.hours) * line.count, quote)]


def _sku(line: UsageLine) -> str:
    if line.sku is None:
        raise UsageError(f"{line.service} needs a sku")
    return line.sku


def _stored(line: UsageLine, prices: _Prices) -> list[_Item]:
    return [_Item("", _given(line.gb_months), prices.quote(line.service, "storage"))]


def _sagemaker_data(line: UsageLine, prices: _Prices) -> list[_Item]:
    return [_Item("", _given(line.gb), prices.quote("sagemaker-data", line.sku or "endpoint"))]


def _training_spot(line: UsageLine, prices: _Prices) -> list[_Item]:
    training_s, billable_s = _given(line.training_s), _given(line.billable_s)
    if billable_s > training_s:
        raise UsageError(
            f"sagemaker-training-spot: billable_s ({billable_s:g}) is more than training_s "
            f"({training_s:g}); are they swapped?"
        )
    part = ""
    if training_s > 0:
        saving = meters.managed_spot_saving_fraction(training_s=training_s, billable_s=billable_s)
        part = f"managed spot, {100 * float(saving):.1f} % saved"
    quote = prices.quote("sagemaker-training", _sku(line))
    return [_Item(part, billable_s / meters.SECONDS_PER_HOUR * line.count, quote)]


def _serverless(line: UsageLine, prices: _Prices) -> list[_Item]:
    memory = _given(line.memory_gib)
    if memory not in {1, 2, 3, 4, 5, 6}:
        raise UsageError(f"sagemaker-serverless: memory_gib is 1, 2, 3, 4, 5 or 6, got {memory:g}")
    size = f"{memory:.0f}gb"
    items: list[_Item] = []
    if line.requests is not None or line.duration_s is not None:
        if line.requests is None or line.duration_s is None:
            raise UsageError("sagemaker-serverless needs requests and duration_s together")
        seconds = line.requests * line.duration_s
        items.append(_Item("inference", seconds, prices.quote(line.service, f"memory-{size}")))
    if line.provisioned_concurrency is not None:
        if line.provisioned_hours is None:
            raise UsageError(
                "sagemaker-serverless: provisioned_concurrency needs provisioned_hours"
            )
        slots = line.provisioned_concurrency * line.provisioned_hours * meters.SECONDS_PER_HOUR
        items.append(
            _Item(
                "provisioned concurrency", slots, prices.quote(line.service, f"provisioned-{size}")
            )
        )
    elif line.provisioned_hours is not None:
        raise UsageError("sagemaker-serverless: provisioned_hours needs provisioned_concurrency")
    if line.provisioned_usage_s is not None:
        quote = prices.quote(line.service, f"provisioned-usage-{size}")
        items.append(_Item("provisioned usage", line.provisioned_usage_s, quote))
    if line.data_gb is not None:
        items.append(_Item("data", line.data_gb, prices.quote(line.service, "data")))
    return items


def _ec2(line: UsageLine, prices: _Prices) -> list[_Item]:
    hours = float(meters.ec2_billed_hours(hours=_given(line.hours)))
    return [_Item("", hours * line.count, prices.quote("ec2", _sku(line), line.purchase))]


def require_fargate_size(
    *, vcpu_count: float, memory_gib: float, os: str = "linux", architecture: str = "x86_64"
) -> None:
    """Refuse a task size that cannot be had.

    Raises:
        UsageError: the message lists the sizes that can.
    """
    memories = meters.FARGATE_SIZES.get(vcpu_count)
    if memories is None:
        sizes = ", ".join(f"{size:g}" for size in meters.FARGATE_SIZES)
        raise UsageError(f"Fargate has no {vcpu_count:g} vCPU: it has {sizes}")
    if memory_gib not in memories:
        sizes = ", ".join(f"{size:g}" for size in memories)
        raise UsageError(
            f"Fargate has no {memory_gib:g} GiB with {vcpu_count:g} vCPU: it has {sizes}"
        )
    if os == "windows" and architecture != "x86_64":
        raise UsageError("Fargate runs Windows on x86_64 only")
    if os == "windows" and vcpu_count not in meters.FARGATE_WINDOWS_VCPU:
        raise UsageError(f"Fargate runs Windows on 1, 2 or 4 vCPU, not {vcpu_count:g}")


def _fargate_task(line: UsageLine, prices: _Prices) -> list[_Item]:
    vcpu, memory = _given(line.vcpu), _given(line.memory_gib)
    require_fargate_size(
        vcpu_count=vcpu, memory_gib=memory, os=line.os, architecture=line.architecture
    )
    if line.purchase not in {"on-demand", "spot"}:
        raise UsageError(f"a Fargate task is bought on-demand or spot, not {line.purchase}")
    if line.os == "windows" and line.purchase == "spot":
        raise UsageError("Fargate has no spot capacity for Windows")
    disk = line.ephemeral_gib
    if line.os == "windows" and _given(disk) > meters.FARGATE_FREE_EPHEMERAL_GIB:
        raise UsageError("Fargate has no extra ephemeral disk for Windows")
    if disk is not None and disk > meters.FARGATE_LARGEST_EPHEMERAL_GIB:
        raise UsageError(
            f"Fargate has at most {meters.FARGATE_LARGEST_EPHEMERAL_GIB:g} GiB of ephemeral disk, "
            f"got {disk:g}"
        )
    duration_s = line.duration_s if line.hours is None else line.hours * meters.SECONDS_PER_HOUR
    minimum_s = (
        meters.FARGATE_WINDOWS_MINIMUM_S if line.os == "windows" else meters.FARGATE_MINIMUM_S
    )
    billed_s = float(meters.fargate_billed_s(duration_s=_given(duration_s), minimum_s=minimum_s))
    hours = billed_s / meters.SECONDS_PER_HOUR * line.count
    platform = f"{line.os}-{line.architecture}"
    items = [
        _Item("vCPU", hours * vcpu, prices.quote("fargate", f"{platform}-vcpu", line.purchase)),
        _Item(
            "memory", hours * memory, prices.quote("fargate", f"{platform}-memory", line.purchase)
        ),
    ]
    if line.os == "windows":
        licence = prices.quote("fargate", f"{platform}-licence")
        items.append(_Item("Windows licence", hours * vcpu, licence))
    extra = _given(disk) - meters.FARGATE_FREE_EPHEMERAL_GIB
    if extra > 0:
        items.append(
            _Item("ephemeral disk", hours * extra, prices.quote("fargate", "ephemeral-storage"))
        )
    return items


def _fargate_vcpu(line: UsageLine, prices: _Prices) -> list[_Item]:
    return [_Item("", _given(line.hours), prices.quote("fargate", "linux-x86_64-vcpu"))]


def _fargate_gib(line: UsageLine, prices: _Prices) -> list[_Item]:
    return [_Item("", _given(line.hours), prices.quote("fargate", "linux-x86_64-memory"))]


def _load_balancer(line: UsageLine, prices: _Prices) -> list[_Item]:
    kind, hours = str(line.kind), _given(line.hours)
    given = [name for name in LCU_QUANTITIES if getattr(line, name) is not None]
    if line.lcu_hours is not None and given:
        raise UsageError(f"load-balancer: give either lcu_hours or {', '.join(given)}, not both")
    if line.requests_per_s is None and _given(line.rules) > meters.LCU_FREE_RULES:
        raise UsageError("load-balancer: rules are billed per request; give requests_per_s too")
    if line.new_connections_per_s is None and _given(line.connection_minutes) > 0:
        raise UsageError("load-balancer: connection_minutes needs new_connections_per_s")
    if kind == "network" and (line.requests_per_s is not None or line.rules is not None):
        raise UsageError("load-balancer: requests_per_s and rules belong to the application kind")
    billed = float(meters.whole_hours(hours))
    items = [_Item("hours", billed, prices.quote(line.service, kind))]
    lcu_hours = line.lcu_hours
    if given and hours > 0:
        traffic = {
            "new_connections_per_s": _given(line.new_connections_per_s),
            "connection_minutes": _given(line.connection_minutes),
            "processed_gb_per_hour": _given(line.processed_gb) / hours,
        }
        units = (
            meters.network_lcu_count(**traffic)
            if kind == "network"
            else meters.application_lcu_count(
                **traffic,
                requests_per_s=_given(line.requests_per_s),
                rule_count=_given(line.rules),
            )
        )
        lcu_hours = float(units) * hours
    elif given and _given(line.processed_gb) > 0:
        raise UsageError("load-balancer: processed_gb is a total over the hours, and hours is 0")
    if lcu_hours is not None:
        items.append(_Item("capacity units", lcu_hours, prices.quote(line.service, f"{kind}-lcu")))
    return items


def _nat_gateway(line: UsageLine, prices: _Prices) -> list[_Item]:
    billed = float(meters.whole_hours(_given(line.hours)))
    items = [_Item("hours", billed, prices.quote(line.service, "gateway"))]
    if line.processed_gb is not None:
        items.append(_Item("data", line.processed_gb, prices.quote(line.service, "data")))
    return items


def _public_ipv4(line: UsageLine, prices: _Prices) -> list[_Item]:
    return [_Item("", _given(line.hours), prices.quote(line.service, "address"))]


def _transfer_out(line: UsageLine, prices: _Prices) -> list[_Item]:
    return prices.tiered(line.service, "internet", quantity=_given(line.gb), part="GB")


def _transfer_zone(line: UsageLine, prices: _Prices) -> list[_Item]:
    return [_Item("", _given(line.gb), prices.quote(line.service, "each-direction"))]


def _ebs_gp3(line: UsageLine, prices: _Prices) -> list[_Item]:
    hours = HOURS_PER_MONTH if line.hours is None else line.hours
    months = float(meters.month_fraction(hours=hours))
    items = [_Item("storage", _given(line.gb) * months, prices.quote(line.service, "storage"))]
    if line.extra_iops is not None:
        items.append(_Item("IOPS", line.extra_iops * months, prices.quote(line.service, "iops")))
    if line.extra_mibps is not None:
        quote = prices.quote(line.service, "throughput")
        items.append(_Item("throughput", line.extra_mibps * months, quote))
    return items


def _logs(line: UsageLine, prices: _Prices) -> list[_Item]:
    parts = (
        ("ingested", line.ingested_gb, "ingestion"),
        ("stored", line.stored_gb, "storage"),
        ("scanned", line.scanned_gb, "insights-scan"),
    )
    return [
        _Item(part, quantity, prices.quote(line.service, sku))
        for part, quantity, sku in parts
        if quantity is not None
    ]


def _metrics(line: UsageLine, prices: _Prices) -> list[_Item]:
    items: list[_Item] = []
    if line.metrics is not None:
        items += prices.tiered("cloudwatch", "metric", quantity=line.metrics, part="metrics")
    for part, quantity, sku in (
        ("alarms", line.alarms, "alarm-standard"),
        ("high-resolution alarms", line.high_resolution_alarms, "alarm-high-resolution"),
    ):
        if quantity is not None:
            items.append(_Item(part, quantity, prices.quote("cloudwatch", sku)))
    return items


def _s3(line: UsageLine, prices: _Prices) -> list[_Item]:
    items: list[_Item] = []
    if line.gb_months is not None:
        items += prices.tiered("s3", "storage", quantity=line.gb_months, part="storage")
    for part, quantity in (
        ("put-requests", line.put_requests),
        ("get-requests", line.get_requests),
    ):
        if quantity is not None:
            items.append(_Item(part, quantity / 1000, prices.quote("s3", part)))
    return items


_PRICERS: Mapping[str, Callable[[UsageLine, _Prices], list[_Item]]] = {
    "sagemaker-hosting": _look_up,
    "sagemaker-training": _look_up,
    "sagemaker-training-warm-pool": _look_up,
    "sagemaker-processing": _look_up,
    "sagemaker-batch-transform": _look_up,
    "sagemaker-async": _look_up,
    "sagemaker-notebook": _look_up,
    "sagemaker-studio": _look_up,
    "sagemaker-training-storage": _stored,
    "sagemaker-hosting-storage": _stored,
    "sagemaker-data": _sagemaker_data,
    "sagemaker-training-spot": _training_spot,
    "sagemaker-serverless": _serverless,
    "ec2": _ec2,
    "fargate-task": _fargate_task,
    "fargate-vcpu-hours": _fargate_vcpu,
    "fargate-gib-hours": _fargate_gib,
    "load-balancer": _load_balancer,
    "nat-gateway": _nat_gateway,
    "public-ipv4": _public_ipv4,
    "data-transfer-out": _transfer_out,
    "data-transfer-zone": _transfer_zone,
    "ebs-gp3": _ebs_gp3,
    "cloudwatch-logs": _logs,
    "cloudwatch-metrics": _metrics,
    "ecr": _stored,
    "s3": _s3,
}
