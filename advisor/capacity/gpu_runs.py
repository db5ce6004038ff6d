"""A call or a training on a GPU: taken from a run on that GPU, carried from another, or guessed.

A run's batch sweep is split into launches, copies, reading the weights, and arithmetic; each part
is carried by the ratio of what it is bound by. Without a run on any GPU there is the order of
magnitude of `gpu.py`, never faster than the roofline.
"""

from dataclasses import dataclass

import numpy as np

from advisor import defaults
from advisor.capacity import gpu
from advisor.capacity.batching import fit_batch_cost
from benchmarks.storage.records import BenchmarkRun
from pricing.chips import load_chips

GPU_TO_GPU_80, GPU_TO_GPU_95 = 1.25, 1.56
"""How many times too long or too short a time carried between GPUs may be: the bands of the widest
class of GPU work in the held-out evaluation (CNN training from times alone, 22 and 44% in
logarithm), see docs/explanation/transfer-evaluation.md."""


CORE_SHARE = 0.6
"""Share of a core's probed matrix-product rate that a network reaches at best. Assumed."""


@dataclass(frozen=True)
class GpuParts:
    """What one call on a GPU is made of, by what bounds it."""

    launch_s: float
    """Starting kernels, and what else each call costs whatever its size. [s]"""
    copy_s: float
    """Moving the rows to the GPU and the answers back. [s]"""
    compute_s: float
    """Arithmetic. [s]"""
    bandwidth_s: float
    """Reading and writing the GPU's memory. [s]"""

    @property
    def total_s(self) -> float:
        """The whole call. [s]"""
        return self.launch_s + self.copy_s + self.compute_s + self.bandwidth_s

    @property
    def bound(self) -> str:
        """Name of the largest part."""
        parts = {
            "launch": self.launch_s,
            "copy": self.copy_s,
            "compute": self.compute_s,
            "bandwidth": self.bandwidth_s,
        }
        return max(parts, key=lambda name: parts[name])


def network_of(run: BenchmarkRun, gpu_run: BenchmarkRun | None = None) -> gpu.Network | None:
    """Return what a row of a run's network takes; null where it has no network.

    Counted where either run counted it. Else from its weights, and from the time of a row on one
    core: it has done no more than such a core can do.
    """
    counted = next((r for r in (run, gpu_run) if r is not None and r.network is not None), run)
    probed = run.hardware.probes.get("gemm_fp32_1_thread_gflop_per_s")
    peak = defaults.CORE_FLOP_PER_S.value
    if probed:
        peak = CORE_SHARE * 1e9 * probed
    row_s = 0.0
    if run.device == "cpu" and run.parameter_count and run.inference:
        cost = fit_batch_cost(run)
        row_s = float(cost.predict_s(cost.best_batch_rows)) / cost.best_batch_rows
    return gpu.Network.of_run(counted, row_s=row_s, flop_per_s=peak)


def gpu_parts(run: BenchmarkRun, network: gpu.Network, *, rows: int) -> GpuParts:
    """Split a call that was measured on a GPU.

        T(B) = o + c B,  memory = min(o, M / bandwidth) + min(c B, m B / bandwidth),
        arithmetic = min(what is left of c B, f B / rate)

    The rest of o is launches, the rest of c B copies. The parts add up to the measured time.

    Args:
        run: on CUDA.
        network: M bytes a call, m bytes and f operations a row.
        rows: rows of the call.

    Raises:
        ValueError: the run is of no GPU.
    """
    if run.hardware.gpu_model is None:
        raise ValueError(f"run {run.id} has no GPU")
    _, here = gpu.gpu_constants(run.hardware.gpu_model)
    cost = fit_batch_cost(run)
    measured_s = cost.service(rows=rows).mean_s
    fixed = float(np.clip(cost.per_call_s / max(float(cost.predict_s(rows)), 1e-12), 0.0, 1.0))
    per_call_s, per_rows_s = fixed * measured_s, (1 - fixed) * measured_s
    weights_s = min(per_call_s, network.bytes_per_call / here.bytes_per_s)
    compute_s = min(per_rows_s, network.flop_per_row * rows / here.flop_per_s)
    moved_s = min(per_rows_s - compute_s, network.bytes_per_row * rows / here.bytes_per_s)
    return GpuParts(
        launch_s=per_call_s - weights_s,
        copy_s=per_rows_s - compute_s - moved_s,
        compute_s=compute_s,
        bandwidth_s=weights_s + moved_s,
    )


def roofline_s(*, gpu_model: str, network: gpu.Network, batch_rows: int) -> float:
    """Least time of a forward pass by the chip's peaks: max(M / bandwidth, f B / rate). [s]

    0 where a peak is not known. The rate is the fastest in single precision or its short form. What
    a row moves is left out: a fused kernel can keep it on the chip.
    """
    figures = load_chips().get(gpu_model, {})
    numbers = {name: one.number or 0.0 for name, one in figures.items()}
    bandwidth = 1e9 * numbers.get("memory_gb_per_s", 0.0)
    rate = 1e12 * max(
        numbers.get("fp32_tflop_per_s", 0.0), numbers.get("tf32_matrix_tflop_per_s", 0.0)
    )
    if bandwidth <= 0 or rate <= 0:
        return 0.0
    return max(network.bytes_per_call / bandwidth, network.flop_per_row * batch_rows / rate)


def gpu_call(
    run: BenchmarkRun | None, *, gpu_model: str, network: gpu.Network, rows: int
) -> gpu.GpuGuess:
    """Return the time of one call on a GPU, with its 80% band and its basis.

    `measured` on the very GPU, `scaled` from another one, `assumed` without any GPU run: then an
    order of magnitude, whose fast end is bounded by the roofline.

    Args:
        run: the candidate's run on CUDA; null where there is none.
        gpu_model: the GPU that is asked about.
        network: what a row of it takes.
        rows: rows of the call, > 0.
    """
    least_s = roofline_s(gpu_model=gpu_model, network=network, batch_rows=rows)
    if run is None or run.hardware.gpu_model is None or not run.inference:
        guess = gpu.gpu_service_s(gpu_model=gpu_model, network=network, batch_rows=rows)
        mean_s = max(guess.mean_s, least_s)
        return gpu.GpuGuess(
            mean_s=mean_s,
            low_s=max(guess.low_s, least_s),
            high_s=mean_s * gpu.BAND_FACTOR,
            note=guess.note,
        )
    _, there = gpu.gpu_constants(gpu_model)
    _, here = gpu.gpu_constants(run.hardware.gpu_model)
    name, here_name = _name(gpu_model), _name(run.hardware.gpu_model)
    parts = gpu_parts(run, network, rows=rows)
    if name == here_name:
        error = fit_batch_cost(run).service(rows=rows).relative_error
        half = half_precision_share(run, rows=rows)
        mean_s = parts.total_s * half
        short = "" if half == 1 else " in bfloat16, whose answers agree"
        return gpu.GpuGuess(
            mean_s=mean_s,
            low_s=mean_s * (1 - error),
            high_s=mean_s * (1 + error),
            note=f"measured on {name}{short}; {parts.bound}-bound",
            basis="measured",
        )
    mean_s = (
        parts.launch_s * there.launch_s / here.launch_s
        + parts.copy_s
        + parts.compute_s * here.flop_per_s / there.flop_per_s
        + parts.bandwidth_s * here.bytes_per_s / there.bytes_per_s
    )
    mean_s = max(mean_s, least_s)
    return gpu.GpuGuess(
        mean_s=mean_s,
        low_s=max(mean_s / GPU_TO_GPU_80, least_s),
        high_s=mean_s * GPU_TO_GPU_80,
        note=f"carried from {here_name} to {name} by its parts; {parts.bound}-bound there",
        basis="scaled",
    )


def half_precision_share(run: BenchmarkRun, *, rows: int) -> float:
    """Return a call's time in bfloat16 over the one in single precision, where both were measured.

    Only the network gets faster, by what it was measured to: T - (t32 - t16). 1 where the answers
    differ by more than a form may, or where bfloat16 is no faster.
    """
    forms = {form.form: form for form in run.forms if form.outcome == "ok" and form.inference}
    single, half = (forms.get(f"torch-cuda-{name}") for name in ("float32", "bfloat16"))
    if single is None or half is None or half.reason is not None:
        return 1.0
    whole = min(run.inference, key=lambda m: abs(np.log(m.batch_rows / rows)))
    t32, t16 = (
        float(
            np.median(
                min(form.inference, key=lambda m: abs(m.batch_rows - whole.batch_rows)).durations_s
            )
        )
        for form in (single, half)
    )
    whole_s = float(np.median(whole.durations_s))
    return float(np.clip(1 - (t32 - t16) / whole_s, 0.1, 1.0))


def _name(gpu_model: str) -> str:
    """Return what a GPU is known by; its own name where another one's constants stand for it."""
    name, _ = gpu.gpu_constants(gpu_model)
    return name if name.upper() in gpu_model.replace("-", " ").upper() else gpu_model


def gpu_training(
    run: BenchmarkRun | None,
    *,
    gpu_model: str,
    network: gpu.Network,
    row_count: int,
    cpu_wall_s: float,
) -> gpu.GpuGuess:
    """Return the wall-clock of a training on a GPU, from a run on one where there is one. [s]

    A measured training is carried by the ratio of the modelled steps on both GPUs, and by rows
    where fewer were measured; without one it is guessed from the CPU's.
    """
    there = gpu.gpu_training_s(
        gpu_model=gpu_model,
        network=network,
        row_count=row_count,
        cpu_wall_s=cpu_wall_s,
    )
    if run is None or run.hardware.gpu_model is None or not run.training:
        return there
    name, here_name = _name(gpu_model), _name(run.hardware.gpu_model)
    here = gpu.gpu_training_s(
        gpu_model=run.hardware.gpu_model,
        network=network,
        row_count=row_count,
        cpu_wall_s=cpu_wall_s,
    )
    wall_s = float(np.median([t.wall_s for t in run.training]))
    grown = max(1.0, row_count / max(t.row_count for t in run.training))
    mean_s = wall_s * grown * there.mean_s / here.mean_s
    same = name == here_name
    factor = 1.1 if same and grown == 1 else GPU_TO_GPU_80 * grown**0.1
    return gpu.GpuGuess(
        mean_s=mean_s,
        low_s=mean_s / factor,
        high_s=mean_s * factor,
        note=f"measured on {name}" if same else f"carried from {here_name} to {name}",
        basis="measured" if same and grown == 1 else "scaled",
    )
