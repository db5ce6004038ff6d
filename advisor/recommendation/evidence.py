"""What the answer rests on: assumptions, prices, service times carried to other machines."""

from datetime import date
from typing import Annotated

from pydantic import Field, NonNegativeFloat

from advisor.recommendation.option import Basis, LineQuote
from advisor.records import Record


class Assumption(Record):
    """A number behind the answer that was not measured."""

    name: str
    """Dotted key of the study, or the name of a default of ours."""
    value: float | str | None
    """Its value."""
    unit: str
    """Its unit."""
    source: str
    """Where it comes from."""
    dated: date | None = None
    """Day it was said or set; null for what was measured, which has its runs' dates."""
    basis: Basis
    """`input`, `assumed`, `list` or `measured`."""


class PriceStamp(Record):
    """Which prices were used."""

    on: date
    """The day the prices were looked up for."""
    oldest_checked_on: date
    """Of the quotes used, the one that was checked longest ago."""
    sha256: str
    """Hash of the whole price book."""


class PriceAge(Record):
    """How old the prices of the chosen option's bill are, and whether that matters."""

    oldest: LineQuote
    """The price that was read longest ago."""
    old_share: Annotated[float, Field(ge=0, le=1)]
    """Share of the bill that rests on prices read more than twelve months ago."""
    old_half_band_usd: NonNegativeFloat
    """Half of the 80% band that the drift of list prices puts around that part. [USD/month]"""
    margin_usd: NonNegativeFloat | None
    """How far the nearest option on another platform is away; null for none. [USD/month]"""


class MeasuredThere(Record):
    """An option's speed that was measured on a machine rented for it, beside what it was before."""

    option: str
    """The option, as its name says."""
    sku: str
    """The machine that was rented, e.g. `c8g.large`."""
    target: str
    """How, e.g. `ec2`."""
    region: str
    """Where."""
    zone: str | None
    """Availability zone, null where the service does not tell it."""
    spot: bool
    """Whether it was spare capacity."""
    usd_per_hour: float
    """What an hour of it cost at most. [USD/h]"""
    on: date
    """The day of the run."""
    service_ms: float
    """Service time of one call on the option's machine. [ms]"""
    low_ms: float
    """Lower end of its 80% band. [ms]"""
    high_ms: float
    """Upper end of its 80% band. [ms]"""
    before_ms: float | None
    """The same without the rented machines' runs; null where there are no others. [ms]"""
    before_low_ms: float | None
    """Lower end of its 80% band. [ms]"""
    before_high_ms: float | None
    """Upper end of its 80% band. [ms]"""
    why: str
    """What changed, in a sentence."""


class CarriedStep(Record):
    """One step from the measured time to the one that is planned with."""

    label: str
    """What the step does, for people."""
    factor: float | None
    """What the time is multiplied by; null where something is added."""
    value_ms: float
    """The time after the step. [ms]"""
    low_ms: float
    """Lower end of its 80% band. [ms]"""
    high_ms: float
    """Upper end of its 80% band. [ms]"""
    basis: Basis
    """Where the step's factor or addition comes from."""


class CarriedChain(Record):
    """How one option's service time follows from the measured one, factor by factor."""

    option: str
    """The option, as its name says."""
    candidate: str
    """Candidate's name."""
    sku: str
    """What is bought."""
    measured_on: str
    """Processor of the machine that the chain starts on."""
    processor: str
    """Processor that is planned with; empty where it is not known."""
    relation: str
    """How far apart the two are, e.g. `same-vendor`, `cross-architecture`."""
    host_count: int
    """Machines whose runs are combined."""
    steps: tuple[CarriedStep, ...]
    """From the measured time to the service time of one request on the option's machine."""
    low_95_ms: float
    """Lower end of the last step's 95% band. [ms]"""
    high_95_ms: float
    """Upper end of the last step's 95% band. [ms]"""
    note: str
    """What a reader must know of the machine; empty where nothing."""
