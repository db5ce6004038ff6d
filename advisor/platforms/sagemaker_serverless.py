"""A SageMaker serverless endpoint: billed by memory and duration of each request."""

import numpy as np

from advisor import defaults
from advisor.platforms.base import Traffic
from pricing.usage import UsageLine

NAME = "sagemaker-serverless"
TITLE = "SageMaker serverless"
MEMORY_GIB = (1, 2, 3, 4, 5, 6)
"""Sizes that exist. [GiB]"""
MAX_PAYLOAD_KB = 4_000.0
"""Largest request and largest response. [kB]"""
MAX_DURATION_S = 60.0
"""Longest invocation. [s]"""


def vcpu_count(memory_gib: float) -> float:
    """Return the processor share that comes with a memory size. [vCPU]"""
    return memory_gib * 1024 / defaults.SERVERLESS_MIB_PER_VCPU.value


def cold_start_fraction(*, requests_per_s: float, idle_s: float) -> float:
    """Return the share of requests that find no warm container, for Poisson arrivals.

        P(gap > idle_s) = exp(-rate * idle_s)

    That is the share at low rates, where one container serves them all; at high rates starts
    come from growing concurrency instead and are rarer than one in a hundred.

    Args:
        requests_per_s: arrival rate, > 0. [1/s]
        idle_s: time after which an idle container is taken away, >= 0. [s]

    Returns:
        Cold starts per request, 0 to 1.

    Example:
        >>> round(cold_start_fraction(requests_per_s=1 / 300, idle_s=300), 4)   # exp(-1)
        0.3679
    """
    return float(np.exp(-requests_per_s * idle_s))


def usage(*, memory_gib: int, duration_s: float, traffic: Traffic) -> list[UsageLine]:
    """Return the lines of a serverless endpoint."""
    return [
        UsageLine(
            label=f"Serverless inference, {memory_gib} GiB",
            service="sagemaker-serverless",
            memory_gib=memory_gib,
            requests=traffic.requests_per_month,
            duration_s=duration_s,
            data_gb=traffic.request_gb_per_month + traffic.response_gb_per_month,
        )
    ]
