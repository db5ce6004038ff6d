"""Platforms billed by the request: memory x duration, and nothing while nobody asks."""

from typing import ClassVar, NamedTuple

import numpy as np

from advisor import defaults
from advisor.arrays import Floats, Ints, Objects
from advisor.capacity.carry_call import carry_call
from advisor.market import Market
from advisor.options.facts import Facts
from advisor.options.machines import Offer
from advisor.options.table import Options, options_of
from advisor.platforms.base import IDLE_PER_S, Ask, Bought, Traffic, common_usage, traffic_of
from advisor.platforms.rules import models_rule, pattern_rule, payload_rule
from advisor.profiles import CandidateProfile
from advisor.study.types import Needs, Study
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
    """What requests cost in one region, taken apart."""

    second_usd: tuple[float, ...]
    """One second of one container of each size. [USD]"""
    fixed_usd: float
    """What no traffic changes. [USD/month]"""


class Sizes(NamedTuple):
    """Every candidate in every region and size, one row each."""

    candidate: Ints
    region: Objects
    sku: Objects
    size_at: Ints
    """Row of the platform's sizes."""
    memory_gib: Floats
    memory_need_gib: Floats
    spread: Floats
    """99th percentile of a request's own time over its mean."""
    mean_s: Floats
    low_s: Floats
    high_s: Floats
    start_s: Floats


def for_prices(study: Study) -> Study:
    """Return a study without its rate and needs, which prices know nothing of."""
    work = study.workload
    if work.pattern == "batch":
        return study  # its rate follows from its jobs
    return study.replace(
        needs=Needs(), workload=work.replace(requests_per_s=1.0, peak_requests_per_s=None)
    )


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
        study, regions = ask.study, ask.study.cloud.regions
        sizes = ask.memo(self.sizes, ask.profiles, regions)
        bought = ask.memo(self.prices, ask.market, for_prices(study), most=RESULTS_KEPT)
        now = traffic_of(study)
        request_usd = {
            region: ask.memo(
                self.bill_usd, ask.market, region, self.memory_gib[0], 0.0, now, most=RESULTS_KEPT
            )
            - bought[region].fixed_usd
            for region in regions
        }
        region_of = sizes.region.tolist()
        second_usd = np.array(
            [
                bought[region].second_usd[at]
                for region, at in zip(region_of, sizes.size_at.tolist(), strict=True)
            ]
        )
        fixed_usd = np.array([bought[region].fixed_usd for region in region_of])
        cold = self.cold_fraction(study)
        front_s, mean_s, start_s = self.facts.front_s, sizes.mean_s, sizes.start_s
        # Each request has a container to itself: no queue, so the service's own tail is the
        # answer's.
        spread = sizes.spread
        p99_start_s = start_s if cold > 0.01 else np.zeros(len(mean_s))
        p99_s = front_s + mean_s * spread + p99_start_s
        need_ms = study.needs.max_p99_latency_ms
        return options_of(
            self.facts.name,
            "on-demand",
            candidate=sizes.candidate,
            region=sizes.region,
            sku=sizes.sku,
            memory_need_gib=sizes.memory_need_gib,
            memory_gib=sizes.memory_gib,
            fits=sizes.memory_need_gib <= sizes.memory_gib * defaults.MEMORY_HEADROOM.value,
            sold=np.isfinite(fixed_usd) & ("on-demand" in study.cloud.purchase),
            limit=np.array([self._limit(study, s) for s in mean_s.tolist()], dtype=object),
            fixed_usd=fixed_usd,
            request_usd=np.array([request_usd[region] for region in region_of]),
            work_usd=second_usd * study.workload.requests_per_month * mean_s,
            p99_fixed_s=front_s,
            p99_service_s=mean_s * spread,
            p99_start_s=p99_start_s,
            service_s=mean_s,
            service_up=sizes.high_s / mean_s,
            service_down=sizes.low_s / mean_s,
            p50_s=front_s + mean_s + (start_s if cold > 0.5 else 0.0),
            p95_s=front_s
            + mean_s * (1 + (spread - 1) * 1.645 / 2.33)
            + (start_s if cold > 0.05 else 0.0),
            p99_s=p99_s,
            meets_latency=True if need_ms is None else p99_s <= need_ms / 1e3,
        )

    def sizes(self, profiles: tuple[CandidateProfile, ...], regions: tuple[str, ...]) -> "Sizes":
        """Return every candidate in every region and size, with the times that no rate moves."""
        keys = [
            (index, region, at)
            for index in range(len(profiles))
            for region in regions
            for at in range(len(self.memory_gib))
        ]
        own = [[self.times(profile, size) for size in self.memory_gib] for profile in profiles]
        told = np.array([own[i][at] for i, _, at in keys], dtype=float).reshape(-1, 4)
        return Sizes(
            candidate=np.array([i for i, _, _ in keys], dtype=np.int64),
            region=np.array([region for _, region, _ in keys], dtype=object),
            sku=np.array([f"{self.memory_gib[at]} GiB" for _, _, at in keys], dtype=object),
            size_at=np.array([at for _, _, at in keys], dtype=np.int64),
            memory_gib=np.array([float(self.memory_gib[at]) for _, _, at in keys]),
            memory_need_gib=np.array([profiles[i].memory_gib for i, _, _ in keys]),
            spread=np.array([1 + 2.33 * np.sqrt(profiles[i].service_scv) for i, _, _ in keys]),
            mean_s=told[:, 0],
            low_s=told[:, 1],
            high_s=told[:, 2],
            start_s=told[:, 3],
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

    def prices(self, market: Market, study: Study) -> dict[str, Prices]:
        """Take the bill apart for each region: by the second of each size, and what stays.

        A container that works no second costs nothing of any size: one bill is that of all.
        """
        found = {}
        idle, unit = (traffic_of(study, requests_per_s=rate) for rate in (IDLE_PER_S, 1.0))
        seconds = study.workload.active_hours_per_month * 3600
        for region in study.cloud.regions:
            fixed, at_once = (
                self.bill_usd(market, region, self.memory_gib[0], 0.0, traffic)
                for traffic in (idle, unit)
            )
            found[region] = Prices(
                second_usd=tuple(
                    (self.bill_usd(market, region, size, 1.0, unit) - at_once) / seconds
                    for size in self.memory_gib
                ),
                fixed_usd=fixed,
            )
        return found

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
