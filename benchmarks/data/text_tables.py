"""Text files -> columns of texts: encodings, what stands before the header, and odd lines.

A file is read as a person would read it, and what was passed over is told; what cannot be read so
ends in one error with its line. Typing comes after: see `benchmarks.data.column_types`.
"""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.column_types.column import BLANKS
from benchmarks.data.column_types.words import FOOTERS
from benchmarks.errors import DataError

DELIMITERS: Final = ",;\t|"

HEAD_BYTES: Final = 262_144
"""Head of a file that tells its layout. [B]"""

HEAD_LINES: Final = 40
"""Lines that are looked at to tell what separates the columns."""

MOST_FOOTER_LINES: Final = 3
"""Short lines at the end that are taken for a footer."""

LEAST_TYPED_BYTES: Final = 1_000_000
"""A text from this size on has its plain columns of numbers read at once. [B]"""

TYPED_LINES: Final = 200
"""Lines that tell which these are."""

_POINT: Final = re.compile(r"[+-]?(\d+\.\d*|\.\d+|\d+)([eE][+-]?\d+)?")
_SURE_POINT: Final = re.compile(r"[+-]?(0\.\d*|\d*\.(\d{0,2}|\d{4,})([eE][+-]?\d+)?|\d{4,}\.\d*)")

BLOCK_BYTES: Final = 1_048_576
"""Arrow reads so much of a file at a time; no row may be longer. [B]"""

BOMS: Final = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
"""Marks at the start of a file that name its encoding, longest first where one begins another."""


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


@dataclass(frozen=True)
class Layout:
    """How a text is laid out."""

    names: tuple[str, ...]
    """Columns, blanks around them cut off."""
    delimiter: str
    body: int
    """Where the first row starts. [B]"""
    first_line: int
    """Line of the file in which that is, 1 the first."""
    width: int
    """Fields of each row: one more than names where rows have names of their own."""
    quote: str = '"'
    by_blanks: bool = False
    """Whether any number of blanks separates the columns."""
    notes: tuple[str, ...] = ()
    row_names: bool = False
    """Whether each row begins with a name that the header does not name."""


# Encoding -----------------------------------------------------------------------------------------


def as_utf8(raw: bytes, *, path: Path) -> tuple[bytes, tuple[str, ...]]:
    """Return a text in UTF-8 without a mark in front, and how it was read where that is odd.

    Raises:
        DataError: it is binary, has NUL bytes, or is in an encoding that cannot be told.
    """
    for mark, encoding in BOMS:
        if raw.startswith(mark):
            if encoding == "utf-8":
                return as_utf8(raw[len(mark) :], path=path)
            return _transcoded(raw[len(mark) :], encoding, path=path), (
                f"the file is read as {encoding.upper()}, as its first bytes say",
            )
    nul_count = raw.count(b"\x00")
    if nul_count:
        wide = _wide_encoding(raw)
        if wide is not None:
            return _transcoded(raw, wide, path=path), (f"the file is read as {wide.upper()}",)
        if nul_count > len(raw) / 100:
            raise DataError(
                f"{path}: data.path: the content is binary, not text: "
                "export the table as CSV (UTF-8) or Parquet"
            )
        line = raw[: raw.index(b"\x00")].count(b"\n") + 1
        raise DataError(
            f"{path}: data.path: {nul_count:,} NUL bytes, the first in line {line:,}: "
            "the file is damaged; export it again"
        )
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return _as_western(raw, first=error.start, path=path)
    return raw, ()


def _transcoded(raw: bytes, encoding: str, *, path: Path) -> bytes:
    try:
        return raw.decode(encoding).encode("utf-8")
    except UnicodeError:
        raise DataError(
            f"{path}: data.path: begins as {encoding.upper()} and is none: save the file as UTF-8"
        ) from None


def _wide_encoding(raw: bytes) -> str | None:
    """UTF-16 without its mark: a NUL in every other byte."""
    head = raw[:4_096]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > 0.4 * len(head) / 2 and even < 0.05 * len(head) / 2:
        return "utf-16-le"
    if even > 0.4 * len(head) / 2 and odd < 0.05 * len(head) / 2:
        return "utf-16-be"
    return None


def _as_western(raw: bytes, *, first: int, path: Path) -> tuple[bytes, tuple[str, ...]]:
    """Read what is no UTF-8 as Windows-1252, where it is that throughout."""
    line = raw[:first].count(b"\n") + 1
    loose = raw.decode("utf-8", errors="replace")
    bad = loose.count("\ufffd")
    good = sum(1 for char in loose if ord(char) > 127) - bad
    if good > bad:
        raise DataError(
            f"{path}: data.path: line {line:,}: {bad:,} bytes are not UTF-8 in a file that is "
            "UTF-8 elsewhere: save the file as UTF-8"
        )
    try:
        text = raw.decode("cp1252")
    except UnicodeDecodeError:
        raise DataError(
            f"{path}: data.path: line {line:,}: the content is not UTF-8 text, and no Western "
            "European text either: save the file as UTF-8"
        ) from None
    note = (
        f"the file is not UTF-8: it was read as Windows-1252 (first at line {line:,}); "
        "save it as UTF-8 if letters look wrong"
    )
    return text.encode("utf-8"), (note,)


# Layout -------------------------------------------------------------------------------------------


def find_layout(head: bytes, *, path: Path) -> Layout:
    """Tell header, separators and what stands before them from the head of a text in UTF-8.

    Raises:
        DataError: there is no header, or names that occur twice.
    """
    lines = _head_lines(head)
    start, notes, given = _before_header(lines)
    rest = [line for line in lines[start:] if line.text.strip() and not line.is_comment]
    if not rest:
        raise DataError(f"{path}: data.path: the file has no header: export the table again")
    texts = [line.text for line in rest[:HEAD_LINES]]
    quote = "'" if _single_quoted(texts) else '"'
    delimiter, by_blanks = (given, False) if given else _delimiter(texts, quote)
    rows = _fields(texts, delimiter, quote=quote, by_blanks=by_blanks)
    skipped = _title_lines(rows)
    if skipped:
        notes.append(f"{skipped} lines before the header were left out")
        rest, rows = rest[skipped:], rows[skipped:]
    header, after = rows[0], 1
    names = [name.strip(BLANKS) for name in header]
    comment_names = _names_in_comment(lines[:start], rows, delimiter, quote)
    if comment_names is not None:
        names, after = comment_names, 0
    if after and len(names) > 1 and all(_is_number(name) for name in names):
        raise DataError(
            f"{path}: data.path: line {rest[0].number}: holds values "
            f"({delimiter.join(names[:4])} ...) where the names of the columns are wanted: "
            "write a line with the names above it"
        )
    body = rest[0].end if after else rest[0].start
    if after and '"' in rest[0].text and rest[0].text.count('"') % 2:
        names, body = _long_header(head[rest[0].start :], rest[0].start, delimiter)
    first = next((line for line in lines if line.start >= body), None)
    width, row_names = _row_width(rows[after:], names)
    return Layout(
        names=tuple(names),
        delimiter=delimiter,
        body=body,
        first_line=rest[0].number + after if first is None else first.number,
        width=width,
        quote=quote,
        by_blanks=by_blanks,
        notes=tuple(notes),
        row_names=row_names,
    )


@dataclass(frozen=True)
class _Line:
    text: str
    start: int
    end: int
    number: int

    @property
    def is_comment(self) -> bool:
        return self.text.lstrip().startswith("#")


def _head_lines(head: bytes) -> list[_Line]:
    found, start = [], 0
    for number, part in enumerate(re.finditer(rb"[^\r\n]*(?:\r\n|\n|\r|$)", head), start=1):
        if part.end() == start and number > 1:
            break
        text = part.group().decode("utf-8", errors="replace").rstrip("\r\n")
        found.append(_Line(text, part.start(), part.end(), number))
        start = part.end()
        if number > 10 * HEAD_LINES:
            break
    if len(found) > 2 and len(head) >= HEAD_BYTES and not head.endswith((b"\n", b"\r")):
        found.pop()
    return found


def _before_header(lines: list[_Line]) -> tuple[int, list[str], str | None]:
    """Skip blank lines, comments and Excel's `sep=;`."""
    start, delimiter, comments = 0, None, 0
    notes: list[str] = []
    for line in lines:
        named = re.fullmatch(r'"?sep=(.)"?[,;\t]*', line.text.strip("\ufeff"), re.IGNORECASE)
        if named and delimiter is None:
            delimiter = named[1]
        elif line.is_comment and not _is_header_like_comment(line, lines):
            comments += 1
        elif line.text.strip():
            break
        start += 1
    if comments:
        notes.append(f"{comments} comment lines before the header were left out")
    return start, notes, delimiter


def _is_header_like_comment(line: _Line, lines: list[_Line]) -> bool:
    """A first column called `#`: `#,a,b`."""
    return bool(re.match(r"\s*\"?#\"?\s*[,;\t|]", line.text)) and line is not lines[-1]


def _names_in_comment(
    before: list[_Line], rows: list[list[str]], delimiter: str, quote: str
) -> list[str] | None:
    """Names that stand in the last comment, `# a,b,y`, where the first line is values."""
    comments = [line for line in before if line.is_comment]
    if not comments or not any(_is_number(cell) for cell in rows[0]):
        return None
    text = comments[-1].text.lstrip().lstrip("#").strip()
    names = [name.strip(BLANKS) for name in _fields([text], delimiter, quote=quote)[0]]
    return names if len(names) == len(rows[0]) and not any(map(_is_number, names)) else None


def _single_quoted(texts: list[str]) -> bool:
    return all("'" in text and '"' not in text for text in texts) and bool(
        re.match(r"\s*'[^']*'\s*[,;\t|]", texts[0])
    )


def _delimiter(texts: list[str], quote: str) -> tuple[str, bool]:
    """Return what separates the columns: what cuts every line into as many, else the most common.

    A name of a column may hold any of them: `a|b,c` is two columns.
    """
    counts, modes = {}, {}
    for delimiter in DELIMITERS:
        lengths = [len(row) for row in _fields(texts, delimiter, quote=quote)]
        counts[delimiter] = lengths[0] if len(set(lengths)) == 1 else 0
        mode, rows = Counter(lengths[-max(1, len(lengths) // 2) :]).most_common(1)[0]
        modes[delimiter] = mode if rows > 1 or len(lengths) < 3 else 1
    if max(counts.values()) > 1:
        return max(DELIMITERS, key=counts.__getitem__), False
    if max(modes.values()) > 1:
        return max(DELIMITERS, key=lambda d: (modes[d], texts[0].count(d))), False
    blanks = {len(text.split()) for text in texts}
    if len(texts) > 2 and len(blanks) == 1 and blanks.pop() > 1:
        return " ", True
    return max(DELIMITERS, key=texts[0].count), False


def _fields(
    texts: list[str], delimiter: str, *, quote: str = '"', by_blanks: bool = False
) -> list[list[str]]:
    if by_blanks:
        return [text.split() for text in texts]
    try:
        return list(
            csv.reader(texts, delimiter=delimiter, quotechar=quote, skipinitialspace=True)
        ) or [[""]]
    except csv.Error:
        return [text.split(delimiter) for text in texts]


def _title_lines(rows: list[list[str]]) -> int:
    """Lines of one field before a header of several: a title, a date of export."""
    if len(rows) < 4:
        return 0
    common = Counter(len(row) for row in rows[len(rows) // 2 :]).most_common(1)[0][0]
    for count, row in enumerate(rows[:10]):
        filled = sum(bool(cell.strip()) for cell in row)
        if len(row) >= common - 1 and (filled > 1 or common <= 2):
            return count
        if filled > 1 or common < 2:
            return 0
    return 0


def _long_header(head: bytes, offset: int, delimiter: str) -> tuple[list[str], int]:
    """A header with line breaks within quotes."""
    text = io.StringIO(head.decode("utf-8", errors="replace"), newline="")
    reader = csv.reader(text, delimiter=delimiter)
    names = [" ".join(name.split()) for name in next(reader)]
    read = head.decode("utf-8", errors="replace").splitlines(keepends=True)[: reader.line_num]
    return names, offset + len("".join(read).encode("utf-8"))


def _row_width(rows: list[list[str]], names: list[str]) -> tuple[int, bool]:
    """Fields of a row, and whether rows begin with a name that the header does not have."""
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    longer = [row for row in rows if len(row) == len(names) + 1]
    if rows and len(rows[0]) == len(names) + 1 and len(longer) > len(rows) / 2:
        if all(not row[-1].strip() for row in longer):
            return len(names), False  # a separator at the end of each row
        return len(names) + 1, True
    return len(names), False


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?", text.strip()) is not None


# Rows ---------------------------------------------------------------------------------------------


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
        arrays = None if loose else _read_at_once(view, layout, floats=_surely_floats(view, layout))
        if arrays is None and not loose:
            arrays = _read_at_once(view, layout, floats=frozenset())
        notes: list[str] = []
        if arrays is None:
            text = bytes(view).decode("utf-8")
            arrays, notes = _read_line_by_line(text, layout, path=path, lines_known=lines_known)
    except UnicodeDecodeError:
        raise DataError(
            f"{path}: data.path: the content is not UTF-8 text: save the file as UTF-8"
        ) from None
    return _named(arrays, replace(layout, notes=(*layout.notes, *notes)), path=path)


def _surely_floats(view: memoryview, layout: Layout) -> frozenset[int]:
    """Columns whose first values are numbers with a decimal point and nothing else.

    Reading them as numbers at once saves making texts of them; where one turns out to hold
    something else, all are read as texts.
    """
    if len(view) < LEAST_TYPED_BYTES:
        return frozenset()
    lines = bytes(view[:HEAD_BYTES]).decode("utf-8", errors="replace").splitlines()[:TYPED_LINES]
    rows = _fields(lines, layout.delimiter, quote=layout.quote)
    rows = [row for row in rows if len(row) == layout.width]
    found = set()
    for place in range(layout.width):
        cells = [row[place] for row in rows if row[place]]
        plain = bool(cells) and all(_POINT.fullmatch(cell) for cell in cells)
        if plain and any(_SURE_POINT.fullmatch(cell) for cell in cells):
            found.add(place)
    return frozenset(found)


def _read_at_once(view: memoryview, layout: Layout, *, floats: frozenset[int]) -> list[Any] | None:
    """Read a regular text with Arrow; None where some line is odd."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    keys = [str(place) for place in range(layout.width)]
    if not len(view):
        return [pa.chunked_array([pa.array([], pa.string())])] * layout.width
    odd: list[Any] = []
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(pa.py_buffer(view)), **_arrow_options(layout, len(view), odd, floats)
        )
    except (
        pa.ArrowInvalid
    ):  # a value of another type, a row beyond a block, or a letter that is none
        return None
    if odd or (table.num_rows and any("\n" in str(table[key][-1]) for key in keys)):
        return None
    return [table[key] for key in keys]


def _arrow_options(
    layout: Layout, size_bytes: int, odd: list[Any], floats: frozenset[int] = frozenset()
) -> dict[str, Any]:
    """All other columns as texts; rows of another number of fields are collected."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    def skip(row: Any) -> str:
        odd.append(row)
        return "skip"

    keys = [str(place) for place in range(layout.width)]
    return {
        "read_options": arrow_csv.ReadOptions(
            column_names=keys, block_size=min(BLOCK_BYTES, max(4_096, size_bytes + 1))
        ),
        "parse_options": arrow_csv.ParseOptions(
            delimiter=layout.delimiter,
            quote_char=layout.quote,
            newlines_in_values=True,
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
    return replace(_named(arrays, layout, path=path), row_count=row_count, rows=None)


def _read_line_by_line(
    text: str, layout: Layout, *, path: Path, lines_known: bool
) -> tuple[list[Any], list[str]]:
    """Read an odd text field by field; tell or refuse each line that is not as the others."""
    import pyarrow as pa

    lines = _Lines(layout, path=path, lines_known=lines_known)
    if layout.by_blanks:
        parts = re.split(r"\r\n|\n|\r", text)
        lines.take((number, part.split()) for number, part in enumerate(parts, start=1))
    else:
        lines.take(_csv_rows(text, layout, path=path))
    columns: list[Any] = [[] for _ in range(layout.width)]
    rows, notes = lines.result()
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
    return [pa.chunked_array([pa.array(column, pa.string())]) for column in columns], notes


def _csv_rows(text: str, layout: Layout, *, path: Path) -> Any:
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=layout.delimiter,
        quotechar=layout.quote,
        skipinitialspace=True,
    )
    previous = 0
    limit = csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    try:
        for row in reader:
            yield previous + 1, row
            if reader.line_num - previous > 1 and reader.line_num >= text.count("\n"):
                _refuse_open_quote(text, layout, path=path, line=previous + 1)
            previous = reader.line_num
    except csv.Error as error:
        raise DataError(
            f"{path}: data.path: line {layout.first_line + previous:,}: not a regular CSV table "
            f"({error}): export it again"
        ) from None
    finally:
        csv.field_size_limit(limit)


def _refuse_open_quote(text: str, layout: Layout, *, path: Path, line: int) -> None:
    """A quote that is never closed swallows all that follows."""
    rest = "".join(re.split(r"(?<=\n)", text)[line - 1 :])
    if rest.count(layout.quote) % 2:
        raise DataError(
            f"{path}: data.path: line {layout.first_line + line - 1:,}: a quote is opened and never"
            " closed: close it, or write two in a row for one that is meant"
        )


@dataclass
class _Lines:
    """Rows of a text, and the lines that are not like them."""

    layout: Layout
    path: Path
    lines_known: bool
    rows: list[list[str]] = field(default_factory=list)
    odd: list[tuple[int, int, list[str]]] = field(default_factory=list)
    """Line, rows before it, fields."""
    comments: int = 0
    cut: int = 0

    def take(self, rows: Any) -> None:
        """Sort the lines by what they are."""
        width = self.layout.width
        for line, row in rows:
            if len(row) > width and not any(cell.strip() for cell in row[width:]):
                self.cut += len(row) > width + 1
                row = row[:width]  # noqa: PLW2901  # the fields that are there
            if len(row) == width:
                if width > 1 or (row and row[0].strip()):
                    self.rows.append(row)
            elif not row or not "".join(row).strip():
                continue
            elif row[0].lstrip().startswith("#"):
                self.comments += 1
            else:
                self.odd.append((line, len(self.rows), row))

    def result(self) -> tuple[list[list[str]], list[str]]:
        """Return the rows and what was left out.

        Raises:
            DataError: a line is no row and no footer.
        """
        notes = []
        if self.comments:
            notes.append(f"{self.comments:,} comment lines were left out")
        footer = [
            odd for odd in self.odd if odd[1] == len(self.rows) and len(odd[2]) < self.layout.width
        ]
        others = self.odd[: len(self.odd) - len(footer)]
        if len(footer) > MOST_FOOTER_LINES or (
            footer and len(others) + len(footer) != len(self.odd)
        ):
            footer, others = [], self.odd
        if others:
            raise DataError(self._why(others))
        for line, _, row in footer:
            words = self.layout.delimiter.join(row)[:60]
            notes.append(f"the last line{self._at(line)} is no row ({words!r}) and was left out")
        return self.rows, notes

    def _at(self, line: int) -> str:
        return f" (line {self.layout.first_line + line - 1:,})" if self.lines_known else ""

    def _why(self, odd: list[tuple[int, int, list[str]]]) -> str:
        line, _, row = odd[0]
        names = len(self.layout.names)
        more = "" if len(odd) == 1 else f"; {len(odd):,} such lines in all"
        where = (
            f"line {self.layout.first_line + line - 1:,} has" if self.lines_known else "a line has"
        )
        return (
            f"{self.path}: data.path: not a regular CSV table: {where} {len(row)} fields, the "
            f"header {names}{more}: each line needs as many fields as the header; a "
            f"{self.layout.delimiter!r} within a value needs quotes around it"
        )


# Names and rows that are none ---------------------------------------------------------------------


def _named(arrays: list[Any], layout: Layout, *, path: Path) -> RawTable:
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
    for place in reversed(np.flatnonzero(keep)[-MOST_FOOTER_LINES:].tolist()):
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
