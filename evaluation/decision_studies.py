"""Random studies and given measurements for the decision's evaluation."""

from datetime import UTC, datetime
from functools import lru_cache

import numpy as np

from advisor.evidence import Evidence
from advisor.study.file import parse_study
from advisor.study.types import PLATFORM_NAMES, Study
from benchmarks.storage.records import (
    BenchmarkRun,
    Candidate,
    DatasetSpec,
    HardwareProfile,
    InferenceMeasurement,
    LearningPoint,
    TrainingMeasurement,
)
from pricing.instances import InstanceCatalogue, load_catalogue

TYPES = (
    *("t4g.medium", "c7g.medium", "c7g.large", "m7i.large", "c6g.xlarge"),
    *("c7i.2xlarge", "m6a.large", "r7g.large"),
)
"""Machines on offer: few enough that a plain loop decides too."""

CANDIDATES = (("linear", 1, 0.10, 0.0008), ("random_forest", 2, 0.08, 0.012))
"""Name, rank, loss per case and service time of the given models. [s]"""


@lru_cache(maxsize=1)
def small_catalogue() -> InstanceCatalogue:
    """Return the machines on offer."""
    shapes = load_catalogue().shapes
    return InstanceCatalogue(shapes=tuple(s for s in shapes if s.instance_type in TYPES))


@lru_cache(maxsize=1)
def evidence_of() -> Evidence:
    """Return the given measurements: inputs of the simulation, not results."""
    return Evidence(runs=tuple(_run(*one) for one in CANDIDATES), backtests=())


def _run(name: str, rank: int, error: float, service_s: float) -> BenchmarkRun:
    rng = np.random.default_rng(rank)
    durations_s = (service_s * rng.lognormal(0, 0.05, size=300)).tolist()
    return BenchmarkRun(
        id=f"20261101T12000{rank}-{name}",
        key=name,
        started_at=datetime(2026, 11, 1, tzinfo=UTC),
        preset="standard",
        candidate=Candidate(name=name, family=name, simplicity_rank=rank),
        dataset=DatasetSpec(
            name="given",
            source="builtin:breast_cancer",
            task="classification",
            target="target",
            time=None,
            row_count=100_000,
            used_row_count=100_000,
            feature_count=30,
            class_count=2,
            metric="accuracy",
            simulated=False,
            sha256="0" * 64,
        ),
        hardware=HardwareProfile(
            host_id="given",
            processor="AMD EPYC 9R14",
            architecture="x86_64",
            physical_core_count=2,
            logical_cpu_count=2,
            memory_gib=8.0,
            system="Linux",
            python="3.11",
            libraries={},
        ),
        device="cpu",
        outcome="ok",
        training=tuple(
            TrainingMeasurement(
                seed=seed,
                row_count=80_000,
                thread_count=1 + (seed > 0),
                wall_s=10.0,
                cpu_s=10.0,
                peak_memory_bytes=500 * 2**20,
                quality=1 - error + 1e-4 * seed,
                error_per_case=error - 1e-4 * seed,
            )
            for seed in range(3)
        ),
        learning_curve=tuple(
            LearningPoint(row_count=n, seed=0, wall_s=n / 8_000, quality=1 - error)
            for n in (10_000, 20_000, 40_000, 80_000)
        ),
        inference=(
            InferenceMeasurement(batch_rows=1, thread_count=1, durations_s=tuple(durations_s)),
        ),
        artefact_bytes=1_000_000,
        load_s=0.1,
        import_s=0.9,
        serving_memory_bytes=200 * 2**20,
    )


def random_study(
    rng: np.random.Generator, *, draw_count: int, rank_by: str = "with-people"
) -> Study:
    """Return a study with random traffic, needs, people's hours and doubts.

    The hours are drawn for each platform, as some team might give them.
    """
    hours = {name: float(np.exp(rng.uniform(np.log(0.5), np.log(12)))) for name in PLATFORM_NAMES}
    rate_per_s = float(np.exp(rng.uniform(np.log(0.1), np.log(2000))))
    purchase = ["on-demand", *(p for p in ("spot", "savings-1y") if rng.random() < 0.5)]
    return parse_study(
        {
            "data": {"source": "builtin:breast_cancer"},
            "workload": {"requests_per_s": rate_per_s},
            "needs": {
                "max_p99_latency_ms": float(rng.choice([20.0, 50.0, 100.0, 400.0])),
                "availability_zones": int(rng.choice([1, 2])),
            },
            "retraining": {
                "error_cost_usd": float(rng.choice([0.0, 1e-3, 0.1])),
                "cases_per_day": 1000.0,
                "review_hours": float(rng.choice([0.0, 4.0])),
                "decay_per_day": float(rng.choice([0.0, 1e-5])),
            },
            "team": {
                "engineer_usd_per_hour": float(rng.choice([10.0, 50.0, 95.0])),
                "hours_per_month": hours,
            },
            "cloud": {"purchase": purchase},
            "decision": {
                "draw_count": draw_count,
                "rank_by": rank_by,
                "seed": int(rng.integers(1_000_000)),
                "traffic_factor": float(rng.choice([1.1, 1.25, 2.0])),
                "hours_factor": float(rng.choice([1.1, 1.5])),
            },
        },
        where="evaluation",
    )
