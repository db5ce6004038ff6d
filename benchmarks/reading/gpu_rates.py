"""What a GPU run tells: the share of the device's rates that is reached, and where it beats a CPU.

Pure functions over runs, so that they need no GPU.
"""

import math
import statistics
from collections.abc import Mapping

from benchmarks.storage.records import BenchmarkRun, InferenceMeasurement, Record

FLOP_UNITS = {"_tflop_per_s": 1e12, "_gflop_per_s": 1e9}
"""Endings of probes of a matrix product. [FLOP/s]"""

BYTE_UNITS = {"_gb_per_s": 1e9, "_gib_per_s": 2**30}
"""Endings of probes of the memory. [B/s]"""


class Reached(Record):
    """What a network does on a device at one batch size and precision."""

    form: str
    """Form that was timed, e.g. `torch-cuda-bfloat16`."""
    precision: str
    """Number format of the arithmetic."""
    batch_rows: int
    """Rows of a call."""
    call_s: float
    """Median time of a call on the device. [s]"""
    flop_per_s: float
    """Arithmetic done. [FLOP/s]"""
    matrix_fraction: float | None
    """Share of the probed matrix rate of that precision; null where it was not probed."""
    bytes_per_s: float
    """Weights read. [B/s]"""
    bandwidth_fraction: float | None
    """Share of the probed memory bandwidth; null where it was not probed."""


def reached_rates(run: BenchmarkRun) -> tuple[Reached, ...]:
    """Return what a run's network reaches at every batch size and precision.

    The arithmetic of a call is rows x FLOP per row; its traffic is counted as one reading of the
    weights, which is the least it can be: what is above one row's share stays in the cache.
    """
    found = []
    for item in run.forms:
        if item.flop_per_row is None or item.weight_bytes is None:
            continue
        for timing in item.inference:
            call_s = statistics.median(timing.durations_s)
            flop_per_s = item.flop_per_row * timing.batch_rows / call_s
            bytes_per_s = item.weight_bytes / call_s
            matrix = _matrix_flop_per_s(run.hardware.probes, timing.precision)
            bandwidth = _bandwidth_bytes_per_s(run.hardware.probes)
            found.append(
                Reached(
                    form=item.form,
                    precision=timing.precision,
                    batch_rows=timing.batch_rows,
                    call_s=call_s,
                    flop_per_s=flop_per_s,
                    matrix_fraction=None if matrix is None else flop_per_s / matrix,
                    bytes_per_s=bytes_per_s,
                    bandwidth_fraction=None if bandwidth is None else bytes_per_s / bandwidth,
                )
            )
    return tuple(found)


def crossover_batch_rows(*, cpu: BenchmarkRun, gpu: BenchmarkRun) -> float | None:
    """Return the batch from which the GPU answers a whole call faster; null where it never does.

    Medians of whole calls, copies included, at the batch sizes that both were measured at. Between
    two of them the ratio of the times is taken for a power of the batch. Where the GPU is faster
    from the start, the smallest common batch is returned; it must stay faster up to the largest.

    Example:
        A CPU that takes 1 us a row and a GPU that takes 100 us a call cross at 100 rows.
    """
    on_cpu, on_gpu = _medians(cpu), _medians(gpu)
    sizes = sorted(set(on_cpu) & set(on_gpu))
    if not sizes or on_gpu[sizes[-1]] >= on_cpu[sizes[-1]]:
        return None
    slower = [rows for rows in sizes if on_gpu[rows] >= on_cpu[rows]]
    if not slower:
        return float(sizes[0])
    below = slower[-1]
    above = sizes[sizes.index(below) + 1]
    behind = math.log(on_gpu[below] / on_cpu[below])
    ahead = math.log(on_cpu[above] / on_gpu[above])
    share = behind / (behind + ahead)
    return float(below * (above / below) ** share)


def _medians(run: BenchmarkRun) -> dict[int, float]:
    """Return the median of a whole call by batch size, at the thread count that is fastest. [s]"""
    best: dict[int, float] = {}
    timing: InferenceMeasurement
    for timing in run.inference:
        value = statistics.median(timing.durations_s)
        best[timing.batch_rows] = min(value, best.get(timing.batch_rows, math.inf))
    return best


def _matrix_flop_per_s(probes: Mapping[str, float], precision: str) -> float | None:
    """Return the probed matrix rate of a precision on the GPU. [FLOP/s]"""
    short = {"float32": "fp32", "bfloat16": "bf16"}.get(precision, precision)
    return _probe(probes, (short,), FLOP_UNITS)


def _bandwidth_bytes_per_s(probes: Mapping[str, float]) -> float | None:
    """Return the probed bandwidth of the GPU's memory. [B/s]"""
    return _probe(probes, ("bandwidth", "gpu_copy", "gpu_memory"), BYTE_UNITS)


def _probe(
    probes: Mapping[str, float], any_of: tuple[str, ...], units: Mapping[str, float]
) -> float | None:
    for name, value in sorted(probes.items()):
        on_gpu = name.startswith(("gpu_", "cuda_"))
        if not on_gpu or "host" in name or not any(part in name for part in any_of):
            continue
        for ending, factor in units.items():
            if name.endswith(ending):
                return value * factor
    return None
