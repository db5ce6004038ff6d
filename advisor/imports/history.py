"""A history of training runs, as columns: what a tracking store or a study comes to."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from advisor.arrays import Bools, Floats
from advisor.errors import AdvisorError

Status = Literal["finished", "pruned", "failed", "running"]

STATUSES: Final[tuple[Status, ...]] = ("finished", "pruned", "failed", "running")
SECONDS_PER_HOUR: Final = 3600.0


@dataclass(frozen=True)
class Run:
    """One run, on its way into a history."""

    start_s: float
    """Start, seconds since 1970."""
    duration_s: float | None
    """Wall-clock; None while it runs or where the store does not tell."""
    status: Status
    machine: str | None = None
    """Machine type by its tag."""
    promoted: bool = False
    """Whether a promoted model version came of it."""
    score: float | None = None
    """Objective, larger is better."""
    machine_s: float | None = None
    """Time of the machine that is this run's own, where it ran beside others of one search; the
    wall-clock when None."""


@dataclass(frozen=True)
class RunHistory:
    """Runs in the order they started. Parents that only group other runs are not among them."""

    start_s: Floats
    duration_s: Floats
    """Wall-clock, NaN where it is not known. [s]"""
    status: NDArray[np.int8]
    """Index into `STATUSES`."""
    promoted: Bools
    machine: NDArray[np.int32]
    """Index into `machines`; -1 where no tag tells."""
    machines: tuple[str, ...]
    score: Floats
    """Objective, larger is better; NaN where there is none."""
    machine_s: Floats
    """Time of the machine: what runs of one search share counts once, NaN where not known. [s]"""
    source: str
    """Where the runs were read; no password is in it."""
    notes: tuple[str, ...] = ()
    """What a reader must know."""

    @property
    def run_count(self) -> int:
        """Runs, failed ones included."""
        return len(self.start_s)

    @property
    def promoted_count(self) -> int:
        """Runs that became a promoted version."""
        return int(self.promoted.sum())

    def count(self, status: Status) -> int:
        """Runs of a status."""
        return int((self.status == STATUSES.index(status)).sum())

    @property
    def runs_per_release(self) -> tuple[int, ...]:
        """Runs up to and including each promoted one, since the one before it."""
        at = np.flatnonzero(self.promoted)
        return tuple(np.diff(at, prepend=-1).tolist())

    @property
    def open_run_count(self) -> int:
        """Runs since the last promotion: right-censored, they have led to none yet."""
        at = np.flatnonzero(self.promoted)
        return self.run_count - (int(at[-1]) + 1 if len(at) else 0)

    @property
    def mean_run_s(self) -> float | None:
        """Mean wall-clock of finished runs; None where none is known. [s]"""
        return self._mean_s("finished")

    @property
    def stopped_cost_share(self) -> float | None:
        """phi: what a pruned run (a failed one where none is pruned) took of a finished one."""
        finished = self._mean_s("finished")
        stopped = self._mean_s("pruned") or self._mean_s("failed")
        if not finished or stopped is None:
            return None
        return min(stopped / finished, 1.0)

    @property
    def hit_share(self) -> float | None:
        """Share of runs that were promoted; None without a run."""
        return self.promoted_count / self.run_count if self.run_count else None

    def machine_hours(self, *, default: str) -> dict[str, float]:
        """Hours by machine type, untagged runs at the default. [h]"""
        known = np.nan_to_num(self.machine_s) / SECONDS_PER_HOUR
        found: dict[str, float] = {}
        for index, name in [(-1, default), *enumerate(self.machines)]:
            hours = float(known[self.machine == index].sum())
            if hours > 0:
                found[name] = found.get(name, 0.0) + hours
        return found

    def _mean_s(self, status: Status) -> float | None:
        own = self.duration_s[self.status == STATUSES.index(status)]
        own = own[np.isfinite(own)]
        return float(own.mean()) if len(own) else None


def build_history(runs: Iterable[Run], *, source: str, notes: Iterable[str] = ()) -> RunHistory:
    """Put runs into columns, one at a time, in the order they started.

    Raises:
        AdvisorError: there is no run.
    """
    start: list[float] = []
    duration: list[float] = []
    machine_s: list[float] = []
    score: list[float] = []
    status, promoted, machine = bytearray(), bytearray(), []
    machines: dict[str, int] = {}
    for run in runs:
        start.append(run.start_s)
        duration.append(np.nan if run.duration_s is None else run.duration_s)
        machine_s.append(duration[-1] if run.machine_s is None else run.machine_s)
        score.append(np.nan if run.score is None else run.score)
        status.append(STATUSES.index(run.status))
        promoted.append(run.promoted)
        machine.append(
            -1 if run.machine is None else machines.setdefault(run.machine, len(machines))
        )
    if not start:
        raise AdvisorError(f"{source}: no run in there: give the store that your runs are in")
    order = np.argsort(np.array(start), kind="stable")
    return RunHistory(
        start_s=np.array(start)[order],
        duration_s=np.array(duration)[order],
        status=np.frombuffer(bytes(status), dtype=np.int8)[order],
        promoted=np.frombuffer(bytes(promoted), dtype=np.bool_)[order],
        machine=np.array(machine, dtype=np.int32)[order],
        machines=tuple(machines),
        score=np.array(score)[order],
        machine_s=np.array(machine_s)[order],
        source=source,
        notes=tuple(notes),
    )
