"""Several processes that timed the same calls, as one measurement; what is to be said of it."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.statistics.stats import drift_fraction
from benchmarks.storage.records import InferenceMeasurement

UNSTEADY_LIMIT_FRACTION = 0.10
"""A drift beyond this is worth a note; smaller ones are on every shared machine. [fraction]"""

TIMED = {"durations_s", "inner_call_count", "first_call_s", "inconclusive", "device_s"}
"""Fields that a process measures; the others say what it measured."""


@dataclass
class Replicates:
    """Processes that time the same: those that others disturbed are repeated, within bounds.

    Which ones are left out follows from what other programs and machines did, never from the times.
    """

    wanted_count: int
    """Undisturbed processes that are wanted."""
    spare_count: int = 0
    """Processes more that may be tried for them."""
    undisturbed: list[Mapping[str, Any]] = field(default_factory=list)
    """What the undisturbed ones brought."""
    disturbed: list[Mapping[str, Any]] = field(default_factory=list)
    """What the others brought."""
    failed_count: int = 0
    """Processes that brought nothing."""

    def needs_another(self) -> bool:
        """Whether one more process is to be tried."""
        tried_count = len(self.undisturbed) + len(self.disturbed) + self.failed_count
        if tried_count < self.wanted_count:
            return True
        missing = len(self.undisturbed) + self.failed_count < self.wanted_count
        return missing and tried_count < self.wanted_count + self.spare_count

    def add(self, value: Mapping[str, Any], *, is_disturbed: bool) -> None:
        """Keep what a process brought."""
        (self.disturbed if is_disturbed else self.undisturbed).append(value)

    def kept(self) -> list[Mapping[str, Any]]:
        """Return what counts: the undisturbed where they are enough, else everything.

        Example:
            >>> found = Replicates(wanted_count=1, spare_count=1)
            >>> found.add({"p": 9}, is_disturbed=True)
            >>> found.needs_another()
            True
            >>> found.add({"p": 1}, is_disturbed=False)
            >>> found.kept(), found.needs_another()
            ([{'p': 1}], False)
        """
        if len(self.undisturbed) + self.failed_count >= self.wanted_count and self.undisturbed:
            return list(self.undisturbed)
        return [*self.undisturbed, *self.disturbed]

    @property
    def left_out_count(self) -> int:
        """Disturbed processes that do not count."""
        return len(self.undisturbed) + len(self.disturbed) - len(self.kept())


def merge_processes(
    processes: Sequence[Sequence[Mapping[str, Any]]],
) -> list[InferenceMeasurement]:
    """Return one measurement for each thing that the processes timed, in their order.

    Args:
        processes: of each process, the fields of its `InferenceMeasurement`s.
    """
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for process in processes:
        for item in process:
            what = repr(sorted((k, v) for k, v in item.items() if k not in TIMED))
            groups.setdefault(what, []).append(item)
    return [_merged(items) for items in groups.values()]


def _merged(items: Sequence[Mapping[str, Any]]) -> InferenceMeasurement:
    # A calibration that came out otherwise is another measurement: the most frequent one counts.
    inner = statistics.mode(item.get("inner_call_count", 1) for item in items)
    kept = [item for item in items if item.get("inner_call_count", 1) == inner]
    reasons = [item["inconclusive"] for item in kept if item.get("inconclusive")]
    fields = {key: value for key, value in kept[0].items() if key not in TIMED}
    counts = tuple(len(item["durations_s"]) for item in kept)
    return InferenceMeasurement.model_validate(
        fields
        | {
            "durations_s": [d for item in kept for d in item["durations_s"]],
            "process_call_counts": counts if len(counts) > 1 else (),
            "inner_call_count": inner,
            "first_call_s": _median(kept, "first_call_s"),
            "device_s": _median(kept, "device_s"),
            "inconclusive": reasons[0] if reasons else None,
        }
    )


def _median(items: Sequence[Mapping[str, Any]], key: str) -> float | None:
    known = [item[key] for item in items if item.get(key) is not None]
    return statistics.median(known) if known else None


def unsteady_notes(inference: Sequence[InferenceMeasurement]) -> tuple[str, ...]:
    """Say in one line which timings did not settle; empty where all did."""
    drifts = [(drift_fraction(item.durations_s), item) for item in inference]
    unsteady = [found for found in drifts if abs(found[0]) > UNSTEADY_LIMIT_FRACTION]
    if not unsteady:
        return ()
    drift, worst = max(unsteady, key=lambda found: abs(found[0]))
    change = f"{abs(drift):.0%} {'longer' if drift > 0 else 'less'}"
    note = (
        f"{len(unsteady)} of {len(inference)} timings did not settle; at {worst.batch_rows} rows, "
        f"{worst.thread_count} threads the second half of the calls took {change}: measure again "
        "on a quiet machine, or with --preset standard"
    )
    return (note,)


def inconclusive_notes(inference: Sequence[InferenceMeasurement]) -> tuple[str, ...]:
    """Say in one line which timings are not known as well as the preset asks; empty if all are."""
    wide = [item for item in inference if item.inconclusive]
    if not wide:
        return ()
    first = wide[0]
    note = (
        f"inconclusive: {len(wide)} of {len(inference)} timings; at {first.batch_rows} rows, "
        f"{first.thread_count} threads {first.inconclusive}"
    )
    return (note,)
