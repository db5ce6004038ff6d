"""Keep a process on some cores, and before other programs where the system allows it.

Only processes that start no others may go first. One that reaps its children can wait inside the
kernel for a program that it keeps from running on the same core: it then spins for ever, beyond any
signal, and takes the core along. So workers go first, their supervisor does not.
"""

import contextlib
import os

REAL_TIME_PRIORITY = 20
"""Above every ordinary program, below the kernel's own real-time threads."""


def usable_cores() -> tuple[int, ...]:
    """Return the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return tuple(sorted(os.sched_getaffinity(0)))
    return tuple(range(os.cpu_count() or 1))


def take_core(cores: tuple[int, ...], *, first: bool) -> str:
    """Stay on some cores; return how the process is scheduled: `real-time` or `normal`.

    Real-time scheduling needs a privilege. Without it other programs on the core come in between,
    and a measured tail is theirs as much as the server's. Linux stops real-time programs for 5% of
    each second that they fill: above 0.9 busy that is in the tail.
    """
    if cores and hasattr(os, "sched_setaffinity"):
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, cores)
    if first and hasattr(os, "sched_setscheduler"):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(REAL_TIME_PRIORITY))
            return "real-time"
    return "normal"


def may_run_first() -> bool:
    """Whether this process may use real-time scheduling; it does not, after asking."""
    if not hasattr(os, "sched_setscheduler"):
        return False
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(REAL_TIME_PRIORITY))
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    except OSError:
        return False
    return True
