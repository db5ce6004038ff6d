"""Platforms that many models share: whose upkeep is worth paying once for all."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.arrays import Floats
from advisor.errors import AdvisorError

MOST_PLATFORMS = 16
"""Every subset is looked at: 2^16 of them is the most that takes no minutes."""


@dataclass(frozen=True)
class SharedPlatforms:
    """The cheapest set of platforms, and which model runs where."""

    kept: tuple[int, ...]
    """Columns of the platforms that are kept, ascending."""
    place: NDArray[np.int_]
    """Column of each model's platform; -1 where no platform can run it."""
    usd_per_month: float
    """What the models cost there, and each kept platform once. [USD/month]"""


def shared_platforms(
    usd_per_month: Floats, platform_usd_per_month: Floats, *, own: NDArray[np.int_] | None = None
) -> SharedPlatforms:
    """Return the set of platforms that serves all models at the least cost, exactly.

        min over sets S of  sum over p in S of H_p + sum over m of min over p in S of c_mp

    This is uncapacitated facility location. Each set is built on the last one by one column, so
    that 2^P - 1 sets take as many passes over the models.

    Args:
        usd_per_month: c, cost of each model on each platform, its own upkeep there counted; inf
            where it cannot run. [USD/month], models x platforms
        platform_usd_per_month: H, upkeep that a platform takes however many use it. [USD/month]
        own: column that each model takes where several cost it the same.

    Raises:
        AdvisorError: there are more platforms than every subset can be looked at of.

    Example:
        >>> cost = np.array([[10.0, 50.0], [10.0, 50.0], [50.0, 10.0]])
        >>> shared_platforms(cost, np.array([100.0, 100.0])).usd_per_month
        170.0
        >>> shared_platforms(cost, np.array([10.0, 10.0])).kept
        (0, 1)
    """
    models, platforms = usd_per_month.shape
    if platforms > MOST_PLATFORMS:
        raise AdvisorError(
            f"{platforms} platforms are too many to look at every set of them: "
            f"name at most {MOST_PLATFORMS} under cloud.platforms"
        )
    place = np.full(models, -1)
    can = np.isfinite(usd_per_month).any(axis=1)
    if not can.any():
        return SharedPlatforms(kept=(), place=place, usd_per_month=0.0)
    costs = np.ascontiguousarray(usd_per_month[can].T)
    kept = _best_set(costs, platform_usd_per_month)
    among = costs[list(kept)]
    chosen = np.asarray(kept)[among.argmin(axis=0)]
    if own is not None:
        wanted = own[can]
        rows = np.arange(len(wanted))
        same = np.isin(wanted, kept) & (costs[np.maximum(wanted, 0), rows] <= among.min(axis=0))
        chosen = np.where(same, wanted, chosen)
    place[can] = chosen
    used = tuple(sorted({int(p) for p in chosen}))
    total = math.fsum(among.min(axis=0)) + math.fsum(platform_usd_per_month[list(used)])
    return SharedPlatforms(kept=used, place=place, usd_per_month=total)


def _best_set(costs: Floats, fixed: Floats) -> tuple[int, ...]:
    """Return the cheapest set, the smaller one of two that cost the same.

    Args:
        costs: cost of each model on each platform, platforms x models. [USD/month]
        fixed: upkeep of each platform. [USD/month]
    """
    platforms, models = costs.shape
    best: tuple[float, int, tuple[int, ...]] = (math.inf, platforms + 1, ())

    def extend(kept: tuple[int, ...], least: Floats, upkeep: float) -> None:
        nonlocal best
        for column in range(kept[-1] + 1 if kept else 0, platforms):
            now = np.minimum(least, costs[column])
            paid = upkeep + float(fixed[column])
            total = float(now.sum()) + paid
            best = min(best, (total, len(kept) + 1, (*kept, column)))
            if paid < best[0]:  # upkeep alone is a lower bound of every larger set
                extend((*kept, column), now, paid)

    extend((), np.full(models, math.inf), 0.0)
    return best[2]
