"""Boring values for tests of the engine: inputs, never expectations."""

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import numpy as np

from advisor.decision.answer.compose import compose
from advisor.decision.choice.engine import Engine, judge
from advisor.decision.scenarios.option_space import option_space_of
from advisor.evidence import Evidence
from advisor.market import Market
from advisor.memo import Memo
from advisor.recommend import market_on
from advisor.recommendation import Recommendation
from advisor.study.file import parse_study
from advisor.study.types import PLATFORM_NAMES, Study
from benchmarks.storage.records import (
    BacktestRun,
    BenchmarkRun,
    Candidate,
    DatasetSpec,
    ErrorCell,
    HardwareProfile,
    InferenceMeasurement,
    LearningPoint,
    TrainingMeasurement,
)

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def hardware(**changes: Any) -> HardwareProfile:
    return HardwareProfile.model_validate(
        {
            "host_id": "test-host",
            "processor": "AMD EPYC 9R14",
            "architecture": "x86_64",
            "physical_core_count": 2,
            "logical_cpu_count": 2,
            "memory_gib": 8.0,
            "system": "Linux",
            "python": "3.11",
            "libraries": {},
        }
        | changes
    )


def dataset(**changes: Any) -> DatasetSpec:
    return DatasetSpec.model_validate(
        {
            "name": "breast_cancer",
            "source": "builtin:breast_cancer",
            "task": "classification",
            "target": "target",
            "time": None,
            "row_count": 100_000,
            "used_row_count": 100_000,
            "feature_count": 30,
            "class_count": 2,
            "metric": "accuracy",
            "simulated": False,
            "sha256": "0" * 64,
        }
        | changes
    )


def run(
    name: str = "linear",
    rank: int = 1,
    *,
    error: float = 0.10,
    service_s: float = 0.001,
    training_s: float = 10.0,
    family: str | None = None,
    **changes: Any,
) -> BenchmarkRun:
    spec = changes.pop("dataset", dataset())
    rng = np.random.default_rng(rank)
    fields: dict[str, Any] = {
        "id": f"20261101T12000{rank}-{name}",
        "key": name,
        "started_at": NOW,
        "preset": "standard",
        "candidate": Candidate(name=name, family=family or name, simplicity_rank=rank),
        "dataset": spec,
        "hardware": hardware(),
        "device": "cpu",
        "outcome": "ok",
        "training": tuple(
            TrainingMeasurement(
                seed=seed,
                row_count=80_000,
                thread_count=threads,
                wall_s=training_s * (1.0 if threads > 1 else 1.6),
                cpu_s=training_s * 1.5,
                peak_memory_bytes=500 * 2**20,
                quality=1 - error + 0.0001 * (seed - 1),
                error_per_case=error - 0.0001 * (seed - 1),
            )
            for seed, threads in ((0, 2), (1, 2), (2, 2), (0, 1))
        ),
        "learning_curve": tuple(
            LearningPoint(row_count=n, seed=0, wall_s=training_s * n / 80_000, quality=1 - error)
            for n in (10_000, 20_000, 40_000, 80_000)
        ),
        "inference": tuple(
            InferenceMeasurement(
                batch_rows=rows,
                thread_count=1,
                durations_s=tuple(
                    float(d)
                    for d in (service_s + 1e-6 * (rows - 1)) * rng.lognormal(0, 0.05, size=500)
                ),
            )
            for rows in (1, 8, 64, 256, 1024)
        ),
        "artefact_bytes": 1_000_000,
        "load_s": 0.1,
        "import_s": 0.9,
        "serving_memory_bytes": 200 * 2**20,
    }
    return BenchmarkRun.model_validate(fields | changes)


def backtest(
    name: str = "linear", *, slope_per_period: float = 0.002, **changes: Any
) -> BacktestRun:
    fields: dict[str, Any] = {
        "id": f"20261101T130000-{name}",
        "key": f"backtest-{name}",
        "started_at": NOW,
        "candidate": Candidate(name=name, family=name, simplicity_rank=1),
        "dataset": dataset(time="ts"),
        "hardware": hardware(),
        "period_days": 7.0,
        "period_label": "7 days",
        "window": "sliding",
        "cells": tuple(
            ErrorCell(
                trained_at=s,
                scored_at=t,
                case_count=500,
                error_per_case=0.10 + slope_per_period * (t - s),
            )
            for s in range(10, 50, 5)
            for t in range(s + 1, 60)
        ),
        "training_wall_s": (1.0,) * 8,
    }
    return BacktestRun.model_validate(fields | changes)


def ladder(**changes: Any) -> tuple[BenchmarkRun, ...]:
    return (
        run("dummy", 0, error=0.40, service_s=0.0002, training_s=0.1, **changes),
        run("linear", 1, error=0.10, service_s=0.0005, training_s=2.0, **changes),
        run("random_forest", 2, error=0.08, service_s=0.010, training_s=20.0, **changes),
        run("torch_mlp", 4, error=0.081, service_s=0.001, parameter_count=100_000, **changes),
    )


def evidence(*runs: BenchmarkRun, backtests: tuple[BacktestRun, ...] = ()) -> Evidence:
    return Evidence(runs=runs or ladder(), backtests=backtests)


HOURS_PER_MONTH = {
    "sagemaker-realtime": 4.0,
    "sagemaker-serverless": 3.0,
    "sagemaker-multi-model": 5.0,
    "sagemaker-async": 5.0,
    "sagemaker-batch-transform": 2.0,
    "sagemaker-processing": 3.0,
    "ecs-fargate": 6.0,
    "ecs-ec2": 10.0,
    "ecs-fargate-scheduled": 3.0,
    "ecs-ec2-scheduled": 5.0,
}
"""Upkeep that a team of the tests gives for every platform."""


def bare_study(**changes: Any) -> Study:
    """Return a study that says nothing of people and of what errors cost."""
    return parse_study({"data": {"source": "builtin:breast_cancer"}} | changes, where="test")


def study(**changes: Any) -> Study:
    """Return a study whose team gives its hours, and what an error and a release cost."""
    team = {"hours_per_month": HOURS_PER_MONTH} | changes.pop("team", {})
    retraining = {"error_cost_usd": 1.0, "review_hours": 4.0} | changes.pop("retraining", {})
    team["hours_per_month"] = {
        **{name: HOURS_PER_MONTH.get(name, 3.0) for name in PLATFORM_NAMES},
        **team["hours_per_month"],
    }
    return bare_study(team=team, retraining=retraining, **changes)


LADDER = evidence()
ON = date(2026, 11, 21)


def market() -> Market:
    return market_on(ON)


def engine(wanted: Study | None = None) -> Engine:
    """Return the engine of a study whose runs are the ladder's; all share one memory."""
    asked = wanted or study()
    return judge(asked, option_space_of(asked, LADDER, market(), MEMO))


def answer(wanted: Study | None = None) -> Recommendation:
    """Return the answer, without what would change it, of a study whose runs are the ladder's.

    An answer is a value that nobody can change: that of the same study is given again.
    """
    return _answer((wanted or study()).model_dump_json(exclude_unset=True))


@lru_cache(maxsize=64)
def _answer(wanted: str) -> Recommendation:
    return compose(engine(Study.model_validate_json(wanted)), what_if=False)


MEMO = Memo()
