"""Platforms that run jobs: machines that start for a job, score its rows and go away again."""

from typing import NamedTuple, Protocol

from advisor import defaults
from advisor.platforms.base import KB_PER_GB, MachinePlatform
from advisor.study.types import Study
from pricing.usage import UsageLine

GB_PER_OBJECT = 0.1
"""Size of the files that a job reads and writes: 100 MB, as AWS advises for many rows. [GB]"""


class JobRun(NamedTuple):
    """A month of jobs on some machines."""

    machine_count: int
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


class JobPlatform(MachinePlatform, Protocol):
    """A way to run jobs: machines that are billed while a job runs."""

    @property
    def max_machines(self) -> int:
        """Most machines that one job may have."""

    def job_usage(self, *, sku: str, purchase: str, run: JobRun) -> list[UsageLine]:
        """Return the lines that grow with machine hours, the machines themselves first."""


def job_shared_usage(study: Study) -> list[UsageLine]:
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
