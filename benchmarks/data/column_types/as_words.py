"""Texts -> categories, and yes and no in their spellings."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.column_types.column import (
    TypedColumn,
    listed,
    matches,
    shown,
)
from benchmarks.data.column_types.numbers import read_numbers
from benchmarks.data.column_types.text_column import TextColumn, mask_of, widen
from benchmarks.data.column_types.times import share_of_times
from benchmarks.data.column_types.words import TRUTH, YES_AND_NO

IDENTIFIER_SHARE: Final = 0.98
"""Different values per row from which a column of texts tells rows apart and nothing else."""

LEAST_LOOKING: Final = 20
"""Different texts from which it is told that they look like numbers."""

FREE_TEXT_CHARACTERS: Final = 40
"""Mean length from which different texts are prose. [characters]"""


def as_truth(column: TextColumn) -> TypedColumn | None:
    """True and false in any case; yes and no in several spellings become two words."""
    import pandas as pd

    words = set(column.lowered[column.rest])
    spelled = words & set(TRUTH)
    if not spelled or not words <= {*TRUTH, "1", "0"} or column.setting.said == "number":
        return None
    is_true = np.isin(column.lowered.astype(str), [TRUTH[0], "1"])
    notes = [] if words == spelled else ["1 and 0 among true and false are taken for these"]
    if column.setting.role == "target" or column.distinct.counts[~column.rest].sum() == 0:
        if column.rest.all() and not column.distinct.has_gaps:
            series = pd.Series(column.distinct.spread(is_true, missing=False))
        else:
            values = is_true.astype(object)
            values[~column.rest] = None
            series = pd.Series(column.distinct.spread(values, missing=None))
            if column.distinct.counts[~column.rest].sum() == 0 and not column.distinct.has_gaps:
                series = series.astype(bool)
    else:
        numbers = np.where(column.rest, is_true, np.nan).astype(float)
        series = pd.Series(column.distinct.spread(numbers, missing=np.nan))
    ground = "booleans: true is 1"
    return TypedColumn(series, column.reading("number", ground, fits=column.rest, notes=notes))


def as_category(
    column: TextColumn, why: str | None = None, *, told: str | None = None
) -> TypedColumn:
    """Keep the texts as they are, but for yes and no in several spellings."""
    import pandas as pd

    distinct = column.distinct
    words: NDArray[Any] = distinct.words.copy()
    notes: list[str] = [] if told is None else [told]
    fits = ~distinct.empty
    folded = None if why is not None else _fold_truth(column)
    if folded is not None:
        words = folded
        if len(set(folded[column.rest])) < int(column.rest.sum()):
            notes.append(
                f"spellings of yes and no were put together: "
                f"{listed([shown(w) for w in distinct.words[column.rest]], most=6)}"
            )
    if distinct.blank_variant_count and column.setting.role == "target":
        notes.append("blanks around values were cut off")
    values = np.where(fits, words, np.nan)
    series = pd.Series(distinct.spread(values, missing=np.nan), dtype=object, copy=False)
    question = None if why is not None else _doubt(column)
    ground = why or _ground_of_words(column, folded is not None)
    reading = column.reading("category", ground, fits=fits, notes=notes, question=question)
    return TypedColumn(series, reading)


def _fold_truth(column: TextColumn) -> NDArray[np.object_] | None:
    """Yes and no in one spelling each, the most frequent; None where it is something else."""
    words = {str(word) for word in column.lowered[column.rest]}
    pair = next(
        (p for p in YES_AND_NO if words <= p[0] | p[1] and words & p[0] and words & p[1]), None
    )
    if pair is None:
        return None
    folded = column.distinct.words.copy()
    for spellings in pair:
        own = column.rest & np.isin(column.lowered.astype(str), list(spellings))
        folded[own] = column.distinct.words[
            int(np.argmax(np.where(own, column.distinct.counts, -1)))
        ]
    return folded


def _ground_of_words(column: TextColumn, is_truth: bool) -> str:
    distinct_count = int((~column.distinct.empty).sum())
    value_count = column.distinct.value_count
    if distinct_count == 1:
        return "texts"
    if is_truth:
        return "booleans: yes and no"
    if value_count >= 20 and distinct_count >= IDENTIFIER_SHARE * value_count:
        mean = float(np.mean([len(word) for word in column.distinct.words]))
        return "free text" if mean >= FREE_TEXT_CHARACTERS else "an identifier: values differ"
    return f"{distinct_count:,} different texts"


def _doubt(column: TextColumn) -> str | None:
    """Say where many texts look like numbers or times and too many do not."""
    if column.rest_rows < 20:
        return None
    texts = column.distinct.texts.filter(mask_of(column.rest))
    counts = column.distinct.counts[column.rest]
    look = matches(texts, r"^[^\p{L}]*\d[^\p{L}]*$")
    if len(texts) > LEAST_LOOKING:
        look |= matches(texts, r"^[^\p{L}]*\d[^\p{L}]*\p{L}{1,3}\.?$|^0[xX][0-9a-fA-F]+$")
    if not look.any() or counts[look].sum() < 0.2 * column.rest_rows:
        return None
    found = read_numbers(
        texts, counts, decimal=column.setting.decimal, delimiter=column.setting.delimiter
    )
    what, fits = "numbers", np.zeros(len(texts), dtype=bool)
    if found is not None:
        fits = found.fits
    share = counts[fits].sum() / max(1, counts.sum())
    if share < 0.2 and share_of_times(texts, counts) >= 0.2:
        return "some of its values look like times, too many do not: taken as a category"
    if share < 0.2:
        if len(texts) <= LEAST_LOOKING or counts[look].sum() < 0.5 * column.rest_rows:
            return None
        return f"{len(texts):,} different texts that look like numbers: taken as a category"
    others = widen(~fits, column.rest)
    count = int(column.distinct.counts[others].sum())
    return (
        f"{count:,} of {column.rest_rows:,} values are no {what} ({column.first_of(others)}): "
        "taken as a category"
    )
