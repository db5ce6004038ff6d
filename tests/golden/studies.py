"""One study of each kind, with what was measured for it: the golden answers are those of these.

Prices are the shipped ones of a fixed day, so that a later row of the price book moves nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from advisor.evidence import Evidence
from advisor.recommend import recommend
from advisor.report.words import visible_json
from advisor.study.types import Study
from pricing.instances import load_catalogue
from pricing.tables import load_book
from tests.advisor.factories import ON, backtest, dataset, evidence, hardware, ladder, run, study

FOLDER = Path(__file__).parent
"""Where the golden answers are kept, a JSON file for each."""

NOT_COMPARED = {
    "prices.sha256": "the stamp of the whole price book: a row of a later day changes it",
}
"""Keys that an answer may change and stay the same answer, with the reason."""

DRAWS = {"draw_count": 200}
"""Fewer draws than a study has by default: the same arithmetic, a fifth of the time."""


@dataclass(frozen=True)
class Golden:
    """A study of one kind, and what was measured for it."""

    asked: Mapping[str, Any]
    """Keys of the study beside its data."""
    measured: Evidence = field(default_factory=evidence)
    """Runs and back-tests."""

    @property
    def study(self) -> Study:
        """The study."""
        return study(**{"decision": DRAWS, **self.asked})


def _three() -> Evidence:
    """A baseline, a simple model and a better one: enough where the ladder is not the point."""
    return evidence(*ladder()[:3])


def _network() -> Evidence:
    """A network that is nearly all arithmetic, measured on a processor and on a GPU."""
    big = {"parameter_count": 4 * 10**9, "error": 0.05}
    card = hardware(gpu_model="NVIDIA A10G", gpu_memory_gib=24.0)
    return evidence(
        run("dummy", 0, error=0.40, service_s=0.0002, training_s=0.1),
        run("linear", 1, error=0.30, service_s=0.0005, training_s=2.0),
        run("torch_mlp", 4, service_s=0.400, training_s=900.0, **big),
        run("torch_mlp", 4, service_s=0.010, training_s=60.0, device="cuda", hardware=card, **big),
    )


JOBS = [
    *("sagemaker-batch-transform", "sagemaker-processing"),
    *("ecs-fargate-scheduled", "ecs-ec2-scheduled", "ecs-fargate"),
]

GOLDEN = {
    "online": Golden(
        {
            "name": "online",
            "workload": {"requests_per_s": 60.0, "growth_per_month": 0.02},
            "needs": {"max_p99_latency_ms": 80.0, "max_usd_per_month": 4000.0},
            "retraining": {
                "error_cost_usd": 0.05,
                "cases_per_day": 20_000,
                "label_cost_usd": 12.0,
                "now_interval_days": 90,
            },
            "cloud": {
                "purchase": ["on-demand", "savings-1y"],
                "discounts": {"fargate": 0.1, "sagemaker": 0.05},
            },
            "decision": DRAWS | {"growth_per_year_fraction": 0.3},
            "current": {"platform": "ecs-ec2", "sku": "m5.large", "replicas": 3},
        },
        evidence(backtests=(backtest(dataset=dataset(time="ts")),)),
    ),
    "jobs": Golden(
        {
            "name": "jobs",
            "workload": {"pattern": "batch", "rows_per_job": 4e6, "jobs_per_day": 2},
            "needs": {"deadline_hours": 3},
            "retraining": {"error_cost_usd": 0.001},
            "cloud": {"purchase": ["on-demand", "spot"], "platforms": JOBS},
        },
        _three(),
    ),
    "queue": Golden(
        {
            "name": "queue",
            "workload": {"requests_per_s": 0.01, "request_kb": 100_000, "rows_per_request": 500},
            "needs": {"max_p99_latency_ms": 1_200_000},
            "retraining": {"error_cost_usd": 0.01, "cases_per_day": 500},
            "cloud": {"platforms": ["sagemaker-async", "sagemaker-realtime", "ecs-fargate"]},
            "team": {"hours_per_month": {"ecs-fargate": 12.0}},
        },
        _three(),
    ),
    "many-models": Golden(
        {
            "name": "many models",
            "workload": {"requests_per_s": 20.0, "models": 300},
            "needs": {"max_p99_latency_ms": 500.0},
            "retraining": {"error_cost_usd": 0.01, "cases_per_day": 1000},
        },
        _three(),
    ),
    "nothing-feasible": Golden(
        {
            "name": "nothing feasible",
            "needs": {"max_p99_latency_ms": 0.5, "max_usd_per_month": 20.0},
        },
        _three(),
    ),
    "gpu": Golden(
        {
            "name": "gpu",
            "workload": {"requests_per_s": 100.0},
            "needs": {"max_p99_latency_ms": 300.0},
            "retraining": {"error_cost_usd": 0.05, "cases_per_day": 100_000},
            "cloud": {"platforms": ["sagemaker-realtime", "ecs-fargate", "ecs-ec2"]},
        },
        _network(),
    ),
}
"""The studies, by kind."""


@lru_cache(maxsize=len(GOLDEN))
def answer_json(kind: str) -> Any:
    """Return a study's answer as `advisor recommend --json` prints it, read back."""
    golden = GOLDEN[kind]
    found = recommend(
        golden.study, golden.measured, on=ON, book=load_book(), catalogue=load_catalogue()
    )
    return json.loads(visible_json(found.model_dump_json(indent=2)))


def path_of(kind: str) -> Path:
    """Return the file that keeps an answer."""
    return FOLDER / f"{kind}.json"
