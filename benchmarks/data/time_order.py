"""What is odd about times: stamps far from the others, long gaps, many rows at one moment."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.column_types.column import listed
from benchmarks.errors import DataError
from benchmarks.storage.records import TEST_FRACTION

if TYPE_CHECKING:
    import pandas as pd

FAR_SPANS: Final = 3.0
"""A stamp lies outside where it is further from the bulk than this many of the bulk's lengths."""

MOST_OUTSIDE: Final = 0.02
"""More stamps than this outside are part of the data. [fraction]"""

LONG_GAP: Final = 0.1
"""A gap without rows is told from this share of the whole time on. [fraction]"""

TIED_SHARE: Final = 0.5
"""Rows that share their moment with others, from which on it is told. [fraction]"""

SECONDS_PER_DAY: Final = 86_400.0


def outside_bulk(at_s: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which times lie far outside the bulk of them: a clock that was not set, a year mistyped.

    The bulk is what remains when, from either end, a few times are cut off at a gap that is longer
    than `FAR_SPANS` times all that lies on its other side.
    """
    order = np.argsort(at_s, kind="stable")
    ordered = at_s[order]
    count = len(ordered)
    most = int(MOST_OUTSIDE * count)
    outside = np.zeros(count, dtype=bool)
    if most < 1:
        most = 1 if count >= 20 else 0
    low, high = 0, count
    for cut in range(1, most + 1):
        inner = ordered[count - 1 - most] - ordered[cut]
        if ordered[cut] - ordered[cut - 1] > FAR_SPANS * max(inner, 1.0):
            low = cut
    for cut in range(1, most + 1):
        inner = ordered[count - 1 - cut] - ordered[low]
        if ordered[count - cut] - ordered[count - 1 - cut] > FAR_SPANS * max(inner, 1.0):
            high = count - cut
    outside[order[:low]] = True
    outside[order[high:]] = True
    return outside


def time_notes(time: "pd.Series[Any]") -> list[str]:
    """Tell what is odd about the times of the rows, in the order of the file."""
    known = time.dropna()
    if known.dtype.kind != "M" or len(known) < 3:
        return []
    at_s = known.to_numpy().astype("datetime64[us]").astype(np.int64) / 1e6
    notes = []
    outside = outside_bulk(at_s)
    if outside.any():
        first = known.to_numpy()[outside][0]
        far = f"{int(outside.sum()):,} rows" if outside.sum() > 1 else "1 row"
        notes.append(
            f"column {time.name!r}: {far} of {len(known):,} far outside the time of the others "
            f"(the first at {_day(first)}): held out of the decay"
        )
    inside = np.sort(at_s[~outside])
    steps = np.diff(at_s)
    if (steps < 0).sum() > max(0.9 * (steps != 0).sum(), 1):
        notes.append(f"column {time.name!r}: the file runs backwards: it is put in time order")
    different, counts = np.unique(inside, return_counts=True)
    gaps = np.diff(different)
    if len(gaps) > 10 and gaps.max() > LONG_GAP * (different[-1] - different[0]):
        start = different[int(np.argmax(gaps))]
        if gaps.max() > 20 * np.median(gaps):
            notes.append(
                f"column {time.name!r}: no row for {gaps.max() / SECONDS_PER_DAY:,.1f} days after "
                f"{_day(np.datetime64(int(start), 's'))}: models are that much older behind it"
            )
    tied = int(counts[counts > 1].sum())
    if tied > TIED_SHARE * len(inside) and np.any(different % SECONDS_PER_DAY):
        notes.append(
            f"column {time.name!r}: {tied:,} of {len(inside):,} rows share their moment with "
            "others: their order is the file's"
        )
    return notes


def test_start(row_count: int, classes: NDArray[np.int64] | None) -> int:
    """Return the row at which the test begins, of rows in time order.

    It is the last fifth. Where a class that occurs twice or more is not in it, the test reaches
    back to that class's last row, if that is in the newer half: a test without a class says
    nothing of it, and models could not be told from one that never names it.

    Args:
        row_count: rows in all.
        classes: class number of each row, null unless classes are learnt, shape (n,).
    """
    start = row_count - max(1, math.ceil(TEST_FRACTION * row_count))
    if classes is None:
        return start
    middle = row_count - row_count // 2
    for label in np.unique(classes):
        places = np.flatnonzero(classes == label)
        if len(places) >= 2 and middle <= places[-1] < start:
            start = int(places[-1])
    return start


def refuse_one_class(classes: NDArray[np.int64], *, where: str) -> None:
    """Refuse a metric of two classes where the newest rows have one.

    Raises:
        DataError: they have one.
    """
    if len(np.unique(classes[test_start(len(classes), classes) :])) < 2:
        raise DataError(
            f"{where}: data.metric: roc_auc needs two classes in the test, and the newest fifth of "
            "the rows has one: bring newer rows of the others, or take balanced_accuracy"
        )


def test_notes(
    classes: NDArray[np.int64], labels: Sequence[str], time: "pd.Series[Any]"
) -> list[str]:
    """Tell which classes a test on the newest rows has few of, or none, or is alone in having.

    Args:
        classes: class number of each row, in time order, shape (n,).
        labels: name of each class.
        time: time of each row.
    """
    start = test_start(len(classes), classes)
    notes = []
    usual = test_start(len(classes), None)
    at = time.iloc[start]
    since = str(at)[:10] if time.dtype.kind == "M" else str(at)
    part = f"the test, the newest {len(classes) - start:,} rows (from {since} on),"
    if start < usual:
        notes.append(
            f"{part} reaches further back than the last fifth, so that it has a case of each class"
        )
    tested = np.bincount(classes[start:], minlength=len(labels))
    trained = np.bincount(classes[:start], minlength=len(labels))
    absent = [repr(labels[int(i)]) for i in np.flatnonzero(tested == 0)]
    if absent:
        notes.append(
            f"{part} has no case of the class {listed(absent)}: nothing is measured on it; "
            "newer rows of it would be needed"
        )
    new = [repr(labels[int(i)]) for i in np.flatnonzero((trained == 0) & (tested > 0))]
    if new:
        notes.append(
            f"the class {listed(new)} occurs in the test only (from {since} on): no model can have "
            "learnt it; older rows of it would be needed"
        )
    return notes


def _day(moment: Any) -> str:
    return str(np.datetime64(moment, "D"))
