"""Columns that bring their types: Parquet and Arrow, one type at a time.

Texts go through the reader of texts, as programs write whole tables as texts. What a model cannot
take (lists, records, bytes) is left out and said.
"""

from typing import Any

import numpy as np

from benchmarks.data.column_types.column import (
    ColumnKind,
    ColumnReading,
    Distinct,
    TypedColumn,
    to_numpy,
)
from benchmarks.data.column_types.quick import HEAD
from benchmarks.data.column_types.reader import read_texts
from benchmarks.data.column_types.setting import LARGEST_EXACT, Setting
from benchmarks.data.column_types.time_numbers import times_of_numbers


def read_arrow(name: str, column: Any, setting: Setting) -> TypedColumn:
    """Read one Arrow column of any type.

    Raises:
        DataError: see `benchmarks.data.column_types.reader.read_texts`.
    """
    import pyarrow as pa
    from pyarrow import types

    column = _plain(column)
    kind = column.type
    if types.is_dictionary(kind):
        return _categories(name, column.cast(pa.string()), setting)
    if setting.said == "ignore" or setting.role == "ignored":
        return _left_out(name, column, "as the study says")
    if types.is_string(kind):
        return read_texts(name, column, setting)
    if types.is_null(kind) or column.null_count == len(column):
        return _left_out(name, column, "no values", missing=len(column))
    if setting.said == "category" and not types.is_nested(kind):
        return _categories(name, column.cast(pa.string()), setting)
    return _typed(name, column, setting)


def _plain(column: Any) -> Any:
    """Take off what only says how values are kept; texts in one type, bytes as the texts they are.

    Dictionaries of texts stay: the file calls them categories.
    """
    import pyarrow as pa
    from pyarrow import types

    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        column = pa.chunked_array([chunk.storage for chunk in column.chunks], kind.storage_type)
        kind = column.type
    if types.is_run_end_encoded(kind):
        column = pa.chunked_array([pa.array(column.to_pylist(), kind.value_type)])
        kind = column.type
    if types.is_dictionary(kind) and not _is_text(kind.value_type):
        column = column.cast(kind.value_type)
        kind = column.type
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        texts = _decoded(column)
        return column if texts is None else texts
    return column.cast(pa.string()) if _is_text(kind) else column


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _typed(name: str, column: Any, setting: Setting) -> TypedColumn:
    """Read a column of a type that is neither text nor empty."""
    from pyarrow import types

    kind = column.type
    if types.is_boolean(kind):
        return _booleans(name, column)
    if types.is_date(kind) or types.is_timestamp(kind):
        return _stamps(name, column)
    if types.is_time(kind) or types.is_duration(kind):
        return _seconds(name, column)
    if types.is_integer(kind):
        return _whole(name, column, setting)
    if types.is_floating(kind) or types.is_decimal(kind):
        return _floats(name, column, setting)
    is_bytes = types.is_binary(kind) or types.is_large_binary(kind)
    is_bytes = is_bytes or types.is_fixed_size_binary(kind)
    nested = types.is_nested(kind) or is_bytes
    what = "lists or bytes" if nested else f"values of the type {kind}"
    return _left_out(name, column, what, told=f"holds {what}")


def _decoded(column: Any) -> Any | None:
    """Texts that a program wrote as bytes; None where they are none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        texts = column.cast(pa.binary()).cast(pa.string())
    except pa.ArrowInvalid:
        return None
    odd = pc.any(pc.match_substring_regex(texts, r"[\x00-\x08\x0e-\x1f]")).as_py()
    return None if odd else texts


def _reading(
    name: str, kind: ColumnKind, ground: str, column: Any, *, notes: tuple[str, ...] = ()
) -> ColumnReading:
    import pyarrow as pa
    import pyarrow.compute as pc

    different = pc.unique(column.slice(0, HEAD).drop_null())
    if len(column) > HEAD and pa.types.is_floating(column.type) and len(different) > 1:
        distinct_count = len(different)  # at least: to count all of them takes longer than reading
    else:
        distinct_count = int(pc.count_distinct(column).as_py())
    return ColumnReading(
        name=name,
        kind=kind,
        ground=ground,
        examples=tuple(str(each) for each in different[:3].to_pylist()),
        value_count=len(column) - column.null_count,
        missing_count=column.null_count,
        distinct_count=distinct_count,
        notes=tuple(f"column {name!r}: {note}" for note in notes),
    )


def _left_out(
    name: str, column: Any, ground: str, *, told: str | None = None, missing: int = 0
) -> TypedColumn:
    import pandas as pd

    if ground == "no values":
        told = "has no values"
    notes = () if told is None else (f"column {name!r} {told} and was left out",)
    reading = ColumnReading(name, "ignore", ground, missing_count=missing, notes=notes)
    return TypedColumn(pd.Series(np.full(len(column), np.nan)), reading)


def _categories(name: str, texts: Any, setting: Setting) -> TypedColumn:
    """Texts that the file itself calls categories."""
    import pandas as pd

    distinct = Distinct(texts)
    if distinct.value_count == 0:
        return _left_out(name, texts, "no values", missing=len(texts))
    if setting.role == "time" or setting.said in {"number", "time"}:
        return read_texts(name, texts, setting)
    words = np.where(distinct.empty, np.nan, distinct.words)
    series = pd.Series(distinct.spread(words, missing=np.nan), dtype=object)
    return TypedColumn(series, _reading(name, "category", "categories of the file", texts))


def _booleans(name: str, column: Any) -> TypedColumn:
    import pandas as pd

    if column.null_count:
        values = np.array([None if v is None else v for v in column.to_pylist()], dtype=object)
        series = pd.Series(values)
    else:
        series = pd.Series(to_numpy(column).astype(bool))
    return TypedColumn(series, _reading(name, "number", "booleans: true is 1", column))


def _stamps(name: str, column: Any) -> TypedColumn:
    """Dates and date-times; with a zone they are kept in UTC by the file itself."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import types

    kind = column.type
    zone = kind.tz if types.is_timestamp(kind) else None
    if types.is_timestamp(kind):
        plain = column.cast(pa.timestamp(kind.unit))
        stamps = pc.cast(plain, pa.timestamp("us"), safe=False)
    else:
        stamps = column.cast(pa.timestamp("ms")).cast(pa.timestamp("us"))
    ground = "dates of the file" if zone is None else f"times of the file, {zone} as UTC"
    series = pd.Series(to_numpy(stamps).astype("datetime64[us]"))
    return TypedColumn(series, _reading(name, "time", ground, column))


def _seconds(name: str, column: Any) -> TypedColumn:
    """Times of the day and durations, as seconds."""
    import pandas as pd
    import pyarrow as pa
    from pyarrow import types

    kind = column.type
    per_s = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}[kind.unit]
    if types.is_time(kind):
        column_int = column.cast(pa.int32() if kind.bit_width == 32 else pa.int64())
    else:
        column_int = column.cast(pa.int64())
    series = pd.Series(to_numpy(column_int).astype(float) / per_s)
    if column.null_count:
        series = series.where(~to_numpy(column.is_null()).astype(bool))
    what = "times of the day" if types.is_time(kind) else "durations"
    reading = _reading(name, "number", f"{what}, as seconds", column)
    return TypedColumn(series, reading)


def _whole(name: str, column: Any, setting: Setting) -> TypedColumn:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    extent = pc.min_max(column).as_py()
    largest = max(abs(int(extent["min"])), abs(int(extent["max"])))
    asked = setting.role == "time" or setting.said == "time"
    if largest < 2**63 and (asked or (largest > 190_000 and setting.role == "feature")):
        values, counts = np.unique(
            to_numpy(column.drop_null().cast(pa.int64())), return_counts=True
        )
        times = None
        if setting.said in {None, "time"}:
            times = times_of_numbers(values, counts, asked=asked, name=name)
        if times is not None:
            exact = to_numpy(column.fill_null(values[0]).cast(pa.int64()))
            stamps = times.stamps[np.searchsorted(values, exact)]
            stamps[to_numpy(column.is_null()).astype(bool)] = np.datetime64("NaT")
            reading = _reading(name, "time", times.ground, column, notes=times.notes)
            return TypedColumn(pd.Series(stamps.astype("datetime64[us]")), reading)
    if largest > LARGEST_EXACT and setting.said is None and setting.role == "feature":
        found = _categories(name, column.cast(pa.string()), setting)
        ground = "numbers of too many digits to count with, kept as they are"
        return TypedColumn(found.series, _reading(name, "category", ground, column))
    if column.null_count:
        series = pd.Series(to_numpy(column.cast(pa.float64(), safe=False)).astype(float))
    else:
        series = pd.Series(to_numpy(column))
    return TypedColumn(series, _reading(name, "number", "whole numbers", column))


def _floats(name: str, column: Any, setting: Setting) -> TypedColumn:
    import pandas as pd
    import pyarrow as pa

    values = np.asarray(to_numpy(column.cast(pa.float64(), safe=False)), dtype=float)
    ground = "numbers"
    asked = setting.role == "time" or setting.said == "time"
    if asked:
        different, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
        times = times_of_numbers(different, counts, asked=True, name=name)
        if times is not None:
            series = pd.Series(times.stamps[inverse].astype("datetime64[us]"))
            return TypedColumn(
                series, _reading(name, "time", times.ground, column, notes=times.notes)
            )
    reading: ColumnReading = _reading(name, "number", ground, column)
    nan_count = int(np.isnan(values).sum())
    if nan_count != reading.missing_count:
        reading = ColumnReading(
            **vars(reading) | {"missing_count": nan_count, "value_count": len(values) - nan_count}
        )
    return TypedColumn(pd.Series(values, copy=False), reading)
