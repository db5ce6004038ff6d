"""A measured candidate carried to instances."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.capacity.prediction import combined, predict_candidates
from advisor.capacity.transfer import speed_ratios
from advisor.errors import AdvisorError
from benchmarks.storage.records import (
    BenchmarkRun,
    Candidate,
    DatasetSpec,
    HardwareProfile,
    InferenceMeasurement,
    TrainingMeasurement,
)

CASCADE_LAKE = "Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz"


def host(processor=CASCADE_LAKE, **changes):
    case = {
        "host_id": processor,
        "processor": processor,
        "architecture": "x86_64",
        "physical_core_count": 2,
        "logical_cpu_count": 4,
        "memory_gib": 16.0,
        "system": "Linux",
        "python": "3.11",
        "libraries": {},
        "probes": {"gemm_fp32_1_thread_gflop_per_s": 100.0},
    }
    return HardwareProfile(**(case | changes))


def training(threads, wall_s, seed=0):
    return TrainingMeasurement(
        seed=seed,
        row_count=1000,
        thread_count=threads,
        wall_s=wall_s,
        cpu_s=wall_s,
        peak_memory_bytes=2**29,
        quality=0.9,
        error_per_case=0.1,
    )


def run(*, name="forest", hardware=None, time_us=lambda b: 100 + 2 * b, number=0, **changes):
    case = {
        "id": f"run-{name}-{number}",
        "key": "k",
        "started_at": datetime(2026, 1, 1, tzinfo=UTC),
        "preset": "fast",
        "candidate": Candidate(name=name, family="forest", simplicity_rank=1),
        "dataset": DatasetSpec(
            name="d",
            source="builtin:d",
            task="classification",
            target="y",
            time=None,
            row_count=1000,
            used_row_count=1000,
            feature_count=5,
            class_count=2,
            metric="accuracy",
            simulated=False,
            sha256="0",
        ),
        "hardware": hardware or host(),
        "device": "cpu",
        "outcome": "ok",
        "training": (training(1, 8.0), *(training(2, 5.0, seed) for seed in range(3))),
        "inference": tuple(
            InferenceMeasurement(batch_rows=b, thread_count=1, durations_s=(1e-6 * time_us(b),) * 9)
            for b in (1, 8, 64, 256, 1024)
        ),
        "serving_memory_bytes": 2**30,
    }
    return BenchmarkRun(**(case | changes))


def predict(*names, runs=None, rows=1):
    found = predict_candidates(runs=runs or [run()], instance_types=names, rows=rows)
    assert len(found) == 1
    return next(iter(found.values()))


@pytest.mark.parametrize("rows", [1, 64])
def test_the_machine_itself_is_predicted_as_measured(rows):
    found = predict("m5.xlarge", rows=rows)

    assert found.service_s[0] * 1e6 == pytest.approx(100 + 2 * rows)
    assert (found.basis[0], found.relation[0]) == ("measured", "same-cpu")
    assert found.service_80_s[0, 0] < found.service_s[0] < found.service_80_s[1, 0]


def test_overhead_and_rows_of_tree_code_are_divided_by_the_scalar_ratio():
    ratio = speed_ratios(host=host(), instance_types=["c7g.large"], workload_class="scalar").ratio[
        0
    ]

    found = predict("c7g.large", rows=64)

    assert found.service_s[0] * 1e6 == pytest.approx(228 / ratio)
    assert found.row_class == "scalar"


def test_arithmetic_is_carried_by_another_ratio_than_its_overhead():
    """3 M weights at 0.1 ms a row are 60 GFLOP/s of 100: vector work."""
    busy = run(name="mlp", time_us=lambda b: 100 + 100 * b, parameter_count=3_000_000)
    scalar, vector = (
        speed_ratios(host=host(), instance_types=["c7i.xlarge"], workload_class=c).ratio[0]
        for c in ("scalar", "vector")
    )

    found = predict("c7i.xlarge", runs=[busy], rows=64)

    assert found.row_class == "vector"
    assert found.service_s[0] * 1e6 == pytest.approx(100 / scalar + 6400 / vector, rel=1e-3)


def test_training_uses_physical_cores_and_the_measured_thread_gain():
    """8 s and 5 s on two threads: f = 0.75; two cores of the same processor take 5 s again."""
    found = predict("m5.xlarge", "m5.2xlarge")

    assert found.training_s[0] == pytest.approx(5.0)
    assert found.training_s[1] == pytest.approx(8.0 * (0.25 + 0.75 / 4))


def test_memory_and_cores_limit_the_workers():
    found = predict("m5.xlarge", "c5.large", "t3.nano", "zz9.large")

    assert list(found.worker_count) == [2, 1, 0, -1]


def test_the_worker_memory_of_the_largest_run_counts():
    """7 GiB a worker: 12.8 of 16 GiB hold one, though there are two cores."""
    heavy = run(serving_memory_bytes=7 * 2**30, number=1)

    assert predict("m5.xlarge", runs=[run(), heavy]).worker_count[0] == 1


def test_training_on_more_cores_than_were_measured_is_in_more_doubt():
    found = predict("m5.xlarge", "m5.8xlarge")
    width = np.log(found.training_80_s[1] / found.training_80_s[0])

    assert width[1] > width[0] + 0.2


def test_a_noisy_measurement_widens_the_band():
    noisy = run(
        inference=tuple(
            InferenceMeasurement(batch_rows=b, thread_count=1, durations_s=(1e-4, 2e-4, 3e-4))
            for b in (1, 8, 64)
        )
    )
    widths = [
        np.log(p.service_80_s[1, 0] / p.service_80_s[0, 0])
        for p in (predict("c7g.large"), predict("c7g.large", runs=[noisy]))
    ]

    assert widths[1] > widths[0] + 0.05


def test_a_second_machine_narrows_the_band_and_the_order_does_not_matter():
    near = run(hardware=host("AMD EPYC 9R14"), number=1, time_us=lambda b: 60 + 1.2 * b)
    one = predict("c8g.xlarge")
    two = predict("c8g.xlarge", runs=[run(), near])
    swapped = predict("c8g.xlarge", runs=[near, run()])

    width = [np.log(p.service_80_s[1, 0] / p.service_80_s[0, 0]) for p in (one, two)]
    assert width[1] < width[0]
    assert two.service_s[0] == swapped.service_s[0]


def test_measured_on_the_target_wins_over_scaled_from_elsewhere():
    elsewhere = run(hardware=host("AMD EPYC 9R14"), number=1, time_us=lambda b: 1000 + b)

    found = predict("m5.xlarge", runs=[elsewhere, run()])

    assert found.service_s[0] * 1e6 == pytest.approx(102)
    assert found.basis[0] == "measured"


@given(st.permutations(range(4)))
@settings(deadline=None, max_examples=10)
def test_the_order_of_runs_does_not_matter(order):
    runs = [
        run(hardware=host(p), number=i)
        for i, p in enumerate((CASCADE_LAKE, "AMD EPYC 9R14", "AMD EPYC 7R13", "Neoverse-V1"))
    ]
    found = predict("c7i.xlarge", runs=[runs[i] for i in order])

    assert found.service_s[0] == predict("c7i.xlarge", runs=runs).service_s[0]


def test_equal_machines_narrow_a_band_by_their_correlation():
    """Two of half width 0.2: 0.2 sqrt(0.4 + 0.6 / 2) = 0.167."""
    centre, half = combined(
        centres=np.array([[1.0], [2.0]]),
        halves=np.full((2, 1), 0.2),
        usable=np.ones((2, 1), dtype=bool),
    )

    assert centre[0] == pytest.approx(1.5)
    assert half[0] == pytest.approx(0.2 * np.sqrt(0.7))


def test_many_candidates_are_predicted_at_once_and_alone_alike():
    runs = [run(name=n) for n in ("a", "b", "c")]
    together = predict_candidates(runs=runs, instance_types=["c7g.large", "m6i.large"])

    assert sorted(together) == ["a", "b", "c"]
    assert list(together["b"].service_s) == list(
        predict("c7g.large", "m6i.large", runs=[runs[1]]).service_s
    )


def test_without_a_usable_run_the_error_says_what_to_do():
    with pytest.raises(AdvisorError, match="advisor bench"):
        predict_candidates(runs=[run(outcome="failed")], instance_types=["m5.large"])
