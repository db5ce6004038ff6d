import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.errors import AdvisorError
from advisor.fleet.shared_hours import shared_platforms

SMALL = st.sampled_from([1.0, 2.0, 5.0, 10.0, 50.0, float("inf")])


def by_hand(cost, fixed):
    """Every assignment of models to platforms, one by one."""
    best = float("inf")
    for places in itertools.product(range(len(fixed)), repeat=len(cost)):
        total = sum(cost[m][p] for m, p in enumerate(places)) + sum(fixed[p] for p in set(places))
        best = min(best, total)
    return best


@pytest.mark.parametrize(("upkeep", "kept", "total"), [(100.0, (0,), 170.0), (10.0, (0, 1), 50.0)])
def test_two_platforms_are_kept_only_where_the_second_pays(upkeep, kept, total):
    found = shared_platforms(np.array([[10.0, 50], [10, 50], [50, 10]]), np.full(2, upkeep))

    assert (found.kept, found.usd_per_month) == (kept, total)


def test_without_upkeep_each_model_takes_its_own_cheapest():
    cost = np.array([[3.0, 1, 2], [1, 2, 3], [2, 3, 1]])

    assert shared_platforms(cost, np.zeros(3)).place.tolist() == [1, 0, 2]


def test_of_equals_a_model_stays_where_its_own_answer_puts_it():
    found = shared_platforms(
        np.array([[4.0, 4.0], [9.0, 1.0], [1.0, 9.0]]), np.zeros(2), own=np.array([1, 0, 1])
    )

    assert found.place.tolist() == [1, 1, 0]


def test_a_model_that_nothing_runs_is_left_out_and_charges_nothing():
    found = shared_platforms(np.array([[np.inf, np.inf], [5.0, 7.0]]), np.array([1.0, 1.0]))

    assert found.place.tolist() == [-1, 0]
    assert found.usd_per_month == 6.0


def test_too_many_platforms_are_refused_in_words():
    with pytest.raises(AdvisorError, match="17 platforms"):
        shared_platforms(np.ones((1, 17)), np.ones(17))


@given(
    st.lists(st.tuples(SMALL, SMALL, SMALL), min_size=1, max_size=6),
    st.tuples(*[st.sampled_from([0.0, 1.0, 8.0, 60.0])] * 3),
)
def test_no_assignment_is_cheaper(cost, fixed):
    cost = [row for row in cost if min(row) < float("inf")] or [(1.0, 1.0, 1.0)]

    found = shared_platforms(np.array(cost), np.array(fixed))

    assert found.usd_per_month == pytest.approx(by_hand(cost, fixed))


@given(
    st.lists(st.tuples(SMALL, SMALL), min_size=1, max_size=6),
    st.tuples(st.sampled_from([0.0, 3.0]), st.sampled_from([0.0, 3.0])),
)
def test_sharing_is_never_dearer_than_each_on_its_own_and_order_never_matters(cost, fixed):
    cost = [row for row in cost if min(row) < float("inf")] or [(1.0, 1.0)]
    alone = sum(min(c + h for c, h in zip(row, fixed, strict=True)) for row in cost)

    one = shared_platforms(np.array(cost), np.array(fixed))
    other = shared_platforms(np.array(cost[::-1]), np.array(fixed))

    assert one.usd_per_month <= alone + 1e-9
    assert one.usd_per_month == other.usd_per_month
    assert one.kept == other.kept
