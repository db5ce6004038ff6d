"""Decisions by what their errors cost: calibrated probabilities and a threshold of their own.

With probability p of class 1, saying 1 costs (1 - p) c_fp on average and saying 0 costs p c_fn, so
class 1 is said where p > c_fp / (c_fp + c_fn). The rule is only as good as the probabilities, so
they are calibrated first. With several classes, whose errors have one price, it is the likeliest.

Source:
    C. Elkan, "The foundations of cost-sensitive learning", IJCAI 2001.
"""

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier

from benchmarks.families import Setup
from benchmarks.families.preprocessing import for_trees, tree_category_columns

CALIBRATION_FOLDS = 3
"""Folds whose held-out scores the calibration is fitted to."""


def make(setup: Setup) -> Any:
    """Return calibrated boosting that decides by cost."""
    boosting = HistGradientBoostingClassifier(
        random_state=setup.seed, categorical_features=tree_category_columns(setup)
    )
    model = CostlyDecision(
        model=CalibratedClassifierCV(
            boosting, method="sigmoid", cv=CALIBRATION_FOLDS, ensemble=False
        ),
        false_positive_usd=setup.false_positive_usd,
        false_negative_usd=setup.false_negative_usd,
    )
    return for_trees(setup, model)


def cost_threshold(*, false_positive_usd: float, false_negative_usd: float) -> float:
    """Return the probability of class 1 above which saying 1 is cheaper.

        t = c_fp / (c_fp + c_fn)

    Example:
        >>> cost_threshold(false_positive_usd=1.0, false_negative_usd=9.0)
        0.1
    """
    total = false_positive_usd + false_negative_usd
    return false_positive_usd / total if total > 0 else 0.5


class CostlyDecision(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier of two classes whose threshold follows from what its errors cost."""

    def __init__(
        self, *, model: Any, false_positive_usd: float = 1.0, false_negative_usd: float = 1.0
    ) -> None:
        self.model = model
        self.false_positive_usd = false_positive_usd
        self.false_negative_usd = false_negative_usd

    def fit(self, X: Any, y: Any) -> Self:
        """Fit and calibrate."""
        self.estimator_ = self.model.fit(X, y)
        self.classes_ = self.estimator_.classes_
        self.threshold_ = cost_threshold(
            false_positive_usd=self.false_positive_usd,
            false_negative_usd=self.false_negative_usd,
        )
        return self

    def predict_proba(self, X: Any) -> Any:
        """Return calibrated probabilities."""
        return self.estimator_.predict_proba(X)

    def predict(self, X: Any) -> Any:
        """Return the cheaper decision."""
        scores = self.predict_proba(X)
        if len(self.classes_) != 2:
            return self.classes_[scores.argmax(axis=1)]
        return self.classes_[(scores[:, 1] > self.threshold_).astype(np.int64)]
