"""Guesses of a GPU that was not measured."""

import pytest

from advisor.capacity.gpu import (
    GPUS,
    Network,
    gpu_constants,
    gpu_service_s,
    gpu_training_s,
)


def service(*, parameter_count=100_000, **changes):
    case = {"gpu_model": "NVIDIA A10G", "batch_rows": 1}
    return gpu_service_s(network=Network.of_weights(parameter_count), **(case | changes))


def training(*, parameter_count=100_000, **changes):
    case = {
        "gpu_model": "NVIDIA A10G",
        "network": Network.of_weights(parameter_count),
        "row_count": 50_000,
        "cpu_wall_s": 60.0,
    }
    return gpu_training_s(**(case | changes))


def test_a_call_by_hand():
    """T4, 25 M weights, 1,000 rows: 0.135 ms launches, 0.490 ms weights, 50 GFLOP at 4.9 TFLOP/s
    are 10.204 ms, and 0.020 ms to start two copies."""
    found = service(gpu_model="Tesla T4", parameter_count=25_000_000, batch_rows=1000)

    assert found.mean_s * 1e3 == pytest.approx(0.135 + 0.490 + 10.204 + 0.020, abs=0.002)
    assert found.basis == "assumed"


def test_a_small_network_is_bound_by_launches_on_every_gpu():
    for model in GPUS:
        alone, doubled = service(gpu_model=model), service(gpu_model=model, batch_rows=2)

        assert doubled.mean_s == pytest.approx(alone.mean_s, rel=0.01)


def test_no_guess_is_faster_than_the_roofline():
    constants = GPUS["A10G"]
    found = service(parameter_count=50_000_000, batch_rows=4096)

    assert found.mean_s >= 2.0 * 50e6 * 4096 / constants.flop_per_s
    assert found.mean_s >= 4.0 * 50e6 / constants.bytes_per_s


def test_larger_batches_are_never_fewer_rows_per_second():
    rates = [
        b / service(gpu_model="L4", parameter_count=1_000_000, batch_rows=b).mean_s
        for b in (1, 8, 64, 512, 4096)
    ]

    assert rates == sorted(rates)


def test_the_band_is_half_to_twice():
    found = service()

    assert found.high_s / found.low_s == pytest.approx(4.0)
    assert found.low_s < found.mean_s < found.high_s


def test_a_training_by_hand():
    """T4, 10 M weights, 256 rows a step: 15.36 GFLOP are 0.3077 s here; there 0.405 ms launches,
    0.980 ms weights moved five times and 15.36 GFLOP at 4.9 TFLOP/s, 3.135 ms."""
    found = training(gpu_model="T4", parameter_count=10_000_000, cpu_wall_s=307.7)

    assert found.mean_s == pytest.approx(0.405 + 0.980 + 3.135, rel=0.005)


def test_a_large_network_trains_faster_on_a_gpu_and_a_tiny_one_hardly():
    assert training(parameter_count=20_000_000).mean_s < 60.0 / 5
    assert training(parameter_count=2_000).mean_s > 60.0 / 3


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("NVIDIA A10G", "A10G"),
        ("Tesla T4", "T4"),
        ("NVIDIA L40S", "L40S"),
        ("NVIDIA L4", "L4"),
        ("Tesla V100-SXM2-16GB", "V100"),
        ("Martian 1", "T4"),
    ],
)
def test_gpu_names_are_recognised(written, name):
    assert gpu_constants(written)[0] == name


@pytest.mark.parametrize("change", [{"parameter_count": 0}, {"batch_rows": 0}])
def test_impossible_counts_are_refused(change):
    with pytest.raises(ValueError, match="must be positive"):
        service(**change)
