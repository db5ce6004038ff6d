"""A folder or a table of studies: each answered by itself, a few figures kept of each."""

import csv
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from advisor.errors import AdvisorError
from advisor.files import write_whole
from advisor.fleet.engines import Engine
from advisor.fleet.model import FleetModel
from advisor.fleet.setup import FILE, FleetSetup, load_setup
from advisor.fleet.summary import load_and_summarise

KEPT = ".advisor-fleet"
"""Folder of the kept summaries, beside the studies."""
TABLES = frozenset({".csv", ".parquet"})
"""Endings of a table of models."""
STUDY_COLUMN, NAME_COLUMN = "study", "name"
"""Columns of a table that are no keys of a study."""


@dataclass(frozen=True)
class Entry:
    """One model to answer."""

    name: str
    """What the fleet calls it."""
    path: Path
    """Its study file."""
    overrides: tuple[str, ...] = ()
    """Keys that its row of the table changes."""


def fleet_folder(place: Path) -> Path:
    """Return the folder that `fleet.yaml` stands in: the place, or that of the table."""
    return place if place.is_dir() else place.parent


def entries_of(place: Path) -> list[Entry]:
    """Return the models of a folder (every study in it) or of a table (a row each), by name.

    Raises:
        AdvisorError: there is none, or a row cannot be used.
    """
    if place.is_dir():
        found = [
            Entry(name=_name(path, place), path=path)
            for path in sorted(place.rglob("*.y*ml"))
            if path.name not in {FILE, "learnt.yaml"}
            and not any(part.startswith(".") for part in path.relative_to(place).parts)
            and _is_study(path)
        ]
        if not found:
            raise AdvisorError(f"{place}: holds no study: write one with 'advisor init'")
        return found
    if place.suffix.lower() in TABLES and place.is_file():
        return _table(place)
    raise AdvisorError(f"{place}: is neither a folder of studies nor a table (.csv, .parquet)")


def _name(path: Path, folder: Path) -> str:
    within = path.relative_to(folder)
    return str(within.parent) if within.stem == "advisor" and within.parent.name else str(within)


def _is_study(path: Path) -> bool:
    """Return whether a file reads as one: `data:` at the start of a line."""
    with path.open("rb") as file:
        return any(line.startswith(b"data:") for line in file)


def _table(path: Path) -> list[Entry]:
    entries, seen = [], set()
    for number, row in enumerate(_rows(path), start=2):
        where = row.get(STUDY_COLUMN)
        if not where:
            raise AdvisorError(f"{path}, row {number}: names no study: fill the column 'study'")
        study = path.parent / str(where)
        if not study.is_file():
            raise AdvisorError(f"{path}, row {number}: {study}: no such file")
        name = str(row.get(NAME_COLUMN) or f"row {number}")
        if name in seen:
            raise AdvisorError(f"{path}, row {number}: the name {name!r} is taken")
        seen.add(name)
        changed = tuple(
            f"{key}={value}"
            for key, value in row.items()
            if key not in {STUDY_COLUMN, NAME_COLUMN} and value not in {None, ""}
        )
        entries.append(Entry(name=name, path=study, overrides=changed))
    if not entries:
        raise AdvisorError(f"{path}: holds no row")
    return entries


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    if path.suffix.lower() == ".csv":
        with path.open(newline="", encoding="utf-8-sig") as file:
            yield from csv.DictReader(file)
        return
    import pyarrow.parquet as pq

    for batch in pq.ParquetFile(path).iter_batches(batch_size=1024):
        yield from batch.to_pylist()


@dataclass(frozen=True)
class LoadedFleet:
    """The models and what holds for all of them."""

    models: list[FleetModel]
    setup: FleetSetup
    kept: int
    """Summaries that were there from an earlier time."""


def load_fleet(
    place: Path,
    *,
    on: str,
    engine: Engine,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> LoadedFleet:
    """Answer every study by itself and keep what the fleet needs; what is kept is not done again.

    A process holds one study at a time and hands back a few kB, so that memory is bounded whatever
    the number of studies.

    Args:
        place: a folder of studies, or a table.
        on: the day whose prices apply, YYYY-MM-DD.
        engine: where the answers are worked out.
        progress: told how many are through, and of how many.

    Raises:
        AdvisorError: there is no study, or `fleet.yaml` cannot be used.
    """
    folder = fleet_folder(place)
    setup, entries = load_setup(folder), entries_of(place)
    kept = folder / KEPT
    keys = [_key(entry, on, setup) for entry in entries]
    found: dict[int, FleetModel] = {}
    for index, key in enumerate(keys):
        path = kept / key[:2] / f"{key}.json"
        if path.is_file():
            found[index] = FleetModel.model_validate_json(path.read_text(encoding="utf-8"))
    was_kept = len(found)
    open_items = [index for index in range(len(entries)) if index not in found]
    items = [
        (str(e.path), e.name, e.overrides, on, setup.shared_machines)
        for e in (entries[index] for index in open_items)
    ]
    progress(len(found), len(entries))
    for outcome in engine.map(load_and_summarise, items, exclusive=False):
        index = open_items[outcome.index]
        if outcome.error is not None:
            found[index] = FleetModel(
                study=entries[index].name,
                platform=None,
                usd_per_month=0.0,
                hour_usd=0.0,
                reasons=(outcome.error,),
            )
        else:
            found[index] = FleetModel.model_validate_json(outcome.value)
            _keep(kept / keys[index][:2] / f"{keys[index]}.json", outcome.value)
        progress(len(found), len(entries))
    return LoadedFleet([found[index] for index in range(len(entries))], setup, was_kept)


def _keep(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text)


def _key(entry: Entry, on: str, setup: FleetSetup) -> str:
    """Return what a summary depends on: the study, its runs, prices, program and shared types."""
    parts: list[Any] = [entry.name, entry.overrides, on, setup.shared_machines, _program()]
    parts += [
        hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
        for path in (entry.path, entry.path.parent / "learnt.yaml")
    ]
    store = entry.path.parent / ".advisor"
    parts.append(_listing(store))
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()[:32]


def _listing(folder: Path) -> Sequence[tuple[str, int, int]]:
    if not folder.is_dir():
        return ()
    return sorted(
        (str(path.relative_to(folder)), stat.st_size, stat.st_mtime_ns)
        for path in folder.rglob("*.json")
        if (stat := path.stat())
    )


@lru_cache(maxsize=1)
def _program() -> int:
    """Return what tells one state of program and prices from another: its newest file."""
    import pricing

    return max(
        path.stat().st_mtime_ns
        for root in (Path(__file__).parents[1], Path(str(pricing.__file__)).parent)
        for ending in ("*.py", "*.csv")
        for path in root.rglob(ending)
    )
