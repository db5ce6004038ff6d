"""The devices that a model can run on: is there a CUDA device, and what is it."""

import functools
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.storage.records import Device, Record

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
            [sys.executable, "-P", "-c", LOOK],
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


def run_gpu_probes(
    *, size: int = 4096, copy_bytes: int = 2**30, count: int = 20
) -> dict[str, float]:
    """Probe the first CUDA device by device events; launches by the clock. Clocks as found.

    Medians of `count` repeats after three to warm up; a copy reads and writes each byte.
    """
    import statistics
    import time

    import torch

    def seconds(call: Callable[[], object]) -> float:
        return statistics.median(time_on_device(lambda _: call(), count=count))

    found = {}
    floating = 2.0 * size**3 / 1e12
    for name, dtype, tf32 in (
        ("fp32", torch.float32, False),
        ("tf32", torch.float32, True),
        ("bf16", torch.bfloat16, False),
    ):
        before = torch.backends.cuda.matmul.allow_tf32
        torch.backends.cuda.matmul.allow_tf32 = tf32
        try:
            left, right = (torch.rand(size, size, device="cuda").to(dtype) for _ in range(2))
            matmul = functools.partial(torch.matmul, left, right)
            found[f"gpu_gemm_{name}_tflop_per_s"] = floating / seconds(matmul)
        finally:
            torch.backends.cuda.matmul.allow_tf32 = before
    source = torch.ones(copy_bytes, dtype=torch.uint8, device="cuda")
    target = torch.empty_like(source)
    found["gpu_copy_gb_per_s"] = 2.0 * copy_bytes / 1e9 / seconds(lambda: target.copy_(source))
    host = torch.empty(copy_bytes // 4, dtype=torch.uint8).pin_memory()
    part = source[: copy_bytes // 4]
    moved = copy_bytes // 4 / 1e9
    found["gpu_host_to_device_gb_per_s"] = moved / seconds(
        lambda: part.copy_(host, non_blocking=True)
    )
    found["gpu_device_to_host_gb_per_s"] = moved / seconds(
        lambda: host.copy_(part, non_blocking=True)
    )
    one = torch.ones(1, device="cuda")
    for _ in range(10):
        one + 1
    torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(LAUNCHES):
        one + 1
    torch.cuda.synchronize()
    found["gpu_launch_us"] = 1e6 * (time.perf_counter() - start) / LAUNCHES
    return found


LAUNCHES = 1_000
"""Kernels that are launched to tell how long one takes."""
