"""Shares and quantiles in plain arithmetic, against scipy's and against sums by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from benchmarks.statistics.distributions import (
    beta_quantile,
    binomial_share,
    incomplete_beta,
    student_quantile,
)

shares = st.floats(0.001, 0.999)
sizes = st.floats(0.1, 2000.0)


@given(a=sizes, b=sizes, x=shares)
def test_the_incomplete_beta_function_is_scipys(a, b, x):
    assert incomplete_beta(a, b, x) == pytest.approx(special.betainc(a, b, x), rel=1e-9, abs=1e-15)


@given(trials=st.integers(1, 60), successes=st.integers(-1, 61), probability=shares)
def test_the_binomial_share_is_its_sum(trials, successes, probability):
    told = math.fsum(
        math.comb(trials, k) * probability**k * (1 - probability) ** (trials - k)
        for k in range(min(successes, trials) + 1)
    )

    assert binomial_share(successes, trials, probability) == pytest.approx(told, rel=1e-9)


@pytest.mark.parametrize("trials", [1_000, 300_000])
@pytest.mark.parametrize("probability", [0.01, 0.5, 0.99])
def test_the_binomial_share_of_many_trials_is_scipys(trials, probability):
    near = round(trials * probability)
    for successes in (near - 5, near, near + 5):
        told = special.bdtr(successes, trials, probability)
        assert binomial_share(successes, trials, probability) == pytest.approx(told, rel=1e-7)


@given(share=shares, freedom=st.integers(1, 300))
def test_students_quantile_is_scipys(share, freedom):
    told = special.stdtrit(freedom, share)
    assert student_quantile(share, freedom) == pytest.approx(told, rel=1e-8, abs=1e-9)


@given(share=shares, a=st.floats(0.5, 300.0), b=st.floats(0.5, 300.0))
def test_the_beta_quantile_is_where_the_share_is_reached(share, a, b):
    assert special.betainc(a, b, beta_quantile(share, a, b)) == pytest.approx(share, rel=1e-8)


def test_what_is_out_of_range_is_told():
    with pytest.raises(ValueError, match="incomplete beta"):
        incomplete_beta(0.0, 1.0, 0.5)
