"""Run a trial in a process of its own: nothing it does can hurt the harness or the next trial.

A `Worker` is one interpreter with fixed thread counts, set before any library is imported. It loads
the libraries and the data once, then forks itself for every trial, which takes hundredths of a
second instead of seconds; no model ever runs in the worker itself, so no thread pool exists when
it forks. A trial that must start from nothing (import time, memory where it is served) gets a
`fresh` interpreter. Each trial has a deadline, a memory limit, processors of its own where the
system can bind it, and its own session; what it leaves running is killed and counted, even what
made itself a daemon, what it prints is kept up to `OUTPUT_BYTES`, and whatever happens is an
outcome.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import benchmarks
from benchmarks.processes.cpu_load import CpuTicks, other_load, read_cpu_ticks
from benchmarks.storage.records import Outcome
from benchmarks.storage.scratch import scratch_folder

OUTPUT_BYTES = 8_192
"""What a trial prints is kept up to this; the rest is thrown away, never stored. [B]"""

START_LIMIT_S = 120.0
"""Time in which a worker must be up with its libraries and data loaded. [s]"""

KILL_LIMIT_S = 10.0
"""Time that a killed process may take to be gone. [s]"""

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "LOKY_MAX_CPU_COUNT",
)
"""Environment variables that libraries read their thread count from when they are imported."""

CAN_FORK = sys.platform.startswith("linux")
"""Elsewhere every trial gets a fresh interpreter: slower, and as safe."""


@dataclass(frozen=True)
class Job:
    """What to run in a process of its own."""

    function: str
    """`module:function`, called with the payload as keywords; returns a JSON object."""
    payload: Mapping[str, Any] = field(default_factory=dict)
    """Keyword arguments, JSON values only."""
    deadline_s: float = 600.0
    """Time after which it is killed. [s]"""
    memory_limit_bytes: int | None = None
    """Private memory that it may use; null for no limit. [B]"""
    fresh: bool = False
    """Whether it needs an interpreter that has imported nothing yet."""


@dataclass(frozen=True)
class JobResult:
    """What became of a job."""

    outcome: Outcome
    """`ok`, or why there is no value."""
    value: dict[str, Any]
    """What the function returned; empty for any other outcome than `ok`."""
    reason: str | None
    """For any other outcome than `ok`: what happened, for people."""
    wall_s: float
    """Time from asking to answer. [s]"""
    output: str
    """The end of what it printed."""
    notes: tuple[str, ...] = ()
    """What a reader must know, e.g. processes that it left running."""
    other_load_fraction: float = 0.0
    """Share of the processors that other programs used meanwhile; 0 where it cannot be told."""
    stolen_fraction: float = 0.0
    """Share of the processors that the hypervisor gave to other machines meanwhile."""


class Worker:
    """Runs jobs one at a time in processes with the same environment. A context manager."""

    def __init__(
        self,
        *,
        thread_count: int,
        warm: str | None = None,
        warm_payload: Mapping[str, Any] | None = None,
        folder: Path | None = None,
        with_cuda: bool = False,
        cpus: Sequence[int] | None = None,
    ) -> None:
        """Prepare a worker; it starts with its first job.

        Args:
            thread_count: threads that libraries may use.
            warm: `module:function` that the worker calls once, before it forks, to load libraries
                and data; it must not start threads.
            warm_payload: keyword arguments of `warm`.
            folder: the study's folder, put on `sys.path` for the user's own modules.
            with_cuda: whether the trials may see CUDA devices.
            cpus: processors that the trials are bound to; all that may be used when None.
        """
        self._thread_count = thread_count
        self._warm = {"function": warm, "payload": dict(warm_payload or {})} if warm else None
        self._folder = folder
        self._with_cuda = with_cuda
        self._cpus = list(cpus) if cpus else None
        self._process: subprocess.Popen[bytes] | None = None
        self._control: _Control | None = None
        self._output: _Output | None = None
        self._scratch = scratch_folder("trials")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start ahead of the first job, without waiting: several workers load side by side."""
        if self._process is None:
            self._start(warm=True)

    def wait_until_ready(self) -> None:
        """Wait for a worker that was started; the first job tells if it could not."""
        if self._control is not None:
            self._is_ready()

    def close(self) -> None:
        """Stop the worker and whatever it still runs."""
        self._stop()
        self._scratch.cleanup()

    def run(self, job: Job) -> JobResult:
        """Run one job to its end, its deadline or its crash. Never raises for what the job does."""
        start = time.monotonic()
        result_path = Path(self._scratch.name) / "result.json"
        result_path.unlink(missing_ok=True)
        fresh = job.fresh or not CAN_FORK
        request = {
            "fresh": fresh,
            "cpus": self._cpus,
            "function": job.function,
            "payload": dict(job.payload),
            "result": str(result_path),
            "memory_limit_bytes": job.memory_limit_bytes,
        }
        if fresh:
            self._stop()
        try:
            ended = self._run_request(request, deadline_s=job.deadline_s)
        except BaseException:  # Ctrl-C above all: take the child along
            self._stop()
            raise
        wall_s = time.monotonic() - start
        output = self._output.text(is_last=ended.worker_gone) if self._output else ""
        if fresh or ended.worker_gone:
            self._stop()
        notes = [_leftover_note(ended.leftover_count)] if ended.leftover_count else []
        # The load of others counts from when the worker was up: its own start is nobody else's.
        other, stolen = other_load(
            ended.ticks_at_start,
            read_cpu_ticks(),
            wall_s=time.monotonic() - ended.started_at_s,
            own_s=ended.cpu_s,
        )
        outcome, value, reason = _judge(result_path, ended, job=job, output=output)
        return JobResult(
            outcome=outcome,
            value=value,
            reason=reason,
            wall_s=wall_s,
            output=output,
            notes=tuple(notes),
            other_load_fraction=other,
            stolen_fraction=stolen,
        )

    # How it is done ------------------------------------------------------------------------------

    def _run_request(self, request: dict[str, Any], *, deadline_s: float) -> "_Ended":
        if self._process is None:
            self._start(warm=not request["fresh"])
        assert self._control is not None
        if not self._is_ready():
            return _Ended(worker_gone=True, start_failed=True)
        ticks, started_at_s = read_cpu_ticks(), time.monotonic()
        self._control.send(request)
        started = self._control.receive(START_LIMIT_S)
        if started is None:
            return _Ended(worker_gone=True, start_failed=True)
        ended = self._control.receive(deadline_s)
        timed_out = ended is None and self._control.timed_out
        if timed_out:
            _kill_session(int(started["pid"]))
            ended = self._control.receive(KILL_LIMIT_S)
        if ended is None:
            return _Ended(worker_gone=True, timed_out=timed_out)
        return _Ended(
            status=int(ended["status"]),
            timed_out=timed_out,
            stopped=ended["stopped"],
            leftover_count=int(ended["leftover_count"]),
            cpu_s=float(ended["cpu_s"]),
            ticks_at_start=ticks,
            started_at_s=started_at_s,
        )

    def _is_ready(self) -> bool:
        assert self._control is not None
        if not self._control.ready:
            self._control.ready = self._control.receive(START_LIMIT_S) is not None
        return self._control.ready

    def _start(self, *, warm: bool) -> None:
        ours_read, theirs_write = os.pipe()
        theirs_read, ours_write = os.pipe()
        arguments = {
            "read_fd": theirs_read,
            "write_fd": theirs_write,
            "warm": self._warm if warm else None,
            "folder": str(self._folder) if self._folder else None,
            "parent_pid": os.getpid(),
        }
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "benchmarks.processes.child", json.dumps(arguments)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=_environment(self._thread_count, with_cuda=self._with_cuda),
                pass_fds=(theirs_read, theirs_write),
                start_new_session=True,
                cwd=self._folder or self._scratch.name,
            )
        finally:
            os.close(theirs_read)
            os.close(theirs_write)
        self._control = _Control(read_fd=ours_read, write_fd=ours_write)
        assert self._process.stdout is not None
        self._output = _Output(self._process.stdout)

    def _stop(self) -> None:
        if self._process is None:
            return
        if self._control:
            self._control.close()  # the worker ends by itself when it reads the end of its orders
        try:
            self._process.wait(0.5)
        except subprocess.TimeoutExpired:
            _kill_session(self._process.pid)
            self._process.wait()
        if self._output:
            self._output.close()
        self._process = self._control = self._output = None


@dataclass(frozen=True)
class _Ended:
    """How a child ended."""

    status: int | None = None
    timed_out: bool = False
    worker_gone: bool = False
    start_failed: bool = False
    stopped: dict[str, str] | None = None
    leftover_count: int = 0
    cpu_s: float = 0.0
    ticks_at_start: CpuTicks | None = None
    started_at_s: float = 0.0


class _Control:
    """One JSON object a line, both ways, over two pipes."""

    def __init__(self, *, read_fd: int, write_fd: int) -> None:
        self._read_fd, self._write_fd = read_fd, write_fd
        self._pending = b""
        self.timed_out = False
        self.ready = False

    def send(self, message: dict[str, Any]) -> None:
        data = json.dumps(message).encode() + b"\n"
        with contextlib.suppress(BrokenPipeError):
            while data:
                data = data[os.write(self._write_fd, data) :]

    def receive(self, limit_s: float) -> dict[str, Any] | None:
        """Return the next message; null at the end of the pipe or of the time."""
        end = time.monotonic() + limit_s
        self.timed_out = False
        while b"\n" not in self._pending:
            ready, _, _ = select.select([self._read_fd], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                self.timed_out = True
                return None
            data = os.read(self._read_fd, 65_536)
            if not data:
                return None
            self._pending += data
        line, _, self._pending = self._pending.partition(b"\n")
        message: dict[str, Any] = json.loads(line)
        return message

    def close(self) -> None:
        os.close(self._read_fd)
        os.close(self._write_fd)


class _Output:
    """Reads what the trials print, forever, and keeps the end of it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._tail = b""
        self._thread = threading.Thread(target=self._drain, daemon=True)
        self._thread.start()

    def _drain(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while data := os.read(self._stream.fileno(), 65_536):
                self._tail = (self._tail + data)[-OUTPUT_BYTES:]

    def text(self, *, is_last: bool) -> str:
        if is_last:  # why a worker died may still be on its way
            self._thread.join(timeout=1.0)
        return self._tail.decode(errors="replace")

    def close(self) -> None:
        self._thread.join(timeout=1.0)
        if not self._thread.is_alive():
            self._stream.close()


def _environment(thread_count: int, *, with_cuda: bool) -> dict[str, str]:
    package_folder = Path(benchmarks.__file__).resolve().parents[1]
    paths = [os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else []
    if package_folder.name not in {"site-packages", "dist-packages"}:  # those are found anyway
        paths.insert(0, str(package_folder))
    changes = {name: str(thread_count) for name in THREAD_VARIABLES}
    changes |= {"PYTHONPATH": os.pathsep.join(paths), "PYTHONUNBUFFERED": "1"}
    if not with_cuda:
        changes["CUDA_VISIBLE_DEVICES"] = ""
    return {**os.environ, **changes}


def _kill_session(pid: int) -> None:
    """Kill a trial that was not waited for yet, and its process group; each leads its own."""
    _kill_group(pid)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)  # for one that does not lead its group yet


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _judge(
    result_path: Path, ended: _Ended, *, job: Job, output: str
) -> tuple[Outcome, dict[str, Any], str | None]:
    """Turn a child's end into an outcome, its value and its reason."""
    if ended.timed_out:
        return "timeout", {}, f"did not end within {job.deadline_s:.0f} s and was stopped"
    if ended.stopped:
        return (
            "out-of-memory" if ended.stopped["outcome"] == "out-of-memory" else "crashed",
            {},
            (ended.stopped["reason"]),
        )
    if ended.start_failed:
        return "crashed", {}, f"the trial's process could not start: {_last_line(output)}"
    try:
        answer = json.loads(result_path.read_text())
    except FileNotFoundError:
        answer = None
    except ValueError as error:
        return "failed", {}, f"the trial's answer cannot be read: {error}"
    if answer is not None:
        if answer["outcome"] == "ok":
            return "ok", answer["value"], None
        return answer["outcome"], {}, answer["reason"]
    if ended.status is None:
        return "crashed", {}, f"the trial's process disappeared: {_last_line(output)}"
    if os.WIFSIGNALED(ended.status):
        number = os.WTERMSIG(ended.status)
        name = signal.Signals(number).name
        if number == signal.SIGKILL:
            return (
                "out-of-memory",
                {},
                "killed by the system (SIGKILL), most often for lack of memory",
            )
        return "crashed", {}, f"died of {name} (signal {number})"
    code = os.WEXITSTATUS(ended.status)
    return "crashed", {}, f"left with exit code {code} before it had an answer"


def _last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "it printed nothing"


def _leftover_note(count: int) -> str:
    return f"left {count} processes running, which were killed: join what the model's code starts"
