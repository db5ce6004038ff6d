"""Folders for what a process needs while it runs: named by it, and removed when it is dead.

A process that is killed cannot tidy up. What it leaves behind, copies of the user's data among
them, is removed by the next one that needs such a folder.
"""

import os
import re
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

_NAME = re.compile(r"advisor-[a-z]+-(\d+)-")
_HALF = re.compile(r"\.half-(\d+)-.*\.tmp")


def scratch_folder(kind: str) -> "tempfile.TemporaryDirectory[str]":
    """Return a new folder for this process, after those of dead ones are gone.

    Args:
        kind: what it is for, a word.
    """
    sweep()
    return tempfile.TemporaryDirectory(prefix=f"advisor-{kind}-{os.getpid()}-")


def sweep() -> None:
    """Remove the folders of dead processes of this user."""
    for path in Path(tempfile.gettempdir()).glob("advisor-*"):
        found = _NAME.match(path.name)
        if found is None or is_alive(int(found.group(1))):
            continue
        with suppress(OSError):
            if path.lstat().st_uid == os.getuid() and path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)


def half_prefix() -> str:
    """Return how a file of this process begins that is not whole yet."""
    return f".half-{os.getpid()}-"


def sweep_halves(folder: Path) -> None:
    """Remove what dead processes wrote half into a folder."""
    for path in folder.glob(".half-*.tmp"):
        found = _HALF.fullmatch(path.name)
        if found is not None and not is_alive(int(found.group(1))):
            with suppress(OSError):
                path.unlink()


def is_alive(pid: int) -> bool:
    """Whether there is a process of that number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
