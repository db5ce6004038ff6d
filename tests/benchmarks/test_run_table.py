"""What people see of a run."""

from benchmarks.reading.run_table import (
    NARROW,
    WIDE,
    backtest_line,
    columns_for,
    run_cells,
    run_remarks,
    shared_remarks,
)
from benchmarks.storage.records import InferenceMeasurement
from tests.benchmarks.factories import backtest, dataset, run


def test_a_run_as_text():
    assert run_cells(run()) == {
        "candidate": "linear",
        "quality": "0.9100",
        "spread": "0.0200",
        "rows": "142",
        "train s": "0.5",
        "p50 ms": "1",
        "p99 ms": "1",
        "rows/s": "32,000",
        "model MB": "2",
        "MiB": "150",
        "outcome": "ok",
    }


def test_a_run_without_results_has_dashes():
    empty = run(
        training=(),
        learning_curve=(),
        inference=(),
        artefact_bytes=None,
        serving_memory_bytes=None,
        outcome="crashed",
        reason="died",
        device="cuda",
    )

    cells = run_cells(empty)

    assert cells["candidate"] == "linear (cuda)"
    assert cells["outcome"] == "crashed"
    assert {cells[c] for c in WIDE if c not in {"candidate", "outcome"}} == {"–"}


def test_a_percentile_from_too_few_samples_is_not_shown():
    few = InferenceMeasurement(batch_rows=1, thread_count=1, durations_s=(0.001,) * 100)

    cells = run_cells(run(inference=(few,)))

    assert (cells["p50 ms"], cells["p99 ms"]) == ("1", "–")


def test_the_columns_fit_the_terminal():
    assert columns_for(200, all_ok=False) == WIDE
    assert columns_for(80, all_ok=False) == NARROW
    assert "outcome" not in columns_for(80, all_ok=True)


def test_notes_that_all_runs_share_are_said_once():
    runs = [run(notes=("sampled", "noisy")), run(notes=("sampled",))]

    assert shared_remarks(runs) == ("sampled",)
    assert shared_remarks(runs[:1]) == ()


def test_the_reason_of_a_failure_comes_before_the_notes():
    failed = run(outcome="timeout", reason="too slow", notes=("sampled",))

    assert run_remarks(failed) == ("timeout: too slow", "sampled")


def test_a_back_test_in_one_line():
    assert backtest_line(backtest()) == "linear: 1 trainings scored on 2 later periods of 7 days"
    assert "simulated data" in backtest_line(backtest(dataset=dataset(simulated=True)))
    assert backtest_line(backtest(cells=(), outcome="failed", reason="no luck")) == (
        "linear: failed: no luck"
    )
