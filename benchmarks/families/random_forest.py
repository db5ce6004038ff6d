"""A random forest with scikit-learn's defaults: 100 full-grown trees."""

from typing import Any

from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from benchmarks.families import Setup
from benchmarks.families.preprocessing import scaled


def make(setup: Setup) -> Any:
    """Return a forest that uses the allowed threads."""
    kind = RandomForestClassifier if setup.task == "classification" else RandomForestRegressor
    return scaled(setup, kind(n_jobs=setup.thread_count, random_state=setup.seed))
