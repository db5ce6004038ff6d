"""The run store: a folder with one JSON file per run, appended to and never edited.

A file is there as a whole or not at all, so that a killed harness, a full disk or a second harness
on the same store cannot damage what is there. A file that cannot be read is named and left alone.
"""

import errno
import json
import logging
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from benchmarks.errors import StoreError
from benchmarks.storage.records import BacktestRun, BenchmarkRun, LoadTest, Record
from benchmarks.storage.scratch import half_prefix, sweep_halves
from benchmarks.storage.specs import FORMAT

AHEAD = timedelta(days=1)
"""A run that is further in the future than this was dated by a wrong clock."""

log = logging.getLogger(__name__)

DEFAULT_FOLDER = ".advisor"
"""Beside the study."""

RUNS, BACKTESTS, LOADTESTS, UNFINISHED = "runs", "backtests", "loadtests", "unfinished"
"""Folders in the store: finished runs, back-tests and load tests, and trials of unfinished runs."""

Kept = TypeVar("Kept", bound=Record)

REMEDIES = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some of your quota",
    errno.EFBIG: "raise the file-size limit (ulimit -f)",
    errno.EROFS: "choose a store on a file system that can be written",
    errno.EACCES: "change its permissions, or choose another store",
    errno.EPERM: "change its permissions, or choose another store",
    errno.ENOENT: "choose a store on a file system where folders can be made",
    errno.ENOTDIR: "choose a path whose parents are folders",
    errno.EEXIST: "choose a path that is a folder",
}


class RunStore:
    """Finished runs of one study."""

    def __init__(self, path: Path) -> None:
        """Name the store's folder; it is made with the first run."""
        self.path = Path(path)

    def runs(self) -> tuple[BenchmarkRun, ...]:
        """Return every run that can be read, the oldest first; warn of files that cannot."""
        return tuple(self._read(RUNS, BenchmarkRun))

    def backtests(self) -> tuple[BacktestRun, ...]:
        """Return every back-test that can be read, the oldest first; warn of files that cannot."""
        return tuple(self._read(BACKTESTS, BacktestRun))

    def load_tests(self) -> tuple[LoadTest, ...]:
        """Return every load test that can be read, the oldest first; warn of files that cannot."""
        return tuple(self._read(LOADTESTS, LoadTest))

    def append(self, record: BenchmarkRun | BacktestRun | LoadTest) -> Path:
        """Add a finished run, back-test or load test; return its file.

        Raises:
            StoreError: it could not be written, or there is one of that id; the store is as before.
        """
        kinds = {BenchmarkRun: RUNS, BacktestRun: BACKTESTS, LoadTest: LOADTESTS}
        kind = kinds[type(record)]
        return self._write(self.path / kind / f"{record.id}.json", record.model_dump_json())

    def check_writable(self) -> None:
        """Find out whether runs can be stored, before anything is measured.

        Raises:
            StoreError: nothing can be written there.
        """
        probe = self.path / UNFINISHED / f".try-{os.getpid()}-{secrets.token_hex(4)}.json"
        self._write(probe, "{}")
        probe.unlink(missing_ok=True)

    # Trials of unfinished runs --------------------------------------------------------------------

    def unfinished(self, key: str) -> dict[str, Any]:
        """Return the finished trials of an unfinished run, by trial id."""
        found = {}
        for path in sorted((self.path / UNFINISHED / key).glob("*.json")):
            try:
                found[path.stem] = json.loads(path.read_text())
            except (OSError, ValueError) as error:
                log.warning("%s cannot be read (%s): the trial is done again", path, error)
        return found

    def keep_trial(self, key: str, trial_id: str, value: dict[str, Any]) -> None:
        """Keep a finished trial, so that a run that is stopped can go on from there.

        Raises:
            StoreError: it could not be written.
        """
        path = self.path / UNFINISHED / key / f"{trial_id}.json"
        self._write(path, json.dumps(value, allow_nan=False), replace=True)

    def drop_unfinished(self, key: str) -> None:
        """Forget the trials of a run that is finished."""
        shutil.rmtree(self.path / UNFINISHED / key, ignore_errors=True)

    # How it is done -------------------------------------------------------------------------------

    def _read(self, kind: str, record: type[Kept]) -> Iterator[Kept]:
        for path in sorted((self.path / kind).glob("*.json")):
            if not path.is_file():
                log.warning("%s is no regular file and is left out", path)
                continue
            try:
                text = path.read_bytes()
                found = record.model_validate_json(text)
            except (OSError, ValidationError) as error:
                problem = _newer(text) if isinstance(error, ValidationError) else None
                problem = problem or str(error).partition("\n")[0]
                log.warning("%s cannot be read and is left out (%s)", path, problem)
                continue
            _warn_of_the_future(path, found)
            yield found

    def _write(self, path: Path, text: str, *, replace: bool = False) -> Path:
        try:
            return self._write_once(path, text, replace=replace)
        except StoreError as error:
            # Another harness on this store finished the same run and dropped the folder meanwhile.
            if not isinstance(error.__cause__, FileNotFoundError):
                raise
            return self._write_once(path, text, replace=replace)

    def _write_once(self, path: Path, text: str, *, replace: bool) -> Path:
        half: str | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            sweep_halves(path.parent)
            handle, half = tempfile.mkstemp(dir=path.parent, prefix=half_prefix(), suffix=".tmp")
            with os.fdopen(handle, "w") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(half).chmod(0o666 & ~_umask())  # colleagues read what the user lets them
            if replace:
                Path(half).replace(path)
                half = None
            else:
                _publish(Path(half), path)
            _sync_folder(path.parent)
        except FileExistsError as error:
            if path.is_file():
                raise StoreError(
                    f"{path}: a run of that id is there already: nothing was written"
                ) from None
            raise _store_error(path, error) from None
        except OSError as error:
            raise _store_error(path, error) from error
        finally:
            if half is not None:
                Path(half).unlink(missing_ok=True)
        return path


def _newer(text: bytes) -> str | None:
    """Say that a newer version wrote a record; None where none did."""
    try:
        told = json.loads(text).get("format")
    except (ValueError, AttributeError, RecursionError):
        return None
    if not isinstance(told, int) or told <= FORMAT:
        return None
    return f"written by a newer version, in format {told}; this one knows {FORMAT}: update"


def _warn_of_the_future(path: Path, record: Record) -> None:
    started_at = getattr(record, "started_at", None)
    if started_at is None or started_at - datetime.now(UTC) < AHEAD:
        return
    log.warning(
        "%s was measured on %s, in the future: the clock was wrong, and it counts as the newest "
        "for ever: delete the file, or measure again when the clock is right",
        path,
        started_at.date(),
    )


def _umask() -> int:
    """Read the process's file mask, which can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _publish(half: Path, path: Path) -> None:
    """Give a finished file its name; unlike a rename, refuse to overwrite."""
    try:
        os.link(half, path)
    except OSError as error:
        if error.errno not in {errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS}:
            raise
        if path.exists():  # a file system without links: ids are random enough
            raise FileExistsError(errno.EEXIST, "File exists", str(path)) from None
        half.replace(path)


def _store_error(path: Path, error: OSError) -> StoreError:
    remedy = REMEDIES.get(error.errno or 0, "check the disk and the folder's permissions")
    return StoreError(f"{path}: cannot be written ({error.strerror}): {remedy}")


def _sync_folder(folder: Path) -> None:
    """Make a new name in a folder survive a power cut, where the system can."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        log.debug("%s: the folder cannot be synchronised", folder)
    finally:
        os.close(handle)
