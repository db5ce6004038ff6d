"""How many training runs to pay for."""

from advisor.recommendation.option import Basis
from advisor.records import Record


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


class HitRate(Record):
    """How many runs find a better model, for one share of runs that do."""

    hit_fraction: float
    """Share of runs that lead to a release."""
    run_count: int
    """Runs after which one is found with 90% probability. [runs]"""
    spend_usd: float
    """What they cost. [USD]"""
    basis: Basis
    """Basis of the share."""


class GainPoint(Record):
    """A point of the curve of gain against runs behind each release."""

    run_count: int
    """Runs of which the best is released. [runs]"""
    expected_gain_usd_per_month: float
    """Errors saved against releasing the first run. [USD/month]"""
    spend_usd_per_month: float
    """What the runs of all releases cost. [USD/month]"""


class ExperimentPace(Record):
    """How fast experiments go at one place with so many parallel workers."""

    platform: str
    """Place of training."""
    sku: str
    """What is bought."""
    region: str
    """AWS region."""
    purchase: str
    """`on-demand` or `spot`."""
    worker_count: int
    """Runs at a time, each on a machine of its own."""
    run_s: float
    """Wall-clock of one run, its start counted. [s]"""
    runs_per_week: float
    """Experiments that all workers finish in a week. [1/week]"""
    usd_per_week: float
    """What workers that are always busy cost. [USD/week]"""
    release_hours: float
    """Wall-clock of all runs behind one release. [h]"""
    hours_saved_by_one_more: float
    """What one more worker takes off that. [h]"""
    basis: Basis
    """Basis of the run time."""


class ExperimentAdvice(Record):
    """How many training runs to pay for behind one release, people not counted."""

    candidate: str
    """The candidate that all figures are of."""
    runs_per_release: int
    """The study's runs behind one release. [runs]"""
    runs_basis: Basis
    """`input` where the study gives it, else `assumed`."""
    usd_per_run: float
    """One run at the cheapest place. [USD]"""
    usd_per_release: float
    """All runs of one release; labels, review and people excluded. [USD]"""
    usd_per_month: float
    """Runs of all releases. [USD/month]"""
    spend_basis: Basis
    """Basis of the three prices: that of the run time."""
    hit_rates: tuple[HitRate, ...]
    """Runs to a find, for the published range of hit rates."""
    hit_rate_source: str
    """Where the range comes from."""
    life_days: float
    """How long one release lives. [days]"""
    base_error_per_case: float
    """Mean loss per case of the candidate as it is."""
    one_percent_usd: float
    """What one percent of that loss is worth over the life of a release. [USD]"""
    value_basis: Basis
    """`input` where the study prices errors and counts cases, else `assumed`."""
    pilot_run_count: int
    """Runs of a pilot. [runs]"""
    pilot_usd: float
    """What the pilot costs; a search pays only if this is below the worth of one percent. [USD]"""
    search_pays: bool
    """Whether the gate is open."""
    spread_per_case: float
    """Standard deviation of the loss from run to run."""
    spread_source: str
    """What stands in for it."""
    gain_basis: Basis
    """Basis of the curve: `assumed` as long as no history of runs was read."""
    curve: tuple[GainPoint, ...]
    """Gain against runs, for the chart."""
    stopping_run_count: int
    """From here on the next run gains less than it costs. [runs]"""
    stopping_is_bounded: bool = False
    """True where the next run still pays at the largest number of runs that is looked at."""
    pace: tuple[ExperimentPace, ...]
    """Experiments per week on the cheapest sku of each platform, by parallel workers."""
    why: str
    """One sentence for people."""
    history: HistoryAdvice | None = None
    """What the runs of the past come to; null where the study names no store."""
    savings: tuple[RunSaving, ...] = ()
    """What stopping bad runs early and successive halving save."""
    escalation: tuple[Escalation, ...] = ()
    """Default, tuned, AutoML and deep, in the order in which they are worth trying."""
    budget: ExperimentBudget | None = None
    """The study's budget as a number of runs; null where it sets none."""
    next_run_gain_usd: float | None = None
    """Expected gain of one run more than now, over the life of a release. [USD]"""
    instances: tuple[ExperimentPace, ...] = ()
    """The pace at the study's workers on every priced place, cheapest run first."""
