"""Exact cases are published tables; coverage is checked by simulation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.statistics.stats import (
    QuantileInterval,
    conservative_quantile,
    drift_fraction,
    minimum_sample_count,
    process_interval,
    quantile_interval,
    quantile_ranks,
    ratio_interval,
    stated_interval,
)

EARLY_STOPPING = {
    0.5: (7, 11, 14, 22, 35, 59, 128),
    0.9: (44, 64, 81, 127, 197, 325, 681),
    0.95: (90, 130, 165, 259, 398, 656, 1372),
    0.99: (459, 662, 838, 1307, 2010, 3304, 6898),
    0.999: (4603, 6636, 8403, 13105, 20140, 33097, 69058),
}
"""LoadGen's table at 99% confidence, for 0, 1, 2, 5, 10, 20 and 50 slow requests."""


@pytest.mark.parametrize("quantile", EARLY_STOPPING)
def test_sample_counts_are_those_of_the_early_stopping_table(quantile):
    found = tuple(
        minimum_sample_count(quantile=quantile, confidence=0.99, slow_count=slow)
        for slow in (0, 1, 2, 5, 10, 20, 50)
    )

    assert found == EARLY_STOPPING[quantile]


@pytest.mark.parametrize(
    ("quantile", "counts"), [(0.9, (29, 46, 61)), (0.95, (59, 93, 124)), (0.99, (299, 473, 628))]
)
def test_sample_counts_at_95_percent_confidence(quantile, counts):
    found = tuple(
        minimum_sample_count(quantile=quantile, confidence=0.95, slow_count=slow)
        for slow in (0, 1, 2)
    )

    assert found == counts


def test_without_slow_requests_the_count_has_a_closed_form():
    """p^n <= 1 - c, so n = ceil(log(1 - c) / log(p))."""
    assert minimum_sample_count(quantile=0.99, confidence=0.95) == math.ceil(
        math.log(0.05) / math.log(0.99)
    )


@pytest.mark.parametrize(
    ("sample_count", "ranks"),
    [(10_000, (9_880, 9_920)), (1_000, (983, 997)), (3_000, (2_959, 2_981))],
)
def test_ranks_that_bracket_the_99th_percentile(sample_count, ranks):
    assert quantile_ranks(sample_count=sample_count, quantile=0.99) == ranks


def test_there_is_no_upper_bound_for_a_percentile_from_too_few_samples():
    lower, upper = quantile_ranks(sample_count=200, quantile=0.99)

    assert lower is not None
    assert upper is None


def test_no_percentile_is_stated_from_too_few_samples():
    enough = minimum_sample_count(quantile=0.99, confidence=0.95)

    assert quantile_interval([1.0] * enough, quantile=0.99).value_s == 1.0
    assert quantile_interval([1.0] * (enough - 1), quantile=0.99).value_s is None
    assert quantile_interval([], quantile=0.5).value_s is None


def test_the_interval_covers_the_true_percentile_as_often_as_it_says():
    rng = np.random.default_rng(0)
    truth = -math.log(1 - 0.9)  # of the unit exponential
    covered = 0
    for _ in range(400):
        found = quantile_interval(rng.exponential(size=500).tolist(), quantile=0.9)
        covered += found.lower_s <= truth <= found.upper_s

    assert covered / 400 == pytest.approx(0.95, abs=0.03)


@given(st.lists(st.sampled_from([1.0, 2.0, 5.0]), min_size=7, max_size=60))
def test_a_quantile_lies_within_its_own_interval(durations):
    found = quantile_interval(durations, quantile=0.5)

    assert found.value_s is not None
    assert (found.lower_s or 0.0) <= found.value_s <= (found.upper_s or math.inf)


def test_drift_compares_the_medians_of_the_two_halves():
    assert drift_fraction([1.0, 1.0, 1.0, 1.1, 1.1, 1.1]) == pytest.approx(0.1)
    assert drift_fraction([2.0]) == 0.0


@pytest.mark.parametrize("value", [0.0, 1.0, -0.1, 1.5])
def test_a_fraction_outside_its_bounds_is_refused(value):
    with pytest.raises(ValueError, match="between 0 and 1"):
        quantile_ranks(sample_count=10, quantile=value)


def test_the_conservative_quantile_drops_as_many_as_the_table_allows():
    durations = [float(number) for number in range(1, 839)]

    assert conservative_quantile(durations, quantile=0.99) == 836.0
    assert conservative_quantile(durations[:661], quantile=0.99) == 661.0
    assert conservative_quantile(durations[:458], quantile=0.99) is None


def test_the_interval_of_processes_is_students():
    """Three logarithms 0, 1, 2: mean 1, sd 1, t of two degrees of freedom 4.3027."""
    low, high = process_interval([1.0, math.e, math.e**2])

    assert math.log(low) == pytest.approx(1 - 4.302652730 / math.sqrt(3))
    assert math.log(high) == pytest.approx(1 + 4.302652730 / math.sqrt(3))
    assert process_interval([1.0, 2.0]) is None


def test_processes_that_differ_widen_the_stated_interval():
    calm = [1.0, 1.01, 1.02] * 40
    shifted = [[d * factor for d in calm] for factor in (1.0, 1.1, 1.2)]
    durations = [d for part in shifted for d in part]

    pooled = quantile_interval(durations, quantile=0.5)
    stated = stated_interval(durations, quantile=0.5, process_call_counts=[120, 120, 120])

    assert stated.value_s == pooled.value_s
    assert stated.lower_s < pooled.lower_s
    assert stated.upper_s > pooled.upper_s


def test_the_interval_of_a_ratio_covers_the_truth_as_often_as_it_says():
    """Simulated: two groups of lognormal calls whose medians are 10% apart."""
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(300):
        old = quantile_interval(np.exp(rng.normal(0, 0.3, 100)).tolist(), quantile=0.5)
        new = quantile_interval(np.exp(rng.normal(math.log(1.1), 0.3, 100)).tolist(), quantile=0.5)
        _, lower, upper = ratio_interval(new, old)
        hits += lower <= 1.1 <= upper

    assert 0.92 <= hits / 300 <= 1.0


def test_a_ratio_without_a_bound_has_no_interval():
    known = QuantileInterval(value_s=1.0, lower_s=0.9, upper_s=1.1)

    assert ratio_interval(known, known.__class__(value_s=1.0, lower_s=None, upper_s=1.1)) is None
    assert ratio_interval(known, known)[1] == pytest.approx(
        math.exp(-math.hypot(math.log(1 / 0.9), math.log(1.1)))
    )
