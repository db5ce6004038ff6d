"""The ratio ensemble: one machine's speed over another's, from workloads measured on both.

Each reference workload k gives a log ratio r_k = ln X_k(target) - ln X_k(anchor). The estimate is
their weighted mean, with a weight that is larger for references of the same kind as the workload
asked about and for references that usually agree with the others:

    w_k = kernel_k / (s_k^2 + t0^2)

s_k is how far reference k strays from the consensus of the other references on all machines but the
target. The spread of the r_k and the relation of the two machines say how wide the band must be.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.arrays import Floats

TRUST_FLOOR = 0.10
"""t0: disagreement below which no reference is trusted more than another, in logarithm."""

SPREAD_FLOOR = 0.05
"""Added to the spread of the references before it scales a band, in logarithm."""

MAD_TO_SD = 1.4826
"""Standard deviation of a normal law / its median absolute deviation."""


def filled_levels(levels: Floats, *, rounds: int = 30) -> Floats:
    """Centre each workload over machines, missing cells by an additive model of both.

    Args:
        levels: ln speed, shape (workloads, machines), NaN where not measured.
        rounds: alternations of the fit.
    """
    missing = np.isnan(levels)
    rows = np.where(missing.all(axis=1), 0.0, np.nansum(levels, axis=1))
    rows = rows / np.maximum(1, (~missing).sum(axis=1))
    filled = np.where(missing, rows[:, None], levels)
    for _ in range(rounds if missing.any() else 0):
        workload = filled.mean(axis=1, keepdims=True)
        machine = (filled - workload).mean(axis=0, keepdims=True)
        filled = np.where(missing, workload + machine, levels)
    centred: Floats = filled - filled.mean(axis=1, keepdims=True)
    return centred


def stray(levels: Floats, *, affinity: Floats) -> Floats:
    """How far each workload is from the weighted mean of the others. Shape (workloads, machines).

    Args:
        levels: centred, no gaps, see `filled_levels`.
        affinity: weight of workload j in the consensus for workload i; 0 where they share a stem.
    """
    total = affinity.sum(axis=1, keepdims=True)
    consensus = (affinity @ levels) / np.where(total > 0, total, 1.0)
    result: Floats = np.where(total > 0, levels - consensus, 0.0)
    return result


def trust(strayed: Floats, *, without: int | NDArray[np.int_] | None = None) -> Floats:
    """Weight of each workload by how little it strays on the machines, some of them left out."""
    kept = strayed if without is None else np.delete(strayed, without, axis=1)
    middle = np.median(kept, axis=1, keepdims=True)
    deviation = MAD_TO_SD * np.median(np.abs(kept - middle), axis=1)
    weight: Floats = 1.0 / (deviation**2 + TRUST_FLOOR**2)
    return weight


@dataclass(frozen=True)
class RatioEstimate:
    """Log ratios of one target over several anchors."""

    centre: Floats
    """Weighted mean log ratio; NaN where nothing was measured on both."""
    spread: Floats
    """Weighted standard deviation of the references' log ratios."""


def log_ratio(*, target: Floats, anchors: Floats, weights: Floats) -> RatioEstimate:
    """Return ln(speed of the target / speed of each anchor).

    Args:
        target: ln speed of each reference on the target, shape (workloads,).
        anchors: the same on the anchors, shape (workloads, anchors); NaN where not measured.
        weights: of each reference, shape (workloads,).
    """
    ratios = target[:, None] - anchors
    present = np.isfinite(ratios)
    mass = weights[:, None] * present
    total = mass.sum(axis=0)
    known = total > 0
    safe = np.where(known, total, 1.0)
    values = np.where(present, ratios, 0.0)
    centre = (mass * values).sum(axis=0) / safe
    variance = (mass * (values - centre) ** 2 * present).sum(axis=0) / safe
    return RatioEstimate(
        centre=np.where(known, centre, np.nan), spread=np.where(known, np.sqrt(variance), np.nan)
    )


def conformal_quantile(scores: Floats, *, level: float) -> float:
    """Return the score that a share `level` of future ones stays below, finite-sample corrected.

    The ceil((n + 1) level)-th smallest score; the largest where that is beyond the sample.

    Raises:
        ValueError: there are no scores.
    """
    if scores.size == 0:
        raise ValueError("a conformal quantile needs at least one score")
    rank = min(scores.size, int(np.ceil((scores.size + 1) * level)))
    return float(np.partition(scores, rank - 1)[rank - 1])
