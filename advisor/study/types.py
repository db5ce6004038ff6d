"""The study: the question, one YAML file under version control.

Every default stands with its unit on its field, here and in the parts that are imported from here;
`advisor init` writes them out with their sources.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, PositiveFloat, StringConstraints, model_validator

from advisor.records import Record
from advisor.study.cloud import Cloud, Current, Team
from advisor.study.data import CandidateEntry, CandidateImport, Data
from advisor.study.keys import Key, Slider, Tried, decades
from advisor.study.names import (
    DAYS_PER_MONTH,
    DISCOUNT_SERVICES,
    MONTHS_PER_YEAR,
    MS_PER_HOUR,
    PLATFORM_NAMES,
    PURCHASES,
    REGIONS,
    Usd,
)
from advisor.study.releases import Experiments, History, Retraining
from advisor.study.workload import (
    BATCH_ROW_KB,
    BATCH_ROWS_PER_CALL,
    BATCH_SCORE_KB,
    GROWTH_LEAD_MONTHS,
    MAX_JOB_ROWS,
    WORST_MINUTE_SIGMAS,
    Workload,
    number,
    only_given,
)
from pricing.base import HOURS_PER_MONTH

__all__ = [
    "BATCH_ROWS_PER_CALL",
    "BATCH_ROW_KB",
    "BATCH_SCORE_KB",
    "DAYS_PER_MONTH",
    "DISCOUNT_SERVICES",
    "GROWTH_LEAD_MONTHS",
    "HOURS_PER_MONTH",
    "MAX_JOB_ROWS",
    "MONTHS_PER_YEAR",
    "PLATFORM_NAMES",
    "PURCHASES",
    "REGIONS",
    "WORST_MINUTE_SIGMAS",
    "CandidateImport",
    "Cloud",
    "Current",
    "Data",
    "Decision",
    "Experiments",
    "History",
    "Needs",
    "Retraining",
    "Study",
    "Team",
    "Usd",
    "Workload",
]


class Needs(Record):
    """What must hold for an option to be feasible."""

    max_p99_latency_ms: Annotated[
        PositiveFloat | None,
        Key(
            "Slowest 1% answered within",
            source="default: ours",
            pattern="online",
            slider=Slider((*decades(0, 4), None), " ms"),
            tried=Tried(1e-3, 1e7),
        ),
    ] = 100.0
    """99th percentile of the answer time at the peak rate; of a batch study the deadline. [ms]"""
    deadline_hours: Annotated[
        Annotated[float, Field(gt=0, le=744)] | None,
        Key(
            "A job is done within",
            pattern="batch",
            slider=Slider((*decades(-2, 0, (2, 5)), 2, 3, 4, 6, 8, 12, 24, 48, 168, 744), " h"),
            tried=Tried(1e-3, 1e5),
        ),
    ] = None
    """Time that one job may take; batch only, null for the time to the next job, a day at most.
    [h]"""
    min_quality: Annotated[float | None, Key("Least quality")] = None
    """Least quality, in the metric's unit; null keeps what is good enough by money."""
    max_quality_spread: Annotated[PositiveFloat | None, Key("Largest spread of quality")] = None
    """Largest spread of quality over seeds and retrains, highest minus lowest."""
    max_usd_per_month: Annotated[PositiveFloat | None, Key("Budget", tried=Tried(1e-2, 1e9))] = None
    """Budget for everything on the bill. [USD/month]"""
    availability_zones: Annotated[int, Field(ge=1, le=6), Key("Availability zones")] = 2
    """Zones that each hold at least one replica."""

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed; a deadline and its milliseconds follow."""
        fields = dict(self) | changes
        if self.deadline_hours is not None and len({*changes} & DEADLINE_KEYS) == 1:
            (other,) = DEADLINE_KEYS - {*changes}
            fields[other] = None
        return type(self).model_validate(fields)


DEADLINE_KEYS = frozenset({"deadline_hours", "max_p99_latency_ms"})
"""Two names of the same need in a batch study."""

Factor = Annotated[float, Field(ge=1, le=100)]
"""Spread of an uncertain figure: 80% of outcomes lie between the figure / factor and x factor."""


class Decision(Record):
    """How doubt is dealt with. A factor f says: 80% of outcomes lie within / f and x f."""

    risk: Annotated[Literal["expected", "quantile"], Key("What is compared")] = "expected"
    """What is compared: the mean cost over all draws, or a quantile of it."""
    rank_by: Annotated[
        Literal["auto", "aws-bill", "with-people"], Key("Which amount ranks the options")
    ] = "auto"
    """`aws-bill`: what AWS invoices, and labels; `with-people`: people's hours too; `auto`: with
    people where the study gives the hours of every platform that is compared."""
    quantile: Annotated[float, Field(gt=0, lt=1), Key("Quantile of the cost")] = 0.9
    """The quantile, with `risk: quantile`: 0.9 is cautious."""
    feasible_probability: Annotated[
        float, Field(ge=0, le=1), Key("Share of draws in which the needs are met")
    ] = 0.8
    """Share of the draws in which an option must meet the needs."""
    draw_count: Annotated[int, Field(ge=16, le=20_000), Key("Draws of everything uncertain")] = 1000
    """Draws of everything uncertain."""
    seed: Annotated[int, Field(ge=0, le=2**31), Key("Seed of the draws")] = 0
    """Seed of the draws."""
    growth_per_year_fraction: Annotated[
        float, Field(gt=-1, le=100), Key("Growth of the traffic")
    ] = 0.0
    """Growth of traffic in a year. [fraction/year]"""
    growth_half_width_fraction: Annotated[
        Annotated[float, Field(ge=0, le=10)] | None, Key("Doubt of that growth, either way")
    ] = None
    """80% of outcomes lie this close to it; null takes ours. [fraction/year]"""
    price_drift_per_year_fraction: Annotated[
        float, Field(gt=-1, le=10), Key("Change of list prices")
    ] = 0.0
    """Change of list prices in a year. [fraction/year]"""
    price_drift_half_width_fraction: Annotated[
        Annotated[float, Field(ge=0, le=10)] | None, Key("Doubt of that change, either way")
    ] = None
    """80% of outcomes lie this close to it; null takes ours. [fraction/year]"""
    gpu_speed_factor: Annotated[
        float,
        Field(gt=0, le=1e4),
        Key("Speed of every GPU, times what is known", tried=Tried(1e-3, 1e4, moves_options=True)),
    ] = 1.0
    """Speed of every GPU over what is measured or assumed of it."""
    traffic_factor: Annotated[Factor | None, Key("Doubt of the request rate")] = None
    """Mean request rate; null takes ours."""
    peak_factor: Annotated[Factor | None, Key("Doubt of the peak")] = None
    """Peak over mean; null takes ours."""
    service_factor: Annotated[Factor | None, Key("Doubt of the measured service times")] = None
    """Measured service time of each candidate; null takes the measurement's own band."""
    transfer_factor: Annotated[Factor | None, Key("Doubt of other processors' speed")] = None
    """Speed of each processor; null takes the back-tested band of the transfer."""
    start_factor: Annotated[Factor | None, Key("Doubt of cold starts")] = None
    """Cold start; null takes ours."""
    spot_price_factor: Annotated[Factor | None, Key("Doubt of spot prices")] = None
    """Spot price over the horizon; null takes ours."""
    spot_fallback_fraction: Annotated[
        Annotated[float, Field(ge=0, le=1)] | None, Key("Spot hours bought on demand instead")
    ] = None
    """Share of spot hours bought on demand because spot was taken away; null takes ours."""
    decay_factor: Annotated[Factor | None, Key("Doubt of how fast the model ages")] = None
    """How fast the model ages; null takes ours, less where it was measured."""
    runs_factor: Annotated[Factor | None, Key("Doubt of the runs behind a release")] = None
    """Training runs behind a release; null takes ours."""
    training_factor: Annotated[Factor | None, Key("Doubt of the time of a training run")] = None
    """Time of a training run; null takes ours."""
    hours_factor: Annotated[Factor | None, Key("Doubt of people's hours")] = None
    """People's hours, of each platform on its own; null takes ours."""


class Study(Record):
    """One question: this data, these candidates, this traffic, these needs."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100), Key("Name")] = "study"
    """Title of the reports."""
    data: Data
    """What to learn from."""
    candidates: Annotated[
        tuple[CandidateEntry, ...], Field(min_length=1, max_length=1000), Key("Candidates")
    ] = ("default",)
    """`default` for the ladder, names of families, or models of one's own."""
    workload: Workload = Workload()
    """The traffic."""
    needs: Needs = Needs()
    """What must hold."""
    retraining: Retraining = Retraining()
    """Errors and releases."""
    experiments: Experiments = Experiments()
    """Training runs behind a release."""
    history: History = History()
    """Runs of the past."""
    team: Team = Team()
    """People."""
    cloud: Cloud = Cloud()
    """Where and how to buy."""
    decision: Decision = Decision()
    """Doubt and risk."""
    current: Annotated[Current | None, Key("What runs today")] = None
    """What runs today; null where nothing does."""
    horizon_months: Annotated[
        int, Field(ge=1, le=120), Key("The answer must hold for", tried=Tried(1.0, 120.0))
    ] = 12
    """How long the answer must hold. [months]"""

    @model_validator(mode="before")
    @classmethod
    def _deadline_and_latency_agree(cls, raw: Any) -> Any:
        """Keep a batch study's deadline in the latency need too, which everything is held to."""
        if not isinstance(raw, Mapping):
            return raw
        work, needs = _fields(raw.get("workload")), _fields(raw.get("needs"))
        if work is None or needs is None:
            return raw
        hours = number(needs.get("deadline_hours"))
        ms = number(needs.get("max_p99_latency_ms"))
        if work.get("pattern") != "batch":
            if hours is not None:
                raise ValueError(
                    "needs.deadline_hours is for batch: add `pattern: batch` to workload, or "
                    "leave it out"
                )
            return raw
        try:
            if hours is None and ms is None:
                hours = min(24.0, 24.0 / (number(work.get("jobs_per_day")) or 1.0))
            elif hours is None and ms is not None and isinstance(raw["needs"], Needs):
                hours = ms / MS_PER_HOUR
            elif ms is not None and (hours is None or abs(ms / MS_PER_HOUR - hours) > 1e-6 * hours):
                raise ValueError(
                    "a batch study has needs.deadline_hours and no max_p99_latency_ms: nobody "
                    "waits for one answer, leave it out, or --set needs.max_p99_latency_ms=null"
                )
        except (TypeError, ZeroDivisionError):
            return raw  # the field's own check says what is wrong
        both = {"deadline_hours": hours, "max_p99_latency_ms": None}
        if isinstance(hours, int | float) and hours > 0:  # else its own check says what is wrong
            both["max_p99_latency_ms"] = hours * MS_PER_HOUR
        return {**raw, "needs": {**needs, **both}}

    @model_validator(mode="wrap")
    @classmethod
    def _what_follows_was_not_given(cls, raw: Any, handler: Callable[[Any], Self]) -> Self:
        """Keep a default deadline, and its milliseconds, from looking given."""
        made = handler(raw)
        given = raw.get("needs") if isinstance(raw, Mapping) else None
        if made.workload.pattern == "batch" and not isinstance(given, Needs):
            only_given(made.needs, given or {})
        return made

    @property
    def cases_per_day(self) -> float:
        """Cases whose errors cost money. [1/day]"""
        if self.retraining.cases_per_day is not None:
            return self.retraining.cases_per_day
        answers = self.workload.requests_per_month * self.workload.rows_per_request / DAYS_PER_MONTH
        return answers * (self.retraining.share_that_matters or 1.0)


def _fields(part: Any) -> dict[str, Any] | None:
    """Return the given fields of a part of a study; null where it is no mapping at all."""
    if part is None:
        return {}
    if isinstance(part, BaseModel):
        return {name: getattr(part, name) for name in part.model_fields_set}
    return dict(part) if isinstance(part, Mapping) else None
