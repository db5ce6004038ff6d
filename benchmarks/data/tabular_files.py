"""CSV and Parquet files -> columns as the file has them, with a bounded number of rows where asked.

A sample is spread evenly over the file and keeps its order, so that a file sorted by time stays so.
Reading is bounded in memory and time by the sample, not by the file.
"""

import bisect
import csv
import itertools
import json
import mmap
import random
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.parquet_bounds import short_columns, written_out
from benchmarks.data.text_tables.encodings import as_utf8
from benchmarks.data.text_tables.layout import HEAD_BYTES, Layout, find_layout
from benchmarks.data.text_tables.raw_table import RawTable
from benchmarks.data.text_tables.rows import read_body, read_thinned
from benchmarks.errors import DataError, did_you_mean

SNIFF_BYTES = 65_536
"""Head of a file that tells what it is. [B]"""

WHOLE_CSV_BYTES = 64_000_000
"""A CSV up to this size is read whole even for a sample. [B]"""

MOST_WHOLE_BYTES = 2_000_000_000
"""Of a larger CSV, rows are kept that take so much together, whatever is asked for. [B]"""

COUNT_LINES_BYTES = 8_000_000_000
"""Beyond this size, rows are estimated from the mean line, not counted. [B]"""

BLOCK_COUNT = 200
"""Places of a large file that a sample is read from."""

PARQUET_READ_CELLS = 200_000_000
"""Values decoded for a sample of a Parquet file, about: some ten seconds."""

MIN_GROUP_COUNT = 8
"""Row groups that a sample is read from at least, first and last among them."""

MIN_KEPT_ROWS = 1_000
"""Rows kept of the widest table."""

MAGIC = {
    b"PAR1": "Parquet",
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\x1f\x8b": "gzip-compressed",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"SQLite format 3": "an SQLite database",
    b"\x89HDF": "HDF5",
    b"ARROW1": "an Arrow file",
}
"""First bytes of files that are taken for tables."""


def read_table(
    path: Path, *, max_rows: int | None = None, max_cells: int | None = None
) -> RawTable:
    """Read a CSV or Parquet file, at most about `max_rows` rows or `max_cells` values of it.

    Raises:
        DataError: one line that names the file, what is wrong with it and what to do.
    """
    head = _read_head(path)
    suffix = path.suffix.lower()
    found = next((name for magic, name in MAGIC.items() if head.startswith(magic)), None)
    if suffix in {".parquet", ".pq"}:
        if found != "Parquet":
            is_text = found is None and b"\x00" not in head
            what = found or ("text, perhaps CSV" if is_text else "unknown binary content")
            raise DataError(
                f"{path}: data.path: the name says Parquet, the content is {what}: "
                + ("rename it to .csv" if is_text else "export the table as Parquet or CSV")
            )
        return _read_parquet(path, max_rows=max_rows, max_cells=max_cells)
    if suffix in {".csv", ".tsv", ".txt"}:
        if found == "Parquet":
            raise DataError(
                f"{path}: data.path: the name says {suffix[1:].upper()}, the content is Parquet: "
                "rename it to .parquet"
            )
        if found:
            raise DataError(
                f"{path}: data.path: the content is {found}: "
                "export the table as CSV (UTF-8) or Parquet"
            )
        return _read_csv(path, max_rows=max_rows, max_cells=max_cells)
    raise DataError(
        f"{path}: data.path: unknown file type {suffix or '(no extension)'!r}: "
        "give a .csv, .tsv, .parquet or .pq file"
    )


def _read_head(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise DataError(f"{path}: data.path: this is a folder: name one CSV or Parquet file")
        if path.exists() and not path.is_file():
            raise DataError(
                f"{path}: data.path: is a pipe or a device, which may have no end: write what it "
                "holds to a file first"
            )
        with path.open("rb") as file:
            head = file.read(SNIFF_BYTES)
    except FileNotFoundError:
        beside = [p.name for p in path.parent.glob("*")] if path.parent.is_dir() else []
        near = get_close_matches(path.name, beside, n=3)
        hint = did_you_mean(path.name, near) if near else "paths are relative to the study's folder"
        raise DataError(f"{path}: data.path: no such file: {hint}") from None
    except (OSError, ValueError) as error:  # a name with a NUL in it is a ValueError
        why = getattr(error, "strerror", None) or error
        raise DataError(
            f"{path}: data.path: cannot be read ({why}): check its name and permissions"
        ) from None
    if not head.strip():
        raise DataError(f"{path}: data.path: the file is empty: export the table again")
    return head


# Parquet ------------------------------------------------------------------------------------------

UNNAMED_INDEX = "__index_level_"
"""What pandas calls a level of an index without a name in a file."""


def _read_parquet(path: Path, *, max_rows: int | None, max_cells: int | None) -> RawTable:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        short = short_columns(path)
        with pq.ParquetFile(path, coerce_int96_timestamp_unit="us", read_dictionary=short) as file:
            row_count = file.metadata.num_rows
            _refuse_duplicates(path, file.schema_arrow.names)
            max_rows = row_limit(len(file.schema_arrow.names), max_rows, max_cells)
            if max_rows is None or row_count <= max_rows:
                rows: NDArray[np.int64] | None = np.arange(1, row_count + 1)
                table = file.read()
            else:
                table, rows = _parquet_sample(file, max_rows=max_rows)
        table = written_out(table, short, path=path)
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(
            f"{path}: data.path: the Parquet file is damaged ({_first_line(error)}): "
            "export the table again"
        ) from None
    names = [name for name in table.column_names if not name.startswith(UNNAMED_INDEX)]
    columns = {name: table[name] for name in names} | _range_index(table)
    columns |= {name: array for name, array in _periods(table).items() if name in columns}
    notes = []
    if len(names) < len(table.column_names):
        notes.append("an index without a name was left out: give it one to have it as a column")
    return RawTable(columns, row_count, rows, tuple(notes))


def _periods(table: Any) -> dict[str, Any]:
    """Months, weeks and so on as pandas keeps them (whole numbers since 1970): their starts."""
    import pandas as pd
    import pyarrow as pa

    found = {}
    for field in table.schema:
        metadata = field.metadata or {}
        own = metadata.get(b"ARROW:extension:name", b"").decode()
        if "pandas.period" not in {own, getattr(field.type, "extension_name", "")}:
            continue
        text = metadata.get(b"ARROW:extension:metadata")
        freq = getattr(field.type, "freq", None) or json.loads(text or b"{}").get("freq")
        column = table[field.name]
        if isinstance(field.type, pa.BaseExtensionType):
            column = pa.chunked_array([chunk.storage for chunk in column.chunks], pa.int64())
        missing = column.is_null().to_numpy()
        ordinals = column.fill_null(0).to_numpy()
        starts = pd.PeriodIndex.from_ordinals(ordinals, freq=freq).to_timestamp()  # type: ignore[attr-defined]
        stamps = starts.to_numpy().astype("datetime64[us]")
        found[field.name] = pa.chunked_array([pa.array(stamps, mask=missing)])
    return found


def _range_index(table: Any) -> dict[str, Any]:
    """A named index of pandas that the file keeps as a start and a step only."""
    import pyarrow as pa

    found = {}
    try:
        levels = (table.schema.pandas_metadata or {}).get("index_columns", ())
    except ValueError:  # what pandas wrote beside the table is damaged; the columns are not
        return {}
    for level in levels:
        if isinstance(level, dict) and level.get("kind") == "range" and level.get("name"):
            values = range(level["start"], level["stop"], level["step"])
            if len(values) == table.num_rows and level["name"] not in table.column_names:
                found[str(level["name"])] = pa.chunked_array([pa.array(values, pa.int64())])
    return found


def _parquet_sample(file: Any, *, max_rows: int) -> tuple[Any, NDArray[np.int64] | None]:
    """Keep one row in each stretch of k, from row groups that are spread over the file."""
    import pyarrow as pa

    groups = [file.metadata.row_group(i).num_rows for i in range(file.metadata.num_row_groups)]
    row_budget = PARQUET_READ_CELLS // max(1, file.metadata.num_columns)
    wanted_count = max(MIN_GROUP_COUNT, row_budget * len(groups) // max(1, sum(groups)))
    group_count = min(len(groups), wanted_count)
    last_group = len(groups) - 1
    chosen = [i * last_group // max(1, group_count - 1) for i in range(group_count)]
    read_count = sum(groups[i] for i in chosen)
    wanted = evenly_spaced(read_count, min(max_rows, read_count))
    kept: list[Any] = []
    offset = 0
    for group in chosen:  # one at a time: pyarrow keeps what it read of all groups it was given
        for batch in file.iter_batches(batch_size=65_536, row_groups=[group]):
            first = bisect.bisect_left(wanted, offset)
            last = bisect.bisect_left(wanted, offset + batch.num_rows)
            kept.append(
                batch.take(pa.array([row - offset for row in wanted[first:last]], pa.int64()))
            )
            offset += batch.num_rows
    table = pa.Table.from_batches(kept, schema=file.schema_arrow)
    return table, np.array(wanted) + 1 if group_count == len(groups) else None


# CSV ----------------------------------------------------------------------------------------------


def _read_csv(path: Path, *, max_rows: int | None, max_cells: int | None) -> RawTable:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        size_bytes = path.stat().st_size
        large = size_bytes > WHOLE_CSV_BYTES
        if large and (text := _plain_head(head)) is not None:
            layout = find_layout(text, path=path)
            mark_bytes = len(head) - len(text)
            max_rows = row_limit(len(layout.names), max_rows, max_cells)
            if size_bytes > MOST_WHOLE_BYTES:
                layout, max_rows = _bounded(file, layout, size_bytes, max_rows)
            if max_rows is not None and not _has_line_breaks_in_quotes(path, layout.delimiter):
                body, row_count = _csv_blocks(
                    path, start=layout.body + mark_bytes, max_rows=max_rows
                )
                table = read_body(body, layout, path=path, lines_known=False)
                return _thinned(replace(table, row_count=row_count, rows=None), max_rows)
            # Unmapped when Arrow's last view of it is gone: closing it here would be too soon.
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            start = layout.body + mark_bytes
            if max_rows is None:
                return read_body(mapped, layout, path=path, start=start)
            return read_thinned(mapped, layout, path=path, start=start, max_rows=max_rows)
    raw, notes = as_utf8(path.read_bytes(), path=path)
    layout = find_layout(raw[:HEAD_BYTES], path=path)
    layout = replace(layout, notes=(*notes, *layout.notes))
    table = read_body(raw, layout, path=path, start=layout.body)
    return _thinned(table, row_limit(len(layout.names), max_rows, max_cells))


def _bounded(
    file: Any, layout: Layout, size_bytes: int, max_rows: int | None
) -> tuple[Layout, int]:
    """Bound the rows of a very large file by the bytes that they take, and say so."""
    file.seek(layout.body)
    sample = file.read(1_000_000)
    line_bytes = len(sample) / max(1, sample.count(b"\n"))
    most = max(MIN_KEPT_ROWS, int(MOST_WHOLE_BYTES / line_bytes))
    if max_rows is not None and max_rows <= most:
        return layout, max_rows
    note = (
        f"{size_bytes / 1e9:,.1f} GB, more than {MOST_WHOLE_BYTES / 1e9:.0f}: about {most:,} rows "
        "were looked at, spread evenly over the file"
    )
    return replace(layout, notes=(*layout.notes, note)), most


def row_limit(column_count: int, max_rows: int | None, max_cells: int | None) -> int | None:
    """Return how many rows of a table may be kept; null for all."""
    limits = [] if max_rows is None else [max_rows]
    if max_cells is not None:
        limits.append(max(MIN_KEPT_ROWS, max_cells // max(1, column_count)))
    return min(limits, default=None)


def evenly_spaced(row_count: int, kept_count: int) -> list[int]:
    """Return `kept_count` row numbers spread evenly over `row_count` rows, in order.

    One at random from each of as many equal stretches, the same each time: a fixed step would fall
    in step with whatever repeats in the data, the hours of the day above all.
    """
    rng = random.Random(0)
    edges = [i * row_count // kept_count for i in range(kept_count + 1)]
    return [rng.randrange(start, end) for start, end in itertools.pairwise(edges)]


def _plain_head(head: bytes) -> bytes | None:
    """The head of a large file in UTF-8 without its mark; None where it is in another encoding."""
    text = head.removeprefix(b"\xef\xbb\xbf")
    try:
        text[: text.rfind(b"\n") + 1].decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if b"\x00" in text else text


def _thinned(table: RawTable, max_rows: int | None) -> RawTable:
    """Keep rows that are spread evenly."""
    import pyarrow as pa

    count = len(next(iter(table.columns.values())))
    if max_rows is None or count <= max_rows:
        return table
    kept = np.array(evenly_spaced(count, max_rows))
    columns = {name: column.take(pa.array(kept)) for name, column in table.columns.items()}
    return replace(table, columns=columns, rows=None if table.rows is None else table.rows[kept])


def _has_line_breaks_in_quotes(path: Path, delimiter: str) -> bool:
    """Tell from the head whether a record may span lines, so that lines cannot be cut blindly."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        lines = file.read(1_000_000).splitlines(keepends=True)[:-1]
    return '"' in "".join(lines) and len(list(csv.reader(lines, delimiter=delimiter))) != len(lines)


def _csv_blocks(path: Path, *, start: int, max_rows: int) -> tuple[bytes, int]:
    """Read blocks of whole lines from places spread over the file."""
    size_bytes = path.stat().st_size
    with path.open("rb") as file:
        start_bytes = start
        file.seek(start_bytes)
        sample = file.read(1_000_000)
        line_bytes = len(sample) / max(1, sample.count(b"\n"))
        block_bytes = int(max_rows / BLOCK_COUNT * line_bytes) + 1
        parts: list[bytes] = []
        for block in range(BLOCK_COUNT):
            file.seek(start_bytes + block * (size_bytes - start_bytes) // BLOCK_COUNT)
            if block:
                file.readline()
            text = file.read(block_bytes) + file.readline()
            parts.append(text if text.endswith(b"\n") else text + b"\n")
        if size_bytes > COUNT_LINES_BYTES:
            row_count = int((size_bytes - start_bytes) / line_bytes)
        else:
            row_count = _count_lines(path, start=start_bytes)
    return b"".join(parts), row_count


def _count_lines(path: Path, *, start: int) -> int:
    count, last = 0, b"\n"
    with path.open("rb") as file:
        file.seek(start)
        while block := file.read(8_000_000):
            count += block.count(b"\n")
            last = block[-1:]
    return count + (last != b"\n")


def _refuse_duplicates(path: Path, names: list[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise DataError(
                f"{path}: data.path: column {name!r} occurs more than once: rename one of them"
            )
        seen.add(name)


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0][:200] or type(error).__name__
