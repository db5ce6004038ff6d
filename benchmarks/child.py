"""The process in which trials run; started by `benchmarks.isolation`, never by people.

Imports nothing heavy by itself, so that import times measured in here are those of the model.
"""

import contextlib
import ctypes
import importlib
import json
import os
import resource
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


def main(argument: str) -> None:
    """Serve requests from the control pipe until it is closed."""
    settings = json.loads(argument)
    _die_with(settings["parent_pid"])
    if settings["folder"]:
        sys.path.insert(0, settings["folder"])
    orders = os.fdopen(settings["read_fd"], "r")
    answers = os.fdopen(settings["write_fd"], "w", buffering=1)
    if not settings["fork"]:
        request = json.loads(orders.readline())
        answers.write(json.dumps({"pid": os.getpid()}) + "\n")
        orders.close()
        run(request)
        answers.close()
        os._exit(0)  # whatever threads the trial left
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    if settings["warm"]:
        _call(settings["warm"])
    answers.write('{"ready": true}\n')
    for line in orders:
        _serve(json.loads(line), orders, answers)


def _serve(request: dict[str, Any], orders: Any, answers: Any) -> None:
    """Fork, let the child run the trial, and tell how it ended."""
    worker_pid = os.getpid()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.setsid()
            _die_with(worker_pid)
            for fd in (orders.fileno(), answers.fileno()):
                os.close(fd)
            run(request)
            status = 0
        finally:
            os._exit(status)
    answers.write(json.dumps({"pid": pid}) + "\n")
    _, status, usage = os.wait4(pid, 0)
    answers.write(
        json.dumps(
            {
                "status": status,
                "leftover_count": _kill_leftovers(pid),
                "cpu_s": usage.ru_utime + usage.ru_stime,
            }
        )
        + "\n"
    )


def run(request: dict[str, Any]) -> None:
    """Run one trial and write its answer, whatever it is."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _be_the_first_to_go()
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
        and Path(__file__).parent not in Path(frame.filename).parents
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
    """Kill what a trial left running, its group and orphans alike; return how many there were."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    count = 0
    while left := _children():
        for child in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child, 0)
                count += 1
    return count


def _children() -> list[int]:
    path = Path(f"/proc/self/task/{os.getpid()}/children")
    try:
        return [int(text) for text in path.read_text().split()]
    except OSError:
        return []


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
