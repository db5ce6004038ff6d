"""What an option costs: its usage lines, priced by `pricing.bill`, and the people beside them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from advisor.arrays import Floats
from advisor.platforms.base import Machines, Platform, Traffic, common_usage
from advisor.recommendation import CostLine, LineQuote
from advisor.study.types import HOURS_PER_MONTH, Study
from pricing.bill import Bill, price_usage
from pricing.discounts import Discounts, Negotiated
from pricing.quotes import PriceBook
from pricing.usage import UsageLine

Group = Literal["serving", "training", "labels", "people"]


@dataclass(frozen=True)
class StandingRates:
    """A standing platform's cost as a straight line in the number of replicas."""

    shared_usd_per_month: float
    """What does not depend on replicas. [USD/month]"""
    replica_usd_per_month: Floats
    """One replica of each sku; NaN where it is not sold. [USD/month]"""


def standing_rates(
    platform: Platform,
    machines: Machines,
    *,
    study: Study,
    traffic: Traffic,
    book: PriceBook,
    region: str,
    purchase: str,
    on: date,
) -> StandingRates:
    """Return the two coefficients of a platform's cost, from the bills of its usage lines.

    A bill is linear in replicas, so one bill of what they share and one of what each adds beside
    the machine itself are enough for thousands of options.
    """
    lines = shared_lines(platform, study=study, traffic=traffic)
    shared = price(lines, study=study, book=book, region=region, on=on)
    extras_usd = 0.0
    paid_fraction = 1.0
    sold = np.flatnonzero(np.isfinite(machines.usd_per_hour))
    if sold.size:
        first = int(sold[0])
        machine, *extras = platform.replica_usage(
            sku=machines.sku[first], purchase=purchase, replicas=1
        )
        extras_usd = price(extras, study=study, book=book, region=region, on=on).total_usd
        # A negotiated discount is a fraction of the list price, the same for every sku.
        paid = price([machine], study=study, book=book, region=region, on=on)
        paid_fraction = paid.total_usd / (machines.usd_per_hour[first] * HOURS_PER_MONTH)
    return StandingRates(
        shared_usd_per_month=shared.total_usd,
        replica_usd_per_month=machines.usd_per_hour * HOURS_PER_MONTH * paid_fraction + extras_usd,
    )


def hourly_usd(
    machines: Machines,
    hour_of: Callable[[str], list[UsageLine]],
    *,
    study: Study,
    book: PriceBook,
    region: str,
    on: date,
) -> Floats:
    """Return what an hour of each machine, its disk and address counted, costs. [USD/h]

    Args:
        machines: what is bought, with its list price.
        hour_of: the lines of one hour of a sku, the machine first; the others are the same for all.
        study: whose discounts apply.
        book: the prices.
        region: where.
        on: day whose prices apply.
    """
    sold = np.flatnonzero(np.isfinite(machines.usd_per_hour))
    if not sold.size:
        return machines.usd_per_hour
    first = int(sold[0])
    machine, *extras = hour_of(machines.sku[first])
    extras_usd = price(extras, study=study, book=book, region=region, on=on).total_usd
    # A negotiated discount is a fraction of the list price, the same for every sku.
    paid_usd = price([machine], study=study, book=book, region=region, on=on).total_usd
    paid_fraction = paid_usd / machines.usd_per_hour[first]
    hour: Floats = machines.usd_per_hour * paid_fraction + extras_usd
    return hour


def price(
    lines: Sequence[UsageLine], *, study: Study, book: PriceBook, region: str, on: date
) -> Bill:
    """Return the bill of some usage, with the study's negotiated discounts."""
    discounts = Discounts(negotiated=negotiated(study))
    return price_usage(lines, region=region, on=on, book=book, discounts=discounts)


def negotiated(study: Study) -> tuple[Negotiated, ...]:
    """Return the study's negotiated discounts; one of nothing is none."""
    return tuple(
        Negotiated(service=service, discount_fraction=fraction)
        for service, fraction in study.cloud.discounts.items()
        if fraction > 0
    )


def shared_lines(platform: Platform, *, study: Study, traffic: Traffic) -> list[UsageLine]:
    """Return the lines of a standing platform that do not depend on its replicas."""
    return [
        *platform.shared_usage(traffic=traffic, zones=study.needs.availability_zones),
        *common_usage(traffic),
    ]


def bill_lines(
    lines: Sequence[UsageLine],
    *,
    group: Group,
    study: Study,
    book: PriceBook,
    region: str,
    on: date,
) -> tuple[CostLine, ...]:
    """Price usage lines and return them as lines of a recommendation."""
    bill = price(lines, study=study, book=book, region=region, on=on)
    return tuple(
        CostLine(
            label=line.label,
            group=group,
            quantity_per_month=line.quantity,
            unit=line.unit,
            usd_per_unit=line.usd_per_unit,
            usd_per_month=line.cost_usd,
            basis=line.quote.basis,
            source=f"{line.quote.source}, price of {line.quote.valid_from.isoformat()}",
            quote=LineQuote(
                service=line.quote.service,
                sku=line.quote.sku,
                region=line.quote.region,
                purchase=line.quote.purchase,
                valid_from=line.quote.valid_from,
                checked_on=line.quote.checked_on,
            ),
        )
        for line in bill.lines
    )


def people_line(
    *, label: str, hours_per_month: float, study: Study, given: bool, key: str
) -> CostLine:
    """Return a line of people's time at the team's rate.

    Args:
        label: what the time is for.
        hours_per_month: how much of it. [h/month]
        study: whose team.
        given: whether the study itself gives the hours.
        key: where in the study the hours stand.
    """
    rate = study.team.engineer_usd_per_hour
    return CostLine(
        label=label,
        group="people",
        quantity_per_month=hours_per_month,
        unit="h",
        usd_per_unit=rate,
        usd_per_month=hours_per_month * rate,
        basis="input" if given else "assumed",
        source=f"study: {key}, team.engineer_usd_per_hour",
    )


def total_usd(lines: Sequence[CostLine]) -> float:
    """Return the sum of the lines, added without rounding error. [USD/month]"""
    return math.fsum(line.usd_per_month for line in lines)
