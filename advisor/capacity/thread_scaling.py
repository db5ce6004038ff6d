"""What more cores, other cores and a memory limit do to a measured run."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from advisor.arrays import Floats

NORMAL_80 = 1.2816
"""Half width of an 80% interval in standard deviations."""

SINGLE_TIME_NOISE = 0.05
"""Relative noise of a training that was timed once per thread count. Assumed."""

MAX_PARALLEL_FRACTION = 0.98
"""Largest share that is believed to speed up with cores, however well two threads did. Assumed: a
sweep over a few threads cannot see what stops scaling on many."""


def amdahl_speedup(*, core_count: ArrayLike, parallel_fraction: ArrayLike) -> Floats:
    """Speed on some cores / speed on one: 1 / ((1 - f) + f / n).

    Args:
        core_count: cores, at least 1.
        parallel_fraction: share of the work that more cores speed up, in 0..1.

    Example:
        >>> round(float(amdahl_speedup(core_count=4, parallel_fraction=0.9)), 3)
        3.077

    Source:
        G. Amdahl, 1967.
    """
    cores = np.asarray(core_count, dtype=float)
    share = np.asarray(parallel_fraction, dtype=float)
    if np.any(cores < 1):
        raise ValueError("core_count must be at least 1")
    if np.any(share < 0) or np.any(share > 1):
        raise ValueError("parallel_fraction must be in 0..1")
    speedup: Floats = 1 / ((1 - share) + share / cores)
    return speedup


def usl_throughput(*, core_count: ArrayLike, contention: float, coherency: float) -> Floats:
    """Throughput on some cores / throughput on one: n / (1 + a (n - 1) + b n (n - 1)).

    Peaks at n = sqrt((1 - a) / b): more cores then make it slower.

    Args:
        core_count: cores, at least 1.
        contention: a, share of the work that queues for something shared.
        coherency: b, cost of each pair of cores agreeing.

    Source:
        N. Gunther, the universal scalability law, 1993.
    """
    n = np.asarray(core_count, dtype=float)
    throughput: Floats = n / (1 + contention * (n - 1) + coherency * n * (n - 1))
    return throughput


def fit_parallel_fraction(
    *, wall_1_thread_s: float, wall_n_thread_s: float, thread_count: int
) -> float:
    """Return the share of a run that threads sped up: Amdahl's law solved for f.

        f = (1 - T_n / T_1) / (1 - 1 / n)

    A run that got slower with threads has 0; more than `MAX_PARALLEL_FRACTION` is not believed.

    Args:
        wall_1_thread_s: measured at one thread, > 0. [s]
        wall_n_thread_s: measured at several. [s]
        thread_count: how many; at 1 nothing was learnt and the answer is 0.
    """
    if wall_1_thread_s <= 0 or wall_n_thread_s <= 0:
        raise ValueError("wall times must be positive")
    if thread_count <= 1:
        return 0.0
    share = (1 - wall_n_thread_s / wall_1_thread_s) / (1 - 1 / thread_count)
    return float(np.clip(share, 0.0, MAX_PARALLEL_FRACTION))


@dataclass(frozen=True)
class ThreadLaw:
    """How a measured work scales with threads, fitted from its thread sweep."""

    contention: float
    """a of the universal scalability law; 1 - a is Amdahl's parallel share."""
    coherency: float
    """b of it; 0 where fewer than three thread counts were measured: Amdahl's law."""
    contention_sd: float
    """Standard error of a; wide where nothing but one thread count was measured."""

    def speedup(self, core_count: ArrayLike) -> Floats:
        """Speed on some physical cores / speed on one; never less for more cores.

        Beyond the law's peak the extra cores are left idle.
        """
        cores = np.maximum(1.0, np.asarray(core_count, dtype=float))
        if self.coherency > 0:
            peak = max(1.0, float(np.sqrt(max(0.0, 1 - self.contention) / self.coherency)))
            cores = np.minimum(cores, peak)
        return usl_throughput(
            core_count=cores, contention=self.contention, coherency=self.coherency
        )

    def half_width_ln(self, core_count: ArrayLike) -> Floats:
        """Half width of the 80% band of ln speed-up that the doubt of a makes."""
        cores = np.maximum(1.0, np.asarray(core_count, dtype=float))
        slope = (cores - 1) / (1 + self.contention * (cores - 1))
        half: Floats = NORMAL_80 * self.contention_sd * slope
        return half


def fit_thread_law(*, thread_counts: Sequence[int], wall_s: Sequence[float]) -> ThreadLaw:
    """Fit the universal scalability law to the times of one work at several thread counts.

        n T_n / T_1 - 1 = a (n - 1) + b n (n - 1),    a in 1 - MAX_PARALLEL_FRACTION .. 1, b >= 0

    b is fitted from three thread counts on. Without a time at one thread, or with that alone,
    nothing was learnt and the work is taken for serial.

    Args:
        thread_counts: of each time, repeats allowed; counts beyond the physical cores left out.
        wall_s: the times, > 0. [s]
    """
    counts, times = np.asarray(thread_counts, dtype=float), np.asarray(wall_s, dtype=float)
    if counts.size != times.size or np.any(times <= 0) or np.any(counts < 1):
        raise ValueError("fit_thread_law needs as many positive times as thread counts")
    several = counts > 1
    if not several.any() or several.all():
        return ThreadLaw(contention=1.0, coherency=0.0, contention_sd=0.0)
    single_s = float(np.median(times[~several]))
    n, t = counts[several], times[several]
    # Each equation is divided by n - 1, so that a wide machine does not outweigh a narrow one.
    found = (n * t / single_s - 1) / (n - 1)
    low, b = 1 - MAX_PARALLEL_FRACTION, 0.0
    a = float(np.mean(found))
    if np.unique(n).size > 1:
        slope, intercept = np.polyfit(n, found, 1)
        if slope > 0:
            b = float(slope)
            a = float(intercept)
    a = float(np.clip(a, low, 1.0))
    spread = np.concatenate(
        [np.log(times[counts == c] / np.median(times[counts == c])) for c in np.unique(counts)]
    )
    noise = float(np.std(spread)) if times.size > np.unique(counts).size else SINGLE_TIME_NOISE
    # d a / d ln T = n T_n / (T_1 (n - 1)), for both times.
    widest = int(np.argmax(n))
    lever = float(n[widest] * t[widest] / single_s / (n[widest] - 1))
    return ThreadLaw(contention=a, coherency=b, contention_sd=lever * noise * 2**0.5)


def predict_wall_s(
    *,
    wall_1_thread_s: ArrayLike,
    parallel_fraction: ArrayLike,
    core_count: ArrayLike,
    speed_ratio: ArrayLike,
) -> Floats:
    """Wall-clock of a measured training on another machine. [s]

        T = T_1 / (amdahl(cores) R)

    Args:
        wall_1_thread_s: measured here at one thread. [s]
        parallel_fraction: see `fit_parallel_fraction`.
        core_count: physical cores there; threads of one core do not count twice.
        speed_ratio: speed of one core there / here, see `transfer.speed_ratios`.
    """
    speedup = amdahl_speedup(core_count=core_count, parallel_fraction=parallel_fraction)
    ratio = np.asarray(speed_ratio, dtype=float)
    wall_s: Floats = np.asarray(wall_1_thread_s, dtype=float) / (speedup * ratio)
    return wall_s


def workers_that_fit(
    *,
    memory_gib: ArrayLike,
    worker_memory_gib: ArrayLike,
    core_count: ArrayLike,
    headroom_fraction: ArrayLike = 0.8,
    reserved_gib: ArrayLike = 0.0,
) -> NDArray[np.int_]:
    """Return how many workers a machine holds: one per core, fewer where memory ends, 0 if none.

    Args:
        memory_gib: of the machine. [GiB]
        worker_memory_gib: resident memory of one worker, model loaded, > 0. [GiB]
        core_count: physical cores; a part of a core still runs one worker.
        headroom_fraction: share of the memory that workers may take.
        reserved_gib: taken by the system first. [GiB]
    """
    room = np.asarray(memory_gib, dtype=float) * np.asarray(headroom_fraction, dtype=float)
    room = room - np.asarray(reserved_gib, dtype=float)
    by_memory = np.floor(room / np.asarray(worker_memory_gib, dtype=float) + 1e-9)
    by_cores = np.maximum(1.0, np.floor(np.asarray(core_count, dtype=float)))
    workers: NDArray[np.int_] = np.maximum(0.0, np.minimum(by_memory, by_cores)).astype(int)
    return workers
