"""One calendar for all retraining: intervals that fit together, hours that are level."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.arrays import Floats

BASE_DAYS = 7.0
"""One slot of the calendar. [days]"""
LONGEST_POWER = 6
"""Longest interval: base x 2^6, over a year of weeks."""
SHORTEST_POWER = -5
"""Shortest interval: base / 2^5, some hours."""


def power_of_two(days: Floats, low: Floats, high: Floats, *, base: float = BASE_DAYS) -> Floats:
    """Return each interval as base x 2^k: inside its flat zone where one is, else the nearest.

    With cost C / T + k T rounding to the nearest in the logarithm costs at most
    (sqrt 2 + 1 / sqrt 2) / 2 - 1 = 6.1% (Roundy's power-of-two bound).

    Args:
        days: best interval; inf for never. [days]
        low: shortest interval that costs hardly more. [days]
        high: longest one. [days]
        base: one slot. [days]

    Example:
        >>> power_of_two(np.array([25.0, 10.0]), np.array([18.0, 9.9]), np.array([33.0, 20.0]))
        array([28., 14.])
    """
    finite = np.isfinite(days)
    asked = np.where(finite, days, base)
    power = np.clip(np.rint(np.log2(asked / base)), SHORTEST_POWER, LONGEST_POWER)
    nearest = base * 2.0**power
    other = np.where(nearest > asked, nearest / 2, nearest * 2)
    outside = (nearest < low) | (nearest > high)
    inside = (other >= low) & (other <= high)
    rounded = np.where(outside & inside, other, nearest)
    return np.where(finite, rounded, math.inf)


@dataclass(frozen=True)
class Calendar:
    """When each model is released."""

    phase: NDArray[np.int_]
    """Slot of each model's first release; 0 for more than one release a slot."""
    hours_per_slot: Floats
    """Hours of each slot of one turn of the calendar. [h]"""

    @property
    def mean_hours(self) -> float:
        """Hours of the mean slot: no calendar is more level than that. [h]"""
        return float(self.hours_per_slot.mean())

    @property
    def peak_hours(self) -> float:
        """Hours of the busiest slot. [h]"""
        return float(self.hours_per_slot.max())


def level_phases(days: Floats, hours: Floats, *, base: float = BASE_DAYS) -> Calendar:
    """Return phases that make the slots' hours level: largest first, where the peak is least.

    Args:
        days: interval of each model, base x 2^k; inf for never. [days]
        hours: hours of one release. [h]
        base: one slot. [days]

    Example:
        >>> level_phases(np.full(8, 28.0), np.full(8, 3.0)).hours_per_slot
        array([6., 6., 6., 6.])
    """
    finite = np.isfinite(days)
    slots = np.where(finite, days / base, 1.0)
    turn = int(max(1.0, slots.max(initial=1.0)))
    load = np.zeros(turn)
    phase = np.zeros(len(days), dtype=int)
    often = finite & (slots <= 1)
    load += math.fsum(hours[often] / slots[often])
    rows = np.flatnonzero(finite & (slots > 1))
    for row in rows[np.lexsort((slots[rows], -hours[rows]))]:
        by_phase = load.reshape(-1, int(slots[row]))
        peaks = by_phase.max(axis=0)
        lowest = np.flatnonzero(peaks <= peaks.min() * (1 + 1e-12))
        slot = int(lowest[by_phase[:, lowest].sum(axis=0).argmin()])
        phase[row] = slot
        load[slot :: int(slots[row])] += hours[row]
    return Calendar(phase=phase, hours_per_slot=load)


@dataclass(frozen=True)
class Stretched:
    """Intervals that keep within the team's hours."""

    days: Floats
    """Interval of each model. [days]"""
    usd_per_hour: float
    """Price of an hour at which they fit: 0 where they fit as they are. [USD/h]"""
    hours_per_slot: float
    """Mean hours of a slot that they take. [h]"""


def stretch_to_hours(
    *,
    best_days: Floats,
    release_usd: Floats,
    hours: Floats,
    ageing_usd_per_day2: Floats,
    hours_per_slot: float,
    rounded: Floats,
    base: float = BASE_DAYS,
) -> Stretched:
    """Stretch intervals until their hours fit, the cheapest stretch first.

        T(p) = sqrt((C + p h) / k),   the least price p of an hour at which the load fits

    Args:
        best_days: interval of least cost; inf for never. [days]
        release_usd: C, one release. [USD]
        hours: h, people's hours of one release. [h]
        ageing_usd_per_day2: k, cost C / T + k T a day; the best interval and C give it where it is
            not known. [USD/day^2]
        hours_per_slot: what the team has in one slot. [h]
        rounded: the intervals if nothing were scarce, as powers of two. [days]
        base: one slot. [days]
    """
    finite = np.isfinite(best_days)

    def load(days: Floats) -> float:
        return math.fsum(hours[finite] * base / days[finite])

    if load(rounded) <= hours_per_slot:
        return Stretched(days=rounded, usd_per_hour=0.0, hours_per_slot=load(rounded))
    k = np.where(finite, ageing_usd_per_day2, 1.0)

    def at(price: float) -> Floats:
        asked = np.sqrt((release_usd + price * hours) / np.maximum(k, 1e-300))
        longest = np.where(finite, base * 2.0**LONGEST_POWER, math.inf)
        wanted = np.where(finite, np.minimum(np.maximum(asked, rounded), longest), math.inf)
        return np.maximum(power_of_two(wanted, wanted, wanted, base=base), rounded)

    dearest = 1.0
    while load(at(dearest)) > hours_per_slot and dearest < 1e12:
        dearest *= 2
    low = 0.0
    for _ in range(60):
        middle = (low + dearest) / 2
        low, dearest = (low, middle) if load(at(middle)) <= hours_per_slot else (middle, dearest)
    found = at(dearest)
    return Stretched(days=found, usd_per_hour=dearest, hours_per_slot=load(found))
