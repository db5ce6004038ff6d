"""What is known of a model's ageing: by a back-test, by a figure of the user, or assumed."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import numpy as np

from advisor.errors import AdvisorError
from advisor.retraining.ageing_curve import AgeingCurve
from advisor.retraining.decay import DecayFit, ErrorLike, ErrorMatrix, error_matrix, fit_decay
from advisor.retraining.forecast import Draws, forecast_decay

Basis = Literal["measured", "assumed", "input"]

ASSUMED_DECAY_PER_DAY: Final = 1.7e-4
"""Decay where neither the data nor the study tells one. [error per case / day]"""
ASSUMED_SOURCE: Final = (
    "the median of three models on four public time-stamped streams, whose middle half lies"
    " between 0.03e-4 and 4.3e-4"
)
"""Where that default comes from."""
RECENT_SHARE: Final = 3 / 8
"""Share of the scored periods whose volume is taken for that to come."""
TYPICAL_SHARE_TOLD: Final = 0.5
"""Weight of the typical decay from which a reader is told."""


@dataclass(frozen=True)
class Measured:
    """The errors that an ageing was measured by."""

    matrix: ErrorMatrix
    fit: DecayFit
    draws: Draws
    """Resampled curves, of periods."""
    period_days: float
    """Length of a period; 1 where only the order of the data is known. [days]"""


@dataclass(frozen=True)
class Ageing:
    """How fast a model loses, and what that rests on."""

    curve: AgeingCurve
    """The expected law, of days."""
    slope_per_day: float
    """Linear slope of error on age, with period effects where they can be told; may be negative.
    [error per case / day]"""
    basis: Basis
    """`measured` by a back-test, `input` by the user, or `assumed`."""
    source: str
    """Where it comes from, for people."""
    measured: Measured | None = None
    """The errors behind it; None where it is given or assumed."""
    notes: tuple[str, ...] = ()
    """What a reader must know of it."""

    @property
    def shortest_days(self) -> float:
        """Shortest interval that can be told: a measured period, else a day. [days]"""
        return 1.0 if self.measured is None else self.measured.period_days


@lru_cache(maxsize=64)
def measured_ageing(cells: tuple[ErrorLike, ...], *, period_days: float) -> Ageing:
    """Fit the decay of an error matrix and expect what it tells; kept, as no price changes it.

    Args:
        cells: the errors of models trained at some periods, scored on later ones.
        period_days: length of a period; 1 where only the order is known. [days]

    Raises:
        AdvisorError: no cell, or a single training.
    """
    return ageing_of(error_matrix(cells), period_days=period_days)


def ageing_of(matrix: ErrorMatrix, *, period_days: float) -> Ageing:
    """The same from an error matrix.

    Raises:
        AdvisorError: a single training.
    """
    fit = fit_decay(matrix)
    expected = forecast_decay(matrix, fit)
    notes = list(fit.diagnostics)
    if expected.typical_share > TYPICAL_SHARE_TOLD:
        notes.append(
            "the errors vary too much to tell the decay: what is typical of models weighs"
            f" {expected.typical_share:.0%} in the plan"
        )
    return Ageing(
        curve=expected.curve.in_days(period_days),
        slope_per_day=fit.linear_slope / period_days,
        basis="measured",
        source=(
            f"{len(matrix.origins)} trainings scored on {len(matrix.periods)} later periods,"
            f" {matrix.count.sum():,.0f} scores"
        ),
        measured=Measured(matrix, fit, expected.draws, period_days),
        notes=tuple(notes),
    )


def linear_ageing(per_day: float | None, *, source: str = "decay_per_day of the study") -> Ageing:
    """The linear law of a given slope, or the assumed one for None.

    Args:
        per_day: errors that a model makes more for each day of age. [error per case / day]
        source: where the figure comes from, for people.

    Raises:
        AdvisorError: the slope is negative or not finite.
    """
    if per_day is None:
        return Ageing(
            curve=_linear(ASSUMED_DECAY_PER_DAY),
            slope_per_day=ASSUMED_DECAY_PER_DAY,
            basis="assumed",
            source=ASSUMED_SOURCE,
            notes=(
                (
                    f"no decay was measured: {ASSUMED_DECAY_PER_DAY:g} more errors per case and"
                    f" day are assumed ({ASSUMED_SOURCE}); a back-test on time-stamped data"
                    " measures it"
                ),
            ),
        )
    if not (math.isfinite(per_day) and per_day >= 0):
        raise AdvisorError(f"decay_per_day must be zero or more errors per case, got {per_day!r}")
    return Ageing(curve=_linear(per_day), slope_per_day=per_day, basis="input", source=source)


def _linear(per_day: float) -> AgeingCurve:
    return AgeingCurve(np.array([per_day]), np.array([np.inf]))


def recent_cases(matrix: ErrorMatrix) -> float:
    """Cases per period to expect: the mean of the newest scored periods, as volume drifts too.

    Three eighths of the scored periods, which are a quarter of a history whose trainings start
    after a third of it.
    """
    newest = max(1, round(RECENT_SHARE * len(matrix.periods)))
    return float(matrix.cases_per_period[-newest:].mean())
