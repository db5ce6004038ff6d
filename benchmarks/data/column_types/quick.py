"""Plain numbers and ISO times, read at once without looking at each different text."""

from typing import Any, Final

import numpy as np

from benchmarks.data.column_types.column import (
    ColumnKind,
    ColumnReading,
    TypedColumn,
    matches,
    to_numpy,
)
from benchmarks.data.column_types.numbers import PLAIN
from benchmarks.data.column_types.setting import LARGEST_EXACT, Setting
from benchmarks.data.column_types.text_column import stamps_series, with_spread
from benchmarks.data.column_types.time_numbers import TIME_NAME

HEAD: Final = 1_000
"""Values at the start that tell which way of reading is tried first."""


def read_quickly(name: str, texts: Any, setting: Setting) -> TypedColumn | None:
    """Read plain numbers and ISO times at once, without looking at each different text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if setting.said == "category":
        return None
    blank = pc.equal(texts, "")
    filled = texts
    if pc.any(blank).as_py():
        filled = pc.if_else(blank, pa.scalar(None, texts.type), texts)
    count = len(filled) - filled.null_count
    if not count:
        return empty_column(name, len(texts))
    head = in_one_piece(filled.slice(0, HEAD).drop_null())
    if len(head) == 0:
        return None
    if matches(head, PLAIN).all():
        return _quick_numbers(name, filled, head, setting)
    if setting.said in {None, "time"} and matches(head, r"^\d{4}-\d{2}-\d{2}").all():
        try:
            stamps = pc.cast(filled, pa.timestamp("us"))
        except pa.ArrowInvalid:
            return None
        series = stamps_series(to_numpy(stamps))
        reading = _reading(name, "time", "ISO dates", filled, head)
        return TypedColumn(series, reading)
    return None


def _quick_numbers(name: str, filled: Any, head: Any, setting: Setting) -> TypedColumn | None:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    dotted = matches(head, r"\.")
    if dotted.any() and not matches(head, r"^[+-]?\d*\.(\d{0,2}|\d{4,})([eE]|$)|^[+-]?0\.").any():
        return None  # 1.234 throughout: thousands or decimals, the whole column must tell
    try:
        if not dotted.any() and not matches(head, "[eE]").any():
            whole = pc.cast(filled, pa.int64())
            return _quick_whole(name, whole, filled, head, setting)
    except pa.ArrowInvalid:
        pass
    try:
        numbers = pc.cast(filled, pa.float64())
    except pa.ArrowInvalid:
        return None
    values = np.asarray(to_numpy(numbers), dtype=float)
    if not dotted.any():
        finite = np.abs(values[np.isfinite(values)])
        if len(finite) and finite.max() > LARGEST_EXACT:
            return None
    if setting.role == "time" or setting.said == "time":
        return None
    missing = int(np.isnan(values).sum())
    reading = _reading(name, "number", "numbers", filled, head, missing=missing)
    return TypedColumn(pd.Series(values, copy=False), reading)


def _quick_whole(
    name: str, whole: Any, filled: Any, head: Any, setting: Setting
) -> TypedColumn | None:
    import pandas as pd
    import pyarrow.compute as pc

    extent = pc.min_max(whole).as_py()
    low, high = extent["min"], extent["max"]
    is_time = setting.role == "time" or setting.said == "time"
    if is_time or max(abs(low), abs(high)) > LARGEST_EXACT:
        return None
    may_be_times = setting.said is None and (
        low > 190_000 or (low >= 20_000 and TIME_NAME.search(name) is not None)
    )
    if may_be_times or (setting.said is None and _some_are_padded(filled)):
        return None
    reading = _reading(name, "number", "whole numbers", filled, head, whole=whole)
    if whole.null_count:
        return TypedColumn(pd.Series(np.asarray(to_numpy(whole), dtype=float), copy=False), reading)
    return TypedColumn(pd.Series(to_numpy(whole), copy=False), reading)


def _some_are_padded(filled: Any) -> bool:
    """Whether a whole number has a 0 in front."""
    import pyarrow.compute as pc

    noughts = filled.filter(pc.starts_with(filled, "0"))
    return bool(len(noughts) and (pc.max(pc.binary_length(noughts)).as_py() or 0) > 1)


def _reading(
    name: str,
    kind: ColumnKind,
    ground: str,
    filled: Any,
    head: Any,
    *,
    missing: int | None = None,
    whole: Any = None,
) -> ColumnReading:
    """Describe a column that was read at once.

    Its different values are counted where that may tell something: in whole numbers of which the
    first are all different, and where the first are all the same.
    """
    import pyarrow.compute as pc

    missing_count = filled.null_count if missing is None else missing
    different = pc.unique(head)
    distinct_count = len(different)
    if len(filled) > HEAD and distinct_count == 1:
        distinct_count = int(pc.count_distinct(filled).as_py())
    elif len(filled) > HEAD and distinct_count == len(head) and whole is not None:
        distinct_count = int(pc.count_distinct(whole).as_py())
    return ColumnReading(
        name=name,
        kind=kind,
        ground=with_spread(ground, kind, distinct_count, len(filled) - missing_count),
        examples=tuple(str(each) for each in different[:3]),
        value_count=len(filled) - missing_count,
        missing_count=missing_count,
        distinct_count=distinct_count,
    )


def empty_column(name: str, row_count: int) -> TypedColumn:
    """A column without any value, left out."""
    import pandas as pd

    series = pd.Series(np.full(row_count, np.nan))
    notes = (f"column {name!r} has no values and was left out",)
    reading = ColumnReading(name, "ignore", "no values", missing_count=row_count, notes=notes)
    return TypedColumn(series, reading)


def in_one_piece(texts: Any) -> Any:
    """A chunked array in one piece."""
    import pyarrow as pa

    if not isinstance(texts, pa.ChunkedArray):
        return texts
    joined = texts.combine_chunks()
    return joined if not isinstance(joined, pa.ChunkedArray) else pa.concat_arrays(joined.chunks)
