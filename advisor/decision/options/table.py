"""The option table: every candidate x platform x sku x region x purchase, in columns.

Only the rows that are shown become objects; the columns and the objects are priced by the same
calculator, `pricing.bill`.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from advisor import defaults
from advisor.arrays import Floats, Ints
from advisor.capacity.carry_call import carry_call
from advisor.capacity.fleet import MAX_REPLICAS
from advisor.capacity.gpu_runs import gpu_call
from advisor.capacity.replicas import plan_replicas
from advisor.capacity.target_tracking import ROUTING, billed_replicas
from advisor.capacity.thread_scaling import workers_that_fit
from advisor.cost import standing_rates
from advisor.decision.options.many_models import put_misses, worker_gib
from advisor.evidence import CandidateProfile
from advisor.platforms import FRONTS, STANDING_PLATFORMS
from advisor.platforms.base import MachinePlatform, Machines, traffic_of
from advisor.platforms.rules import LOADS_ON_DEMAND, SHOWN_ELSEWHERE, models_rule, standing_rule
from advisor.study.types import HOURS_PER_MONTH, Study
from pricing.instances import InstanceCatalogue
from pricing.quotes import PriceBook

COMMITTED = "savings-1y"
"""A commitment is paid whether replicas run or not: there autoscaling saves nothing."""

STARTS = {
    "sagemaker": defaults.SAGEMAKER_START_S,
    "ecs-fargate": defaults.FARGATE_START_S,
    "ecs-ec2": defaults.EC2_START_S,
}
"""Start of a replica by the beginning of its platform's name; its check comes on top on ECS."""


@dataclass(frozen=True)
class Offer:
    """Machines of one platform, region and purchase, with what does not depend on the candidate."""

    platform: str
    region: str
    purchase: str
    machines: Machines
    shared_usd_per_month: float
    """Lines that depend neither on sku nor on replicas. [USD/month]"""
    replica_usd_per_month: Floats
    """Cost of one replica, its disk and address counted; NaN where it is not sold. [USD/month]"""


@dataclass(frozen=True)
class OptionTable:
    """One row per option of a standing platform."""

    offers: tuple[Offer, ...]
    profiles: tuple[CandidateProfile, ...]
    offer: Ints
    """Row of `offers`."""
    row: Ints
    """Row of the offer's machines."""
    profile: Ints
    """Row of `profiles`."""
    workers: Ints
    """Worker processes per replica."""
    service_s: Floats
    """Mean service time of one request, server work counted. [s]"""
    service_low_s: Floats
    """Lower end of its 80% band. [s]"""
    service_high_s: Floats
    """Upper end of its 80% band. [s]"""
    scv: Floats
    """Squared coefficient of variation of the service time."""
    front_s: Floats
    """Time the platform adds to each answer. [s]"""
    memory_need_gib: Floats
    """Memory of all workers and the reserve. [GiB]"""
    memory_gib: Floats
    """Memory of the machine. [GiB]"""
    replica_usd: Floats
    """Cost of one replica; NaN where it is not sold. [USD/month]"""
    shared_usd: Floats
    """Cost of what the replicas share. [USD/month]"""
    on_gpu: NDArray[np.bool_]
    """Whether the model runs on a GPU."""
    basis: NDArray[np.str_]
    """Basis of the service time."""
    network_gbps: Floats
    """Network of the machine; NaN where unknown. [Gbit/s]"""
    sustained_vcpu: Floats
    """VCPUs that may be busy for ever; infinite where the machine is not burstable. [vCPU]"""
    chip: NDArray[np.object_]
    """Processor or GPU that serves: machines of one chip err together."""
    start_s: Floats
    """From asking for a replica to its first answer. [s]"""
    scaled: NDArray[np.bool_]
    """Whether the replicas follow the traffic by target tracking."""
    twin: Ints
    """Row of the same option with a fixed fleet; its own where it is one."""
    pooling: Floats
    """What the target of such a fleet asks for over the load alone, see `following`; 1 unless put
    in."""

    def __len__(self) -> int:
        """Return the number of options."""
        return len(self.row)

    @property
    def fits(self) -> NDArray[np.bool_]:
        """Whether the workers fit into memory."""
        inside: NDArray[np.bool_] = (
            self.memory_need_gib <= self.memory_gib * defaults.MEMORY_HEADROOM.value
        )
        return inside

    def take(self, rows: NDArray[np.intp]) -> "OptionTable":
        """Return some rows, in that order."""
        columns = {
            name: getattr(self, name)[rows]
            for name in self.__dataclass_fields__
            if name not in {"offers", "profiles"}
        }
        return OptionTable(offers=self.offers, profiles=self.profiles, **columns)

    def at_prices_of(self, offers: Sequence[Offer]) -> "OptionTable":
        """Return the same options at the prices of other offers of the same machines."""
        starts = np.cumsum([0] + [len(o.machines) for o in offers])
        usd = np.concatenate([np.zeros(0), *(o.replica_usd_per_month for o in offers)])
        shared_usd = np.array([o.shared_usd_per_month for o in offers], dtype=float)
        return dataclasses.replace(
            self,
            offers=tuple(offers),
            replica_usd=usd[starts[self.offer] + self.row],
            shared_usd=shared_usd[self.offer],
        )


@dataclass(frozen=True)
class Plan:
    """The replicas an option table needs at a rate, with latency; rows as in the table."""

    replicas: Ints
    p50_s: Floats
    p95_s: Floats
    p99_s: Floats
    utilisation: Floats
    fits: NDArray[np.bool_]
    """Whether the workers fit into memory."""
    sold: NDArray[np.bool_]
    """Whether it has a price."""
    meets_latency: NDArray[np.bool_]
    """Whether p99 keeps the need with at most `MAX_REPLICAS`."""
    serving_usd: Floats
    """Replicas and shared lines; NaN where not sold. [USD/month]"""
    billed: Floats
    """Replicas billed on average: fewer than planned where they follow the traffic."""


def build_offers(
    study: Study,
    *,
    book: PriceBook,
    catalogue: InstanceCatalogue,
    on: date,
    listed: dict[Any, Any] | None = None,
) -> tuple[Offer, ...]:
    """Return what can be bought on the standing platforms, priced.

    The machines at their list prices are kept in `listed`, where it is given, and taken from it.
    """
    listed = {} if listed is None else listed
    offers = []
    traffic = traffic_of(study)
    for platform in STANDING_PLATFORMS.values():
        if platform.name not in study.cloud.platforms:
            continue
        for region in study.cloud.regions:
            for purchase in study.cloud.purchase:
                key = ("machines", platform.name, region, purchase)
                if key not in listed:
                    listed[key] = listed_machines(
                        platform,
                        region=region,
                        purchase=purchase,
                        is_ruled_out=bool(
                            standing_rule(study) or models_rule(study, platform.name)
                        ),
                        book=book,
                        catalogue=catalogue,
                        on=on,
                    )
                machines = listed[key]
                rates = standing_rates(
                    platform,
                    machines,
                    study=study,
                    traffic=traffic,
                    book=book,
                    region=region,
                    purchase=purchase,
                    on=on,
                )
                offers.append(
                    Offer(
                        platform=platform.name,
                        region=region,
                        purchase=purchase,
                        machines=machines,
                        shared_usd_per_month=rates.shared_usd_per_month,
                        replica_usd_per_month=rates.replica_usd_per_month,
                    )
                )
    return tuple(offers)


def listed_machines(
    platform: MachinePlatform,
    *,
    region: str,
    purchase: str,
    is_ruled_out: bool,
    book: PriceBook,
    catalogue: InstanceCatalogue,
    on: date,
) -> Machines:
    """Return a platform's machines at their list prices.

    Bought in a way that the platform does not have, they are there without a price, so that the
    reason is told. Of a platform that a rule of the study leaves out only a few are.
    """
    is_sold = purchase in platform.purchases
    machines = platform.machines(
        book=book,
        catalogue=catalogue,
        region=region,
        purchase=purchase if is_sold else "on-demand",
        on=on,
    )
    machines = machines if is_sold else machines.unsold()
    return machines.cheapest(SHOWN_ELSEWHERE) if is_ruled_out else machines


def build_table(
    study: Study, *, offers: Sequence[Offer], profiles: Sequence[CandidateProfile]
) -> OptionTable:
    """Cross the offers with the candidates and carry the service times to each machine."""
    parts = [
        _cross(study, offer_index, offer, profile_index, profile)
        for offer_index, offer in enumerate(offers)
        for profile_index, profile in enumerate(profiles)
    ]
    if not parts:
        return _empty_table(profiles)
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    columns["twin"] = np.arange(len(columns["row"]))
    table = OptionTable(offers=tuple(offers), profiles=tuple(profiles), **columns)
    return _with_scaled(study, table) if study.cloud.autoscaling else table


def _with_scaled(study: Study, table: OptionTable) -> OptionTable:
    """Add the options whose replicas follow the traffic, after those with a fixed fleet.

    Jobs and queues have no such fleet, a commitment is paid all the time, and a new replica of many
    models would have none of them loaded.
    """
    may = [
        offer.platform in STANDING_PLATFORMS
        and offer.platform not in LOADS_ON_DEMAND
        and offer.purchase != COMMITTED
        and standing_rule(study) == ""
        for offer in table.offers
    ]
    own = np.array(may, dtype=bool)[table.offer] & table.fits & np.isfinite(table.replica_usd)
    rows = np.flatnonzero(own)
    both = table.take(np.concatenate([np.arange(len(table)), rows]))
    scaled = np.arange(len(both)) >= len(table)
    return dataclasses.replace(both, scaled=scaled)


def _empty_table(profiles: Sequence[CandidateProfile]) -> OptionTable:
    """Return a table without rows: nothing of its kind is looked at."""
    kinds: dict[str, type] = {
        "offer": int,
        "row": int,
        "profile": int,
        "workers": int,
        "on_gpu": bool,
        "scaled": bool,
        "twin": int,
    }
    kinds |= {"basis": object, "chip": object}
    names = [n for n in OptionTable.__dataclass_fields__ if n not in {"offers", "profiles"}]
    columns: dict[str, Any] = {name: np.empty(0, dtype=kinds.get(name, float)) for name in names}
    return OptionTable(offers=(), profiles=tuple(profiles), **columns)


def _cross(
    study: Study, offer_index: int, offer: Offer, profile_index: int, profile: CandidateProfile
) -> dict[str, NDArray[np.generic]]:
    machines = offer.machines
    ratios = carry_call(profile.calls, machines.instance_type).speed
    has_gpu = machines.gpu_count > 0
    on_fargate = offer.platform.startswith("ecs-fargate")
    reserve_gib = 0.0 if on_fargate else defaults.HOST_RESERVE_GIB.value
    each_gib = worker_gib(study, profile, offer.platform)
    workers = np.maximum(
        1,
        workers_that_fit(
            memory_gib=machines.memory_gib,
            worker_memory_gib=each_gib,
            core_count=machines.core_count,
            headroom_fraction=defaults.MEMORY_HEADROOM.value,
            reserved_gib=reserve_gib,
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
    front_s = np.full(len(machines), FRONTS[offer.platform].value)
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
        "memory_need_gib": workers * each_gib + reserve_gib,
        "memory_gib": machines.memory_gib,
        "replica_usd": offer.replica_usd_per_month,
        "shared_usd": np.full(count, offer.shared_usd_per_month),
        "on_gpu": on_gpu,
        "basis": basis,
        "network_gbps": machines.network_gbps,
        "sustained_vcpu": machines.sustained_vcpu,
        "chip": chip,
        "start_s": np.full(count, replica_start_s(offer.platform) + profile.start_s),
        "scaled": np.zeros(count, dtype=bool),
        "pooling": np.ones(count),
    }
    if study.workload.models > 1 and offer.platform in LOADS_ON_DEMAND:
        put_misses(columns, study, profile, ratio=ratios.ratio)
    return {name: column[keep] for name, column in columns.items()}


def replica_start_s(platform: str) -> float:
    """From asking for a replica to a process that loads the model, its checks counted. [s]"""
    ready = next(start.value for name, start in STARTS.items() if platform.startswith(name))
    check = defaults.BALANCER_CHECK_S.value if platform.startswith("ecs") else 0.0
    return float(ready + check)


def _put_gpu_times(
    service: dict[str, Floats],
    study: Study,
    profile: CandidateProfile,
    machines: Machines,
    *,
    on_gpu: NDArray[np.bool_],
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


def plan(
    study: Study,
    table: OptionTable,
    *,
    peak_per_s: float | Floats,
    shared_usd: Floats | None = None,
) -> Plan:
    """Return the replicas that each option needs at a peak rate, its latency and its cost."""
    need_ms = study.needs.max_p99_latency_ms
    found = plan_replicas(
        arrival_per_s=peak_per_s,
        service_mean_s=table.service_s,
        service_scv=table.scv,
        workers_per_replica=table.workers,
        fixed_overhead_s=table.front_s,
        max_p99_s=None if need_ms is None else need_ms / 1e3,
        max_utilisation=defaults.MAX_UTILISATION.value,
        minimum_count=_fewest(study, table, peak_per_s),
        maximum_count=MAX_REPLICAS,
        routing=ROUTING,
    )
    shared = table.shared_usd if shared_usd is None else shared_usd
    met = found.infeasible == ""
    # One that cannot keep the need is shown with the replicas that carry its load, as the draws
    # have it, and with the p99 that it would have without any load.
    fewest = _fewest(study, table, peak_per_s)
    too_slow = found.infeasible == "service-too-slow"
    for_load = np.ceil(peak_per_s * load_replicas(table, slice(None)) * (1 - 1e-12))
    carrying = np.where(too_slow, np.maximum(fewest, for_load), MAX_REPLICAS)
    replicas = np.where(met, found.replica_count, np.minimum(carrying, MAX_REPLICAS))
    replicas = replicas.astype(np.int64)
    billed = replicas.astype(float)
    own = np.flatnonzero(table.scaled)
    if own.size:
        rate = np.broadcast_to(np.asarray(peak_per_s, dtype=float), len(table))[own]
        billed[own] = billed_replicas(
            study.workload,
            zones=study.needs.availability_zones,
            start_s=table.start_s[own],
            load=table.pooling[own] * load_replicas(table, own) * rate,
            most=replicas[own],
            fewest=fewest[own],
        )
    unloaded_s = np.where(too_slow, found.unloaded_p99_s, np.inf)
    return Plan(
        replicas=replicas,
        p50_s=found.p50_s,
        p95_s=found.p95_s,
        p99_s=np.where(met, found.p99_s, unloaded_s),
        utilisation=found.utilisation,
        fits=table.fits,
        sold=np.isfinite(table.replica_usd),
        meets_latency=met,
        serving_usd=shared + billed * table.replica_usd,
        billed=billed,
    )


def load_replicas(table: OptionTable, rows: NDArray[np.intp] | slice) -> Floats:
    """Return the replicas that each request a second keeps busy at the planned share. [s]"""
    room = table.workers[rows] * defaults.MAX_UTILISATION.value
    return np.asarray(table.service_s[rows] / room)


def _fewest(study: Study, table: OptionTable, peak_per_s: float | Floats) -> Ints:
    return fewest_replicas(
        study,
        table.network_gbps,
        peak_per_s,
        sustained_per_s=table.sustained_vcpu / table.service_s,
    )


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
