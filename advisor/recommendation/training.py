"""Where to train."""

from advisor.recommendation.option import Basis
from advisor.records import Record


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
