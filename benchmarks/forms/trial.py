"""What the trials of the forms do, in their own processes: convert, serve, time ready input.

Every function takes and returns JSON values only. Imports stay inside the functions: `serve_form`
measures how long they take.
"""

import importlib
import json
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.forms import FORMS, NotApplicableError, NotConvertibleError, Sample
from benchmarks.statistics.timing import Budget, time_calls
from benchmarks.storage.records import NATIVE_FORM, InputKind, Precision
from benchmarks.tasks.trial_tasks import memory_bytes

REFERENCE = "native.npz"
"""File with the native answers, in the folder of a converted form."""

SAMPLE_ROWS = 256
"""Rows that a conversion may look at."""


def convert_form(*, form: str, save_path: str, rows_path: str, folder: str, task: str) -> Any:
    """Make one form of a saved model, and keep the native answers to hold it against.

    Returns:
        `convert_s`, `artefact_bytes`, and `refused` with the reason where there is no such form
        (null in `refused` and no time where the form is not meant for such a model).
    """
    import numpy as np

    from benchmarks.data.features import features_from_rows
    from benchmarks.families.artefacts import load_model

    warnings.simplefilter("ignore")
    model = load_model(Path(save_path))
    raw = json.loads(Path(rows_path).read_text())
    features = features_from_rows(raw["rows"], raw["kinds"])
    sample = Sample(task=task, kinds=raw["kinds"], features=features[:SAMPLE_ROWS])  # type: ignore[arg-type]
    answers: dict[str, Any] = {"labels": np.asarray(model.predict(features))}
    if task == "classification" and hasattr(model, "predict_proba"):
        answers["scores"] = np.asarray(model.predict_proba(features))
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    try:
        FORMS[form].convert(model, sample, target)
    except NotApplicableError:
        return {"refused": None, "convert_s": None, "artefact_bytes": None}
    except NotConvertibleError as error:
        return {"refused": str(error), "convert_s": None, "artefact_bytes": None}
    convert_s = time.perf_counter() - start
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    np.savez(target / REFERENCE, **answers)
    return {"refused": "", "convert_s": convert_s, "artefact_bytes": size}


def serve_form(
    *,
    form: str,
    folder: str,
    rows_path: str,
    thread_count: int,
    is_label: bool,
    batch_rows: Sequence[int],
    first_budget: dict[str, Any],
    budget: dict[str, Any],
) -> dict[str, Any]:
    """Load a form as a service would, check its answers, and time it at each batch size.

    Returns:
        `import_s`, `load_s`, `serving_memory_bytes`, `extra_worker_memory_bytes`, the agreement's
        fields and `inference` (empty where the answers differ). The first four mean something in
        a fresh process only.
    """
    raw = json.loads(Path(rows_path).read_text())
    kinds, rows = raw["kinds"], raw["rows"]
    start = time.perf_counter()
    for name in FORMS[form].serving_modules:
        importlib.import_module(name)
    importlib.import_module(FORMS[form].module)
    imported = time.perf_counter()
    served = FORMS[form].load(Path(folder), thread_count=thread_count)
    warnings.simplefilter("ignore")
    served.predict(served.prepare(rows[:1], kinds))
    loaded = time.perf_counter()
    answer: dict[str, Any] = {
        "import_s": imported - start,
        "load_s": loaded - imported,
        "serving_memory_bytes": memory_bytes("VmRSS"),
        "extra_worker_memory_bytes": memory_bytes("RssAnon"),
        "inference": [],
    }
    answer |= _agreement(served, rows, kinds, folder=Path(folder), is_label=is_label)
    if answer["reason"] is not None:
        return answer
    for size in sorted(batch_rows):
        batches = _batches(rows, size)

        def call(number: int, batches: list[Any] = batches) -> object:
            return served.predict(served.prepare(batches[number % len(batches)], kinds))

        answer["inference"].append(
            _timed(call, budget=first_budget if size == 1 else budget, form=form)
            | {"batch_rows": size, "thread_count": thread_count}
        )
    return answer


def _agreement(
    served: Any, rows: Sequence[Any], kinds: Any, *, folder: Path, is_label: bool
) -> dict[str, Any]:
    """Return how the form's answers compare with the native ones."""
    import numpy as np

    from benchmarks.forms.checking import compare_answers

    native = np.load(folder / REFERENCE)
    prepared = served.prepare(rows, kinds)
    scores = served.scores(prepared) if "scores" in native else None
    found = compare_answers(
        native=native["labels"],
        found=served.predict(prepared),
        native_scores=native["scores"] if scores is not None else None,
        found_scores=scores,
        is_label=is_label,
    )
    return {
        "largest_difference": found.largest_difference,
        "flipped_fraction": found.flipped_fraction,
        "compared_row_count": found.row_count,
        "reason": found.reason,
    }


def time_ready_input(
    *,
    save_path: str,
    rows_path: str,
    thread_count: int,
    inputs: Sequence[tuple[InputKind, Precision]],
    batch_rows: Sequence[int],
    first_budget: dict[str, Any],
    budget: dict[str, Any],
) -> dict[str, Any]:
    """Time the native form on ready arrays and data frames; those it cannot take are left out.

    Returns:
        `inference`, and `refused` with the kinds of input that the model does not take.
    """
    from benchmarks.families.artefacts import load_model

    warnings.simplefilter("ignore")
    model = load_model(Path(save_path), thread_count=thread_count)
    raw = json.loads(Path(rows_path).read_text())
    kinds, rows = raw["kinds"], raw["rows"]
    inference: list[dict[str, Any]] = []
    refused: list[str] = []
    for kind, precision in inputs:
        for size in sorted(batch_rows):
            batches: list[Any] = []

            def call(number: int, batches: list[Any] = batches) -> object:
                return model.predict(batches[number % len(batches)])

            try:
                batches += [
                    _ready(part, kinds, kind, precision) for part in _batches(rows, size)[:64]
                ]
                call(0)
            except Exception:  # noqa: BLE001  # a model says in many ways what it does not take
                refused.append(f"{kind} {precision}")
                break
            inference.append(
                _timed(call, budget=first_budget if size == 1 else budget, form=NATIVE_FORM)
                | {
                    "batch_rows": size,
                    "thread_count": thread_count,
                    "input_kind": kind,
                    "precision": precision,
                }
            )
    return {"inference": inference, "refused": refused}


def time_crowded(
    *, save_path: str, rows_path: str, thread_count: int, budget: dict[str, Any]
) -> dict[str, Any]:
    """Time single rows of the native form with more threads than processors.

    Returns:
        `inference`, of parsed JSON rows.
    """
    from benchmarks.data.features import features_from_rows
    from benchmarks.families.artefacts import load_model

    warnings.simplefilter("ignore")
    model = load_model(Path(save_path), thread_count=thread_count)
    raw = json.loads(Path(rows_path).read_text())
    rows = [[row] for row in raw["rows"]]

    def call(number: int) -> object:
        return model.predict(features_from_rows(rows[number % len(rows)], raw["kinds"]))

    found = _timed(call, budget=budget, form=NATIVE_FORM)
    return {"inference": [found | {"batch_rows": 1, "thread_count": thread_count}]}


def _batches(rows: Sequence[Any], size: int) -> list[Any]:
    """Return the rows in batches of a size, at least one."""
    whole = [rows[i : i + size] for i in range(0, len(rows) - size + 1, size)]
    return whole or [(list(rows) * (size // len(rows) + 1))[:size]]


def _ready(rows: Sequence[Any], kinds: Any, kind: InputKind, precision: Precision) -> Any:
    """Return rows as a ready array or frame."""
    import pandas as pd

    from benchmarks.data.features import features_from_rows

    made = features_from_rows(rows, kinds)
    if kind == "pandas":
        made = pd.DataFrame(made, columns=list(kinds))
        numbers = [name for name, found in kinds.items() if found == "number"]
        return made.astype(dict.fromkeys(numbers, precision))
    if isinstance(made, pd.DataFrame):
        made = made.to_numpy()
    return made.astype(precision)


def _timed(call: Callable[[int], object], *, budget: dict[str, Any], form: str) -> dict[str, Any]:
    timing = time_calls(call, budget=Budget(**budget))
    return {
        "form": form,
        "durations_s": [round(max(d, 1e-9), 9) for d in timing.durations_s],
        "inner_call_count": timing.inner_count,
        "first_call_s": max(timing.first_s, 1e-9),
        "inconclusive": timing.inconclusive,
    }
