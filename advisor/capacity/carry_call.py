"""One measured call carried to other machines, from every host it was measured on.

The call's overhead runs at the speed of interpreter-bound work, its rows at that of the work they
are. Hosts are combined by their bands; one with the target's own processor wins.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from advisor.arrays import Floats
from advisor.capacity.batching import BatchCost, fit_batch_cost
from advisor.capacity.prediction import combined, row_class_of
from advisor.capacity.processors import WorkloadClass
from advisor.capacity.speed_memo import carried_speed
from advisor.capacity.transfer import SpeedRatios
from benchmarks.storage.records import BenchmarkRun, HardwareProfile


@dataclass(frozen=True)
class MeasuredCall:
    """The time of one call, as one machine took it."""

    run_id: str
    """The run it was measured in."""
    hardware: HardwareProfile
    """The machine."""
    mean_s: float
    """Mean duration, one thread. [s]"""
    relative_error: float
    """Half width of its 80% interval / mean."""
    overhead_fraction: float
    """Share of it that does not depend on the rows."""
    row_class: WorkloadClass
    """What the rows keep the processor busy with."""


@dataclass(frozen=True)
class CarriedCall:
    """A call on other machines, relative to the first host it was measured on."""

    speed: SpeedRatios
    """How many times faster the whole call is there; times divide by it."""
    overhead_ratio: Floats
    """Speed of interpreter-bound work there / on the host of `nearest`."""
    row_ratio: Floats
    """Speed of the rows' work there / on that host."""
    nearest: tuple[int, ...]
    """Position of the host with the narrowest band, for each machine."""


def measured_call(run: BenchmarkRun, *, rows: int, cost: BatchCost | None = None) -> MeasuredCall:
    """Return the time of one call with some rows, with its parts.

    Raises:
        NoRunsError: the run has no inference measurements.
    """
    cost = cost or fit_batch_cost(run)
    service = cost.service(rows=rows)
    whole_s = max(float(cost.predict_s(rows)), 1e-12)
    return MeasuredCall(
        run_id=run.id,
        hardware=run.hardware,
        mean_s=service.mean_s,
        relative_error=service.relative_error,
        overhead_fraction=float(np.clip(cost.per_call_s / whole_s, 0.0, 1.0)),
        row_class=row_class_of(run, cost),
    )


def carry_call(calls: Sequence[MeasuredCall], instance_types: Sequence[str]) -> CarriedCall:
    """Carry a call that was measured on one or more hosts to some instance types.

        T_there = T_here (o / R_scalar + (1 - o) / R_class),    o the share of the overhead

    The half width of the band is that of both ratios, by their shares of the time there: they err
    together. With several hosts each one's band takes its measuring error too, and they are
    combined as `prediction.combined` says; hosts with the target's own processor win.

    Args:
        calls: at least one; the first is the host that the answer is relative to.
        instance_types: with or without `ml.`, burstable ones at their baseline.
    """
    keys = tuple(
        (c.hardware.model_dump_json(), c.mean_s, c.relative_error, c.overhead_fraction, c.row_class)
        for c in calls
    )
    return _carry(keys, tuple(instance_types))


_Key = tuple[str, float, float, float, WorkloadClass]


@dataclass(frozen=True)
class _OfHost:
    overhead: SpeedRatios
    row: SpeedRatios
    ln_service: Floats
    half_80: Floats
    half_95: Floats


@lru_cache(maxsize=512)
def _carry(calls: tuple[_Key, ...], instance_types: tuple[str, ...]) -> CarriedCall:
    found = [_of_host(call, instance_types) for call in calls]
    first_ln = np.log(calls[0][1])
    if len(found) == 1:
        only = found[0]
        nearest = np.zeros(len(instance_types), dtype=int)
        centre, half_80, half_95 = only.ln_service, only.half_80, only.half_95
    else:
        errors = np.array([call[2] for call in calls])[:, None]
        measured = np.stack([one.overhead.basis == "measured" for one in found])
        usable = np.where(measured.any(axis=0), measured, True)
        centres = np.stack([one.ln_service for one in found])
        halves = np.hypot(np.stack([one.half_80 for one in found]), errors)
        wide = np.hypot(np.stack([one.half_95 for one in found]), 1.6 * errors)
        nearest = np.argmin(np.where(usable, halves, np.inf), axis=0)
        centre, half_80 = combined(centres=centres, halves=halves, usable=usable)
        _, half_95 = combined(centres=centres, halves=wide, usable=usable)
    ln_speed = first_ln - centre
    types = np.arange(len(instance_types))

    def of_nearest(columns: list[Floats]) -> Floats:
        picked: Floats = np.stack(columns)[nearest, types]
        return picked

    sources = [found[int(n)].overhead for n in nearest]
    return CarriedCall(
        speed=SpeedRatios(
            instance_types=instance_types,
            ratio=np.exp(ln_speed),
            low_80=np.exp(ln_speed - half_80),
            high_80=np.exp(ln_speed + half_80),
            low_95=np.exp(ln_speed - half_95),
            high_95=np.exp(ln_speed + half_95),
            relation=np.array([s.relation[i] for i, s in enumerate(sources)], dtype="<U20"),
            basis=np.array([s.basis[i] for i, s in enumerate(sources)], dtype="<U10"),
            processor=tuple(s.processor[i] for i, s in enumerate(sources)),
            notes=tuple(s.notes[i] for i, s in enumerate(sources)),
        ),
        overhead_ratio=of_nearest([one.overhead.ratio for one in found]),
        row_ratio=of_nearest([one.row.ratio for one in found]),
        nearest=tuple(int(n) for n in nearest),
    )


def _of_host(call: _Key, instance_types: tuple[str, ...]) -> _OfHost:
    host_json, mean_s, _, fixed, row_class = call
    host = HardwareProfile.model_validate_json(host_json)
    overhead = carried_speed(host, instance_types, workload_class="scalar")
    row = carried_speed(host, instance_types, workload_class=row_class)
    parts = np.stack([fixed / overhead.ratio, (1 - fixed) / row.ratio])
    total = parts.sum(axis=0)
    shares = parts / total
    halves = [
        shares[0] * np.log(getattr(overhead, high) / overhead.ratio)
        + shares[1] * np.log(getattr(row, high) / row.ratio)
        for high in ("high_80", "high_95")
    ]
    return _OfHost(overhead, row, np.log(mean_s * total), halves[0], halves[1])
