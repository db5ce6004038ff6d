"""k-means; the number of clusters is chosen, or the study's (`kmeans:5`)."""

from typing import Any

from sklearn.cluster import KMeans

from benchmarks.families import Setup
from benchmarks.families.cluster_count import with_chosen_count
from benchmarks.families.preprocessing import scaled

START_COUNT = 3
"""Random starts, of which the best stays."""


def make(setup: Setup) -> Any:
    """Return k-means on scaled features."""
    model = KMeans(n_init=START_COUNT, random_state=setup.seed)
    return scaled(setup, with_chosen_count(model, setup, parameter="n_clusters"))
