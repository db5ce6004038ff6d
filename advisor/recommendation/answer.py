"""The answer: what `recommend` returns, what `--json` prints and every report is made from."""

from typing import Literal

from advisor.recommendation.candidates import LadderStep, LearningCurve
from advisor.recommendation.evidence import (
    Assumption,
    CarriedChain,
    MeasuredThere,
    PriceAge,
    PriceStamp,
)
from advisor.recommendation.experiments import ExperimentAdvice
from advisor.recommendation.gpu import GpuAdvice
from advisor.recommendation.jobs import JobAdvice
from advisor.recommendation.latency import LatencyAdvice
from advisor.recommendation.option import Option, Rejection
from advisor.recommendation.retraining import RetrainingAdvice
from advisor.recommendation.risk import MeasureNext, Risk
from advisor.recommendation.traffic import TrafficAdvice
from advisor.recommendation.training import TrainingAdvice
from advisor.recommendation.whatif import (
    BreakEven,
    CostPoint,
    Holds,
    HorizonAdvice,
    PresentAdvice,
    Rival,
)
from advisor.records import Record
from benchmarks.storage.records import Finding


class Considered(Record):
    """How many options were looked at; only the telling ones are listed."""

    option_count: int
    """Options in the table."""
    feasible_count: int
    """Options that meet every need."""
    rejected_count: int
    """The others."""


class Recommendation(Record):
    """The whole answer."""

    verdict: str
    """The first line everywhere."""
    best: Option | None
    """The option to deploy; null where nothing is feasible."""
    beats_guessing: bool | None = None
    """Whether the chosen model is better than one that learns nothing; false: none is, so that no
    model is worth deploying yet, and `best` is what the guess would cost. Null where unknown, as
    where a test has too few rows of a class to tell models apart."""
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
    price_age: PriceAge | None = None
    """How old the prices of the chosen option's bill are; null where nothing is chosen."""
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
    measured_there: tuple[MeasuredThere, ...] = ()
    """The best options that were measured on machines rented for it, and what that changed."""
    learnt_sha256: str | None = None
    """Hash of what `learnt.yaml` gave to this answer; null where it gave nothing."""
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
