"""What jobs and the asynchronous endpoint can be bought as, priced by the hour."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, NamedTuple

from advisor.cost import bill_lines, hourly_usd, total_usd
from advisor.decision.options.table import Offer, listed_machines
from advisor.platforms import ASYNC, JOB_PLATFORMS
from advisor.platforms.base import common_usage, traffic_of
from advisor.platforms.jobs import JobPlatform, JobRun, job_shared_usage
from advisor.platforms.rules import job_rule, request_rule
from advisor.platforms.sagemaker_async import SageMakerAsync
from advisor.study.types import HOURS_PER_MONTH, Study
from pricing.instances import InstanceCatalogue
from pricing.quotes import PriceBook
from pricing.usage import UsageLine

FIXED_SERVICES = frozenset({"ecr"})
"""Shared lines that no request changes."""


class Priced(NamedTuple):
    """An offer, and what its rows share."""

    offer: Offer
    request_usd: float
    """Shared lines that grow with the requests. [USD/month]"""
    fixed_usd: float
    """Shared lines that do not. [USD/month]"""


def job_offers(
    study: Study,
    *,
    book: PriceBook,
    catalogue: InstanceCatalogue,
    on: date,
    kept: dict[Any, Any],
) -> list[Priced]:
    """Return what the machines of jobs can be bought as."""
    return [
        _priced(
            study,
            region=region,
            purchase=purchase,
            platform=platform,
            hour_of=_hour_of(platform, purchase),
            shared=job_shared_usage(study),
            rule=job_rule(study),
            book=book,
            catalogue=catalogue,
            on=on,
            kept=kept,
        )
        for name, platform in JOB_PLATFORMS.items()
        if name in study.cloud.platforms
        for region in study.cloud.regions
        for purchase in study.cloud.purchase
    ]


def _hour_of(platform: JobPlatform, purchase: str) -> Callable[[str], list[UsageLine]]:
    run = JobRun(machine_count=1, billed_s=3600.0, jobs_per_month=1.0)
    return lambda sku: platform.job_usage(sku=sku, purchase=purchase, run=run)


def async_offers(
    study: Study,
    *,
    book: PriceBook,
    catalogue: InstanceCatalogue,
    on: date,
    kept: dict[Any, Any],
) -> list[Priced]:
    """Return what an asynchronous endpoint can be bought as."""
    return [
        _priced(
            study,
            region=region,
            purchase=purchase,
            platform=ASYNC,
            hour_of=lambda sku: ASYNC.usage(sku=sku, machine_hours=1.0),
            shared=async_shared_usage(study),
            rule=request_rule(study),
            book=book,
            catalogue=catalogue,
            on=on,
            kept=kept,
        )
        for region in study.cloud.regions
        for purchase in study.cloud.purchase
        if ASYNC.name in study.cloud.platforms
    ]


def async_shared_usage(study: Study) -> list[UsageLine]:
    """Return what an asynchronous endpoint pays whatever its instances; results stay in files."""
    traffic = traffic_of(study)
    kept = [line for line in common_usage(traffic) if line.service != "data-transfer-out"]
    return [*ASYNC.shared_usage(traffic=traffic), *kept]


def _priced(
    study: Study,
    *,
    platform: JobPlatform | SageMakerAsync,
    region: str,
    purchase: str,
    hour_of: Callable[[str], list[UsageLine]],
    shared: Sequence[UsageLine],
    rule: str,
    book: PriceBook,
    catalogue: InstanceCatalogue,
    on: date,
    kept: dict[Any, Any],
) -> Priced:
    """Price a platform's machines, kept from question to question, and what they share."""
    key = ("metered machines", platform.name, region, purchase)
    if key not in kept:
        machines = listed_machines(
            platform,
            region=region,
            purchase=purchase,
            is_ruled_out=bool(rule),
            book=book,
            catalogue=catalogue,
            on=on,
        )
        usd = hourly_usd(machines, hour_of, study=study, book=book, region=region, on=on)
        kept[key] = machines, usd * HOURS_PER_MONTH
    machines, replica_usd = kept[key]
    fixed_usd, request_usd = (
        _total(study, own, book=book, region=region, on=on, kept=kept)
        for own in _fixed_and_growing(shared)
    )
    offer = Offer(
        platform=platform.name,
        region=region,
        purchase=purchase,
        machines=machines,
        shared_usd_per_month=fixed_usd + request_usd,
        replica_usd_per_month=replica_usd,
    )
    return Priced(offer=offer, request_usd=request_usd, fixed_usd=fixed_usd)


def _fixed_and_growing(shared: Sequence[UsageLine]) -> tuple[tuple[UsageLine, ...], ...]:
    fixed = tuple(line for line in shared if line.service in FIXED_SERVICES)
    return fixed, tuple(line for line in shared if line.service not in FIXED_SERVICES)


def _total(
    study: Study,
    usage: tuple[UsageLine, ...],
    *,
    book: PriceBook,
    region: str,
    on: date,
    kept: dict[Any, Any],
) -> float:
    key = ("metered shared", region, usage)
    if key not in kept:
        lines = bill_lines(usage, group="serving", study=study, book=book, region=region, on=on)
        kept[key] = total_usd(lines)
    found: float = kept[key]
    return found
