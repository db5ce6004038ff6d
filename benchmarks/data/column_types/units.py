"""Units behind numbers: one that all share, or several of one kind, put into one."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_KINDS: Final = (
    {"ng": 1e-9, "µg": 1e-6, "ug": 1e-6, "mg": 1e-3, "g": 1.0, "kg": 1e3, "t": 1e6},
    {"oz": 1.0, "lb": 16.0, "lbs": 16.0},
    {"nm": 1e-9, "µm": 1e-6, "um": 1e-6, "mm": 1e-3, "cm": 1e-2, "m": 1.0, "km": 1e3},
    {"in": 1.0, "ft": 12.0, "yd": 36.0, "mi": 63_360.0},
    {"ns": 1e-9, "µs": 1e-6, "us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3_600.0},
    {"ml": 1e-3, "cl": 1e-2, "dl": 0.1, "l": 1.0},
    {"W": 1.0, "kW": 1e3, "MW": 1e6, "GW": 1e9},
    {"Wh": 1.0, "kWh": 1e3, "MWh": 1e6, "GWh": 1e9},
    {"B": 1.0, "KB": 1e3, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12},
    {"B": 1.0, "KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30, "TiB": 2.0**40},
    {"": 1.0, "K": 1e3, "k": 1e3, "M": 1e6, "B": 1e9, "T": 1e12},
    {"": 1.0, "Tsd": 1e3, "Mio": 1e6, "Mrd": 1e9},
    {"": 1.0, "mn": 1e6, "bn": 1e9, "tn": 1e12},
)
"""Units of one kind, each in that of 1; the last are thousands and millions behind a number."""


def common(
    marks: NDArray[Any], counts: NDArray[np.int64], fits: NDArray[np.bool_]
) -> tuple[str, NDArray[np.bool_]]:
    """Return the mark that most rows have, maybe none, and which texts have it."""
    names, inverse = np.unique(marks.astype(str), return_inverse=True)
    rows = np.bincount(inverse, weights=np.where(fits, counts, 0), minlength=len(names))
    found = str(names[int(np.argmax(rows))])
    return found, np.asarray(marks == found)


def common_unit(
    units: NDArray[Any], counts: NDArray[np.int64], fits: NDArray[np.bool_]
) -> tuple[str, NDArray[np.bool_], NDArray[np.float64]]:
    """Return the unit for people, which texts have it, and the factor of each.

    Several units of one kind are put into one: `5 kg` and `300 g` are 5,000 and 300 g. Numbers with
    and without a unit are not, but for thousands and millions: `1.2K` beside `950` is 1,200.
    """
    ones = np.ones(len(units))
    found = {str(unit) for unit in units[fits]}
    for kind in _KINDS:
        used = found & set(kind)
        if len(used) < 2 or used == {"", "B"}:
            continue
        inside = np.isin(units.astype(str), list(kind))
        if counts[fits & inside].sum() < 0.95 * counts[fits].sum():
            continue
        factors = np.array([kind.get(str(unit), 1.0) for unit in units])
        base = next(name for name, factor in kind.items() if factor == 1.0)
        names = ", ".join(sorted(used - {""}))
        words = f"the units {names} as {base}" if base else f"thousands and millions ({names})"
        return words, inside, factors
    name, mask = common(units, counts, fits)
    return (f"the unit {name!r}" if name else ""), mask, ones
