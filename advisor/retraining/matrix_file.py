"""A team's own error matrix, from a CSV file with `trained_at, scored_at, n, error`."""

import csv
import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from advisor.errors import AdvisorError

COLUMNS: Final = ("trained_at", "scored_at", "n", "error")
SECONDS_PER_DAY: Final = 86_400


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
    """Read an error matrix. Integers are period numbers, else ISO dates, evenly spaced.

    Raises:
        AdvisorError: one line that names file, line, value and remedy.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            names = [name.strip() for name in reader.fieldnames or ()]
            missing = [name for name in COLUMNS if name not in names]
            if missing:
                raise AdvisorError(
                    f"{path}: no column {missing[0]!r}: an error matrix has the columns"
                    f" {','.join(COLUMNS)}"
                )
            reader.fieldnames = names
            raw = [(line, row) for line, row in enumerate(reader, start=2)]
    except UnicodeDecodeError:
        raise AdvisorError(f"{path}: not UTF-8 text: save the matrix as CSV in UTF-8") from None
    except (OSError, csv.Error) as error:
        raise AdvisorError(f"{path}: cannot be read ({error}): check the path") from None
    if not raw:
        raise AdvisorError(f"{path}: no row below the header: give one per training and period")
    times = {(line, name): (row[name] or "").strip() for line, row in raw for name in COLUMNS[:2]}
    numbered = all(_is_integer(text) for text in times.values())
    if numbered:
        period, days = {key: int(text) for key, text in times.items()}, None
    else:
        period, days = _numbered(path, times)
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


def _is_integer(text: str) -> bool:
    return text.removeprefix("-").isdecimal()


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
    path: Path, times: dict[tuple[int, str], str]
) -> tuple[dict[tuple[int, str], int], float]:
    """Number ISO dates by the shortest step between them."""
    at = {key: _seconds(path, key[0], key[1], text) for key, text in times.items()}
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


def _seconds(path: Path, line: int, name: str, text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise AdvisorError(
            f"{path}: line {line}: {name} is {text!r}: write period numbers in the whole file,"
            " or ISO dates as 2026-01-31"
        ) from None
    plain = moment.replace(tzinfo=None) - (moment.utcoffset() or moment - moment)
    return (plain - datetime(1970, 1, 1)).total_seconds()  # noqa: DTZ001  # both without a zone
