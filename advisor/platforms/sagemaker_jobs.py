"""SageMaker's two kinds of jobs for many rows: batch transform and processing."""

from datetime import date

from advisor import defaults
from advisor.platforms.base import Machines
from advisor.platforms.instances import instance_machines
from advisor.platforms.jobs import JobRun
from pricing.instances import InstanceCatalogue
from pricing.quotes import PriceBook
from pricing.usage import UsageLine


class _SageMakerJob:
    """Managed instances that start for a job; billed by the second, on demand only."""

    name: str
    service: str
    label: str
    front = defaults.SAGEMAKER_JOB_START_S
    purchases = ("on-demand",)
    max_machines = int(defaults.SAGEMAKER_JOB_MACHINES.value)

    def machines(
        self, *, book: PriceBook, catalogue: InstanceCatalogue, region: str, purchase: str, on: date
    ) -> Machines:
        """Return every type of the catalogue; one without this job's price has none."""
        return instance_machines(
            service=self.service,
            book=book,
            catalogue=catalogue,
            region=region,
            purchase=purchase,
            on=on,
            sku_prefix="ml.",
        )

    def job_usage(self, *, sku: str, purchase: str, run: JobRun) -> list[UsageLine]:
        """Return the instances' hours."""
        del purchase
        return [
            UsageLine(
                label=f"{self.label}, {sku}",
                service=self.service,
                sku=sku,
                hours=run.billed_s / 3600,
                count=run.machine_runs,
            )
        ]


class BatchTransform(_SageMakerJob):
    """Batch transform: the model's own container is sent the rows in records."""

    name = "sagemaker-batch-transform"
    title = "SageMaker batch transform"
    service = "sagemaker-batch-transform"
    label = "Batch transform instances"
    max_payload_kb = defaults.BATCH_TRANSFORM_MAX_PAYLOAD_KB.value
    advice = (
        "set BatchStrategy to MultiRecord, MaxPayloadInMB to the size of one call, and "
        "MaxConcurrentTransforms to the workers of an instance"
    )


class Processing(_SageMakerJob):
    """A processing job: a container of one's own that reads and writes object storage."""

    name = "sagemaker-processing"
    title = "SageMaker processing job"
    service = "sagemaker-processing"
    label = "Processing instances"
    max_payload_kb = float("inf")
    advice = "set S3DataDistributionType to ShardedByS3Key, so that each instance has its own files"
