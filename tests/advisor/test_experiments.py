"""The experiment budget: each closed form against simulation, brute force or a figure by hand."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.errors import AdvisorError
from advisor.experiments.gains import (
    expected_best,
    expected_best_beyond,
    next_run_gain,
    normal_best,
    normal_stopping_count,
)
from advisor.experiments.promotions import (
    early_stopped_cost,
    outcomes,
    runs_for_confidence,
    runs_per_promotion,
    success_probability,
    successive_halving_runs,
)
from advisor.experiments.stopping import (
    Rung,
    affordable_runs,
    escalation_order,
    next_run,
    normal_stopping,
    velocity,
)


def test_runs_per_promotion_is_the_posterior_mean_of_one_over_p():
    """Oracle: draw p from the posterior and average 1 / p."""
    found = runs_per_promotion(promoted_count=3, rest_count=42)
    draws = 1 / np.random.default_rng(0).beta(5, 50, 400_000)

    assert found.mean == pytest.approx(54 / 4)
    assert found.mean == pytest.approx(draws.mean(), rel=0.01)
    assert (found.low, found.high) == pytest.approx(np.quantile(draws, [0.1, 0.9]), rel=0.01)


def test_the_open_stretch_since_the_last_promotion_raises_the_runs_per_promotion():
    closed = runs_per_promotion(promoted_count=3, rest_count=27)
    censored = runs_per_promotion(promoted_count=3, rest_count=27 + 40)

    assert censored.mean > closed.mean


def test_without_history_the_prior_answers_and_without_a_prior_nothing_does():
    assert runs_per_promotion(promoted_count=0, rest_count=0).mean == pytest.approx(9.0)
    with pytest.raises(AdvisorError, match="at least one promoted run"):
        runs_per_promotion(promoted_count=0, rest_count=5, prior_promoted=1.0, prior_rest=1.0)


def test_ninety_percent_of_success_at_fifteen_percent_takes_fifteen_runs():
    assert runs_for_confidence(share=0.15) == 15
    assert pytest.approx(6.67, abs=0.005) == 1 / 0.15
    assert float(success_probability(share=0.15, run_count=15)) >= 0.9
    assert float(success_probability(share=0.15, run_count=14)) < 0.9


def test_spend_to_the_first_favourable_run_is_the_mean_cost_over_its_share():
    """Oracle: simulate runs until the first favourable one."""
    rng = np.random.default_rng(1)
    cost = np.array([10.0, 10.0, 5.0])
    kind = rng.choice(3, p=[0.1, 0.3, 0.6], size=(20_000, 200))
    first = np.argmax(kind == 0, axis=1)
    spent = [cost[kind[i, : n + 1]].sum() for i, n in enumerate(first)]

    found = outcomes(counts=(8, 27, 55), usd_per_run=(10, 10, 5), prior=(2, 3, 5))
    assert found.usd_per_favourable == pytest.approx(np.mean(spent), rel=0.02)


def test_early_stopping_costs_5_78_full_runs_instead_of_10():
    shares = {"favourable_share": 0.1, "unfavourable_share": 0.6, "cost_share": 0.2}
    found = early_stopped_cost(usd_per_run=1.0, **shares, hit_share=0.9, false_kill_share=0.02)
    none = early_stopped_cost(usd_per_run=1.0, **shares, hit_share=0.0, false_kill_share=0.0)

    assert float(found) == pytest.approx(5.78, abs=0.005)
    assert float(none) == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("rungs", "restart", "times"),
    [(3, True, 6.8), (3, False, 9.0), (4, True, 16.2), (4, False, 22.1)],
)
def test_successive_halving_saves_the_published_factor(rungs, restart, times):
    full_runs = float(successive_halving_runs(rung_count=rungs, eta=3, restart=restart))

    assert 3**rungs / full_runs == pytest.approx(times, abs=0.06)


def test_successive_halving_by_walking_through_the_rungs():
    left, steps, restarted, resumed, before = 27, [1 / 27, 1 / 9, 1 / 3, 1], 0.0, 0.0, 0.0
    for budget in steps:
        restarted += left * budget
        resumed += left * (budget - before)
        left, before = left // 3, budget

    assert float(successive_halving_runs(rung_count=3, eta=3, restart=True)) == pytest.approx(
        restarted
    )
    assert float(successive_halving_runs(rung_count=3, eta=3, restart=False)) == pytest.approx(
        resumed
    )


scores = st.lists(st.sampled_from([0.7, 0.8, 0.85, 0.9]), min_size=2, max_size=7)


@given(scores, st.integers(1, 7))
def test_the_expected_best_is_the_mean_over_all_subsets(values, count):
    count = min(count, len(values))
    subsets = [max(chosen) for chosen in itertools.combinations(values, count)]

    assert expected_best(values, run_count=count) == pytest.approx(np.mean(subsets))


@given(scores)
def test_the_gain_of_one_more_run_is_the_last_step_of_the_expected_best(values):
    step = expected_best(values, run_count=len(values)) - expected_best(
        values, run_count=len(values) - 1
    )

    assert next_run_gain(values) == pytest.approx(step, abs=1e-12)


def test_the_u_statistic_is_unbiased_where_sampling_with_replacement_is_biased_low():
    """Oracle: the expected best of 5 of 10 uniforms is 5 / 6."""
    rng = np.random.default_rng(2)
    samples = rng.random((4_000, 10))
    unbiased = np.mean([expected_best(row, run_count=5) for row in samples])
    grid = np.arange(11) / 10
    weights = np.diff(grid**5)
    biased = (np.sort(samples, axis=1) * weights).sum(axis=1).mean()

    assert unbiased == pytest.approx(5 / 6, abs=0.004)
    assert biased < 5 / 6 - 0.02


def test_beyond_the_runs_made_the_curve_goes_on_rising_and_slows():
    values = np.random.default_rng(3).normal(size=40)
    at = [expected_best_beyond(values, run_count=n) for n in (40, 60, 80)]

    assert at[0] == pytest.approx(values.max())
    assert at[0] < at[1] < at[2]
    assert at[2] - at[1] < at[1] - at[0]


def test_more_than_was_run_cannot_be_asked_of_the_u_statistic():
    with pytest.raises(AdvisorError, match="ask for 1 to 3"):
        expected_best([1.0, 2.0, 3.0], run_count=4)
    with pytest.raises(AdvisorError, match="run once more"):
        next_run_gain([1.0])


def test_at_the_reservation_value_one_more_run_is_worth_its_cost():
    """Oracle: simulate E[(X - z)+] and P(X > z)."""
    x = np.random.default_rng(5).normal(0.8, 0.02, 2_000_000)
    found = normal_stopping(mean=0.8, deviation=0.02, cost_per_value=0.0005)

    assert np.maximum(x - found.reservation, 0).mean() == pytest.approx(0.0005, rel=0.03)
    assert 1 / (x > found.reservation).mean() == pytest.approx(found.expected_runs, rel=0.03)


def test_the_published_normal_case_stops_at_0_8314_after_17_1_runs():
    found = normal_stopping(mean=0.80, deviation=0.02, cost_per_value=0.0005)

    assert found.reservation == pytest.approx(0.8314, abs=5e-5)
    assert found.expected_runs == pytest.approx(17.1, abs=0.05)


def test_a_search_with_a_positive_cost_is_needed():
    with pytest.raises(AdvisorError, match="must be positive"):
        normal_stopping(mean=0.8, deviation=0.0, cost_per_value=0.1)


def test_the_cheap_option_comes_first_and_the_dear_one_only_where_scores_are_worth_it():
    ladder = [
        Rung("deep", usd=500.0, mean=0.81, deviation=0.03),
        Rung("default", usd=1.0, mean=0.80, deviation=0.02),
        Rung("tuned", usd=50.0, mean=0.805, deviation=0.02),
    ]
    poor = [rung.name for rung, _ in escalation_order(ladder, usd_per_score=5_000.0)]
    rich = escalation_order(ladder, usd_per_score=5_000_000.0)

    assert poor == ["default", "tuned", "deep"]
    assert rich[0][0].name == "deep"


def test_the_gate_stops_a_search_that_cannot_pay_before_it_starts():
    found = next_run([0.8], usd_per_run=10.0, usd_per_score=1_000.0, base_error=0.2)

    assert not found.pays
    assert "80.00 USD" in found.reason
    assert "2.00 USD" in found.reason


def test_after_the_pilot_the_spacing_of_the_two_best_decides():
    close = [0.80, 0.81, 0.80, 0.79, 0.82, 0.80, 0.81, 0.8199]
    apart = [*close[:-1], 0.88]
    common = {"usd_per_run": 10.0, "usd_per_score": 100_000.0, "base_error": 0.2}

    assert next_run(close[:5], **common).pays
    assert not next_run(close, **common).pays
    found = next_run(apart, **common)
    assert found.pays
    assert found.gain_usd == pytest.approx(100_000 * 0.06 / 8)


@pytest.mark.parametrize(
    ("budget", "runs"),
    [
        ({"budget_usd": 100.0}, 50),
        ({"budget_days": 2.0}, 48),
        ({"budget_usd": 100.0, "budget_days": 1.0}, 24),
        ({"budget_days": 1.0, "worker_count": 3}, 72),
    ],
)
def test_a_budget_in_money_or_days_becomes_a_number_of_runs(budget, runs):
    assert affordable_runs(usd_per_run=2.0, run_s=3600, **budget) == runs


def test_a_budget_needs_an_amount():
    with pytest.raises(AdvisorError, match="needs an amount"):
        affordable_runs(usd_per_run=2.0, run_s=3600)


def test_velocity_counts_a_week_and_one_more_worker_saves_a_wave():
    found = velocity(
        run_s=np.array([3600.0, 1800.0]),
        usd_per_hour=np.array([0.5, 1.5]),
        worker_count=2,
        runs_per_promoted_model=10,
    )

    assert found.runs_per_week.tolist() == [336.0, 672.0]
    assert found.usd_per_run.tolist() == [0.5, 0.75]
    assert found.usd_per_week.tolist() == [168.0, 504.0]
    assert found.days_per_promotion[0] == pytest.approx(5 / 24)
    assert found.days_saved_by_one_more[0] == pytest.approx(1 / 24)
    assert math.isclose(float(found.usd_per_week[0] / found.runs_per_week[0]), 0.5)


def test_the_best_of_normal_scores_is_that_of_the_closed_forms_and_of_a_simulation():
    drawn = np.random.default_rng(0).standard_normal((200_000, 12)).max(axis=1).mean()

    assert normal_best([1, 2, 3]) == pytest.approx(
        [0, 1 / math.sqrt(math.pi), 1.5 / math.sqrt(math.pi)], abs=1e-9
    )
    assert float(normal_best(12)) == pytest.approx(drawn, abs=0.006)


@given(st.integers(1, 90_000))
def test_more_normal_runs_gain_more_and_each_next_one_less(count):
    low, here, high = normal_best([count, count + 1, count + 2])

    assert low < here < high
    assert high - here < here - low


NORMAL_STEPS = np.diff(normal_best(np.arange(1, 302)))
"""What each run gains over the ones before it, in standard deviations."""


@given(st.floats(1e-3, 10), st.floats(1e-3, 1))
def test_normal_runs_stop_where_the_next_one_gains_less_than_it_costs(worth, price):
    paying = int((worth * NORMAL_STEPS > price).sum())

    found = normal_stopping_count(usd_per_deviation=worth, usd_per_run=price, most=300)
    assert found == min(300, 1 + paying)
