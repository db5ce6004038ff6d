"""What a column was taken for, and the distinct values that tell it."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

ColumnKind = Literal["number", "category", "time", "ignore"]
"""What a study may say that a column is."""

FEW = 0.05
"""Values of another type than the rest that are taken for missing; more is a question. [fraction]
"""

EXAMPLE_COUNT = 3
"""Values and misfits that are shown of a column."""

MOST_SHOWN_CHARACTERS = 40
"""Of a value, in notes and tables."""


@dataclass(frozen=True)
class Misfit:
    """A value that is not of its column's type."""

    text: str
    row: int | None
    """Row of the data, 1 the first below the header; null where the file was sampled."""

    def __str__(self) -> str:
        where = "" if self.row is None else f" in row {self.row:,}"
        return f"{shown(self.text)}{where}"


@dataclass(frozen=True)
class ColumnReading:
    """What a column was taken for."""

    name: str
    kind: ColumnKind
    ground: str
    """What tells it, for people: `decimal comma`, `day first`, `every value differs`."""
    examples: tuple[str, ...] = ()
    """Some values as the file writes them."""
    value_count: int = 0
    """Values that are not missing."""
    missing_count: int = 0
    """Empty fields, words for missing, and misfits."""
    distinct_count: int = 0
    """Different values as the file writes them; at least so many in a long column of numbers."""
    misfit_count: int = 0
    """Values that are not of this type and were taken as missing."""
    misfits: tuple[Misfit, ...] = ()
    """The first of them."""
    notes: tuple[str, ...] = ()
    """What a reader must know, each with the column's name."""
    question: str | None = None
    """What the file cannot tell; null where there is no doubt."""


@dataclass(frozen=True)
class TypedColumn:
    """A column's values and what it was taken for."""

    series: "pd.Series[Any]"
    """float64, int64, bool, datetime64[us] in UTC, or texts with NaN for what is missing."""
    reading: ColumnReading


class Distinct:
    """The different texts of a column, each once, blanks around them cut off."""

    def __init__(self, texts: Any) -> None:
        """Take an Arrow array of texts; an empty field and null are missing."""
        import pyarrow as pa
        import pyarrow.compute as pc

        encoded = texts.dictionary_encode()
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.unify_dictionaries().combine_chunks()
            if isinstance(encoded, pa.ChunkedArray):
                encoded = encoded.chunk(0) if encoded.num_chunks else pa.array([]).cast(pa.string())
        has_gaps = encoded.indices.null_count > 0
        indices = encoded.indices.fill_null(-1) if has_gaps else encoded.indices
        raw_codes = indices.to_numpy(zero_copy_only=False)
        trimmed = pc.utf8_trim(encoded.dictionary, characters=BLANKS).dictionary_encode()
        self.texts = trimmed.dictionary
        """Arrow array of the different texts; the empty text may be among them."""
        merged = trimmed.indices.to_numpy(zero_copy_only=False)
        if not len(merged) or np.array_equal(merged, np.arange(len(merged))):
            codes = raw_codes
        else:
            codes = np.where(raw_codes < 0, -1, merged[raw_codes])
        self.codes: NDArray[np.int64] = codes.astype(np.int64)
        """Place of each row's text; -1 where there is none."""
        self.blank_variant_count = len(encoded.dictionary) - len(self.texts)
        """Texts that differed from others by the blanks around them only."""
        self.has_gaps = has_gaps
        """Whether some row has no text at all."""
        self.counts: NDArray[np.int64] = np.bincount(
            self.codes[self.codes >= 0] if has_gaps else self.codes, minlength=len(self.texts)
        )
        """Rows of each text."""
        self.empty: NDArray[np.bool_] = to_numpy(pc.equal(self.texts, "")).astype(bool)
        """Which of them is the empty text."""

    def rewritten(self, texts: Any) -> "Distinct":
        """The same rows, each text written anew; texts that are then the same are one."""
        import pyarrow.compute as pc

        new = copy(self)
        merged = texts.dictionary_encode()
        places = merged.indices.to_numpy(zero_copy_only=False)
        new.texts = merged.dictionary
        new.codes = np.where(self.codes < 0, -1, places[self.codes] if len(places) else -1)
        new.counts = np.bincount(new.codes[new.codes >= 0], minlength=len(new.texts))
        new.empty = to_numpy(pc.equal(new.texts, "")).astype(bool)
        new.__dict__.pop("words", None)
        return new

    @cached_property
    def words(self) -> NDArray[np.object_]:
        """The different texts as Python strings."""
        return np.array(self.texts.to_pylist(), dtype=object)

    @property
    def value_count(self) -> int:
        """Rows with a text that is not empty."""
        return int(self.counts[~self.empty].sum())

    def spread(self, values: NDArray[Any], *, missing: Any) -> NDArray[Any]:
        """Give each row the value of its text."""
        if not len(values):
            return np.full(len(self.codes), missing)
        found = values[self.codes]
        if self.has_gaps:
            found[self.codes < 0] = missing
        return found

    def examples(self, mask: NDArray[np.bool_] | None = None) -> tuple[str, ...]:
        """Some texts, in the order of the file."""
        wanted = ~self.empty if mask is None else mask
        return tuple(str(self.texts[int(i)]) for i in np.flatnonzero(wanted)[:EXAMPLE_COUNT])

    def misfits(
        self, mask: NDArray[np.bool_], rows: NDArray[np.int64] | None
    ) -> tuple[int, tuple[Misfit, ...]]:
        """Count the rows of some texts; return the first of each, with where it stands.

        Args:
            mask: which texts.
            rows: row of the file of each row here; None where it is not known.
        """
        count = int(self.counts[mask].sum())
        found = []
        for code in np.flatnonzero(mask)[:EXAMPLE_COUNT]:
            at = int(np.argmax(self.codes == code))
            found.append(
                Misfit(str(self.texts[int(code)]), None if rows is None else int(rows[at]))
            )
        return count, tuple(found)


BLANKS = " \t\r\n\f\v\u00a0\u2007\u202f\u3000\ufeff\u200b"
"""What is cut off around a value: blanks, those that do not break, and marks without width."""


def to_numpy(array: Any) -> NDArray[Any]:
    """Return an Arrow array as a numpy array, null as NaN or None."""
    if type(array).__name__ == "ChunkedArray":
        return np.asarray(array.to_numpy())
    return np.asarray(array.to_numpy(zero_copy_only=False))


def matches(texts: Any, pattern: str) -> NDArray[np.bool_]:
    """Which texts fit a regular expression, as numpy."""
    import pyarrow.compute as pc

    return to_numpy(pc.match_substring_regex(texts, pattern).fill_null(False)).astype(bool)


def shown(text: str) -> str:
    """Return a value as it is quoted to people, cut where it is long."""
    text = text if len(text) <= MOST_SHOWN_CHARACTERS else text[: MOST_SHOWN_CHARACTERS - 1] + "…"
    return repr(text)


def listed(texts: Sequence[object], *, most: int = EXAMPLE_COUNT) -> str:
    """Return some of many texts for people.

    Example:
        >>> listed(["a", "b", "c", "d"])
        'a, b, c ...'
    """
    head = ", ".join(str(text) for text in texts[:most])
    return head + (" ..." if len(texts) > most else "")
