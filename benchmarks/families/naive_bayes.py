"""Gaussian naive Bayes: one mean and one variance per class and column."""

from typing import Any

from sklearn.naive_bayes import GaussianNB

from benchmarks.families import Setup
from benchmarks.families.preprocessing import scaled

VARIANCE_SHARE = 1e-3
"""Added to each variance, as a share of the largest: one-hot columns are constant within many
classes, and scikit-learn's 1e-9 would make them certain of everything."""


def make(setup: Setup) -> Any:
    """Return naive Bayes on scaled features."""
    return scaled(setup, GaussianNB(var_smoothing=VARIANCE_SHARE))
