"""The highest rate that a server keeps within a need, found by runs of load.

A rate passes when its run shows p99 within the need with 95% confidence (MLPerf's early stopping:
few enough of enough requests were slow), and fails when it shows the contrary, is over-saturated,
or loses more than one request in a hundred. A run that shows neither is repeated, longer; if it
still shows neither, the rate counts as failed and says so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from benchmarks.serving.loadrun import WARM_UP_S, LoadResult, Samples, judge_load
from benchmarks.statistics.stats import minimum_sample_count
from benchmarks.storage.records import Record

Verdict = Literal["within", "above", "undecided", "invalid"]

CONFIDENCE = 0.95
"""Confidence of passing and failing."""

CLOSE_FRACTION = 0.05
"""The search ends when the highest rate that passed and the lowest that failed are so close."""

FIRST_SHARE = 0.6
"""The first rate / the rate that the server answers when always busy."""

MAX_TRIALS = 10
"""Runs of load in one search."""


class Trial(Record):
    """One run of a search."""

    result: LoadResult
    """What the run showed."""
    verdict: Verdict
    """`within` or `above` the need; `undecided`: too close for its requests; `invalid`: no run."""
    slow_count: int
    """Requests slower than the need, errors counted."""


class Search(Record):
    """The highest rate within a need."""

    max_requests_per_s: float | None
    """Highest rate that passed; null where none did. [1/s]"""
    lowest_failed_per_s: float | None
    """Lowest rate that failed above it; null where none did. [1/s]"""
    need_ms: float
    """The need: p99 of the latency from the scheduled time. [ms]"""
    stopped: str
    """Why the search ended."""
    trials: tuple[Trial, ...]
    """Every run, in order."""


@dataclass(frozen=True)
class Limits:
    """What a search may take."""

    run_s: float
    """Length of one run, warm-up included. [s]"""
    total_s: float
    """Load of the whole search. [s]"""


def judge_trial(samples: Samples, *, duration_s: float, need_s: float) -> Trial:
    """Say whether a run shows that p99 is within the need, or above it, or neither."""
    result = judge_load(samples, duration_s=duration_s, need_s=need_s)
    kept = samples.after(WARM_UP_S)
    slow = int((~kept.is_ok | (kept.latency_s > need_s)).sum())
    return Trial(result=result, verdict=_verdict(result, slow, need_s), slow_count=slow)


def _verdict(result: LoadResult, slow: int, need_s: float) -> Verdict:
    if result.validity == "late-generator":
        return "invalid"
    if result.validity == "over-saturated":
        return "above"
    enough = minimum_sample_count(quantile=0.99, confidence=CONFIDENCE, slow_count=slow)
    if result.request_count >= enough:
        return "within"
    if result.p99_low_ms is not None and result.p99_low_ms > 1e3 * need_s:
        return "above"
    if slow > 0.03 * result.request_count and slow >= 10:  # answers that failed have no p99
        return "above"
    return "undecided"


def find_max(
    run: Callable[[float, float], Samples],
    *,
    need_s: float,
    capacity_per_s: float,
    limits: Limits,
    on_trial: Callable[[Trial], None] = lambda _: None,
) -> Search:
    """Search the highest rate within the need.

    Args:
        run: sends a rate for a time; returns the samples.
        need_s: the need on p99. [s]
        capacity_per_s: what the server answers when always busy; no higher rate is tried. [1/s]
        limits: what the search may take.
        on_trial: told of each run.
    """
    low: float | None = None
    high = capacity_per_s
    failed: float | None = None
    rate = FIRST_SHARE * capacity_per_s
    trials: list[Trial] = []
    spent_s, length_s = 0.0, limits.run_s
    stopped = f"{MAX_TRIALS} runs"
    while len(trials) < MAX_TRIALS:
        if spent_s + length_s > limits.total_s:
            stopped = f"the time of {limits.total_s:.0f} s is spent"
            break
        trial = judge_trial(run(rate, length_s), duration_s=length_s, need_s=need_s)
        trials.append(trial)
        on_trial(trial)
        spent_s += length_s
        if trial.verdict == "invalid":
            stopped = "the load generator was late: " + trial.result.reason
            break
        if trial.verdict == "undecided" and length_s == limits.run_s:
            length_s = min(4 * limits.run_s, limits.total_s - spent_s)
            if length_s > limits.run_s:
                continue
        length_s = limits.run_s
        if trial.verdict == "within":
            low = rate
        else:
            high = failed = rate
        if low is not None and high / low - 1 <= CLOSE_FRACTION:
            stopped = f"the next rate that fails is within {CLOSE_FRACTION:.0%}"
            break
        rate = (low + high) / 2 if low is not None else rate / 2
        if rate < 1e-3 * capacity_per_s:
            stopped = "not even a thousandth of its capacity is within the need"
            break
    return Search(
        max_requests_per_s=low,
        lowest_failed_per_s=failed,
        need_ms=1e3 * need_s,
        stopped=stopped,
        trials=tuple(trials),
    )


def usual_length_s(rates_per_s: Sequence[float], *, wanted_s: float) -> float:
    """Return a run's length: as wanted, but long enough for 700 requests at the lowest rate. [s]"""
    return float(max(wanted_s, WARM_UP_S + 700 / np.min(rates_per_s)))
