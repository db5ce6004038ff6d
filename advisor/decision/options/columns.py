"""The options in columns, whatever platform they run on."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from advisor.arrays import Bools, Floats, Ints
from advisor.study.types import Study


@dataclass(frozen=True)
class Columns:
    """Every option of every platform, one row each."""

    candidate: Ints
    """Row of the candidates' profiles: one for each form of each candidate."""
    platform: NDArray[np.object_]
    sku: NDArray[np.object_]
    region: NDArray[np.object_]
    purchase: NDArray[np.object_]
    replicas: Ints
    p50_s: Floats
    p95_s: Floats
    p99_s: Floats
    utilisation: Floats
    memory_need_gib: Floats
    memory_gib: Floats
    on_gpu: Bools
    basis: NDArray[np.object_]
    """Basis of the latency."""
    serving_usd: Floats
    """Everything but the candidate's own lines and people. [USD/month]"""
    usd_per_month: Floats
    """Total. [USD/month]"""
    sold: Bools
    fits: Bools
    meets_latency: Bools
    other: NDArray[np.object_]
    """A platform's own limit that is broken, in words; empty where none is."""
    scaled: Bools = field(default_factory=lambda: np.zeros(0, dtype=bool))
    """Whether replicas follow the traffic; not unless given."""
    billed: Floats = field(default_factory=lambda: np.zeros(0))
    """Replicas billed on average; the planned ones unless given."""
    request_usd: Floats = field(default_factory=lambda: np.zeros(0))
    """Part of the serving cost that grows with the requests; 0 unless given. [USD/month]"""
    work_usd: Floats = field(default_factory=lambda: np.zeros(0))
    """Part that grows with requests and their service time; 0 unless given. [USD/month]"""
    p99_service_s: Floats = field(default_factory=lambda: np.zeros(0))
    """Part of p99 that grows with the service time; all of it unless given. [s]"""
    p99_start_s: Floats = field(default_factory=lambda: np.zeros(0))
    """Part of p99 that is a cold start; 0 unless given. [s]"""
    service_up: Floats = field(default_factory=lambda: np.zeros(0))
    """Upper end of the 80% band of the service time over the prediction; 1 unless given."""
    service_down: Floats = field(default_factory=lambda: np.zeros(0))
    """Lower end of it; 1 unless given."""

    def __post_init__(self) -> None:
        """Fill in what a platform does not tell of its own uncertainty."""
        count = len(self.candidate)
        finite = np.where(np.isfinite(self.p99_s), self.p99_s, 0.0)
        unless_given = {
            "scaled": np.zeros(count, dtype=bool),
            "billed": np.asarray(self.replicas, dtype=float),
            "request_usd": np.zeros(count),
            "work_usd": np.zeros(count),
            "p99_service_s": finite,
            "p99_start_s": np.zeros(count),
            "service_up": np.ones(count),
            "service_down": np.ones(count),
        }
        for name, column in unless_given.items():
            if len(getattr(self, name)) != count:
                object.__setattr__(self, name, column)

    def __len__(self) -> int:
        """Return the number of options."""
        return len(self.candidate)


def concatenate(parts: Sequence[Columns]) -> Columns:
    """Put the options of several platforms one after the other."""
    names = Columns.__dataclass_fields__
    if not parts:
        return nothing()
    return Columns(**{n: np.concatenate([getattr(part, n) for part in parts]) for n in names})


def nothing() -> Columns:
    """Return columns without a row."""
    kinds: dict[str, type] = dict.fromkeys(("candidate", "replicas"), int)
    kinds |= dict.fromkeys(("platform", "sku", "region", "purchase", "basis", "other"), object)
    kinds |= dict.fromkeys(("scaled", "on_gpu", "sold", "fits", "meets_latency"), bool)
    names = Columns.__dataclass_fields__
    return Columns(**{n: np.empty(0, dtype=kinds.get(n, float)) for n in names})


def within_budget(study: Study, usd_per_month: Floats) -> Bools:
    """Return which totals keep the budget; all of them where there is none."""
    limit = study.needs.max_usd_per_month
    if limit is None:
        return np.ones(usd_per_month.shape, dtype=bool)
    inside: Bools = usd_per_month <= limit
    return inside
