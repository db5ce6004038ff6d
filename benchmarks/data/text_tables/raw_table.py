"""Columns as a file has them: named, without headers in the middle, empty rows and totals."""

import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.column_types.column import BLANKS
from benchmarks.data.column_types.words import FOOTERS
from benchmarks.data.text_tables.layout import Layout, counted, were
from benchmarks.errors import DataError

MOST_FOOTER_ROWS: Final = 3
"""Rows at the end that are taken for totals."""

SUMS: Final = ("total", "subtotal", "sub-total", "sub total", "grand total", "sum", "summe")
"""First fields of rows that sum others up, in small letters."""

RULERS: Final = ["---", "----", "-----", ":--", "--:", ":-:", ":---", "---:", ":---:", "==="]

MOST_SUMS: Final = 0.2
"""More rows that begin so are part of the data. [fraction]"""

SAVED_INDEX: Final = "Unnamed: 0"
"""What pandas calls an index that it wrote without a name and reads as a column."""


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
        _refuse_shifted(arrays, layout, path=path)
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
    _refuse_alike(columns, notes, path=path)
    first = next(iter(columns))
    if first == SAVED_INDEX and len(columns) > 1 and _counts_rows(columns[first]):
        del columns[first]
        notes.append(f"{SAVED_INDEX!r} numbers the rows and was left out")
    return _without_odd_rows(columns, tuple(notes), layout)


def _refuse_shifted(arrays: list[Any], layout: Layout, *, path: Path) -> None:
    """Refuse a first field that names no row: a mark within a value moved all that follow.

    Raises:
        DataError: two rows have one name, or what follows it begins with a blank.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    names = arrays[0]
    blank = [
        pa.types.is_string(each.type)
        and bool(pc.all(pc.starts_with(each.drop_null(), " ")).as_py())
        for each in arrays[1:3]
    ]
    shifted = blank == [True, False]
    if pc.count_distinct(names).as_py() == len(names) and not (shifted and len(names)):
        return
    count = len(layout.names)
    raise DataError(
        f"{path}: data.path: not a regular CSV table: line {layout.first_line:,} has {count + 1} "
        f"fields, the header {count}; {len(names):,} such lines in all: a {layout.delimiter!r} "
        "within a value needs quotes around it, or a name is missing in the header"
    )


def _refuse_alike(columns: dict[str, Any], notes: list[str], *, path: Path) -> None:
    """Refuse names that look the same; tell those that differ in case only.

    Raises:
        DataError: two names differ in blanks or in how their letters are composed only.
    """
    seen: dict[str, str] = {}
    cased: dict[str, str] = {}
    for name in columns:
        plain = unicodedata.normalize("NFC", "".join(name.split()))
        if plain in seen:
            raise DataError(
                f"{path}: data.path: columns {seen[plain]!r} and {name!r} differ in blanks, or in "
                "how their letters are composed, only: rename one of them"
            )
        other = cased.setdefault(plain.casefold(), name)
        if other != name:
            notes.append(f"columns {other!r} and {name!r} differ in case only")
        seen[plain] = name


def _counts_rows(array: Any) -> bool:
    """Whether a column numbers the rows from 0 or 1 on."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        numbers = pc.cast(array, pa.int64()).to_numpy()
    except pa.ArrowInvalid:
        return False
    return bool(len(numbers) and numbers[0] in {0, 1} and (np.diff(numbers) == 1).all())


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
        many = len(repeated) > 1
        found.append(
            f"{counted(len(repeated), 'row')} {'repeat' if many else 'repeats'} the header "
            f"(first row {repeated[0] + 1:,}) and {were(len(repeated))} left out"
        )
    empty = _rows_where(columns, keep=keep, wanted=dict.fromkeys(columns, ""))
    if len(empty):
        keep[empty] = False
        found.append(f"{counted(len(empty), 'row')} without any value {were(len(empty))} left out")
    _leave_out_sums(columns, keep, found)
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


def _leave_out_sums(columns: dict[str, Any], keep: NDArray[np.bool_], notes: list[str]) -> None:
    """Leave out subtotals and rulers between the rows, by what their first field says."""
    import pyarrow as pa
    import pyarrow.compute as pc

    first = next(iter(columns.values()))
    if not pa.types.is_string(first.type):
        return
    words = [w for word in SUMS for w in (word, word.upper(), word.capitalize(), word.title())]
    words += [f"{word}{mark}" for word in words for mark in (":", " ")] + RULERS
    hits = pc.is_in(first, value_set=pa.array(words)).to_numpy(zero_copy_only=False) & keep
    count = int(hits.sum())
    if not count or count > MOST_SUMS * keep.sum():
        return
    places = np.flatnonzero(hits)
    if places[-1] >= len(keep) - MOST_FOOTER_ROWS and count <= MOST_FOOTER_ROWS:
        return  # a footer, told as one
    keep[hits] = False
    notes.append(
        f"{counted(count, 'row')} of sums or rulers (first row {places[0] + 1:,}: "
        f"{str(first[int(places[0])].as_py())!r}) {were(count)} left out"
    )


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
            same = {wanted[name], *(w(wanted[name]) for w in (str.lower, str.upper, str.title))}
            hit = pc.is_in(column, value_set=pa.array(sorted(same)))
            candidates = np.flatnonzero(hit.to_numpy(zero_copy_only=False) & keep)
        else:
            cells = column.take(candidates).to_pylist()
            fold = wanted[name].casefold()
            alike = [(cell or "").strip(BLANKS).casefold() == fold for cell in cells]
            candidates = candidates[np.array(alike, dtype=bool)]
        if not len(candidates):
            break
    return np.array([], dtype=np.int64) if candidates is None else candidates
