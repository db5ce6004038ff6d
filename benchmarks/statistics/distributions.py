"""Shares and quantiles of three laws in plain arithmetic: a heavy library takes longer to load.

All of them are the incomplete beta function; the tests hold each against scipy's.
"""

import math
from functools import lru_cache

Z_80 = 1.2815515655446004
"""Standard normal quantile of 0.9: half the width of an 80% band. [standard deviations]"""

_SMALL = 1e-300
_LAST_DIGIT = 1e-16
_MOST_TERMS = 100_000


def incomplete_beta(a: float, b: float, x: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b), the share of Beta(a, b) below x.

        I_x(a, b) = x^a (1 - x)^b / (a B(a, b)) / (1 + d1 / (1 + d2 / (1 + ...)))

    from the other side, 1 - I_(1-x)(b, a), where that converges sooner.

    Args:
        a: first parameter, > 0.
        b: second parameter, > 0.
        x: in 0..1.

    Raises:
        ValueError: a parameter is out of its range.

    Example:
        >>> round(incomplete_beta(2.0, 3.0, 0.4), 4)   # P[Bin(4, 0.4) >= 2]
        0.5248

    Source:
        NIST Digital Library of Mathematical Functions, 8.17.22, evaluated by Lentz's method.
    """
    if not (a > 0 and b > 0 and 0 <= x <= 1):
        raise ValueError(f"incomplete beta of a={a!r}, b={b!r}, x={x!r}: a, b > 0 and x in 0..1")
    if x in {0.0, 1.0}:
        return x
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(b, a, 1 - x)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(log_front + a * math.log(x) + b * math.log1p(-x)) / a
    value = fall = 1.0
    rise = 0.0
    for m in range(_MOST_TERMS):
        if m == 0:
            term = 1.0
        elif m % 2 == 0:
            k = m // 2
            term = k * (b - k) * x / ((a + 2 * k - 1) * (a + 2 * k))
        else:
            k = (m - 1) // 2
            term = -(a + k) * (a + b + k) * x / ((a + 2 * k) * (a + 2 * k + 1))
        rise = 1 / _off_zero(1 + term * rise)
        fall = _off_zero(1 + term / fall)
        value *= rise * fall
        if m and abs(rise * fall - 1) < _LAST_DIGIT * 4:
            break
    return front * (value - 1)


def _off_zero(value: float) -> float:
    return value if abs(value) > _SMALL else _SMALL


@lru_cache(maxsize=8192)
def binomial_share(successes: int, trials: int, probability: float) -> float:
    """Return P[Bin(n, p) <= k].

    Example:
        >>> round(binomial_share(1, 4, 0.5), 4)   # (1 + 4) / 16
        0.3125
    """
    if successes >= trials:
        return 1.0
    if successes < 0:
        return 0.0
    return incomplete_beta(trials - successes, successes + 1, 1 - probability)


@lru_cache(maxsize=256)
def student_quantile(share: float, freedom: float) -> float:
    """Return the quantile of Student's t, by halving.

        P[T > t] = I_x(f / 2, 1 / 2) / 2,   x = f / (f + t^2)

    Example:
        >>> round(student_quantile(0.975, 2), 3)
        4.303
    """
    if share < 0.5:
        return -student_quantile(1 - share, freedom)
    low, high = 0.0, 1.0
    while _student_above(high, freedom) > 1 - share:
        low, high = high, 2 * high
    while high - low > 1e-15 * high:
        middle = (low + high) / 2
        if middle in {low, high}:
            break
        low, high = (middle, high) if _student_above(middle, freedom) > 1 - share else (low, middle)
    return high


def _student_above(t: float, freedom: float) -> float:
    return incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t)) / 2


def beta_quantile(share: float, a: float, b: float) -> float:
    """Return the quantile of Beta(a, b), by halving.

    Example:
        >>> round(beta_quantile(0.5, 1.0, 1.0), 6)
        0.5
    """
    low, high = 0.0, 1.0
    while high - low > 1e-15 * high:
        middle = (low + high) / 2
        if middle in {low, high}:
            break
        low, high = (middle, high) if incomplete_beta(a, b, middle) < share else (low, middle)
    return high
