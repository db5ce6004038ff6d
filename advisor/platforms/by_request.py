"""Platforms billed by the request: memory x duration, and nothing while nobody asks."""

from typing import ClassVar, NamedTuple

import numpy as np

from advisor import defaults
from advisor.capacity.carry_call import carry_call
from advisor.evidence import CandidateProfile
from advisor.market import Market
from advisor.options.facts import Facts
from advisor.options.machines import Offer
from advisor.options.table import Options, options_of
from advisor.platforms.base import IDLE_PER_S, Ask, Bought, Traffic, common_usage, traffic_of
from advisor.platforms.rules import models_rule, pattern_rule, payload_rule
from advisor.study.types import Study
from pricing.usage import UsageLine

PROCESSOR = "fargate-x86_64"
"""The vendor does not say what runs the requests: taken as the slowest x86 behind Fargate."""

CORES_PER_VCPU = 0.625
"""A vCPU is a thread: half a core, times 1.25 for what a second thread adds; see `ecs_fargate`."""

RESULTS_KEPT = 4096
"""Times and prices that are kept: a few for each size, candidate and region."""


class Times(NamedTuple):
    """How long a request takes on a container of one size."""

    mean_s: float
    low_s: float
    high_s: float
    start_s: float


class Prices(NamedTuple):
    """What one size costs, taken apart."""

    second_usd: float
    """One second of one container. [USD]"""
    request_usd: float
    """What grows with the requests beside that, at the study's rate. [USD/month]"""
    fixed_usd: float
    """What no traffic changes. [USD/month]"""


class ByRequest:
    """A platform tells its sizes, their processor share and its lines; all else follows."""

    facts: ClassVar[Facts]
    memory_gib: ClassVar[tuple[int, ...]]
    """Sizes that exist. [GiB]"""

    def vcpu_count(self, memory_gib: float) -> float:
        """Return the processor share that comes with a memory size. [vCPU]"""
        raise NotImplementedError

    def cold_start_s(self) -> float:
        """Return the start of a container before imports and loading the model. [s]"""
        raise NotImplementedError

    def cold_fraction(self, study: Study) -> float:
        """Return the share of requests that find no warm container."""
        raise NotImplementedError

    def request_usage(
        self, *, memory_gib: int, duration_s: float, traffic: Traffic
    ) -> list[UsageLine]:
        """Return the lines of its own of a month of requests."""
        raise NotImplementedError

    def most_at_once(self) -> float:
        """Return the requests that one endpoint serves at once."""
        raise NotImplementedError

    def offers(self, study: Study, market: Market) -> tuple[Offer, ...]:
        """Return nothing: it names no machine."""
        del study, market
        return ()

    def skus(self, market: Market, *, region: str, purchase: str) -> tuple[str, ...]:
        """Return its sizes, as people name them."""
        del market, region, purchase
        return tuple(f"{size} GiB" for size in self.memory_gib)

    def options(self, ask: Ask) -> Options:
        """Return one row per candidate, region and memory size."""
        study, profiles, regions = ask.study, ask.profiles, ask.study.cloud.regions
        keys = [
            (index, region, size)
            for index in range(len(profiles))
            for region in regions
            for size in self.memory_gib
        ]
        times = [ask.memo(self.times, profiles[i], size, most=RESULTS_KEPT) for i, _, size in keys]
        prices = {
            (region, size): self._prices(ask, region=region, memory_gib=size)
            for region in regions
            for size in self.memory_gib
        }
        told = [prices[region, size] for _, region, size in keys]
        mean_s = np.array([t.mean_s for t in times])
        start_s = np.array([t.start_s for t in times])
        cold = self.cold_fraction(study)
        # Each request has a container to itself: no queue, so the service's own tail is the
        # answer's.
        spread = np.array([1 + 2.33 * np.sqrt(profiles[i].service_scv) for i, _, _ in keys])
        p99_start_s = start_s if cold > 0.01 else np.zeros(len(keys))
        front_s = self.facts.front_s
        p99_s = front_s + mean_s * spread + p99_start_s
        work_usd = np.array([p.second_usd for p in told]) * study.workload.requests_per_month
        work_usd *= mean_s
        fixed_usd = np.array([p.fixed_usd for p in told])
        memory_need_gib = np.array([profiles[i].memory_gib for i, _, _ in keys])
        memory_gib = np.array([float(size) for _, _, size in keys])
        need_ms = study.needs.max_p99_latency_ms
        return options_of(
            self.facts.name,
            "on-demand",
            candidate=np.array([i for i, _, _ in keys], dtype=np.int64),
            region=np.array([region for _, region, _ in keys], dtype=object),
            sku=np.array([f"{size} GiB" for _, _, size in keys], dtype=object),
            memory_need_gib=memory_need_gib,
            memory_gib=memory_gib,
            fits=memory_need_gib <= memory_gib * defaults.MEMORY_HEADROOM.value,
            sold=np.isfinite(fixed_usd) & ("on-demand" in study.cloud.purchase),
            limit=np.array([self._limit(study, float(s)) for s in mean_s], dtype=object),
            fixed_usd=fixed_usd,
            request_usd=np.array([p.request_usd for p in told]),
            work_usd=work_usd,
            p99_fixed_s=front_s,
            p99_service_s=mean_s * spread,
            p99_start_s=p99_start_s,
            service_s=mean_s,
            service_up=np.array([t.high_s for t in times]) / mean_s,
            service_down=np.array([t.low_s for t in times]) / mean_s,
            p50_s=front_s + mean_s + (start_s if cold > 0.5 else 0.0),
            p95_s=front_s
            + mean_s * (1 + (spread - 1) * 1.645 / 2.33)
            + (start_s if cold > 0.05 else 0.0),
            p99_s=p99_s,
            meets_latency=True if need_ms is None else p99_s <= need_ms / 1e3,
        )

    def times(self, profile: CandidateProfile, memory_gib: int) -> Times:
        """Return mean, low and high service time and the cold start at one memory size. [s]"""
        # One worker uses at most one core.
        share = min(1.0, self.vcpu_count(memory_gib) * CORES_PER_VCPU)
        speed = carry_call(profile.calls, (PROCESSOR,)).speed
        work_s = profile.server.request_s(profile.service_s) / share
        return Times(
            mean_s=work_s / float(speed.ratio[0]),
            low_s=work_s / float(speed.high_80[0]),
            high_s=work_s / float(speed.low_80[0]),
            start_s=self.cold_start_s() + profile.start_s / share / float(speed.ratio[0]),
        )

    def _prices(self, ask: Ask, *, region: str, memory_gib: int) -> Prices:
        """Take the bill of one size apart: by the second of work, by the request, and the rest."""
        work = ask.study.workload

        def bill(rate_per_s: float, duration_s: float) -> float:
            # A container that works no second costs nothing of any size: one bill is that of all.
            size = memory_gib if duration_s else self.memory_gib[0]
            traffic = traffic_of(ask.study, requests_per_s=rate_per_s)
            return ask.memo(
                self.bill_usd, ask.market, region, size, duration_s, traffic, most=RESULTS_KEPT
            )

        idle_usd = bill(IDLE_PER_S, 0.0)
        second_usd = (bill(1.0, 1.0) - bill(1.0, 0.0)) / (work.active_hours_per_month * 3600)
        return Prices(
            second_usd=second_usd,
            request_usd=bill(work.requests_per_s, 0.0) - idle_usd,
            fixed_usd=idle_usd,
        )

    def bill_usd(
        self, market: Market, region: str, memory_gib: int, duration_s: float, traffic: Traffic
    ) -> float:
        """Return what requests of one duration cost on one size. [USD/month]"""
        lines = self._lines(memory_gib=memory_gib, duration_s=duration_s, traffic=traffic)
        return market.usd(lines, region=region)

    def _lines(self, *, memory_gib: int, duration_s: float, traffic: Traffic) -> list[UsageLine]:
        own = self.request_usage(memory_gib=memory_gib, duration_s=duration_s, traffic=traffic)
        return [*own, *common_usage(traffic)]

    def usage(self, study: Study, bought: Bought) -> list[UsageLine]:
        """Return the lines of one option."""
        if bought.profile is None:
            raise ValueError("what is billed by its duration needs the model that is served")
        memory_gib = int(bought.sku.split(maxsplit=1)[0])
        return self._lines(
            memory_gib=memory_gib,
            duration_s=self.times(bought.profile, memory_gib).mean_s,
            traffic=traffic_of(study),
        )

    def _limit(self, study: Study, mean_s: float) -> str:
        """Return the limit of its own that an option breaks, in words; empty where none is."""
        facts = self.facts
        name = facts.title.split()[-1].lower()
        if rule := pattern_rule(study, facts) or models_rule(study, facts):
            return rule
        if rule := payload_rule(study, facts, of=f"{name}'s"):
            return rule
        if mean_s > facts.max_duration_s:
            return f"a request takes {mean_s:,.0f} s, {name} allows {facts.max_duration_s:g} s"
        at_once = study.workload.peak_per_s * mean_s
        if at_once > self.most_at_once():
            return (
                f"{at_once:,.0f} requests at once at the peak, {name} allows "
                f"{self.most_at_once():g} per endpoint"
            )
        return ""
