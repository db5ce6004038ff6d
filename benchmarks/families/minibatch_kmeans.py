"""k-means fitted on small random batches: faster on many rows."""

from typing import Any

from sklearn.cluster import MiniBatchKMeans

from benchmarks.families import Setup
from benchmarks.families.cluster_count import with_chosen_count
from benchmarks.families.kmeans import START_COUNT
from benchmarks.families.preprocessing import scaled


def make(setup: Setup) -> Any:
    """Return mini-batch k-means on scaled features."""
    model = MiniBatchKMeans(n_init=START_COUNT, random_state=setup.seed)
    return scaled(setup, with_chosen_count(model, setup, parameter="n_clusters"))
