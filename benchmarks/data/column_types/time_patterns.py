"""How people and programs write times: patterns, months by name, zones by their letters."""

from typing import Final

ZONE_HOURS: Final = {
    "UTC": 0,
    "GMT": 0,
    "Z": 0,
    "z": 0,
    "WET": 0,
    "WEST": 1,
    "BST": 1,
    "CET": 1,
    "CEST": 2,
    "MEZ": 1,
    "MESZ": 2,
    "EET": 2,
    "EEST": 3,
    "MSK": 3,
    "JST": 9,
    "KST": 9,
    "AEST": 10,
    "AEDT": 11,
    "EST": -5,
    "EDT": -4,
    "CST": -6,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
    "BRT": -3,
    "SGT": 8,
    "HKT": 8,
    "NZST": 12,
    "NZDT": 13,
}
"""Zones by their letters, hours ahead of UTC; those of two meanings that both are common are not
here. [hours]"""

_ZONE: Final = (
    rf"(?P<zone>{'|'.join(sorted(ZONE_HOURS, key=len, reverse=True))}"
    r"|(?:UTC|GMT)?[+-]\d{1,2}(?::?\d{2})?|[A-Z][A-Za-z_]+/[A-Za-z_/]+)"
)
_CLOCK: Final = (
    r"(?:[T ,:_]\s*(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})(?:[:.](?P<second>\d{2})"
    r"(?:[.,](?P<fraction>\d{1,9}))?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
    rf"\s*{_ZONE}?(?:\s*\(?(?:Uhr|hrs?|h)\)?)?)?$"
)
ISO: Final = r"^(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})\.?" + _CLOCK
BASIC: Final = (
    r"^(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})[T _-]?(?P<hour>\d{2}):?(?P<minute>\d{2})"
    rf"(?::?(?P<second>\d{{2}})(?:[.,](?P<fraction>\d{{1,9}}))?)?{_ZONE}?$"
)
ORDERED: Final = r"^(?P<first>\d{1,2})[-/. ](?P<middle>\d{1,2})[-/. ](?P<last>\d{4}|\d{2})" + _CLOCK
NAMED: Final = (
    r"^(?:\p{L}{2,9}[.,]*\s+)?(?P<day>\d{1,2})(?:st|nd|rd|th|er|º)?\.?[-/ ]*(?:(?:de|of) )?"
    r"(?P<name>\p{L}{3,10})\.?[-/, ]*(?:de )?(?P<year>\d{4}|\d{2})" + _CLOCK
)
NAME_FIRST: Final = (
    r"^(?:\p{L}{2,9}[.,]*\s+)?(?P<name>\p{L}{3,10})\.?[-/ ]*(?P<day>\d{1,2})(?:st|nd|rd|th)?"
    r"[-/, ]+(?P<year>\d{4})" + _CLOCK
)
YEAR_LAST: Final = (
    r"^(?:\p{L}{2,9}[.,]*\s+)?(?P<name>\p{L}{3,10})\.?\s+(?P<day>\d{1,2})\s+(?P<hour>\d{1,2}):"
    rf"(?P<minute>\d{{2}})(?::(?P<second>\d{{2}}))?(?:\s*{_ZONE})?\s+(?P<year>\d{{4}})$"
)
"""`Wed Jan 1 08:00:00 2025`, as C and Java write it."""
YEAR_AND_NAME: Final = (
    r"^(?P<year>\d{4})[-/ ]?(?P<name>\p{L}{3,10})\.?[-/ ]?(?P<day>\d{1,2})" + _CLOCK
)
MONTHS: Final = r"^(?P<year>\d{4})[-/M](?P<month>\d{1,2})$"
MONTHS_LAST: Final = r"^(?P<month>\d{1,2})[-/](?P<year>\d{4})$"
MONTHS_NAMED: Final = r"^(?P<name>\p{L}{3,10})\.?[-/ ,]*(?P<year>\d{4})$"
MONTHS_NAMED_LAST: Final = r"^(?P<year>\d{4})[-/ ]*(?P<name>\p{L}{3,10})\.?$"
MONTHS_SHORT: Final = r"^(?P<name>\p{L}{3,10})\.?[-/ ]*['\x{2019}]?(?P<year>\d{2})$"
"""`Jan-25`, which a day of January could be too."""
QUARTERS: Final = r"^(?P<year>\d{4})[-/ ]?[Qq](?P<quarter>[1-4])$"
QUARTERS_FIRST: Final = r"^[Qq](?P<quarter>[1-4])[-/ ]*['\x{2019}]?(?P<year>\d{4}|\d{2})$"
WEEKS: Final = r"^(?P<year>\d{4})[-/ ]?W(?P<week>\d{1,2})(?:[-/ ]?(?P<weekday>[1-7]))?$"
DAYS_OF_YEAR: Final = r"^(?P<year>\d{4})-(?P<day_of_year>\d{3})$"
MILLIS: Final = r"^\\?/?(?:new )?Date\((?P<millis>\d{11,14})(?:[+-]\d{4})?\)\\?/?$"
"""`/Date(1735718400000)/`, as .NET writes JSON."""

OF_DAY: Final = (
    r"^(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?"
    r"\s*(?P<half>[AaPp][Mm])?$"
)
LONG_SPANS: Final = (
    r"^(?P<sign>-)?(?:(?P<days>\d+) days?,?\s*\+?)?"
    r"(?:(?P<hours>\d{1,6}):(?P<minutes>\d{2}):(?P<seconds>\d{2}(?:\.\d+)?))?$"
)
"""`199:19:00` and `3 days 04:05:06`."""
ISO_SPANS: Final = (
    r"^(?P<sign>-)?P(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?$"
)
WORD_SPANS: Final = (
    r"^(?P<sign>-)?(?:(?P<days>\d+)\s*d(?:ays?)?)?\s*(?:(?P<hours>\d+)\s*h(?:ours?|rs?)?)?\s*"
    r"(?:(?P<minutes>\d+)\s*m(?:in(?:utes?|s)?)?)?\s*"
    r"(?:(?P<seconds>\d+(?:\.\d+)?)\s*s(?:ec(?:onds?|s)?)?)?$"
)
"""`1h 30m`, two parts or more."""

_BY_LANGUAGE: Final = (
    "янв фев мар апр мая июн июл авг сен окт ноя дек",
    "sty lut mar kwi maj cze lip sie wrz paź lis gru",
    "jan feb mar apr may jun jul aug sep oct nov dec",
)

MONTH_NAMES: Final = {
    **{name: month for names in _BY_LANGUAGE for month, name in enumerate(names.split(), start=1)},
    "mär": 3,
    "mrz": 3,
    "maa": 3,
    "mai": 5,
    "mei": 5,
    "май": 5,
    "okt": 10,
    "dez": 12,
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
"""Months by their first three letters, in English and other languages."""
