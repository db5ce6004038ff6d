"""What a user knows of their traffic: counts per minute, an access log, a CloudWatch export.

Three forms, told apart by their content: a CSV with a time and a count per line, the Common Log
Format of a web server (one line per request), and the JSON of `aws cloudwatch get-metric-data` or
`get-metric-statistics`. All become counts per minute, without gaps.
"""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from advisor.errors import AdvisorError

MAX_FILE_BYTES = 2_000_000_000
"""Larger files are refused. [B]"""

MAX_MINUTES = 60 * 24 * 400
"""A record of more than 400 days is refused: a wrong time in one line makes one. [min]"""

BAD_SHARE = 0.05
"""More lines than this that cannot be read mean that it is another kind of file. [fraction]"""

LOG_TIME = re.compile(r"\[(\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4})\]")
LOG_FORMAT = "%d/%b/%Y:%H:%M:%S %z"


class TrafficFileError(AdvisorError):
    """A file that holds no traffic that we can read."""


class Counts(NamedTuple):
    """Requests of each minute."""

    first: datetime
    """First minute, UTC."""
    counts: NDArray[np.float64]
    """Requests per minute, empty minutes as 0."""
    kind: str
    """What the file was: `csv`, `access log` or `cloudwatch`."""
    notes: tuple[str, ...]
    """What a reader must know."""


def read_traffic(path: Path) -> Counts:
    """Read a record of traffic, whatever its form.

    Raises:
        TrafficFileError: one line that says what is wrong and what is wanted.
    """
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise TrafficFileError(
                f"{path}: {size:,} bytes, at most {MAX_FILE_BYTES:,}: cut it to a few weeks"
            )
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            return _read(file, path)
    except OSError as error:
        raise TrafficFileError(f"{path}: cannot be read: {error.strerror}") from None


def _read(file: Any, path: Path) -> Counts:
    head = list(islice(file, 20))
    if not any(line.strip() for line in head):
        raise TrafficFileError(f"{path}: is empty: give counts per minute or an access log")
    start = next(line for line in head if line.strip()).lstrip("\ufeff \t")
    if start.startswith(("{", "[{")) or start.strip() in {"{", "["}:
        return _collect(_cloudwatch("".join(chain(head, file)), path), path, "cloudwatch", 0)
    lines = _Lines(chain(head, file))
    if any(LOG_TIME.search(line) for line in head):
        found = _collect(_log_lines(lines), path, "access log", lines)
    else:
        found = _collect(_csv_lines(lines, path), path, "csv", lines)
    return found


class _Lines:
    """Counts lines, and those that could not be read."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines, self.count, self.bad = lines, 0, 0

    def __iter__(self) -> Iterator[str]:
        for line in self.lines:
            if line.strip():
                self.count += 1
                yield line


Entry = tuple[datetime, float]


def _log_lines(lines: _Lines) -> Iterator[Entry]:
    cache: dict[str, datetime] = {}
    for line in lines:
        match = LOG_TIME.search(line)
        if match is None:
            lines.bad += 1
            continue
        text = match.group(1)
        minute = text[:17] + text[20:]
        if minute not in cache:
            try:
                cache[minute] = datetime.strptime(text, LOG_FORMAT)  # noqa: DTZ007  # %z is in it
            except ValueError:
                lines.bad += 1
                continue
        yield cache[minute], 1.0


def _csv_lines(lines: _Lines, path: Path) -> Iterator[Entry]:
    is_first = True
    for line in lines:
        cells = next(csv.reader([line.lstrip("\ufeff")], delimiter=_delimiter(line)))
        try:
            yield _time(cells[0]), _count(cells[1])
        except (ValueError, IndexError) as error:
            if not is_first:  # a heading
                lines.bad += 1
                if lines.bad == lines.count - 1 and lines.bad > 5:
                    raise TrafficFileError(
                        f"{path}: line {lines.count}: {error}: give lines such as "
                        "'2026-07-01 09:00,1234': a minute and its requests"
                    ) from None
        is_first = False


def _delimiter(line: str) -> str:
    return next((mark for mark in (",", ";", "\t") if mark in line), ",")


def _time(text: str) -> datetime:
    text = text.strip()
    if re.fullmatch(r"\d{10}(\.\d+)?", text):
        return datetime.fromtimestamp(float(text), UTC)
    at = datetime.fromisoformat(text)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _count(text: str) -> float:
    value = float(text.strip() or "0")
    if not (0 <= value < 1e12):
        raise ValueError(f"{text.strip()!r} is no number of requests")
    return value


def _cloudwatch(text: str, path: Path) -> Iterator[Entry]:
    try:
        document = json.loads(text)
        results = document.get("MetricDataResults") if isinstance(document, dict) else None
        if results is not None:
            for result in results:
                for stamp, value in zip(result["Timestamps"], result["Values"], strict=True):
                    yield _time(str(stamp)), _count(str(value))
            return
        points = document["Datapoints"] if isinstance(document, dict) else document
        for point in points:
            yield _time(str(point["Timestamp"])), _count(str(point["Sum"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TrafficFileError(
            f"{path}: is not an export of CloudWatch ({type(error).__name__}: {error}): use "
            "'aws cloudwatch get-metric-data' or get-metric-statistics with the statistic Sum and "
            "a period of 60 s"
        ) from None


def _collect(entries: Iterator[Entry], path: Path, kind: str, lines: "_Lines | int") -> Counts:
    """Add entries up by the minute."""
    amounts: dict[int, float] = {}
    for at, count in entries:
        minute = int(at.timestamp() // 60)
        amounts[minute] = amounts.get(minute, 0.0) + count
    bad, total = (lines.bad, lines.count) if isinstance(lines, _Lines) else (0, 0)
    if not amounts:
        raise TrafficFileError(
            f"{path}: no line of it is a time and a count, or an access log's: give lines such as "
            "'2026-07-01 09:00,1234'"
        )
    if total and bad > BAD_SHARE * total:
        raise TrafficFileError(f"{path}: {bad:,} of {total:,} lines cannot be read: as {kind}")
    low, high = min(amounts), max(amounts)
    if high - low >= MAX_MINUTES:
        raise TrafficFileError(
            f"{path}: from {_iso(low)} to {_iso(high)}: more than 400 days; is a time wrong?"
        )
    notes = [f"{bad:,} lines could not be read and are left out"] if bad else []
    step = _step_minutes(sorted(amounts)) if kind != "access log" else 1
    counts = np.zeros(high - low + step)
    for minute, amount in amounts.items():
        counts[minute - low : minute - low + step] += amount / step
    empty = counts.size - step * len(amounts)
    if kind != "access log" and empty > 0:
        notes.append(f"{empty:,} minutes have no count: taken as minutes without a request")
    if step > 1:
        notes.append(f"counts of {step} minutes each, spread evenly: bursts within are not seen")
    return Counts(
        first=datetime.fromtimestamp(low * 60, UTC), counts=counts, kind=kind, notes=tuple(notes)
    )


def _step_minutes(minutes: list[int]) -> int:
    """Return the period of the counts: the most frequent gap, at most an hour. [min]"""
    gaps = Counter(b - a for a, b in pairwise(minutes))
    if not gaps:
        return 1
    return max(1, min(60, gaps.most_common(1)[0][0]))


def _iso(minute: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)).isoformat()
