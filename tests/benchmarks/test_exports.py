"""Other tools read what we write."""

import json
import statistics
import subprocess
import sys
import warnings

import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.exports import write_export
from benchmarks.exports.mlflow import log_to_mlflow, run_metrics
from benchmarks.exports.pytest_benchmark import pytest_benchmark_file, stats_of
from benchmarks.storage.records import InferenceMeasurement
from tests.benchmarks.factories import run

DURATIONS = tuple(0.001 + number * 1e-6 for number in range(60))


def runs():
    timed = InferenceMeasurement(
        batch_rows=8, thread_count=1, durations_s=DURATIONS, process_call_counts=(20, 20, 20)
    )
    return [
        run(inference=(timed,)),
        run(id="again", inference=(timed,)),
        run(id="x", outcome="failed", reason="no"),
    ]


def test_pyperf_reads_it_with_its_own_statistics(tmp_path):
    path = tmp_path / "runs.json"

    write_export(runs(), to="pyperf", path=path)

    done = subprocess.run(
        [sys.executable, "-m", "pyperf", "stats", str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Number of benchmarks: 2" in done.stdout
    assert "Total number of values: 60" in done.stdout
    assert "Number of run with values: 3" in done.stdout
    assert "Median +- MAD:   1.03 ms" in done.stdout


def test_pytest_benchmarks_fields_are_all_there(tmp_path):
    path = tmp_path / "runs.json"
    write_export(runs(), to="pytest-benchmark", path=path)

    found = json.loads(path.read_text())

    assert {"machine_info", "commit_info", "benchmarks", "datetime", "version"} <= found.keys()
    names = [item["name"] for item in found["benchmarks"]]
    assert len(set(names)) == len(names) == 2
    stats = found["benchmarks"][0]["stats"]
    assert stats["rounds"] == 60
    assert stats["median"] == pytest.approx(statistics.median(DURATIONS))
    assert stats["data"] == list(DURATIONS)
    assert pytest_benchmark_file([])["benchmarks"] == []


def test_outliers_are_counted_as_box_plots_do():
    stats = stats_of([1.0, 1.1, 1.2, 1.3, 9.0], iterations=1)

    assert (stats["iqr_outliers"], stats["hd15iqr"], stats["ld15iqr"]) == (0, 9.0, 1.0)
    assert stats_of([2.0], iterations=1)["stddev"] == 0.0


@pytest.mark.slow
def test_mlflow_gets_each_run_once_with_metrics_and_the_record(tmp_path):
    pytest.importorskip("mlflow")
    pytest.importorskip("sqlalchemy")
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of MLflow's own making
        try:
            first = log_to_mlflow(runs(), tracking_uri=uri, experiment="tests")
            again = log_to_mlflow(runs(), tracking_uri=uri, experiment="tests")
            from mlflow.tracking import MlflowClient

            client = MlflowClient(tracking_uri=uri)
            found = client.search_runs([client.get_experiment_by_name("tests").experiment_id])
        finally:
            pass

    assert len(first) == 3
    assert again == ()
    ok = [item for item in found if item.data.tags["outcome"] == "ok"]
    assert len(ok) == 2
    assert ok[0].data.params["candidate"] == "linear"
    assert ok[0].data.metrics["predict_1_threads_p50_s"] == pytest.approx(
        statistics.median(DURATIONS)
    )
    assert [a.path for a in client.list_artifacts(ok[0].info.run_id)] == ["run.json"]


def test_every_metric_is_a_number_with_a_step():
    names = {name for name, value, step in run_metrics(run()) if value >= 0 and step >= 0}

    assert {"quality_accuracy", "predict_1_threads_p50_s", "artefact_bytes"} <= names


def test_a_file_that_cannot_be_written_is_one_line(tmp_path):
    with pytest.raises(BenchmarkError, match="choose another file"):
        write_export(runs(), to="pyperf", path=tmp_path / "no" / "runs.json")
