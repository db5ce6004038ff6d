"""A process that was started for another one ends with it, whatever kills the other one."""

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time

PR_SET_PDEATHSIG = 1
PATIENCE_S = 10.0
"""Time that an interrupted process has to keep what is finished. [s]"""


def die_with(parent_pid: int) -> None:
    """Have the system kill this process when its parent dies, even by SIGKILL.

    Only for a child of a thread that lives as long as the parent does: the system takes the end of
    that thread for the parent's.
    """
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent_pid:  # it died before we asked
        os._exit(1)


def stop_with_the_pipe() -> None:
    """Interrupt this process when whoever holds the other end of its stdin is gone.

    It leads its own process group. What is finished is kept, as with Ctrl-C; what is still there
    later is killed.
    """
    threading.Thread(target=_wait_for_the_end, daemon=True).start()


def _wait_for_the_end() -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 1):
            pass
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(PATIENCE_S)
    os.killpg(0, signal.SIGKILL)
