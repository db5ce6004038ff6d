"""What a measured candidate does on machines that were not measured: latency, training, memory.

A call is split into its overhead, which runs at the speed of interpreter-bound work, and its rows,
which run at the speed of the work they are. Several measured machines are combined; one with the
target's own processor wins.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.arrays import Floats
from advisor.capacity.batching import BatchCost, fit_batch_cost
from advisor.capacity.processors import WorkloadClass
from advisor.capacity.thread_scaling import fit_thread_law, workers_that_fit
from advisor.capacity.transfer import SpeedRatios, physical_cores, speed_ratios, vcpu_of
from advisor.errors import AdvisorError
from benchmarks.storage.records import BenchmarkRun
from pricing.errors import PricingError
from pricing.instances import load_catalogue

VECTOR_SHARE = 0.3
"""A model that reaches this share of the machine's matrix product rate is bound by arithmetic."""

ANCHOR_CORRELATION = 0.4
"""Correlation of the errors made from two measured machines. With it two machines narrow a band to
0.84 and three to 0.77; held-out errors fell to 0.83 and 0.70."""

MEMORY_HEADROOM = 0.8
"""Share of a machine's memory that workers may take. Assumed."""


@dataclass(frozen=True)
class Prediction:
    """One candidate on many instance types, one entry per type."""

    candidate: str
    """Its name."""
    instance_types: tuple[str, ...]
    """As asked."""
    rows: int
    """Rows of one call."""
    service_s: Floats
    """Time of one call, one thread. [s]"""
    service_80_s: Floats
    """Ends of its 80% band, shape (2, types). [s]"""
    service_95_s: Floats
    """Ends of its 95% band. [s]"""
    training_s: Floats
    """Wall-clock of one training on all physical cores; NaN where none was measured. [s]"""
    training_80_s: Floats
    """Ends of its 80% band. [s]"""
    worker_count: NDArray[np.int_]
    """Workers that cores and memory allow; 0 where one does not fit, -1 where unknown."""
    basis: NDArray[np.str_]
    """`measured`, `scaled` or `assumed`."""
    relation: NDArray[np.str_]
    """How far the machine is from the nearest measured one."""
    measured_s: float
    """The call on the nearest measured machine of the first type: where the chain starts. [s]"""
    overhead_fraction: float
    """Share of that call that does not depend on its rows."""
    overhead_ratio: Floats
    """Speed of interpreter-bound work there / here, from that machine."""
    row_ratio: Floats
    """Speed of the rows' work there / here."""
    row_class: str
    """What the rows' work is: `scalar` or `vector`."""
    notes: tuple[str, ...]
    """What a reader must know of each."""


def row_class_of(run: BenchmarkRun, cost: BatchCost) -> WorkloadClass:
    """Return what the rows of a candidate keep the processor busy with.

    Arithmetic where a model of known size reaches `VECTOR_SHARE` of the probed matrix product rate
    in its best batch; interpreter and tree code otherwise.
    """
    peak = run.hardware.probes.get("gemm_fp32_1_thread_gflop_per_s", 0.0)
    if not run.parameter_count or peak <= 0:
        return "scalar"
    rows = cost.best_batch_rows
    rows_per_s = rows / float(cost.predict_s(rows))
    flop = 2.0 * run.parameter_count if run.network is None else run.network.flop_per_row
    return "vector" if 1e-9 * flop * rows_per_s > VECTOR_SHARE * peak else "scalar"


def predict_candidates(
    *, runs: Sequence[BenchmarkRun], instance_types: Sequence[str], rows: int = 1
) -> dict[str, Prediction]:
    """Predict every candidate on every instance type from all CPU runs, of any number of machines.

    Args:
        runs: of any candidates; only finished CPU runs with inference count.
        instance_types: names, with or without `ml.`; burstable ones at their baseline.
        rows: rows of one call.

    Returns:
        Candidate name -> prediction; the order of the runs does not matter.

    Raises:
        AdvisorError: no run can be carried.
    """
    usable = sorted(
        (r for r in runs if r.outcome == "ok" and r.device == "cpu" and r.inference),
        key=lambda r: (r.hardware.host_id, r.id),
    )
    if not usable:
        raise AdvisorError("no finished CPU run with inference: run 'advisor bench' first")
    ratios: dict[tuple[str, WorkloadClass], SpeedRatios] = {}
    for run in usable:
        for name in ("scalar", "vector"):
            workload_class: WorkloadClass = name
            key = run.hardware.host_id, workload_class
            if key not in ratios:
                ratios[key] = speed_ratios(
                    host=run.hardware,
                    instance_types=instance_types,
                    workload_class=workload_class,
                    sustained=True,
                )
    cores = physical_cores(
        vcpu_count=[vcpu_of(name) for name in instance_types], instance_types=instance_types
    )
    memory = _memory_gib(instance_types)
    names = dict.fromkeys(run.candidate.name for run in usable)
    return {
        name: _predict(
            [run for run in usable if run.candidate.name == name],
            ratios=ratios,
            instance_types=tuple(instance_types),
            rows=rows,
            cores=cores,
            memory_gib=memory,
        )
        for name in sorted(names)
    }


@dataclass(frozen=True)
class _Carried:
    """One run carried to every instance type."""

    ln_service: Floats
    half_80: Floats
    half_95: Floats
    ln_training: Floats
    training_half_80: Floats
    overhead: SpeedRatios
    row: SpeedRatios
    row_class: WorkloadClass
    measured_s: float
    overhead_fraction: float


def _carry(
    run: BenchmarkRun,
    *,
    ratios: Mapping[tuple[str, WorkloadClass], SpeedRatios],
    rows: int,
    cores: Floats,
) -> _Carried:
    cost = fit_batch_cost(run)
    service = cost.service(rows=rows)
    row_class = row_class_of(run, cost)
    overhead = ratios[run.hardware.host_id, "scalar"]
    row = ratios[run.hardware.host_id, row_class]
    fixed = float(np.clip(cost.per_call_s / max(float(cost.predict_s(rows)), 1e-12), 0.0, 1.0))
    parts = np.stack([fixed / overhead.ratio, (1 - fixed) / row.ratio])
    total = parts.sum(axis=0)
    shares = parts / total
    # The two ratios err together, so their half widths add up by share.
    half_80 = shares[0] * _half(overhead, 80) + shares[1] * _half(row, 80)
    half_95 = shares[0] * _half(overhead, 95) + shares[1] * _half(row, 95)
    ln_training, training_half = _carry_training(run, row=row, cores=cores)
    return _Carried(
        ln_service=np.log(service.mean_s * total),
        half_80=np.hypot(half_80, service.relative_error),
        half_95=np.hypot(half_95, 1.6 * service.relative_error),
        ln_training=ln_training,
        training_half_80=training_half,
        overhead=overhead,
        row=row,
        row_class=row_class,
        measured_s=service.mean_s,
        overhead_fraction=fixed,
    )


def _half(ratios: SpeedRatios, level: int) -> Floats:
    high, low = (ratios.high_80, ratios.low_80) if level == 80 else (ratios.high_95, ratios.low_95)
    half: Floats = np.log(high / low) / 2
    return half


def _carry_training(run: BenchmarkRun, *, row: SpeedRatios, cores: Floats) -> tuple[Floats, Floats]:
    """Return ln wall-clock on all physical cores and the half width of its 80% band."""
    if not run.training:
        nothing = np.full(cores.shape, np.nan)
        return nothing, nothing
    fewest = min(t.thread_count for t in run.training)
    most = max(t.thread_count for t in run.training)
    single = float(np.median([t.wall_s for t in run.training if t.thread_count == fewest]))
    # More threads than physical cores are not more cores: they tell nothing of the law.
    real = max(1, run.hardware.physical_core_count)
    kept = [t for t in run.training if t.thread_count <= max(real, fewest)]
    law = fit_thread_law(
        thread_counts=[t.thread_count for t in kept], wall_s=[t.wall_s for t in kept]
    )
    share = 1 - law.contention
    wall_s = single / (law.speedup(cores) * row.ratio)
    # Each doubling of cores beyond what was measured adds a tenth of doubt.
    beyond = 0.1 * share * np.maximum(0.0, np.log2(np.maximum(1.0, cores) / most))
    spread = np.log([t.wall_s for t in run.training if t.thread_count == most])
    noise = float(np.std(spread)) if spread.size > 1 else 0.1
    half = np.sqrt(_half(row, 80) ** 2 + noise**2 + law.half_width_ln(cores) ** 2)
    return np.log(wall_s), half + beyond


def _predict(
    runs: Sequence[BenchmarkRun],
    *,
    ratios: Mapping[tuple[str, WorkloadClass], SpeedRatios],
    instance_types: tuple[str, ...],
    rows: int,
    cores: Floats,
    memory_gib: Floats,
) -> Prediction:
    carried = [_carry(run, ratios=ratios, rows=rows, cores=cores) for run in runs]
    basis = np.stack([c.overhead.basis for c in carried])
    known = np.where((basis == "measured").any(axis=0), basis == "measured", basis != "")
    centre, half_80 = combined(
        centres=np.stack([c.ln_service for c in carried]),
        halves=np.stack([c.half_80 for c in carried]),
        usable=known,
    )
    _, half_95 = combined(
        centres=np.stack([c.ln_service for c in carried]),
        halves=np.stack([c.half_95 for c in carried]),
        usable=known,
    )
    training, training_half = combined(
        centres=np.stack([c.ln_training for c in carried]),
        halves=np.stack([c.training_half_80 for c in carried]),
        usable=known & np.isfinite(np.stack([c.ln_training for c in carried])),
    )
    halves = np.where(known, np.stack([c.half_80 for c in carried]), np.inf)
    nearest = np.argmin(halves, axis=0)
    types = np.arange(len(instance_types))
    first = carried[int(nearest[0])] if nearest.size else carried[0]
    need = [run.serving_memory_bytes for run in runs if run.serving_memory_bytes]
    workers = np.full(len(instance_types), -1)
    if need:
        workers = np.where(
            np.isnan(memory_gib),
            -1,
            workers_that_fit(
                memory_gib=np.nan_to_num(memory_gib),
                worker_memory_gib=max(need) / 2**30,
                core_count=cores,
                headroom_fraction=MEMORY_HEADROOM,
            ),
        )
    return Prediction(
        candidate=runs[0].candidate.name,
        instance_types=instance_types,
        rows=rows,
        service_s=np.exp(centre),
        service_80_s=np.exp(np.stack([centre - half_80, centre + half_80])),
        service_95_s=np.exp(np.stack([centre - half_95, centre + half_95])),
        training_s=np.exp(training),
        training_80_s=np.exp(np.stack([training - training_half, training + training_half])),
        worker_count=workers.astype(int),
        basis=basis[nearest, types],
        relation=np.stack([c.overhead.relation for c in carried])[nearest, types],
        measured_s=first.measured_s,
        overhead_fraction=first.overhead_fraction,
        overhead_ratio=first.overhead.ratio,
        row_ratio=first.row.ratio,
        row_class=first.row_class,
        notes=tuple(carried[int(n)].overhead.notes[i] for i, n in enumerate(nearest)),
    )


def combined(
    *, centres: Floats, halves: Floats, usable: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Combine the predictions from several machines, shape (machines, types), into one.

    Weights are inverse squares of the half widths. The errors of two machines are correlated by
    `ANCHOR_CORRELATION`, so that the band narrows less than by the square root of their number.

    Returns:
        Centre and half width, shape (types,); NaN where no machine is usable.
    """
    weights = np.where(usable, 1.0 / np.where(usable, halves, 1.0) ** 2, 0.0)
    total = weights.sum(axis=0)
    safe = np.where(total > 0, total, 1.0)
    shares = weights / safe
    centre = np.where(usable, shares * centres, 0.0).sum(axis=0)
    scaled = np.where(usable, shares * halves, 0.0)
    own = (scaled**2).sum(axis=0)
    variance = (1 - ANCHOR_CORRELATION) * own + ANCHOR_CORRELATION * scaled.sum(axis=0) ** 2
    known = total > 0
    return np.where(known, centre, np.nan), np.where(known, np.sqrt(variance), np.nan)


def _memory_gib(instance_types: Sequence[str]) -> Floats:
    catalogue = load_catalogue()
    found = []
    for name in instance_types:
        try:
            found.append(catalogue.get(name).memory_gib)
        except PricingError:
            found.append(float("nan"))
    return np.array(found)
