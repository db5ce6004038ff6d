"""A SageMaker asynchronous endpoint: a queue before managed instances, which may scale to zero."""

from datetime import date

from advisor import defaults
from advisor.platforms.base import Machines, Traffic
from advisor.platforms.instances import instance_machines
from advisor.study.types import HOURS_PER_MONTH
from pricing.instances import InstanceCatalogue
from pricing.quotes import PriceBook
from pricing.usage import UsageLine


class SageMakerAsync:
    """Instances of every ml.* type with a price for asynchronous inference.

    Requests and results are files in object storage; a result may be an hour away. It scales to
    zero where the need allows for a start.
    """

    name = "sagemaker-async"
    title = "SageMaker asynchronous"
    front = defaults.ASYNC_FRONT_S
    purchases = ("on-demand",)
    max_payload_kb = defaults.ASYNC_MAX_PAYLOAD_KB.value
    max_duration_s = defaults.ASYNC_MAX_DURATION_S.value
    advice = (
        "scale on ApproximateBacklogSizePerInstance, and from zero by a step on "
        "HasBacklogWithoutCapacity"
    )

    def machines(
        self, *, book: PriceBook, catalogue: InstanceCatalogue, region: str, purchase: str, on: date
    ) -> Machines:
        """Return every type of the catalogue; one without a price has none."""
        return instance_machines(
            service="sagemaker-async",
            book=book,
            catalogue=catalogue,
            region=region,
            purchase=purchase,
            on=on,
            sku_prefix="ml.",
        )

    def usage(self, *, sku: str, machine_hours: float) -> list[UsageLine]:
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

    def shared_usage(self, *, traffic: Traffic) -> list[UsageLine]:
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
