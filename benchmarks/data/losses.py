"""The loss per case that a back-test counts: what an error is."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.quality import errors_per_case, target_scale
from benchmarks.errors import DataError
from benchmarks.storage.records import Task

LossName = Literal["auto", "zero-one", "log", "absolute", "cost", "assignment", "objective"]
SMALLEST_PROBABILITY = 1e-6
"""Probabilities are kept this far from 0 before their logarithm is taken."""


@dataclass(frozen=True)
class Loss:
    """What an error is, and what it costs where its kinds differ."""

    name: LossName = "auto"
    """`zero-one`, `log` (of the true class), `absolute` (|error| / MAD), `cost` (in USD); for
    clustering `assignment` (share of cases that move to another cluster than the newest model puts
    them in) or `objective` (how much worse the model's own score is than the newest model's)."""
    false_positive_cost_usd: float = 1.0
    """For `cost`: a case of class 0 that is taken for class 1. [USD]"""
    false_negative_cost_usd: float = 1.0
    """For `cost`: a case of class 1 that is taken for class 0. [USD]"""

    def resolved(self, task: Task, *, class_count: int | None) -> "Loss":
        """The loss with `auto` replaced by the task's own.

        Raises:
            DataError: the loss does not fit the task.
        """
        fitting: dict[Task, tuple[LossName, ...]] = {
            "classification": ("zero-one", "log", "cost"),
            "regression": ("absolute",),
            "clustering": ("assignment", "objective"),
        }
        if self.name == "auto":
            name = fitting[task][0]
            return Loss(name, self.false_positive_cost_usd, self.false_negative_cost_usd)
        if self.name not in fitting[task]:
            raise DataError(
                f"loss {self.name} does not fit {task}: one of {', '.join(fitting[task])}"
            )
        if self.name == "cost" and class_count != 2:
            raise DataError(
                f"loss cost needs two classes, the target has {class_count}: use zero-one"
            )
        return self


def case_losses(
    loss: Loss,
    *,
    truth: NDArray[Any],
    predicted: NDArray[Any],
    classes: NDArray[Any] | None,
    scale: float | None,
) -> NDArray[np.float64]:
    """Loss of each case.

    Args:
        loss: a resolved loss of a supervised task.
        truth: class numbers or values, shape (n,).
        predicted: the same; for `log` the class probabilities, shape (n, classes).
        classes: for `log`: the class number of each column.
        scale: for `absolute`: MAD of the target.
    """
    if loss.name == "log":
        return _log_loss(truth, probabilities=predicted, classes=np.asarray(classes))
    if loss.name == "cost":
        positive = np.where(predicted == 1, loss.false_positive_cost_usd, 0.0)
        negative = np.where(predicted == 1, 0.0, loss.false_negative_cost_usd)
        return np.asarray(np.where(truth == 1, negative, positive))
    task: Task = "regression" if loss.name == "absolute" else "classification"
    found = errors_per_case(task=task, truth=truth, predicted=predicted, scale=scale)
    return np.asarray(found, dtype=np.float64)


def mad(target: NDArray[Any]) -> float:
    """The scale of a regression target, see `benchmarks.data.quality.target_scale`."""
    return target_scale(target)


def _log_loss(
    truth: NDArray[Any], *, probabilities: NDArray[Any], classes: NDArray[Any]
) -> NDArray[np.float64]:
    """-log p(true class); a class that the model never saw has the smallest probability."""
    position = np.searchsorted(classes, truth)
    known = (position < len(classes)) & (classes[np.minimum(position, len(classes) - 1)] == truth)
    rows = np.arange(len(truth))
    found = np.where(known, probabilities[rows, np.where(known, position, 0)], 0.0)
    return np.asarray(-np.log(np.clip(found, SMALLEST_PROBABILITY, 1.0)))


def moved_share(reference: NDArray[Any], other: NDArray[Any], *, least_matched: int = 1) -> float:
    """Share of cases that two clusterings put apart, clusters matched as well as can be.

    Example:
        >>> moved_share(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 1]))
        0.25
    """
    from scipy.optimize import linear_sum_assignment

    _, left = np.unique(reference, return_inverse=True)
    _, right = np.unique(other, return_inverse=True)
    table = np.zeros((left.max() + 1, right.max() + 1))
    np.add.at(table, (left, right), 1)
    rows, columns = linear_sum_assignment(-table)
    matched = max(table[rows, columns].sum(), least_matched)
    return float(1 - matched / len(left))
