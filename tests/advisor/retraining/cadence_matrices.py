"""Error matrices with a known decay."""

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Cell:
    """An entry of an error matrix, without the product's own type."""

    trained_at: int
    scored_at: int
    case_count: int
    error_per_case: float


def cells(
    decay,
    *,
    trend=0.0,
    season=0.0,
    base=0.1,
    origin_count=8,
    period_count=60,
    noise=0.0,
    case_count=1000,
    seed=0,
):
    """E = base + trend t + season wave + decay(age), plus noise."""
    rng = np.random.default_rng(seed)
    origins = np.linspace(8, period_count - 14, origin_count).astype(int)
    return [
        Cell(
            trained_at=int(s),
            scored_at=t,
            case_count=case_count,
            error_per_case=max(
                0.0,
                base
                + trend * t
                + season * math.sin(2 * math.pi * t / 26)
                + decay(t - s)
                + noise * rng.standard_normal(),
            ),
        )
        for s in origins
        for t in range(s + 1, period_count)
    ]


def linear(slope):
    """g(a) = d (a - 1)."""
    return lambda age: slope * (age - 1)


def saturating(amplitude, tau):
    """g(a) = A (1 - exp(-(a - 1) / tau))."""
    return lambda age: amplitude * -math.expm1(-(age - 1) / tau)
