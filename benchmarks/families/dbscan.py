"""DBSCAN: groups of any shape, and what belongs to none (-1).

It has no rule for new rows of its own: a row belongs to the group of the nearest core point, if
that lies within the radius. The radius is chosen like the number of clusters of the others.
"""

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.cluster import DBSCAN
from sklearn.neighbors import NearestNeighbors

from benchmarks.data.quality import silhouette
from benchmarks.families import Setup
from benchmarks.families.cluster_count import JUDGED_ROWS
from benchmarks.families.preprocessing import scaled

NEIGHBOUR_COUNT = 5
"""Points within the radius of a core point, itself counted; scikit-learn's default."""

RADIUS_QUANTILES = (0.5, 0.7, 0.9, 0.97)
"""Radii that are tried: quantiles of the distance to the fifth nearest point."""


def make(setup: Setup) -> Any:
    """Return DBSCAN on scaled features."""
    return scaled(setup, NearestCore(seed=setup.seed, thread_count=setup.thread_count))


class NearestCore(ClusterMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """DBSCAN with a rule for new rows."""

    def __init__(self, *, seed: int = 0, thread_count: int = 1) -> None:
        self.seed = seed
        self.thread_count = thread_count

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002
        """Try each radius and keep the one whose groups have the best silhouette."""
        points = np.asarray(X, dtype=float)
        near = NearestNeighbors(n_neighbors=min(NEIGHBOUR_COUNT, len(points))).fit(points)
        distances = near.kneighbors(points)[0][:, -1]
        judged = np.random.default_rng(self.seed).permutation(len(points))[:JUDGED_ROWS]
        best = -np.inf
        for radius in dict.fromkeys(np.quantile(distances, RADIUS_QUANTILES)):
            found = DBSCAN(
                eps=max(float(radius), 1e-12),
                min_samples=NEIGHBOUR_COUNT,
                n_jobs=self.thread_count,
            ).fit(points)
            value = silhouette(points=points[judged], labels=found.labels_[judged])
            if value > best:
                best, self.radius_ = value, found.eps
                self.core_points_ = points[found.core_sample_indices_]
                self.core_labels_ = found.labels_[found.core_sample_indices_]
        if len(self.core_points_):
            self.nearest_ = NearestNeighbors(n_neighbors=1).fit(self.core_points_)
        return self

    def predict(self, X: Any) -> Any:
        """Return the group of each row, -1 for none."""
        points = np.asarray(X, dtype=float)
        if not len(self.core_points_):
            return np.full(len(points), -1)
        distance, position = self.nearest_.kneighbors(points)
        found = self.core_labels_[position[:, 0]]
        return np.where(distance[:, 0] <= self.radius_, found, -1)

    def score(self, X: Any, y: Any = None) -> float:  # noqa: ARG002
        """Return minus the share of rows that belong to no group."""
        return -float(np.mean(self.predict(X) == -1))
