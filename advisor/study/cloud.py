"""Who runs it, where it may run, and what runs today."""

from typing import Annotated

from pydantic import Field, NonNegativeFloat, model_validator

from advisor.records import Record
from advisor.study.keys import Key, Slider, Tried
from advisor.study.names import (
    PLATFORM_NAMES,
    DiscountService,
    PlatformName,
    Purchase,
    Region,
    ShortText,
    TrainingPurchase,
    Usd,
)
from pricing.base import HOURS_PER_MONTH


class Team(Record):
    """What people's time costs."""

    engineer_usd_per_hour: Annotated[
        Usd,
        Key(
            "An engineer's hour",
            source="default: ours, loaded cost",
            slider=Slider(
                (*map(float, (0, *range(20, 205, 5), 250, 300)),),
                " USD",
                label="An engineer's hour costs",
            ),
            tried=Tried(0.0, 1e4, from_zero=(1.0, 10.0, 50.0, 100.0, 200.0)),
        ),
    ] = 95.0
    """Loaded hourly cost of an engineer. [USD/h]"""
    hours_per_month: Annotated[
        dict[PlatformName, NonNegativeFloat],
        Key(
            "Upkeep",
            source="no default: hours of upkeep by platform; not counted where not given [h/month]",
            tried=Tried(0.0, HOURS_PER_MONTH, from_zero=(1.0, 2.0, 5.0, 10.0, 20.0)),
        ),
    ] = Field(default_factory=dict)
    """Upkeep of each platform, by its name; none is counted for one that is missing. [h/month]"""

    def upkeep_hours(self, platform: str) -> float:
        """Return the hours a month that a platform takes; 0 where none were given. [h/month]"""
        return self.hours_per_month.get(platform, 0.0)

    def upkeep_usd(self, platform: str) -> float:
        """Return what a platform's upkeep costs. [USD/month]"""
        return self.engineer_usd_per_hour * self.upkeep_hours(platform)


class Cloud(Record):
    """Where and how capacity may be bought."""

    regions: Annotated[tuple[Region, ...], Field(min_length=1), Key("Regions")] = ("us-east-1",)
    """Regions that may be used."""
    platforms: Annotated[tuple[PlatformName, ...], Field(min_length=1), Key("Ways to run")] = (
        PLATFORM_NAMES
    )
    """Ways to run a model that may be used; the others are not looked at."""
    purchase: Annotated[tuple[Purchase, ...], Field(min_length=1), Key("Ways to buy")] = (
        "on-demand",
    )
    """Ways to buy that may be used for serving: `on-demand`, `spot`, `savings-1y`."""
    autoscaling: Annotated[bool, Key("Look at fleets that follow the traffic")] = True
    """Whether fleets that follow the traffic by target tracking are looked at beside fixed ones."""
    training_purchase: Annotated[
        tuple[TrainingPurchase, ...], Field(min_length=1), Key("Ways to buy for training")
    ] = (
        "on-demand",
        "spot",
    )
    """Ways to buy that may be used for training runs, which can be interrupted."""
    discounts: Annotated[
        dict[DiscountService, Annotated[float, Field(ge=0, lt=1)]],
        Key(
            "Discount",
            tried=Tried(0.0, 0.99, from_zero=(0.05, 0.15, 0.3, 0.6, 0.95), moves_options=True),
        ),
    ] = Field(default_factory=dict)
    """Negotiated discount per billing service, e.g. `{ec2: 0.1}`. [fraction]"""


class Current(Record):
    """What runs today, as one of the options."""

    platform: Annotated[PlatformName, Key("Where it runs today")]
    """Where it runs."""
    sku: Annotated[ShortText | None, Key("What is bought today")] = None
    """What is bought, as a recommendation names it, e.g. `m5.large`; needed without a bill."""
    region: Annotated[Region | None, Key("Region today")] = None
    """AWS region; null takes the first of `cloud.regions`."""
    purchase: Annotated[Purchase, Key("How it is bought today")] = "on-demand"
    """How it is bought."""
    replicas: Annotated[int, Field(ge=0, le=100_000), Key("Copies today")] = 1
    """Copies that run."""
    candidate: Annotated[ShortText | None, Key("Model that runs today")] = None
    """Which measured candidate runs; null takes the one that is recommended."""
    usd_per_month: Annotated[Usd | None, Key("Serving bill of today")] = None
    """Bill of serving as it is paid, people not counted; null prices it from the list. [USD]"""
    migration_hours: Annotated[float, Field(ge=0, le=1e5), Key("Work to move away")] = 24.0
    """People's hours to move away from it, once. [h]"""
    migration_usd: Annotated[Usd, Key("Other cost of the move")] = 0.0
    """What else the move costs, once. [USD]"""

    @model_validator(mode="after")
    def _can_be_priced(self) -> "Current":
        if self.sku is None and self.usd_per_month is None:
            raise ValueError("give `sku` (what is bought) or `usd_per_month` (what it costs)")
        return self
