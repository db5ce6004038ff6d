"""Texts and numbers -> times: ISO, day or month first, months by name, epochs, Excel's days.

Whether 03/04/2025 is in March or in April is told by the whole column: a value with a day over 12
decides; where both orders fit every value, it is a question.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.column_types import time_patterns as patterns
from benchmarks.data.column_types.column import FEW, matches, to_numpy

Stamps = NDArray[np.datetime64]
NAT: Final = np.datetime64("NaT", "us")

PIVOT_YEAR: Final = 69
"""Two-digit years from here on are of the 1900s, as POSIX has it."""

OPEN_END_YEAR: Final = 9999
"""A year that stands for no end."""

LEAST_WAY: Final = 0.01
"""Rows from which a second way of writing is one, and no slip. [fraction]"""


@dataclass(frozen=True)
class Times:
    """Times of different texts or numbers."""

    stamps: Stamps
    """datetime64[us], UTC where a zone is given; NaT where a text is no time."""
    fits: NDArray[np.bool_]
    """Which texts are times in the column's own way of writing."""
    ground: str
    """How they are written, for people."""
    notes: tuple[str, ...] = ()
    """What a reader must know."""
    doubt: str | None = None
    """Why they cannot be read: both orders of day and month fit."""


def read_times(texts: Any, counts: NDArray[np.int64], *, asked: bool = False) -> Times | None:
    """Read different texts as times; None where they are none, or too many are not.

    Args:
        texts: Arrow array of trimmed texts, each once.
        counts: rows of each.
        asked: whether the study says that this is a time.
    """
    total = int(counts.sum())
    if not total or counts[matches(texts, r"\d")].sum() < (1 - FEW) * total:
        return None  # no time is written without a digit
    matched: list[NDArray[np.bool_]] = []
    for ground, pattern, build in _ways(asked=asked):
        parts = _Parts(texts, pattern)
        matched.append(parts.matched)
        if int(counts[parts.matched].sum()) < (1 - FEW) * total:
            continue
        found = build(parts, counts, ground)
        if found is not None:
            return found
    if counts[np.any(matched, axis=0)].sum() < (1 - FEW) * total:
        return None
    return _of_several_ways(texts, counts, asked=asked)


Build = Callable[["_Parts", NDArray[np.int64], str], "Times | None"]


def _ways(*, asked: bool) -> tuple[tuple[str, str, Build], ...]:
    """Ways of writing times, what a reader calls them, and how each is read."""
    named = "dates with the month's name"
    sure: tuple[tuple[str, str, Build], ...] = (
        ("ISO dates", patterns.ISO, _of_parts),
        ("ISO dates", patterns.BASIC, _of_parts),
        ("dates", patterns.ORDERED, _of_ordered),
        (named, patterns.NAMED, _of_parts),
        (named, patterns.NAME_FIRST, _of_parts),
        (named, patterns.YEAR_LAST, _of_parts),
        (named, patterns.YEAR_AND_NAME, _of_parts),
        ("year and month", patterns.MONTHS, _of_parts),
        ("month and year", patterns.MONTHS_LAST, _of_parts),
        ("month and year", patterns.MONTHS_NAMED, _of_parts),
        ("year and month", patterns.MONTHS_NAMED_LAST, _of_parts),
        ("year and quarter", patterns.QUARTERS, _of_parts),
        ("quarter and year", patterns.QUARTERS_FIRST, _of_parts),
        ("weeks of ISO", patterns.WEEKS, _of_weeks),
        ("days of the year", patterns.DAYS_OF_YEAR, _of_days_of_year),
        ("milliseconds since 1970", patterns.MILLIS, _of_millis),
    )
    if not asked:
        return sure
    return (*sure, ("month and year of two digits", patterns.MONTHS_SHORT, _of_parts))


def _of_several_ways(texts: Any, counts: NDArray[np.int64], *, asked: bool) -> Times | None:
    """Times written in two ways or more, each sure by itself: `2025-01-31` and `31/01/2025`."""
    import pyarrow as pa

    total = int(counts.sum())
    stamps: Stamps = np.full(len(texts), NAT)
    left = np.ones(len(texts), dtype=bool)
    grounds: list[str] = []
    notes: list[str] = []
    for ground, pattern, build in _ways(asked=asked):
        mask = _Parts(texts, pattern).matched & left
        if counts[mask].sum() < LEAST_WAY * total:
            continue
        own = counts[mask]
        found = build(_Parts(texts.filter(pa.array(mask)), pattern), own, ground)
        if found is None or (found.doubt is not None and not asked):
            continue
        if found.doubt is not None:
            return found
        stamps[mask] = found.stamps
        left &= np.isnat(stamps)
        grounds.append(found.ground)
        notes += found.notes
    if len(grounds) < 2:
        return None
    ground = " and ".join(dict.fromkeys(grounds))
    notes.append(f"times are written in {len(grounds)} ways: {ground}")
    return _enough(stamps, counts, ground, tuple(dict.fromkeys(notes)))


def share_of_times(texts: Any, counts: NDArray[np.int64]) -> float:
    """Share of the rows that are a time in any way of writing. [fraction]"""
    any_fits = np.zeros(len(texts), dtype=bool)
    if not matches(texts, r"\d").any():
        return 0.0
    for _, pattern, _ in _ways(asked=False):
        any_fits |= _Parts(texts, pattern).matched
    return float(counts[any_fits].sum() / max(1, counts.sum()))


def seconds_of_day(texts: Any) -> NDArray[np.float64] | None:
    """Read `08:30` and `8:30 pm` as seconds since midnight, NaN where a text is no time of day."""
    parts = _Parts(texts, patterns.OF_DAY)
    if not parts.matched.any():
        return None
    hour, valid = parts.hour()
    seconds = hour * 3600 + parts.integer("minute") * 60 + parts.integer("second")
    return np.where(valid & (parts.integer("minute") < 60), seconds, np.nan)


def seconds_of_spans(texts: Any) -> NDArray[np.float64] | None:
    """Read `199:19:00`, `3 days 04:05:06`, `PT4H` and `1h 30m` as seconds, NaN elsewhere."""
    for pattern in (patterns.LONG_SPANS, patterns.ISO_SPANS, patterns.WORD_SPANS):
        parts = _Parts(texts, pattern)
        names = (("days", 86_400.0), ("hours", 3_600.0), ("minutes", 60.0), ("seconds", 1.0))
        filled = np.array([parts.words(name) != "" for name, _ in names])
        least = 2 if pattern == patterns.WORD_SPANS else 1
        matched = parts.matched & (filled.sum(axis=0) >= least)
        if not matched.any():
            continue
        seconds = sum(parts.number(name) * per for name, per in names)
        sign = np.where(parts.words("sign") == "-", -1.0, 1.0)
        return np.where(matched, sign * seconds, np.nan)
    return None


class _Parts:
    """Texts in the named parts of a pattern."""

    def __init__(self, texts: Any, pattern: str) -> None:
        import pyarrow.compute as pc

        self.texts = texts
        found = pc.extract_regex(texts, pattern)
        self.matched: NDArray[np.bool_] = to_numpy(pc.is_valid(found)).astype(bool)
        names = {field.name for field in found.type}
        self.part = {name: pc.fill_null(pc.struct_field(found, name), "") for name in names}

    def words(self, name: str) -> NDArray[Any]:
        """A part as texts; empty where there is none."""
        if name not in self.part:
            return np.full(len(self.matched), "", dtype=object)
        return to_numpy(self.part[name])

    def integer(self, name: str, *, default: int = 0) -> NDArray[np.int64]:
        """A part as whole numbers."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if name not in self.part:
            return np.full(len(self.matched), default, dtype=np.int64)
        part = self.part[name]
        part = pc.if_else(pc.equal(part, ""), str(default), part)
        return to_numpy(pc.cast(part, pa.int64()))

    def number(self, name: str) -> NDArray[np.float64]:
        """A part as numbers, 0 where there is none."""
        return np.array([float(word) if word else 0.0 for word in self.words(name)])

    def hour(self) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Hour of the day with am and pm counted in, and which are valid."""
        hour = self.integer("hour")
        half = np.array([str(word)[:1].lower() for word in self.words("half")], dtype=object)
        full = (hour == 24) & (self.integer("minute") == 0) & (self.integer("second") == 0)
        day_hour = (hour < 24) | full
        valid = self.matched & np.where(half == "", day_hour, (hour >= 1) & (hour <= 12))
        hour = np.where(half == "a", hour % 12, np.where(half == "p", hour % 12 + 12, hour))
        return hour, valid

    def full_year(self, name: str = "year") -> NDArray[np.int64]:
        """Years in four digits."""
        year = self.integer(name)
        short = np.array([len(str(word)) == 2 for word in self.words(name)], dtype=bool)
        return np.where(short, np.where(year >= PIVOT_YEAR, year + 1900, year + 2000), year)

    def stamps(
        self, year: NDArray[np.int64], month: NDArray[np.int64], day: NDArray[np.int64]
    ) -> Stamps:
        """Build times from parts, NaT where there is no such day or hour; zones not counted yet."""
        hour, valid = self.hour()
        minute, second = self.integer("minute"), self.integer("second")
        valid &= (minute < 60) & (second < 61) & (month >= 1) & (month <= 12) & (day >= 1)
        valid &= (year >= 1) & (year <= 9999) & (day <= 31)
        safe_year, safe_month = np.where(valid, year, 1970), np.where(valid, month, 1)
        months = ((safe_year - 1970) * 12 + safe_month - 1).astype("datetime64[M]")
        days = months.astype("datetime64[D]") + (np.where(valid, day, 1) - 1).astype(
            "timedelta64[D]"
        )
        valid &= days.astype("datetime64[M]") == months
        micros = _micros(self.words("fraction"))
        clock = ((hour * 60 + minute) * 60 + second) * 1_000_000 + micros
        stamps = days.astype("datetime64[us]") + clock.astype("timedelta64[us]")
        return np.where(valid, stamps, NAT)

    def to_utc(self, stamps: Stamps, counts: NDArray[np.int64]) -> tuple[Stamps, tuple[str, ...]]:
        """Take off the zones that are written; say where only some have one."""
        zones = self.words("zone").astype(str)
        named = np.unique(zones[self.matched])
        if not len(named) or (len(named) == 1 and not named[0]):
            return stamps, ()
        notes: list[str] = []
        if "" in named:
            bare = int(counts[self.matched & (zones == "") & ~np.isnat(stamps)].sum())
            notes.append(f"{bare:,} times without a zone are taken as UTC, as others have one")
        stamps = stamps.copy()
        for zone in named:
            rows = self.matched & (zones == zone)
            stamps[rows] = _without_zone(stamps[rows], str(zone), notes)
        return stamps, tuple(notes)


def _micros(fractions: NDArray[Any]) -> NDArray[np.int64]:
    if not any(fractions):
        return np.zeros(len(fractions), dtype=np.int64)
    return np.array([int(str(f)[:6].ljust(6, "0")) if f else 0 for f in fractions], dtype=np.int64)


def _without_zone(stamps: Stamps, zone: str, notes: list[str]) -> Stamps:
    if zone in {"", "Z", "z", "UTC", "GMT"}:
        return stamps
    if zone in patterns.ZONE_HOURS:
        hours = patterns.ZONE_HOURS[zone]
        notes.append(f"{zone} is taken for UTC{hours:+d}")
        return stamps - np.timedelta64(hours, "h")
    zone = zone.removeprefix("UTC").removeprefix("GMT")
    if zone[0] in "+-":
        hours_digits, _, minutes_digits = zone[1:].partition(":")
        if len(hours_digits) > 2:
            hours_digits, minutes_digits = hours_digits[:-2], hours_digits[-2:]
        digits = hours_digits.rjust(2, "0") + minutes_digits.rjust(2, "0")
        minutes = int(digits[:2]) * 60 + int(digits[2:])
        return stamps - np.timedelta64(minutes if zone[0] == "+" else -minutes, "m")
    import pandas as pd

    try:
        local = pd.Series(stamps).dt.tz_localize(
            zone, ambiguous=np.ones(len(stamps), dtype=bool), nonexistent="shift_forward"
        )
    except (KeyError, ValueError, OSError):
        notes.append(f"no zone {zone!r} is known: its times are missing")
        return np.full(len(stamps), NAT)
    utc = local.dt.tz_convert("UTC").dt.tz_localize(None)
    return np.asarray(utc.to_numpy().astype("datetime64[us]"))


def _of_parts(parts: _Parts, counts: NDArray[np.int64], ground: str) -> Times | None:
    month = parts.integer("month", default=1)
    if "name" in parts.part:
        names = parts.words("name")
        month = np.array([_month_named(str(name).lower()) for name in names], dtype=np.int64)
    if "quarter" in parts.part:
        month = 3 * parts.integer("quarter") - 2
    stamps = parts.stamps(parts.full_year(), month, parts.integer("day", default=1))
    stamps, notes = parts.to_utc(stamps, counts)
    return _enough(stamps, counts, ground, notes)


def _of_weeks(parts: _Parts, counts: NDArray[np.int64], ground: str) -> Times | None:
    """Weeks as ISO counts them: the first holds January the 4th; a week is its Monday."""
    years, week = parts.integer("year", default=1970), parts.integer("week", default=1)
    fourth = (years - 1970).astype("datetime64[Y]").astype("datetime64[D]") + np.timedelta64(3, "D")
    monday = fourth - ((fourth.astype(np.int64) + 3) % 7).astype("timedelta64[D]")
    days = 7 * (week - 1) + parts.integer("weekday", default=1) - 1
    stamps = (monday + days.astype("timedelta64[D]")).astype("datetime64[us]")
    return _enough(np.where(parts.matched & (week <= 53), stamps, NAT), counts, ground, ())


def _of_days_of_year(parts: _Parts, counts: NDArray[np.int64], ground: str) -> Times | None:
    years, day = parts.integer("year", default=1970), parts.integer("day_of_year", default=1)
    first = (years - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    stamps = (first + (day - 1).astype("timedelta64[D]")).astype("datetime64[us]")
    valid = parts.matched & (day >= 1) & (day <= 366) & (years >= 1900) & (years <= 2100)
    return _enough(np.where(valid, stamps, NAT), counts, ground, ())


def _of_millis(parts: _Parts, counts: NDArray[np.int64], ground: str) -> Times | None:
    stamps = (parts.integer("millis") * 1_000).astype("datetime64[us]")
    return _enough(np.where(parts.matched, stamps, NAT), counts, ground, ())


def _month_named(name: str) -> int:
    """Month of a name, 0 where it is none."""
    return patterns.MONTH_NAMES.get(name[:4]) or patterns.MONTH_NAMES.get(name[:3], 0)


def _enough(
    stamps: Stamps, counts: NDArray[np.int64], ground: str, notes: tuple[str, ...]
) -> Times | None:
    fits = ~np.isnat(stamps)
    if counts[fits].sum() < (1 - FEW) * counts.sum():
        return None
    return Times(stamps, fits, ground, notes)


def _one_fits(orders: dict[str, Stamps], counts: NDArray[np.int64]) -> bool:
    """Whether some order fits the whole column."""
    least = (1 - FEW) * counts.sum()
    return any(counts[~np.isnat(stamps)].sum() >= least for stamps in orders.values())


def _of_ordered(parts: _Parts, counts: NDArray[np.int64], _: str) -> Times | None:
    """Tell the order of day, month and year by all values."""
    first, middle, last = (parts.integer(name) for name in ("first", "middle", "last"))
    year = parts.full_year("last")
    two_digits = np.array([len(str(word)) == 2 for word in parts.words("last")], dtype=bool)
    century = np.where(first >= PIVOT_YEAR, 1900, 2000)
    orders = {
        "day first": parts.stamps(year, middle, first),
        "month first": parts.stamps(year, first, middle),
    }
    dashed = bool(matches(parts.texts, r"^\d\d-").any())
    if two_digits[parts.matched].all() and (dashed or not _one_fits(orders, counts)):
        wide = np.array([len(str(word)) == 2 for word in parts.words("first")], dtype=bool)
        if wide[parts.matched].all():
            orders["year first, two digits"] = parts.stamps(first + century, middle, last)
    rows = {name: int(counts[~np.isnat(stamps)].sum()) for name, stamps in orders.items()}
    most, total = max(rows.values()), int(counts.sum())
    if most < (1 - FEW) * total:
        return None
    fitting = [name for name, count in rows.items() if count == most]
    stamps = orders[fitting[0]]
    same = all(np.array_equal(stamps, orders[name], equal_nan=True) for name in fitting)
    ground = f"dates, {fitting[0]}"
    if two_digits[parts.matched].any():
        ground += ", years of two digits"
    if not same:
        both = fitting[:2]
        doubt = f"{both[0]} and {both[1]} fit every value"
        return Times(stamps, ~np.isnat(stamps), "dates", doubt=doubt)
    stamps, notes = parts.to_utc(stamps, counts)
    return _enough(stamps, counts, ground, notes)
