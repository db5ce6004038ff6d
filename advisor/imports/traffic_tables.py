"""Tables with a time and a count a line, in any form that data files may have them."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from advisor.imports.traffic_lines import Entry, Lines, TrafficFileError
from benchmarks.errors import DataError

COUNT_NAME: Final = re.compile(
    r"(?i)(request|invocation|count|hits?\b|calls?\b|visits?\b|volume|traffic|queries|anfragen"
    r"|requêtes|(^|_)n$|^sum$|^value$|rps|qps|tps)"
)
"""Names of columns that count requests."""

RATE_NAME: Final = re.compile(
    r"(?i)(\b|_)(rps|qps|tps)(\b|_)|per[ _]?s(ec(ond)?)?(\b|_|$)|/\s*s(ec(ond)?)?\b"
)
"""Names of columns of requests per second."""

HOUR_NAME: Final = re.compile(r"(?i)^(hour|hr|stunde|std|heure|hora|ora|uur)(_of_day)?$")
SAMPLE_LINES: Final = 500
"""Lines that tell what each column is."""

Cells = list[tuple[int, str, list[str]]]
"""Line number, text and fields of lines."""


@dataclass(frozen=True)
class _Columns:
    """Places of what is read."""

    time: int
    count: int | None
    """None where each line is a request."""
    clock: int | None = None
    """Time of the day or hour, where dates have a column of their own."""


def table_entries(lines: Lines, path: Path) -> Iterator[Entry]:
    """Read times and counts of a table."""
    cells: Cells = []
    delimiter = None
    for line in lines:
        text = line.lstrip("\ufeff")
        delimiter = delimiter or _delimiter(text)
        cells.append((lines.number, text, next(csv.reader([text], delimiter=delimiter), [])))
    width = Counter(len(row) for _, _, row in cells[1:] or cells).most_common(1)[0][0]
    names: list[str] | None = None
    first = cells[0][2]
    if _is_heading(first):
        names = [name.strip() for name in first]
        cells.pop(0)
    good: Cells = []
    for number, text, row in cells:
        if len(row) == width or not "".join(row[width:]).strip():
            good.append((number, text, row))
        else:
            lines.refuse(text, number)
    if not good:
        return iter(())
    found = _columns(good, names, width, path=path, lines=lines)
    at = _times(_time_texts(good, found), path, lines)
    if found.count is None:
        lines.notes.append("no column of counts: each line is taken for a request")
        counts = np.ones(len(good))
    else:
        texts = [row[found.count] if len(row) > found.count else "" for _, _, row in good]
        counts = _counts(texts, delimiter, lines)
        _look_for_rates(names, found.count, counts, lines)
    entries: list[Entry] = []
    for (number, text, _), moment, count in zip(good, at, counts, strict=True):
        if moment is None or not 0 <= count < 1e12:
            lines.refuse(text, number)
        else:
            entries.append((moment, float(count)))
    lines.bad.sort()
    return iter(entries)


def _is_heading(first: Sequence[str]) -> bool:
    """Whether a first line names the columns."""
    if len(first) < 2:
        return bool(first) and not re.search(r"\d", first[0])
    return not re.search(r"\d", first[1]) or not re.search(r"\d", first[0])


def _delimiter(line: str) -> str:
    return next((mark for mark in (";", "\t", ",") if mark in line), ",")


def _columns(
    cells: Cells, names: list[str] | None, width: int, *, path: Path, lines: Lines
) -> _Columns:
    """Tell which column is the time, which counts, and which are neither."""
    rows = [row for _, _, row in cells[:SAMPLE_LINES] if len(row) >= width]
    kinds = [_kind([row[place] for row in rows]) for place in range(width)]
    if width == 1:
        if kinds[0] != "time":
            raise TrafficFileError(
                f"{path}: line {cells[0][0]}: no line of it is a time and a count: give lines such "
                "as '2026-07-01 09:00,1234'"
            )
        return _Columns(0, None)
    dates = [place for place, kind in enumerate(kinds) if kind == "time"]
    time = dates[0] if dates else 0
    clock = _clock(kinds, names, rows, time)
    rest = [place for place in range(width) if place not in {time, clock, *dates}]
    numeric = [place for place in rest if kinds[place] == "number"]
    named = [place for place in rest if names and COUNT_NAME.search(names[place])]
    if width == 2 and not numeric:
        numeric = [place for place in (0, 1) if place != time]
    chosen = [place for place in named if place in numeric] or numeric
    if not chosen:
        return _Columns(time, 1 if time != 1 else 0, clock)
    if len(chosen) > 1 and not named and names:
        raise TrafficFileError(
            f"{path}: the columns {', '.join(names[place] for place in chosen)} hold numbers: call "
            "the one that counts requests 'requests'"
        )
    others = [place for place in rest if place != chosen[0]]
    if names and others:
        told = ", ".join(names[place] or f"column {place + 1}" for place in others)
        lines.notes.append(
            f"requests are counted by {names[chosen[0]]!r}, added up over what else is told "
            f"({told})"
        )
    return _Columns(time, chosen[0], clock)


def _kind(texts: list[str]) -> str:
    """Return `time`, `clock`, `number` or `words`."""
    import pyarrow as pa

    from benchmarks.data.column_types.reader import read_texts
    from benchmarks.data.column_types.setting import Setting

    column = pa.chunked_array([pa.array(texts, pa.string())])
    try:
        reading = read_texts("time", column, Setting()).reading
    except DataError:
        return "time"  # day and month fit both ways
    if reading.kind == "number" and reading.ground.startswith("times of the day"):
        return "clock"
    return {"time": "time", "number": "number"}.get(reading.kind, "words")


def _clock(
    kinds: list[str], names: list[str] | None, rows: list[list[str]], time: int
) -> int | None:
    """The column with the time of the day, where dates have no clock."""
    if any(":" in row[time] for row in rows):
        return None
    if "clock" in kinds:
        return kinds.index("clock")
    for place, name in enumerate(names or ()):
        hours = all(re.fullmatch(r"\s*\d{1,2}\s*", row[place]) for row in rows)
        if HOUR_NAME.match(name) and hours:
            return place
    return None


def _time_texts(cells: Cells, found: _Columns) -> list[str]:
    if found.clock is None:
        return [row[found.time] for _, _, row in cells]
    texts = []
    for _, _, row in cells:
        clock = row[found.clock].strip()
        texts.append(f"{row[found.time].strip()} {clock if ':' in clock else clock + ':00'}")
    return texts


def _look_for_rates(
    names: list[str] | None, place: int, counts: NDArray[np.float64], lines: Lines
) -> None:
    """Tell counts from requests per second, by the name of their column."""
    if names and RATE_NAME.search(names[place]):
        lines.are_rates = True
        lines.notes.append(f"{names[place]!r} is taken for requests per second")
        return
    known = counts[np.isfinite(counts)]
    if len(known) and np.mean(known != np.round(known)) > 0.5:
        lines.notes.append(
            "most counts are no whole numbers: if they are requests per second, call their column "
            "requests_per_s"
        )


def _times(texts: Sequence[str], path: Path, lines: Lines) -> list[datetime | None]:
    import pandas as pd
    import pyarrow as pa

    from benchmarks.data.column_types.reader import read_texts
    from benchmarks.data.column_types.setting import Setting

    column = pa.chunked_array([pa.array(texts, pa.string())])
    try:
        read = read_texts("time", column, Setting(role="time", where=str(path)))
    except DataError as error:
        if "no one way" in str(error):
            examples = str(error).rpartition("(")[2].partition(")")[0]
            raise TrafficFileError(
                f"{path}: lines cannot be read: too many times are none, or fit no one way of "
                f"writing ({examples})"
            ) from None
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


def _counts(texts: Sequence[str], delimiter: str | None, lines: Lines) -> NDArray[np.float64]:
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
    dash = np.isin(distinct.words.astype(str), ["-", "–", "—"])
    values = np.where(distinct.empty | dash, 0.0, chosen.values)
    return np.asarray(distinct.spread(values, missing=0.0), dtype=np.float64)
