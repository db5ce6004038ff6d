"""What was started and what it may come to, on disk before the first call; and the cap on it.

A line a fact, written and synchronised before anything is done about it, never edited: a process
that is killed leaves the line that the next start sweeps by. Billing data lag by hours, so that a
cap can only be kept by what is admitted.
"""

import contextlib
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import psutil
from pydantic import ValidationError

from benchmarks.errors import StoreError
from benchmarks.remote.errors import RemoteError
from benchmarks.remote.job import Job

State = Literal["open", "left", "closed"]
"""`left`: its process went on purpose, the job runs on until it ends or is resumed."""

SLACK_USD = 1e-9
"""Rounding of sums; not money."""


@dataclass(frozen=True)
class Entry:
    """What the ledger says of one job."""

    job: Job
    state: State
    pid: int
    """Process that started it."""
    born: float
    """Start of that process: another one may have its number later. [s since 1970]"""
    host: str
    """Machine of that process."""
    usd: float = 0.0
    """What it came to, once it is closed. [USD]"""

    @property
    def is_orphan(self) -> bool:
        """Whether it is open and the process that should close it is dead, on this machine."""
        return self.state == "open" and self.host == this_host() and not _lives(self)


def default_path() -> Path:
    """Return the ledger of this user on this machine: one for all studies."""
    own = os.environ.get("ADVISOR_STATE")
    home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state")
    return (Path(own) if own else home / "advisor") / "remote.jsonl"


def this_host() -> str:
    """Return what tells this machine from others that share the file."""
    return socket.gethostname()


def _lives(entry: Entry) -> bool:
    try:
        return abs(psutil.Process(entry.pid).create_time() - entry.born) < 1.0
    except psutil.Error:
        return False


class Ledger:
    """One file of lines; any number of processes may add to it."""

    def __init__(self, path: Path | None = None) -> None:
        """Name the file; it is made with the first line."""
        self.path = path or default_path()

    def entries(self) -> dict[str, Entry]:
        """Return what is known of each job, by run id, the oldest first.

        Raises:
            StoreError: a line that is not the last cannot be read.
        """
        try:
            lines = self.path.read_text().splitlines()
        except FileNotFoundError:
            return {}
        found: dict[str, Entry] = {}
        for number, line in enumerate(lines, start=1):
            try:
                self._take(found, json.loads(line))
            except (ValueError, KeyError, ValidationError):
                if number == len(lines):
                    break  # killed in the middle of it: nothing was done about it
                raise StoreError(
                    f"{self.path}: line {number} cannot be read: look at it, and take it out once "
                    "'advisor remote sweep' finds nothing left"
                ) from None
        return found

    @staticmethod
    def _take(found: dict[str, Entry], line: dict[str, Any]) -> None:
        if line["is"] == "open":
            job = Job.model_validate(line["job"])
            found[job.run_id] = Entry(
                job=job, state="open", pid=line["pid"], born=line["born"], host=line["host"]
            )
            return
        entry = found[line["run_id"]]
        state: State = "closed" if line["is"] == "closed" else "left"
        found[line["run_id"]] = replace(entry, state=state, usd=line.get("usd", entry.usd))

    def admit(self, job: Job, *, cap_usd: float) -> bool:
        """Write a job down if its worst still fits below the cap of its campaign; else do nothing.

            sum(spent of finished) + sum(worst of open) + worst <= cap

        Args:
            job: what is to be started.
            cap_usd: of all jobs of its campaign together. [USD]
        """
        with self._locked():
            taken = committed_usd(self.entries(), job.campaign)
            if taken + job.worst_usd > cap_usd + SLACK_USD:
                return False
            self._write(self._opening(job))
            return True

    def adopt(self, job: Job) -> None:
        """Write down a job that another process, or another machine, started."""
        with self._locked():
            self._write(self._opening(job))

    def leave(self, run_id: str) -> None:
        """Write down that a job runs on without its process, on purpose."""
        with self._locked():
            self._write({"is": "left", "run_id": run_id})

    def close(self, run_id: str, *, usd: float) -> None:
        """Write down that nothing of a job is left, and what it came to. [USD]"""
        with self._locked():
            self._write({"is": "closed", "run_id": run_id, "usd": usd})

    def _opening(self, job: Job) -> dict[str, Any]:
        return {
            "is": "open",
            "job": job.model_dump(mode="json"),
            "pid": os.getpid(),
            "born": psutil.Process().create_time(),
            "host": this_host(),
        }

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.with_suffix(".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise RemoteError(
                f"{self.path}: cannot be written ({error.strerror}): nothing is started without "
                "it; name another folder in ADVISOR_STATE"
            ) from error

    def _write(self, line: dict[str, Any]) -> None:
        text = json.dumps(line | {"at": datetime.now(UTC).isoformat()}, allow_nan=False)
        with self.path.open("a+b") as file:
            file.seek(0, os.SEEK_END)
            end = file.tell()
            if end:
                file.seek(end - 1)
                if file.read(1) != b"\n":  # a line that was killed half-way: cut it off
                    file.seek(0)
                    file.truncate(file.read().rfind(b"\n") + 1)
            file.write(text.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


def committed_usd(entries: dict[str, Entry], campaign: str) -> float:
    """Return what a campaign has spent and may still spend. [USD]"""
    own = [e for e in entries.values() if e.job.campaign == campaign]
    return sum(e.usd if e.state == "closed" else e.job.worst_usd for e in own)
