"""A SageMaker real-time endpoint: managed instances behind the SageMaker runtime."""

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

SURGE_FRACTION = 1.0
"""An endpoint gets a second fleet while a release rolls out: blue/green, all at once, the default
(SageMaker Developer Guide, "Blue/Green Deployments")."""


class SageMakerRealtime(AlwaysOn):
    """Instances of every ml.* type with a hosting price."""

    facts: ClassVar[Facts] = Facts(
        name="sagemaker-realtime",
        title="SageMaker real-time",
        short_title="SageMaker real-time",
        summary="An endpoint on instances that AWS runs for you, always on and always warm.",
        side="SageMaker",
        billing="always-on",
        look=Look(colour="#0072B2", dash=(1, 0), mark="circle"),
        services=(
            "sagemaker-hosting",
            "sagemaker-hosting-storage",
            "sagemaker-data",
            *COMMON_SERVICES,
        ),
        discount_service="sagemaker",
        purchases=("on-demand",),
        front=defaults.SAGEMAKER_FRONT_S,
        start=defaults.SAGEMAKER_START_S,
        check=None,
        surge_fraction=SURGE_FRACTION,
        drain_s=0.0,
        waits_for_start=True,
        reserve=defaults.HOST_RESERVE_GIB,
        max_payload_kb=defaults.REALTIME_MAX_PAYLOAD_KB.value,
        max_duration_s=math.inf,
        max_machines=MAX_REPLICAS,
        serves_one=True,
        loads_on_demand=False,
        advice="set RoutingStrategy to LEAST_OUTSTANDING_REQUESTS; the default RANDOM costs 2 to 3 "
        "times the p99",
        excludes=("spot capacity", "savings plans other than SageMaker's own"),
    )

    def machines(self, market: Market, *, region: str, purchase: str) -> Machines:
        """Return every type of the catalogue; one without an ml.* price has none."""
        return instance_machines(
            market,
            service="sagemaker-hosting",
            region=region,
            purchase=purchase,
            sku_prefix="ml.",
        )

    def replica_usage(self, *, sku: str, purchase: str, replicas: float) -> list[UsageLine]:
        """Return the endpoint's instances and their storage."""
        del purchase
        return [
            UsageLine(
                label=f"Endpoint instances, {sku}",
                service="sagemaker-hosting",
                sku=sku,
                hours=HOURS_PER_MONTH,
                count=replicas,
            ),
            UsageLine(
                label="Endpoint storage",
                service="sagemaker-hosting-storage",
                gb_months=defaults.INSTANCE_DISK_GB.value * replicas,
            ),
        ]

    def shared_usage(self, *, traffic: Traffic, zones: int) -> list[UsageLine]:
        """Return the data that pass the endpoint."""
        del zones
        return [
            UsageLine(
                label="Endpoint data in and out",
                service="sagemaker-data",
                gb=traffic.request_gb_per_month + traffic.response_gb_per_month,
            )
        ]


PLATFORM: Platform = SageMakerRealtime()
