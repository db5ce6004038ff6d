"""How numbers and names are written wherever people read them.

Rounding happens here and nowhere else. What nobody knows is written `n/a`, never 0.
"""

import re
from typing import Any, TypeVar

from advisor.recommendation import BASIS_BADGES, Basis, Recommendation
from pricing.base import HOURS_PER_MONTH

UNKNOWN = "n/a"
"""What stands where a number is not known."""

MAX_NAME_CHARACTERS = 300
"""Longer words from a study or a data file are cut, and say so with an ellipsis."""

BASIS_MEANINGS: dict[Basis, str] = {
    "measured": "measured",
    "scaled": "scaled",
    "list": "list price",
    "assumed": "assumed",
    "input": "your input",
}
"""The legend, in the order it is printed."""

LEGEND = "   ".join(f"{BASIS_BADGES[basis]} {text}" for basis, text in BASIS_MEANINGS.items())
"""What the badges mean, as one line."""

MONTH = f"{HOURS_PER_MONTH:g} h"
"""A month, beside every monthly figure."""

CLOSING = (
    f"An estimate before tax, credits and discounts that were not entered. A month is {MONTH}. "
    "n/a: not known."
)
"""The last line of a report."""

_UNSAFE = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0 with ESC, DEL and C1: they move the cursor or recolour a terminal
    "\u200b-\u200f\u202a-\u202e\u2060-\u2069\u061c\ufeff"  # invisible or direction-changing
    "\u2028\u2029"  # line ends that Markdown and JavaScript see
    "\ud800-\udfff"  # halves of a character: they cannot be written as UTF-8
    "]"
)
_SPACE = re.compile(r"[\t\n\r\x0b\x0c\u2028\u2029]+")

Value = TypeVar("Value")


def clean(text: str) -> str:
    """Return text as one harmless line: line ends become spaces, control characters U+FFFD."""
    line = _UNSAFE.sub("\ufffd", _SPACE.sub(" ", text))
    return line if len(line) <= MAX_NAME_CHARACTERS else line[: MAX_NAME_CHARACTERS - 1] + "…"


def clean_sentence(text: str) -> str:
    """Return a sentence as one harmless line, uncut: names in it were bounded by the study."""
    return _UNSAFE.sub("\ufffd", _SPACE.sub(" ", text))[:5000]


def cleaned(recommendation: Recommendation) -> Recommendation:
    """Return the same recommendation with every string harmless, and a warning if that changed one.

    Faces print what this returns, so that no face can forget a field.
    """
    raw = recommendation.model_dump()
    safe = _walk(raw)
    if safe == raw:
        return recommendation
    warning = (
        "Some names hold control or invisible characters, or are very long: shown as \ufffd or "
        "cut with an ellipsis. The JSON keeps them as they are."
    )
    safe["warnings"] = (*safe["warnings"], warning)
    return Recommendation.model_validate(safe)


_SENTENCES = {
    "guard_json",
    "verdict",
    "why",
    "reasons",
    "warnings",
    "text",
    "remedy",
    "action",
    "why_not",
    "tie",
    "excluded",
    "notes",
    "source",
}


def _walk(value: Any, *, sentence: bool = False) -> Any:
    if isinstance(value, str):
        return clean_sentence(value) if sentence else clean(value)
    if isinstance(value, dict):
        return {k: _walk(v, sentence=k in _SENTENCES) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return tuple(_walk(v, sentence=sentence) for v in value)
    return value


def visible_json(text: str) -> str:
    """Return JSON with control and invisible characters as escapes: the same once it is read."""
    return re.sub(
        _UNSAFE.pattern.replace("\x00-\x1f", "\x00-\x09\x0b-\x1f"),
        lambda match: f"\\u{ord(match[0]):04x}",
        text,
    )


def headline(verdict: str) -> tuple[str, str]:
    """Split a verdict into its first sentence and the rest, which may be empty."""
    first, stop, rest = verdict.partition(". ")
    return (f"{first}.", rest) if stop else (verdict, "")


def usd(amount: float | None) -> str:
    """Write an amount for a sentence or a table: cents below 10 USD, whole dollars above."""
    if amount is None:
        return UNKNOWN
    if amount < 0:
        return f"-{usd(-amount)}"
    if amount == 0:
        return "0.00"
    if amount < 0.01:
        return significant(amount, digits=2)
    return f"{amount:,.2f}" if round(amount, 2) < 10 else f"{amount:,.0f}"


def small_usd(amount: float | None) -> str:
    """Write an amount as `usd` does, but one below half a cent as `<0.01`."""
    return "<0.01" if amount is not None and 0 < amount < 0.005 else usd(amount)


def cents(amount: float | None) -> str:
    """Write an amount of a bill, to the cent; a smaller one, or a smaller discount, says so."""
    if amount is None:
        return UNKNOWN
    if 0 < abs(amount) < 0.005:
        return "<0.01" if amount > 0 else ">-0.01"
    return f"{amount:,.2f}"


def change(amount: float) -> str:
    """Write a difference with its sign: `+102`, `-3.20`, `±0`."""
    if abs(amount) < 0.005:
        return "±0"
    return f"+{usd(amount)}" if amount > 0 else f"-{usd(-amount)}"


def significant(value: float | None, *, digits: int = 3) -> str:
    """Write a number with so many significant digits, never with an exponent."""
    if value is None:
        return UNKNOWN
    if value == 0:
        return "0"
    text = f"{value:.{digits - 1}e}"
    exponent = int(text.partition("e")[2])
    decimals = max(0, digits - 1 - exponent)
    plain = f"{round(value, decimals):,.{decimals}f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def counted(value: float, *, digits: int = 3) -> str:
    """Write a count as people say it: from a million on in millions, billions, trillions."""
    for size, name in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if value >= size * (1 - 0.5 * 10.0**-digits):
            return f"{significant(value / size, digits=digits)} {name}"
    return significant(value, digits=digits)


def milliseconds(value: float | None) -> str:
    """Write a time in milliseconds: two digits below 10, whole ones above."""
    if value is None:
        return UNKNOWN
    return f"{value:,.0f}" if value >= 10 else significant(value, digits=2)


def percent(fraction: float | None) -> str:
    """Write a share as whole percent."""
    return UNKNOWN if fraction is None else f"{100 * fraction:z.0f}%"


def quality(value: float | None) -> str:
    """Write a quality with three decimals."""
    return UNKNOWN if value is None else f"{value:z.3f}"


def days(value: float | None) -> str:
    """Write a span as people count it: days, from four weeks on weeks, from half a year months."""
    if value is None:
        return "never"
    if value < 2:
        hours = significant(value * 24, digits=2)
        return f"{hours} hour{'' if hours == '1' else 's'}"
    if value < 28:
        return f"{value:.0f} days"
    if value < 182:
        return f"{value / 7:.0f} weeks"
    return f"{value / (365 / 12):.0f} months" if value < 730 else f"{value / 365:.1f} years"


def value_text(value: float | str | None) -> str:
    """Write a value of the assumptions table."""
    if value is None:
        return "not set"
    return value if isinstance(value, str) else significant(value, digits=6)
