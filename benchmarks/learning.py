"""What the learning curve says: how time and quality grow with rows."""

import math
from collections.abc import Sequence

from benchmarks.records import LearningPoint

MAX_EXPONENT = 3.0
"""Steeper growth than cubic is noise of very short trainings."""


def time_exponent(points: Sequence[LearningPoint]) -> float:
    """Return b of wall_s = a * rows^b, by least squares on logarithms, within [0, 3].

    1 (time in proportion to rows) where all points have the same size.
    """
    x = [math.log(point.row_count) for point in points]
    y = [math.log(point.wall_s) for point in points]
    if len(set(x)) < 2:
        return 1.0
    x_mean, y_mean = math.fsum(x) / len(x), math.fsum(y) / len(y)
    covariance = math.fsum((a - x_mean) * (b - y_mean) for a, b in zip(x, y, strict=True))
    variance = math.fsum((a - x_mean) ** 2 for a in x)
    return float(min(MAX_EXPONENT, max(0.0, covariance / variance)))


def wall_s_at(points: Sequence[LearningPoint], *, row_count: int) -> float:
    """Return the time of a training on more rows, from the largest measured size. [s]

    wall(n) = wall(n_max) * (n / n_max)^b
    """
    largest = max(points, key=lambda point: point.row_count)
    return float(largest.wall_s * (row_count / largest.row_count) ** time_exponent(points))


def affordable_rows(
    points: Sequence[LearningPoint], *, budget_s: float, training_count: float, row_count: int
) -> int:
    """Return how many rows, up to `row_count`, can be trained on so many times within a budget.

    Inverts `wall_s_at`: n = n_max * (budget / (count * wall(n_max)))^(1 / b); at least the smallest
    measured size. With one point only, time is taken to grow a bit faster than the rows.
    """
    largest = max(points, key=lambda point: point.row_count)
    exponent = time_exponent(points) if len({p.row_count for p in points}) > 1 else 1.15
    ratio = budget_s / (training_count * largest.wall_s)
    if ratio >= (row_count / largest.row_count) ** exponent:
        return row_count
    smallest = min(point.row_count for point in points)
    affordable = largest.row_count * ratio ** (1 / max(exponent, 0.5))
    return max(smallest, min(row_count, int(affordable)))


def last_doubling_gain(points: Sequence[LearningPoint]) -> float | None:
    """Return how much quality the last doubling of rows brought; null with fewer than two sizes.

    The mean quality at the largest size minus that at half of it, on a scale of log2(rows).
    """
    sizes = sorted({point.row_count for point in points})
    if len(sizes) < 2:
        return None
    half = min(sizes[:-1], key=lambda size: abs(size - sizes[-1] / 2))
    means = {
        size: math.fsum(p.quality for p in points if p.row_count == size)
        / sum(p.row_count == size for p in points)
        for size in (half, sizes[-1])
    }
    return (means[sizes[-1]] - means[half]) / math.log2(sizes[-1] / half)
