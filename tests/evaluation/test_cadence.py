"""The cadence suite: costs by hand, laws of regret, and one small run from end to end."""

import json
import math

import numpy as np
import pytest

from advisor.errors import AdvisorError
from evaluation.cadence import evaluate, judge, main, summary
from evaluation.cadence_matrices import (
    CONFIGURATIONS,
    FullMatrix,
    load_stream,
    pick_configurations,
    warm_up_periods,
    window_periods,
)
from evaluation.cadence_scoring import (
    Cell,
    debt_trigger,
    detector_trigger,
    regret,
    triggered_cost,
)


def full(decay, *, period_count=40, case_count=100, noise=0.0, seed=0):
    """A full matrix whose error depends on age alone."""
    rng = np.random.default_rng(seed)
    warm_up = warm_up_periods(period_count)
    error = np.full((period_count, period_count), math.nan)
    for s in range(warm_up - 1, period_count - 1):
        for t in range(s + 1, period_count):
            error[s, t] = max(0.0, 0.1 + decay(t - s) + noise * rng.standard_normal())
    return FullMatrix(
        stream="made",
        configuration="by hand",
        warm_up=warm_up,
        error=error,
        count=np.full(period_count, float(case_count)),
        period="7 days",
    )


def linear(slope):
    return lambda age: slope * (age - 1)


@pytest.mark.parametrize(
    ("period_count", "warm_up", "window"), [(40, 8, 8), (100, 12, 20), (135, 16, 27)]
)
def test_warm_up_and_window_follow_the_protocol(period_count, warm_up, window):
    assert (warm_up_periods(period_count), window_periods(period_count)) == (warm_up, window)


def test_fixed_intervals_cost_what_they_cost_by_hand():
    """Twenty periods of 100 cases; T = 8 retrains twice, ages 1..8, 1..8, 1..4."""
    cell = Cell(full(linear(0.01)), rho=0.03)
    costs = cell.fixed_costs()

    excess = 0.01 * (28 + 28 + 6)
    assert len(costs) == 20
    assert costs[7] == pytest.approx(100 * (20 * 0.1 + excess) + 2 * 0.03 * 100)
    assert costs[0] == pytest.approx(100 * 20 * 0.1 + 19 * 0.03 * 100)
    assert costs[19] == pytest.approx(100 * (20 * 0.1 + 0.01 * 190))
    assert cell.cost_of(math.inf) == costs[19] == cell.cost_of(100)
    assert cell.fresh_cost() == pytest.approx(100 * 20 * 0.1)


def test_the_best_fixed_interval_has_no_regret_and_no_policy_of_fixed_intervals_has_less():
    cell = Cell(full(linear(0.01), noise=0.01), rho=0.03)
    found = [regret(cell, "x", float(cost)).regret for cost in cell.fixed_costs()]

    assert min(found) == 0.0
    assert all(r >= 0 for r in found)


def test_beyond_half_the_horizon_is_never():
    cell = Cell(full(linear(0.0)), rho=0.03)

    assert cell.best_interval() == math.inf
    assert (cell.as_never(10), cell.as_never(11), cell.as_never(None)) == (10, math.inf, math.inf)


def test_a_recommender_sees_the_first_half_and_eight_origins_only():
    cell = Cell(full(linear(0.01)), rho=0.03)
    history = cell.history(range(40))

    assert history.periods.max() == 19
    assert history.origins.min() >= 7
    judged = list(judge(cell.matrix))
    assert all(each.training_count <= 8 for each in judged)


def test_a_matrix_of_pure_linear_decay_is_planned_almost_perfectly():
    found = summary(list(judge(full(linear(0.002), period_count=100))))

    assert found["cells"] == 5
    assert found["mean_regret_percent"] < 1.0
    assert found["table"][0]["policy"] == "plan: T*"
    hindsight = next(r for r in found["table"] if r["policy"] == "best fixed in hindsight")
    assert hindsight["mean_percent"] == 0.0
    assert all(row["mean_percent"] >= 0 for row in found["table"][:6])


def test_the_strict_regret_leaves_unavoidable_errors_out_on_both_sides():
    cell = Cell(full(linear(0.01)), rho=0.03)
    best = cell.fixed_costs().min()
    found = regret(cell, "x", best + 10.0)

    assert found.regret == pytest.approx(10 / best)
    assert found.strict_regret == pytest.approx(10 / (best - cell.fresh_cost()))
    assert regret(Cell(full(linear(0.0)), rho=0.003), "x", 250.0).strict_regret is None


def test_the_debt_rule_retrains_when_the_excess_reaches_the_cost():
    """Ages 1, 2, 3 are the reference 0.11; debts at age 4 and 5 are 2, then 5 errors of C = 3."""
    cell = Cell(full(linear(0.01)), rho=0.03)
    trigger = debt_trigger(cell)
    ages = [(100, 0.10), (100, 0.11), (100, 0.12), (100, 0.13), (100, 0.14)]
    answers = [trigger(t, n, e, t + 1) for t, (n, e) in enumerate(ages)]

    assert answers == [False, False, False, False, True]


def test_a_trigger_that_always_fires_costs_what_every_period_costs():
    cell = Cell(full(linear(0.01)), rho=0.03)

    assert triggered_cost(cell, lambda *_: True) == pytest.approx(cell.fixed_costs()[0])
    assert triggered_cost(cell, lambda *_: False) == pytest.approx(cell.fixed_costs()[-1])


@pytest.mark.parametrize("name", ["ADWIN", "Page-Hinkley", "DDM"])
def test_detectors_are_quiet_without_change_and_fire_on_a_jump(name):
    pytest.importorskip("river")
    quiet = Cell(full(lambda age: 0.0, case_count=1000), rho=0.03)
    assert triggered_cost(quiet, detector_trigger(quiet, name)) == pytest.approx(
        quiet.fixed_costs()[-1]
    )

    jump = Cell(full(lambda age: 0.0 if age < 8 else 0.5, case_count=1000), rho=0.03)
    found = triggered_cost(jump, detector_trigger(jump, name))
    assert found < jump.fixed_costs()[-1]


def test_losses_that_are_no_counts_leave_ddm_out():
    pytest.importorskip("river")
    cell = Cell(full(lambda age: 0.12345 / age), rho=0.03)

    assert detector_trigger(cell, "DDM") is None
    assert detector_trigger(cell, "ADWIN") is not None


def test_columns_that_are_no_features_are_left_out(tmp_path):
    import pandas as pd

    frame = pd.DataFrame({"ts": pd.date_range("2024", periods=60), "y": [0, 1] * 30, "x": 1.0})
    frame = frame.assign(label_ts=frame["ts"], booking_ts=frame["ts"], price_unused=frame["y"])
    frame["x"] = range(60)
    frame.to_parquet(tmp_path / "s.parquet")

    assert list(load_stream(tmp_path / "s.parquet").X.columns) == ["x"]


def test_a_small_run_gives_every_key_and_a_second_one_trains_nothing(tmp_path):
    source = "simulated:linear,rows=4000,periods=20"
    (tmp_path / "cache").mkdir()

    def run():
        return evaluate(
            [source, tmp_path / "missing.parquet"],
            configurations=["linear-sliding"],
            cache=tmp_path / "cache",
            period="7d",
            worker_count=0,
        )

    first = run()
    files = {p: p.stat().st_mtime_ns for p in (tmp_path / "cache").rglob("*.json")}
    assert len(files) == 12
    assert run() == first
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "cache").rglob("*.json")} == files
    assert first["cells"] == 5
    assert set(first) >= {
        "mean_regret_percent",
        "median_regret_percent",
        "share_within_5_percent",
        "coverage_80",
        "strict_median_percent",
        "trainings_per_cell",
        "table",
    }
    assert 0 <= first["coverage_80"] <= 1
    assert first["skipped"][0].startswith("missing.parquet")
    assert json.loads(json.dumps(first, allow_nan=False)) == first


def test_what_cannot_be_judged_is_told(tmp_path, capsys):
    assert main(["--streams", str(tmp_path)]) == 1
    assert "no *.parquet file" in capsys.readouterr().err
    assert main([]) == 1
    assert "give --streams DIR" in capsys.readouterr().err
    with pytest.raises(AdvisorError, match="no configuration 'deep'"):
        pick_configurations(["deep"])


def test_the_protocol_has_three_configurations():
    assert [c.name for c in CONFIGURATIONS] == [
        "boosting-sliding",
        "boosting-expanding",
        "linear-sliding",
    ]
