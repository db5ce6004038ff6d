"""What every way to run a model has in common."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from advisor import defaults
from advisor.arrays import Floats
from advisor.study.types import HOURS_PER_MONTH, Study
from pricing.instances import InstanceCatalogue
from pricing.quotes import PriceBook
from pricing.usage import UsageLine

KB_PER_GB = 1e6
"""Vendors bill gigabytes of 10^9 bytes for traffic and logs. [kB/GB]"""


@dataclass(frozen=True)
class Machines:
    """What one replica can be bought as: one row per sku, in columns."""

    sku: tuple[str, ...]
    """What is bought, as people name it."""
    instance_type: tuple[str, ...]
    """The machine behind it, as the processor table names it."""
    core_count: Floats
    """Physical cores, or the equivalent of them where cores are sold in parts."""
    memory_gib: Floats
    """Memory. [GiB]"""
    usd_per_hour: Floats
    """Price of one running replica; NaN where it is not sold. [USD/h]"""
    gpu_model: tuple[str | None, ...]
    """Its GPU, null without one."""
    gpu_count: Floats
    """GPUs."""
    network_gbps: Floats
    """Network that it keeps up for ever; NaN where unknown. [Gbit/s]"""
    sustained_vcpu: Floats
    """VCPUs that may be busy for ever: a share of a burstable machine's, else infinite. [vCPU]"""

    def __len__(self) -> int:
        """Return the number of skus."""
        return len(self.sku)

    def take(self, rows: NDArray[np.intp]) -> "Machines":
        """Return some skus, in that order."""
        return Machines(
            sku=tuple(self.sku[i] for i in rows),
            instance_type=tuple(self.instance_type[i] for i in rows),
            core_count=self.core_count[rows],
            memory_gib=self.memory_gib[rows],
            usd_per_hour=self.usd_per_hour[rows],
            gpu_model=tuple(self.gpu_model[i] for i in rows),
            gpu_count=self.gpu_count[rows],
            network_gbps=self.network_gbps[rows],
            sustained_vcpu=self.sustained_vcpu[rows],
        )

    def unsold(self) -> "Machines":
        """Return the cheapest sku without its price: what stands for a purchase that none has."""
        one = self.cheapest(1)
        return replace(one, usd_per_hour=np.full(len(one), np.nan))

    def cheapest(self, count: int) -> "Machines":
        """Return the skus that cost least an hour, in the order of the table."""
        usd = np.where(np.isfinite(self.usd_per_hour), self.usd_per_hour, np.inf)
        return self.take(np.sort(np.argsort(usd, kind="stable")[:count]))


@dataclass(frozen=True)
class Traffic:
    """What a month of requests moves, independent of the machines."""

    requests_per_month: float
    request_gb_per_month: float
    response_gb_per_month: float
    log_gb_per_month: float
    requests_per_s: float
    """Mean over the whole month, idle hours counted. [1/s]"""


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


class MachinePlatform(Protocol):
    """A way to run a model on machines that are billed by time."""

    @property
    def name(self) -> str:
        """Key among the platforms of its kind."""

    @property
    def title(self) -> str:
        """Name for people."""

    @property
    def front(self) -> defaults.Default:
        """Time that it adds to each answer, or before a job's first row. [s]"""

    @property
    def purchases(self) -> tuple[str, ...]:
        """Ways to buy it that exist."""

    @property
    def max_payload_kb(self) -> float:
        """Largest call of the model; infinite where there is no limit. [kB]"""

    @property
    def advice(self) -> str:
        """What to set on it for the plan to hold."""

    def machines(
        self, *, book: PriceBook, catalogue: InstanceCatalogue, region: str, purchase: str, on: date
    ) -> Machines:
        """Return what one machine can be bought as, with its hourly price."""


class Platform(MachinePlatform, Protocol):
    """A standing way to run a model: replicas that are billed by the hour."""

    def replica_usage(self, *, sku: str, purchase: str, replicas: float) -> list[UsageLine]:
        """Return the lines that grow with the number of replicas, the machine itself first."""

    def shared_usage(self, *, traffic: Traffic, zones: int) -> list[UsageLine]:
        """Return the lines that do not depend on sku and replicas."""


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
