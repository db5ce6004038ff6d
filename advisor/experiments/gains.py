"""What another run is expected to gain. Pure functions of scores."""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from advisor.arrays import Floats
from advisor.errors import AdvisorError

# What another run gains ---------------------------------------------------------------------------


def expected_best(scores: Sequence[float] | Floats, *, run_count: int) -> float:
    """Expected best of n runs, from N >= n scores, by the unbiased U-statistic.

        sum over i of C(i - 1, n - 1) / C(N, n) x_(i),  x ascending, larger is better

    Raises:
        AdvisorError: n is not between 1 and N.

    Example:
        >>> round(expected_best([1.0, 2.0, 3.0], run_count=2), 4)   # pairs: (2 + 3 + 3) / 3
        2.6667
    """
    ordered = np.sort(np.asarray(scores, dtype=np.float64))
    total = len(ordered)
    if not 1 <= run_count <= total:
        raise AdvisorError(
            f"the best of {run_count} cannot be told from {total} scores: ask for 1 to {total}"
        )
    rank = np.arange(1, total + 1)
    log_ways = _log_choose(rank - 1, run_count - 1) - _log_choose(np.array([total]), run_count)
    weight = np.where(rank >= run_count, np.exp(log_ways), 0.0)
    return float((weight * ordered).sum() / weight.sum())


def _log_choose(n: NDArray[Any], k: int) -> Floats:
    safe = np.maximum(n, k)
    logs = [math.lgamma(m + 1) - math.lgamma(m - k + 1) for m in safe.tolist()]
    return np.asarray(logs) - math.lgamma(k + 1)


def next_run_gain(scores: Sequence[float] | Floats) -> float:
    """Gain of one more run, estimated from the last one: (best - second best) / N.

    It is the last step of the curve of `expected_best`. [score]

    Example:
        >>> round(next_run_gain([0.80, 0.90, 0.84]), 4)
        0.02
    """
    ordered = np.sort(np.asarray(scores, dtype=np.float64))
    if len(ordered) < 2:
        raise AdvisorError("the gain of a run needs at least two scores: run once more")
    return float((ordered[-1] - ordered[-2]) / len(ordered))


def expected_best_beyond(scores: Sequence[float] | Floats, *, run_count: int) -> float:
    """Expected best of more runs than there are scores: a power law in the last increments.

    The increments of `expected_best` over the second half of the runs are fitted with c n^-q in
    logarithms, and added up to `run_count`. An extrapolation, to be called one where it is shown.
    """
    total = len(scores)
    if run_count <= total:
        return expected_best(scores, run_count=run_count)
    at = np.arange(max(2, total // 2), total + 1)
    curve = np.array([expected_best(scores, run_count=int(n)) for n in (at[0] - 1, *at)])
    steps = np.diff(curve)
    rising = steps > 0
    if rising.sum() < 2:
        return float(curve[-1])
    slope, level = np.polyfit(np.log(at[rising]), np.log(steps[rising]), 1)
    more = np.arange(total + 1, run_count + 1)
    return float(curve[-1] + np.exp(level + min(slope, -1.0) * np.log(more)).sum())


def normal_best(run_count: Any) -> Floats:
    """Expected best of n standard normal scores.

        E[max] = end - integral of Phi(x)^n up to an end that no score passes

    Args:
        run_count: n >= 1, a number or an array. [runs]

    Returns:
        Standard deviations above the mean, shape of the counts.

    Example:
        >>> [round(float(each), 4) for each in normal_best([1, 2, 3, 10])]
        [0.0, 0.5642, 0.8463, 1.5388]
    """
    x, share = _normal_grid()
    n = np.asarray(run_count, dtype=np.float64)
    below = share ** n[..., np.newaxis]
    return np.asarray(x[-1] - np.trapezoid(below, x, axis=-1))


def normal_stopping_count(*, usd_per_deviation: float, usd_per_run: float, most: int) -> int:
    """Fewest runs after which one more gains no more than it costs, for normal scores.

        E[best of n + 1] - E[best of n] = integral of Phi(x)^n (1 - Phi(x)),  which falls with n

    Args:
        usd_per_deviation: worth of one standard deviation of the score. [USD]
        usd_per_run: price of one run, in the same time. [USD]
        most: no more runs than this are looked at. [runs]

    Example:
        >>> normal_stopping_count(usd_per_deviation=1.0, usd_per_run=0.5, most=100)   # 0.56, 0.28
        2
    """
    x, share = _normal_grid()

    def pays(n: int) -> bool:
        step = float(np.trapezoid(share**n * (1 - share), x))
        return usd_per_deviation * step > usd_per_run

    low, high = 0, most  # pays(low) is true or low is 0; the answer lies in (low, high]
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if pays(middle) else (low, middle)
    return high


@lru_cache(maxsize=1)
def _normal_grid() -> tuple[Floats, Floats]:
    """Return x around 0, far enough for a million runs, and the share of scores below each."""
    x = np.linspace(-9.0, 9.0, 3601)
    return x, np.array([normal_above(-u) for u in x.tolist()])


def normal_above(u: float) -> float:
    """Return the share of a standard normal above u, exact far out too."""
    return math.erfc(u / math.sqrt(2)) / 2
