"""A SageMaker asynchronous endpoint: a queue before managed instances, which may scale to zero."""

from typing import ClassVar

from advisor import defaults
from advisor.capacity.fleet import MAX_REPLICAS
from advisor.market import Market
from advisor.options.facts import Facts, Look
from advisor.options.machines import Machines
from advisor.platforms.base import Platform, Traffic
from advisor.platforms.instances import instance_machines
from advisor.platforms.queue import Queue
from advisor.study.types import HOURS_PER_MONTH
from pricing.usage import UsageLine


class SageMakerAsync(Queue):
    """Instances of every ml.* type with a price for asynchronous inference.

    Requests and results are files in object storage; a result may be an hour away. It scales to
    zero where the need allows for a start.
    """

    facts: ClassVar[Facts] = Facts(
        name="sagemaker-async",
        title="SageMaker asynchronous",
        short_title="SageMaker asynchronous",
        summary="A queue before an endpoint: results come later, and no machine runs while idle.",
        side="SageMaker",
        billing="queue",
        look=Look(colour="#7A6FD0", dash=(8, 3, 2, 3), mark="triangle-down"),
        services=(
            "sagemaker-async",
            "sagemaker-hosting-storage",
            "sagemaker-data",
            "s3",
            "cloudwatch-logs",
            "ecr",
        ),
        discount_service="sagemaker",
        purchases=("on-demand",),
        front=defaults.ASYNC_FRONT_S,
        start=defaults.SAGEMAKER_START_S,
        check=None,
        surge_fraction=0.0,
        drain_s=0.0,
        waits_for_start=True,
        reserve=defaults.HOST_RESERVE_GIB,
        max_payload_kb=defaults.ASYNC_MAX_PAYLOAD_KB.value,
        max_duration_s=defaults.ASYNC_MAX_DURATION_S.value,
        max_machines=MAX_REPLICAS,
        serves_one=True,
        loads_on_demand=False,
        advice="scale on ApproximateBacklogSizePerInstance, and from zero by a step on "
        "HasBacklogWithoutCapacity",
        excludes=("spot capacity", "an answer to the caller: results are files"),
    )

    def machines(self, market: Market, *, region: str, purchase: str) -> Machines:
        """Return every type of the catalogue; one without a price has none."""
        return instance_machines(
            market,
            service="sagemaker-async",
            region=region,
            purchase=purchase,
            sku_prefix="ml.",
        )

    def from_zero_s(self) -> float:
        """Return the start of the first machine, before imports and loading the model. [s]"""
        return defaults.ASYNC_START_S.value

    def idle_s(self) -> float:
        """Return the time without work after which the last machine goes away. [s]"""
        return defaults.ASYNC_IDLE_S.value

    def hours_usage(self, *, sku: str, machine_hours: float) -> list[UsageLine]:
        """Return the instances while they run, and their storage."""
        return [
            UsageLine(
                label=f"Endpoint instances, {sku}",
                service="sagemaker-async",
                sku=sku,
                hours=machine_hours,
            ),
            UsageLine(
                label="Endpoint storage",
                service="sagemaker-hosting-storage",
                gb_months=defaults.INSTANCE_DISK_GB.value * machine_hours / HOURS_PER_MONTH,
            ),
        ]

    def queue_usage(self, *, traffic: Traffic) -> list[UsageLine]:
        """Return what each request pays: data through the queue, files written and read."""
        moved_gb = traffic.request_gb_per_month + traffic.response_gb_per_month
        return [
            UsageLine(
                label="Data in and out of the queue",
                service="sagemaker-data",
                sku="async",
                gb=moved_gb,
            ),
            UsageLine(
                label="Requests and results as files",
                service="s3",
                gb_months=moved_gb * defaults.ASYNC_FILES_KEPT_MONTHS.value,
                put_requests=2 * traffic.requests_per_month,
                get_requests=2 * traffic.requests_per_month,
            ),
        ]


PLATFORM: Platform = SageMakerAsync()
