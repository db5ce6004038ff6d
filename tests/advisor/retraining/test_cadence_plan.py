"""The plan: ageing and money in, an interval with its price out."""

import math
from dataclasses import replace

import numpy as np
import pytest
from cadence_matrices import cells, linear, saturating
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.errors import AdvisorError
from advisor.retraining.ageing import (
    ASSUMED_DECAY_PER_DAY,
    ageing_of,
    linear_ageing,
    measured_ageing,
    recent_cases,
)
from advisor.retraining.decay import error_matrix
from advisor.retraining.plan import Terms, plan_retraining, plan_way

DAYS_PER_MONTH = 730 / 24
WEEK = 7.0


def measured(decay, **options):
    return measured_ageing(tuple(cells(decay, **options)), period_days=WEEK)


def terms(**changes):
    given_terms = {
        "release_usd": 50.0,
        "error_cost_usd": 2.0,
        "cases_per_day": 1000 / WEEK,
        "horizon_days": 3650.0,
    }
    return Terms(**given_terms | changes)


def plan(ageing, **changes):
    return plan_retraining(ageing, terms(**changes))


def test_a_linear_matrix_gives_the_square_root_law_in_days():
    found = plan(measured(linear(1e-4)))

    assert found.terms.ratio_days == pytest.approx(0.025 * WEEK)
    assert found.t_star_days == pytest.approx(22.36 * WEEK, abs=0.05)
    assert found.ageing.basis == "measured"
    assert found.ageing.slope_per_day == pytest.approx(1e-4 / WEEK)


def test_a_saturating_matrix_gives_the_closed_form_within_a_period_and_never_when_dear():
    found = plan(measured(saturating(0.05, 10.0)), release_usd=400.0)
    dear = plan(measured(saturating(0.05, 10.0)), release_usd=1001.0)

    assert found.t_star_days / WEEK == pytest.approx(13.7642, abs=1.0)
    assert math.isinf(dear.t_star_days)
    assert dear.interval.days is None
    assert any("monitor only" in note for note in dear.notes())


def test_the_cost_is_releases_and_the_errors_of_ageing():
    found = plan(measured(linear(1e-3)))
    days = found.interval.days

    assert found.releases_per_month == pytest.approx(DAYS_PER_MONTH / days)
    ageing_usd = 2 * (1000 / WEEK) * DAYS_PER_MONTH * (1e-3 / WEEK) * days / 2
    assert found.ageing_usd_per_month == pytest.approx(ageing_usd)
    assert found.usd_per_month == pytest.approx(50 * DAYS_PER_MONTH / days + ageing_usd)


def test_a_model_that_is_never_retrained_is_released_once_and_ages_through_the_horizon():
    found = plan(linear_ageing(1e-9), horizon_days=365.0)

    assert found.interval.days is None
    assert found.releases_per_month == pytest.approx(DAYS_PER_MONTH / 365)
    assert found.ageing_usd_per_month == pytest.approx(
        2 * (1000 / WEEK) * DAYS_PER_MONTH * 1e-9 * 365 / 2
    )


def test_the_bands_nest_around_the_optimum_and_the_wide_one_holds_the_choice():
    found = plan(measured(linear(1e-3)))
    (low, high), (wide_low, wide_high) = (
        found.interval.narrow_band_days,
        found.interval.band_days,
    )

    assert wide_low <= low <= found.t_star_days <= high <= wide_high
    assert wide_low <= found.interval.days <= wide_high


def test_the_price_of_an_error_that_makes_the_present_interval_right_is_the_closed_form():
    found = plan(linear_ageing(1e-4), now_interval_days=7.0, cases_per_day=1000.0)

    assert found.break_even_error_cost_usd == pytest.approx(2 * 50 / (1000 * 1e-4 * 49))
    right = plan(
        linear_ageing(1e-4), error_cost_usd=found.break_even_error_cost_usd, cases_per_day=1000.0
    )
    assert right.t_star_days == pytest.approx(7.0)
    assert plan(linear_ageing(0.0), now_interval_days=7.0).break_even_error_cost_usd is None
    assert plan(linear_ageing(1e-4)).break_even_error_cost_usd is None


def test_late_labels_leave_the_linear_interval_and_cost_what_the_delay_costs():
    once, late = (plan(linear_ageing(1e-4), label_delay_days=delay) for delay in (0.0, 14.0))

    assert late.t_star_days == pytest.approx(once.t_star_days)
    assert late.interval == once.interval or late.interval.days >= once.interval.days
    more = float(late.spending.total_usd(20.0) - once.spending.total_usd(20.0))
    assert more == pytest.approx(once.spending.error_usd_per_month * 1e-4 * 14)


def test_late_labels_lengthen_the_interval_of_a_curve_that_levels_off():
    ageing = measured(saturating(0.05, 10.0))
    once, late = (
        plan(ageing, release_usd=400.0, label_delay_days=delay) for delay in (0.0, 5 * WEEK)
    )

    assert late.t_star_days / WEEK == pytest.approx(22.59, abs=1.5)
    assert late.t_star_days > once.t_star_days


def test_a_decay_from_the_study_is_an_input_and_none_is_an_assumption_that_says_so():
    given_decay, assumed = plan(linear_ageing(1e-4 / WEEK)), plan(linear_ageing(None))

    assert given_decay.ageing.basis == "input"
    assert given_decay.t_star_days == pytest.approx(22.36 * WEEK, abs=0.05)
    assert (assumed.ageing.basis, assumed.ageing.slope_per_day) == (
        "assumed",
        ASSUMED_DECAY_PER_DAY,
    )
    assert any("no decay was measured" in note for note in assumed.notes())


def test_an_interval_beyond_the_oldest_model_seen_is_flagged():
    assert any("extrapolation" in note for note in plan(measured(linear(1e-6))).notes())
    assert not any("extrapolation" in note for note in plan(measured(linear(1e-3))).notes())


def test_errors_that_cost_nothing_are_never_worth_a_retrain():
    found = plan(measured(linear(1e-3)), error_cost_usd=0.0)

    assert (found.interval.days, found.t_star_days) == (None, math.inf)
    assert found.interval_80_days() == (math.inf, math.inf)
    assert found.probability_never() == 1.0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"release_usd": -1.0}, "the cost of a retrain must be zero or more, got -1.0"),
        ({"cases_per_day": math.nan}, "cases per day must be zero or more"),
        ({"label_delay_days": math.inf}, "the label delay must be zero or more"),
    ],
)
def test_impossible_amounts_are_refused(changes, words):
    with pytest.raises(AdvisorError, match=words):
        plan(linear_ageing(1e-3), **changes)


def test_an_impossible_decay_is_refused():
    with pytest.raises(AdvisorError, match="decay_per_day must be zero or more"):
        linear_ageing(-1.0)


AGEINGS = [
    measured(linear(1e-3)),
    measured(saturating(0.05, 10.0)),
    measured(linear(0.0), noise=0.01),
    measured(linear(2e-3), noise=0.02),
    linear_ageing(1e-4),
]


@given(st.sampled_from(AGEINGS), st.sampled_from([10.0, 40.0, 160.0]))
def test_a_dearer_retrain_never_shortens_the_interval(ageing, cost):
    cheap, dear = (plan(ageing, release_usd=usd) for usd in (cost, 2 * cost))

    assert dear.t_star_days >= cheap.t_star_days
    assert (dear.interval.days or math.inf) >= (cheap.interval.days or math.inf)
    assert dear.interval.days == cheap.prudent_days


@given(st.sampled_from(AGEINGS), st.sampled_from([0.5, 3.0]))
def test_money_in_another_currency_changes_no_interval_and_scales_every_cost(ageing, rate):
    here = plan(ageing)
    there = plan(ageing, release_usd=50.0 * rate, error_cost_usd=2.0 * rate)

    assert there.interval == here.interval
    assert there.usd_per_month == pytest.approx(here.usd_per_month * rate)


def test_the_doubt_surrounds_the_optimum_and_the_same_matrix_gives_the_same_answer():
    rows = tuple(cells(linear(2e-3), noise=0.01))
    first, again = (
        plan(ageing_of(error_matrix(rows), period_days=WEEK)).interval_80_days() for _ in range(2)
    )
    found = plan(measured_ageing(rows, period_days=WEEK))

    low, high = found.interval_80_days()
    assert low < found.t_star_days < high
    assert first == again == (low, high)
    assert 0 <= found.probability_never() <= 1
    assert plan(linear_ageing(1e-4)).interval_80_days() is None


@settings(deadline=None)  # each length is resampled once
@given(st.sampled_from([1.0, 7.0, 30.4]), st.sampled_from([linear(1e-3), saturating(0.05, 10.0)]))
def test_the_length_of_a_period_is_a_unit_only(period_days, decay):
    """The same errors per period, and the same money per period: T* is as many periods."""
    ageing = measured_ageing(tuple(cells(decay)), period_days=period_days)
    found = plan(ageing, cases_per_day=1000 / period_days)
    weekly = plan(measured(decay))

    assert found.t_star_days / period_days == pytest.approx(weekly.t_star_days / WEEK, rel=1e-3)


def test_a_way_has_the_plan_of_its_own_cost_and_its_own_decay():
    base = plan(measured(linear(1e-3)))
    cheap = plan_way(base, "spot", what="", release_usd=12.5).plan
    warm = plan_way(base, "warm", what="", release_usd=50.0, ageing=measured(linear(4e-3))).plan

    # A quarter of the cost, or four times the decay, halves the interval.
    assert cheap.t_star_days == pytest.approx(base.t_star_days / 2, rel=0.01)
    assert warm.t_star_days == pytest.approx(base.t_star_days / 2, rel=0.01)
    assert cheap.usd_per_month < base.usd_per_month
    assert replace(cheap.terms, release_usd=50.0) == base.terms


def test_recent_volume_is_the_mean_of_the_newest_periods():
    rows = [replace(c, case_count=1000 if c.scored_at < 40 else 3000) for c in cells(linear(1e-3))]

    assert recent_cases(error_matrix(rows)) == pytest.approx(3000)


def test_the_law_of_a_matrix_without_noise_is_the_law_that_made_it():
    curve = measured(linear(1e-3)).curve
    ages = np.array([7.0, 70.0, 350.0])

    assert curve.excess(ages) == pytest.approx(1e-3 * ages / WEEK, rel=1e-6)
