"""Where the training runs go: SageMaker training, an ECS task or an EC2 machine, by price."""

import dataclasses
from dataclasses import dataclass

import numpy as np

from advisor import defaults
from advisor.arrays import Floats
from advisor.capacity.gpu_runs import gpu_training
from advisor.capacity.speed_memo import carried_speed
from advisor.capacity.thread_scaling import predict_wall_s
from advisor.market import Market
from advisor.memo import Memo
from advisor.options.machines import Machines
from advisor.platforms.spot import spot_repeat
from advisor.platforms.training import TRAINING, training_usage
from advisor.profiles import CandidateProfile
from advisor.recommendation import TrainingPlace
from advisor.study.types import Study

PARTS_KEPT = 1024
"""Kinds of places whose run times are kept: a few for each candidate and region."""

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
    study: Study, profile: CandidateProfile, *, market: Market, memo: Memo
) -> Places:
    """Return what one training run of a candidate takes and costs everywhere.

    What it takes and its list price are kept: no discount moves them.
    """
    at_list = market.at_list()
    parts = []
    for region in study.cloud.regions:
        for name, kind in TRAINING.items():
            for purchase in ("on-demand", "spot"):
                if purchase in study.cloud.training_purchase:
                    found = memo(_part, at_list, profile, name, region, purchase, most=PARTS_KEPT)
                    paid = market.paid_fraction(kind.discount_service)
                    parts.append(dataclasses.replace(found, usd_per_run=found.usd_per_run * paid))
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


def _part(
    market: Market, profile: CandidateProfile, name: str, region: str, purchase: str
) -> Places:
    """Return what a run takes at the places of one kind, and its list price."""
    kind = TRAINING[name]
    machines = kind.machines(market, region=region, purchase=purchase)
    wall_s, runs_here = _wall_s(profile, machines)
    billed_s = np.maximum(MINIMUM_BILLED_S, wall_s + defaults.TRAINING_START_S.value)
    if purchase == "spot":
        name = kind.spot_name or name
        billed_s = billed_s * spot_repeat(machines.instance_type, region=region, run_s=billed_s)
        billed_s = billed_s * kind.spot_share(machines.instance_type, market, region=region)
    billed_s = np.ceil(billed_s)  # whole seconds, as every one of them bills
    usd = machines.usd_per_hour * billed_s / 3600
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
    if profile.network is None:
        return wall_s, ~has_gpu
    for model in {m for m in machines.gpu_model if m}:
        rows = np.array([m == model for m in machines.gpu_model])
        wall_s[rows] = gpu_training(
            profile.gpu_run,
            gpu_model=model,
            network=profile.network,
            row_count=profile.row_count,
            cpu_wall_s=profile.training_1_thread_s,
        ).mean_s
    return wall_s, np.ones(len(machines), dtype=bool)


def usd_per_run(place: TrainingPlace, *, market: Market) -> float:
    """Return the price of one run by the calculator of all bills. [USD]"""
    return market.usd([training_usage(place, run_count=1)], region=place.region)
