"""The head of a text -> its header, what separates its columns, and where the rows begin."""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.data.column_types.column import BLANKS
from benchmarks.errors import DataError

DELIMITERS: Final = ",;\t|"

HEAD_BYTES: Final = 262_144
"""Head of a file that tells its layout. [B]"""

HEAD_LINES: Final = 40
"""Lines that are looked at to tell what separates the columns."""


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
    rows = fields_of(texts, delimiter, quote=quote, by_blanks=by_blanks)
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
    names = [name.strip(BLANKS) for name in fields_of([text], delimiter, quote=quote)[0]]
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
        lengths = [len(row) for row in fields_of(texts, delimiter, quote=quote)]
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


def fields_of(
    texts: list[str], delimiter: str, *, quote: str = '"', by_blanks: bool = False
) -> list[list[str]]:
    """Return the fields of each line, as a quote or any number of blanks may join them."""
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
