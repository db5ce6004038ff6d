"""Requests and answers on the wire: JSON, CSV, and numpy's binary format."""

import io
import json
import math
from typing import Any

from benchmarks.serving.package import Package

JSON_TYPE, CSV_TYPE, BINARY_TYPE = "application/json", "text/csv", "application/x-npy"
TYPES = (JSON_TYPE, CSV_TYPE, BINARY_TYPE)


LARGEST = 1.7976931348623157e308
"""Largest number that a float holds."""

MOST_BITS = 4_096
MOST_SHOWN = 60
MOST_HEADER_BYTES = 10_000
"""Of an .npy array; numpy reads such a header with Python's parser. [B]"""


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
    _require_values(rows, package)
    return rows


def _require_values(rows: Any, package: Package) -> None:
    """Refuse what no model can take, before the model sees it: its failure would be ours.

    Raises:
        PayloadError: a number that is none or is not finite, a text that is no text.
    """
    if not isinstance(rows, list):
        import numpy as np

        if np.isinf(rows).any():
            raise PayloadError("a number is infinite: send finite ones, or NaN for a missing one")
        return
    kinds = list(package.kinds.items())
    for row in rows:
        for value, (name, kind) in zip(row, kinds, strict=True):
            _require_value(value, kind=kind, name=name)


def _require_value(value: Any, *, kind: str, name: str) -> None:
    if value is None:
        return
    if kind == "number":
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise PayloadError(f"{name}: a number is wanted, or null, found {_shown(value)}")
        if abs(value) > LARGEST:
            raise PayloadError(f"{name}: {_shown(value)} is no number that fits: send a finite one")
    elif isinstance(value, list | dict):
        raise PayloadError(f"{name}: one value is wanted, found {_shown(value)}")
    elif isinstance(value, str) and not value.isascii() and not _is_text(value):
        raise PayloadError(f"{name}: a text that cannot be written as UTF-8")
    elif isinstance(value, float) and not math.isfinite(value):
        raise PayloadError(f"{name}: {_shown(value)} is no value: send null for a missing one")


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(value: Any) -> str:
    """Return a value as far as a message has room for it."""
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        return "a whole number of thousands of digits"
    return ascii(value)[:MOST_SHOWN]


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
    except RecursionError:
        raise PayloadError("the body is nested too deep: one list of values per row") from None
    rows = document.get("instances") if isinstance(document, dict) else document
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise PayloadError('send {"instances": [[...], ...]}: one list of values per row')
    return rows


def _binary_rows(body: bytes, package: Package) -> Any:
    import numpy as np

    if not package.all_numbers:
        raise PayloadError("this model has columns that are no numbers: send JSON", status=415)
    if not body.startswith(b"\x93NUMPY"):
        raise PayloadError("the body is not an .npy array: write it with numpy.save")
    _require_size(body)
    try:
        rows = np.load(io.BytesIO(body), allow_pickle=False, max_header_size=MOST_HEADER_BYTES)
    except (ValueError, EOFError, OSError, MemoryError, RecursionError, SyntaxError) as error:
        raise PayloadError(f"the body is not an .npy array: {ascii(error)[:200]}") from None
    if np.iscomplexobj(rows):
        raise PayloadError("complex numbers would lose their imaginary part: send real ones")
    if rows.ndim != 2 or not np.issubdtype(rows.dtype, np.number):
        raise PayloadError(f"an array of {rows.ndim} dimensions: send a matrix, a line per row")
    return rows.astype(float, copy=False)


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{text[:MOST_SHOWN]} is not finite")
    return value


def _require_size(body: bytes) -> None:
    """Refuse an array that says it is larger than the body, before room is made for it.

    Raises:
        PayloadError: the header is none, or says too much.
    """
    import numpy as np

    stream = io.BytesIO(body)
    try:
        version = np.lib.format.read_magic(stream)
        read = (
            np.lib.format.read_array_header_1_0
            if version == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        shape, _, dtype = read(stream, max_header_size=MOST_HEADER_BYTES)
    except Exception as error:  # noqa: BLE001 - numpy parses it as Python, which fails in any way
        raise PayloadError(f"the body is not an .npy array: {ascii(error)[:200]}") from None
    if math.prod(shape) * dtype.itemsize > len(body) or dtype.hasobject:
        raise PayloadError("the .npy array is not whole: its header says more than there is")


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
                    None if text == "" else _number(text) if kind == "number" else text
                    for text, kind in zip(line, kinds, strict=True)
                ]
            )
        except ValueError as error:
            raise PayloadError(f"a number is wanted: {error}") from None
    return rows
