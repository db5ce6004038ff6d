"""One candidate on one device: its trials in order, within its share of the time -> a run."""

import statistics
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from benchmarks.families import BASELINE_FAMILY, family_of, missing_library, source_text
from benchmarks.forms.bench import LABEL as FORMS_LABEL
from benchmarks.forms.bench import FormsBench, FormTrial
from benchmarks.forms.grid import grid_of
from benchmarks.processes.cpu_load import free_processor_count
from benchmarks.processes.isolation import JobResult
from benchmarks.session.session import Lab
from benchmarks.session.training_trials import MIN_ALLOWANCE_S, Trainings
from benchmarks.session.trial_runner import Attempts, StoppedError, is_disturbed
from benchmarks.statistics.replicates import (
    Replicates,
    inconclusive_notes,
    merge_processes,
    unsteady_notes,
)
from benchmarks.statistics.stats import LEAST_PROCESSES
from benchmarks.storage.records import (
    BenchmarkRun,
    Candidate,
    Device,
    Outcome,
)

FORM_COUNT = 2
"""Other forms that a candidate usually has, for the estimate of its time."""

MAX_NOTES = 12
"""Notes kept on one run."""


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
        self._cpus = lab.hardware.logical_cpu_count
        threads = free_processor_count(cpu_count=self._cpus)
        self._save_path = lab.scratch / f"{key}-{device}.joblib"
        self._rows_path = lab.scratch / f"{key}-{device}.json"
        lab.set_binding(binds=device == "cpu" and threads == self._cpus > 1)
        lab.thread_counts = self._worker_thread_counts(threads)
        self._attempts = Attempts(lab, candidate=candidate, device=device, key=key)
        self._found = self._attempts.found
        self._found.note(*lab.data.notes, *lab.notes)
        batch_count = len(lab.batches)
        serving_s = lab.preset.serving_s(batch_count=batch_count, threaded=False)
        serving_s += lab.preset.serving_s(batch_count=batch_count, threaded=True)
        serving_s += grid_of(lab.preset.name).estimate_s(form_count=FORM_COUNT)
        self._trainings = Trainings(
            lab,
            self._attempts,
            candidate=candidate,
            device=device,
            threads=threads,
            budget_s=(
                None if allowance_s is None else max(MIN_ALLOWANCE_S, allowance_s - serving_s)
            ),
            save_path=self._save_path,
            rows_path=self._rows_path,
        )

    @property
    def _threads(self) -> int:
        return self._trainings.threads

    def _serving_modules(self) -> tuple[str, ...]:
        modules = family_of(self._candidate).serving_modules
        if "torch" in source_text(self._candidate, self._lab.folder):
            return (*modules, "torch")  # the user's own model may be one
        return modules

    def _worker_thread_counts(self, threads: int) -> tuple[int, ...]:
        """Return the thread counts of the workers that the trials will ask for."""
        if self._device != "cpu":
            return (1,)
        grid = grid_of(self._lab.preset.name)
        crowded = grid.inputs and grid.is_crowded(self._serving_modules())
        return tuple({1, threads, *((2 * self._cpus,) if crowded else ())})

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
        except StoppedError as stopped:
            outcome, reason = stopped.outcome, stopped.reason
        finally:
            self._save_path.unlink(missing_ok=True)
            self._rows_path.unlink(missing_ok=True)
        if self._found.training:  # of a candidate that never trained, no figure could be disturbed
            self._explain_disturbance()
        found = self._found
        return BenchmarkRun(
            id=run_id,
            key=self._key,
            started_at=started_at,
            preset=self._lab.preset.name,
            candidate=self._candidate,
            dataset=self._lab.data.spec.replace(used_row_count=self._trainings.used_row_count()),
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
            extra_worker_memory_bytes=found.extra_worker_memory_bytes,
            parameter_count=found.parameter_count,
            network=found.network,
            circumstances=found.observer.circumstances() if self._attempts.trial_count else None,
            notes=tuple(found.notes[:MAX_NOTES]),
        )

    # Trials ---------------------------------------------------------------------------------------

    def _all_trials(self) -> None:
        self._trainings.measure()
        self._serving()
        self._other_forms()

    def _serving(self) -> None:
        """Time inference with one thread and with all, in turns.

        In turns, so that the processes of each lie as far apart in time as they can: what the
        machine does over a minute is then between them, where an interval can see it.
        """
        preset = self._lab.preset
        many = self._threads > 1 and self._device == "cpu"
        label = "serving, one thread" if many else "serving"
        spare = preset.spare_process_count
        single = Replicates(preset.process_count, spare)
        threaded = Replicates(preset.threaded_process_count if many else 0, spare if many else 0)
        number = 0
        while single.needs_another() or threaded.needs_another():
            if single.needs_another():
                result = self._serve(f"serve-1-{number}", label, threads=1, fresh=True)
                if result.outcome == "ok":
                    single.add(result.value, is_disturbed=is_disturbed(result))
                elif not single.kept():
                    raise StoppedError(result, "serving")
                else:
                    single.failed_count += 1
                    self._found.note(f"serving, process {number + 1}: {result.reason}")
            if threaded.needs_another():
                count = self._threads
                result = self._serve(
                    f"serve-{count}-{number}", f"serving, {count} threads", threads=count
                )
                if result.outcome == "ok":
                    threaded.add(result.value, is_disturbed=is_disturbed(result))
                else:  # one thread was measured, so this is no more than a note
                    self._found.note(f"serving with {count} threads: {result.reason}")
                    threaded.failed_count = threaded.wanted_count + spare
            number += 1
        left_out_count = single.left_out_count + threaded.left_out_count
        if left_out_count:
            self._found.note(
                f"{left_out_count} timed processes that others disturbed were repeated and left out"
            )
        self._keep_serving(single.kept(), threaded.kept())

    def _keep_serving(
        self, values: Sequence[Mapping[str, Any]], threaded: Sequence[Mapping[str, Any]]
    ) -> None:
        found = self._found
        found.import_s = statistics.median(value["import_s"] for value in values)
        found.load_s = statistics.median(value["load_s"] for value in values)
        found.serving_memory_bytes = max(value["serving_memory_bytes"] for value in values)
        found.extra_worker_memory_bytes = max(v["extra_worker_memory_bytes"] for v in values)
        for processes in (values, threaded):
            found.inference += merge_processes([value["inference"] for value in processes])
        if self._lab.preset.process_count < LEAST_PROCESSES:
            found.note(
                f"inference was timed in {len(values)} process{'es' if len(values) > 1 else ''}: "
                "what differs from process to process is in no interval (--preset standard uses "
                "three)"
            )

    def _serve(self, trial_id: str, label: str, *, threads: int, fresh: bool = False) -> JobResult:
        job = self._attempts.job(
            "benchmarks.tasks.trial_tasks:serve",
            self._serving_payload(threads=threads),
            deadline_s=self._lab.preset.serving_limit_s(batch_count=len(self._lab.batches)),
            fresh=fresh,
        )
        return self._attempts.trial(trial_id, label, job, thread_count=threads)

    def _other_forms(self) -> None:
        """Measure the trained model in the other forms that it could be shipped in."""
        grid = grid_of(self._lab.preset.name)
        if self._candidate.family == BASELINE_FAMILY and not grid.of_baseline:
            return
        forms = FormsBench(
            grid=grid,
            task=self._lab.data.spec.task,
            serving_modules=self._serving_modules(),
            save_path=self._save_path,
            rows_path=self._rows_path,
            cpu_count=self._cpus,
            run_trial=self._form_trial,
        )
        on_cpu = self._device == "cpu"
        self._found.forms, notes = forms.measure() if on_cpu else forms.measure_on_gpu()
        self._found.note(*notes)

    def _form_trial(self, trial: FormTrial) -> JobResult:
        job = self._attempts.job(
            trial.function, trial.payload, deadline_s=trial.deadline_s, fresh=trial.fresh
        )
        return self._attempts.trial(
            f"form-{trial.id}",
            FORMS_LABEL,
            job,
            thread_count=trial.thread_count,
            reusable=False,
        )

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

    def _explain_disturbance(self) -> None:
        """Say what else the machine was doing."""
        found = self._found
        found.note(*unsteady_notes(found.inference), *inconclusive_notes(found.inference))
        if self._threads < self._cpus and self._device == "cpu":
            found.note(
                f"other programs kept processors busy: measured with {self._threads} of "
                f"{self._cpus} threads; close them and use --again for all"
            )
        found.note(*self._attempts.disturbance_notes())
