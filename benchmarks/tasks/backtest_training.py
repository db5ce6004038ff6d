"""One training of a back-test, and the scores of its model on every later period."""

import importlib
import pickle
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.datasets import TaskData
from benchmarks.data.losses import Loss, case_losses, moved_share
from benchmarks.data.periods import Periods
from benchmarks.errors import BenchmarkError, DataError
from benchmarks.families import Setup, family_of
from benchmarks.storage.records import Candidate

LEAST_TRAINING_ROWS: Final = 20
"""A training on fewer labelled rows than this is left out."""
SCORED_ROWS_AT_ONCE: Final = 100_000
"""Rows predicted in one call, so that memory stays bounded."""


@dataclass(frozen=True)
class Trial:
    """One training and all it is scored on, small enough to send to a child process."""

    origin: int
    """Period at whose end the model is trained."""
    first_period: int
    """First period of the training window."""
    known_by: float | None
    """Only labels known by then are used, in the unit of the time column."""


@dataclass(frozen=True)
class Scored:
    """What came of one trial."""

    origin: int
    wall_s: float
    """Wall-clock of `fit`. [s]"""
    training_row_count: int
    count: tuple[int, ...] = ()
    """Scored cases of each period after the origin."""
    error: tuple[float, ...] = ()
    """Mean loss of each period after the origin; 0 where there is no case."""
    reason: str | None = None
    """Why there is no result."""


@dataclass
class Bench:
    """Everything that trials share: the data, its periods and the model to make."""

    data: TaskData
    periods: Periods
    candidate: Candidate
    loss: Loss
    seed: int = 0
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Settings of the estimator that differ from the family's, by scikit-learn's names."""
    scale: float | None = None
    """MAD of the target, for regression."""
    label_known: NDArray[np.float64] | None = None
    """When each label became known, in the unit of the periods' ends."""

    def model(self) -> Any:
        """An unfitted model."""
        made = family_of(self.candidate).make(
            Setup.of(self.candidate, spec=self.data.spec, kinds=self.data.kinds, seed=self.seed)
        )
        return made.set_params(**self.parameters) if self.parameters else made

    def training_rows(self, trial: Trial) -> NDArray[np.int64]:
        """Rows of the window whose label was known when the model was trained."""
        number = self.periods.number
        wanted = (number >= trial.first_period) & (number <= trial.origin)
        if self.label_known is not None and trial.known_by is not None:
            wanted &= self.label_known <= trial.known_by
        return np.flatnonzero(wanted)


def run_trial(bench: Bench, trial: Trial) -> Scored:
    """Train one model and score it on every later period."""
    rows = bench.training_rows(trial)
    if len(rows) < LEAST_TRAINING_ROWS:
        return Scored(
            origin=trial.origin,
            wall_s=0.0,
            training_row_count=len(rows),
            reason=f"{len(rows)} rows with a known label, at least {LEAST_TRAINING_ROWS} needed",
        )
    if bench.data.spec.task == "clustering":
        raise BenchmarkError("clusterings are compared with each other: use run_trials")
    model, wall_s = _fit(bench, rows)
    later = np.flatnonzero(bench.periods.number > trial.origin)
    truth = np.asarray(bench.data.y)[later]
    losses = np.concatenate(
        [
            _losses(bench, model, rows=part, truth=truth[start : start + len(part)])
            for start, part in _parts(later)
        ]
    )
    count, error = _by_period(bench, later, losses, origin=trial.origin)
    return Scored(
        origin=trial.origin,
        wall_s=wall_s,
        training_row_count=len(rows),
        count=count,
        error=error,
    )


def guarded_trial(bench: Bench, trial: Trial) -> Scored:
    """Turn what a model throws into a result that says so; our own errors go through."""
    try:
        return run_trial(bench, trial)
    except BenchmarkError:
        raise
    except Exception as error:  # noqa: BLE001  # a model of the user's may throw anything
        return failed_trial(trial, f"{type(error).__name__}: {str(error).partition(chr(10))[0]}")


def failed_trial(trial: Trial, reason: str) -> Scored:
    """The result of a trial that has none."""
    return Scored(origin=trial.origin, wall_s=0.0, training_row_count=0, reason=reason)


def scored_from(raw: dict[str, Any]) -> Scored:
    """Rebuild a result from its JSON form."""
    return Scored(**raw | {"count": tuple(raw["count"]), "error": tuple(raw["error"])})


_bench: Bench | None = None
"""The bench of a child process, loaded once."""


def load_bench(path: str, import_paths: list[str]) -> None:
    """Load what all trials of this worker share; called once, before it forks."""
    global _bench  # noqa: PLW0603  # a worker loads its data once
    sys.path[:] = list(dict.fromkeys([*import_paths, *sys.path]))
    _bench = pickle.loads(Path(path).read_bytes())  # noqa: S301  # our own file of this run
    importlib.import_module(family_of(_bench.candidate).module)


def run_job(**trial: Any) -> dict[str, Any]:
    """Run one trial in a child process; JSON in, JSON out."""
    assert _bench is not None
    try:
        return vars(guarded_trial(_bench, Trial(**trial)))
    except BenchmarkError as error:
        return vars(failed_trial(Trial(**trial), str(error)))


def _fit(bench: Bench, rows: NDArray[np.int64]) -> tuple[Any, float]:
    """Fit on some rows; a window with a single class makes a model that always says so."""
    X = _features(bench, rows)
    if bench.data.spec.task == "clustering":
        model = bench.model()
        started = time.perf_counter()
        model.fit(X)
        return model, max(time.perf_counter() - started, 1e-9)
    y = np.asarray(bench.data.y)[rows]
    if bench.data.spec.task == "classification" and len(np.unique(y)) == 1:
        return _Constant(y[0]), 1e-9
    model = bench.model()
    started = time.perf_counter()
    model.fit(X, y)
    return model, max(time.perf_counter() - started, 1e-9)


class _Constant:
    """Predicts the only class it has seen."""

    def __init__(self, label: Any) -> None:
        self.classes_ = np.array([label])

    def predict(self, X: Any) -> NDArray[Any]:
        return np.repeat(self.classes_, len(X))

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        return np.ones((len(X), 1))


def _features(bench: Bench, rows: NDArray[np.int64]) -> Any:
    return bench.data.take(rows).model_input()


def _parts(rows: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    for start in range(0, len(rows), SCORED_ROWS_AT_ONCE):
        yield start, rows[start : start + SCORED_ROWS_AT_ONCE]


def _losses(
    bench: Bench, model: Any, *, rows: NDArray[np.int64], truth: NDArray[Any]
) -> NDArray[np.float64]:
    X = _features(bench, rows)
    if bench.loss.name == "log":
        if not hasattr(model, "predict_proba"):
            raise DataError(f"{bench.candidate.name} gives no probabilities: use loss zero-one")
        predicted, classes = model.predict_proba(X), np.asarray(model.classes_)
    else:
        predicted, classes = model.predict(X), None
    return case_losses(
        bench.loss,
        truth=truth,
        predicted=np.asarray(predicted),
        classes=classes,
        scale=bench.scale,
    )


def _by_period(
    bench: Bench, rows: NDArray[np.int64], losses: NDArray[np.float64], *, origin: int
) -> tuple[tuple[int, ...], tuple[float, ...]]:
    later = bench.periods.number[rows] - origin - 1
    period_count = bench.periods.count - origin - 1
    count = np.bincount(later, minlength=period_count)
    total = np.bincount(later, weights=losses, minlength=period_count)
    mean = np.divide(total, count, out=np.zeros(period_count), where=count > 0)
    return tuple(count.tolist()), tuple(mean.tolist())


# Clustering ---------------------------------------------------------------------------------------


def run_clusterings(bench: Bench, trials: Sequence[Trial]) -> list[Scored]:
    """Train all clusterings and compare each, period by period, with the newest one then."""
    fitted: list[tuple[Trial, Any, float, int]] = []
    for trial in sorted(trials, key=lambda each: each.origin):
        rows = bench.training_rows(trial)
        if len(rows) >= LEAST_TRAINING_ROWS:
            fitted.append((trial, *_fit(bench, rows), len(rows)))
    by_period = {
        int(t): np.flatnonzero(bench.periods.number == t) for t in range(bench.periods.count)
    }
    results = []
    for trial, model, wall_s, row_count in fitted:
        count, error = [], []
        for t in range(trial.origin + 1, bench.periods.count):
            newest = [other for other, *_ in fitted if other.origin < t][-1]
            reference = next(m for other, m, *_ in fitted if other is newest)
            X = _features(bench, by_period[t])
            count.append(len(by_period[t]))
            error.append(_apart(bench.loss, model, reference, X))
        results.append(
            Scored(
                origin=trial.origin,
                wall_s=wall_s,
                training_row_count=row_count,
                count=tuple(count),
                error=tuple(error),
            )
        )
    return results


def _apart(loss: Loss, model: Any, reference: Any, X: Any) -> float:
    if model is reference:
        return 0.0
    if loss.name == "assignment":
        return moved_share(np.asarray(reference.predict(X)), np.asarray(model.predict(X)))
    best, own = float(reference.score(X)), float(model.score(X))
    return max(0.0, best - own) / max(abs(best), 1e-12)
