"""What raw durations allow one to say: quantiles with distribution-free intervals, enough samples.

No percentile is stated from too few samples, and every interval comes from order statistics, which
need no assumption on the shape of the distribution (only independent samples).
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

LOADGEN_BLOCK = 2**13
"""LoadGen rounds its sample counts up to a multiple of this."""


@dataclass(frozen=True)
class QuantileInterval:
    """A quantile of durations and what is known about it."""

    value_s: float | None
    """The sample quantile; null where there are too few samples to state one. [s]"""
    lower_s: float | None
    """Lower bound; null where the samples do not give one. [s]"""
    upper_s: float | None
    """Upper bound; null where the samples do not give one. [s]"""


def minimum_sample_count(*, quantile: float, confidence: float, slow_count: int = 0) -> int:
    """Least number of requests that shows a latency quantile to be within a limit.

    With `t` requests over the limit, the smallest n with

        P[Bin(n, 1 - p) <= t] <= 1 - c

    Args:
        quantile: p, within (0, 1), e.g. 0.99.
        confidence: c, within (0, 1), e.g. 0.95.
        slow_count: t, requests that were over the limit.

    Example:
        >>> minimum_sample_count(quantile=0.99, confidence=0.99)
        459
        >>> minimum_sample_count(quantile=0.99, confidence=0.95)
        299

    Source:
        MLPerf Inference rules, early stopping (tolerance 0).
    """
    _check_fraction("quantile", quantile)
    _check_fraction("confidence", confidence)
    if slow_count < 0:
        raise ValueError(f"slow_count must be 0 or more, got {slow_count}")
    low, high = slow_count, max(1, 2 * slow_count)
    while _binomial_cdf(slow_count, high, 1 - quantile) > 1 - confidence:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if _binomial_cdf(slow_count, middle, 1 - quantile) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def loadgen_sample_count(*, quantile: float, confidence: float = 0.99) -> tuple[int, int]:
    """Return LoadGen's number of samples for a tail latency, as computed and as rounded up.

        margin = (1 - p) / 20        N = z((1 - c) / 2)^2 * p * (1 - p) / margin^2

    Example:
        >>> loadgen_sample_count(quantile=0.99)
        (262742, 270336)

    Source:
        MLPerf Inference rules, "Statistical confidence"; rounded up to a multiple of 2^13.
    """
    _check_fraction("quantile", quantile)
    _check_fraction("confidence", confidence)
    margin = (1 - quantile) / 20
    z = statistics.NormalDist().inv_cdf((1 - confidence) / 2)
    count = round(z**2 * quantile * (1 - quantile) / margin**2)
    return count, math.ceil(count / LOADGEN_BLOCK) * LOADGEN_BLOCK


def quantile_ranks(
    *, sample_count: int, quantile: float, confidence: float = 0.95
) -> tuple[int | None, int | None]:
    """Return the ranks (from 1) of the order statistics that bracket a quantile.

    The number of samples below the p-quantile is Bin(n, p); the ranks cut (1 - c) / 2 off each of
    its ends. A rank is null where the samples are too few for a bound on that side.

    Example:
        >>> quantile_ranks(sample_count=10_000, quantile=0.99)
        (9880, 9920)

    Source:
        H. A. David and H. N. Nagaraja, "Order Statistics", 3rd ed., section 7.1.
    """
    _check_fraction("quantile", quantile)
    _check_fraction("confidence", confidence)
    tail = (1 - confidence) / 2
    lower = _binomial_quantile(tail, sample_count, quantile)
    upper = _binomial_quantile(1 - tail, sample_count, quantile) + 1
    return lower if lower >= 1 else None, upper if upper <= sample_count else None


def quantile_interval(
    durations_s: Sequence[float], *, quantile: float, confidence: float = 0.95
) -> QuantileInterval:
    """Return a quantile of durations with its distribution-free interval.

    The value is null, never a guess, with fewer samples than `minimum_sample_count` asks for.
    """
    ordered = sorted(durations_s)
    count = len(ordered)
    lower, upper = (
        quantile_ranks(sample_count=count, quantile=quantile, confidence=confidence)
        if count
        else (None, None)
    )
    enough = count >= minimum_sample_count(
        quantile=max(quantile, 1 - quantile), confidence=confidence
    )
    return QuantileInterval(
        value_s=ordered[math.ceil(quantile * count) - 1] if enough else None,
        lower_s=ordered[lower - 1] if lower else None,
        upper_s=ordered[upper - 1] if upper else None,
    )


def drift_fraction(durations_s: Sequence[float]) -> float:
    """Return median(second half) / median(first half) - 1: beyond 3% there was no steady state."""
    half = len(durations_s) // 2
    if half == 0:
        return 0.0
    return statistics.median(durations_s[-half:]) / statistics.median(durations_s[:half]) - 1


def spread_fraction(durations_s: Sequence[float]) -> float:
    """Return the interquartile range over the median, 0 for fewer than four samples."""
    if len(durations_s) < 4:
        return 0.0
    first, median, third = statistics.quantiles(durations_s, n=4)
    return (third - first) / median


def _binomial_cdf(successes: int, trials: int, probability: float) -> float:
    from scipy.special import bdtr

    return float(bdtr(successes, trials, probability)) if successes < trials else 1.0


def _binomial_quantile(level: float, trials: int, probability: float) -> int:
    """Return the smallest k with P[Bin(n, p) <= k] >= level."""
    low, high = -1, trials
    while high - low > 1:
        middle = (low + high) // 2
        if _binomial_cdf(middle, trials, probability) >= level:
            high = middle
        else:
            low = middle
    return high


def _check_fraction(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise ValueError(f"{name} must lie between 0 and 1, got {value!r}")
