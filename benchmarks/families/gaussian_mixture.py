"""A mixture of Gaussians with diagonal covariance: soft clusters of different widths."""

from typing import Any

from sklearn.mixture import GaussianMixture

from benchmarks.families import Setup
from benchmarks.families.kmeans import CLUSTER_COUNT
from benchmarks.families.preprocessing import scaled


def make(setup: Setup) -> Any:
    """Return a mixture on scaled features."""
    model = GaussianMixture(
        n_components=CLUSTER_COUNT,
        covariance_type="diag",
        reg_covar=1e-4,
        random_state=setup.seed,
    )
    return scaled(setup, model)
