"""What a column of answers or of times holds: classes or numbers, and in which metric to score."""

import math
from typing import TYPE_CHECKING, Any

from benchmarks.data.column_types.column import listed
from benchmarks.data.column_types.reader import read_texts
from benchmarks.data.column_types.setting import Setting
from benchmarks.data.column_types.words import MISSING
from benchmarks.data.features import as_utc
from benchmarks.data.quality import DEFAULT_METRIC, METRICS
from benchmarks.errors import DataError, did_you_mean
from benchmarks.storage.records import LEAST_TEST_CLASS_ROWS, TEST_FRACTION, Task

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

MAX_AUTO_CLASS_COUNT = 20
"""More distinct integer labels than this are taken for a number, not for classes."""

MAX_CLASS_COUNT = 1_000
"""More classes than this are refused: the target is more likely an identifier."""


LEAST_ROWS_PER_CLASS = 5
"""Rows per class on average from which many different words are classes and no identifier."""

MOST_SHOWN_CLASSES = 4
"""Classes that a note names."""


def plain_times(series: "pd.Series[Any]", *, where: str) -> "pd.Series[Any]":
    """Return date-times in UTC, or plain numbers where only the order is known.

    Columns of files have their types already; other sources may still hold texts.

    Raises:
        DataError: a value is no time.
    """
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    from pandas.api import types

    if types.is_datetime64_any_dtype(series.dtype):
        return as_utc(series)
    if types.is_numeric_dtype(series.dtype) and not types.is_bool_dtype(series.dtype):
        return series.astype(float)
    name = str(series.name)
    texts = pa.chunked_array(
        [pa.array([None if pd.isna(v) else str(v) for v in series], pa.string())]
    )
    rows = np.arange(1, len(series) + 1)
    read = read_texts(name, texts, Setting(role="time", where=where, rows=rows)).series
    return pd.Series(read.to_numpy(), index=series.index, name=series.name)


def read_target(
    rows: "pd.DataFrame", *, where: str, target: str | None, task: str
) -> tuple[Task, "np.ndarray[Any, Any] | None", tuple[str, ...], tuple[str, ...]]:
    """Return the task, the target as numbers, the class labels, and what a reader must know.

    Raises:
        DataError: the target cannot be learnt.
    """
    if target is None or task == "clustering":
        if task in {"classification", "regression"}:
            raise DataError(
                f"{where}: data.task: {task} needs data.target: name the column to predict"
            )
        return "clustering", None, (), ()
    series = rows[target]
    distinct_count = int(series.nunique())
    if distinct_count <= 1:
        only = str(series.dropna().iloc[0])
        raise DataError(
            f"{where}: data.target: column {target!r} holds one value only ({only}): "
            "there is nothing to learn; name another target or add rows of the other classes"
        )
    if task == "classification" or (task == "auto" and _is_class_like(series, distinct_count)):
        if distinct_count > MAX_CLASS_COUNT:
            raise DataError(
                f"{where}: data.target: column {target!r} has {distinct_count:,} classes, at most "
                f"{MAX_CLASS_COUNT:,} are supported: is it an identifier?"
            )
        codes, labels = _class_codes(series)
        return "classification", codes, labels, _class_notes(target, codes, labels)
    return "regression", _numbers(series, where=where, target=target), (), ()


def _is_class_like(series: "pd.Series[Any]", distinct_count: int) -> bool:
    import pandas as pd
    from pandas.api import types

    if types.is_bool_dtype(series.dtype):
        return True
    if types.is_numeric_dtype(series.dtype):
        values = series.dropna()
        return distinct_count <= MAX_AUTO_CLASS_COUNT and bool((values == values.round()).all())
    if isinstance(series.dtype, pd.CategoricalDtype) or distinct_count <= MAX_AUTO_CLASS_COUNT:
        return True
    # Words of which each stands in several rows are classes, however many there are.
    numbers = pd.to_numeric(series.astype(object), errors="coerce")
    return bool(numbers.isna().all()) and distinct_count * LEAST_ROWS_PER_CLASS <= len(series)


def _class_codes(series: "pd.Series[Any]") -> tuple["np.ndarray[Any, Any]", tuple[str, ...]]:
    import pandas as pd

    values = series.astype(object)
    try:
        codes, uniques = pd.factorize(values, sort=True)
    except TypeError:  # labels of several types cannot be sorted as they are
        codes, uniques = pd.factorize(values.map(str), sort=True)
    return codes.astype("int64"), tuple(str(label) for label in uniques)


def _class_notes(
    target: str, codes: "np.ndarray[Any, Any]", labels: tuple[str, ...]
) -> tuple[str, ...]:
    """Tell classes that are hardly there, or that may be one class in two spellings."""
    import numpy as np

    counts = np.bincount(codes, minlength=len(labels))
    notes = []
    words = [label for label in labels if label.lower() in MISSING]
    if words:
        rows = sum(int(counts[labels.index(word)]) for word in words)
        notes.append(
            f"{listed([repr(word) for word in words])} ({rows:,} rows) is a class like the others: "
            "an empty field would be a missing target"
        )
    spellings: dict[str, list[str]] = {}
    for label in labels:
        spellings.setdefault("".join(label.lower().split()), []).append(label)
    for alike in spellings.values():
        if len(alike) > 1:
            found = listed([f"{w!r} ({counts[labels.index(w)]:,})" for w in alike], most=4)
            notes.append(f"the classes {found} differ in case or blanks only: write them alike")
    enough = min(LEAST_TEST_CLASS_ROWS / TEST_FRACTION, len(codes) / len(labels) / 4)
    rare = [i for i in np.argsort(counts, kind="stable") if counts[i] < enough]
    if rare:
        found = listed(
            [f"{labels[i]!r} {counts[i]:,} of {len(codes):,} rows" for i in rare],
            most=MOST_SHOWN_CLASSES,
        )
        least = LEAST_TEST_CLASS_ROWS / TEST_FRACTION
        wanted = math.ceil(least * len(codes) / max(1, int(counts[rare[0]])))
        notes.append(
            f"few rows of a class ({found}), of which a test holds {TEST_FRACTION:.0%}: accuracy "
            "cannot tell models apart on it; data.metric balanced_accuracy or roc_auc can, or "
            f"the costs of both errors, with {least:.0f} rows of it or more (about {wanted:,} rows "
            "in all)"
        )
    if len(labels) > MAX_AUTO_CLASS_COUNT:
        notes.append(f"{len(labels):,} classes")
    return tuple(f"column {target!r}: {note}" for note in notes)


def _numbers(series: "pd.Series[Any]", *, where: str, target: str) -> "np.ndarray[Any, Any]":
    import numpy as np
    import pandas as pd

    numbers = pd.to_numeric(series.astype(object), errors="coerce").to_numpy(dtype=float)
    bad = ~np.isfinite(numbers)
    if bad.any():
        example = series[bad].iloc[0]
        raise DataError(
            f"{where}: data.target: column {target!r} holds {example!r} among "
            f"{series.nunique():,} distinct values, which is no finite number: clean it, or set "
            "data.task to classification"
        )
    return numbers


def chosen_metric(
    metric: str, *, where: str, task: Task, class_count: int | None, has_costs: bool
) -> str:
    """Return the metric to score in: the study's, else the usual one of the task.

    Raises:
        DataError: there is none of that name, or it does not fit the task.
    """
    if (has_costs or metric == "neg_cost_usd") and class_count != 2:
        found = task if class_count is None else f"{class_count} classes"
        raise DataError(
            f"{where}: data.false_positive_usd and data.false_negative_usd price the errors of two "
            f"classes, found {found}: take them out (and data.metric: neg_cost_usd)"
        )
    fitting = [name for name, found in METRICS.items() if found.task == task]
    if metric == "auto":
        return "neg_cost_usd" if has_costs else DEFAULT_METRIC[task]
    if metric not in METRICS:
        raise DataError(
            f"{where}: data.metric: unknown metric {metric!r}: {did_you_mean(metric, METRICS)}"
        )
    if metric not in fitting:
        raise DataError(
            f"{where}: data.metric: {metric} does not fit {task}: one of {', '.join(fitting)}"
        )
    return metric
