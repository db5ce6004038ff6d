"""What a trial does, in its own process: train and score, serve, probe.

Every function takes and returns JSON values only. Data come from files that the runner wrote.
Imports stay inside the functions: `serve` measures how long they take.
"""

import contextlib
import importlib
import json
import os
import pickle
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.families import Setup, family_of
from benchmarks.families.files import is_file
from benchmarks.machine.energy import RAPL, energy_j, read_energy_uj
from benchmarks.statistics.timing import Budget, time_calls
from benchmarks.storage.records import Candidate, DataSettings, Device

if TYPE_CHECKING:
    from benchmarks.data.datasets import TaskData

LARGEST_BATCH_ROWS = 1_024
"""Rows that are kept for serving, at least one whole batch."""

DEVICE_CALLS = 30
"""Calls that are timed by device events besides the clock."""

_loaded: dict[str, "TaskData"] = {}
"""Data by path, loaded once by the worker, shared with every fork of it."""

_warm_file_bytes = 0
"""Library pages that the worker has in memory; a fork maps them only as it uses them. [B]"""


def warm(*, data_path: str, modules: Sequence[str]) -> None:
    """Load libraries and data before the worker forks. Starts no thread."""
    global _warm_file_bytes  # noqa: PLW0603  # one value per process
    for name in modules:
        importlib.import_module(name)
    _warm_up_torch()
    _load(data_path)
    _warm_file_bytes = memory_bytes("RssFile")


def _warm_up_torch() -> None:
    if "torch" in sys.modules:
        from benchmarks.families.torch_training import warm_up

        warm_up()


def _load(data_path: str) -> "TaskData":
    if data_path not in _loaded:
        with Path(data_path).open("rb") as file:
            _loaded[data_path] = pickle.load(file)  # noqa: S301  # written by the runner
    return _loaded[data_path]


def make_once(*, data_path: str, candidate: dict[str, Any]) -> dict[str, Any]:
    """Make a candidate's model once, unfitted; return how long its imports and making took."""
    data = _load(data_path)
    learner = Candidate.model_validate(candidate)
    start = time.perf_counter()
    family_of(learner).make(Setup.of(learner, spec=data.spec, kinds=data.kinds))
    return {"made_s": time.perf_counter() - start}


def train(
    *,
    data_path: str,
    candidate: dict[str, Any],
    seed: int,
    row_count: int,
    thread_count: int,
    device: Device,
    save_path: str | None = None,
    rows_path: str | None = None,
) -> dict[str, Any]:
    """Fit a candidate on some training rows and score it on the held-out ones.

    Args:
        data_path: pickled `TaskData`.
        candidate: a `Candidate` as JSON.
        seed: seed of the split, of the choice of rows and of the model.
        row_count: training rows to use.
        thread_count: threads allowed.
        device: where to fit.
        save_path: where to save the fitted model, if wanted.
        rows_path: where to save raw rows to serve, if wanted.

    Returns:
        The fields of a `TrainingMeasurement`, `artefact_bytes`, `parameter_count`, `network` and
        `notes`.
    """
    import numpy as np

    from benchmarks.data.splits import split_rows, thin_rows
    from benchmarks.families.artefacts import parameter_count, save_model

    data = _load(data_path)
    learner = Candidate.model_validate(candidate)
    train_rows, test_rows = split_rows(data, seed=seed)
    chosen = thin_rows(data, train_rows, kept_count=row_count, seed=seed)
    training, held_out = data.take(chosen), data.take(test_rows)
    model = family_of(learner).make(
        Setup.of(
            learner,
            spec=data.spec,
            kinds=data.kinds,
            seed=seed,
            thread_count=thread_count,
            device=device,
        )
    )
    _warm_up_torch()
    features, target = _writable(training.model_input()), training.y
    notes = []
    before = fingerprint(features, target)
    energy_before = read_energy_uj()
    np.random.seed(seed)  # noqa: NPY002  # for a user's model that draws from the global generator
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        wall, cpu = time.perf_counter(), time.process_time()
        model.fit(features) if target is None else model.fit(features, target)
        wall_s, cpu_s = time.perf_counter() - wall, time.process_time() - cpu
    spent_j = energy_j(energy_before, read_energy_uj())
    if fingerprint(features, target) != before:
        notes.append("fit changed the rows it was given: work on a copy")
    peak = memory_bytes("VmHWM") + max(0, _warm_file_bytes - memory_bytes("RssFile"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        asked = _writable(held_out.model_input())
        before = fingerprint(asked)
        quality, error = _score(model, held_out, training, features=asked)
        if fingerprint(asked) != before:
            notes.append("predict changed the rows it was given: work on a copy")
    answer: dict[str, Any] = {
        "measurement": {
            "seed": seed,
            "row_count": len(chosen),
            "thread_count": thread_count,
            "wall_s": max(wall_s, 1e-9),
            "cpu_s": cpu_s,
            "peak_memory_bytes": peak,
            "quality": quality,
            "error_per_case": error,
            "epoch_count": epoch_count(model),
            "pss_bytes": family_pss_bytes(),
            "gpu_memory_bytes": _gpu_memory_bytes(device),
            "energy_j": spent_j,
            "energy_source": None if spent_j is None else RAPL,
        },
        "parameter_count": parameter_count(model),
        "notes": [*notes, *_training_notes(caught)],
        "artefact_bytes": None,
    }
    if save_path is not None:
        answer["network"] = _network_work(model, held_out)
        answer["artefact_bytes"] = save_model(model, Path(save_path))
    if rows_path is not None:
        _save_rows(held_out, Path(rows_path))
    return answer


def _score(
    model: Any, held_out: "TaskData", training: "TaskData", *, features: Any
) -> tuple[float, float | None]:
    """Return quality and mean loss per case on held-out rows."""
    import numpy as np

    from benchmarks.data.quality import METRICS, errors_per_case, quality, silhouette, target_scale
    from benchmarks.families.artefacts import encoded

    predicted = np.asarray(model.predict(features)).reshape(-1)
    if len(predicted) != held_out.row_count:
        raise ValueError(
            f"predict returned {len(predicted)} values for {held_out.row_count} rows: "
            "it must return one answer per row"
        )
    if not np.isfinite(predicted.astype(float)).all():
        bad_count = int((~np.isfinite(predicted.astype(float))).sum())
        raise ValueError(f"predicted NaN or infinity for {bad_count} of {len(predicted)} rows")
    spec = held_out.spec
    if held_out.y is None or training.y is None:
        return silhouette(points=encoded(model, features), labels=predicted), None
    scores = None
    if METRICS[spec.metric].needs_scores and hasattr(model, "predict_proba"):
        scores = _all_classes(model, model.predict_proba(features), spec.class_count or 0)
    costs_usd = (spec.settings or DataSettings()).error_costs_usd
    found = quality(
        metric=spec.metric,
        truth=held_out.y,
        predicted=predicted,
        scores=scores,
        costs_usd=costs_usd,
    )
    if spec.metric == "neg_cost_usd":
        return found, -found
    scale = target_scale(training.y) if spec.task == "regression" else None
    errors = errors_per_case(task=spec.task, truth=held_out.y, predicted=predicted, scale=scale)
    return found, float(errors.mean())


def _all_classes(model: Any, scores: Any, class_count: int) -> Any:
    """Return probabilities with a column for each class, 0 for those not seen in training."""
    import numpy as np

    whole = np.zeros((len(scores), class_count))
    whole[:, np.asarray(model.classes_, dtype=int)] = scores
    return whole


def _network_work(model: Any, held_out: "TaskData") -> dict[str, Any] | None:
    """Count what a torch model's network does for a row; null for the others.

    A model that cannot be traced is measured all the same: only the count is missing.
    """
    import numpy as np

    from benchmarks.families.artefacts import parameter_count

    if parameter_count(model) is None:
        return None
    from benchmarks.families.network_work import network_work

    def call(rows: int) -> Any:
        return model.predict(held_out.take(np.resize([0, 1], rows)).model_input())

    try:
        found = network_work(call)
    except Exception:  # noqa: BLE001  # a user's module may do anything while it is traced
        return None
    return None if found is None else found.model_dump()


def _training_notes(caught: list[warnings.WarningMessage]) -> list[str]:
    unsettled = any(item.category.__name__ == "ConvergenceWarning" for item in caught)
    return ["the fit stopped at its iteration limit before it converged"] if unsettled else []


def fingerprint(*values: Any) -> int:
    """Return a checksum of arrays and frames, so that a model that changes them is found out."""
    import zlib

    import numpy as np

    total = 0
    for value in values:
        if value is None:
            continue
        columns = [value[name] for name in value] if hasattr(value, "columns") else [value]
        for column in columns:
            array = np.asarray(column)
            if array.dtype == object:
                array = np.array([hash(item) for item in array.ravel().tolist()])
            total = zlib.crc32(np.ascontiguousarray(array).tobytes(), total)
    return total


def _writable(features: Any) -> Any:
    """Let a model write into its rows, as it could where it serves: so it is found out.

    They are this process's own; pandas hands them out as though they could not be changed.
    """
    flags = getattr(features, "flags", None)
    if flags is not None and hasattr(flags, "writeable"):
        with contextlib.suppress(ValueError):
            flags.writeable = True
    return features


def epoch_count(model: Any) -> int | None:
    """Return the passes or iterations of a fit; null where the model does not tell."""
    last = model.steps[-1][1] if getattr(model, "steps", None) else model
    for name in ("epoch_count_", "n_iter_"):
        found = getattr(last, name, None)
        if found is not None:
            count = max(found) if hasattr(found, "__len__") and len(found) else found
            return int(count) if isinstance(count, int) or hasattr(count, "item") else None
    return None


def family_pss_bytes() -> int | None:
    """Return this process's and its children's share of memory; null where nobody tells. [B]"""
    total, pids = 0, [str(os.getpid())]
    while pids:
        pid = pids.pop()
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        sizes = [line.split()[1] for line in text.splitlines() if line.startswith("Pss:")]
        total += 1024 * int(sizes[0]) if sizes else 0
        for path in Path(f"/proc/{pid}/task").glob("*/children"):
            try:
                pids += path.read_text().split()
            except OSError:
                continue
    return total or None


def _gpu_memory_bytes(device: Device) -> int | None:
    if device != "cuda" or "torch" not in sys.modules:
        return None
    return int(sys.modules["torch"].cuda.max_memory_allocated())


def _save_rows(held_out: "TaskData", path: Path) -> None:
    """Write raw rows as a client would send them, repeated up to one largest batch."""
    from benchmarks.data.features import served_rows

    wanted = [i % held_out.row_count for i in range(LARGEST_BATCH_ROWS)]
    part = held_out.take(wanted)
    rows = served_rows(part.X, part.kinds)
    path.write_text(json.dumps({"kinds": part.kinds, "rows": rows}))


def serve(
    *,
    candidate: dict[str, Any],
    save_path: str,
    rows_path: str,
    thread_count: int,
    device: Device,
    batch_rows: Sequence[int],
    first_budget: dict[str, Any],
    budget: dict[str, Any],
) -> dict[str, Any]:
    """Load a saved model as a service would and time its predictions at each batch size.

    A timed call takes rows as a JSON parser leaves them, builds what the model takes (see
    `benchmarks.data.features.features_from_rows`) and predicts. `first_budget` is for the smallest
    batch.

    Returns:
        `import_s`, `load_s`, `serving_memory_bytes`, `extra_worker_memory_bytes` and `inference`.
        The first four mean something in a fresh process only.
    """
    learner = Candidate.model_validate(candidate)
    raw = json.loads(Path(rows_path).read_text())
    kinds, rows = raw["kinds"], raw["rows"]
    start = time.perf_counter()
    modules = list(family_of(learner).serving_modules)
    if any(kind != "number" for kind in kinds.values()):
        modules.append("pandas")
    if learner.import_path is not None and not is_file(learner.import_path):
        modules.append(learner.import_path.partition(":")[0])
    for name in modules:
        importlib.import_module(name)
    from benchmarks.data.features import features_from_rows
    from benchmarks.families.artefacts import load_model

    imported = time.perf_counter()
    model = load_model(Path(save_path), device=device, thread_count=thread_count)
    loaded = time.perf_counter()
    warnings.simplefilter("ignore")
    model.predict(features_from_rows(rows[:1], kinds))
    answer: dict[str, Any] = {
        "import_s": imported - start,
        "load_s": loaded - imported,
        "serving_memory_bytes": memory_bytes("VmRSS"),
        "extra_worker_memory_bytes": memory_bytes("RssAnon"),
        "inference": [],
    }
    for position, size in enumerate(sorted(batch_rows)):
        batches = [rows[i : i + size] for i in range(0, len(rows) - size + 1, size)] or [
            (rows * (size // len(rows) + 1))[:size]
        ]

        def call(number: int, batches: list[Any] = batches) -> object:
            return model.predict(features_from_rows(batches[number % len(batches)], kinds))

        timing = time_calls(call, budget=Budget(**(budget if position else first_budget)))
        answer["inference"].append(
            {
                "batch_rows": size,
                "thread_count": thread_count,
                "durations_s": [round(max(d, 1e-9), 9) for d in timing.durations_s],
                "inner_call_count": timing.inner_count,
                "first_call_s": max(timing.first_s, 1e-9),
                "inconclusive": timing.inconclusive,
                "device_s": device_call_s(call) if device == "cuda" else None,
            }
        )
    return answer


def device_call_s(call: Callable[[int], object]) -> float:
    """Return the median time between device events around a call. [s]"""
    import statistics

    from benchmarks.machine.devices import time_on_device

    return max(1e-9, statistics.median(time_on_device(call, count=DEVICE_CALLS)))


def probe(*, kind: str, probe_s: float, thread_count: int, folder: str) -> dict[str, float]:
    """Run the probes of this process: `one-thread`, `all-threads`, `disk` or `gpu`."""
    from benchmarks.machine import probes

    if kind == "gpu":
        from benchmarks.machine.devices import run_gpu_probes

        return run_gpu_probes()
    if kind == "disk":
        return probes.run_disk_probes(folder=Path(folder))
    if kind == "all-threads":
        return probes.run_all_threads_probes(probe_s=probe_s, thread_count=thread_count)
    return probes.run_single_thread_probes(probe_s=probe_s)


def memory_bytes(field: str) -> int:
    """Return a field of /proc/self/status, e.g. `VmRSS`; the peak elsewhere than on Linux. [B]"""
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            name, _, value = line.partition(":")
            if name == field:
                return int(value.split()[0]) * 1024
    except OSError:
        pass
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
