"""Where prices are read: one entry per source that a refresh can name."""

from collections.abc import Mapping
from typing import Literal

Via = Literal["files", "api"]

SOURCES: Mapping[str, tuple[Via, ...]] = {
    "ec2": ("files", "api"),
    "sagemaker": ("files", "api"),
    "fargate": ("files", "api"),
    "lambda": ("files", "api"),
    "api-gateway": ("files", "api"),
    "eks": ("files", "api"),
    "load-balancer": ("files", "api"),
    "data-transfer": ("files", "api"),
    "addresses": ("files", "api"),
    "cloudwatch": ("files", "api"),
    "ecr": ("files", "api"),
    "s3": ("files", "api"),
    "savings-plans": ("api",),
    "spot": ("api",),
    "instance-types": ("api",),
}
"""Every source by the name that `--service` takes, and the ways it can be read."""
