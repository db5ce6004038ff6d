"""A SageMaker processing job: a container of one's own that reads and writes object storage."""

import math
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
        purchases=("on-demand",),
        front=defaults.SAGEMAKER_JOB_START_S,
        start=defaults.SAGEMAKER_START_S,
        check=None,
        surge_fraction=0.0,
        drain_s=0.0,
        waits_for_start=False,
        reserve=defaults.HOST_RESERVE_GIB,
        max_payload_kb=math.inf,
        max_duration_s=math.inf,
        max_machines=int(defaults.SAGEMAKER_JOB_MACHINES.value),
        serves_one=False,
        loads_on_demand=False,
        advice="set S3DataDistributionType to ShardedByS3Key, so that each instance has its own "
        "files",
        excludes=("spot capacity",),
    )
    service: ClassVar[str] = "sagemaker-processing"
    label: ClassVar[str] = "Processing instances"


PLATFORM: Platform = Processing()
