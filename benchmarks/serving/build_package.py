"""From a study's data and a candidate to a model folder that a server can load."""

import json
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.data.datasets import TaskData
from benchmarks.families import family_of, source_text
from benchmarks.processes.isolation import Job, Worker
from benchmarks.serving.arrivals import LoadError
from benchmarks.serving.package import write_package
from benchmarks.storage.records import Candidate
from benchmarks.storage.scratch import scratch_folder

TRAIN_LIMIT_S = 300.0
"""Time that the training of a model for a load test may take. [s]"""

MAX_TRAINING_ROWS = 20_000
"""A load test needs a model of the right kind, not the best one. [rows]"""


@dataclass(frozen=True)
class Shipped:
    """A model folder and what its model does offline."""

    folder: Path
    """See `benchmarks.serving.package`."""
    offline_s: tuple[float, ...]
    """Durations of `predict` for one request's rows, nothing around it. [s]"""


def ship_model(
    data: TaskData,
    candidate: Candidate,
    *,
    folder: Path,
    into: Path,
    rows_per_request: int = 1,
    timing_s: float = 2.0,
) -> Shipped:
    """Train a candidate, time it offline at one thread, and write its model folder.

    Args:
        data: what to learn from.
        candidate: what to train.
        folder: the study's folder, for the user's own modules.
        into: where to write the model folder.
        rows_per_request: rows of one timed call.
        timing_s: time spent on timing. [s]

    Raises:
        LoadError: the training or the timing had no result; says why.
    """
    with scratch_folder("ship") as scratch:
        here = Path(scratch)
        data_path, model_path, rows_path = (
            here / name for name in ("data.pickle", "model.joblib", "rows.json")
        )
        data_path.write_bytes(pickle.dumps(data, protocol=pickle.HIGHEST_PROTOCOL))
        modules = ["pandas", *family_of(candidate).serving_modules]
        if "torch" in source_text(candidate, folder):
            modules.append("torch")
        with Worker(
            thread_count=1,
            warm="benchmarks.tasks.trial_tasks:warm",
            warm_payload={"data_path": str(data_path), "modules": modules},
            folder=folder,
        ) as worker:
            _run(
                worker,
                "train",
                {
                    "data_path": str(data_path),
                    "candidate": candidate.model_dump(),
                    "seed": 0,
                    "row_count": min(MAX_TRAINING_ROWS, int(0.8 * data.row_count)),
                    "thread_count": 1,
                    "device": "cpu",
                    "save_path": str(model_path),
                    "rows_path": str(rows_path),
                },
                candidate,
            )
            served = _run(
                worker,
                "serve",
                {
                    "candidate": candidate.model_dump(),
                    "save_path": str(model_path),
                    "rows_path": str(rows_path),
                    "thread_count": 1,
                    "device": "cpu",
                    "batch_rows": [rows_per_request],
                    "first_budget": {
                        "wanted_s": timing_s,
                        "min_count": 100,
                        "limit_s": 3 * timing_s,
                    },
                    "budget": {"wanted_s": timing_s, "min_count": 100, "limit_s": 3 * timing_s},
                },
                candidate,
            )
        write_package(model_path=model_path, rows_path=rows_path, candidate=candidate, folder=into)
    return Shipped(folder=into, offline_s=tuple(served["inference"][0]["durations_s"]))


def _run(
    worker: Worker, name: str, payload: dict[str, Any], candidate: Candidate
) -> dict[str, Any]:
    job = Job(f"benchmarks.tasks.trial_tasks:{name}", payload, deadline_s=TRAIN_LIMIT_S)
    result = worker.run(job)
    if result.outcome != "ok":
        raise LoadError(f"{candidate.name} could not be made ready to serve: {result.reason}")
    return result.value


def request_bodies(
    folder: Path, *, rows_per_request: int = 1, content_type: str = "application/json"
) -> list[bytes]:
    """Return bodies of requests made of a model folder's example rows."""
    from benchmarks.serving.package import MANIFEST_FILE
    from benchmarks.serving.payloads import encode_rows

    rows = json.loads((folder / MANIFEST_FILE).read_text())["sample_rows"]
    wanted = max(rows_per_request, len(rows) // rows_per_request * rows_per_request)
    rows = (rows * (wanted // len(rows) + 1))[:wanted]
    return [
        encode_rows(rows[i : i + rows_per_request], content_type)
        for i in range(0, len(rows), rows_per_request)
    ]
