"""How many clusters: the count with the best silhouette out of a small range."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin, clone

from benchmarks.data.quality import silhouette
from benchmarks.families import Setup

CLUSTER_COUNTS = (2, 3, 4, 6, 8, 12, 16)
"""Counts that are tried where the study names none, e.g. `kmeans:5`."""

JUDGED_ROWS = 1_000
"""Rows that the silhouette of each count is taken on: its cost grows with their square."""


def with_chosen_count(model: Any, setup: Setup, *, parameter: str) -> Any:
    """Return a clustering with the study's count of clusters, or one that chooses its own."""
    if setup.cluster_count is not None:
        return model.set_params(**{parameter: setup.cluster_count})
    return ChosenCount(model=model, parameter=parameter, seed=setup.seed)


class ChosenCount(ClusterMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Fits a clustering with each count and keeps the best; choosing is part of its training."""

    def __init__(
        self,
        *,
        model: Any,
        parameter: str,
        counts: Sequence[int] = CLUSTER_COUNTS,
        seed: int = 0,
    ) -> None:
        self.model = model
        self.parameter = parameter
        self.counts = counts
        self.seed = seed

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002
        """Fit with every count below the number of rows; the smaller count wins a tie."""
        points = np.asarray(X, dtype=float)
        rows = np.random.default_rng(self.seed).permutation(len(points))[:JUDGED_ROWS]
        best = -np.inf
        for count in (c for c in self.counts if c < len(points)):
            found = clone(self.model).set_params(**{self.parameter: count}).fit(points)
            value = silhouette(points=points[rows], labels=found.predict(points[rows]))
            if value > best:
                best, self.estimator_, self.cluster_count_ = value, found, count
        return self

    def predict(self, X: Any) -> Any:
        """Return the cluster of each row."""
        return self.estimator_.predict(X)

    def score(self, X: Any, y: Any = None) -> float:  # noqa: ARG002
        """Return the clustering's own score."""
        return float(self.estimator_.score(X))
