"""Traffic: profiles from records, and minutes from profiles."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.capacity.traffic import (
    flat_or_office_profile,
    minute_rates_per_s,
    peak_rate_per_s,
    summarise_counts,
    workload_minutes_per_s,
)
from advisor.study.types import Workload

MONDAY = datetime(2026, 6, 1, tzinfo=UTC)
WEEK = 7 * 24 * 60


def week_of(*, weeks=1, growth=0.0, dispersion=1.0, seed=0):
    rng = np.random.default_rng(seed)
    minute = np.arange(weeks * WEEK)
    rates = 120 * (1 + 0.5 * np.sin(2 * np.pi * minute / 1440)) * (1 + growth) ** (minute / WEEK)
    if dispersion > 1:
        rates = rates * rng.gamma(rates / (dispersion - 1), (dispersion - 1) / rates)
    return rng.poisson(rates)


def test_a_week_of_counts_gives_back_the_profile_it_was_made_from():
    found = summarise_counts(first=MONDAY, counts=week_of(weeks=2))

    hours = (np.arange(168) + 0.5) / 24
    assert found.profile == pytest.approx(1 + 0.5 * np.sin(2 * np.pi * hours), abs=0.03)
    assert found.requests_per_s == pytest.approx(2.0, rel=0.01)
    assert found.peak_requests_per_s == pytest.approx(3.0, rel=0.03)
    assert found.dispersion == pytest.approx(1.0, abs=0.05)


def test_bursts_are_recovered_and_raise_the_peak():
    found = summarise_counts(first=MONDAY, counts=week_of(dispersion=9.0))

    assert found.dispersion == pytest.approx(9.0, rel=0.1)
    assert found.peak_requests_per_s == pytest.approx(3.0 + 2.33 * np.sqrt(8 * 3 / 60), rel=0.05)


def test_growth_is_recovered_from_weeks():
    found = summarise_counts(first=MONDAY, counts=week_of(weeks=6, growth=0.05))

    assert found.growth_per_month == pytest.approx(1.05 ** (730 / 168) - 1, abs=0.01)


def test_a_record_that_starts_on_a_wednesday_at_nine_is_placed_there():
    counts = np.ones(WEEK)
    counts[:60] = 61
    found = summarise_counts(first=datetime(2026, 6, 3, 9, tzinfo=UTC), counts=counts)

    assert int(np.argmax(found.profile)) == 2 * 24 + 9


def test_half_a_day_is_a_days_profile_and_says_so():
    found = summarise_counts(first=MONDAY, counts=np.full(720, 60.0))

    assert len(found.profile) == 24
    assert any("hours are not in it" in note for note in found.notes)


@pytest.mark.parametrize(
    ("counts", "words"),
    [([1] * 59, "an hour is the least"), ([-1] * 60, ">= 0"), ([0] * 60, "no request")],
)
def test_records_that_say_nothing_are_refused(counts, words):
    with pytest.raises(ValueError, match=words):
        summarise_counts(first=MONDAY, counts=counts)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from([0.0, 0.5, 1.0, 4.0]), min_size=24, max_size=24).filter(
        lambda w: sum(w) > 0
    ),
    st.sampled_from([0.1, 20.0]),
)
def test_minutes_keep_the_mean_of_their_profile(weights, rate):
    found = minute_rates_per_s(requests_per_s=rate, profile=weights)

    assert found.size == 24 * 60
    assert found.mean() == pytest.approx(rate)
    assert found.min() >= 0


def test_minutes_with_bursts_have_the_dispersion_asked_for():
    rng = np.random.default_rng(4)
    rates = minute_rates_per_s(requests_per_s=5.0, profile=np.ones(168), dispersion=6.0, rng=rng)
    counts = rng.poisson(rates * 60)

    assert counts.var() / counts.mean() == pytest.approx(6.0, rel=0.1)


@given(st.sampled_from([1.0, 1.5, 3.0, 10.0, 22.0]))
def test_the_bell_has_the_mean_and_the_peak_of_the_study(ratio):
    found = flat_or_office_profile(requests_per_s=2.0, peak_requests_per_s=2.0 * ratio)

    assert found.mean() == pytest.approx(1.0, abs=1e-9)
    assert found.max() == pytest.approx(ratio, rel=1e-9)


def test_peak_of_a_profile_by_hand():
    assert peak_rate_per_s(requests_per_s=10.0, profile=[1, 3], dispersion=7.0) == pytest.approx(
        15 + 2.33 * np.sqrt(6 * 15 / 60)
    )


def test_a_study_plans_for_the_peak_of_its_profile_grown_a_quarter():
    work = Workload(requests_per_s=10.0, profile=(1.0,) * 12 + (3.0,) * 12, growth_per_month=0.1)

    assert work.peak_now_per_s == pytest.approx(15.0)
    assert work.peak_per_s == pytest.approx(15.0 * 1.1**3)
    assert workload_minutes_per_s(work).mean() == pytest.approx(10.0)
    assert workload_minutes_per_s(Workload(requests_per_s=10.0)).max() == pytest.approx(
        30, rel=0.01
    )


@pytest.mark.parametrize("bad", [{"profile": [1.0] * 7}, {"profile": [0.0] * 24}])
def test_a_profile_that_is_no_day_or_week_is_refused(bad):
    with pytest.raises(ValueError, match="profile has"):
        Workload(**bad)
