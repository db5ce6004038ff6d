"""Bytes of a text in any encoding -> UTF-8, or one error that says what they are."""

from pathlib import Path
from typing import Final

from benchmarks.errors import DataError

BOMS: Final = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
"""Marks at the start of a file that name its encoding, longest first where one begins another."""


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
