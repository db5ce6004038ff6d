"""Studies small enough to be decided by hand: few machines, few draws, random figures."""

from datetime import date
from functools import lru_cache

import numpy as np

from advisor.decision.ground import Ground, ground_of
from advisor.evidence import profiles_of
from advisor.study import Study
from pricing.instances import InstanceCatalogue, load_catalogue
from pricing.tables import load_book
from tests.advisor.factories import evidence, run, study

ON = date(2026, 11, 21)
TYPES = ("c7g.medium", "c7g.large", "m7i.large", "c6g.xlarge", "c7i.2xlarge")


@lru_cache(maxsize=1)
def few_machines() -> InstanceCatalogue:
    """Return a catalogue of a few machines."""
    whole = load_catalogue()
    return InstanceCatalogue(shapes=tuple(s for s in whole.shapes if s.instance_type in TYPES))


RUNS = (
    run("dummy", 0, error=0.40, service_s=0.0002, training_s=0.1),
    run("linear", 1, error=0.10, service_s=0.0008, training_s=2.0),
    run("random_forest", 2, error=0.08, service_s=0.012, training_s=20.0),
)
EVIDENCE = evidence(*RUNS)


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


@lru_cache(maxsize=16)
def _ground(cloud: str) -> Ground:
    wanted = study(cloud=Study.model_validate_json(cloud).cloud)
    return ground_of(wanted, EVIDENCE, on=ON, book=load_book(), catalogue=few_machines())


def ground(wanted: Study) -> Ground:
    """Return the ground of a small study; studies that buy alike share it."""
    return _ground(study(cloud=wanted.cloud).model_dump_json())


PROFILES = profiles_of(study(), EVIDENCE)
