"""Closed forms of the interval, each against brute force, a limit or a figure worked by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import lambertw

from advisor.retraining.forecast import Forecast
from advisor.retraining.interval import (
    average_cost,
    best_interval,
    break_even_ratio,
    choose,
    controller_interval,
    cost_ratio,
    debt_interval_ratio,
    growth_slope,
    interval_grid,
    linear_interval,
    power_interval,
    saturating_interval,
    shift_detection_cost,
    summed_excess,
)

positive = st.sampled_from([0.01, 0.1, 0.3, 1.0])
slopes = st.sampled_from([1e-4, 1e-3, 1e-2])
time_constants = st.sampled_from([2.0, 10.0, 60.0, math.inf])


def curve(slope, tau):
    return Forecast(np.array([slope]), np.array([tau]), longest_age=60)


def continuous_cost(interval, *, rho, curve, step_count=20_000):
    """Cost per period by the trapezoidal rule, knowing nothing of the closed forms."""
    ages = np.linspace(0, interval, step_count)
    return (rho + np.trapezoid(curve(ages), ages)) / interval


def least(rho, curve, low=0.05, high=400.0):
    grid = np.geomspace(low, high, 1500)
    return grid[np.argmin([continuous_cost(t, rho=rho, curve=curve, step_count=800) for t in grid])]


def test_the_square_root_law_by_hand():
    """C = 50, v = 2, n = 1000, d = 1e-4: T* = sqrt(0.05 / 1e-4), costing 4.472 a period."""
    rho = cost_ratio(retrain_cost_usd=50, error_cost_usd=2, cases_per_period=1000)
    found = float(linear_interval(rho=rho, slope=1e-4))

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


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_power_decay_has_its_optimum_where_brute_force_finds_it(power):
    found = float(power_interval(rho=0.2, scale=1e-3, power=power))

    assert found == pytest.approx(least(0.2, lambda a: 1e-3 * a**power), rel=0.01)


def test_saturating_decay_has_the_published_optimum_and_brute_force_agrees():
    found = float(saturating_interval(rho=0.2, amplitude=0.05, tau=10))

    assert found == pytest.approx(13.7642, abs=5e-5)
    assert found == pytest.approx(least(0.2, lambda a: 0.05 * -np.expm1(-a / 10)), rel=0.01)


@pytest.mark.parametrize(("rho", "never"), [(0.499, False), (0.5, True), (0.6, True)])
def test_saturating_decay_is_never_worth_a_retrain_from_amplitude_times_tau(rho, never):
    assert math.isinf(saturating_interval(rho=rho, amplitude=0.05, tau=10)) == never
    assert math.isinf(best_interval(rho=rho, slope=0.005, tau=10)) == never


def test_label_delay_stretches_the_saturating_interval_and_leaves_the_linear_one():
    left, extra = curve(0.005, 10.0).delayed(5)
    slope = float(left.slope[0])

    found = float(saturating_interval(rho=0.2, amplitude=slope * 10, tau=10))
    assert found == pytest.approx(22.59, abs=0.005)
    assert found == pytest.approx(
        least(0.2, lambda a: 0.05 * (math.exp(-0.5) - np.exp(-(a + 5) / 10))), rel=0.01
    )
    assert extra == pytest.approx(0.05 * (1 - math.exp(-0.5)))
    assert math.isinf(
        saturating_interval(rho=0.05 * math.exp(-0.5) * 10, amplitude=slope * 10, tau=10)
    )
    linear, extra = curve(1e-4, math.inf).delayed(5)
    assert (linear.slope[0], extra) == (1e-4, pytest.approx(5e-4))


def test_poisson_shifts_decay_like_the_saturating_law():
    """Oracle: simulate shifts at rate 0.1 and count how often one fell within the model's age."""
    rng = np.random.default_rng(0)
    waits = rng.exponential(10.0, 400_000)

    for age in (3.0, 10.0, 30.0):
        assert 0.05 * (waits < age).mean() == pytest.approx(0.05 * -math.expm1(-age / 10), abs=2e-4)
    found = float(saturating_interval(rho=0.2, amplitude=0.05, tau=10))
    periodic = continuous_cost(found, rho=0.2, curve=lambda a: 0.05 * -np.expm1(-a / 10))
    on_detection = float(
        shift_detection_cost(rho=0.2, shift_per_period=0.1, jump=0.05, detection_periods=2)
    )
    assert on_detection == pytest.approx(0.03)
    assert on_detection < periodic


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_the_debt_rule_is_right_for_linear_decay_only(power):
    ages = np.linspace(0, 400, 400_001)
    debt = np.cumsum(1e-3 * ages**power) * (ages[1] - ages[0])
    waited = ages[np.argmax(debt >= 0.2)]

    expected = float(debt_interval_ratio(power=power))
    assert waited / float(power_interval(rho=0.2, scale=1e-3, power=power)) == pytest.approx(
        expected, rel=1e-3
    )
    assert (expected == 1) == (power == 1)


@pytest.mark.parametrize("rho", [0.05, 0.2, 0.4])
def test_at_the_optimum_one_more_period_costs_what_the_average_period_costs(rho):
    found = float(saturating_interval(rho=rho, amplitude=0.05, tau=10))

    marginal = 0.05 * -math.expm1(-found / 10)
    average = continuous_cost(found, rho=rho, curve=lambda a: 0.05 * -np.expm1(-a / 10))
    assert marginal == pytest.approx(average, rel=1e-6)


@given(positive, slopes, time_constants)
def test_the_best_interval_lies_beside_the_best_whole_one_and_within_half_if_linear(
    rho, slope, tau
):
    ages = np.arange(1, 4000)
    curve = slope * (ages - 1) if math.isinf(tau) else slope * tau * -np.expm1(-(ages - 1) / tau)
    cost = (rho + np.cumsum(curve)) / ages
    found = max(1.0, float(best_interval(rho=rho, slope=slope, tau=tau)))

    if math.isfinite(found) and found < 1000:
        assert ages[np.argmin(cost)] in (math.floor(found), math.ceil(found))
        if math.isinf(tau):
            assert abs(ages[np.argmin(cost)] - found) <= 0.51


@given(positive, slopes, time_constants, st.integers(1, 200))
def test_the_closed_sum_is_the_sum(rho, slope, tau, interval):
    total = math.fsum(
        slope * (a - 1) if math.isinf(tau) else slope * tau * -math.expm1(-(a - 1) / tau)
        for a in range(1, interval + 1)
    )

    assert float(summed_excess(interval, slope=slope, tau=tau)) == pytest.approx(total, rel=1e-9)
    assert float(average_cost(interval, rho=rho, slope=slope, tau=tau)) == pytest.approx(
        (rho + total) / interval
    )


@given(slopes, time_constants, st.sampled_from([2.0, 7.0, 20.0]))
def test_the_break_even_ratio_is_where_the_interval_becomes_the_best(slope, tau, interval):
    rho = float(break_even_ratio(interval, slope=slope, tau=tau))

    found = float(best_interval(rho=rho, slope=slope, tau=tau))
    if rho < slope * tau * tau:
        assert found == pytest.approx(interval, rel=1e-6)


def test_scale_laws_cost_times_four_doubles_and_volume_times_four_halves_the_interval():
    def interval(cost=50.0, cases=1000.0):
        rho = cost_ratio(retrain_cost_usd=cost, error_cost_usd=2, cases_per_period=cases)
        return float(best_interval(rho=rho, slope=1e-4, tau=math.inf))

    assert interval(cost=200.0) == pytest.approx(2 * interval())
    assert interval(cases=4000.0) == pytest.approx(interval() / 2)


@given(time_constants, slopes)
def test_the_interval_never_falls_with_cost_and_never_rises_with_decay(tau, slope):
    rhos = np.geomspace(1e-3, 10, 40)
    by_cost = best_interval(rho=rhos, slope=slope, tau=tau)
    by_decay = best_interval(rho=0.1, slope=np.geomspace(1e-5, 1e-1, 40), tau=tau)

    assert not (np.diff(by_cost[np.isfinite(by_cost)]) < -1e-9).any()
    assert (np.isfinite(by_cost).astype(int) == np.sort(np.isfinite(by_cost))[::-1]).all()
    assert not (np.diff(by_decay[np.isfinite(by_decay)]) > 1e-9).any()


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


def test_the_longest_calendar_interval_within_one_percent_is_chosen_and_the_bands_hold_it():
    grid = interval_grid()
    cost = average_cost(grid, rho=0.2, slope=0.005, tau=10.0)
    chosen = choose(t_star=13.2, intervals=grid, cost=cost, never=0.05, base=0.2)

    total = {int(t): 0.2 + float(c) for t, c in zip(grid, cost, strict=True)}
    best = min(total.values())
    by_hand = max(t for t in (1, 2, 3, 4, 6, 8, 13, 17, 26, 39, 52) if total[t] <= 1.01 * best)
    assert chosen.interval == by_hand
    for (low, high), fraction in zip(chosen.bands, (0.01, 0.05), strict=True):
        inside = [t for t in total if total[t] <= (1 + fraction) * best]
        assert (low, high) == (
            min(inside),
            math.inf if best * (1 + fraction) >= 0.25 else max(inside),
        )


def test_without_decay_never_is_chosen():
    grid = interval_grid()
    cost = average_cost(grid, rho=0.2, slope=0.0, tau=math.inf)

    assert math.isinf(
        choose(t_star=math.inf, intervals=grid, cost=cost, never=0.0, base=0.2).interval
    )


@given(depth=st.floats(1e-4, 600.0))
def test_the_saturating_law_is_lamberts_function(depth):
    """rho = A tau (1 - e^-h) asks for the branch at -e^(-1 - h)."""
    rho = -math.expm1(-depth)
    found = float(saturating_interval(rho=rho, amplitude=1.0, tau=1.0))

    if rho < 1:
        told = -1 - lambertw(-(1 - rho) / math.e, k=-1).real
        assert found == pytest.approx(told, rel=1e-6)
        assert found - math.log1p(found) == pytest.approx(-math.log1p(-rho), rel=1e-9)
