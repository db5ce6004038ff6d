"""The devices that a model can run on: is there a CUDA device, and what is it."""

import functools
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.records import Device, Record

LOOK_LIMIT_S = 60.0
"""Time that looking for a GPU may take; a broken driver can hang. [s]"""

LOOK = (
    "import json, torch; found = torch.cuda.is_available(); "
    "p = torch.cuda.get_device_properties(0) if found else None; "
    "print(json.dumps(p and {'model': p.name, 'memory_gib': p.total_memory / 2**30}))"
)


class Gpu(Record):
    """The first CUDA device."""

    model: str
    """Model name as the driver tells it."""
    memory_gib: float
    """Device memory. [GiB]"""


@functools.cache
def read_gpu() -> Gpu | None:
    """Return the first CUDA device that torch can use, null where there is none.

    Looks in a process of its own, and only where an NVIDIA driver is loaded, so that the caller
    neither imports torch nor holds the device.
    """
    if not Path("/proc/driver/nvidia/version").exists() and not Path("/dev/nvidiactl").exists():
        return None
    try:
        done = subprocess.run(
            [sys.executable, "-c", LOOK],
            capture_output=True,
            text=True,
            timeout=LOOK_LIMIT_S,
            check=True,
        )
        found = json.loads(done.stdout.strip().splitlines()[-1])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None
    return Gpu.model_validate(found) if found else None


def devices_at_hand() -> tuple[Device, ...]:
    """Return the devices that trials can run on, the CPU first."""
    return ("cpu", "cuda") if read_gpu() else ("cpu",)


def time_on_device(call: Callable[[int], object], *, count: int) -> list[float]:
    """Time `call(i)` by CUDA events: what the device did, not what the host waited for. [s]

    An event is a mark in the stream; the times of both are read once the second is reached. The
    device is warmed up by three calls, and waited for before the first mark.
    """
    import torch

    for number in range(3):
        call(number)
    torch.cuda.synchronize()
    new_event: Any = torch.cuda.Event  # untyped in torch
    durations = []
    for number in range(count):
        start, stop = (new_event(enable_timing=True) for _ in range(2))
        start.record()
        call(number)
        stop.record()
        stop.synchronize()
        durations.append(start.elapsed_time(stop) / 1e3)  # milliseconds
    return durations
