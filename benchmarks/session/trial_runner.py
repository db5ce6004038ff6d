"""The trials of one candidate on one device, one at a time: run, observed, kept for a resumed run.

What they brought so far, and what else the machine did meanwhile, is in `Found`.
"""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.machine.interference import (
    Observer,
    circumstance_notes,
    read_counters,
    read_gpu_state,
    reference_s,
)
from benchmarks.processes.isolation import Job, JobResult, Worker
from benchmarks.session.session import Lab
from benchmarks.storage.records import (
    Candidate,
    Device,
    FormMeasurement,
    InferenceMeasurement,
    LearningPoint,
    NetworkWork,
    Outcome,
    TrainingMeasurement,
)

OTHER_LOAD_LIMIT_FRACTION = 0.10
"""Other programs that use more of the processors than this are worth a note. [fraction]"""

STOLEN_LIMIT_FRACTION = 0.05
"""A hypervisor that takes more of the processors than this is worth a note. [fraction]"""

REFERENCE_AGE_S = 0.5
"""A reference workload that ended so shortly before a trial counts as the one before it. [s]"""


class StoppedError(Exception):
    """A trial that the run cannot do without had no result."""

    def __init__(self, result: JobResult, label: str) -> None:
        """Say which trial it was and what became of it."""
        super().__init__(label)
        self.outcome: Outcome = result.outcome
        self.reason = f"{label}: {result.reason}"


@dataclass
class Found:
    """What the trials of a candidate have brought so far."""

    training: list[TrainingMeasurement] = field(default_factory=list)
    curve: list[LearningPoint] = field(default_factory=list)
    inference: list[InferenceMeasurement] = field(default_factory=list)
    forms: tuple[FormMeasurement, ...] = ()
    notes: list[str] = field(default_factory=list)
    artefact_bytes: int | None = None
    load_s: float | None = None
    import_s: float | None = None
    serving_memory_bytes: int | None = None
    extra_worker_memory_bytes: int | None = None
    parameter_count: int | None = None
    network: NetworkWork | None = None

    disturbed: list[float] = field(default_factory=list)
    """Load of other programs during each trial, where it mattered."""
    stolen: list[float] = field(default_factory=list)
    """What the hypervisor took during each trial, where it mattered."""

    observer: Observer = field(default_factory=Observer)
    """What else the machine did around the trials."""

    def note(self, *texts: str) -> None:
        """Add notes, each once."""
        self.notes += [text for text in dict.fromkeys(texts) if text not in self.notes]


def is_disturbed(result: JobResult) -> bool:
    """Whether other programs or other machines took so much that the trial's times are doubtful."""
    return (
        result.other_load_fraction > OTHER_LOAD_LIMIT_FRACTION
        or result.stolen_fraction > STOLEN_LIMIT_FRACTION
    )


class Attempts:
    """Runs the trials of one candidate on one device and remembers what happened around them."""

    def __init__(self, lab: Lab, *, candidate: Candidate, device: Device, key: str) -> None:
        """Prepare for the trials of the run with this key."""
        self._lab, self._candidate, self._device, self._key = lab, candidate, device, key
        self._cache = lab.store.unfinished(key)
        self._reference: tuple[float, float] | None = None
        self.found = Found()
        self.trial_count = 0
        self.found.observer.pinned = self.one_cpu() is not None
        if device == "cuda":
            self.found.observer.gpu = read_gpu_state()

    def one_cpu(self) -> tuple[int, ...] | None:
        """Return the processor of trials with one thread, null where they are not bound."""
        return self._lab.cpus_for(thread_count=1, device=self._device)

    def shared_worker(self, *, thread_count: int) -> Worker:
        """Return the worker with this candidate's libraries loaded, which forks for each trial."""
        return self._lab.worker(self._candidate, thread_count=thread_count, device=self._device)

    def fresh_worker(self, *, thread_count: int) -> Worker:
        """Return a worker for one trial that must start from nothing; the caller closes it."""
        return Worker(
            thread_count=thread_count,
            folder=self._lab.folder if self._candidate.family == "import" else None,
            with_cuda=self._device == "cuda",
            cpus=self._lab.cpus_for(thread_count=thread_count, device=self._device),
        )

    def job(
        self, function: str, payload: Mapping[str, Any], *, deadline_s: float, fresh: bool = False
    ) -> Job:
        """Return a job under this candidate's memory limit."""
        limit = self._lab.memory_limit_bytes if self._device == "cpu" else None
        return Job(
            function=function,
            payload=payload,
            deadline_s=deadline_s,
            memory_limit_bytes=limit,  # CUDA reserves address space beyond any sensible limit
            fresh=fresh,
        )

    def trial(
        self, trial_id: str, label: str, job: Job, *, thread_count: int, reusable: bool = True
    ) -> JobResult:
        """Run one trial, or take it from those that a stopped run has left."""
        kept = self._cache.get(trial_id) if reusable else None
        if kept is not None:
            self.found.note(*kept["notes"])
            return JobResult(
                "ok",
                kept["value"],
                None,
                0.0,
                "",
                other_load_fraction=kept.get("other_load_fraction", 0.0),
                stolen_fraction=kept.get("stolen_fraction", 0.0),
            )
        where = self._candidate.name
        self._lab.begin_step(
            where if self._device == "cpu" else f"{where} on {self._device}", label
        )
        if job.fresh:
            with self.fresh_worker(thread_count=thread_count) as worker:
                result = self._observed(trial_id, job, worker)
        else:
            result = self._observed(trial_id, job, self.shared_worker(thread_count=thread_count))
        self.found.note(*result.notes)
        self.trial_count += 1
        if result.other_load_fraction > OTHER_LOAD_LIMIT_FRACTION:
            self.found.disturbed.append(result.other_load_fraction)
        if result.stolen_fraction > STOLEN_LIMIT_FRACTION:
            self.found.stolen.append(result.stolen_fraction)
        if result.outcome == "ok" and reusable:
            kept = {
                "value": result.value,
                "notes": list(result.notes),
                "other_load_fraction": result.other_load_fraction,
                "stolen_fraction": result.stolen_fraction,
            }
            self._lab.store.keep_trial(self._key, trial_id, kept)
        return result

    def _observed(self, trial_id: str, job: Job, worker: Worker) -> JobResult:
        """Run a job between two readings of the counters and of the reference workload."""
        cpus = self.one_cpu()
        taken_at, before_s = self._reference or (-math.inf, 0.0)
        if time.monotonic() - taken_at > REFERENCE_AGE_S:
            before_s = reference_s(cpus=cpus)
        before = read_counters()
        result = worker.run(job)
        after = read_counters()
        after_s = reference_s(cpus=cpus)
        self._reference = (time.monotonic(), after_s)
        self.found.observer.record(
            trial_id,
            before=before,
            after=after,
            wall_s=result.wall_s,
            reference_before_s=before_s,
            reference_after_s=after_s,
            other_load_fraction=result.other_load_fraction,
            stolen_fraction=result.stolen_fraction,
        )
        return result

    def disturbance_notes(self) -> tuple[str, ...]:
        """Say what else the machine did during the trials; empty where nothing mattered."""
        notes: list[str] = []
        if self.trial_count:
            notes += circumstance_notes(self.found.observer.circumstances())
        if self.found.disturbed:
            notes.append(
                f"other programs used up to {max(self.found.disturbed):.0%} of the processors "
                f"during {len(self.found.disturbed)} of {self.trial_count} trials: close them, "
                "measure again"
            )
        if self.found.stolen:
            notes.append(
                f"the hypervisor gave up to {max(self.found.stolen):.0%} of the processors to "
                "other machines: measure again at another time, or on a dedicated instance"
            )
        return tuple(notes)
