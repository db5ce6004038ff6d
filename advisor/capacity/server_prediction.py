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

from advisor.arrays import Floats
from benchmarks.serving.request_times import Stretch

PREDICTABLE_UTILISATION = 0.89
"""Above this no percentile is predictable: repeats of one run differ by a factor of two."""

SERVICE_RELATIVE_SD = 0.05
"""Doubt in a server's speed until it was watched often enough to tell: standard deviation / mean.
A judgement."""

LOOKS_THAT_TELL = 4
"""Looks from which the doubt is their own, see `WatchedServer.relative_sd`."""

SMOOTHING = 0.5
"""Weight of the last look in the expected speed, of what is left of the one before, and so on: the
speed of a shared host drifts over minutes."""

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
    mean about 1. Empty: it stood still."""
    pace_slot_s: float = PACE_SLOT_S
    """Length of a slot of `pace`. [s]"""
    relative_sd: float = SERVICE_RELATIVE_SD
    """Doubt in the speed during a run: standard deviation / mean."""

    @property
    def busy_s(self) -> float:
        """Mean time of a request that had to wait. [s]"""
        return float(self.service_s[0].mean())

    @property
    def capacity_per_s(self) -> float:
        """Requests that all workers answer when busy. [1/s]"""
        return self.worker_count / self.busy_s


class WatchedServer:
    """A server that was looked at now and then, each time under the same few rates of load.

    A request's time is taken apart into factors that are measured one by one: the mean of its kind
    (it waited, at that rate of load; or it found the worker idle for so long), the speed of the
    machine in that look, its pace within the look, and the rest. A machine that others share has
    slow spells, in which a queue grows that would not at its mean speed: they are most of the tail.
    """

    def __init__(self, looks: Sequence[Sequence[Stretch]], *, worker_count: int = 1) -> None:
        """Take the looks apart.

        Args:
            looks: of each its stretches of load, the same rates in each look, ascending.
            worker_count: workers of the server.

        Raises:
            ValueError: at some rate no request had to wait.
        """
        self.worker_count = worker_count
        stretches = [stretch for look in looks for stretch in look]
        at_rate = np.array([k for look in looks for k in range(len(look))])
        in_look = np.array([j for j, look in enumerate(looks) for _ in look])
        gaps = np.concatenate([s.gap_s for s in stretches]) if stretches else np.zeros(0)
        self.gap_from_s = _gap_classes(gaps[gaps > 0])
        self.rate_count = int(at_rate.max()) + 1 if stretches else 0
        kinds = [
            np.where(s.gap_s > 0, self.rate_count - 1 + _class_of(s.gap_s, self.gap_from_s), k)
            for s, k in zip(stretches, at_rate, strict=True)
        ]
        every = np.concatenate(kinds) if kinds else np.zeros(0, dtype=int)
        count = np.bincount(every, minlength=self.rate_count + self.gap_from_s.size)
        if not stretches or np.any(count[: self.rate_count] == 0):
            raise ValueError("no request had to wait: watch the server under more load")
        taken = np.concatenate([s.taken_s for s in stretches])
        self.mean_s = np.bincount(every, taken, minlength=count.size) / np.maximum(1, count)
        rates = np.array([s.due_s.size / float(s.due_s[-1]) for s in stretches])
        self.rates_per_s = np.bincount(at_rate, rates) / np.bincount(at_rate)
        relative = [s.taken_s / self.mean_s[k] for s, k in zip(stretches, kinds, strict=True)]
        in_request = np.repeat(in_look, [r.size for r in relative])
        self.speeds = np.bincount(in_request, np.concatenate(relative)) / np.bincount(in_request)
        spacing = sum(float(s.due_s[-1]) for s in stretches) / gaps.size
        self.slot_s = max(PACE_SLOT_S, PACE_REQUESTS * spacing)
        self.pace, rests = [], []
        for stretch, ratio, look in zip(stretches, relative, in_look, strict=True):
            slot = (stretch.due_s / self.slot_s).astype(int)
            path = _slot_means(slot, ratio / self.speeds[look])
            self.pace.append(path)
            rests.append(ratio / self.speeds[look] / path[slot])
        self.rest, self.kind = np.concatenate(rests), every

    @property
    def speed(self) -> float:
        """Expected factor on all times in the next minute: the last looks count most."""
        return float(_smoothed(self.speeds)[-1])

    @property
    def relative_sd(self) -> float:
        """Doubt in `speed`: how far such a forecast was off at the looks so far, rms."""
        if self.speeds.size < LOOKS_THAT_TELL:
            return SERVICE_RELATIVE_SD
        off = np.log(self.speeds[1:] / _smoothed(self.speeds)[:-1])
        return float(np.sqrt(np.mean(off**2)))

    def busy_s(self, rate_per_s: float) -> float:
        """Mean time of a request that had to wait: the more load, the warmer the server. [s]"""
        found = np.interp(rate_per_s, self.rates_per_s, self.mean_s[: self.rate_count])
        return self.speed * float(found)

    def rate_at(self, utilisation: float) -> float:
        """Rate of load at which so much of the workers' time is taken, rate x busy time. [1/s]"""
        low, high = 0.0, 2 * self.worker_count / (self.speed * float(self.mean_s.min()))
        for _ in range(60):
            middle = (low + high) / 2
            is_below = middle * self.busy_s(middle) < utilisation * self.worker_count
            low, high = (middle, high) if is_below else (low, middle)
        return low

    def at(self, rate_per_s: float) -> MeasuredServer:
        """Return the server as it is expected under a rate of load."""
        waited = self.kind < self.rate_count
        busy = self.rest[waited] / float(self.rest[waited].mean()) * self.busy_s(rate_per_s)
        idle = [
            self.rest[self.kind == kind] * float(self.mean_s[kind]) * self.speed
            for kind in range(self.rate_count, self.mean_s.size)
        ]
        return MeasuredServer(
            service_s=(busy, *idle),
            gap_from_s=tuple(float(g) for g in self.gap_from_s),
            worker_count=self.worker_count,
            pace=tuple(self.pace),
            pace_slot_s=self.slot_s,
            relative_sd=self.relative_sd,
        )


def _smoothed(speeds: Floats) -> Floats:
    """Exponentially smoothed, entry for entry."""
    found = np.empty_like(speeds)
    found[0] = speeds[0]
    for i in range(1, speeds.size):
        found[i] = SMOOTHING * speeds[i] + (1 - SMOOTHING) * found[i - 1]
    return found


def _gap_classes(idle_s: Floats) -> Floats:
    """Shortest idle time of each class, the first 0, equally many requests in each. [s]"""
    if not idle_s.size:
        return idle_s
    found = np.unique(np.quantile(idle_s, np.arange(IDLE_CLASSES) / IDLE_CLASSES))
    found[0] = 0.0
    return found


def _class_of(gap_s: Floats, gap_from_s: Floats) -> NDArray[np.intp]:
    """0 where a request had to wait, else 1 + the place of its idle time."""
    found: NDArray[np.intp] = np.where(
        gap_s > 0, np.searchsorted(gap_from_s, gap_s, side="right"), 0
    )
    return found


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

    f is one draw per run, lognormal with `relative_sd`: the doubt in the speed of the machine.
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
