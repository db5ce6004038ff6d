"""What an answer says of a model's life: its retrains, its guard, and the runs behind it."""

from typing import Literal

from advisor.records import Record

Basis = Literal["measured", "scaled", "list", "assumed", "input"]
"""Where a number comes from, as in `advisor.recommendation`."""


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


class HistoryAdvice(Record):
    """What the runs of the past come to."""

    sources: tuple[str, ...]
    """The stores that were read."""
    run_count: int
    """Runs, failed ones included. [runs]"""
    finished_count: int
    """Runs that came to their end. [runs]"""
    failed_count: int
    """Runs that failed. [runs]"""
    pruned_count: int
    """Runs that were stopped early. [runs]"""
    promoted_count: int
    """Runs behind a promoted version. [runs]"""
    open_run_count: int
    """Runs since the last promotion, which have led to none yet. [runs]"""
    runs_per_promoted_model: float
    """Expected runs to the next promotion, Beta-Binomial, the open ones censored. [runs]"""
    runs_per_promoted_model_80: tuple[float, float]
    """Its 80% interval. [runs]"""
    is_used: bool
    """Whether that is the answer's runs per release; false where the study sets its own."""
    hit_fraction: float
    """Share of the runs that were promoted."""
    stop_cost_fraction: float | None
    """Cost of a stopped run as a share of a full one, phi; null where none was stopped."""
    mean_run_s: float | None
    """Mean wall-clock of finished runs; null where none is known. [s]"""
    usd: float
    """What all runs cost. [USD]"""
    usd_per_run: float
    """Mean over all runs, failed ones included. [USD]"""
    usd_per_promoted_model: float | None
    """Spend per promoted model so far; null without one. [USD]"""
    default_machine: str
    """Machine type of the runs that no tag names."""
    default_machine_run_count: int
    """Runs that were priced at it. [runs]"""
    default_machine_usd_per_hour: float
    """Its price, on demand. [USD/h]"""
    notes: tuple[str, ...] = ()
    """What a reader must know."""
    basis: Basis = "measured"
    """Always measured."""


class RunSaving(Record):
    """A way to spend less on the runs of one find."""

    name: str
    """E.g. `all runs to the end`, `bad runs stopped early`."""
    full_runs: float
    """Cost of one find, in full runs. [runs]"""
    usd: float
    """The same in money. [USD]"""
    saved_fraction: float
    """Share saved against all runs to the end; negative where it costs more."""
    basis: Basis
    """Basis of the shares behind it."""


class Escalation(Record):
    """One rung of default, tuned, AutoML and deep, in the order in which they are worth trying."""

    name: str
    """The rung."""
    usd: float
    """What trying it costs. [USD]"""
    expected_gain_per_case: float
    """Loss per case that it is expected to take off. [error per case]"""
    gain_deviation_per_case: float
    """How unsure that is. [error per case]"""
    reservation_per_case: float
    """Try it as long as the best gain so far is below this; at 0 or less it is not worth it.
    [error per case]"""
    pays: bool
    """Whether it is worth trying after the default."""
    basis: Basis
    """Basis of the expected gain."""


class ExperimentBudget(Record):
    """A budget in money or days, turned into runs."""

    usd: float | None
    """Money for the runs behind one release; null for no limit. [USD]"""
    days: float | None
    """Time for them; null for no limit. [days]"""
    worker_count: int
    """Runs at a time."""
    run_count: int
    """Runs that it pays for. [runs]"""
    find_probability: float
    """Probability that one of them leads to a release."""
    next_run_gain_usd: float
    """Expected gain of one more run beyond them, over the life of a release. [USD]"""
    next_run_usd: float
    """What that run costs. [USD]"""
