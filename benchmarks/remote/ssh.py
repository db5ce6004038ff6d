"""A machine of one's own over SSH: `ssh` and `rsync`, no library; `timeout` ends it.

The run goes on when the connection is cut: it has its own session there, and its results are
fetched whenever the machine answers again.
"""

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from benchmarks.remote.cloud import Cloud
from benchmarks.remote.errors import RemoteError
from benchmarks.remote.job import Job, Status
from benchmarks.remote.target import Target, environment, inside_command

ANSWER_S = 30
"""Longest wait for the machine to connect. [s]"""

LOST = 255
"""Exit code of `ssh` itself: the machine was not reached, or the connection was cut."""

SHELL = "ADVISOR_SSH"
"""Variable with another command in place of `ssh`, e.g. `ssh -p 2222`."""


class Ssh(Target):
    """One's own machine: it costs nothing here, and ends after its time all the same."""

    name: ClassVar[str] = "ssh"
    title: ClassVar[str] = "machine over SSH"
    service: ClassVar[str | None] = None
    end_s: ClassVar[float] = 0.0

    def check(self, job: Job) -> None:
        """Refuse a host that would be taken for an option of `ssh`."""
        if not job.sku or job.sku.startswith("-"):
            raise RemoteError(f"{job.sku!r} is no host: write --on ssh:user@host")

    def start(self, cloud: Cloud, job: Job) -> None:
        """Send the study, and start the harness in a session of its own; twice is as once."""
        del cloud
        there = folder_of(job.run_id, job.settings)
        run_on(job.sku, f"mkdir -p {there}/study {there}/store")
        carry(f"{job.folder}/study/", f"{job.sku}:{there}/study/")
        python, *words = inside_command(job, source="study", store="store")
        words = [job.settings.get("python", python), *words]
        variables = " ".join(
            f"{name}={shlex.quote(value)}" for name, value in environment(job).items()
        )
        whole = (
            f"env {variables} timeout -k 10 {job.ttl_s} {shlex.join(words)} > log 2>&1; "
            "echo $? > code.part && mv code.part code"
        )
        run_on(
            job.sku,
            f"cd {there} && mkdir started 2>/dev/null || exit 0; "
            f"setsid sh -c {shlex.quote(whole)} < /dev/null > /dev/null 2>&1 & "
            "echo $! > pid",
        )

    def status(self, cloud: Cloud, job: Job) -> Status:
        """Return how it stands, and fetch what is finished."""
        del cloud
        there = folder_of(job.run_id, job.settings)
        said = run_on(
            job.sku,
            f"cd {there} 2>/dev/null || {{ echo gone; exit 0; }}; "
            "if [ -f code ]; then echo over $(cat code); tail -n 1 log; "
            "elif [ -f pid ] && kill -0 -- -$(cat pid) 2>/dev/null; then echo running; "
            "else echo dead; fi",
        ).split("\n", 1)
        word, _, code = said[0].partition(" ")
        if word == "gone":
            return Status(kind="gone", billed_s=0.0)
        carry(f"{job.sku}:{there}/store/", f"{job.store}/")
        if word == "running":
            return Status(kind="running")
        last = said[1].strip() if len(said) > 1 else ""
        if word == "over" and code.strip() == "0":
            return Status(kind="done", billed_s=0.0)
        reason = "its time was up" if code.strip() == "124" else last or f"it ended ({said[0]})"
        return Status(kind="failed", reason=reason, billed_s=0.0)

    def end(self, cloud: Cloud, run_id: str, settings: Mapping[str, str]) -> None:
        """Stop the whole session and take its folder away."""
        del cloud
        there = folder_of(run_id, settings)
        run_on(
            settings["host"],
            f"p=$(cat {there}/pid 2>/dev/null); [ -z $p ] || {{ kill -TERM -- -$p; "
            "for i in 1 2 3 4 5 6 7 8 9 10; do kill -0 -- -$p || break; sleep 1; done; "
            f"kill -KILL -- -$p; }} 2>/dev/null; rm -rf {there}; test ! -e {there}",
        )

    def by_hand(self, run_id: str, region: str) -> str:
        """Return the command that stops it without this program."""
        del region
        return f"ssh HOST 'kill -- -$(cat advisor-remote/{run_id}/pid)'"


def folder_of(run_id: str, settings: Mapping[str, str]) -> str:
    """Return the run's folder there, as its shell takes it."""
    root = settings.get("folder", "advisor-remote")
    return shlex.quote(f"{root}/{run_id}")


def shell() -> list[str]:
    """Return how the machine is reached: never asking for a password, and not waiting for ever."""
    own = shlex.split(os.environ.get(SHELL, "ssh"))
    return [*own, "-o", "BatchMode=yes", "-o", f"ConnectTimeout={ANSWER_S}"]


def run_on(host: str, script: str) -> str:
    """Run a script of a shell there and return what it printed.

    Raises:
        RemoteError: it failed; of kind `unknown` where the machine was not reached.
    """
    return _run([*shell(), host, script], doing=f"ssh {host}")


def carry(source: str, to: str) -> None:
    """Copy a folder; what is there already is not sent again, and no file is there half.

    Raises:
        RemoteError: it failed.
    """
    if ":" not in to:
        Path(to).mkdir(parents=True, exist_ok=True)
    _run(
        ["rsync", "-a", "--partial-dir=.rsync-part", "-e", shlex.join(shell()), source, to],
        doing="rsync",
    )


def _run(command: Sequence[str], *, doing: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise RemoteError(f"{command[0]} is not installed: install it here and there") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        why = said[-1] if said else f"code {done.returncode}"
        lost = done.returncode in {LOST, 10, 12, 30, 35}
        raise RemoteError(f"{doing}: {why}", kind="unknown" if lost else "other")
    return done.stdout


TARGET: Target = Ssh()
