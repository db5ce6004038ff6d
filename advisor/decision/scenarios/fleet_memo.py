"""Fleets that were asked for, kept from question to question, and their means."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from advisor.arrays import Bools, Floats
from advisor.memo import last_few

FLEETS_KEPT = 4
"""Loads whose fleets are kept: drivers that leave the load alone ask for the same ones."""


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
    """Fleets of the kinds of machine that were asked for at one load, (kind x draw)."""

    count: NDArray[np.int16]
    met: Bools
    known: Bools
    billed: Floats
    """Replicas billed on average where they follow the traffic."""
    followed: Bools
    paid: Floats
    """Mean of the replicas at their price, (fixed or following x kind x purchase); NaN where it was
    not asked for."""


def kept_fleets(
    kept: dict[Any, Any], key: tuple[Any, ...], *, classes: int, draws: int, purchases: int
) -> KeptFleets:
    """Return the table of fleets of a load, empty where it is new.

    Args:
        kept: what an option space keeps.
        key: load, need and doubt.
        kinds: rows of the table.
        draws: its columns, the study at its word counted.
        purchases: ways to buy.
    """

    def empty() -> KeptFleets:
        return KeptFleets(
            count=np.zeros((classes, draws), dtype=np.int16),
            met=np.zeros((classes, draws), dtype=bool),
            known=np.zeros(classes, dtype=bool),
            billed=np.empty((classes, draws)),
            followed=np.zeros(classes, dtype=bool),
            paid=np.full((2, classes, purchases), np.nan),
        )

    tables: dict[Any, KeptFleets] = kept.setdefault("fleets", {})
    return last_few(tables, key, empty, most=FLEETS_KEPT)
