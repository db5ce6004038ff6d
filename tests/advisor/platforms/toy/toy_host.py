"""A toy: a host that rents EC2's machines at their price and takes a fee for each request."""

import math
from typing import ClassVar

from advisor import defaults
from advisor.capacity.fleet import MAX_REPLICAS
from advisor.market import Market
from advisor.options.facts import Facts, Look
from advisor.options.machines import Machines
from advisor.platforms.always_on import AlwaysOn
from advisor.platforms.base import COMMON_SERVICES, Platform, Traffic
from advisor.platforms.instances import instance_machines
from advisor.study.types import HOURS_PER_MONTH
from pricing.usage import UsageLine


class ToyHost(AlwaysOn):
    """Machines by the hour, requests by the million."""

    facts: ClassVar[Facts] = Facts(
        name="toy-host",
        title="Toy host",
        short_title="Toy host",
        summary="A host of our own making that shows how a platform is added to this product.",
        side="Toy",
        billing="always-on",
        look=Look(colour="#8C6D00", dash=(12, 4), mark="triangle-right"),
        services=("ec2", "s3", *COMMON_SERVICES),
        discount_service="ec2",
        purchases=("on-demand", "spot"),
        front=defaults.LOAD_BALANCER_S,
        start=defaults.EC2_START_S,
        check=None,
        surge_fraction=0.0,
        drain_s=0.0,
        waits_for_start=False,
        reserve=defaults.HOST_RESERVE_GIB,
        max_payload_kb=8_000.0,
        max_duration_s=math.inf,
        max_machines=MAX_REPLICAS,
        serves_one=True,
        loads_on_demand=False,
        advice="keep two machines of it",
        excludes=(),
    )

    def machines(self, market: Market, *, region: str, purchase: str) -> Machines:
        """Return every EC2 type in the catalogue."""
        return instance_machines(market, service="ec2", region=region, purchase=purchase)

    def replica_usage(self, *, sku: str, purchase: str, replicas: float) -> list[UsageLine]:
        """Return the machines."""
        return [
            UsageLine(
                label=f"Toy machines, {sku}",
                service="ec2",
                sku=sku,
                purchase=purchase,
                hours=HOURS_PER_MONTH,
                count=replicas,
            )
        ]

    def shared_usage(self, *, traffic: Traffic, zones: int) -> list[UsageLine]:
        """Return the fee: as many dollars per million requests as writes to object storage."""
        del zones
        return [
            UsageLine(
                label="Toy fee per request", service="s3", put_requests=traffic.requests_per_month
            )
        ]


PLATFORM: Platform = ToyHost()
