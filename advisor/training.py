"""Where the training runs go: SageMaker training, an ECS task or an EC2 machine, by price."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from advisor import defaults
from advisor.arrays import Floats
from advisor.capacity.gpu_runs import gpu_training
from advisor.capacity.speed_memo import carried_speed
from advisor.capacity.thread_scaling import predict_wall_s
from advisor.cost import negotiated, price
from advisor.evidence import CandidateProfile
from advisor.platforms import STANDING_PLATFORMS
from advisor.platforms.base import Machines
from advisor.platforms.ecs_fargate import parse_task_sku
from advisor.platforms.spot import spot_repeat
from advisor.recommendation import TrainingPlace
from advisor.study.types import Study
from pricing.instances import InstanceCatalogue
from pricing.quotes import PriceBook
from pricing.usage import UsageLine

BILLING_SERVICES = {
    "sagemaker-training": "sagemaker-training",
    "sagemaker-training-spot": "sagemaker-training",
    "ecs-fargate": "fargate",
    "ecs-ec2": "ec2",
}
"""Billing service of each place, which a negotiated discount is named by."""

MACHINES_OF = {
    "sagemaker-training": "sagemaker-realtime",
    "ecs-fargate": "ecs-fargate",
    "ecs-ec2": "ecs-ec2",
}
"""The serving platform whose machines each place trains on."""

MINIMUM_BILLED_S = 60.0
"""EC2 and Fargate bill at least a minute; SageMaker by the second, taken alike. [s]"""


@dataclass(frozen=True)
class Places:
    """Every place where one candidate can be trained, in columns."""

    platform: tuple[str, ...]
    sku: tuple[str, ...]
    region: tuple[str, ...]
    purchase: tuple[str, ...]
    wall_s: Floats
    billed_s: Floats
    """Billed duration; for managed spot, the seconds that are paid at the on-demand rate. [s]"""
    usd_per_run: Floats
    """NaN where it is not sold, does not fit or takes too long. [USD]"""
    has_gpu: np.typing.NDArray[np.bool_]

    def place(self, row: int) -> TrainingPlace:
        """Return one row as an object."""
        return TrainingPlace(
            platform=self.platform[row],
            sku=self.sku[row],
            region=self.region[row],
            purchase=self.purchase[row],
            wall_s=float(self.wall_s[row]),
            billed_s=float(self.billed_s[row]),
            usd_per_run=float(self.usd_per_run[row]),
            basis="scaled",
        )

    def usd_with_waiting(self) -> Floats:
        """Return the price of a run plus a small one of waiting for it. [USD]

        Without it a run of a second goes to the smallest machine there is, to save a thousandth
        of a cent.
        """
        return self.usd_per_run + self.wall_s / 3600 * defaults.WAITING_USD_PER_HOUR.value

    def cheapest(self, *, gpu_only: bool = False, cpu_only: bool = False) -> int | None:
        """Return the cheapest row, waiting counted; null where there is none.

        A GPU must be cheaper by its price alone: waiting is worth too little to rent one.
        """
        if not (gpu_only or cpu_only):
            with_gpu, without = self.cheapest(gpu_only=True), self.cheapest(cpu_only=True)
            if with_gpu is None or without is None:
                return without if with_gpu is None else with_gpu
            pays = self.usd_per_run[with_gpu] < self.usd_per_run[without]
            return with_gpu if pays else without
        usd = self.usd_with_waiting()
        usd[~self.has_gpu if gpu_only else self.has_gpu] = np.nan
        return int(np.nanargmin(usd)) if np.isfinite(usd).any() else None


def training_places(
    study: Study,
    profile: CandidateProfile,
    *,
    book: PriceBook,
    catalogue: InstanceCatalogue,
    on: date,
    listed: dict[Any, Any] | None = None,
) -> Places:
    """Return what one training run of a candidate takes and costs everywhere.

    What it takes and its list price are kept in `listed`, where it is given, and taken from it.
    """
    listed = {} if listed is None else listed
    parts = []
    for region in study.cloud.regions:
        for name, platform in MACHINES_OF.items():
            for purchase in ("on-demand", "spot"):
                if purchase not in study.cloud.training_purchase:
                    continue
                key = ("training", profile.name, profile.form, name, region, purchase)
                if key not in listed:
                    listed[key] = _part(
                        profile,
                        name=name,
                        platform=platform,
                        region=region,
                        purchase=purchase,
                        book=book,
                        catalogue=catalogue,
                        on=on,
                    )
                parts.append(_paid(study, listed[key]))
    return Places(
        platform=tuple(p for part in parts for p in part.platform),
        sku=tuple(s for part in parts for s in part.sku),
        region=tuple(r for part in parts for r in part.region),
        purchase=tuple(p for part in parts for p in part.purchase),
        wall_s=np.concatenate([part.wall_s for part in parts]),
        billed_s=np.concatenate([part.billed_s for part in parts]),
        usd_per_run=np.concatenate([part.usd_per_run for part in parts]),
        has_gpu=np.concatenate([part.has_gpu for part in parts]),
    )


def _paid(study: Study, part: Places) -> Places:
    """Return places of one platform at what the study pays of their list prices."""
    if not part.platform:
        return part
    fraction = paid_fraction(study, BILLING_SERVICES[part.platform[0]])
    return dataclasses.replace(part, usd_per_run=part.usd_per_run * fraction)


def _part(
    profile: CandidateProfile,
    *,
    name: str,
    platform: str,
    region: str,
    purchase: str,
    book: PriceBook,
    catalogue: InstanceCatalogue,
    on: date,
) -> Places:
    """Return what a run takes at the places of one platform, and its list price."""
    machines = STANDING_PLATFORMS[platform].machines(
        book=book,
        catalogue=catalogue,
        region=region,
        purchase=purchase if name != "sagemaker-training" else "on-demand",
        on=on,
    )
    usd_per_hour = machines.usd_per_hour
    if name == "sagemaker-training":
        usd_per_hour = book.column(
            service="sagemaker-training",
            skus=machines.sku,
            region=region,
            purchase="on-demand",
            on=on,
        )
    wall_s, runs_here = _wall_s(profile, machines)
    billed_s = np.maximum(MINIMUM_BILLED_S, wall_s + defaults.TRAINING_START_S.value)
    if purchase == "spot":
        billed_s = billed_s * spot_repeat(machines.instance_type, region=region, run_s=billed_s)
        if name == "sagemaker-training":
            # Managed spot pays the on-demand rate for the billable seconds only; what share that
            # is follows EC2's own spot price of the same machine.
            name = "sagemaker-training-spot"
            billed_s = billed_s * _spot_share(machines.instance_type, book, region, on)
    billed_s = np.ceil(billed_s)  # whole seconds, as every one of them bills
    usd = usd_per_hour * billed_s / 3600
    fits = profile.training_memory_gib <= machines.memory_gib * defaults.MEMORY_HEADROOM.value
    in_time = wall_s <= defaults.TRAINING_DEADLINE_S.value
    usd = np.where(fits & in_time & runs_here, usd, np.nan)
    count = len(machines)
    return Places(
        platform=(name,) * count,
        sku=machines.sku,
        region=(region,) * count,
        purchase=(purchase,) * count,
        wall_s=wall_s,
        billed_s=billed_s,
        usd_per_run=usd,
        has_gpu=machines.gpu_count > 0,
    )


def _wall_s(
    profile: CandidateProfile, machines: Machines
) -> tuple[Floats, np.typing.NDArray[np.bool_]]:
    ratios = carried_speed(
        profile.hardware, machines.instance_type, workload_class=profile.row_class
    )
    wall_s = predict_wall_s(
        wall_1_thread_s=profile.training_1_thread_s,
        parallel_fraction=profile.parallel_fraction,
        core_count=np.maximum(1.0, machines.core_count),
        speed_ratio=ratios.ratio * np.minimum(1.0, machines.core_count),
    )
    # A burstable machine keeps up its baseline: a training spends its credits in minutes.
    wall_s = wall_s * np.maximum(1.0, machines.core_count / machines.sustained_vcpu)
    has_gpu = machines.gpu_count > 0
    if profile.parameter_count is None:
        return wall_s, ~has_gpu
    for model in {m for m in machines.gpu_model if m}:
        rows = np.array([m == model for m in machines.gpu_model])
        wall_s[rows] = gpu_training(
            profile.gpu_run,
            gpu_model=model,
            parameter_count=profile.parameter_count,
            row_count=profile.row_count,
            cpu_wall_s=profile.training_1_thread_s,
        ).mean_s
    return wall_s, np.ones(len(machines), dtype=bool)


def _spot_share(types: Sequence[str], book: PriceBook, region: str, on: date) -> Floats:
    spot = book.column(service="ec2", skus=types, region=region, purchase="spot", on=on)
    full = book.column(service="ec2", skus=types, region=region, purchase="on-demand", on=on)
    return spot / full


def training_usage(place: TrainingPlace, *, run_count: float) -> UsageLine:
    """Return the usage of some runs at a place, for the bill."""
    label = f"Training runs, {place.sku}"
    if place.platform == "ecs-fargate":
        vcpu, memory_gib, architecture = parse_task_sku(place.sku)
        return UsageLine(
            label=label,
            service="fargate-task",
            vcpu=vcpu,
            memory_gib=memory_gib,
            architecture=architecture,
            purchase=place.purchase,
            duration_s=place.billed_s,
            count=run_count,
        )
    hours = place.billed_s / 3600
    if place.platform == "ecs-ec2":
        # Each run starts an instance: EC2's least time is that of a run, not that of all of them.
        return UsageLine(
            label=label,
            service="ec2",
            sku=place.sku,
            purchase=place.purchase,
            hours=hours,
            count=run_count,
        )
    return UsageLine(
        label=label, service="sagemaker-training", sku=place.sku, hours=hours * run_count
    )


def usd_per_run(place: TrainingPlace, *, study: Study, book: PriceBook, on: date) -> float:
    """Return the price of one run by the calculator of all bills. [USD]"""
    usage = [training_usage(place, run_count=1)]
    return price(usage, study=study, book=book, region=place.region, on=on).total_usd


def paid_fraction(study: Study, service: str) -> float:
    """Return the part of a service's list price that is paid after the negotiated discount."""
    fits = (d for d in negotiated(study) if d.fits(service=service, purchase="on-demand"))
    return 1 - next((d.discount_fraction for d in fits), 0.0)
