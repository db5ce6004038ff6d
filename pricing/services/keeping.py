"""Disks, objects, images, logs and metrics: what is kept or watched."""

from collections.abc import Mapping

from pricing import meters
from pricing.base import HOURS_PER_MONTH
from pricing.lines import Line
from pricing.services.base import (
    KEPT,
    PER_GB,
    PER_GB_MONTH,
    Item,
    Offered,
    Prices,
    Quantities,
    Service,
    given,
    kept,
)


def _ebs_gp3(line: Line, prices: Prices) -> list[Item]:
    hours = HOURS_PER_MONTH if line.hours is None else line.hours
    months = float(meters.month_fraction(hours=hours))
    items = [Item("storage", given(line.gb) * months, prices.quote(line.service, "storage"))]
    if line.extra_iops is not None:
        items.append(Item("IOPS", line.extra_iops * months, prices.quote(line.service, "iops")))
    if line.extra_mibps is not None:
        quote = prices.quote(line.service, "throughput")
        items.append(Item("throughput", line.extra_mibps * months, quote))
    return items


def _logs(line: Line, prices: Prices) -> list[Item]:
    parts = (
        ("ingested", line.ingested_gb, "ingestion"),
        ("stored", line.stored_gb, "storage"),
        ("scanned", line.scanned_gb, "insights-scan"),
    )
    return [
        Item(part, quantity, prices.quote(line.service, sku))
        for part, quantity, sku in parts
        if quantity is not None
    ]


def _metrics(line: Line, prices: Prices) -> list[Item]:
    items: list[Item] = []
    if line.metrics is not None:
        items += prices.tiered("cloudwatch", "metric", quantity=line.metrics, part="metrics")
    for part, quantity, sku in (
        ("alarms", line.alarms, "alarm-standard"),
        ("high-resolution alarms", line.high_resolution_alarms, "alarm-high-resolution"),
    ):
        if quantity is not None:
            items.append(Item(part, quantity, prices.quote("cloudwatch", sku)))
    return items


def _s3(line: Line, prices: Prices) -> list[Item]:
    items: list[Item] = []
    if line.gb_months is not None:
        items += prices.tiered("s3", "storage", quantity=line.gb_months, part="storage")
    for part, quantity in (
        ("put-requests", line.put_requests),
        ("get-requests", line.get_requests),
    ):
        if quantity is not None:
            items.append(Item(part, quantity / 1000, prices.quote("s3", part)))
    return items


_EACH = {"metrics": 1.0, "alarms": 1.0}
_REQUESTS = {"requests": 1000.0}


SERVICES: Mapping[str, Service] = {
    "ebs-gp3": Service(
        Quantities(required=("gb",), optional=("extra_iops", "extra_mibps", "hours")), _ebs_gp3
    ),
    "cloudwatch-logs": Service(
        Quantities(some_of=("ingested_gb", "stored_gb", "scanned_gb")),
        _logs,
        offered=tuple(
            Offered("AmazonCloudWatch", usage, ("cloudwatch-logs", sku, unit), per)
            for usage, sku, unit, per in (
                ("DataProcessing-Bytes", "ingestion", "gb", PER_GB),
                ("TimedStorage-ByteHrs", "storage", "gb-month", PER_GB_MONTH),
                ("DataScanned-Bytes", "insights-scan", "gb", PER_GB),
            )
        ),
        free_tier="CloudWatch: 5 GB of logs a month",
    ),
    "cloudwatch-metrics": Service(
        Quantities(some_of=("metrics", "alarms", "high_resolution_alarms")),
        _metrics,
        offered=tuple(
            Offered("AmazonCloudWatch", usage, ("cloudwatch", sku, "item-month"), _EACH)
            for usage, sku in (
                ("CW:MetricMonitorUsage", "metric"),
                ("CW:AlarmMonitorUsage", "alarm-standard"),
                ("CW:HighResAlarmMonitorUsage", "alarm-high-resolution"),
            )
        ),
        free_tier="CloudWatch: 10 metrics and 10 alarms a month",
    ),
    "ecr": Service(
        KEPT,
        kept,
        offered=(
            Offered(
                "AmazonECR", "TimedStorage-ByteHrs", ("ecr", "storage", "gb-month"), PER_GB_MONTH
            ),
        ),
    ),
    "s3": Service(
        Quantities(some_of=("gb_months", "put_requests", "get_requests")),
        _s3,
        offered=tuple(
            Offered("AmazonS3", usage, ("s3", sku, unit), per)
            for usage, sku, unit, per in (
                ("TimedStorage-ByteHrs", "storage", "gb-month", PER_GB_MONTH),
                ("Requests-Tier1", "put-requests", "1k-requests", _REQUESTS),
                ("Requests-Tier2", "get-requests", "1k-requests", _REQUESTS),
            )
        ),
    ),
}
"""What keeping and watching is billed by."""
