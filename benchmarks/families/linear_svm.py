"""A linear support vector machine; Platt's scaling makes probabilities of its margins."""

from typing import Any

from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC, LinearSVR

from benchmarks.families import Setup
from benchmarks.families.preprocessing import scaled

CALIBRATION_FOLDS = 3
"""Folds whose held-out margins the scaling is fitted to; the machine is then fitted to all rows."""

MAX_ITERATIONS = 2_000
"""A run that needs more gets a note."""


def make(setup: Setup) -> Any:
    """Return a machine on scaled features; the target of a regression is scaled too."""
    if setup.task == "classification":
        machine = LinearSVC(dual=False, max_iter=MAX_ITERATIONS, random_state=setup.seed)
        return scaled(setup, CalibratedClassifierCV(machine, cv=CALIBRATION_FOLDS, ensemble=False))
    machine = LinearSVR(
        loss="squared_epsilon_insensitive",
        dual=False,
        max_iter=MAX_ITERATIONS,
        random_state=setup.seed,
    )
    return scaled(
        setup, TransformedTargetRegressor(regressor=machine, transformer=StandardScaler())
    )
