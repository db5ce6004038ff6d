"""Quality of predictions, and the loss per case that money is counted on. Larger quality is better.

Plain numpy, so that the numbers can be checked against scikit-learn's in the tests.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.storage.records import Task

Array = NDArray[Any]

SILHOUETTE_ROWS = 2_000
"""Rows that the silhouette is computed on at most: its cost grows with their square."""


@dataclass(frozen=True)
class Metric:
    """A quality metric."""

    task: Task
    needs_scores: bool = False
    """Whether it looks at class probabilities instead of predicted classes."""


METRICS: dict[str, Metric] = {
    "accuracy": Metric(task="classification"),
    "balanced_accuracy": Metric(task="classification"),
    "roc_auc": Metric(task="classification", needs_scores=True),
    "neg_cost_usd": Metric(task="classification"),
    "r2": Metric(task="regression"),
    "neg_mae": Metric(task="regression"),
    "silhouette": Metric(task="clustering"),
}
DEFAULT_METRIC: dict[Task, str] = {
    "classification": "accuracy",
    "regression": "r2",
    "clustering": "silhouette",
}


def quality(
    *,
    metric: str,
    truth: Array,
    predicted: Array,
    scores: Array | None = None,
    costs_usd: tuple[float, float] = (1.0, 1.0),
) -> float:
    """Return the quality of predictions on labelled rows.

    Args:
        metric: a key of `METRICS` other than `silhouette`.
        truth: class numbers or values, shape (n,).
        predicted: the same, as predicted, shape (n,).
        scores: class probabilities, shape (n, classes), for metrics that need them.
        costs_usd: of a false positive and of a false negative, for `neg_cost_usd`. [USD]
    """
    if metric == "neg_cost_usd":
        costs = decision_costs_usd(truth=truth, predicted=predicted, costs_usd=costs_usd)
        return -float(costs.mean())
    if metric == "roc_auc":
        if scores is None:
            raise ValueError("roc_auc needs class probabilities: the model has no predict_proba")
        return roc_auc(truth=truth, scores=scores)
    simple: dict[str, Callable[[Array, Array], float]] = {
        "accuracy": lambda t, p: float(np.mean(t == p)),
        "balanced_accuracy": _balanced_accuracy,
        "r2": _r2,
        "neg_mae": lambda t, p: -float(np.mean(np.abs(t - p))),
    }
    return simple[metric](np.asarray(truth), np.asarray(predicted))


def _balanced_accuracy(truth: Array, predicted: Array) -> float:
    """Mean recall over the classes that occur."""
    return float(np.mean([np.mean(predicted[truth == label] == label) for label in set(truth)]))


def _r2(truth: Array, predicted: Array) -> float:
    """Share of the variance explained: 1 - SSE / SST; 0 where the truth does not vary."""
    total = float(np.sum((truth - truth.mean()) ** 2))
    residual = float(np.sum((truth - predicted) ** 2))
    return 1.0 - residual / total if total > 0 else 0.0


def roc_auc(*, truth: Array, scores: Array) -> float:
    """Area under the ROC curve; mean over one class against the rest where there are several.

    By ranks: AUC = (sum of the positives' ranks - m (m + 1) / 2) / (m k), ties at their mean rank,
    for m positives and k negatives. Classes that do not occur in the truth are left out.

    Source:
        H. B. Mann and D. R. Whitney, "On a test of whether one of two random variables is
        stochastically larger than the other", 1947.
    """
    class_count = scores.shape[1]
    wanted = [1] if class_count == 2 else range(class_count)
    areas = []
    for label in wanted:
        positive = truth == label
        m, k = int(positive.sum()), int((~positive).sum())
        if m and k:
            ranks = _mean_ranks(scores[:, label])
            areas.append((float(ranks[positive].sum()) - m * (m + 1) / 2) / (m * k))
    if not areas:
        raise ValueError("roc_auc needs at least two classes in the held-out rows")
    return float(np.mean(areas))


def _mean_ranks(values: Array) -> Array:
    """Ranks from 1, ties at the mean of their ranks."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray(((last - counts + 1 + last) / 2)[inverse])


def silhouette(*, points: Array, labels: Array, seed: int = 0) -> float:
    """Mean silhouette (b - a) / max(a, b) of clustered points; 0 where there is one cluster only.

    `a` is a point's mean distance to its own cluster, `b` to the nearest other cluster. Computed on
    a random sample of at most `SILHOUETTE_ROWS` points; a point alone in its cluster counts as 0.

    Source:
        P. J. Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation of
        cluster analysis", 1987.
    """
    points, labels = np.asarray(points, dtype=float), np.asarray(labels)
    if len(points) > SILHOUETTE_ROWS:
        rows = np.random.default_rng(seed).permutation(len(points))[:SILHOUETTE_ROWS]
        points, labels = points[rows], labels[rows]
    clusters, codes = np.unique(labels, return_inverse=True)
    if len(clusters) < 2:
        return 0.0
    member = np.eye(len(clusters))[codes]
    sizes = member.sum(axis=0)
    squares = (points**2).sum(axis=1)
    distance = np.sqrt(np.maximum(squares[:, None] + squares[None, :] - 2 * points @ points.T, 0.0))
    np.fill_diagonal(distance, 0.0)
    sums = distance @ member
    own_size = sizes[codes]
    own = sums[np.arange(len(points)), codes] / np.maximum(own_size - 1, 1)
    others = np.where(member > 0, np.inf, sums / sizes)
    nearest = others.min(axis=1)
    widest = np.maximum(own, nearest)
    value = np.where(
        (own_size > 1) & (widest > 0), (nearest - own) / np.where(widest > 0, widest, 1), 0
    )
    return float(value.mean())


def errors_per_case(
    *, task: Task, truth: Array, predicted: Array, scale: float | None = None
) -> Array:
    """Loss of each case that money is counted on.

    Classification: 0 or 1. Regression: |error| / MAD, with MAD the median absolute deviation of the
    training target from its median (its mean absolute deviation where that is 0).

    Args:
        task: `classification` or `regression`.
        truth: class numbers or values, shape (n,).
        predicted: the same, as predicted, shape (n,).
        scale: MAD of the training target, see `target_scale`; for regression only.
    """
    if task == "classification":
        return np.asarray(np.asarray(truth) != np.asarray(predicted), dtype=float)
    if scale is None or not scale > 0:
        raise ValueError(f"scale must be positive for regression, got {scale!r}")
    errors = np.abs(np.asarray(truth, dtype=float) - np.asarray(predicted, dtype=float))
    return np.asarray(errors / scale)


def decision_costs_usd(*, truth: Array, predicted: Array, costs_usd: tuple[float, float]) -> Array:
    """Return what each decision between two classes costs. [USD]

    Args:
        truth: class numbers 0 and 1, shape (n,).
        predicted: the same, as decided, shape (n,).
        costs_usd: of a false positive and of a false negative. [USD]

    Example:
        >>> decision_costs_usd(
        ...     truth=np.array([0, 0, 1, 1]), predicted=np.array([0, 1, 0, 1]), costs_usd=(2.0, 5.0)
        ... ).tolist()
        [0.0, 2.0, 5.0, 0.0]
    """
    truth, predicted = np.asarray(truth), np.asarray(predicted)
    false_positive, false_negative = costs_usd
    wrong_usd = np.where(predicted == 1, false_positive, false_negative)
    return np.where(truth == predicted, 0.0, wrong_usd)


def target_scale(target: Array) -> float:
    """Return the median absolute deviation of a target, never 0 where it varies at all."""
    deviation = np.abs(target - np.median(target))
    return float(np.median(deviation) or np.mean(deviation)) or 1.0
