"""A team's own error matrix, from a CSV file with `trained_at, scored_at, n, error`."""

import csv
import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from advisor.errors import AdvisorError
from benchmarks.errors import DataError

COLUMNS: Final = ("trained_at", "scored_at", "n", "error")
SECONDS_PER_DAY: Final = 86_400
MOST_GAP_PERIODS: Final = 300
"""More periods than this without a training or a score are no gap: the numbers are no periods."""


@dataclass(frozen=True)
class MatrixRow:
    """One entry of the matrix, with period numbers."""

    trained_at: int
    scored_at: int
    case_count: int
    error_per_case: float


@dataclass(frozen=True)
class MatrixFile:
    """What the file holds."""

    rows: tuple[MatrixRow, ...]
    period_days: float | None
    """Length of a period; None where the file numbers its periods. [days]"""


def read_matrix(path: Path) -> MatrixFile:
    """Read an error matrix.

    Small whole numbers are period numbers; dates in any form of data files, among them 20260131,
    202601 and seconds since 1970, are evenly spaced periods.

    Raises:
        AdvisorError: one line that names file, line, value and remedy.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            start = file.readline()
            mark = next((m for m in (";", "\t") if m in start), ",")
            file.seek(0)
            reader = csv.DictReader(file, delimiter=mark)
            names = [name.strip() for name in reader.fieldnames or ()]
            missing = [name for name in COLUMNS if name not in names]
            if missing:
                raise AdvisorError(
                    f"{path}: no column {missing[0]!r}: an error matrix has the columns"
                    f" {','.join(COLUMNS)}"
                )
            reader.fieldnames = names
            raw = [(line, row) for line, row in enumerate(reader, start=2) if _has_values(row)]
    except UnicodeDecodeError:
        raise AdvisorError(f"{path}: not UTF-8 text: save the matrix as CSV in UTF-8") from None
    except (OSError, csv.Error) as error:
        raise AdvisorError(f"{path}: cannot be read ({error}): check the path") from None
    if not raw:
        raise AdvisorError(f"{path}: no row below the header: give one per training and period")
    times = {(line, name): (row[name] or "").strip() for line, row in raw for name in COLUMNS[:2]}
    period, days = _periods(path, times)
    _refuse_gaps(path, period)
    rows = []
    for line, row in raw:
        count = _number(path, line, "n", row["n"], whole=True)
        if count == 0:
            continue
        rows.append(
            MatrixRow(
                trained_at=period[line, "trained_at"],
                scored_at=period[line, "scored_at"],
                case_count=int(count),
                error_per_case=_number(path, line, "error", row["error"]),
            )
        )
    return MatrixFile(rows=tuple(rows), period_days=days)


def _has_values(row: dict[str, str | None]) -> bool:
    return any((row.get(name) or "").strip() for name in COLUMNS)


def _periods(
    path: Path, times: dict[tuple[int, str], str]
) -> tuple[dict[tuple[int, str], int], float | None]:
    """Period number of each entry, and the length of a period where the entries are dates."""
    import pyarrow as pa

    from benchmarks.data.column_types.reader import read_texts
    from benchmarks.data.column_types.setting import Setting

    texts = pa.chunked_array([pa.array(list(times.values()), pa.string())])
    try:
        column = read_texts("trained_at, scored_at", texts, Setting(role="time", where=str(path)))
    except DataError as error:
        if "fit every value" in str(error):
            raise AdvisorError(f"{path}: {str(error).partition(': ')[2]}") from None
        raise AdvisorError(_no_time(path, *_first_odd(times))) from None
    missing = column.series.isna().to_numpy()
    if missing.any():
        (line, name), text = list(times.items())[int(np.argmax(missing))]
        raise AdvisorError(_no_time(path, line, name, text))
    if column.reading.kind == "time":
        at = column.series.to_numpy().astype("datetime64[us]").astype(np.int64) / 1e6
        return _numbered(path, dict(zip(times, at.tolist(), strict=True)))
    values = column.series.to_numpy(dtype=float)
    whole = values == np.round(values)
    if not whole.all():
        (line, name), text = list(times.items())[int(np.argmin(whole))]
        raise AdvisorError(_no_time(path, line, name, text))
    return dict(zip(times, values.astype(int).tolist(), strict=True)), None


def _first_odd(times: dict[tuple[int, str], str]) -> tuple[int, str, str]:
    """Line, column and text of the first entry that holds letters, else of the first."""
    odd = [key for key, text in times.items() if not text[:1].isdigit()]
    line, name = odd[0] if odd else next(iter(times))
    return line, name, times[line, name]


def _no_time(path: Path, line: int, name: str, text: str) -> str:
    return (
        f"{path}: line {line}: {name} is {text!r}: write period numbers in the whole file, or ISO"
        " dates as 2026-01-31"
    )


def _refuse_gaps(path: Path, period: dict[tuple[int, str], int]) -> None:
    """Refuse period numbers that lie so far apart that they must be something else."""
    known = sorted(set(period.values()))
    gap, before = max(((b - a, a) for a, b in itertools.pairwise(known)), default=(0, 0))
    if gap > MOST_GAP_PERIODS:
        raise AdvisorError(
            f"{path}: nothing lies between the periods {before:,} and {before + gap:,}: number"
            " periods one by one, or write dates as 2026-01-31"
        )


def _number(path: Path, line: int, name: str, text: str | None, *, whole: bool = False) -> float:
    try:
        value = float((text or "").strip())
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0 or (whole and value != int(value)):
        kind = "a whole number of cases" if whole else "a mean loss"
        raise AdvisorError(f"{path}: line {line}: {name} is {text!r}: write {kind}, zero or more")
    return value


def _numbered(
    path: Path, at: dict[tuple[int, str], float]
) -> tuple[dict[tuple[int, str], int], float]:
    """Number times by the shortest step between them."""
    moments = sorted(set(at.values()))
    if len(moments) < 2:
        raise AdvisorError(f"{path}: all dates are the same: give the end of each period")
    step = _common_step(moments)
    return (
        {key: round((value - moments[0]) / step) for key, value in at.items()},
        step / SECONDS_PER_DAY,
    )


def _common_step(moments: Iterable[float]) -> float:
    """Median of the gaps that are near the smallest: months and quarters are not quite even."""
    ordered = list(moments)
    gaps = sorted(b - a for a, b in itertools.pairwise(ordered))
    near = [gap for gap in gaps if gap <= 1.5 * gaps[0]]
    return near[len(near) // 2]
