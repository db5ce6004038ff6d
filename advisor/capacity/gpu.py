"""What a GPU that was not measured would take: an order of magnitude, bounded by the roofline.

Time of a call = launches + bytes / bandwidth + operations / rate, with effective constants per GPU.
Only torch models with a known number of weights have such a form; scikit-learn's estimators run on
no GPU, and `gpu_form_note` says so. Every figure here is `assumed`, half to twice; a run on the GPU
itself replaces it.
"""

from dataclasses import dataclass
from typing import NamedTuple

BAND_FACTOR = 2.0
"""A guess of a call may be this many times too large or too small."""

TRAINING_BAND_FACTOR = 3.0
"""The same for a training, whose data loading and steps are guessed too."""

LAUNCHES_OF_FIT = 400
"""Kernel launches behind the fitted launch times: one token of a language model. Assumed."""

LAUNCHES_PER_CALL = 20
"""Kernel launches and copies of one forward pass of a small network. Assumed."""

BYTES_PER_WEIGHT = 4
"""Single precision."""

CPU_GFLOP_PER_S = 50.0
"""Rate of one CPU core in training a small network, below its matrix-product peak of about 100.
Assumed. [GFLOP/s]"""

CPU_STEP_S = 0.0005
"""Interpreter and optimiser of one training step on a CPU. Assumed. [s]"""

TRAINING_BATCH_ROWS = 256
"""Rows per training step. Assumed."""


class GpuConstants(NamedTuple):
    """Effective constants of one GPU."""

    launch_s: float
    """Launches of the fitted workload, see `LAUNCHES_OF_FIT`. [s]"""
    bytes_per_s: float
    """Memory bandwidth that is reached. [B/s]"""
    flop_per_s: float
    """Arithmetic rate that is reached. [FLOP/s]"""


GPUS: dict[str, GpuConstants] = {
    "T4": GpuConstants(2.7e-3, 204e9, 17e12),
    "A10G": GpuConstants(2.2e-3, 507e9, 48e12),
    "L4": GpuConstants(1.75e-3, 248e9, 37e12),
    "L40S": GpuConstants(1.75e-3, 739e9, 141e12),
    "RTX PRO 6000": GpuConstants(1.65e-3, 1433e9, 212e12),
    "V100": GpuConstants(3.4e-3, 857e9, 36e12),
    "A100": GpuConstants(2.2e-3, 1150e9, 100e12),
    "H100": GpuConstants(1.7e-3, 2500e9, 300e12),
    "H200": GpuConstants(1.7e-3, 3500e9, 300e12),
}
"""T4 to V100 and RTX PRO 6000 fitted from public llama.cpp measurements on one GPU (Spare Cores,
CC BY-SA 4.0); A100 to H200 taken from their published peaks at the same share: assumed."""

SLOWEST = "T4"
"""Stands for a GPU that is not listed."""


@dataclass(frozen=True)
class GpuGuess:
    """A guessed duration with its band."""

    mean_s: float
    """Middle of the guess. [s]"""
    low_s: float
    """Lower end. [s]"""
    high_s: float
    """Upper end. [s]"""
    note: str
    """What it rests on, for people."""
    basis: str = "assumed"
    """Always `assumed`: measure on the GPU to replace it."""


def gpu_constants(gpu_model: str) -> tuple[str, GpuConstants]:
    """Return the name and constants of a GPU, those of the slowest one where it is not listed."""
    words = gpu_model.replace("-", " ").replace("/", " ").upper().split()
    for name, constants in GPUS.items():
        if set(name.split()) <= set(words):
            return name, constants
    return SLOWEST, GPUS[SLOWEST]


def gpu_service_s(*, gpu_model: str, parameter_count: int, batch_rows: int) -> GpuGuess:
    """Guess the time of one forward pass of a dense network on a GPU. [s]

        T = launch 20 / 400 + 4 P / bandwidth + 2 P B / rate

    Args:
        gpu_model: e.g. `NVIDIA A10G`.
        parameter_count: P, weights, > 0.
        batch_rows: B, rows of the call, > 0.
    """
    _require_positive(parameter_count=parameter_count, batch_rows=batch_rows)
    name, constants = gpu_constants(gpu_model)
    mean_s = (
        constants.launch_s * LAUNCHES_PER_CALL / LAUNCHES_OF_FIT
        + BYTES_PER_WEIGHT * parameter_count / constants.bytes_per_s
        + 2.0 * parameter_count * batch_rows / constants.flop_per_s
    )
    return _guess(mean_s, BAND_FACTOR, f"order of magnitude from {name}'s effective rates")


def gpu_training_s(
    *,
    gpu_model: str,
    parameter_count: int,
    row_count: int,
    cpu_wall_s: float,
    batch_rows: int = TRAINING_BATCH_ROWS,
) -> GpuGuess:
    """Guess a training on a GPU from the same training on one CPU core. [s]

    The measured time is divided by the ratio of a step's time there and here, each an overhead per
    step plus three forward passes' worth of arithmetic (forward, and twice that backward).

    Args:
        gpu_model: e.g. `NVIDIA A10G`.
        parameter_count: weights, > 0.
        row_count: training rows, > 0; fewer than a batch make smaller steps.
        cpu_wall_s: measured on one core of the host, > 0. [s]
        batch_rows: rows per step.
    """
    _require_positive(parameter_count=parameter_count, row_count=row_count, batch_rows=batch_rows)
    if not cpu_wall_s > 0:
        raise ValueError(f"cpu_wall_s must be positive, got {cpu_wall_s!r}")
    name, constants = gpu_constants(gpu_model)
    step_rows = min(batch_rows, row_count)
    work_flop = 6.0 * parameter_count * step_rows
    there_s = (
        3 * constants.launch_s * LAUNCHES_PER_CALL / LAUNCHES_OF_FIT
        + 5 * BYTES_PER_WEIGHT * parameter_count / constants.bytes_per_s
        + work_flop / constants.flop_per_s
    )
    here_s = CPU_STEP_S + work_flop / (CPU_GFLOP_PER_S * 1e9)
    note = f"order of magnitude: a step on {name} is guessed {here_s / there_s:.2g} times as fast"
    return _guess(cpu_wall_s * there_s / here_s, TRAINING_BAND_FACTOR, note)


def _guess(mean_s: float, factor: float, note: str) -> GpuGuess:
    return GpuGuess(mean_s=mean_s, low_s=mean_s / factor, high_s=mean_s * factor, note=note)


def _require_positive(**counts: int) -> None:
    for name, count in counts.items():
        if not count > 0:
            raise ValueError(f"{name} must be positive, got {count!r}")
