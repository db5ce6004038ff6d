"""The rows of a text in UTF-8 -> columns of texts, at once where it is regular."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.text_tables.layout import HEAD_BYTES, Layout, fields_of
from benchmarks.data.text_tables.odd_lines import read_line_by_line
from benchmarks.data.text_tables.raw_table import RawTable, named
from benchmarks.errors import DataError

LEAST_TYPED_BYTES: Final = 1_000_000
"""A text from this size on has its plain columns of numbers read at once. [B]"""

TYPED_LINES: Final = 200
"""Lines that tell which these are."""

_POINT: Final = re.compile(r"[+-]?(\d+\.\d*|\.\d+|\d+)([eE][+-]?\d+)?")
_SURE_POINT: Final = re.compile(r"[+-]?(0\.\d*|\d*\.(\d{0,2}|\d{4,})([eE][+-]?\d+)?|\d{4,}\.\d*)")

BLOCK_BYTES: Final = 1_048_576
"""Arrow reads so much of a file at a time; no row may be longer. [B]"""


def read_body(
    body: Any, layout: Layout, *, path: Path, start: int = 0, lines_known: bool = True
) -> RawTable:
    """Read the rows of a text in UTF-8 into columns of texts.

    Args:
        body: the text, bytes or a mapped file.
        layout: what `find_layout` told.
        path: of the file, for errors.
        start: where its first row stands in it. [B]
        lines_known: whether the body is the file's, so that errors can name lines.

    Raises:
        DataError: a row has more or fewer fields than the header, or a quote is never closed.
    """
    mark = (layout.delimiter + " " + layout.quote).encode()
    quoted = body.find(layout.quote.encode(), start) >= 0
    loose = layout.by_blanks or (quoted and body.find(mark, start) >= 0)
    view = memoryview(body)[start:]
    try:
        floats = frozenset() if loose else _surely_floats(view, layout)
        arrays = None if loose else _read_at_once(view, layout, floats=floats, quoted=quoted)
        if arrays is None and floats:
            arrays = _read_at_once(view, layout, floats=frozenset(), quoted=quoted)
        notes: list[str] = []
        if arrays is None:
            text = bytes(view).decode("utf-8")
            arrays, notes = read_line_by_line(text, layout, path=path, lines_known=lines_known)
    except UnicodeDecodeError:
        raise DataError(
            f"{path}: data.path: the content is not UTF-8 text: save the file as UTF-8"
        ) from None
    return named(arrays, replace(layout, notes=(*layout.notes, *notes)), path=path)


def _surely_floats(view: memoryview, layout: Layout) -> frozenset[int]:
    """Columns whose first values are numbers with a decimal point and nothing else.

    Reading them as numbers at once saves making texts of them; where one turns out to hold
    something else, all are read as texts.
    """
    if len(view) < LEAST_TYPED_BYTES:
        return frozenset()
    lines = bytes(view[:HEAD_BYTES]).decode("utf-8", errors="replace").splitlines()[:TYPED_LINES]
    rows = fields_of(lines, layout.delimiter, quote=layout.quote)
    rows = [row for row in rows if len(row) == layout.width]
    found = set()
    for place in range(layout.width):
        cells = [row[place] for row in rows if row[place]]
        plain = bool(cells) and all(_POINT.fullmatch(cell) for cell in cells)
        if plain and any(_SURE_POINT.fullmatch(cell) for cell in cells):
            found.add(place)
    return frozenset(found)


def _read_at_once(
    view: memoryview, layout: Layout, *, floats: frozenset[int], quoted: bool
) -> list[Any] | None:
    """Read a regular text with Arrow; None where some line is odd."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    keys = [str(place) for place in range(layout.width)]
    if not len(view):
        return [pa.chunked_array([pa.array([], pa.string())])] * layout.width
    odd: list[Any] = []
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(pa.py_buffer(view)),
            **_arrow_options(layout, len(view), odd, floats, quoted=quoted),
        )
    except (
        pa.ArrowInvalid
    ):  # a value of another type, a row beyond a block, or a letter that is none
        return None
    if odd or (table.num_rows and any("\n" in str(table[key][-1]) for key in keys)):
        return None
    return [table[key] for key in keys]


def _arrow_options(
    layout: Layout,
    size_bytes: int,
    odd: list[Any],
    floats: frozenset[int] = frozenset(),
    *,
    quoted: bool = True,
) -> dict[str, Any]:
    """All other columns as texts; rows of another number of fields are collected.

    Where a quote may hold a line break, Arrow must walk through the text to find the rows: that
    takes all the time that several threads would save, and they cost twice the processor's.
    """
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    def skip(row: Any) -> str:
        odd.append(row)
        return "skip"

    keys = [str(place) for place in range(layout.width)]
    return {
        "read_options": arrow_csv.ReadOptions(
            column_names=keys,
            block_size=min(BLOCK_BYTES, max(4_096, size_bytes + 1)),
            use_threads=not quoted,
        ),
        "parse_options": arrow_csv.ParseOptions(
            delimiter=layout.delimiter,
            quote_char=layout.quote,
            escape_char="\\" if layout.escaped else False,
            double_quote=not layout.escaped,
            newlines_in_values=quoted,
            invalid_row_handler=skip,
        ),
        "convert_options": arrow_csv.ConvertOptions(
            column_types={key: pa.float64() if int(key) in floats else pa.string() for key in keys},
            null_values=[""],
            strings_can_be_null=False,
        ),
    }


def read_thinned(body: Any, layout: Layout, *, path: Path, start: int, max_rows: int) -> RawTable:
    """Read a large text block by block and thin the rows out by lot as they come.

    Raises:
        DataError: a row has more or fewer fields than the header.
    """
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    rng = np.random.default_rng(0)
    kept: list[tuple[Any, NDArray[np.float64]]] = []
    share, row_count = 1.0, 0
    odd: list[Any] = []
    view = memoryview(body)[start:]
    try:
        reader = arrow_csv.open_csv(
            pa.BufferReader(pa.py_buffer(view)), **_arrow_options(layout, len(view), odd)
        )
        for batch in reader:
            lot = rng.random(batch.num_rows)
            kept.append((batch.filter(pa.array(lot < share)), lot[lot < share]))
            row_count += batch.num_rows
            while sum(len(lots) for _, lots in kept) > 2 * max_rows:
                share /= 2
                kept = [(b.filter(pa.array(lots < share)), lots[lots < share]) for b, lots in kept]
        reader.close()
    except pa.ArrowInvalid as error:
        first = str(error).partition("\n")[0]
        raise DataError(f"{path}: data.path: not a regular CSV table ({first})") from None
    if odd:
        raise DataError(
            f"{path}: data.path: not a regular CSV table: {len(odd):,} lines have another number "
            f"of fields than the header's {len(layout.names)}: {odd[0].text[:60]!r} is the first"
        )
    table = pa.Table.from_batches([batch for batch, _ in kept])
    order = np.argsort(np.concatenate([lots for _, lots in kept]), kind="stable")
    rows = np.sort(order[:max_rows])
    arrays = [table[key].take(pa.array(rows)) for key in table.column_names]
    return replace(named(arrays, layout, path=path), row_count=row_count, rows=None)
