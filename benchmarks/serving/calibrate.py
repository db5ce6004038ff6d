"""How long a real server is at a request: measured on it, before any load that is judged.

A closed loop keeps it busy and tells its capacity. Requests at chance times, at a low and a higher
load, tell what each takes: one that waited, one that found a worker idle with its caches cold, and
how the speed of the machine went meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.arrays import Floats
from benchmarks.serving.arrivals import LoadError, schedule_s
from benchmarks.serving.generator import REST_S
from benchmarks.serving.launch import Layout, Server
from benchmarks.serving.loadrun import send_load
from benchmarks.serving.request_times import Stretch, stretch_of

MIN_WATCHED = 150
"""Requests in a stretch of watched load at least."""

BUSY_CONNECTIONS = 8
"""Connections per worker that keep it busy."""

WATCH_LOADS = (0.25, 0.5, 0.75)
"""Loads under which a server is watched: many requests find it idle, many have to wait."""

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


def watch_load(
    server: Server,
    requests: Sequence[bytes],
    *,
    layout: Layout,
    capacity_per_s: float,
    length_s: float,
    rng: np.random.Generator,
) -> list[Stretch]:
    """Send a moment of load at chance times; return what each request took, a stretch per load.

    Args:
        server: the server.
        requests: what it is asked, in turn.
        layout: where server and generator run.
        capacity_per_s: its capacity, see `measure_busy`. [1/s]
        length_s: length of each stretch; longer where it would hold few requests. [s]
        rng: draws the arrivals.

    Raises:
        LoadError: a request failed.
    """
    found = []
    for load in WATCH_LOADS:
        rate = load * capacity_per_s
        lasts_s = max(length_s, MIN_WATCHED / rate)
        samples = send_load(
            server.target,
            requests=requests,
            due_s=schedule_s(pattern="poisson", rate_per_s=rate, duration_s=lasts_s, rng=rng),
            timeout_s=30.0,
            placement=layout.placement,
        )
        if not samples.is_ok.all():
            bad = sorted({int(s) for s in samples.status[~samples.is_ok]})
            raise LoadError(f"the server failed under a load of {load:.0%}: status {bad}")
        found.append(stretch_of(samples))
    return found
