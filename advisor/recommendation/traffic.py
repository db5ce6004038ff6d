"""The day's traffic, and what scaling with it brings."""

from typing import Literal

from advisor.recommendation.option import Basis
from advisor.records import Record


class TrafficHour(Record):
    """An hour of the day or week that is planned for."""

    hour: int
    """From 0; of a week from Monday 00:00."""
    requests_per_s: float
    """Mean rate of the hour. [1/s]"""
    busiest_requests_per_s: float
    """Rate of its busiest minute. [1/s]"""
    replicas: int
    """Replicas that this minute needs."""


class ScalingOutcome(Record):
    """One way to scale over that day or week, followed minute by minute."""

    name: Literal["fixed", "scheduled", "target-tracking"]
    """`fixed` for the peak, `scheduled` by the hour, or `target-tracking` as AWS does it."""
    mean_replicas: float
    """Replicas billed on average, those that start counted."""
    most_replicas: int
    """Most at a time."""
    serving_usd_per_month: float
    """Replicas and what they share, in a month of such days or weeks. [USD/month]"""
    p99_ms: float
    """99th percentile over all requests. [ms]"""
    out_of_need_fraction: float
    """Share of the minutes whose p99 is above the need; 0 without a need."""
    target_per_minute: float | None
    """Target value to set: requests per replica and minute; null for the others. [1/min]"""


class TrafficAdvice(Record):
    """The traffic that is planned for, and what scaling with it would save."""

    option: str
    """The option whose replicas are meant: see `LatencyAdvice.option`."""
    basis: Basis
    """`input` where the study gives a profile, else `assumed`: a bell around midday."""
    mean_requests_per_s: float
    """Mean rate when the plan has to last no longer, growth counted. [1/s]"""
    peak_requests_per_s: float
    """The rate that replicas are planned for. [1/s]"""
    carried_requests_per_s: float
    """Rate that the planned replicas carry within need and headroom. [1/s]"""
    replicas: int
    """Planned replicas."""
    need_ms: float | None
    """The need on p99; null for none. [ms]"""
    start_s: float
    """From asking for a replica to its first answer, assumed but for imports and loading. [s]"""
    hours: tuple[TrafficHour, ...]
    """24 or 168 hours."""
    scaling: tuple[ScalingOutcome, ...]
    """The ways to scale; the bill of the answer is that of `fixed`."""
