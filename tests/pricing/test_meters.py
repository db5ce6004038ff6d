import doctest
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pricing import meters


def test_the_examples_in_the_docstrings_hold():
    found = doctest.testmod(meters)

    assert found.attempted >= 9
    assert found.failed == 0


@pytest.mark.parametrize(
    ("duration_s", "billed_s"),
    [(0, 0), (0.5, 60), (60, 60), (60.2, 61), (0.1 * 3600, 360), (7.1 * 3600, 25560)],
)
def test_a_task_is_billed_by_whole_seconds_and_at_least_a_minute(duration_s, billed_s):
    assert meters.fargate_billed_s(duration_s=duration_s) == billed_s


@pytest.mark.parametrize(
    ("hours", "billed"), [(0, 0), (0.2, 1), (1, 1), (730.0000001, 730), (8.5, 9)]
)
def test_a_started_hour_counts_in_full_where_the_vendor_says_so(hours, billed):
    assert meters.whole_hours(hours) == billed


@pytest.mark.parametrize(
    ("use", "lcu"),
    [
        ({"new_connections_per_s": 50}, 2.0),
        ({"new_connections_per_s": 1, "connection_minutes": 100}, 2.0),
        ({"processed_gb_per_hour": 2.5}, 2.5),
        ({"requests_per_s": 100, "rule_count": 30}, 2.0),
        ({"requests_per_s": 100, "rule_count": 10}, 0.0),
        ({"new_connections_per_s": 25, "processed_gb_per_hour": 3.0}, 3.0),
    ],
)
def test_an_application_unit_is_the_largest_of_four_uses(use, lcu):
    assert meters.application_lcu_count(**use) == pytest.approx(lcu)


def test_a_network_unit_is_the_largest_of_three_uses():
    assert meters.network_lcu_count(new_connections_per_s=1600) == 2.0
    assert meters.network_lcu_count(new_connections_per_s=1000, connection_minutes=5) == 3.0


def test_arrays_and_scalars_give_the_same_money():
    gb = np.array([0.0, 500.0, 10240.0, 200_000.0])
    starts = [0, 10240, 51200, 153600]

    together = meters.tier_quantities(quantity=gb, tier_from=starts)

    assert together.tolist() == [
        meters.tier_quantities(quantity=g, tier_from=starts).tolist() for g in gb
    ]


quantities = st.floats(0, 1e7)
tier_starts = st.lists(st.floats(1, 1e6), max_size=4, unique=True).map(lambda t: [0.0, *sorted(t)])


@given(quantities, quantities, tier_starts)
@settings(deadline=None)
def test_tiers_add_up_and_splitting_a_month_changes_nothing(first, second, starts):
    def split(quantity, before=0.0):
        return meters.tier_quantities(quantity=quantity, tier_from=starts, used_before=before)

    assert math.isclose(split(first).sum(), first, abs_tol=1e-6)
    np.testing.assert_allclose(
        split(first) + split(second, first), split(first + second), atol=1e-6, rtol=1e-9
    )


@given(st.integers(0, 400_000), st.sampled_from([[0], [0, 10240], [0, 10240, 51200, 153600]]))
@settings(deadline=None)
def test_tiers_agree_with_counting_every_gb(quantity, starts):
    """Oracle: put each GB, one after another, into the tier it falls in."""
    ends = [*starts[1:], 10**9]
    counted = [max(0, min(quantity, end) - start) for start, end in zip(starts, ends, strict=True)]

    assert meters.tier_quantities(quantity=quantity, tier_from=starts).tolist() == counted


@given(st.floats(0, 1e6), st.floats(0, 1e6))
@settings(deadline=None)
def test_a_longer_task_never_costs_less(one, other):
    short, long = sorted((one, other))

    assert meters.fargate_billed_s(duration_s=short) <= meters.fargate_billed_s(duration_s=long)


def test_managed_spot_saves_what_the_api_reference_says():
    assert meters.managed_spot_saving_fraction(training_s=500, billable_s=100) == 0.8
