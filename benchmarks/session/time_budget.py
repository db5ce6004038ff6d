"""Deals a preset's time out among candidates and back-tests, and tells how long it still takes."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.session.plan import BACKTEST_START_S, Plan, Progress
from benchmarks.session.presets import Preset
from benchmarks.storage.records import Candidate, Device

BACKTEST_TRAININGS = 8
"""Trainings of one back-test."""

BACKTEST_FIRST = ("hist_gradient_boosting", "linear")
"""Candidates that are back-tested first, in case there is no time for all."""


@dataclass
class Clock:
    """Deals the preset's time out."""

    preset: Preset
    """Whose time it is."""
    start: float = field(default_factory=time.monotonic)
    """When it began, on the monotonic clock. [s]"""

    def left_s(self) -> float | None:
        """Return what is left of the preset's time; null where it has no bound. [s]"""
        if self.preset.budget_s is None:
            return None
        return max(0.0, self.preset.budget_s - (time.monotonic() - self.start))

    def share_s(self, candidate_count: int, *, reserve_s: float) -> float | None:
        """Return the next candidate's fair share of what is left. [s]"""
        left = self.left_s()
        return None if left is None else max(0.0, left - reserve_s) / candidate_count

    def backtest_limit_s(self, candidate: Candidate, walls_s: Sequence[float]) -> float | None:
        """Return the time a back-test may take; null to leave it out. [s]"""
        left = self.left_s()
        if left is None:
            return self.preset.backtest_s
        expected_s = BACKTEST_START_S + BACKTEST_TRAININGS * max(walls_s, default=1.0)
        if candidate.name not in BACKTEST_FIRST and expected_s > left:
            return None
        return max(left, self.preset.backtest_s / len(BACKTEST_FIRST))


class Steps:
    """Turns the steps that begin into progress with the time left."""

    def __init__(
        self, plan: Plan, listener: Callable[[Progress], None] | None, clock: Clock
    ) -> None:
        self._open = [(trial.candidate, trial.label, trial.estimate_s) for trial in plan.trials]
        self._total = len(self._open)
        self._listener = listener
        self._clock = clock
        self._planned_s = sum(trial.estimate_s for trial in plan.trials)

    def begin(self, candidate: str, label: str) -> None:
        """Tell that a step begins; every step of this candidate before it is over."""
        match = next(
            (i for i, item in enumerate(self._open) if item[:2] == (candidate, label)), None
        )
        if match is not None:
            self._open = self._open[match:]
        self._tell(f"{candidate}: {label}" if candidate else label)
        if match is not None:
            self._open = self._open[1:]

    def finish_candidate(self, candidate: str, device: Device) -> None:
        """Drop what was planned for a candidate and not done."""
        name = candidate if device == "cpu" else f"{candidate} on {device}"
        self._open = [item for item in self._open if item[0] != name or item[1] == "back-test"]

    def end(self) -> None:
        """Tell that all is done."""
        self._open = []
        self._tell("done")

    def _tell(self, label: str) -> None:
        if self._listener is None:
            return
        open_s = sum(item[2] for item in self._open)
        elapsed_s = time.monotonic() - self._clock.start
        past_s = self._planned_s - open_s
        # As the steps so far went, so will the others, within reason.
        pace = min(4.0, max(0.25, (elapsed_s + 5.0) / (past_s + 5.0)))
        remaining_s = open_s * pace
        left = self._clock.left_s()
        self._listener(
            Progress(
                label=label,
                done_count=self._total - len(self._open),
                total_count=self._total,
                remaining_s=remaining_s if left is None else min(remaining_s, left),
            )
        )
