"""Fleets that were asked for, kept from question to question, and their means."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from advisor.arrays import Bools, Floats
from advisor.decision.scenarios.uncertainty import Draws
from advisor.options.machine_classes import MachineClasses
from advisor.options.machines import MachineTable
from advisor.study.types import Study


class MeanFleets(NamedTuple):
    """Some fleets in the mean of the draws."""

    paid: Floats
    """Replicas billed, each at its price over today's."""
    probability: Floats
    """Share of the draws in which they keep the need."""
    planned: NDArray[np.int16]
    """Replicas with every input at the study's word."""


class Means(NamedTuple):
    """What does not depend on the fleets, in the mean of the draws."""

    drift: float
    """Prices over today's."""
    traffic: float
    """Requests times prices, over today's."""
    people_usd: Floats
    """Upkeep of each platform. [USD/month]"""
    candidate_usd: Floats
    """Releases of each candidate. [USD/month]"""
    price: Floats
    """Price of a replica over today's, of each purchase."""
    loads: Floats
    """Peak rate x price x true over predicted service time, (purchase x group). [1/s]"""
    works: Floats
    """Requests x prices x true over predicted service time, over today's, of each group."""


@dataclass(frozen=True)
class KeptFleets:
    """Fleets of the classes of machine that were asked for at one load, (class x draw)."""

    count: NDArray[np.int16]
    met: Bools
    known: Bools
    billed: Floats
    """Replicas billed on average where they follow the traffic."""
    followed: Bools
    paid: Floats
    """Mean of the replicas at their price, (fixed or following x class x purchase); NaN where it
    was not asked for."""


def no_fleets(
    *,
    load: Study,
    machines: MachineTable,
    classes: MachineClasses,
    draws: Draws,
    service: Floats,
    purchases: tuple[str, ...],
) -> KeptFleets:
    """Return the table of fleets of a load, still empty; whoever asks fills it in.

    Args:
        load: workload and needs; nothing else of the study counts.
        machines: what fleets are made of.
        classes: rows of the table.
        draws: its columns, the study at its word counted.
        service: true over predicted service time in each of them.
        purchases: ways to buy.
    """
    del load, machines
    rows, columns = len(classes.first), draws.peak.size
    if service.shape[1] != columns:
        raise ValueError(f"{service.shape[1]} draws of the service time, {columns} of the load")
    return KeptFleets(
        count=np.zeros((rows, columns), dtype=np.int16),
        met=np.zeros((rows, columns), dtype=bool),
        known=np.zeros(rows, dtype=bool),
        billed=np.empty((rows, columns)),
        followed=np.zeros(rows, dtype=bool),
        paid=np.full((2, rows, len(purchases)), np.nan),
    )
