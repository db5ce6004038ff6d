"""Studies small enough to be decided by hand: few machines, few draws, random figures."""

from datetime import date
from functools import lru_cache

import numpy as np
import pytest

from advisor.decision.scenarios.option_space import OptionSpace, option_space_of
from advisor.evidence import Evidence
from advisor.recommend import market_on
from advisor.study.types import Study
from pricing.instances import InstanceCatalogue, load_catalogue
from tests.advisor.factories import evidence, run, study

ON = date(2026, 11, 21)
TYPES = ("c7g.medium", "c7g.large", "m7i.large", "c6g.xlarge", "c7i.2xlarge")


@lru_cache(maxsize=1)
def few_machines() -> InstanceCatalogue:
    """Return a catalogue of a few machines."""
    whole = load_catalogue()
    return InstanceCatalogue(shapes=tuple(s for s in whole.shapes if s.instance_type in TYPES))


def _ladder(*errors: float, cases: int = 100_000, swing: float = 0.0001) -> Evidence:
    """Return measurements of three candidates; seeds swing against each other."""
    names = (("dummy", 0.0002, 0.1), ("linear", 0.0008, 2.0), ("random_forest", 0.012, 20.0))
    runs = []
    for rank, ((name, service_s, training_s), error) in enumerate(zip(names, errors, strict=True)):
        made = run(name, rank, error=error, service_s=service_s, training_s=training_s)
        told = [
            t.model_copy(
                update={
                    "error_per_case": error + swing * (t.seed - 1) * (-1) ** rank,
                    "quality": 1 - error - swing * (t.seed - 1) * (-1) ** rank,
                }
            )
            for t in made.training
        ]
        data = made.dataset.model_copy(update={"row_count": cases, "used_row_count": cases})
        runs.append(made.model_copy(update={"training": tuple(told), "dataset": data}))
    return evidence(*runs)


EVIDENCE = _ladder(0.40, 0.10, 0.08, swing=-0.0001)
LADDERS = (
    EVIDENCE,
    _ladder(0.40, 0.10, 0.097, cases=5_000),
    _ladder(0.40, 0.10, 0.12, swing=0.004),
    _ladder(0.11, 0.10, 0.05, swing=0.006),
    _ladder(0.40, 0.080, 0.081, cases=5_000),
)
"""Measurements whose ladders end on every rung: noise, a worse forest, a baseline as good."""


def random_study(rng: np.random.Generator, *, draw_count: int) -> Study:
    """Return a study with figures that make ties, misses and every platform win."""
    pick = rng.choice
    changes: dict[str, object] = {
        "workload": {"requests_per_s": float(np.exp(rng.uniform(np.log(0.05), np.log(3000))))},
        "needs": {
            "max_p99_latency_ms": float(pick([3.0, 8.0, 20.0, 40.0, 100.0, 1000.0])),
            "availability_zones": int(pick([1, 2])),
            "max_usd_per_month": pick([None, None, 800.0, 2000.0]),
        },
        "retraining": {
            "error_cost_usd": float(pick([0.0, 1e-5, 1e-3, 1.0])),
            "cases_per_day": float(pick([10.0, 1000.0])),
            "review_hours": float(pick([0.0, 4.0])),
            "decay_per_day": float(pick([0.0, 1e-4])),
        },
        "team": {"engineer_usd_per_hour": float(pick([0.0, 20.0, 95.0]))},
        "cloud": {
            "purchase": [str(p) for p in pick(
                ["on-demand", "spot", "savings-1y"], size=int(pick([1, 2])), replace=False
            )],
        },
        "decision": {
            "draw_count": draw_count,
            "seed": int(rng.integers(100)),
            "risk": str(pick(["expected", "expected", "quantile"])),
            "feasible_probability": float(pick([0.0, 0.5, 0.8, 1.0])),
        },
    }  # fmt: skip
    return study(**changes)


def choosy(rng: np.random.Generator, wanted: Study) -> Study:
    """Return a study that also asks for a quality, and is cautious to some degree."""
    needs = wanted.needs.replace(
        min_quality=rng.choice([None, None, None, 0.85, 0.91, 0.99]),
        max_quality_spread=rng.choice([None, None, None, 0.001, 0.01]),
    )
    decision = wanted.decision.replace(quantile=float(rng.choice([0.5, 0.8, 0.9, 0.95])))
    return wanted.replace(needs=needs, decision=decision)


@lru_cache(maxsize=64)
def _option_space(cloud: str, measured: int) -> OptionSpace:
    wanted = study(cloud=Study.model_validate_json(cloud).cloud)
    return option_space_of(wanted, LADDERS[measured], market_on(ON, catalogue=few_machines()))


def space(wanted: Study, *, measured: int = 0) -> OptionSpace:
    """Return the option space of a small study; studies that buy alike share it.

    Args:
        wanted: the study.
        measured: which of `LADDERS` its candidates are.
    """
    return _option_space(study(cloud=wanted.cloud).model_dump_json(), measured)


def fast_first(count: int, *, fast: int) -> list[object]:
    """Return so many numbers to parametrize a test by; all but the first few are marked slow."""
    return [n if n < fast else pytest.param(n, marks=pytest.mark.slow) for n in range(count)]
