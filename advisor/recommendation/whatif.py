"""What would change the answer."""

from datetime import date
from typing import Literal

from advisor.recommendation.option import Basis
from advisor.records import Record


class CostPoint(Record):
    """A point of the curve of cost against request rate."""

    requests_per_s: float
    """Mean request rate. [1/s]"""
    platform: str
    """Platform."""
    option: str
    """The cheapest feasible option of that platform at that rate."""
    usd_per_month: float
    """Its cost as the options are ranked. [USD/month]"""
    aws_usd_per_month: float | None = None
    """What AWS invoices for it, and labels. [USD/month]"""
    with_people_usd_per_month: float | None = None
    """The same with people's hours; null where the study does not give them for the platform.
    [USD/month]"""


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
