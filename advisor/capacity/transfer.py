"""From the machine that was measured to the instance that is rented: how many times faster.

A ratio of speeds is taken over reference workloads that both processors have been measured on, and
the middle of those ratios is carried: no single benchmark score, never the number of vCPUs. Its
band comes from held-out public measurements, by kind of workload and by how far apart the machines
are.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from advisor.capacity.processors import (
    REFERENCES,
    HostPlace,
    ProcessorTable,
    WorkloadClass,
    load_processors,
    place_host,
)
from benchmarks.records import HardwareProfile
from pricing.errors import PricingError
from pricing.instances import InstanceShape, load_catalogue

Floats = NDArray[np.float64]
Relation = Literal["same-cpu", "same-vendor", "cross-vendor", "cross-architecture", "unknown"]
Basis = Literal["measured", "scaled", "assumed"]

HALF_WIDTH_80_LN: dict[WorkloadClass, float] = {
    "scalar": 0.18,
    "multi": 0.24,
    "vector": 0.44,
    "bandwidth": 0.48,
}
"""Half width of the 80% band in natural logarithm, from held-out public measurements: 20, 27, 56
and 62%."""

RELATION_FACTOR: dict[str, float] = {
    "same-cpu": 0.25,
    "same-vendor": 0.8,
    "cross-vendor": 1.0,
    "cross-architecture": 1.25,
    "unknown": 2.0,
}
"""How the band grows with the distance of the machines; held-out errors by relation."""

WIDER_95 = 1.9
"""Half width of the 95% band / that of the 80% band: the errors have heavy tails."""

BASELINE_FRACTION: dict[str, float] = {
    "nano": 0.05,
    "micro": 0.10,
    "small": 0.20,
    "medium": 0.20,
    "large": 0.30,
    "xlarge": 0.40,
    "2xlarge": 0.40,
}
"""Share of each vCPU that a t3, t3a or t4g may use for ever. Amazon EC2 User Guide, "Burstable
performance instances", baseline utilisation per vCPU."""

BURSTABLE_FAMILIES = ("t3", "t3a", "t4g")

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

SMT_YIELD = 1.2
"""Throughput of two threads on one core / one thread, where a core runs two: 1.0 to 1.45 in public
scaling curves. Assumed; the default plan of one worker per physical core does not use it."""


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
    """Return the share of full speed that holds for ever; 1 unless burstable."""
    family, _, size = instance_type.removeprefix("ml.").partition(".")
    return BASELINE_FRACTION.get(size, 0.2) if family in BURSTABLE_FAMILIES else 1.0


def speed_ratios(
    *,
    host: HardwareProfile,
    instance_types: Sequence[str],
    workload_class: WorkloadClass,
    sustained: bool = True,
) -> SpeedRatios:
    """Return how many times faster one physical core of each instance is than one of the host's.

        ln R = median over k of (ln X_k(target) - ln X_k(host))

    over the class's reference workloads X_k, at the sizes nearest to both machines.

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
    place = place_host(host, table=table)
    columns = REFERENCES[workload_class]
    own = (
        table.figures_of(place.processor, columns=columns, core_count=host.physical_core_count)
        * place.speed_factor
    )
    rows = [
        _one(
            instance_type=name,
            place=place,
            own=own,
            workload_class=workload_class,
            sustained=sustained,
            table=table,
        )
        for name in instance_types
    ]
    ln, half, relation, basis, processor, notes = zip(*rows, strict=True) if rows else ([],) * 6
    centre, width = np.array(ln, dtype=float), np.array(half, dtype=float)
    return SpeedRatios(
        instance_types=tuple(instance_types),
        ratio=np.exp(centre),
        low_80=np.exp(centre - width),
        high_80=np.exp(centre + width),
        low_95=np.exp(centre - WIDER_95 * width),
        high_95=np.exp(centre + WIDER_95 * width),
        relation=np.array(relation, dtype="<U20"),
        basis=np.array(basis, dtype="<U10"),
        processor=tuple(processor),
        notes=tuple(notes),
    )


def relation_of(place: HostPlace, target: str, *, table: ProcessorTable) -> Relation:
    """Return how far apart the host and a processor of the table are."""
    if place.exact and place.processor == target:
        return "same-cpu"
    if table.architecture_of(place.processor) != table.architecture_of(target):
        return "cross-architecture"
    if table.vendor_of(place.processor) != table.vendor_of(target):
        return "cross-vendor"
    return "same-vendor"


def _one(
    *,
    instance_type: str,
    place: HostPlace,
    own: Floats,
    workload_class: WorkloadClass,
    sustained: bool,
    table: ProcessorTable,
) -> tuple[float, float, str, str, str, str]:
    """Return ln ratio, half width, relation, basis, processor and note of one instance."""
    notes = [] if place.exact else [place.note]
    candidates = processors_of(instance_type, table=table)
    base = HALF_WIDTH_80_LN[workload_class]
    if not candidates:
        notes.append(f"the processor of {instance_type} is not known: taken for the host's own")
        half = float(np.hypot(base * RELATION_FACTOR["unknown"], place.extra_half_width_ln))
        return 0.0, half, "unknown", "assumed", "", "; ".join(notes)
    centres = {}
    for name in candidates:
        ratios = _reference_ratios(
            name,
            own=own,
            columns=REFERENCES[workload_class],
            core_count=vcpu_of(instance_type) / _threads_of(instance_type, table=table),
            table=table,
        )
        same = place.exact and name == place.processor
        centres[name] = 0.0 if same else float(np.nanmedian(ratios))
    slowest = min(centres, key=lambda name: centres[name])
    relation = relation_of(place, slowest, table=table)
    half = float(np.hypot(base * RELATION_FACTOR[relation], place.extra_half_width_ln))
    centre, basis = centres[slowest], "measured" if relation == "same-cpu" else "scaled"
    if len(candidates) > 1 or instance_type in FARGATE:
        half += (max(centres.values()) - centre) / 2
        basis = "assumed"
        notes.append(f"the processor is not guaranteed: planned with the slowest seen ({slowest})")
    share = baseline_fraction(instance_type) if sustained else 1.0
    if share < 1:
        centre += float(np.log(share))
        notes.append(f"burstable: planned at its baseline of {share:.0%}, credits spent")
        basis = "scaled" if basis == "measured" else basis
    return centre, half, relation, basis, slowest, "; ".join(notes)


def _reference_ratios(
    name: str, *, own: Floats, columns: Sequence[str], core_count: float, table: ProcessorTable
) -> Floats:
    there = table.figures_of(name, columns=columns, core_count=max(core_count, 0.5))
    ratios: Floats = np.log(there / own)
    return ratios
