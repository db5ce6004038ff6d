"""One benchmark at a time measures into a store: two would spoil each other's times."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.errors import StoreError

LOCK = ".measuring"
"""File that the measuring process holds; the system lets go of it when the process ends."""


@contextmanager
def measuring_alone(store: Path) -> Iterator[None]:
    """Hold a store while measuring into it.

    Raises:
        StoreError: another process holds it; names the process.
    """
    try:
        import fcntl
    except ImportError:  # no such locks on Windows
        yield
        return
    path = store / LOCK
    try:
        handle = _opened(path)
    except OSError:  # what cannot be written is told where a run is
        yield
        return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not _is_still_there(path, handle):  # the one before took it away meanwhile
                os.close(handle)
                handle = _opened(path)
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 20, 0).decode(errors="replace").strip() or "unknown"
            raise StoreError(
                f"{store}: process {holder} is measuring into this store, and two at once would "
                "spoil each other's times: wait for it, or stop it"
            ) from None
        except OSError:  # a file system without locks
            yield
            return
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        try:
            yield
        finally:
            with suppress(OSError):
                path.unlink()
    finally:
        os.close(handle)


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)


def _is_still_there(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except OSError:
        return False
