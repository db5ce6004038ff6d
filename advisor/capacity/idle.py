"""Containers that come and go, request by request: the yardstick of `shapes.py`."""

import heapq
from collections import OrderedDict
from typing import NamedTuple

import numpy as np

from advisor.capacity.queueing import Floats


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
