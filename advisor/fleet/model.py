"""One study's answer, as far as a fleet needs it: what is small enough to keep ten thousand of."""

from pydantic import Field

from advisor.records import Record


class Place(Record):
    """The cheapest feasible way to run a model on one platform."""

    platform: str
    """Key of the platforms."""
    name: str
    """The option in words."""
    usd_per_month: float
    """Its whole bill but for the platform's upkeep. [USD/month]"""
    aws_usd_per_month: float
    """Part of it that AWS invoices. [USD/month]"""
    serving_usd_per_month: float
    """Part of that for serving. [USD/month]"""
    machine_usd_per_month: float = 0.0
    """Part of that for machines that another model could share. [USD/month]"""
    balancer_usd_per_month: float = 0.0
    """Part of that for its load balancer. [USD/month]"""
    rank_usd_per_month: float
    """What the ranking compares, without the platform's upkeep. [USD/month]"""
    upkeep_hours: float = 0.0
    """Hours a month that the platform takes; 0 where none are given. [h/month]"""
    committable: dict[str, float] = Field(default_factory=dict)
    """On-demand spend that a commitment may cover, by its family. [USD/month]"""


class Releases(Record):
    """How often one model is retrained, and what that takes."""

    interval_days: float
    """Its own best interval. [days]"""
    band_days: tuple[float, float]
    """Intervals that cost hardly more. [days]"""
    release_usd: float
    """One release, people counted. [USD]"""
    aws_usd: float
    """Part of it that AWS invoices. [USD]"""
    hours: float = 0.0
    """People's hours of it. [h]"""
    errors_usd_per_month: float = 0.0
    """Cost of an ageing model's errors at that interval. [USD/month]"""


class Runs(Record):
    """What another training run is worth to one model."""

    run_usd: float
    """One run. [USD]"""
    unit_usd: float
    """Worth of one unit of loss per case over a release's life. [USD]"""
    spread: float | None
    """Deviation of the loss from run to run; null where it was not measured."""
    spread_runs: int = 0
    """Runs behind the spread."""


class Load(Record):
    """What one model asks of a machine that it shares."""

    rate_per_s: tuple[float, ...]
    """Requests by hour of day. [1/s]"""
    service_s: dict[str, float]
    """Mean service time on each machine type that may be shared. [s]"""
    machine_usd_per_month: dict[str, float]
    """What each of these costs. [USD/month]"""
    cores: dict[str, int]
    """Cores of each."""
    machine_gib: dict[str, float]
    """Memory of each that models may take. [GiB]"""
    scv: float
    """Squared coefficient of variation of the service time."""
    memory_gib: float
    """Memory of one loaded model. [GiB]"""
    room_s: float
    """What p99 may wait on a machine: the need less the service's p99 and the front. [s]"""
    zones: int = 1
    """Zones that each hold a machine."""


class FleetModel(Record):
    """One study's answer, as far as a fleet needs it."""

    study: str
    """Its path below the fleet's folder, or its name in the table."""
    platform: str | None
    """Platform of its single answer; null where nothing is feasible."""
    usd_per_month: float
    """Whole bill of its single answer. [USD/month]"""
    hour_usd: float
    """What an hour of people costs. [USD/h]"""
    with_people: bool = False
    """Whether people's hours rank its options."""
    places: tuple[Place, ...] = ()
    """Ways to run its candidate, one a platform."""
    releases: Releases | None = None
    """Its retraining; null where no interval is planned."""
    runs: Runs | None = None
    """Its experiments; null where nothing is known of them."""
    load: Load | None = None
    """What it asks of a shared machine; null where it shares none."""
    reasons: tuple[str, ...] = ()
    """Where nothing is feasible: why, and what to relax."""
    warning: str | None = None
    """What a reader must know of its answer."""
