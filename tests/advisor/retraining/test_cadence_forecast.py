"""The forecast: exact without noise, drawn to the typical with it, and honest about its doubt."""

import math

import numpy as np
import pytest
from cadence_matrices import cells, linear, saturating

from advisor.retraining.ageing_curve import AgeingCurve
from advisor.retraining.decay import error_matrix, fit_decay
from advisor.retraining.forecast import forecast_decay
from advisor.retraining.interval_doubt import central_interval, hindsight_intervals, never_share


def best_of(slope, tau, rho):
    """The best interval of one law that was measured in periods."""
    return AgeingCurve(np.array([slope]), np.array([tau]), step=1.0).best_interval(rho)


def forecast(rows, **options):
    matrix = error_matrix(rows)
    return forecast_decay(matrix, fit_decay(matrix), **options)


@pytest.mark.parametrize(
    ("decay", "slope", "tau"),
    [(linear(0.002), 0.002, math.inf), (saturating(0.05, 10.0), 0.005, 10.0)],
)
@pytest.mark.parametrize("trend", [0.0, 0.001])
def test_a_matrix_without_noise_is_taken_at_its_word(decay, slope, tau, trend):
    expected = forecast(cells(decay, trend=trend))

    assert expected.typical_share < 1e-6
    for rho in (0.02, 0.2):
        assert expected.curve.best_interval(rho) == pytest.approx(
            best_of(slope, tau, rho), rel=2e-3
        )
    assert never_share(expected.draws, rho=0.2) == 0.0
    assert never_share(expected.draws, rho=math.inf) == 1.0


def test_a_trend_of_difficulty_without_decay_is_never_worth_a_retrain():
    expected = forecast(cells(linear(0.0), trend=0.001))

    assert math.isinf(expected.curve.best_interval(0.01))
    assert never_share(expected.draws, rho=0.01) > 0.9


def test_the_noisier_the_matrix_the_more_the_typical_weighs():
    shares = [
        forecast(cells(linear(0.002), noise=noise)).typical_share
        for noise in (0.0, 0.01, 0.03, 0.1)
    ]

    assert shares == sorted(shares)
    assert shares[0] < 0.01
    assert shares[-1] > 0.3


@pytest.mark.parametrize("seed", range(4))
def test_pure_noise_leads_to_rarer_retraining_than_its_apparent_decay(seed):
    """Without decay any interval below never is noise; the forecast must not chase it."""
    rows = cells(linear(0.0), noise=0.03, seed=seed)
    fit = fit_decay(error_matrix(rows))
    apparent = best_of(fit.slope, fit.tau, 0.03)

    if apparent < 4:
        assert forecast(rows).curve.best_interval(0.03) > apparent


def test_few_trainings_use_the_plain_slope():
    expected = forecast(cells(linear(0.002), origin_count=4))

    assert expected.curve.best_interval(0.1) == pytest.approx(10.0, rel=1e-3)


def test_the_same_matrix_gives_the_same_forecast_and_another_seed_another():
    rows = cells(linear(0.002), noise=0.01)
    first, again, other = (forecast(rows, seed=seed).curve for seed in (1, 1, 2))

    assert first.slope.tolist() == again.slope.tolist()
    assert first.slope.tolist() != other.slope.tolist()


def test_the_interval_of_doubt_holds_the_estimate_and_widens_with_noise():
    widths = []
    for noise in (0.0, 0.01, 0.04):
        expected = forecast(cells(linear(0.004), noise=noise))
        best = expected.curve.best_interval(0.1)
        low, high = central_interval(hindsight_intervals(expected.draws, rho=0.1), holding=best)
        assert low <= best <= high
        widths.append(math.log(min(high, 100.0) / low))

    assert widths[-1] > 1.5 * max(widths[:2])


def test_futures_of_the_same_law_fall_inside_in_at_least_four_of_five():
    """Oracle: make the future, retrain every T in it, and look where the best T lies.

    The law does not change here, for which the interval leaves room, so more than 80% may fall in.
    """
    rng = np.random.default_rng(7)
    inside = []
    for seed in range(60):
        rows = cells(linear(0.002), noise=0.006, seed=seed, period_count=60)
        expected = forecast(rows)
        low, high = central_interval(
            hindsight_intervals(expected.draws, rho=0.1),
            holding=expected.curve.best_interval(0.1),
        )
        ages = np.arange(60)
        costs = [
            (0.002 * (ages % t)).sum()
            + 0.006 * rng.standard_normal(60).sum()
            + 0.1 * (math.ceil(60 / t) - 1)
            for t in range(1, 61)
        ]
        best = float(np.argmin(costs) + 1)
        best = best if best <= 30 else math.inf
        inside.append(low <= best <= (high if high <= 30 else math.inf))

    assert np.mean(inside) >= 0.8
