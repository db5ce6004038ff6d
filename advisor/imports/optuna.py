"""Optuna studies in a SQLite file. Read-only.

A pruned trial was stopped early: its share of a complete one's time is phi, and the share of
trials that were pruned says how often that pays. Scores of different studies are of different
scales: they make a curve for one study only.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from advisor.errors import AdvisorError
from advisor.imports.addresses import without_password
from advisor.imports.history import Run, RunHistory, Status, build_history
from advisor.imports.sqlite import reading
from benchmarks.errors import did_you_mean

STATUS: Final[dict[str, Status]] = {
    "COMPLETE": "finished",
    "PRUNED": "pruned",
    "FAIL": "failed",
    "RUNNING": "running",
}

INFINITE: Final = 3.4028e38
"""Optuna before 3.0 kept infinity as the largest single-precision float, 3.4028234663852886e38."""

STUDY_MARK: Final = "#"
"""What stands between a storage and the study of it that is meant: `optuna.db#tune`."""


@dataclass(frozen=True)
class _Study:
    """A study of a storage."""

    number: int
    name: str
    directions: tuple[str, ...]
    """Of each objective."""


@dataclass(frozen=True)
class _Trial:
    """A trial of any study."""

    number: int
    study: int
    state: str
    start: str
    end: str | None
    score: float | None
    """First objective, larger is better; null where it is none or infinite."""
    is_infinite: bool
    is_feasible: bool
    """Whether it keeps its constraints."""


def read_optuna(storage: str) -> RunHistory:
    """Read the trials of a storage; the best of each study counts as promoted.

    Args:
        storage: `sqlite:///optuna.db`, or the path of such a file; `#NAME` behind it reads one
            study only.

    Raises:
        AdvisorError: the storage is not there, is no Optuna database, or holds no trial.
    """
    shown = without_password(storage)
    address, _, wanted = storage.partition(STUDY_MARK)
    path = Path(address.removeprefix("sqlite:///"))
    if "://" in str(path) or not path.is_file():
        raise AdvisorError(f"{shown}: no such Optuna storage: give sqlite:///FILE or its path")
    try:
        with reading(path) as database:
            studies = _studies(database)
            if wanted:
                studies = [study for study in studies if study.name == wanted] or _unknown(
                    shown, wanted, studies
                )
            trials = list(_trials(database, studies))
    except sqlite3.DatabaseError as error:
        if "locked" in str(error):
            raise AdvisorError(
                f"{shown}: is locked by a program that writes to it: wait, or give a copy"
            ) from None
        raise AdvisorError(f"{shown}: not an Optuna database ({error})") from None
    has_curve = len(studies) == 1 and len(studies[0].directions) <= 1
    best = _best(trials, studies)
    return build_history(
        (_run(trial, best=best, has_curve=has_curve) for trial in trials),
        source=shown,
        notes=_notes(trials, studies, has_curve=has_curve),
    )


def _unknown(shown: str, wanted: str, studies: Sequence[_Study]) -> list[_Study]:
    names = [study.name for study in studies]
    raise AdvisorError(f"{shown}: no study {wanted!r} in it: {did_you_mean(wanted, names)}")


def _studies(database: sqlite3.Connection) -> list[_Study]:
    directions: dict[int, list[tuple[int, str]]] = {}
    for study, objective, direction in database.execute(
        "SELECT study_id, objective, direction FROM study_directions"
    ):
        directions.setdefault(study, []).append((objective, direction))
    return [
        _Study(number, name, tuple(d for _, d in sorted(directions.get(number, []))))
        for number, name in database.execute("SELECT study_id, study_name FROM studies")
    ]


_TRIALS: Final = """
    SELECT t.trial_id, t.study_id, t.state, t.datetime_start, t.datetime_complete,
           v.value, {kind}
    FROM trials t
    LEFT JOIN trial_values v ON v.trial_id = t.trial_id AND v.objective = 0
    WHERE t.state != 'WAITING' AND t.datetime_start IS NOT NULL
"""


def _trials(database: sqlite3.Connection, studies: Sequence[_Study]) -> Iterator[_Trial]:
    signs = {s.number: -1.0 if s.directions[:1] == ("MINIMIZE",) else 1.0 for s in studies}
    columns = {row[1] for row in database.execute("PRAGMA table_info(trial_values)")}
    kind = "v.value_type" if "value_type" in columns else "NULL"
    broken = _broken_constraints(database)
    for trial, study, state, start, end, value, value_type in database.execute(
        _TRIALS.format(kind=kind)
    ):
        if study not in signs:
            continue
        is_infinite = str(value_type).startswith("INF") or (
            value is not None and abs(value) >= INFINITE
        )
        score = None if value is None or is_infinite else signs[study] * value
        yield _Trial(trial, study, state, start, end, score, is_infinite, trial not in broken)


def _broken_constraints(database: sqlite3.Connection) -> set[int]:
    """Trials of which a constraint is above 0, which Optuna itself allows to be no best one."""
    tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
    if "trial_system_attributes" not in tables:
        return set()
    found = set()
    for trial, text in database.execute(
        "SELECT trial_id, value_json FROM trial_system_attributes WHERE key = 'constraints'"
    ):
        try:
            if any(value > 0 for value in json.loads(text) or ()):
                found.add(trial)
        except (ValueError, TypeError):
            continue
    return found


def _best(trials: Sequence[_Trial], studies: Sequence[_Study]) -> set[int]:
    """The best complete trial of each study of one objective; the first of equals."""
    single = {study.number for study in studies if len(study.directions) <= 1}
    found: dict[int, tuple[float, int]] = {}
    for trial in trials:
        if trial.state == "COMPLETE" and trial.score is not None and trial.is_feasible:
            if trial.study not in single:
                continue
            found[trial.study] = max(
                found.get(trial.study, (float("-inf"), 0)), (trial.score, -trial.number)
            )
    return {-number for _, number in found.values()}


def _run(trial: _Trial, *, best: set[int], has_curve: bool) -> Run:
    began = _seconds(trial.start)
    counts = has_curve and trial.state == "COMPLETE" and trial.is_feasible
    return Run(
        start_s=began,
        duration_s=None if trial.end is None else _seconds(trial.end) - began,
        status=STATUS.get(trial.state, "failed"),
        promoted=trial.number in best,
        score=trial.score if counts else None,
    )


def _notes(
    trials: Sequence[_Trial], studies: Sequence[_Study], *, has_curve: bool
) -> tuple[str, ...]:
    notes = [f"{len(studies)} studies; the best trial of each stands for a promoted run"]
    if len(studies) > 1:
        names = ", ".join(study.name for study in studies[:5])
        notes.append(
            f"scores of several studies ({names}) make no one curve: name one behind the storage, "
            f"FILE{STUDY_MARK}{studies[0].name}"
        )
    several = [study for study in studies if len(study.directions) > 1]
    if several:
        notes.append(
            f"study {several[0].name} has {len(several[0].directions)} objectives: it has no best "
            "trial and no curve"
        )
    broken = sum(not t.is_feasible and t.state == "COMPLETE" for t in trials)
    if broken:
        notes.append(f"{broken:,} trials break their constraints and are neither best nor scored")
    infinite = sum(t.is_infinite for t in trials)
    if infinite and has_curve:
        notes.append(f"{infinite:,} trials with an infinite value have no score")
    return tuple(notes)


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
