"""What an interval costs, and the calendar interval that is chosen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.retraining.interval import linear_interval, saturating_interval
from advisor.retraining.records import Decay
from advisor.retraining.spending import Spending, ageing_error, choose_interval, excess_error


def decay(model="linear", slope=1e-3, amplitude=None, tau=None) -> Decay:
    return Decay(
        model=model,
        amplitude=amplitude,
        tau_periods=tau,
        tau_days=tau,
        slope_per_period=slope,
        slope_per_day=slope,
        basis="input",
        source="test",
    )


def spending(law=None, release=380.0, error=10_000.0, horizon=3650.0) -> Spending:
    return Spending(
        decay=law or decay(),
        release_usd=release,
        error_usd_per_month=error,
        horizon_days=horizon,
    )


def test_the_mean_excess_is_the_integral_of_the_law():
    """By the trapezoid rule over ages, which knows nothing of the closed forms."""
    ages = np.linspace(0, 30, 200_001)
    saturating = decay("saturating", amplitude=0.05, tau=10.0)

    assert ageing_error(30.0, decay(slope=0.002)) == pytest.approx(
        np.trapezoid(0.002 * ages, ages) / 30
    )
    assert ageing_error(30.0, saturating) == pytest.approx(
        np.trapezoid(0.05 * (1 - np.exp(-ages / 10)), ages) / 30
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
    law = decay("saturating", amplitude=0.05, tau=10.0)
    asked = spending(law, release=0.2 * 1000 / (730 / 24), error=1000.0)
    best = float(saturating_interval(rho=0.2, amplitude=0.05, tau=10.0))

    low, high = choose_interval(asked).band_days
    assert best == pytest.approx(13.7642, abs=1e-3)
    assert low < best < high


def test_free_releases_are_made_every_day_and_worthless_errors_never():
    assert choose_interval(spending(release=0.0)).days == 1.0
    assert choose_interval(spending(error=0.0)).days is None
    assert choose_interval(spending(decay("none"))).days is None


def test_nothing_shorter_than_a_measured_period_is_advised():
    assert choose_interval(spending(error=1e9), shortest_days=7.0).days == 7.0


@given(
    st.sampled_from([1e-5, 1e-4, 1e-3]),
    st.sampled_from([1.0, 400.0, 5000.0]),
    st.sampled_from([10.0, 1e4, 1e7]),
)
def test_no_day_count_is_much_cheaper_than_the_chosen_interval(slope, release, error):
    asked = spending(decay(slope=slope), release=release, error=error)
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


@pytest.mark.parametrize("model", ["linear", "saturating"])
def test_ageing_is_the_mean_of_the_excess_error_over_the_ages(model):
    law = (
        decay(slope=0.002)
        if model == "linear"
        else decay(slope=0.0).replace(model="saturating", amplitude=0.1, tau_days=12.0)
    )
    ages = (np.arange(30_000) + 0.5) / 1000

    assert float(excess_error(ages, law).mean()) == pytest.approx(float(ageing_error(30.0, law)))
    assert float(excess_error(0.0, law)) == 0.0
