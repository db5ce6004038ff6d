"""Platforms that run jobs: machines that start for a job, score its rows and go away again."""

from typing import ClassVar, NamedTuple

import numpy as np

from advisor import defaults
from advisor.arrays import Floats
from advisor.capacity.service_shapes import batch_job
from advisor.market import Market
from advisor.options.facts import Facts
from advisor.options.machines import Machines, MachineTable, Offer
from advisor.options.table import NEVER_S, Options, options_of
from advisor.platforms.base import KB_PER_GB, Ask, Bought, offers_of
from advisor.platforms.hourly import hourly_usd, split_usd
from advisor.platforms.rules import (
    COMMITTED,
    commitment_rule,
    models_rule,
    pattern_rule,
    payload_rule,
)
from advisor.platforms.spot import spot_repeat
from advisor.study.types import HOURS_PER_MONTH, Study
from pricing.usage import UsageLine

GB_PER_OBJECT = 0.1
"""Size of the files that a job reads and writes: 100 MB, as AWS advises for many rows. [GB]"""

MINIMUM_BILLED_S = 60.0
"""EC2 and Fargate bill at least a minute; SageMaker by the second, taken alike. [s]"""

SPOT_PART_S = 3600.0
"""Work that an interruption loses at most: rows are scored in parts of an hour. [s]"""

JOB_SERVICES = ("s3", "cloudwatch-logs", "ecr")
"""Billing services of what jobs pay wherever they run."""


class JobRun(NamedTuple):
    """A month of jobs on some machines."""

    machine_count: float
    """Machines that work on one job."""
    billed_s: float
    """Billed time of each machine and job. [s]"""
    jobs_per_month: float
    """Jobs. [1/month]"""

    @property
    def machine_runs(self) -> float:
        """Machines started in a month."""
        return self.machine_count * self.jobs_per_month

    @property
    def machine_hours(self) -> float:
        """Hours of machines in a month. [h]"""
        return self.machine_runs * self.billed_s / 3600


class Job:
    """A platform tells its machines and the lines of a run; all else follows."""

    facts: ClassVar[Facts]

    def machines(self, market: Market, *, region: str, purchase: str) -> Machines:
        """Return what one machine can be bought as, with its hourly list price."""
        raise NotImplementedError

    def job_usage(self, *, sku: str, purchase: str, run: JobRun) -> list[UsageLine]:
        """Return the lines that grow with machine hours, the machines themselves first."""
        raise NotImplementedError

    def offers(self, study: Study, market: Market) -> tuple[Offer, ...]:
        """Return the machines that it can be bought as."""
        return offers_of(self, study, market, is_ruled_out=bool(pattern_rule(study, self.facts)))

    def skus(self, market: Market, *, region: str, purchase: str) -> tuple[str, ...]:
        """Return what is sold on it, as people name it."""
        return self.machines(market, region=region, purchase=purchase).sku

    def hour_usage(self, sku: str, purchase: str) -> list[UsageLine]:
        """Return the lines of one hour of one machine."""
        run = JobRun(machine_count=1, billed_s=3600.0, jobs_per_month=1.0)
        return self.job_usage(sku=sku, purchase=purchase, run=run)

    def options(self, ask: Ask) -> Options:
        """Plan the fewest machines of each kind that finish a job within its deadline."""
        study, work = ask.study, ask.study.workload
        table = ask.machines.take(ask.rows_of(self.facts))
        offers = table.offers
        usd_per_hour = hourly_usd(self, ask, table)
        fixed_usd, request_usd = split_usd(self, ask, table, shared_usage(study))
        start_s = table.front_s
        row_s = _row_s(study, table)
        need_s = _deadline_s(study)
        found = batch_job(
            row_count=work.job_rows,
            rows_per_s=1 / row_s,
            start_s=start_s,
            deadline_s=need_s * defaults.DEADLINE_HEADROOM.value,
            maximum_count=np.full(len(table), self.facts.max_machines),
        )
        enough = found.machine_count > 0
        machines = np.where(enough, found.machine_count, self.facts.max_machines).astype(np.int64)
        work_s = work.job_rows * row_s / machines
        wall_s = start_s + work_s
        billed_s = np.ceil(np.maximum(MINIMUM_BILLED_S, wall_s) - 1e-6)
        # A commitment is paid every hour of the month, whatever runs in it.
        committed = np.array([o.purchase == COMMITTED for o in offers], dtype=bool)[table.offer]
        all_month_s = HOURS_PER_MONTH * 3600 / work.jobs_per_month
        billed_s = np.where(committed, np.maximum(billed_s, all_month_s), billed_s)
        hours = machines * work.jobs_per_month * billed_s / 3600
        machine_usd = hours * usd_per_hour
        grows = np.where(
            committed & (wall_s < all_month_s), 0.0, np.minimum(1.0, work_s / billed_s)
        )
        rule = pattern_rule(study, self.facts)
        limits = np.array([self._limit(study, offer) for offer in offers], dtype=object)
        shown_s = np.full(len(table), np.nan) if rule else wall_s
        return options_of(
            self.facts.name,
            [offers[i].purchase for i in table.offer],
            candidate=table.profile,
            region=np.array([offer.region for offer in offers], dtype=object)[table.offer],
            sku=table.sku,
            machine=ask.rows_of(self.facts),
            on_gpu=table.on_gpu,
            memory_need_gib=table.memory_need_gib,
            memory_gib=table.memory_gib,
            fits=table.fits,
            sold=np.isfinite(usd_per_hour),
            limit=limits[table.offer],
            fixed_usd=machine_usd * (1 - grows) + fixed_usd,
            request_usd=request_usd,
            work_usd=machine_usd * grows,
            p99_fixed_s=np.full(len(table), NEVER_S) if rule else start_s,
            p99_service_s=np.nan_to_num(shown_s - start_s),
            service_s=table.service_s,
            service_up=table.service_high_s / table.service_s,
            service_down=table.service_low_s / table.service_s,
            replicas=machines,
            billed=machines,
            p50_s=shown_s,
            p95_s=shown_s,
            p99_s=shown_s,
            meets_latency=(wall_s <= need_s) | (rule != ""),
            billed_hours=hours,
            billed_s=billed_s,
        )

    def _limit(self, study: Study, offer: Offer) -> str:
        """Return the limit of its own that an offer breaks, in words; empty where none is."""
        return (
            payload_rule(study, self.facts, remedy=": lower workload.rows_per_request")
            or pattern_rule(study, self.facts)
            or models_rule(study, self.facts)
            or commitment_rule(study, offer.purchase)
        )

    def usage(self, study: Study, bought: Bought) -> list[UsageLine]:
        """Return the machines of all jobs of a month, and what the jobs share."""
        run = JobRun(
            machine_count=bought.replicas,
            billed_s=bought.billed_s,
            jobs_per_month=study.workload.jobs_per_month,
        )
        own = self.job_usage(sku=bought.sku, purchase=bought.purchase, run=run)
        return [*own, *shared_usage(study)]


def shared_usage(study: Study) -> list[UsageLine]:
    """Return what jobs pay wherever they run: files in and out, logs and the image."""
    work = study.workload
    in_gb = work.requests_per_month * work.request_kb / KB_PER_GB
    out_gb = work.requests_per_month * work.response_kb / KB_PER_GB
    log_gb = work.jobs_per_month * defaults.JOB_LOG_GB.value
    return [
        UsageLine(
            label="Rows and scores in object storage",
            service="s3",
            gb_months=(in_gb + out_gb) * defaults.JOB_DATA_KEPT_MONTHS.value,
            put_requests=out_gb / GB_PER_OBJECT,
            get_requests=in_gb / GB_PER_OBJECT,
        ),
        UsageLine(
            label="Logs",
            service="cloudwatch-logs",
            ingested_gb=log_gb,
            stored_gb=log_gb * defaults.LOG_RETENTION_MONTHS.value,
        ),
        UsageLine(label="Container image", service="ecr", gb_months=defaults.IMAGE_GB.value),
    ]


def _row_s(study: Study, table: MachineTable) -> Floats:
    """Return the time of one row on each machine, its transfer and interruptions counted. [s]"""
    work = study.workload
    row_s = table.service_s / table.workers / work.rows_per_request
    moved_gbit = (work.request_kb + work.response_kb) * 8 / 1e6 / work.rows_per_request
    row_s = row_s + np.nan_to_num(moved_gbit / table.network_gbps)
    # A fresh burstable machine has no credits to spend: it keeps up its baseline and no more.
    row_s = row_s * np.maximum(1.0, table.workers / table.sustained_vcpu)
    found: Floats = row_s * _spot_factor(table, run_s=work.job_rows * row_s)
    return found


def _spot_factor(table: MachineTable, *, run_s: Floats) -> Floats:
    """Return how many times longer a job on one machine takes for interruptions; 1 if not spot."""
    factor = np.ones(len(table))
    for index, offer in enumerate(table.offers):
        own = np.flatnonzero(table.offer == index) if offer.purchase == "spot" else np.empty(0)
        if own.size:
            types = [offer.machines.instance_type[i] for i in table.row[own]]
            longest_s = np.minimum(run_s[own], SPOT_PART_S)
            factor[own] = spot_repeat(types, region=offer.region, run_s=longest_s)
    return factor


def _deadline_s(study: Study) -> float:
    """Return the time that a job may take; the day until the next one where there are no jobs."""
    hours = study.needs.deadline_hours
    return (24.0 if hours is None else hours) * 3600
