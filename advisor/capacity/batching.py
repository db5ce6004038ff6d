"""What a call of `predict` costs: so much per call, so much per row.

A batch sweep is split into T(B) = o + c1 B + c2 max(0, B - k): the overhead of the call, the cost
of a row, and what a row costs more (or less) from the batch on at which a cache spills or threads
start to help.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from advisor.arrays import Floats
from advisor.errors import NoRunsError
from benchmarks.storage.records import BenchmarkRun, InferenceMeasurement

REPEAT_ERROR = 0.03
"""Relative error of a repeated measurement on the same machine: 0.4 to 3% in public repeats.
Assumed as the floor of every half width."""

NORMAL_80 = 1.2816
"""Half width of an 80% interval in standard deviations."""

OUTLIER_IQRS = 8.0
"""A duration this many quartile distances above the upper quartile is a pause of the machine."""


@dataclass(frozen=True)
class Service:
    """The time of one call of `predict` on the measured machine, one thread."""

    mean_s: float
    """Mean duration, pauses of the machine left out. [s]"""
    relative_error: float
    """Half width of its 80% interval / mean."""
    scv: float
    """Variance of the durations / mean^2, pauses left out."""
    outlier_count: int
    """Durations left out as pauses of the machine."""
    sample_count: int
    """Durations measured at the nearest batch size."""
    is_measured: bool
    """Whether this very batch size was measured; else it is interpolated or extrapolated."""


@dataclass(frozen=True)
class BatchCost:
    """The parts of a batch sweep, with their uncertainty."""

    per_call_s: float
    """o: time of a call whatever its rows. [s]"""
    per_row_s: float
    """c1: time per row below the knot. [s/row]"""
    extra_per_row_s: float
    """c2: time added per row above the knot; 0 without a knot. [s/row]"""
    knot_rows: float
    """k: batch at which the slope changes; infinite without a knot. [rows]"""
    per_call_sd_s: float
    """Standard error of o. [s]"""
    per_row_sd_s: float
    """Standard error of c1. [s/row]"""
    left_out_error: float
    """Median relative error when each inner batch size is predicted from the others."""
    sweep: tuple[InferenceMeasurement, ...]
    """The measurements behind it, smallest batch first."""

    def predict_s(self, rows: ArrayLike) -> Floats:
        """Time of a call with some rows. [s]"""
        batch = np.asarray(rows, dtype=float)
        above = np.maximum(0.0, batch - self.knot_rows)
        time_s: Floats = self.per_call_s + self.per_row_s * batch + self.extra_per_row_s * above
        return time_s

    @property
    def overhead_fraction(self) -> float:
        """Share of a one-row call that does not depend on the rows."""
        return self.per_call_s / float(self.predict_s(1))

    @property
    def best_batch_rows(self) -> int:
        """Measured batch size with the highest throughput."""
        rate = {m.batch_rows: m.batch_rows / np.median(m.durations_s) for m in self.sweep}
        return max(rate, key=lambda rows: (rate[rows], -rows))

    def service(self, *, rows: int) -> Service:
        """Return the time of one call with some rows, as one worker is busy with it.

        The level and the variation are those measured at the nearest batch size, carried by the
        fitted curve where that is another one. Above the largest measured batch the doubt grows by
        a tenth for each doubling.
        """
        nearest = min(self.sweep, key=lambda m: abs(np.log(m.batch_rows / rows)))
        durations = np.asarray(nearest.durations_s)
        kept = durations[durations <= _pause_limit(durations)]
        carried = float(self.predict_s(rows) / self.predict_s(nearest.batch_rows))
        mean_s = float(kept.mean())
        sampling = NORMAL_80 * float(kept.std()) / mean_s / np.sqrt(kept.size)
        error = float(np.hypot(REPEAT_ERROR, sampling))
        is_measured = nearest.batch_rows == rows
        if not is_measured:
            error = float(np.hypot(error, self.left_out_error))
            error += 0.1 * max(0.0, float(np.log2(rows / self.sweep[-1].batch_rows)))
        return Service(
            mean_s=mean_s * carried,
            relative_error=error,
            scv=float(kept.var()) / mean_s**2,
            outlier_count=int(durations.size - kept.size),
            sample_count=int(durations.size),
            is_measured=is_measured,
        )


def _pause_limit(durations: Floats) -> float:
    low, middle, high = np.quantile(durations, [0.25, 0.5, 0.75])
    return float(high + OUTLIER_IQRS * max(high - low, 0.02 * middle))


def fit_batch_cost(run: BenchmarkRun) -> BatchCost:
    """Split a run's batch sweep at a single thread (at the fewest threads, where none is single).

    Raises:
        NoRunsError: the run has no inference measurements.
    """
    if not run.inference:
        raise NoRunsError(
            f"run {run.id} of {run.candidate.name} has no inference measurements "
            f"({run.reason or run.outcome}): run 'advisor bench' again"
        )
    fewest = min(m.thread_count for m in run.inference)
    sweep = sorted(
        (m for m in run.inference if m.thread_count == fewest), key=lambda m: m.batch_rows
    )
    return fit_sweep(sweep)


def fit_sweep(sweep: Sequence[InferenceMeasurement]) -> BatchCost:
    """Fit T(B) = o + c1 B + c2 max(0, B - k) to the medians of a sweep, relative errors squared.

    Slopes and overhead are never negative. A knot is kept where it lowers the Bayesian information
    criterion, which needs five batch sizes at least.

    Args:
        sweep: one measurement per batch size, smallest first.
    """
    rows = np.array([m.batch_rows for m in sweep], dtype=float)
    times = np.array([np.median(m.durations_s) for m in sweep])
    knot, parts, covariance = _best_fit(rows, times)
    return BatchCost(
        per_call_s=float(parts[0]),
        per_row_s=float(parts[1]),
        extra_per_row_s=float(parts[2] - parts[1]) if np.isfinite(knot) else 0.0,
        knot_rows=float(knot),
        per_call_sd_s=float(np.sqrt(covariance[0, 0])),
        per_row_sd_s=float(np.sqrt(covariance[1, 1])),
        left_out_error=_left_out_error(rows, times),
        sweep=tuple(sweep),
    )


def _best_fit(rows: Floats, times: Floats) -> tuple[float, Floats, Floats]:
    """Return knot, (overhead, slope below, slope above) and their covariance."""
    straight = _fit_at(rows, times, knot=np.inf)
    best = (np.inf, *straight)
    if rows.size < 5:
        return best[0], best[1], best[3]
    criterion = _criterion(straight[1], count=rows.size, parameter_count=2)
    inner = np.unique(np.concatenate([rows[1:-1], np.sqrt(rows[1:-1] * rows[2:])]))
    for knot in inner:
        fitted = _fit_at(rows, times, knot=float(knot))
        found = _criterion(fitted[1], count=rows.size, parameter_count=4)
        if found < criterion:
            best, criterion = (float(knot), *fitted), found
    return best[0], best[1], best[3]


def _criterion(mean_square: float, *, count: int, parameter_count: int) -> float:
    noise = 0.005**2  # differences below half a percent are not evidence of a knot
    return float(count * np.log(mean_square + noise) + parameter_count * np.log(count))


def _fit_at(rows: Floats, times: Floats, *, knot: float) -> tuple[Floats, float, Floats]:
    """Return parts, mean squared relative error and covariance at one knot."""
    columns = [np.ones_like(rows), np.minimum(rows, knot)]
    if np.isfinite(knot):
        columns.append(np.maximum(0.0, rows - knot))
    design = np.stack(columns, axis=1) / times[:, None]
    parts = _non_negative_least_squares(design, np.ones_like(rows))
    residual = 1 - design @ parts
    mean_square = float(np.mean(residual**2))
    freedom = max(1, rows.size - design.shape[1])
    variance = max(float(np.sum(residual**2)) / freedom, 0.005**2)
    covariance = variance * np.linalg.pinv(design.T @ design)
    full = np.zeros(3)
    full[: parts.size] = parts
    return full, mean_square, covariance


def _non_negative_least_squares(design: Floats, target: Floats) -> Floats:
    """Solve a small least-squares problem with no negative part, by trying every support."""
    best, least = np.zeros(design.shape[1]), np.inf
    for size in range(1, design.shape[1] + 1):
        for support in combinations(range(design.shape[1]), size):
            chosen = list(support)
            solved = np.linalg.lstsq(design[:, chosen], target, rcond=None)[0]
            error = float(np.sum((design[:, chosen] @ solved - target) ** 2))
            if np.all(solved >= 0) and error < least * (1 - 1e-12):
                best, least = np.zeros(design.shape[1]), error
                best[chosen] = solved
    return best


def _left_out_error(rows: Floats, times: Floats) -> float:
    """Median relative error of inner batch sizes, each predicted by a fit without it."""
    if rows.size < 4:
        return 0.1
    errors = []
    for left in range(1, rows.size - 1):
        rest = np.arange(rows.size) != left
        knot, parts, _ = _best_fit(rows[rest], times[rest])
        below = min(rows[left], knot)
        predicted = parts[0] + parts[1] * below + parts[2] * (rows[left] - below)
        errors.append(abs(predicted / times[left] - 1))
    return float(np.median(errors))
