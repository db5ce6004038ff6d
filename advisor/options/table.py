"""The one table of options: every candidate on every platform, sku, region and way to buy.

A platform writes its own rows, whatever way it is billed; everything after it reads columns. An
option's cost as planned is

    billed x replica_usd + fixed_usd + request_usd + work_usd + beside_usd        [USD/month]

and its p99 is p99_fixed_s + p99_service_s + p99_start_s where no replicas stand. What is drawn
scales these terms: requests and work with the traffic, work and p99_service_s with the service
time, p99_start_s with the cold start.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from advisor.arrays import Bools, Floats, Ints, Objects, Rows
from advisor.options.replicas import Planned
from advisor.study.types import Study

NEVER_S = 1e9
"""A time that no need allows: what stands for an answer that never comes. [s]"""


@dataclass(frozen=True)
class Options:
    """Some options, one row each."""

    platforms: tuple[str, ...]
    """Names that `platform_at` counts in."""
    purchases: tuple[str, ...]
    """Ways to buy that `purchase_at` counts in."""

    candidate: Ints
    """Row of the candidates' profiles: one for each form of each candidate."""
    platform_at: Ints
    """Row of `platforms`."""
    purchase_at: Ints
    """Row of `purchases`."""
    region: Objects
    sku: Objects
    """What is bought, as people name it."""
    machine: Ints
    """Row of the machine table; -1 where no machine is named."""
    stands: Bools
    """Whether replicas stand all month, as many as the traffic needs."""
    scaled: Bools
    """Whether they follow the traffic."""
    on_gpu: Bools
    basis: Objects
    """Basis of the latency."""
    memory_need_gib: Floats
    memory_gib: Floats
    fits: Bools
    """Whether the workers fit into memory."""
    sold: Bools
    """Whether it has a price."""
    limit: Objects
    """A platform's own limit that is broken, in words; empty where none is."""

    replica_usd: Floats
    """One replica that stands, releases rolling out counted; NaN where it is not sold. [USD/month]
    """
    fixed_usd: Floats
    """What no traffic changes. [USD/month]"""
    request_usd: Floats
    """What grows with the requests, at the study's rate. [USD/month]"""
    work_usd: Floats
    """What grows with requests and service time, at the study's rate. [USD/month]"""
    beside_usd: Floats
    """What the candidate costs wherever it runs, and people's hours. [USD/month]"""

    p99_fixed_s: Floats
    """Part of p99 that nothing changes, where no replicas stand. [s]"""
    p99_service_s: Floats
    """Part of it that grows with the service time. [s]"""
    p99_start_s: Floats
    """Part of it that is a start from cold. [s]"""
    service_s: Floats
    """Mean time of one request. [s]"""
    service_up: Floats
    """Upper end of the 80% band of the service time over the prediction."""
    service_down: Floats
    """Lower end of it."""

    replicas: Ints
    """Replicas or machines at the peak as planned; 0 where none are counted."""
    billed: Floats
    """Replicas billed on average."""
    p50_s: Floats
    p95_s: Floats
    p99_s: Floats
    """Time to the answer, or of a whole job, as planned. [s]"""
    utilisation: Floats
    meets_latency: Bools
    billed_hours: Floats
    """Machine hours billed in a month, of jobs and queues; NaN elsewhere. [h]"""
    billed_s: Floats
    """Billed time of each machine of each job; NaN elsewhere. [s]"""
    group: Ints
    """Whose error of the service time it shares; filled in once all platforms have written."""
    machine_class: Ints
    """Class of its machine; -1 where no replicas stand. Filled in likewise."""

    def __len__(self) -> int:
        """Return the number of options."""
        return len(self.candidate)

    @property
    def serving_usd(self) -> Floats:
        """Everything but the candidate's own lines and people, as planned. [USD/month]"""
        standing = np.where(self.stands, self.billed * self.replica_usd, 0.0)
        found: Floats = standing + self.fixed_usd + self.request_usd + self.work_usd
        return found

    @property
    def usd_per_month(self) -> Floats:
        """Total as planned. [USD/month]"""
        return self.serving_usd + self.beside_usd

    @property
    def possible(self) -> Bools:
        """Options that are sold, fit into memory and break no limit of their platform."""
        found: Bools = self.sold & self.fits & (self.limit == "").astype(bool)
        return found

    def platform_of(self, row: int) -> str:
        """Return an option's platform."""
        return self.platforms[int(self.platform_at[row])]

    def purchase_of(self, row: int) -> str:
        """Return how an option is bought."""
        return self.purchases[int(self.purchase_at[row])]

    def on_platform(self, name: str) -> Bools:
        """Return which options are on a platform."""
        found: Bools = self.platform_at == (
            self.platforms.index(name) if name in self.platforms else -1
        )
        return found

    def take(self, rows: Rows) -> "Options":
        """Return some rows, in that order."""
        return replace(self, **{name: getattr(self, name)[rows] for name in _COLUMNS})

    def with_plan(self, rows: Rows, planned: Planned) -> "Options":
        """Return the same options with the plan of some of them written in."""
        columns = {name: getattr(self, name).copy() for name in Planned._fields}
        for name, values in planned._asdict().items():
            columns[name][rows] = values
        return replace(self, **columns)


_COLUMNS = tuple(n for n in Options.__dataclass_fields__ if n not in {"platforms", "purchases"})
_INTS = ("candidate", "platform_at", "purchase_at", "machine", "replicas", "group")
_BOOLS = ("stands", "scaled", "on_gpu", "fits", "sold", "meets_latency")
_WORDS = ("region", "sku", "basis", "limit")
_KINDS: dict[str, type] = {
    **dict.fromkeys((*_INTS, "machine_class"), np.int64),
    **dict.fromkeys(_BOOLS, bool),
    **dict.fromkeys(_WORDS, object),
}
_UNLESS_GIVEN: dict[str, Any] = {
    **dict.fromkeys(("machine", "group", "machine_class"), -1),
    **dict.fromkeys(("stands", "scaled", "on_gpu"), False),
    **dict.fromkeys(("fits", "sold", "meets_latency"), True),
    **dict.fromkeys(("fixed_usd", "request_usd", "work_usd", "beside_usd", "replica_usd"), 0.0),
    **dict.fromkeys(("p99_fixed_s", "p99_service_s", "p99_start_s"), 0.0),
    **dict.fromkeys(("service_up", "service_down"), 1.0),
    **dict.fromkeys(("replicas", "billed"), 0),
    "limit": "",
    "basis": "assumed",
}


def options_of(platform: str, purchase: str | Sequence[str], **columns: Any) -> Options:
    """Return the options of one platform from the columns that it tells of itself.

    What it does not tell is 0, no limit, no start and an exact service time; times are unknown.

    Args:
        platform: its name.
        purchase: how they are bought: one way, or one for each option.
        columns: columns of `Options`, `candidate` at least; one value stands for all rows.
    """
    count = len(columns["candidate"])
    bought = [purchase] * count if isinstance(purchase, str) else list(purchase)
    purchases = tuple(dict.fromkeys(bought))
    at = {name: i for i, name in enumerate(purchases)}
    columns["platform_at"] = 0
    columns["purchase_at"] = np.array([at[name] for name in bought], dtype=np.int64)
    unknown = sorted(set(columns) - set(_COLUMNS))
    if unknown:
        raise TypeError(f"the option table has no column {', '.join(unknown)}")
    filled: dict[str, Any] = {}
    for name in _COLUMNS:
        value = columns.get(name, _UNLESS_GIVEN.get(name, np.nan))
        kind = _KINDS.get(name, float)
        filled[name] = np.broadcast_to(np.asarray(value, dtype=kind), count).copy()
    return Options(platforms=(platform,), purchases=purchases, **filled)


def concatenate(parts: Sequence[Options]) -> Options:
    """Put the options of several platforms one after the other."""
    platforms = tuple(dict.fromkeys(name for part in parts for name in part.platforms))
    purchases = tuple(dict.fromkeys(name for part in parts for name in part.purchases))
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts])
        if parts
        else np.empty(0, dtype=_KINDS.get(name, float))
        for name in _COLUMNS
    }
    for column, names, own in (
        ("platform_at", platforms, "platforms"),
        ("purchase_at", purchases, "purchases"),
    ):
        places = [
            np.array([names.index(n) for n in getattr(p, own)], dtype=np.int64) for p in parts
        ]
        told = [place[getattr(p, column)] for place, p in zip(places, parts, strict=True)]
        columns[column] = np.concatenate(told) if told else np.empty(0, dtype=np.int64)
    return Options(platforms=platforms, purchases=purchases, **columns)


def within_budget(study: Study, usd_per_month: Floats) -> Bools:
    """Return which totals keep the budget; all of them where there is none."""
    limit = study.needs.max_usd_per_month
    if limit is None:
        return np.ones(usd_per_month.shape, dtype=bool)
    inside: Bools = usd_per_month <= limit
    return inside
