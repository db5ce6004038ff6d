"""What a user knows of their traffic: counts per minute, an access log, a CloudWatch export.

Three forms, told apart by their content: a CSV with a time and a count per line, the log of a web
server or a load balancer (one line per request), and the JSON of `aws cloudwatch get-metric-data`
or `get-metric-statistics`. All become counts per minute, without gaps.
"""

import math
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from advisor.files import NO_FILE
from advisor.imports.traffic_lines import Entry, Lines, TrafficFileError
from advisor.imports.traffic_logs import is_log, log_lines
from advisor.imports.traffic_metrics import cloudwatch_entries
from advisor.imports.traffic_tables import table_entries
from benchmarks.data.time_order import outside_bulk
from benchmarks.errors import DataError

MAX_FILE_BYTES = 2_000_000_000
"""Larger files are refused. [B]"""

MAX_MINUTES = 60 * 24 * 400
"""A record of more than 400 days is refused: a wrong time in one line makes one. [min]"""

LONG_STEP_MINUTES = 60
"""From here on a count may as well be of one minute of several: a metric without data points where
nothing was asked. [min]"""

MONTH_SPREAD = 1.15
"""Months differ by so much: their counts are spread up to the next one. [fraction]"""


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
        if not path.is_file() and not path.is_dir():
            raise TrafficFileError(f"{path}: {NO_FILE}")
        if size > MAX_FILE_BYTES:
            raise TrafficFileError(
                f"{path}: {size:,} bytes, at most {MAX_FILE_BYTES:,}: cut it to a few weeks"
            )
        with _opened(path) as file:
            return _read(file, path, period_minutes)
    except (OSError, EOFError) as error:
        why = getattr(error, "strerror", None) or error
        raise TrafficFileError(f"{path}: cannot be read: {why}") from None
    except DataError as error:
        raise TrafficFileError(str(error)) from None


def _opened(path: Path) -> Any:
    """Open a text, packed by gzip or not, in UTF-8 or in UTF-16 with its mark."""
    import gzip

    with path.open("rb") as raw:
        head = raw.read(4)
    if head.startswith(b"\x1f\x8b"):
        return gzip.open(path, "rt", encoding="utf-8", errors="replace", newline="")
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    encoding = "utf-16" if wide else "utf-8"
    return path.open(encoding=encoding, errors="replace", newline="")


def _read(file: Any, path: Path, period_minutes: int | None) -> Counts:
    head = list(islice(file, 20))
    if not any(line.strip() for line in head):
        raise TrafficFileError(f"{path}: is empty: give counts per minute or an access log")
    start = next(line for line in head if line.strip()).lstrip("\ufeff \t")
    lines = Lines(chain(head, file))
    if is_log(head):
        entries: Iterable[Entry] = log_lines(lines)
        kind = "access log"
    elif start.startswith(("{", "[{")) or start.strip() in {"{", "["}:
        entries = cloudwatch_entries("".join(chain(head, file)), path, lines)
        kind = "cloudwatch"
    else:
        entries, kind = table_entries(lines, path), "csv"
    return _collect(entries, path, kind, lines, period_minutes)


# Minutes ------------------------------------------------------------------------------------------


def _collect(
    entries: Iterable[Entry], path: Path, kind: str, lines: Lines, period_minutes: int | None
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
    if len(minutes) == 1 and kind != "access log" and period_minutes is None:
        raise TrafficFileError(
            f"{path}: one count only ({_iso(low)}): say what length it is of, --period 86400s"
        )
    if lines.are_rates:
        amounts = {minute: rate * 60 * step for minute, rate in amounts.items()}
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
