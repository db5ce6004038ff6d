"""What every way to run a model has in common: what it is asked, and what it answers."""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np

from advisor import defaults
from advisor.arrays import Rows
from advisor.market import Market
from advisor.memo import Memo, key_of
from advisor.options.facts import Facts
from advisor.options.machines import Machines, MachineTable, Offer
from advisor.options.table import Options
from advisor.platforms.rules import SHOWN_ELSEWHERE
from advisor.profiles import CandidateProfile
from advisor.study.types import HOURS_PER_MONTH, Study
from pricing.usage import UsageLine

KB_PER_GB = 1e6
"""Vendors bill gigabytes of 10^9 bytes for traffic and logs. [kB/GB]"""


class Traffic(NamedTuple):
    """What a month of requests moves, independent of the machines."""

    requests_per_month: float
    request_gb_per_month: float
    response_gb_per_month: float
    log_gb_per_month: float
    requests_per_s: float
    """Mean over the whole month, idle hours counted. [1/s]"""


@dataclass(frozen=True)
class Ask:
    """A question to a platform: what could be bought for this study?"""

    study: Study
    market: Market
    profiles: tuple[CandidateProfile, ...]
    """The candidates, one for each form."""
    machines: MachineTable
    """The candidates on the machines of all platforms."""
    memo: Memo

    @cached_property
    def memo_key(self) -> Hashable:
        """What tells one question from another."""
        return tuple(
            key_of(part) for part in (self.study, self.market, self.profiles, self.machines)
        )

    def rows_of(self, facts: Facts) -> Rows:
        """Return the rows of the machine table that are a platform's own."""
        own = np.array([offer.facts is facts for offer in self.machines.offers], dtype=bool)
        return np.flatnonzero(own[self.machines.offer])


@dataclass(frozen=True)
class Bought:
    """One option as it is bought, for its bill."""

    sku: str
    region: str
    purchase: str
    replicas: float = 0.0
    """Replicas billed on average, those of roll-outs not counted; machines of one job."""
    rollout_replicas: float = 0.0
    """Replicas billed beside them while releases roll out."""
    profile: CandidateProfile | None = None
    """What is served; needed where its time is billed."""
    billed_hours: float = 0.0
    """Machine hours of a queue. [h]"""
    billed_s: float = 0.0
    """Billed time of each machine of each job. [s]"""


class Platform(Protocol):
    """One way to run a model."""

    @property
    def facts(self) -> Facts:
        """What is true of it whatever the study."""

    def offers(self, study: Study, market: Market) -> tuple[Offer, ...]:
        """Return the machines that it can be bought as; none where it names no machine."""

    def options(self, ask: Ask) -> Options:
        """Return every option on it, with all that does not need the draws."""

    def usage(self, study: Study, bought: Bought) -> list[UsageLine]:
        """Return the lines of the serving bill of one option."""

    def skus(self, market: Market, *, region: str, purchase: str) -> tuple[str, ...]:
        """Return what is sold on it, as people name it."""


class SellsMachines(Protocol):
    """A platform whose machines have a price by the hour."""

    @property
    def facts(self) -> Facts:
        """What is true of it whatever the study."""

    def machines(self, market: Market, *, region: str, purchase: str) -> Machines:
        """Return what one machine can be bought as, with its hourly list price."""


def offers_of(
    platform: SellsMachines, study: Study, market: Market, *, is_ruled_out: bool
) -> tuple[Offer, ...]:
    """Return a platform's machines in every region and way to buy that the study allows.

    Bought in a way that the platform does not have, they are there without a price, so that the
    reason is told. Of a platform that a rule of the study leaves out only a few are.
    """
    facts, offers = platform.facts, []
    for region in study.cloud.regions:
        for purchase in study.cloud.purchase:
            is_sold = purchase in facts.purchases
            machines = platform.machines(
                market, region=region, purchase=purchase if is_sold else "on-demand"
            )
            machines = machines if is_sold else machines.unsold()
            machines = machines.cheapest(SHOWN_ELSEWHERE) if is_ruled_out else machines
            offers.append(Offer(facts=facts, region=region, purchase=purchase, machines=machines))
    return tuple(offers)


def traffic_of(study: Study, *, requests_per_s: float | None = None) -> Traffic:
    """Return what a month of the study's requests moves, at its own rate or at another one."""
    work = study.workload
    rate = work.requests_per_s if requests_per_s is None else requests_per_s
    requests = rate * work.active_hours_per_month * 3600
    return Traffic(
        requests_per_month=requests,
        request_gb_per_month=requests * work.request_kb / KB_PER_GB,
        response_gb_per_month=requests * work.response_kb / KB_PER_GB,
        log_gb_per_month=requests * defaults.LOG_KB_PER_REQUEST.value / KB_PER_GB,
        requests_per_s=requests / (HOURS_PER_MONTH * 3600),
    )


IDLE_PER_S = 1e-9
"""A request rate of nearly nothing, whose bill is what no traffic changes. [1/s]"""


def common_usage(traffic: Traffic) -> list[UsageLine]:
    """Return the lines that every platform pays: logs, registry, answers going out."""
    return [
        UsageLine(
            label="Answers to the internet",
            service="data-transfer-out",
            gb=traffic.response_gb_per_month,
        ),
        UsageLine(
            label="Logs",
            service="cloudwatch-logs",
            ingested_gb=traffic.log_gb_per_month,
            stored_gb=traffic.log_gb_per_month * defaults.LOG_RETENTION_MONTHS.value,
        ),
        UsageLine(label="Container image", service="ecr", gb_months=defaults.IMAGE_GB.value),
    ]


COMMON_SERVICES = ("data-transfer-out", "cloudwatch-logs", "ecr")
"""Billing services of the lines that every platform pays."""


def artefact_usage(artefact_gb: float) -> UsageLine:
    """Return the storage of a candidate's saved models, of which some versions are kept."""
    return UsageLine(
        label="Model artefacts",
        service="s3",
        gb_months=artefact_gb * defaults.MODEL_VERSIONS_KEPT.value,
    )


def load_balancer_usage(traffic: Traffic, *, zones: int) -> list[UsageLine]:
    """Return the lines of the load balancer that an ECS service needs."""
    new_connections_per_s = traffic.requests_per_s * defaults.CONNECTIONS_PER_REQUEST.value
    return [
        UsageLine(
            label="Load balancer",
            service="load-balancer",
            kind="application",
            hours=HOURS_PER_MONTH,
            new_connections_per_s=new_connections_per_s,
            connection_minutes=1.0,
            processed_gb=traffic.request_gb_per_month + traffic.response_gb_per_month,
            requests_per_s=traffic.requests_per_s,
            rules=1,
        ),
        UsageLine(
            label="Public IPv4 of the load balancer",
            service="public-ipv4",
            hours=HOURS_PER_MONTH * max(2, zones),  # it stands in two zones at least
        ),
    ]
