"""Which platform answers which kind of study, and why not the others."""

from advisor.options.facts import Facts
from advisor.study.types import MONTHS_PER_YEAR, Study

SHOWN_ELSEWHERE = 12
"""Machines of each platform that are looked at in a study it is not for: none can win there."""

COMMITTED = "savings-1y"
"""A commitment is paid whether replicas run or not: there autoscaling saves nothing."""

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


def pattern_rule(study: Study, facts: Facts) -> str:
    """Return why a way to be billed is not for a study's traffic; empty if it is."""
    batch = study.workload.pattern == "batch"
    if facts.billing == "job":
        return "" if batch else f"scores a day's rows at once, {TO_BATCH}"
    if not batch:
        return ""
    if facts.billing == "always-on":
        return (
            f"stands all month for {study.workload.jobs_per_month:,.1f} jobs: "
            "a job pays for the hours it runs"
        )
    return "takes requests one by one: a job on the same machine sends no requests"


def models_rule(study: Study, facts: Facts) -> str:
    """Return why a platform is not for the study's number of models; empty if it is."""
    models = study.workload.models
    if models > 1 and facts.serves_one:
        return f"runs one model: {models:,} models need {models:,} of them"
    if models == 1 and facts.loads_on_demand:
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


def payload_rule(study: Study, facts: Facts, *, of: str = "", remedy: str = "") -> str:
    """Return why a platform does not take the study's requests; empty if it does.

    Args:
        study: whose requests.
        facts: the platform's.
        of: whose limit it is, in words; empty where it is plain.
        remedy: what to change, in words.
    """
    largest_kb = max(study.workload.request_kb, study.workload.response_kb)
    if largest_kb <= facts.max_payload_kb:
        return ""
    what = "call" if facts.billing == "job" else "payload"
    return (
        f"a {what} of {largest_kb:,.0f} kB is above {of or 'the'} limit of "
        f"{facts.max_payload_kb:,.0f} kB{remedy}"
    )
