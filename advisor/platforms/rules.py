"""Which platform answers which kind of study, and why not the others."""

from advisor.study.types import MONTHS_PER_YEAR, Study

LOADS_ON_DEMAND = frozenset({"sagemaker-multi-model"})
"""Platforms that keep the models in memory that are asked for, and load the others."""

SERVES_ONE = frozenset(
    {"sagemaker-realtime", "sagemaker-serverless", "sagemaker-async", "sagemaker-batch-transform"}
)
"""Platforms that run one model; a container of one's own holds as many as fit."""

SHOWN_ELSEWHERE = 12
"""Machines of each platform that are looked at in a study it is not for: none can win there."""

ZONES = {
    "us-east-1": 6,
    "us-east-2": 3,
    "us-west-2": 4,
    "eu-west-1": 3,
    "eu-central-1": 3,
    "ap-southeast-2": 3,
    "ap-northeast-1": 3,
}
"""Availability zones that an account sees in each region, as remembered of AWS's page of regions
and zones; `aws ec2 describe-availability-zones` tells yours."""

SURGE_SHARES = {"sagemaker-realtime": 1.0, "ecs-fargate": 1.0, "ecs-ec2": 1.0}
"""Replicas that run beside the old ones while a release rolls out, over those of the fleet: an ECS
service may have twice its tasks (maximumPercent 200, none below 100: its defaults; Amazon ECS
Developer Guide, "Rolling deployments"), an endpoint gets a second fleet (blue/green, all at once,
the default; SageMaker Developer Guide, "Blue/Green Deployments"). Elsewhere nothing stands beside:
a multi-model endpoint loads the new model on the same instances."""

ECS_DRAIN_S = 300.0
"""Time that an old task still runs once the new ones answer: the target group's deregistration
delay, 300 s unless set (Elastic Load Balancing, "Target group attributes"). [s]"""

TO_BATCH = "hours after the request: set workload.pattern: batch where nobody waits"


def surge_share(platform: str) -> float:
    """Return the replicas that run beside the old ones in a rollout, over those of the fleet."""
    return SURGE_SHARES.get(platform, 0.0)


def rollout_s(platform: str) -> float:
    """Return how long old and new replicas run together, the start of the new ones not counted."""
    return ECS_DRAIN_S if platform.startswith("ecs") else 0.0


def standing_rule(study: Study) -> str:
    """Return why a platform that stands and answers requests is not for a study; empty if it is."""
    if study.workload.pattern == "batch":
        return (
            f"stands all month for {study.workload.jobs_per_month:,.1f} jobs: "
            "a job pays for the hours it runs"
        )
    return ""


def request_rule(study: Study) -> str:
    """Return why a platform billed by the request or queue is not for a study; empty if it is."""
    if study.workload.pattern == "batch":
        return "takes requests one by one: a job on the same machine sends no requests"
    return ""


def job_rule(study: Study) -> str:
    """Return why a platform of jobs is not for a study; empty if it is."""
    if study.workload.pattern == "online":
        return f"scores a day's rows at once, {TO_BATCH}"
    return ""


def models_rule(study: Study, platform: str) -> str:
    """Return why a platform is not for the study's number of models; empty if it is."""
    models = study.workload.models
    if models > 1 and platform in SERVES_ONE:
        return f"runs one model: {models:,} models need {models:,} of them"
    if models == 1 and platform in LOADS_ON_DEMAND:
        return "one model alone: a real-time endpoint is the same (workload.models: how many share)"
    return ""


def commitment_rule(study: Study, purchase: str) -> str:
    """Return why a commitment is too long for a study; empty if it is not."""
    if purchase.endswith("-1y") and study.horizon_months < MONTHS_PER_YEAR:
        return f"commits for 12 months, the horizon is {study.horizon_months}"
    return ""


def zones_rule(study: Study, region: str) -> str:
    """Return why a region is too small for the study's need of zones; empty if it is not."""
    zones = ZONES.get(region)
    if zones is not None and study.needs.availability_zones > zones:
        return f"{region} has {zones} zones, the need is {study.needs.availability_zones}"
    return ""
