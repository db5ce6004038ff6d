"""Platforms with a queue before machines that may scale to zero."""

from typing import ClassVar

import numpy as np

from advisor import defaults
from advisor.capacity.fleet import MAX_REPLICAS
from advisor.capacity.service_shapes import idle_cycle
from advisor.market import Market
from advisor.options.facts import Facts
from advisor.options.machines import Machines, Offer
from advisor.options.replicas import plan
from advisor.options.table import NEVER_S, Options, options_of
from advisor.platforms.base import Ask, Bought, Traffic, common_usage, offers_of, traffic_of
from advisor.platforms.hourly import hourly_usd, split_usd
from advisor.platforms.rules import models_rule, pattern_rule, payload_rule
from advisor.study.types import HOURS_PER_MONTH, Study
from pricing.usage import UsageLine


class Queue:
    """A platform tells its machines and its lines; all else follows."""

    facts: ClassVar[Facts]

    def machines(self, market: Market, *, region: str, purchase: str) -> Machines:
        """Return what one machine can be bought as, with its hourly list price."""
        raise NotImplementedError

    def hours_usage(self, *, sku: str, machine_hours: float) -> list[UsageLine]:
        """Return the lines that grow with machine hours, the machines themselves first."""
        raise NotImplementedError

    def queue_usage(self, *, traffic: Traffic) -> list[UsageLine]:
        """Return what each request pays on its way through the queue."""
        raise NotImplementedError

    def from_zero_s(self) -> float:
        """Return the start of the first machine, before imports and loading the model. [s]"""
        raise NotImplementedError

    def idle_s(self) -> float:
        """Return the time without work after which the last machine goes away. [s]"""
        raise NotImplementedError

    def offers(self, study: Study, market: Market) -> tuple[Offer, ...]:
        """Return the machines that it can be bought as."""
        return offers_of(self, study, market, is_ruled_out=bool(pattern_rule(study, self.facts)))

    def skus(self, market: Market, *, region: str, purchase: str) -> tuple[str, ...]:
        """Return what is sold on it, as people name it."""
        return self.machines(market, region=region, purchase=purchase).sku

    def hour_usage(self, sku: str, purchase: str) -> list[UsageLine]:
        """Return the lines of one hour of one machine."""
        del purchase
        return self.hours_usage(sku=sku, machine_hours=1.0)

    def shared_usage(self, study: Study) -> list[UsageLine]:
        """Return what is paid whatever the machines; results stay in files."""
        traffic = traffic_of(study)
        kept = [line for line in common_usage(traffic) if line.service != "data-transfer-out"]
        return [*self.queue_usage(traffic=traffic), *kept]

    def options(self, ask: Ask) -> Options:
        """Plan to zero where the need allows for a start, else for the peak.

        To zero it runs while there is work, and until the idle timer ends; with more work than one
        machine holds, as many as the mean rate needs at the planned utilisation.
        """
        study, work = ask.study, ask.study.workload
        table = ask.machines.take(ask.rows_of(self.facts))
        offers = table.offers
        usd_per_hour = hourly_usd(self, ask, table)
        fixed_usd, request_usd = split_usd(self, ask, table, self.shared_usage(study))
        standing = plan(study, table, peak_per_s=work.peak_per_s)
        start_s = self.from_zero_s() + np.array([p.start_s for p in table.profiles])[table.profile]
        machine_s = table.service_s / table.workers
        cycle = idle_cycle(
            requests_per_s=work.requests_per_s,
            service_s=machine_s,
            start_s=start_s,
            idle_s=self.idle_s(),
        )
        for_load = work.requests_per_s * machine_s / defaults.MAX_UTILISATION.value
        on = np.where(
            for_load > cycle.on_fraction, np.maximum(1.0, np.ceil(for_load)), cycle.on_fraction
        )
        # Traffic that stops for the night leaves one idle timer and one start a day.
        nightly_s = self.idle_s() + start_s
        quiet_days = HOURS_PER_MONTH / 24 if work.active_hours_per_month < HOURS_PER_MONTH else 0.0
        zero_hours = on * work.active_hours_per_month + quiet_days * nightly_s / 3600
        zero_hours = np.minimum(zero_hours, np.maximum(1, standing.replicas) * HOURS_PER_MONTH)
        need_ms = study.needs.max_p99_latency_ms
        need_s = np.inf if need_ms is None else need_ms / 1e3
        to_zero = standing.meets_latency & (standing.p99_s + start_s <= need_s)
        added_s = np.where(to_zero, start_s, 0.0)
        hours = np.where(to_zero, zero_hours, standing.replicas * HOURS_PER_MONTH)
        often = cycle.cold_fraction
        p99_s = standing.p99_s + added_s
        fixed_s = table.front_s + added_s
        service_s = np.nan_to_num(p99_s - fixed_s, posinf=0.0)
        return options_of(
            self.facts.name,
            [offers[i].purchase for i in table.offer],
            candidate=table.profile,
            region=np.array([offer.region for offer in offers], dtype=object)[table.offer],
            sku=table.sku,
            machine=ask.rows_of(self.facts),
            on_gpu=table.on_gpu,
            memory_need_gib=table.memory_need_gib,
            memory_gib=table.memory_gib,
            fits=table.fits,
            sold=np.isfinite(usd_per_hour),
            limit=np.array(
                [
                    self._limit(study, float(s), carried=bool(np.isfinite(p)))
                    for s, p in zip(table.service_s, standing.p99_s, strict=True)
                ],
                dtype=object,
            ),
            fixed_usd=hours * usd_per_hour + fixed_usd,
            request_usd=request_usd,
            p99_fixed_s=np.where(np.isfinite(p99_s), p99_s, NEVER_S) - service_s - added_s,
            p99_service_s=service_s,
            p99_start_s=added_s,
            service_s=table.service_s,
            service_up=table.service_high_s / table.service_s,
            service_down=table.service_low_s / table.service_s,
            replicas=standing.replicas,
            billed=standing.replicas,
            p50_s=standing.p50_s + np.where(often > 0.5, added_s, 0.0),
            p95_s=standing.p95_s + np.where(often > 0.05, added_s, 0.0),
            p99_s=p99_s,
            meets_latency=standing.meets_latency,
            billed_hours=hours,
        )

    def _limit(self, study: Study, service_s: float, *, carried: bool) -> str:
        """Return the limit of its own that an option breaks, in words; empty where none is."""
        facts = self.facts
        rule = pattern_rule(study, facts) or models_rule(study, facts)
        if rule := payload_rule(study, facts) or rule:
            return rule
        if not carried:
            return f"cannot carry the peak rate with {MAX_REPLICAS:,} instances"
        if service_s > facts.max_duration_s:
            name = facts.title.split()[-1].lower()
            return (
                f"a request takes {service_s:,.0f} s, {name} allows {facts.max_duration_s:,.0f} s"
            )
        return ""

    def usage(self, study: Study, bought: Bought) -> list[UsageLine]:
        """Return the machines while they run, and what the requests pay."""
        own = self.hours_usage(sku=bought.sku, machine_hours=bought.billed_hours)
        return [*own, *self.shared_usage(study)]
