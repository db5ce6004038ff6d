"""A SageMaker processing job: a container of one's own that reads and writes object storage."""

from typing import ClassVar

from advisor import defaults
from advisor.options.facts import Facts, Look
from advisor.platforms.base import Platform
from advisor.platforms.jobs import JOB_SERVICES
from advisor.platforms.sagemaker_job import SageMakerJob


class Processing(SageMakerJob):
    """A managed job that runs any container on instances of its own."""

    facts: ClassVar[Facts] = Facts(
        name="sagemaker-processing",
        title="SageMaker processing job",
        short_title="SageMaker processing job",
        summary="A managed job for your own container: AWS starts instances, runs it, stops them.",
        side="SageMaker",
        billing="job",
        look=Look(colour="#B066A6", dash=(6, 3), mark="square"),
        services=("sagemaker-processing", *JOB_SERVICES),
        discount_service="sagemaker",
        front=defaults.SAGEMAKER_JOB_START_S,
        start=defaults.SAGEMAKER_START_S,
        max_machines=int(defaults.SAGEMAKER_JOB_MACHINES.value),
        advice="set S3DataDistributionType to ShardedByS3Key, so that each instance has its own "
        "files",
        excludes=("spot capacity",),
    )
    service: ClassVar[str] = "sagemaker-processing"
    label: ClassVar[str] = "Processing instances"


PLATFORM: Platform = Processing()
