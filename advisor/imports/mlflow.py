"""MLflow tracking stores: a SQLite file, an `mlruns` folder or a server. Read-only.

Runs that are parents of others only group them and are not counted, unless they were promoted; time
in which runs of one search overlap is paid once. A promoted run is one behind a registered model
version that was in production: where stages are used, a version in Production or Archived, or with
a production alias now; else those with such an alias; where neither is used, any version.
"""

import math
import sqlite3
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from advisor.errors import AdvisorError
from advisor.imports.addresses import without_password
from advisor.imports.history import Run, RunHistory, Status, build_history
from advisor.imports.mlflow_server import PAGE_RUNS, Fetch, over_http, pages
from advisor.imports.sqlite import reading

PARENT_TAG: Final = "mlflow.parentRunId"
MACHINE_TAG: Final = "instance_type"
"""Tag that names the machine type, unless another is given."""
PROMOTED_STAGES: Final = ("production", "archived")
PROMOTED_ALIASES: Final = ("champion", "production", "prod", "live")
INFINITE: Final = 1.79e308
"""MLflow's databases keep infinity as the largest float, 1.7976931348623157e308."""
SAME_SPAN: Final = 0.02
"""A child whose start and end are its parent's, within this share of its length, was written when
the search was over."""

STATUS: Final[Mapping[str, Status]] = {
    "FINISHED": "finished",
    "FAILED": "failed",
    "KILLED": "failed",
    "RUNNING": "running",
    "SCHEDULED": "running",
}
STATUS_NUMBER: Final = {
    "1": "RUNNING",
    "2": "SCHEDULED",
    "3": "FINISHED",
    "4": "FAILED",
    "5": "KILLED",
}
"""How the files of a folder write a status."""


@dataclass(frozen=True)
class _Raw:
    """A run as any of the three stores tells it."""

    run_id: str
    status: str
    start_ms: int
    end_ms: int | None
    parent: str | None
    machine: str | None
    metric: float | None = None


@dataclass(frozen=True)
class _Version:
    """A registered model version."""

    run_id: str
    stage: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Asked:
    """What is read of each run beside its times."""

    machine_tag: str
    metric: str | None
    metric_is_error: bool


def read_mlflow(
    uri: str,
    *,
    machine_tag: str = MACHINE_TAG,
    metric: str | None = None,
    metric_is_error: bool = False,
    fetch: Fetch | None = None,
) -> RunHistory:
    """Read all runs of a store.

    Args:
        uri: `sqlite:///mlflow.db`, a path to such a file, an `mlruns` folder, or `http(s)://...`.
        machine_tag: tag that names the machine type of a run.
        metric: metric that is the score of a run; none is read when None.
        metric_is_error: whether a smaller metric is better; its sign is then turned.
        fetch: asks a server; urllib when None.

    Raises:
        AdvisorError: the store is not there, is no MLflow store, or holds no run.
    """
    wanted = _Asked(machine_tag, metric, metric_is_error)
    shown = without_password(uri)
    if uri.startswith(("http://", "https://")):
        ask = fetch or over_http(uri)
        return _history(
            shown, lambda: _server_runs(ask, wanted), list(_server_versions(ask)), wanted
        )
    path = _local_path(uri)
    if path.is_dir():
        return _history(
            uri, lambda: _folder_runs(path, wanted), list(_folder_versions(path)), wanted
        )
    if not path.is_file():
        raise AdvisorError(
            f"{shown}: no such MLflow store: give sqlite:///FILE, an mlruns folder or an http URL"
        )
    try:
        with reading(path) as database:
            versions = list(_database_versions(database))
            return _history(uri, lambda: _database_runs(database, wanted), versions, wanted)
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise AdvisorError(
            f"{uri}: a run holds a value of another kind than MLflow writes ({error}): give a copy "
            "that MLflow itself can open"
        ) from None
    except sqlite3.DatabaseError as error:
        if "locked" in str(error):
            raise AdvisorError(
                f"{uri}: is locked by a program that writes to it: wait, or give a copy"
            ) from None
        raise AdvisorError(f"{uri}: not an MLflow database ({error}): check the path") from None


def _local_path(uri: str) -> Path:
    for prefix in ("sqlite:///", "file://", "file:"):
        if uri.startswith(prefix):
            return Path(urllib.parse.unquote(uri.removeprefix(prefix)))
    return Path(uri)


def _history(
    uri: str, runs: Callable[[], Iterator[_Raw]], versions: list[_Version], wanted: _Asked
) -> RunHistory:
    promoted, rule = _promoted(versions)
    parents = {run.parent for run in runs() if run.parent is not None}
    notes = [rule] if versions else ["no registered model version: nothing counts as promoted"]
    grouping = parents - promoted
    if grouping:
        notes.append(f"{len(grouping):,} parent runs only group others and are not counted")
    own_s, same_span = _own_times(runs, parents=parents, counted=promoted)
    if same_span:
        notes.append(
            f"{same_span:,} runs span their whole search: autologging keeps the best few settings "
            "only, so that there were more; the machine is paid once"
        )
    notes += _score_notes(runs, wanted)
    return build_history(
        (
            Run(
                start_s=run.start_ms / 1000,
                duration_s=None if run.end_ms is None else (run.end_ms - run.start_ms) / 1000,
                status=STATUS.get(run.status, "running"),
                machine=run.machine,
                promoted=run.run_id in promoted,
                score=_score(run, wanted),
                machine_s=own_s.get(run.run_id),
            )
            for run in runs()
            if run.run_id not in parents or run.run_id in promoted
        ),
        source=uri,
        notes=notes,
    )


def _score(run: _Raw, wanted: _Asked) -> float | None:
    """The metric of a finished run, larger is better."""
    if run.metric is None or run.status != "FINISHED" or not abs(run.metric) < INFINITE:
        return None
    return -run.metric if wanted.metric_is_error else run.metric


def _score_notes(runs: Callable[[], Iterator[_Raw]], wanted: _Asked) -> list[str]:
    """Say which runs have no score, and where none has the metric that was asked for."""
    if wanted.metric is None:
        return []
    values = [run.metric for run in runs() if run.status == "FINISHED"]
    known = [value for value in values if value is not None and not math.isnan(value)]
    if values and not known:
        return [f"no finished run has the metric {wanted.metric!r}: no scores and no curve"]
    infinite, without = sum(map(_is_infinite, known)), len(values) - len(known)
    notes = [(infinite, f"with an infinite {wanted.metric}"), (without, f"without {wanted.metric}")]
    have = [("s", "have") if n > 1 else ("", "has") for n, _ in notes]
    return [
        f"{n:,} run{s} {what} {has} no score"
        for (n, what), (s, has) in zip(notes, have, strict=True)
        if n
    ]


def _is_infinite(value: float | None) -> bool:
    return value is not None and abs(value) >= INFINITE


def _own_times(
    runs: Callable[[], Iterator[_Raw]], *, parents: set[str], counted: set[str]
) -> tuple[dict[str, float], int]:
    """Share out the time of each search among its runs, so that what overlaps counts once. [s]

    Runs on machines of different types are paid beside each other. Also returns how many runs span
    their whole search.
    """
    family: dict[tuple[str, str | None], list[_Raw]] = {}
    span: dict[str, tuple[int, int]] = {}
    for run in runs():
        if run.end_ms is not None and run.run_id in parents:
            span[run.run_id] = (run.start_ms, run.end_ms)
        if run.end_ms is None or not (run.parent or run.run_id in parents & counted):
            continue
        if run.run_id in parents and run.run_id not in counted:
            continue  # only groups others
        family.setdefault((run.parent or run.run_id, run.machine), []).append(run)
    own_s: dict[str, float] = {}
    same = 0
    for (parent, _), members in family.items():
        covered = -math.inf
        for run in sorted(
            members, key=lambda r: (r.start_ms, -(r.end_ms or 0), r.run_id != parent)
        ):
            end = run.end_ms or run.start_ms
            own_s[run.run_id] = max(0.0, end - max(covered, run.start_ms)) / 1000
            covered = max(covered, end)
            whole = span.get(parent) if run.run_id != parent else None
            if whole is not None:
                near = max(1000.0, SAME_SPAN * (whole[1] - whole[0]))
                same += abs(run.start_ms - whole[0]) <= near and abs(end - whole[1]) <= near
    return own_s, same


def _promoted(versions: list[_Version]) -> tuple[set[str], str]:
    staged = {v.run_id for v in versions if v.stage.lower() in PROMOTED_STAGES}
    live = {v.run_id for v in versions if {a.lower() for a in v.aliases} & set(PROMOTED_ALIASES)}
    if live and not staged:
        return live, (
            "promoted: versions with the alias champion, production, prod or live; earlier ones "
            "that had it are not known to the store"
        )
    if staged:
        return staged | live, "promoted: versions in Production or Archived, or with its alias"
    others = sorted({alias for v in versions for alias in v.aliases})
    why = f"or the alias champion, production, prod or live (found {', '.join(others)})"
    rule = "promoted: all registered versions, as none has a stage"
    return {v.run_id for v in versions}, f"{rule} {why}" if others else rule


# SQLite file --------------------------------------------------------------------------------------


def _database_runs(database: sqlite3.Connection, wanted: _Asked) -> Iterator[_Raw]:
    query = (
        "SELECT r.run_uuid, r.status, r.start_time, r.end_time, p.value, m.value, {metric}"
        " FROM runs r"
        " LEFT JOIN tags p ON p.run_uuid = r.run_uuid AND p.key = ?"
        " LEFT JOIN tags m ON m.run_uuid = r.run_uuid AND m.key = ?"
        " {join}"
        " WHERE r.lifecycle_stage = 'active' AND r.start_time IS NOT NULL"
    )
    if "experiments" in _tables(database):
        query += (
            " AND r.experiment_id NOT IN"
            " (SELECT experiment_id FROM experiments WHERE lifecycle_stage = 'deleted')"
        )
    if wanted.metric is None:
        rows = database.execute(
            query.format(metric="NULL", join=""), (PARENT_TAG, wanted.machine_tag)
        )
    else:
        join = "LEFT JOIN latest_metrics l ON l.run_uuid = r.run_uuid AND l.key = ?"
        rows = database.execute(
            query.format(metric="CASE WHEN l.is_nan THEN NULL ELSE l.value END", join=join),
            (PARENT_TAG, wanted.machine_tag, wanted.metric),
        )
    for row in rows:
        yield _Raw(*row)


def _tables(database: sqlite3.Connection) -> set[str]:
    return {name for (name,) in database.execute("SELECT name FROM sqlite_master")}


def _database_versions(database: sqlite3.Connection) -> Iterator[_Version]:
    known = _tables(database)
    if "model_versions" not in known:
        return
    aliases: dict[tuple[str, int], tuple[str, ...]] = {}
    if "registered_model_aliases" in known:
        rows = database.execute("SELECT name, version, alias FROM registered_model_aliases")
        for name, version, alias in rows:
            aliases[name, version] = (*aliases.get((name, version), ()), alias)
    logged: dict[str, str] = {}
    if "logged_models" in known:  # MLflow 3: a version may tell its model only
        logged = dict(database.execute("SELECT model_id, source_run_id FROM logged_models"))
    columns = {row[1] for row in database.execute("PRAGMA table_info(model_versions)")}
    source_column = "source" if "source" in columns else "NULL"
    rows = database.execute(
        f"SELECT name, version, run_id, current_stage, {source_column} FROM model_versions"  # noqa: S608
    )
    for name, version, told_run, stage, source in rows:
        run_id = told_run or logged.get((source or "").removeprefix("models:/"))
        if run_id and not (stage or "").startswith("Deleted"):
            yield _Version(run_id, stage or "", aliases.get((name, version), ()))


# mlruns folder ------------------------------------------------------------------------------------

MOST_META_BYTES: Final = 100_000
"""MLflow writes half a kilobyte. [B]"""

MOST_METRIC_BYTES: Final = 50_000_000
"""A metric of a million steps. [B]"""


def _fields(path: Path) -> dict[str, str]:
    """Top-level scalars of a meta.yaml; a real YAML parser takes a millisecond a file."""
    text = _small_text(path)
    pairs = (line.partition(":") for line in text.splitlines())
    fields = ((name, value.strip(" \t")) for name, colon, value in pairs if colon)
    return {
        name: value.removeprefix("'").removesuffix("'")
        for name, value in fields
        if name.isidentifier()
    }


def _small_text(path: Path, *, most: int = MOST_META_BYTES) -> str:
    """Return the text of a small regular file; empty for a pipe, a device or a link."""
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > most:
            return ""
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _folder_runs(root: Path, wanted: _Asked) -> Iterator[_Raw]:
    for meta in root.glob("*/*/meta.yaml"):
        if meta.parts[-3] in {"models", ".trash"}:
            continue
        found = _fields(meta)
        if found.get("lifecycle_stage") != "active" or not found.get("start_time", "").isdecimal():
            continue
        end = found.get("end_time", "")
        number = found.get("status", "")
        yield _Raw(
            run_id=found.get("run_id") or meta.parent.name,
            status=STATUS_NUMBER.get(number, number),
            start_ms=int(found["start_time"]),
            end_ms=int(end) if end.isdecimal() else None,
            parent=_tag(meta.parent, PARENT_TAG),
            machine=_tag(meta.parent, wanted.machine_tag),
            metric=_metric(meta.parent, wanted.metric),
        )


def _tag(run: Path, name: str) -> str | None:
    try:
        return _small_text(run / "tags" / name).strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def _metric(run: Path, name: str | None) -> float | None:
    """The last value of a metric; each line of its file is a time, a value and a step."""
    if name is None:
        return None
    try:
        last = _small_text(run / "metrics" / name, most=MOST_METRIC_BYTES).strip().splitlines()[-1]
        return float(last.split()[1])
    except (OSError, UnicodeDecodeError, IndexError, ValueError):
        return None


def _folder_versions(root: Path) -> Iterator[_Version]:
    for meta in root.glob("models/*/version-*/meta.yaml"):
        found = _fields(meta)
        if found.get("run_id"):
            number = meta.parent.name.removeprefix("version-")
            folder = meta.parent.parent / "aliases"
            named = sorted(folder.iterdir()) if folder.is_dir() else []
            aliases = tuple(alias.name for alias in named if _small_text(alias).strip() == number)
            yield _Version(found["run_id"], found.get("current_stage", ""), aliases)


# Server -------------------------------------------------------------------------------------------


def _server_runs(fetch: Fetch, wanted: _Asked) -> Iterator[_Raw]:
    experiments = pages(fetch, "experiments/search", {"max_results": PAGE_RUNS}, "experiments")
    for experiment in experiments:
        body = {"experiment_ids": [experiment["experiment_id"]], "max_results": PAGE_RUNS}
        for run in pages(fetch, "runs/search", body, "runs"):
            info = run["info"]
            data = run.get("data", {})
            tags = {tag["key"]: tag["value"] for tag in data.get("tags", ())}
            metrics = {each["key"]: each.get("value") for each in data.get("metrics", ())}
            if not info.get("start_time"):
                continue
            yield _Raw(
                run_id=info["run_id"],
                status=info.get("status", "RUNNING"),
                start_ms=int(info["start_time"]),
                end_ms=int(info["end_time"]) if info.get("end_time") else None,
                parent=tags.get(PARENT_TAG),
                machine=tags.get(wanted.machine_tag),
                metric=None if wanted.metric is None else _number(metrics.get(wanted.metric)),
            )


def _number(value: Any) -> float | None:
    """A metric as a server writes it: a number, or `NaN` and the like as text."""
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None


def _server_versions(fetch: Fetch) -> Iterator[_Version]:
    token = ""
    while True:
        query = urllib.parse.urlencode({"max_results": PAGE_RUNS, "page_token": token})
        answer = fetch(f"model-versions/search?{query}", None)
        for version in answer.get("model_versions", ()):
            if version.get("run_id"):
                aliases = tuple(version.get("aliases") or ())
                yield _Version(version["run_id"], version.get("current_stage") or "", aliases)
        token = answer.get("next_page_token") or ""
        if not token:
            return
