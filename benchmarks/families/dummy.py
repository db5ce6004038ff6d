"""The baseline that any model must beat: the most frequent class, or the median."""

from typing import Any

from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.pipeline import Pipeline

from benchmarks.families import Setup


def make(setup: Setup) -> Any:
    """Return a model that ignores the features."""
    if setup.task == "classification":
        return Pipeline([("model", DummyClassifier(strategy="prior", random_state=setup.seed))])
    return Pipeline([("model", DummyRegressor(strategy="median"))])
