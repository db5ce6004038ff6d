"""Which platform answers which kind of study, and why not the others."""

from advisor.study import Study

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

TO_BATCH = "hours after the request: set workload.pattern: batch where nobody waits"


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


def zones_rule(study: Study, region: str) -> str:
    """Return why a region is too small for the study's need of zones; empty if it is not."""
    zones = ZONES.get(region)
    if zones is not None and study.needs.availability_zones > zones:
        return f"{region} has {zones} zones, the need is {study.needs.availability_zones}"
    return ""
