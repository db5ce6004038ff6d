"""By which amount the options are ranked, and what the other one says."""

from typing import Literal

from advisor.recommendation.whatif import AnswerKey
from advisor.records import Record

RankBy = Literal["aws-bill", "with-people"]


class CheapestOption(Record):
    """The cheapest way to run the chosen candidate by one amount."""

    platform: str
    """Platform."""
    candidate: str
    """Candidate's name."""
    sku: str
    """What is bought."""
    aws_usd_per_month: float
    """What AWS invoices for it. [USD/month]"""


class Cheapest(Record):
    """The cheapest way by each amount."""

    aws_bill: CheapestOption | None
    """By what AWS invoices; null where nothing is feasible."""
    with_people: CheapestOption | None
    """With people's hours; null where the study does not give them for every platform that is
    compared."""


class BreakEvenHours(Record):
    """From which difference in people's hours another platform is the right one."""

    platform: str
    """The other platform."""
    hours_per_month_less: float
    """Hours that it must take less than the chosen one; below 0 it may take so many more. [h/month]
    """


class DecidingAssumption(Record):
    """The assumption of ours whose plausible range changes the answer soonest."""

    name: str
    """Dotted key of the study that replaces it."""
    now: float
    """Its value. [the key's unit]"""
    flips_at: float
    """Where the answer changes, within its 80% band. [the key's unit]"""
    to: AnswerKey | None
    """The answer there; null for none."""
