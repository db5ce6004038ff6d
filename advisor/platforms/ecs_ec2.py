"""A container of one's own on ECS with EC2 machines: one task per instance, behind a balancer."""

from datetime import date

from advisor import defaults
from advisor.platforms.base import Machines, Traffic, load_balancer_usage
from advisor.platforms.instances import instance_machines
from advisor.study.types import HOURS_PER_MONTH
from pricing.instances import InstanceCatalogue
from pricing.quotes import PriceBook
from pricing.usage import UsageLine


class EcsEc2:
    """Instances of any family in the catalogue, GPU ones too."""

    name = "ecs-ec2"
    title = "ECS on EC2"
    front = defaults.LOAD_BALANCER_S
    purchases = ("on-demand", "spot", "savings-1y")
    max_payload_kb = float("inf")
    advice = "set the target group to least outstanding requests"

    def machines(
        self, *, book: PriceBook, catalogue: InstanceCatalogue, region: str, purchase: str, on: date
    ) -> Machines:
        """Return every EC2 type in the catalogue."""
        return instance_machines(
            service="ec2",
            book=book,
            catalogue=catalogue,
            region=region,
            purchase=purchase,
            on=on,
        )

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
