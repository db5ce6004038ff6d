"""Names and amounts that a study is made of, each checked where it is written."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints

from benchmarks.errors import did_you_mean
from pricing.base import HOURS_PER_MONTH

DAYS_PER_MONTH = HOURS_PER_MONTH / 24
"""One month in days, 30.4167. [days]"""

MS_PER_HOUR = 3.6e6

MONTHS_PER_YEAR = 12

REGIONS = (
    "us-east-1",
    "us-east-2",
    "us-west-2",
    "eu-west-1",
    "eu-central-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "eu-west-2",
    "ap-south-1",
    "ap-southeast-1",
    "ca-central-1",
    "sa-east-1",
)

PLATFORM_NAMES = (
    "sagemaker-realtime",
    "sagemaker-serverless",
    "sagemaker-multi-model",
    "sagemaker-async",
    "sagemaker-batch-transform",
    "sagemaker-processing",
    "ecs-fargate",
    "ecs-ec2",
    "ecs-fargate-scheduled",
    "ecs-ec2-scheduled",
)
"""Every way to run a model, of which `cloud.platforms` picks."""

PURCHASES = ("on-demand", "spot", "savings-1y")

DISCOUNT_SERVICES = (
    *("ec2", "fargate", "sagemaker", "sagemaker-hosting", "sagemaker-training"),
    *("sagemaker-async", "sagemaker-batch-transform", "sagemaker-processing"),
    *("sagemaker-serverless", "sagemaker-data", "sagemaker-hosting-storage", "load-balancer"),
    *("public-ipv4", "data-transfer-out", "ebs-gp3", "cloudwatch-logs", "ecr", "s3"),
)
"""Billing services that a bill of this product can hold; `sagemaker` stands for all of its own."""

METRICS = (
    *("auto", "accuracy", "balanced_accuracy", "roc_auc", "neg_cost_usd"),
    *("r2", "neg_mae", "silhouette"),
)

ShortText = Annotated[str, StringConstraints(min_length=1, max_length=200)]


def one_of(names: Iterable[str], what: str) -> BeforeValidator:
    """Return the check of a word that must be one of some; `what` they are is for the message."""
    known = tuple(names)

    def check(value: Any) -> Any:
        if value not in known:
            raise ValueError(f"unknown {what} {value!r}: {did_you_mean(str(value), known)}")
        return value

    return BeforeValidator(check)


Region = Annotated[str, one_of(REGIONS, "region")]

PlatformName = Annotated[str, one_of(PLATFORM_NAMES, "platform")]

Purchase = Annotated[str, one_of(PURCHASES, "purchase option")]

TrainingPurchase = Annotated[str, one_of(("on-demand", "spot"), "purchase option for training")]

DiscountService = Annotated[str, one_of(DISCOUNT_SERVICES, "billing service")]

Usd = Annotated[float, Field(ge=0, le=1e9)]
"""An amount that people write into a study. [USD]"""
