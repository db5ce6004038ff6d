"""The law of ageing: its means, its delays and its best intervals, against sums and brute force."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.retraining.ageing_curve import AgeingCurve
from advisor.retraining.interval import summed_excess

ratios = st.sampled_from([0.01, 0.1, 0.3, 1.0])
slopes = st.sampled_from([1e-4, 1e-3, 1e-2])
time_constants = st.sampled_from([2.0, 10.0, 60.0, math.inf])
parts = st.lists(
    st.tuples(st.sampled_from([0.0, 1e-3, 5e-3]), st.sampled_from([3.0, 20.0, math.inf])),
    min_size=1,
    max_size=4,
)


def curve(slope, tau, *, step=0.0):
    return AgeingCurve(np.array([slope]), np.array([tau]), step)


def sum_of(parts, *, step=0.0):
    return AgeingCurve(
        np.array([slope for slope, _ in parts]), np.array([tau for _, tau in parts]), step
    )


@given(parts, st.sampled_from([0.0, 1.0]), st.sampled_from([0.5, 7.0, 30.0]))
def test_the_mean_is_the_integral_of_the_law(parts, step, interval):
    """By the trapezoid rule over ages, which knows nothing of the closed forms."""
    found = sum_of(parts, step=step)
    ages = np.linspace(0, interval, 20_001)

    assert float(found.excess(0.0)) == 0.0
    assert float(found.mean_excess(interval)) == pytest.approx(
        np.trapezoid(found.excess(ages), ages) / interval, rel=1e-6, abs=1e-15
    )


@given(slopes, time_constants, st.sampled_from([1.0, 7.0, 30.4]), st.integers(1, 200))
def test_whole_periods_cost_what_was_measured_there(slope, tau, period_days, interval):
    """The sum over ages 1 to T of what a matrix of periods tells, less that of the first age."""
    found = curve(slope, tau, step=1.0).in_days(period_days)
    days = interval * period_days
    measured = math.fsum(
        slope * (a - 1) if math.isinf(tau) else slope * tau * -math.expm1(-(a - 1) / tau)
        for a in range(1, interval + 1)
    )

    beyond = float(found.mean_excess(days) - found.mean_excess(period_days))
    assert beyond * interval == pytest.approx(measured, rel=1e-9, abs=1e-15)


@given(ratios, slopes, time_constants)
def test_the_best_interval_lies_beside_the_best_whole_one_and_within_half_if_linear(
    ratio, slope, tau
):
    ages = np.arange(1, 4000)
    law = slope * (ages - 1) if math.isinf(tau) else slope * tau * -np.expm1(-(ages - 1) / tau)
    cost = (ratio + np.cumsum(law)) / ages
    found = max(1.0, curve(slope, tau, step=1.0).best_interval(ratio))

    if math.isfinite(found) and found < 1000:
        assert ages[np.argmin(cost)] in (math.floor(found), math.ceil(found))
        if math.isinf(tau):
            assert abs(ages[np.argmin(cost)] - found) <= 0.51


@given(parts, ratios)
def test_the_best_interval_of_a_sum_of_laws_is_where_brute_force_finds_it(parts, ratio):
    found = sum_of(parts, step=1.0)
    at = np.arange(1, 3000)
    cost = (ratio + sum(summed_excess(at, slope=s, tau=t) for s, t in parts)) / at
    best = max(1.0, found.best_interval(ratio))

    if math.isfinite(best):
        least = ratio / best + float(found.mean_excess(best) - found.mean_excess(1.0))
        assert least <= cost.min() * (1 + 1e-6)
    else:
        saturated = sum(slope * tau for slope, tau in parts if slope > 0)
        assert cost.min() >= 0.9 * saturated


@pytest.mark.parametrize(("ratio", "never"), [(0.499, False), (0.5, True), (0.6, True)])
@pytest.mark.parametrize("step", [0.0, 1.0])
def test_it_is_never_worth_a_release_from_amplitude_times_time_constant(ratio, never, step):
    assert math.isinf(curve(0.005, 10.0, step=step).best_interval(ratio)) == never


@given(parts, st.sampled_from([1.0, 4.0, 20.0]))
def test_delay_is_the_same_curve_read_later(parts, delay):
    found = sum_of(parts)
    late, extra = found.late(delay), float(found.excess(delay))

    for age in (0.0, 3.0, 11.0):
        assert float(late.excess(age)) + extra == pytest.approx(
            float(found.excess(age + delay)), abs=1e-15
        )


def test_delay_stretches_the_interval_of_a_curve_that_levels_off_and_leaves_the_linear_one():
    levels, linear = curve(0.005, 10.0), curve(1e-4, math.inf)

    assert levels.best_interval(0.2) == pytest.approx(13.7642, abs=5e-5)
    assert levels.late(5).best_interval(0.2) == pytest.approx(22.59, abs=0.005)
    assert float(levels.excess(5)) == pytest.approx(0.05 * (1 - math.exp(-0.5)))
    assert linear.late(5).best_interval(0.025) == linear.best_interval(0.025)
    assert float(linear.excess(5)) == pytest.approx(5e-4)


@given(slopes, time_constants, st.sampled_from([2.0, 7.0, 20.0]), st.sampled_from([0.0, 1.0]))
def test_the_break_even_ratio_is_where_the_interval_becomes_the_best(slope, tau, interval, step):
    found = curve(slope, tau, step=step)
    ratio = found.break_even_ratio(interval)

    if ratio < slope * tau * tau:
        assert found.best_interval(ratio) == pytest.approx(interval, rel=1e-6)
    if math.isinf(tau):
        assert ratio == pytest.approx(slope * interval**2 / 2)


@given(slopes, time_constants)
def test_the_interval_never_falls_with_cost_and_never_rises_with_decay(slope, tau):
    by_cost = np.array([curve(slope, tau).best_interval(r) for r in np.geomspace(1e-3, 10, 40)])
    by_decay = np.array([curve(s, tau).best_interval(0.1) for s in np.geomspace(1e-5, 1e-1, 40)])

    assert (by_cost[1:] >= by_cost[:-1] - 1e-9).all()
    assert (by_decay[1:] <= by_decay[:-1] + 1e-9).all()


@given(parts, st.sampled_from([1.0, 7.0, 30.4]), ratios)
def test_days_are_another_unit_of_the_same_curve(parts, period_days, ratio):
    periods = sum_of(parts, step=1.0)
    days = periods.in_days(period_days)

    assert days.excess(3 * period_days) == pytest.approx(float(periods.excess(3.0)))
    assert days.best_interval(ratio * period_days) == pytest.approx(
        periods.best_interval(ratio) * period_days, rel=1e-3
    )


def test_free_releases_are_made_at_once_and_without_decay_or_price_never():
    assert curve(1e-3, math.inf).best_interval(0.0) == 0.0
    assert math.isinf(curve(0.0, math.inf).best_interval(0.1))
    assert math.isinf(curve(1e-3, math.inf).best_interval(math.inf))
