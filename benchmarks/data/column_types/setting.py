"""What a file and a study say of a column beside its values."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.column_types.column import ColumnKind
from benchmarks.data.column_types.numbers import Mark

Role = Literal["feature", "target", "time", "ignored"]
"""What a study uses a column for."""

LARGEST_EXACT: Final = 2**53
"""Whole numbers beyond this are not kept exactly by a float."""


@dataclass(frozen=True)
class Setting:
    """What a file and a study say beside the column itself."""

    role: Role = "feature"
    said: ColumnKind | None = None
    """What the study says that the column is; null to tell it from the values."""
    decimal: Mark | None = None
    """Decimal mark of the file's other columns; null where they do not tell."""
    delimiter: str | None = None
    """What separates the file's columns; null where it is no such file."""
    rows: NDArray[np.int64] | None = None
    """Row of the file of each value, 1 the first; null where it is not known."""
    where: str = ""
    """File, for errors."""
