"""Calls and trainings on a GPU that were measured on that one, on another, or on none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.capacity.gpu import GPUS, Network, gpu_service_s
from advisor.capacity.gpu_runs import gpu_call, gpu_parts, gpu_training, roofline_s
from benchmarks.storage.records import InferenceMeasurement
from pricing.instances import load_catalogue
from tests.advisor.factories import hardware, run

WEIGHTS = 10_000_000
NETWORK = Network.of_weights(WEIGHTS)


def on_gpu(model="Tesla T4", *, call_s=0.0005, row_s=2e-6):
    return run(
        "torch_mlp",
        device="cuda",
        hardware=hardware(gpu_model=model, gpu_memory_gib=16.0),
        parameter_count=WEIGHTS,
        inference=tuple(
            InferenceMeasurement(
                batch_rows=rows, thread_count=1, durations_s=(call_s + row_s * rows,) * 30
            )
            for rows in (1, 8, 64, 256, 1024)
        ),
    )


def call(measured, model, rows=64):
    return gpu_call(measured, gpu_model=model, network=NETWORK, rows=rows)


def test_the_parts_of_a_call_by_hand():
    """T4: 0.5 ms a call, of which 40 MB / 204 GB/s = 0.196 ms weights; 5 us a row, 4.08 of it
    20 MFLOP at 4.9 TFLOP/s."""
    parts = gpu_parts(on_gpu(row_s=5e-6), NETWORK, rows=100)

    assert parts.bandwidth_s == pytest.approx(0.196e-3, rel=0.01)
    assert parts.launch_s == pytest.approx(0.304e-3, rel=0.02)
    assert parts.compute_s == pytest.approx(0.4082e-3, rel=0.01)
    assert parts.copy_s == pytest.approx(0.0918e-3, rel=0.05)
    assert parts.bound == "compute"


@given(rows=st.sampled_from([1, 8, 50, 64, 500, 1024]))
def test_the_parts_add_up_to_the_measured_time(rows):
    assert gpu_parts(on_gpu(), NETWORK, rows=rows).total_s == pytest.approx(
        0.0005 + 2e-6 * rows, rel=1e-3
    )


def test_the_gpu_itself_is_predicted_as_measured():
    found = call(on_gpu(), "NVIDIA T4")

    assert found.basis == "measured"
    assert found.mean_s == pytest.approx(0.0005 + 64 * 2e-6, rel=1e-3)


def test_another_gpu_is_scaled_with_a_narrower_band_than_a_guess():
    found, guess = call(on_gpu(), "NVIDIA L4"), call(None, "NVIDIA L4")

    assert (found.basis, guess.basis) == ("scaled", "assumed")
    assert found.high_s / found.low_s < guess.high_s / guess.low_s
    assert found.low_s < found.mean_s < found.high_s


def test_a_gpu_that_is_faster_at_everything_is_never_slower():
    assert call(on_gpu(), "NVIDIA H100", 1024).mean_s < call(on_gpu(), "NVIDIA T4", 1024).mean_s


def test_two_gpus_that_nobody_knows_are_not_taken_for_the_same_one():
    assert call(on_gpu("Some GPU"), "Another GPU").basis == "scaled"


@given(
    model=st.sampled_from(sorted({s.gpu_model for s in load_catalogue().shapes if s.gpu_model})),
    rows=st.sampled_from([1, 64, 4096, 10**6]),
)
def test_no_prediction_is_faster_than_the_roofline(model, rows):
    least = roofline_s(gpu_model=model, network=NETWORK, batch_rows=rows)

    assert least > 0
    for measured in (None, on_gpu("Tesla V100", row_s=1e-9)):
        found = call(measured, model, rows)
        assert found.basis == "measured" or found.low_s >= least
        assert found.low_s <= found.mean_s <= found.high_s


def test_without_a_gpu_run_the_guess_is_that_of_the_effective_rates():
    guess = gpu_service_s(gpu_model="NVIDIA L4", network=NETWORK, batch_rows=64)

    assert call(None, "NVIDIA L4").mean_s == pytest.approx(guess.mean_s)


def train(measured, model="NVIDIA L4", rows=80_000):
    return gpu_training(
        measured, gpu_model=model, network=NETWORK, row_count=rows, cpu_wall_s=600.0
    )


def test_a_training_on_the_gpu_itself_is_taken_as_measured():
    found = train(on_gpu("NVIDIA L4"))

    assert found.basis == "measured"
    assert found.mean_s == pytest.approx(10.0)


def test_a_training_is_carried_between_gpus_and_guessed_from_a_cpu():
    carried, guessed = train(on_gpu("Tesla T4")), train(None)

    assert (carried.basis, guessed.basis) == ("scaled", "assumed")
    assert carried.mean_s < 10.0 * 1.01
    assert carried.high_s / carried.low_s < guessed.high_s / guessed.low_s


def test_a_training_on_more_rows_than_were_measured_is_longer_and_scaled():
    assert train(on_gpu("NVIDIA L4"), rows=160_000).mean_s == pytest.approx(20.0)
    assert train(on_gpu("NVIDIA L4"), rows=160_000).basis == "scaled"


def test_every_gpu_of_the_catalogue_has_constants_of_its_own():
    words = " ".join(GPUS)
    for shape in load_catalogue().shapes:
        if shape.gpu_model:
            assert shape.gpu_model.removeprefix("NVIDIA ") in words


def test_a_run_without_a_gpu_has_no_parts():
    with pytest.raises(ValueError, match="no GPU"):
        gpu_parts(run(parameter_count=5), NETWORK, rows=1)
