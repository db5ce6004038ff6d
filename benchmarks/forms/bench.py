"""The forms of one trained candidate: which trials, in which order, and what became of each."""

import shutil
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.forms import forms_for
from benchmarks.forms.grid import FormGrid
from benchmarks.processes.isolation import JobResult
from benchmarks.statistics.replicates import merge_processes
from benchmarks.storage.records import NATIVE_FORM, FormMeasurement, InferenceMeasurement, Task

LABEL = "other forms"
"""The step of the plan that the trials belong to."""


@dataclass(frozen=True)
class FormTrial:
    """One trial to run in a process of its own."""

    id: str
    """Unique among the trials of a candidate."""
    function: str
    """`module:function` that does it."""
    payload: Mapping[str, Any]
    """Its arguments."""
    deadline_s: float
    """Time after which it is killed. [s]"""
    thread_count: int = 1
    """Threads that libraries may use."""
    fresh: bool = False
    """Whether it needs an interpreter that has imported nothing yet."""


RunTrial = Callable[[FormTrial], JobResult]


@dataclass(frozen=True)
class FormsBench:
    """What the trials of the forms need."""

    grid: FormGrid
    task: Task
    serving_modules: Sequence[str]
    save_path: Path
    rows_path: Path
    cpu_count: int
    run_trial: RunTrial

    def measure(self) -> tuple[tuple[FormMeasurement, ...], tuple[str, ...]]:
        """Return the measured forms, the native one's other input first, and notes."""
        found: list[FormMeasurement] = []
        notes: list[str] = []
        if self.grid.inputs:
            native, refused = self._native()
            found += native
            notes += refused
        for form in forms_for(self.serving_modules, self.grid.forms):
            measured = self._form(form)
            if measured is not None:
                found.append(measured)
        return tuple(found), tuple(notes)

    def measure_on_gpu(self) -> tuple[tuple[FormMeasurement, ...], tuple[str, ...]]:
        """Return the network alone on the GPU in float32 and bfloat16, and notes."""
        if not self.grid.forms or "torch" not in self.serving_modules:
            return (), ()
        result = self._run(
            "network-cuda",
            "time_network",
            {
                "save_path": str(self.save_path),
                "rows_path": str(self.rows_path),
                "task": self.task,
                "device": "cuda",
                "batch_rows": list(self.grid.cuda_batch_rows),
                "precisions": ["float32", "bfloat16"],
                "call_count": self.grid.cuda_call_count,
            },
            fresh=True,
            module="benchmarks.forms.cuda",
        )
        if result.outcome != "ok":
            return (), (f"the network alone on the GPU: {result.reason}",)
        if result.value["refused"]:
            return (), (f"the network alone on the GPU: {result.value['refused']}",)
        found = [_checked(item) for item in result.value["measured"]]
        return tuple(found), ()

    def _native(self) -> tuple[list[FormMeasurement], list[str]]:
        """Time ready arrays and frames, and more threads than processors."""
        shared = {"save_path": str(self.save_path), "rows_path": str(self.rows_path)}
        budgets = {"budget": vars(self.grid.larger_batches)}
        results = self._repeated(
            "input",
            "time_ready_input",
            shared
            | budgets
            | {
                "thread_count": 1,
                "inputs": [list(item) for item in self.grid.inputs],
                "batch_rows": list(self.grid.input_batch_rows),
                "first_budget": vars(self.grid.single_row),
            },
        )
        if results[0].outcome != "ok":
            return [], [f"ready arrays and frames: {results[0].reason}"]
        timings = _merged(results)
        notes = [f"the model does not take {kind} input" for kind in results[0].value["refused"]]
        if self.grid.is_crowded(self.serving_modules):
            threads = 2 * self.cpu_count
            crowded = self._repeated(
                f"crowded-{threads}",
                "time_crowded",
                shared | budgets | {"thread_count": threads},
                thread_count=threads,
            )
            timings += _merged(crowded)
        found = FormMeasurement(form=NATIVE_FORM, outcome="ok", inference=tuple(timings))
        return [found], notes

    def _form(self, form: str) -> FormMeasurement | None:
        """Convert, check and time one form; null where it is not meant for such a model."""
        folder = self.save_path.with_suffix("") / form
        try:
            return self._converted(form, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _converted(self, form: str, folder: Path) -> FormMeasurement | None:
        made = self._run(
            f"convert-{form}",
            "convert_form",
            {
                "form": form,
                "save_path": str(self.save_path),
                "rows_path": str(self.rows_path),
                "folder": str(folder),
                "task": self.task,
            },
        )
        if made.outcome != "ok":
            return FormMeasurement(
                form=form, outcome=made.outcome, reason=f"conversion: {made.reason}"
            )
        refused = made.value["refused"]
        if refused is None:
            return None
        if refused:
            return FormMeasurement(form=form, outcome="skipped", reason=refused)
        served = [self._serve(form, folder, n) for n in self.grid.thread_counts(self.cpu_count)]
        one_thread = [result for result in served[0] if result.outcome == "ok"]
        known = {
            "form": form,
            "convert_s": made.value["convert_s"],
            "artefact_bytes": made.value["artefact_bytes"],
        }
        if not one_thread:
            first = served[0][0]
            return FormMeasurement(**known, outcome=first.outcome, reason=first.reason)
        values = [result.value for result in one_thread]
        value = dict(values[0])
        # The first process loads as a new replica does; what it compiled the others find there.
        value["import_s"] = statistics.median(each["import_s"] for each in values)
        for name in ("serving_memory_bytes", "extra_worker_memory_bytes"):
            value[name] = max(each[name] for each in values)
        value["inference"] = [timing for results in served for timing in _merged(results)]
        return _checked(known | value)

    def _serve(self, form: str, folder: Path, thread_count: int) -> list[JobResult]:
        return self._repeated(
            f"serve-{form}-{thread_count}",
            "serve_form",
            {
                "form": form,
                "folder": str(folder),
                "rows_path": str(self.rows_path),
                "thread_count": thread_count,
                "is_label": self.task != "regression",
                "batch_rows": list(self.grid.batch_rows),
                "first_budget": vars(self.grid.single_row),
                "budget": vars(self.grid.larger_batches),
            },
            thread_count=thread_count,
            fresh=True,
        )

    def _repeated(
        self,
        trial_id: str,
        function: str,
        payload: Mapping[str, Any],
        *,
        thread_count: int = 1,
        fresh: bool = False,
    ) -> list[JobResult]:
        """Run a trial in as many processes as the preset asks for; in no more once one has failed.

        The first result comes first, whatever it is.
        """
        results: list[JobResult] = []
        for number in range(self.grid.process_count):
            results.append(
                self._run(
                    f"{trial_id}-{number}" if self.grid.process_count > 1 else trial_id,
                    function,
                    payload,
                    thread_count=thread_count,
                    fresh=fresh,
                )
            )
            if results[-1].outcome != "ok":
                break
        return results

    def _run(
        self,
        trial_id: str,
        function: str,
        payload: Mapping[str, Any],
        *,
        thread_count: int = 1,
        fresh: bool = False,
        module: str = "benchmarks.forms.trial",
    ) -> JobResult:
        limit_s = self.grid.form_limit_s
        return self.run_trial(
            FormTrial(trial_id, f"{module}:{function}", payload, limit_s, thread_count, fresh)
        )


def _merged(results: Sequence[JobResult]) -> list[InferenceMeasurement]:
    """Return the timings of the processes that had an answer, as one for each thing timed."""
    return merge_processes([r.value["inference"] for r in results if r.outcome == "ok"])


def _checked(fields: Mapping[str, Any]) -> FormMeasurement:
    """Return a measured form; one whose answers differ has failed."""
    outcome = "ok" if fields["reason"] is None else "failed"
    return FormMeasurement.model_validate({**fields, "outcome": outcome})
