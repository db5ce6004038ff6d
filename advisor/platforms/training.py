"""Where training runs can go: one class each, one dict of all."""

from collections.abc import Sequence
from typing import ClassVar, Final, Protocol

import numpy as np

from advisor.arrays import Floats
from advisor.market import Market
from advisor.options.machines import Machines
from advisor.platforms.ecs_ec2 import EcsEc2
from advisor.platforms.ecs_fargate import EcsFargate, parse_task_sku
from advisor.platforms.instances import instance_machines
from advisor.recommendation import TrainingPlace
from pricing.usage import UsageLine


class TrainsOn(Protocol):
    """One kind of place where a model can be trained."""

    title: ClassVar[str]
    """Name for people."""
    spot_title: ClassVar[str]
    """The same where it is bought as spot."""
    spot_name: ClassVar[str | None]
    """Name of the place where it is bought as spot, if that is another."""
    discount_service: ClassVar[str]
    """Billing service that a negotiated discount is named by."""

    def machines(self, market: Market, *, region: str, purchase: str) -> Machines:
        """Return what a run can be bought on, with its hourly list price."""

    def spot_share(self, types: Sequence[str], market: Market, *, region: str) -> Floats:
        """Return the billed time of spot over its duration, interruptions not counted."""

    def usage(self, place: TrainingPlace, *, run_count: float) -> UsageLine:
        """Return the line of some runs."""


class SageMakerTraining:
    """Training jobs on managed instances; managed spot where spot is asked for."""

    title: ClassVar[str] = "SageMaker training"
    spot_title: ClassVar[str] = "SageMaker training, spot"
    spot_name: ClassVar[str | None] = "sagemaker-training-spot"
    discount_service: ClassVar[str] = "sagemaker-training"

    def machines(self, market: Market, *, region: str, purchase: str) -> Machines:
        """Return every type with a training price; managed spot pays the same hourly price."""
        del purchase
        return instance_machines(
            market,
            service="sagemaker-training",
            region=region,
            purchase="on-demand",
            sku_prefix="ml.",
        )

    def spot_share(self, types: Sequence[str], market: Market, *, region: str) -> Floats:
        """Return the part of the seconds that managed spot bills.

        It pays the on-demand rate for the billable seconds only; what share that is follows EC2's
        own spot price of the same machine.
        """
        spot, full = (
            market.column(service="ec2", skus=types, region=region, purchase=purchase)
            for purchase in ("spot", "on-demand")
        )
        share: Floats = spot / full
        return share

    def usage(self, place: TrainingPlace, *, run_count: float) -> UsageLine:
        """Return the instances' billed hours."""
        return UsageLine(
            label=f"Training runs, {place.sku}",
            service="sagemaker-training",
            sku=place.sku,
            hours=place.billed_s / 3600 * run_count,
        )


class FargateTraining:
    """A Fargate task for each run."""

    title: ClassVar[str] = EcsFargate.facts.short_title
    spot_title: ClassVar[str] = EcsFargate.facts.short_title
    spot_name: ClassVar[str | None] = None
    discount_service: ClassVar[str] = "fargate"

    def machines(self, market: Market, *, region: str, purchase: str) -> Machines:
        """Return every valid task size."""
        return EcsFargate().machines(market, region=region, purchase=purchase)

    def spot_share(self, types: Sequence[str], market: Market, *, region: str) -> Floats:
        """Return 1: spot has a price of its own."""
        del market, region
        return np.ones(len(types))

    def usage(self, place: TrainingPlace, *, run_count: float) -> UsageLine:
        """Return the tasks."""
        vcpu, memory_gib, architecture = parse_task_sku(place.sku)
        return UsageLine(
            label=f"Training runs, {place.sku}",
            service="fargate-task",
            vcpu=vcpu,
            memory_gib=memory_gib,
            architecture=architecture,
            purchase=place.purchase,
            duration_s=place.billed_s,
            count=run_count,
        )


class Ec2Training:
    """An EC2 machine for each run."""

    title: ClassVar[str] = EcsEc2.facts.short_title
    spot_title: ClassVar[str] = EcsEc2.facts.short_title
    spot_name: ClassVar[str | None] = None
    discount_service: ClassVar[str] = "ec2"

    def machines(self, market: Market, *, region: str, purchase: str) -> Machines:
        """Return every EC2 type in the catalogue."""
        return EcsEc2().machines(market, region=region, purchase=purchase)

    def spot_share(self, types: Sequence[str], market: Market, *, region: str) -> Floats:
        """Return 1: spot has a price of its own."""
        del market, region
        return np.ones(len(types))

    def usage(self, place: TrainingPlace, *, run_count: float) -> UsageLine:
        """Return the instances: each run starts one, and EC2's least time is that of a run."""
        return UsageLine(
            label=f"Training runs, {place.sku}",
            service="ec2",
            sku=place.sku,
            purchase=place.purchase,
            hours=place.billed_s / 3600,
            count=run_count,
        )


TRAINING: Final[dict[str, TrainsOn]] = {
    "sagemaker-training": SageMakerTraining(),
    EcsFargate.facts.name: FargateTraining(),
    EcsEc2.facts.name: Ec2Training(),
}
"""Where a run can go, by the name of the place."""

TRAINING_TITLES: Final[dict[str, str]] = {
    **{name: place.title for name, place in TRAINING.items()},
    **{
        place.spot_name: place.spot_title
        for place in TRAINING.values()
        if place.spot_name is not None
    },
}
"""Names of the places for people, spot's own ones too."""


def training_usage(place: TrainingPlace, *, run_count: float) -> UsageLine:
    """Return the usage of some runs at a place, for the bill."""
    named = {spot: kind for kind in TRAINING.values() if (spot := kind.spot_name) is not None}
    kind = TRAINING.get(place.platform) or named[place.platform]
    return kind.usage(place, run_count=run_count)
