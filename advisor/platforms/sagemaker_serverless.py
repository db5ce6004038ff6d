"""A SageMaker serverless endpoint: billed by memory and duration of each request."""

from typing import ClassVar

import numpy as np

from advisor import defaults
from advisor.capacity.fleet import MAX_REPLICAS
from advisor.options.facts import Facts, Look
from advisor.platforms.base import COMMON_SERVICES, Platform, Traffic
from advisor.platforms.by_request import ByRequest
from advisor.study.types import Study
from pricing.usage import UsageLine

MAX_PAYLOAD_KB = 4_000.0
"""Largest request and largest response. [kB]"""
MAX_DURATION_S = 60.0
"""Longest invocation. [s]"""


class SageMakerServerless(ByRequest):
    """Containers of 1 to 6 GiB, one for each request at a time."""

    facts: ClassVar[Facts] = Facts(
        name="sagemaker-serverless",
        title="SageMaker serverless",
        short_title="SageMaker serverless",
        summary="An endpoint without machines: AWS starts containers as requests come and bills "
        "each by its duration.",
        side="SageMaker",
        billing="by-request",
        look=Look(colour="#B066A6", dash=(6, 3), mark="square"),
        services=("sagemaker-serverless", *COMMON_SERVICES),
        discount_service="sagemaker",
        purchases=("on-demand",),
        front=defaults.SAGEMAKER_FRONT_S,
        start=None,
        check=None,
        surge_fraction=0.0,
        drain_s=0.0,
        waits_for_start=False,
        reserve=defaults.HOST_RESERVE_GIB,
        max_payload_kb=MAX_PAYLOAD_KB,
        max_duration_s=MAX_DURATION_S,
        max_machines=MAX_REPLICAS,
        serves_one=True,
        loads_on_demand=False,
        advice="",
        excludes=("GPUs", "a private network (VPC)", "data capture", "canary releases"),
    )
    memory_gib: ClassVar[tuple[int, ...]] = (1, 2, 3, 4, 5, 6)

    def vcpu_count(self, memory_gib: float) -> float:
        """Return the processor share that comes with a memory size. [vCPU]"""
        return memory_gib * 1024 / defaults.SERVERLESS_MIB_PER_VCPU.value

    def cold_start_s(self) -> float:
        """Return the start of a container before imports and loading the model. [s]"""
        return defaults.SERVERLESS_START_S.value

    def cold_fraction(self, study: Study) -> float:
        """Return the share of requests that find no warm container."""
        return cold_start_fraction(
            requests_per_s=study.workload.requests_per_s, idle_s=defaults.SERVERLESS_IDLE_S.value
        )

    def most_at_once(self) -> float:
        """Return the requests that one endpoint serves at once."""
        return defaults.SERVERLESS_MAX_CONCURRENCY.value

    def request_usage(
        self, *, memory_gib: int, duration_s: float, traffic: Traffic
    ) -> list[UsageLine]:
        """Return the seconds of the containers and the data that pass them."""
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


PLATFORM: Platform = SageMakerServerless()
