"""Read columns of Parquet and CSV files batch by batch, added up by what tells rows apart.

However many rows there are, what is held is one batch and the sums: memory follows the number of
different things billed in a day, not the number of rows.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from advisor.imports.bills.form import BillError

BATCH_ROW_COUNT: Final = 65_536
"""Rows that are held at a time."""
BUFFER_BYTES: Final = 1 << 20
"""Bytes of a column that are read at a time; reading row groups whole would take 900 MiB. [B]"""
LATEST: Final = ("end", "span_s")
"""Columns of which a group keeps the largest: the end of its use, and how long one row is of."""
PARTIAL_COUNT: Final = 16
"""Batches whose sums wait to be added up."""

Columns = Mapping[str, str]
"""Normal name -> name in the file."""


class Sums(NamedTuple):
    """What the rows of some files add up to."""

    groups: list[dict[str, Any]]
    """Keys and sums of every group, with the largest of its `LATEST` columns."""
    totals: dict[str, float]
    """The sums of whole columns, added up apart from the groups."""
    row_count: int
    """Rows that were read."""
    kept_row_count: int
    """Rows that are in the groups."""


def plain_column(name: str) -> str:
    """Spell a column's name the same for the old and the new form.

    Example:
        >>> plain_column("lineItem/UsageType"), plain_column("reservation/ReservationARN")
        ('line_item_usage_type', 'reservation_reservation_a_r_n')
        >>> plain_column("resourceTags/user:Model")
        'resource_tags_user_model'
    """
    group, slash, rest = name.partition("/")
    if not slash:
        return name
    if group == "resourceTags":
        return "resource_tags_" + tag_name(rest)
    return "_".join(re.sub(r"(?<!^)(?=[A-Z])", "_", part).lower() for part in (group, rest))


def tag_name(key: str) -> str:
    """Spell a tag's key as columns and maps of the new form do: `user:Model` is `user_model`."""
    return re.sub(r"[^a-z0-9]", "_", key.lower())


def columns_of(path: Path) -> dict[str, str]:
    """Return a file's columns: as plain names, each with its name in the file.

    Raises:
        BillError: the file is neither Parquet nor CSV.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if is_parquet(path):
            names = pq.read_schema(path).names
        else:
            with _csv(path, None) as reader:
                names = reader.schema.names
    except (pa.ArrowException, OSError) as error:
        raise BillError(f"{path}: is no bill that can be read: {_first_line(error)}") from None
    return {plain_column(name): name for name in names}


def is_parquet(path: Path) -> bool:
    """Say whether a file is Parquet, by its first bytes."""
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def first_text(path: Path, names: Sequence[str]) -> str:
    """Return a file's first value of the first of some columns that it has; empty for none."""
    held = columns_of(path)
    for name in names:
        if name in held:
            batch = next(_batches(path, {name: held[name]}), None)
            return str(batch[name][0].as_py()) if batch is not None and batch.num_rows else ""
    return ""


def added_up(
    paths: Sequence[Path],
    *,
    wanted: Columns,
    prepare: Callable[[Any], Any],
    keys: Sequence[str],
    sums: Sequence[str],
) -> Sums:
    """Add up the rows of files by some keys.

    Args:
        paths: files of one form.
        wanted: columns to read.
        prepare: turns a batch with plain names into a table of the keys, the sums and `LATEST`.
        keys: columns of that table that tell groups apart.
        sums: columns of it that are added up.

    Raises:
        BillError: a file cannot be read.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    waiting: list[Any] = []
    totals = dict.fromkeys(sums, 0.0)
    row_count = kept = 0

    def merge(table: Any) -> Any:
        asked = [(name, "sum") for name in sums] + [(name, "max") for name in LATEST]
        found = table.group_by(list(keys), use_threads=False).aggregate(asked)
        names = [re.sub(r"_(sum|max)$", "", n) if n not in keys else n for n in found.column_names]
        return found.rename_columns(names)

    for path in paths:
        try:
            for batch in _batches(path, wanted):
                table = prepare(batch)
                row_count += batch.num_rows
                kept += table.num_rows
                for name in sums:
                    totals[name] += pc.sum(table[name]).as_py() or 0.0
                waiting.append(merge(table))
                if len(waiting) >= PARTIAL_COUNT:
                    waiting = [merge(pa.concat_tables(waiting))]
        except (pa.ArrowException, OSError) as error:
            raise BillError(f"{path}: cannot be read: {_first_line(error)}") from None
    groups = merge(pa.concat_tables(waiting)).to_pylist() if waiting else []
    return Sums(groups, totals, row_count, kept)


def _batches(path: Path, wanted: Columns) -> Iterator[Any]:
    """Yield batches of the wanted columns under their plain names."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    held = columns_of(path)
    names = {held[plain]: plain for plain in wanted if plain in held}
    if is_parquet(path):
        with pq.ParquetFile(path, buffer_size=BUFFER_BYTES, pre_buffer=False) as file:
            for batch in file.iter_batches(BATCH_ROW_COUNT, columns=list(names)):
                yield pa.table(batch.columns, names=[names[name] for name in batch.schema.names])
        return
    with _csv(path, list(names)) as reader:
        for batch in reader:
            yield pa.table(batch.columns, names=[names[name] for name in batch.schema.names])


def _csv(path: Path, columns: list[str] | None) -> Any:
    """Open a CSV file, compressed or not; every column as text, typed by who reads it."""
    import pyarrow as pa
    from pyarrow import csv

    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    stream = pa.input_stream(str(path), compression="gzip" if packed else None)
    if columns is None:
        read = csv.ReadOptions(block_size=1 << 20)
        return csv.open_csv(stream, read_options=read)
    return csv.open_csv(
        stream,
        read_options=csv.ReadOptions(block_size=4 << 20, use_threads=False),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            include_columns=columns,
            column_types=dict.fromkeys(columns, pa.string()),
            strings_can_be_null=True,
            null_values=["", "NULL", "null"],
        ),
    )


def text(table: Any, name: str) -> Any:
    """Return a column as text, empty where it is missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if name not in table.column_names:
        return pa.array([""] * 1).take(pa.array([0] * table.num_rows, pa.int64()))
    column = table[name]
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return pc.fill_null(column.cast(pa.string()), "")


def number(table: Any, name: str) -> Any:
    """Return a column as numbers, 0 where it is missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if name not in table.column_names:
        return pc.multiply(pa.array(range(table.num_rows), pa.float64()), 0.0)
    return pc.fill_null(table[name].cast(pa.float64()), 0.0)


def moment(table: Any, name: str) -> Any:
    """Return a column of moments in UTC; text is taken as `2026-09-01T00:00:00Z` or alike."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = table[name]
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.timestamp("s"), safe=False)
    if pa.types.is_date(column.type):
        return column.cast(pa.timestamp("s"))
    short = pc.replace_substring(pc.utf8_slice_codeunits(column, 0, 19), "T", " ")
    return short.cast(pa.timestamp("s"))


def span_s(start: Any, end: Any) -> Any:
    """Return how long each row is of. [s]"""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.subtract(end, start).cast(pa.int64())


def day_of(moments: Any) -> Any:
    """Return the day of moments."""
    import pyarrow as pa

    return moments.cast(pa.date32(), safe=False)


def tag_values(table: Any, *, key: str, maps: Sequence[str]) -> Any:
    """Return the value of one tag of each row, empty where it has none.

    Args:
        table: a batch.
        key: the tag's key, as the user set it.
        maps: columns that may hold all tags: pairs in Parquet, JSON in CSV.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    plain = f"resource_tags_user_{tag_name(key)}"
    found = text(table, plain)
    for name in maps:
        if name not in table.column_names:
            continue
        column = table[name]
        if pa.types.is_map(column.type):
            for spelled in dict.fromkeys((f"user_{tag_name(key)}", key, f"user:{key}")):
                value = pc.map_lookup(column, pa.scalar(spelled), "first")
                value = pc.fill_null(value.cast(pa.string()), "")
                if pc.any(pc.not_equal(value, "")).as_py():
                    found = pc.if_else(pc.equal(found, ""), value, found)
                    break  # an export spells its keys one way
            continue
        coded = text(table, name).combine_chunks().dictionary_encode()
        coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
        values = [_tag_of_json(words, key) for words in coded.dictionary.to_pylist()]
        value = pa.array(values, pa.string()).take(coded.indices)
        found = pc.if_else(pc.equal(found, ""), value, found)
    return found


def _tag_of_json(words: str, key: str) -> str:
    import json

    try:
        tags = json.loads(words) if words else {}
    except ValueError:
        return ""
    if isinstance(tags, list):  # a map, written as its pairs
        tags = {pair.get("key"): pair.get("value") for pair in tags if isinstance(pair, dict)}
    if not isinstance(tags, dict):
        return ""
    wanted = {tag_name(key), f"user_{tag_name(key)}"}
    return next((str(v) for k, v in tags.items() if tag_name(str(k)) in wanted and v), "")


def matches(column: Any, pattern: str) -> Any:
    """Say of each row whether a pattern is in its text, looking at each different text once."""
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    coded = pc.dictionary_encode(whole)
    return pc.match_substring_regex(coded.dictionary, pattern).take(coded.indices)


def has_words(table: Any, name: str, words: str | None) -> Any:
    """Say of each row whether a column holds some words, in capitals or not."""
    import pyarrow.compute as pc

    return pc.match_substring(text(table, name), words or "\x00", ignore_case=True)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200]
