"""What errors, releases and experiments cost, and where the runs of the past are kept."""

from typing import Annotated, Self

from pydantic import Field, NonNegativeFloat, PositiveFloat, StringConstraints, model_validator

from advisor.records import Record
from advisor.study.keys import Key, Slider, Tried, decades
from advisor.study.names import Usd

_FROM_NOTHING = (1.0, 10.0, 100.0, 1e3, 1e4, 1e5)
"""What is tried of money or hours that a release takes none of now."""


class Retraining(Record):
    """What an error costs, and what a new release costs."""

    error_cost_usd: Annotated[
        Usd | None,
        Key(
            "Cost of one error",
            source="no default: yours decides which model pays for itself, and the interval",
            slider=Slider((None, 0.0, *decades(-4, 4)), " USD", label="One error costs"),
            tried=Tried(0.0, 1e9, from_zero=(1e-6, 1e-4, 1e-2, 1.0, 100.0)),
        ),
    ] = None
    """Price of one wrong case (classification) or of an error of one MAD (regression); null where
    it is not known: no error is counted, and no interval is advised. [USD]"""
    cases_per_day: Annotated[
        Annotated[float, Field(ge=0, le=1e13)] | None,
        Key(
            "Cases whose errors cost money",
            tried=Tried(0.0, 1e13, from_zero=(1.0, 100.0, 1e4, 1e6)),
        ),
    ] = None
    """Cases whose errors cost money; null takes every scored row. [1/day]"""
    share_that_matters: Annotated[
        Annotated[float, Field(gt=0, le=1)] | None,
        Key("Share of the answers whose errors cost money", tried=Tried(1e-9, 1.0)),
    ] = None
    """Share of the scored rows whose errors cost money; null takes all, or cases_per_day.
    [fraction]"""
    runs_per_release: Annotated[
        int,
        Field(ge=1, le=100_000),
        Key(
            "Training runs per release",
            source="default: ours; count your own experiments per released model",
            slider=Slider(decades(0, 4, (1, 2, 3, 5, 7))),
            tried=Tried(1.0, 1e5),
        ),
    ] = 10
    """Training runs behind one released model. [runs]"""
    label_cost_usd: Annotated[
        Usd, Key("Labels for one release", tried=Tried(0.0, 1e9, from_zero=_FROM_NOTHING))
    ] = 0.0
    """Labels bought for one release. [USD]"""
    review_hours: Annotated[
        Annotated[float, Field(ge=0, le=1e6)] | None,
        Key(
            "Review of one release",
            source="no default: not counted where not given",
            tried=Tried(0.0, 1e6, from_zero=_FROM_NOTHING),
        ),
    ] = None
    """People's hours for one release: review, validation, deployment; null where they are not
    known. [h]"""
    now_interval_days: Annotated[PositiveFloat | None, Key("You retrain every")] = None
    """How often the team retrains now; null if it does not. [days]"""
    decay_per_day: Annotated[
        NonNegativeFloat | None,
        Key(
            "Growth of the loss with age",
            tried=Tried(0.0, 1.0, from_zero=(1e-6, 1e-5, 1e-4, 1e-3, 1e-2)),
        ),
    ] = None
    """Growth of the loss per case for each day of age, if known. [1/day]"""
    backtest_source: Annotated[
        Annotated[str, StringConstraints(pattern=r"^simulated:")] | None,
        Key("Stream that decay is measured on"),
    ] = None
    """A simulated drifting stream to measure decay on when the data have no time column; always
    labelled as simulated."""
    label_delay_days: Annotated[float, Field(ge=0, le=3650), Key("A label is known after")] = 0.0
    """Time until the label of a case is known; 0 where a back-test honours it already. [days]"""
    warm_start_cost_fraction: Annotated[
        Annotated[float, Field(gt=0, le=1)] | None, Key("Cost of a warm start")
    ] = None
    """Machine cost of a retrain that goes on from the last model, as a share of one from scratch;
    null compares no warm start."""
    warm_start_decay_per_day: Annotated[
        NonNegativeFloat | None, Key("Growth of the loss with warm starts")
    ] = None
    """Growth of the loss per case with warm starts, measured on their own; needed for the
    comparison, as a warm start may age faster. [1/day]"""

    @property
    def is_priced(self) -> bool:
        """Whether the study gives both what an error and what a release costs."""
        return self.error_cost_usd is not None and self.review_hours is not None

    @property
    def error_usd(self) -> float:
        """What an error is counted at: nothing where its cost is not known. [USD]"""
        return self.error_cost_usd or 0.0

    @property
    def counted_review_hours(self) -> float:
        """Hours that are counted for a release: none where they are not known. [h]"""
        return self.review_hours or 0.0

    @model_validator(mode="after")
    def _the_cases_are_told_once(self) -> Self:
        if self.cases_per_day is not None and self.share_that_matters is not None:
            raise ValueError("cases_per_day and share_that_matters say the same: give one of them")
        return self

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

    worker_count: Annotated[int, Field(ge=1, le=1_000), Key("Runs at a time")] = 1
    """Runs at a time, each on a machine of its own. [runs]"""
    budget_usd: Annotated[Usd | None, Key("Money for the runs of a release")] = None
    """Money for the runs behind one release; null sets no limit. [USD]"""
    budget_days: Annotated[PositiveFloat | None, Key("Time for the runs of a release")] = None
    """Time for the runs behind one release; null sets no limit. [days]"""
    stop_cost_fraction: Annotated[
        float, Field(gt=0, le=1), Key("Cost of a run that is stopped early")
    ] = 0.2
    """Cost of a run that is stopped early, as a share of a full one; a history measures it."""


class History(Record):
    """Where the runs of the past are kept. Only read."""

    mlflow: Annotated[
        Annotated[str, StringConstraints(min_length=1, max_length=2_000)] | None,
        Key("MLflow store"),
    ] = None
    """MLflow store: sqlite:///FILE, an mlruns folder, or the URL of a server; a path is taken from
    the study's folder."""
    optuna: Annotated[
        Annotated[str, StringConstraints(min_length=1, max_length=2_000)] | None,
        Key("Optuna storage"),
    ] = None
    """Optuna storage: sqlite:///FILE or its path, taken from the study's folder."""
    machine_tag: Annotated[
        str,
        StringConstraints(min_length=1, max_length=250),
        Key("Tag that names the machine of a run"),
    ] = "instance_type"
    """MLflow tag that names the machine type of a run."""
    machine: Annotated[
        str, StringConstraints(min_length=1, max_length=100), Key("Machine of the other runs")
    ] = "m7i.xlarge"
    """Machine type of the runs that no tag names, e.g. `m7i.xlarge`, `ml.m5.large`."""
    metric: Annotated[
        Annotated[str, StringConstraints(min_length=1, max_length=250)] | None,
        Key("Metric of a run"),
    ] = None
    """MLflow metric that counts errors per case, or its complement such as accuracy; with Optuna
    the objective, by any name. It measures what a run gains; null leaves that assumed."""
    metric_is_error: Annotated[bool, Key("A smaller metric is better")] = False
    """True where a smaller metric is better; an Optuna study says that itself."""
