"""Errors on stored runs whose truth is known."""

import json

import pytest

from benchmarks.storage.records import InferenceMeasurement
from benchmarks.storage.store import RunStore
from evaluation import transfer_runs
from tests.advisor.capacity.test_prediction import run


def measured(threads, gain):
    return tuple(
        InferenceMeasurement(
            batch_rows=b, thread_count=threads, durations_s=(1e-6 * (100 + 2 * b) / gain,) * 5
        )
        for b in (1, 8, 64, 512)
    )


def test_a_straight_sweep_is_predicted_without_error():
    found = transfer_runs.judge_run(run())

    assert found["left_out_batch_error_percent"] == 0.0
    assert found["overhead_of_one_row_percent"] == pytest.approx(98.0, abs=0.1)
    assert found["threads"] is None


def test_a_constant_gain_of_threads_is_found_and_a_naive_division_is_wrong():
    """Two threads are 1.25 times as fast: halving is 37.5% too fast."""
    found = transfer_runs.judge_run(run(inference=measured(1, 1.0) + measured(2, 1.25)))

    assert found["thread_error_percent"] == 0.0
    assert found["naive_error_percent"] == pytest.approx(37.5)


def test_the_gain_of_training_is_the_measured_one():
    assert transfer_runs.training_gain(run()) == pytest.approx(8.0 / 5.0)


def test_a_store_is_judged_run_by_run(tmp_path, capsys):
    RunStore(tmp_path).append(run())

    assert transfer_runs.main([str(tmp_path), "--json"]) == 0
    assert [r["candidate"] for r in json.loads(capsys.readouterr().out)] == ["forest"]


def test_an_empty_store_is_one_clear_line(tmp_path, capsys):
    assert transfer_runs.main([str(tmp_path)]) == 1
    assert "advisor bench" in capsys.readouterr().err
