"""Recovery of known growth, and the limit cases."""

import pytest

from benchmarks.learning import affordable_rows, last_doubling_gain, time_exponent, wall_s_at
from benchmarks.records import LearningPoint


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
