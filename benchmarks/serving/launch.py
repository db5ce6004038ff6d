"""A server and a load generator on different cores of this machine."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.serving.arrivals import LoadError
from benchmarks.serving.cpu_affinity import may_run_first, usable_cores
from benchmarks.serving.loadrun import Placement, Target
from benchmarks.storage.scratch import scratch_folder

START_LIMIT_S = 90.0
"""Time in which a server must answer its first ping. [s]"""

STOP_LIMIT_S = 5.0
"""Time that a server gets to stop before it is killed. [s]"""

Handling = Literal["inline", "executor", "batch"]


@dataclass(frozen=True)
class Layout:
    """Which cores do what."""

    server: tuple[int, ...]
    """Cores of the server."""
    generator: tuple[int, ...]
    """The generator's core; shared with the server where there is only one."""
    first: bool
    """Whether both may run before other programs."""

    @property
    def is_shared(self) -> bool:
        """Whether server and generator share a core: nothing measured so is valid."""
        return bool(set(self.server) & set(self.generator))

    @property
    def placement(self) -> Placement:
        """Where the generator runs."""
        return Placement(cores=self.generator, first=self.first)

    @property
    def note(self) -> str:
        """What a reader must know of the set-up; empty where it is as it should be."""
        if self.is_shared:
            return "server and generator share one core: their times are not to be trusted"
        if not self.first:
            return (
                "no privilege for real-time scheduling: other programs on these cores are in the "
                "tail; run on a quiet machine, or as root"
            )
        return ""


def plan_cores(*, worker_count: int = 1) -> Layout:
    """Return the first core for the generator and the next ones for the workers."""
    cores = usable_cores()
    rest = cores[1:] or cores
    return Layout(server=rest[: max(1, worker_count)], generator=cores[:1], first=may_run_first())


@dataclass(frozen=True)
class Server:
    """A server that runs on this machine."""

    target: Target
    pid: int
    start_s: float
    """From its start to the first answered ping: imports and loading the model. [s]"""

    def cpu_s(self) -> float:
        """Processor time of all its processes so far. [s]"""
        return sum(_cpu_s(pid) for pid in _family(self.pid))


@contextmanager
def running_server(
    model: Path,
    *,
    layout: Layout,
    worker_count: int = 1,
    handling: Handling = "inline",
    folder: Path | None = None,
    stall_s: float = 0.0,
    stall_every: int = 0,
    max_batch_rows: int = 64,
    max_wait_ms: float = 0.0,
) -> Iterator[Server]:
    """Start a server on a free port of this machine; stop it and all its workers at the end.

    Raises:
        LoadError: it did not answer a ping in time, or ended; the message has its last words.
    """
    port = _free_port()
    command = [
        *(sys.executable, "-P", "-m", "benchmarks.serving.serve", "--model", str(model)),
        *("--host", "127.0.0.1", "--port", str(port), "--workers", str(worker_count)),
        *("--handling", handling, "--times", "--cores", ",".join(map(str, layout.server))),
        *("--stall-s", str(stall_s), "--stall-every", str(stall_every)),
        *("--max-batch-rows", str(max_batch_rows), "--max-wait-ms", str(max_wait_ms)),
        *(["--first"] if layout.first and not layout.is_shared else []),
        *(["--folder", str(folder)] if folder else []),
    ]
    with tempfile.TemporaryFile() as words, scratch_folder("ready") as ready:
        began = time.perf_counter()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={
                **os.environ,
                "ADVISOR_SERVING_READY": ready,
                "ADVISOR_SERVING_PARENT": str(os.getpid()),
            },
        )
        try:
            _wait_for_ping(process, port, words)
            _wait_for_workers(process, Path(ready), worker_count, words)
            yield Server(
                target=Target("127.0.0.1", port),
                pid=process.pid,
                start_s=time.perf_counter() - began,
            )
        finally:
            _stop(process)


def _wait_for_ping(process: "subprocess.Popen[bytes]", port: int, words: object) -> None:
    end = time.monotonic() + START_LIMIT_S
    while time.monotonic() < end:
        if process.poll() is not None:
            raise LoadError(f"the server ended at once: {_last_words(words)}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 2) as sock:
            sock.sendall(b"GET /ping HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            if b" 200 " in sock.recv(4096)[:32]:
                return
        time.sleep(0.05)
    raise LoadError(f"the server did not answer within {START_LIMIT_S:g} s: {_last_words(words)}")


def _wait_for_workers(
    process: "subprocess.Popen[bytes]", ready: Path, worker_count: int, words: object
) -> None:
    """Wait until every worker has its model: the first one answers pings long before."""
    end = time.monotonic() + START_LIMIT_S
    while len(list(ready.iterdir())) < worker_count:
        if process.poll() is not None or time.monotonic() > end:
            raise LoadError(f"not all {worker_count} workers came up: {_last_words(words)}")
        time.sleep(0.05)


def _last_words(words: object) -> str:
    words.seek(0)  # type: ignore[attr-defined]
    lines = words.read().decode(errors="replace").strip().splitlines()  # type: ignore[attr-defined]
    return lines[-1][:300] if lines else "it printed nothing"


def _stop(process: "subprocess.Popen[bytes]") -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        try:
            process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            continue
        break
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # workers that outlived their parent


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _family(pid: int) -> list[int]:
    """Return a process and its descendants."""
    found = [pid]
    for one in found:
        for path in Path(f"/proc/{one}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                found += [int(text) for text in path.read_text().split()]
    return found


def _cpu_s(pid: int) -> float:
    """Processor time of one process, to the nanosecond where Linux tells it. [s]"""
    total = 0.0
    for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            total += int(path.read_text().split()[0]) * 1e-9
    return total


def core_busy_s(cores: tuple[int, ...]) -> float:
    """Time that some cores were busy so far, whoever with; 0 where the system does not tell. [s]"""
    wanted = {f"cpu{core}" for core in cores}
    total = 0.0
    with contextlib.suppress(OSError):
        for line in Path("/proc/stat").read_text().splitlines():
            name, *ticks = line.split()
            if name in wanted:
                user, nice, system, _idle, _wait, interrupt, soft = map(int, ticks[:7])
                stolen = int(ticks[7]) if len(ticks) > 7 else 0
                total += user + nice + system + interrupt + soft + stolen
    return total / os.sysconf("SC_CLK_TCK")


def core_stolen_s(cores: tuple[int, ...]) -> float:
    """Time that a hypervisor gave some cores to other machines so far; part of `core_busy_s`. [s]

    0 where the system does not tell, as on hardware of one's own.
    """
    wanted = {f"cpu{core}" for core in cores}
    total = 0
    with contextlib.suppress(OSError):
        for line in Path("/proc/stat").read_text().splitlines():
            name, *ticks = line.split()
            if name in wanted and len(ticks) > 7:
                total += int(ticks[7])
    return total / os.sysconf("SC_CLK_TCK")
