"""Pure billing arithmetic: minimums, rounding, tiers, load-balancer units, storage months.

Every function takes scalars or arrays of shapes that broadcast, and nothing but numbers: the
calculator and the advisor's option columns use the very same ones.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pricing.base import HOURS_PER_MONTH
from pricing.errors import UsageError

Floats = NDArray[np.float64]

SECONDS_PER_HOUR: Final = 3600.0
ROUNDING_SLACK: Final = 1e-6
"""What a whole number may miss by through binary fractions before it is rounded up."""

FARGATE_FREE_EPHEMERAL_GIB: Final = 20.0
FARGATE_LARGEST_EPHEMERAL_GIB: Final = 200.0
FARGATE_MINIMUM_S: Final = 60.0
FARGATE_WINDOWS_MINIMUM_S: Final = 300.0
FARGATE_SIZES: Final[Mapping[float, tuple[float, ...]]] = {
    0.25: (0.5, 1, 2),
    0.5: tuple(range(1, 5)),
    1: tuple(range(2, 9)),
    2: tuple(range(4, 17)),
    4: tuple(range(8, 31)),
    8: tuple(range(16, 61, 4)),
    16: tuple(range(32, 121, 8)),
    32: (60, 120, 244),
}
"""Memory sizes [GiB] that each vCPU count can be had with. No GPU."""
FARGATE_WINDOWS_VCPU: Final = (1.0, 2.0, 4.0)

LCU_NEW_CONNECTIONS_PER_S: Final = 25.0
LCU_ACTIVE_CONNECTIONS: Final = 3000.0
LCU_GB_PER_HOUR: Final = 1.0
LCU_RULES_PER_S: Final = 1000.0
LCU_FREE_RULES: Final = 10.0
NLCU_NEW_CONNECTIONS_PER_S: Final = 800.0
NLCU_ACTIVE_CONNECTIONS: Final = 100_000.0
NLCU_GB_PER_HOUR: Final = 1.0

LAMBDA_MEMORY_GIB: Final = (0.125, 10.0)
"""Least and most memory of a function. [GiB]"""
LAMBDA_FREE_EPHEMERAL_GIB: Final = 0.5
LAMBDA_LARGEST_EPHEMERAL_GIB: Final = 10.0
HTTP_API_UNIT_KIB: Final = 512.0
"""An HTTP API counts each started 512 KiB of a request with its answer as one request."""

EC2_MINIMUM_S: Final = 60.0


def fargate_billed_s(*, duration_s: ArrayLike, minimum_s: ArrayLike = FARGATE_MINIMUM_S) -> Floats:
    """Seconds that one Fargate task is billed for: whole seconds, at least the minimum.

        billed_s = max(minimum_s, ceil(duration_s)),   0 for a task that never ran

    Args:
        duration_s: from the start of the image pull to the end of the task, >= 0. [s]
        minimum_s: least that a task is billed for: a minute, five on Windows. [s]

    Returns:
        Billed time. [s], broadcast shape

    Example:
        >>> float(fargate_billed_s(duration_s=12.5))
        60.0

    Source:
        AWS Fargate pricing page, "Pricing details": per second, one-minute minimum; Windows
        containers five minutes (the page as several public copies quote it).
    """
    duration = np.asarray(duration_s, dtype=float)
    whole = np.ceil(duration - ROUNDING_SLACK)
    return np.where(duration > 0, np.maximum(minimum_s, whole), 0.0)


def whole_hours(hours: ArrayLike) -> Floats:
    """Hours billed where a started hour counts in full (load balancers, NAT gateways). [h]

    Example:
        >>> float(whole_hours(594.2))
        595.0

    Source:
        AWS pages of Elastic Load Balancing and VPC: "each hour or partial hour".
    """
    return np.ceil(np.asarray(hours, dtype=float) - ROUNDING_SLACK)


def ec2_billed_hours(*, hours: ArrayLike) -> Floats:
    """Hours billed for one Linux instance: by the second, at least a minute once it started. [h]

    Example:
        >>> float(ec2_billed_hours(hours=0.001) * 3600)
        60.0
    """
    run = np.asarray(hours, dtype=float)
    return np.where(run > 0, np.maximum(run, EC2_MINIMUM_S / SECONDS_PER_HOUR), 0.0)


def lambda_billed_s(*, duration_s: ArrayLike) -> Floats:
    """Seconds that one invocation is billed for: started milliseconds in full. [s]

        billed_s = ceil(1000 * duration_s) / 1000

    Example:
        >>> float(lambda_billed_s(duration_s=0.01234))
        0.013

    Source:
        AWS Lambda pricing page: "rounded up to the nearest 1 ms".
    """
    milliseconds = np.asarray(duration_s, dtype=float) * 1000.0
    return np.ceil(milliseconds - ROUNDING_SLACK) / 1000.0


def require_lambda_memory(*, memory_gib: float) -> None:
    """Refuse a function size that cannot be had.

    Raises:
        UsageError: the message says the sizes that can.
    """
    least, most = LAMBDA_MEMORY_GIB
    if not least <= memory_gib <= most:
        raise UsageError(f"lambda has {least:g} to {most:g} GiB of memory, got {memory_gib:g}")


def http_api_units(*, payload_kib: ArrayLike) -> Floats:
    """Requests that one call of an HTTP API counts as.

        units = max(1, ceil(payload_kib / 512))

    Example:
        >>> float(http_api_units(payload_kib=600))
        2.0

    Source:
        Amazon API Gateway pricing page: "HTTP APIs are metered in 512 KB increments".
    """
    started = np.ceil(np.asarray(payload_kib, dtype=float) / HTTP_API_UNIT_KIB - ROUNDING_SLACK)
    return np.maximum(1.0, started)


def application_lcu_count(
    *,
    new_connections_per_s: ArrayLike = 0.0,
    connection_minutes: ArrayLike = 0.0,
    processed_gb_per_hour: ArrayLike = 0.0,
    requests_per_s: ArrayLike = 0.0,
    rule_count: ArrayLike = 0.0,
) -> Floats:
    """Capacity units of an application load balancer: the largest of four uses.

        lcu = max(new / 25, new * 60 * minutes / 3000, gb_per_hour / 1,
                  requests * max(0, rules - 10) / 1000)

    Args:
        new_connections_per_s: connections opened. [1/s]
        connection_minutes: how long a connection lasts. [min]
        processed_gb_per_hour: requests and responses, 1 GB = 1e6 KB. [GB/h]
        requests_per_s: requests. [1/s]
        rule_count: rules that each request is held against; the first ten are free.

    Returns:
        Units in use. [LCU], broadcast shape

    Example:
        >>> float(application_lcu_count(new_connections_per_s=1, connection_minutes=2,
        ...     processed_gb_per_hour=1.08, requests_per_s=5, rule_count=60))
        1.08

    Source:
        AWS Elastic Load Balancing pricing page, LCU details (EC2 and IP targets).
    """
    opened = np.asarray(new_connections_per_s, dtype=float)
    active = opened * 60.0 * np.asarray(connection_minutes)
    paid_rules = np.maximum(0.0, np.asarray(rule_count, dtype=float) - LCU_FREE_RULES)
    evaluations = np.asarray(requests_per_s) * paid_rules
    gb = np.asarray(processed_gb_per_hour, dtype=float)
    most = np.maximum(opened / LCU_NEW_CONNECTIONS_PER_S, active / LCU_ACTIVE_CONNECTIONS)
    most = np.maximum(most, gb / LCU_GB_PER_HOUR)
    return np.asarray(np.maximum(most, evaluations / LCU_RULES_PER_S))


def network_lcu_count(
    *,
    new_connections_per_s: ArrayLike = 0.0,
    connection_minutes: ArrayLike = 0.0,
    processed_gb_per_hour: ArrayLike = 0.0,
) -> Floats:
    """Capacity units of a network load balancer for TCP: the largest of three uses.

        nlcu = max(new / 800, new * 60 * minutes / 100,000, gb_per_hour / 1)

    Args:
        new_connections_per_s: TCP connections opened. [1/s]
        connection_minutes: how long a connection lasts. [min]
        processed_gb_per_hour: both directions. [GB/h]

    Returns:
        Units in use. [NLCU], broadcast shape

    Example:
        >>> float(network_lcu_count(processed_gb_per_hour=2.5))
        2.5
    """
    opened = np.asarray(new_connections_per_s, dtype=float)
    active = opened * 60.0 * np.asarray(connection_minutes)
    gb = np.asarray(processed_gb_per_hour, dtype=float)
    most = np.maximum(opened / NLCU_NEW_CONNECTIONS_PER_S, active / NLCU_ACTIVE_CONNECTIONS)
    return np.asarray(np.maximum(most, gb / NLCU_GB_PER_HOUR))


def tier_quantities(
    *, quantity: ArrayLike, tier_from: ArrayLike, used_before: ArrayLike = 0.0
) -> Floats:
    """Split a month's quantity over price tiers.

    Args:
        quantity: units to bill, >= 0, any shape.
        tier_from: where each tier starts, rising from 0, shape (tiers,).
        used_before: units that the same month has already used up.

    Returns:
        Units in each tier, shape (*quantity.shape, tiers); they add up to `quantity`.

    Example:
        >>> tier_quantities(quantity=12000.0, tier_from=[0, 10240, 51200]).tolist()
        [10240.0, 1760.0, 0.0]
    """
    start = np.asarray(tier_from, dtype=float)
    end = np.append(start[1:], np.inf)
    before = np.asarray(used_before, dtype=float)[..., None]
    after = before + np.asarray(quantity, dtype=float)[..., None]
    return np.asarray(np.maximum(0.0, np.minimum(after, end) - np.maximum(before, start)))


def month_fraction(*, hours: ArrayLike) -> Floats:
    """Part of a month of 730 h that something is kept for, e.g. a disk.

    Example:
        >>> float(month_fraction(hours=365))
        0.5
    """
    return np.asarray(hours, dtype=float) / HOURS_PER_MONTH


def managed_spot_saving_fraction(*, training_s: ArrayLike, billable_s: ArrayLike) -> Floats:
    """Saving of managed spot training.

        saving = 1 - billable_s / training_s

    Example:
        >>> float(managed_spot_saving_fraction(training_s=500, billable_s=100))
        0.8

    Source:
        SageMaker API reference, DescribeTrainingJob, BillableTimeInSeconds.
    """
    return np.asarray(
        1.0 - np.asarray(billable_s, dtype=float) / np.asarray(training_s, dtype=float)
    )


def cost_per_inference_usd(*, usd_per_hour: ArrayLike, inferences_per_minute: ArrayLike) -> Floats:
    """Cost of one inference on an endpoint that is kept busy.

        usd = usd_per_hour / (60 * inferences_per_minute)

    Example:
        >>> round(float(cost_per_inference_usd(usd_per_hour=0.6, inferences_per_minute=100)), 6)
        0.0001

    Source:
        SageMaker developer guide, Inference Recommender, CostPerInference.
    """
    per_hour = 60.0 * np.asarray(inferences_per_minute, dtype=float)
    return np.asarray(np.asarray(usd_per_hour, dtype=float) / per_hour)
