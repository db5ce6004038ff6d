"""Isolation forest: which rows stand apart. Group 1 is what it flags, group 0 the rest."""

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.ensemble import IsolationForest

from benchmarks.families import Setup
from benchmarks.families.preprocessing import scaled

FLAGGED_FRACTION = 0.1
"""Share of the training rows that is flagged. [fraction]"""


def make(setup: Setup) -> Any:
    """Return a forest on scaled features."""
    return scaled(setup, Flagging(seed=setup.seed, thread_count=setup.thread_count))


class Flagging(ClusterMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """An isolation forest that answers with groups, as the other families without a target do."""

    def __init__(self, *, seed: int = 0, thread_count: int = 1) -> None:
        self.seed = seed
        self.thread_count = thread_count

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002
        """Grow the trees."""
        self.estimator_ = IsolationForest(
            contamination=FLAGGED_FRACTION, n_jobs=self.thread_count, random_state=self.seed
        ).fit(X)
        return self

    def predict(self, X: Any) -> Any:
        """Return 1 for rows that stand apart, 0 for the others."""
        return (self.estimator_.predict(X) < 0).astype(np.int64)

    def score(self, X: Any, y: Any = None) -> float:  # noqa: ARG002
        """Return the mean normality score; larger is more normal."""
        return float(np.mean(self.estimator_.score_samples(X)))
