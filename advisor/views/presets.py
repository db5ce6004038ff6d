"""Traffic and needs to start from; everything else stays as it is."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from advisor.study.types import (
    BATCH_ROW_KB,
    BATCH_ROWS_PER_CALL,
    BATCH_SCORE_KB,
    HOURS_PER_MONTH,
)

PATTERN = "workload.pattern"
RATE = "workload.requests_per_s"
PEAK = "workload.peak_requests_per_s"
"""On the page the peak is moved as a multiple of the mean."""
P99 = "needs.max_p99_latency_ms"
ROWS = "workload.rows_per_job"
JOBS = "workload.jobs_per_day"
DEADLINE = "needs.deadline_hours"
PER_CALL = "workload.rows_per_request"
REQUEST_KB = "workload.request_kb"
RESPONSE_KB = "workload.response_kb"

_ALWAYS_ON = {"workload.active_hours_per_month": HOURS_PER_MONTH}
_REQUESTS = {**_ALWAYS_ON, PATTERN: "online"}
_JOBS = {
    **_ALWAYS_ON,
    PATTERN: "batch",
    PER_CALL: BATCH_ROWS_PER_CALL,
    REQUEST_KB: BATCH_ROW_KB * BATCH_ROWS_PER_CALL,
    RESPONSE_KB: BATCH_SCORE_KB * BATCH_ROWS_PER_CALL,
    "needs.availability_zones": 1,
}

PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "A scoring API": {
            **_REQUESTS,
            RATE: 47.0,
            PEAK: 3.0,
            PER_CALL: 1,
            P99: 100.0,
            "needs.availability_zones": 2,
        },
        "Nightly batch scoring": {
            **_JOBS,
            ROWS: 1e6,
            JOBS: 1.0,
            DEADLINE: 2.0,
        },
        "A clustering job": {
            **_JOBS,
            ROWS: 1e7,
            JOBS: 1 / 7,
            DEADLINE: 12.0,
            "retraining.error_cost_usd": 0.0,
            "retraining.runs_per_release": 20,
        },
        "A spiky low-traffic model": {
            **_REQUESTS,
            RATE: 0.047,
            PEAK: 20.0,
            PER_CALL: 1,
            P99: 10000.0,
            "needs.availability_zones": 1,
        },
        "A GPU-hungry network": {
            **_REQUESTS,
            RATE: 100.0,
            PEAK: 2.0,
            PER_CALL: 1000,
            REQUEST_KB: 400.0,
            RESPONSE_KB: 20.0,
            P99: 100.0,
            "needs.availability_zones": 2,
        },
    }
)
"""Each is moved to like any other figure: what differs from the study stands in the address."""
