"""How many replicas options need at a rate, and how fast they then answer."""

from typing import NamedTuple

import numpy as np

from advisor import defaults
from advisor.arrays import Bools, Floats, Ints, Rows
from advisor.capacity.fleet import MAX_REPLICAS
from advisor.capacity.replicas import plan_replicas
from advisor.capacity.target_tracking import ROUTING, billed_replicas
from advisor.options.machine_classes import MachineClasses
from advisor.options.machines import MachineTable
from advisor.study.types import HOURS_PER_MONTH, Study


class Planned(NamedTuple):
    """What a plan writes into the option table, one row each."""

    replicas: Ints
    """Replicas that run at the peak."""
    billed: Floats
    """Replicas billed on average: fewer than planned where they follow the traffic."""
    p50_s: Floats
    p95_s: Floats
    p99_s: Floats
    """Answer time at the peak; infinite where the replicas cannot carry it. [s]"""
    utilisation: Floats
    """Busy share of the workers at the peak."""
    meets_latency: Bools
    """Whether p99 keeps the need with at most `MAX_REPLICAS`."""


def plan(
    study: Study,
    machines: MachineTable,
    *,
    peak_per_s: float | Floats,
    scaled: Bools | None = None,
    pooling: Floats | None = None,
) -> Planned:
    """Return the replicas that a fleet of each machine needs at a peak rate, and its latency.

    Args:
        study: whose need, zones and hours.
        machines: what each fleet is made of.
        peak_per_s: peak rate. [1/s]
        scaled: which fleets follow the traffic by target tracking; none by default.
        pooling: what their target asks for over the load alone; 1 by default.
    """
    count = len(machines)
    scaled = np.zeros(count, dtype=bool) if scaled is None else scaled
    pooling = np.ones(count) if pooling is None else pooling
    need_ms = study.needs.max_p99_latency_ms
    fewest = fewest_replicas(
        study,
        machines.network_gbps,
        peak_per_s,
        sustained_per_s=machines.sustained_vcpu / machines.service_s,
    )
    found = plan_replicas(
        arrival_per_s=peak_per_s,
        service_mean_s=machines.service_s,
        service_scv=machines.scv,
        workers_per_replica=machines.workers,
        fixed_overhead_s=machines.front_s,
        max_p99_s=None if need_ms is None else need_ms / 1e3,
        max_utilisation=defaults.MAX_UTILISATION.value,
        minimum_count=fewest,
        maximum_count=MAX_REPLICAS,
        routing=ROUTING,
    )
    met = found.infeasible == ""
    # One that cannot keep the need is shown with the replicas that carry its load, as the draws
    # have it, and with the p99 that it would have without any load.
    too_slow = found.infeasible == "service-too-slow"
    for_load = np.ceil(peak_per_s * load_replicas(machines, slice(None)) * (1 - 1e-12))
    carrying = np.where(too_slow, np.maximum(fewest, for_load), MAX_REPLICAS)
    replicas = np.where(met, found.replica_count, np.minimum(carrying, MAX_REPLICAS))
    replicas = replicas.astype(np.int64)
    billed = replicas.astype(float)
    own = np.flatnonzero(scaled)
    if own.size:
        rate = np.broadcast_to(np.asarray(peak_per_s, dtype=float), count)[own]
        billed[own] = billed_replicas(
            study.workload,
            zones=study.needs.availability_zones,
            start_s=machines.start_s[own],
            load=pooling[own] * load_replicas(machines, own) * rate,
            most=replicas[own],
            fewest=fewest[own],
        )
    unloaded_s = np.where(too_slow, found.unloaded_p99_s, np.inf)
    return Planned(
        replicas=replicas,
        billed=billed,
        p50_s=found.p50_s,
        p95_s=found.p95_s,
        p99_s=np.where(met, found.p99_s, unloaded_s),
        utilisation=found.utilisation,
        meets_latency=met,
    )


def plan_rows(
    study: Study,
    machines: MachineTable,
    classes: MachineClasses,
    rows: Rows,
    *,
    peaks_per_s: Floats,
    scaled: Bools,
    pooling: Floats,
) -> Planned:
    """Return the plan of some fleets at some peak rates, one peak after the other.

    Each class of machine is planned once: its options differ by price alone, and a fleet that
    follows the traffic has the most replicas of a fixed one.

    Args:
        study: whose need, zones and hours.
        machines: the machines of the study.
        classes: those of them that differ by price alone.
        rows: the machine of each fleet.
        peaks_per_s: peak rates. [1/s]
        scaled: which fleets follow the traffic.
        pooling: what their target asks for over the load alone.
    """
    told, place = np.unique(classes.of_row[rows], return_inverse=True)
    count = len(peaks_per_s)
    pooled = np.ones(len(told))
    pooled[place[scaled]] = pooling[scaled]
    found = plan(
        study,
        machines.take(np.tile(classes.first[told], count)),
        peak_per_s=np.repeat(peaks_per_s, len(told)),
        scaled=np.full(len(told) * count, scaled.any()),
        pooling=np.tile(pooled, count),
    )
    at = (np.arange(count)[:, None] * len(told) + place).ravel()
    follows = np.tile(scaled, count)
    return Planned(*(column[at] for column in found))._replace(
        billed=np.where(follows, found.billed[at], found.replicas[at])
    )


def load_replicas(machines: MachineTable, rows: Rows | slice) -> Floats:
    """Return the replicas that each request a second keeps busy at the planned share. [s]"""
    room = machines.workers[rows] * defaults.MAX_UTILISATION.value
    return np.asarray(machines.service_s[rows] / room)


def fewest_replicas(
    study: Study, network_gbps: Floats, peak_per_s: float | Floats, *, sustained_per_s: Floats
) -> Ints:
    """Return the fewest replicas: one per zone, enough network for the peak, enough CPU credits.

    A burstable machine earns credits for its baseline and keeps those of a day: what it can carry
    for ever is `sustained_per_s`, held against the mean rate over the month; the peak it bursts.
    """
    work = study.workload
    busier_kb = max(work.request_kb, work.response_kb)  # links carry both directions at once
    peak_gbps = np.asarray(peak_per_s) * busier_kb * 8 / 1e6
    room_gbps = network_gbps * defaults.NETWORK_HEADROOM.value
    for_network = np.ceil(np.nan_to_num(peak_gbps / room_gbps, nan=1.0))
    mean_over_peak = work.requests_per_s / work.peak_per_s * work.active_hours_per_month
    mean_per_s = np.asarray(peak_per_s) * mean_over_peak / HOURS_PER_MONTH
    for_credits = np.ceil(mean_per_s / sustained_per_s * (1 - 1e-12))
    fewest = np.maximum(study.needs.availability_zones, np.maximum(for_network, for_credits))
    return np.minimum(fewest, MAX_REPLICAS + 1).astype(np.int64)
