"""Measuring many studies: one at a time on a machine, as many machines as the engine has."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from advisor.errors import AdvisorError
from advisor.fleet.engines import Engine
from advisor.fleet.loading import entries_of


@dataclass(frozen=True)
class Measured:
    """What became of one study."""

    study: str
    """Its path, as the fleet found it."""
    ok: int = 0
    """Runs that can be used. [runs]"""
    failed: int = 0
    """Runs that failed, each with a reason in its store. [runs]"""
    error: str | None = None
    """Why the study was not measured; null where it was."""


def studies_of(place: Path) -> list[Path]:
    """Return the study files of a fleet, each once: rows of a table share theirs.

    Raises:
        AdvisorError: there is none.
    """
    return sorted({entry.path.resolve() for entry in entries_of(place)})


def bench_fleet(
    place: Path,
    *,
    engine: Engine,
    preset: str = "fast",
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Iterator[Measured]:
    """Measure every study of a fleet; yield what became of each, as they come.

    Results go into each study's own store, so that what is finished is kept whatever is killed,
    and nothing is measured twice.

    Args:
        place: a folder of studies, or a table.
        engine: where; a study has its machine's cores to itself.
        preset: how much to measure.
        progress: told how many are through, and of how many.

    Raises:
        AdvisorError: there is no study.
    """
    paths = studies_of(place)
    progress(0, len(paths))
    items = [(str(path), preset) for path in paths]
    for done, outcome in enumerate(engine.map(measure_study, items, exclusive=True), start=1):
        progress(done, len(paths))
        name = str(paths[outcome.index])
        if outcome.error is not None:
            yield Measured(name, error=outcome.error)
        else:
            ok, failed = outcome.value
            yield Measured(name, ok=ok, failed=failed)


def measure_study(path: str, preset: str) -> tuple[int, int]:
    """Measure one study into its store; return how many runs can be used, and how many failed.

    Raises:
        AdvisorError: this process is niced: its times would be those of what else runs.
        StudyError, BenchmarkError: the study cannot be measured.
    """
    refuse_a_niced_process()
    from advisor.study.file import load_study
    from benchmarks.session.runner import run_study_benchmarks
    from benchmarks.storage.records import DataSettings
    from benchmarks.storage.store import DEFAULT_FOLDER, RunStore

    study, folder = load_study(path), Path(path).parent
    drifting = study.retraining.backtest_source
    result = run_study_benchmarks(
        data_settings=DataSettings(**study.data.model_dump()),
        candidates=[
            item if isinstance(item, str) else (item.name, item.import_path)
            for item in study.candidates
        ],
        store=RunStore(folder / DEFAULT_FOLDER),
        folder=folder,
        preset=preset,
        rows_per_request=study.workload.rows_per_request,
        backtest_settings=None if drifting is None else DataSettings(source=drifting),
    )
    ok = sum(run.outcome == "ok" for run in result.runs)
    return ok, len(result.runs) - ok


def refuse_a_niced_process(niceness: int | None = None) -> None:
    """Refuse to take times where anything else on the machine goes first.

    Args:
        niceness: of this process; read from the system by default.

    Raises:
        AdvisorError: it is above 0.
    """
    found = os.getpriority(os.PRIO_PROCESS, 0) if niceness is None else niceness
    if found > 0:
        raise AdvisorError(
            f"this process runs at a niceness of {found}: its times would be those of what else "
            "runs; start the workers at 0 (Ray: RAY_worker_niceness=0 before 'ray start')"
        )
