"""ECS tasks that a schedule starts and that end with the job, on Fargate or on EC2."""

from datetime import date

from advisor import defaults
from advisor.platforms.base import Machines
from advisor.platforms.ecs_ec2 import EcsEc2
from advisor.platforms.ecs_fargate import EcsFargate, parse_task_sku
from advisor.platforms.jobs import JobRun
from pricing.instances import InstanceCatalogue
from pricing.quotes import PriceBook
from pricing.usage import UsageLine


class FargateScheduled:
    """One task per share of the rows; any valid size on x86 or Arm."""

    name = "ecs-fargate-scheduled"
    title = "ECS Fargate, scheduled task"
    front = defaults.FARGATE_TASK_START_S
    purchases = ("on-demand", "spot")
    max_payload_kb = float("inf")
    max_machines = int(defaults.ECS_JOB_TASKS.value)
    advice = "start the tasks by EventBridge Scheduler and give each its own part of the files"

    def machines(
        self, *, book: PriceBook, catalogue: InstanceCatalogue, region: str, purchase: str, on: date
    ) -> Machines:
        """Return every valid task size on both architectures."""
        return EcsFargate().machines(
            book=book, catalogue=catalogue, region=region, purchase=purchase, on=on
        )

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


class Ec2Scheduled:
    """Instances that a capacity provider starts for the job's tasks, one task on each."""

    name = "ecs-ec2-scheduled"
    title = "ECS on EC2, scheduled task"
    front = defaults.EC2_TASK_START_S
    purchases = ("on-demand", "spot", "savings-1y")
    max_payload_kb = float("inf")
    max_machines = int(defaults.ECS_JOB_TASKS.value)
    advice = "use a capacity provider with managed scaling down to zero, so that instances end"

    def machines(
        self, *, book: PriceBook, catalogue: InstanceCatalogue, region: str, purchase: str, on: date
    ) -> Machines:
        """Return every EC2 type in the catalogue."""
        return EcsEc2().machines(
            book=book, catalogue=catalogue, region=region, purchase=purchase, on=on
        )

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
