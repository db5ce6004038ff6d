"""Read this machine: what the measurements are made on. Nothing is run, only looked up."""

import functools
import hashlib
import math
import os
import platform
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from pydantic import ValidationError

from benchmarks.errors import BenchmarkError
from benchmarks.storage.records import HardwareProfile, RentedMachine

LIBRARIES = (
    *("numpy", "scipy", "pandas", "scikit-learn", "joblib", "torch", "lightgbm", "xgboost"),
    *("xgboost-cpu", "skops", "onnxruntime", "skl2onnx"),
)
"""Libraries whose version shapes a result."""

GIB = 2**30
"""Bytes in one GiB."""

RENTED = "ADVISOR_RENTED"
"""Variable that tells a rented machine what it was rented as: JSON of a `RentedMachine`."""

HUGE_BYTES = 2**60
"""A memory limit beyond this means that there is none. [B]"""


def read_host(*, root: Path = Path("/")) -> HardwareProfile:
    """Return what this process may use of this machine.

    Args:
        root: where `/proc` and `/sys` are; another folder in tests.
    """
    from benchmarks.machine.devices import read_gpu

    gpu = read_gpu() if root == Path("/") else None
    processor = _processor(root)
    logical = usable_cpu_count(root=root)
    memory_gib = memory_limit_bytes(root=root) / GIB
    physical = min(_physical_core_count(root), logical)
    architecture = {"aarch64": "arm64", "AMD64": "x86_64"}.get(
        platform.machine(), platform.machine()
    )
    rented = read_rented()
    identity: tuple[object, ...] = (
        processor,
        architecture,
        physical,
        logical,
        round(memory_gib),
        gpu.model if gpu else None,
        _read(root / "etc/machine-id"),
    )
    if rented is not None:  # containers tell nothing of the machine below them
        identity += (rented.sku.removeprefix("ml."), rented.region)
    return HardwareProfile(
        host_id=hashlib.sha256(repr(identity).encode()).hexdigest()[:16],
        processor=processor,
        architecture=architecture,
        physical_core_count=physical,
        logical_cpu_count=logical,
        memory_gib=memory_gib,
        gpu_model=gpu.model if gpu else None,
        gpu_memory_gib=gpu.memory_gib if gpu else None,
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        libraries=library_versions(),
        rented=rented,
    )


def read_rented() -> RentedMachine | None:
    """Return what this machine was rented as, null where nobody said so.

    Raises:
        BenchmarkError: the variable holds something else.
    """
    text = os.environ.get(RENTED)
    if not text:
        return None
    try:
        return RentedMachine.model_validate_json(text)
    except ValidationError as error:
        raise BenchmarkError(
            f"{RENTED} does not describe a rented machine ({error.errors()[0]['msg']}): unset it"
        ) from None


@functools.cache
def _versions(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    found = []
    for name in names:
        try:
            found.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            continue
    return tuple(found)


def library_versions() -> dict[str, str]:
    """Return the version of each library that is installed, without importing any."""
    return dict(_versions(LIBRARIES))


def usable_cpu_count(*, root: Path = Path("/")) -> int:
    """Return the logical CPUs that this process may use, by affinity and by cgroup quota.

    A quota of one and a half processors counts as 1: more threads than that would be throttled.
    """
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    quota = cpu_quota_count(root=root)
    allowed = affinity or 1
    return max(1, min(allowed, math.floor(quota))) if quota is not None else allowed


def pinned_cpus(
    *, thread_count: int, allowed: Sequence[int] | None = None, root: Path = Path("/")
) -> tuple[int, ...] | None:
    """Return the processors to bind a trial to, null where it is not bound.

    One thread of each core first, the last processors first, for the system prefers the first ones
    for its own work. Null where the trial uses all processors, or the system cannot bind.

    Example:
        >>> pinned_cpus(thread_count=1, allowed=[0, 1], root=Path("/nowhere"))
        (1,)
    """
    if allowed is None:
        if not hasattr(os, "sched_getaffinity"):
            return None
        allowed = sorted(os.sched_getaffinity(0))
    if thread_count >= len(allowed):
        return None
    first: list[int] = []
    second: list[int] = []
    seen: set[str] = set()
    for cpu in sorted(allowed, reverse=True):
        core = _core_of(cpu, root)
        (second if core in seen else first).append(cpu)
        seen.add(core)
    return tuple(sorted([*first, *second][:thread_count]))


def cpu_quota_count(*, root: Path = Path("/")) -> float | None:
    """Return the processors that the control group grants, null without a quota."""
    quotas = []
    for folder in cgroup_folders(root, controller="cpu"):
        fields = _read(folder / "cpu.max").split()
        if len(fields) == 2 and fields[0] != "max":
            quotas.append(int(fields[0]) / int(fields[1]))
        quota_us, period_us = (
            _read(folder / "cpu.cfs_quota_us"),
            _read(folder / "cpu.cfs_period_us"),
        )
        if quota_us and period_us and int(quota_us) > 0:
            quotas.append(int(quota_us) / int(period_us))
    return min(quotas, default=None)


def memory_limit_bytes(*, root: Path = Path("/")) -> int:
    """Return the memory that this process may use: the machine's, or its control group's. [B]"""
    limits = [_meminfo_bytes(root, "MemTotal") or GIB]
    for folder in cgroup_folders(root, controller="memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):
            text = _read(folder / name)
            if text.isdigit() and 0 < int(text) < HUGE_BYTES:
                limits.append(int(text))
    return min(limits)


def available_memory_bytes(*, root: Path = Path("/")) -> int:
    """Return the memory that is free for new processes now. [B]"""
    available = _meminfo_bytes(root, "MemAvailable") or memory_limit_bytes(root=root)
    free = [available]
    for folder in cgroup_folders(root, controller="memory"):
        for limit, used in (
            ("memory.max", "memory.current"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes"),
        ):
            limit_text, used_text = _read(folder / limit), _read(folder / used)
            if limit_text.isdigit() and used_text.isdigit() and int(limit_text) < HUGE_BYTES:
                free.append(int(limit_text) - int(used_text))
    return max(0, min(free))


def cgroup_folders(root: Path, *, controller: str) -> list[Path]:
    """Return this process's control-group folder and all above it, version 2 and 1."""
    folders: list[Path] = []
    for line in _read(root / "proc/self/cgroup").splitlines():
        hierarchy, controllers, name = (*line.split(":", 2), "", "")[:3]
        if hierarchy == "0" and not controllers:
            base = root / "sys/fs/cgroup"
        elif controller in controllers.split(","):
            base = root / "sys/fs/cgroup" / controller
        else:
            continue
        own = base / name.lstrip("/")
        folders += [own, *(parent for parent in own.parents if parent.is_relative_to(base))]
    return folders


def _processor(root: Path) -> str:
    info = _read(root / "proc/cpuinfo")
    for key in ("model name", "Model", "cpu model", "Hardware"):
        for line in info.splitlines():
            name, _, value = line.partition(":")
            if name.strip() == key and value.strip():
                return value.strip()
    return platform.processor() or platform.machine() or "unknown"


def _physical_core_count(root: Path) -> int:
    """Count distinct cores among the CPUs that this process may use."""
    cpus = (
        sorted(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else range(os.cpu_count() or 1)
    )
    return max(1, len({_core_of(cpu, root) for cpu in cpus}))


def _core_of(cpu: int, root: Path) -> str:
    """Return what the CPUs of one core have in common."""
    topology = root / f"sys/devices/system/cpu/cpu{cpu}/topology"
    siblings = _read(topology / "thread_siblings_list") or _read(topology / "core_cpus_list")
    return siblings or str(cpu)


def _meminfo_bytes(root: Path, key: str) -> int | None:
    for line in _read(root / "proc/meminfo").splitlines():
        name, _, value = line.partition(":")
        if name == key:
            return int(value.split()[0]) * 1024
    return None


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""
