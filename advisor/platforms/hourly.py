"""Machines that are billed by the hour of work: what an hour costs, and what the work shares."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from advisor.arrays import Floats
from advisor.market import Market
from advisor.options.facts import Facts
from advisor.options.machines import MachineTable, Offer
from advisor.platforms.base import Ask
from pricing.usage import UsageLine

FIXED_SERVICES = frozenset({"ecr"})
"""Shared lines that no request changes."""

PRICES_KEPT = 4096
"""Prices of offers that are kept: a few for each region."""


class PaidByTheHour(Protocol):
    """A platform whose machines are billed while they work."""

    @property
    def facts(self) -> Facts:
        """What is true of it whatever the study."""

    def hour_usage(self, sku: str, purchase: str) -> list[UsageLine]:
        """Return the lines of one hour of one machine, the machine itself first."""


def hourly_usd(platform: PaidByTheHour, ask: Ask, table: MachineTable) -> Floats:
    """Return what an hour of each row's machine, its disk and address counted, costs. [USD/h]

    Args:
        platform: whose lines.
        ask: whose market.
        table: the machines; those of other platforms have no price.
    """
    usd = [
        ask.memo(offer_usd_per_hour, platform, ask.market, offer, most=PRICES_KEPT)
        if offer.facts is platform.facts
        else np.full(len(offer.machines), np.nan)
        for offer in table.offers
    ]
    return table.of_offers(usd)


def offer_usd_per_hour(platform: PaidByTheHour, market: Market, offer: Offer) -> Floats:
    """Return what an hour of each machine of an offer costs; NaN where it is not sold. [USD/h]"""
    machines = offer.machines
    sold = np.flatnonzero(np.isfinite(machines.usd_per_hour))
    if not sold.size:
        return machines.usd_per_hour
    first = int(sold[0])
    machine, *extras = platform.hour_usage(machines.sku[first], offer.purchase)
    extras_usd = market.usd(extras, region=offer.region)
    # A negotiated discount is a fraction of the list price, the same for every sku.
    paid_usd = market.usd([machine], region=offer.region)
    paid_fraction = paid_usd / machines.usd_per_hour[first]
    hour: Floats = machines.usd_per_hour * paid_fraction + extras_usd
    return hour


def usd_of(market: Market, region: str, lines: tuple[UsageLine, ...]) -> float:
    """Return what some usage costs. [USD]"""
    return market.usd(lines, region=region)


def split_usd(
    platform: PaidByTheHour, ask: Ask, table: MachineTable, shared: Sequence[UsageLine]
) -> tuple[Floats, Floats]:
    """Return what rows share that no request changes, and what grows with them. [USD/month]"""
    fixed = tuple(line for line in shared if line.service in FIXED_SERVICES)
    growing = tuple(line for line in shared if line.service not in FIXED_SERVICES)
    found = []
    for lines in (fixed, growing):
        usd = {
            region: ask.memo(usd_of, ask.market, region, lines, most=PRICES_KEPT)
            for region in dict.fromkeys(o.region for o in table.offers if o.facts is platform.facts)
        }
        of_offer = np.array([usd.get(o.region, 0.0) for o in table.offers], dtype=float)
        found.append(of_offer[table.offer])
    return found[0], found[1]
