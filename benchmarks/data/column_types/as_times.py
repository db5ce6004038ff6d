"""A column of texts or numbers -> times, or the error that asks how they are written."""

from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.column_types.column import (
    FEW,
    TypedColumn,
    listed,
    shown,
    to_numpy,
)
from benchmarks.data.column_types.numbers import Numbers, read_numbers
from benchmarks.data.column_types.text_column import TextColumn, mask_of, stamps_series, widen
from benchmarks.data.column_types.time_numbers import times_of_numbers
from benchmarks.data.column_types.times import Times, read_times
from benchmarks.errors import DataError


def as_times(column: TextColumn) -> TypedColumn | None:
    """Texts that are times; numbers too where the study says that it is a time."""
    texts = column.distinct.texts.filter(mask_of(column.rest))
    counts = column.distinct.counts[column.rest]
    asked = column.setting.role == "time" or column.setting.said == "time"
    found = read_times(texts, counts)
    if found is not None:
        if found.doubt is not None:
            raise DataError(_ambiguous(column, found.doubt))
        return of_times(column, found)
    if not asked:
        return None
    numbers = read_numbers(texts, counts, decimal=".", delimiter=None)
    if numbers is None or counts[numbers.fits].sum() < (1 - FEW) * counts.sum():
        return None
    values: NDArray[Any] = numbers.values
    if numbers.is_whole:
        exact = exact_whole(texts, numbers)
        values = values if exact is None else exact
    stamps = times_of_numbers(values, counts, asked=True, name=column.name)
    if stamps is not None:
        return of_times(column, stamps)
    if column.setting.said == "time":
        return None
    return _plain_order(column, numbers)


def _plain_order(column: TextColumn, numbers: Numbers) -> TypedColumn:
    """Numbers that are no time stamps: only their order is known."""
    import pandas as pd

    series = pd.Series(
        column.distinct.spread(widen(numbers.values, column.rest), missing=np.nan)
    ).astype(float)
    ground = "a plain order"
    note = (
        "its numbers are no time stamps (dates, yyyymmdd, seconds or milliseconds since 1970): "
        "only their order is used"
    )
    fits = widen(numbers.fits, column.rest)
    return TypedColumn(series, column.reading("number", ground, fits=fits, notes=[note]))


def of_times(column: TextColumn, found: Times) -> TypedColumn:
    """Give each row its time."""
    stamps = np.full(len(column.rest), np.datetime64("NaT", "us"))
    stamps[column.rest] = found.stamps
    fits = widen(found.fits, column.rest)
    series = stamps_series(column.distinct.spread(stamps, missing=np.datetime64("NaT", "us")))
    notes = list(found.notes)
    if "first" in found.ground:
        notes.insert(0, f"taken for {found.ground}")
    return TypedColumn(series, column.reading("time", found.ground, fits=fits, notes=notes))


def _ambiguous(column: TextColumn, doubt: str) -> str:
    key = "data.time" if column.setting.role == "time" else "data"
    ignoring = "" if column.setting.role == "time" else ", or leave it out (data.types: ignore)"
    return (
        f"{column.setting.where}: {key}: column {column.name!r}: {doubt} "
        f"({listed([shown(e) for e in column.distinct.examples(column.rest)])}): "
        f"write the dates as 2026-01-31{ignoring}"
    )


def not_a_time(column: TextColumn) -> NoReturn:
    """Refuse a column that is said to be a time and is none.

    Raises:
        DataError: always.
    """
    _, found = column.distinct.misfits(column.rest, column.setting.rows)
    bad = shown(found[0].text) if found else "no value"
    row = f" (row {found[0].row:,})" if found and found[0].row is not None else ""
    key = "data.types" if column.setting.said == "time" else "data.time"
    raise DataError(
        f"{column.setting.where}: {key}: column {column.name!r} holds {bad}, which is no "
        f"time{row}: write times as 2026-01-31T12:00:00, or leave the key out"
    )


def exact_whole(texts: Any, found: Numbers) -> NDArray[Any] | None:
    """Whole numbers as they are, beyond what a float keeps; None where they do not fit an int64."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not found.fits.all():
        return None
    try:
        return to_numpy(pc.cast(texts, pa.int64()))
    except pa.ArrowInvalid:
        return None
