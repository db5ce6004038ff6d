"""What an interval costs, and the calendar interval that is chosen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.retraining.ageing_curve import AgeingCurve
from advisor.retraining.interval import linear_interval, saturating_interval
from advisor.retraining.spending import Spending, choose_interval


def law(slope=1e-3, *, tau=np.inf) -> AgeingCurve:
    return AgeingCurve(np.array([slope]), np.array([tau]))


def spending(curve=None, release=380.0, error=10_000.0, horizon=3650.0) -> Spending:
    return Spending(
        curve=curve or law(),
        release_usd=release,
        error_usd_per_month=error,
        horizon_days=horizon,
    )


@pytest.mark.parametrize("times", [1, 4, 100, 10_000])
def test_dearer_errors_shorten_the_interval_by_the_square_root(times):
    """The best interval is sqrt(2 rho / d); a calendar interval within 2% is near it.

    (m + 1/m)/2 <= 1.02 holds for m up to 1.22; the calendar's steps add at most 1.5 more.
    """
    asked = spending(error=100.0 * times)
    rho_days = 380.0 * (730 / 24) / (100.0 * times)
    best = float(linear_interval(rho=rho_days, slope=1e-3))

    found = choose_interval(asked).days
    assert max(1.0, best / 1.6) <= found <= max(1.0, best * 1.6)


def test_the_saturating_optimum_is_the_one_of_the_closed_form():
    asked = spending(law(0.005, tau=10.0), release=0.2 * 1000 / (730 / 24), error=1000.0)
    best = float(saturating_interval(rho=0.2, amplitude=0.05, tau=10.0))

    low, high = choose_interval(asked).band_days
    assert best == pytest.approx(13.7642, abs=1e-3)
    assert low < best < high


def test_the_narrow_band_lies_in_the_wide_one_around_the_least_cost():
    """By hand: (m + 1/m)/2 is 1.01 at m = 1.151 and 1.05 at m = 1.370."""
    found = choose_interval(spending(error=1000.0))
    best = float(linear_interval(rho=380.0 * (730 / 24) / 1000.0, slope=1e-3))

    assert found.narrow_band_days == pytest.approx((best / 1.151, best * 1.151), rel=0.03)
    assert found.band_days == pytest.approx((best / 1.370, best * 1.370), rel=0.03)


def test_free_releases_are_made_every_day_and_worthless_errors_never():
    assert choose_interval(spending(release=0.0)).days == 1.0
    assert choose_interval(spending(error=0.0)).days is None
    assert choose_interval(spending(law(0.0))).days is None


def test_nothing_shorter_than_a_measured_period_is_advised():
    assert choose_interval(spending(error=1e9), shortest_days=7.0).days == 7.0


@given(
    st.sampled_from([1e-5, 1e-4, 1e-3]),
    st.sampled_from([1.0, 400.0, 5000.0]),
    st.sampled_from([10.0, 1e4, 1e7]),
)
def test_no_day_count_is_much_cheaper_than_the_chosen_interval(slope, release, error):
    asked = spending(law(slope), release=release, error=error)
    found = choose_interval(asked)
    paid = float(asked.total_usd(found.days or asked.horizon_days))
    by_day = min(float(asked.total_usd(float(day))) for day in range(1, 3651))

    assert paid <= 1.16 * by_day
    assert found.band_days[0] <= found.band_days[1]


@given(st.sampled_from([10.0, 100.0, 1e4, 1e6]), st.sampled_from([1.0, 2.0, 10.0]))
def test_dearer_releases_never_shorten_it_and_dearer_errors_never_lengthen_it(error, times):
    days = choose_interval(spending(error=error)).days or 3650
    dearer_release = choose_interval(spending(error=error, release=380.0 * times)).days or 3650
    dearer_error = choose_interval(spending(error=error * times)).days or 3650

    assert dearer_release >= days >= dearer_error
