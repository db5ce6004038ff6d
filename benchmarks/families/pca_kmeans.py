"""k-means on the principal components that hold most of the variance."""

from typing import Any

from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

from benchmarks.families import Setup
from benchmarks.families.cluster_count import with_chosen_count
from benchmarks.families.kmeans import START_COUNT
from benchmarks.families.preprocessing import scaled

KEPT_VARIANCE_FRACTION = 0.9
"""Share of the variance of the scaled features that the components hold. [fraction]"""


def make(setup: Setup) -> Any:
    """Return k-means on the leading components of the scaled features."""
    clustering = with_chosen_count(
        KMeans(n_init=START_COUNT, random_state=setup.seed), setup, parameter="n_clusters"
    )
    model = scaled(setup, clustering)
    components = PCA(KEPT_VARIANCE_FRACTION, svd_solver="full", random_state=setup.seed)
    model.steps.insert(1, ("reduce", components))
    return model
