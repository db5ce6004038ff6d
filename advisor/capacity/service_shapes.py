"""Ways to serve that are not a fleet standing all day: what each does to time and to hours billed.

Serverless, asynchronous with scale to zero, batch against a deadline, and many models on one
endpoint. Pure formulas, vectorised where an option table needs them; the tests check them against
simulations that follow every request.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from advisor.arrays import Floats

MAX_CONCURRENCY_TERMS = 4_000
"""Containers that `cold_start_share` sums over at most."""


def cold_start_share(
    *, requests_per_s: ArrayLike, service_s: ArrayLike, idle_s: ArrayLike
) -> Floats:
    """Share of requests that start a container, where an idle one is taken away after a fixed time.

    Each container serves one request at a time, the most recently used first. The n-th container is
    asked for when n - 1 are busy, which in M/G/infinity happens at rate lambda P(N = n - 1); it is
    cold unless it was asked for within the last `idle_s`:

        share = sum_n P(N = n - 1) exp(-lambda P(N = n - 1) idle),     N ~ Poisson(lambda S)

    As S goes to 0 that is exp(-lambda idle), exact for Poisson arrivals. Visits to a level come in
    clusters, which the formula leaves out: within a factor of 2 of the simulation, see the tests.

    Args:
        requests_per_s: Poisson arrival rate, > 0. [1/s]
        service_s: time that a container is busy with one request, >= 0. [s]
        idle_s: time after which an idle container is taken away, >= 0. [s]

    Returns:
        Cold starts per request, 0 to 1, shape broadcast.

    Raises:
        ValueError: a rate is not positive or a time negative.

    Example:
        >>> share = cold_start_share(requests_per_s=1 / 300, service_s=0.0, idle_s=300.0)
        >>> round(float(share), 4)   # exp(-1)
        0.3679

    Source:
        The exponential of a Poisson gap; the levels of M/G/infinity (Palm, 1943).
    """
    rate, service, idle = np.broadcast_arrays(
        *(np.asarray(v, dtype=float) for v in (requests_per_s, service_s, idle_s))
    )
    if not np.all(rate > 0):
        raise ValueError("requests_per_s must be positive")
    if np.any(service < 0) or np.any(idle < 0):
        raise ValueError("service_s and idle_s must be >= 0")
    load = rate * service
    top = float(np.max(load, initial=0.0))
    terms = int(min(MAX_CONCURRENCY_TERMS, top + 12 * np.sqrt(top) + 20))
    level = np.exp(-load)  # P(N = 0); a load beyond some 700 has no cold start worth a term
    share = np.zeros(rate.shape)
    for busy in range(terms):
        share = share + level * np.exp(-rate * level * idle)
        level = level * load / (busy + 1)
    return np.clip(share, 0.0, 1.0)


class ColdDay(NamedTuple):
    """Cold starts over a traffic profile."""

    share: float
    """Cold starts per request over the whole profile."""
    by_hour: Floats
    """Cold starts per request in each step of the profile."""


def cold_starts_over(*, rates_per_s: ArrayLike, service_s: float, idle_s: float) -> ColdDay:
    """Return cold starts over a profile of rates, each step taken as stationary.

    Args:
        rates_per_s: rate in each step of equal length, >= 0. [1/s]
        service_s: see `cold_start_share`. [s]
        idle_s: see `cold_start_share`. [s]
    """
    rates = np.asarray(rates_per_s, dtype=float)
    if np.any(rates < 0) or not np.any(rates > 0):
        raise ValueError("rates_per_s must be >= 0, at least one of them positive")
    by_hour = np.ones(rates.shape)  # nothing is warm for a request that hardly ever comes
    some = rates > 0
    by_hour[some] = cold_start_share(requests_per_s=rates[some], service_s=service_s, idle_s=idle_s)
    return ColdDay(share=float(by_hour @ rates / rates.sum()), by_hour=by_hour)


class IdleCycle(NamedTuple):
    """A machine that stops when idle and starts when asked, one entry per option."""

    on_fraction: Floats
    """Share of the time that it runs, or starts, and is billed."""
    starts_per_hour: Floats
    """Starts. [1/h]"""
    cold_fraction: Floats
    """Share of the requests that find it off or starting."""
    mean_result_s: Floats
    """Mean time from request to result; inf where it cannot keep up. [s]"""


def idle_cycle(
    *,
    requests_per_s: ArrayLike,
    service_s: ArrayLike,
    start_s: ArrayLike,
    idle_s: ArrayLike,
    service_scv: ArrayLike = 1.0,
) -> IdleCycle:
    """Describe one worker that scales to zero: an M/G/1 queue with set-up and an idle timer.

    A cycle from off to off: off for 1 / lambda; a start of d, during which lambda d more requests
    come; their busy period; then idle spells that last to the next request or to the timer T, which
    ends the cycle with probability p = exp(-lambda T), each other one followed by a busy period:

        off = 1 / lambda        cycle = (1 / lambda + d + (1 / p - 1) / lambda) / (1 - rho)
        mean result = S + lambda S^2 (1 + scv) / (2 (1 - rho))
                        + p (2 d + lambda d^2) / (2 (1 + p lambda d))

    Args:
        requests_per_s: Poisson arrival rate, > 0. [1/s]
        service_s: time per request, > 0. [s]
        start_s: d, from the first request to the first service. [s]
        idle_s: T, time without work after which it is taken away. [s]
        service_scv: variance of the service time / mean^2.

    Raises:
        ValueError: a rate or service time is not positive, or a time negative.

    Source:
        P. D. Welch, 1964 (exceptional first service in a busy period); the mean adds a set-up with
        probability p to Pollaczek and Khinchine's, by the decomposition of Fuhrmann and Cooper.
    """
    rate, service, start, idle, scv = np.broadcast_arrays(
        *(
            np.asarray(v, dtype=float)
            for v in (requests_per_s, service_s, start_s, idle_s, service_scv)
        )
    )
    if not (np.all(rate > 0) and np.all(service > 0)):
        raise ValueError("requests_per_s and service_s must be positive")
    if np.any(start < 0) or np.any(idle < 0) or np.any(scv < 0):
        raise ValueError("start_s, idle_s and service_scv must be >= 0")
    rho = rate * service
    stable = rho < 1
    spare = np.where(stable, 1 - rho, 1.0)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        off_probability = np.exp(-rate * idle)
        cycle_s = (1 / (rate * off_probability) + start) / spare  # inf where it is never off
        off_share = np.where(stable, 1 / rate / cycle_s, 0.0)
        starts = np.where(stable, 3600 / cycle_s, 0.0)
    wait = rate * service**2 * (1 + scv) / (2 * spare)
    after_start = (
        off_probability * (2 * start + rate * start**2) / (2 * (1 + off_probability * rate * start))
    )
    # Of the requests of a cycle, lambda x cycle, one finds it off and lambda d find it starting.
    cold = np.where(stable, (1 + rate * start) * starts / 3600 / rate, 0.0)
    return IdleCycle(
        on_fraction=1 - off_share,
        starts_per_hour=starts,
        cold_fraction=cold,
        mean_result_s=np.where(stable, service + wait + after_start, np.inf),
    )


class BatchJob(NamedTuple):
    """A batch run on several machines, one entry per option."""

    machine_count: NDArray[np.int_]
    """Fewest machines that meet the deadline; 0 where none do."""
    wall_s: Floats
    """From start to the last row, the machines' start included; inf where none do. [s]"""
    machine_hours: Floats
    """Hours billed for one run, all machines. [h]"""


def batch_job(
    *,
    row_count: ArrayLike,
    rows_per_s: ArrayLike,
    start_s: ArrayLike,
    deadline_s: ArrayLike,
    maximum_count: ArrayLike = 100,
) -> BatchJob:
    """Find the fewest machines that score some rows within a deadline.

        n = ceil(rows / (rate (deadline - start)))        wall = start + rows / (n rate)

    Rows are dealt out evenly; every machine is billed to the end of the run, its start included.

    Args:
        row_count: rows of one run, >= 0. [rows]
        rows_per_s: throughput of one machine, all its workers, > 0. [rows/s]
        start_s: from asking for machines to the first row. [s]
        deadline_s: time within which the run must end. [s]
        maximum_count: most machines considered.

    Raises:
        ValueError: a throughput or a deadline is not positive.

    Example:
        >>> job = batch_job(row_count=3_600_000, rows_per_s=500, start_s=200, deadline_s=3800)
        >>> int(job.machine_count), float(job.wall_s)
        (2, 3800.0)
    """
    rows, rate, start, deadline, most = np.broadcast_arrays(
        *(
            np.asarray(v, dtype=float)
            for v in (row_count, rows_per_s, start_s, deadline_s, maximum_count)
        )
    )
    if not (np.all(rate > 0) and np.all(deadline > 0)):
        raise ValueError("rows_per_s and deadline_s must be positive")
    room = deadline - start
    with np.errstate(divide="ignore", invalid="ignore"):
        wanted = np.ceil(rows / (rate * np.where(room > 0, room, np.nan)) * (1 - 1e-12))
    wanted = np.maximum(1.0, wanted)
    possible = np.isfinite(wanted) & (wanted <= most)
    count = np.where(possible, wanted, 0.0)
    with np.errstate(divide="ignore"):
        wall = np.where(possible, start + rows / (np.maximum(count, 1.0) * rate), np.inf)
    return BatchJob(
        machine_count=count.astype(int),
        wall_s=wall,
        machine_hours=np.where(possible, np.maximum(count, 1.0) * wall / 3600, np.inf),
    )


def zipf_popularity(*, model_count: int, exponent: float = 1.0) -> Floats:
    """Share of the requests that each of some models gets: 1 / rank^exponent, summing to 1.

    An exponent of 0 asks all models alike; about 1 is what catalogues of items often show.
    """
    if model_count < 1 or exponent < 0:
        raise ValueError("model_count must be at least 1 and exponent >= 0")
    weights = 1.0 / np.arange(1, model_count + 1) ** exponent
    shares: Floats = weights / weights.sum()
    return shares


def cache_miss_share(*, popularity: ArrayLike, sizes_gib: ArrayLike, memory_gib: float) -> float:
    """Share of requests for a model that is not in memory, least recently used thrown out first.

    Che's approximation: a model asked for with share q stays T requests after its last one, where T
    fills the memory on average:

        sum_i size_i (1 - exp(-q_i T)) = memory            misses = sum_i q_i exp(-q_i T)

    Args:
        popularity: share of the requests of each model, summing to 1.
        sizes_gib: memory of each model, or one size for all, > 0. [GiB]
        memory_gib: memory for models, >= 0. [GiB]

    Returns:
        Misses per request; 0 where all models fit, 1 where none does.

    Raises:
        ValueError: shares are negative or do not sum to 1, or a size is not positive.

    Example:
        >>> one_in_two = cache_miss_share(popularity=[0.25] * 4, sizes_gib=1.0, memory_gib=2.0)
        >>> round(one_in_two, 6)   # all alike: misses are the share that does not fit
        0.5

    Source:
        H. Che, Y. Tung, Z. Wang, "Hierarchical web caching systems", 2002.
    """
    share = np.asarray(popularity, dtype=float).ravel()
    sizes = np.broadcast_to(np.asarray(sizes_gib, dtype=float), share.shape)
    if np.any(share < 0) or abs(float(share.sum()) - 1) > 1e-6:
        raise ValueError("popularity must be >= 0 and sum to 1")
    if not np.all(sizes > 0):
        raise ValueError("sizes_gib must be positive")
    if float(sizes[share > 0].sum()) <= memory_gib:
        return 0.0
    if memory_gib < float(sizes.min()):
        return 1.0
    low, high = 0.0, 1.0
    while float(sizes @ -np.expm1(-share * high)) < memory_gib:
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        if float(sizes @ -np.expm1(-share * middle)) < memory_gib:
            low = middle
        else:
            high = middle
    return float(share @ np.exp(-share * high))
