"""Keep a process on some cores, and before other programs where the system allows it."""

import contextlib
import os

FIFO_PRIORITY = 20
"""Above every ordinary program, below the kernel's own real-time threads."""


def usable_cores() -> tuple[int, ...]:
    """Return the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return tuple(sorted(os.sched_getaffinity(0)))
    return tuple(range(os.cpu_count() or 1))


def take_core(cores: tuple[int, ...], *, first: bool) -> str:
    """Stay on some cores; return how the process is scheduled: `fifo` or `normal`.

    Real-time scheduling needs a privilege. Without it other programs on the core come in between,
    and a measured tail is theirs as much as the server's. Linux stops real-time programs for 5% of
    each second that they fill: above 0.9 busy that is in the tail.
    """
    if cores and hasattr(os, "sched_setaffinity"):
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, cores)
    if first and hasattr(os, "sched_setscheduler"):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(FIFO_PRIORITY))
            return "fifo"
    return "normal"


def may_run_first() -> bool:
    """Whether this process may use real-time scheduling; it does not, after asking."""
    if not hasattr(os, "sched_setscheduler"):
        return False
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(FIFO_PRIORITY))
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    except OSError:
        return False
    return True
