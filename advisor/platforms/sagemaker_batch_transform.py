"""SageMaker batch transform: the model's own container is sent the rows in records."""

import math
from typing import ClassVar

from advisor import defaults
from advisor.options.facts import Facts, Look
from advisor.platforms.base import Platform
from advisor.platforms.jobs import JOB_SERVICES
from advisor.platforms.sagemaker_job import SageMakerJob


class BatchTransform(SageMakerJob):
    """A managed job that reads files, calls the model and writes its answers."""

    facts: ClassVar[Facts] = Facts(
        name="sagemaker-batch-transform",
        title="SageMaker batch transform",
        short_title="SageMaker batch transform",
        summary="A managed job: AWS starts instances, sends the model your files and stops them.",
        side="SageMaker",
        billing="job",
        look=Look(colour="#0072B2", dash=(1, 0), mark="circle"),
        services=("sagemaker-batch-transform", *JOB_SERVICES),
        discount_service="sagemaker",
        purchases=("on-demand",),
        front=defaults.SAGEMAKER_JOB_START_S,
        start=defaults.SAGEMAKER_START_S,
        check=None,
        surge_fraction=0.0,
        drain_s=0.0,
        waits_for_start=False,
        reserve=defaults.HOST_RESERVE_GIB,
        max_payload_kb=defaults.BATCH_TRANSFORM_MAX_PAYLOAD_KB.value,
        max_duration_s=math.inf,
        max_machines=int(defaults.SAGEMAKER_JOB_MACHINES.value),
        serves_one=True,
        loads_on_demand=False,
        advice="set BatchStrategy to MultiRecord, MaxPayloadInMB to the size of one call, and "
        "MaxConcurrentTransforms to the workers of an instance",
        excludes=("spot capacity",),
    )
    service: ClassVar[str] = "sagemaker-batch-transform"
    label: ClassVar[str] = "Batch transform instances"


PLATFORM: Platform = BatchTransform()
