"""Columns of long texts, read piece by piece: what is so long is no number, time or boolean."""

from typing import Any, Final

import numpy as np

from benchmarks.data.column_types.column import (
    BLANKS,
    EXAMPLE_COUNT,
    ColumnReading,
    TypedColumn,
)
from benchmarks.data.column_types.quick import HEAD
from benchmarks.data.column_types.setting import Setting
from benchmarks.data.column_types.text_column import with_spread

LONG_BYTES: Final = 200
"""No number, time or boolean is written in so many. [B]"""

LEAST_LONG: Final = 0.9
"""Share of a column's values that must be so long."""


def read_prose(name: str, texts: Any, setting: Setting) -> TypedColumn | None:
    """Read a feature of long texts; None where it is something else.

    Nothing is looked for within the texts, and no second copy of them is made: a table with
    paragraphs in it takes three times the file's size at most.
    """
    import pyarrow.compute as pc

    if setting.role != "feature" or setting.said not in {None, "category"}:
        return None
    head = pc.utf8_trim(texts.slice(0, HEAD).drop_null(), characters=BLANKS)
    if not _are_long(head) or not _are_long(texts):
        return None
    return _as_prose(name, texts, setting)


def _are_long(texts: Any) -> bool:
    import pyarrow.compute as pc

    lengths = pc.binary_length(texts).fill_null(0)
    filled_count = pc.sum(pc.greater(lengths, 0)).as_py() or 0
    long_count = pc.sum(pc.greater_equal(lengths, LONG_BYTES)).as_py() or 0
    return bool(filled_count and long_count >= LEAST_LONG * filled_count)


def _as_prose(name: str, texts: Any, setting: Setting) -> TypedColumn:
    import pandas as pd
    import pyarrow.compute as pc

    chunks = getattr(texts, "chunks", [texts])
    values = np.empty(len(texts), dtype=object)
    hashes = np.zeros(len(texts), dtype=np.int64)
    start = 0
    for chunk in chunks:
        for part in (chunk.slice(at, HEAD) for at in range(0, len(chunk), HEAD)):
            end = start + len(part)
            trimmed = pc.utf8_trim(part, characters=BLANKS).to_pylist()
            values[start:end] = [text or np.nan for text in trimmed]
            hashes[start:end] = [hash(text or "") for text in trimmed]
            start = end
    missing = hashes == hash("")
    value_count = int(len(texts) - missing.sum())
    distinct_count = len(np.unique(hashes[~missing]))
    ground = "as the study says" if setting.said is not None else "free text"
    reading = ColumnReading(
        name=name,
        kind="category",
        ground=with_spread(ground, "category", distinct_count, value_count),
        examples=tuple(dict.fromkeys(values[~missing][:EXAMPLE_COUNT])),
        value_count=value_count,
        missing_count=int(missing.sum()),
        distinct_count=distinct_count,
    )
    return TypedColumn(pd.Series(values, dtype=object, copy=False), reading)
