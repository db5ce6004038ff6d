"""A container of one's own on ECS with EC2 machines: one task per instance, behind a balancer."""

import math
from typing import ClassVar

from advisor import defaults
from advisor.capacity.fleet import MAX_REPLICAS
from advisor.market import Market
from advisor.options.facts import Facts, Look
from advisor.options.machines import Machines
from advisor.platforms.always_on import AlwaysOn
from advisor.platforms.base import COMMON_SERVICES, Platform, Traffic, load_balancer_usage
from advisor.platforms.ecs_fargate import DRAIN_S, SURGE_FRACTION
from advisor.platforms.instances import instance_machines
from advisor.study.types import HOURS_PER_MONTH
from pricing.usage import UsageLine


class EcsEc2(AlwaysOn):
    """Instances of any family in the catalogue, GPU ones too."""

    facts: ClassVar[Facts] = Facts(
        name="ecs-ec2",
        title="ECS on EC2",
        short_title="ECS on EC2",
        summary="Your own container on virtual machines that you rent and keep up to date.",
        side="ECS",
        billing="always-on",
        look=Look(colour="#009E73", dash=(6, 3), mark="diamond"),
        services=("ec2", "ebs-gp3", "public-ipv4", "load-balancer", *COMMON_SERVICES),
        discount_service="ec2",
        purchases=("on-demand", "spot", "savings-1y"),
        front=defaults.LOAD_BALANCER_S,
        start=defaults.EC2_START_S,
        check=defaults.BALANCER_CHECK_S,
        surge_fraction=SURGE_FRACTION,
        drain_s=DRAIN_S,
        waits_for_start=False,
        reserve=defaults.HOST_RESERVE_GIB,
        max_payload_kb=math.inf,
        max_duration_s=math.inf,
        max_machines=MAX_REPLICAS,
        serves_one=False,
        loads_on_demand=False,
        advice="set the target group to least outstanding requests",
        excludes=(),
    )

    def machines(self, market: Market, *, region: str, purchase: str) -> Machines:
        """Return every EC2 type in the catalogue."""
        return instance_machines(market, service="ec2", region=region, purchase=purchase)

    def replica_usage(self, *, sku: str, purchase: str, replicas: float) -> list[UsageLine]:
        """Return the instances, their disks and their public addresses."""
        return [
            UsageLine(
                label=f"EC2 instances, {sku}",
                service="ec2",
                sku=sku,
                purchase=purchase,
                hours=HOURS_PER_MONTH,
                count=replicas,
            ),
            UsageLine(
                label="Instance disks",
                service="ebs-gp3",
                gb=defaults.INSTANCE_DISK_GB.value * replicas,
                hours=HOURS_PER_MONTH,
            ),
            UsageLine(
                label="Public IPv4 of the instances",
                service="public-ipv4",
                hours=HOURS_PER_MONTH * replicas,
            ),
        ]

    def shared_usage(self, *, traffic: Traffic, zones: int) -> list[UsageLine]:
        """Return the load balancer."""
        return load_balancer_usage(traffic, zones=zones)


PLATFORM: Platform = EcsEc2()
