"""A SageMaker real-time endpoint: managed instances behind the SageMaker runtime."""

from datetime import date

from advisor import defaults
from advisor.platforms.base import Machines, Traffic
from advisor.platforms.instances import instance_machines
from advisor.study.types import HOURS_PER_MONTH
from pricing.instances import InstanceCatalogue
from pricing.quotes import PriceBook
from pricing.usage import UsageLine


class SageMakerRealtime:
    """Instances of every ml.* type with a hosting price."""

    name = "sagemaker-realtime"
    title = "SageMaker real-time"
    front = defaults.SAGEMAKER_FRONT_S
    purchases = ("on-demand",)
    max_payload_kb = defaults.REALTIME_MAX_PAYLOAD_KB.value
    advice = (
        "set RoutingStrategy to LEAST_OUTSTANDING_REQUESTS; the default RANDOM costs 2 to 3 times "
        "the p99"
    )

    def machines(
        self, *, book: PriceBook, catalogue: InstanceCatalogue, region: str, purchase: str, on: date
    ) -> Machines:
        """Return every type of the catalogue; one without an ml.* price has none."""
        return instance_machines(
            service="sagemaker-hosting",
            book=book,
            catalogue=catalogue,
            region=region,
            purchase=purchase,
            on=on,
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
