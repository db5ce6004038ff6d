"""Candidates x data x devices -> runs in the store: what `advisor bench` does.

One trial at a time, each in a process of its own. What is finished is kept: a run when all its
trials are done, the trials of a run that was stopped half-way until the next call goes on.
"""

import hashlib
import json
import secrets
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.data.datasets import TaskData, load_data
from benchmarks.errors import CandidateError, DataError, did_you_mean
from benchmarks.families import family_of, missing_library, resolve_candidates, source_text
from benchmarks.forms.grid import grid_of
from benchmarks.machine.devices import devices_at_hand
from benchmarks.machine.host import read_host
from benchmarks.session.candidate_bench import CandidateBench
from benchmarks.session.plan import Plan, Progress, plan_trials
from benchmarks.session.presets import BATCH_ROWS, Preset, preset_named
from benchmarks.session.session import Lab, open_lab
from benchmarks.session.time_budget import BACKTEST_FIRST, BACKTEST_TRAININGS, Clock, Steps
from benchmarks.storage.alone import measuring_alone
from benchmarks.storage.records import (
    BacktestRun,
    BenchmarkRun,
    Candidate,
    DatasetSpec,
    DataSettings,
    Device,
    HardwareProfile,
)
from benchmarks.storage.store import UNFINISHED, RunStore

if TYPE_CHECKING:
    from benchmarks.data.losses import Loss

KEY_FORMAT = 2
"""Raised when a change of the harness makes older runs incomparable."""

BACKTEST_TRIALS = "backtests"
"""Folder of finished trainings of unfinished back-tests, among the unfinished runs."""


@dataclass(frozen=True)
class BenchResult:
    """Everything that a study's store holds for this plan now."""

    plan: Plan
    runs: tuple[BenchmarkRun, ...]
    """One for each candidate and device, new or found in the store."""
    backtests: tuple[BacktestRun, ...]
    """One for each back-tested candidate, new or found in the store."""
    new_run_ids: frozenset[str]
    """Runs and back-tests that were measured now."""
    notes: tuple[str, ...] = ()
    """What was left out."""


@dataclass(frozen=True)
class _Wanted:
    """One run of the plan."""

    candidate: Candidate
    device: Device
    key: str
    found: BenchmarkRun | None


def run_study_benchmarks(
    *,
    data_settings: DataSettings,
    candidates: Sequence[str | tuple[str, str]],
    store: RunStore,
    folder: Path,
    preset: str | Preset = "fast",
    devices: Sequence[Device] | None = None,
    only: Sequence[str] = (),
    rows_per_request: int = 1,
    backtest_settings: DataSettings | None = None,
    again: bool = False,
    on_plan: Callable[[Plan], None] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> BenchResult:
    """Measure every candidate of a study and keep the runs.

    Args:
        data_settings: the study's data.
        candidates: `default`, names of families, or (name, `module:function`).
        store: where runs are kept.
        folder: the study's folder; paths and the user's modules are found from it.
        preset: how much to measure.
        devices: where to measure; all that are at hand when None.
        only: names of candidates to measure; all when empty.
        rows_per_request: the study's own batch size, timed beside the usual ones.
        backtest_settings: data to back-test on when the study's data have no time column.
        again: measure again what the store already holds.
        on_plan: told the plan before anything runs.
        on_progress: told before each trial.

    Raises:
        DataError, CandidateError, StoreError: nothing can be measured; a candidate that fails is no
            error but a run with an outcome and a reason.
    """
    chosen = preset if isinstance(preset, Preset) else preset_named(preset)
    clock = Clock(chosen)
    data = load_data(
        **dict(data_settings),
        folder=folder,
        max_rows=chosen.max_rows,
        max_cells=chosen.max_cells,
    )
    hardware = read_host()
    resolved = _chosen(resolve_candidates(candidates, task=data.spec.task), only)
    batches = tuple(sorted({*BATCH_ROWS, rows_per_request}))
    wanted = _wanted(
        resolved,
        devices=devices_at_hand() if devices is None else tuple(devices),
        asked_for_devices=devices is not None,
        data=data,
        preset=chosen,
        hardware=hardware,
        folder=folder,
        batches=batches,
        kept={} if again else {run.key: run for run in store.runs() if run.outcome == "ok"},
    )
    drifting = _drifting_data(data, backtest_settings, folder=folder, preset=chosen)
    open_backtests = [] if drifting is None else _open_backtests(resolved, drifting, store, again)
    open_runs = [item for item in wanted if item.found is None]
    plan = plan_trials(
        [(item.candidate, item.device) for item in open_runs],
        dataset=data.spec,
        preset=chosen,
        thread_count=hardware.logical_cpu_count,
        backtests=[candidate.name for candidate in open_backtests],
        batch_count=len(batches),
        finished=[f"{item.candidate.name} ({item.device})" for item in wanted if item.found],
        notes=data.notes,
    )
    if on_plan is not None:
        on_plan(plan)
    steps = Steps(plan, on_progress, clock)
    if open_runs or open_backtests:
        store.check_writable()
        with measuring_alone(store.path):
            new_runs, new_backtests, notes = _measure_open(
                data,
                open_runs,
                drifting,
                open_backtests,
                store=store,
                folder=folder,
                hardware=hardware,
                preset=chosen,
                batches=batches,
                steps=steps,
                clock=clock,
            )
    else:
        new_runs, new_backtests, notes = {}, [], []
    steps.end()
    found_backtests = () if drifting is None else _stored_backtests(resolved, drifting, store)
    return BenchResult(
        plan=plan,
        runs=tuple(item.found or new_runs[item.key] for item in wanted),
        backtests=found_backtests,
        new_run_ids=frozenset(
            [run.id for run in new_runs.values()] + [run.id for run in new_backtests]
        ),
        notes=tuple(notes),
    )


def _measure_open(
    data: TaskData,
    open_runs: Sequence[_Wanted],
    drifting: TaskData | None,
    open_backtests: Sequence[Candidate],
    *,
    store: RunStore,
    folder: Path,
    hardware: HardwareProfile,
    preset: Preset,
    batches: tuple[int, ...],
    steps: Steps,
    clock: Clock,
) -> tuple[dict[str, BenchmarkRun], list[BacktestRun], list[str]]:
    """Measure what the store lacks; return new runs by key, new back-tests, and notes."""
    new_runs: dict[str, BenchmarkRun] = {}
    if open_runs:
        with open_lab(
            data,
            hardware=hardware,
            preset=preset,
            folder=folder,
            store=store,
            batches=batches,
            begin_step=steps.begin,
        ) as lab:
            reserve_s = preset.backtest_s if open_backtests else 0.0
            new_runs = _measure_all(lab, open_runs, steps=steps, clock=clock, reserve_s=reserve_s)
    if drifting is None:
        return new_runs, [], []
    new_backtests, notes = _backtest_all(
        drifting,
        open_backtests,
        hardware,
        store=store,
        folder=folder,
        steps=steps,
        clock=clock,
        new_runs=new_runs.values(),
    )
    return new_runs, new_backtests, notes


def _measure_all(
    lab: Lab, open_runs: Sequence[_Wanted], *, steps: Steps, clock: Clock, reserve_s: float
) -> dict[str, BenchmarkRun]:
    """Measure one after the other; each is kept as soon as it is finished."""
    new: dict[str, BenchmarkRun] = {}
    for position, item in enumerate(open_runs):
        left = len(open_runs) - position
        run = _measure(lab, item, allowance_s=clock.share_s(left, reserve_s=reserve_s))
        lab.store.append(run)
        lab.store.drop_unfinished(item.key)
        new[item.key] = run
        steps.finish_candidate(item.candidate.name, item.device)
    return new


def _backtest_all(
    drifting: TaskData,
    candidates: Sequence[Candidate],
    hardware: HardwareProfile,
    *,
    store: RunStore,
    folder: Path,
    steps: Steps,
    clock: Clock,
    new_runs: Collection[BenchmarkRun],
) -> tuple[list[BacktestRun], list[str]]:
    """Back-test what the time allows; return what is new and what was left out."""
    new: list[BacktestRun] = []
    notes: list[str] = []
    for candidate in candidates:
        walls = [
            run.training[0].wall_s
            for run in new_runs
            if run.candidate == candidate and run.training
        ]
        limit_s = clock.backtest_limit_s(candidate, walls)
        if limit_s is None:
            notes.append(
                f"{candidate.name} was not back-tested, to end in time: "
                "run the same command again for it"
            )
            continue
        steps.begin(candidate.name, "back-test")
        try:
            backtest = _backtest(
                drifting, candidate, hardware, store=store, folder=folder, limit_s=limit_s
            )
        except DataError as error:  # too few periods, say: the runs are of use without
            notes.append(f"no back-test: {error}")
            break
        store.append(backtest)
        store.drop_unfinished(f"{BACKTEST_TRIALS}/{backtest.key}")
        new.append(backtest)
    return new, notes


# Which runs ---------------------------------------------------------------------------------------


def _chosen(resolved: Sequence[Candidate], only: Sequence[str]) -> tuple[Candidate, ...]:
    names = [candidate.name for candidate in resolved]
    for name in only:
        if name not in names:
            raise CandidateError(
                f"--candidate {name}: not in the study: {did_you_mean(name, names)}"
            )
    return tuple(c for c in resolved if not only or c.name in only)


def _wanted(
    candidates: Sequence[Candidate],
    *,
    devices: Sequence[Device],
    asked_for_devices: bool,
    data: TaskData,
    preset: Preset,
    hardware: HardwareProfile,
    folder: Path,
    batches: Sequence[int],
    kept: dict[str, BenchmarkRun],
) -> list[_Wanted]:
    wanted = []
    for device in devices:
        for candidate in candidates:
            if device not in family_of(candidate).devices:
                continue
            if (
                device == "cuda"
                and candidate.family == "import"
                and not asked_for_devices
                and "torch" not in source_text(candidate, folder)
            ):
                continue
            key = run_key(
                candidate,
                device=device,
                dataset=data.spec,
                preset=preset,
                hardware=hardware,
                folder=folder,
                batches=batches,
            )
            wanted.append(_Wanted(candidate, device, key, kept.get(key)))
    return wanted


def run_key(
    candidate: Candidate,
    *,
    device: Device,
    dataset: DatasetSpec,
    preset: Preset,
    hardware: HardwareProfile,
    folder: Path,
    batches: Sequence[int],
) -> str:
    """Return the hash of everything that makes two runs interchangeable.

    A user's model counts by the text of every module it comes from: change one, and it is measured
    anew. The settings of the data count whole, since an answer takes runs of the same ones only.
    """
    parts = {
        "format": KEY_FORMAT,
        "candidate": candidate.model_dump(),
        "source": source_text(candidate, folder),
        "data": [dataset.sha256, dataset.task, dataset.metric],
        "settings": None if dataset.settings is None else dataset.settings.model_dump(mode="json"),
        "preset": repr(preset),
        "forms": repr(grid_of(preset.name)),
        "device": device,
        "host": hardware.host_id,
        "python": hardware.python,
        "libraries": hardware.libraries,
        "batches": list(batches),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


# Measuring one ------------------------------------------------------------------------------------


def _measure(lab: Lab, item: _Wanted, *, allowance_s: float | None) -> BenchmarkRun:
    started_at = datetime.now(UTC)
    bench = CandidateBench(
        lab, candidate=item.candidate, device=item.device, key=item.key, allowance_s=allowance_s
    )
    return bench.run(
        run_id=f"{started_at:%Y%m%dT%H%M%S%f}-{item.key[:8]}-{secrets.token_hex(2)}",
        started_at=started_at,
    )


# Back-tests ---------------------------------------------------------------------------------------


def _drifting_data(
    data: TaskData, settings: DataSettings | None, *, folder: Path, preset: Preset
) -> TaskData | None:
    """Return the data to back-test on: the study's own if they have a time, else the named ones."""
    if data.time is not None:
        return data
    if settings is None:
        return None
    return load_data(
        **dict(settings), folder=folder, max_rows=preset.max_rows, max_cells=preset.max_cells
    )


def backtest_loss(spec: DatasetSpec) -> "Loss | None":
    """Return the cost of a decision where the two kinds of errors have their prices, else None."""
    from benchmarks.data.losses import Loss

    settings = spec.settings
    if settings is None:
        return None
    if settings.false_positive_usd is None and settings.false_negative_usd is None:
        return None
    return Loss("cost", *settings.error_costs_usd)


def _stored_backtests(
    candidates: Sequence[Candidate], data: TaskData, store: RunStore
) -> tuple[BacktestRun, ...]:
    """Return the newest good back-test of each candidate on these data, errors at their prices."""
    found = {
        backtest.candidate.name: backtest
        for backtest in store.backtests()
        if backtest.outcome == "ok"
        and backtest.dataset.sha256 == data.spec.sha256
        and backtest_loss(backtest.dataset) == backtest_loss(data.spec)
    }
    return tuple(found[c.name] for c in candidates if c.name in found)


def _open_backtests(
    candidates: Sequence[Candidate], data: TaskData, store: RunStore, again: bool
) -> list[Candidate]:
    """Return the candidates to back-test, the most telling first."""
    done = (
        set() if again else {b.candidate.name for b in _stored_backtests(candidates, data, store)}
    )
    fitting = [
        candidate
        for candidate in candidates
        if data.spec.task in family_of(candidate).tasks
        and candidate.name not in done
        and missing_library(candidate) is None
    ]
    order = {name: position for position, name in enumerate(BACKTEST_FIRST)}
    return sorted(fitting, key=lambda c: order.get(c.name, len(order)))


def _backtest(
    data: TaskData,
    candidate: Candidate,
    hardware: HardwareProfile,
    *,
    store: RunStore,
    folder: Path,
    limit_s: float,
) -> BacktestRun:
    from benchmarks.session.backtest import run_backtest

    here = str(folder.resolve())
    sys.path.insert(0, here)  # for the user's own module; handed on to the children
    try:
        return run_backtest(
            data,
            candidate=candidate,
            hardware=hardware,
            started_at=datetime.now(UTC),
            training_count=BACKTEST_TRAININGS,
            loss=backtest_loss(data.spec),
            worker_count=hardware.logical_cpu_count,
            deadline_s=limit_s / BACKTEST_TRAININGS,
            keep_in=store.path / UNFINISHED / BACKTEST_TRIALS,
        )
    finally:
        sys.path.remove(here)
