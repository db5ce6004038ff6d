"""SageMaker: instances by component, managed spot, serverless, storage, data."""

from collections.abc import Mapping

from pricing import meters
from pricing.errors import UsageError
from pricing.lines import Line
from pricing.services.base import (
    KEPT,
    RENTED,
    Item,
    Prices,
    Quantities,
    Service,
    by_the_hour,
    given,
    kept,
    sku_of,
)


def _data(line: Line, prices: Prices) -> list[Item]:
    return [Item("", given(line.gb), prices.quote("sagemaker-data", line.sku or "endpoint"))]


def _training_spot(line: Line, prices: Prices) -> list[Item]:
    training_s, billable_s = given(line.training_s), given(line.billable_s)
    if billable_s > training_s:
        raise UsageError(
            f"sagemaker-training-spot: billable_s ({billable_s:g}) is more than training_s "
            f"({training_s:g}); are they swapped?"
        )
    part = ""
    if training_s > 0:
        saving = meters.managed_spot_saving_fraction(training_s=training_s, billable_s=billable_s)
        part = f"managed spot, {100 * float(saving):.1f} % saved"
    quote = prices.quote("sagemaker-training", sku_of(line))
    return [Item(part, billable_s / meters.SECONDS_PER_HOUR * line.count, quote)]


def _serverless(line: Line, prices: Prices) -> list[Item]:
    memory = given(line.memory_gib)
    if memory not in {1, 2, 3, 4, 5, 6}:
        raise UsageError(f"sagemaker-serverless: memory_gib is 1, 2, 3, 4, 5 or 6, got {memory:g}")
    size = f"{memory:.0f}gb"
    items: list[Item] = []
    if line.requests is not None or line.duration_s is not None:
        if line.requests is None or line.duration_s is None:
            raise UsageError("sagemaker-serverless needs requests and duration_s together")
        seconds = line.requests * line.duration_s
        items.append(Item("inference", seconds, prices.quote(line.service, f"memory-{size}")))
    if line.provisioned_concurrency is not None:
        if line.provisioned_hours is None:
            raise UsageError(
                "sagemaker-serverless: provisioned_concurrency needs provisioned_hours"
            )
        slots = line.provisioned_concurrency * line.provisioned_hours * meters.SECONDS_PER_HOUR
        quote = prices.quote(line.service, f"provisioned-{size}")
        items.append(Item("provisioned concurrency", slots, quote))
    elif line.provisioned_hours is not None:
        raise UsageError("sagemaker-serverless: provisioned_hours needs provisioned_concurrency")
    if line.provisioned_usage_s is not None:
        quote = prices.quote(line.service, f"provisioned-usage-{size}")
        items.append(Item("provisioned usage", line.provisioned_usage_s, quote))
    if line.data_gb is not None:
        items.append(Item("data", line.data_gb, prices.quote(line.service, "data")))
    return items


SERVICES: Mapping[str, Service] = {
    "sagemaker-hosting": Service(
        RENTED,
        by_the_hour,
        free_tier="SageMaker, first 2 months: 125 h of ml.m4.xlarge or ml.m5.xlarge hosting",
    ),
    "sagemaker-training": Service(
        RENTED,
        by_the_hour,
        free_tier="SageMaker, first 2 months: 50 h of ml.m4.xlarge or m5.xlarge training",
    ),
    "sagemaker-training-warm-pool": Service(RENTED, by_the_hour),
    "sagemaker-processing": Service(RENTED, by_the_hour),
    "sagemaker-batch-transform": Service(RENTED, by_the_hour),
    "sagemaker-async": Service(RENTED, by_the_hour),
    "sagemaker-notebook": Service(
        RENTED,
        by_the_hour,
        free_tier="SageMaker, first 2 months: 250 h of ml.t3.medium notebooks",
    ),
    "sagemaker-studio": Service(
        RENTED,
        by_the_hour,
        free_tier="SageMaker, first 2 months: 250 h of ml.t3.medium in Studio",
    ),
    "sagemaker-training-storage": Service(KEPT, kept),
    "sagemaker-hosting-storage": Service(KEPT, kept),
    "sagemaker-data": Service(Quantities(required=("gb",), optional=("sku",)), _data),
    "sagemaker-training-spot": Service(
        Quantities(("sku", "training_s", "billable_s"), ("count",)), _training_spot
    ),
    "sagemaker-serverless": Service(
        Quantities(
            required=("memory_gib",),
            some_of=(
                "requests",
                "duration_s",
                "data_gb",
                "provisioned_concurrency",
                "provisioned_usage_s",
            ),
            optional=("provisioned_hours",),
        ),
        _serverless,
        free_tier="SageMaker, first 2 months: 150,000 s of serverless inference",
    ),
}
"""What SageMaker bills; `sources.offers` reads the prices by their own rules."""
