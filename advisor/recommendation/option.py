"""An option with its bill, and one that is turned down."""

import math
from datetime import date
from typing import Literal

from pydantic import model_validator

from advisor.records import Record

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

    @property
    def is_aws(self) -> bool:
        """Whether AWS invoices it: neither people's hours nor labels."""
        return self.group in {"serving", "training", "experiments"}


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
    aws_usd_per_month: float | None = None
    """Part of that sum that AWS invoices: serving, training, experiments, storage and transfer;
    null where no price is known. [USD/month]"""
    aws_usd_per_month_low: float | None = None
    """Lower end of the 80% band of that part over the horizon. [USD/month]"""
    aws_usd_per_month_high: float | None = None
    """Upper end of it. [USD/month]"""
    people_usd_per_month: float | None = None
    """Part of that sum that is people's hours, of upkeep and of releases; null where the study
    gives none. [USD/month]"""
    people_usd_per_month_low: float | None = None
    """Lower end of the 80% band of that part; null where the study gives none. [USD/month]"""
    people_usd_per_month_high: float | None = None
    """Upper end of it. [USD/month]"""
    usd_per_million_requests: float | None = None
    """What AWS invoices for a million requests; null for jobs. [USD]"""
    usd_per_million_rows: float | None = None
    """What AWS invoices for a million rows of jobs; null for requests. [USD]"""
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
    probability_cheapest_aws: float | None = None
    """Share of the draws in which its candidate's cheapest feasible option by the AWS bill is on
    its platform, in whatever size or form."""
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
