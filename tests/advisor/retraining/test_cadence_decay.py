"""The decay curve: known parameters come back, and what must not matter does not."""

import math
import random

import pytest
from cadence_matrices import Cell, cells, linear, saturating

from advisor.errors import AdvisorError
from advisor.retraining.decay import error_matrix, fit_decay


def fit(rows):
    return fit_decay(error_matrix(rows))


def test_period_effects_return_the_slope_exactly_under_trend_and_season():
    found = fit(cells(linear(0.002), trend=0.001, season=0.02))

    assert found.model == "linear"
    assert found.slope == pytest.approx(0.002, rel=1e-9)
    assert found.paired_slope == pytest.approx(0.002, rel=1e-9)
    assert found.unpaired_slope > 0.0022


def test_a_difficulty_trend_without_decay_is_no_decay_and_is_told():
    found = fit(cells(linear(0.0), trend=0.001))

    assert found.paired_slope == pytest.approx(0.0, abs=1e-12)
    assert found.unpaired_slope > 2e-4
    assert any("difficulty trend or seasonality" in note for note in found.diagnostics)


def test_slopes_that_agree_raise_no_diagnostic():
    assert fit(cells(linear(0.002))).diagnostics == ()


@pytest.mark.parametrize(("amplitude", "tau"), [(0.05, 10.0), (0.02, 3.0), (0.1, 40.0)])
def test_a_saturating_curve_comes_back(amplitude, tau):
    found = fit(cells(saturating(amplitude, tau), trend=0.001, season=0.01))

    assert found.model == "saturating"
    assert found.amplitude == pytest.approx(amplitude, rel=1e-3)
    assert found.tau == pytest.approx(tau, rel=1e-3)


def test_models_that_improve_with_age_do_not_decay():
    found = fit(cells(linear(-0.001), base=0.3))

    assert (found.model, found.slope, found.amplitude) == ("none", 0.0, 0.0)
    assert found.paired_slope == pytest.approx(-0.001)


def test_few_trainings_fall_back_on_the_plain_slope_and_say_so():
    found = fit(cells(linear(0.002), origin_count=4))

    assert found.model == "linear"
    assert found.slope == pytest.approx(0.002)
    assert found.paired_slope is None
    assert "4 trainings: too few" in found.diagnostics[0]


def test_a_single_training_is_refused_with_what_to_do():
    with pytest.raises(AdvisorError, match=r"single training.*score at least two trainings"):
        fit(cells(linear(0.002), origin_count=1))


def test_an_empty_matrix_and_a_score_before_training_are_refused():
    with pytest.raises(AdvisorError, match="empty"):
        error_matrix([])
    with pytest.raises(AdvisorError, match="trained at period 5 is scored on period 5"):
        error_matrix([Cell(5, 5, 10, 0.1)])


def test_the_order_of_cells_and_how_a_period_is_split_change_nothing():
    rows = cells(saturating(0.05, 10.0), noise=0.01)
    halves = [
        Cell(c.trained_at, c.scored_at, c.case_count // 2, c.error_per_case)
        for c in rows
        for _ in range(2)
    ]
    random.Random(0).shuffle(halves)

    assert fit(halves).slope == pytest.approx(fit(rows).slope)
    assert fit(halves).tau == pytest.approx(fit(rows).tau)


def test_the_longest_age_is_of_a_score_that_was_made():
    """The oldest model is not scored on the last period, though a newer one is."""
    rows = [Cell(0, 1, 10, 0.1), Cell(0, 3, 10, 0.1), Cell(2, 3, 10, 0.1), Cell(2, 9, 10, 0.1)]

    assert error_matrix(rows).longest_age == 7


def test_the_level_is_the_error_of_a_fresh_model():
    assert fit(cells(linear(0.002), base=0.2)).level == pytest.approx(0.2)


def test_noise_leaves_the_slope_near_the_truth():
    found = fit(cells(linear(0.002), trend=0.001, noise=0.01))

    assert found.paired_slope == pytest.approx(0.002, abs=3e-4)
    assert math.isfinite(found.level)
