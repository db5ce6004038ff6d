"""Logistic regression for classes, ridge regression for numbers."""

from typing import Any

from sklearn.linear_model import LogisticRegression, Ridge

from benchmarks.families import Setup
from benchmarks.families.preprocessing import scaled

MAX_ITERATIONS = 300
"""Enough for scaled features; a run that needs more gets a note."""


def make(setup: Setup) -> Any:
    """Return a linear model on scaled features."""
    if setup.task == "classification":
        model = LogisticRegression(max_iter=MAX_ITERATIONS, random_state=setup.seed)
    else:
        model = Ridge(random_state=setup.seed)
    return scaled(setup, model)
