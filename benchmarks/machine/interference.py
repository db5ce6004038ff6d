"""What else a machine does while a trial runs: quota, steal, heat, other programs, its own speed.

Counters are read before and after; a fixed reference workload tells how fast the machine was. All
of it is noted, nothing is corrected: raw durations stay as they were measured.
"""

import csv
import hashlib
import os
import re
import statistics
import subprocess
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.machine.host import cgroup_folders, cpu_quota_count
from benchmarks.storage.records import Circumstances, ReferenceCheck

REFERENCE_REPEATS = 5
"""Repeats of the reference workload; the median counts, since it is to feel what a trial feels."""

REFERENCE_LIMIT_FRACTION = 0.05
"""A change of the reference workload beyond this says that the trial was disturbed. [fraction]"""

WAITING_LIMIT_FRACTION = 0.10
"""Processes that wait for a processor for a larger share of the time are noted. [fraction]"""

LOOK_LIMIT_S = 10.0
"""Time that asking the GPU's driver may take. [s]"""

_LOOP_COUNT = 20_000
_BLOCK = bytes(range(256)) * 1024
_TEXT = b" ".join(b"%d" % (number * number) for number in range(4_000))


@dataclass(frozen=True)
class Counters:
    """What the system has counted since it started."""

    throttled_s: float = 0.0
    """Time that the control group's quota held its processes up. [s]"""
    waiting_s: float = 0.0
    """Time in which some process waited for a processor (pressure stall information). [s]"""
    thermal_throttle_count: int = 0
    """Times that cores lowered their clock for heat, all cores together."""


def read_counters(*, root: Path = Path("/")) -> Counters:
    """Return the counters; 0 where the system does not tell."""
    pressure = re.search(r"^some .*total=(\d+)", _read(root / "proc/pressure/cpu"), re.MULTILINE)
    heat = sum(
        int(text)
        for path in (root / "sys/devices/system/cpu").glob(
            "cpu[0-9]*/thermal_throttle/core_throttle_count"
        )
        if (text := _read(path)).isdigit()
    )
    return Counters(
        throttled_s=_throttled_s(root),
        waiting_s=int(pressure.group(1)) / 1e6 if pressure else 0.0,
        thermal_throttle_count=heat,
    )


def _throttled_s(root: Path) -> float:
    """Return the longest time that this control group or one above it was held up. [s]"""
    found = [0.0]
    for folder in cgroup_folders(root, controller="cpu"):
        for line in _read(folder / "cpu.stat").splitlines():
            name, _, value = line.partition(" ")
            if name == "throttled_usec":
                found.append(int(value) / 1e6)
            if name == "throttled_time":  # version 1 counts nanoseconds
                found.append(int(value) / 1e9)
    return max(found)


def reference_s(
    *, cpus: Sequence[int] | None = None, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Return how long a fixed workload takes: interpreter, hashing, compressing, memory. [s]

    The median of a few repeats of about 2 ms. It uses one thread of the standard library only, so
    that no version of any other library and no thread pool changes it.

    Args:
        cpus: processors to run it on, as the trial beside it; all that may be used when None.
        clock: seconds.
    """
    before = (
        os.sched_getaffinity(0) if cpus is not None and hasattr(os, "sched_getaffinity") else None
    )
    try:
        if before is not None and cpus is not None:
            os.sched_setaffinity(0, cpus)
        _reference_work()
        durations = []
        for _ in range(REFERENCE_REPEATS):
            start = clock()
            _reference_work()
            durations.append(clock() - start)
    finally:
        if before is not None:
            os.sched_setaffinity(0, before)
    return max(1e-9, statistics.median(durations))


def _reference_work() -> None:
    total = 0
    for number in range(_LOOP_COUNT):
        total += number & 3
    hashlib.sha256(_BLOCK).digest()
    zlib.compress(_TEXT, 3)
    bytes(bytearray(2**21))


@dataclass(frozen=True)
class GpuState:
    """How the first CUDA device stands now."""

    process_count: int = 0
    """Programs that hold it."""
    clock_mhz: float | None = None
    """Clock of its processors. [MHz]"""
    throttle: str | None = None
    """Why it holds its clock down; null where it does not."""


GPU_REASONS = {
    0x8: "hardware slowdown",
    0x20: "software thermal slowdown",
    0x40: "hardware thermal slowdown",
    0x80: "power brake",
    0x4: "power cap",
}
"""Bits of NVIDIA's clock event reasons that slow a measurement down; idle is none of them."""


def read_gpu_state(*, ask: Callable[[Sequence[str]], str] | None = None) -> GpuState | None:
    """Return the state of the first GPU by `nvidia-smi`; null where it cannot be asked."""
    run = ask or _ask_driver
    fields = "clocks.sm,clocks_throttle_reasons.active"
    try:
        state = run(
            ["nvidia-smi", "-i", "0", f"--query-gpu={fields}", "--format=csv,noheader,nounits"]
        )
        holders = run(
            ["nvidia-smi", "-i", "0", "--query-compute-apps=pid", "--format=csv,noheader"]
        )
        clock, reasons = next(csv.reader(state.splitlines()))
    except (OSError, subprocess.SubprocessError, StopIteration, ValueError):
        return None
    bits = int(reasons.strip(), 16) if reasons.strip().startswith("0x") else 0
    named = [name for bit, name in GPU_REASONS.items() if bits & bit]
    return GpuState(
        process_count=sum(line.strip().isdigit() for line in holders.splitlines()),
        clock_mhz=float(clock) if clock.strip().replace(".", "").isdigit() else None,
        throttle=", ".join(named) or None,
    )


def _ask_driver(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=LOOK_LIMIT_S, check=True)
    return done.stdout


@dataclass
class Observer:
    """Collects what happens around the trials of one run."""

    pinned: bool = False
    root: Path = Path("/")
    references: list[ReferenceCheck] = field(default_factory=list)
    other_loads: list[float] = field(default_factory=list)
    stolen: list[float] = field(default_factory=list)
    waiting: list[float] = field(default_factory=list)
    throttled_s: float = 0.0
    thermal_count: int = 0
    gpu: GpuState | None = None

    def record(
        self,
        trial: str,
        *,
        before: Counters,
        after: Counters,
        wall_s: float,
        reference_before_s: float,
        reference_after_s: float,
        other_load_fraction: float = 0.0,
        stolen_fraction: float = 0.0,
    ) -> None:
        """Add one trial."""
        self.references.append(
            ReferenceCheck(trial=trial, before_s=reference_before_s, after_s=reference_after_s)
        )
        self.other_loads.append(other_load_fraction)
        self.stolen.append(stolen_fraction)
        self.throttled_s += max(0.0, after.throttled_s - before.throttled_s)
        self.thermal_count += max(0, after.thermal_throttle_count - before.thermal_throttle_count)
        waited_s = max(0.0, after.waiting_s - before.waiting_s)
        self.waiting.append(min(1.0, waited_s / wall_s) if wall_s > 0 else 0.0)

    def circumstances(self) -> Circumstances:
        """Return the worst of what was seen."""
        gpu = self.gpu or GpuState()
        return Circumstances(
            cpu_quota_count=cpu_quota_count(root=self.root),
            pinned=self.pinned,
            other_load_fraction=max(self.other_loads, default=0.0),
            stolen_fraction=max(self.stolen, default=0.0),
            throttled_s=self.throttled_s,
            waiting_fraction=max(self.waiting, default=0.0),
            thermal_throttle_count=self.thermal_count,
            gpu_process_count=gpu.process_count,
            gpu_clock_mhz=gpu.clock_mhz,
            gpu_throttle=gpu.throttle,
            references=tuple(self.references),
        )


def circumstance_notes(found: Circumstances) -> tuple[str, ...]:
    """Say what disturbed a run, each with its remedy; empty where nothing did.

    Load of other programs and steal are told with the number of trials by the run itself.
    """
    notes = []
    moved = [
        item for item in found.references if abs(item.change_fraction) > REFERENCE_LIMIT_FRACTION
    ]
    if moved:
        worst = max(moved, key=lambda item: abs(item.change_fraction))
        notes.append(
            f"the machine's speed changed by up to {abs(worst.change_fraction):.0%} during "
            f"{len(moved)} of {len(found.references)} trials (fixed reference workload before and "
            "after): close other programs, measure again"
        )
    if found.throttled_s > 0:
        notes.append(
            f"the control group's quota held the trials up for {found.throttled_s:.1f} s: "
            "grant whole processors (docker --cpuset-cpus) instead of a share of them"
        )
    if found.waiting_fraction > WAITING_LIMIT_FRACTION:
        notes.append(
            f"processes waited for a processor up to {found.waiting_fraction:.0%} of a trial: "
            "close other programs, or use a machine of your own"
        )
    if found.thermal_throttle_count:
        notes.append(
            f"cores lowered their clock for heat {found.thermal_throttle_count} times: "
            "cool the machine, or measure at a fixed lower clock"
        )
    if found.gpu_process_count:
        notes.append(
            f"{found.gpu_process_count} other programs held the GPU: stop them (nvidia-smi lists "
            "them) and measure again"
        )
    if found.gpu_throttle:
        notes.append(f"the GPU held its clock down ({found.gpu_throttle}): cool it, measure again")
    return tuple(notes)


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""
