"""Whether a GPU pays."""

from advisor.records import Record


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
