"""Histogram gradient boosting with scikit-learn's defaults; categories and gaps as they are."""

from typing import Any

from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from benchmarks.families import Setup
from benchmarks.families.preprocessing import for_trees, tree_category_columns


def make(setup: Setup) -> Any:
    """Return a boosted ensemble; its threads are OpenMP's, set by the environment."""
    kind = (
        HistGradientBoostingClassifier
        if setup.task == "classification"
        else HistGradientBoostingRegressor
    )
    model = kind(random_state=setup.seed, categorical_features=tree_category_columns(setup))
    return for_trees(setup, model)
