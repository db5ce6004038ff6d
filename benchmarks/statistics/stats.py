"""What raw durations allow one to say: quantiles with distribution-free intervals, enough samples.

No percentile is stated from too few samples, and every interval comes from order statistics, which
need no assumption on the shape of the distribution (only independent samples).
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.statistics.distributions import binomial_share, student_quantile

LEAST_PROCESSES = 3
"""Processes whose differences tell anything: with two, the interval is 13 standard errors wide."""


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
    while binomial_share(slow_count, high, 1 - quantile) > 1 - confidence:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if binomial_share(slow_count, middle, 1 - quantile) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


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


def conservative_quantile(
    durations_s: Sequence[float], *, quantile: float, confidence: float = 0.99
) -> float | None:
    """Return a bound that the quantile does not exceed with this confidence; null: too few samples.

    The largest t that `minimum_sample_count` allows for so many samples; the t slowest are dropped
    and the slowest of the rest is the bound.

    Example:
        >>> conservative_quantile(range(1, 460), quantile=0.99)
        459
        >>> conservative_quantile(range(1, 459), quantile=0.99) is None
        True

    Source:
        MLPerf Inference rules, early stopping for single-stream latencies.
    """
    count, dropped = len(durations_s), -1
    while (
        minimum_sample_count(quantile=quantile, confidence=confidence, slow_count=dropped + 1)
        <= count
    ):
        dropped += 1
    return sorted(durations_s)[count - 1 - dropped] if dropped >= 0 else None


def process_interval(
    values: Sequence[float], *, confidence: float = 0.95
) -> tuple[float, float] | None:
    """Return the interval of the geometric mean of one value per process; null below three.

        exp(m +- t_{k - 1} * s / sqrt(k))        with m, s of the logarithms

    What differs from process to process (memory layout, thread pools, the moment) is in no
    interval of the calls of one process.

    Example:
        >>> low, high = process_interval([1.0, 1.0, 1.0])
        >>> low == high == 1.0
        True

    Source:
        T. Kalibera and R. Jones, "Rigorous benchmarking in reasonable time", ISMM 2013.
    """
    if len(values) < LEAST_PROCESSES:
        return None
    logs = [math.log(value) for value in values]
    mean = statistics.fmean(logs)
    quantile = student_quantile((1 + confidence) / 2, len(values) - 1)
    half = quantile * statistics.stdev(logs) / math.sqrt(len(values))
    return math.exp(mean - half), math.exp(mean + half)


def stated_interval(
    durations_s: Sequence[float],
    *,
    quantile: float,
    process_call_counts: Sequence[int] = (),
    confidence: float = 0.95,
) -> QuantileInterval:
    """Return a quantile over all processes with an interval that covers both kinds of doubt.

    The bounds of the order statistics of all calls, widened to those of `process_interval` over
    each process's own quantile where there are three processes or more.
    """
    pooled = quantile_interval(durations_s, quantile=quantile, confidence=confidence)
    if pooled.value_s is None or len(process_call_counts) < LEAST_PROCESSES:
        return pooled
    own = [
        quantile_interval(part, quantile=quantile, confidence=confidence).value_s
        for part in by_process(durations_s, process_call_counts)
    ]
    known = [value for value in own if value is not None]
    between = process_interval(known, confidence=confidence)
    if between is None:
        return pooled
    return QuantileInterval(
        value_s=pooled.value_s,
        lower_s=None if pooled.lower_s is None else min(pooled.lower_s, between[0]),
        upper_s=None if pooled.upper_s is None else max(pooled.upper_s, between[1]),
    )


def by_process(durations_s: Sequence[float], counts: Sequence[int]) -> list[Sequence[float]]:
    """Return the durations of each process.

    Example:
        >>> by_process([1.0, 2.0, 3.0], [1, 2])
        [[1.0], [2.0, 3.0]]
    """
    if not counts:
        return [durations_s]
    if sum(counts) != len(durations_s):
        raise ValueError(f"the counts {tuple(counts)} are not of {len(durations_s)} durations")
    parts, start = [], 0
    for count in counts:
        parts.append(durations_s[start : start + count])
        start += count
    return parts


def is_narrow(interval: QuantileInterval, *, width_fraction: float) -> bool:
    """Whether both bounds are known and not further apart than this share of the value."""
    if interval.value_s is None or interval.lower_s is None or interval.upper_s is None:
        return False
    return interval.upper_s - interval.lower_s <= width_fraction * interval.value_s


def ratio_interval(
    new: QuantileInterval, old: QuantileInterval
) -> tuple[float, float, float] | None:
    """Return new / old with its interval; null where one of them lacks a value or a bound.

        ln r = ln n - ln o;  lower = ln r - sqrt((ln n - ln n_low)^2 + (ln o_up - ln o)^2)

    and likewise above: the recovery of variance estimates, which keeps lopsided intervals lopsided.

    Example:
        >>> same = QuantileInterval(value_s=1.0, lower_s=1.0, upper_s=1.0)
        >>> ratio_interval(same, same)
        (1.0, 1.0, 1.0)

    Source:
        G. Y. Zou and A. Donner, Statistics in Medicine 27 (2008) 1693-1702.
    """
    bounds = (new.value_s, new.lower_s, new.upper_s, old.value_s, old.lower_s, old.upper_s)
    if any(bound is None or bound <= 0 for bound in bounds):
        return None
    n, n_low, n_up, o, o_low, o_up = (math.log(bound) for bound in bounds if bound is not None)
    lower = n - o - math.hypot(n - n_low, o_up - o)
    upper = n - o + math.hypot(n_up - n, o - o_low)
    return math.exp(n - o), math.exp(lower), math.exp(upper)


def drift_fraction(durations_s: Sequence[float]) -> float:
    """Return median(second half) / median(first half) - 1: beyond 3% there was no steady state."""
    half = len(durations_s) // 2
    if half == 0:
        return 0.0
    return statistics.median(durations_s[-half:]) / statistics.median(durations_s[:half]) - 1


def _binomial_quantile(level: float, trials: int, probability: float) -> int:
    """Return the smallest k with P[Bin(n, p) <= k] >= level."""
    low, high = -1, trials
    while high - low > 1:
        middle = (low + high) // 2
        if binomial_share(middle, trials, probability) >= level:
            high = middle
        else:
            low = middle
    return high


def _check_fraction(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise ValueError(f"{name} must lie between 0 and 1, got {value!r}")
