"""Machines that can be bought, and how fast each candidate is on each of them.

The table has one row for each candidate on each machine of each offer. No price stands in it and
no request rate, so that it stays as it is while prices, rates and needs move.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from advisor import defaults
from advisor.arrays import Bools, Floats, Ints, Objects, Rows
from advisor.capacity.carry_call import carry_call
from advisor.capacity.gpu_runs import gpu_call
from advisor.capacity.thread_scaling import workers_that_fit
from advisor.options.facts import Facts
from advisor.options.many_models import put_misses, worker_gib
from advisor.profiles import CandidateProfile
from advisor.study.types import Study

GPU_BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
"""Requests that a GPU may serve in one batch."""

NEARLY_BEST = 1.1
"""A larger batch must serve a tenth more requests a second to be worth its longer wait."""


@dataclass(frozen=True)
class Machines:
    """What one replica can be bought as: one row per sku, in columns."""

    sku: tuple[str, ...]
    """What is bought, as people name it."""
    instance_type: tuple[str, ...]
    """The machine behind it, as the processor table names it."""
    core_count: Floats
    """Physical cores, or the equivalent of them where cores are sold in parts."""
    memory_gib: Floats
    """Memory. [GiB]"""
    usd_per_hour: Floats
    """List price of one running replica; NaN where it is not sold. [USD/h]"""
    gpu_model: tuple[str | None, ...]
    """Its GPU, null without one."""
    gpu_count: Floats
    """GPUs."""
    network_gbps: Floats
    """Network that it keeps up for ever; NaN where unknown. [Gbit/s]"""
    sustained_vcpu: Floats
    """VCPUs that may be busy for ever: a share of a burstable machine's, else infinite. [vCPU]"""

    def __len__(self) -> int:
        """Return the number of skus."""
        return len(self.sku)

    def take(self, rows: Rows) -> "Machines":
        """Return some skus, in that order."""
        return Machines(
            sku=tuple(self.sku[i] for i in rows),
            instance_type=tuple(self.instance_type[i] for i in rows),
            core_count=self.core_count[rows],
            memory_gib=self.memory_gib[rows],
            usd_per_hour=self.usd_per_hour[rows],
            gpu_model=tuple(self.gpu_model[i] for i in rows),
            gpu_count=self.gpu_count[rows],
            network_gbps=self.network_gbps[rows],
            sustained_vcpu=self.sustained_vcpu[rows],
        )

    def unsold(self) -> "Machines":
        """Return the cheapest sku without its price: what stands for a purchase that none has."""
        one = self.cheapest(1)
        return replace(one, usd_per_hour=np.full(len(one), np.nan))

    def cheapest(self, count: int) -> "Machines":
        """Return the skus that cost least an hour, in the order of the table."""
        usd = np.where(np.isfinite(self.usd_per_hour), self.usd_per_hour, np.inf)
        return self.take(np.sort(np.argsort(usd, kind="stable")[:count]))


@dataclass(frozen=True)
class Offer:
    """Machines of one platform, region and purchase, at their list prices."""

    facts: Facts
    region: str
    purchase: str
    machines: Machines


@dataclass(frozen=True)
class MachineTable:
    """One row per candidate and machine of each offer."""

    offers: tuple[Offer, ...]
    profiles: tuple[CandidateProfile, ...]
    offer: Ints
    """Row of `offers`."""
    row: Ints
    """Row of the offer's machines."""
    profile: Ints
    """Row of `profiles`."""
    workers: Ints
    """Worker processes per machine."""
    service_s: Floats
    """Mean service time of one request, server work counted. [s]"""
    service_low_s: Floats
    """Lower end of its 80% band. [s]"""
    service_high_s: Floats
    """Upper end of its 80% band. [s]"""
    scv: Floats
    """Squared coefficient of variation of the service time."""
    front_s: Floats
    """Time the platform adds to each answer, or before a job's first row. [s]"""
    memory_need_gib: Floats
    """Memory of all workers and the reserve. [GiB]"""
    memory_gib: Floats
    """Memory of the machine. [GiB]"""
    on_gpu: Bools
    """Whether the model runs on a GPU."""
    basis: NDArray[np.str_]
    """Basis of the service time."""
    network_gbps: Floats
    """Network of the machine; NaN where unknown. [Gbit/s]"""
    sustained_vcpu: Floats
    """VCPUs that may be busy for ever; infinite where the machine is not burstable. [vCPU]"""
    chip: Objects
    """Processor or GPU that serves: machines of one chip err together."""
    start_s: Floats
    """From asking for a replica to its first answer. [s]"""
    batch: Ints
    """Row of `batch_s`; -1 where the model runs on a processor."""
    batch_s: Floats
    """Time of batches on GPUs: its middle and the ends of its 80% band at each of `GPU_BATCHES`.
    [s], shape (GPUs and candidates, 3, batches)"""

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.row)

    @property
    def fits(self) -> Bools:
        """Whether the workers fit into memory."""
        room = self.memory_gib * defaults.MEMORY_HEADROOM.value
        inside: Bools = self.memory_need_gib <= room
        return inside

    @property
    def sku(self) -> Objects:
        """What is bought, of each row."""
        starts = np.cumsum([0] + [len(offer.machines) for offer in self.offers])
        names = [sku for offer in self.offers for sku in offer.machines.sku]
        found: Objects = np.array(names, dtype=object)[starts[self.offer] + self.row]
        return found

    def take(self, rows: Rows) -> "MachineTable":
        """Return some rows, in that order."""
        return replace(self, **{name: getattr(self, name)[rows] for name in _COLUMNS})

    def of_offers(self, column: Sequence[Floats]) -> Floats:
        """Return a figure of each machine of each offer as a column of this table."""
        starts = np.cumsum([0] + [len(offer.machines) for offer in self.offers])
        figures: Floats = np.concatenate([np.zeros(0), *column])
        found: Floats = figures[starts[self.offer] + self.row]
        return found


NO_BATCHES: Floats = np.empty((0, 3, len(GPU_BATCHES)))
"""Of a candidate that runs on no GPU."""

_COLUMNS = tuple(
    n for n in MachineTable.__dataclass_fields__ if n not in {"offers", "profiles", "batch_s"}
)
_KINDS: dict[str, type] = {
    **dict.fromkeys(("offer", "row", "profile", "workers", "batch"), int),
    "on_gpu": bool,
    "basis": object,
    "chip": object,
}


def machine_table(
    study: Study, offers: Sequence[Offer], profiles: Sequence[CandidateProfile]
) -> MachineTable:
    """Cross the offers with the candidates and carry the service times to each machine.

    Args:
        study: rows, sizes and number of models of a request; no rate, need or price of it counts.
        offers: what can be bought.
        profiles: the candidates, one for each form.
    """
    parts = [
        _cross(study, offer_index, offer, profile_index, profile)
        for offer_index, offer in enumerate(offers)
        for profile_index, profile in enumerate(profiles)
    ]
    columns: dict[str, Any] = {
        name: np.concatenate([part[name] for part, _ in parts])
        if parts
        else np.empty(0, dtype=_KINDS.get(name, float))
        for name in _COLUMNS
    }
    starts = np.cumsum([0] + [len(times) for _, times in parts])
    at = np.repeat(starts[: len(parts)], [len(part["batch"]) for part, _ in parts])
    columns["batch"] = np.where(columns["batch"] < 0, -1, columns["batch"] + at)
    batch_s = np.concatenate([NO_BATCHES, *(times for _, times in parts)])
    return MachineTable(offers=tuple(offers), profiles=tuple(profiles), batch_s=batch_s, **columns)


def in_batches(machines: MachineTable, need_s: float | None) -> MachineTable:
    """Return the machines with the batches that their GPUs serve, under a need for p99.

    A batch fills while the one before it runs: it may take half of what the need leaves, so that
    an answer can wait for one and be in the next. Of such batches, the smallest that serves nearly
    as many requests a second as any of them. Each request takes its share of the batch's time from
    the GPU, and waits for the whole of it. The processor makes the next batch meanwhile: the
    slower of the two sets how many requests a second there are.

    Args:
        machines: as they are carried from the measurements.
        need_s: the p99 that is needed; `GPU_BATCH_S` for a batch where there is none. [s]
    """
    rows = np.flatnonzero(machines.batch >= 0)
    if not rows.size:
        return machines
    sizes = np.array(GPU_BATCHES, dtype=float)
    times = machines.batch_s[machines.batch[rows]]
    room = np.full(len(rows), defaults.GPU_BATCH_S.value)
    if need_s is not None:
        room = (need_s - machines.front_s[rows]) / 2
    allowed = times[:, 2, :] <= room[:, None]
    allowed[:, 0] = True
    each = np.where(allowed, times[:, 0, :] / sizes, np.inf)
    good = each <= NEARLY_BEST * each.min(axis=1, keepdims=True)
    size = np.argmax(good, axis=1)
    taken = times[np.arange(len(rows)), :, size] / sizes[size, None]
    changed = {
        name: getattr(machines, name).copy()
        for name in ("service_s", "service_low_s", "service_high_s", "front_s")
    }
    for place, name in enumerate(("service_s", "service_low_s", "service_high_s")):
        changed[name][rows] = np.maximum(changed[name][rows], taken[:, place])
    changed["front_s"][rows] += taken[:, 0] * sizes[size]
    return replace(machines, **changed)


def _cross(
    study: Study, offer_index: int, offer: Offer, profile_index: int, profile: CandidateProfile
) -> tuple[dict[str, NDArray[np.generic]], Floats]:
    """Return the columns of one candidate on the machines of an offer, and its batches' times."""
    machines, facts = offer.machines, offer.facts
    ratios = carry_call(profile.calls, machines.instance_type).speed
    has_gpu = machines.gpu_count > 0
    each_gib = worker_gib(study, profile, facts)
    workers = np.maximum(
        1,
        workers_that_fit(
            memory_gib=machines.memory_gib,
            worker_memory_gib=each_gib,
            core_count=machines.core_count,
            headroom_fraction=defaults.MEMORY_HEADROOM.value,
            reserved_gib=facts.reserve_gib,
        ),
    )
    # A machine with less than one core runs its one worker at that share of a core's speed.
    share = np.minimum(1.0, machines.core_count)
    on_cpu_s = (profile.server.request_s(profile.service_s)) / share
    service = {
        "service_s": on_cpu_s / ratios.ratio,
        "service_low_s": on_cpu_s / ratios.high_80,
        "service_high_s": on_cpu_s / ratios.low_80,
    }
    on_gpu = has_gpu & (profile.network is not None)
    front_s = np.full(len(machines), facts.front_s)
    batch_s, batch = NO_BATCHES, np.full(len(machines), -1)
    basis = np.array(ratios.basis)
    if on_gpu.any():
        added_s, batch_s, batch = _put_gpu_times(
            service, study, profile, machines, on_gpu=on_gpu, ratio=ratios.ratio, basis=basis
        )
        front_s += added_s
        workers = np.where(on_gpu, machines.gpu_count.astype(np.int64), workers)
    chip = np.where(
        on_gpu,
        np.array([model or "" for model in machines.gpu_model], dtype=object),
        np.array(ratios.processor, dtype=object),
    )
    keep = ~has_gpu | on_gpu  # a CPU-only model on a GPU machine is never sensible
    count = len(machines)
    columns: dict[str, NDArray[np.generic]] = {
        "offer": np.full(count, offer_index),
        "row": np.arange(count),
        "profile": np.full(count, profile_index),
        "workers": workers,
        **service,
        "scv": np.full(count, profile.service_scv),
        "front_s": front_s,
        "memory_need_gib": workers * each_gib + facts.reserve_gib,
        "memory_gib": machines.memory_gib,
        "on_gpu": on_gpu,
        "basis": basis,
        "network_gbps": machines.network_gbps,
        "sustained_vcpu": machines.sustained_vcpu,
        "chip": chip,
        "start_s": np.full(count, facts.replica_start_s + profile.start_s),
        "batch": batch,
    }
    if study.workload.models > 1 and facts.loads_on_demand:
        put_misses(columns, study, profile, ratio=ratios.ratio)
    return {name: column[keep] for name, column in columns.items()}, batch_s


def _put_gpu_times(
    service: dict[str, Floats],
    study: Study,
    profile: CandidateProfile,
    machines: Machines,
    *,
    on_gpu: Bools,
    ratio: Floats,
    basis: NDArray[np.str_],
) -> tuple[Floats, Floats, Ints]:
    """Write what the processor of a GPU machine does for a request, and the times of its batches.

    Making the rows and the HTTP work stay on the processor: they are spread over the machine's
    cores, and each answer waits for its own. A run on a GPU was timed from parsed rows to answers:
    it has made the rows already, and only the HTTP work is added.

    Returns:
        What an answer waits for beside its batch and its share of the processor [s]; the times of
        batches on each GPU [s], as in `MachineTable.batch_s`; and the row of them of each machine.
    """
    network = profile.network
    assert network is not None
    made_s = 0.0 if profile.gpu_run is not None else profile.preparation_s
    on_processor_s = profile.server.request_s(made_s) / ratio
    rows = study.workload.rows_per_request
    models = tuple(dict.fromkeys(m for m, u in zip(machines.gpu_model, on_gpu, strict=True) if u))
    factor = 1.0 / study.decision.gpu_speed_factor
    times = np.empty((len(models), 3, len(GPU_BATCHES)))
    added_s = np.zeros(len(machines))
    place = np.full(len(machines), -1)
    for number, model in enumerate(models):
        own = on_gpu & np.array([m == model for m in machines.gpu_model])
        guesses = [
            gpu_call(profile.gpu_run, gpu_model=model or "", network=network, rows=size * rows)
            for size in GPU_BATCHES
        ]
        basis[own] = guesses[0].basis
        times[number] = factor * np.array([[g.mean_s, g.low_s, g.high_s] for g in guesses]).T
        place[own] = number
        # One of the machine's GPUs has its share of the cores.
        cores = machines.core_count[own] / machines.gpu_count[own]
        shared_s = on_processor_s[own] / cores
        for column in service.values():
            column[own] = shared_s
        added_s[own] = on_processor_s[own] - shared_s
    return added_s, times, place
