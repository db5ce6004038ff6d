"""Requests and answers on the wire: JSON, CSV, and numpy's binary format."""

import io
import json
from typing import Any

from benchmarks.serving.package import Package

JSON_TYPE, CSV_TYPE, BINARY_TYPE = "application/json", "text/csv", "application/x-npy"
TYPES = (JSON_TYPE, CSV_TYPE, BINARY_TYPE)


class PayloadError(Exception):
    """A request that cannot be answered: its message is for the client."""

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def read_rows(body: bytes, content_type: str, package: Package) -> Any:
    """Return the rows of a request: lists of values, or a matrix of numbers.

    Raises:
        PayloadError: the body is not what its type says, or not rows of this model.
    """
    kind = content_type.partition(";")[0].strip().lower() or JSON_TYPE
    if kind == JSON_TYPE:
        rows = _json_rows(body)
    elif kind == BINARY_TYPE:
        rows = _binary_rows(body, package)
    elif kind == CSV_TYPE:
        rows = _csv_rows(body, package)
    else:
        raise PayloadError(f"content type {kind!r}: send one of {', '.join(TYPES)}", status=415)
    width = len(package.kinds)
    wrong = next((len(row) for row in rows if len(row) != width), None)
    if wrong is not None:
        raise PayloadError(f"a row of {wrong} values, the model takes {width}: check the columns")
    if len(rows) == 0:
        raise PayloadError("no rows: send at least one")
    return rows


def write_answers(answers: list[Any], accept: str) -> tuple[bytes, str]:
    """Return the body of an answer and its type: binary where the client asks for it, else JSON."""
    if BINARY_TYPE in accept:
        import numpy as np

        buffer = io.BytesIO()
        np.save(buffer, np.asarray(answers), allow_pickle=False)
        return buffer.getvalue(), BINARY_TYPE
    return json.dumps({"predictions": answers}).encode(), JSON_TYPE


def encode_rows(rows: list[list[Any]], content_type: str = JSON_TYPE) -> bytes:
    """Return the body of a request, as a client would write it."""
    if content_type == BINARY_TYPE:
        import numpy as np

        buffer = io.BytesIO()
        np.save(buffer, np.asarray(rows, dtype=float), allow_pickle=False)
        return buffer.getvalue()
    return json.dumps({"instances": rows}).encode()


def _json_rows(body: bytes) -> Any:
    try:
        document = json.loads(body)
    except ValueError as error:
        raise PayloadError(f"the body is not JSON: {error}") from None
    rows = document.get("instances") if isinstance(document, dict) else document
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise PayloadError('send {"instances": [[...], ...]}: one list of values per row')
    return rows


def _binary_rows(body: bytes, package: Package) -> Any:
    import numpy as np

    if not package.all_numbers:
        raise PayloadError("this model has columns that are no numbers: send JSON", status=415)
    try:
        rows = np.load(io.BytesIO(body), allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise PayloadError(f"the body is not an .npy array: {error}") from None
    if rows.ndim != 2 or not np.issubdtype(rows.dtype, np.number):
        raise PayloadError(f"an array of {rows.ndim} dimensions: send a matrix, a line per row")
    return rows.astype(float, copy=False)


def _csv_rows(body: bytes, package: Package) -> Any:
    import csv

    try:
        lines = list(csv.reader(io.StringIO(body.decode())))
    except (UnicodeDecodeError, csv.Error) as error:
        raise PayloadError(f"the body is not CSV: {error}") from None
    kinds = list(package.kinds.values())
    rows: list[list[Any]] = []
    for line in filter(None, lines):
        if len(line) != len(kinds):
            raise PayloadError(f"a row of {len(line)} values, the model takes {len(kinds)}")
        try:
            rows.append(
                [
                    None if text == "" else float(text) if kind == "number" else text
                    for text, kind in zip(line, kinds, strict=True)
                ]
            )
        except ValueError as error:
            raise PayloadError(f"a number is wanted: {error}") from None
    return rows
