"""One budget of experiments for all models: the next dollar goes where it gains most."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from advisor.arrays import Floats
from advisor.experiments.gains import normal_best

MOST_RUNS = 64
"""Runs of one release that are looked at."""


@dataclass(frozen=True)
class RunBudget:
    """How many runs each model gets."""

    runs: NDArray[np.int_]
    """Runs behind a release of each model, the first one included."""
    gain_usd: float
    """Expected gain of all runs beyond the first ones. [USD]"""
    spend_usd: float
    """What those runs cost. [USD]"""
    last_dollar_gain: float
    """Gain of the last dollar spent; 0 where none was. [USD/USD]"""


def spend_on_runs(
    value_usd: Floats, run_usd: Floats, *, budget_usd: float, most: int = MOST_RUNS
) -> RunBudget:
    """Spend a budget on runs by marginal gain, down to a dollar that gains a dollar.

    The best of n runs gains v e(n), e the expected maximum of n normals, which is concave in n:
    taking the largest v (e(n + 1) - e(n)) / c first is exact where all runs cost the same, and
    within one run otherwise (Fox 1966). A larger budget only goes on from where a smaller one ends.

    Args:
        value_usd: v, worth of one deviation of quality over a release's life. [USD]
        run_usd: c, cost of a run. [USD]
        budget_usd: what may be spent beyond the first runs. [USD]
        most: runs that are looked at for one model.

    Example:
        >>> spend_on_runs(np.array([100.0, 60, 30]), np.full(3, 5.0), budget_usd=40).runs
        array([5, 4, 2])
    """
    steps = _steps(most)
    gains = value_usd[:, None] * steps
    ratio = np.minimum.accumulate(gains / np.maximum(run_usd, 1e-12)[:, None], axis=1)
    model, step = np.nonzero(ratio >= 1)
    order = np.lexsort((model, step, -ratio[model, step]))
    model, step = model[order], step[order]
    spent = np.cumsum(run_usd[model])
    count = int(np.searchsorted(spent, budget_usd * (1 + 1e-12), side="right"))
    taken = model[:count]
    return RunBudget(
        runs=1 + np.bincount(taken, minlength=len(value_usd)),
        gain_usd=float(gains[taken, step[:count]].sum()),
        spend_usd=float(spent[count - 1]) if count else 0.0,
        last_dollar_gain=float(ratio[taken[-1], step[count - 1]]) if count else 0.0,
    )


@lru_cache(maxsize=8)
def _steps(most: int) -> Floats:
    """Return what each further run adds to the expected maximum of normals."""
    return np.diff(np.asarray(normal_best(np.arange(1, most + 1)), dtype=float))


def shrunken_spreads(spread: Floats, run_count: Floats) -> Floats:
    """Draw each model's measured spread toward the fleet's, as far as its few runs make it noise.

    The logarithm of a sample variance of n runs errs by trigamma((n - 1) / 2); what the fleet's
    variances differ by beyond that is real (empirical Bayes, after Smyth 2004). A budget that
    follows raw spreads chases the models that were measured least.

    Args:
        spread: standard deviation over the runs of each model; NaN where it has none.
        run_count: runs behind it.

    Returns:
        The spreads; the fleet's own where none was measured, NaN where the whole fleet has none.
    """
    from scipy.special import digamma, polygamma

    freedom = np.maximum(np.asarray(run_count, dtype=float) - 1, 0.0)
    known = np.isfinite(spread) & (spread > 0) & (freedom > 0)
    if not known.any():
        return np.where(np.isfinite(spread), spread, np.nan)
    half = freedom[known] / 2
    noise = np.asarray(polygamma(1, half), dtype=float)
    logs = 2 * np.log(spread[known]) - digamma(half) + np.log(half)
    weight = 1 / noise
    centre = float((weight * logs).sum() / weight.sum())
    count = int(known.sum())
    beyond = float(((logs - centre) ** 2).sum() / max(1, count - 1) - noise.mean())
    real = max(0.0, beyond) if count > 1 else float("inf")
    if real > 0 and np.isfinite(real):
        weight = 1 / (noise + real)
        centre = float((weight * logs).sum() / weight.sum())
    keep = np.ones(count) if not np.isfinite(real) else real / (real + noise)
    shrunk = np.full(len(spread), np.exp(centre / 2))
    shrunk[known] = np.exp((keep * logs + (1 - keep) * centre) / 2)
    return shrunk
