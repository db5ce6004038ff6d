"""A benchmark started from the page: a child process, its progress, and the way to stop it.

One benchmark per study at a time, whoever opened the page: what it measures goes to the study's
store, so a second one would only disturb the first.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import streamlit as st

from advisor.views.escape import plain, said
from advisor.views.permissions import permissions

PRESETS = ("fast", "standard")
POLL_S = 1.0
START = """
from benchmarks.processes.orphans import stop_with_the_pipe
stop_with_the_pipe()
from advisor.cli import main
main()
"""
"""A benchmark ends with the page's server, however that ends."""

KEPT_WORDS = 2000


class Job:
    """One running benchmark."""

    def __init__(self, path: Path, preset: str) -> None:
        self.preset = preset
        self.latest: dict[str, Any] = {}
        self.plan: list[str] = []
        self.last_words = ""
        self.stopping = False
        command = [sys.executable, "-P", "-c", START, "bench", str(path), "--preset", preset]
        self._process = subprocess.Popen(
            [*command, "--progress-lines"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            # Its own process group: what it starts is stopped with it, as Ctrl-C does.
            start_new_session=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            try:
                said = json.loads(line)
            except ValueError:
                self.last_words = (self.last_words + line)[-KEPT_WORDS:]
                continue
            if isinstance(said, dict) and "plan" in said:
                self.plan = said["plan"]
            elif isinstance(said, dict):
                self.latest = said

    @property
    def code(self) -> int | None:
        """The exit code; None while it runs."""
        return self._process.poll()

    def stop(self) -> None:
        """Stop it: the first time as Ctrl-C does, which keeps what is finished; then for good."""
        how = signal.SIGTERM if self.stopping else signal.SIGINT
        self.stopping = True
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, how)


@st.cache_resource(show_spinner=False)
def _jobs() -> dict[str, Job]:
    return {}


def show(path: Path, *, first: bool) -> None:
    """Show how to start a benchmark, or where the running one stands.

    Args:
        path: the study.
        first: whether the study has no runs yet.
    """
    job = _jobs().get(str(path))
    if job is not None and job.code is None:
        _running(str(path))
        return
    if job is not None:
        _ended(job, path)
    left, right = st.columns(2, vertical_alignment="bottom")
    preset = left.selectbox(
        "How thorough",
        PRESETS,
        key="bench-preset",
        help="fast: about 3 minutes at most, rows sampled; standard: all rows.",
    )
    right.button(
        "Measure the candidates" if first else "Measure what is missing",
        on_click=_start,
        args=(path, preset),
        type="primary" if first else "secondary",
        width="stretch",
    )
    st.caption(
        "Runs on this machine, in processes of its own; what is finished is kept. Candidates that "
        "the store holds already are not measured again."
    )


def _start(path: Path, preset: str) -> None:
    running = _jobs().get(str(path))
    if not permissions().measure:
        return
    if running is None or running.code is not None:
        _jobs()[str(path)] = Job(path, preset)


@st.fragment(run_every=POLL_S)
def _running(path: str) -> None:
    job = _jobs().get(path)
    if job is None or job.code is not None:
        st.rerun()
        return
    done, total = job.latest.get("done_count", 0), job.latest.get("total_count", 0)
    left_s = job.latest.get("remaining_s")
    words = job.latest.get("label", "reading the data")
    words += f": {done} of {total} trials" if total else ""
    words += f", about {left_s:.0f} s left" if left_s is not None else ""
    words = "stopping: what is finished is kept" if job.stopping else words
    st.progress(min(1.0, done / total) if total else 0.0, text=plain(words))
    for line in job.plan:
        st.caption(plain(line))
    st.button(
        "Stop at once" if job.stopping else "Stop the benchmark",
        on_click=job.stop,
        key="bench-stop",
    )


def _ended(job: Job, path: Path) -> None:
    if job.code == 0:
        st.success(f"Measured ({job.preset}); the answer rests on it.")
    elif job.stopping:
        st.info("Stopped; what was finished is kept, and the next one goes on from there.")
    else:
        last = job.last_words.strip().splitlines()
        words = last[-1] if last else f"it ended with code {job.code}"
        st.error(f"The benchmark of {plain(path.name)} failed: {said(words)}")
