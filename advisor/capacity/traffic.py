"""Traffic over a day or a week: from counts to a profile, and from a profile to minutes.

A profile is the rate of each hour, of a day (24) or of a week (168, Monday 00:00 first), as weights
around the mean. What the hours do not show, how unevenly requests fall within one, is the
dispersion of the counts per minute: 1 for requests that know nothing of each other (Poisson).
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import ArrayLike

from advisor.arrays import Floats
from advisor.study.types import HOURS_PER_MONTH, WORST_MINUTE_SIGMAS, Workload

DAY_HOURS, WEEK_HOURS = 24, 168
HOUR_MINUTES = 60


@dataclass(frozen=True)
class TrafficSummary:
    """What a record of traffic says."""

    requests_per_s: float
    """Mean over the record. [1/s]"""
    peak_requests_per_s: float
    """Busiest hour of the profile, with its worst minute: what replicas are planned for. [1/s]"""
    profile: tuple[float, ...]
    """Weights of 24 or 168 hours, mean 1."""
    dispersion: float
    """Variance of the counts per minute / their mean, within hours; 1 is Poisson."""
    growth_per_month: float | None
    """Growth of the daily mean; null for less than four weeks. [fraction/month]"""
    first: datetime
    """First minute."""
    minute_count: int
    """Minutes in the record, empty ones counted."""
    notes: tuple[str, ...] = ()
    """What a reader must know."""


BURSTS_DISPERSION = 10.0
"""From here on, where most minutes are empty, requests come in bursts that no normal law follows:
the peak is the busiest hour's own minute that one in a hundred exceeds."""


def summarise_counts(*, first: datetime, counts: ArrayLike) -> TrafficSummary:
    """Sum up counts per minute.

    A record of a week or more gives 168 hours, one of a day or more 24; a shorter one repeats what
    there is. Hours are means over all days that have them.

    Args:
        first: time of the first minute.
        counts: requests of each minute, without gaps, at least an hour.

    Raises:
        ValueError: less than an hour, a negative count, or no request at all.
    """
    per_minute = np.asarray(counts, dtype=float)
    if per_minute.size < HOUR_MINUTES:
        raise ValueError(f"{per_minute.size} minutes: an hour is the least that makes a profile")
    if np.any(per_minute < 0) or not np.all(np.isfinite(per_minute)):
        raise ValueError("counts must be >= 0")
    if not per_minute.sum() > 0:
        raise ValueError("no request in the whole record")
    notes = []
    days = per_minute.size / (24 * HOUR_MINUTES)
    if days >= 7:
        hours, offset = WEEK_HOURS, first.weekday() * 24 * 60
    else:
        hours, offset = DAY_HOURS, 0
        notes.append(f"{days:.1f} days: the profile is a day's, taken as true for each day")
    minute = np.arange(per_minute.size) + offset + first.hour * 60 + first.minute
    slot = (minute // HOUR_MINUTES) % hours
    seen = np.bincount(slot, minlength=hours)
    sums = np.bincount(slot, weights=per_minute, minlength=hours)
    mean = float(per_minute.mean())
    by_hour = np.where(seen > 0, sums / np.maximum(seen, 1), mean)
    if np.any(seen == 0):
        notes.append(f"{int((seen == 0).sum())} of {hours} hours are not in it: taken as the mean")
    profile = by_hour / by_hour.mean()
    dispersion = _dispersion(per_minute)
    mean_per_s = mean / 60
    peak = peak_rate_per_s(requests_per_s=mean_per_s, profile=profile, dispersion=dispersion)
    if dispersion > BURSTS_DISPERSION and np.mean(per_minute == 0) > 0.5:
        busiest = per_minute[slot == int(np.argmax(by_hour))]
        peak = max(peak, float(np.quantile(busiest, 0.99, method="higher")) / 60)
    return TrafficSummary(
        requests_per_s=mean_per_s,
        peak_requests_per_s=peak,
        profile=tuple(round(float(w), 4) for w in profile),
        dispersion=round(dispersion, 3),
        growth_per_month=_growth_per_month(per_minute),
        first=first,
        minute_count=per_minute.size,
        notes=tuple(notes),
    )


def _dispersion(per_minute: Floats) -> float:
    """Variance / mean of the counts within each hour, a straight line through it taken out."""
    whole = per_minute[: per_minute.size // HOUR_MINUTES * HOUR_MINUTES].reshape(-1, HOUR_MINUTES)
    busy = whole[whole.sum(axis=1) >= HOUR_MINUTES]  # below one a minute it is 1 whatever comes
    if busy.shape[0] == 0:
        return 1.0
    x = np.arange(HOUR_MINUTES) - (HOUR_MINUTES - 1) / 2
    centred = busy - busy.mean(axis=1, keepdims=True)
    rest = centred - np.outer(centred @ x / (x @ x), x)
    variance = (rest**2).sum(axis=1) / (HOUR_MINUTES - 2)
    return float(variance.sum() / busy.mean(axis=1).sum())


def _growth_per_month(per_minute: Floats) -> float | None:
    """Growth of weekly sums, by a straight line through their logarithms. [fraction/month]"""
    weeks = per_minute.size // (WEEK_HOURS * HOUR_MINUTES)
    if weeks < 4:
        return None
    sums = per_minute[: weeks * WEEK_HOURS * HOUR_MINUTES].reshape(weeks, -1).sum(axis=1)
    if not np.all(sums > 0):
        return None
    per_week = float(np.polyfit(np.arange(weeks), np.log(sums), 1)[0])
    return round(float(np.expm1(per_week * HOURS_PER_MONTH / WEEK_HOURS)), 4)


def peak_rate_per_s(*, requests_per_s: float, profile: ArrayLike, dispersion: float = 1.0) -> float:
    """Rate to plan for: the busiest hour, raised to the minute that one in a hundred exceeds.

        peak = mean max(profile) / mean(profile)
        planned = peak + 2.33 sqrt((D - 1) peak / 60)          D > 1, else peak

    Poisson's own unevenness (D = 1) is in the queueing formulas already.

    Example:
        >>> peak_rate_per_s(requests_per_s=10.0, profile=[0.5, 1.0, 1.5])
        15.0
    """
    weights = np.asarray(profile, dtype=float)
    peak = requests_per_s * float(weights.max() / weights.mean())
    excess = max(0.0, dispersion - 1.0)
    return float(peak + WORST_MINUTE_SIGMAS * np.sqrt(excess * peak / HOUR_MINUTES))


def minute_rates_per_s(
    *,
    requests_per_s: float,
    profile: ArrayLike,
    dispersion: float = 1.0,
    rng: np.random.Generator | None = None,
) -> Floats:
    """Rates of each minute of a profile, straight lines between the middles of its hours. [1/s]

    The lines keep the profile's mean. With `dispersion` above 1 and `rng`, minutes vary around them
    by the part of their variance that is not Poisson's (gamma).

    Args:
        requests_per_s: mean rate. [1/s]
        profile: weights of each hour, >= 0.
        dispersion: variance / mean of counts per minute.
        rng: draws the minutes; smooth without.
    """
    weights = np.asarray(profile, dtype=float)
    if weights.size == 0 or np.any(weights < 0) or not weights.sum() > 0:
        raise ValueError("a profile has weights >= 0, at least one of them positive")
    hours = np.arange(weights.size) + 0.5
    at = (np.arange(weights.size * HOUR_MINUTES) + 0.5) / HOUR_MINUTES
    rates = np.interp(at, hours, weights, period=weights.size) * requests_per_s / weights.mean()
    rates *= requests_per_s / max(rates.mean(), 1e-300)
    excess = dispersion - 1.0
    if excess > 0 and rng is not None:
        scv = excess / np.maximum(rates * 60, 1e-9)  # of the minute's own rate
        rates = rates * rng.gamma(1 / scv, scv)
    return np.asarray(rates, dtype=float)


def flat_or_office_profile(*, requests_per_s: float, peak_requests_per_s: float) -> Floats:
    """A day for a study that gives mean and peak only: a bell around midday with that peak.

        weight(h) = 1 + (peak / mean - 1) (b(h) - mean b) / (1 - mean b),   b = sin^2k(pi h / 24)

    with the smallest k in 1, 2, 4, ... for which no hour is below 0; a day has no peak above 23
    times its mean. Assumed: it only shapes what
    a peak does to scaling and to the bill.
    """
    ratio = min(max(1.0, peak_requests_per_s / requests_per_s), DAY_HOURS - 1.0)
    hour = np.arange(DAY_HOURS)
    for k in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512):
        bell = np.sin(np.pi * hour / DAY_HOURS) ** (2 * k)
        bell /= bell.max()
        weights = 1 + (ratio - 1) * (bell - bell.mean()) / (1 - bell.mean())
        if weights.min() >= 0:
            break
    return np.asarray(np.maximum(weights, 0.0), dtype=float)


def workload_minutes_per_s(work: Workload, *, seed: int = 0) -> Floats:
    """Rate of each minute of a study's day or week, its dispersion drawn by seed. [1/s]

    The mean is that of the active hours; without a profile it is a bell with the study's peak.
    """
    profile: ArrayLike = work.profile or flat_or_office_profile(
        requests_per_s=work.requests_per_s, peak_requests_per_s=work.peak_now_per_s
    )
    return minute_rates_per_s(
        requests_per_s=work.requests_per_s,
        profile=profile,
        dispersion=work.dispersion,
        rng=np.random.default_rng(seed),
    )
