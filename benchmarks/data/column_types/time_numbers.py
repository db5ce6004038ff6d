"""Numbers -> times: dates in digits, seconds and finer since 1970, serial days of Excel."""

import re
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.column_types.column import FEW
from benchmarks.data.column_types.times import NAT, Stamps, Times

TIME_NAME: Final = re.compile(
    r"(?i)(^|[_\W])(date|datum|datetime|time|timestamp|ts|stamp|day|dt|when|at|epoch|since|created"
    r"|updated|month|period|fecha|jour|zeit|tag|monat)([_\W\d]|$)|(date|time|stamp)$"
)
"""Names of columns that hold times."""

EXCEL_EPOCH: Final = np.datetime64("1899-12-30", "us")
"""Day 0 of Excel's serial days (1900 as it counts it, from March 1900 on)."""


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

    The ranges of the ways do not overlap, so that the size of the numbers tells which it is.

    Args:
        values: different numbers, int64 or float64, NaN where missing.
        counts: rows of each.
        asked: whether the study says that this is a time.
        name: of the column: a time's name lets fewer numbers tell.
    """
    known = ~np.isnan(values.astype(float))
    total = int(counts[known].sum())
    if not total:
        return None
    hint = asked or TIME_NAME.search(name) is not None
    whole = bool(np.all(values[known] == np.round(values[known].astype(float))))
    if whole:
        numbers: NDArray[np.int64] = np.where(known, values, 0).astype(np.int64)
        few = int(known.sum()) < 3 and not hint
        for ground, low, high, build in _DIGITS:
            inside = known & (numbers >= low) & (numbers <= high)
            if counts[inside].sum() < (1 - FEW) * total or few:
                continue
            stamps = np.where(inside, build(np.where(inside, numbers, low)), NAT)
            if ground.startswith("months") and not hint and int(inside.sum()) < 12:
                continue
            if counts[~np.isnat(stamps)].sum() >= (1 - (FEW if hint else 0.0)) * total:
                return Times(stamps, ~np.isnat(stamps), ground, (f"taken for {ground}",))
    for ground, per_s in _EPOCHS:
        at_s = values.astype(float) / per_s
        inside = known & (at_s >= _EARLIEST_S) & (at_s <= _LATEST_S)
        if counts[inside].sum() < (1 - (FEW if hint else 0.0)) * total:
            continue
        if per_s == 1.0 and not hint:
            return None  # nine or ten digits are numbers of many other things too
        micros = _epoch_micros(np.where(inside, values, 0), per_s)
        stamps = np.where(inside, micros.astype("datetime64[us]"), NAT)
        return Times(stamps, inside, ground, (f"taken for {ground}",))
    excel = known & (values.astype(float) >= 20_000) & (values.astype(float) <= 80_000)
    if asked and counts[excel].sum() >= (1 - FEW) * total:
        days = np.where(excel, values, 0).astype(float)
        since = np.round(days * 86_400) * 1e6
        stamps = np.where(excel, EXCEL_EPOCH + since.astype("timedelta64[us]"), NAT)
        ground = "serial days of Excel"
        return Times(stamps, excel, ground, (f"taken for {ground}",))
    return None


def looks_like_times(values: NDArray[Any], *, name: str) -> str | None:
    """What numbers that are taken as numbers could be as times; None where nothing."""
    known = values[~np.isnan(values.astype(float))].astype(float)
    if len(known) < 3:
        return None
    if known.min() >= _EARLIEST_S and known.max() <= _LATEST_S:
        return "seconds since 1970"
    if TIME_NAME.search(name) and known.min() >= 20_000 and known.max() <= 80_000:
        return "serial days of Excel"
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
