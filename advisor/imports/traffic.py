"""What a user knows of their traffic: counts per minute, an access log, a CloudWatch export.

Three forms, told apart by their content: a CSV with a time and a count per line, the Common Log
Format of a web server (one line per request), and the JSON of `aws cloudwatch get-metric-data` or
`get-metric-statistics`. All become counts per minute, without gaps.
"""

import csv
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from advisor.errors import AdvisorError
from benchmarks.data.time_order import outside_bulk
from benchmarks.errors import DataError

MAX_FILE_BYTES = 2_000_000_000
"""Larger files are refused. [B]"""

MAX_MINUTES = 60 * 24 * 400
"""A record of more than 400 days is refused: a wrong time in one line makes one. [min]"""

BAD_SHARE = 0.05
"""More lines than this that cannot be read mean that it is another kind of file. [fraction]"""

LEAST_TOGETHER = 3
"""Unreadable lines of which most stand side by side are no accident: they stop the file."""

LONG_STEP_MINUTES = 60
"""From here on a count may as well be of one minute of several: a metric without data points where
nothing was asked. [min]"""

MONTH_SPREAD = 1.15
"""Months differ by so much: their counts are spread up to the next one. [fraction]"""

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


def read_traffic(path: Path, *, period_minutes: int | None = None) -> Counts:
    """Read a record of traffic, whatever its form.

    Args:
        path: of the file.
        period_minutes: minutes that each count is of; told by the times when None. [min]

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
            return _read(file, path, period_minutes)
    except OSError as error:
        raise TrafficFileError(f"{path}: cannot be read: {error.strerror}") from None
    except DataError as error:
        raise TrafficFileError(str(error)) from None


def _read(file: Any, path: Path, period_minutes: int | None) -> Counts:
    head = list(islice(file, 20))
    if not any(line.strip() for line in head):
        raise TrafficFileError(f"{path}: is empty: give counts per minute or an access log")
    start = next(line for line in head if line.strip()).lstrip("\ufeff \t")
    lines = _Lines(chain(head, file))
    if start.startswith(("{", "[{")) or start.strip() in {"{", "["}:
        entries: Iterable[Entry] = _cloudwatch("".join(chain(head, file)), path)
        kind = "cloudwatch"
    elif any(LOG_TIME.search(line) for line in head):
        entries, kind = _log_lines(lines), "access log"
    else:
        entries, kind = _csv_entries(lines, path), "csv"
    return _collect(entries, path, kind, lines, period_minutes)


class _Lines:
    """Counts lines, and those that could not be read."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines, self.count, self.number = lines, 0, 0
        self.bad: list[tuple[int, str]] = []
        """Line number and content of lines that could not be read."""
        self.notes: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self.lines:
            self.number += 1
            if line.strip():
                self.count += 1
                yield line

    def refuse(self, line: str, number: int | None = None) -> None:
        """Note a line that could not be read."""
        self.bad.append((self.number if number is None else number, line.strip()[:60]))

    def check(self, path: Path, kind: str) -> list[str]:
        """Return what is to be said of lines that were left out.

        Raises:
            TrafficFileError: they are too many, or stand together: what they say is missing.
        """
        if not self.bad:
            return self.notes
        number, text = self.bad[0]
        where = f"the first is line {number:,}: {text!r}"
        if len(self.bad) > BAD_SHARE * self.count:
            raise TrafficFileError(
                f"{path}: {len(self.bad):,} of {self.count:,} lines cannot be read as {kind}: "
                f"{where}"
            )
        numbers = [number for number, _ in self.bad]
        near = sum(later - earlier <= 2 for earlier, later in pairwise(numbers))
        if len(numbers) >= LEAST_TOGETHER and near >= len(numbers) / 2:
            raise TrafficFileError(
                f"{path}: {len(self.bad):,} lines that stand together cannot be read as {kind}: "
                f"{where}; write these counts like the others"
            )
        words = "line" if len(self.bad) == 1 else "lines"
        return [*self.notes, f"{len(self.bad):,} {words} could not be read, left out: {where}"]


Entry = tuple[datetime, float]


def _log_lines(lines: _Lines) -> Iterator[Entry]:
    cache: dict[str, datetime] = {}
    for line in lines:
        match = LOG_TIME.search(line)
        if match is None:
            lines.refuse(line)
            continue
        text = match.group(1)
        minute = text[:17] + text[20:]
        if minute not in cache:
            try:
                cache[minute] = datetime.strptime(text, LOG_FORMAT)  # noqa: DTZ007  # %z is in it
            except ValueError:
                lines.refuse(line)
                continue
        yield cache[minute], 1.0


# CSV ----------------------------------------------------------------------------------------------


def _csv_entries(lines: _Lines, path: Path) -> Iterator[Entry]:
    """Times and counts of a table, in any form that data files may have them."""
    cells: list[tuple[int, str, list[str]]] = []
    delimiter = None
    for line in lines:
        text = line.lstrip("\ufeff")
        delimiter = delimiter or _delimiter(text)
        cells.append((lines.number, text, next(csv.reader([text], delimiter=delimiter), [])))
    width = Counter(len(row) for _, _, row in cells[1:] or cells).most_common(1)[0][0]
    if width < 2:
        raise TrafficFileError(
            f"{path}: line {cells[0][0]}: no line of it is a time and a count: give lines such as "
            "'2026-07-01 09:00,1234'"
        )
    first = cells[0][2]
    if len(first) < 2 or not re.search(r"\d", first[1]) or not re.search(r"\d", first[0]):
        cells.pop(0)  # a heading
    good = []
    for number, text, row in cells:
        if len(row) == width or not "".join(row[width:]).strip():
            good.append((number, text, row))
        else:
            lines.refuse(text, number)
    if not good:
        return iter(())
    at = _times([row[0] for _, _, row in good], path, lines)
    counts = _counts([row[1] if len(row) > 1 else "" for _, _, row in good], delimiter, lines)
    found: list[Entry] = []
    for (number, text, _), moment, count in zip(good, at, counts, strict=True):
        if moment is None or not 0 <= count < 1e12:
            lines.refuse(text, number)
        else:
            found.append((moment, count))
    lines.bad.sort()
    return iter(found)


def _delimiter(line: str) -> str:
    return next((mark for mark in (";", "\t", ",") if mark in line), ",")


def _times(texts: Sequence[str], path: Path, lines: _Lines) -> list[datetime | None]:
    import pandas as pd
    import pyarrow as pa

    from benchmarks.data.column_types.reader import read_texts
    from benchmarks.data.column_types.setting import Setting

    column = pa.chunked_array([pa.array(texts, pa.string())])
    try:
        read = read_texts("time", column, Setting(role="time", where=str(path)))
    except DataError as error:
        if "no time" not in str(error):
            raise
        bad = re.search(r"holds ('.*?'), which", str(error))
        raise TrafficFileError(_no_time(path, bad[1] if bad else repr(texts[0]))) from None
    if read.reading.kind != "time":
        raise TrafficFileError(_no_time(path, repr(texts[0])))
    lines.notes += [f"times {note}" for note in _without_misfits(read.reading.notes)]
    return [
        None if stamp is pd.NaT else stamp.to_pydatetime().replace(tzinfo=UTC)
        for stamp in read.series
    ]


def _no_time(path: Path, text: str) -> str:
    return (
        f"{path}: {text} is no time, and lines cannot be read without one: give lines such as "
        "'2026-07-01 09:00,1234': a minute and its requests"
    )


def _without_misfits(notes: Sequence[str]) -> list[str]:
    """What was taken for what, without the column's name; lines left out are told elsewhere."""
    told = [note.partition(": ")[2] for note in notes]
    return [note for note in told if "taken as missing" not in note]


def _counts(texts: Sequence[str], delimiter: str | None, lines: _Lines) -> NDArray[np.float64]:
    """Counts, NaN where a text is none. They are whole: 1.234 is 1234."""
    import pyarrow as pa

    from benchmarks.data.column_types.column import Distinct
    from benchmarks.data.column_types.numbers import read_numbers

    distinct = Distinct(pa.array(texts, pa.string()))
    chosen = None
    for decimal in (None, ".", ","):
        found = read_numbers(distinct.texts, distinct.counts, decimal=decimal, delimiter=delimiter)
        if found is None:
            continue
        chosen = chosen or found
        values = found.values[found.fits]
        if found.fits.sum() >= chosen.fits.sum() and np.all(values == np.round(values)):
            chosen = found
            break
    if chosen is None:
        return np.full(len(texts), np.nan)
    if not chosen.is_plain:
        lines.notes.append(f"counts taken for {chosen.ground}")
    values = np.where(distinct.empty, 0.0, chosen.values)
    return np.asarray(distinct.spread(values, missing=0.0), dtype=np.float64)


# CloudWatch ---------------------------------------------------------------------------------------


def _time(text: str) -> datetime:
    text = text.strip()
    if re.fullmatch(r"\d{10}(\.\d+)?", text):
        return datetime.fromtimestamp(float(text), UTC)
    if re.fullmatch(r"\d{13}", text):
        return datetime.fromtimestamp(int(text) / 1000, UTC)
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


# Minutes ------------------------------------------------------------------------------------------


def _collect(
    entries: Iterable[Entry], path: Path, kind: str, lines: _Lines, period_minutes: int | None
) -> Counts:
    """Add entries up by the minute."""
    amounts: dict[int, float] = {}
    line_count: Counter[int] = Counter()
    for at, count in entries:
        minute = int(at.timestamp() // 60)
        amounts[minute] = amounts.get(minute, 0.0) + count
        line_count[minute] += 1
    if not amounts:
        raise TrafficFileError(
            f"{path}: no line of it is a time and a count, or an access log's: give lines such as "
            "'2026-07-01 09:00,1234'"
        )
    notes = lines.check(path, kind)
    notes += _drop_strays(amounts, line_count, what="line" if kind != "cloudwatch" else "count")
    low, high = min(amounts), max(amounts)
    if high - low >= MAX_MINUTES:
        raise TrafficFileError(
            f"{path}: from {_iso(low)} to {_iso(high)}: more than 400 days; is a time wrong?"
        )
    minutes = np.array(sorted(amounts))
    if kind == "access log":
        step = 1
        notes += _silence(minutes)
    elif period_minutes is not None:
        step = period_minutes
    else:
        step = _step_minutes(minutes)
        if kind == "cloudwatch" and step >= LONG_STEP_MINUTES:
            raise TrafficFileError(
                f"{path}: one count every {_length(step)}: is each of that long, or of a minute of "
                f"a metric that tells nothing where nothing was asked (then the peak is {step:,} "
                f"times higher)? Say --period {step * 60}s or --period 60s"
            )
    lengths = np.full(len(minutes), step)
    gaps = np.diff(minutes)
    lengths[:-1] = np.where(gaps <= MONTH_SPREAD * step, gaps, step)
    counts = np.zeros(high - low + int(lengths[-1]))
    for minute, length in zip(minutes.tolist(), lengths.tolist(), strict=True):
        counts[minute - low : minute - low + length] += amounts[minute] / length
    empty = counts.size - int(lengths.sum())
    if step > 1:
        notes.append(_spread_note(step, told=period_minutes is not None))
    if kind != "access log" and empty > 0:
        notes.append(f"{empty:,} minutes have no count: taken as minutes without a request")
    return Counts(
        first=datetime.fromtimestamp(low * 60, UTC), counts=counts, kind=kind, notes=tuple(notes)
    )


def _spread_note(step: int, *, told: bool) -> str:
    unseen = "hours of a day are not seen" if step >= 1440 else "bursts within are not seen"
    note = f"counts of {_length(step)} each, spread evenly: {unseen}"
    if LONG_STEP_MINUTES <= step < 1440 and not told:
        note += f"; if each is of one minute, the peak is {step:,} times higher: --period 60s"
    return note


def _length(minutes: int) -> str:
    """A length of time for people.

    Example:
        >>> _length(5), _length(1440)
        ('5 minutes', '1,440 minutes (24 hours)')
    """
    return f"{minutes:,} minutes" + (f" ({minutes / 60:g} hours)" if minutes >= 120 else "")


def _drop_strays(amounts: dict[int, float], line_count: Counter[int], *, what: str) -> list[str]:
    """Leave out minutes far from the bulk of them; say how many lines, and where they lie."""
    minutes = np.array(sorted(amounts))
    outside = minutes[outside_bulk(minutes * 60.0)]
    if not len(outside):
        return []
    kept = minutes[~np.isin(minutes, outside)]
    total = sum(line_count.values())
    lines = sum(line_count[minute] for minute in outside.tolist())
    for minute in outside.tolist():
        del amounts[minute]
    first = int(outside[0])
    before = first < kept[0]
    days = (kept[0] - first if before else first - kept[-1]) / 1440
    words = f"{what}s lie" if lines > 1 else f"{what} lies"
    side = "before" if before else "after"
    return [
        (
            f"{lines:,} {words} far from the {total:,} in all, the first {days:,.0f} days {side} "
            f"the others ({_iso(first)}): left out"
        )
    ]


def _silence(minutes: NDArray[np.int64]) -> list[str]:
    """Tell a long stretch of a log without a line."""
    gaps = np.diff(minutes)
    if not len(gaps) or gaps.max() < 1440 or gaps.max() < 0.1 * (minutes[-1] - minutes[0]):
        return []
    start = int(minutes[int(np.argmax(gaps))])
    return [f"no line for {gaps.max() / 1440:,.1f} days after {_iso(start)}: taken as no request"]


def _step_minutes(minutes: NDArray[np.int64]) -> int:
    """Return the period of the counts. [min]

    The most frequent gap, where no other is much shorter (a clock that jitters, a month); else
    what all gaps are multiples of: gaps are times without a count, and no period.
    """
    gaps = np.diff(minutes)
    if not len(gaps):
        return 1
    values, rows = np.unique(gaps, return_counts=True)
    usual = int(values[np.argmax(rows)])
    if values[0] >= usual / 2:
        return usual
    return math.gcd(*values.tolist())


def _iso(minute: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)).isoformat()
