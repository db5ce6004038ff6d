"""Types of arrays, by what they hold."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
"""Figures; NaN where unknown, infinite where there is no limit or no capacity."""
Ints = NDArray[np.int64]
"""Counts and places."""
Rows = NDArray[np.intp]
"""Rows of a table, to index with."""
Bools = NDArray[np.bool_]
"""Which ones."""
Objects = NDArray[np.object_]
"""Words, one each."""
