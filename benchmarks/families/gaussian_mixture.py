"""A mixture of Gaussians with diagonal covariance: soft clusters of different widths."""

from typing import Any

from sklearn.mixture import GaussianMixture

from benchmarks.families import Setup
from benchmarks.families.cluster_count import with_chosen_count
from benchmarks.families.preprocessing import scaled

VARIANCE_FLOOR = 0.01
"""Added to each variance of the scaled features: one-hot and near-constant columns would otherwise
make needle-thin clusters."""


def make(setup: Setup) -> Any:
    """Return a mixture on scaled features."""
    model = GaussianMixture(
        covariance_type="diag",
        reg_covar=VARIANCE_FLOOR,
        random_state=setup.seed,
    )
    return scaled(setup, with_chosen_count(model, setup, parameter="n_components"))
