"""Traffic and needs to start from; everything else stays as it is."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from advisor.study import HOURS_PER_MONTH

RATE = "workload.requests_per_s"
PEAK = "workload.peak_requests_per_s"
"""On the page the peak is moved as a multiple of the mean."""

_ALWAYS_ON = {"workload.active_hours_per_month": HOURS_PER_MONTH}
_TWO_HOURS_A_NIGHT = {"workload.active_hours_per_month": 60.0}

PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "A scoring API": {
            **_ALWAYS_ON,
            RATE: 47.0,
            PEAK: 3.0,
            "workload.rows_per_request": 1,
            "needs.max_p99_latency_ms": 100.0,
            "needs.availability_zones": 2,
        },
        "Nightly batch scoring": {
            **_TWO_HOURS_A_NIGHT,
            RATE: 10.0,
            PEAK: 1.5,
            "workload.rows_per_request": 500,
            "workload.request_kb": 200.0,
            "workload.response_kb": 10.0,
            "needs.max_p99_latency_ms": 10000.0,
            "needs.availability_zones": 1,
        },
        "A clustering job": {
            **_TWO_HOURS_A_NIGHT,
            RATE: 1.0,
            PEAK: 1.0,
            "workload.rows_per_request": 5000,
            "workload.request_kb": 2000.0,
            "workload.response_kb": 50.0,
            "needs.max_p99_latency_ms": None,
            "needs.availability_zones": 1,
            "retraining.error_cost_usd": 0.0,
            "retraining.runs_per_release": 20,
        },
        "A spiky low-traffic model": {
            **_ALWAYS_ON,
            RATE: 0.047,
            PEAK: 20.0,
            "workload.rows_per_request": 1,
            "needs.max_p99_latency_ms": 10000.0,
            "needs.availability_zones": 1,
        },
        "A GPU-hungry network": {
            **_ALWAYS_ON,
            RATE: 100.0,
            PEAK: 2.0,
            "workload.rows_per_request": 1000,
            "workload.request_kb": 400.0,
            "workload.response_kb": 20.0,
            "needs.max_p99_latency_ms": 100.0,
            "needs.availability_zones": 2,
        },
    }
)
"""Each is moved to like any other figure: what differs from the study stands in the address."""
