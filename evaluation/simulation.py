"""Exact waits of a queue, request by request: the yardstick of the approximations.

`lindley_waits_s` is one worker and all numpy; `kiefer_wolfowitz_waits_s` any number of workers
behind one queue; `routed_waits_s` several replicas, each with a queue of its own.
"""

import heapq
from collections import deque

import numpy as np

from advisor.arrays import Floats
from advisor.capacity.queueing import ROUTINGS, Routing


def lindley_waits_s(*, arrival_s: Floats, service_s: Floats) -> Floats:
    """Wait of each request at one worker, first come first served. [s]

        W(n+1) = max(0, W(n) + S(n) - A(n)) = X(n+1) - min(X(0..n+1)),  X the running sum of S - A

    Args:
        arrival_s: arrival times, ascending. [s]
        service_s: service time of each request. [s]

    Source:
        D. V. Lindley, 1952.
    """
    steps = np.concatenate([[0.0], service_s[:-1] - np.diff(arrival_s)])
    walk = np.cumsum(steps)
    waits: Floats = walk - np.minimum.accumulate(walk)
    return waits


def kiefer_wolfowitz_waits_s(*, arrival_s: Floats, service_s: Floats, server_count: int) -> Floats:
    """Wait of each request with several workers behind one queue. [s]

    The earliest free worker takes the next request: a heap of the times at which workers get free.

    Source:
        J. Kiefer and J. Wolfowitz, 1955.
    """
    free = [-np.inf] * server_count
    waits = []
    for arrived, served in zip(arrival_s.tolist(), service_s.tolist(), strict=True):
        start = max(arrived, free[0])
        heapq.heapreplace(free, start + served)
        waits.append(start - arrived)
    return np.array(waits)


def routed_waits_s(
    *,
    arrival_s: Floats,
    service_s: Floats,
    replica_count: int,
    workers_per_replica: int,
    routing: Routing,
    rng: np.random.Generator,
) -> Floats:
    """Wait of each request when a router picks a replica and the replica queues it. [s]"""
    if routing not in ROUTINGS:
        raise ValueError(f"unknown routing {routing!r}: choose one of {', '.join(ROUTINGS)}")
    if routing == "central" or replica_count == 1:
        return kiefer_wolfowitz_waits_s(
            arrival_s=arrival_s,
            service_s=service_s,
            server_count=replica_count * workers_per_replica,
        )
    if routing in ("random", "round-robin"):
        number = np.arange(arrival_s.size)
        replica = number % replica_count
        if routing == "random":
            replica = rng.integers(replica_count, size=arrival_s.size)
        waits = np.empty(arrival_s.size)
        for one in range(replica_count):
            mine = replica == one
            waits[mine] = kiefer_wolfowitz_waits_s(
                arrival_s=arrival_s[mine],
                service_s=service_s[mine],
                server_count=workers_per_replica,
            )
        return waits
    return _least_busy_waits_s(
        arrival_s=arrival_s,
        service_s=service_s,
        replica_count=replica_count,
        workers_per_replica=workers_per_replica,
        choices=2 if routing == "power-of-two" else replica_count,
        rng=rng,
    )


def _least_busy_waits_s(
    *,
    arrival_s: Floats,
    service_s: Floats,
    replica_count: int,
    workers_per_replica: int,
    choices: int,
    rng: np.random.Generator,
) -> Floats:
    """Waits when the replica with the fewest requests under way is taken; ties by chance."""
    free = [[-np.inf] * workers_per_replica for _ in range(replica_count)]
    leaving: list[list[float]] = [[] for _ in range(replica_count)]
    shuffled = rng.permuted(
        np.tile(np.arange(replica_count), (min(arrival_s.size, 4096), 1)), axis=1
    )
    orders = deque(map(tuple, shuffled[:, :choices].tolist()))
    waits: list[float] = []
    for arrived, served in zip(arrival_s.tolist(), service_s.tolist(), strict=True):
        orders.rotate(-1)
        best, fewest = 0, len(waits) + 1
        for replica in orders[0]:
            pending = leaving[replica]
            while pending and pending[0] <= arrived:
                heapq.heappop(pending)
            if len(pending) < fewest:
                best, fewest = replica, len(pending)
        start = max(arrived, free[best][0])
        heapq.heapreplace(free[best], start + served)
        heapq.heappush(leaving[best], start + served)
        waits.append(start - arrived)
    return np.array(waits)


def poisson_arrivals_s(
    *, arrival_per_s: float, request_count: int, rng: np.random.Generator
) -> Floats:
    """Arrival times of a Poisson stream, starting at 0. [s]"""
    return np.cumsum(rng.exponential(1 / arrival_per_s, request_count))


def gamma_services_s(
    *, service_s: float, service_scv: float, request_count: int, rng: np.random.Generator
) -> Floats:
    """Gamma service times of a given mean and variation; constant at 0. [s]"""
    if service_scv == 0:
        return np.full(request_count, service_s)
    return rng.gamma(1 / service_scv, service_s * service_scv, request_count)


def lognormal_services_s(
    *, service_s: float, service_scv: float, request_count: int, rng: np.random.Generator
) -> Floats:
    """Lognormal service times of a given mean and variation. [s]"""
    sigma2 = np.log1p(service_scv)
    return rng.lognormal(np.log(service_s) - sigma2 / 2, np.sqrt(sigma2), request_count)


def batching_sojourns_s(*, arrival_s: Floats, per_row_s: float, per_batch_s: float) -> Floats:
    """Answer time of each request at a server that takes all that waits as one batch. [s]"""
    sojourns = np.empty(arrival_s.size)
    clock, first = 0.0, 0
    while first < arrival_s.size:
        start = max(clock, float(arrival_s[first]))
        last = int(np.searchsorted(arrival_s, start, side="right"))
        clock = start + per_batch_s + per_row_s * (last - first)
        sojourns[first:last] = clock - arrival_s[first:last]
        first = last
    return sojourns
