"""Boring values for the tests of this package."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd

from benchmarks.session.presets import Preset
from benchmarks.statistics.timing import Budget
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

STARTED_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def candidate(**changes):
    boring = {"name": "linear", "family": "linear", "simplicity_rank": 1}
    return Candidate(**(boring | changes))


def dataset(**changes):
    boring = {
        "name": "wine",
        "source": "builtin:wine",
        "task": "classification",
        "target": "target",
        "time": None,
        "row_count": 178,
        "used_row_count": 178,
        "feature_count": 13,
        "class_count": 3,
        "metric": "accuracy",
        "simulated": False,
        "sha256": "0" * 64,
    }
    return DatasetSpec(**(boring | changes))


def hardware(**changes):
    boring = {
        "host_id": "feed",
        "processor": "A Processor",
        "architecture": "x86_64",
        "physical_core_count": 1,
        "logical_cpu_count": 1,
        "memory_gib": 8.0,
        "system": "Linux",
        "python": "3.11",
        "libraries": {"numpy": "2"},
    }
    return HardwareProfile(**(boring | changes))


def training(**changes):
    boring = {
        "seed": 0,
        "row_count": 142,
        "thread_count": 2,
        "wall_s": 0.5,
        "cpu_s": 0.6,
        "peak_memory_bytes": 200 * 2**20,
        "quality": 0.9,
        "error_per_case": 0.1,
    }
    return TrainingMeasurement(**(boring | changes))


def run(**changes):
    boring = {
        "id": "20260102T030405-feed",
        "key": "feed",
        "started_at": STARTED_AT,
        "preset": "fast",
        "candidate": candidate(),
        "dataset": dataset(),
        "hardware": hardware(),
        "device": "cpu",
        "outcome": "ok",
        "training": tuple(training(seed=seed, quality=0.9 + seed / 100) for seed in range(3)),
        "learning_curve": (LearningPoint(row_count=142, seed=0, wall_s=0.5, quality=0.9),),
        "inference": (
            InferenceMeasurement(batch_rows=1, thread_count=1, durations_s=(0.001,) * 400),
            InferenceMeasurement(batch_rows=64, thread_count=1, durations_s=(0.002,) * 40),
        ),
        "artefact_bytes": 2_000_000,
        "serving_memory_bytes": 150 * 2**20,
    }
    return BenchmarkRun(**(boring | changes))


def backtest(**changes):
    boring = {
        "id": "20260102T030405-beef",
        "key": "beef",
        "started_at": STARTED_AT,
        "candidate": candidate(),
        "dataset": dataset(time="ts"),
        "hardware": hardware(),
        "period_days": 7.0,
        "period_label": "7 days",
        "window": "sliding",
        "cells": (
            ErrorCell(trained_at=1, scored_at=2, case_count=10, error_per_case=0.1),
            ErrorCell(trained_at=1, scored_at=3, case_count=10, error_per_case=0.2),
        ),
        "training_wall_s": (0.5,),
    }
    return BacktestRun(**(boring | changes))


def tiny_preset(**changes):
    """Measures next to nothing, so that a whole run takes seconds."""
    budget = Budget(wanted_s=0.0, min_count=2, limit_s=5.0, warmup_count=1, warmup_s=0.0)
    boring = {
        "name": "tiny",
        "seeds": (0, 1, 2),
        "budget_s": None,
        "backtest_s": 60.0,
        "trial_limit_s": 60.0,
        "max_rows": None,
        "max_cells": None,
        "single_row": budget,
        "larger_batches": budget,
        "threaded_single_row": budget,
        "threaded_larger_batches": budget,
        "probe_s": 0.0,
    }
    return Preset(**(boring | changes))


def mixed_frame(row_count=120):
    """Return numbers, categories, dates and gaps, with a target that follows from them."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=row_count)
    colour = rng.choice(["red", "green", "blue"], size=row_count)
    return pd.DataFrame(
        {
            "x": np.where(rng.random(row_count) < 0.1, np.nan, x),
            "z": rng.normal(size=row_count),
            "colour": np.where(rng.random(row_count) < 0.1, None, colour),
            "since": pd.date_range("2025-01-01", periods=row_count, freq="6h"),
            "label": np.where(x + (colour == "red") > 0.3, "yes", "no"),
            "value": 2 * x + (colour == "red") + 0.1 * rng.normal(size=row_count),
        }
    )
