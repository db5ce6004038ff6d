"""Texts -> numbers: plain, with a decimal comma, thousands, per cent, currencies and units.

What a comma or a dot means is told by the whole column: `1,5` and `0,123` have a decimal comma,
`1,234,567` and `1,234.5` have thousands; `1,234` alone fits both.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.column_types.column import matches, to_numpy
from benchmarks.data.column_types.units import common, common_unit

Mark = Literal[".", ","]

PLAIN: Final = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
"""A number as every program writes it."""

_CURRENCY: Final = (
    r"(?:US\$|R\$|A\$|C\$|[$€£¥₹₽₩₺₴₦฿₫₪₱]"
    r"|USD|EUR|GBP|CHF|JPY|CNY|INR|PLN|CZK|SEK|NOK|DKK|AUD|CAD|kr\.?|zł|Kč|Fr\.)"
)
_GROUP_BLANKS: Final = "[ '’\u00a0\u202f\u2009_]"  # what stands between thousands
_SIGN: Final = "[+\\-\u2212]"
_WRITTEN: Final = (
    rf"^(?P<first>{_CURRENCY})?\s*(?P<open>\()?(?P<sign>{_SIGN})?\s*(?P<before>{_CURRENCY})?\s*(?P<sign2>{_SIGN})?\s*"
    r"(?P<body>\d[\d.,'’_\x{00a0}\x{202f}\x{2009} ]*\d|\d+[.,]?|[.,]\d+)"
    r"(?P<exponent>[eE][+-]?\d+|[dD][+-]\d+)?\s*(?P<percent>%|‰)?\s*"
    rf"(?P<after>{_CURRENCY})?(?P<unit>[A-Za-zµ°²³/]{{1,6}})?"
    r"(?P<sign3>[-\x{2212}])?(?P<close>\))?$"
)
"""Sign, currency, digits with marks, exponent, per cent, currency or unit, maybe in brackets."""

LEAST_AMBIGUOUS: Final = 10
"""Values such as 1.234 beside small whole numbers from which the dot is no decimal point: each has
one chance in ten of a last digit 0, which a program drops."""


@dataclass(frozen=True)
class Numbers:
    """Numbers of different texts."""

    values: NDArray[np.float64]
    """NaN where a text is none."""
    fits: NDArray[np.bool_]
    """Which texts are numbers in the column's own way of writing."""
    ground: str
    """How they are written, for people."""
    decimal: Mark | None
    """What stands before the decimals, where the texts tell."""
    is_plain: bool
    """Whether any program would have read the same."""
    is_whole: bool
    """Whether all of them are whole numbers without a mark."""
    doubt: str | None = None
    """What else they could be; null where the texts tell."""


def read_numbers(
    texts: Any, counts: NDArray[np.int64], *, decimal: Mark | None, delimiter: str | None
) -> Numbers | None:
    """Read different texts as numbers; None where hardly any is one.

    Args:
        texts: Arrow array of trimmed texts, each once.
        counts: rows of each.
        decimal: what the file's other columns say about its decimal mark; None where nothing.
        delimiter: what separates the file's columns; None where it is no such file.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    plain = matches(texts, PLAIN)
    if plain.all() and len(texts):
        values = to_numpy(pc.cast(texts, pa.float64())).astype(float)
        whole = matches(texts, r"^[+-]?\d+$")
        if decimal != "," and not _may_be_thousands(texts, whole):
            ground = "whole numbers" if whole.all() else "numbers"
            mark: Mark | None = "." if _tells_dot(texts) else None
            return Numbers(values, plain, ground, mark, is_plain=True, is_whole=bool(whole.all()))
    parts = _Written(texts)
    weight = np.where(parts.matched, counts, 0)
    if weight.sum() == 0:
        return None
    return parts.numbers(counts, decimal=decimal, delimiter=delimiter)


def _tells_dot(texts: Any) -> bool:
    """Whether a dot is surely a decimal point: not three digits behind it, or a 0 before it."""
    return bool(matches(texts, r"^[+-]?\d*\.(\d{0,2}|\d{4,})([eE]|$)|^[+-]?0\.|\d{4,}\.").any())


def _may_be_thousands(texts: Any, whole: NDArray[np.bool_]) -> bool:
    """Whether `1.234` may stand for one thousand: beside small whole numbers, all with 3 digits."""
    if whole.all():
        return False
    dotted = matches(texts, r"^[+-]?[1-9]\d{0,2}\.\d{3}$")
    return bool((whole | dotted).all() and dotted.any())


class _Written:
    """Texts in the parts of a written number."""

    def __init__(self, texts: Any) -> None:
        import pyarrow.compute as pc

        found = pc.extract_regex(texts, _WRITTEN)
        self.matched: NDArray[np.bool_] = to_numpy(pc.is_valid(found)).astype(bool)
        part = {
            name: pc.fill_null(pc.struct_field(found, name), "")
            for name in ("first", "open", "sign", "before", "sign2", "body", "exponent")
        }
        part |= {
            name: pc.fill_null(pc.struct_field(found, name), "")
            for name in ("percent", "after", "unit", "sign3", "close")
        }
        self.exponent = pc.replace_substring_regex(part["exponent"], "[dD]", "e")
        self.percent = to_numpy(part["percent"])
        self.unit = to_numpy(part["unit"])
        before, after = to_numpy(part["before"]), to_numpy(part["after"])
        first = to_numpy(part["first"])
        self.currency = np.where(first != "", first, np.where(before != "", before, after))
        brackets = (to_numpy(part["open"]) != "") | (to_numpy(part["close"]) != "")
        signs = [to_numpy(part[name]) for name in ("sign", "sign2", "sign3")]
        minus = [np.isin(sign, ["-", "\u2212"]) for sign in signs]
        self.negative = minus[0] | minus[1] | minus[2] | brackets
        open_, close = to_numpy(part["open"]) != "", to_numpy(part["close"]) != ""
        signed = sum((sign != "").astype(int) for sign in signs)
        self.matched &= (open_ == close) & (signed + open_ <= 1)
        self.matched &= ~((self.exponent_mask()) & (self.percent != ""))
        body = part["body"]
        grouped = matches(body, rf"^\d{{1,3}}({_GROUP_BLANKS}\d{{3}})+([.,]\d+)?$")
        blanks = matches(body, _GROUP_BLANKS)
        self.matched &= ~blanks | grouped
        self.has_blank_groups = grouped
        self.body = pc.replace_substring_regex(body, _GROUP_BLANKS, "")

    def exponent_mask(self) -> NDArray[np.bool_]:
        """Which have an exponent."""
        return np.asarray(to_numpy(self.exponent) != "")

    def numbers(
        self, counts: NDArray[np.int64], *, decimal: Mark | None, delimiter: str | None
    ) -> Numbers | None:
        """Decide what the marks mean and read the numbers."""
        import pyarrow as pa
        import pyarrow.compute as pc

        ok = self.matched
        whole = matches(self.body, r"^\d+$") & ok
        comma, dot = (self._marks(mark, ok) for mark in (",", "."))

        def rows(mask: NDArray[np.bool_]) -> int:
            return int(counts[mask & ok].sum())

        says_comma = rows(comma.decimal) + rows(dot.groups)
        says_dot = rows(dot.decimal) + rows(comma.groups)
        big_whole = matches(self.body, r"^[1-9]\d{3,}$") & ok & ~self.has_blank_groups
        doubt = None
        if says_comma != says_dot:
            chosen: Mark = "," if says_comma > says_dot else "."
        elif says_comma:
            return None  # as many say the one as the other
        else:
            chosen, doubt = _undecided(
                comma_count=rows(comma.either),
                dot_count=rows(dot.either),
                small_whole=rows(whole & ~big_whole),
                big_whole=rows(big_whole),
                decimal=decimal,
                delimiter=delimiter,
            )
        own, other = (comma, dot) if chosen == "," else (dot, comma)
        fits = ok & (whole | own.decimal | own.either | other.groups | other.either)
        tells = says_comma != says_dot
        grouped = fits & (other.groups | other.either) | (fits & self.has_blank_groups)
        unit, unit_fits, unit_factor = common_unit(self.unit, counts, fits)
        fits &= unit_fits
        percent, percent_fits = common(self.percent, counts, fits)
        fits &= percent_fits
        group_mark = "." if chosen == "," else ","
        canonical = pc.replace_substring(self.body, group_mark, "")
        canonical = pc.replace_substring(canonical, ",", ".")
        canonical = pc.binary_join_element_wise(canonical, self.exponent, "")
        canonical = pc.if_else(pa.array(fits), canonical, pa.scalar(None, canonical.type))
        values = to_numpy(pc.cast(canonical, pa.float64())).astype(float)
        values = np.where(self.negative, -values, values) * unit_factor
        if percent:
            values = values / (100.0 if percent == "%" else 1000.0)
        currencies = sorted({str(c) for c in self.currency[fits] if c})
        if len(currencies) > 1:
            doubt = f"the amounts are in {' and '.join(currencies)}"
        ground = _ground(
            comma_decimal=chosen == "," and bool((fits & (own.decimal | own.either)).any()),
            grouped=bool(grouped.any()),
            percent=percent,
            currency=currencies,
            unit=unit,
        )
        return Numbers(
            np.where(fits, values, np.nan),
            fits,
            ground,
            chosen if tells else None,
            is_plain=ground == "numbers",
            is_whole=bool((whole | ~fits).all())
            and bool(np.all(unit_factor == 1.0))
            and not percent,
            doubt=doubt,
        )

    def _marks(self, mark: Mark, ok: NDArray[np.bool_]) -> "_Marks":
        """What a mark can mean in each text."""
        own, other = (",", r"\.") if mark == "," else (r"\.", ",")
        either = matches(self.body, rf"^[1-9]\d{{0,2}}{own}\d{{3}}$") & ~self.exponent_mask()
        several = rf"^[1-9]\d{{0,2}}({own}\d{{2,3}})+{own}\d{{3}}$"
        groups = matches(
            self.body, rf"{several}|^[1-9]\d{{0,2}}({own}\d{{2,3}})*{own}\d{{3}}{other}\d*$"
        )
        single = matches(self.body, rf"^\d*{own}\d*$") & ~either
        under = matches(self.body, rf"^\d{{1,3}}({other}\d{{3}})+{own}\d*$")
        return _Marks(decimal=(single | under) & ok, groups=groups & ok, either=either & ok)


@dataclass(frozen=True)
class _Marks:
    """Texts by what a mark means in them."""

    decimal: NDArray[np.bool_]
    """Surely before decimals."""
    groups: NDArray[np.bool_]
    """Surely between thousands."""
    either: NDArray[np.bool_]
    """`1,234`: both."""


def _undecided(
    *,
    comma_count: int,
    dot_count: int,
    small_whole: int,
    big_whole: int,
    decimal: Mark | None,
    delimiter: str | None,
) -> tuple[Mark, str | None]:
    """Choose the decimal mark where no text of the column tells it; say what else it could be."""
    if comma_count and dot_count:
        return ".", "'1,234' and '1.234' stand in one column"
    if comma_count:
        thousands = "'1,234' may be 1234 or 1.234"
        if decimal is not None:
            return decimal, None
        if big_whole:
            return ",", None
        if delimiter == ",":
            return ".", None
        if small_whole:
            return ".", thousands
        return ",", thousands
    if dot_count:
        if decimal is not None:
            return decimal, None
        if small_whole and not big_whole and dot_count >= LEAST_AMBIGUOUS:
            return ",", "'1.234' is taken for 1234, as no value has another number of decimals"
        if small_whole and not big_whole:
            return ".", "'1.234' may be 1234 or 1.234"
        if delimiter == ";" and not big_whole:
            return ".", "'1.234' may be 1234 or 1.234"
    return decimal or ".", None


def _ground(
    *,
    comma_decimal: bool,
    grouped: bool,
    percent: str,
    currency: list[str],
    unit: str,
) -> str:
    parts = [
        "a decimal comma" if comma_decimal else "",
        "thousands separators" if grouped else "",
        {"%": "per cent signs, as fractions", "‰": "per mille signs, as fractions"}.get(
            percent, ""
        ),
        f"a currency ({', '.join(currency)})" if currency else "",
        unit,
    ]
    parts = [part for part in parts if part]
    return "numbers" + (f" with {' and '.join(parts)}" if parts else "")
