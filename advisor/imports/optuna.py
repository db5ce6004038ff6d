"""Optuna studies in a SQLite file. Read-only.

A pruned trial was stopped early: its share of a complete one's time is phi, and the share of
trials that were pruned says how often that pays.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from advisor.errors import AdvisorError
from advisor.imports.history import Run, RunHistory, Status, build_history

STATUS: Final[dict[str, Status]] = {
    "COMPLETE": "finished",
    "PRUNED": "pruned",
    "FAIL": "failed",
    "RUNNING": "running",
}


def read_optuna(storage: str) -> RunHistory:
    """Read all trials of all studies of a storage; the best of each study counts as promoted.

    Args:
        storage: `sqlite:///optuna.db`, or the path of such a file.

    Raises:
        AdvisorError: the storage is not there, is no Optuna database, or holds no trial.
    """
    path = Path(storage.removeprefix("sqlite:///"))
    if "://" in str(path) or not path.is_file():
        raise AdvisorError(f"{storage}: no such Optuna storage: give sqlite:///FILE or its path")
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            studies = database.execute("SELECT COUNT(*) FROM studies").fetchone()[0]
            return build_history(
                _trials(database, best=_best(database)),
                source=storage,
                notes=(f"{studies} studies; the best trial of each stands for a promoted run",),
            )
    except sqlite3.DatabaseError as error:
        raise AdvisorError(f"{storage}: not an Optuna database ({error})") from None


_TRIALS: Final = """
    SELECT t.trial_id, t.study_id, t.state, t.datetime_start, t.datetime_complete,
           CASE d.direction WHEN 'MINIMIZE' THEN -v.value ELSE v.value END
    FROM trials t
    LEFT JOIN trial_values v ON v.trial_id = t.trial_id AND v.objective = 0
    LEFT JOIN study_directions d ON d.study_id = t.study_id AND d.objective = 0
    WHERE t.state != 'WAITING' AND t.datetime_start IS NOT NULL
"""


def _best(database: sqlite3.Connection) -> set[int]:
    """The best complete trial of each study; the first of equals."""
    found: dict[int, tuple[float, int]] = {}
    for trial, study, state, *_, score in database.execute(_TRIALS):
        if state == "COMPLETE" and score is not None:
            found[study] = max(found.get(study, (float("-inf"), 0)), (score, -trial))
    return {-trial for _, trial in found.values()}


def _trials(database: sqlite3.Connection, *, best: set[int]) -> Iterator[Run]:
    for trial, _, state, start, end, score in database.execute(_TRIALS):
        began = _seconds(start)
        yield Run(
            start_s=began,
            duration_s=None if end is None else _seconds(end) - began,
            status=STATUS.get(state, "failed"),
            promoted=trial in best,
            score=score if state == "COMPLETE" else None,
        )


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
