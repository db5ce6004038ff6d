"""Stores of other machines put into one: each run is checked, none is edited, none is lost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from benchmarks.errors import StoreError
from benchmarks.storage.records import BacktestRun, BenchmarkRun, LoadTest
from benchmarks.storage.store import BACKTESTS, DEFAULT_FOLDER, LOADTESTS, RUNS, RunStore

KINDS: dict[str, type[BenchmarkRun] | type[BacktestRun] | type[LoadTest]] = {
    RUNS: BenchmarkRun,
    BACKTESTS: BacktestRun,
    LOADTESTS: LoadTest,
}
"""Folder of a store -> what it holds."""

Kept = BenchmarkRun | BacktestRun | LoadTest


@dataclass(frozen=True)
class Merged:
    """What a merge did."""

    added: tuple[Kept, ...]
    """Records that were written."""
    present: tuple[Kept, ...]
    """Records that were there already, the same."""


def merge_stores(sources: Sequence[Path], *, into: Path) -> Merged:
    """Put every run, back-test and load test of some stores into one.

    All is read and checked before anything is written, so that a refusal leaves the target as it
    was. Doing it twice changes nothing.

    Args:
        sources: stores, or folders of studies that keep their store beside them.
        into: the store to add to; it is made where there is none.

    Raises:
        StoreError: a source is no store, a file cannot be read, or two files have the same id and
            other content.
    """
    seen = {record.id: (path, record) for path, record in _records(into)} if into.is_dir() else {}
    added: list[Kept] = []
    present: list[Kept] = []
    for source in sources:
        for path, record in _records(_store_of(source)):
            known = seen.get(record.id)
            if known is None:
                seen[record.id] = path, record
                added.append(record)
            elif known[1] == record:
                present.append(record)
            else:
                raise StoreError(
                    f"{path} and {known[0]} have the same id and other content: nothing was "
                    "merged; find out which of them was edited and take it out of its store"
                )
    store = RunStore(into)
    for record in added:
        store.append(record)
    return Merged(added=tuple(added), present=tuple(present))


def _store_of(folder: Path) -> Path:
    """Return the store that a folder is, or that it keeps beside its study."""
    for found in (folder, folder / DEFAULT_FOLDER):
        if any((found / kind).is_dir() for kind in KINDS):
            return found
    raise StoreError(
        f"{folder} is no store: it has no folder '{RUNS}', '{BACKTESTS}' or '{LOADTESTS}'; give "
        f"the folder that 'advisor bench' wrote, '{DEFAULT_FOLDER}' beside the study"
    )


def _records(store: Path) -> Iterator[tuple[Path, Kept]]:
    for kind, record in KINDS.items():
        for path in sorted((store / kind).glob("*.json")):
            try:
                found = record.model_validate_json(path.read_bytes())
            except (OSError, ValidationError) as error:
                problem = str(error).partition("\n")[0]
                raise StoreError(
                    f"{path} cannot be read ({problem}): nothing was merged; copy it again from "
                    "the machine that wrote it, or take it out"
                ) from None
            if found.id != path.stem:
                raise StoreError(
                    f"{path} holds the run '{found.id}': nothing was merged; give the file its "
                    f"name back, {found.id}.json"
                )
            yield path, found
