"""CSV and Parquet files -> a data frame, with a bounded number of rows where asked.

A sample is spread evenly over the file and keeps its order, so that a file sorted by time stays so.
Reading is bounded in memory and time by the sample, not by the file.
"""

import bisect
import csv
import io
import itertools
import random
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.errors import DataError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

SNIFF_BYTES = 65_536
"""Head of a file that tells what it is. [B]"""

WHOLE_CSV_BYTES = 64_000_000
"""A CSV up to this size is read whole even for a sample. [B]"""

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

DELIMITERS = ",;\t|"

HEAD_LINES = 20
"""Lines that are looked at to tell what separates the columns."""

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


@dataclass(frozen=True)
class Table:
    """Rows of a file."""

    frame: "pd.DataFrame"
    row_count: int
    """Rows in the whole file; counted, or estimated for very large CSV files."""


def read_table(path: Path, *, max_rows: int | None = None, max_cells: int | None = None) -> Table:
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
        if found or b"\x00" in head:
            raise DataError(
                f"{path}: data.path: the content is {found or 'binary, not text'}: "
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


def _read_parquet(path: Path, *, max_rows: int | None, max_cells: int | None) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            row_count = file.metadata.num_rows
            _refuse_duplicates(path, file.schema_arrow.names)
            max_rows = row_limit(len(file.schema_arrow.names), max_rows, max_cells)
            if max_rows is None or row_count <= max_rows:
                frame = file.read().to_pandas()
            else:
                frame = _parquet_sample(file, max_rows=max_rows)
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(
            f"{path}: data.path: the Parquet file is damaged ({_first_line(error)}): "
            "export the table again"
        ) from None
    return Table(frame=frame.reset_index(drop=True), row_count=row_count)


def _parquet_sample(file: Any, *, max_rows: int) -> "pd.DataFrame":
    """Keep one row in each stretch of k, from row groups that are spread over the file."""
    import pandas as pd

    groups = [file.metadata.row_group(i).num_rows for i in range(file.metadata.num_row_groups)]
    row_budget = PARQUET_READ_CELLS // max(1, file.metadata.num_columns)
    wanted_count = max(MIN_GROUP_COUNT, row_budget * len(groups) // max(1, sum(groups)))
    group_count = min(len(groups), wanted_count)
    last_group = len(groups) - 1
    chosen = [i * last_group // max(1, group_count - 1) for i in range(group_count)]
    read_count = sum(groups[i] for i in chosen)
    wanted = evenly_spaced(read_count, min(max_rows, read_count))
    kept: list[pd.DataFrame] = []
    offset = 0
    for group in chosen:  # one at a time: pyarrow keeps what it read of all groups it was given
        for batch in file.iter_batches(batch_size=65_536, row_groups=[group]):
            first = bisect.bisect_left(wanted, offset)
            last = bisect.bisect_left(wanted, offset + batch.num_rows)
            kept.append(batch.take([row - offset for row in wanted[first:last]]).to_pandas())
            offset += batch.num_rows
    return pd.concat(kept, ignore_index=True)


# CSV ----------------------------------------------------------------------------------------------


def _read_csv(path: Path, *, max_rows: int | None, max_cells: int | None) -> Table:
    import pandas as pd

    header, delimiter = _csv_header(path)
    _refuse_duplicates(path, header)
    max_rows = row_limit(len(header), max_rows, max_cells)
    large = path.stat().st_size > WHOLE_CSV_BYTES
    try:
        if max_rows is None or not large:
            frame = pd.read_csv(
                path, sep=delimiter, low_memory=False, encoding="utf-8-sig", index_col=False
            )
            row_count = len(frame)
        elif _has_line_breaks_in_quotes(path, delimiter):
            frame, row_count = _csv_chunks(path, delimiter=delimiter, max_rows=max_rows)
        else:
            text, row_count = _csv_blocks(path, max_rows=max_rows)
            frame = pd.read_csv(io.StringIO(text), sep=delimiter, low_memory=False, index_col=False)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: data.path: byte {error.start} is not UTF-8: save the file as UTF-8"
        ) from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error) as error:
        raise DataError(
            f"{path}: data.path: not a regular CSV table ({_first_line(error)}): "
            "each line needs as many fields as the header"
        ) from None
    if max_rows is not None and len(frame) > max_rows:
        frame = frame.iloc[evenly_spaced(len(frame), max_rows)]
    return Table(frame=frame.reset_index(drop=True), row_count=row_count)


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


def _csv_header(path: Path) -> tuple[list[str], str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            head = [file.readline(SNIFF_BYTES) for _ in range(HEAD_LINES)]
    except UnicodeDecodeError:
        raise DataError(
            f"{path}: data.path: the content is not UTF-8 text: save the file as UTF-8"
        ) from None
    delimiter = _delimiter(head)
    names = next(csv.reader(head[:1], delimiter=delimiter), [])
    return [name.strip() for name in names], delimiter


def _delimiter(head: list[str]) -> str:
    """Return what separates the columns: what cuts every line into as many, else the most common.

    A name of a column may hold any of them: `a|b,c` is two columns.
    """
    counts = {}
    for delimiter in DELIMITERS:
        try:
            lengths = {len(row) for row in csv.reader(head, delimiter=delimiter) if row}
        except csv.Error:
            lengths = set()
        counts[delimiter] = lengths.pop() if len(lengths) == 1 else 0
    if max(counts.values()) > 1:
        return max(DELIMITERS, key=counts.__getitem__)
    return max(DELIMITERS, key=head[0].count)


def _has_line_breaks_in_quotes(path: Path, delimiter: str) -> bool:
    """Tell from the head whether a record may span lines, so that lines cannot be cut blindly."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        lines = file.read(1_000_000).splitlines(keepends=True)[:-1]
    return '"' in "".join(lines) and len(list(csv.reader(lines, delimiter=delimiter))) != len(lines)


def _csv_chunks(path: Path, *, delimiter: str, max_rows: int) -> tuple["pd.DataFrame", int]:
    """Read the whole file in chunks and thin them out by lot as they come."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(0)
    kept: list[tuple[pd.DataFrame, np.ndarray[Any, Any]]] = []
    share, row_count = 1.0, 0
    for chunk in pd.read_csv(
        path, sep=delimiter, chunksize=100_000, encoding="utf-8-sig", index_col=False
    ):
        lot = rng.random(len(chunk))
        kept.append((chunk[lot < share], lot[lot < share]))
        row_count += len(chunk)
        while sum(len(part) for part, _ in kept) > 2 * max_rows:
            share /= 2
            kept = [(part[lot < share], lot[lot < share]) for part, lot in kept]
    return pd.concat([part for part, _ in kept]), row_count


def _csv_blocks(path: Path, *, max_rows: int) -> tuple[str, int]:
    """Read blocks of whole lines from places spread over the file."""
    size_bytes = path.stat().st_size
    with path.open("rb") as file:
        header = file.readline()
        start_bytes = file.tell()
        sample = file.read(1_000_000)
        line_bytes = len(sample) / max(1, sample.count(b"\n"))
        block_bytes = int(max_rows / BLOCK_COUNT * line_bytes) + 1
        parts = [header.removeprefix(b"\xef\xbb\xbf")]
        for block in range(BLOCK_COUNT):
            file.seek(start_bytes + block * (size_bytes - start_bytes) // BLOCK_COUNT)
            if block:
                file.readline()
            text = file.read(block_bytes) + file.readline()
            parts.append(text if text.endswith(b"\n") else text + b"\n")
        if size_bytes > COUNT_LINES_BYTES:
            row_count = int((size_bytes - start_bytes) / line_bytes)
        else:
            row_count = _count_lines(path) - 1
    return b"".join(parts).decode("utf-8"), row_count


def _count_lines(path: Path) -> int:
    count, last = 0, b"\n"
    with path.open("rb") as file:
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
