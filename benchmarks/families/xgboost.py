"""XGBoost's histogram boosting on the CPU with its defaults; category codes count as numbers."""

from typing import Any

from benchmarks.families import Setup, need_library
from benchmarks.families.preprocessing import for_trees


def make(setup: Setup) -> Any:
    """Return a boosted ensemble with XGBoost's own threads."""
    xgboost = need_library("xgboost")
    kind = xgboost.XGBClassifier if setup.task == "classification" else xgboost.XGBRegressor
    model = kind(
        random_state=setup.seed, n_jobs=setup.thread_count, tree_method="hist", verbosity=0
    )
    return for_trees(setup, model)
