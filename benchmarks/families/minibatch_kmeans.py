"""k-means fitted on small random batches: faster on many rows."""

from typing import Any

from sklearn.cluster import MiniBatchKMeans

from benchmarks.families import Setup
from benchmarks.families.kmeans import CLUSTER_COUNT
from benchmarks.families.preprocessing import scaled


def make(setup: Setup) -> Any:
    """Return mini-batch k-means on scaled features, best of three starts."""
    model = MiniBatchKMeans(n_clusters=CLUSTER_COUNT, n_init=3, random_state=setup.seed)
    return scaled(setup, model)
