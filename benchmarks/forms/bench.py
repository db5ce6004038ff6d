"""The forms of one trained candidate: which trials, in which order, and what became of each."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.forms import forms_for
from benchmarks.forms.grid import FormGrid
from benchmarks.isolation import JobResult
from benchmarks.records import NATIVE_FORM, FormMeasurement, InferenceMeasurement, Task

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
        result = self._run(
            "input",
            "time_ready_input",
            shared
            | {
                "thread_count": 1,
                "inputs": [list(item) for item in self.grid.inputs],
                "batch_rows": list(self.grid.input_batch_rows),
                "first_budget": vars(self.grid.single_row),
                "budget": vars(self.grid.larger_batches),
            },
        )
        if result.outcome != "ok":
            return [], [f"ready arrays and frames: {result.reason}"]
        items = list(result.value["inference"])
        notes = [f"the model does not take {kind} input" for kind in result.value["refused"]]
        if self.grid.crowded and not set(self.grid.crowded_without) & set(self.serving_modules):
            threads = 2 * self.cpu_count
            crowded = self._run(
                f"crowded-{threads}",
                "time_crowded",
                shared | {"thread_count": threads, "budget": vars(self.grid.larger_batches)},
                thread_count=threads,
            )
            if crowded.outcome == "ok":
                items += crowded.value["inference"]
        timings = tuple(InferenceMeasurement.model_validate(item) for item in items)
        return [FormMeasurement(form=NATIVE_FORM, outcome="ok", inference=timings)], notes

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
        first = served[0]
        known = {
            "form": form,
            "convert_s": made.value["convert_s"],
            "artefact_bytes": made.value["artefact_bytes"],
        }
        if first.outcome != "ok":
            return FormMeasurement(**known, outcome=first.outcome, reason=first.reason)
        value = dict(first.value)
        value["inference"] = [
            item for one in served if one.outcome == "ok" for item in one.value["inference"]
        ]
        return _checked(known | value)

    def _serve(self, form: str, folder: Path, thread_count: int) -> JobResult:
        return self._run(
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


def _checked(fields: Mapping[str, Any]) -> FormMeasurement:
    """Return a measured form; one whose answers differ has failed."""
    outcome = "ok" if fields["reason"] is None else "failed"
    return FormMeasurement.model_validate({**fields, "outcome": outcome})
