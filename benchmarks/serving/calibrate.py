"""How long a real server is busy with a request: measured on it, before any load that is judged.

A closed loop keeps it busy: requests per second are then 1 / service time, all overhead of the
server counted. Requests at equal gaps, slow enough to find it idle, show what idleness costs:
caches that went cold, a core that went to sleep.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.serving.arrivals import LoadError
from benchmarks.serving.generator import REST_S
from benchmarks.serving.launch import Layout, Server
from benchmarks.serving.loadrun import Floats, Samples, send_load

BUSY_CONNECTIONS = 8
"""Connections per worker that keep it busy."""

IDLE_LOADS = (0.5, 0.25, 0.12)
"""Loads at equal gaps that find the server idle for longer and longer. [fraction of capacity]"""

MIN_IDLE_REQUESTS = 60
"""Requests at each of them at least."""

MAX_SAMPLES = 20_000
"""Durations kept at most."""


@dataclass(frozen=True)
class Busy:
    """A server that always has the next request waiting."""

    service_s: Floats
    """Time that a worker is busy with a request, one entry per request. [s]"""
    capacity_per_s: float
    """Requests that all workers answer. [1/s]"""
    cpu_s: float
    """Processor time per request. [s]"""
    handler_s: float
    """Mean time in the request's handler. [s]"""
    predict_s: float
    """Mean time of the prediction in the server. [s]"""


@dataclass(frozen=True)
class IdleCost:
    """What a request costs more that finds its worker idle."""

    gap_s: tuple[float, ...]
    """Time that the worker was idle, ascending. [s]"""
    extra_s: tuple[float, ...]
    """Time that the request takes longer, >= 0. [s]"""
    front_s: float
    """Time of an answer in which no worker is busy: network and both system calls. [s]"""


def measure_busy(
    server: Server, requests: Sequence[bytes], *, layout: Layout, worker_count: int, length_s: float
) -> Busy:
    """Keep the server busy for some time.

    Raises:
        LoadError: hardly any request was answered.
    """
    before_s = server.cpu_s()
    samples = send_load(
        server.target,
        requests=requests,
        closed_connections=BUSY_CONNECTIONS * worker_count,
        duration_s=length_s,
        timeout_s=30.0,
        placement=layout.placement,
    )
    cpu_s = server.cpu_s() - before_s
    ok = samples.is_ok
    if int(ok.sum()) < 20:
        raise LoadError(
            f"the server answered {int(ok.sum())} requests in {length_s:g} s, status "
            f"{sorted({int(s) for s in samples.status})}: 20 at least are needed to judge it"
        )
    handler = samples.service_ns[ok] * 1e-9
    capacity = 1 / _time_between_s(np.sort(samples.done_s[ok]))
    mean_s = worker_count / capacity
    return Busy(
        service_s=_around(mean_s, handler),
        capacity_per_s=capacity,
        cpu_s=cpu_s / samples.status.size,
        handler_s=float(handler.mean()),
        predict_s=float(samples.predict_ns[ok].mean()) * 1e-9,
    )


def _time_between_s(ended_s: Floats) -> float:
    """Mean time from one answer to the next, the generator's rests left out. [s]"""
    gaps = np.diff(ended_s)
    return float(gaps[gaps < REST_S / 2].mean())


def _around(mean_s: float, handler_s: Floats) -> Floats:
    """Add to each handler's time what the server does around it, so that the mean is right."""
    around = mean_s - float(handler_s.mean())
    kept = handler_s[:MAX_SAMPLES]
    floor = 0.2 * mean_s  # the handler's mean above the whole's: noise of the two clocks
    found = np.maximum(kept + around, floor)
    return found * (mean_s / float(found.mean()))


def measure_idle(
    server: Server, requests: Sequence[bytes], *, busy: Busy, layout: Layout, length_s: float
) -> IdleCost:
    """Send requests at equal gaps to an idle server, at a few loads."""
    gaps, extras, fronts = [0.0], [0.0], []
    for load in IDLE_LOADS:
        rate = load * busy.capacity_per_s
        count = max(MIN_IDLE_REQUESTS, int(rate * length_s))
        before_s = server.cpu_s()
        samples = send_load(
            server.target,
            requests=requests,
            due_s=np.arange(count) / rate,
            timeout_s=30.0,
            placement=layout.placement,
        )
        cpu_s = (server.cpu_s() - before_s) / count
        handler = samples.service_ns[samples.is_ok] * 1e-9
        if handler.size < MIN_IDLE_REQUESTS // 2:
            continue
        around_s = max(0.0, cpu_s - float(handler.mean()))
        fronts.append(_front_s(samples, around_s=around_s))
        gaps.append(1 / rate - cpu_s)
        # Medians of the handler: a pause of the machine is no cost of idleness.
        extra_s = float(np.median(handler)) + around_s - _typical(busy)
        extras.append(max(extras[-1], extra_s))
    return IdleCost(
        gap_s=tuple(max(0.0, g) for g in gaps),
        extra_s=tuple(extras),
        front_s=float(np.median(fronts)) if fronts else 0.0,
    )


def _typical(busy: Busy) -> float:
    """Median time of a request on the busy server. [s]"""
    return float(np.median(busy.service_s))


def _front_s(samples: Samples, *, around_s: float) -> float:
    ok = samples.is_ok
    rest = samples.latency_s[ok] - samples.service_ns[ok] * 1e-9 - around_s
    return max(0.0, float(np.median(rest)))
