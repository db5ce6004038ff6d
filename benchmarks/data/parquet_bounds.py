"""What a Parquet file takes in memory, before it is taken: a kilobyte may stand for gigabytes."""

from pathlib import Path
from typing import Any, Final

from benchmarks.errors import DataError

MOST_DECODED_BYTES: Final = 8 * 2**30
"""A Parquet file that grows beyond this in memory is not read. [B]"""

SURE_BYTES: Final = 2**30
"""What a column cannot grow beyond is not looked at further. [B]"""


def short_columns(path: Path) -> list[str]:
    """Return the columns of texts that the file writes once and refers to, and that may be large.

    They are read as references first: each of a thousand may stand for a text of 20 MB.

    Raises:
        DataError: pages of the file take more memory than a table may.
    """
    import pyarrow.parquet as pq
    from pyarrow import types

    metadata = pq.read_metadata(path)
    total = 0
    short: set[str] = set()
    fields = {field.name: field.type for field in metadata.schema.to_arrow_schema()}
    for group in range(metadata.num_row_groups):
        row_group = metadata.row_group(group)
        for place in range(row_group.num_columns):
            column = row_group.column(place)
            total += column.total_uncompressed_size
            kind = fields.get(column.path_in_schema)
            text = kind is not None and (types.is_string(kind) or types.is_binary(kind))
            most = column.num_values * column.total_uncompressed_size
            if text and column.has_dictionary_page and most > SURE_BYTES:
                short.add(column.path_in_schema)
    if total > MOST_DECODED_BYTES:
        raise _too_large(path, total)
    return sorted(short)


def written_out(table: Any, short: list[str], *, path: Path) -> Any:
    """Return a table with its references replaced by the texts themselves.

    Raises:
        DataError: they would take more memory than a table may.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    total = 0
    for place, name in enumerate(table.column_names):
        kind = table.schema.types[place]
        if not pa.types.is_dictionary(kind) or not _is_long(kind.value_type):
            continue
        column = table.column(place)
        for chunk in column.chunks:
            lengths = pc.binary_length(chunk.dictionary).cast(pa.int64())
            total += pc.sum(lengths.take(chunk.indices)).as_py() or 0
        if total > MOST_DECODED_BYTES:
            raise _too_large(path, total)
        if name in short:
            is_text = pa.types.is_string(kind.value_type)
            whole = column.cast(pa.large_string() if is_text else pa.large_binary())
            table = table.set_column(place, name, whole)
    return table


def _is_long(kind: Any) -> bool:
    """Whether values of a type are as long as they like."""
    from pyarrow import types

    binary = types.is_binary(kind) or types.is_large_binary(kind)
    return bool(binary or types.is_string(kind) or types.is_large_string(kind))


def _too_large(path: Path, size_bytes: int) -> DataError:
    return DataError(
        f"{path}: data.path: the table takes {size_bytes / 2**30:,.0f} GiB in memory, more than "
        f"{MOST_DECODED_BYTES / 2**30:.0f}: keep fewer rows, or leave out the long texts"
    )
