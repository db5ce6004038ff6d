"""Columns as a file has them: named, without headers in the middle, empty rows and totals."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.column_types.column import BLANKS
from benchmarks.data.column_types.words import FOOTERS
from benchmarks.data.text_tables.layout import Layout
from benchmarks.errors import DataError

MOST_FOOTER_ROWS: Final = 3
"""Rows at the end that are taken for totals."""


@dataclass(frozen=True)
class RawTable:
    """Columns of texts, as a file writes them."""

    columns: dict[str, Any]
    """Arrow arrays of strings (of other types where the file has types) by name, in order."""
    row_count: int
    """Rows in the whole file."""
    rows: NDArray[np.int64] | None
    """Row of the file of each row here, 1 the first below the header; null where not known."""
    notes: tuple[str, ...] = ()
    """What was passed over."""
    delimiter: str | None = None
    """What separates the columns of a text."""


def named(arrays: list[Any], layout: Layout, *, path: Path) -> RawTable:
    """Give columns their names; leave out row names, empty columns and lines that are no rows."""
    notes = list(layout.notes)
    names = list(layout.names)
    if layout.row_names:
        arrays = arrays[1:]
        notes.append(
            "each row begins with a name that the header does not have: these were left out"
        )
    columns: dict[str, Any] = {}
    for place, (name, array) in enumerate(zip(names, arrays, strict=True)):
        if name:
            if name in columns:
                raise DataError(
                    f"{path}: data.path: column {name!r} occurs more than once: rename one of them"
                )
            columns[name] = array
        elif _is_empty(array):
            continue
        elif place == 0:
            notes.append("the first column has no name and was left out: row numbers or names")
        else:
            new = f"column {place + 1}"
            if new in names:
                raise DataError(
                    f"{path}: data.path: column {place + 1} has no name: write one in the header"
                )
            notes.append(f"column {place + 1} has no name in the header: it is called {new!r}")
            columns[new] = array
    if not columns:
        raise DataError(f"{path}: data.path: no column has a name: write a header")
    return _without_odd_rows(columns, tuple(notes), layout)


def _is_empty(array: Any) -> bool:
    """Whether a column has no value at all."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_string(array.type):
        return bool(array.null_count == len(array))
    return bool((pc.utf8_length(pc.utf8_trim(array, characters=BLANKS)).to_numpy() == 0).all())


def _without_odd_rows(columns: dict[str, Any], notes: tuple[str, ...], layout: Layout) -> RawTable:
    """Leave out headers in the middle, rows without any value, and totals at the end."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = list(notes)
    count = len(next(iter(columns.values())))
    rows = np.arange(1, count + 1)
    keep = np.ones(count, dtype=bool)
    repeated = _rows_where(columns, keep=keep, wanted=dict(zip(columns, columns, strict=True)))
    if len(repeated):
        keep[repeated] = False
        found.append(
            f"{len(repeated):,} rows repeat the header (first row {repeated[0] + 1:,}) "
            "and were left out"
        )
    empty = _rows_where(columns, keep=keep, wanted=dict.fromkeys(columns, ""))
    if len(empty):
        keep[empty] = False
        found.append(f"{len(empty):,} rows without any value were left out")
    for place in reversed(np.flatnonzero(keep)[-MOST_FOOTER_ROWS:].tolist()):
        cells = [str(column[place].as_py() or "").strip(BLANKS) for column in columns.values()]
        first = next((cell for cell in cells if cell), "")
        if count < 5 or first.lower().rstrip(": ") not in FOOTERS:
            break
        keep[place] = False
        found.append(f"the last row ({first!r}) is no row of the data and was left out")
    if not keep.all():
        mask = pa.array(keep)
        columns = {name: pc.filter(column, mask) for name, column in columns.items()}
    return RawTable(columns, int(keep.sum()), rows[keep], tuple(found), layout.delimiter)


def _rows_where(
    columns: dict[str, Any], *, keep: NDArray[np.bool_], wanted: dict[str, str]
) -> NDArray[np.int64]:
    """Rows in which every column has a certain text; most columns are never looked at."""
    import pyarrow as pa
    import pyarrow.compute as pc

    candidates: NDArray[np.int64] | None = None
    texts_first = sorted(columns.items(), key=lambda item: not pa.types.is_string(item[1].type))
    for name, column in texts_first:
        if not pa.types.is_string(column.type):
            if wanted[name]:
                return np.array([], dtype=np.int64)  # a header would not have been read as numbers
            empty = column.is_null().to_numpy()
            candidates = np.flatnonzero(empty & keep) if candidates is None else candidates
            candidates = candidates[empty[candidates]]
            continue
        if candidates is None:
            hit = pc.fill_null(pc.equal(column, wanted[name]), fill_value=False)
            candidates = np.flatnonzero(hit.to_numpy(zero_copy_only=False) & keep)
        else:
            cells = column.take(candidates).to_pylist()
            same = [(cell or "").strip(BLANKS) == wanted[name] for cell in cells]
            candidates = candidates[np.array(same, dtype=bool)]
        if not len(candidates):
            break
    return np.array([], dtype=np.int64) if candidates is None else candidates
