"""What a run of load on a measured server will show: percentiles with a band, before it runs.

The server's own measured times go in, request by request: how long a worker is at a request that
waited for it, how long at one that found it idle for so long, and how the machine's pace went
meanwhile. Every request of many runs of the same length is then followed through the queue.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from advisor.capacity.queueing import Floats
from benchmarks.serving.stretch import Stretch

PREDICTABLE_UTILISATION = 0.89
"""Above this no percentile is predictable: repeats of one run differ by a factor of two."""

SERVICE_RELATIVE_SD = 0.02
"""Doubt in the mean service time where a server was watched only once: standard deviation / mean.
A judgement; several windows replace it, see `pooled_server`."""

PACE_SLOT_S = 0.05
"""The machine's pace is followed in slots of this length, or longer ones where requests are rare:
spells of a shared host's slowness last 0.1 to 0.3 s. [s]"""

PACE_REQUESTS = 10
"""A slot holds so many requests in the mean, or their own spread would pass for the machine's."""

PACE_BLOCK_S = 1.0
"""The machine's pace is drawn in pieces of this length: longer than its slow spells. [s]"""

IDLE_CLASSES = 4
"""Requests that found a worker idle are kept in so many classes by how long it was idle."""

RUN_COUNT = 64
"""Runs that are followed for one prediction."""

BAND = (0.1, 0.9)
"""Ends of the 80% band."""


@dataclass(frozen=True)
class MeasuredServer:
    """What watching a server says of its requests."""

    service_s: tuple[Floats, ...]
    """Time that a request takes at mean pace, samples: of those that had to wait, then, for each
    entry of `gap_from_s`, of those that found the worker idle for so long and longer. [s]"""
    gap_from_s: tuple[float, ...] = ()
    """Shortest idle times of the classes, ascending, the first 0. [s]"""
    worker_count: int = 1
    """Worker processes; a connection belongs to one of them, so each has a queue of its own."""
    pace: tuple[Floats, ...] = ()
    """How the machine's speed went: in each stretch the factor on `service_s`, slot after slot,
    mean 1 over all. Empty: it stood still."""
    pace_slot_s: float = PACE_SLOT_S
    """Length of a slot of `pace`. [s]"""
    relative_sd: float = SERVICE_RELATIVE_SD
    """Doubt in the mean pace: standard deviation / mean."""

    @property
    def busy_s(self) -> float:
        """Mean time of a request that had to wait. [s]"""
        return float(self.service_s[0].mean())

    @property
    def capacity_per_s(self) -> float:
        """Requests that all workers answer when busy. [1/s]"""
        return self.worker_count / self.busy_s


def pooled_server(windows: Sequence[Stretch], *, worker_count: int = 1) -> MeasuredServer:
    """Return a server that was watched under load in several stretches.

    A machine that others share has slow spells, in which a queue grows that would not at the mean
    speed: they are most of the tail. So each request's time is taken apart into the mean of its
    class, the pace of its slot and the rest, and all three are kept. The doubt in the mean pace is
    that of the stretches' means, sd / sqrt(count); with one it is `SERVICE_RELATIVE_SD`.

    Args:
        windows: the stretches; empty ones count for nothing.
        worker_count: workers of the server.

    Raises:
        ValueError: no request had to wait.
    """
    windows = [w for w in windows if w.due_s.size]
    gaps = np.concatenate([w.gap_s for w in windows]) if windows else np.zeros(0)
    if not np.any(gaps == 0):
        raise ValueError("no request had to wait: watch the server under more load")
    idle = gaps[gaps > 0]
    wanted = np.quantile(idle, np.arange(IDLE_CLASSES) / IDLE_CLASSES) if idle.size else idle
    gap_from = np.unique(wanted)
    if gap_from.size:
        gap_from[0] = 0.0
    classes = [_class_of(w.gap_s, gap_from) for w in windows]
    taken = np.concatenate([w.taken_s for w in windows])
    every = np.concatenate(classes)
    means = np.bincount(every, taken) / np.bincount(every)
    spacing = sum(float(w.due_s[-1]) for w in windows) / gaps.size
    slot_s = max(PACE_SLOT_S, PACE_REQUESTS * spacing)
    paths, rests = [], []
    for window, kind in zip(windows, classes, strict=True):
        relative = window.taken_s / means[kind]
        slot = (window.due_s / slot_s).astype(int)
        path = _slot_means(slot, relative)
        paths.append(path)
        rests.append(relative / path[slot])
    level = float(np.concatenate(paths).mean())
    rest = np.concatenate(rests)
    stretches = np.array([path.mean() for path in paths]) / level
    doubt = SERVICE_RELATIVE_SD
    if stretches.size > 1:
        doubt = float(stretches.std(ddof=1)) / math.sqrt(stretches.size)
    return MeasuredServer(
        service_s=tuple(
            means[kind] * rest[every == kind] / float(rest[every == kind].mean())
            for kind in range(means.size)
        ),
        gap_from_s=tuple(float(g) for g in gap_from),
        worker_count=worker_count,
        pace=tuple(path / level for path in paths),
        pace_slot_s=slot_s,
        relative_sd=doubt,
    )


def _class_of(gap_s: Floats, gap_from_s: Floats) -> NDArray[np.intp]:
    """0 where a request had to wait, else 1 + the place of its idle time."""
    return np.where(gap_s > 0, np.searchsorted(gap_from_s, gap_s, side="right"), 0)


def _slot_means(slot: NDArray[np.int_], relative: Floats) -> Floats:
    """Mean of each slot; one without a request goes on as the one before."""
    count = np.bincount(slot)
    means = np.bincount(slot, relative) / np.maximum(1, count)
    last = np.maximum.accumulate(np.where(count > 0, np.arange(count.size), slot.min()))
    found: Floats = means[last]
    return found


class RunPrediction(NamedTuple):
    """Percentiles of a run's answers: middle of what may come, and its 80% band."""

    p50_s: float
    p95_s: float
    p99_s: float
    p99_low_s: float
    p99_high_s: float


def is_predictable(*, utilisation: float) -> bool:
    """Whether a percentile can be told at a load."""
    return utilisation <= PREDICTABLE_UTILISATION


def predict_run(
    server: MeasuredServer,
    *,
    rate_per_s: float,
    request_count: int,
    rng: np.random.Generator,
) -> RunPrediction | None:
    """Predict the percentiles of a run of Poisson load; null above `PREDICTABLE_UTILISATION`.

    Each worker is a queue of its own, fed by chance. With W the wait, A the gap to the next arrival
    and S the time a worker is at a request, drawn from its class (waited, or idle for g):

        W' = max(0, W + S - A)        g = max(0, A - W - S)        S' = f p(t) sample(class of g)

    f is one draw per run, lognormal with `relative_sd`: the doubt in the mean pace of the machine.
    p(t) is its pace at the time, in pieces of `PACE_BLOCK_S` drawn from what was measured. A run's
    quantiles are those of its own requests, so that the band holds the luck of a short run.

    Args:
        server: see `MeasuredServer`.
        rate_per_s: Poisson arrival rate, all workers. [1/s]
        request_count: requests in the run that is predicted.
        rng: draws arrivals, services, f and p.

    Raises:
        ValueError: a rate is not positive, or there is no request.
    """
    if not rate_per_s > 0 or request_count < 1:
        raise ValueError("rate_per_s must be positive and request_count at least 1")
    if not is_predictable(utilisation=rate_per_s / server.capacity_per_s):
        return None
    columns = RUN_COUNT * server.worker_count
    steps = max(1, round(request_count / server.worker_count))
    answers = follow_queue(
        server,
        rate_per_s=rate_per_s / server.worker_count,
        steps=steps,
        factors=np.repeat(
            np.exp(server.relative_sd * rng.standard_normal(RUN_COUNT)), server.worker_count
        ),
        rng=rng,
    )
    runs = answers.reshape(steps, RUN_COUNT, server.worker_count)
    assert runs.shape[1] * runs.shape[2] == columns
    by_run = np.swapaxes(runs, 0, 1).reshape(RUN_COUNT, -1)
    found = np.quantile(by_run, (0.5, 0.95, 0.99), axis=1)
    low, high = np.quantile(found[2], BAND)
    p50, p95, p99 = (float(m) for m in np.median(found, axis=1))
    return RunPrediction(p50, p95, p99, float(low), float(high))


def follow_queue(
    server: MeasuredServer,
    *,
    rate_per_s: float,
    steps: int,
    factors: Floats,
    rng: np.random.Generator,
) -> Floats:
    """Answer times of some queues side by side, warm from the start. [s], shape (steps, queues)."""
    count = factors.size
    warm = min(2_000, max(200, steps // 5))
    samples = np.concatenate(server.service_s)
    sizes = np.array([kind.size for kind in server.service_s])
    starts = np.cumsum(sizes) - sizes
    gap_from = np.asarray(server.gap_from_s)
    paths = _pace_paths(server, length_s=(warm + steps) / rate_per_s, count=count, rng=rng)
    columns = np.arange(count)
    clock = np.zeros(count)
    slack = np.zeros(count)  # what is left of the work when the next request arrives
    answers = np.empty((steps, count))
    for step in range(-warm, steps):
        kind = np.zeros(count, dtype=int)
        if gap_from.size:
            kind = _class_of(np.maximum(0.0, -slack), gap_from)
        wait = np.maximum(slack, 0.0)
        place = starts[kind] + (rng.random(count) * sizes[kind]).astype(int)
        served = samples[place] * factors
        if paths is not None:  # the pace when work on the request begins
            slot = ((clock + wait) / server.pace_slot_s).astype(int) % len(paths)
            served = served * paths[slot, columns]
        if step >= 0:
            answers[step] = wait + served
        arrival = rng.exponential(1 / rate_per_s, count)
        clock += arrival
        slack = wait + served - arrival
    return answers


def _pace_paths(
    server: MeasuredServer, *, length_s: float, count: int, rng: np.random.Generator
) -> Floats | None:
    """The machine's pace for some runs: pieces of the measured one. Shape (slots, runs)."""
    if not server.pace:
        return None
    sizes = np.array([path.size for path in server.pace])
    starts = np.cumsum(sizes) - sizes
    piece = max(1, round(PACE_BLOCK_S / server.pace_slot_s))
    pieces = math.ceil(length_s / server.pace_slot_s / piece) + 1
    window = rng.choice(sizes.size, size=(pieces, count), p=sizes / sizes.sum())
    first = rng.integers(sizes[window])
    within = (first[:, None, :] + np.arange(piece)[None, :, None]) % sizes[window][:, None, :]
    drawn = np.concatenate(server.pace)[starts[window][:, None, :] + within]
    paths: Floats = drawn.reshape(pieces * piece, count)
    return paths


# What is predicted by those who measure less ------------------------------------------------------


def mm1_quantiles_s(
    *, service_s: float, rate_per_s: float, worker_count: int, probabilities: ArrayLike
) -> Floats:
    """Quantiles of the answer time by M/M/1 from a mean service time: -ln(1 - p) / (mu - lambda).

    The naive prediction from an offline mean; inf where it says that the server cannot keep up.
    """
    spare = 1 / service_s - rate_per_s / worker_count
    shape = -np.log1p(-np.asarray(probabilities, dtype=float))
    quantiles: Floats = shape / spare if spare > 0 else np.full(shape.shape, np.inf)
    return quantiles
