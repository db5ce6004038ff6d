"""How sure an interval is: where the best one would turn out over a future like the past.

Each resampled curve gets a future as long as the history, with models that are lucky or not and
errors that come and go; the interval that is best there, in hindsight, is one draw. The spread of
these is the 80% interval. Its two constants are set so that it holds the hindsight optimum of
streams in 80% of cells; `python -m advisor.evaluation.cadence` measures that.
"""

from typing import Final

import numpy as np

from advisor.arrays import Floats
from advisor.retraining.forecast import SEED, Draws

HISTORY_PER_AGE: Final = 1.5
"""Length of the history over the longest age seen: trainings start after a third of it."""
DRIFT_SPREAD: Final = 0.4
"""Deviation of the logarithm of decay between a history and the future after it."""
LUCK_SHARE: Final = 0.4
"""Share of the deviations seen in the matrix that counts in the comparison of two intervals."""
LEVEL: Final = 0.8
"""Share of draws inside the interval."""


def hindsight_intervals(draws: Draws, *, rho: float, seed: int = SEED) -> Floats:
    """The interval that is best in hindsight in each drawn future. [periods]

    A future of M periods, M as long as the history; an interval beyond M / 2 is never, inf.
    """
    rng = np.random.default_rng(seed)
    horizon = max(2, round(HISTORY_PER_AGE * draws.longest_age))
    at = np.arange(1.0, horizon + 1)
    whole, rest = np.divmod(horizon, at)
    errors = whole * draws.summed(at) + np.where(rest > 0, draws.summed(np.maximum(rest, 1.0)), 0.0)
    draw_count = len(draws.slope)
    changed = np.exp(DRIFT_SPREAD * rng.standard_normal((draw_count, 1)))
    luck = np.sqrt(draws.lasting_deviation**2 * horizon * at + draws.passing_deviation**2 * horizon)
    noise = LUCK_SHARE * rng.standard_normal((draw_count, horizon)) * luck
    cost = changed * errors + rho * (np.ceil(horizon / at) - 1) + noise
    best = at[np.argmin(cost, axis=1)]
    return np.where(best > horizon / 2, np.inf, best)


def central_interval(found: Floats, *, holding: float, level: float = LEVEL) -> tuple[float, float]:
    """The central part of the draws, stretched where needed to hold the best estimate."""
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2], method="nearest")
    return min(float(low), holding), max(float(high), holding)


def never_share(draws: Draws, *, rho: float) -> float:
    """Share of the drawn curves under which retraining never pays, A tau <= rho. [fraction]"""
    if not np.isfinite(rho):
        return 1.0
    area = np.zeros(len(draws.slope))
    decays = draws.slope > 0
    area[decays] = draws.slope[decays] * draws.tau[decays] ** 2
    typical = draws.typical_slope * draws.typical_tau**2
    return float((area + typical <= rho).mean())
