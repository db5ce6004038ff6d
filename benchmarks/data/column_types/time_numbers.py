"""Numbers -> times: dates in digits, seconds and finer since 1970, serial days of Excel."""

import re
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.column_types.column import FEW
from benchmarks.data.column_types.times import NAT, PIVOT_YEAR, Stamps, Times

Build = Callable[[NDArray[np.int64]], Stamps]

TIME_NAME: Final = re.compile(
    r"(?i)(^|[_\W])(date|datum|datetime|time|timestamp|ts|stamp|day|dt|when|at|epoch|since|created"
    r"|updated|month|period|fecha|jour|zeit|tag|monat)([_\W\d]|$)|(date|time|stamp)$"
)
"""Names of columns that hold times."""

YEAR_NAME: Final = re.compile(r"(?i)(^|[_\W])(year|yr|jahr|année|annee|año|ano|anno|rok|år)")
"""Names of columns that hold years."""

_DAYS: Final = (
    ("serial days of Excel", 29_221, 80_000, 25_569.0),
    ("days since 1970", 10_957, 29_220, 0.0),
    ("serial days of Matlab", 693_962, 767_011, 719_529.0),
    ("Julian days", 2_415_021, 2_488_070, 2_440_587.5),
)
"""Days counted from some day 0: least and most, from 1980 (Excel), 2000 (1970) and 1900 on, and
1970-01-01 as they count it. [days]"""

_TICKS: Final = (
    ("100 ns since 1601", 120_000_000_000_000_000, 170_000_000_000_000_000, 116444736000000000),
    (
        "100 ns since the year 1",
        630_000_000_000_000_000,
        647_000_000_000_000_000,
        621355968000000000,
    ),
)
"""What Windows and .NET count: least, most, and 1970-01-01 as they count it. [100 ns]"""

_EPOCHS: Final = (
    ("seconds since 1970", 1.0),
    ("milliseconds since 1970", 1e3),
    ("microseconds since 1970", 1e6),
    ("nanoseconds since 1970", 1e9),
)
_EARLIEST_S, _LATEST_S = 3.15e8, 4.1e9
"""1980 and 2099, as seconds since 1970: numbers between are taken for times. [s]"""


def times_of_numbers(
    values: NDArray[Any], counts: NDArray[np.int64], *, asked: bool, name: str
) -> Times | None:
    """Read numbers as times where they are: dates in digits, epochs, Excel's days.

    The ranges of most ways do not overlap, so that the size of the numbers tells which it is; those
    that do are tried only where the study says that this is a time.

    Args:
        values: different numbers, int64 or float64, NaN where missing.
        counts: rows of each.
        asked: whether the study says that this is a time.
        name: of the column: a time's name lets fewer numbers tell.
    """
    known = ~np.isnan(values.astype(float))
    if not counts[known].sum():
        return None
    found = _Numbers(values, counts, known, hint=asked or TIME_NAME.search(name) is not None)
    whole = bool(np.all(values[known] == np.round(values[known].astype(float))))
    if whole:
        in_digits = found.in_digits()
        if in_digits is not None:
            return in_digits
        if asked:
            asked_digits = found.years(name) or found.in_unsure_digits()
            if asked_digits is not None:
                return asked_digits
    return found.epochs() or (found.days() if asked else None)


class _Numbers:
    """Different numbers that may be times."""

    def __init__(
        self,
        values: NDArray[Any],
        counts: NDArray[np.int64],
        known: NDArray[np.bool_],
        *,
        hint: bool,
    ) -> None:
        self.values, self.counts, self.known, self.hint = values, counts, known, hint
        self.total = int(counts[known].sum())
        self.slack = FEW if hint else 0.0

    def enough(self, mask: NDArray[np.bool_], slack: float = FEW) -> bool:
        """Whether so many rows are in a mask that the others are slips."""
        return bool(self.counts[mask].sum() >= (1 - slack) * self.total)

    def whole(self) -> NDArray[np.int64]:
        """The numbers as whole ones, 0 where there is none."""
        return np.asarray(np.where(self.known, self.values, 0).astype(np.int64))

    def in_digits(self) -> Times | None:
        """Dates whose digits start with the year."""
        numbers = self.whole()
        if int(self.known.sum()) < 3 and not self.hint:
            return None
        for ground, low, high, build in _DIGITS:
            inside = self.known & (numbers >= low) & (numbers <= high)
            if not self.enough(inside):
                continue
            stamps = np.where(inside, build(np.where(inside, numbers, low)), NAT)
            if ground.startswith("months") and not self.hint and int(inside.sum()) < 12:
                continue
            if self.enough(~np.isnat(stamps), self.slack):
                return _told(stamps, ground)
        return None

    def years(self, name: str) -> Times | None:
        """Whole years, by the column's name or as many rows share one."""
        numbers = self.whole()
        inside = self.known & (numbers >= 1900) & (numbers <= 2100)
        shared = self.total > 2 * int(self.known.sum())
        if not self.enough(inside, 0.0) or not (shared or YEAR_NAME.search(name)):
            return None
        ones = np.ones_like(numbers)
        return _told(np.where(inside, _from_digits(numbers, ones, ones), NAT), "years")

    def in_unsure_digits(self) -> Times | None:
        """Dates in digits that start with the day, the month or a year of two digits."""
        numbers = self.whole()
        for least, group in ((1_011_900, _LONG_ORDERS), (100_000, _SHORT_ORDERS)):
            if numbers.max() < least:
                continue
            stamps = {ground: np.where(self.known, build(numbers), NAT) for ground, build in group}
            fitting = {g: s for g, s in stamps.items() if self.enough(~np.isnat(s))}
            if not fitting:
                continue
            (ground, first), *others = fitting.items()
            if all(np.array_equal(first, other, equal_nan=True) for _, other in others):
                return _told(first, ground)
            doubt = f"{ground} and {others[0][0].removeprefix('dates written ')} fit every value"
            return Times(first, ~np.isnat(first), "dates", doubt=doubt)
        return None

    def epochs(self) -> Times | None:
        """Seconds since 1970 or finer, 100 ns since 1601 or since the year 1."""
        if self.hint and self.values.dtype.kind == "i":
            for ground, low, high, start in _TICKS:
                inside = self.known & (self.values >= low) & (self.values <= high)
                if self.enough(inside):
                    since = (np.where(inside, self.values, low) - start) // 10
                    return _told(np.where(inside, since.astype("datetime64[us]"), NAT), ground)
        all_stamps = np.full(len(self.values), NAT)
        for ground, per_s in _EPOCHS:
            at_s = self.values.astype(float) / per_s
            inside = self.known & (at_s >= _EARLIEST_S) & (at_s <= _LATEST_S)
            if not inside.any():
                continue
            micros = _epoch_micros(np.where(inside, self.values, 0), per_s)
            stamps = np.where(inside, micros.astype("datetime64[us]"), NAT)
            if self.enough(inside, self.slack):
                if per_s == 1.0 and not self.hint:
                    return None  # nine or ten digits are numbers of many other things too
                return _told(stamps, ground)
            all_stamps[inside] = stamps[inside]
        if self.hint and self.enough(~np.isnat(all_stamps), 0.0):
            return _told(all_stamps, "seconds and milliseconds or finer since 1970, mixed")
        return None

    def days(self) -> Times | None:
        """Days since some day 0."""
        at = self.values.astype(float)
        for ground, low, high, day_0 in _DAYS:
            inside = self.known & (at >= low) & (at <= high)
            if self.enough(inside):
                since = np.round((np.where(inside, at, day_0) - day_0) * 86_400) * 1e6
                stamps = np.where(inside, since.astype("datetime64[us]"), NAT)
                return _told(stamps, ground)
        return None


def _told(stamps: Stamps, ground: str) -> Times:
    return Times(stamps, ~np.isnat(stamps), ground, (f"taken for {ground}",))


def looks_like_times(values: NDArray[Any], *, name: str) -> str | None:
    """What numbers that are taken as numbers could be as times; None where nothing."""
    known = values[~np.isnan(values.astype(float))].astype(float)
    if len(known) < 3:
        return None
    low, high = known.min(), known.max()
    if low >= _EARLIEST_S and high <= _LATEST_S:
        return "seconds since 1970"
    if TIME_NAME.search(name) is None:
        return None
    for ground, least, most, _ in _DAYS[:2]:
        if low >= least and high <= most:
            return ground
    return None


def _epoch_micros(values: NDArray[Any], per_s: float) -> NDArray[np.int64]:
    if values.dtype.kind == "i":
        factor = 1e6 / per_s
        if factor >= 1:
            return np.asarray(values * int(factor), dtype=np.int64)
        return np.asarray(values // int(1 / factor), dtype=np.int64)
    return np.asarray(np.round(values * (1e6 / per_s)), dtype=np.int64)


def _days(numbers: NDArray[np.int64]) -> Stamps:
    return _from_digits(numbers // 10_000, numbers // 100 % 100, numbers % 100)


def _months(numbers: NDArray[np.int64]) -> Stamps:
    return _from_digits(numbers // 100, numbers % 100, np.ones_like(numbers))


def _minutes(numbers: NDArray[np.int64]) -> Stamps:
    hour, minute = numbers // 100 % 100, numbers % 100
    clock = (hour * 60 + minute).astype("timedelta64[m]")
    return np.where((hour < 24) & (minute < 60), _days(numbers // 10_000) + clock, NAT)


def _seconds(numbers: NDArray[np.int64]) -> Stamps:
    second = numbers % 100
    clock = second.astype("timedelta64[s]")
    return np.where(second < 60, _minutes(numbers // 100) + clock, NAT)


def _from_digits(
    year: NDArray[np.int64], month: NDArray[np.int64], day: NDArray[np.int64]
) -> Stamps:
    valid = (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    months = ((year - 1970) * 12 + np.where(valid, month, 1) - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (np.where(valid, day, 1) - 1).astype("timedelta64[D]")
    valid &= days.astype("datetime64[M]") == months
    return np.where(valid, days.astype("datetime64[us]"), NAT)


_DIGITS: Final[tuple[tuple[str, int, int, Callable[[NDArray[np.int64]], Stamps]], ...]] = (
    ("months written yyyymm", 1900_01, 2100_12, _months),
    ("dates written yyyymmdd", 1900_01_01, 2100_12_31, _days),
    ("times written yyyymmddhhmm", 1900_01_01_00_00, 2100_12_31_23_59, _minutes),
    ("times written yyyymmddhhmmss", 1900_01_01_00_00_00, 2100_12_31_23_59_59, _seconds),
)


def _of_order(*, day: int, month: int, year: int, long: bool) -> Build:
    """Dates of three groups of digits, of which the year has two or four; 0 is the last group."""
    widths = [10_000, 100, 100] if long else [100, 100, 100]

    def build(numbers: NDArray[np.int64]) -> Stamps:
        groups, left = [], numbers
        for width in widths:
            groups.append(left % width)
            left = left // width
        years = groups[year]
        if not long:
            years = np.where(years >= PIVOT_YEAR, years + 1900, years + 2000)
        valid = (left == 0) & (years >= 1900) & (years <= 2100)
        return np.where(valid, _from_digits(years, groups[month], groups[day]), NAT)

    return build


_LONG_ORDERS: Final[tuple[tuple[str, Build], ...]] = (
    ("dates written ddmmyyyy", _of_order(day=2, month=1, year=0, long=True)),
    ("dates written mmddyyyy", _of_order(day=1, month=2, year=0, long=True)),
)
_SHORT_ORDERS: Final[tuple[tuple[str, Build], ...]] = (
    ("dates written yymmdd", _of_order(day=0, month=1, year=2, long=False)),
    ("dates written ddmmyy", _of_order(day=2, month=1, year=0, long=False)),
    ("dates written mmddyy", _of_order(day=1, month=2, year=0, long=False)),
)
