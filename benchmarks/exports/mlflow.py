"""Runs into an MLflow tracking store: parameters, metrics, and the whole record as an artefact."""

import os
import statistics
from collections.abc import Sequence
from typing import Any

from benchmarks.errors import BenchmarkError
from benchmarks.statistics.stats import stated_interval
from benchmarks.storage.records import BenchmarkRun

RUN_ID_TAG = "advisor.run_id"
"""Tag that keeps a run from being written twice."""


def log_to_mlflow(
    runs: Sequence[BenchmarkRun], *, tracking_uri: str, experiment: str
) -> tuple[str, ...]:
    """Write runs to a tracking store; return the names of those that were not there yet.

    Args:
        runs: what to write; those that are there already are left alone.
        tracking_uri: e.g. `sqlite:///mlflow.db`, or a server's address.
        experiment: name of the experiment, made if need be.

    Raises:
        BenchmarkError: MLflow is not installed, or the store cannot be used.
    """
    try:
        # Nobody is told of it but the store that was named.
        os.environ |= {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
        from mlflow.exceptions import MlflowException
        from mlflow.tracking import MlflowClient
    except ModuleNotFoundError:
        raise BenchmarkError(
            "MLflow is not installed: pip install 'model-deployment-advisor[mlflow]'"
        ) from None
    try:
        client = MlflowClient(tracking_uri=tracking_uri)
        found = client.get_experiment_by_name(experiment)
        experiment_id = found.experiment_id if found else client.create_experiment(experiment)
        known = _known_ids(client, experiment_id)
        written = []
        for run in runs:
            if run.id not in known:
                _log(client, run, experiment_id=experiment_id)
                written.append(run.id)
        return tuple(written)
    except (MlflowException, OSError) as error:
        first = str(error).partition("\n")[0]
        raise BenchmarkError(f"{tracking_uri}: MLflow cannot use it: {first}") from None


def _known_ids(client: Any, experiment_id: str) -> set[str]:
    known: set[str] = set()
    token: str | None = None
    while True:
        page = client.search_runs([experiment_id], max_results=1000, page_token=token)
        known |= {item.data.tags[RUN_ID_TAG] for item in page if RUN_ID_TAG in item.data.tags}
        token = page.token
        if not token:
            return known


def _log(client: Any, run: BenchmarkRun, *, experiment_id: str) -> None:
    started_ms = int(run.started_at.timestamp() * 1000)
    name = f"{run.candidate.name} on {run.device}"
    tags = {RUN_ID_TAG: run.id, "outcome": run.outcome}
    made = client.create_run(experiment_id, start_time=started_ms, tags=tags, run_name=name)
    run_id = made.info.run_id
    parameters = {
        "candidate": run.candidate.name,
        "family": run.candidate.family,
        "dataset": run.dataset.name,
        "metric": run.dataset.metric,
        "preset": run.preset,
        "device": run.device,
        "processor": run.hardware.processor,
    }
    for key, text in parameters.items():
        client.log_param(run_id, key, text)
    for metric, value, step in run_metrics(run):
        client.log_metric(run_id, metric, value, timestamp=started_ms, step=step)
    client.log_dict(run_id, run.model_dump(mode="json"), "run.json")
    client.set_terminated(run_id, "FINISHED" if run.outcome == "ok" else "FAILED")


def run_metrics(run: BenchmarkRun) -> list[tuple[str, float, int]]:
    """Return (name, value, step) of everything measured; the step is the seed or the batch size."""
    found: list[tuple[str, float, int]] = []
    for item in run.training:
        found.append((f"quality_{run.dataset.metric}", item.quality, item.seed))
        found.append((f"train_wall_s_{item.thread_count}_threads", item.wall_s, item.seed))
    for point in run.learning_curve:
        found.append(("curve_quality", point.quality, point.row_count))
        found.append(("curve_wall_s", point.wall_s, point.row_count))
    for timing in run.inference:
        stem = f"predict_{timing.thread_count}_threads"
        median_s = statistics.median(timing.durations_s)
        found.append((f"{stem}_p50_s", median_s, timing.batch_rows))
        found.append((f"{stem}_rows_per_s", timing.batch_rows / median_s, timing.batch_rows))
        p99 = stated_interval(timing.durations_s, quantile=0.99).value_s
        if p99 is not None:
            found.append((f"{stem}_p99_s", p99, timing.batch_rows))
    singles = {
        "artefact_bytes": run.artefact_bytes,
        "load_s": run.load_s,
        "import_s": run.import_s,
        "serving_memory_bytes": run.serving_memory_bytes,
        "extra_worker_memory_bytes": run.extra_worker_memory_bytes,
    }
    found += [(key, float(value), 0) for key, value in singles.items() if value is not None]
    return found
