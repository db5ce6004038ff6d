import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.fleet.run_budget import shrunken_spreads, spend_on_runs

BEST_OF = [0, 0, 0.564190, 0.846284, 1.029375, 1.162964, 1.267206, 1.352178, 1.423600]
"""Expected maximum of n normals (Teichroew 1956)."""


def by_hand(values, cost, budget):
    counts = range(1, len(BEST_OF))
    return max(
        sum(v * BEST_OF[n] for v, n in zip(values, runs, strict=True))
        for runs in itertools.product(counts, repeat=len(values))
        if sum(n - 1 for n in runs) * cost <= budget
    )


def test_the_next_dollar_goes_where_it_gains_most():
    found = spend_on_runs(np.array([100.0, 60, 30]), np.full(3, 5.0), budget_usd=40.0)

    assert found.runs.tolist() == [5, 4, 2]
    assert found.spend_usd == 40.0
    assert found.gain_usd == pytest.approx(by_hand([100, 60, 30], 5, 40), rel=1e-4)


@given(
    st.lists(st.sampled_from([20.0, 60.0, 100.0]), min_size=1, max_size=4),
    st.sampled_from([0.0, 4.0, 10.0, 17.0]),
)
def test_with_equal_costs_no_other_split_gains_more(values, budget):
    found = spend_on_runs(np.array(values), np.full(len(values), 1.0), budget_usd=budget, most=8)

    worth_it = by_hand(values, 1.0, budget)
    assert found.gain_usd <= worth_it + 1e-3
    if found.spend_usd + 1 > budget:  # the budget, not the dollar's worth, was the end
        assert found.gain_usd == pytest.approx(worth_it, rel=1e-3)


@given(
    st.lists(
        st.tuples(st.sampled_from([5.0, 50.0]), st.sampled_from([1.0, 3.0, 9.0])),
        min_size=1,
        max_size=5,
    ),
    st.floats(min_value=0, max_value=200),
    st.floats(min_value=0, max_value=200),
)
def test_more_budget_never_gains_less_and_none_is_overspent(models, one, other):
    value, cost = (np.array(column) for column in zip(*models, strict=True))
    few, many = (spend_on_runs(value, cost, budget_usd=b) for b in sorted((one, other)))

    assert few.gain_usd <= many.gain_usd
    assert few.spend_usd <= min(one, other) * (1 + 1e-9)
    assert (few.runs <= many.runs).all()


def test_money_that_gains_less_than_itself_is_left():
    found = spend_on_runs(np.array([10.0]), np.array([6.0]), budget_usd=1e6)

    assert (found.runs.tolist(), found.spend_usd) == ([1], 0.0)


def test_spreads_that_differ_by_noise_alone_become_one():
    rng = np.random.default_rng(0)
    spread = rng.normal(size=(400, 4)).std(axis=1, ddof=1) * 0.02

    shrunk = shrunken_spreads(spread, np.full(400, 4.0))

    assert np.ptp(np.log(shrunk)) < 0.3 * np.ptp(np.log(spread))
    assert np.median(shrunk) == pytest.approx(0.02, rel=0.05)


def test_spreads_of_many_runs_are_believed():
    spread = np.array([0.01, 0.1, 1.0])

    assert shrunken_spreads(spread, np.full(3, 2000.0)) == pytest.approx(spread, rel=0.01)


def test_a_ranking_by_shrunken_spreads_is_nearer_to_the_truth():
    rng = np.random.default_rng(1)
    truth = np.exp(rng.normal(scale=0.5, size=500))
    raw = (truth[:, None] * rng.normal(size=(500, 3))).std(axis=1, ddof=1)

    shrunk = shrunken_spreads(raw, np.full(500, 3.0))

    assert np.mean(np.log(shrunk / truth) ** 2) < 0.5 * np.mean(np.log(raw / truth) ** 2)


def test_a_model_without_runs_takes_the_fleets_spread():
    shrunk = shrunken_spreads(np.array([0.02, 0.02, np.nan]), np.array([1e4, 1e4, 0]))

    assert shrunk[2] == pytest.approx(0.02, rel=1e-3)
    assert np.isnan(shrunken_spreads(np.array([np.nan]), np.array([0.0]))).all()
