"""How fast a model loses: the decay curve g(age), fitted to an error matrix.

Age is counted in periods: a model is 1 period old when it first scores, and g(1) = 0 is the
reference level. One family of curves serves all:

    g(a) = d * tau * (1 - exp(-(a - 1) / tau))      initial slope d, saturating at A = d * tau
    g(a) = d * (a - 1)                              the limit tau = inf, the linear law

Matrices are dense arrays, origins x periods, with zero cases where nothing was scored.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from advisor.arrays import Floats
from advisor.errors import AdvisorError

Model = Literal["none", "linear", "saturating"]

PAIRED_ORIGIN_COUNT: Final = 6
"""Fewest trainings for which period effects can be told from decay."""
DISAGREEMENT: Final = 2.0
"""Ratio of the two slopes from which difficulty is said to trend."""
TAU_COUNT: Final = 24
"""Points of the search for tau, before it is refined."""


class ErrorLike(Protocol):
    """What an entry of the error matrix has; `benchmarks.storage.records.ErrorCell` is one."""

    @property
    def trained_at(self) -> int: ...  # noqa: D102
    @property
    def scored_at(self) -> int: ...  # noqa: D102
    @property
    def case_count(self) -> int: ...  # noqa: D102
    @property
    def error_per_case(self) -> float: ...  # noqa: D102


@dataclass(frozen=True)
class ErrorMatrix:
    """The error matrix E[s, t] as arrays; row = training, column = scored period."""

    origins: NDArray[np.int64]
    """Period at whose end each model was trained, ascending."""
    periods: NDArray[np.int64]
    """Scored periods, ascending."""
    error: Floats
    """Mean loss per case, 0 where nothing was scored."""
    count: Floats
    """Cases, 0 where nothing was scored."""

    @property
    def age(self) -> Floats:
        """Periods since training, of each entry. [periods]"""
        return (self.periods[None, :] - self.origins[:, None]).astype(np.float64)

    @property
    def longest_age(self) -> int:
        """The greatest age that was scored. [periods]"""
        return int(self.age[self.count > 0].max())

    @property
    def cases_per_period(self) -> Floats:
        """Cases of each scored period: the most that any model scored there."""
        most: Floats = self.count.max(axis=0)
        return most


@dataclass(frozen=True)
class DecayFit:
    """A decay curve and what it was read from."""

    model: Model
    slope: float
    """Initial slope d of the curve, >= 0. [error per case / period]"""
    tau: float
    """Time constant; inf for the linear law. [periods]"""
    level: float
    """Error of a model that is 1 period old, mean over cases. [error per case]"""
    paired_slope: float | None
    """Linear slope with period effects; None where it cannot be told. [error per case / period]"""
    unpaired_slope: float
    """Slope of error on age, no period effects. [error per case / period]"""
    longest_age: int | None
    """The greatest age seen; None where the decay was not measured. [periods]"""
    diagnostics: tuple[str, ...] = ()
    """What a reader must know."""

    @property
    def amplitude(self) -> float:
        """Where the curve saturates, A; inf for a linear law that decays. [error per case]"""
        return self.slope * self.tau if self.slope > 0 else 0.0

    @property
    def linear_slope(self) -> float:
        """The linear slope to report: paired where it can be told. [error per case / period]"""
        return self.unpaired_slope if self.paired_slope is None else self.paired_slope


def error_matrix(cells: Iterable[ErrorLike]) -> ErrorMatrix:
    """Arrange cells, in any order, as arrays; cells of one pair (s, t) are pooled.

    Raises:
        AdvisorError: there is no cell, or a cell was scored before its model was trained.
    """
    rows = [(c.trained_at, c.scored_at, c.case_count, c.error_per_case) for c in cells]
    if not rows:
        raise AdvisorError("the error matrix is empty: give at least two trainings, each scored")
    trained, scored, count, error = (np.array(column) for column in zip(*rows, strict=True))
    early = scored <= trained
    if early.any():
        at = int(np.argmax(early))
        raise AdvisorError(
            f"a model trained at period {trained[at]} is scored on period {scored[at]}:"
            " a model can only be scored on later periods"
        )
    origins, row = np.unique(trained, return_inverse=True)
    periods, column = np.unique(scored, return_inverse=True)
    shape = (len(origins), len(periods))
    cases, loss = np.zeros(shape), np.zeros(shape)
    np.add.at(cases, (row, column), count)
    np.add.at(loss, (row, column), count * error)
    mean = np.divide(loss, cases, out=np.zeros(shape), where=cases > 0)
    return ErrorMatrix(origins=origins, periods=periods, error=mean, count=cases)


def excess(age: Any, *, slope: Any, tau: Any) -> Floats:
    """Error per case that a model of some age makes beyond a fresh one.

        g(a) = d tau (1 - exp(-(a - 1) / tau)),  d (a - 1) for tau = inf

    Args:
        age: periods since training, >= 1. [periods], broadcast with the others.
        slope: initial slope d. [error per case / period]
        tau: time constant, > 0 or inf. [periods]

    Example:
        >>> float(excess(11, slope=0.002, tau=np.inf))
        0.02
    """
    since = np.asarray(age, dtype=np.float64) - 1.0
    tau = np.asarray(tau, dtype=np.float64)
    finite = np.where(np.isfinite(tau), tau, 1.0)
    curve = np.where(np.isfinite(tau), -finite * np.expm1(-since / finite), since)
    return np.asarray(slope * curve)


def taus(longest_age: int) -> Floats:
    """Time constants that are tried: from a fraction of a period to the linear law. [periods]"""
    longest = max(2.0, 3.0 * longest_age)
    return np.append(np.geomspace(0.3, longest, TAU_COUNT - 1), np.inf)


def paired_moments(
    matrix: ErrorMatrix,
    *,
    tau: Floats,
    origin_weight: Floats | None = None,
    period_weight: Floats | None = None,
) -> tuple[Floats, Floats, Floats]:
    """Sums of squares and products about each period's own mean: Sxx, Sxy, Syy.

    x is the unit-slope curve at each tau, y the error; weights are the cases, times the weight of
    the origin and of the period, for a bootstrap.

    Args:
        matrix: the errors.
        tau: time constants tried, shape (M,). [periods]
        origin_weight: shape (draws, origins); one draw of ones when None.
        period_weight: shape (draws, periods); one draw of ones when None.

    Returns:
        Sxx and Sxy of shape (draws, M), and Syy of shape (draws,).
    """
    by_origin = np.ones((1, len(matrix.origins))) if origin_weight is None else origin_weight
    by_period = np.ones((1, len(matrix.periods))) if period_weight is None else period_weight
    x = excess(np.maximum(matrix.age, 1.0)[None], slope=1.0, tau=tau[:, None, None])
    n, y = matrix.count, matrix.error
    total = np.maximum(by_origin @ n, 1e-300)[:, None, :]

    def over_origins(values: Floats) -> Floats:
        return np.tensordot(by_origin, values, axes=(1, 1))

    sum_x = over_origins(n * x)
    sum_y = (by_origin @ (n * y))[:, None, :]
    within = by_period[:, None, :]
    s_xx = over_origins(n * x * x) - sum_x**2 / total
    s_xy = over_origins(n * x * y) - sum_x * sum_y / total
    s_yy = (by_origin @ (n * y * y))[:, None, :] - sum_y**2 / total
    return (s_xx * within).sum(-1), (s_xy * within).sum(-1), (s_yy * within).sum((-1, -2))


def unpaired_slope(matrix: ErrorMatrix) -> float:
    """Slope of error on age by least squares weighted with cases. [error per case / period]"""
    n, age = matrix.count, matrix.age
    total = n.sum()
    centred = age - (n * age).sum() / total
    spread = (n * centred**2).sum()
    return float((n * centred * matrix.error).sum() / spread) if spread > 0 else 0.0


def fit_decay(matrix: ErrorMatrix) -> DecayFit:
    """Fit E[s, t] = alpha_t + g(t - s), with an effect for each period and g as above.

    The period effects absorb everything that makes a period hard for every model. With fewer than
    `PAIRED_ORIGIN_COUNT` trainings they cannot be told from decay, and the plain slope is used.

    Raises:
        AdvisorError: a single training: nothing to compare its errors with.
    """
    if len(matrix.origins) < 2:
        raise AdvisorError(
            "the error matrix has a single training: decay needs models of different ages on the"
            " same period, so score at least two trainings (eight are enough)"
        )
    longest = matrix.longest_age
    unpaired = unpaired_slope(matrix)
    tau = taus(longest)
    s_xx, s_xy, _ = (m[0] for m in paired_moments(matrix, tau=tau))
    told = bool(s_xx[-1] > 1e-9 * matrix.count.sum())
    paired = float(s_xy[-1] / s_xx[-1]) if told else None
    notes: list[str] = []
    if told and len(matrix.origins) >= PAIRED_ORIGIN_COUNT:
        slope, best_tau = _best_curve(matrix, tau=tau, s_xx=s_xx, s_xy=s_xy)
        notes += _disagreement(paired_slope=float(s_xy[-1] / s_xx[-1]), unpaired=unpaired)
    else:
        paired, slope, best_tau = None, max(unpaired, 0.0), math.inf
        notes.append(
            f"{len(matrix.origins)} trainings: too few to tell decay from difficult periods;"
            f" the plain slope of error on age is used (give {PAIRED_ORIGIN_COUNT} or more)"
        )
    fitted = excess(np.maximum(matrix.age, 1.0), slope=slope, tau=best_tau)
    level = float((matrix.count * (matrix.error - fitted)).sum() / matrix.count.sum())
    model: Model = "none" if slope == 0 else "saturating" if math.isfinite(best_tau) else "linear"
    return DecayFit(
        model=model,
        slope=slope,
        tau=best_tau,
        level=max(level, 0.0),
        paired_slope=paired,
        unpaired_slope=unpaired,
        longest_age=longest,
        diagnostics=tuple(notes),
    )


def gain(s_xx: Floats, s_xy: Floats) -> Floats:
    """Squared error that a rising curve explains; 0 where the slope would be negative."""
    upward = (s_xy > 0) & (s_xx > 0)
    return np.where(upward, s_xy**2 / np.where(upward, s_xx, 1.0), 0.0)


def _best_curve(
    matrix: ErrorMatrix, *, tau: Floats, s_xx: Floats, s_xy: Floats
) -> tuple[float, float]:
    explained = gain(s_xx, s_xy)
    at = int(np.argmax(explained * (1 + 1e-12 * np.arange(len(tau)))))
    if explained[at] == 0:
        return 0.0, math.inf
    if not math.isfinite(tau[at]):
        return float(s_xy[at] / s_xx[at]), math.inf
    low, high = tau[max(at - 1, 0)], tau[min(at + 1, len(tau) - 2)]
    for _ in range(4):
        fine = np.geomspace(low, high, 15)
        f_xx, f_xy, _ = (m[0] for m in paired_moments(matrix, tau=fine))
        best = int(np.argmax(gain(f_xx, f_xy)))
        low, high = fine[max(best - 1, 0)], fine[min(best + 1, 14)]
    return float(f_xy[best] / f_xx[best]), float(fine[best])


def _disagreement(*, paired_slope: float, unpaired: float) -> Sequence[str]:
    low, high = sorted((abs(paired_slope), abs(unpaired)))
    if (high <= DISAGREEMENT * low and paired_slope * unpaired > 0) or high < 1e-6:
        return ()
    note = (
        f"the slope with period effects ({paired_slope:.2g} per period) and the plain one"
        f" ({unpaired:.2g}) differ more than {DISAGREEMENT:g}x: difficulty trend or seasonality."
        " Trust the period-effect slope, and read the interval as wide"
    )
    return (note,)
