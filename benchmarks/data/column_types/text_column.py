"""A column of texts with what its file and study say, and how it is described once read."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.column_types.column import (
    ColumnKind,
    ColumnReading,
    Distinct,
    Misfit,
    listed,
)
from benchmarks.data.column_types.setting import Setting
from benchmarks.data.column_types.words import MISSING, MISSING_MARKS

if TYPE_CHECKING:
    import pandas as pd


class TextColumn:
    """A column of texts, its different values once each, and what file and study say of it."""

    def __init__(self, name: str, distinct: Distinct, setting: Setting) -> None:
        self.name, self.distinct, self.setting = name, distinct, setting
        lowered = np.array([word.lower() for word in distinct.words], dtype=object)
        self.lowered = lowered
        self.is_missing = np.array([word in MISSING for word in lowered], dtype=bool)
        self.is_mark = np.array([word in MISSING_MARKS for word in lowered], dtype=bool)
        self.rest = ~(self.is_missing | self.is_mark)
        """Texts that are neither empty nor a word for missing."""
        self.rest_rows = int(distinct.counts[self.rest].sum())

    def first_of(self, mask: NDArray[np.bool_]) -> str:
        """Return the first value of some, with its row."""
        _, found = self.distinct.misfits(mask, self.setting.rows)
        return str(found[0]) if found else "no value"

    def reading(
        self,
        kind: ColumnKind,
        ground: str,
        *,
        fits: NDArray[np.bool_],
        notes: list[str] | None = None,
        question: str | None = None,
    ) -> ColumnReading:
        """Describe the column; values that do not fit are missing, and told."""
        distinct, row_count = self.distinct, len(self.distinct.codes)
        odd = ~fits & ~self.is_missing & ~distinct.empty
        misfit_count, misfits = distinct.misfits(odd, self.setting.rows)
        value_count = int(distinct.counts[fits].sum())
        found = list(notes or ())
        if misfit_count:
            found.append(_misfit_note(kind, misfit_count, distinct.value_count, misfits))
        if question is not None:
            found.append(f"{question}; data.types: {{{self.name}: ...}} says what it is")
        return ColumnReading(
            name=self.name,
            kind=kind,
            ground=with_spread(ground, kind, int(fits.sum()), value_count),
            examples=distinct.examples(fits & (self.rest | ~odd)),
            value_count=value_count,
            missing_count=row_count - value_count,
            distinct_count=int(fits.sum()),
            misfit_count=misfit_count,
            misfits=misfits,
            notes=tuple(f"column {self.name!r}: {note}" for note in found),
            question=question,
        )


def with_spread(ground: str, kind: ColumnKind, distinct_count: int, value_count: int) -> str:
    """Add to a ground that all values are the same, or that each is another."""
    if distinct_count == 1:
        return f"{ground}, one value only"
    if ground == "whole numbers" and kind == "number" and distinct_count == value_count > 20:
        return f"{ground}, each different: an identifier?"
    return ground


def _misfit_note(
    kind: ColumnKind, count: int, value_count: int, misfits: tuple[Misfit, ...]
) -> str:
    what = "time" if kind == "time" else "number"
    verb = "is" if count == 1 else "are"
    return (
        f"{count:,} of {value_count:,} values {verb} no {what} "
        f"({listed(misfits) + (' ...' if count > len(misfits) == 3 else '')}): taken as missing"
    )


def mask_of(mask: NDArray[np.bool_]) -> Any:
    """Return a mask as Arrow takes it."""
    import pyarrow as pa

    return pa.array(mask)


def widen(part: NDArray[Any], mask: NDArray[np.bool_]) -> NDArray[Any]:
    """Put values of some texts at their places among all, NaN or False elsewhere."""
    full = np.full(len(mask), False if part.dtype == bool else np.nan, dtype=part.dtype)
    full[mask] = part
    return full


def stamps_series(stamps: NDArray[Any]) -> "pd.Series[Any]":
    """Return times as a column of a frame."""
    import pandas as pd

    return pd.Series(stamps.astype("datetime64[us]", copy=False), copy=False)
