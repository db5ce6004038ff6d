"""From raw columns to a numeric matrix: one preprocessing for all families.

Numbers: median for what is missing, then zero mean and unit variance. Categories: one-hot, at most
`MAX_CATEGORIES` of them, the rest together. Dates: day number, month, weekday and hour.
"""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler

from benchmarks.families import Setup

MAX_CATEGORIES = 30
"""One-hot columns for one category column; rarer values share one."""

MAX_TREE_CATEGORIES = 250
"""Category codes for histogram boosting, which takes at most 255 bins."""


def scaled(setup: Setup, model: Any) -> Pipeline:
    """Put a model behind imputing, scaling and one-hot encoding."""
    numbers = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()
    )
    if setup.all_numbers:
        return Pipeline([("prepare", numbers), ("model", model)])
    categories = OneHotEncoder(
        handle_unknown="infrequent_if_exist", max_categories=MAX_CATEGORIES, sparse_output=False
    )
    dates = make_pipeline(
        FunctionTransformer(date_parts),
        SimpleImputer(strategy="median", keep_empty_features=True),
        StandardScaler(),
    )
    return _prepared(setup, model, numbers=numbers, categories=categories, dates=dates)


def framed(setup: Setup, pipeline: Pipeline) -> Pipeline:
    """Put the making of a frame with the columns' names before a pipeline that names them."""
    names = FunctionTransformer(to_frame, kw_args={"names": list(setup.kinds)})
    return Pipeline([("columns", names), *pipeline.steps])


def to_frame(rows: Any, *, names: list[str]) -> pd.DataFrame:
    """Return rows as a data frame with names; one that is there already stays as it is."""
    return rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(rows, columns=names)


def for_trees(setup: Setup, model: Any) -> Pipeline:
    """Put a model that handles missing values and category codes by itself behind the least work.

    Category columns come first in its matrix, see `tree_category_columns`.
    """
    if setup.all_numbers:
        return Pipeline([("model", model)])
    categories = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
        encoded_missing_value=np.nan,
        max_categories=MAX_TREE_CATEGORIES,
    )
    return _prepared(
        setup,
        model,
        numbers="passthrough",
        categories=categories,
        dates=FunctionTransformer(date_parts),
    )


def tree_category_columns(setup: Setup) -> list[int] | None:
    """Return the positions of the category columns in the matrix of `for_trees`."""
    return list(range(len(setup.columns("category")))) or None


def _prepared(setup: Setup, model: Any, *, numbers: Any, categories: Any, dates: Any) -> Pipeline:
    prepare = ColumnTransformer(
        [
            ("categories", categories, setup.columns("category")),
            ("numbers", numbers, setup.columns("number")),
            ("dates", dates, setup.columns("date")),
        ],
        sparse_threshold=0.0,
    )
    return Pipeline([("prepare", prepare), ("model", model)])


def date_parts(frame: pd.DataFrame) -> Any:
    """Return day number, month, weekday and hour of each date column, NaN where it is missing."""
    parts = []
    for name in frame.columns:
        dates = frame[name]
        days = (dates - pd.Timestamp("1970-01-01")) / pd.Timedelta(days=1)
        parts += [days, dates.dt.month, dates.dt.day_of_week, dates.dt.hour]
    return np.column_stack([part.to_numpy(dtype=float, na_value=np.nan) for part in parts])
