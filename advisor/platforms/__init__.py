"""The ways to run a model: one file each, one dict of all."""

from advisor.platforms.base import Platform
from advisor.platforms.ecs_ec2 import EcsEc2
from advisor.platforms.ecs_fargate import EcsFargate
from advisor.platforms.sagemaker_realtime import SageMakerRealtime

STANDING_PLATFORMS: dict[str, Platform] = {
    platform.name: platform for platform in (SageMakerRealtime(), EcsFargate(), EcsEc2())
}
"""Platforms whose replicas run all the time. Serverless has a module of its own, since it is
billed by the request: `advisor.platforms.sagemaker_serverless`."""
