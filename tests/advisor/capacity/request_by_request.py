"""Containers that come and go, request by request: the yardstick of `service_shapes.py`."""

import heapq
from collections import OrderedDict
from typing import NamedTuple

import numpy as np

from advisor.arrays import Floats


class ServerlessTrace(NamedTuple):
    """What became of each request of a serverless endpoint."""

    answer_s: Floats
    """Time from arrival to answer; NaN where throttled. [s]"""
    is_cold: np.ndarray[tuple[int], np.dtype[np.bool_]]
    """Whether a container was started for it."""
    throttled_count: int
    """Requests refused because all containers allowed were busy."""
    most_containers: int
    """Containers busy at the same time, at most."""


def serverless_trace(
    *,
    arrival_s: Floats,
    service_s: Floats,
    start_s: float,
    idle_s: float,
    maximum_concurrency: int = 200,
) -> ServerlessTrace:
    """Follow each request: a warm container where one is free, the last used first, else a start.

    An idle container is taken away `idle_s` after its last answer. With all allowed containers busy
    a request is refused.

    Args:
        arrival_s: arrival times, ascending. [s]
        service_s: time of each request on a warm container. [s]
        start_s: added for a cold one. [s]
        idle_s: see above. [s]
        maximum_concurrency: containers at the same time.
    """
    busy: list[float] = []  # when each busy container ends
    idle: list[float] = []  # since when each idle one is idle, ascending: a stack
    answers = np.full(arrival_s.size, np.nan)
    cold = np.zeros(arrival_s.size, dtype=bool)
    throttled = most = 0
    for i, (now, work) in enumerate(zip(arrival_s.tolist(), service_s.tolist(), strict=True)):
        while busy and busy[0] <= now:
            idle.append(heapq.heappop(busy))
        if idle and idle[-1] + idle_s >= now:
            idle.pop()
            took = work
        elif len(busy) >= maximum_concurrency:
            throttled += 1
            continue
        else:
            idle.clear()  # the last used is too old, so all are
            took, cold[i] = work + start_s, True
        heapq.heappush(busy, now + took)
        most = max(most, len(busy))
        answers[i] = took
    return ServerlessTrace(answers, cold, throttled, most)


class IdleTrace(NamedTuple):
    """What became of each request of a queue whose one worker scales to zero."""

    result_s: Floats
    """Time from request to result. [s]"""
    is_cold: np.ndarray[tuple[int], np.dtype[np.bool_]]
    """Whether it found the worker off or starting."""
    on_s: float
    """Time that the worker ran or started, to the end of the last request's idle timer. [s]"""
    start_count: int
    """Starts."""


def idle_trace(*, arrival_s: Floats, service_s: Floats, start_s: float, idle_s: float) -> IdleTrace:
    """Follow each request of a queue with one worker that stops after `idle_s` without work."""
    results = np.empty(arrival_s.size)
    cold = np.zeros(arrival_s.size, dtype=bool)
    free, ready, on_s, starts = -np.inf, -np.inf, 0.0, 0
    for i, (now, work) in enumerate(zip(arrival_s.tolist(), service_s.tolist(), strict=True)):
        if now > free + idle_s:  # it was taken away
            on_s += idle_s if starts else 0.0
            ready = now + start_s
            on_s += start_s
            free = ready
            starts += 1
            cold[i] = True
        elif now < ready:
            cold[i] = True
        elif now > free:
            on_s += now - free
        begin = max(now, free)
        free = begin + work
        on_s += work
        results[i] = free - now
    return IdleTrace(results, cold, on_s + idle_s, starts)


class QueueTrace(NamedTuple):
    """What became of each request of a queue whose workers start and stop together."""

    result_s: Floats
    """Time from request to result: the two waits and the service. [s]"""
    start_wait_s: Floats
    """Of it, while the workers were starting; 0 for a request that finds them on. [s]"""
    queue_wait_s: Floats
    """Of it, behind other requests while the workers were on. [s]"""
    on_s: float
    """Time that the workers ran or started, to the end of the last idle timer; each is billed so
    long. Where they never stop, from the first request to the last result. [s]"""
    start_count: int
    """Starts."""

    @property
    def cold_fraction(self) -> float:
        """Share of the requests that find the workers off or starting."""
        return float(np.mean(self.start_wait_s > 0)) if self.start_wait_s.size else 0.0


def queue_trace(
    *,
    arrival_s: Floats,
    service_s: Floats,
    server_count: int,
    start_s: float = 0.0,
    idle_s: float = np.inf,
) -> QueueTrace:
    """Follow each request of an asynchronous queue with several workers that scales to zero.

    The worker that is free first takes the next request (a heap of the times at which they get
    free). A request that finds all of them off starts them all, ready after d; once `idle_s` have
    passed since the last result with nothing to do, all stop:

        result = wait for the start + wait in the queue + service

    Arrivals are any schedule: `evaluation.simulation.poisson_arrivals_s`, or a recorded day.

    Args:
        arrival_s: arrival times, ascending, shape (requests,). [s]
        service_s: time of each request at one worker, shape (requests,). [s]
        server_count: c, workers behind the one queue, at least 1.
        start_s: d, from the first request to workers that are ready. [s]
        idle_s: time without work after which all stop; inf, the default, is always on. [s]

    Raises:
        ValueError: arrivals are not ascending, the shapes differ, or a time or count is too low.

    Example:
        >>> arrived, took = np.array([0.0, 1.0, 2.0, 900.0]), np.full(4, 30.0)
        >>> followed = queue_trace(
        ...     arrival_s=arrived, service_s=took, server_count=2, start_s=60.0, idle_s=300.0
        ... )
        >>> followed.result_s.tolist(), followed.start_count, followed.on_s
        ([90.0, 89.0, 118.0, 90.0], 2, 810.0)

    Source:
        J. Kiefer and J. Wolfowitz, 1955, for the queue; exact request by request.
    """
    if arrival_s.ndim != 1 or arrival_s.shape != service_s.shape:
        raise ValueError(
            "arrival_s and service_s must be one value per request each, got shapes "
            f"{arrival_s.shape} and {service_s.shape}"
        )
    if not np.all(np.diff(arrival_s) >= 0):
        raise ValueError("arrival_s must be ascending: sort the requests by their time")
    if server_count < 1:
        raise ValueError(f"server_count must be at least 1, got {server_count}")
    if not (np.all(service_s >= 0) and start_s >= 0 and idle_s >= 0):
        raise ValueError("service_s, start_s and idle_s must be >= 0")
    free = [-np.inf] * server_count  # when each worker is free, a heap
    starting, queued = np.zeros(arrival_s.size), np.zeros(arrival_s.size)
    ready, done, on_s, starts = -np.inf, -np.inf, 0.0, 0
    since = float(arrival_s[0]) if arrival_s.size else 0.0
    for i, (now, work) in enumerate(zip(arrival_s.tolist(), service_s.tolist(), strict=True)):
        if now - done > idle_s:  # they are off; never so at inf, not even before the first result
            on_s += done + idle_s - since if starts else 0.0
            since, ready = now, now + start_s
            free = [ready] * server_count
            starts += 1
        begin = max(now, free[0])
        heapq.heapreplace(free, begin + work)
        done = max(done, begin + work)
        starting[i] = max(0.0, ready - now)
        queued[i] = begin - max(now, ready)
    if arrival_s.size:
        on_s += done - since + (idle_s if np.isfinite(idle_s) else 0.0)
    return QueueTrace(starting + queued + service_s, starting, queued, on_s, starts)


def lru_miss_share(
    *, requests: np.ndarray[tuple[int], np.dtype[np.int_]], sizes_gib: Floats, memory_gib: float
) -> float:
    """Share of requests for models out of memory, the least recently used thrown out first.

    Args:
        requests: the model of each request, an index into `sizes_gib`.
        sizes_gib: memory of each model. [GiB]
        memory_gib: memory for models. [GiB]
    """
    held: OrderedDict[int, float] = OrderedDict()
    used, misses = 0.0, 0
    for model in requests.tolist():
        if model in held:
            held.move_to_end(model)
            continue
        misses += 1
        size = float(sizes_gib[model])
        if size > memory_gib:
            continue
        while used + size > memory_gib + 1e-12:
            used -= held.popitem(last=False)[1]
        held[model] = size
        used += size
    return misses / max(1, requests.size)
