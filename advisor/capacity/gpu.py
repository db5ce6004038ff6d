"""What a GPU that was not measured would take: an order of magnitude, bounded by the roofline.

Time of a call = launches + bytes / bandwidth + operations / rate + copies, with effective constants
per GPU. Only torch models have such a form; scikit-learn's estimators run on no GPU. Every figure
here is `assumed`, half to twice; a run on the GPU itself replaces it.
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

from benchmarks.storage.records import BenchmarkRun

BAND_FACTOR = 2.0
"""A guess of a call may be this many times too large or too small."""

TRAINING_BAND_FACTOR = 3.0
"""The same for a training, whose data loading and steps are guessed too."""

LAUNCHES_OF_FIT = 400
"""Kernel launches behind the fitted launch times: one token of a language model. Assumed."""

LAUNCHES_PER_CALL = 20
"""Kernel launches and copies of a forward pass whose operations were not counted. Assumed."""

BYTES_PER_WEIGHT = 4
"""Single precision."""

COPY_BYTES_PER_S = 6e9
"""Rows and answers between host and GPU, from memory that is not pinned. Assumed. [B/s]"""

COPIES_S = 20e-6
"""Starting the copy there and the copy back. Assumed. [s]"""

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
    """Rate that single precision reaches. [FLOP/s]"""

    @property
    def kernel_s(self) -> float:
        """Starting one kernel. [s]"""
        return self.launch_s / LAUNCHES_OF_FIT


GPUS: dict[str, GpuConstants] = {
    "T4": GpuConstants(2.7e-3, 204e9, 4.9e12),
    "A10G": GpuConstants(2.2e-3, 507e9, 15.6e12),
    "L4": GpuConstants(1.75e-3, 248e9, 12e12),
    "L40S": GpuConstants(1.75e-3, 739e9, 45e12),
    "RTX PRO 6000": GpuConstants(1.65e-3, 1433e9, 60e12),
    "V100": GpuConstants(3.4e-3, 857e9, 10.5e12),
    "A100": GpuConstants(2.2e-3, 1150e9, 13e12),
    "H100": GpuConstants(1.7e-3, 2500e9, 40e12),
    "H200": GpuConstants(1.7e-3, 3500e9, 40e12),
}
"""Launches and bandwidths of T4 to V100 and RTX PRO 6000 are fitted from public llama.cpp
measurements on one GPU (Spare Cores, CC BY-SA 4.0). The rates in single precision are a share of
the published peak: T4 0.6 (transformers reach 0.47, large convolutions 0.95 in public runs), V100
and A100 0.67 to 0.75 (NeuSight's public runs); L4 0.4, since 72 W hold it as they hold a T4; the
others half to two thirds, assumed."""

SLOWEST = "T4"
"""Stands for a GPU that is not listed."""


@dataclass(frozen=True)
class Network:
    """What a network does for a row, and where that is known from."""

    flop_per_row: float
    """Arithmetic; a multiply-add is two operations. [FLOP]"""
    bytes_per_row: float
    """What its operations read and write for each row. [B]"""
    bytes_per_call: float
    """What they read and write whatever the rows: the weights. [B]"""
    kernel_count: int
    """Kernels of a call."""
    copied_bytes_per_row: float
    """Numbers of a row and its answer, between host and GPU. [B]"""
    basis: str = "measured"
    """`measured`: counted over a traced call; `assumed`: from weights and a processor's time."""

    @classmethod
    def of_weights(
        cls, count: int, *, row_s: float = 0.0, flop_per_s: float = 0.0, columns: int = 0
    ) -> Self:
        """Return the work of a network of which only the number of weights is known.

        A dense network uses each weight once a row, any other more often: it has done no more
        than a processor can do in the time that it took there.

        Args:
            count: weights, > 0.
            row_s: time that a row took on one core of a processor. [s]
            flop_per_s: what such a core can do. [FLOP/s]
            columns: numbers of a row.
        """
        _require_positive(parameter_count=count)
        return cls(
            flop_per_row=max(2.0 * count, row_s * flop_per_s),
            bytes_per_row=0.0,
            bytes_per_call=float(BYTES_PER_WEIGHT * count),
            kernel_count=LAUNCHES_PER_CALL,
            copied_bytes_per_row=float(BYTES_PER_WEIGHT * columns),
            basis="assumed",
        )

    @classmethod
    def of_run(cls, run: BenchmarkRun, *, row_s: float, flop_per_s: float) -> "Network | None":
        """Return the work of a run's network; null where it has none.

        Args:
            run: on any device.
            row_s: time of a row on one core, for a run in which nothing was counted. [s]
            flop_per_s: what such a core can do. [FLOP/s]
        """
        if not run.parameter_count:
            return None
        columns, work = run.dataset.feature_count, run.network
        if work is None:
            return cls.of_weights(
                run.parameter_count, row_s=row_s, flop_per_s=flop_per_s, columns=columns
            )
        return cls(
            flop_per_row=work.flop_per_row,
            bytes_per_row=work.bytes_per_row,
            bytes_per_call=work.bytes_per_call,
            kernel_count=work.kernel_count,
            copied_bytes_per_row=float(BYTES_PER_WEIGHT * columns),
        )

    def moved_bytes(self, rows: int) -> float:
        """Return what a call reads and writes in the GPU's memory. [B]"""
        return self.bytes_per_call + self.bytes_per_row * rows


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


def gpu_service_s(*, gpu_model: str, network: Network, batch_rows: int) -> GpuGuess:
    """Guess the time of one forward pass of a network on a GPU. [s]

        T = launches k + (M + m B) / bandwidth + f B / rate + copies

    Args:
        gpu_model: e.g. `NVIDIA A10G`.
        network: k kernels, M bytes a call, m bytes and f operations a row.
        batch_rows: B, rows of the call, > 0.
    """
    _require_positive(batch_rows=batch_rows)
    name, constants = gpu_constants(gpu_model)
    mean_s = (
        constants.kernel_s * network.kernel_count
        + network.moved_bytes(batch_rows) / constants.bytes_per_s
        + network.flop_per_row * batch_rows / constants.flop_per_s
        + COPIES_S
        + network.copied_bytes_per_row * batch_rows / COPY_BYTES_PER_S
    )
    counted = "" if network.basis == "measured" else ", its arithmetic guessed"
    return _guess(mean_s, BAND_FACTOR, f"order of magnitude from {name}'s effective rates{counted}")


def gpu_training_s(
    *,
    gpu_model: str,
    network: Network,
    row_count: int,
    cpu_wall_s: float,
    batch_rows: int = TRAINING_BATCH_ROWS,
) -> GpuGuess:
    """Guess a training on a GPU from the same training on one CPU core. [s]

    The measured time is divided by the ratio of a step's time there and here, each an overhead per
    step plus three forward passes' worth of work (forward, and twice that backward).

    Args:
        gpu_model: e.g. `NVIDIA A10G`.
        network: what a row of it takes.
        row_count: training rows, > 0; fewer than a batch make smaller steps.
        cpu_wall_s: measured on one core of the host, > 0. [s]
        batch_rows: rows per step.
    """
    _require_positive(row_count=row_count, batch_rows=batch_rows)
    if not cpu_wall_s > 0:
        raise ValueError(f"cpu_wall_s must be positive, got {cpu_wall_s!r}")
    name, constants = gpu_constants(gpu_model)
    step_rows = min(batch_rows, row_count)
    work_flop = 3.0 * network.flop_per_row * step_rows
    moved = 3.0 * network.bytes_per_row * step_rows + 5.0 * network.bytes_per_call
    there_s = (
        3 * constants.kernel_s * network.kernel_count
        + moved / constants.bytes_per_s
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
