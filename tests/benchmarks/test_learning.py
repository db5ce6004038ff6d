"""Recovery of known growth, and the limit cases."""

import pytest

from benchmarks.statistics.learning import (
    affordable_rows,
    fit_curve,
    last_doubling_gain,
    time_exponent,
    time_to_quality,
    trimmed_mean,
    wall_s_at,
)
from benchmarks.storage.records import LearningPoint


def points(*, exponent=1.5, sizes=(100, 200, 400, 800), gain=0.02):
    return [
        LearningPoint(
            row_count=size, seed=0, wall_s=1e-3 * size**exponent, quality=0.7 + gain * position
        )
        for position, size in enumerate(sizes)
    ]


@pytest.mark.parametrize("exponent", [0.5, 1.0, 1.7, 2.0])
def test_the_exponent_of_a_power_law_is_recovered(exponent):
    assert time_exponent(points(exponent=exponent)) == pytest.approx(exponent)


def test_a_curve_of_one_size_is_taken_for_proportional():
    assert time_exponent(points(sizes=(100,))) == 1.0


def test_the_exponent_stays_within_reason():
    assert time_exponent(points(exponent=9.0)) == 3.0
    assert time_exponent(points(exponent=-1.0)) == 0.0


def test_time_at_more_rows_follows_the_law():
    assert wall_s_at(points(exponent=1.5), row_count=3_200) == pytest.approx(1e-3 * 3_200**1.5)


def test_affordable_rows_use_up_the_budget_and_no_more():
    curve = points(exponent=1.5)

    rows = affordable_rows(curve, budget_s=4 * 1e-3 * 2_000**1.5, training_count=4, row_count=9_999)

    assert rows == pytest.approx(2_000, abs=1)
    assert 4 * wall_s_at(curve, row_count=rows) <= 4 * 1e-3 * 2_000**1.5


def test_all_rows_are_used_when_they_fit():
    assert affordable_rows(points(), budget_s=1e9, training_count=4, row_count=5_000) == 5_000


def test_no_fewer_rows_than_were_measured_are_used():
    assert affordable_rows(points(), budget_s=1e-9, training_count=4, row_count=5_000) == 100


def test_the_gain_of_the_last_doubling():
    assert last_doubling_gain(points(gain=0.02)) == pytest.approx(0.02)
    assert last_doubling_gain(points(sizes=(100, 400), gain=0.02)) == pytest.approx(0.01)
    assert last_doubling_gain(points(sizes=(100,))) is None


def curve(quality, wall, memory, sizes=(125, 250, 500, 1_000)):
    return [
        LearningPoint(
            row_count=n, seed=0, wall_s=wall(n), quality=quality(n), peak_memory_bytes=memory(n)
        )
        for n in sizes
    ]


def test_a_known_law_is_recovered_and_the_next_doubling_follows_from_it():
    points = curve(
        quality=lambda n: 0.95 - 2.0 * n**-0.5,
        wall=lambda n: 1e-4 * n**1.3,
        memory=lambda n: 50_000_000 + 1_000 * n,
    )

    fit = fit_curve(points)

    assert fit.time_exponent == pytest.approx(1.3)
    assert fit.quality_limit == pytest.approx(0.95)
    assert fit.quality_exponent == pytest.approx(0.5)
    assert fit.doubled_wall_s == pytest.approx(1e-4 * 2_000**1.3)
    assert fit.doubled_memory_bytes == pytest.approx(52_000_000)
    assert fit.doubled_quality_gain == pytest.approx(2.0 * (1_000**-0.5 - 2_000**-0.5))


def test_the_time_to_a_quality_is_measured_where_it_was_reached_else_from_the_curve():
    points = curve(
        quality=lambda n: 0.95 - 2.0 * n**-0.5, wall=lambda n: 1e-3 * n, memory=lambda _: 10**8
    )

    measured = time_to_quality(points, quality=0.85)
    scaled = time_to_quality(points, quality=0.92)

    assert (measured.row_count, measured.basis) == (500, "measured")
    assert measured.wall_s == pytest.approx(0.5)
    assert scaled.basis == "scaled"
    assert scaled.row_count == pytest.approx((2.0 / 0.03) ** 2, rel=0.01)
    assert scaled.wall_s == pytest.approx(1e-3 * scaled.row_count)
    assert time_to_quality(points, quality=0.96) is None


def test_the_mean_of_five_trainings_leaves_the_best_and_the_worst_out():
    assert trimmed_mean([5.0, 1.0, 2.0, 3.0, 99.0]) == pytest.approx(10 / 3)
    assert trimmed_mean([1.0, 2.0]) == 1.5


def test_two_sizes_give_the_last_doubling_for_the_next():
    points = curve(lambda n: n / 10_000, lambda n: n / 1e3, lambda _: 10**8, sizes=(500, 1_000))

    fit = fit_curve(points)

    assert fit.quality_limit is None
    assert fit.doubled_quality_gain == pytest.approx(0.05)
    assert fit.doubled_memory_bytes == pytest.approx(10**8)
