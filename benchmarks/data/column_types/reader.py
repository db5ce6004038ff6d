"""One column of any file -> its values and what it was taken for, on what ground.

All values are looked at. Where at most `FEW` of them are not of the type of the rest, they are
missing, and a note names the first with its row; where more are, the column stays text and the
reading asks what it is. `data.types` of a study answers.
"""

from typing import Any

import numpy as np

from benchmarks.data.column_types.as_numbers import as_numbers
from benchmarks.data.column_types.as_times import as_times, not_a_time
from benchmarks.data.column_types.as_words import as_category, as_truth
from benchmarks.data.column_types.column import (
    FEW,
    ColumnReading,
    Distinct,
    TypedColumn,
)
from benchmarks.data.column_types.numbers import Mark, read_numbers
from benchmarks.data.column_types.prose import read_prose
from benchmarks.data.column_types.quick import HEAD, empty_column, in_one_piece, read_quickly
from benchmarks.data.column_types.setting import Setting
from benchmarks.data.column_types.text_column import TextColumn
from benchmarks.errors import DataError


def read_texts(name: str, texts: Any, setting: Setting) -> TypedColumn:
    """Tell what a column of texts holds, and read it.

    Args:
        name: of the column.
        texts: Arrow array of strings; empty and null are missing.
        setting: what the file and the study say.

    Raises:
        DataError: the values cannot be told and none of them can be used as they are, such as dates
            that are read with day or month first alike.
    """
    if setting.said == "ignore" or setting.role == "ignored":
        return _ignored(name, len(texts), "as the study says")
    quick = read_prose(name, texts, setting) or read_quickly(name, texts, setting)
    if quick is not None:
        return quick
    distinct = Distinct(texts)
    if distinct.value_count == 0:
        return empty_column(name, len(texts))
    return _by_its_values(TextColumn(name, distinct, setting))


def _by_its_values(column: TextColumn) -> TypedColumn:
    said, role = column.setting.said, column.setting.role
    if said == "category":
        return as_category(column, "as the study says")
    if column.rest_rows == 0:
        return as_category(column) if role in {"feature", "target"} else not_a_time(column)
    if said != "number" and role != "target":
        times = as_times(column)
        if times is not None:
            return times
    if said == "time" or role == "time":
        return not_a_time(column)
    truth = as_truth(column)
    if truth is not None:
        return truth
    numbers = as_numbers(column)
    if numbers is not None:
        return numbers
    if said == "number":
        raise DataError(
            f"{column.setting.where}: data.types: {column.name!r} is said to be a number, and too "
            f"many of its values are none ({column.first_of(column.rest)}): clean them, or say "
            "category"
        )
    return as_category(column)


def decimal_mark(texts: Any, *, delimiter: str | None) -> Mark | None:
    """Return the decimal mark that a column surely has, so that others can be read by it."""
    import pyarrow.compute as pc

    head = pc.unique(in_one_piece(texts.slice(0, 20 * HEAD)))
    marked = head.filter(pc.match_substring_regex(head, r"^[^A-Za-z:]*\d[.,]\d[^A-Za-z:]*$"))
    if not len(marked):
        return None
    trimmed = Distinct(marked)
    found = read_numbers(trimmed.texts, trimmed.counts, decimal=None, delimiter=delimiter)
    if found is None or found.fits.mean() < 1 - FEW:
        return None
    return found.decimal


def _ignored(name: str, row_count: int, why: str) -> TypedColumn:
    import pandas as pd

    series = pd.Series(np.full(row_count, np.nan))
    return TypedColumn(series, ColumnReading(name, "ignore", why))
