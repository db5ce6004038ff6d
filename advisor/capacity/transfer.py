"""From the machine that was measured to the instance that is rented: how many times faster.

The ratios of reference workloads that both processors have been measured on are averaged, each
with the trust it has earned: no single benchmark score, never the number of vCPUs. The band is as
wide as held-out public measurements ask, by kind of workload, by how far apart the machines are and
by how much the references disagree.
"""

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from advisor.arrays import Floats
from advisor.capacity.processors import (
    DATA,
    HostPlace,
    ProcessorTable,
    WorkloadClass,
    load_processors,
    place_host,
    references_of,
)
from advisor.capacity.ratio_ensemble import SPREAD_FLOOR, log_ratio
from benchmarks.storage.records import HardwareProfile
from pricing.errors import PricingError
from pricing.instances import InstanceShape, load_catalogue

Relation = Literal["same-cpu", "same-vendor", "cross-vendor", "cross-architecture", "unknown"]
Basis = Literal["measured", "scaled", "assumed"]

SAME_CPU_HALF_LN = (0.05, 0.12)
"""Half widths of the 80% and the 95% band between two machines of one processor: public repeats of
one workload on instances of the same processor differ by 0.4 to 3% (median), 1 to 17% (nine of
ten). Assumed."""

UNKNOWN_FACTOR = 2.0
"""How much wider the band of the most distant relation is made for an unknown processor."""

OTHER_SIZE_LN = 0.08
"""Spread added for each e-fold of cores between host and target, for work on all cores: held-out
errors double between sizes. Assumed."""

UNKNOWN_SPREAD_LN = 0.15
"""Spread taken for a processor that is not in the table. Assumed."""

REFERENCE_CORES = 2.0
"""Size at which the speed of a single core is read."""

BURSTABLE_FAMILIES = ("t2", "t3", "t3a", "t4g")
"""Families that run on credits, for types that the catalogue lacks."""

OTHER_FAMILIES = {"p3": "Intel Xeon E5-2686 v4", "p5": "AMD EPYC 7R13"}
"""Processors of families that the table's medians leave out; Amazon EC2 instance type pages and
the processor that Spare Cores' inventory saw on them."""

NEAR_KIN = {"Intel Xeon Platinum 8223CL": "Intel Xeon Platinum 8124M"}
"""Processors that were not measured -> one of the same generation and clock that was."""

FARGATE: dict[str, tuple[str, ...]] = {
    "fargate-x86_64": (
        "Intel Xeon E5-2686 v4",
        "Intel Xeon Platinum 8175M",
        "Intel Xeon Platinum 8259CL",
        "Intel Xeon Platinum 8375C",
    ),
    "fargate-arm64": ("Neoverse-N1",),
}
"""Processors taken to be behind Fargate. AWS guarantees none; those of the general-purpose families
of the time, as a survey of tasks reported in 2021 (observed second-hand): assumed. The slowest is
planned with."""


@dataclass(frozen=True)
class SpeedRatios:
    """How many times faster one physical core of each instance is than one of the host's."""

    instance_types: tuple[str, ...]
    """As asked."""
    ratio: Floats
    """Point estimate; times divide by it."""
    low_80: Floats
    """Lower end of the 80% band."""
    high_80: Floats
    """Upper end of the 80% band."""
    low_95: Floats
    """Lower end of the 95% band."""
    high_95: Floats
    """Upper end of the 95% band."""
    relation: NDArray[np.str_]
    """How far apart the machines are."""
    basis: NDArray[np.str_]
    """`measured` on that processor, `scaled` to it, or `assumed`."""
    processor: tuple[str, ...]
    """Processor of each instance; empty where unknown."""
    notes: tuple[str, ...]
    """What a reader must know of each, empty where nothing."""


def physical_cores(
    *,
    vcpu_count: ArrayLike,
    instance_types: Sequence[str] | None = None,
    threads_per_core: ArrayLike | None = None,
) -> Floats:
    """Turn vCPUs into physical cores: half of them where a core runs two threads.

    Graviton, AMD from the 7a families on and t2 sell whole cores; Intel, older AMD and Fargate on
    x86 sell threads, two to a core.

    Args:
        vcpu_count: as sold.
        instance_types: names to look the threads up by, or
        threads_per_core: the threads themselves.
    """
    if threads_per_core is None:
        if instance_types is None:
            raise ValueError("physical_cores needs instance_types or threads_per_core")
        table = load_processors()
        threads_per_core = [_threads_of(name, table=table) for name in instance_types]
    cores: Floats = np.asarray(vcpu_count, dtype=float) / np.asarray(threads_per_core, dtype=float)
    return cores


def _threads_of(instance_type: str, *, table: ProcessorTable) -> int:
    names = processors_of(instance_type, table=table)
    if not names:
        return 2
    rows = [i for i, p in enumerate(table.processor) if p == names[0]]
    return int(np.max(table.threads_per_core[rows]))


def processors_of(instance_type: str, *, table: ProcessorTable | None = None) -> tuple[str, ...]:
    """Return the processors that may be behind an instance type; empty where none is known."""
    table = table or load_processors()
    name = instance_type.removeprefix("ml.")
    if name in FARGATE:
        return FARGATE[name]
    shape = _shape_of(name)
    known = shape.processor if shape else None
    known = NEAR_KIN.get(known or "", known)
    if known in table.processor:
        return (str(known),)
    family = name.split(".", maxsplit=1)[0]
    by_family = table.family_processor.get(family) or OTHER_FAMILIES.get(family)
    return (by_family,) if by_family else ()


def vcpu_of(instance_type: str) -> float:
    """Return an instance's vCPUs: the catalogue's, else what the size in its name stands for."""
    shape = _shape_of(instance_type)
    if shape is not None:
        return float(shape.vcpu_count)
    size = instance_type.rsplit(".", maxsplit=1)[-1]
    times = re.match(r"(\d+)xlarge", size)
    if times:
        return 4.0 * float(times.group(1))
    return {"medium": 1.0, "xlarge": 4.0}.get(size, 2.0)


@cache
def _shape_of(instance_type: str) -> InstanceShape | None:
    try:
        return load_catalogue().get(instance_type)
    except PricingError:
        return None


def baseline_fraction(instance_type: str) -> float:
    """Return the share of full speed that holds for ever; 1 unless burstable.

    The catalogue's, from the credits that the vendor grants; an unknown burstable size: a fifth.
    """
    shape = _shape_of(instance_type.removeprefix("ml."))
    if shape is not None:
        return shape.baseline_fraction or (0.2 if shape.burstable else 1.0)
    family = instance_type.removeprefix("ml.").split(".", maxsplit=1)[0]
    return 0.2 if family in BURSTABLE_FAMILIES else 1.0


def speed_ratios(
    *,
    host: HardwareProfile,
    instance_types: Sequence[str],
    workload_class: WorkloadClass,
    sustained: bool = True,
) -> SpeedRatios:
    """Return how many times faster one physical core of each instance is than one of the host's.

        ln R = sum over k of w_k (ln X_k(target) - ln X_k(host)) / sum of w_k

    over the class's reference workloads X_k; a reference that usually strays from the others weighs
    less (`ensemble.py`). Work on all cores is read at the sizes nearest to both machines.

    Args:
        host: the measured machine; where the table lacks it, it is bridged by its probes.
        instance_types: names with or without `ml.`; `fargate-x86_64` and `fargate-arm64` too.
        workload_class: what the core is busy with.
        sustained: whether burstable instances count at their baseline, as for standing load.

    Returns:
        Columns; an instance whose processor is unknown is taken for as fast as the host, with twice
        the band, basis `assumed`, and says so.
    """
    table = load_processors()
    place = place_host(as_rented(host, table=table), table=table)
    carried: dict[tuple[str, float], Carried] = {}

    def carry_to(processor: str, cores: float) -> Carried:
        key = processor, cores
        if key not in carried:
            carried[key] = _carry(
                place=place,
                host_cores=host.physical_core_count,
                processor=processor,
                cores=cores,
                workload_class=workload_class,
                table=table,
            )
        return carried[key]

    rows = [
        _one(
            instance_type=name,
            place=place,
            carry_to=carry_to,
            workload_class=workload_class,
            sustained=sustained,
            table=table,
        )
        for name in instance_types
    ]
    centre = np.array([row.centre for row in rows], dtype=float)
    half_80 = np.array([row.half_80 for row in rows], dtype=float)
    half_95 = np.array([row.half_95 for row in rows], dtype=float)
    return SpeedRatios(
        instance_types=tuple(instance_types),
        ratio=np.exp(centre),
        low_80=np.exp(centre - half_80),
        high_80=np.exp(centre + half_80),
        low_95=np.exp(centre - half_95),
        high_95=np.exp(centre + half_95),
        relation=np.array([row.relation for row in rows], dtype="<U20"),
        basis=np.array([row.basis for row in rows], dtype="<U10"),
        processor=tuple(row.processor for row in rows),
        notes=tuple(row.note for row in rows),
    )


def as_rented(host: HardwareProfile, *, table: ProcessorTable) -> HardwareProfile:
    """Return a rented machine with the processor of its type, where the type has only one.

    What a container on Arm tells of its processor is not its name.
    """
    names = () if host.rented is None else processors_of(host.rented.sku, table=table)
    return host.replace(processor=names[0]) if len(names) == 1 else host


def relation_of(place: HostPlace, target: str, *, table: ProcessorTable) -> Relation:
    """Return how far apart the host and a processor of the table are."""
    if place.exact and place.processor == target:
        return "same-cpu"
    if table.architecture_of(place.processor) != table.architecture_of(target):
        return "cross-architecture"
    if table.vendor_of(place.processor) != table.vendor_of(target):
        return "cross-vendor"
    return "same-vendor"


@cache
def load_bands() -> dict[tuple[str, str], tuple[float, float]]:
    """Return the factors of the 80% and 95% bands by class and relation; see `data/README.md`."""
    with (DATA / "bands.csv").open(newline="") as file:
        return {
            (row["workload_class"], row["relation"]): (
                float(row["factor_80"]),
                float(row["factor_95"]),
            )
            for row in csv.DictReader(file)
        }


def half_widths_ln(
    *, workload_class: WorkloadClass, relation: str, spread: float, extra: float = 0.0
) -> tuple[float, float]:
    """Half widths of the 80% and the 95% band of a log ratio.

        h = Q (spread + 0.05), and a bridge's own doubt in quadrature

    Args:
        workload_class: what the core is busy with.
        relation: how far apart the machines are.
        spread: disagreement of the reference workloads' log ratios.
        extra: 80% half width of the bridge from the host to the table.
    """
    if relation == "same-cpu":
        narrow, wide = SAME_CPU_HALF_LN
    else:
        known = "cross-architecture" if relation == "unknown" else relation
        factor = UNKNOWN_FACTOR if relation == "unknown" else 1.0
        narrow, wide = (
            factor * q * (spread + SPREAD_FLOOR) for q in load_bands()[workload_class, known]
        )
    return float(np.hypot(narrow, extra)), float(np.hypot(wide, 1.6 * extra))


class Carried(NamedTuple):
    """A log ratio from the host to one processor at one size."""

    centre: float
    half_80: float
    half_95: float
    relation: str


class _Row(NamedTuple):
    centre: float
    half_80: float
    half_95: float
    relation: str
    basis: str
    processor: str
    note: str


def _carry(
    *,
    place: HostPlace,
    host_cores: float,
    processor: str,
    cores: float,
    workload_class: WorkloadClass,
    table: ProcessorTable,
) -> Carried:
    relation = relation_of(place, processor, table=table)
    by_size = workload_class in ("multi", "bandwidth")
    there = references_of(workload_class, core_count=cores if by_size else REFERENCE_CORES)
    here = references_of(workload_class, core_count=host_cores if by_size else REFERENCE_CORES)
    target, own = there.processors.index(processor), here.processors.index(place.processor)
    anchor = here.levels[:, own] + np.log(place.speed_factor)
    estimate = log_ratio(
        target=there.levels[:, target], anchors=anchor[:, None], weights=there.weights[target]
    )
    centre, spread = float(estimate.centre[0]), float(estimate.spread[0])
    if by_size:
        spread += OTHER_SIZE_LN * abs(float(np.log(cores / host_cores)))
    half_80, half_95 = half_widths_ln(
        workload_class=workload_class,
        relation=relation,
        spread=spread,
        extra=place.extra_half_width_ln,
    )
    if relation == "same-cpu" and not by_size:
        centre = 0.0
    return Carried(centre, half_80, half_95, relation)


def _one(
    *,
    instance_type: str,
    place: HostPlace,
    carry_to: Callable[[str, float], Carried],
    workload_class: WorkloadClass,
    sustained: bool,
    table: ProcessorTable,
) -> _Row:
    notes = [] if place.exact else [place.note]
    candidates = processors_of(instance_type, table=table)
    cores = max(0.5, vcpu_of(instance_type) / _threads_of(instance_type, table=table))
    found = {name: carry_to(name, cores) for name in candidates}
    if not all(np.isfinite(one.centre) for one in found.values()) or not found:
        notes.append(f"nothing is known of {instance_type}'s processor: taken for the host's own")
        halves = half_widths_ln(
            workload_class=workload_class,
            relation="unknown",
            spread=UNKNOWN_SPREAD_LN,
            extra=place.extra_half_width_ln,
        )
        return _Row(0.0, *halves, "unknown", "assumed", "", "; ".join(notes))
    slowest = min(found, key=lambda name: found[name].centre)
    centre, half_80, half_95, relation = found[slowest]
    basis = "measured" if relation == "same-cpu" else "scaled"
    if instance_type.removeprefix("ml.") in FARGATE:
        more = (max(one.centre for one in found.values()) - centre) / 2
        half_80, half_95, basis = half_80 + more, half_95 + more, "assumed"
        notes.append(f"the processor is not guaranteed: planned with the slowest seen ({slowest})")
    share = baseline_fraction(instance_type) if sustained else 1.0
    if share < 1:
        centre += float(np.log(share))
        notes.append(f"burstable: planned at its baseline of {share:.0%}, credits spent")
        basis = "scaled" if basis == "measured" else basis
    return _Row(centre, half_80, half_95, relation, basis, slowest, "; ".join(notes))
