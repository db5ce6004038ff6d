"""What more rows do to the error, and so to the interval: learning curves c + k N^-b."""

import csv
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from advisor.errors import AdvisorError
from advisor.retraining.interval import growth_slope

LEARNING_POWERS = np.linspace(0.05, 1.5, 59)
"""Exponents that are tried for a learning curve."""
FLAT_FALL = 1e-9
"""A learning curve that falls by less is flat: rounding. [error per case]"""
FEWEST_SIZES = 3
"""Sizes of training data from which a learning curve has an exponent."""


@dataclass(frozen=True)
class Growth:
    """The part of decay that is only a fresh model's having seen more rows."""

    power: float
    """Exponent b of c + k N^-b."""
    slope_per_day: float | None = None
    """Error that a fresh model loses a day by more rows, k b m N^-(b+1); None without a curve.
    [error per case / day]"""
    error_after_doubling: float | None = None
    """Change of the error when the rows have doubled; None without a curve. [error per case]"""

    @property
    def interval_growth(self) -> float:
        """Factor of the right interval when the rows have doubled, 2^((b + 1) / 2)."""
        factor: float = 2 ** ((self.power + 1) / 2)
        return factor


def growth_of(*, rows: Any, error: Any, row_count: float, rows_per_day: float) -> Growth | None:
    """Say what data growth alone does; None without a learning curve that falls.

    Args:
        rows: training rows of the curve's points.
        error: loss per case at each.
        row_count: rows of a training now, N.
        rows_per_day: new rows m. [1/day]
    """
    fitted = fit_learning_curve(rows, error)
    if fitted is None or rows_per_day <= 0 or row_count <= 0:
        return None
    scale, power = fitted
    slope = growth_slope(rows=row_count, rows_per_period=rows_per_day, scale=scale, power=power)
    return Growth(
        power=power,
        slope_per_day=float(slope),
        error_after_doubling=scale * row_count**-power * (2**-power - 1),
    )


def fit_learning_curve(rows: Any, error: Any) -> tuple[float, float] | None:
    """Return k and b of error = c + k N^-b by least squares over a grid of b; None where flat.

    Args:
        rows: training rows N of each point, > 0.
        error: loss per case at each.
    """
    n, y = np.asarray(rows, dtype=np.float64), np.asarray(error, dtype=np.float64)
    if len(np.unique(n)) < FEWEST_SIZES:
        return None
    x = n[None, :] ** -LEARNING_POWERS[:, None]
    centred, rest = x - x.mean(axis=1, keepdims=True), y - y.mean()
    scale = (centred @ rest) / (centred**2).sum(axis=1)
    left = ((rest - scale[:, None] * centred) ** 2).sum(axis=1)
    falls = scale * np.ptp(x, axis=1) > FLAT_FALL
    left[~falls] = np.inf
    at = int(np.argmin(left))
    return (float(scale[at]), float(LEARNING_POWERS[at])) if np.isfinite(left[at]) else None


def read_learning_curve(path: Path) -> tuple[list[float], list[float]]:
    """Read the columns `rows` and `error`; the largest size is that of a training now.

    Raises:
        AdvisorError: the file is not such a curve, told with its line.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.DictReader(lines)
            missing = {"rows", "error"} - set(reader.fieldnames or ())
            if missing:
                raise AdvisorError(
                    f"{path}: no column {min(missing)!r}: a learning curve has the columns"
                    " rows,error"
                )
            found = [
                (
                    _number(path, reader.line_num, row, "rows"),
                    _number(path, reader.line_num, row, "error"),
                )
                for row in reader
            ]
    except (OSError, UnicodeDecodeError) as error:
        raise AdvisorError(f"{path}: cannot be read ({error})") from None
    if not found:
        raise AdvisorError(f"{path}: no row below the header: give one per training size")
    if min(size for size, _ in found) <= 0:
        raise AdvisorError(f"{path}: rows of 0: write how many rows each training had")
    return [size for size, _ in found], [loss for _, loss in found]


def _number(path: Path, line: int, row: dict[str, Any], name: str) -> float:
    try:
        found = float(row[name])
    except (TypeError, ValueError):
        found = math.nan
    if not (math.isfinite(found) and found >= 0):
        raise AdvisorError(
            f"{path}: line {line}: {name} is {row[name]!r}: write a number, zero or more"
        )
    return found
