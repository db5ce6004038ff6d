"""An odd text, field by field: what is no row is told, or refused with its line."""

import csv
import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.data.text_tables.layout import Layout
from benchmarks.errors import DataError

MOST_FOOTER_LINES: Final = 3
"""Short lines at the end that are taken for a footer."""


def read_line_by_line(
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
