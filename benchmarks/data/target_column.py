"""What a column of answers or of times holds: classes or numbers, and in which metric to score."""

from typing import TYPE_CHECKING, Any

from benchmarks.data.features import as_utc
from benchmarks.data.quality import DEFAULT_METRIC, METRICS
from benchmarks.errors import DataError, did_you_mean
from benchmarks.storage.records import Task

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

MAX_AUTO_CLASS_COUNT = 20
"""More distinct integer labels than this are taken for a number, not for classes."""

MAX_CLASS_COUNT = 1_000
"""More classes than this are refused: the target is more likely an identifier."""


def read_times(series: "pd.Series[Any]", *, where: str, key: str) -> "pd.Series[Any]":
    """Return date-times in UTC, or plain numbers where only the order is known."""
    import pandas as pd
    from pandas.api import types

    if types.is_datetime64_any_dtype(series.dtype):
        return as_utc(series)
    if types.is_numeric_dtype(series.dtype) and not types.is_bool_dtype(series.dtype):
        return series.astype(float)
    text = series.astype(object)
    parsed = pd.to_datetime(text, errors="coerce", utc=True, format="ISO8601")
    if parsed.isna().sum() > series.isna().sum():
        parsed = pd.to_datetime(text, errors="coerce", utc=True, format="mixed")
    bad = series[parsed.isna() & series.notna()]
    if len(bad) or series.isna().all():
        example = repr(bad.iloc[0]) if len(bad) else "no value"
        raise DataError(
            f"{where}: data.{key}: column {series.name!r} holds {example}, which is no time: "
            "write times as 2026-01-31T12:00:00, or leave the key out"
        )
    return as_utc(parsed)


def read_target(
    rows: "pd.DataFrame", *, where: str, target: str | None, task: str
) -> tuple[Task, "np.ndarray[Any, Any] | None", tuple[str, ...]]:
    """Return the task, the target as numbers, and the class labels."""
    if target is None or task == "clustering":
        if task in {"classification", "regression"}:
            raise DataError(
                f"{where}: data.task: {task} needs data.target: name the column to predict"
            )
        return "clustering", None, ()
    series = rows[target]
    distinct_count = int(series.nunique())
    if distinct_count == 1:
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
        return "classification", codes, labels
    return "regression", _numbers(series, where=where, target=target), ()


def _is_class_like(series: "pd.Series[Any]", distinct_count: int) -> bool:
    import pandas as pd
    from pandas.api import types

    if types.is_bool_dtype(series.dtype):
        return True
    if types.is_numeric_dtype(series.dtype):
        values = series.dropna()
        return distinct_count <= MAX_AUTO_CLASS_COUNT and bool((values == values.round()).all())
    numbers = pd.to_numeric(series.astype(object), errors="coerce")
    if numbers.isna().all():
        return distinct_count <= MAX_AUTO_CLASS_COUNT or isinstance(
            series.dtype, pd.CategoricalDtype
        )
    return distinct_count <= MAX_AUTO_CLASS_COUNT


def _class_codes(series: "pd.Series[Any]") -> tuple["np.ndarray[Any, Any]", tuple[str, ...]]:
    import pandas as pd

    values = series.astype(object)
    try:
        codes, uniques = pd.factorize(values, sort=True)
    except TypeError:  # labels of several types cannot be sorted as they are
        codes, uniques = pd.factorize(values.map(str), sort=True)
    return codes.astype("int64"), tuple(str(label) for label in uniques)


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
