"""What more rows do to the error, and so to the interval: learning curves c + k N^-b."""

import csv
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advisor.errors import AdvisorError
from advisor.retraining.comparing import FEWEST_SIZES, fit_learning_curve
from advisor.retraining.interval import growth_slope


@dataclass(frozen=True)
class Growth:
    """The part of decay that is only a fresh model's having seen more rows."""

    power: float
    """Exponent b of c + k N^-b."""
    interval_growth: float
    """Factor of the right interval when the rows have doubled, 2^((b + 1) / 2)."""
    slope_per_period: float | None
    """Error that a fresh model loses a period by more rows; None without a curve. [1/period]"""
    error_after_doubling: float | None
    """Change of the error when the rows have doubled; None without a curve. [error per case]"""
    basis: str
    """`measured` from a curve, `input` for a given exponent."""

    def sentence(self, decay_per_period: float | None) -> str:
        """Say it in one line.

        Args:
            decay_per_period: the plan's decay, for the share. [error per case / period]
        """
        said = (
            f"Growing data ({self.basis}, error falls as rows^-{self.power:.2g}): when the rows"
            f" have doubled, wait {self.interval_growth:.2f} times as long"
        )
        if self.slope_per_period is None or self.error_after_doubling is None:
            return said + "."
        share = ""
        if decay_per_period:
            share = f", {self.slope_per_period / decay_per_period:.0%} of the decay"
        return (
            f"{said}, and the error is {-self.error_after_doubling:.2g} less; new rows alone are"
            f" worth {self.slope_per_period:.2g} a period{share}."
        )


def growth_of(*, curve: Path | None, power: float | None, rows_per_period: float) -> Growth | None:
    """Growth from a learning curve's file or a given exponent; None for neither.

    Raises:
        AdvisorError: both are given, or the curve is not one that falls.
    """
    if curve is not None and power is not None:
        raise AdvisorError("give --learning-curve or --learning-power, not both")
    if power is not None:
        if not 0 < power <= 2:
            raise AdvisorError(f"--learning-power {power:g}: write an exponent above 0, at most 2")
        return Growth(power, 2 ** ((power + 1) / 2), None, None, "input")
    if curve is None:
        return None
    rows, error = read_learning_curve(curve)
    fitted = fit_learning_curve(rows, error)
    if fitted is None:
        raise AdvisorError(
            f"{curve}: the error does not fall with the rows, or has fewer than {FEWEST_SIZES}"
            " sizes: give more sizes, or --learning-power"
        )
    scale, b = fitted
    now: Any = max(rows)
    return Growth(
        power=b,
        interval_growth=2 ** ((b + 1) / 2),
        slope_per_period=float(
            growth_slope(rows=now, rows_per_period=rows_per_period, scale=scale, power=b)
        ),
        error_after_doubling=scale * now**-b * (2**-b - 1),
        basis="measured",
    )


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
