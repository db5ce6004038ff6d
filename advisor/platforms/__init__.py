"""The ways to run a model: one file each, one dict of all."""

from advisor.defaults import Default
from advisor.platforms import sagemaker_serverless
from advisor.platforms.base import Platform
from advisor.platforms.ecs_ec2 import EcsEc2
from advisor.platforms.ecs_fargate import EcsFargate
from advisor.platforms.ecs_jobs import Ec2Scheduled, FargateScheduled
from advisor.platforms.jobs import JobPlatform
from advisor.platforms.sagemaker_async import SageMakerAsync
from advisor.platforms.sagemaker_jobs import BatchTransform, Processing
from advisor.platforms.sagemaker_multi_model import SageMakerMultiModel
from advisor.platforms.sagemaker_realtime import SageMakerRealtime

STANDING_PLATFORMS: dict[str, Platform] = {
    platform.name: platform
    for platform in (SageMakerRealtime(), SageMakerMultiModel(), EcsFargate(), EcsEc2())
}
"""Platforms whose replicas run all the time. Serverless has a module of its own, since it is
billed by the request: `advisor.platforms.sagemaker_serverless`."""

JOB_PLATFORMS: dict[str, JobPlatform] = {
    platform.name: platform
    for platform in (BatchTransform(), Processing(), FargateScheduled(), Ec2Scheduled())
}
"""Platforms whose machines run while a job runs."""

ASYNC = SageMakerAsync()
"""A queue before instances that may scale to zero."""

TITLES = {
    **{name: platform.title for name, platform in STANDING_PLATFORMS.items()},
    sagemaker_serverless.NAME: sagemaker_serverless.TITLE,
    **{name: platform.title for name, platform in JOB_PLATFORMS.items()},
    ASYNC.name: ASYNC.title,
}
"""Names of the platforms for people."""

SOLD_AS: dict[str, tuple[str, ...]] = {
    **{name: platform.purchases for name, platform in STANDING_PLATFORMS.items()},
    **{name: platform.purchases for name, platform in JOB_PLATFORMS.items()},
    ASYNC.name: ASYNC.purchases,
    sagemaker_serverless.NAME: ("on-demand",),
}
"""Ways to buy each platform that exist."""

FRONTS: dict[str, Default] = {
    **{name: platform.front for name, platform in STANDING_PLATFORMS.items()},
    **{name: platform.front for name, platform in JOB_PLATFORMS.items()},
    ASYNC.name: ASYNC.front,
}
"""Time that each platform adds, per answer or per job. [s]"""
