"""Score retraining policies on full error matrices: what each would have cost."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from advisor.arrays import Floats
from advisor.retraining.decay import ErrorMatrix
from evaluation.cadence_matrices import FullMatrix

RHOS: Final = (0.003, 0.01, 0.03, 0.1, 0.3)
"""Retrain costs of the protocol. [error rate x periods]"""
STRICT_FLOOR: Final = 0.005
"""Cells whose best excess cost is less than this of the unavoidable cost have no strict regret."""


@dataclass(frozen=True)
class Cell:
    """A stream, a configuration and a retrain cost; the second half is what is scored."""

    matrix: FullMatrix
    rho: float

    @property
    def start(self) -> int:
        """First scored period, H = N / 2."""
        return self.matrix.period_count // 2

    @property
    def horizon(self) -> int:
        """Scored periods, N - H."""
        return self.matrix.period_count - self.start

    @property
    def retrain_cost(self) -> float:
        """C = rho x mean cases over [B, H), with an error worth 1."""
        return self.rho * float(self.matrix.count[self.matrix.warm_up : self.start].mean())

    def history(self, origins: Sequence[int] | NDArray[np.int64]) -> ErrorMatrix:
        """What a recommender sees: some origins, scored before H."""
        kept = np.array([o for o in origins if self.matrix.warm_up - 1 <= o < self.start - 1])
        periods = np.arange(kept.min() + 1, self.start)
        later = periods[None, :] > kept[:, None]
        error = np.where(later, self.matrix.error[np.ix_(kept, periods)], 0.0)
        count = np.where(later, self.matrix.count[periods][None, :], 0.0)
        return ErrorMatrix(origins=kept, periods=periods, error=error, count=count)

    def fixed_costs(self) -> Floats:
        """Cost over [H, N) of retraining every T periods, for T = 1..N-H; the last is never."""
        periods = np.arange(self.start, self.matrix.period_count)
        n = self.matrix.count[periods]
        since = np.arange(self.horizon)
        costs = []
        for interval in range(1, self.horizon + 1):
            trained = self.start - 1 + interval * (since // interval)
            errors = float((n * self.matrix.error[trained, periods]).sum())
            costs.append(errors + self.retrain_cost * ((self.horizon - 1) // interval))
        return np.array(costs)

    def cost_of(self, interval: float) -> float:
        """Cost over [H, N) of a fixed interval; anything beyond the horizon is never."""
        whole = self.horizon if math.isinf(interval) else max(1, round(interval))
        return float(self.fixed_costs()[min(whole, self.horizon) - 1])

    def fresh_cost(self) -> float:
        """Error cost over [H, N) of a model that is always one period old."""
        periods = np.arange(self.start, self.matrix.period_count)
        return float((self.matrix.count[periods] * self.matrix.error[periods - 1, periods]).sum())

    def best_interval(self) -> float:
        """The best fixed interval in hindsight; beyond half the horizon it counts as never."""
        return self.as_never(float(np.argmin(self.fixed_costs()) + 1))

    def as_never(self, interval: float | None) -> float:
        """An interval, with anything beyond half the horizon taken for never, inf."""
        if interval is None or interval > self.horizon / 2:
            return math.inf
        return interval


Trigger = Callable[[int, float, float, int], bool]
"""Told period, its cases, its error and its age; answers whether to retrain at its end."""


def triggered_cost(cell: Cell, trigger: Trigger) -> float:
    """Cost over [H, N) of a policy that looks at each period's errors and then decides."""
    cost, trained = 0.0, cell.start - 1
    for t in range(cell.start, cell.matrix.period_count):
        n, error = float(cell.matrix.count[t]), float(cell.matrix.error[trained, t])
        cost += n * error
        last = t == cell.matrix.period_count - 1
        if trigger(t, n, error, t - trained) and not last:
            cost, trained = cost + cell.retrain_cost, t
    return cost


def debt_trigger(cell: Cell) -> Trigger:
    """Retrain when the excess over the first three periods' mean adds up to C."""
    seen: list[tuple[float, float]] = []

    def decide(period: int, n: float, error: float, age: int) -> bool:  # noqa: ARG001
        if age == 1:
            seen.clear()
        seen.append((n, error))
        reference = float(np.mean([e for _, e in seen[:3]]))
        return sum(n * (e - reference) for n, e in seen) >= cell.retrain_cost

    return decide


def detector_trigger(cell: Cell, name: str, *, seed: int = 0) -> Trigger | None:
    """Retrain when a river detector, at its defaults, alarms on the stream of losses.

    Losses of 0 and 1 are fed case by case, in random order within a period; other losses as the
    period's mean. DDM takes 0 and 1 only: None for other losses.
    """
    from river import drift

    binary = bool(np.nanmax(cell.matrix.error) <= 1) and _whole_errors(cell.matrix)
    if name == "DDM" and not binary:
        return None
    make = {
        "ADWIN": drift.ADWIN,
        "Page-Hinkley": drift.PageHinkley,
        "DDM": drift.binary.DDM,
    }[name]
    rng = np.random.default_rng(seed)
    detector = make()

    def decide(period: int, n: float, error: float, age: int) -> bool:  # noqa: ARG001
        nonlocal detector
        losses = [error]
        if binary:
            cases = np.arange(int(n)) < round(error * n)
            losses = rng.permutation(cases).astype(float).tolist()
        for loss in losses:
            detector.update(loss)
            if detector.drift_detected:
                detector = make()
                return True
        return False

    return decide


def _whole_errors(matrix: FullMatrix) -> bool:
    """Whether every mean is a whole number of errors over its cases."""
    wrong = matrix.error * matrix.count[None, :]
    known = np.isfinite(wrong)
    return bool(np.allclose(wrong[known], np.round(wrong[known]), atol=1e-6))


@dataclass(frozen=True)
class Result:
    """What one policy cost in one cell."""

    policy: str
    stream: str
    configuration: str
    rho: float
    regret: float
    """Cost over the best fixed interval's in hindsight, less 1. [fraction]"""
    strict_regret: float | None
    """The same in excess over an always fresh model; None where there is hardly any. [fraction]"""


def regret(cell: Cell, policy: str, cost: float) -> Result:
    """Compare a policy's cost with the best fixed interval in hindsight."""
    best, fresh = float(cell.fixed_costs().min()), cell.fresh_cost()
    excess = best - fresh
    return Result(
        policy=policy,
        stream=cell.matrix.stream,
        configuration=cell.matrix.configuration,
        rho=cell.rho,
        regret=cost / best - 1,
        strict_regret=(cost - fresh) / excess - 1 if excess > STRICT_FLOOR * fresh else None,
    )
