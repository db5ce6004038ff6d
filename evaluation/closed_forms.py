"""Queues with exact answers: the cases that the general formulas are held against."""

import math

from advisor.capacity.queueing import erlang_c


def mmc_wait_quantile_s(
    *, probability: float, arrival_per_s: float, service_s: float, server_count: int
) -> float:
    """Quantile of the wait in M/M/c: P(W > t) = C exp(-(c mu - lambda) t). [s]"""
    waiting = float(erlang_c(offered_load=arrival_per_s * service_s, server_count=server_count))
    spare = server_count / service_s - arrival_per_s
    if spare <= 0:
        return math.inf
    return max(0.0, math.log(waiting / (1 - probability)) / spare)


def mmc_sojourn_quantile_s(
    *, probability: float, arrival_per_s: float, service_s: float, server_count: int
) -> float:
    """Quantile of wait and service together in M/M/c. [s]

    P(T > t) = (1 - C) e^(-mu t) + C (theta e^(-mu t) - mu e^(-theta t)) / (theta - mu), with
    theta = c mu - lambda; where theta = mu the last term is C (1 + mu t) e^(-mu t).
    """
    mu = 1 / service_s
    theta = server_count * mu - arrival_per_s
    if theta <= 0:
        return math.inf
    waiting = float(erlang_c(offered_load=arrival_per_s * service_s, server_count=server_count))

    def tail(t: float) -> float:
        alone = math.exp(-mu * t)
        if abs(theta - mu) < 1e-9 * mu:
            both = (1 + mu * t) * alone
        else:
            both = (theta * alone - mu * math.exp(-theta * t)) / (theta - mu)
        return (1 - waiting) * alone + waiting * both

    low, high = 0.0, service_s
    while tail(high) > 1 - probability:
        low, high = high, 2 * high
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if tail(middle) > 1 - probability else (low, middle)
    return high


def md1_wait_probability(*, within_s: float, arrival_per_s: float, service_s: float) -> float:
    """P(W <= t) in M/D/1 by Erlang's series, good to a few service times.

        P(W <= t) = (1 - rho) sum_i (-x_i)^i e^(x_i) / i!,  x_i = lambda (t - i D), i D <= t

    Source:
        A. K. Erlang, 1909. The terms alternate and grow, so they are summed exactly rounded; good
        to about 1e-6 up to 15 service times.
    """
    if within_s < 0:
        return 0.0
    terms = []
    for i in range(int(within_s / service_s) + 1):
        x = arrival_per_s * (within_s - i * service_s)
        terms.append((-x) ** i * math.exp(x) / math.factorial(i))
    return (1 - arrival_per_s * service_s) * math.fsum(terms)


def batching_mean_sojourn_bound_s(
    *, arrival_per_s: float, per_row_s: float, per_batch_s: float
) -> float:
    """Upper bound of the mean answer time of a server that takes all that waits as one batch.

    A batch of b requests takes a b + t0. The smaller of

        phi0 = (a + t0) / (2 (1 - lambda a)) (1 + 2 lambda t0 + (1 - lambda t0) / (1 + lambda a))
        phi1 = 1.5 t0 / (1 - lambda a) + a / 2 (lambda a + 2) / (1 - lambda^2 a^2)

    close to the mean itself. Stable as long as lambda < 1 / a, whatever t0.

    Args:
        arrival_per_s: Poisson arrival rate. [1/s]
        per_row_s: a, time per request in a batch, >= 0. [s]
        per_batch_s: t0, time per batch whatever its size, > 0. [s]

    Source:
        Y. Inoue, "Queueing analysis of GPU-based inference servers with dynamic batching", 2021
        (arXiv:1912.06322).
    """
    busy = arrival_per_s * per_row_s
    if busy >= 1:
        return math.inf
    shared = arrival_per_s * per_batch_s
    phi0 = (
        (per_row_s + per_batch_s) / (2 * (1 - busy)) * (1 + 2 * shared + (1 - shared) / (1 + busy))
    )
    phi1 = 1.5 * per_batch_s / (1 - busy) + per_row_s / 2 * (busy + 2) / (1 - busy**2)
    return min(phi0, phi1)
