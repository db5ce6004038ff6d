"""Texts and numbers -> times: ISO, day or month first, months by name, epochs, Excel's days.

Whether 03/04/2025 is in March or in April is told by the whole column: a value with a day over 12
decides; where both orders fit every value, it is a question.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.column_types.column import FEW, matches, to_numpy

Stamps = NDArray[np.datetime64]
NAT: Final = np.datetime64("NaT", "us")

_CLOCK: Final = (
    r"(?:[T ,:]\s*(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})(?:[:.](?P<second>\d{2})"
    r"(?:[.,](?P<fraction>\d{1,9}))?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
    r"\s*(?P<zone>Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?|[A-Z][A-Za-z_]+/[A-Za-z_/]+)?)?$"
)
ISO: Final = r"^(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})" + _CLOCK
_BASIC: Final = (
    r"^(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})[T ]?(?P<hour>\d{2}):?(?P<minute>\d{2})"
    r"(?::?(?P<second>\d{2}))?(?P<zone>Z|[+-]\d{2}(?::?\d{2})?)?$"
)
_ORDERED: Final = (
    r"^(?P<first>\d{1,2})[-/. ](?P<middle>\d{1,2})[-/. ](?P<last>\d{4}|\d{2})" + _CLOCK
)
_NAMED: Final = (
    r"^(?:\p{L}{2,9}[.,]*\s+)?(?P<day>\d{1,2})(?:st|nd|rd|th)?\.?[-/ ]*(?P<name>\p{L}{3,10})\.?"
    r"[-/, ]*(?P<year>\d{4}|\d{2})" + _CLOCK
)
_NAME_FIRST: Final = (
    r"^(?:\p{L}{2,9}[.,]*\s+)?(?P<name>\p{L}{3,10})\.?[-/ ]*(?P<day>\d{1,2})(?:st|nd|rd|th)?"
    r"[-/, ]+(?P<year>\d{4})" + _CLOCK
)
_MONTHS: Final = r"^(?P<year>\d{4})[-/](?P<month>\d{1,2})$"
_MONTHS_LAST: Final = r"^(?P<month>\d{1,2})[-/](?P<year>\d{4})$"
_MONTHS_NAMED: Final = r"^(?P<name>\p{L}{3,10})\.?[-/ ,]+(?P<year>\d{4})$"
_QUARTERS: Final = r"^(?P<year>\d{4})[-/ ]?[Qq](?P<quarter>[1-4])$"
_OF_DAY: Final = (
    r"^(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?"
    r"\s*(?P<half>[AaPp][Mm])?$"
)

_NAMES: Final = {
    **dict(
        zip(
            ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
            range(1, 13),
            strict=True,
        )
    ),
    "mär": 3,
    "mrz": 3,
    "mai": 5,
    "okt": 10,
    "dez": 12,
    "maj": 5,
    "mei": 5,
    "des": 12,
    "fév": 2,
    "fev": 2,
    "avr": 4,
    "jui": 7,
    "juin": 6,
    "aoû": 8,
    "aou": 8,
    "déc": 12,
    "ene": 1,
    "abr": 4,
    "ago": 8,
    "dic": 12,
    "gen": 1,
    "mag": 5,
    "giu": 6,
    "lug": 7,
    "set": 9,
    "out": 10,
    "ott": 10,
}
"""Months by their first three letters, in English and its neighbours."""

PIVOT_YEAR: Final = 69
"""Two-digit years from here on are of the 1900s, as POSIX has it."""


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


def read_times(texts: Any, counts: NDArray[np.int64]) -> Times | None:
    """Read different texts as times; None where they are none, or too many are not.

    Args:
        texts: Arrow array of trimmed texts, each once.
        counts: rows of each.
    """
    ways: tuple[tuple[str, str, Callable[..., Times | None]], ...] = (
        ("ISO dates", ISO, _of_parts),
        ("ISO dates", _BASIC, _of_parts),
        ("", _ORDERED, _of_ordered),
        ("dates with the month's name", _NAMED, _of_parts),
        ("dates with the month's name", _NAME_FIRST, _of_parts),
        ("year and month", _MONTHS, _of_parts),
        ("month and year", _MONTHS_LAST, _of_parts),
        ("month and year", _MONTHS_NAMED, _of_parts),
        ("year and quarter", _QUARTERS, _of_parts),
    )
    total = int(counts.sum())
    for ground, pattern, build in ways:
        parts = _Parts(texts, pattern)
        if int(counts[parts.matched].sum()) < (1 - FEW) * total or not total:
            continue
        found = build(parts, counts, ground)
        if found is not None:
            return found
    return None


def share_of_times(texts: Any, counts: NDArray[np.int64]) -> float:
    """Share of the rows that are a time in any way of writing. [fraction]"""
    any_fits = np.zeros(len(texts), dtype=bool)
    for pattern in (ISO, _ORDERED, _NAMED, _NAME_FIRST, _MONTHS):
        any_fits |= _Parts(texts, pattern).matched
    return float(counts[any_fits].sum() / max(1, counts.sum()))


def seconds_of_day(texts: Any) -> NDArray[np.float64] | None:
    """Read `08:30` and `8:30 pm` as seconds since midnight, NaN where a text is no time of day."""
    parts = _Parts(texts, _OF_DAY)
    if not parts.matched.any():
        return None
    hour, valid = parts.hour()
    seconds = hour * 3600 + parts.integer("minute") * 60 + parts.integer("second")
    return np.where(valid & (parts.integer("minute") < 60), seconds, np.nan)


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

    def hour(self) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Hour of the day with am and pm counted in, and which are valid."""
        hour = self.integer("hour")
        half = np.array([str(word)[:1].lower() for word in self.words("half")], dtype=object)
        valid = self.matched & np.where(half == "", hour < 24, (hour >= 1) & (hour <= 12))
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
    if zone[0] in "+-":
        digits = zone[1:].replace(":", "").ljust(4, "0")
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


def _month_named(name: str) -> int:
    """Month of a name, 0 where it is none."""
    return _NAMES.get(name[:4]) or _NAMES.get(name[:3], 0)


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
