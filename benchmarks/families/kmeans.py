"""k-means with scikit-learn's default number of clusters."""

from typing import Any

from sklearn.cluster import KMeans

from benchmarks.families import Setup
from benchmarks.families.preprocessing import scaled

CLUSTER_COUNT = 8
"""scikit-learn's default; the same for every clustering family, so that they can be compared."""


def make(setup: Setup) -> Any:
    """Return k-means on scaled features, best of three starts."""
    return scaled(setup, KMeans(n_clusters=CLUSTER_COUNT, n_init=3, random_state=setup.seed))
