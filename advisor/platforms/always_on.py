"""Platforms whose replicas stand all month, as many as the traffic needs: billed by the hour."""

from dataclasses import replace
from typing import ClassVar

import numpy as np

from advisor.arrays import Floats
from advisor.market import Market
from advisor.memo import Memo
from advisor.options.facts import Facts
from advisor.options.machines import Machines, MachineTable, Offer
from advisor.options.table import Options, options_of
from advisor.platforms.base import (
    IDLE_PER_S,
    Ask,
    Bought,
    Traffic,
    common_usage,
    offers_of,
    traffic_of,
)
from advisor.platforms.rules import (
    COMMITTED,
    commitment_rule,
    models_rule,
    pattern_rule,
    payload_rule,
    zones_rule,
)
from advisor.study.types import HOURS_PER_MONTH, Study
from pricing.usage import UsageLine

PRICES_KEPT = 4096
"""Prices of offers and of what replicas share that are kept: a few for each region."""


class AlwaysOn:
    """A platform tells its machines and two lists of lines; all else follows."""

    facts: ClassVar[Facts]

    def machines(self, market: Market, *, region: str, purchase: str) -> Machines:
        """Return what one replica can be bought as, with its hourly list price."""
        raise NotImplementedError

    def replica_usage(self, *, sku: str, purchase: str, replicas: float) -> list[UsageLine]:
        """Return the lines that grow with the number of replicas, the machine itself first."""
        raise NotImplementedError

    def shared_usage(self, *, traffic: Traffic, zones: int) -> list[UsageLine]:
        """Return the lines of its own that do not depend on sku and replicas; none by default."""
        del traffic, zones
        return []

    def offers(self, study: Study, market: Market) -> tuple[Offer, ...]:
        """Return the machines that it can be bought as."""
        is_ruled_out = bool(pattern_rule(study, self.facts) or models_rule(study, self.facts))
        return offers_of(self, study, market, is_ruled_out=is_ruled_out)

    def skus(self, market: Market, *, region: str, purchase: str) -> tuple[str, ...]:
        """Return what is sold on it, as people name it."""
        return self.machines(market, region=region, purchase=purchase).sku

    def options(self, ask: Ask) -> Options:
        """Return fleets of every machine, fixed ones and those that follow the traffic."""
        study, offers = ask.study, ask.machines.offers
        follows = study.cloud.autoscaling and not (
            self.facts.loads_on_demand or pattern_rule(study, self.facts)
        )
        fleets = ask.memo(self.fleets, ask.machines, ask.market, ask.memo, follows=follows)
        offer = ask.machines.offer[fleets.machine]
        own = [one.facts is self.facts for one in offers]
        idle, now = (
            np.array(
                [
                    self._shared_of(ask, one, requests_per_s=rate) if mine else 0.0
                    for one, mine in zip(offers, own, strict=True)
                ],
                dtype=float,
            )[offer]
            for rate in (IDLE_PER_S, study.workload.requests_per_s)
        )
        limits = [
            self._limit(study, one) if mine else "" for one, mine in zip(offers, own, strict=True)
        ]
        return replace(
            fleets,
            fixed_usd=idle,
            request_usd=now - idle,
            limit=np.array(limits, dtype=object)[offer],
        )

    def fleets(self, table: MachineTable, market: Market, memo: Memo, *, follows: bool) -> Options:
        """Return fleets of every machine with what no rate and no need moves.

        Args:
            table: the machines of all platforms.
            market: prices.
            memo: keeps the price of each offer.
            follows: also those that follow the traffic.
        """
        offers = table.offers
        own_offers = np.array([offer.facts is self.facts for offer in offers], dtype=bool)
        rows = np.flatnonzero(own_offers[table.offer])
        own = table.take(rows)
        usd = [
            memo(self.replica_usd, market, offer, most=PRICES_KEPT)
            if offer.facts is self.facts
            else np.full(len(offer.machines), np.nan)
            for offer in offers
        ]
        replica_usd = table.of_offers(usd)[rows]
        fixed = options_of(
            self.facts.name,
            [offers[i].purchase for i in own.offer],
            candidate=own.profile,
            region=np.array([offer.region for offer in offers], dtype=object)[own.offer],
            sku=own.sku,
            machine=rows,
            stands=True,
            on_gpu=own.on_gpu,
            basis=own.basis.astype(object),
            memory_need_gib=own.memory_need_gib,
            memory_gib=own.memory_gib,
            fits=own.fits,
            sold=np.isfinite(replica_usd),
            replica_usd=replica_usd,
            service_s=own.service_s,
            service_up=own.service_high_s / own.service_s,
            service_down=own.service_low_s / own.service_s,
        )
        return _with_scaled(fixed) if follows else fixed

    def replica_usd(self, market: Market, offer: Offer) -> Floats:
        """Return a month of one replica of each machine, disk and address counted. [USD/month]

        A bill is linear in replicas: one of what each adds beside the machine itself is enough for
        thousands of options. NaN where it is not sold.
        """
        machines = offer.machines
        sold = np.flatnonzero(np.isfinite(machines.usd_per_hour))
        if not sold.size:
            return machines.usd_per_hour * HOURS_PER_MONTH
        first = int(sold[0])
        machine, *extras = self.replica_usage(
            sku=machines.sku[first], purchase=offer.purchase, replicas=1
        )
        extras_usd = market.usd(extras, region=offer.region)
        # A negotiated discount is a fraction of the list price, the same for every sku.
        paid_usd = market.usd([machine], region=offer.region)
        paid_fraction = paid_usd / (machines.usd_per_hour[first] * HOURS_PER_MONTH)
        found: Floats = machines.usd_per_hour * HOURS_PER_MONTH * paid_fraction + extras_usd
        return found

    def shared_lines(self, traffic: Traffic, *, zones: int) -> list[UsageLine]:
        """Return all lines that do not depend on sku and replicas."""
        return [*self.shared_usage(traffic=traffic, zones=zones), *common_usage(traffic)]

    def shared_usd(self, market: Market, region: str, traffic: Traffic, zones: int) -> float:
        """Return what does not depend on sku and replicas. [USD/month]"""
        return market.usd(self.shared_lines(traffic, zones=zones), region=region)

    def _shared_of(self, ask: Ask, offer: Offer, *, requests_per_s: float) -> float:
        traffic = traffic_of(ask.study, requests_per_s=requests_per_s)
        zones = ask.study.needs.availability_zones
        return ask.memo(self.shared_usd, ask.market, offer.region, traffic, zones, most=PRICES_KEPT)

    def _limit(self, study: Study, offer: Offer) -> str:
        """Return the limit of its own that an offer breaks, in words; empty where none is."""
        return (
            pattern_rule(study, self.facts)
            or models_rule(study, self.facts)
            or zones_rule(study, offer.region)
            or payload_rule(study, self.facts)
            or commitment_rule(study, offer.purchase)
        )

    def usage(self, study: Study, bought: Bought) -> list[UsageLine]:
        """Return the replicas, what they share, and those of releases that roll out."""
        named = {"sku": bought.sku, "purchase": bought.purchase}
        lines = [
            *self.replica_usage(**named, replicas=bought.replicas),
            *self.shared_lines(traffic_of(study), zones=study.needs.availability_zones),
        ]
        if bought.rollout_replicas:
            lines += [
                UsageLine.model_validate(
                    line.model_dump(exclude_unset=True)
                    | {"label": f"{line.label}, while a release rolls out"}
                )
                for line in self.replica_usage(**named, replicas=bought.rollout_replicas)
            ]
        return lines


def _with_scaled(fixed: Options) -> Options:
    """Add the fleets that follow the traffic, after the fixed ones.

    A commitment is paid all the time, and a new replica of many models would have none of them
    loaded.
    """
    bought = np.array([name != COMMITTED for name in fixed.purchases], dtype=bool)
    rows = np.flatnonzero(bought[fixed.purchase_at] & fixed.fits & fixed.sold)
    both = fixed.take(np.concatenate([np.arange(len(fixed)), rows]))
    both.scaled[len(fixed) :] = True
    return both
