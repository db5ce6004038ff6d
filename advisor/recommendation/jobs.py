"""How a job keeps its deadline."""

from advisor.recommendation.option import Basis
from advisor.records import Record


class JobPoint(Record):
    """How long a job of some rows takes."""

    row_count: float
    """Rows of the job. [rows]"""
    wall_s: float
    """From asking for machines to the last row. [s]"""
    wall_s_low: float
    """Lower end of its 80% band. [s]"""
    wall_s_high: float
    """Upper end. [s]"""


class JobAdvice(Record):
    """How long one job of the chosen option takes, and how large it may grow."""

    option: str
    """The chosen option, for people."""
    machines: int
    """Machines that share one job, held fixed along the curve."""
    jobs_per_day: float
    """Jobs of the study. [1/day]"""
    row_count: float
    """Rows of one job. [rows]"""
    requests_per_s: float
    """The mean rate that rows and jobs come to, by which the curve of costs counts. [1/s]"""
    start_s: float
    """From asking for machines to the first row. [s]"""
    work_s: float
    """From the first row to the last, on all machines together. [s]"""
    deadline_s: float
    """Time that a job may take. [s]"""
    largest_row_count: float
    """Rows with which the same machines just meet the deadline. [rows]"""
    basis: Basis
    """Basis of the time per row."""
    curve: tuple[JobPoint, ...]
    """Time against rows."""
