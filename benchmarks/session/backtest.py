"""Train on the past, score every later period: the error matrix E[s, t].

A few trainings are enough, since each model is scored on all periods after it. They run in child
processes, one thread each; what is finished is kept in a folder and not done again.
"""

import hashlib
import json
import pickle
import queue
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.datasets import TaskData
from benchmarks.data.losses import Loss, mad
from benchmarks.data.periods import PeriodLength, cut_periods, seconds
from benchmarks.errors import DataError
from benchmarks.processes.isolation import Job, Worker
from benchmarks.storage.records import (
    BacktestRun,
    Candidate,
    ErrorCell,
    ErrorLoss,
    HardwareProfile,
)
from benchmarks.storage.scratch import scratch_folder
from benchmarks.tasks.backtest_training import (
    Bench,
    Scored,
    Trial,
    failed_trial,
    guarded_trial,
    run_clusterings,
    scored_from,
)

MOST_TRAININGS: Final = 8
"""Trainings of a back-test."""
FORMAT: Final = 1
"""Version of the files of finished trainings."""

Window = Literal["sliding", "expanding"]
Progress = Callable[[int, int], None]
"""Called with the trainings that are done and how many there will be."""


def run_backtest(
    data: TaskData,
    *,
    candidate: Candidate,
    hardware: HardwareProfile,
    started_at: datetime,
    period: PeriodLength | None = None,
    training_count: int = MOST_TRAININGS,
    window: Window = "sliding",
    window_periods: int | None = None,
    loss: Loss | None = None,
    seed: int = 0,
    worker_count: int = 2,
    deadline_s: float = 900.0,
    keep_in: Path | None = None,
    progress: Progress | None = None,
) -> BacktestRun:
    """Back-test a candidate on time-stamped data.

    Args:
        data: rows in time order, with `time`; `label_time` is honoured where there is one.
        candidate: the model.
        hardware: the machine this runs on.
        started_at: now, UTC.
        period: length of a period; chosen from the data when None.
        training_count: trainings, at most `MOST_TRAININGS`.
        window: `sliding` keeps the newest `window_periods`, `expanding` all that came before.
        window_periods: periods of a sliding window; a third of the history when None.
        loss: what an error is; the task's own when None.
        seed: seed of every model.
        worker_count: child processes at a time; 0 trains in this process.
        deadline_s: a training that takes longer fails. [s]
        keep_in: folder that keeps finished trainings, so that a second call goes on.
        progress: told after each training.

    Raises:
        DataError: no time column, or too few periods.
    """
    bench = make_bench(data, candidate=candidate, period=period, loss=loss, seed=seed)
    origins = spaced_origins(bench.periods.count, training_count=training_count)
    span = window_periods or max(1, int(origins[0]) + 1)
    trials = make_trials(bench, origins=origins, window=window, window_periods=span)
    key = trials_key(bench, trials)
    kept = None if keep_in is None else keep_in / key
    results = list(
        run_trials(
            bench,
            trials,
            worker_count=worker_count,
            deadline_s=deadline_s,
            keep_in=kept,
            progress=progress,
        )
    )
    done = sorted((r for r in results if r.reason is None), key=lambda r: r.origin)
    failed = [f"training at period {r.origin}: {r.reason}" for r in results if r.reason]
    enough = len({r.origin for r in done}) >= 2
    return BacktestRun(
        id=f"{started_at:%Y%m%dT%H%M%S}-{key[:12]}",
        key=key,
        started_at=started_at,
        candidate=candidate,
        dataset=data.spec,
        hardware=hardware,
        period_days=bench.periods.length.days,
        period_label=bench.periods.length.label,
        window=window,
        cells=error_cells(done, calendar=bench.periods.calendar) if enough else (),
        training_wall_s=tuple(r.wall_s for r in done),
        loss=error_loss(bench),
        outcome="ok" if enough else "failed",
        reason=None if enough else "; ".join(failed) or "fewer than two trainings",
        notes=(
            *data.notes,
            *bench.periods.notes,
            *_class_notes(bench),
            *_loss_notes(bench.loss),
            *failed,
        ),
    )


def make_bench(
    data: TaskData,
    *,
    candidate: Candidate,
    period: PeriodLength | None = None,
    loss: Loss | None = None,
    seed: int = 0,
    parameters: Mapping[str, Any] | None = None,
    scale: float | None = None,
) -> Bench:
    """Put together what all trainings of a back-test share.

    Raises:
        DataError: no time column, or too few periods.
    """
    if data.time is None:
        raise DataError(
            f"{data.spec.source}: a back-test needs data.time, the column with the time of each"
            " case: name it, or give retraining.decay_per_day"
        )
    periods = cut_periods(data.time, length=period)
    task = data.spec.task
    if task == "regression" and scale is None:
        scale = mad(np.asarray(data.y)[periods.number < max(2, periods.count // 3)])
    return Bench(
        data=data,
        periods=periods,
        candidate=candidate,
        loss=(loss or Loss()).resolved(task, class_count=data.spec.class_count),
        seed=seed,
        parameters=parameters or {},
        scale=scale,
        label_known=_label_known(data),
    )


def spaced_origins(period_count: int, *, training_count: int = MOST_TRAININGS) -> NDArray[np.int64]:
    """Periods to train at: evenly spaced over the last two thirds, each with a period after it.

    Example:
        >>> spaced_origins(60).tolist()
        [19, 24, 29, 34, 39, 44, 49, 54]
    """
    wanted = min(training_count, MOST_TRAININGS)
    start = max(0, period_count // 3 - 1)
    step = (period_count - 1 - start) / wanted
    found = np.unique(np.floor(start + step * np.arange(wanted)).astype(np.int64))
    return found[found < period_count - 1]


def make_trials(
    bench: Bench, *, origins: Sequence[int] | NDArray[np.int64], window: Window, window_periods: int
) -> tuple[Trial, ...]:
    """One trial per origin; a sliding window is so many periods of the calendar."""
    calendar = bench.periods.calendar

    def first_period(origin: int) -> int:
        oldest = calendar[origin] - window_periods + 1
        return 0 if window == "expanding" else int(np.searchsorted(calendar, oldest))

    return tuple(
        Trial(
            origin=int(origin),
            first_period=first_period(int(origin)),
            known_by=None if bench.label_known is None else float(bench.periods.ends[origin]),
        )
        for origin in origins
    )


def error_cells(results: Sequence[Scored], *, calendar: NDArray[np.int64]) -> tuple[ErrorCell, ...]:
    """The error matrix of finished trials, periods by the calendar, those without cases left out.

    A model from before a gap in the data is as old behind it as the gap is long.
    """
    return tuple(
        ErrorCell(
            trained_at=int(calendar[result.origin]),
            scored_at=int(calendar[result.origin + 1 + later]),
            case_count=count,
            error_per_case=error,
        )
        for result in results
        for later, (count, error) in enumerate(zip(result.count, result.error, strict=True))
        if count > 0
    )


# Many trials --------------------------------------------------------------------------------------


def run_trials(
    bench: Bench,
    trials: Sequence[Trial],
    *,
    worker_count: int,
    deadline_s: float = 900.0,
    keep_in: Path | None = None,
    progress: Progress | None = None,
) -> Iterator[Scored]:
    """Run trials, finished ones from the folder, the others in child processes."""
    if bench.data.spec.task == "clustering":
        yield from run_clusterings(bench, trials)
        return
    found = {trial: _load(keep_in, trial) for trial in trials}
    open_trials = [trial for trial in trials if found[trial] is None]
    done = len(trials) - len(open_trials)
    yield from (result for result in found.values() if result is not None)
    if progress is not None and done:
        progress(done, len(trials))
    for result in _run_open(bench, open_trials, worker_count=worker_count, deadline_s=deadline_s):
        _save(keep_in, result)
        done += 1
        if progress is not None:
            progress(done, len(trials))
        yield result


def _run_open(
    bench: Bench, trials: Sequence[Trial], *, worker_count: int, deadline_s: float
) -> Iterator[Scored]:
    if worker_count == 0 or not trials:
        yield from (guarded_trial(bench, trial) for trial in trials)
        return
    with scratch_folder("backtest") as folder:
        path = Path(folder) / "bench.pickle"
        path.write_bytes(pickle.dumps(bench, protocol=pickle.HIGHEST_PROTOCOL))
        payload = {"path": str(path), "import_paths": list(sys.path)}
        wanted: queue.SimpleQueue[Trial] = queue.SimpleQueue()
        for trial in trials:
            wanted.put(trial)
        done: queue.SimpleQueue[Scored] = queue.SimpleQueue()
        stop = threading.Event()

        def work() -> None:
            with Worker(
                thread_count=1,
                warm="benchmarks.tasks.backtest_training:load_bench",
                warm_payload=payload,
            ) as worker:
                while not stop.is_set():
                    try:
                        trial = wanted.get_nowait()
                    except queue.Empty:
                        return
                    done.put(_isolated(worker, trial, deadline_s=deadline_s))

        threads = [
            threading.Thread(target=work, daemon=True)
            for _ in range(min(worker_count, len(trials)))
        ]
        for thread in threads:
            thread.start()
        try:
            for _ in trials:
                yield done.get()
        finally:
            stop.set()
            for thread in threads:
                thread.join()


def _isolated(worker: Worker, trial: Trial, *, deadline_s: float) -> Scored:
    """Run one trial in a child process; whatever happens there is a result."""
    result = worker.run(
        Job(
            function="benchmarks.tasks.backtest_training:run_job",
            payload=vars(trial),
            deadline_s=deadline_s,
        )
    )
    if result.outcome == "ok":
        return scored_from(result.value)
    return failed_trial(trial, result.reason or result.outcome)


# What is kept -------------------------------------------------------------------------------------


def _load(folder: Path | None, trial: Trial) -> Scored | None:
    if folder is None:
        return None
    try:
        raw = json.loads((folder / f"{trial.origin}.json").read_text())
        return scored_from(raw)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _save(folder: Path | None, result: Scored) -> None:
    if folder is None or result.reason is not None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{result.origin}.json.part"
    part.write_text(json.dumps(vars(result)))
    part.replace(folder / f"{result.origin}.json")


def trials_key(bench: Bench, trials: Sequence[Trial]) -> str:
    """Hash of everything that makes two back-tests interchangeable."""
    what = repr(
        (
            FORMAT,
            bench.data.spec.sha256,
            bench.candidate.model_dump_json(),
            bench.loss,
            bench.seed,
            sorted(bench.parameters.items()),
            bench.periods.length,
            trials,
        )
    )
    digest = hashlib.sha256(what.encode())
    if bench.label_known is not None:  # the data's own hash knows no label times
        digest.update(bench.label_known.tobytes())
    return digest.hexdigest()[:24]


def _label_known(data: TaskData) -> NDArray[np.float64] | None:
    """When each label became known; a label without a time is never known."""
    if data.label_time is None or data.time is None:
        return None
    known, dated = seconds(data.label_time.reset_index(drop=True))
    if dated != seconds(data.time)[1]:
        raise DataError(
            f"{data.spec.source}: data.time and data.label_time are not of one kind:"
            " both must be time stamps, or both plain numbers"
        )
    missing = data.label_time.isna().to_numpy()
    return np.where(missing, np.inf, known)


def error_loss(bench: Bench) -> ErrorLoss:
    """Return what an error is in a back-test, for whoever counts newly scored cases."""
    assert bench.loss.name != "auto"  # resolved with the bench
    return ErrorLoss(
        name=bench.loss.name,
        scale=bench.scale,
        class_labels=bench.data.class_labels,
        false_positive_usd=bench.loss.false_positive_cost_usd,
        false_negative_usd=bench.loss.false_negative_cost_usd,
    )


def _class_notes(bench: Bench) -> tuple[str, ...]:
    """Tell periods with one class: errors there say nothing about telling classes apart."""
    if bench.data.spec.task != "classification" or bench.data.y is None:
        return ()
    known = bench.periods.number >= 0
    pairs = np.unique(np.stack([bench.periods.number[known], bench.data.y[known]]), axis=1)
    alone = int((np.bincount(pairs[0].astype(np.int64)) == 1).sum())
    if not alone:
        return ()
    return (f"{alone} of {bench.periods.count} periods hold cases of one class only",)


def _loss_notes(loss: Loss) -> tuple[str, ...]:
    if loss.name in {"assignment", "objective"}:
        note = f"clustering has no errors: the drift of its {loss.name} is a proxy for them"
        return (note,)
    return ()
