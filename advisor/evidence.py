"""Which measured runs, back-tests and load tests belong to a study."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from advisor.errors import NoRunsError
from advisor.imports.history import RunHistory
from advisor.imports.stores import read_histories
from advisor.study.file import load_study
from advisor.study.learnt import LearntInput, is_current, path_of, read_learnt
from advisor.study.types import CandidateImport, Study
from benchmarks.families import require_family
from benchmarks.storage.records import (
    BacktestRun,
    BenchmarkRun,
    DatasetSpec,
    DataSettings,
    LoadTest,
)
from benchmarks.storage.store import RunStore

PRESET_ORDER = {"fast": 0, "standard": 1, "rigorous": 2}
"""A later preset measures more; its run is preferred."""


@dataclass(frozen=True)
class Evidence:
    """The runs and back-tests that belong to a study."""

    runs: tuple[BenchmarkRun, ...]
    backtests: tuple[BacktestRun, ...]
    warnings: tuple[str, ...] = ()
    """What is to be said of the runs as a whole."""
    elsewhere: tuple[BenchmarkRun, ...] = ()
    """The same candidates on the same rows, measured on other machines."""
    load_tests: tuple[LoadTest, ...] = ()
    """Candidates served for real, for requests of the study's size, the oldest first."""
    histories: tuple[RunHistory, ...] = ()
    """Training runs of the past, from the stores that the study names."""
    learnt: tuple[LearntInput, ...] = ()
    """Inputs that replace the study's own: see `learnt.yaml`."""


def store_path(study_path: Path) -> Path:
    """Return the default store of a study: `.advisor/` beside it."""
    return study_path.parent / ".advisor"


def load_evidence(study_path: Path | str, study: Study, *, store: Path | None = None) -> Evidence:
    """Return the runs and back-tests in the store that belong to the study.

    Raises:
        NoRunsError: there is none; the message says what to run.
    """
    study_path = Path(study_path)
    folder = store or store_path(study_path)
    kept = RunStore(folder) if folder.is_dir() else None
    asked = DataSettings.model_validate(study.data.model_dump())
    stored = kept.runs() if kept else ()
    runs = [r for r in stored if _answers(r.dataset, asked)]
    backtests = [b for b in kept.backtests() if _belongs(b, study, asked)] if kept else []
    selected = select_runs(study, runs)
    learnt, stale = _learnt(study_path)
    evidence = Evidence(
        runs=tuple(selected),
        elsewhere=tuple(runs_elsewhere(selected, runs)),
        backtests=tuple(backtests),
        warnings=(
            *_changed_file(study_path, study, runs),
            *_left_out(stored, runs, asked),
            *stale,
        ),
        learnt=learnt,
        load_tests=tuple(
            test for test in (kept.load_tests() if kept else ()) if _is_like(test, study, asked)
        ),
        histories=read_histories(study.history, folder=study_path.parent),
    )
    if not any(run.outcome == "ok" for run in evidence.runs):
        for entry in study.candidates:
            if isinstance(entry, str):
                require_family(entry)  # a name that is misspelt was never measured either
        if evidence.runs:
            failed = "; ".join(f"{run.candidate.name}: {run.reason}" for run in evidence.runs[:3])
            more = " ..." if len(evidence.runs) > 3 else ""
            raise NoRunsError(
                f"{study_path}: every candidate failed ({failed}{more}): mend them, then run "
                f"'advisor bench {study_path}' again"
            )
        other = " for these data settings" if len(stored) > len(runs) else ""
        raise NoRunsError(
            f"no finished run{other} of {study_path} in {folder}: "
            f"run 'advisor bench {study_path}' first"
        )
    return evidence


def _learnt(study_path: Path) -> tuple[tuple[LearntInput, ...], tuple[str, ...]]:
    """Return what was learnt and still applies, and a warning for what does not."""
    known = read_learnt(study_path)
    if known is None or not study_path.is_file():
        return (), ()
    own = load_study(study_path, with_learnt=False)
    stale = [item for item in known.inputs if not is_current(item, own)]
    warnings = [
        f"{path_of(study_path)}: {item.input} was learnt when {item.key} was {item.was:g}; the "
        f"study has changed it, so it is not used: run 'advisor reconcile {study_path} --learn' "
        "again"
        for item in stale
    ]
    return tuple(item for item in known.inputs if item not in stale), tuple(warnings)


def _left_out(
    stored: Sequence[BenchmarkRun], runs: Sequence[BenchmarkRun], asked: DataSettings
) -> tuple[str, ...]:
    """Tell runs on the same data that were measured with other settings of it."""
    source = asked.source or asked.path
    others = [r for r in stored if r.dataset.source == source and r not in runs]
    if not others or not runs:
        return ()
    names = sorted({run.candidate.name for run in others})
    shown = ", ".join(names[:3]) + (" ..." if len(names) > 3 else "")
    return (f"{len(others):,} runs with other settings of these data are left out ({shown})",)


def _is_like(test: LoadTest, study: Study, asked: DataSettings) -> bool:
    """Whether a load test served the study's data, in requests of its size, one call each."""
    return (
        _answers(test.dataset, asked)
        and test.rows_per_request == study.workload.rows_per_request
        and test.handling != "batch"
    )


def _answers(dataset: DatasetSpec, asked: DataSettings) -> bool:
    """Whether a data set was loaded by the same settings; older runs only tell their source."""
    if dataset.settings is None:
        return dataset.source == (asked.source or asked.path)
    return dataset.settings == asked


def _belongs(backtest: BacktestRun, study: Study, asked: DataSettings) -> bool:
    drifting = backtest.dataset.source == study.retraining.backtest_source
    return backtest.outcome == "ok" and (drifting or _answers(backtest.dataset, asked))


def _changed_file(study_path: Path, study: Study, runs: Sequence[BenchmarkRun]) -> tuple[str, ...]:
    """Say so when the data file is not the one that was measured."""
    sizes = {r.dataset.file_bytes for r in runs if r.dataset.file_bytes is not None}
    if study.data.path is None or not sizes:
        return ()
    path = study_path.parent / Path(study.data.path).expanduser()
    again = f"run 'advisor bench {study_path}' again"
    if not path.is_file():
        return (f"{path} is gone since it was measured: bring it back, or name another file",)
    if path.stat().st_size not in sizes:
        return (f"{path} has changed since it was measured: {again}",)
    return ()


def select_runs(study: Study, runs: Iterable[BenchmarkRun]) -> list[BenchmarkRun]:
    """Return, of each candidate and device, the finished run of the best preset, newest last."""
    target = study.data.target
    wanted = wanted_names(study)
    best: dict[tuple[str, str], BenchmarkRun] = {}
    for run in sorted(runs, key=_worth):
        if wanted is not None and run.candidate.name not in wanted:
            continue
        if target is not None and run.dataset.target != target:
            continue
        best[run.candidate.name, run.device] = run
    return sorted(best.values(), key=ladder_order)


def runs_elsewhere(
    selected: Iterable[BenchmarkRun], runs: Iterable[BenchmarkRun]
) -> list[BenchmarkRun]:
    """Return the best run of each selected CPU run's candidate on every other machine.

    Only runs on the same rows count: a model of other data has another size and another speed.
    """
    chosen = {r.candidate.name: r for r in selected if is_ok(r, "cpu")}
    best: dict[tuple[str, str], BenchmarkRun] = {}
    for run in sorted(runs, key=_worth):
        own = chosen.get(run.candidate.name)
        if own is None or not is_ok(run, "cpu") or not run.inference:
            continue
        same_rows = (run.dataset.sha256, run.dataset.used_row_count, run.candidate) == (
            own.dataset.sha256,
            own.dataset.used_row_count,
            own.candidate,
        )
        if same_rows and run.hardware.host_id != own.hardware.host_id:
            best[run.candidate.name, run.hardware.host_id] = run
    return [best[key] for key in sorted(best)]


def ladder_order(run: BenchmarkRun) -> tuple[int, str, str]:
    """Return the sorting key: the simplest family first."""
    return run.candidate.simplicity_rank, run.candidate.name, run.device


def _worth(run: BenchmarkRun) -> tuple[bool, int, str]:
    return run.outcome == "ok", PRESET_ORDER.get(run.preset, 0), run.id


def wanted_names(study: Study) -> set[str] | None:
    """Return the candidate names that a study asks for; null when it takes the whole ladder."""
    names: set[str] = set()
    for entry in study.candidates:
        if entry == "default":
            return None
        names.add(entry.name if isinstance(entry, CandidateImport) else entry)
    return names


def is_ok(run: BenchmarkRun, device: str) -> bool:
    """Return whether a run on a device was measured to its end."""
    return run.outcome == "ok" and run.device == device


def failed_runs(evidence: Evidence) -> Sequence[BenchmarkRun]:
    """Return the candidates that could not be measured."""
    measured = {r.candidate.name for r in evidence.runs if is_ok(r, "cpu")}
    runs = sorted(evidence.runs, key=ladder_order)
    return [r for r in runs if r.outcome != "ok" and r.candidate.name not in measured]
