"""Numbers that stand for something else: -999, 9999 and the like, far from all other values."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

LEAST_ROWS: Final = 2
"""A single odd number is an outlier, not a code."""

LEAST_SPAN: Final = 20.0
"""-1 below values of a smaller range may be one of a few classes."""

LEAST_VALUES: Final = 20
"""In fewer values nothing is far from the others."""

EXTREMES: Final = frozenset(
    {-(2**15), 2**15 - 1, -(2**31), 2**31 - 1, -(2**63), 2**63 - 1, 2**32 - 1, 2**16 - 1}
)
"""Least and largest whole numbers of a program's types. Codes of their own: digits that repeat."""


def sentinel_note(values: NDArray[Any]) -> str | None:
    """Tell of a number that may be a code for missing; None where there is none.

    It is the least or the largest of the column, of a form that people choose for it, in two rows
    or more, and all others lie on one side of it: further away than their own range, or of the
    other sign.

    Args:
        values: numbers of a column, NaN where missing, shape (n,).
    """
    if values.dtype.kind not in "fiu" or len(values) < LEAST_VALUES:
        return None
    codes = []
    for _ in range(2):  # -999 and 9999 in one column
        found = next((c for c in _ends(values) if _is_code(values, c)), None)
        if found is None:
            break
        codes.append(f"{_shown(found)} in {int((values == found).sum()):,}")
        values = values[values != found]
    if not codes:
        return None
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    return (
        f"{' and '.join(codes)} of the rows, far from all others ({_shown(low)} to "
        f"{_shown(high)}): taken as numbers; if they stand for a missing value, leave those "
        "fields empty"
    )


def _ends(values: NDArray[Any]) -> tuple[float, ...]:
    """The least and the largest, where they look like codes."""
    ends = (float(np.fmin.reduce(values)), float(np.fmax.reduce(values)))
    return tuple(each for each in ends if _looks_like_one(each))


def _looks_like_one(value: float) -> bool:
    if not np.isfinite(value):
        return False
    if value != np.floor(value):  # -99.9, -999.25
        digits = f"{abs(value):.6f}".rstrip("0").replace(".", "")
        return len(digits) >= 3 and set(digits) == {"9"}
    whole = int(value)
    digits = str(abs(whole))
    repeated = len(digits) >= 2 and len(set(digits)) == 1 and digits[0] in "6789"
    return whole == -1 or repeated or whole in EXTREMES or abs(value) >= 1e20


def _is_code(values: NDArray[Any], code: float) -> bool:
    same = values == code
    if int(same.sum()) < LEAST_ROWS or same.all():
        return False
    others = values[~same]
    low, high = float(np.fmin.reduce(others)), float(np.fmax.reduce(others))
    if not (np.isfinite(low) and np.isfinite(high)):
        return False
    span = high - low
    if code == -1:
        return low >= 0 and span >= LEAST_SPAN
    if code < low:
        return low - code > span or (low >= 0 > code)
    return code - high > span


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) and abs(value) < 1e15 else f"{value:.6g}"
