"""LightGBM's gradient boosting with its defaults; category codes count as numbers."""

from typing import Any

from benchmarks.families import Setup, need_library
from benchmarks.families.preprocessing import for_trees


def make(setup: Setup) -> Any:
    """Return a boosted ensemble with LightGBM's own threads."""
    lightgbm = need_library("lightgbm")
    kind = lightgbm.LGBMClassifier if setup.task == "classification" else lightgbm.LGBMRegressor
    model = kind(
        random_state=setup.seed,
        n_jobs=setup.thread_count,
        deterministic=True,
        force_row_wise=True,  # chosen by timing otherwise, and trainings would differ
        verbosity=-1,
    )
    return for_trees(setup, model)
