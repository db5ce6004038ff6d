"""Options whose machines do not stand all month: jobs by a deadline, and an asynchronous endpoint.

Both are rows of an `OptionTable`, so that workers, memory and service times follow the same rules
as everywhere; what differs is how many hours are billed, and what is waited for. A row's bill is

    fixed_usd + request_usd x traffic + work_usd x traffic x service time      (both factors 1 here)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from advisor import defaults
from advisor.arrays import Floats, Ints
from advisor.capacity.fleet import MAX_REPLICAS
from advisor.capacity.service_shapes import batch_job, idle_cycle
from advisor.cost import bill_lines
from advisor.decision.options.columns import Columns
from advisor.decision.options.job_offers import Priced, async_offers, async_shared_usage, job_offers
from advisor.decision.options.table import COMMITTED, OptionTable, build_table, plan
from advisor.evidence import CandidateProfile
from advisor.platforms import ASYNC, JOB_PLATFORMS
from advisor.platforms.jobs import JobRun, job_shared_usage
from advisor.platforms.rules import commitment_rule, job_rule, models_rule, request_rule
from advisor.platforms.spot import spot_repeat
from advisor.recommendation import CostLine
from advisor.study.types import HOURS_PER_MONTH, Study
from pricing.instances import InstanceCatalogue
from pricing.quotes import PriceBook

MINIMUM_BILLED_S = 60.0
"""EC2 and Fargate bill at least a minute; SageMaker by the second, taken alike. [s]"""


@dataclass(frozen=True)
class Metered:
    """Priced options that are billed by the hour of work, one row each."""

    table: OptionTable
    priced: tuple[Priced, ...]
    """What the offers of the table share."""
    machines: Ints
    """Machines of one job, or instances of the queue at the peak."""
    hours_per_month: Floats
    """Machine hours billed in a month, all machines. [h]"""
    billed_s: Floats
    """Billed time of each machine and job; NaN where it is no job. [s]"""
    p50_s: Floats
    """Time to the result: of a whole job, or the median of requests. [s]"""
    p95_s: Floats
    """The same, 95th percentile of requests. [s]"""
    p99_s: Floats
    """The same, 99th percentile of requests. [s]"""
    p99_fixed_s: Floats
    """Part of it that neither speed nor rows change. [s]"""
    p99_start_s: Floats
    """Part of that which is the start from zero. [s]"""
    meets: NDArray[np.bool_]
    """Whether deadline or latency need is kept."""
    fixed_usd: Floats
    """What no traffic changes. [USD/month]"""
    request_usd: Floats
    """What grows with the requests, at the study's rate. [USD/month]"""
    work_usd: Floats
    """What grows with requests and service time, at the study's rate. [USD/month]"""
    other: NDArray[np.object_]
    """A platform's own limit that is broken, in words; empty where none is."""

    @property
    def serving_usd(self) -> Floats:
        """Everything but the candidate's own lines and people. [USD/month]"""
        return self.fixed_usd + self.request_usd + self.work_usd

    def __len__(self) -> int:
        """Return the number of options."""
        return len(self.table)


def metered_options(
    study: Study,
    profiles: Sequence[CandidateProfile],
    *,
    book: PriceBook,
    catalogue: InstanceCatalogue,
    on: date,
    kept: dict[Any, Any],
) -> tuple[Metered, ...]:
    """Return the options of jobs and of the asynchronous endpoint, as far as they are looked at.

    What no rate and no need changes is kept from question to question.
    """
    found = []
    jobs = job_offers(study, book=book, catalogue=catalogue, on=on, kept=kept)
    if jobs and profiles:
        found.append(_jobs(study, _table(study, profiles, jobs, kept), jobs))
    queues = async_offers(study, book=book, catalogue=catalogue, on=on, kept=kept)
    if queues and profiles:
        found.append(_queues(study, _table(study, profiles, queues, kept), queues))
    return tuple(found)


def _table(
    study: Study,
    profiles: Sequence[CandidateProfile],
    priced: Sequence[Priced],
    kept: dict[Any, Any],
) -> OptionTable:
    key = ("metered table", priced[0].offer.platform)
    if key not in kept:
        kept[key] = build_table(study, offers=[p.offer for p in priced], profiles=profiles)
    found: OptionTable = kept[key]
    return found


def _column(table: OptionTable, of_offers: Sequence[float]) -> Floats:
    return np.asarray(of_offers, dtype=float)[table.offer]


def _jobs(study: Study, table: OptionTable, priced: Sequence[Priced]) -> Metered:
    """Plan the fewest machines of each kind that finish a job within its deadline."""
    offers = [p.offer for p in priced]
    work = study.workload
    start_s = table.front_s
    most = np.array([JOB_PLATFORMS[o.platform].max_machines for o in offers])[table.offer]
    row_s = table.service_s / table.workers / work.rows_per_request
    moved_gbit = (work.request_kb + work.response_kb) * 8 / 1e6 / work.rows_per_request
    row_s = row_s + np.nan_to_num(moved_gbit / table.network_gbps)
    # A fresh burstable machine has no credits to spend: it keeps up its baseline and no more.
    row_s = row_s * np.maximum(1.0, table.workers / table.sustained_vcpu)
    row_s = row_s * _spot_factor(table, run_s=work.job_rows * row_s)
    need_s = _deadline_s(study)
    found = batch_job(
        row_count=work.job_rows,
        rows_per_s=1 / row_s,
        start_s=start_s,
        deadline_s=need_s * defaults.DEADLINE_HEADROOM.value,
        maximum_count=most,
    )
    enough = found.machine_count > 0
    machines = np.where(enough, found.machine_count, most).astype(np.int64)
    work_s = work.job_rows * row_s / machines
    wall_s = start_s + work_s
    billed_s = np.ceil(np.maximum(MINIMUM_BILLED_S, wall_s) - 1e-6)
    # A commitment is paid every hour of the month, whatever runs in it.
    committed = np.array([o.purchase == COMMITTED for o in offers], dtype=bool)[table.offer]
    all_month_s = HOURS_PER_MONTH * 3600 / work.jobs_per_month
    billed_s = np.where(committed, np.maximum(billed_s, all_month_s), billed_s)
    hours = machines * work.jobs_per_month * billed_s / 3600
    usd_per_hour = table.replica_usd / HOURS_PER_MONTH
    machine_usd = hours * usd_per_hour
    grows = np.where(committed & (wall_s < all_month_s), 0.0, np.minimum(1.0, work_s / billed_s))
    none = np.full(len(table), np.nan)
    rule = job_rule(study)
    limits = np.array(
        [
            _payload_limit(study, o.platform)
            or rule
            or models_rule(study, o.platform)
            or commitment_rule(study, o.purchase)
            for o in offers
        ],
        dtype=object,
    )
    shown_s = np.full(len(table), np.nan) if rule else wall_s
    return Metered(
        table=table,
        priced=tuple(priced),
        machines=machines,
        hours_per_month=hours,
        billed_s=billed_s,
        p50_s=shown_s,
        p95_s=shown_s,
        p99_s=shown_s,
        p99_fixed_s=start_s if not rule else none,
        p99_start_s=np.zeros(len(table)),
        meets=(wall_s <= need_s) | (rule != ""),
        fixed_usd=machine_usd * (1 - grows) + _column(table, [p.fixed_usd for p in priced]),
        request_usd=_column(table, [p.request_usd for p in priced]),
        work_usd=machine_usd * grows,
        other=limits[table.offer],
    )


def _spot_factor(table: OptionTable, *, run_s: Floats) -> Floats:
    """Return how many times longer a job on one machine takes for interruptions; 1 if not spot."""
    factor = np.ones(len(table))
    for index, offer in enumerate(table.offers):
        if offer.purchase == "spot":
            own = np.flatnonzero(table.offer == index)
            types = [offer.machines.instance_type[i] for i in table.row[own]]
            longest_s = np.minimum(run_s[own], _SPOT_PART_S)
            factor[own] = spot_repeat(types, region=offer.region, run_s=longest_s)
    return factor


_SPOT_PART_S = 3600.0
"""Work that an interruption loses at most: rows are scored in parts of an hour. [s]"""


def _deadline_s(study: Study) -> float:
    """Return the time that a job may take; the day until the next one where there are no jobs."""
    hours = study.needs.deadline_hours
    return (24.0 if hours is None else hours) * 3600


def _payload_limit(study: Study, platform: str) -> str:
    """Return the limit on one call that a platform of jobs breaks, in words."""
    largest_kb = max(study.workload.request_kb, study.workload.response_kb)
    most_kb = JOB_PLATFORMS[platform].max_payload_kb
    if largest_kb > most_kb:
        return (
            f"a call of {largest_kb:,.0f} kB is above the limit of {most_kb:,.0f} kB: "
            "lower workload.rows_per_request"
        )
    return ""


def _queues(study: Study, table: OptionTable, priced: Sequence[Priced]) -> Metered:
    """Plan an asynchronous endpoint: to zero where the need allows for a start, else for the peak.

    To zero it runs while there is work, and until the idle timer ends; with more work than one
    instance holds, as many as the mean rate needs at the planned utilisation.
    """
    work = study.workload
    standing = plan(study, table, peak_per_s=work.peak_per_s)
    start_s = (
        defaults.ASYNC_START_S.value + np.array([p.start_s for p in table.profiles])[table.profile]
    )
    machine_s = table.service_s / table.workers
    cycle = idle_cycle(
        requests_per_s=work.requests_per_s,
        service_s=machine_s,
        start_s=start_s,
        idle_s=defaults.ASYNC_IDLE_S.value,
    )
    for_load = work.requests_per_s * machine_s / defaults.MAX_UTILISATION.value
    on = np.where(
        for_load > cycle.on_fraction, np.maximum(1.0, np.ceil(for_load)), cycle.on_fraction
    )
    # Traffic that stops for the night leaves one idle timer and one start a day.
    nightly_s = defaults.ASYNC_IDLE_S.value + start_s
    quiet_days = HOURS_PER_MONTH / 24 if work.active_hours_per_month < HOURS_PER_MONTH else 0.0
    zero_hours = on * work.active_hours_per_month + quiet_days * nightly_s / 3600
    zero_hours = np.minimum(zero_hours, np.maximum(1, standing.replicas) * HOURS_PER_MONTH)
    need_ms = study.needs.max_p99_latency_ms
    need_s = np.inf if need_ms is None else need_ms / 1e3
    to_zero = standing.meets_latency & (standing.p99_s + start_s <= need_s)
    added_s = np.where(to_zero, start_s, 0.0)
    hours = np.where(to_zero, zero_hours, standing.replicas * HOURS_PER_MONTH)
    often = cycle.cold_fraction
    rule = request_rule(study)
    rule = rule or models_rule(study, ASYNC.name)
    carried = np.isfinite(standing.p99_s)
    limits = np.full(len(table), rule, dtype=object)
    largest_kb = max(work.request_kb, work.response_kb)
    too_large = largest_kb > ASYNC.max_payload_kb
    for row in np.flatnonzero(too_large | ~carried | (table.service_s > ASYNC.max_duration_s)):
        limits[row] = _async_limit(study, float(table.service_s[row]), carried=bool(carried[row]))
    return Metered(
        table=table,
        priced=tuple(priced),
        machines=standing.replicas,
        hours_per_month=hours,
        billed_s=np.full(len(table), np.nan),
        p50_s=standing.p50_s + np.where(often > 0.5, added_s, 0.0),
        p95_s=standing.p95_s + np.where(often > 0.05, added_s, 0.0),
        p99_s=standing.p99_s + added_s,
        p99_fixed_s=table.front_s + added_s,
        p99_start_s=added_s,
        meets=standing.meets_latency,
        fixed_usd=hours * table.replica_usd / HOURS_PER_MONTH
        + _column(table, [p.fixed_usd for p in priced]),
        request_usd=_column(table, [p.request_usd for p in priced]),
        work_usd=np.zeros(len(table)),
        other=limits,
    )


def _async_limit(study: Study, service_s: float, *, carried: bool) -> str:
    """Return the limit that an asynchronous endpoint breaks, in words."""
    largest_kb = max(study.workload.request_kb, study.workload.response_kb)
    if largest_kb > ASYNC.max_payload_kb:
        most_kb = ASYNC.max_payload_kb
        return f"a payload of {largest_kb:,.0f} kB is above the limit of {most_kb:,.0f} kB"
    if not carried:
        return f"cannot carry the peak rate with {MAX_REPLICAS:,} instances"
    if service_s > ASYNC.max_duration_s:
        return (
            f"a request takes {service_s:,.0f} s, asynchronous allows {ASYNC.max_duration_s:,.0f} s"
        )
    return ""


def at_rate(study: Study, found: Metered, requests_per_s: float, *, profile: int) -> Metered:
    """Return the options of one candidate at another rate; a job's rows and the peak go with it."""
    work = study.workload
    ratio = requests_per_s / work.requests_per_s
    moved = work.replace(requests_per_s=requests_per_s, peak_requests_per_s=work.peak_per_s * ratio)
    priced = [p._replace(request_usd=p.request_usd * ratio) for p in found.priced]
    plan_them = _queues if found.table.offers[0].platform == ASYNC.name else _jobs
    own = found.table.take(np.flatnonzero(found.table.profile == profile))
    return plan_them(study.replace(workload=moved), own, priced)


def metered_columns(study: Study, found: Metered, *, monthly_usd: Floats) -> Columns:
    """Return the options with their totals."""
    table, offers = found.table, found.table.offers
    upkeep = np.array([study.team.upkeep_usd(o.platform) for o in offers])[table.offer]

    def per_offer(values: list[str]) -> NDArray[np.object_]:
        return np.array(values, dtype=object)[table.offer]

    starts = np.cumsum([0] + [len(o.machines) for o in offers])
    skus = np.array([sku for o in offers for sku in o.machines.sku], dtype=object)
    return Columns(
        candidate=table.profile,
        platform=per_offer([o.platform for o in offers]),
        sku=skus[starts[table.offer] + table.row],
        region=per_offer([o.region for o in offers]),
        purchase=per_offer([o.purchase for o in offers]),
        replicas=found.machines,
        p50_s=found.p50_s,
        p95_s=found.p95_s,
        p99_s=found.p99_s,
        utilisation=np.full(len(table), np.nan),
        memory_need_gib=table.memory_need_gib,
        memory_gib=table.memory_gib,
        on_gpu=table.on_gpu,
        basis=np.full(len(table), "assumed", dtype=object),
        serving_usd=found.serving_usd,
        usd_per_month=found.serving_usd + monthly_usd[table.profile] + upkeep,
        sold=np.isfinite(table.replica_usd),
        fits=table.memory_need_gib <= table.memory_gib * defaults.MEMORY_HEADROOM.value,
        meets_latency=found.meets,
        other=found.other,
        request_usd=found.request_usd,
        work_usd=found.work_usd,
        p99_service_s=np.nan_to_num(found.p99_s - found.p99_fixed_s, posinf=0.0),
        p99_start_s=found.p99_start_s,
        service_up=table.service_high_s / table.service_s,
        service_down=table.service_low_s / table.service_s,
    )


def metered_lines(
    study: Study, found: Metered, row: int, *, book: PriceBook, on: date
) -> tuple[CostLine, ...]:
    """Return the serving lines of one option."""
    offer = found.table.offers[int(found.table.offer[row])]
    sku = offer.machines.sku[int(found.table.row[row])]
    if offer.platform == ASYNC.name:
        usage = ASYNC.usage(sku=sku, machine_hours=float(found.hours_per_month[row]))
        usage += async_shared_usage(study)
    else:
        run = JobRun(
            machine_count=int(found.machines[row]),
            billed_s=float(found.billed_s[row]),
            jobs_per_month=study.workload.jobs_per_month,
        )
        usage = JOB_PLATFORMS[offer.platform].job_usage(sku=sku, purchase=offer.purchase, run=run)
        usage += job_shared_usage(study)
    return bill_lines(usage, group="serving", study=study, book=book, region=offer.region, on=on)


def metered_band_s(found: Metered, row: int) -> tuple[float, float]:
    """Return the 80% band of the time to the result: the work at both ends, the rest kept. [s]"""
    table = found.table
    work_s = found.p99_s[row] - found.p99_fixed_s[row]
    low, high = (
        float(found.p99_fixed_s[row] + work_s * s[row] / table.service_s[row])
        for s in (table.service_low_s, table.service_high_s)
    )
    return low, high
