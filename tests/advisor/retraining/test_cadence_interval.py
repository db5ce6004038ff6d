"""Closed forms of the interval, each against brute force, a limit or a figure worked by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import lambertw

from advisor.retraining.interval import (
    controller_interval,
    growth_slope,
    linear_interval,
    saturating_interval,
    summed_excess,
)

slopes = st.sampled_from([1e-4, 1e-3, 1e-2])
time_constants = st.sampled_from([2.0, 10.0, 60.0, math.inf])


def continuous_cost(interval, *, rho, curve, step_count=20_000):
    """Cost per period by the trapezoidal rule, knowing nothing of the closed forms."""
    ages = np.linspace(0, interval, step_count)
    return (rho + np.trapezoid(curve(ages), ages)) / interval


def least(rho, curve, low=0.05, high=400.0):
    grid = np.geomspace(low, high, 1500)
    return grid[np.argmin([continuous_cost(t, rho=rho, curve=curve, step_count=800) for t in grid])]


def test_the_square_root_law_by_hand():
    """C = 50, v = 2, n = 1000, d = 1e-4: T* = sqrt(0.05 / 1e-4), costing 4.472 a period."""
    found = float(linear_interval(rho=50 / (2 * 1000), slope=1e-4))

    assert found == pytest.approx(22.36, abs=0.005)
    cost_usd = 50 / found + 2 * 1000 * 1e-4 * found / 2
    assert cost_usd == pytest.approx(4.472, abs=0.001)
    assert cost_usd == pytest.approx(math.sqrt(2 * 50 * 2 * 1000 * 1e-4))


@pytest.mark.parametrize("times", [0.5, 2.0, 3.0])
def test_missing_the_linear_optimum_by_a_factor_costs_the_mean_of_it_and_its_inverse(times):
    def cost(interval):
        return continuous_cost(interval, rho=0.025, curve=lambda a: 1e-4 * a)

    best = float(linear_interval(rho=0.025, slope=1e-4))

    assert cost(times * best) / cost(best) == pytest.approx((times + 1 / times) / 2, rel=1e-4)


def test_saturating_decay_has_the_published_optimum_and_brute_force_agrees():
    found = float(saturating_interval(rho=0.2, amplitude=0.05, tau=10))

    assert found == pytest.approx(13.7642, abs=5e-5)
    assert found == pytest.approx(least(0.2, lambda a: 0.05 * -np.expm1(-a / 10)), rel=0.01)


@pytest.mark.parametrize(("rho", "never"), [(0.499, False), (0.5, True), (0.6, True)])
def test_saturating_decay_is_never_worth_a_retrain_from_amplitude_times_tau(rho, never):
    assert math.isinf(saturating_interval(rho=rho, amplitude=0.05, tau=10)) == never


def test_poisson_shifts_decay_like_the_saturating_law():
    """Oracle: simulate shifts at rate 0.1 and count how often one fell within the model's age."""
    rng = np.random.default_rng(0)
    waits = rng.exponential(10.0, 400_000)

    for age in (3.0, 10.0, 30.0):
        assert 0.05 * (waits < age).mean() == pytest.approx(0.05 * -math.expm1(-age / 10), abs=2e-4)


@pytest.mark.parametrize("rho", [0.05, 0.2, 0.4])
def test_at_the_optimum_one_more_period_costs_what_the_average_period_costs(rho):
    found = float(saturating_interval(rho=rho, amplitude=0.05, tau=10))

    marginal = 0.05 * -math.expm1(-found / 10)
    average = continuous_cost(found, rho=rho, curve=lambda a: 0.05 * -np.expm1(-a / 10))
    assert marginal == pytest.approx(average, rel=1e-6)


@given(slopes, time_constants, st.integers(1, 200))
def test_the_closed_sum_is_the_sum(slope, tau, interval):
    total = math.fsum(
        slope * (a - 1) if math.isinf(tau) else slope * tau * -math.expm1(-(a - 1) / tau)
        for a in range(1, interval + 1)
    )

    assert float(summed_excess(interval, slope=slope, tau=tau)) == pytest.approx(total, rel=1e-9)


def test_growing_data_alone_stretch_the_interval_with_the_age_of_the_system():
    """Oracle: d(t) from differences of the learning curve; T* must grow as t^((b + 1) / 2)."""
    b, rows_per_period = 0.5, 100.0
    at = np.array([100.0, 400.0])
    slopes_found = growth_slope(
        rows=rows_per_period * at, rows_per_period=rows_per_period, scale=2.0, power=b
    )
    curve = [2.0 * (rows_per_period * (at + step)) ** -b for step in (-0.5, 0.5)]

    assert slopes_found == pytest.approx(curve[0] - curve[1], rel=1e-4)
    first, later = linear_interval(rho=0.1, slope=slopes_found)
    assert later / first == pytest.approx(4 ** ((b + 1) / 2))


def test_at_the_linear_optimum_the_last_retrain_was_worth_twice_its_cost():
    """Old and new model over one interval T: each case of the old one is d T worse."""
    interval = float(linear_interval(rho=0.025, slope=1e-4))
    gained = 1000 * 1e-4 * interval * interval

    assert 2 * gained == pytest.approx(2 * 50)
    kept = controller_interval(
        interval=interval, retrain_cost_usd=50, error_cost_usd=2, gained_errors=gained
    )
    assert float(kept) == pytest.approx(interval)


@pytest.mark.parametrize(("gained", "times"), [(-5.0, 2.0), (0.0, 2.0), (1.0, 2.0), (1e6, 0.5)])
def test_the_controller_never_moves_more_than_a_factor_of_two(gained, times):
    found = controller_interval(
        interval=10.0, retrain_cost_usd=50, error_cost_usd=2, gained_errors=gained
    )

    assert float(found) == pytest.approx(10 * times)


@given(depth=st.floats(1e-4, 600.0))
def test_the_saturating_law_is_lamberts_function(depth):
    """rho = A tau (1 - e^-h) asks for the branch at -e^(-1 - h)."""
    rho = -math.expm1(-depth)
    found = float(saturating_interval(rho=rho, amplitude=1.0, tau=1.0))

    if rho < 1:
        told = -1 - lambertw(-(1 - rho) / math.e, k=-1).real
        assert found == pytest.approx(told, rel=1e-6)
        assert found - math.log1p(found) == pytest.approx(-math.log1p(-rho), rel=1e-9)
