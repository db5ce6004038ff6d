"""The answer: what `recommend` returns, what `--json` prints and every report is made from."""

import math
from datetime import date
from typing import Literal

from pydantic import model_validator

from advisor.lifecycle import (
    Escalation,
    ExperimentBudget,
    GrowthAdvice,
    GuardAdvice,
    HistoryAdvice,
    RetrainingWay,
    RunSaving,
)
from advisor.records import Record
from benchmarks.records import Finding

Basis = Literal["measured", "scaled", "list", "assumed", "input"]
"""Where a number comes from: `measured` here or on the target, `scaled` from this machine to
another, `list` a dated price, `assumed` a default of ours, `input` the study's own."""

BASIS_BADGES = {"measured": "●", "scaled": "◐", "list": "○", "assumed": "△", "input": "✎"}
"""One sign per basis, the same on every face."""


class LineQuote(Record):
    """The row of the price book that a line rests on."""

    service: str
    """Billing service."""
    sku: str
    """What is bought, as the book names it."""
    region: str
    """AWS region."""
    purchase: str
    """How it is bought."""
    valid_from: date
    """First day the price is known to apply."""
    checked_on: date
    """Day the price was last read at its source."""


class CostLine(Record):
    """One line of the monthly bill."""

    label: str
    """What is paid for."""
    group: Literal["serving", "training", "labels", "people"]
    """The part of the stack it belongs to."""
    quantity_per_month: float
    """Units in one month."""
    unit: str
    """What one unit is."""
    usd_per_unit: float
    """Price of one unit. [USD]"""
    usd_per_month: float
    """Cost of the line. [USD/month]"""
    basis: Basis
    """Where the price comes from."""
    source: str
    """Where the price was read, or which key of the study gave it."""
    quote: LineQuote | None = None
    """The price it rests on; null where it is not a vendor's."""


class Option(Record):
    """One way to run one candidate."""

    name: str
    """For people: candidate, platform, size, count."""
    candidate: str
    """Candidate's name."""
    form: str = "native"
    """Runtime form to ship: `native` the saved estimator, or another one that gives the same
    answers, e.g. `onnx`."""
    platform: str
    """`sagemaker-realtime`, `sagemaker-serverless`, `ecs-fargate` or `ecs-ec2`."""
    sku: str
    """What is bought, e.g. `ml.m5.large`, `c7g.large`, `1 vCPU, 2 GiB, arm64`."""
    region: str
    """AWS region."""
    purchase: str
    """`on-demand`, `spot` or `savings-1y`."""
    replicas: int
    """Copies that run at the peak; 0 for serverless, which starts them by request."""
    scaling: Literal["fixed", "target-tracking"] = "fixed"
    """Whether the same copies run all the time, or follow the traffic by target tracking."""
    fewest_replicas: int = 0
    """Copies that always run: fewer than `replicas` only with target tracking."""
    mean_replicas: float = 0.0
    """Copies billed on average over the month."""
    surge_replicas: int = 0
    """Copies that run beside the others while a release rolls out."""
    target_per_minute: float | None = None
    """Requests per copy and minute to set as the target; null for a fixed fleet. [1/min]"""
    basis: Basis
    """Weakest basis of its latency."""
    p50_latency_ms: float | None
    """Median answer time at the peak rate; null where it cannot be told. [ms]"""
    p95_latency_ms: float | None
    """95th percentile of the answer time at the peak rate. [ms]"""
    p99_latency_ms: float | None
    """99th percentile of the answer time at the peak rate. [ms]"""
    p99_latency_ms_low: float | None
    """Lower end of the 80% band of p99. [ms]"""
    p99_latency_ms_high: float | None
    """Upper end of the 80% band of p99. [ms]"""
    utilisation_fraction: float | None
    """Busy share of the workers at the peak rate."""
    quality: float | None
    """The candidate's mean quality on held-out rows."""
    quality_spread: float | None
    """Highest minus lowest quality over seeds and retrains."""
    usd_per_month: float
    """Sum of the lines. [USD/month]"""
    priced: bool = True
    """Whether a price is known of what it runs on; where not, the lines lack it and their sum is no
    price of the option."""
    lines: tuple[CostLine, ...]
    """The bill."""
    usd_per_month_low: float | None = None
    """Lower end of the 80% band of the cost over the horizon; null where it was not drawn.
    [USD/month]"""
    usd_per_month_high: float | None = None
    """Upper end of that band. [USD/month]"""
    expected_usd_per_month: float | None = None
    """Mean cost over the draws of everything uncertain. [USD/month]"""
    criterion_usd_per_month: float | None = None
    """What the ranking compares: that mean, or the quantile that the study asks for. [USD/month]"""
    probability_best: float | None = None
    """Share of the draws in which it is the cheapest feasible way to run its candidate."""
    probability_platform_best: float | None = None
    """Share of the draws in which its candidate's cheapest feasible option is on its platform, in
    whatever size or form."""
    probability_feasible: float | None = None
    """Share of the draws in which some number of replicas keeps p99 and the budget."""
    probability_as_planned: float | None = None
    """Share of the draws in which the planned replicas are enough; null where none are planned."""
    expected_regret_usd: float | None = None
    """Mean of what it costs above the cheapest way to run its candidate, draw by draw.
    [USD/month]"""

    @model_validator(mode="after")
    def _lines_add_up(self) -> "Option":
        total = math.fsum(line.usd_per_month for line in self.lines)
        if abs(total - self.usd_per_month) > 1e-6 * max(1.0, abs(total)):
            raise ValueError(f"lines of {self.name} add up to {total}, not {self.usd_per_month}")
        return self


class Rejection(Record):
    """An option that is not feasible, or not worth its price, and every reason why."""

    option: Option
    """The option."""
    reasons: tuple[str, ...]
    """All reasons, each with the need and the figure that broke it."""


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
    """A point of the fitted law of the error against the model's age."""

    age_days: float
    """Age of the model. [days]"""
    error_per_case: float
    """Loss per case by the law, at the level of the points."""


class RetrainingAdvice(Record):
    """How often to retrain."""

    interval_days: float | None
    """Days between releases; null for never (monitor only)."""
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
    """The law fitted through the points, for the chart; empty where there was no back-test."""
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


class GpuServing(Record):
    """Whether serving needs a GPU."""

    needed: bool
    """True when the best option runs on one."""
    pays_from_requests_per_s: float | None
    """Mean request rate from which a GPU option is the cheapest; null for never. [1/s]"""
    why: str
    """One sentence for people."""


class GpuTraining(Record):
    """Whether training needs a GPU."""

    needed: bool
    """True when the cheapest place to train has one."""
    pays_from_runs_per_month: float | None
    """Training runs a month from which a GPU is cheaper; null for never. [1/month]"""
    why: str
    """One sentence for people."""


class GpuAdvice(Record):
    """GPU or not, for serving and for training."""

    serving: GpuServing
    """Serving."""
    training: GpuTraining
    """Training."""


class TrainingPlace(Record):
    """A place where the training runs could go, with its price."""

    platform: str
    """`sagemaker-training`, `sagemaker-training-spot`, `ecs-fargate` or `ecs-ec2`."""
    sku: str
    """What is bought."""
    region: str
    """AWS region."""
    purchase: str
    """`on-demand` or `spot`."""
    wall_s: float
    """One run, start-up not counted. [s]"""
    billed_s: float
    """Billed seconds of one run, start-up counted where it is billed. [s]"""
    usd_per_run: float
    """One run. [USD]"""
    basis: Basis
    """Basis of the run time."""


class TrainingAdvice(Record):
    """Where to train, and what the many runs cost."""

    platform: str
    """Cheapest place: platform."""
    sku: str
    """Cheapest place: what is bought."""
    region: str | None = None
    """Cheapest place: AWS region; null where there is no place."""
    purchase: str | None = None
    """Cheapest place: `on-demand` or `spot`; null where there is no place."""
    usd_per_run: float
    """One training run. [USD]"""
    usd_per_release: float
    """All runs behind one released model. [USD]"""
    runs_per_release: int
    """Runs behind one released model."""
    usd_per_month: float
    """Runs of all releases in a month. [USD/month]"""
    alternatives: tuple[TrainingPlace, ...]
    """Best sku of each platform, region and purchase: cheapest first, with an hour of waiting
    for a run counted at a dollar."""


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


class LadderStep(Record):
    """One candidate of the ladder, and what became of it."""

    candidate: str
    """Name."""
    quality: float | None
    """Mean quality on held-out rows; null where it could not be measured."""
    quality_spread: float | None
    """Highest minus lowest over seeds and retrains."""
    usd_per_month: float | None
    """Its cheapest feasible option; null where none is. [USD/month]"""
    error_usd_per_month: float | None
    """Cost of its errors by the study's `error_cost_usd`. [USD/month]"""
    verdict: str
    """`chosen`, or why not."""


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


class CostPoint(Record):
    """A point of the curve of cost against request rate."""

    requests_per_s: float
    """Mean request rate. [1/s]"""
    platform: str
    """Platform."""
    option: str
    """The cheapest feasible option of that platform at that rate."""
    usd_per_month: float
    """Its total. [USD/month]"""


class AnswerKey(Record):
    """What an answer is told apart by: who runs, and on what."""

    candidate: str
    """Candidate's name."""
    platform: str
    """Platform."""
    sku: str
    """What is bought."""


class BreakEven(Record):
    """Where one driver changes the answer."""

    driver: str
    """Dotted key of the study that `--set` takes, e.g. `workload.requests_per_s`."""
    unit: str
    """The study's own unit of it."""
    now: float
    """Its value in the study."""
    flips_at: float
    """Nearest value, up or down, at which the answer is another one."""
    to: AnswerKey | None
    """The answer there; null for none."""


class Overtaking(Record):
    """Where one driver makes a rival the cheaper one."""

    driver: str
    """Dotted key of the study that `--set` takes."""
    unit: str
    """The study's own unit of it."""
    now: float
    """Its value in the study."""
    overtakes_at: float
    """Nearest value at which the rival costs less than the chosen option."""


class Rival(Record):
    """The best option of another kind, and where it would overtake."""

    question: str
    """What it answers, e.g. `Why not SageMaker real-time?`."""
    name: str
    """The option for people."""
    candidate: str
    """Candidate's name."""
    platform: str
    """Platform."""
    sku: str
    """What is bought."""
    region: str
    """AWS region."""
    purchase: str
    """How it is bought."""
    usd_per_month_more: float
    """Mean cost above the chosen option's, over the draws. [USD/month]"""
    probability_cheaper: float
    """Share of the draws in which it costs less than the chosen option."""
    qualifies: bool = True
    """Whether it keeps every rule and need, so that it could be chosen at a lower cost."""
    why_not: str
    """The figures that decide, in a sentence."""
    overtakes: tuple[Overtaking, ...]
    """Per driver that can do it alone: where it becomes the cheaper of the two."""


class MeasureNext(Record):
    """A measurement, what it costs, and what knowing its result is worth."""

    action: str
    """What to do, with the command."""
    cost_usd: float
    """Machines rented for it, once; people's time is not counted. [USD]"""
    saves_usd_per_month: float
    """Expected saving from deciding with its result in hand. [USD/month]"""


class UncertainInput(Record):
    """One input that is not certain, and how much of the doubt is its own."""

    name: str
    """Which one, e.g. `traffic level`."""
    low: float
    """Lower end of its 80% band, as a factor on the figure used, or a yearly change."""
    high: float
    """Upper end of it."""
    unit: str
    """What low and high are: `factor` or `fraction/year`."""
    source: str
    """Where the band comes from."""
    basis: Basis
    """`input`, `measured`, `scaled` or `assumed`."""
    information_usd_per_month: float
    """Expected value of knowing it before deciding. [USD/month]"""
    swing_usd_per_month: float
    """Chosen option's mean cost in the highest minus in the lowest fifth of it; 0 where the draws
    cannot tell it from chance. [USD/month]"""


class BudgetRisk(Record):
    """What the budget has to reckon with."""

    budget_usd_per_month: float | None
    """The study's budget; null where there is none. [USD/month]"""
    probability_over: float | None
    """Share of the draws in which the chosen option costs more than the budget."""
    value_at_risk_usd_per_month: float
    """Cost that is exceeded in one draw out of ten. [USD/month]"""
    tail_mean_usd_per_month: float
    """Mean cost of the tenth of the draws that cost most. [USD/month]"""


class HoldsPoint(Record):
    """A point of the plane of the two most important drivers."""

    first: float
    """Value of the first driver."""
    second: float
    """Value of the second driver."""
    answer: AnswerKey | None
    """The answer there; null for none."""
    holds: bool
    """Whether it is the answer of the study."""


class Holds(Record):
    """Where the choice holds, in the plane of the two most important drivers."""

    first_driver: str
    """Dotted key of the first driver."""
    second_driver: str
    """Dotted key of the second driver."""
    first_unit: str
    """Unit of the first driver."""
    second_unit: str
    """Unit of the second driver."""
    points: tuple[HoldsPoint, ...]
    """A grid of both, row by row."""


class CommitmentAdvice(Record):
    """Whether to commit to capacity for a year, and when."""

    advice: Literal["now", "later", "not-at-all", "not-sold"]
    """Buy now, later, not at all, or nothing of the kind is sold for the option."""
    month: int | None
    """Month from today in which to buy; null where not at all. [months]"""
    saves_usd_over_horizon: float
    """Expected saving against paying on demand all the time. [USD]"""
    why: str
    """One sentence for people."""


class HorizonMonth(Record):
    """The answer at one month of the horizon."""

    month: int
    """Months from today. [months]"""
    requests_per_s: float
    """Mean rate by then. [1/s]"""
    usd_per_month: float | None
    """Expected cost of the chosen option by then; null where it is not feasible. [USD/month]"""
    answer: AnswerKey | None
    """The answer for that month alone; null for none."""


class HorizonAdvice(Record):
    """What growth does to the answer."""

    growth_per_year_fraction: float
    """Growth of traffic in a year. [fraction/year]"""
    months: tuple[HorizonMonth, ...]
    """A few months of the horizon, today first."""
    changes_in_month: int | None
    """First month in which the answer is another one; null where it holds. [months]"""
    changes_on: date | None
    """The same as a day."""
    changes_to: AnswerKey | None
    """The answer from then on."""
    commitment: CommitmentAdvice
    """Whether to commit."""


class PresentAdvice(Record):
    """What runs today, beside the answer."""

    name: str
    """What runs today, for people."""
    usd_per_month: float
    """What it costs, people's upkeep and releases counted. [USD/month]"""
    basis: Basis
    """`input` where the study gives the bill, else `list`."""
    saves_usd_per_month: float
    """Expected saving of the move. [USD/month]"""
    migration_usd: float
    """What the move costs once. [USD]"""
    payback_months: float | None
    """Months until it is paid back; null where it never is. [months]"""
    move: bool
    """Whether it pays back within the horizon."""
    why: str
    """One sentence for people."""


class Risk(Record):
    """The decision under uncertainty."""

    draw_count: int
    """Draws of everything uncertain, the same for all options."""
    seed: int
    """Seed of the draws."""
    criterion: Literal["expected", "quantile"]
    """What is compared: mean cost, or a quantile of it."""
    quantile: float
    """The quantile, where it is one."""
    wanted_probability_feasible: float
    """An option must meet the needs in at least this share of the draws."""
    inputs: tuple[UncertainInput, ...]
    """Every uncertain input, most valuable to know first."""
    budget: BudgetRisk | None
    """Value at risk; null where nothing is feasible."""
    drawn_option_count: int
    """Options that were drawn; the others cost at least as much as another in every draw."""
    tie: str | None
    """Said where a simpler option was taken within the noise of the cheapest."""


class Considered(Record):
    """How many options were looked at; only the telling ones are listed."""

    option_count: int
    """Options in the table."""
    feasible_count: int
    """Options that meet every need."""
    rejected_count: int
    """The others."""


class LoadPoint(Record):
    """A point of the chosen option's answer time against load."""

    requests_per_s: float
    """Rate at the planned replicas. [1/s]"""
    p50_ms: float
    """Median answer time. [ms]"""
    p99_ms: float
    """99th percentile. [ms]"""
    p99_ms_low: float
    """p99 at the fast end of the 80% band of the service time. [ms]"""
    p99_ms_high: float | None
    """p99 at its slow end; null where that would overload the replicas. [ms]"""


class MeasuredQuantile(Record):
    """One quantile of the measured times of `predict`."""

    quantile_fraction: float
    """Which one, e.g. 0.99."""
    value_ms: float | None
    """The quantile; null where too few calls were measured to state it. [ms]"""
    low_ms: float | None
    """Lower end of its 95% interval. [ms]"""
    high_ms: float | None
    """Upper end of it. [ms]"""


class LatencyAdvice(Record):
    """How the chosen option answers under load, and what was measured of the model alone."""

    option: str
    """The option for people: the chosen one, or where that is serverless the best of those that
    keep replicas."""
    is_chosen: bool
    """Whether it is the chosen one."""
    replicas: int
    """Replicas, held fixed along the curve."""
    mean_requests_per_s: float
    """The study's mean rate. [1/s]"""
    peak_requests_per_s: float
    """The rate that is planned for. [1/s]"""
    need_ms: float | None
    """The need on p99; null for none. [ms]"""
    reaches_need_at_requests_per_s: float | None
    """Rate at which p99 meets the need with these replicas; null where there is no need, or it is
    met until the replicas are full. [1/s]"""
    full_at_requests_per_s: float | None
    """Rate that keeps every worker busy; null for serverless. [1/s]"""
    basis: Basis
    """Basis of the service time."""
    curve: tuple[LoadPoint, ...]
    """Answer time against load; empty where only serverless is feasible."""
    measured_rows: int
    """Rows in each measured call."""
    measured_call_count: int
    """Measured calls of `predict`, one thread."""
    measured: tuple[MeasuredQuantile, ...]
    """Their distribution on the machine of the benchmark, without server and network."""


class JobPoint(Record):
    """How long a job of some rows takes."""

    row_count: float
    """Rows of the job. [rows]"""
    wall_s: float
    """From asking for machines to the last row. [s]"""
    wall_s_low: float
    """Lower end of its 80% band. [s]"""
    wall_s_high: float
    """Upper end. [s]"""


class JobAdvice(Record):
    """How long one job of the chosen option takes, and how large it may grow."""

    option: str
    """The chosen option, for people."""
    machines: int
    """Machines that share one job, held fixed along the curve."""
    jobs_per_day: float
    """Jobs of the study. [1/day]"""
    row_count: float
    """Rows of one job. [rows]"""
    requests_per_s: float
    """The mean rate that rows and jobs come to, by which the curve of costs counts. [1/s]"""
    start_s: float
    """From asking for machines to the first row. [s]"""
    work_s: float
    """From the first row to the last, on all machines together. [s]"""
    deadline_s: float
    """Time that a job may take. [s]"""
    largest_row_count: float
    """Rows with which the same machines just meet the deadline. [rows]"""
    basis: Basis
    """Basis of the time per row."""
    curve: tuple[JobPoint, ...]
    """Time against rows."""


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


class LearningCurvePoint(Record):
    """Mean quality at one number of training rows."""

    row_count: int
    """Training rows."""
    quality: float
    """Mean over the seeds, on the same held-out rows at every size."""
    quality_low: float
    """Lowest of them."""
    quality_high: float
    """Highest of them."""
    wall_s: float
    """Mean time to train. [s]"""


class LearningCurve(Record):
    """What more rows would bring a candidate, as measured."""

    candidate: str
    """Name."""
    points: tuple[LearningCurvePoint, ...]
    """By rows, fewest first."""


class Recommendation(Record):
    """The whole answer."""

    verdict: str
    """The first line everywhere."""
    best: Option | None
    """The option to deploy; null where nothing is feasible."""
    beats_guessing: bool | None = None
    """Whether the chosen model is better than one that learns nothing; false: none is, so that no
    model is worth deploying yet, and `best` is what the guess would cost. Null where unknown."""
    ranked: tuple[Option, ...]
    """Feasible options: the chosen one first, then by cost. Of each candidate, platform, region
    and purchase the cheapest sku, and the next ones overall."""
    rejected: tuple[Rejection, ...]
    """Of each candidate, platform, region and purchase that has no feasible sku, or whose
    candidate is not worth its price: the option nearest to feasible."""
    retraining: RetrainingAdvice
    """How often to retrain."""
    gpu: GpuAdvice
    """GPU or not."""
    training: TrainingAdvice
    """Where to train."""
    ladder: tuple[LadderStep, ...]
    """The candidates, simplest first."""
    assumptions: tuple[Assumption, ...]
    """Every number that was not measured."""
    prices: PriceStamp
    """Which prices were used."""
    runs: tuple[str, ...]
    """Ids of the benchmark runs used."""
    study: str
    """Name of the study."""
    pattern: Literal["online", "batch"] = "online"
    """Whether it asks for requests that are answered, or for jobs by a deadline."""
    metric: str
    """The quality metric."""
    data: str
    """The data set in words: rows, columns, task, whether simulated."""
    hardware: str
    """Where it was measured, in words."""
    considered: Considered
    """How many options were looked at."""
    relaxations: tuple[str, ...]
    """When nothing is feasible: the nearest need to relax, each with the value that would do."""
    measure_next: tuple[MeasureNext, ...]
    """What to measure next: the most valuable first."""
    excluded: tuple[str, ...]
    """What the bill leaves out."""
    warnings: tuple[str, ...]
    """What a reader must know, each with what to do about it."""
    cost_curve: tuple[CostPoint, ...]
    """Cost against request rate, per platform."""
    experiments: ExperimentAdvice | None = None
    """How many runs to pay for; null for clustering and where nothing can be trained."""
    latency: LatencyAdvice | None = None
    """How the chosen option answers under load; null where nothing is feasible."""
    job: JobAdvice | None = None
    """How long one job takes; null where the study is of requests, or nothing is feasible."""
    traffic: TrafficAdvice | None = None
    """The traffic that is planned for; null for batch, and where no option keeps replicas."""
    carried: tuple[CarriedChain, ...] = ()
    """How the service times of the best options follow from the measured ones."""
    learning: tuple[LearningCurve, ...] = ()
    """Measured learning curves of the candidates, simplest first."""
    verdict_kind: Literal["clear", "too-close", "infeasible"] = "clear"
    """`too-close`: the data cannot tell the first option from the next on another platform."""
    break_even: tuple[BreakEven, ...] = ()
    """One per driver that can change the answer: where it does, nearest first."""
    rivals: tuple[Rival, ...] = ()
    """The best option of every other kind, and where it would overtake."""
    risk: Risk | None = None
    """Bands, budget and what is uncertain; null where nothing was drawn."""
    holds: Holds | None = None
    """Where the choice holds as the two most important drivers move."""
    horizon: HorizonAdvice | None = None
    """Growth, commitment and the day the answer changes; null where nothing is feasible."""
    present: PresentAdvice | None = None
    """What runs today, where the study says it."""
    findings: tuple[Finding, ...] = ()
    """What was read off the runs: ways of serving the candidates that are many times faster or
    slower, the largest factor first."""
