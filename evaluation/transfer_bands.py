"""Bands with a promise: conformal half widths, calibrated without the target and the workload."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm
from scipy.stats import t as student

from advisor.arrays import Floats
from advisor.capacity.ratio_ensemble import SPREAD_FLOOR, conformal_quantile
from evaluation.transfer_cases import Cases

LEVELS = (0.80, 0.95)
"""Coverage that the two bands promise."""

MINIMUM_SCORES = 100
"""A relation with fewer calibration cases borrows those of its whole class."""


@dataclass(frozen=True)
class Bands:
    """Half widths in natural logarithm, one entry per case."""

    half_80: Floats
    """Of the 80% band; NaN where there was nothing to calibrate on."""
    half_95: Floats
    """Of the 95% band."""


def scores_of(cases: Cases) -> Floats:
    """Error in units of what the references disagree by."""
    scores: Floats = np.abs(cases.error) / (cases.spread + SPREAD_FLOOR)
    return scores


def few_workloads_factor(workload_count: int, *, level: float) -> float:
    """How much wider a band must be when it was calibrated on few workloads.

    Student's quantile with as many degrees of freedom as workloads / the normal one: workloads
    differ, and the next one is not among those seen.
    """
    both_sides = (1 + level) / 2
    return float(student.ppf(both_sides, max(1, workload_count)) / norm.ppf(both_sides))


def calibrated_bands(cases: Cases) -> Bands:
    """Return the bands of cases of one class, each calibrated on cases that share nothing with it.

    For a case (workload w, target t) the scores of all cases whose workload is not w and neither
    of whose machines is t; of the same relation, where there are enough of them; widened for having
    seen few workloads.
    """
    scores = scores_of(cases)
    half = np.full((len(LEVELS), len(cases)), np.nan)
    for target in np.unique(cases.target):
        of_target = cases.target == target
        strangers = ~of_target & (cases.anchor != target)
        for workload in np.unique(cases.workload[of_target]):
            asked = of_target & (cases.workload == workload)
            pool = strangers & (cases.workload != workload)
            _put(half, scores, asked=asked, pool=pool, relation=cases.relation)
            count = len(np.unique(cases.workload[pool]))
            for row, level in enumerate(LEVELS):
                half[row, asked] *= few_workloads_factor(count, level=level)
    wide = half * (cases.spread + SPREAD_FLOOR)
    return Bands(half_80=wide[0], half_95=wide[1])


def _put(
    half: Floats,
    scores: Floats,
    *,
    asked: NDArray[np.bool_],
    pool: NDArray[np.bool_],
    relation: NDArray[np.str_],
) -> None:
    if not pool.any():
        return
    for name in np.unique(relation[asked]):
        own = pool & (relation == name)
        chosen = scores[own] if own.sum() >= MINIMUM_SCORES else scores[pool]
        for row, level in enumerate(LEVELS):
            half[row, asked & (relation == name)] = conformal_quantile(chosen, level=level)


def coverage(cases: Cases, half: Floats) -> float:
    """Share of the cases whose truth lies in the band; NaN without a band."""
    known = np.isfinite(half)
    if not known.any():
        return float("nan")
    return float(np.mean(np.abs(cases.error[known]) <= half[known] + 1e-12))


def width_percent(half: Floats) -> float:
    """Median half width in percent of the prediction: 100 sinh(half), the mean of both sides."""
    known = half[np.isfinite(half)]
    return float(100 * np.sinh(np.median(known))) if known.size else float("nan")
