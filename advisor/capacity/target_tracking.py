"""Fleets that follow the traffic by target tracking: replicas billed on average, in closed form.

A target of requests per replica is what the fewest replicas carry within the need, so that it is
kept with any number of them, divided by a headroom for the minutes until new replicas answer. With
u(t) the rate of each minute over the peak and y the replicas that the target asks for at the peak,

    b(t) = headroom x max of u over the minutes that a decision of minute t looks back on
    billed(t) = min(most, max(fewest, ceil(b(t) y)))

What the rules of AWS do minute by minute is `advisor.capacity.autoscaling.target_tracking`; the
tests hold the two against each other.
"""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from advisor import defaults
from advisor.arrays import Floats, Ints
from advisor.capacity.queueing import (
    Routing,
    lognormal_knots,
    sojourn_quantiles_s,
    station_waiting,
)
from advisor.capacity.traffic import flat_or_office_profile, minute_rates_per_s
from advisor.study.types import HOURS_PER_MONTH, Workload

SEEN_AFTER_MINUTES = 4
"""A minute's metric is seen a minute later and must be above the target for three: AWS's alarm for
scaling out."""

KEPT_MINUTES = 20
"""Minutes that a replica stays after it was needed: 15 below the low mark, a minute of delay, and
on average half a cooldown of 300 s, rounded up: AWS's alarm for scaling in."""

OUT_OF_NEED_FRACTION = 0.01
"""Share of the minutes that the headroom may leave out of the need: AWS advises no figure; ours."""

LEAST_SHARE = 0.05
"""Fewest replicas over most: no fleet has to grow more than twentyfold within minutes. Ours."""

LOADS_PER_OCTAVE = 48
"""Loads are rounded up to the next of so many in each doubling: billed at most 1.5% too dear."""

FIRST_LOAD = 0.25
"""Replicas asked for at the peak in the first row of a table."""

LOADS = 13 * LOADS_PER_OCTAVE
"""Rows of a table: up to 2,048 replicas."""

TABLED = 64
"""Replicas up to which means are tabulated; more of them are asked for in too many numbers."""

ROUTING: Routing = "least-outstanding"
"""How requests find a replica; every platform can be set to it, and the advice says so."""

HALVINGS = 14
"""Steps in which the rate is bracketed that the fewest replicas carry."""


@dataclass(frozen=True)
class TrackedFleet:
    """How a fleet follows one shape of traffic."""

    levels: Floats
    """b of each minute, ascending."""
    headroom: float
    """What the target is divided by."""
    active_fraction: float
    """Share of the month with traffic; the rest is billed at the fewest replicas."""
    fewest: int
    """Replicas that always run: one per zone."""
    table: Floats = field(default_factory=lambda: np.empty((LOADS, TABLED + 1)))
    """Mean replicas by load and most replicas."""
    is_tabled: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(LOADS, dtype=bool))
    """Which rows of it are filled."""

    @property
    def mean_level(self) -> float:
        """Mean of b, cut at the peak: a fleet's least mean over what its load asks for."""
        return self.active_fraction * float(np.minimum(self.levels, 1.0).mean())

    def least(self, most: Ints) -> Ints:
        """Return the replicas that always run in a fleet of so many at the peak."""
        floor = np.maximum(self.fewest, np.ceil(LEAST_SHARE * most - 1e-9)).astype(np.int64)
        least: Ints = np.minimum(most, floor)
        return least

    def mean_replicas(self, *, load: Floats, most: Ints) -> Floats:
        """Return the replicas billed on average over a month.

        Args:
            load: replicas that the target without its headroom asks for at the peak, > 0.
            most: replicas of the fixed fleet, which are the maximum. Shapes broadcast.
        """
        most = np.asarray(most, dtype=np.int64)
        place = np.log2(np.maximum(load, FIRST_LOAD) / FIRST_LOAD)
        place *= LOADS_PER_OCTAVE
        place -= 1e-6
        row = np.minimum(np.ceil(place, out=place), LOADS - 1).astype(np.int64)
        largest = int(most.max(initial=0))
        if largest <= TABLED:
            tabled: Floats = self._table(row)[row, most]
            return tabled
        row, most = np.broadcast_arrays(row, most)
        asked, place = np.unique(row * (largest + 1) + most, return_inverse=True)
        mean: Floats = self._means(asked // (largest + 1), asked % (largest + 1))[
            place.reshape(most.shape)
        ]
        return mean

    def _table(self, row: Ints) -> Floats:
        """Return mean replicas, (load x most replicas), filled where a row is asked for.

        mean(y, n) = least + sum over k from least to n - 1 of the share of minutes with b y > k
        """
        is_asked = np.zeros(LOADS, dtype=bool)
        is_asked[row] = True
        rows = np.flatnonzero(is_asked & ~self.is_tabled)
        if rows.size:
            level = np.arange(TABLED) * (1 + 1e-12) / _load_of(rows)[:, None]
            above = 1 - np.searchsorted(self.levels, level, side="right") / len(self.levels)
            summed = np.concatenate([np.zeros((rows.size, 1)), np.cumsum(above, axis=1)], axis=1)
            most = np.arange(TABLED + 1)
            least = self.least(most)
            self.table[rows] = self._over_the_month(
                least + summed - summed[:, least], least=least, most=most
            )
            self.is_tabled[rows] = True
        return self.table

    def _means(self, row: Ints, most: Ints) -> Floats:
        """Return mean replicas of loads and maxima, one by one: what each minute asks for, cut.

        mean(y, n) = mean over the minutes of min(n, max(least, ceil(b y)))
        """
        level, times = np.unique(self.levels, return_counts=True)
        rows, own = np.unique(row, return_inverse=True)
        asked = np.ceil(level / (1 + 1e-12) * _load_of(rows)[:, None])
        minutes = np.concatenate([[0], np.cumsum(times)])
        summed = np.concatenate(
            [np.zeros((rows.size, 1)), np.cumsum(asked * times, axis=1)], axis=1
        )
        least, load = self.least(most), _load_of(row)
        low = np.searchsorted(level, least * (1 + 1e-12) / load, side="right")
        high = np.searchsorted(level, (most - 1) * (1 + 1e-12) / load, side="right")
        high = np.maximum(low, high)
        total = least * minutes[low] + summed[own, high] - summed[own, low]
        total += most * (minutes[-1] - minutes[high])
        return self._over_the_month(total / minutes[-1], least=least, most=most)

    def _over_the_month(self, active: Floats, *, least: Ints, most: Ints) -> Floats:
        """Return the mean over all hours; without traffic the fewest replicas run."""
        mean = self.active_fraction * active + (1 - self.active_fraction) * least
        within: Floats = np.clip(mean, least, most)  # to the last digit
        return within


def _load_of(row: Ints) -> Floats:
    """Return the load of a row of the table."""
    load: Floats = FIRST_LOAD * 2 ** (row / LOADS_PER_OCTAVE)
    return load


def tracked_fleet_of(work: Workload, *, start_minutes: int, fewest: int) -> TrackedFleet:
    """Return how fleets whose replicas start in so many minutes follow a study's traffic."""
    return _following(
        profile=work.profile,
        # Of three times a rate over that rate the last digit varies: one shape, one table.
        ratio=float(f"{work.peak_now_per_s / work.requests_per_s:.12g}"),
        dispersion=work.dispersion,
        # The minutes' own unevenness depends on how many requests they have; a shape does not.
        rate_per_s=work.requests_per_s if work.dispersion > 1 else 1.0,
        start_minutes=start_minutes,
        active_fraction=work.active_hours_per_month / HOURS_PER_MONTH,
        fewest=fewest,
    )


@lru_cache(maxsize=64)
def _following(
    *,
    profile: tuple[float, ...],
    ratio: float,
    dispersion: float,
    rate_per_s: float,
    start_minutes: int,
    active_fraction: float,
    fewest: int,
) -> TrackedFleet:
    weights = profile or tuple(
        flat_or_office_profile(requests_per_s=1.0, peak_requests_per_s=ratio)
    )
    rates = minute_rates_per_s(
        requests_per_s=rate_per_s,
        profile=weights,
        dispersion=dispersion,
        rng=np.random.default_rng(0),
    )
    share = rates / (ratio * rate_per_s)
    ready = _looked_back(share, SEEN_AFTER_MINUTES + start_minutes, KEPT_MINUTES)
    short = share / np.maximum(ready, LEAST_SHARE)
    headroom = max(1.0, float(np.quantile(short, 1 - OUT_OF_NEED_FRACTION)))
    billed = _looked_back(share, SEEN_AFTER_MINUTES, KEPT_MINUTES)
    return TrackedFleet(
        levels=np.sort(headroom * billed),
        headroom=headroom,
        active_fraction=active_fraction,
        fewest=fewest,
    )


def _looked_back(share: Floats, first: int, last: int) -> Floats:
    """Return the highest share of the minutes from `first` to `last` ago; the profile repeats."""
    highest = np.roll(share, first)
    for ago in range(first + 1, max(first, last) + 1):
        np.maximum(highest, np.roll(share, ago), out=highest)
    return highest


def start_minutes(start_s: Floats) -> Ints:
    """Return whole minutes from asking for a replica to its first answer. [min]"""
    minutes: Ints = np.ceil(start_s / 60 - 1e-9).astype(np.int64)
    return minutes


def pooling(
    *,
    service_s: Floats,
    scv: Floats,
    workers: Ints,
    front_s: Floats,
    fewest: int,
    max_p99_s: float | None,
) -> Floats:
    """Replicas that a target asks for over those that the load alone does, at least 1.

        0.7 w fewest / S  /  largest rate whose p99 the fewest replicas keep

    A few replicas wait more at the same load than many do: a target that the fewest keep asks for
    more of them at the peak than the plan does.

    Args:
        service_s: mean service time. [s]
        scv: its squared coefficient of variation.
        workers: requests that a replica serves at a time.
        front_s: time added to every answer. [s]
        fewest: replicas that always run.
        max_p99_s: the need; None is no need. [s]

    Returns:
        Infinite where the need is not kept at any rate.
    """
    full = defaults.MAX_UTILISATION.value * workers * fewest / service_s
    if max_p99_s is None:
        return np.ones_like(full)
    low, high = np.zeros_like(full), np.ones_like(full)
    knots = lognormal_knots(service_s=service_s, service_scv=scv)

    def keeps(share: Floats) -> NDArray[np.bool_]:
        waiting = station_waiting(
            arrival_per_s=share * full,
            service_s=service_s,
            service_scv=scv,
            workers_per_replica=workers,
            replica_count=np.full(len(full), fewest),
            routing=ROUTING,
        )
        p99_s = sojourn_quantiles_s(probabilities=(0.99,), waiting=waiting, service_knots_s=knots)[
            0
        ]
        kept: NDArray[np.bool_] = p99_s + front_s <= max_p99_s
        return kept

    low = np.where(keeps(high), high, low)
    for _ in range(HALVINGS if (low < high).any() else 0):
        middle = (low + high) / 2
        ok = keeps(middle)
        low, high = np.where(ok, middle, low), np.where(ok, high, middle)
    with np.errstate(divide="ignore"):
        return np.asarray(np.where(low > 1e-6, 1 / low, np.inf))


def target_per_minute(*, service_s: float, workers: int, pooled: float, headroom: float) -> float:
    """Return the requests per replica and minute to set as the target. [1/min]"""
    return 60 * defaults.MAX_UTILISATION.value * workers / service_s / pooled / headroom


def billed_replicas(
    work: Workload,
    *,
    zones: int,
    start_s: Floats,
    load: Floats,
    most: Ints,
    fewest: Ints,
) -> Floats:
    """Return the replicas billed on average of fleets that follow a study's traffic.

    Args:
        work: the traffic.
        zones: replicas that always run.
        start_s: from asking for a replica to its first answer. [s], (fleets,)
        load: replicas that the target without headroom asks for at the peak, (fleets, ...).
        most: replicas of the fixed fleet, (fleets, ...).
        fewest: replicas that network and CPU credits ask for, as `most` or (fleets, 1).
    """
    minutes = start_minutes(start_s)
    billed = np.empty(most.shape)
    for each in np.unique(minutes).tolist():
        own = minutes == each
        following = tracked_fleet_of(work, start_minutes=each, fewest=zones)
        billed[own] = following.mean_replicas(load=load[own], most=most[own])
    if (fewest > zones).any():
        np.maximum(billed, np.minimum(most, np.where(fewest > zones, fewest, 0)), out=billed)
    return billed
