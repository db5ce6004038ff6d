import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.fleet.release_calendar import level_phases, power_of_two, stretch_to_hours

POWERS = st.sampled_from([7.0, 14.0, 28.0])
HOURS = st.sampled_from([1.0, 2.0, 3.0, 8.0])


def test_eight_models_of_three_hours_every_four_weeks_take_six_hours_each_week():
    calendar = level_phases(np.full(8, 28.0), np.full(8, 3.0))

    assert calendar.hours_per_slot.tolist() == [6, 6, 6, 6]


@given(st.floats(min_value=1.0, max_value=400.0))
def test_a_power_of_two_costs_at_most_six_percent_more(best):
    days = np.array([best])

    rounded = power_of_two(days, days, days)[0]

    ratio = rounded / best
    assert (ratio + 1 / ratio) / 2 - 1 <= (math.sqrt(2) + 1 / math.sqrt(2)) / 2 - 1 + 1e-9
    assert math.log2(rounded / 7).is_integer()


def test_inside_the_flat_zone_wins_over_nearest():
    assert power_of_two(np.array([10.1]), np.array([6.0]), np.array([13.0])).tolist() == [7.0]


def test_never_stays_never_and_takes_no_hours():
    assert power_of_two(np.array([math.inf]), np.array([1.0]), np.array([math.inf]))[0] == math.inf
    assert level_phases(np.array([math.inf]), np.array([5.0])).peak_hours == 0


def test_models_released_more_than_once_a_week_load_every_week_alike():
    calendar = level_phases(np.array([1.75, 14.0, 14.0]), np.array([1.0, 2.0, 2.0]))

    assert calendar.hours_per_slot.tolist() == [6.0, 6.0]


@given(st.lists(st.tuples(POWERS, HOURS), min_size=1, max_size=5))
def test_levelled_hours_lie_between_the_mean_and_the_best_peak_plus_one_release(models):
    days, hours = (np.array(column) for column in zip(*models, strict=True))

    calendar = level_phases(days, hours)

    best = min(
        _peak(days, hours, phases)
        for phases in itertools.product(*[range(int(d / 7)) for d in days])
    )
    assert best - 1e-9 <= calendar.peak_hours <= best + hours.max()
    assert calendar.peak_hours == pytest.approx(_peak(days, hours, calendar.phase))
    assert calendar.mean_hours == pytest.approx(sum(hours * 7 / days))


def _peak(days, hours, phases):
    week = [
        sum(h for d, h, p in zip(days, hours, phases, strict=True) if w % int(d / 7) == p)
        for w in range(4)
    ]
    return max(week)


def _stretched(hours_per_slot, *, best=(14.0, 14.0), ageing=(1.0, 10.0)):
    best, ageing = np.array(best), np.array(ageing)
    return stretch_to_hours(
        best_days=best,
        release_usd=ageing * best**2,
        hours=np.full(2, 4.0),
        ageing_usd_per_day2=ageing,
        hours_per_slot=hours_per_slot,
        rounded=best,
    )


def test_where_the_hours_fit_nothing_is_stretched():
    found = _stretched(4.0)

    assert (found.days.tolist(), found.usd_per_hour) == ([14.0, 14.0], 0.0)


def test_the_model_whose_ageing_costs_least_is_stretched_first():
    found = _stretched(3.0)

    assert found.days.tolist() == [28.0, 14.0]
    assert found.hours_per_slot == pytest.approx(3.0)
    # T = sqrt((C + p h) / k) passes 14 sqrt 2, where it rounds to 28, at p h = C
    assert found.usd_per_hour == pytest.approx(196 / 4, rel=1e-6)


@given(st.sampled_from([0.5, 1.0, 2.0, 3.0, 4.0]), st.sampled_from([0.5, 1.0, 2.0, 3.0, 4.0]))
def test_more_hours_never_cost_more_an_hour_and_always_hold(one, other):
    few, many = _stretched(min(one, other)), _stretched(max(one, other))

    assert many.usd_per_hour <= few.usd_per_hour
    assert few.hours_per_slot <= min(one, other) + 1e-9
