"""Runs of the past in the answer, and the ways to make a release and to spend less on runs."""

import math
from datetime import date

import numpy as np
import pytest

from advisor.decision.answer.experiment_spending import Gain, escalation, savings
from advisor.errors import AdvisorError
from advisor.evidence import Evidence
from advisor.experiments.gains import normal_best
from advisor.imports.history import Run, build_history
from advisor.recommend import recommend
from advisor.report import render
from advisor.retraining.drift_guard import ScoredPeriod, load_guard, watch
from advisor.retraining.growth import fit_learning_curve, growth_of
from tests.advisor.factories import backtest, ladder, study

ON = date(2026, 11, 1)


def history(*, runs=60, promoted=(9, 29, 49), machine=None, score=None, pruned=()):
    return build_history(
        (
            Run(
                start_s=3600.0 * i,
                duration_s=360.0 if i in pruned else 1800.0,
                status="pruned" if i in pruned else "finished",
                machine=machine,
                promoted=i in promoted,
                score=None if score is None else score[i],
            )
            for i in range(runs)
        ),
        source="sqlite:///runs.db",
    )


def answer(*histories, backtests=(), **settings):
    evidence = Evidence(runs=ladder(), backtests=backtests, histories=histories)
    return recommend(study(**settings), evidence, on=ON, what_if=False)


def test_runs_per_release_come_from_the_history_where_the_study_sets_none():
    found = answer(history())

    # Beta(2 + 3, 8 + 57): (5 + 65 - 1) / (5 - 1) = 17.25
    assert found.experiments.runs_per_release == 17
    assert found.experiments.runs_basis == "measured"
    assert found.experiments.history.is_used
    row = next(a for a in found.assumptions if a.name == "retraining.runs_per_release")
    assert (row.value, row.basis) == (17.0, "measured")
    assert found.training.runs_per_release == 17


def test_the_studys_own_runs_per_release_win_over_the_history():
    found = answer(history(), retraining={"runs_per_release": 4})

    assert found.experiments.runs_per_release == 4
    assert found.experiments.runs_basis == "input"
    assert not found.experiments.history.is_used


def test_spend_per_promoted_model_is_hours_times_price():
    told = answer(history(machine="m7i.xlarge")).experiments.history

    hours, usd_per_hour = 60 * 0.5, told.default_machine_usd_per_hour
    assert told.usd == pytest.approx(hours * usd_per_hour)
    assert told.usd_per_promoted_model == pytest.approx(hours * usd_per_hour / 3)
    assert told.default_machine_run_count == 0


def test_pruned_runs_measure_what_a_stopped_run_costs():
    found = answer(history(pruned=tuple(range(50, 60)))).experiments

    assert found.history.stop_cost_fraction == pytest.approx(0.2)
    assert found.savings[1].basis == "measured"
    assert 0 < found.savings[1].saved_fraction < 1


def test_a_metric_of_the_history_measures_what_a_run_gains():
    rng = np.random.default_rng(3)
    scores = 0.9 + 0.01 * rng.standard_normal(60)
    found = answer(history(score=scores), history={"metric": "accuracy"}).experiments

    assert found.gain_basis == "measured"
    assert found.spread_per_case == pytest.approx(float(scores.std()))
    gains = [point.expected_gain_usd_per_month for point in found.curve]
    assert gains == sorted(gains)


def test_a_metric_that_no_run_has_is_said():
    with pytest.raises(AdvisorError, match="fewer than two finished runs"):
        answer(history(), history={"metric": "auc"})


def test_a_budget_becomes_runs_and_the_next_run_stands_against_its_cost():
    found = answer(experiments={"budget_usd": 1.0, "worker_count": 2}).experiments

    assert found.budget.run_count == math.floor(1.0 / found.usd_per_run + 1e-9)
    assert found.budget.find_probability == pytest.approx(1 - 0.8**found.budget.run_count)
    assert found.budget.next_run_usd == found.usd_per_run
    assert {row.worker_count for row in found.instances} == {2}
    usd = [row.usd_per_week / row.runs_per_week for row in found.instances]
    assert usd == pytest.approx(sorted(usd))
    assert len({row.sku for row in found.instances}) > 20


def test_the_rungs_stand_in_the_order_of_their_reservation_values():
    steps = escalation(usd_per_run=0.1, deep_usd_per_run=2.0, base_error=0.1, usd_per_error=1e4)

    assert steps[0].name == "default"
    values = [step.reservation_per_case for step in steps[1:]]
    assert values == sorted(values, reverse=True)
    # Pandora's condition: at its reservation value trying a rung is worth exactly its price.
    rng = np.random.default_rng(1)
    for step in steps[1:]:
        draws = rng.normal(step.expected_gain_per_case, step.gain_deviation_per_case, 400_000)
        worth = 1e4 * np.maximum(draws - step.reservation_per_case, 0).mean()
        assert worth == pytest.approx(step.usd, rel=0.1)


def test_a_rung_that_is_dearer_than_all_errors_does_not_pay():
    steps = escalation(usd_per_run=100, deep_usd_per_run=None, base_error=0.1, usd_per_error=10)

    assert [step.pays for step in steps] == [True, False, False, False]


def test_savings_agree_with_the_worked_case():
    first, stopped, *halving = savings(usd_per_run=2.0, history=None, study=study())

    # p = 0.2, u = 0.65 x 0.8, phi = 0.2, h = 0.9, b = 0.02
    assert first.full_runs == pytest.approx(5.0)
    by_hand = (1 - 0.8 * (0.52 * 0.9 + 0.2 * 0.02)) / (0.2 * 0.98)
    assert stopped.full_runs == pytest.approx(by_hand)
    assert stopped.usd == pytest.approx(2 * by_hand)
    assert [each.full_runs for each in halving] == pytest.approx([2 * 5 / 3, (1 + 2 / 3) * 5 / 3])


def test_without_scores_the_gain_is_that_of_normal_runs():
    gain = Gain(usd_per_error=100.0, spread=0.01, scores=np.empty(0))

    assert gain.usd(10) == pytest.approx(100 * 0.01 * float(normal_best(10)))
    assert gain.step(10) == pytest.approx(gain.usd(11) - gain.usd(10))


def test_the_ways_follow_the_square_root_law():
    weekly = backtest(slope_per_period=0.002)
    found = answer(
        backtests=(weekly,),
        retraining={
            "runs_per_release": 1_000,
            "warm_start_cost_fraction": 0.5,
            "warm_start_decay_per_day": 0.001,
        },
    ).retraining
    ways = {way.name: way for way in found.ways}

    assert ways["redevelopment"].retrain_usd == pytest.approx(found.retrain_usd)
    assert ways["refresh"].retrain_usd < ways["redevelopment"].retrain_usd
    spot, demand = (ways[f"redevelopment, trained on {how}"] for how in ("spot", "demand"))
    assert spot.retrain_usd < demand.retrain_usd
    assert ways["redevelopment"].retrain_usd == pytest.approx(spot.retrain_usd)
    assert (ways["refresh"].interval_days or math.inf) <= (
        ways["redevelopment"].interval_days or math.inf
    )
    assert ways["warm start"].basis == "input"


def test_a_learning_curve_gives_back_its_own_exponent_and_the_slope_of_growth():
    rows = np.array([1e3, 2e3, 4e3, 8e3, 16e3])
    error = 0.1 + 2.0 * rows**-0.5
    scale, power = fit_learning_curve(rows, error)
    assert (scale, power) == (pytest.approx(2.0, rel=0.05), pytest.approx(0.5, abs=0.02))

    found = growth_of(rows=rows, error=error, row_count=16_000, rows_per_day=100)
    ahead = 2.0 * (16_000**-0.5 - 16_100**-0.5)
    assert found.slope_per_day == pytest.approx(ahead, rel=0.05)
    assert found.interval_growth == pytest.approx(2**0.75, rel=0.02)


def test_a_flat_learning_curve_tells_no_growth():
    assert fit_learning_curve([1e3, 2e3, 4e3], [0.1, 0.1, 0.1]) is None


def test_the_guard_of_the_json_report_is_what_watch_reads(tmp_path):
    found = answer(backtests=(backtest(),))
    path = tmp_path / "report.json"
    path.write_text(render(found, format="json"))
    guard = load_guard(path)

    assert guard.debt_threshold_usd == pytest.approx(2 * found.retraining.retrain_usd)
    assert guard.debt_threshold_usd == pytest.approx(found.retraining.guard.debt_threshold_usd)
    quiet = watch(guard, [ScoredPeriod(case_count=10, error_per_case=0.1)])
    assert quiet.age_periods == 1


@pytest.mark.slow
def test_every_face_shows_ways_guard_history_and_rungs():
    found = answer(history(), backtests=(backtest(),))
    for text in (render(found, format="html"), render(found, format="md")):
        for words in ("redevelopment", "debt_threshold_cases", "AutoML", "successive halving"):
            assert words in text
        assert "One promoted model takes 17.2 runs" in text


def test_free_errors_have_no_guard_and_no_rungs():
    found = answer(retraining={"error_cost_usd": 0})

    assert found.retraining.guard is None
    assert found.experiments.escalation == ()
