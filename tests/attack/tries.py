"""One try at a time: what was tried, whether it held, and why not."""

import contextlib
import io
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 30
"""A command that has not ended by then hangs."""

CODES = {0, 1, 2, 3}
NEVER = ("Traceback (most recent call last)", "unforeseen:", "\x1b]", "\u202e")


@dataclass
class Kind:
    """Tries of one kind."""

    name: str
    tried: int = 0
    failed: list[str] = field(default_factory=list)

    def check(self, held: bool, what: str) -> None:
        """Count one try."""
        self.tried += 1
        if not held:
            self.failed.append(what[:300])


class HangError(Exception):
    """A try that did not end."""


@contextlib.contextmanager
def limited(seconds: int = LIMIT_S) -> Iterator[None]:
    """End what hangs."""

    def stop(*_):
        raise HangError(f"still running after {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def command(words: list[str], *, seconds: int = LIMIT_S) -> tuple[int | str, str]:
    """Run a command in this process; return its exit code and all that it printed."""
    from advisor.cli import run

    out = io.StringIO()
    kept = sys.argv
    sys.argv = ["advisor", *words]
    try:
        with limited(seconds), contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            code: int | str = run(words)
    except BaseException as error:
        code = f"{type(error).__name__}: {error}"
    finally:
        sys.argv = kept
    return code, out.getvalue()


def told(kind: Kind, words: list[str], what: str, *, codes: set[int] = CODES) -> str:
    """Try a command: it must end with one of its codes, and without a traceback."""
    code, text = command(words)
    bad = [mark for mark in NEVER if mark in text]
    kind.check(code in codes and not bad, f"{what}: {words[0]}: exit {code}, {bad}: {text[-200:]}")
    return text


def marked(mark: str) -> list[int]:
    """Return the living processes that were started with a mark in their environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"ADVISOR_ATTACK={mark}".encode() in (path / "environ").read_bytes().split(b"\0"):
                state = (path / "stat").read_text().rpartition(")")[2].split()[0]
                if state != "Z" and int(path.name) != os.getpid():
                    found.append(int(path.name))
    return found


def until(true: Callable[[], bool], seconds: float) -> bool:
    """Wait for something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.1)
    return true()
