"""From a request rate to latency: M/G/c queues, many options at once.

A replica is a machine with a number of workers; each worker serves one request at a time, first
come first served. What a percentile needs besides the mean service time is how much the service
times vary, and how requests are spread over the replicas. Formulas of the M/M/c queue are here as
exact special cases; they are never used for the percentiles of an option, because a model's
service times are far from exponential.

Every function broadcasts numpy arrays over options and takes keywords only. `simulation.py` holds
the exact recursions that these approximations are checked against.
"""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from advisor.arrays import Floats

Routing = Literal["central", "least-outstanding", "power-of-two", "round-robin", "random"]
"""How requests find a replica. `central`: one queue before all workers, the ideal."""

ROUTINGS: tuple[Routing, ...] = (
    "central",
    "least-outstanding",
    "power-of-two",
    "round-robin",
    "random",
)

# fmt: off
KNOT_PROBABILITIES: Floats = np.array([
    0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.875, 0.925, 0.95, 0.97, 0.98,
    0.9875, 0.9925, 0.995, 0.9975, 0.999, 1.0,
])
"""Where a service-time distribution is tabulated; dense where percentiles are asked for."""

_LAST_PROBABILITY = 0.9997
"""The last knot stands for everything above 0.999, at about its median."""

# Standard normal quantiles at the knots, first and last moved inside (0, 1).
_NORMAL_KNOTS: Floats = np.array([
    -2.575829, -2.053749, -1.644854, -1.281552, -0.841621, -0.524401, -0.253347, 0.0, 0.253347,
    0.524401, 0.841621, 1.150349, 1.439531, 1.644854, 1.880794, 2.053749, 2.241403, 2.432379,
    2.575829, 2.807034, 3.090232, 3.431614,
])
# fmt: on


class Waiting(NamedTuple):
    """How long requests wait for a worker, one entry per option."""

    mean_s: Floats
    """Mean wait of all requests; inf where the workers cannot keep up. [s]"""
    probability: Floats
    """Share of the requests that wait at all."""
    scv: Floats
    """Variance / mean^2 of the wait of those that wait; 1 is exponential."""


def erlang_b(*, offered_load: ArrayLike, server_count: ArrayLike) -> Floats:
    """Share of requests that find all servers busy when none may wait (M/M/c/c).

        B(0) = 1,    B(k) = a B(k-1) / (k + a B(k-1))          with a = lambda / mu

    Args:
        offered_load: mean number of busy servers asked for, >= 0. [servers]
        server_count: whole servers, >= 1.

    Returns:
        Probability in 0..1, shape broadcast.

    Source:
        A. K. Erlang, 1917; the recursion is numerically stable at any size.
    """
    load, servers = np.broadcast_arrays(
        np.asarray(offered_load, dtype=float), np.asarray(server_count, dtype=int)
    )
    if np.any(load < 0) or np.any(servers < 1):
        raise ValueError("offered_load must be >= 0 and server_count >= 1")
    order = np.argsort(servers.ravel(), kind="stable")
    counts, a = servers.ravel()[order], load.ravel()[order]
    blocked = np.ones(a.shape)
    starts = np.searchsorted(counts, np.arange(1, counts[-1] + 1 if counts.size else 1))
    for k, start in enumerate(starts, start=1):  # only rows with at least k servers are touched
        rest = blocked[start:]
        offered = a[start:] * rest
        np.divide(offered, k + offered, out=rest)
    result = np.empty(a.shape)
    result[order] = blocked
    return result.reshape(load.shape)


def erlang_c(*, offered_load: ArrayLike, server_count: ArrayLike) -> Floats:
    """Probability that a request has to wait in an M/M/c queue; 1 where it cannot keep up.

        C = B / (1 - rho (1 - B))          with rho = a / c

    Args:
        offered_load: arrival rate x mean service time, >= 0. [servers]
        server_count: whole servers, >= 1.

    Returns:
        Probability in 0..1, shape broadcast.

    Example:
        >>> float(erlang_c(offered_load=1.6, server_count=2).round(6))
        0.711111
    """
    load, servers = np.broadcast_arrays(
        np.asarray(offered_load, dtype=float), np.asarray(server_count, dtype=int)
    )
    blocked = erlang_b(offered_load=load, server_count=servers)
    utilisation = load / servers
    stable = utilisation < 1
    divisor = np.where(stable, 1 - utilisation * (1 - blocked), 1.0)
    waits: Floats = np.where(stable, blocked / divisor, 1.0)
    return waits


def mean_wait_s(
    *,
    arrival_per_s: ArrayLike,
    service_s: ArrayLike,
    service_scv: ArrayLike,
    server_count: ArrayLike,
    arrival_scv: ArrayLike = 1.0,
) -> Floats:
    """Mean time a request waits for a server, GI/G/c.

    For Poisson arrivals: Kimura's interpolation between M/M/c and M/D/c, with Cosmetatos' M/D/c,
    exact for one server (Pollaczek and Khinchine) and for exponential service:

        W = (1 + s) / (2 s / W_MMc + (1 - s) / W_MDc)            s = service_scv <= 1
        W_MDc = W_MMc min(c / (c + 1), (1 + (1 - rho)(c - 1)(sqrt(4 + 5c) - 2) / (16 rho c)) / 2)

    above s = 1 the straight line through the same two points, which stays finite. Smoother
    arrivals than Poisson's (arrival_scv < 1) shorten the wait by Kraemer and Langenbach-Belz.

    Args:
        arrival_per_s: arrival rate, >= 0. [1/s]
        service_s: mean service time, > 0. [s]
        service_scv: variance of the service time / mean^2, >= 0.
        server_count: whole servers, >= 1.
        arrival_scv: variance of the time between arrivals / mean^2, in 0..1; 1 is Poisson.

    Returns:
        Mean wait before service; inf where the servers cannot keep up. [s]

    Raises:
        ValueError: a service time is not positive or a rate negative.

    Example:
        >>> wait = mean_wait_s(arrival_per_s=8.0, service_s=0.1, service_scv=1.0, server_count=1)
        >>> round(float(wait), 9)   # M/M/1: rho / (mu - lambda)
        0.4

    Source:
        T. Kimura, 1994 (system interpolations); G. P. Cosmetatos, 1975; W. Kraemer and M.
        Langenbach-Belz, 1976.
    """
    return waiting(
        arrival_per_s=arrival_per_s,
        service_s=service_s,
        service_scv=service_scv,
        server_count=server_count,
        arrival_scv=arrival_scv,
    ).mean_s


def allen_cunneen_wait_s(
    *,
    arrival_per_s: ArrayLike,
    service_s: ArrayLike,
    service_scv: ArrayLike,
    server_count: ArrayLike,
) -> Floats:
    """Mean wait of M/G/c by Allen and Cunneen: the M/M/c wait x (1 + scv) / 2. [s]

    Coarser than `mean_wait_s` below scv 1 with many servers; kept as its check.
    """
    exponential = mean_wait_s(
        arrival_per_s=arrival_per_s,
        service_s=service_s,
        service_scv=1.0,
        server_count=server_count,
    )
    wait: Floats = exponential * (1 + np.asarray(service_scv, dtype=float)) / 2
    return wait


def waiting(
    *,
    arrival_per_s: ArrayLike,
    service_s: ArrayLike,
    service_scv: ArrayLike,
    server_count: ArrayLike,
    arrival_scv: ArrayLike = 1.0,
) -> Waiting:
    """Wait of GI/G/c: mean as `mean_wait_s`, probability as Erlang C, variation by residuals.

    A waiting request waits for the rest of one service, and for more of them the busier it is. For
    one worker and gamma-like service the variation of that geometric sum is, exactly,

        scv = rho + (1 - rho) (4 (1 + 2 service_scv) / (3 (1 + service_scv)) - 1)

    and with c workers the second term comes closer to 1 by 3 / (c + 2), as the minimum of c does.
    """
    rate, service, scv, servers, arrival = np.broadcast_arrays(
        np.asarray(arrival_per_s, dtype=float),
        np.asarray(service_s, dtype=float),
        np.asarray(service_scv, dtype=float),
        np.asarray(server_count, dtype=int),
        np.asarray(arrival_scv, dtype=float),
    )
    if not np.all(service > 0):
        raise ValueError("service_s must be positive")
    if np.any(rate < 0) or np.any(scv < 0) or np.any(arrival < 0) or np.any(arrival > 1):
        raise ValueError("rates and variations must be >= 0, arrival_scv at most 1")
    load = rate * service
    rho = load / servers
    stable = rho < 1
    safe_rho = np.where(stable, rho, 0.5)
    probability = erlang_c(offered_load=load, server_count=servers)
    exponential = probability * service / (servers * (1 - safe_rho))
    fixed = exponential * _deterministic_ratio(rho=safe_rho, servers=servers)
    low = np.minimum(scv, 1.0)
    with np.errstate(all="ignore"):  # a load of nearly nothing: 1 / denormal
        interpolated = (1 + low) / (2 * low / exponential + (1 - low) / fixed)
    interpolated = np.where(exponential > 0, interpolated, 0.0)
    wait = np.where(scv <= 1, interpolated, scv * exponential + (1 - scv) * fixed)
    if np.any(arrival < 1):
        with np.errstate(all="ignore"):
            exponent = -2 * (1 - safe_rho) * (1 - arrival) ** 2
            exponent = exponent / (3 * safe_rho * (arrival + scv))
            smoother = np.where(arrival < 1, (arrival + scv) / (1 + scv) * np.exp(exponent), 1.0)
            raised = 1 + arrival + safe_rho * scv
            lowered = 1 + safe_rho * (scv - 1) + safe_rho**2 * (4 * arrival + scv)
            fewer = 1 + (arrival - 1) * (1 - safe_rho) * raised / lowered
        wait = wait * np.nan_to_num(smoother, nan=0.0)
        probability = probability * np.clip(fewer, 0.0, 1.0)
    residual = 1 + (4 * (1 + 2 * scv) / (3 * (1 + scv)) - 2) * 3 / (servers + 2)
    return Waiting(
        mean_s=np.where(stable, wait, np.inf),
        probability=np.where(stable, probability, 1.0),
        scv=safe_rho + (1 - safe_rho) * residual,
    )


def _deterministic_ratio(*, rho: Floats, servers: NDArray[np.int_]) -> Floats:
    """Wait of M/D/c / wait of M/M/c, by Cosmetatos, at most its light-traffic limit."""
    with np.errstate(divide="ignore", invalid="ignore"):
        extra = (1 - rho) * (servers - 1) * (np.sqrt(4 + 5 * servers) - 2) / (16 * rho * servers)
    half = np.where(servers == 1, 0.5, (1 + np.nan_to_num(extra, nan=np.inf)) / 2)
    return np.minimum(half, servers / (servers + 1))


def lognormal_knots(*, service_s: ArrayLike, service_scv: ArrayLike) -> Floats:
    """Tabulate a lognormal service time by its mean and variation. [s], shape (..., knots)

    Measured service times are skewed to the right; a lognormal is the plainest such law.
    """
    mean, scv = np.broadcast_arrays(
        np.asarray(service_s, dtype=float), np.asarray(service_scv, dtype=float)
    )
    sigma = np.sqrt(np.log1p(scv))[..., None]
    knots = np.exp(sigma * _NORMAL_KNOTS)
    scaled: Floats = knots * (mean / _knot_mean(knots))[..., None]
    return scaled


def _knot_mean(knots: Floats) -> Floats:
    middles = (knots[..., 1:] + knots[..., :-1]) / 2
    # No matrix product: its threads wait for one another where processors are shared.
    mean: Floats = np.einsum("...k,k->...", middles, np.diff(KNOT_PROBABILITIES))
    return mean


def sojourn_quantiles_s(
    *, probabilities: tuple[float, ...], waiting: Waiting, service_knots_s: ArrayLike
) -> Floats:
    """Quantiles of the time from arrival to answer: wait and service together.

    The wait is 0 with probability 1 - Pi. Else its tail is A1 e^(-r1 t) + A2 e^(-r2 t), with the
    given mean and variation: two exponential stages in a row where the variation is below 1, one
    of two where it is above. It is added to the tabulated service time, taken as uniform between
    its knots. At a knot b after a, with w the probability between them:

        P(T > t) = P(S > t) + Pi (A1 G1(t) + A2 G2(t))
        G(b) = G(a) e^-x + w (1 - e^-x) / x,   x = r (b - a)

    beyond the last knot the slower exponential rules.

    Args:
        probabilities: each in 0..1 exclusive.
        waiting: as `waiting` or `station_waiting` give it; an infinite mean gives inf.
        service_knots_s: service time at `KNOT_PROBABILITIES`. [s], shape (options, knots).

    Returns:
        Shape (probabilities, options). [s]
    """
    knots = np.asarray(service_knots_s, dtype=float)
    shape = np.broadcast_shapes(*(np.shape(column) for column in waiting), knots.shape[:-1])
    wait, share, scv = (np.broadcast_to(column, shape).ravel() for column in waiting)
    knots = np.broadcast_to(knots, (*shape, knots.shape[-1])).reshape(-1, knots.shape[-1]).T
    stable = np.isfinite(wait)
    busy = stable & (wait > 0) & (share > 0)
    conditional = np.where(busy, wait, 1.0) / np.where(busy, share, 1.0)
    weights, rates = _two_exponentials(mean=conditional, scv=scv)
    tails = np.repeat(1 - KNOT_PROBABILITIES[:, None], wait.size, axis=1)
    for weight, rate in zip(weights, rates, strict=True):
        tails += np.where(busy, share * weight, 0.0) * _convolved(knots=knots, rate=rate)
    slow = np.minimum(*rates)
    found = np.empty((len(probabilities), wait.size))
    for row, probability in enumerate(probabilities):
        quantile = _invert_tail(knots=knots, tails=tails, beyond=1 - probability, rate=slow)
        found[row] = np.where(stable, quantile, np.inf)
    return found.reshape(len(probabilities), *shape)


def _two_exponentials(*, mean: Floats, scv: Floats) -> tuple[tuple[Floats, ...], ...]:
    """Weights and rates of a tail A1 e^(-r1 t) + A2 e^(-r2 t) with a mean and a variation."""
    low = np.clip(scv, 0.52, 1.0)
    first = mean * (1 + np.sqrt(2 * low - 1)) / 2
    second = np.maximum(mean - first, 1e-9 * mean)
    high = np.maximum(scv, 1.0)
    branch = (1 + np.sqrt((high - 1) / (high + 1))) / 2
    staged = scv <= 1
    rates = (
        np.where(staged, 1 / first, 2 * branch / mean),
        np.where(staged, 1 / second, 2 * (1 - branch) / mean),
    )
    weights = (
        np.where(staged, first / (first - second), branch),
        np.where(staged, -second / (first - second), 1 - branch),
    )
    return weights, rates


def _convolved(*, knots: Floats, rate: Floats) -> Floats:
    """E[e^(-rate (t - S)); S < t] at every knot t. Shape (knots, options)."""
    result = np.zeros(knots.shape)
    for j, mass in enumerate(np.diff(KNOT_PROBABILITIES), start=1):
        step = rate * (knots[j] - knots[j - 1])
        faded = np.exp(-step)
        small = step < 1e-6
        share = np.where(small, 1 - step / 2, (1 - faded) / np.where(small, 1.0, step))
        result[j] = result[j - 1] * faded + mass * share
    return result


def _invert_tail(*, knots: Floats, tails: Floats, beyond: float, rate: Floats) -> Floats:
    """Return t with P(T > t) = beyond: log-linear between knots, exponential after the last."""
    last = knots.shape[0] - 1
    columns = np.arange(knots.shape[1])
    above = np.minimum((tails > beyond).sum(axis=0), last)
    low, high = tails[above - 1, columns], tails[above, columns]
    floor = np.maximum(high, beyond * 1e-3)
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.log(low / beyond) / np.log(low / floor)
    part = np.clip(np.nan_to_num(part, nan=1.0), 0.0, 1.0)
    inside = knots[above - 1, columns] + part * (knots[above, columns] - knots[above - 1, columns])
    after = knots[last] + np.log(np.maximum(tails[last], beyond) / beyond) / rate
    result: Floats = np.where(tails[last] > beyond, after, inside)
    return result


def station_waiting(
    *,
    arrival_per_s: ArrayLike,
    service_s: ArrayLike,
    service_scv: ArrayLike,
    workers_per_replica: ArrayLike,
    replica_count: ArrayLike,
    routing: Routing,
) -> Waiting:
    """Wait over a fleet of replicas, by how requests are routed.

    - `central`: M/G/c with all workers, the ideal that no load balancer reaches.
    - `least-outstanding`: waits as often as `central`, but behind one worker of one replica:
      0.7 (1 + scv) / 2 (1 - 1/n) / w service times longer when it waits (fitted to our own
      simulation of 2 to 16 replicas, see `docs/explanation/queueing.md`).
    - `power-of-two`: between least outstanding over two replicas and over all of them, a share
      1.12 - 0.9 rho of the way (fitted likewise).
    - `round-robin`: each replica sees every n-th arrival, arrival_scv 1/n (plus 0.05 from two
      replicas on, where the formula would fall below our own simulation).
    - `random`: each replica is a queue of its own with 1/n of a Poisson stream.
    """
    if routing not in ROUTINGS:
        raise ValueError(f"unknown routing {routing!r}: choose one of {', '.join(ROUTINGS)}")
    rate = np.asarray(arrival_per_s, dtype=float)
    workers = np.asarray(workers_per_replica, dtype=int)
    replicas = np.asarray(replica_count, dtype=int)
    service, scv = np.asarray(service_s, dtype=float), np.asarray(service_scv, dtype=float)
    if routing in ("random", "round-robin"):
        smooth = np.minimum(1.0, 1.0 / replicas + 0.05)
        return waiting(
            arrival_per_s=rate / replicas,
            service_s=service,
            service_scv=scv,
            server_count=workers,
            arrival_scv=1.0 if routing == "random" else smooth,
        )
    pooled = waiting(
        arrival_per_s=rate, service_s=service, service_scv=scv, server_count=workers * replicas
    )
    if routing == "central":
        return pooled
    residual_s = 0.7 * (1 + scv) / 2 * service / workers
    least = pooled.mean_s + pooled.probability * residual_s * (1 - 1 / replicas)
    if routing == "least-outstanding":
        return pooled._replace(mean_s=least)
    two = np.minimum(replicas, 2)
    pair = waiting(
        arrival_per_s=rate * two / replicas,
        service_s=service,
        service_scv=scv,
        server_count=workers * two,
    )
    pair_s = pair.mean_s + pair.probability * residual_s * (1 - 1 / two)
    share = np.clip(1.12 - 0.9 * rate * service / (workers * replicas), 0.0, 1.0)
    with np.errstate(invalid="ignore"):  # infinite waits stay infinite
        between = np.where(np.isfinite(pair_s), least + share * (pair_s - least), np.inf)
    return Waiting(
        mean_s=between,
        probability=pooled.probability + share * (pair.probability - pooled.probability),
        scv=pair.scv,
    )
