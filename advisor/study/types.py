"""The study: the question, one YAML file under version control.

Every default stands here with its unit; `advisor init` writes them out with their sources.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    NonNegativeFloat,
    PositiveFloat,
    StringConstraints,
    model_validator,
)

from advisor.records import Record
from benchmarks.errors import did_you_mean

HOURS_PER_MONTH = 730.0
"""One month, everywhere: 8,760 h / 12. AWS's own examples use 720, 730 and 744. [h]"""

DAYS_PER_MONTH = HOURS_PER_MONTH / 24
"""One month in days, 30.4167. [days]"""

MS_PER_HOUR = 3.6e6
MONTHS_PER_YEAR = 12

REGIONS = (
    "us-east-1",
    "us-east-2",
    "us-west-2",
    "eu-west-1",
    "eu-central-1",
    "ap-southeast-2",
    "ap-northeast-1",
)
DEFAULT_HOURS_PER_MONTH = {
    "sagemaker-realtime": 4.0,
    "sagemaker-serverless": 3.0,
    "sagemaker-multi-model": 5.0,
    "sagemaker-async": 5.0,
    "sagemaker-batch-transform": 2.0,
    "sagemaker-processing": 3.0,
    "ecs-fargate": 6.0,
    "ecs-ec2": 10.0,
    "ecs-fargate-scheduled": 3.0,
    "ecs-ec2-scheduled": 5.0,
}
"""Upkeep of each platform, our assumption: fewer parts to patch, fewer hours. [h/month]"""

PLATFORM_NAMES = tuple(DEFAULT_HOURS_PER_MONTH)
"""Every way to run a model, of which `cloud.platforms` picks."""

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

PURCHASES = ("on-demand", "spot", "savings-1y")
DISCOUNT_SERVICES = (
    *("ec2", "fargate", "sagemaker", "sagemaker-hosting", "sagemaker-training"),
    *("sagemaker-async", "sagemaker-batch-transform", "sagemaker-processing"),
    *("sagemaker-serverless", "sagemaker-data", "sagemaker-hosting-storage", "load-balancer"),
    *("public-ipv4", "data-transfer-out", "ebs-gp3", "cloudwatch-logs", "ecr", "s3"),
)
"""Billing services that a bill of this product can hold; `sagemaker` stands for all of its own."""

METRICS = (
    *("auto", "accuracy", "balanced_accuracy", "roc_auc", "neg_cost_usd"),
    *("r2", "neg_mae", "silhouette"),
)

ShortText = Annotated[str, StringConstraints(min_length=1, max_length=200)]


def _one_of(names: Iterable[str], what: str) -> BeforeValidator:
    known = tuple(names)

    def check(value: Any) -> Any:
        if value not in known:
            raise ValueError(f"unknown {what} {value!r}: {did_you_mean(str(value), known)}")
        return value

    return BeforeValidator(check)


Region = Annotated[str, _one_of(REGIONS, "region")]
PlatformName = Annotated[str, _one_of(PLATFORM_NAMES, "platform")]
Purchase = Annotated[str, _one_of(PURCHASES, "purchase option")]
TrainingPurchase = Annotated[str, _one_of(("on-demand", "spot"), "purchase option for training")]
DiscountService = Annotated[str, _one_of(DISCOUNT_SERVICES, "billing service")]
Usd = Annotated[float, Field(ge=0, le=1e9)]
"""An amount that people write into a study. [USD]"""


class Data(Record):
    """What to learn from. Give `path`, or `source` for data that are not a file of yours."""

    path: str | None = None
    """CSV or Parquet file, relative to the study."""
    source: str | None = None
    """`builtin:...`, `openml:...` or `simulated:...` in place of a path."""
    target: str | None = None
    """Column to predict; null asks for clustering (built-in data bring their own)."""
    time: str | None = None
    """Column with the time of each case; null where there is none."""
    label_time: str | None = None
    """Column with the time each label became known; null when it is known at once."""
    ignore: tuple[str, ...] = ()
    """Columns that are not features."""
    types: dict[ShortText, Literal["number", "category", "time", "ignore"]] = Field(
        default_factory=dict
    )
    """What columns of a file are, where their values do not tell: number, category, time or ignore.
    `advisor data show` prints what each was taken for."""
    task: Literal["auto", "classification", "regression", "clustering"] = "auto"
    """What is learnt; `auto` tells it from the target."""
    metric: Annotated[str, _one_of(METRICS, "metric")] = "auto"
    """Quality metric; `auto`: accuracy, r2 or silhouette; minus the cost of a decision where the
    two kinds of errors have their prices."""
    false_positive_usd: Usd | None = None
    """Cost of a case of class 0 that is taken for class 1 (classes are numbered in the order of
    their names); null where all errors have one price. [USD]"""
    false_negative_usd: Usd | None = None
    """Cost of a case of class 1 that is taken for class 0; null where all errors have one price.
    [USD]"""

    @model_validator(mode="after")
    def _exactly_one_origin(self) -> "Data":
        if (self.path is None) == (self.source is None):
            raise ValueError("give either `path` (a CSV or Parquet file) or `source`, not both")
        if self.source is not None and self.source.partition(":")[0] not in {
            "builtin",
            "openml",
            "simulated",
        }:
            raise ValueError(
                f"unknown source {self.source!r}: it starts with builtin:, openml: or simulated:"
            )
        return self


class CandidateImport(Record):
    """A model of the user's own."""

    name: ShortText
    """Name shown in every table."""
    import_path: Annotated[str, Field(alias="import")]
    """`module:function` beside the study; the function returns an estimator or a torch module.
    Or `file:model.skops`, an estimator that was saved; `trusted-file:` reads pickles too."""


def _name_or_import(entry: Any) -> Any:
    if isinstance(entry, str | CandidateImport):
        return entry
    if not isinstance(entry, Mapping):
        raise ValueError(
            f"a candidate is `default`, a family's name or {{name: ..., import: "
            f'"module:function"}}, found {entry!r}'
        )
    unknown = [str(key) for key in entry if key not in {"name", "import"}]
    if unknown:
        raise ValueError(f"unknown key {unknown[0]!r}: {did_you_mean(unknown[0], _IMPORT_KEYS)}")
    missing = [key for key in _IMPORT_KEYS if not isinstance(entry.get(key), str)]
    if missing:
        raise ValueError(
            f'`{missing[0]}` is missing: write {{name: mine, import: "my_module:make_model"}}'
        )
    module, colon, function = entry["import"].partition(":")
    if module in {"file", "trusted-file"} and function:
        return entry
    if not (colon and module and function.isidentifier()):
        from benchmarks.families.files import file_advice  # only where there is something to say

        if (advice := file_advice(entry["import"])) is not None:
            raise ValueError(advice)
        raise ValueError(f"`import` {entry['import']!r} is not of the form module:function")
    return entry


_IMPORT_KEYS = ("name", "import")
CandidateEntry = Annotated[CandidateImport | ShortText, BeforeValidator(_name_or_import)]


class Workload(Record):
    """The traffic the deployed model must carry."""

    pattern: Literal["online", "batch"] = "online"
    """`online`: requests arrive at random and someone waits for each answer; `batch`: jobs score
    many rows by a deadline."""
    rows_per_job: Annotated[float, Field(gt=0, le=MAX_JOB_ROWS)] | None = None
    """Rows that one job scores; batch only, a million when null. [rows]"""
    jobs_per_day: Annotated[float, Field(gt=0, le=1440)] | None = None
    """Jobs a day, 0.033 for one a month; batch only, one when null. [1/day]"""
    requests_per_s: Annotated[float, Field(gt=0, le=1e8)] = 20.0
    """Mean request rate in active hours; of a batch study it follows from its jobs. [1/s]"""
    peak_requests_per_s: Annotated[float, Field(gt=0, le=1e9)] | None = None
    """Highest sustained rate; null takes three times the mean. [1/s]"""
    rows_per_request: Annotated[int, Field(ge=1, le=10_000_000)] = 1
    """Rows scored in one request; of a batch study 1,000 in one call when not given. [rows]"""
    request_kb: Annotated[float, Field(ge=0, le=1e9)] = 2.0
    """Size of one request; of a batch study 0.2 kB a row when not given. [kB]"""
    response_kb: Annotated[float, Field(ge=0, le=1e9)] = 1.0
    """Size of one response; of a batch study 0.02 kB a row when not given. [kB]"""
    active_hours_per_month: Annotated[float, Field(gt=0, le=HOURS_PER_MONTH)] = HOURS_PER_MONTH
    """Hours a month in which requests arrive; a standing endpoint is billed for all 730. [h]"""
    models: Annotated[int, Field(ge=1, le=100_000)] = 1
    """Models of this size that share the platform and the requests; one is asked more than the
    next. [models]"""

    profile: Annotated[
        tuple[Annotated[float, Field(ge=0, le=1e9)], ...], Field(max_length=168)
    ] = ()
    """Traffic of each hour, of a day (24) or of a week from Monday 00:00 (168), as weights of any
    unit; `advisor traffic FILE` writes it from a log. Empty for a bell with the peak at midday."""
    dispersion: Annotated[float, Field(ge=0, le=1e6)] = 1.0
    """Variance of the requests per minute over their mean, within an hour; 1 is Poisson."""
    growth_per_month: Annotated[float, Field(gt=-1, le=10)] = 0.0
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
        given |= {key: _number(given[key]) for key in _OF_JOBS if key in given}
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
            _only_given(made, raw)
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


def _number(value: Any) -> Any:
    """Return the number that a quoted figure means, anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return float(value)
    except ValueError:
        return value  # the field's own check says what is wrong


def _only_given(made: Record, raw: Mapping[str, Any]) -> None:
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


class Needs(Record):
    """What must hold for an option to be feasible."""

    max_p99_latency_ms: PositiveFloat | None = 100.0
    """99th percentile of the answer time at the peak rate; of a batch study the deadline. [ms]"""
    deadline_hours: Annotated[float, Field(gt=0, le=744)] | None = None
    """Time that one job may take; batch only, null for the time to the next job, a day at most.
    [h]"""
    min_quality: float | None = None
    """Least quality, in the metric's unit; null keeps what is good enough by money."""
    max_quality_spread: PositiveFloat | None = None
    """Largest spread of quality over seeds and retrains, highest minus lowest."""
    max_usd_per_month: PositiveFloat | None = None
    """Budget for everything on the bill. [USD/month]"""
    availability_zones: Annotated[int, Field(ge=1, le=6)] = 2
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


class Retraining(Record):
    """What an error costs, and what a new release costs."""

    error_cost_usd: Usd = 1.0
    """Price of one wrong case (classification) or of an error of one MAD (regression). [USD]"""
    cases_per_day: Annotated[float, Field(ge=0, le=1e13)] | None = None
    """Cases whose errors cost money; null takes every scored row. [1/day]"""
    runs_per_release: Annotated[int, Field(ge=1, le=100_000)] = 10
    """Training runs behind one released model. [runs]"""
    label_cost_usd: Usd = 0.0
    """Labels bought for one release. [USD]"""
    review_hours: Annotated[float, Field(ge=0, le=1e6)] = 4.0
    """People's hours for one release: review, validation, deployment. [h]"""
    now_interval_days: PositiveFloat | None = None
    """How often the team retrains now; null if it does not. [days]"""
    decay_per_day: NonNegativeFloat | None = None
    """Growth of the loss per case for each day of age, if known. [1/day]"""
    backtest_source: Annotated[str, StringConstraints(pattern=r"^simulated:")] | None = None
    """A simulated drifting stream to measure decay on when the data have no time column; always
    labelled as simulated."""
    label_delay_days: Annotated[float, Field(ge=0, le=3650)] = 0.0
    """Time until the label of a case is known; 0 where a back-test honours it already. [days]"""
    warm_start_cost_fraction: Annotated[float, Field(gt=0, le=1)] | None = None
    """Machine cost of a retrain that goes on from the last model, as a share of one from scratch;
    null compares no warm start."""
    warm_start_decay_per_day: NonNegativeFloat | None = None
    """Growth of the loss per case with warm starts, measured on their own; needed for the
    comparison, as a warm start may age faster. [1/day]"""

    @model_validator(mode="after")
    def _a_warm_start_has_its_own_decay(self) -> Self:
        if (self.warm_start_cost_fraction is None) != (self.warm_start_decay_per_day is None):
            raise ValueError(
                "warm_start_cost_fraction and warm_start_decay_per_day belong together: give both "
                "or neither; 'advisor cadence --warm-error-matrix' plans with both"
            )
        return self


class Experiments(Record):
    """What experiments may cost, in money and in time."""

    worker_count: Annotated[int, Field(ge=1, le=1_000)] = 1
    """Runs at a time, each on a machine of its own. [runs]"""
    budget_usd: Usd | None = None
    """Money for the runs behind one release; null sets no limit. [USD]"""
    budget_days: PositiveFloat | None = None
    """Time for the runs behind one release; null sets no limit. [days]"""
    stop_cost_fraction: Annotated[float, Field(gt=0, le=1)] = 0.2
    """Cost of a run that is stopped early, as a share of a full one; a history measures it."""


class History(Record):
    """Where the runs of the past are kept. Only read."""

    mlflow: Annotated[str, StringConstraints(min_length=1, max_length=2_000)] | None = None
    """MLflow store: sqlite:///FILE, an mlruns folder, or the URL of a server; a path is taken from
    the study's folder."""
    optuna: Annotated[str, StringConstraints(min_length=1, max_length=2_000)] | None = None
    """Optuna storage: sqlite:///FILE or its path, taken from the study's folder."""
    machine_tag: Annotated[str, StringConstraints(min_length=1, max_length=250)] = "instance_type"
    """MLflow tag that names the machine type of a run."""
    machine: Annotated[str, StringConstraints(min_length=1, max_length=100)] = "m7i.xlarge"
    """Machine type of the runs that no tag names, e.g. `m7i.xlarge`, `ml.m5.large`."""
    metric: Annotated[str, StringConstraints(min_length=1, max_length=250)] | None = None
    """MLflow metric that counts errors per case, or its complement such as accuracy; with Optuna
    the objective, by any name. It measures what a run gains; null leaves that assumed."""
    metric_is_error: bool = False
    """True where a smaller metric is better; an Optuna study says that itself."""


class Team(Record):
    """What people's time costs."""

    engineer_usd_per_hour: Usd = 95.0
    """Loaded hourly cost of an engineer. [USD/h]"""
    hours_per_month: dict[PlatformName, NonNegativeFloat] = Field(
        default_factory=lambda: dict(DEFAULT_HOURS_PER_MONTH)
    )
    """Upkeep of each platform; one that is missing here takes the default. [h/month]"""

    def upkeep_hours(self, platform: str) -> float:
        """Return the hours a month that a platform takes. [h/month]"""
        return self.hours_per_month.get(platform, DEFAULT_HOURS_PER_MONTH[platform])

    def upkeep_usd(self, platform: str) -> float:
        """Return what a platform's upkeep costs. [USD/month]"""
        return self.engineer_usd_per_hour * self.upkeep_hours(platform)


class Cloud(Record):
    """Where and how capacity may be bought."""

    regions: Annotated[tuple[Region, ...], Field(min_length=1)] = ("us-east-1",)
    """Regions that may be used."""
    platforms: Annotated[tuple[PlatformName, ...], Field(min_length=1)] = PLATFORM_NAMES
    """Ways to run a model that may be used; the others are not looked at."""
    purchase: Annotated[tuple[Purchase, ...], Field(min_length=1)] = ("on-demand",)
    """Ways to buy that may be used for serving: `on-demand`, `spot`, `savings-1y`."""
    autoscaling: bool = True
    """Whether fleets that follow the traffic by target tracking are looked at beside fixed ones."""
    training_purchase: Annotated[tuple[TrainingPurchase, ...], Field(min_length=1)] = (
        "on-demand",
        "spot",
    )
    """Ways to buy that may be used for training runs, which can be interrupted."""
    discounts: dict[DiscountService, Annotated[float, Field(ge=0, lt=1)]] = Field(
        default_factory=dict
    )
    """Negotiated discount per billing service, e.g. `{ec2: 0.1}`. [fraction]"""


Factor = Annotated[float, Field(ge=1, le=100)]
"""Spread of an uncertain figure: 80% of outcomes lie between the figure / factor and x factor."""


class Decision(Record):
    """How doubt is dealt with. A factor f says: 80% of outcomes lie within / f and x f."""

    risk: Literal["expected", "quantile"] = "expected"
    """What is compared: the mean cost over all draws, or a quantile of it."""
    quantile: Annotated[float, Field(gt=0, lt=1)] = 0.9
    """The quantile, with `risk: quantile`: 0.9 is cautious."""
    feasible_probability: Annotated[float, Field(ge=0, le=1)] = 0.8
    """Share of the draws in which an option must meet the needs."""
    draw_count: Annotated[int, Field(ge=16, le=20_000)] = 1000
    """Draws of everything uncertain."""
    seed: Annotated[int, Field(ge=0, le=2**31)] = 0
    """Seed of the draws."""
    growth_per_year_fraction: Annotated[float, Field(gt=-1, le=100)] = 0.0
    """Growth of traffic in a year. [fraction/year]"""
    growth_half_width_fraction: Annotated[float, Field(ge=0, le=10)] | None = None
    """80% of outcomes lie this close to it; null takes ours. [fraction/year]"""
    price_drift_per_year_fraction: Annotated[float, Field(gt=-1, le=10)] = 0.0
    """Change of list prices in a year. [fraction/year]"""
    price_drift_half_width_fraction: Annotated[float, Field(ge=0, le=10)] | None = None
    """80% of outcomes lie this close to it; null takes ours. [fraction/year]"""
    gpu_speed_factor: Annotated[float, Field(gt=0, le=1e4)] = 1.0
    """Speed of every GPU over what is measured or assumed of it."""
    traffic_factor: Factor | None = None
    """Mean request rate; null takes ours."""
    peak_factor: Factor | None = None
    """Peak over mean; null takes ours."""
    service_factor: Factor | None = None
    """Measured service time of each candidate; null takes the measurement's own band."""
    transfer_factor: Factor | None = None
    """Speed of each processor; null takes the back-tested band of the transfer."""
    start_factor: Factor | None = None
    """Cold start; null takes ours."""
    spot_price_factor: Factor | None = None
    """Spot price over the horizon; null takes ours."""
    spot_fallback_fraction: Annotated[float, Field(ge=0, le=1)] | None = None
    """Share of spot hours bought on demand because spot was taken away; null takes ours."""
    decay_factor: Factor | None = None
    """How fast the model ages; null takes ours, less where it was measured."""
    runs_factor: Factor | None = None
    """Training runs behind a release; null takes ours."""
    training_factor: Factor | None = None
    """Time of a training run; null takes ours."""
    hours_factor: Factor | None = None
    """People's hours, of each platform on its own; null takes ours."""


class Current(Record):
    """What runs today, as one of the options."""

    platform: PlatformName
    """Where it runs."""
    sku: ShortText | None = None
    """What is bought, as a recommendation names it, e.g. `m5.large`; needed without a bill."""
    region: Region | None = None
    """AWS region; null takes the first of `cloud.regions`."""
    purchase: Purchase = "on-demand"
    """How it is bought."""
    replicas: Annotated[int, Field(ge=0, le=100_000)] = 1
    """Copies that run."""
    candidate: ShortText | None = None
    """Which measured candidate runs; null takes the one that is recommended."""
    usd_per_month: Usd | None = None
    """Bill of serving as it is paid, people not counted; null prices it from the list. [USD]"""
    migration_hours: Annotated[float, Field(ge=0, le=1e5)] = 24.0
    """People's hours to move away from it, once. [h]"""
    migration_usd: Usd = 0.0
    """What else the move costs, once. [USD]"""

    @model_validator(mode="after")
    def _can_be_priced(self) -> "Current":
        if self.sku is None and self.usd_per_month is None:
            raise ValueError("give `sku` (what is bought) or `usd_per_month` (what it costs)")
        return self


class Study(Record):
    """One question: this data, these candidates, this traffic, these needs."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100)] = "study"
    """Title of the reports."""
    data: Data
    """What to learn from."""
    candidates: Annotated[tuple[CandidateEntry, ...], Field(min_length=1, max_length=1000)] = (
        "default",
    )
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
    current: Current | None = None
    """What runs today; null where nothing does."""
    horizon_months: Annotated[int, Field(ge=1, le=120)] = 12
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
        hours = _number(needs.get("deadline_hours"))
        ms = _number(needs.get("max_p99_latency_ms"))
        if work.get("pattern") != "batch":
            if hours is not None:
                raise ValueError(
                    "needs.deadline_hours is for batch: add `pattern: batch` to workload, or "
                    "leave it out"
                )
            return raw
        try:
            if hours is None and ms is None:
                hours = min(24.0, 24.0 / (_number(work.get("jobs_per_day")) or 1.0))
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
            _only_given(made.needs, given or {})
        return made

    @property
    def cases_per_day(self) -> float:
        """Cases whose errors cost money. [1/day]"""
        if self.retraining.cases_per_day is not None:
            return self.retraining.cases_per_day
        return self.workload.requests_per_month * self.workload.rows_per_request / DAYS_PER_MONTH


def _fields(part: Any) -> dict[str, Any] | None:
    """Return the given fields of a part of a study; null where it is no mapping at all."""
    if part is None:
        return {}
    if isinstance(part, BaseModel):
        return {name: getattr(part, name) for name in part.model_fields_set}
    return dict(part) if isinstance(part, Mapping) else None
