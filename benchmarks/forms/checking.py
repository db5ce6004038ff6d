"""Whether a form gives the native answers: what is compared, and how far it may be off."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

PROBABILITY_TOLERANCE = 1e-4
"""Largest difference of a class probability."""

VALUE_TOLERANCE = 1e-3
"""Largest difference of a predicted value, in standard deviations of the native answers."""

FLIP_LIMIT_FRACTION = 1e-3
"""Largest share of rows whose label is another one. [fraction]"""


@dataclass(frozen=True)
class Agreement:
    """How far a form's answers are from the native ones."""

    largest_difference: float | None
    """Of probabilities, or of values in standard deviations; null without either."""
    flipped_fraction: float | None
    """Share of rows with another label; null for regression."""
    row_count: int
    reason: str | None
    """Why this is no agreement; null where it is."""


def compare_answers(
    *,
    native: NDArray[Any],
    found: NDArray[Any],
    native_scores: NDArray[Any] | None,
    found_scores: NDArray[Any] | None,
    is_label: bool,
) -> Agreement:
    """Hold a form's answers against the native ones.

    Args:
        native: labels or values, shape (n,).
        found: the same from the form, shape (n,).
        native_scores: class probabilities, shape (n, classes), or null.
        found_scores: the same from the form, or null.
        is_label: whether the answers are labels.

    Example:
        >>> labels = np.array([0, 1, 1])
        >>> compare_answers(native=labels, found=labels, native_scores=None, found_scores=None,
        ...     is_label=True).reason is None
        True
    """
    native, found = np.asarray(native).reshape(-1), np.asarray(found).reshape(-1)
    if native.shape != found.shape:
        reason = f"it gives {found.size} answers for {native.size} rows"
        return Agreement(None, None, native.size, reason)
    if not np.isfinite(found.astype(float)).all():
        return Agreement(None, None, native.size, "it answers NaN or infinity")
    if not is_label:
        spread = float(native.std()) or 1.0
        difference = float(np.abs(native - found).max() / spread)
        too_far = (
            f"its answers differ by up to {difference:.2g} standard deviations, "
            f"tolerance is {VALUE_TOLERANCE:g}"
        )
        reason_or_null = too_far if difference > VALUE_TOLERANCE else None
        return Agreement(difference, None, native.size, reason_or_null)
    flipped = float(np.mean(native != found))
    difference_of_scores = None
    if native_scores is not None and found_scores is not None:
        if native_scores.shape != found_scores.shape:
            reason = f"it scores {found_scores.shape[1]} classes of {native_scores.shape[1]}"
            return Agreement(None, flipped, native.size, reason)
        difference_of_scores = float(np.abs(native_scores - found_scores).max())
    reasons = []
    if flipped > FLIP_LIMIT_FRACTION:
        reasons.append(
            f"{flipped:.1%} of the labels differ, tolerance is {FLIP_LIMIT_FRACTION:.1%}"
        )
    if difference_of_scores is not None and difference_of_scores > PROBABILITY_TOLERANCE:
        reasons.append(
            f"probabilities differ by up to {difference_of_scores:.2g}, "
            f"tolerance is {PROBABILITY_TOLERANCE:g}"
        )
    return Agreement(difference_of_scores, flipped, native.size, "; ".join(reasons) or None)
