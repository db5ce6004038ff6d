"""One candidate on one device: its trials in order, within its share of the time -> a run."""

import math
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from benchmarks.circumstances import (
    Observer,
    circumstance_notes,
    read_counters,
    read_gpu_state,
    reference_s,
)
from benchmarks.datasets import split_rows
from benchmarks.families import family_of, missing_library, source_text
from benchmarks.findings import BASELINE_FAMILY
from benchmarks.forms.bench import LABEL as FORMS_LABEL
from benchmarks.forms.bench import FormsBench, FormTrial
from benchmarks.forms.grid import grid_of
from benchmarks.isolation import Job, JobResult, Worker, free_processor_count
from benchmarks.lab import Lab
from benchmarks.learning import affordable_rows, last_doubling_gain
from benchmarks.presets import CURVE_FRACTIONS
from benchmarks.records import (
    TEST_FRACTION,
    BenchmarkRun,
    Candidate,
    Device,
    FormMeasurement,
    InferenceMeasurement,
    LearningPoint,
    Outcome,
    TrainingMeasurement,
)
from benchmarks.replicates import inconclusive_notes, merge_processes, unsteady_notes
from benchmarks.stats import LEAST_PROCESSES

MIN_CURVE_ROWS = 16
"""Smallest training of a learning curve."""

MIN_ALLOWANCE_S = 10.0
"""Time that the trainings of a candidate get at least, however little is left. [s]"""

OTHER_LOAD_LIMIT_FRACTION = 0.10
"""Other programs that use more of the processors than this are worth a note. [fraction]"""

STOLEN_LIMIT_FRACTION = 0.05
"""A hypervisor that takes more of the processors than this is worth a note. [fraction]"""

REFERENCE_AGE_S = 0.5
"""A reference workload that ended so shortly before a trial counts as the one before it. [s]"""

CROWDED_FRACTION = 0.25
"""With more of the processors in use by others, trials fall back to one thread. [fraction]"""

FORM_COUNT = 2
"""Other forms that a candidate usually has, for the estimate of its time."""

MAX_NOTES = 12
"""Notes kept on one run."""

ONE_THREAD_FACTOR_LIMIT = 4.0
"""A training with one thread is planned to take at most so many times longer than with all."""


class _StoppedError(Exception):
    """A trial that the run cannot do without had no result."""

    def __init__(self, result: JobResult, label: str) -> None:
        super().__init__(label)
        self.outcome: Outcome = result.outcome
        self.reason = f"{label}: {result.reason}"


@dataclass
class _Found:
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
    parameter_count: int | None = None

    disturbed: list[float] = field(default_factory=list)
    """Load of other programs during each trial, where it mattered."""
    stolen: list[float] = field(default_factory=list)

    observer: Observer = field(default_factory=Observer)
    """What else the machine did around the trials."""

    def note(self, *texts: str) -> None:
        """Add notes, each once."""
        self.notes += [text for text in dict.fromkeys(texts) if text not in self.notes]


class CandidateBench:
    """Runs the trials of one candidate on one device."""

    def __init__(
        self,
        lab: Lab,
        *,
        candidate: Candidate,
        device: Device,
        key: str,
        allowance_s: float | None,
    ) -> None:
        """Prepare the trials; `allowance_s` is this candidate's share of the time, null for any."""
        self._lab, self._candidate, self._device, self._key = lab, candidate, device, key
        self._cache = lab.store.unfinished(key)
        self._cpus = lab.hardware.logical_cpu_count
        self._threads = free_processor_count(cpu_count=self._cpus)
        self._save_path = lab.scratch / f"{key}-{device}.joblib"
        self._rows_path = lab.scratch / f"{key}-{device}.json"
        self._found = _Found()
        self._found.note(*lab.data.notes, *lab.notes)
        self._begin = time.monotonic()
        self._trial_count = 0
        self._reference: tuple[float, float] | None = None
        lab.set_binding(binds=device == "cpu" and self._threads == self._cpus > 1)
        self._found.observer.pinned = self._one_cpu() is not None
        if device == "cuda":
            self._found.observer.gpu = read_gpu_state()
        batch_count = len(lab.batches)
        serving_s = lab.preset.serving_s(batch_count=batch_count, threaded=False)
        serving_s += lab.preset.serving_s(batch_count=batch_count, threaded=True)
        serving_s += grid_of(lab.preset.name).estimate_s(form_count=FORM_COUNT)
        self._fit_budget_s = (
            None if allowance_s is None else max(MIN_ALLOWANCE_S, allowance_s - serving_s)
        )

    def run(self, *, run_id: str, started_at: datetime) -> BenchmarkRun:
        """Run every trial; a failure ends the candidate and becomes the run's outcome."""
        outcome: Outcome = "ok"
        reason: str | None = None
        try:
            if self._device == "cuda" and self._lab.hardware.gpu_model is None:
                outcome, reason = "skipped", "no CUDA device that torch can use on this machine"
            elif (missing := missing_library(self._candidate)) is not None:
                outcome, reason = "skipped", missing
            else:
                self._all_trials()
        except _StoppedError as stopped:
            outcome, reason = stopped.outcome, stopped.reason
        finally:
            self._save_path.unlink(missing_ok=True)
            self._rows_path.unlink(missing_ok=True)
        self._explain_disturbance()
        found = self._found
        return BenchmarkRun(
            id=run_id,
            key=self._key,
            started_at=started_at,
            preset=self._lab.preset.name,
            candidate=self._candidate,
            dataset=self._lab.data.spec.replace(used_row_count=self._used_row_count()),
            hardware=self._lab.hardware,
            device=self._device,
            outcome=outcome,
            reason=reason,
            training=tuple(found.training),
            learning_curve=tuple(sorted(found.curve, key=lambda p: (p.row_count, p.seed))),
            inference=tuple(found.inference),
            forms=found.forms,
            artefact_bytes=found.artefact_bytes,
            load_s=found.load_s,
            import_s=found.import_s,
            serving_memory_bytes=found.serving_memory_bytes,
            parameter_count=found.parameter_count,
            circumstances=found.observer.circumstances() if self._trial_count else None,
            notes=tuple(found.notes[:MAX_NOTES]),
        )

    def _used_row_count(self) -> int:
        """Return the rows behind the trainings, with the held-out share that goes with them."""
        spec = self._lab.data.spec
        whole = len(split_rows(self._lab.data, seed=0)[0])
        trained = max((t.row_count for t in self._found.training), default=whole)
        if trained >= whole:
            return spec.used_row_count
        return min(spec.used_row_count, round(trained / (1 - TEST_FRACTION)))

    # Trials ---------------------------------------------------------------------------------------

    def _all_trials(self) -> None:
        rows = self._learning_curve()
        for seed in self._lab.preset.seeds:
            self._training(seed, rows=rows)
        if self._threads > 1 and self._device == "cpu":
            self._one_thread_training(rows)
        self._explain_rows(rows)
        self._serving()
        self._other_forms()

    def _learning_curve(self) -> int:
        """Measure the sizes below the whole; return how many rows the trainings can afford."""
        whole = len(split_rows(self._lab.data, seed=0)[0])
        seed = self._lab.preset.seeds[0]
        first = self._first_point(curve_sizes(whole)[0], seed=seed)
        if first is None:
            return whole
        rows = self._affordable(whole)
        for size in curve_sizes(rows):
            if first < size < rows:
                self._curve_point(size, seed=seed, label=self._curve_label(size / rows))
                rows = min(rows, self._affordable(rows))
        return rows

    def _first_point(self, size: int, *, seed: int) -> int | None:
        """Measure the smallest size, an even smaller one if that takes too long."""
        limit_s = None if self._fit_budget_s is None else self._fit_budget_s / 3
        label = self._curve_label(CURVE_FRACTIONS[0])
        result = self._curve_point(size, seed=seed, label=label, limit_s=limit_s)
        too_busy = result.other_load_fraction > CROWDED_FRACTION
        if self._threads > 1 and (result.outcome == "timeout" or too_busy):
            self._threads = 1
            self._found.curve.clear()
            result = self._curve_point(size, seed=seed, label=label, limit_s=limit_s)
        if result.outcome == "timeout":
            size = max(MIN_CURVE_ROWS, size // 16)
            result = self._curve_point(size, seed=seed, label=label, limit_s=limit_s)
        if result.outcome in {"timeout", "out-of-memory", "crashed"}:
            raise _StoppedError(result, f"training on {size:,} rows")
        return size if result.outcome == "ok" else None

    @staticmethod
    def _curve_label(share: float) -> str:
        nearest = min(CURVE_FRACTIONS, key=lambda fraction: abs(fraction - share))
        return f"learning curve, {nearest:.0%}"

    def _curve_point(
        self, size: int, *, seed: int, label: str, limit_s: float | None = None
    ) -> JobResult:
        result = self._fit(
            f"curve-{size}-{self._threads}",
            label,
            seed=seed,
            rows=size,
            threads=self._threads,
            limit_s=limit_s,
        )
        if result.outcome == "ok":
            measured = TrainingMeasurement.model_validate(result.value["measurement"])
            self._found.curve.append(_as_point(measured))
        elif result.outcome == "failed":
            self._found.note(f"learning curve at {size:,} rows: {result.reason}")
        return result

    def _affordable(self, rows: int) -> int:
        """Return how many rows fit the time: every seed, one thread once, the rest of the curve."""
        if self._fit_budget_s is None or not self._found.curve:
            return rows
        left_s = max(1.0, self._fit_budget_s - (time.monotonic() - self._begin))
        one_thread = min(self._threads, ONE_THREAD_FACTOR_LIMIT) if self._device == "cpu" else 0
        trainings = len(self._lab.preset.seeds) + one_thread + sum(CURVE_FRACTIONS[1:])
        return affordable_rows(
            self._found.curve, budget_s=left_s, training_count=trainings, row_count=rows
        )

    def _training(self, seed: int, *, rows: int) -> None:
        is_first = seed == self._lab.preset.seeds[0]
        result = self._fit(
            f"train-{seed}-{rows}-{self._threads}",
            f"training, seed {seed}",
            seed=seed,
            rows=rows,
            threads=self._threads,
            save=is_first,
            limit_s=self._fit_limit_s(),
        )
        if result.outcome != "ok":
            raise _StoppedError(result, f"training, seed {seed}")
        measured = TrainingMeasurement.model_validate(result.value["measurement"])
        self._found.training.append(measured)
        if is_first:
            self._found.curve.append(_as_point(measured))
            self._found.artefact_bytes = result.value["artefact_bytes"]
            self._found.parameter_count = result.value["parameter_count"]
        self._found.note(*result.value["notes"])

    def _fit_limit_s(self) -> float | None:
        """Return the deadline of one training: what is left of the candidate's time. [s]"""
        if self._fit_budget_s is None:
            return None
        return max(MIN_ALLOWANCE_S, self._fit_budget_s - (time.monotonic() - self._begin))

    def _one_thread_training(self, rows: int) -> None:
        seed = self._lab.preset.seeds[0]
        result = self._fit(
            f"train-one-thread-{rows}",
            "training, one thread",
            seed=seed,
            rows=rows,
            threads=1,
            limit_s=self._fit_limit_s(),
        )
        if result.outcome == "ok":
            measured = TrainingMeasurement.model_validate(result.value["measurement"])
            self._found.training.append(measured)
        else:
            self._found.note(f"training with one thread: {result.reason}")

    def _fit(
        self,
        trial_id: str,
        label: str,
        *,
        seed: int,
        rows: int,
        threads: int,
        save: bool = False,
        limit_s: float | None = None,
    ) -> JobResult:
        payload = {
            "data_path": str(self._lab.data_path),
            "candidate": self._candidate.model_dump(),
            "seed": seed,
            "row_count": rows,
            "thread_count": threads,
            "device": self._device,
            "save_path": str(self._save_path) if save else None,
            "rows_path": str(self._rows_path) if save else None,
        }
        limit_s = min(self._lab.preset.trial_limit_s, limit_s or self._lab.preset.trial_limit_s)
        job = self._job("train", payload, deadline_s=limit_s)
        worker = self._lab.worker(self._candidate, thread_count=threads, device=self._device)
        return self._trial(trial_id, label, job, worker, reusable=not save)

    def _serving(self) -> None:
        preset = self._lab.preset
        many = self._threads > 1 and self._device == "cpu"
        label = "serving, one thread" if many else "serving"
        payload = self._serving_payload(threads=1)
        limit_s = preset.serving_limit_s(batch_count=len(self._lab.batches))
        results: list[JobResult] = []
        for number in range(preset.process_count):
            with Worker(
                thread_count=1,
                folder=self._lab.folder,
                with_cuda=self._device == "cuda",
                cpus=self._one_cpu(),
            ) as fresh:
                job = self._job("serve", payload, deadline_s=limit_s, fresh=True)
                result = self._trial(f"serve-1-{number}", label, job, fresh)
            if result.outcome != "ok" and not results:
                raise _StoppedError(result, "serving")
            if result.outcome != "ok":
                self._found.note(f"serving, process {number + 1}: {result.reason}")
                continue
            results.append(result)
        values = [result.value for result in results]
        self._found.import_s = statistics.median(value["import_s"] for value in values)
        self._found.load_s = statistics.median(value["load_s"] for value in values)
        self._found.serving_memory_bytes = max(value["serving_memory_bytes"] for value in values)
        self._found.inference += merge_processes([value["inference"] for value in values])
        if preset.process_count < LEAST_PROCESSES:
            self._found.note(
                f"inference was timed in {len(values)} process{'es' if len(values) > 1 else ''}: "
                "what differs from process to process is in no interval (--preset standard uses "
                "three)"
            )
        if many:
            self._threaded_serving(limit_s=limit_s)

    def _threaded_serving(self, *, limit_s: float) -> None:
        """Time inference with all threads; failing is a note, since one thread was measured."""
        payload = self._serving_payload(threads=self._threads)
        worker = self._lab.worker(self._candidate, thread_count=self._threads, device=self._device)
        job = self._job("serve", payload, deadline_s=limit_s)
        values = []
        for number in range(self._lab.preset.threaded_process_count):
            result = self._trial(
                f"serve-{self._threads}-{number}",
                f"serving, {self._threads} threads",
                job,
                worker,
            )
            if result.outcome == "ok":
                values.append(result.value)
            else:
                self._found.note(f"serving with {self._threads} threads: {result.reason}")
                break
        if values:
            self._found.inference += merge_processes([value["inference"] for value in values])

    def _other_forms(self) -> None:
        """Measure the trained model in the other forms that it could be shipped in."""
        grid = grid_of(self._lab.preset.name)
        if self._candidate.family == BASELINE_FAMILY and not grid.of_baseline:
            return
        modules = family_of(self._candidate).serving_modules
        if "torch" in source_text(self._candidate, self._lab.folder):
            modules = (*modules, "torch")  # the user's own model may be one
        forms = FormsBench(
            grid=grid,
            task=self._lab.data.spec.task,
            serving_modules=modules,
            save_path=self._save_path,
            rows_path=self._rows_path,
            cpu_count=self._cpus,
            run_trial=self._form_trial,
        )
        on_cpu = self._device == "cpu"
        self._found.forms, notes = forms.measure() if on_cpu else forms.measure_on_gpu()
        self._found.note(*notes)

    def _form_trial(self, trial: FormTrial) -> JobResult:
        job = Job(
            function=trial.function,
            payload=trial.payload,
            deadline_s=trial.deadline_s,
            memory_limit_bytes=self._lab.memory_limit_bytes if self._device == "cpu" else None,
            fresh=trial.fresh,
        )
        name = f"form-{trial.id}"
        if not trial.fresh:
            worker = self._lab.worker(
                self._candidate, thread_count=trial.thread_count, device=self._device
            )
            return self._trial(name, FORMS_LABEL, job, worker, reusable=False)
        cpus = self._lab.cpus_for(thread_count=trial.thread_count, device=self._device)
        with Worker(
            thread_count=trial.thread_count,
            folder=self._lab.folder,
            with_cuda=self._device == "cuda",
            cpus=cpus,
        ) as worker:
            return self._trial(name, FORMS_LABEL, job, worker, reusable=False)

    def _serving_payload(self, *, threads: int) -> dict[str, Any]:
        preset = self._lab.preset
        single, others = (
            (preset.single_row, preset.larger_batches)
            if threads == 1
            else (preset.threaded_single_row, preset.threaded_larger_batches)
        )
        return {
            "candidate": self._candidate.model_dump(),
            "save_path": str(self._save_path),
            "rows_path": str(self._rows_path),
            "thread_count": threads,
            "device": self._device,
            "batch_rows": list(self._lab.batches),
            "first_budget": vars(single),
            "budget": vars(others),
        }

    def _job(
        self, function: str, payload: Mapping[str, Any], *, deadline_s: float, fresh: bool = False
    ) -> Job:
        limit = self._lab.memory_limit_bytes if self._device == "cpu" else None
        return Job(
            function=f"benchmarks.measure:{function}",
            payload=payload,
            deadline_s=deadline_s,
            memory_limit_bytes=limit,  # CUDA reserves address space beyond any sensible limit
            fresh=fresh,
        )

    def _trial(
        self, trial_id: str, label: str, job: Job, worker: Worker, *, reusable: bool = True
    ) -> JobResult:
        """Run one trial, or take it from those that a stopped run has left."""
        kept = self._cache.get(trial_id) if reusable else None
        if kept is not None:
            self._found.note(*kept["notes"])
            return JobResult("ok", kept["value"], None, 0.0, "")
        where = self._candidate.name
        self._lab.begin_step(
            where if self._device == "cpu" else f"{where} on {self._device}", label
        )
        result = self._observed(trial_id, job, worker)
        self._found.note(*result.notes)
        self._trial_count += 1
        if result.other_load_fraction > OTHER_LOAD_LIMIT_FRACTION:
            self._found.disturbed.append(result.other_load_fraction)
        if result.stolen_fraction > STOLEN_LIMIT_FRACTION:
            self._found.stolen.append(result.stolen_fraction)
        if result.outcome == "ok" and reusable:
            kept = {"value": result.value, "notes": list(result.notes)}
            self._lab.store.keep_trial(self._key, trial_id, kept)
        return result

    def _observed(self, trial_id: str, job: Job, worker: Worker) -> JobResult:
        """Run a job between two readings of the counters and of the reference workload."""
        cpus = self._one_cpu()
        taken_at, before_s = self._reference or (-math.inf, 0.0)
        if time.monotonic() - taken_at > REFERENCE_AGE_S:
            before_s = reference_s(cpus=cpus)
        before = read_counters()
        result = worker.run(job)
        after = read_counters()
        after_s = reference_s(cpus=cpus)
        self._reference = (time.monotonic(), after_s)
        self._found.observer.record(
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

    def _one_cpu(self) -> tuple[int, ...] | None:
        """Return the processor of trials with one thread, null where they are not bound."""
        return self._lab.cpus_for(thread_count=1, device=self._device)

    def _explain_disturbance(self) -> None:
        """Say what else the machine was doing."""
        found = self._found
        found.note(*unsteady_notes(found.inference), *inconclusive_notes(found.inference))
        if self._trial_count:
            found.note(*circumstance_notes(found.observer.circumstances()))
        if self._threads < self._cpus and self._device == "cpu":
            found.note(
                f"other programs kept processors busy: measured with {self._threads} of "
                f"{self._cpus} threads; close them and use --again for all"
            )
        if found.disturbed:
            found.note(
                f"other programs used up to {max(found.disturbed):.0%} of the processors during "
                f"{len(found.disturbed)} of {self._trial_count} trials: close them, measure again"
            )
        if found.stolen:
            found.note(
                f"the hypervisor gave up to {max(found.stolen):.0%} of the processors to other "
                "machines: measure again at another time, or on a dedicated instance"
            )

    def _explain_rows(self, rows: int) -> None:
        """Say what the learning curve tells of the rows that were not used."""
        spec = self._lab.data.spec
        whole = len(split_rows(self._lab.data, seed=0)[0])
        if rows < whole:
            self._found.note(
                f"trained on {rows:,} of {whole:,} training rows to end in time: "
                "measure with --preset standard for all of them"
            )
        gain = last_doubling_gain(self._found.curve)
        if gain is not None and (rows < whole or spec.used_row_count < spec.row_count):
            self._found.note(
                f"the last doubling of training rows changed {spec.metric} by {gain:+.4f}; "
                f"the whole data are {spec.row_count / max(1, self._used_row_count()):.1f} times "
                "as many rows"
            )


def curve_sizes(row_count: int) -> list[int]:
    """Return the sizes of a learning curve below `row_count`, each once, smallest first.

    Example:
        >>> curve_sizes(1000)
        [125, 250, 500]
        >>> curve_sizes(40)
        [16, 20]
    """
    sizes = {max(MIN_CURVE_ROWS, int(share * row_count)) for share in CURVE_FRACTIONS}
    return sorted(size for size in sizes if size < row_count)


def _as_point(measured: TrainingMeasurement) -> LearningPoint:
    return LearningPoint(
        row_count=measured.row_count,
        seed=measured.seed,
        wall_s=measured.wall_s,
        quality=measured.quality,
        peak_memory_bytes=measured.peak_memory_bytes,
    )
