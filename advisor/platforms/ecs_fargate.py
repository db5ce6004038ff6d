"""A container of one's own on ECS Fargate: tasks behind a load balancer, no machines to keep."""

import math
from typing import ClassVar

import numpy as np

from advisor import defaults
from advisor.capacity.fleet import MAX_REPLICAS
from advisor.market import Market
from advisor.options.facts import Facts, Look
from advisor.options.machines import Machines
from advisor.platforms.always_on import AlwaysOn
from advisor.platforms.base import COMMON_SERVICES, Platform, Traffic, load_balancer_usage
from advisor.study.types import HOURS_PER_MONTH
from pricing.meters import FARGATE_SIZES
from pricing.usage import UsageLine

CORES_PER_VCPU = {"x86_64": 0.625, "arm64": 1.0}
"""An x86 vCPU is one thread of a core: half a core, times 1.25 for what a second thread adds (1.0
to 1.45 measured across EC2 types); a Graviton vCPU is a core."""

SURGE_FRACTION = 1.0
"""An ECS service may have twice its tasks while a release rolls out: maximumPercent 200, none below
100, its defaults (Amazon ECS Developer Guide, "Rolling deployments")."""

DRAIN_S = 300.0
"""Time that an old task still runs once the new ones answer: the target group's deregistration
delay, 300 s unless set (Elastic Load Balancing, "Target group attributes"). [s]"""


class EcsFargate(AlwaysOn):
    """One task per replica; any valid size on x86 or Arm."""

    facts: ClassVar[Facts] = Facts(
        name="ecs-fargate",
        title="ECS Fargate",
        short_title="ECS Fargate",
        summary="Your own container, run by AWS without machines for you to keep.",
        side="ECS",
        billing="always-on",
        look=Look(colour="#D55E00", dash=(1, 0), mark="triangle-up"),
        services=("fargate-task", "fargate", "public-ipv4", "load-balancer", *COMMON_SERVICES),
        discount_service="fargate",
        purchases=("on-demand", "spot"),
        front=defaults.LOAD_BALANCER_S,
        start=defaults.FARGATE_START_S,
        check=defaults.BALANCER_CHECK_S,
        surge_fraction=SURGE_FRACTION,
        drain_s=DRAIN_S,
        waits_for_start=False,
        reserve=None,
        max_payload_kb=math.inf,
        max_duration_s=math.inf,
        max_machines=MAX_REPLICAS,
        serves_one=False,
        loads_on_demand=False,
        advice="set the target group to least outstanding requests",
        excludes=("GPUs",),
    )

    def machines(self, market: Market, *, region: str, purchase: str) -> Machines:
        """Return every valid task size on both architectures."""
        sizes = [
            (vcpu, memory_gib, architecture)
            for architecture in CORES_PER_VCPU
            for vcpu, memories in FARGATE_SIZES.items()
            for memory_gib in memories
        ]
        vcpu = np.array([size[0] for size in sizes])
        memory_gib = np.array([size[1] for size in sizes], dtype=float)
        architectures = [size[2] for size in sizes]
        usd_per_hour = np.empty(len(sizes))
        for architecture in CORES_PER_VCPU:
            rows = np.array([a == architecture for a in architectures])
            vcpu_usd, gib_usd = market.column(
                service="fargate",
                skus=(f"linux-{architecture}-vcpu", f"linux-{architecture}-memory"),
                region=region,
                purchase=purchase,
            )
            usd_per_hour[rows] = vcpu[rows] * vcpu_usd + memory_gib[rows] * gib_usd
        return Machines(
            sku=tuple(task_sku(*size) for size in sizes),
            instance_type=tuple(f"fargate-{a}" for a in architectures),
            core_count=vcpu * np.array([CORES_PER_VCPU[a] for a in architectures]),
            memory_gib=memory_gib,
            usd_per_hour=usd_per_hour,
            gpu_model=(None,) * len(sizes),
            gpu_count=np.zeros(len(sizes)),
            network_gbps=vcpu * defaults.FARGATE_GBPS_PER_VCPU.value,
            sustained_vcpu=np.full(len(sizes), np.inf),
        )

    def replica_usage(self, *, sku: str, purchase: str, replicas: float) -> list[UsageLine]:
        """Return the tasks and their public addresses."""
        vcpu, memory_gib, architecture = parse_task_sku(sku)
        return [
            UsageLine(
                label=f"Fargate tasks, {sku}",
                service="fargate-task",
                vcpu=vcpu,
                memory_gib=memory_gib,
                architecture=architecture,
                purchase=purchase,
                hours=HOURS_PER_MONTH,
                count=replicas,
            ),
            UsageLine(
                label="Public IPv4 of the tasks",
                service="public-ipv4",
                hours=HOURS_PER_MONTH * replicas,
            ),
        ]

    def shared_usage(self, *, traffic: Traffic, zones: int) -> list[UsageLine]:
        """Return the load balancer."""
        return load_balancer_usage(traffic, zones=zones)


def task_sku(vcpu: float, memory_gib: float, architecture: str) -> str:
    """Return the name of a task size, e.g. `1 vCPU, 2 GiB, arm64`."""
    return f"{vcpu:g} vCPU, {memory_gib:g} GiB, {architecture}"


def parse_task_sku(sku: str) -> tuple[float, float, str]:
    """Return vCPU, GiB and architecture of a task size's name."""
    vcpu, memory_gib, architecture = sku.split(", ")
    return float(vcpu.split()[0]), float(memory_gib.split()[0]), architecture


PLATFORM: Platform = EcsFargate()
