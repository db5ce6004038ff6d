"""Time cut into scoring periods: equal lengths where times tell them, else equal row counts."""

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.time_order import outside_bulk
from benchmarks.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

LENGTHS_DAYS: Final = (1.0, 7.0, 14.0, 30.4, 91.0, 182.0)
"""Lengths that are tried, shortest first. [days]"""
LEAST_MEDIAN_ROWS: Final = 100
"""Median rows that a period must have."""
MOST_PERIODS: Final = 200
"""Periods that there may be."""
LEAST_PERIODS: Final = 12
"""With fewer periods than this, equal row counts tell more than equal lengths."""
ROW_PERIODS: Final = 95
"""Periods that equal row counts are cut into."""
SECONDS_PER_DAY: Final = 86_400.0

UNITS_DAYS: Final = {
    "h": 1 / 24,
    "hour": 1 / 24,
    "d": 1.0,
    "day": 1.0,
    "w": 7.0,
    "week": 7.0,
    "month": 365 / 12,
    "quarter": 365 / 4,
    "year": 365.0,
}
"""Units of a period written by people. [days]"""


@dataclass(frozen=True)
class PeriodLength:
    """How long a period is: so many days, or so many rows."""

    days: float | None = None
    """Length; None where rows are counted. [days]"""
    rows: int | None = None
    """Rows of each period; None where days are counted."""

    @property
    def label(self) -> str:
        """The length for people."""
        if self.days is None:
            return f"{self.rows:,} rows"
        if self.days < 1:
            return f"{self.days * 24:g} hours"
        return "1 day" if self.days == 1 else f"{self.days:g} days"


@dataclass(frozen=True)
class Periods:
    """The period of each row. Empty periods are not numbered, a last partial one is dropped.

    Ages are counted by the calendar, in which empty periods pass too.
    """

    length: PeriodLength
    number: NDArray[np.int64]
    """Period of each row from 0; -1 where the row belongs to a dropped period, or to none."""
    ends: NDArray[np.float64]
    """End of each period, as seconds since 1970, or in the unit of a plain index."""
    calendar: NDArray[np.int64]
    """Place of each period in the calendar from 0, where empty ones count."""
    notes: tuple[str, ...] = ()
    """What was dropped."""

    @property
    def count(self) -> int:
        """Number of periods."""
        return len(self.ends)

    @property
    def rows(self) -> NDArray[np.int64]:
        """Rows of each period."""
        return np.bincount(self.number[self.number >= 0], minlength=self.count)


def parse_period(text: str) -> PeriodLength:
    """Read a period as people write it: `7d`, `12h`, `1 week`, `2 months`, `500 rows`.

    Raises:
        DataError: it is none of these.

    Example:
        >>> parse_period("2 weeks").days
        14.0
        >>> parse_period("500rows").rows
        500
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]+?)s?\s*", text)
    amount = float(found[1]) if found else 0.0
    unit = found[2].lower() if found else ""
    if unit == "row" and amount >= 1:
        return PeriodLength(rows=int(amount))
    if unit in UNITS_DAYS and amount > 0:
        return PeriodLength(days=amount * UNITS_DAYS[unit])
    raise DataError(f"no period is written {text!r}: write 12h, 7d, 2 weeks, 1 month or 500 rows")


def seconds(time: "pd.Series[Any]") -> tuple[NDArray[np.float64], bool]:
    """Times as seconds since 1970 and True, or a plain index as it is and False."""
    if time.dtype.kind == "M":
        since = time.to_numpy().astype("datetime64[us]").astype(np.int64) / 1e6
        return np.asarray(since, dtype=np.float64), True
    return time.to_numpy(dtype=np.float64), False


def cut_periods(time: "pd.Series[Any]", *, length: PeriodLength | None = None) -> Periods:
    """Cut sorted times into periods.

    Without a length: the shortest of `LENGTHS_DAYS` with a median of at least `LEAST_MEDIAN_ROWS`
    rows and at most `MOST_PERIODS` periods; where none fits, or only the order is known, equal row
    counts that give about `ROW_PERIODS` periods.

    Raises:
        DataError: fewer than 4 periods, or a length in days where only the order is known.
    """
    at, dated = seconds(time)
    if dated and (outside := outside_bulk(at)).any():
        inner = cut_periods(time[~outside], length=length)
        number = np.full(len(at), -1, dtype=np.int64)
        number[~outside] = inner.number
        note = f"{int(outside.sum()):,} rows far outside the time of the others are in no period"
        return replace(inner, number=number, notes=(*inner.notes, note))
    if length is not None and length.days is not None and not dated:
        raise DataError(
            f"a period of {length.label} needs time stamps, and {time.name!r} is a plain number:"
            " write the period in rows, e.g. 500 rows"
        )
    if length is None and dated:
        fitting = (PeriodLength(days=days) for days in LENGTHS_DAYS)
        length = next((each for each in fitting if _fits(at, days=each.days or 0.0)), None)
    if length is None:
        length = PeriodLength(rows=max(1, math.floor(len(at) / ROW_PERIODS)))
    periods = _by_days(at, length) if length.days is not None else _by_rows(at, length)
    if periods.count < 4:
        raise DataError(
            f"{len(at):,} rows make {periods.count} periods of {length.label}, at least 4 are"
            " needed: give a shorter period"
        )
    return periods


def _slots(at: NDArray[np.float64], days: float) -> NDArray[np.int64]:
    """Number of the period since the first midnight, empty ones counted."""
    midnight = math.floor(at[0] / SECONDS_PER_DAY) * SECONDS_PER_DAY
    return np.asarray((at - midnight) // (days * SECONDS_PER_DAY), dtype=np.int64)


def _fits(at: NDArray[np.float64], *, days: float) -> bool:
    _, rows = np.unique(_slots(at, days), return_counts=True)
    return bool(LEAST_PERIODS <= len(rows) <= MOST_PERIODS and np.median(rows) >= LEAST_MEDIAN_ROWS)


def _by_days(at: NDArray[np.float64], length: PeriodLength) -> Periods:
    days = length.days or 0.0
    slots = _slots(at, days)
    kept, number, rows = np.unique(slots, return_inverse=True, return_counts=True)
    midnight = math.floor(at[0] / SECONDS_PER_DAY) * SECONDS_PER_DAY
    ends = midnight + (kept + 1) * days * SECONDS_PER_DAY
    empty = int(kept[-1] - kept[0] + 1 - len(kept))
    notes = (f"{empty} empty periods were left out, and count in the ages of models",)
    return _without_partial_end(
        length,
        number,
        ends.astype(np.float64),
        rows,
        calendar=kept - kept[0],
        notes=notes if empty else (),
    )


def _by_rows(at: NDArray[np.float64], length: PeriodLength) -> Periods:
    number = np.arange(len(at)) // (length.rows or 1)
    _, rows = np.unique(number, return_counts=True)
    ends = at[np.cumsum(rows) - 1]
    calendar = np.arange(len(rows))
    return _without_partial_end(length, number, ends, rows, calendar=calendar, notes=())


def _without_partial_end(
    length: PeriodLength,
    number: NDArray[np.int64],
    ends: NDArray[np.float64],
    rows: NDArray[np.int64],
    *,
    calendar: NDArray[np.int64],
    notes: tuple[str, ...],
) -> Periods:
    if len(rows) > 1 and rows[-1] < np.median(rows) / 2:
        notes = (*notes, f"the last period, with {rows[-1]:,} rows only, was left out")
        number = np.where(number == len(rows) - 1, -1, number)
        ends, calendar = ends[:-1], calendar[:-1]
    return Periods(
        length=length,
        number=number.astype(np.int64),
        ends=ends,
        calendar=calendar.astype(np.int64),
        notes=notes,
    )
