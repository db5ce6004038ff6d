"""The process in which trials run; started by `benchmarks.processes.isolation`, never by people.

Imports nothing heavy by itself, so that import times measured in here are those of the model.
"""

import contextlib
import ctypes
import importlib
import json
import os
import resource
import select
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
"""Linux: die with the parent; become the parent of orphaned descendants."""

OUT_OF_MEMORY_PHRASES = (
    "can't allocate memory",
    "out of memory",
    "Unable to allocate",
    "bad_alloc",
)
"""How libraries say it when they do not raise MemoryError."""


LOOK_S = 0.25
"""How often the descendants of a trial are looked at. [s]"""

PROCESS_LIMIT = 200
"""Processes that a trial may have at once; more are taken for runaways."""


def main(argument: str) -> None:
    """Serve requests from the control pipe until it is closed."""
    settings = json.loads(argument)
    if "request" in settings:  # the fresh interpreter of one trial
        _die_with(settings["parent_pid"])
        _find_modules(settings["folder"])
        run(json.loads(Path(settings["request"]).read_text()))
        os._exit(0)  # whatever threads the trial left
    _die_with(settings["parent_pid"])
    _find_modules(settings["folder"])
    orders = os.fdopen(settings["read_fd"], "r")
    answers = os.fdopen(settings["write_fd"], "w", buffering=1)
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    if settings["warm"]:
        _call(settings["warm"])
    answers.write('{"ready": true}\n')
    for line in orders:
        _serve(json.loads(line), orders, answers, folder=settings["folder"])


def _find_modules(folder: str | None) -> None:
    """Find the user's own modules, after all others: a file that lies about replaces no library."""
    if folder:
        sys.path.append(folder)


def _serve(request: dict[str, Any], orders: Any, answers: Any, *, folder: str | None) -> None:
    """Fork, let the child run the trial, and tell how it ended.

    A fresh trial replaces the forked process by a new interpreter, so that what this one has
    imported is neither in its memory nor in its import times.
    """
    worker_pid = os.getpid()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.setsid()
            for fd in (orders.fileno(), answers.fileno()):
                os.close(fd)
            if request["fresh"]:
                _become_fresh(request, worker_pid=worker_pid, folder=folder)
            _die_with(worker_pid)
            run(request)
            status = 0
        finally:
            os._exit(status)
    answers.write(json.dumps({"pid": pid}) + "\n")
    status, usage, stopped = _watch(pid, memory_limit_bytes=request["memory_limit_bytes"])
    answers.write(
        json.dumps(
            {
                "status": status,
                "stopped": stopped,
                "leftover_count": _kill_leftovers(pid),
                "cpu_s": usage.ru_utime + usage.ru_stime,
            }
        )
        + "\n"
    )


def _become_fresh(request: dict[str, Any], *, worker_pid: int, folder: str | None) -> None:
    path = Path(request["result"]).with_suffix(".request")
    path.write_text(json.dumps(request))
    settings = {"request": str(path), "folder": folder, "parent_pid": worker_pid}
    command = [sys.executable, "-P", "-m", "benchmarks.processes.child", json.dumps(settings)]
    os.execv(sys.executable, command)  # noqa: S606  # our own interpreter


def _watch(
    pid: int, *, memory_limit_bytes: int | None
) -> tuple[int, resource.struct_rusage, dict[str, str] | None]:
    """Wait for a trial, and stop it when its descendants run away.

    The memory limit of a process counts for each of its children anew: here all count together.
    """
    stopped: dict[str, str] | None = None
    try:
        ended = os.pidfd_open(pid)  # can be read once the process has ended
    except (AttributeError, OSError):  # not on Linux
        return *os.wait4(pid, 0)[1:], None
    try:
        while not select.select([ended], [], [], LOOK_S)[0]:
            family = _descendants(os.getpid())
            if stopped is None and len(family) > 1:
                stopped = _runaway(family, memory_limit_bytes=memory_limit_bytes)
            if stopped is not None:
                for each in family:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(each, signal.SIGKILL)
    finally:
        os.close(ended)
    return *os.wait4(pid, 0)[1:], stopped


def _runaway(family: list[int], *, memory_limit_bytes: int | None) -> dict[str, str] | None:
    """Return why a trial with these processes must be stopped; null while it is well."""
    if len(family) > PROCESS_LIMIT:
        return {
            "outcome": "crashed",
            "reason": f"had more than {PROCESS_LIMIT} processes and was stopped: "
            "bound what the model's code starts",
        }
    if memory_limit_bytes is not None:
        used = sum(_private_bytes(pid) for pid in family)
        if used > memory_limit_bytes:
            return {
                "outcome": "out-of-memory",
                "reason": f"its {len(family)} processes needed more memory than the limit of "
                f"{memory_limit_bytes / 2**30:.1f} GiB together: use fewer processes",
            }
    return None


def _private_bytes(pid: int) -> int:
    """Return the memory that a process has written and shares with no other. [B]"""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    sizes = {name: value for name, _, value in (line.partition(":") for line in text.splitlines())}
    return 1024 * int(sizes.get("Private_Dirty", "0").split()[0])


def _descendants(pid: int) -> list[int]:
    """Return all processes below one, orphans that came to it among them."""
    found: list[int] = []
    for child in _children(pid):
        found += [child, *_descendants(child)]
        if len(found) > 4 * PROCESS_LIMIT:
            break
    return found


def run(request: dict[str, Any]) -> None:
    """Run one trial and write its answer, whatever it is."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _be_the_first_to_go()
    if request["cpus"] and hasattr(os, "sched_setaffinity"):
        with contextlib.suppress(OSError):  # a processor that went away: run where the system wants
            os.sched_setaffinity(0, request["cpus"])
    limit = request["memory_limit_bytes"]
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    try:
        answer = {"outcome": "ok", "value": _call(request), "reason": None}
        text = json.dumps(answer, allow_nan=False)
    except BaseException as error:  # noqa: BLE001  # sys.exit and Ctrl-C in a model are outcomes too
        text = json.dumps(_failure(error, limit_bytes=limit))
    _write(Path(request["result"]), text)


def _be_the_first_to_go() -> None:
    """Have the system's out-of-memory killer choose this process before any other."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def _call(request: dict[str, Any]) -> Any:
    module, _, name = request["function"].partition(":")
    return getattr(importlib.import_module(module), name)(**request["payload"])


def _failure(error: BaseException, *, limit_bytes: int | None) -> dict[str, Any]:
    message = " ".join(str(error).split())[:400]
    if isinstance(error, MemoryError) or any(words in message for words in OUT_OF_MEMORY_PHRASES):
        bound = f" of {limit_bytes / 2**30:.1f} GiB" if limit_bytes else ""
        return {
            "outcome": "out-of-memory",
            "reason": f"needed more memory than its limit{bound}: {message or 'MemoryError'}",
        }
    if isinstance(error, SystemExit):
        reason = f"the model's code called sys.exit({error.code!r}): raise an exception instead"
    elif any(kind.__name__ == "BenchmarkError" for kind in type(error).__mro__):
        reason = message  # already a sentence for people
    else:
        reason = f"{type(error).__name__}: {message}{_place(error)}"
    return {"outcome": "failed", "reason": reason}


def _place(error: BaseException) -> str:
    """Return where in the user's own code an error arose, empty if nowhere."""
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "site-packages" not in frame.filename
        and Path(__file__).parents[1] not in Path(frame.filename).parents
        and "<frozen" not in frame.filename
        and not frame.filename.startswith(sys.base_prefix + "/lib")
    ]
    return f" ({Path(own[-1].filename).name}, line {own[-1].lineno})" if own else ""


def _write(path: Path, text: str) -> None:
    """Write a file that is there as a whole or not at all."""
    half = path.with_suffix(".half")
    half.write_text(text)
    half.replace(path)


def _kill_leftovers(pid: int) -> int:
    """Kill what a trial left running, its group and orphans alike; return how many there were.

    Orphans come to this process, which is their reaper, even from sessions of their own.
    """
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    count = 0
    while left := _children(os.getpid()):
        for child in left:
            for each in _descendants(child):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(each, signal.SIGKILL)
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child, 0)
                count += 1
    return count


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(text) for text in path.read_text().split()]
    return found


def _die_with(parent_pid: int) -> None:
    """Have the system kill this process when its parent dies, even by SIGKILL."""
    _prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != parent_pid:  # it died before we asked
        os._exit(1)


def _prctl(option: int, value: int) -> None:
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    main(sys.argv[1])
