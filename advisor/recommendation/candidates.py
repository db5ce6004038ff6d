"""The candidates: the ladder, and what more rows would bring."""

from advisor.records import Record


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
