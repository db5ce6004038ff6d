"""Marks that programs put around values, and digits of other scripts, written as plain texts."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.column_types.column import FEW, Distinct, matches

_WRAPPED: Final = (
    (r'^="[^"]*"$', r'^="([^"]*)"$', 'a formula of Excel around each value (="...")'),
    (r'^"[^"]*"$', r'^"([^"]*)"$', "quotes around values"),
    (r"^'[^']*'$", r"^'([^']*)'$", "quotes around values"),
    (r"^[“”„«][^“”„»]*[“”»]$", r"^[“”„«]\s*([^“”„»]*?)\s*[“”»]$", "quotes around values"),
    (r"^'[+-]?[\d.,]+$", r"^'(.*)$", "the apostrophe before each value, Excel's mark of a text,"),
)
"""What stands around every value, what is within, and what it is called."""

_OTHER_DIGITS: Final = r"[\x{0660}-\x{0669}\x{06F0}-\x{06F9}\x{0966}-\x{096F}\x{FF10}-\x{FF19}]"
_NO_LETTER: Final = r"^[^\p{L}]*$"

_PLAIN: Final = {
    **{
        chr(start + digit): str(digit)
        for start in (0x660, 0x6F0, 0x966, 0xFF10)
        for digit in range(10)
    },
    "\u066b": ".",
    "\u066c": ",",
    "\uff0e": ".",
    "\uff0c": ",",
    "\uff0d": "-",
    "\uff05": "%",
}


def written_anew(distinct: Distinct) -> tuple[Distinct, tuple[str, ...]]:
    """Take off what stands around every value, and write digits of other scripts as 0 to 9."""
    import pyarrow.compute as pc

    notes: list[str] = []
    filled = ~distinct.empty
    for pattern, inner, what in _WRAPPED:
        wrapped = matches(distinct.texts, pattern)
        if not _nearly_all(wrapped, filled, distinct.counts):
            continue
        replaced = pc.replace_substring_regex(distinct.texts, inner, r"\1")
        distinct = distinct.rewritten(pc.utf8_trim_whitespace(replaced))
        filled = ~distinct.empty
        notes.append(f"{what} {'were' if what.startswith('quotes') else 'was'} taken off")
    other = matches(distinct.texts, _OTHER_DIGITS) & matches(distinct.texts, _NO_LETTER)
    if _nearly_all(other, filled, distinct.counts):
        distinct = distinct.rewritten(_plain_digits(distinct.texts))
        notes.append("digits of another script are taken for 0 to 9")
    return distinct, tuple(notes)


def _nearly_all(
    mask: NDArray[np.bool_], filled: NDArray[np.bool_], counts: NDArray[np.int64]
) -> bool:
    return bool(mask.any() and counts[mask].sum() >= (1 - FEW) * counts[filled].sum())


def _plain_digits(texts: Any) -> Any:
    import pyarrow as pa

    table = str.maketrans(_PLAIN)
    return pa.array([text.translate(table) for text in texts.to_pylist()], pa.string())
