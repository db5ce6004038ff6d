"""How long an answer takes under load."""

from advisor.recommendation.option import Basis
from advisor.records import Record


class LoadPoint(Record):
    """A point of the chosen option's answer time against load."""

    requests_per_s: float
    """Rate at the planned replicas. [1/s]"""
    p50_ms: float
    """Median answer time. [ms]"""
    p99_ms: float
    """99th percentile. [ms]"""
    p99_ms_low: float
    """p99 at the fast end of the 80% band of the service time. [ms]"""
    p99_ms_high: float | None
    """p99 at its slow end; null where that would overload the replicas. [ms]"""


class MeasuredQuantile(Record):
    """One quantile of the measured times of `predict`."""

    quantile_fraction: float
    """Which one, e.g. 0.99."""
    value_ms: float | None
    """The quantile; null where too few calls were measured to state it. [ms]"""
    low_ms: float | None
    """Lower end of its 95% interval. [ms]"""
    high_ms: float | None
    """Upper end of it. [ms]"""


class LatencyAdvice(Record):
    """How the chosen option answers under load, and what was measured of the model alone."""

    option: str
    """The option for people: the chosen one, or where that is serverless the best of those that
    keep replicas."""
    is_chosen: bool
    """Whether it is the chosen one."""
    replicas: int
    """Replicas, held fixed along the curve."""
    mean_requests_per_s: float
    """The study's mean rate. [1/s]"""
    peak_requests_per_s: float
    """The rate that is planned for. [1/s]"""
    need_ms: float | None
    """The need on p99; null for none. [ms]"""
    reaches_need_at_requests_per_s: float | None
    """Rate at which p99 meets the need with these replicas; null where there is no need, or it is
    met until the replicas are full. [1/s]"""
    full_at_requests_per_s: float | None
    """Rate that keeps every worker busy; null for serverless. [1/s]"""
    basis: Basis
    """Basis of the service time."""
    curve: tuple[LoadPoint, ...]
    """Answer time against load; empty where only serverless is feasible."""
    measured_rows: int
    """Rows in each measured call."""
    measured_call_count: int
    """Measured calls of `predict`, one thread."""
    measured: tuple[MeasuredQuantile, ...]
    """Their distribution on the machine of the benchmark, without server and network."""
