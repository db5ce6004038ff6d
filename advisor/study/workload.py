"""The traffic that a study asks for: requests that are answered, or jobs by a deadline."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from advisor.records import Record
from advisor.study.keys import Key, Slider, Tried, decades
from advisor.study.names import DAYS_PER_MONTH
from pricing.base import HOURS_PER_MONTH

PEAK_FACTOR = 3.0
"""Peak over mean when the study gives no peak: our assumption, typical of office-hours traffic."""

BATCH_ROWS_PER_CALL = 1_000
"""Rows that a batch job scores in one call, when the study does not say."""

BATCH_ROWS_PER_JOB = 1e6
"""Rows of a batch job, when the study does not say."""

MAX_JOB_ROWS = 1e13
"""Rows of the largest job. [rows]"""

BATCH_ROW_KB, BATCH_SCORE_KB = 0.2, 0.02
"""Size of a row and of its score in a batch job, when the study does not say. [kB]"""

GROWTH_LEAD_MONTHS = 3
"""Replicas are planned for traffic so far ahead: our assumption, plans are looked at each quarter.
[months]"""

WORST_MINUTE_SIGMAS = 2.33
"""The minute that one in a hundred exceeds, in standard deviations."""

_TIMES_A_DAY = (1 / 30, 1 / 14, 1 / 7, 0.5, 1, 2, 3, 4, 6, 8, 12, 24, 48, 96, 144, 288, 720, 1440)
"""How often jobs come. [1/day]"""


class Workload(Record):
    """The traffic the deployed model must carry."""

    pattern: Annotated[Literal["online", "batch"], Key("Requests or jobs")] = "online"
    """`online`: requests arrive at random and someone waits for each answer; `batch`: jobs score
    many rows by a deadline."""
    rows_per_job: Annotated[
        Annotated[float, Field(gt=0, le=MAX_JOB_ROWS)] | None,
        Key(
            "Rows of one job",
            pattern="batch",
            slider=Slider(decades(2, 10)),
            tried=Tried(1.0, 1e12),
        ),
    ] = None
    """Rows that one job scores; batch only, a million when null. [rows]"""
    jobs_per_day: Annotated[
        Annotated[float, Field(gt=0, le=1440)] | None,
        Key(
            "Jobs a day",
            pattern="batch",
            slider=Slider(_TIMES_A_DAY, " a day", label="Jobs", seldom=" days"),
        ),
    ] = None
    """Jobs a day, 0.033 for one a month; batch only, one when null. [1/day]"""
    requests_per_s: Annotated[
        float,
        Field(gt=0, le=1e8),
        Key(
            "Mean request rate",
            source="default: ours; take yours from the access log",
            pattern="online",
            slider=Slider(decades(-2, 4), " /s"),
            tried=Tried(1e-6, 1e8),
        ),
    ] = 20.0
    """Mean request rate in active hours; of a batch study it follows from its jobs. [1/s]"""
    peak_requests_per_s: Annotated[
        Annotated[float, Field(gt=0, le=1e9)] | None,
        Key(
            "Peak request rate",
            source=f"null: {PEAK_FACTOR:g} x the mean, our assumption",
            pattern="online",
            slider=Slider(
                (1, 1.5, 2, 2.5, 3, 4, 5, 7, 10, 15, 20, 50), " ×", label="Peak, times the mean"
            ),
            tried=Tried(1e-6, 1e9),
        ),
    ] = None
    """Highest sustained rate; null takes three times the mean. [1/s]"""
    rows_per_request: Annotated[int, Field(ge=1, le=10_000_000), Key("Rows scored in one call")] = 1
    """Rows scored in one request; of a batch study 1,000 in one call when not given. [rows]"""
    request_kb: Annotated[float, Field(ge=0, le=1e9), Key("Size of a request")] = 2.0
    """Size of one request; of a batch study 0.2 kB a row when not given. [kB]"""
    response_kb: Annotated[float, Field(ge=0, le=1e9), Key("Size of a response")] = 1.0
    """Size of one response; of a batch study 0.02 kB a row when not given. [kB]"""
    active_hours_per_month: Annotated[
        float,
        Field(gt=0, le=HOURS_PER_MONTH),
        Key("Hours with traffic", source=f"{HOURS_PER_MONTH:g} h = 8,760 h / 12"),
    ] = HOURS_PER_MONTH
    """Hours a month in which requests arrive; a standing endpoint is billed for all 730. [h]"""
    models: Annotated[int, Field(ge=1, le=100_000), Key("Models that share it")] = 1
    """Models of this size that share the platform and the requests; one is asked more than the
    next. [models]"""

    profile: Annotated[
        tuple[Annotated[float, Field(ge=0, le=1e9)], ...],
        Field(max_length=168),
        Key("Traffic of each hour", pattern="online"),
    ] = ()
    """Traffic of each hour, of a day (24) or of a week from Monday 00:00 (168), as weights of any
    unit; `advisor traffic FILE` writes it from a log. Empty for a bell with the peak at midday."""
    dispersion: Annotated[
        float,
        Field(ge=0, le=1e6),
        Key("Variance of the requests a minute over their mean", pattern="online"),
    ] = 1.0
    """Variance of the requests per minute over their mean, within an hour; 1 is Poisson."""
    growth_per_month: Annotated[
        float, Field(gt=-1, le=10), Key("Growth of the traffic a month")
    ] = 0.0
    """Growth of the traffic; replicas are planned for the peak three months ahead.
    [fraction/month]"""

    @model_validator(mode="before")
    @classmethod
    def _jobs_and_rate_agree(cls, raw: Any) -> Any:
        """Give a batch workload its request rate, or its jobs where only the rate is known."""
        if not isinstance(raw, Mapping):
            return raw
        given = {key: value for key, value in raw.items() if value is not None}
        if given.get("pattern") != "batch":
            for key in ("rows_per_job", "jobs_per_day"):
                if key in given:
                    raise ValueError(f"{key} is for batch: add `pattern: batch`, or leave it out")
            return raw
        given |= {key: number(given[key]) for key in _OF_JOBS if key in given}
        given.setdefault("rows_per_request", BATCH_ROWS_PER_CALL)
        given.setdefault("jobs_per_day", 1.0)
        if isinstance(given["rows_per_request"], int | float):
            given.setdefault("request_kb", BATCH_ROW_KB * given["rows_per_request"])
            given.setdefault("response_kb", BATCH_SCORE_KB * given["rows_per_request"])
        return _with_rate(given)

    @model_validator(mode="wrap")
    @classmethod
    def _what_follows_was_not_given(cls, raw: Any, handler: Callable[[Any], Self]) -> Self:
        """Keep what only follows from the jobs, or is a default of theirs, from looking given."""
        made = handler(raw)
        if made.pattern == "batch" and isinstance(raw, Mapping):
            only_given(made, raw)
        return made

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed; of a batch workload, rate and jobs follow."""
        fields = dict(self) | changes
        if self.pattern == "batch":
            if not {"requests_per_s"} & set(changes):
                del fields["requests_per_s"]
                fields["peak_requests_per_s"] = changes.get("peak_requests_per_s")
            elif "rows_per_job" not in changes:
                del fields["rows_per_job"]
        return type(self).model_validate(fields)

    @model_validator(mode="after")
    def _peak_is_not_below_the_mean(self) -> "Workload":
        if self.peak_requests_per_s is not None and self.peak_requests_per_s < self.requests_per_s:
            raise ValueError(
                f"peak_requests_per_s {self.peak_requests_per_s:g} is below requests_per_s "
                f"{self.requests_per_s:g}: set both, or the peak to null for "
                f"{PEAK_FACTOR:g} x the mean"
            )
        return self

    @model_validator(mode="after")
    def _profile_is_a_day_or_a_week(self) -> Self:
        if self.profile and len(self.profile) not in {24, 168}:
            raise ValueError(
                f"profile has {len(self.profile)} hours: give 24 for a day, or 168 for a week"
            )
        if self.profile and not sum(self.profile) > 0:
            raise ValueError("profile has no traffic at all: give at least one positive weight")
        return self

    @property
    def peak_now_per_s(self) -> float:
        """Highest sustained rate today: as given, else the profile's, else three times the mean.

        A dispersion above 1 raises the profile's to the minute that one in a hundred exceeds. [1/s]
        """
        if self.peak_requests_per_s is not None:
            return self.peak_requests_per_s
        if self.pattern == "batch":  # jobs have no peak
            return self.requests_per_s
        if not self.profile:
            return PEAK_FACTOR * self.requests_per_s
        peak = self.requests_per_s * max(self.profile) * len(self.profile) / sum(self.profile)
        excess = max(0.0, self.dispersion - 1.0)
        return float(peak + WORST_MINUTE_SIGMAS * (excess * peak / 60) ** 0.5)

    @property
    def peak_per_s(self) -> float:
        """Rate that the replicas are planned for: today's peak, grown. [1/s]"""
        return self.peak_now_per_s * max(1.0, 1 + self.growth_per_month) ** GROWTH_LEAD_MONTHS

    @property
    def requests_per_month(self) -> float:
        """Requests in one month. [1/month]"""
        return self.requests_per_s * self.active_hours_per_month * 3600

    @property
    def jobs_per_month(self) -> float:
        """Jobs in one month; one a day where the study is not of jobs. [1/month]"""
        return (self.jobs_per_day or 1.0) * DAYS_PER_MONTH

    @property
    def job_rows(self) -> float:
        """Rows of one job; a day's rows where the study is not of jobs. [rows]"""
        return self.requests_per_month * self.rows_per_request / self.jobs_per_month


_OF_JOBS = (
    *("rows_per_job", "jobs_per_day", "requests_per_s", "rows_per_request"),
    "active_hours_per_month",
)
"""Figures of a batch workload that follow from one another."""


def number(value: Any) -> Any:
    """Return the number that a quoted figure means, anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return float(value)
    except ValueError:
        return value  # the field's own check says what is wrong


def only_given(made: Record, raw: Mapping[str, Any]) -> None:
    """Count as set the fields that were given, and not those that a validator filled in."""
    given = {name for name in type(made).model_fields if raw.get(name) is not None}
    object.__setattr__(made, "__pydantic_fields_set__", given)


def _with_rate(given: dict[str, Any]) -> dict[str, Any]:
    """Return a batch workload's fields with both its jobs and its rate, which say the same."""
    hours = given.get("active_hours_per_month", HOURS_PER_MONTH)
    if "rows_per_job" not in given and "requests_per_s" not in given:
        given["rows_per_job"] = BATCH_ROWS_PER_JOB
    try:
        per_job = given["rows_per_request"] / (given["jobs_per_day"] * DAYS_PER_MONTH)
        requests_per_s = given.get("rows_per_job", 0.0) / per_job / (hours * 3600)
        if "rows_per_job" not in given:
            given["rows_per_job"] = given["requests_per_s"] * hours * 3600 * per_job
        elif "requests_per_s" not in given:
            given["requests_per_s"] = requests_per_s
        elif abs(given["requests_per_s"] - requests_per_s) > 1e-6 * requests_per_s:
            raise ValueError(
                "a batch study gives rows_per_job and jobs_per_day: requests_per_s follows from "
                f"them ({requests_per_s:g}/s), leave it out, or --set workload.requests_per_s=null"
            )
    except (TypeError, ZeroDivisionError):
        given.setdefault("requests_per_s", 1.0)  # the field's own check says what is wrong
    return given
