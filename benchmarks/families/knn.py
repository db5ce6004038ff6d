"""The nearest neighbours: no training to speak of, and all of its rows in the artefact."""

from typing import Any

from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from benchmarks.families import Setup
from benchmarks.families.preprocessing import scaled

NEIGHBOUR_COUNT = 5
"""scikit-learn's default."""


def make(setup: Setup) -> Any:
    """Return neighbours in the space of scaled features."""
    kind = KNeighborsClassifier if setup.task == "classification" else KNeighborsRegressor
    return scaled(setup, kind(n_neighbors=NEIGHBOUR_COUNT, n_jobs=setup.thread_count))
