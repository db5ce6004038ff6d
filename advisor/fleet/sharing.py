"""Which models move to shared machines: those whose machine is cheaper than what it replaces."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from advisor.arrays import Floats
from advisor.fleet.model import FleetModel, Load, Place
from advisor.fleet.packing import Bin, Machine, Members, cheapest_packing, fewest_bins
from advisor.platforms import PLATFORMS

SHARED = next(
    name
    for name, platform in PLATFORMS.items()
    if platform.facts.billing == "always-on" and platform.facts.discount_service == "ec2"
)
"""Platform whose machines are shared."""


@dataclass(frozen=True)
class Moved:
    """A shared machine that is worth having."""

    machine: Machine
    rows: tuple[int, ...]
    copies: int
    usd_per_month: float
    """Its machines and balancer. [USD/month]"""
    part: tuple[float, ...]
    """Part of it that each member bears, by load."""


def moves(
    models: Sequence[FleetModel], places: Sequence[Place | None], upkeep_usd: float
) -> tuple[list[Moved], int]:
    """Return the shared machines that save money, and a lower bound of their number.

    A machine is kept where its members' own ways cost more than it does; the rest stay where they
    are. A machine is sized so that one copy carries all, and stands once in each zone.

    Args:
        models: the fleet.
        places: where each runs on its own.
        upkeep_usd: what the platform of shared machines costs if nothing else uses it. [USD/month]
    """
    best: tuple[float, list[Moved], int] = (0.0, [], 0)
    for family in sorted({sku.split(".")[0] for m in models if m.load for sku in m.load.service_s}):
        found, bound = _of_family(models, places, family)
        saved = math.fsum(_saving(models, places, one) for one in found) - upkeep_usd
        if saved > best[0]:
            best = (saved, found, bound)
    return best[1], best[2]


def shared_place(model: FleetModel) -> Place | None:
    """Return a model's own way on the platform whose machines are shared."""
    return next((one for one in model.places if one.platform == SHARED), None)


def beside_usd(place: Place) -> float:
    """Return what a model pays on a shared machine besides it and its balancer. [USD/month]"""
    return place.usd_per_month - place.machine_usd_per_month - place.balancer_usd_per_month


def _of_family(
    models: Sequence[FleetModel], places: Sequence[Place | None], family: str
) -> tuple[list[Moved], int]:
    skus = sorted({s for m in models if m.load for s in m.load.service_s if _is(s, family)})
    rows = [row for row in range(len(models)) if _may_move(models[row], places[row], skus)]
    moved: list[Moved] = []
    bound = 0
    for zones in sorted({_load(models[row]).zones for row in rows}):
        some = [row for row in rows if _load(models[row]).zones == zones]
        members, machines = _members([_load(models[row]) for row in some], skus)
        bins, _ = cheapest_packing(members, machines)
        peak = (members.rate_per_s * members.service_s[:, None]).max(axis=1)
        kept = [_moved(models, some, one, peak, zones) for one in bins if len(one.members) > 1]
        kept = [one for one in kept if _saving(models, places, one) > 0]
        inside = [some.index(row) for one in kept for row in one.rows]
        if inside:
            largest = max(machines, key=lambda m: (m.cores, m.memory_gib))
            bound += fewest_bins(members.take(inside), largest)
        moved += kept
    return moved, bound


def _is(sku: str, family: str) -> bool:
    return sku.split(".", maxsplit=1)[0] == family


def _load(model: FleetModel) -> Load:
    assert model.load is not None
    return model.load


def _may_move(model: FleetModel, place: Place | None, skus: Sequence[str]) -> bool:
    """Return whether its bare share of a machine costs less than its own way does."""
    there = shared_place(model)
    if place is None or there is None or model.load is None:
        return False
    load = model.load
    if not all(sku in load.service_s for sku in skus):
        return False
    least = min(
        max(load.rate_per_s)
        * load.service_s[sku]
        / load.cores[sku]
        * load.machine_usd_per_month[sku]
        for sku in skus
    )
    return beside_usd(there) + least * load.zones < place.usd_per_month


def _members(loads: Sequence[Load], skus: Sequence[str]) -> tuple[Members, list[Machine]]:
    first = loads[0]
    machines = [
        Machine(sku, first.cores[sku], first.machine_gib[sku], first.machine_usd_per_month[sku])
        for sku in skus
    ]
    slowest = [max(load.service_s[sku] for sku in skus) for load in loads]
    members = Members(
        rate_per_s=np.array([load.rate_per_s for load in loads]),
        service_s=np.array(slowest),
        scv=np.array([load.scv for load in loads]),
        memory_gib=np.array([load.memory_gib for load in loads]),
        room_s=np.array([load.room_s for load in loads]),
    )
    return members, machines


def _moved(
    models: Sequence[FleetModel],
    some: Sequence[int],
    one: Bin,
    peak: Floats,
    zones: int,
) -> Moved:
    rows = tuple(some[member] for member in one.members)
    balancer = max(place.balancer_usd_per_month for r in rows if (place := shared_place(models[r])))
    usd = one.machine.usd_per_month * zones + balancer
    work = peak[one.members]
    parts = tuple((work / work.sum() * usd).tolist())
    return Moved(machine=one.machine, rows=rows, copies=zones, usd_per_month=usd, part=parts)


def _saving(models: Sequence[FleetModel], places: Sequence[Place | None], one: Moved) -> float:
    own = math.fsum(place.usd_per_month for row in one.rows if (place := places[row]))
    there = math.fsum(beside_usd(place) for r in one.rows if (place := shared_place(models[r])))
    return own - there - one.usd_per_month
