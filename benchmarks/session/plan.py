"""What will be measured, about how long it takes, and where a benchmark stands."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.families import BASELINE_FAMILY, family_of
from benchmarks.forms import forms_for
from benchmarks.forms.bench import LABEL as FORMS_LABEL
from benchmarks.forms.grid import grid_of
from benchmarks.session.presets import BATCH_ROWS, CURVE_FRACTIONS, Preset
from benchmarks.session.session import shared_modules
from benchmarks.storage.records import TEST_FRACTION, Candidate, DatasetSpec, Device

BACKTEST_START_S = 4.0
"""Time to start a back-test's processes. [s]"""

RUN_BYTES = 20_000
"""A run in the store without its durations. [B]"""

DURATION_BYTES = 12
"""One duration in the store. [B]"""

PROBES_S = 7.0
"""Time to look at the machine and probe it. [s]"""

WORKERS_START_S = 2.0
"""Time in which the workers of candidates with the same libraries are up. [s]"""

TORCH_START_S = 6.0
"""The same where torch is one of them. [s]"""


@dataclass(frozen=True)
class PlannedTrial:
    """One step of a plan."""

    candidate: str
    """Name of the candidate; empty for what all share."""
    label: str
    """What is done, for people."""
    estimate_s: float
    """About how long it takes. [s]"""


@dataclass(frozen=True)
class Plan:
    """What will be measured."""

    preset: str
    dataset: DatasetSpec
    trials: tuple[PlannedTrial, ...]
    finished: tuple[str, ...]
    """Candidates (and device) that the store already holds a run of."""
    budget_s: float | None
    """Bound of the preset on the whole. [s]"""
    notes: tuple[str, ...] = ()
    """What happened to the data."""
    stored_bytes: int = 0
    """About how much the runs take in the store at most. [B]"""

    @property
    def estimate_s(self) -> float:
        """About how long all of it takes. [s]"""
        total_s = sum(trial.estimate_s for trial in self.trials)
        return total_s if self.budget_s is None else min(total_s, self.budget_s)


@dataclass(frozen=True)
class Progress:
    """Where a benchmark stands."""

    label: str
    """What is being done."""
    done_count: int
    """Finished trials."""
    total_count: int
    """Trials of the plan."""
    remaining_s: float
    """About how long it still takes. [s]"""

    @property
    def remaining_text(self) -> str:
        """The time left, for people."""
        return duration_text(self.remaining_s)


def duration_text(duration_s: float) -> str:
    """Return a rough duration for people.

    Example:
        >>> duration_text(42.0), duration_text(200.0), duration_text(9_000.0)
        ('42 s', '3 min', '2.5 h')
    """
    if duration_s < 90:
        return f"{duration_s:.0f} s"
    if duration_s < 90 * 60:
        return f"{duration_s / 60:.0f} min"
    return f"{duration_s / 3600:.1f} h"


def plan_lines(plan: Plan) -> tuple[str, ...]:
    """Return a plan for people: what, how much, how long."""
    spec = plan.dataset
    names = list(dict.fromkeys(trial.candidate for trial in plan.trials if trial.candidate))
    lines = [
        f"{spec.name}: {spec.task}, {spec.used_row_count:,} of {spec.row_count:,} rows, "
        f"{spec.feature_count} features" + (", simulated" if spec.simulated else "")
    ]
    lines += [f"note: {note}" for note in plan.notes]
    if plan.finished:
        lines.append(f"In the store already: {', '.join(plan.finished)} (--again repeats them).")
    if plan.trials:
        bound = "" if plan.budget_s is None else f", at most about {duration_text(plan.budget_s)}"
        lines.append(
            f"Plan ({plan.preset}): {len(plan.trials)} trials of {', '.join(names)}; "
            f"about {duration_text(plan.estimate_s)}{bound}; stores at most about "
            f"{max(0.1, plan.stored_bytes / 1e6):.1f} MB."
        )
    else:
        lines.append("Nothing is left to measure.")
    return tuple(lines)


def plan_trials(
    candidates: Sequence[tuple[Candidate, Device]],
    *,
    dataset: DatasetSpec,
    preset: Preset,
    thread_count: int,
    backtests: Sequence[str] = (),
    batch_count: int = len(BATCH_ROWS),
    finished: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> Plan:
    """List what will be done for each candidate, with a rough time for each step."""
    rows = int((1 - TEST_FRACTION) * dataset.used_row_count)
    trials = [PlannedTrial("", "look at this machine", PROBES_S)] if candidates else []
    loaded: tuple[str, ...] = ()
    for candidate, device in candidates:
        fit_s = 0.1 + family_of(candidate).fit_us_per_row * 1e-6 * rows
        where = candidate.name if device == "cpu" else f"{candidate.name} on {device}"
        steps = [(f"learning curve, {share:.0%}", share * fit_s) for share in CURVE_FRACTIONS]
        modules = shared_modules(family_of(candidate).serving_modules)
        if modules != loaded:
            loaded, start_s = modules, TORCH_START_S if "torch" in modules else WORKERS_START_S
            steps[0] = (steps[0][0], steps[0][1] + start_s)
        steps += [(f"training, seed {seed}", fit_s) for seed in preset.seeds]
        serving_s = preset.serving_s(batch_count=batch_count, threaded=False)
        if thread_count > 1 and device == "cpu":
            steps.append(("training, one thread", fit_s * min(thread_count, 4)))
            steps.append(("serving, one thread", serving_s))
            threaded_s = preset.serving_s(batch_count=batch_count, threaded=True)
            steps.append((f"serving, {thread_count} threads", threaded_s))
        else:
            steps.append(("serving", serving_s))
        grid = grid_of(preset.name)
        form_count = len(forms_for(family_of(candidate).serving_modules, grid.forms))
        has_forms = grid.of_baseline or candidate.family != BASELINE_FAMILY
        if device == "cpu" and has_forms and (grid.forms or grid.inputs):
            steps.append((FORMS_LABEL, grid.estimate_s(form_count=form_count)))
        trials += [PlannedTrial(where, label, seconds) for label, seconds in steps]
    for name in backtests:
        trials.append(PlannedTrial(name, "back-test", BACKTEST_START_S + 0.2 * preset.backtest_s))
    return Plan(
        stored_bytes=len(candidates)
        * (RUN_BYTES + DURATION_BYTES * preset.kept_call_count(batch_count=batch_count)),
        preset=preset.name,
        dataset=dataset,
        trials=tuple(trials),
        finished=tuple(finished),
        budget_s=preset.budget_s,
        notes=tuple(notes),
    )
