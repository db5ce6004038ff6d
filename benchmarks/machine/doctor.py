"""What on this machine would spoil a measurement, each with its remedy. Changes nothing."""

import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from benchmarks.machine.host import (
    available_memory_bytes,
    cpu_quota_count,
    memory_limit_bytes,
    usable_cpu_count,
)
from benchmarks.machine.interference import read_counters, read_gpu_state
from benchmarks.processes.cpu_load import read_cpu_ticks
from benchmarks.processes.isolation import THREAD_VARIABLES
from benchmarks.storage.records import Record

Severity = Literal["ok", "note", "problem"]

BUSY_FRACTION = 0.25
"""A load average above this share of the processors disturbs measurements. [fraction]"""

LOW_MEMORY_GIB = 2.0
"""With less free memory than this, trials of usual data may fail. [GiB]"""

PRESSURE_LIMIT_PERCENT = 5.0
"""Share of the time that some process waited for a processor, as the kernel tells it. [%]"""

STOLEN_LIMIT_FRACTION = 0.02
"""Time that the hypervisor gave to other machines beyond this share disturbs. [fraction]"""

SLOW_CLOCKS = {"hpet", "acpi_pm", "refined-jiffies", "jiffies"}
"""Sources of the time that are slow to read."""

LOW_DISK_GIB = 1.0
"""With less free space than this, a run may not be stored. [GiB]"""

SWAP_LIMIT_BYTES = 64 * 2**20
"""More than this in swap means that memory was short. [B]"""


class Finding(Record):
    """One thing that was looked at."""

    check: str
    """What was looked at."""
    severity: Severity
    """`ok`, `note` (know it) or `problem` (it would spoil a measurement)."""
    found: str
    """What was found."""
    remedy: str | None = None
    """What to do about it; null where nothing needs to be done."""


def examine(
    *,
    root: Path = Path("/"),
    environment: Mapping[str, str] | None = None,
    folder: Path = Path(),
) -> tuple[Finding, ...]:
    """Look at everything, in a fixed order.

    Args:
        root: where `/proc` and `/sys` are; another folder in tests.
        environment: environment variables; this process's own when None.
        folder: where the runs would be stored.
    """
    variables = os.environ if environment is None else environment
    return (
        _load(root),
        _pressure(root),
        _cores(root),
        _quota(root),
        _throttled(root),
        _stolen(root),
        _heat(root),
        _clock_source(root),
        _governor(root),
        _turbo(root),
        _memory(root),
        _swap(root),
        _threads(variables),
        _virtual(root),
        _gpu(root),
        _gpu_state(root),
        _disk(root, folder),
        _system(),
    )


def _load(root: Path) -> Finding:
    text = _read(root / "proc/loadavg").split()
    if not text:
        return Finding(check="load", severity="note", found="the system does not tell")
    load, cpus = float(text[0]), usable_cpu_count(root=root)
    found = f"load average {load:.2f} on {cpus} processors"
    if load <= BUSY_FRACTION * cpus:
        return Finding(check="load", severity="ok", found=found)
    return Finding(
        check="load",
        severity="problem",
        found=found,
        remedy="close other programs (top shows them) and wait a minute",
    )


def _pressure(root: Path) -> Finding:
    match = re.search(r"some avg10=([\d.]+)", _read(root / "proc/pressure/cpu"))
    if match is None:
        return Finding(check="waiting", severity="ok", found="the kernel does not tell")
    percent = float(match.group(1))
    found = f"processes waited for a processor {percent:.0f}% of the last 10 s"
    if percent <= PRESSURE_LIMIT_PERCENT:
        return Finding(check="waiting", severity="ok", found=found)
    return Finding(
        check="waiting",
        severity="problem",
        found=found,
        remedy="close other programs, or use a machine of your own",
    )


def _cores(root: Path) -> Finding:
    cpus, all_cpus = usable_cpu_count(root=root), os.cpu_count() or 1
    found = f"{cpus} of {all_cpus} processors may be used"
    if cpus == 1:
        return Finding(
            check="processors",
            severity="problem",
            found=found,
            remedy="use at least 2: on one, the harness and whatever else runs disturb each trial",
        )
    if cpus < all_cpus:
        return Finding(
            check="processors",
            severity="note",
            found=found,
            remedy="fine for measuring; a wider affinity (taskset, docker --cpuset-cpus) uses all",
        )
    return Finding(check="processors", severity="ok", found=found)


def _quota(root: Path) -> Finding:
    quota = cpu_quota_count(root=root)
    if quota is None:
        return Finding(check="processor quota", severity="ok", found="none")
    found = f"{quota:g} processors by control group"
    if quota == int(quota):
        return Finding(
            check="processor quota",
            severity="note",
            found=found,
            remedy="a quota throttles in bursts: prefer whole processors (docker --cpuset-cpus)",
        )
    return Finding(
        check="processor quota",
        severity="problem",
        found=found,
        remedy="grant whole processors (docker --cpus, limits.cpu): a part of one stalls "
        "every 100 ms",
    )


def _throttled(root: Path) -> Finding:
    held_s = read_counters(root=root).throttled_s
    if held_s <= 0:
        return Finding(check="throttling", severity="ok", found="none so far")
    return Finding(
        check="throttling",
        severity="problem",
        found=f"the control group's quota has held processes up for {held_s:,.1f} s",
        remedy="raise the quota, or grant whole processors (docker --cpuset-cpus)",
    )


def _stolen(root: Path) -> Finding:
    ticks = read_cpu_ticks(root=root)
    if ticks is None or ticks.busy_s <= 0:
        return Finding(check="steal", severity="ok", found="the system does not tell")
    share = ticks.stolen_s / (ticks.busy_s + ticks.stolen_s)
    found = f"{share:.1%} of the busy time since the start went to other machines"
    if share <= STOLEN_LIMIT_FRACTION:
        return Finding(check="steal", severity="ok", found=found)
    return Finding(
        check="steal",
        severity="problem",
        found=found,
        remedy="use a machine with processors of its own (no burstable type, a dedicated host)",
    )


def _heat(root: Path) -> Finding:
    count = read_counters(root=root).thermal_throttle_count
    if not count:
        return Finding(check="heat", severity="ok", found="no core lowered its clock")
    return Finding(
        check="heat",
        severity="note",
        found=f"cores have lowered their clock for heat {count:,} times",
        remedy="cool the machine, or turn turbo off while you measure",
    )


def _clock_source(root: Path) -> Finding:
    name = _read(root / "sys/devices/system/clocksource/clocksource0/current_clocksource")
    if name not in SLOW_CLOCKS:
        return Finding(check="clock", severity="ok", found=name or "not visible")
    return Finding(
        check="clock",
        severity="problem",
        found=f"{name}, which takes about a microsecond to read",
        remedy="start the kernel with clocksource=tsc, or use another machine",
    )


def _gpu_state(root: Path) -> Finding:
    state = read_gpu_state() if root == Path("/") and Path("/dev/nvidiactl").exists() else None
    if state is None:
        return Finding(check="GPU sharing", severity="ok", found="no GPU to share")
    if state.process_count or state.throttle:
        return Finding(
            check="GPU sharing",
            severity="problem",
            found=f"{state.process_count} programs hold it, clock held down: "
            f"{state.throttle or 'no'}",
            remedy="stop the programs that nvidia-smi lists, and let the GPU cool",
        )
    return Finding(check="GPU sharing", severity="ok", found="nobody else uses it")


def _disk(root: Path, folder: Path) -> Finding:
    if root != Path("/"):
        return Finding(check="disk", severity="ok", found="not looked at")
    free_gib = shutil.disk_usage(folder).free / 2**30
    writable = os.access(folder, os.W_OK)
    found = f"{free_gib:,.1f} GiB free, {'can' if writable else 'cannot'} be written"
    if free_gib >= LOW_DISK_GIB and writable:
        return Finding(check="disk", severity="ok", found=found)
    return Finding(
        check="disk",
        severity="problem",
        found=found,
        remedy="free some space, or keep the study on another disk",
    )


def _governor(root: Path) -> Finding:
    governor = _read(root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    if governor in {"", "performance"}:
        return Finding(
            check="clock governor", severity="ok", found=governor or "none that is visible"
        )
    return Finding(
        check="clock governor",
        severity="problem" if governor == "powersave" else "note",
        found=governor,
        remedy="sudo cpupower frequency-set --governor performance",
    )


def _turbo(root: Path) -> Finding:
    boost = _read(root / "sys/devices/system/cpu/cpufreq/boost")
    no_turbo = _read(root / "sys/devices/system/cpu/intel_pstate/no_turbo")
    if boost == "1" or no_turbo == "0":
        return Finding(
            check="turbo",
            severity="note",
            found="on",
            remedy="clocks fall as the machine warms up: measure for longer (--preset standard)",
        )
    return Finding(
        check="turbo", severity="ok", found="off" if boost or no_turbo else "not visible"
    )


def _memory(root: Path) -> Finding:
    gib = 2**30
    free = available_memory_bytes(root=root) / gib
    found = f"{free:.1f} of {memory_limit_bytes(root=root) / gib:.1f} GiB free"
    if free >= LOW_MEMORY_GIB:
        return Finding(check="memory", severity="ok", found=found)
    return Finding(
        check="memory",
        severity="problem",
        found=found,
        remedy="close other programs, or raise the container's memory limit",
    )


def _swap(root: Path) -> Finding:
    sizes = {
        name: int(value.split()[0]) * 1024
        for name, _, value in (
            line.partition(":") for line in _read(root / "proc/meminfo").splitlines()
        )
        if name in {"SwapTotal", "SwapFree"}
    }
    used = sizes.get("SwapTotal", 0) - sizes.get("SwapFree", 0)
    if used <= SWAP_LIMIT_BYTES:
        return Finding(check="swap", severity="ok", found="not in use")
    return Finding(
        check="swap",
        severity="problem",
        found=f"{used / 2**20:,.0f} MiB in use",
        remedy="free memory, then: sudo swapoff -a && sudo swapon -a",
    )


def _threads(variables: Mapping[str, str]) -> Finding:
    found = [f"{name}={variables[name]}" for name in THREAD_VARIABLES if name in variables]
    if not found:
        return Finding(check="thread variables", severity="ok", found="none set")
    return Finding(
        check="thread variables",
        severity="note",
        found=", ".join(found),
        remedy="trials set their own; unset them so that your other measurements agree: "
        f"unset {' '.join(item.partition('=')[0] for item in found)}",
    )


def _virtual(root: Path) -> Finding:
    flags = _read(root / "proc/cpuinfo")
    if " hypervisor" not in flags:
        return Finding(check="virtual machine", severity="ok", found="no")
    return Finding(
        check="virtual machine",
        severity="note",
        found="yes",
        remedy="neighbours may take processor time (steal); runs note it when they do",
    )


def _gpu(root: Path) -> Finding:
    from benchmarks.machine.devices import read_gpu

    gpu = read_gpu() if root == Path("/") else None
    if gpu is not None:
        return Finding(check="GPU", severity="ok", found=f"{gpu.model}, {gpu.memory_gib:.0f} GiB")
    return Finding(
        check="GPU",
        severity="note",
        found="none that torch can use",
        remedy="CPU results are unaffected; to measure on a GPU run 'advisor bench' on a machine "
        "with one and copy its .advisor folder here",
    )


def _system() -> Finding:
    if sys.platform.startswith("linux"):
        return Finding(check="system", severity="ok", found="Linux")
    return Finding(
        check="system",
        severity="note",
        found=sys.platform,
        remedy="memory limits and load are not seen here: measure on Linux for a decision",
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""
