"""How sure the interval is: the decay curve refitted on resampled trainings and periods."""

from typing import Final

import numpy as np

from advisor.cadence.decay import (
    PAIRED_ORIGIN_COUNT,
    Array,
    ErrorMatrix,
    gain,
    paired_moments,
    taus,
)

DRAW_COUNT: Final = 200
"""Resamples behind an 80% interval."""
SEED: Final = 20_241
"""Seed of the resampling, fixed so that one matrix gives one answer."""


def draw_curves(matrix: ErrorMatrix, *, draw_count: int, seed: int = SEED) -> tuple[Array, Array]:
    """Refit the curve on resampled trainings and blocks of periods.

    Both the trainings (one model may be a lucky one) and the periods are weighted with exponential
    draws, the periods in blocks so that neighbours stay together.

    Returns:
        Initial slope [error per case / period] and tau [periods] of each draw.
    """
    rng = np.random.default_rng(seed)
    origin_count, period_count = len(matrix.origins), len(matrix.periods)
    block = max(1, round(period_count ** (1 / 3)))
    blocks = rng.exponential(size=(draw_count, -(-period_count // block)))
    by_period = np.repeat(blocks, block, axis=1)[:, :period_count]
    by_origin = rng.exponential(size=(draw_count, origin_count))
    if origin_count < PAIRED_ORIGIN_COUNT:
        return _unpaired(matrix, by_origin=by_origin, by_period=by_period)
    tau = taus(matrix.longest_age)
    s_xx, s_xy, _ = paired_moments(
        matrix, tau=tau, origin_weight=by_origin, period_weight=by_period
    )
    at = np.argmax(gain(s_xx, s_xy), axis=1)
    rows = np.arange(draw_count)
    slope = np.where(s_xx[rows, at] > 0, s_xy[rows, at] / np.maximum(s_xx[rows, at], 1e-300), 0.0)
    return np.maximum(slope, 0.0), tau[at]


def _unpaired(matrix: ErrorMatrix, *, by_origin: Array, by_period: Array) -> tuple[Array, Array]:
    weight = by_origin[:, :, None] * by_period[:, None, :] * matrix.count
    total = weight.sum((1, 2))
    centre = ((weight * matrix.age).sum((1, 2)) / total)[:, None, None]
    away = matrix.age - centre
    spread = np.maximum((weight * away**2).sum((1, 2)), 1e-300)
    slope = (weight * away * matrix.error).sum((1, 2)) / spread
    return np.maximum(slope, 0.0), np.full(len(slope), np.inf)
