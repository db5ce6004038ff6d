"""Which rows are for training, and which for test."""

import math
from typing import TYPE_CHECKING, Any

from benchmarks.data.datasets import TaskData
from benchmarks.data.time_order import test_start
from benchmarks.storage.records import TEST_FRACTION

if TYPE_CHECKING:
    import numpy as np


def split_rows(
    data: TaskData, *, seed: int
) -> tuple["np.ndarray[Any, Any]", "np.ndarray[Any, Any]"]:
    """Return the row numbers for training and for test.

    With a time column: train on the past, test on the last fifth (more where a class is not in
    it, see `test_start`), whatever the seed; so the spread
    over seeds is then the model's own. Else: at random by seed, each class in its proportion, and
    a case at least of each class that has two.
    """
    import numpy as np

    row_count = data.row_count
    test_count = max(1, math.ceil(TEST_FRACTION * row_count))
    if data.time is not None:
        learns_classes = data.spec.task == "classification"
        start = test_start(row_count, data.y if learns_classes else None)
        order = np.arange(row_count)
        return order[:start], order[start:]
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(row_count)
    if data.spec.task == "classification" and data.y is not None:
        shuffled = _dealt(shuffled, data.y[shuffled], first=rng.random())
        shuffled = _with_every_class(shuffled, data.y, test_count=test_count)
    return np.sort(shuffled[test_count:]), np.sort(shuffled[:test_count])


def _with_every_class(
    rows: "np.ndarray[Any, Any]", y: "np.ndarray[Any, Any]", *, test_count: int
) -> "np.ndarray[Any, Any]":
    """Let the first rows, which are the test, hold a case of each class that has two or more.

    A rare class that the lot left out of the test changes places with a row of the class that has
    the most there.
    """
    import numpy as np

    rows = rows.copy()
    counts = np.bincount(y, minlength=int(y.max()) + 1)
    for label in np.flatnonzero(counts >= 2):
        in_test = np.bincount(y[rows[:test_count]], minlength=len(counts))
        if in_test[label] or in_test.max() < 2:
            continue
        given = int(np.flatnonzero(y[rows[:test_count]] == in_test.argmax())[-1])
        taken = test_count + int(np.flatnonzero(y[rows[test_count:]] == label)[0])
        rows[given], rows[taken] = rows[taken], rows[given]
    return rows


def thin_rows(
    data: TaskData, rows: "np.ndarray[Any, Any]", *, kept_count: int, seed: int
) -> "np.ndarray[Any, Any]":
    """Return a random subset of row numbers, in order; smaller subsets lie within larger ones.

    Each class keeps its proportion, and at least one row as long as there is room.
    """
    import numpy as np

    if kept_count >= len(rows):
        return rows
    shuffled = np.random.default_rng(seed).permutation(rows)
    if data.spec.task == "classification" and data.y is not None:
        shuffled = _dealt(shuffled, data.y[shuffled], first=0.0)
    return np.sort(shuffled[:kept_count])


def _dealt(
    rows: "np.ndarray[Any, Any]", labels: "np.ndarray[Any, Any]", *, first: float
) -> "np.ndarray[Any, Any]":
    """Order rows so that every head of the list holds each class in its proportion.

    The k-th row of a class of n goes to position (k + first) / n.
    """
    import numpy as np

    position = np.empty(len(rows))
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        position[members] = (np.arange(len(members)) + first) / len(members)
    dealt: np.ndarray[Any, Any] = rows[np.argsort(position, kind="stable")]
    return dealt
