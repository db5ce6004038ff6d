"""What the learning curve says: how time, quality and memory grow with rows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from benchmarks.storage.records import LearningPoint

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


QUALITY_EXPONENTS = tuple(step / 20 for step in range(1, 41))
"""Exponents that are tried for the approach of the quality to its limit."""

TRIM_FROM = 5
"""From so many trainings on, the fastest and the slowest are dropped from the mean."""


@dataclass(frozen=True)
class CurveFit:
    """How a training grows, and what twice the rows would bring."""

    time_exponent: float
    """b of wall = a * rows^b."""
    memory_exponent: float | None
    """b of peak memory = a * rows^b over the measured sizes; null without measurements."""
    quality_limit: float | None
    """q of quality = q - a * rows^-b; null with fewer than three sizes."""
    quality_exponent: float | None
    """b of the same."""
    row_count: int
    """Rows of the largest measured training."""
    wall_s: float
    """Its time. [s]"""
    doubled_wall_s: float
    """Time of a training on twice the rows. [s]"""
    doubled_memory_bytes: float | None
    """Peak memory of it; null without measurements. [B]"""
    doubled_quality_gain: float | None
    """Quality that twice the rows would add; null with fewer than two sizes."""


def fit_curve(points: Sequence[LearningPoint]) -> CurveFit:
    """Fit growth laws to a learning curve and say what the next doubling of rows would buy.

        wall = a * n^b;  memory = m0 + m1 * n (m1 >= 0);  quality = q - a * n^-b

    The exponents of time and memory by least squares on logarithms, the quality's by least squares
    for each exponent of a grid. With two sizes only, the last doubling's gain stands for the next.

    Raises:
        ValueError: there is no point.
    """
    if not points:
        raise ValueError("a learning curve needs at least one point")
    largest = max(points, key=lambda point: point.row_count)
    quality = _fit_quality(points)
    if quality is None:
        gain = last_doubling_gain(points)
        limit = exponent = None
    else:
        limit, scale, exponent = quality
        gain = scale * largest.row_count**-exponent * (1 - 2**-exponent)
    memory = [(p.row_count, p.peak_memory_bytes) for p in points if p.peak_memory_bytes]
    return CurveFit(
        time_exponent=time_exponent(points),
        memory_exponent=_log_slope(memory),
        quality_limit=limit,
        quality_exponent=exponent,
        row_count=largest.row_count,
        wall_s=largest.wall_s,
        doubled_wall_s=wall_s_at(points, row_count=2 * largest.row_count),
        doubled_memory_bytes=_doubled_memory(memory),
        doubled_quality_gain=gain,
    )


@dataclass(frozen=True)
class TimeToQuality:
    """What a training costs that reaches a wanted quality."""

    row_count: int
    """Rows that it needs."""
    wall_s: float
    """Time of it. [s]"""
    basis: Literal["measured", "scaled"]
    """Whether a measured size reaches it, or the fitted curve says so."""


def time_to_quality(points: Sequence[LearningPoint], *, quality: float) -> TimeToQuality | None:
    """Return the smallest training that reaches a quality; null where more rows would not.

    A measured size counts where the mean of its seeds reaches it; beyond the largest,

        n = (a / (q - wanted))^(1 / b)        of quality = q - a * n^-b
    """
    for size in sorted({point.row_count for point in points}):
        same = [point for point in points if point.row_count == size]
        if math.fsum(p.quality for p in same) / len(same) >= quality:
            walls = [p.wall_s for p in same]
            return TimeToQuality(size, trimmed_mean(walls), "measured")
    fitted = _fit_quality(points)
    if fitted is None:
        return None
    limit, scale, exponent = fitted
    if limit <= quality or scale <= 0:
        return None
    largest = max(point.row_count for point in points)
    rows = (scale / (limit - quality)) ** (1 / exponent)
    if rows > FARTHEST * largest:
        return None
    rows = max(rows, largest)
    return TimeToQuality(math.ceil(rows), wall_s_at(points, row_count=math.ceil(rows)), "scaled")


FARTHEST = 100.0
"""A curve says nothing of more rows than so many times the largest measured training."""


def trimmed_mean(values: Sequence[float]) -> float:
    """Return the mean without the least and the greatest, from five values on; never the best.

    Example:
        >>> trimmed_mean([1.0, 2.0, 3.0, 4.0, 100.0]), trimmed_mean([1.0, 3.0])
        (3.0, 2.0)

    Source:
        MLPerf Training rules: the fastest and the slowest run are dropped.
    """
    kept = sorted(values)[1:-1] if len(values) >= TRIM_FROM else list(values)
    return math.fsum(kept) / len(kept)


def _fit_quality(points: Sequence[LearningPoint]) -> tuple[float, float, float] | None:
    """Return limit, scale and exponent of quality = limit - scale * rows^-exponent."""
    if len({point.row_count for point in points}) < 3:
        return None
    best: tuple[float, float, float, float] | None = None
    y = [point.quality for point in points]
    for exponent in QUALITY_EXPONENTS:
        x = [point.row_count**-exponent for point in points]
        slope, offset = _line(x, y)
        error = math.fsum((q - offset - slope * u) ** 2 for u, q in zip(x, y, strict=True))
        if best is None or error < best[0]:
            best = (error, offset, -slope, exponent)
    assert best is not None
    return best[1:]


def _doubled_memory(points: Sequence[tuple[int, int]]) -> float | None:
    if not points:
        return None
    rows, peak = max(points)
    if len({size for size, _ in points}) < 2:
        return None
    slope, _ = _line([float(size) for size, _ in points], [float(used) for _, used in points])
    return peak + max(0.0, slope) * rows


def _log_slope(points: Sequence[tuple[int, int]]) -> float | None:
    if len({size for size, _ in points}) < 2:
        return None
    slope, _ = _line([math.log(size) for size, _ in points], [math.log(v) for _, v in points])
    return slope


def _line(x: Sequence[float], y: Sequence[float]) -> tuple[float, float]:
    """Return slope and offset of the least-squares line."""
    x_mean, y_mean = math.fsum(x) / len(x), math.fsum(y) / len(y)
    covariance = math.fsum((a - x_mean) * (b - y_mean) for a, b in zip(x, y, strict=True))
    slope = covariance / math.fsum((a - x_mean) ** 2 for a in x)
    return slope, y_mean - slope * x_mean
