"""The ratio ensemble on machines whose truth is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.capacity.ratio_ensemble import (
    conformal_quantile,
    filled_levels,
    log_ratio,
    stray,
    trust,
)

MACHINE = np.array([0.0, 0.3, -0.4, 0.9, 0.1, -0.2])


def levels(*, workload_count=5, noise=0.0, seed=0):
    rng = np.random.default_rng(seed)
    workload = rng.uniform(0, 5, workload_count)[:, None]
    return workload + MACHINE + noise * rng.standard_normal((workload_count, MACHINE.size))


def everyone(count):
    return 1.0 - np.eye(count)


def test_machines_that_differ_by_one_factor_are_predicted_exactly():
    found = log_ratio(target=levels()[:, 3], anchors=levels(), weights=np.ones(5))

    assert found.centre == pytest.approx(MACHINE[3] - MACHINE)
    assert found.spread == pytest.approx(np.zeros(6), abs=1e-9)


def test_a_gap_is_filled_by_workload_and_machine():
    holed = levels()
    holed[2, 4] = np.nan

    filled = filled_levels(holed)

    assert filled == pytest.approx(filled_levels(levels()), abs=1e-6)


def test_a_workload_never_measured_on_the_target_does_not_count():
    holed = levels()
    holed[0] += 100 * np.arange(6)
    holed[0, 3] = np.nan

    found = log_ratio(target=holed[:, 3], anchors=holed, weights=np.ones(5))

    assert found.centre[1] == pytest.approx(MACHINE[3] - MACHINE[1])


def test_nothing_in_common_is_not_a_number_rather_than_a_guess():
    target = np.array([1.0, np.nan])
    anchors = np.array([[np.nan], [2.0]])

    assert np.isnan(log_ratio(target=target, anchors=anchors, weights=np.ones(2)).centre[0])


def test_a_workload_that_goes_its_own_way_is_trusted_less():
    odd = levels(noise=0.02)
    odd[4] += np.array([1.0, -1.0, 0.8, -0.9, 1.1, -0.7])

    weight = trust(stray(filled_levels(odd), affinity=everyone(5)))

    assert weight[4] < 0.1 * weight[:4].min()


def test_the_target_itself_does_not_decide_whom_to_trust():
    first, second = levels(noise=0.1), levels(noise=0.1)
    strayed = [stray(filled_levels(x), affinity=everyone(5)) for x in (first, second)]
    strayed[1][:, 2] = 99.0

    assert trust(strayed[0], without=2) == pytest.approx(trust(strayed[1], without=2))


def test_workloads_of_one_stem_do_not_vouch_for_each_other():
    affinity = everyone(3)
    affinity[0, 1] = affinity[1, 0] = 0.0
    twins = np.array([[0.5, -0.5], [0.5, -0.5], [0.0, 0.0]])

    assert stray(twins, affinity=affinity)[0] == pytest.approx([0.5, -0.5])


def test_conformal_quantile_by_hand():
    """Nine scores: the 80% one is the ceil(10 x 0.8) = 8th smallest."""
    assert conformal_quantile(np.arange(1.0, 10.0), level=0.8) == 8.0
    assert conformal_quantile(np.array([3.0]), level=0.95) == 3.0


def test_conformal_quantile_keeps_its_promise_on_new_scores():
    rng = np.random.default_rng(3)
    covered = [
        rng.exponential() <= conformal_quantile(rng.exponential(size=30), level=0.8)
        for _ in range(3000)
    ]

    assert np.mean(covered) == pytest.approx(25 / 31, abs=0.025)


@settings(deadline=None)
@given(st.permutations(range(5)))
def test_the_order_of_workloads_does_not_matter(order):
    block = levels(noise=0.1)
    base = log_ratio(target=block[:, 3], anchors=block, weights=np.arange(1.0, 6.0))
    mixed = log_ratio(
        target=block[order, 3], anchors=block[order], weights=np.arange(1.0, 6.0)[order]
    )

    assert mixed.centre == pytest.approx(base.centre)
    assert mixed.spread == pytest.approx(base.spread)


@settings(deadline=None)
@given(st.sampled_from([0.5, 3.0]))
def test_a_machine_twice_as_fast_at_everything_is_predicted_twice_as_fast(factor):
    block = levels(noise=0.1)
    base = log_ratio(target=block[:, 3], anchors=block, weights=np.ones(5))
    faster = log_ratio(target=block[:, 3] + np.log(factor), anchors=block, weights=np.ones(5))

    assert faster.centre == pytest.approx(base.centre + np.log(factor))
    assert faster.spread == pytest.approx(base.spread)
