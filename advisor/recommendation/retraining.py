"""How often to retrain."""

from typing import Literal

from advisor.recommendation.option import Basis
from advisor.records import Record


class RetrainingWay(Record):
    """One way to make a release, with the interval that its own cost and decay lead to."""

    name: str
    """E.g. `refresh`, `redevelopment`, `warm start`, `training on spot`."""
    what: str
    """What it is, in a few words."""
    retrain_usd: float
    """One release made so. [USD]"""
    interval_days: float | None
    """Interval at which it costs least; null for never within the horizon. [days]"""
    band_5_percent_days: tuple[float, float]
    """Intervals within 5% of its least cost. [days]"""
    usd_per_month: float
    """Releases and the errors of an ageing model at that interval. [USD/month]"""
    basis: Basis
    """Basis of its decay, or of the part that makes it differ."""


class GuardAdvice(Record):
    """What to watch between retrains: the file that `advisor cadence watch` and a job can read."""

    interval_days: float | None
    """Planned interval; null for never. [days]"""
    period_days: float
    """Length of a scored period. [days]"""
    reference_period_count: int
    """First periods after a retrain whose mean error is the reference. [periods]"""
    debt_threshold_usd: float
    """Errors beyond the reference, added up, at which to retrain early: 2 C. [USD]"""
    debt_threshold_cases: float
    """The same in units of error: 2 C / v. [errors]"""
    fluctuation_error_per_case: float
    """The last period must lie this far above the reference too. [error per case]"""
    worth_of_a_retrain_usd: float
    """What the last retrain must have saved on the same rows over one interval for the interval to
    be right, 2 C; a half or a double of it asks for another plan. [USD]"""
    guard_json: str
    """The guard's file, as text: what 'advisor cadence watch --guard' reads."""
    basis: Basis
    """Basis of the fluctuation: `measured` by a back-test, else `assumed` to be none."""


class GrowthAdvice(Record):
    """How much a model falls behind because the data grow, without any drift."""

    slope_per_day: float
    """Loss per case that a fresh model on more rows gains a day: k b m N^-(b+1). [1/day]"""
    share_of_decay_fraction: float | None
    """Its share of the decay of the plan; null where that is nothing."""
    interval_growth: float
    """Factor of the right interval when the rows have doubled, 2^((b+1)/2)."""
    power: float
    """Exponent b of the learning curve c + k N^-b."""
    rows_per_day: float
    """New rows. [1/day]"""
    basis: Basis
    """Basis of the learning curve."""


class RetrainingPoint(Record):
    """A point of the curve of cost against retraining interval."""

    interval_days: float
    """Days between releases. [days]"""
    releases_usd_per_month: float
    """What the releases cost. [USD/month]"""
    errors_usd_per_month: float
    """What the ageing model's extra errors cost. [USD/month]"""


class DecayPoint(Record):
    """A point of the error against the model's age, as back-tested."""

    age_days: float
    """Age of the model when it scored. [days]"""
    error_per_case: float
    """Mean loss per case at that age, period effects removed."""
    case_count: int
    """Cases behind the point."""


class DecayLinePoint(Record):
    """A point of the law of the error against the model's age that the plan rests on."""

    age_days: float
    """Age of the model. [days]"""
    error_per_case: float
    """Loss per case by the law, at the level of the points."""


class IntervalAt(Record):
    """The interval at one pair of prices."""

    error_cost_usd: float
    """What one error costs. [USD]"""
    release_usd: float
    """What one release costs. [USD]"""
    interval_days: float | None
    """Best interval; null for never. [days]"""


class DecayAfter(Record):
    """What age does to a model."""

    weeks: int
    """Age. [weeks]"""
    errors_per_case: float
    """Loss per case beyond a fresh model's."""


class RetrainingAdvice(Record):
    """How often to retrain."""

    kind: Literal["planned", "never", "unknown"] = "planned"
    """`unknown` where the study does not say what an error and a release cost; `never` where the
    releases cost more than the errors they save."""
    interval_days: float | None
    """Days between releases; null for never (monitor only) and for unknown."""
    interval_map: tuple[IntervalAt, ...] = ()
    """The interval over what an error and a release might cost; empty where both are given."""
    decay_after: tuple[DecayAfter, ...] = ()
    """Loss that 1, 4 and 13 weeks of age add."""
    usd_per_month: float
    """Releases at that interval: training runs, labels and review. [USD/month]"""
    basis: Basis
    """Basis of the decay behind it."""
    why: str
    """One sentence for people."""
    error_usd_per_month: float | None = None
    """Cost of the ageing model's extra errors at that interval. [USD/month]"""
    retrain_usd: float
    """One release: runs, labels, review. [USD]"""
    decay_per_day: float | None
    """Growth of the loss per case for each day of age. [1/day]"""
    band_5_percent_days: tuple[float, float] | None = None
    """Shortest and longest interval within 5% of the best total cost. [days]"""
    now_interval_days: float | None = None
    """The study's present interval. [days]"""
    curve: tuple[RetrainingPoint, ...] = ()
    """Cost against interval, for the chart."""
    decay_points: tuple[DecayPoint, ...] = ()
    """Error against age, for the chart; empty where there was no back-test."""
    decay_line: tuple[DecayLinePoint, ...] = ()
    """The law that the plan rests on, for the chart; empty where there was no back-test."""
    simulated: bool = False
    """Whether the decay was measured on a simulated stream."""
    notes: tuple[str, ...] = ()
    """Diagnostics of the fit."""
    label_delay_days: float = 0.0
    """Time until the label of a case is known, beyond what the back-test honours. [days]"""
    break_even_error_cost_usd: float | None = None
    """What an error must cost for the present interval to be right; null without one. [USD]"""
    ways: tuple[RetrainingWay, ...] = ()
    """The release as planned, the two tiers, spot and a warm start, compared."""
    guard: GuardAdvice | None = None
    """What to watch between retrains; null where errors cost nothing."""
    growth: GrowthAdvice | None = None
    """The part of growing data in the decay; null where no learning curve tells it."""
