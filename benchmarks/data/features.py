"""Feature columns of any kind -> numbers, categories and dates; and rows as a service gets them.

A column is one of three kinds. Numbers (and booleans) become float64 with NaN for what is missing
or infinite, categories (strings and anything else) become strings with NaN, dates become
`datetime64`. Where all features are numbers, models see a float64 array; else a data frame.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

Kind = Literal["number", "category", "date"]

ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$")
"""Strings that are taken for dates without being asked."""

SNIFF_ROWS = 200
"""Values looked at to tell whether a column of strings holds dates."""


def tidy_columns(
    raw: "pd.DataFrame", said: Mapping[str, str] | None = None
) -> tuple["pd.DataFrame", dict[str, Kind], tuple[str, ...]]:
    """Give each feature column one of the three kinds; return frame, kinds and notes.

    A column without any value, and one that holds lists or bytes, is dropped with a note.

    Args:
        raw: columns with their types.
        said: what the reader of types took columns for, where a file was read.
    """
    said = said or {}
    import pandas as pd

    columns: dict[str, pd.Series[Any]] = {}
    kinds: dict[str, Kind] = {}
    notes: list[str] = []
    for name in raw.columns:
        series = raw[name]
        if said.get(str(name)) == "ignore":
            continue  # its reading says why
        if series.isna().all():
            notes.append(f"column {name!r} has no values and was left out")
            continue
        if _holds_containers(series):
            notes.append(f"column {name!r} holds lists or bytes and was left out")
            continue
        tidy, kind, infinite_count = _tidy(series, said.get(str(name)))
        if infinite_count:
            notes.append(
                f"column {name!r}: {infinite_count} infinite values were treated as missing"
            )
        columns[str(name)] = tidy
        kinds[str(name)] = kind
    return pd.DataFrame(columns, index=raw.index), kinds, tuple(notes)


def _tidy(series: "pd.Series[Any]", said: str | None) -> tuple["pd.Series[Any]", Kind, int]:
    import numpy as np
    import pandas as pd
    from pandas.api import types

    if types.is_datetime64_any_dtype(series.dtype):
        return as_utc(series), "date", 0
    if types.is_timedelta64_dtype(series.dtype):
        return series.dt.total_seconds().astype(float), "number", 0
    numbers = None
    if types.is_bool_dtype(series.dtype) or types.is_numeric_dtype(series.dtype):
        numbers = series.astype("Float64" if series.hasnans else float)
    elif said == "number" or (
        not isinstance(series.dtype, pd.CategoricalDtype) and not _holds_text(series)
    ):
        numbers = pd.to_numeric(series, errors="coerce")  # Decimal, mixed int and float, booleans
    if numbers is not None:
        values = numbers.to_numpy(dtype=float, na_value=math.nan)
        infinite = np.isinf(values)
        values = np.where(infinite, math.nan, values)
        return pd.Series(values, index=series.index), "number", int(infinite.sum())
    if said is None and _looks_like_dates(series):
        dates = pd.to_datetime(series.astype(object), errors="coerce", utc=True, format="ISO8601")
        return as_utc(dates), "date", 0
    text = series.astype(object)
    gaps = text.isna().to_numpy()
    words = [math.nan if gap else str(value) for value, gap in zip(text, gaps, strict=True)]
    return pd.Series(words, index=series.index, dtype=object), "category", 0


def as_utc(series: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return date-times without a zone, in UTC where they had one."""
    zone = getattr(series.dt, "tz", None)
    return series.dt.tz_convert("UTC").dt.tz_localize(None) if zone is not None else series


def _holds_text(series: "pd.Series[Any]") -> bool:
    head = series.dropna().head(SNIFF_ROWS)
    return any(isinstance(value, str) for value in head)


def _holds_containers(series: "pd.Series[Any]") -> bool:
    if series.dtype != object:
        return False
    head = series.dropna().head(SNIFF_ROWS)
    return any(isinstance(v, (bytes, list, dict, set)) or hasattr(v, "shape") for v in head)


def _looks_like_dates(series: "pd.Series[Any]") -> bool:
    head = series.dropna().head(SNIFF_ROWS)
    return bool(len(head)) and all(isinstance(v, str) and ISO_DATE.match(v) for v in head)


# Rows as a service gets them ----------------------------------------------------------------------


def served_rows(frame: "pd.DataFrame", kinds: Mapping[str, Kind]) -> list[list[Any]]:
    """Return rows as a JSON parser leaves them: numbers, strings (dates too) and None."""
    columns: list[list[Any]] = []
    for name, kind in kinds.items():
        series = frame[name]
        if kind == "date":
            texts = series.dt.strftime("%Y-%m-%dT%H:%M:%S").astype(object)
            columns.append([None if v != v else v for v in texts])  # noqa: PLR0124  # NaN
        else:
            columns.append([None if v != v else v for v in series.tolist()])  # noqa: PLR0124
    rows: list[list[Any]] = json.loads(json.dumps(list(zip(*columns, strict=True))))
    return rows


def features_from_rows(
    rows: Sequence[Sequence[Any]], kinds: Mapping[str, Kind]
) -> "np.ndarray[Any, Any] | pd.DataFrame":
    """Build what `predict` takes from parsed JSON rows: an array if all are numbers, else a frame.

    This is the work that a service does for each request, and is part of every timed call.
    """
    import numpy as np

    if all(kind == "number" for kind in kinds.values()):
        return np.array(rows, dtype=float)
    import pandas as pd

    columns: dict[str, Any] = {}
    for (name, kind), values in zip(kinds.items(), zip(*rows, strict=True), strict=True):
        if kind == "number":
            columns[name] = np.array(values, dtype=float)
        elif kind == "date":
            columns[name] = np.array(["NaT" if v is None else v for v in values], "datetime64[us]")
        else:
            columns[name] = pd.Series(
                [math.nan if v is None else str(v) for v in values], dtype=object
            )
    return pd.DataFrame(columns)


def model_input(
    frame: "pd.DataFrame", kinds: Mapping[str, Kind]
) -> "np.ndarray[Any, Any] | pd.DataFrame":
    """Return the features as models are fitted on them: the same form as they are served."""
    if all(kind == "number" for kind in kinds.values()):
        return frame.to_numpy(dtype=float)
    return frame
