"""A column of texts -> numbers, unless they are codes, times in digits or times of the day."""

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.column_types.as_times import exact_whole, of_times
from benchmarks.data.column_types.as_words import as_category
from benchmarks.data.column_types.column import (
    FEW,
    ColumnReading,
    TypedColumn,
    matches,
)
from benchmarks.data.column_types.numbers import Numbers, read_numbers
from benchmarks.data.column_types.setting import LARGEST_EXACT
from benchmarks.data.column_types.text_column import TextColumn, mask_of, widen
from benchmarks.data.column_types.time_numbers import looks_like_times, times_of_numbers
from benchmarks.data.column_types.times import seconds_of_day

if TYPE_CHECKING:
    import pandas as pd

CODE_DIGITS: Final = 4
"""Whole numbers of one length from here on, some with a 0 in front, are codes, not amounts."""


def as_numbers(column: TextColumn) -> TypedColumn | None:
    """Read a column as numbers; None where too many of its values are none."""
    import pandas as pd

    texts = column.distinct.texts.filter(mask_of(column.rest))
    counts = column.distinct.counts[column.rest]
    infinite = matches(texts, r"(?i)^[+-]?inf(inity)?$")
    setting = column.setting
    found = read_numbers(texts, counts, decimal=setting.decimal, delimiter=setting.delimiter)
    if found is None:
        return _of_day(column)
    fits = found.fits | infinite
    share = counts[fits].sum() / max(1, counts.sum())
    enough = 0.5 if setting.said == "number" else 1 - FEW
    if share < enough:
        return None
    values = np.where(infinite, np.inf, found.values)
    negative = infinite & matches(texts, "^-")
    values = np.where(negative, -np.inf, values)
    if found.is_whole and not infinite.any() and setting.said is None:
        special = _whole_numbers(column, texts, counts, values, found)
        if special is not None:
            return special
    full_fits = widen(fits, column.rest)
    series = pd.Series(column.distinct.spread(widen(values, column.rest), missing=np.nan))
    series = series.astype(float)
    if setting.role == "target" and found.is_whole and series.notna().all():
        series = series.astype("int64")
    return TypedColumn(series, _reading_of_numbers(column, found, full_fits, series))


def _reading_of_numbers(
    column: TextColumn, found: Numbers, fits: NDArray[np.bool_], series: "pd.Series[Any]"
) -> ColumnReading:
    notes = [] if found.is_plain or found.ground == "numbers" else [f"taken for {found.ground}"]
    question = None
    if found.doubt is not None:
        question = f"{found.doubt}: taken for {found.ground}"
    hint = None
    if found.is_whole and column.setting.role == "feature" and column.setting.said is None:
        hint = looks_like_times(series.to_numpy(), name=column.name)
    if hint is not None:
        notes.append(
            f"taken for numbers, could be {hint}: data.types: {{{column.name}: time}} says so"
        )
    ground = "whole numbers" if found.is_whole and found.ground == "numbers" else found.ground
    return column.reading("number", ground, fits=fits, notes=notes, question=question)


def _whole_numbers(
    column: TextColumn,
    texts: Any,
    counts: NDArray[np.int64],
    values: NDArray[np.float64],
    found: Numbers,
) -> TypedColumn | None:
    """Whole numbers that are something else: codes, exact identifiers, dates in digits."""
    if column.setting.role == "target":
        return None
    largest = np.nanmax(np.abs(values))
    exact = exact_whole(texts, found) if largest > LARGEST_EXACT else values
    times = None
    if exact is not None:
        times = times_of_numbers(exact, counts, asked=False, name=column.name)
    if times is not None:
        return of_times(column, times)
    if largest > LARGEST_EXACT:
        return as_category(column, "numbers of too many digits to count with, kept as they are")
    lengths = {len(str(text)) for text in texts}
    if len(lengths) == 1 and lengths.pop() >= CODE_DIGITS and matches(texts, "^0").any():
        return as_category(
            column, "codes with a 0 in front", told="kept as codes: some begin with 0"
        )
    return None


def _of_day(column: TextColumn) -> TypedColumn | None:
    """Times of the day, as seconds since midnight."""
    import pandas as pd

    texts = column.distinct.texts.filter(mask_of(column.rest))
    seconds = seconds_of_day(texts)
    if seconds is None:
        return None
    fits = ~np.isnan(seconds)
    counts = column.distinct.counts[column.rest]
    if counts[fits].sum() < (1 - FEW) * counts.sum():
        return None
    series = pd.Series(column.distinct.spread(widen(seconds, column.rest), missing=np.nan))
    ground = "times of the day, as seconds since midnight"
    reading = column.reading(
        "number", ground, fits=widen(fits, column.rest), notes=[f"taken for {ground}"]
    )
    return TypedColumn(series.astype(float), reading)
