"""What a run of load on a measured server will show: percentiles with a band, before it runs.

The server's own measured times go in: how long a worker is busy with a request when the next one
waits, how much longer after it was idle, and what of an answer keeps no worker busy. Every request
of many runs of the same length is then followed through the queue.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from advisor.capacity.queueing import Floats

PREDICTABLE_UTILISATION = 0.89
"""Above this no percentile is predictable: repeats of one run differ by a factor of two."""

SERVICE_RELATIVE_SD = 0.02
"""Doubt in the service time from one half minute to the next on one machine, standard deviation /
mean. A judgement, not a fit: the server is measured seconds before the load. Repeats half a minute
apart on shared cores differed by up to 12%, which no calibration foresees."""

RUN_COUNT = 64
"""Runs that are followed for one prediction."""

BAND = (0.1, 0.9)
"""Ends of the 80% band."""


@dataclass(frozen=True)
class MeasuredServer:
    """What a server's calibration says of its requests."""

    service_s: Floats
    """Time that a busy worker takes for a request, samples. [s]"""
    gap_s: tuple[float, ...] = (0.0,)
    """Times that a worker was idle, ascending. [s]"""
    extra_s: tuple[float, ...] = (0.0,)
    """How much longer the next request takes. [s]"""
    front_s: float = 0.0
    """Time of an answer that keeps no worker busy. [s]"""
    worker_count: int = 1
    """Worker processes; a connection belongs to one of them, so each has a queue of its own."""

    @property
    def capacity_per_s(self) -> float:
        """Requests that all workers answer when busy. [1/s]"""
        return self.worker_count / float(self.service_s.mean())


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
    relative_sd: float = SERVICE_RELATIVE_SD,
) -> RunPrediction | None:
    """Predict the percentiles of a run of Poisson load; null above `PREDICTABLE_UTILISATION`.

    Each worker is a queue of its own, fed by chance. With W the wait, A the gap to the next arrival
    and S the service, which is longer by extra(g) after an idle gap g:

        W' = max(0, W + S - A)        g = max(0, A - W - S)        S' = f sample + extra(g) [W' = 0]

    f is one draw per run, lognormal with `relative_sd`: the doubt in the speed of the machine. A
    run's quantiles are those of its own requests, so that the band holds the luck of a short run.

    Args:
        server: see `MeasuredServer`.
        rate_per_s: Poisson arrival rate, all workers. [1/s]
        request_count: requests in the run that is predicted.
        rng: draws arrivals, services and f.
        relative_sd: see above.

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
            np.exp(relative_sd * rng.standard_normal(RUN_COUNT)), server.worker_count
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
    wait = np.zeros(count)
    served = _services(server, factors, rng)
    gaps = np.asarray(server.gap_s)
    extras = np.asarray(server.extra_s)
    has_extra = bool(np.any(extras > 0))
    answers = np.empty((steps, count))
    for step in range(-warm, steps):
        slack = wait + served - rng.exponential(1 / rate_per_s, count)
        wait = np.maximum(slack, 0.0)
        served = _services(server, factors, rng)
        if has_extra:
            served = served + np.where(slack < 0, np.interp(-slack, gaps, extras), 0.0)
        if step >= 0:
            answers[step] = wait + served
    answers += server.front_s
    return answers


def _services(server: MeasuredServer, factors: Floats, rng: np.random.Generator) -> Floats:
    picked = server.service_s[rng.integers(server.service_s.size, size=factors.size)]
    services: Floats = picked * factors
    return services


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
