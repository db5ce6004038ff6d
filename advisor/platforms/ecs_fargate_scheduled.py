"""A Fargate task that a schedule starts and that ends with the job."""

import math
from typing import ClassVar

from advisor import defaults
from advisor.market import Market
from advisor.options.facts import Facts, Look
from advisor.options.machines import Machines
from advisor.platforms.base import Platform
from advisor.platforms.ecs_fargate import EcsFargate, parse_task_sku
from advisor.platforms.jobs import JOB_SERVICES, Job, JobRun
from pricing.usage import UsageLine


class FargateScheduled(Job):
    """One task per share of the rows; any valid size on x86 or Arm."""

    facts: ClassVar[Facts] = Facts(
        name="ecs-fargate-scheduled",
        title="ECS Fargate, scheduled task",
        short_title="ECS Fargate, scheduled",
        summary="Your own container, started by a schedule for each job and gone after it.",
        side="ECS",
        billing="job",
        look=Look(colour="#D55E00", dash=(2, 2), mark="triangle-right"),
        services=("fargate-task", "fargate", "public-ipv4", *JOB_SERVICES),
        discount_service="fargate",
        purchases=("on-demand", "spot"),
        front=defaults.FARGATE_TASK_START_S,
        start=defaults.FARGATE_START_S,
        check=defaults.BALANCER_CHECK_S,
        surge_fraction=0.0,
        drain_s=0.0,
        waits_for_start=False,
        reserve=None,
        max_payload_kb=math.inf,
        max_duration_s=math.inf,
        max_machines=int(defaults.ECS_JOB_TASKS.value),
        serves_one=False,
        loads_on_demand=False,
        advice="start the tasks by EventBridge Scheduler and give each its own part of the files",
        excludes=("GPUs",),
    )

    def machines(self, market: Market, *, region: str, purchase: str) -> Machines:
        """Return every valid task size on both architectures."""
        return EcsFargate().machines(market, region=region, purchase=purchase)

    def job_usage(self, *, sku: str, purchase: str, run: JobRun) -> list[UsageLine]:
        """Return the tasks and their public addresses while they run."""
        vcpu, memory_gib, architecture = parse_task_sku(sku)
        return [
            UsageLine(
                label=f"Fargate tasks, {sku}",
                service="fargate-task",
                vcpu=vcpu,
                memory_gib=memory_gib,
                architecture=architecture,
                purchase=purchase,
                duration_s=run.billed_s,
                count=run.machine_runs,
            ),
            UsageLine(
                label="Public IPv4 of the tasks", service="public-ipv4", hours=run.machine_hours
            ),
        ]


PLATFORM: Platform = FargateScheduled()
