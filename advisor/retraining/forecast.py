"""The decay to expect, from an error matrix that tells it with some doubt.

Three readings of the matrix are weighed: the curve with period effects, the plain slope of error
on age, and what is typical of any model. Each weighs by how little it varies over resamples, so
that a matrix without noise is taken at its word and a noisy one is drawn to the typical. The
expected curve is a weighted sum of curves of the family in `advisor.retraining.decay`.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from advisor.arrays import Floats
from advisor.retraining.ageing_curve import AgeingCurve
from advisor.retraining.decay import (
    PAIRED_ORIGIN_COUNT,
    DecayFit,
    ErrorMatrix,
    excess,
    gain,
    paired_moments,
    taus,
)
from advisor.retraining.interval import summed_excess

DRAW_COUNT: Final = 200
"""Resamples behind a forecast."""
SEED: Final = 20_241
"""Seed of the resampling, fixed so that one matrix gives one answer."""
TYPICAL_GROWTH: Final = 0.2
"""Typical initial slope: share of its own error that a model would lose over the longest age seen,
were it to go on. With `TYPICAL_TAU` it levels off 10% worse. Nine in ten models of a published
study of 128 got worse with age; the size is from our own streams."""
TYPICAL_SPREAD: Final = 0.2
"""Standard deviation of that share between streams."""
TYPICAL_TAU: Final = 0.5
"""Time constant of the typical curve, as a share of the longest age seen."""
NEWER_HALF_LIFE: Final = 0.75
"""Over this share of the span between first and last training, the weight of a training halves."""
NEGLIGIBLE: Final = 1e-9
"""Parts below this share of the whole are rounding, and left out."""


@dataclass(frozen=True)
class Draws:
    """Resampled curves, one per draw: (1 - typical share) x own curve + the typical one."""

    slope: Floats
    """Initial slope of each draw's own curve, its weight included. [error per case / period]"""
    tau: Floats
    """Its time constant. [periods]"""
    typical_slope: float
    """Initial slope of the typical part, its weight included. [error per case / period]"""
    typical_tau: float
    """Time constant of the typical part. [periods]"""
    lasting_deviation: float
    """Deviation of a model's luck that stays with it. [error per case]"""
    passing_deviation: float
    """Deviation of one model's error on one period beyond that. [error per case]"""
    longest_age: int
    """The greatest age seen. [periods]"""

    def summed(self, interval: Floats) -> Floats:
        """g(1) + ... + g(T) of each draw, shape (draws, intervals). [error rate x periods]"""
        own = summed_excess(interval[None], slope=self.slope[:, None], tau=self.tau[:, None])
        typical = summed_excess(interval[None], slope=self.typical_slope, tau=self.typical_tau)
        return np.asarray(own + typical)


@dataclass(frozen=True)
class Forecast:
    """What to expect, and how it varies."""

    curve: AgeingCurve
    """The expected curve, of periods."""
    typical_share: float
    """Weight of what is typical of any model in it. [fraction]"""
    draws: Draws
    """The resampled curves."""


def forecast_decay(
    matrix: ErrorMatrix, fit: DecayFit, *, draw_count: int = DRAW_COUNT, seed: int = SEED
) -> Forecast:
    """The expected curve and the resampled ones.

    Trainings (one model may be a lucky one) and blocks of periods are weighted with exponential
    draws. With variances v_p, v_u of the two slopes over the draws and b^2 = (d_p - d_u)^2 beyond
    what they explain, the plain slope weighs v_p / (v_p + v_u + b^2). The typical curve then weighs
    v / (v + V), where v is the variance of the combined slope and V that between streams.
    """
    by_origin, by_period = _weights(matrix, draw_count=draw_count, seed=seed)
    plain = _unpaired_slopes(matrix, by_origin=by_origin, by_period=by_period)
    if len(matrix.origins) < PAIRED_ORIGIN_COUNT:
        own_slope, own_tau = np.maximum(plain, 0.0), np.full(draw_count, np.inf)
        plain_share, variance = 0.0, float(plain.var())
    else:
        own_slope, own_tau, paired = _paired_curves(
            matrix, fit, by_origin=by_origin, by_period=by_period
        )
        v_p, v_u = float(paired.var()), float(plain.var())
        between = float(paired.mean()) - fit.unpaired_slope
        bias = max(0.0, between**2 - v_p - v_u)
        plain_share = v_p / max(v_p + v_u + bias, 1e-300)
        variance = v_p * v_u / max(v_p + v_u, 1e-300)
    scale = fit.level / matrix.longest_age
    typical_share = variance / max(variance + (TYPICAL_SPREAD * scale) ** 2, 1e-300)
    typical_slope = typical_share * TYPICAL_GROWTH * scale
    typical_tau = TYPICAL_TAU * matrix.longest_age
    own_share = (1 - typical_share) / draw_count
    curve = _merged(
        slope=np.concatenate(
            [
                own_share * (1 - plain_share) * own_slope,
                own_share * plain_share * np.maximum(plain, 0.0),
                [typical_slope],
            ]
        ),
        tau=np.concatenate([own_tau, np.full(draw_count, np.inf), [typical_tau]]),
        longest_age=matrix.longest_age,
    )
    rng = np.random.default_rng(seed + 1)
    takes_plain = rng.random(draw_count) < plain_share
    lasting, passing = _residual_deviations(matrix, fit)
    draws = Draws(
        slope=(1 - typical_share) * np.where(takes_plain, np.maximum(plain, 0.0), own_slope),
        tau=np.where(takes_plain, np.inf, own_tau),
        typical_slope=typical_slope,
        typical_tau=typical_tau,
        lasting_deviation=lasting,
        passing_deviation=passing,
        longest_age=matrix.longest_age,
    )
    return Forecast(curve=curve, typical_share=typical_share, draws=draws)


def _weights(matrix: ErrorMatrix, *, draw_count: int, seed: int) -> tuple[Floats, Floats]:
    """Weights of trainings and of periods, blocks of periods together; shape (draws, ...).

    Newer trainings are more like those to come, and weigh more.
    """
    rng = np.random.default_rng(seed)
    period_count = len(matrix.periods)
    block = max(1, round(period_count ** (1 / 3)))
    blocks = rng.exponential(size=(draw_count, -(-period_count // block)))
    by_period = np.repeat(blocks, block, axis=1)[:, :period_count]
    by_origin = rng.exponential(size=(draw_count, len(matrix.origins)))
    since = matrix.origins[-1] - matrix.origins
    newer = 0.5 ** (since / (NEWER_HALF_LIFE * max(int(since[0]), 1)))
    return by_origin * newer, by_period


def _paired_curves(
    matrix: ErrorMatrix, fit: DecayFit, *, by_origin: Floats, by_period: Floats
) -> tuple[Floats, Floats, Floats]:
    """Slope and tau of each draw's best rising curve, and a signed slope to tell their spread.

    The signed slope is that of the chord to half the longest age of the best curve, rising or not.
    """
    tried = np.append(taus(matrix.longest_age), fit.tau)
    s_xx, s_xy, _ = paired_moments(
        matrix, tau=tried, origin_weight=by_origin, period_weight=by_period
    )
    rows, later = np.arange(len(by_origin)), 1 + 1e-12 * (np.arange(len(tried)) + 1)
    slopes = s_xy / np.maximum(s_xx, 1e-300)
    rising = np.argmax(gain(s_xx, s_xy) * later, axis=1)
    signed = np.argmax(gain(s_xx, np.abs(s_xy)) * later, axis=1)
    half = (1 + matrix.longest_age) / 2
    at_half = excess(half, slope=slopes[rows, signed], tau=tried[signed])
    return np.maximum(slopes[rows, rising], 0.0), tried[rising], at_half / max(half - 1, 1.0)


def _unpaired_slopes(matrix: ErrorMatrix, *, by_origin: Floats, by_period: Floats) -> Floats:
    """Slope of error on age of each draw, without period effects."""
    n, age = matrix.count, matrix.age

    def total(values: Floats) -> Floats:
        return np.asarray(((by_origin @ values) * by_period).sum(-1))

    weight = np.maximum(total(n), 1e-300)
    mean_age, mean_error = total(n * age) / weight, total(n * matrix.error) / weight
    spread = total(n * age * age) / weight - mean_age**2
    cross = total(n * age * matrix.error) / weight - mean_age * mean_error
    return np.asarray(cross / np.maximum(spread, 1e-300))


def _residual_deviations(matrix: ErrorMatrix, fit: DecayFit) -> tuple[float, float]:
    """What is left after period and age: lasting deviation by training, passing one by score."""
    fitted = excess(np.maximum(matrix.age, 1.0), slope=fit.slope, tau=fit.tau)
    left = matrix.error - fitted
    total = np.maximum(matrix.count.sum(axis=0), 1e-300)
    left = left - (matrix.count * left).sum(axis=0) / total
    shared = (matrix.count > 0) & ((matrix.count > 0).sum(axis=0) >= 3)
    by_model = [row[seen] for row, seen in zip(left, shared, strict=True) if seen.sum() >= 3]
    if len(by_model) < 2:
        return 0.0, 0.0
    lasting = float(np.std([row.mean() for row in by_model]))
    return lasting, float(np.sqrt(np.mean([row.var() for row in by_model])))


def _merged(*, slope: Floats, tau: Floats, longest_age: int) -> AgeingCurve:
    """Add up the parts of one tau."""
    kinds, part = np.unique(tau, return_inverse=True)
    merged: Floats = np.bincount(part, weights=slope, minlength=len(kinds)).astype(np.float64)
    weight = merged * excess(longest_age, slope=1.0, tau=kinds)
    worth = weight > NEGLIGIBLE * weight.sum()
    if not worth.any():
        worth[:1] = True
    return AgeingCurve(merged[worth], kinds[worth], step=1.0)
