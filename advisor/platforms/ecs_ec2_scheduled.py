"""Instances that a capacity provider starts for a scheduled job's tasks, one task on each."""

import math
from typing import ClassVar

from advisor import defaults
from advisor.market import Market
from advisor.options.facts import Facts, Look
from advisor.options.machines import Machines
from advisor.platforms.base import Platform
from advisor.platforms.ecs_ec2 import EcsEc2
from advisor.platforms.jobs import JOB_SERVICES, Job, JobRun
from pricing.usage import UsageLine


class Ec2Scheduled(Job):
    """Every EC2 type in the catalogue, while a job runs."""

    facts: ClassVar[Facts] = Facts(
        name="ecs-ec2-scheduled",
        title="ECS on EC2, scheduled task",
        short_title="ECS on EC2, scheduled",
        summary="Your own container on virtual machines that start for each job and end with it.",
        side="ECS",
        billing="job",
        look=Look(colour="#009E73", dash=(8, 3, 2, 3), mark="triangle-left"),
        services=("ec2", "ebs-gp3", "public-ipv4", *JOB_SERVICES),
        discount_service="ec2",
        purchases=("on-demand", "spot", "savings-1y"),
        front=defaults.EC2_TASK_START_S,
        start=defaults.EC2_START_S,
        check=defaults.BALANCER_CHECK_S,
        surge_fraction=0.0,
        drain_s=0.0,
        waits_for_start=False,
        reserve=defaults.HOST_RESERVE_GIB,
        max_payload_kb=math.inf,
        max_duration_s=math.inf,
        max_machines=int(defaults.ECS_JOB_TASKS.value),
        serves_one=False,
        loads_on_demand=False,
        advice="use a capacity provider with managed scaling down to zero, so that instances end",
        excludes=(),
    )

    def machines(self, market: Market, *, region: str, purchase: str) -> Machines:
        """Return every EC2 type in the catalogue."""
        return EcsEc2().machines(market, region=region, purchase=purchase)

    def job_usage(self, *, sku: str, purchase: str, run: JobRun) -> list[UsageLine]:
        """Return the instances, their disks and their public addresses while they run."""
        return [
            UsageLine(
                label=f"EC2 instances, {sku}",
                service="ec2",
                sku=sku,
                purchase=purchase,
                hours=run.billed_s / 3600,
                count=run.machine_runs,
            ),
            UsageLine(
                label="Instance disks",
                service="ebs-gp3",
                gb=defaults.INSTANCE_DISK_GB.value,
                hours=run.machine_hours,
            ),
            UsageLine(
                label="Public IPv4 of the instances", service="public-ipv4", hours=run.machine_hours
            ),
        ]


PLATFORM: Platform = Ec2Scheduled()
