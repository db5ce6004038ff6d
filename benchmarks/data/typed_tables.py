"""Every column of a file through the one reader of types: a data frame, and what was read how."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from benchmarks.data.column_types.arrow_types import read_arrow
from benchmarks.data.column_types.column import (
    EXAMPLE_COUNT,
    ColumnKind,
    ColumnReading,
    TypedColumn,
)
from benchmarks.data.column_types.numbers import Mark
from benchmarks.data.column_types.reader import decimal_mark
from benchmarks.data.column_types.sentinels import sentinel_note
from benchmarks.data.column_types.setting import Role, Setting
from benchmarks.data.text_tables.raw_table import RawTable
from benchmarks.errors import DataError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

MOST_MARK_COLUMNS: Final = 50
"""Columns that are asked for the file's decimal mark."""


@dataclass(frozen=True)
class TypedTable:
    """Columns with their types."""

    frame: "pd.DataFrame"
    readings: tuple[ColumnReading, ...]
    """What each column was taken for, in the order of the file."""

    def reading(self, name: str) -> ColumnReading:
        """What a column was taken for."""
        return next(reading for reading in self.readings if reading.name == name)


def type_columns(
    table: RawTable,
    *,
    where: str,
    roles: Mapping[str, Role] | None = None,
    said: Mapping[str, ColumnKind] | None = None,
    only_look: bool = False,
) -> TypedTable:
    """Tell the type of each column from all of its values.

    Args:
        table: columns as the file has them; taken out one by one as they are read.
        where: file, for errors.
        roles: what the study uses columns for; the others are features.
        said: what the study says that columns are.
        only_look: make a column that cannot be read a question in place of an error.

    Raises:
        DataError: a column cannot be read as it must be.
    """
    import pandas as pd

    roles, said = roles or {}, said or {}
    for name in said:
        if name not in table.columns:
            raise DataError(
                f"{where}: data.types: no column {name!r}: {did_you_mean(name, table.columns)}"
            )
    decimal = _decimal_of(table)
    series: dict[str, pd.Series[Any]] = {}
    readings = []
    for name in list(table.columns):
        setting = Setting(
            role=roles.get(name, "feature"),
            said=said.get(name),
            decimal=decimal,
            delimiter=table.delimiter,
            rows=table.rows,
            where=where,
        )
        column = table.columns.pop(name)
        try:
            typed = read_arrow(name, column, setting)
        except DataError as error:
            if not only_look:
                raise
            typed = _unread(name, column, str(error))
        readings.append(_with_codes(typed, setting))
        series[name] = typed.series
    return TypedTable(pd.DataFrame(series, copy=False), tuple(readings))


def _with_codes(typed: TypedColumn, setting: Setting) -> ColumnReading:
    """Add to the reading of numbers that one of them may be a code for missing."""
    reading = typed.reading
    if reading.kind != "number" or setting.role == "ignored":
        return reading
    note = sentinel_note(typed.series.to_numpy())
    if note is None:
        return reading
    return replace(reading, notes=(*reading.notes, f"column {reading.name!r}: {note}"))


def _unread(name: str, column: Any, why: str) -> TypedColumn:
    """A column whose type is a question, with some of its values."""
    import pandas as pd

    examples = tuple(str(value) for value in column.slice(0, EXAMPLE_COUNT).to_pylist())
    reading = ColumnReading(
        name, "ignore", "cannot be told", examples=examples, notes=(why,), question=why
    )
    return TypedColumn(pd.Series(np.full(len(column), np.nan)), reading)


def _decimal_of(table: RawTable) -> Mark | None:
    """The decimal mark that some column of a text surely has."""
    import pyarrow as pa

    if table.delimiter is None:
        return None
    votes: list[Mark] = []
    for column in list(table.columns.values())[:MOST_MARK_COLUMNS]:
        if pa.types.is_floating(column.type):
            votes.append(".")
        elif pa.types.is_string(column.type):
            mark = decimal_mark(column, delimiter=table.delimiter)
            if mark is not None:
                votes.append(mark)
    if not votes:
        return None
    commas = float(np.mean([mark == "," for mark in votes]))
    return "," if commas > 0.5 else "." if commas < 0.5 else None
