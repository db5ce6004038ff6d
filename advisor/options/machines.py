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


_COLUMNS = tuple(n for n in MachineTable.__dataclass_fields__ if n not in {"offers", "profiles"})
_KINDS: dict[str, type] = {
    **dict.fromkeys(("offer", "row", "profile", "workers"), int),
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
        name: np.concatenate([part[name] for part in parts])
        if parts
        else np.empty(0, dtype=_KINDS.get(name, float))
        for name in _COLUMNS
    }
    return MachineTable(offers=tuple(offers), profiles=tuple(profiles), **columns)


def _cross(
    study: Study, offer_index: int, offer: Offer, profile_index: int, profile: CandidateProfile
) -> dict[str, NDArray[np.generic]]:
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
    on_gpu = has_gpu & (profile.parameter_count is not None)
    front_s = np.full(len(machines), facts.front_s)
    basis = np.array(ratios.basis)
    if on_gpu.any():
        front_s += _put_gpu_times(
            service, study, profile, machines, on_gpu=on_gpu, ratio=ratios.ratio, basis=basis
        )
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
    }
    if study.workload.models > 1 and facts.loads_on_demand:
        put_misses(columns, study, profile, ratio=ratios.ratio)
    return {name: column[keep] for name, column in columns.items()}


def _put_gpu_times(
    service: dict[str, Floats],
    study: Study,
    profile: CandidateProfile,
    machines: Machines,
    *,
    on_gpu: Bools,
    ratio: Floats,
    basis: NDArray[np.str_],
) -> Floats:
    """Write times and basis of the GPU machines and return what else an answer waits for. [s]

    A GPU serves requests in batches: each takes its share of the batch's time from the GPU, and
    waits for the whole batch. Preparing the rows and the HTTP work stay on the processor: they
    are spread over the machine's cores, and each answer waits for its own.
    """
    on_processor_s = (
        profile.server.request_s(_preparation_s(profile, study.workload.rows_per_request))
    ) / ratio
    batch = int(defaults.GPU_BATCH_REQUESTS.value)
    rows_per_batch = batch * study.workload.rows_per_request
    added_s = np.zeros(len(machines))
    for model in {m for m, used in zip(machines.gpu_model, on_gpu, strict=True) if used and m}:
        rows = on_gpu & np.array([m == model for m in machines.gpu_model])
        guess = gpu_call(
            profile.gpu_run,
            gpu_model=model,
            parameter_count=profile.parameter_count or 0,
            rows=rows_per_batch,
        )
        basis[rows] = guess.basis
        factor = 1.0 / study.decision.gpu_speed_factor
        # One of the machine's GPUs has its share of the cores.
        cores = machines.core_count[rows] / machines.gpu_count[rows]
        shared_s = on_processor_s[rows] / cores
        service["service_s"][rows] = factor * guess.mean_s / batch + shared_s
        service["service_low_s"][rows] = factor * guess.low_s / batch + shared_s
        service["service_high_s"][rows] = factor * guess.high_s / batch + shared_s
        added_s[rows] = factor * guess.mean_s + on_processor_s[rows] - shared_s
    return added_s


def _preparation_s(profile: CandidateProfile, rows: int) -> float:
    """Return the part of a request's service time that no GPU takes over, on the measured host. [s]

    What is left of the measured time when the network's own arithmetic is taken off, at the rate
    that one core is assumed to reach: two operations per weight and row.
    """
    arithmetic_s = 2.0 * (profile.parameter_count or 0) * rows / defaults.CORE_FLOP_PER_S.value
    return max(0.0, profile.service_s - arithmetic_s)
