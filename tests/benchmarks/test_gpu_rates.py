"""The GPU path, as far as it goes without a GPU: the same code on the CPU, and synthetic runs."""

import json
import time

import numpy as np
import pytest

from benchmarks.families.artefacts import save_model
from benchmarks.forms.cuda import network_work, time_network
from benchmarks.reading.gpu_rates import crossover_batch_rows, reached_rates
from benchmarks.reading.run_lines import comparison_lines, run_lines
from benchmarks.reading.run_table import NONE
from benchmarks.storage.records import FormMeasurement, InferenceMeasurement
from tests.benchmarks.factories import hardware, run
from tests.benchmarks.test_forms import KINDS, fitted, parsed_rows


def timed(call_s, *, rows, **changes):
    boring = {"batch_rows": rows, "thread_count": 1, "durations_s": (call_s,) * 50}
    return InferenceMeasurement(**(boring | changes))


def sweep(call_s):
    """A run whose calls take `call_s(rows)`."""
    return run(inference=tuple(timed(call_s(rows), rows=rows) for rows in (1, 8, 64, 256, 1024)))


# Where the GPU is faster --------------------------------------------------------------------------


def test_the_crossover_is_where_the_power_laws_meet():
    """1 us a row against 100 us a call: 100 rows, and both laws are straight on log axes."""
    cpu, gpu = sweep(lambda rows: 1e-6 * rows), sweep(lambda rows: 1e-4)

    assert crossover_batch_rows(cpu=cpu, gpu=gpu) == pytest.approx(100.0)


def test_a_gpu_that_is_never_faster_has_no_crossover():
    cpu, gpu = sweep(lambda rows: 1e-6 * rows), sweep(lambda rows: 1e-2)

    assert crossover_batch_rows(cpu=cpu, gpu=gpu) is None


def test_a_gpu_that_is_always_faster_crosses_at_the_smallest_batch():
    cpu, gpu = sweep(lambda rows: 1e-3 * rows), sweep(lambda rows: 1e-5)

    assert crossover_batch_rows(cpu=cpu, gpu=gpu) == 1.0


def test_the_last_crossing_counts_where_they_cross_more_than_once():
    times = {1: 2e-3, 8: 0.5e-3, 64: 2e-3, 256: 0.5e-3, 1024: 0.5e-3}
    cpu, gpu = sweep(lambda rows: 1e-3), sweep(times.__getitem__)

    assert crossover_batch_rows(cpu=cpu, gpu=gpu) == pytest.approx(128.0)


def test_the_cpu_is_taken_at_its_fastest_thread_count():
    two_threads = tuple(timed(0.5e-6 * n, rows=n, thread_count=2) for n in (8, 64, 256, 1024))
    cpu = run(inference=(*sweep(lambda rows: 1e-6 * rows).inference, *two_threads))

    assert crossover_batch_rows(cpu=cpu, gpu=sweep(lambda rows: 1e-4)) == pytest.approx(200.0)


def test_runs_without_a_common_batch_size_have_no_crossover():
    odd = run(inference=(timed(1e-3, rows=7),))

    assert crossover_batch_rows(cpu=odd, gpu=sweep(lambda rows: 1e-4)) is None


# Shares of the device's rates ---------------------------------------------------------------------


def on_gpu(**probes):
    item = FormMeasurement(
        form="torch-cuda-bfloat16",
        outcome="ok",
        flop_per_row=1e6,
        weight_bytes=1e6,
        inference=(
            timed(
                1e-3,
                rows=1000,
                precision="bfloat16",
                input_kind="numpy",
                form="torch-cuda-bfloat16",
            ),
        ),
    )
    return run(device="cuda", forms=(item,), hardware=hardware(probes=probes))


def test_shares_are_arithmetic_and_traffic_over_what_was_probed():
    """1,000 rows x 1 MFLOP in 1 ms are 1 TFLOP/s; 1 MB in 1 ms is 1 GB/s."""
    (found,) = reached_rates(
        on_gpu(
            gpu_gemm_fp32_gflop_per_s=1.0,
            gpu_gemm_bf16_gflop_per_s=4000.0,
            gpu_copy_gb_per_s=100.0,
            gemm_bf16_all_threads_gflop_per_s=7.0,
        )
    )

    assert found.flop_per_s == pytest.approx(1e12)
    assert found.matrix_fraction == pytest.approx(0.25)
    assert found.bytes_per_s == pytest.approx(1e9)
    assert found.bandwidth_fraction == pytest.approx(0.01)


def test_without_probes_of_the_gpu_no_share_is_told():
    (found,) = reached_rates(on_gpu(gemm_fp32_1_thread_gflop_per_s=50.0))

    assert (found.matrix_fraction, found.bandwidth_fraction) == (None, None)


def test_a_run_on_a_gpu_is_shown_with_what_it_reaches():
    probes = {"gpu_gemm_bf16_gflop_per_s": 4000.0}

    lines = run_lines(on_gpu(**probes))

    place = next(i for i, line in enumerate(lines) if line.startswith("reached on the device"))
    assert lines[place + 2].split() == [
        "1000", "1", "ms", "1,000", "(25.0%)", "1", f"({NONE})", "torch-cuda-bfloat16",
    ]  # fmt: skip


def test_a_run_on_a_cpu_is_shown_without_rates_of_a_device():
    assert not [line for line in run_lines(run()) if line.startswith("reached")]


@pytest.mark.parametrize(
    ("call_s", "told"), [(1e-4, "faster from 100 rows"), (1e-2, "faster at none")]
)
def test_a_cpu_beside_a_gpu_tells_where_they_cross(call_s, told):
    cpu = sweep(lambda rows: 1e-6 * rows)
    gpu = run(device="cuda", inference=sweep(lambda rows: call_s).inference)

    for pair in ((cpu, gpu), (gpu, cpu)):
        assert any(told in line for line in comparison_lines(*pair, ()))
    assert not any("GPU" in line for line in comparison_lines(cpu, cpu, ()))


# The path itself, on the CPU ----------------------------------------------------------------------


def host_timer(call, *, count):
    """Time calls by the host's clock: on the CPU they return when they are done."""
    durations = []
    for number in range(count):
        start = time.perf_counter()
        call(number)
        durations.append(time.perf_counter() - start)
    return durations


def measured(tmp_path, family, kind="several"):
    model, task = fitted(family, kind)
    save_model(model, tmp_path / "model.joblib")
    rows = json.dumps({"kinds": KINDS, "rows": parsed_rows()})
    (tmp_path / "rows.json").write_text(rows)
    return time_network(
        save_path=str(tmp_path / "model.joblib"),
        rows_path=str(tmp_path / "rows.json"),
        task=task,
        device="cpu",
        batch_rows=(1, 500),
        precisions=("float32", "bfloat16"),
        call_count=4,
        timer=host_timer,
    )


def test_the_network_alone_is_timed_in_both_precisions(tmp_path):
    single, half = measured(tmp_path, "torch_mlp")["measured"]

    assert (single["form"], half["form"]) == ("torch-cpu-float32", "torch-cpu-bfloat16")
    assert single["reason"] is None
    assert single["flipped_fraction"] == 0.0
    assert half["weight_bytes"] == single["weight_bytes"] / 2
    for item in (single, half):
        timings = [InferenceMeasurement.model_validate(t) for t in item["inference"]]
        assert [(t.batch_rows, len(t.durations_s)) for t in timings] == [(1, 4), (500, 4)]


def test_a_model_that_is_no_network_is_refused_with_the_reason(tmp_path):
    found = measured(tmp_path, "linear")

    assert found == {"refused": "LogisticRegression is no torch model", "measured": []}


def test_the_work_of_a_perceptron_is_two_operations_a_weight():
    import torch

    module = torch.nn.Sequential(torch.nn.Linear(30, 20), torch.nn.Linear(20, 10))

    flop, weight_bytes = network_work(module, torch.zeros(1, 30))

    assert flop == 2 * (30 * 20 + 20 * 10)
    assert weight_bytes == 4 * (30 * 20 + 20 + 20 * 10 + 10)
    assert np.isfinite(flop)
