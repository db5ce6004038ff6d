import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.fleet.commitment import (
    SpendDoubt,
    best_commitment,
    commitment_cost,
    drawn_spend,
)

EVEN = (np.arange(100_000) + 0.5) / 100_000
SURE = SpendDoubt(common_half_width=0.0, own_half_width=0.0, gone_fraction=0.0)


@pytest.mark.parametrize("discount", [0.1, 0.28, 0.6])
def test_a_uniform_spend_is_covered_up_to_its_discount(discount):
    found = best_commitment(EVEN, discount=discount)

    assert found.covered_usd_per_hour == pytest.approx(discount, abs=1e-4)
    assert found.paid_usd_per_hour == pytest.approx((1 - discount**2) / 2, abs=1e-4)
    assert found.saved_fraction == pytest.approx(discount**2, abs=1e-4)


@pytest.mark.parametrize("discount", [0.1, 0.28, 0.6])
def test_an_exponential_spend_is_covered_up_to_minus_the_log_of_the_rest(discount):
    found = best_commitment(-np.log(1 - EVEN), discount=discount)

    assert found.covered_usd_per_hour == pytest.approx(-math.log(1 - discount), abs=1e-4)


def test_a_constant_spend_is_covered_whole_and_saves_the_discount():
    found = best_commitment(np.full(7, 4.0), discount=0.3)

    assert found.covered_usd_per_hour == 4.0
    assert found.usd_per_hour == pytest.approx(2.8)
    assert found.saved_fraction == pytest.approx(0.3)


def test_without_a_discount_nothing_is_committed():
    assert best_commitment(EVEN, discount=0.0).usd_per_hour == 0.0


@given(
    st.lists(st.sampled_from([0.0, 1.0, 2.0, 7.0, 30.0]), min_size=1, max_size=12),
    st.sampled_from([0.05, 0.28, 0.5, 0.72]),
)
def test_no_level_is_cheaper_than_the_quantile(spend, discount):
    hours = np.array(spend)

    found = best_commitment(hours, discount=discount)

    tried = [
        commitment_cost(hours, covered=level, discount=discount)
        for level in [0.0, *spend, hours.mean()]
    ]
    assert found.paid_usd_per_hour <= min(tried) + 1e-12


@given(
    st.lists(st.tuples(*[st.sampled_from([0.0, 1.0, 4.0])] * 2), min_size=1, max_size=10),
    st.sampled_from([0.2, 0.5]),
)
def test_committing_over_the_sum_saves_at_least_what_each_saves_alone(hours, discount):
    spend = np.array(hours)

    def saved(x):
        return x.mean() - best_commitment(x, discount=discount).paid_usd_per_hour

    assert saved(spend.sum(axis=1)) >= saved(spend[:, 0]) + saved(spend[:, 1]) - 1e-12


def test_a_sure_spend_is_drawn_as_it_is():
    drawn = drawn_spend([1.0, 2.0], discount=0.28, doubt=SURE, draws=50)

    assert drawn.total == pytest.approx(np.full(50, 3.0))
    assert drawn.saved_alone_usd_per_hour == pytest.approx(0.28 * 3)


def test_draws_keep_the_mean_but_for_the_models_that_go():
    drawn = drawn_spend(np.full(400, 0.5), discount=0.28, seed=3)

    assert drawn.total.mean() == pytest.approx(200 * (1 - 0.2 / 2), rel=0.02)


def test_the_order_of_studies_never_matters():
    spend = np.array([5.0, 1.0, 3.0])
    doubt = SpendDoubt()

    one = drawn_spend(spend, discount=0.28, doubt=doubt)
    other = drawn_spend(spend[::-1], discount=0.28, doubt=doubt)

    assert np.array_equal(one.total, other.total)


def test_over_many_models_far_more_is_saved_than_model_by_model():
    drawn = drawn_spend(np.full(300, 1.0), discount=0.28)

    together = best_commitment(drawn.total, discount=0.28)

    alone = drawn.saved_alone_usd_per_hour / drawn.total.mean()
    assert alone + 0.02 < together.saved_fraction < 0.28
