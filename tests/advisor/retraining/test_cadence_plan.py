"""The plan: money in, an interval with its price out."""

import math

import pytest
from cadence_matrices import cells, linear, saturating
from hypothesis import given
from hypothesis import strategies as st

from advisor.errors import AdvisorError
from advisor.retraining.plan import plan_retraining
from advisor.retraining.words import span_words

DAYS_PER_MONTH = 730 / 24


def plan(decay=None, *, rows=None, **changes):
    given_plan = {
        "cells": rows if decay is None else cells(decay),
        "period_days": 7.0,
        "retrain_cost_usd": 50.0,
        "error_cost_usd": 2.0,
        "cases_per_day": 1000 / 7,
        "draw_count": 0,
    }
    return plan_retraining(**given_plan | changes)


def test_a_linear_matrix_gives_the_square_root_law_in_days():
    found = plan(linear(1e-4))

    assert found.rho == pytest.approx(0.025)
    assert found.t_star_periods == pytest.approx(22.36, abs=0.005)
    assert found.t_star_days == pytest.approx(22.36 * 7, abs=0.05)
    assert found.basis == "measured"


def test_a_saturating_matrix_gives_the_closed_form_within_a_period_and_never_when_dear():
    found = plan(saturating(0.05, 10.0), retrain_cost_usd=400.0)
    dear = plan(saturating(0.05, 10.0), retrain_cost_usd=1001.0)

    assert found.t_star_periods == pytest.approx(13.7642, abs=1.0)
    assert dear.t_star_periods is None
    assert dear.interval_periods is None
    assert any("monitor only" in note for note in dear.diagnostics)


def test_the_cost_splits_into_training_excess_and_unavoidable_errors():
    found = plan(linear(1e-3))
    interval = found.interval_periods

    assert found.usd_per_period.training == pytest.approx(50 / interval)
    assert found.usd_per_period.excess_error == pytest.approx(2000 * 1e-3 * (interval - 1) / 2)
    assert found.usd_per_period.unavoidable_error == pytest.approx(2000 * 0.1)
    assert found.usd_per_month == pytest.approx(
        (50 / interval + (interval - 1)) * DAYS_PER_MONTH / 7
    )


def test_the_bands_nest_around_the_optimum_and_hold_the_choice():
    found = plan(linear(1e-3))

    low, high = found.band_1pct_periods
    assert found.band_5pct_periods[0] <= low <= found.t_star_periods <= high
    assert low <= found.interval_periods <= high


def test_the_present_interval_is_priced_with_the_error_cost_that_would_make_it_right():
    found = plan(linear(1e-4), now_interval_days=7.0)

    assert found.break_even_error_cost_usd == pytest.approx(2 * 50 / (1000 * 1e-4 * 1))
    assert found.now_usd_per_period == pytest.approx(50 + 2000 * 0.1)


def test_label_delay_leaves_the_linear_interval_and_adds_its_errors():
    found, late = plan(linear(1e-4)), plan(linear(1e-4), label_delay_days=14.0)

    assert late.t_star_periods == pytest.approx(found.t_star_periods)
    assert late.usd_per_period.excess_error - found.usd_per_period.excess_error == pytest.approx(
        2000 * 1e-4 * 2
    )


def test_a_decay_from_the_study_is_an_input_and_none_is_an_assumption_that_says_so():
    given_decay = plan(cells=None, decay_per_day=1e-4 / 7)
    assumed = plan(cells=None)

    assert given_decay.basis == "input"
    assert given_decay.t_star_periods == pytest.approx(22.36, abs=0.005)
    assert assumed.basis == "assumed"
    assert any("no decay was measured" in note for note in assumed.diagnostics)


def test_an_interval_beyond_the_oldest_model_seen_is_flagged():
    assert any("extrapolation" in note for note in plan(linear(1e-6)).diagnostics)
    assert not any("extrapolation" in note for note in plan(linear(1e-3)).diagnostics)


def test_errors_that_cost_nothing_are_never_worth_a_retrain():
    found = plan(linear(1e-3), error_cost_usd=0.0)

    assert (found.interval_periods, found.rho) == (None, None)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"retrain_cost_usd": -1.0}, "retrain_cost_usd must be zero or more, got -1.0"),
        ({"cases_per_day": math.nan}, "cases_per_period must be zero or more"),
        ({"period_days": None}, "needs period_days"),
        ({"cells": None, "decay_per_day": -1.0}, "decay_per_day must be zero or more"),
    ],
)
def test_impossible_amounts_are_refused(changes, words):
    with pytest.raises(AdvisorError, match=words):
        plan(**{"decay": linear(1e-3)} | changes if "cells" not in changes else changes)


MATRICES = [cells(linear(1e-3)), cells(saturating(0.05, 10.0)), cells(linear(0.0), noise=0.01)]


@given(st.sampled_from(MATRICES), st.sampled_from([10.0, 40.0, 160.0]))
def test_a_dearer_retrain_never_shortens_the_interval(rows, cost):
    cheap = plan(rows=rows, retrain_cost_usd=cost)
    dear = plan(rows=rows, retrain_cost_usd=2 * cost)

    assert (dear.t_star_periods or math.inf) >= (cheap.t_star_periods or math.inf)
    assert (dear.interval_periods or math.inf) >= (cheap.interval_periods or math.inf)
    assert dear.interval_periods == cheap.prudent_interval_periods


@given(st.sampled_from(MATRICES), st.sampled_from([0.5, 3.0]))
def test_money_in_another_currency_changes_no_interval_and_scales_every_cost(rows, rate):
    here = plan(rows=rows, retrain_cost_usd=50.0, error_cost_usd=2.0)
    there = plan(rows=rows, retrain_cost_usd=50.0 * rate, error_cost_usd=2.0 * rate)

    assert there.interval_periods == here.interval_periods
    assert there.usd_per_month == pytest.approx(here.usd_per_month * rate)


def test_resampling_surrounds_the_optimum_and_the_same_matrix_gives_the_same_answer():
    rows = cells(linear(2e-3), noise=0.01)
    first, again = (plan(rows=rows, draw_count=100) for _ in range(2))

    low, high = first.interval_80_periods
    assert low < first.t_star_periods < high
    assert first == again
    assert 0 <= first.probability_never <= 1


@pytest.mark.parametrize(
    ("span", "words"),
    [
        ((None, None), "never on a schedule"),
        ((255, None), "255 periods to never"),
        ((3, 3), "3 periods"),
        ((3, 8), "3 to 8 periods"),
    ],
)
def test_a_span_of_periods_reads_as_words(span, words):
    assert span_words(span) == words
