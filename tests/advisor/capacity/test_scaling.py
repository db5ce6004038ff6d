"""Cores, other cores, memory."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.capacity.scaling import (
    MAX_PARALLEL_FRACTION,
    amdahl_speedup,
    fit_parallel_fraction,
    predict_wall_s,
    usl_throughput,
    workers_that_fit,
)


def test_amdahl_by_hand():
    assert amdahl_speedup(core_count=4, parallel_fraction=0.9) == pytest.approx(3.077, abs=1e-3)


def test_universal_scalability_by_hand_and_its_peak():
    curve = usl_throughput(core_count=np.arange(1, 100), contention=0.05, coherency=0.001)

    assert curve[7] == pytest.approx(5.69, abs=0.01)
    assert np.argmax(curve) + 1 == round(30.8)


@settings(deadline=None)
@given(st.sampled_from([0.0, 0.3, 0.9, 0.98]), st.sampled_from([2, 4, 64]))
def test_the_fraction_is_recovered_from_two_times(share, threads):
    wall_n = 10.0 / amdahl_speedup(core_count=threads, parallel_fraction=share)

    found = fit_parallel_fraction(
        wall_1_thread_s=10.0, wall_n_thread_s=float(wall_n), thread_count=threads
    )

    assert found == pytest.approx(share, abs=1e-9)


@pytest.mark.parametrize(("wall_n", "share"), [(12.0, 0.0), (5.0, MAX_PARALLEL_FRACTION)])
def test_slower_with_threads_is_no_gain_and_perfect_is_not_believed(wall_n, share):
    found = fit_parallel_fraction(wall_1_thread_s=10.0, wall_n_thread_s=wall_n, thread_count=2)

    assert found == share


def test_the_same_machine_on_one_core_takes_as_long_as_measured():
    assert predict_wall_s(
        wall_1_thread_s=7.0, parallel_fraction=0.9, core_count=1, speed_ratio=1.0
    ) == pytest.approx(7.0)


@settings(deadline=None)
@given(st.sampled_from([0.0, 0.5, 0.98]), st.sampled_from([1, 2, 16]), st.sampled_from([0.5, 2.0]))
def test_more_or_faster_cores_are_never_slower(share, cores, ratio):
    case = {"wall_1_thread_s": 7.0, "parallel_fraction": share}
    base = predict_wall_s(core_count=cores, speed_ratio=ratio, **case)

    assert predict_wall_s(core_count=cores + 1, speed_ratio=ratio, **case) <= base
    assert predict_wall_s(core_count=cores, speed_ratio=ratio * 1.1, **case) < base


def test_workers_are_limited_by_cores_then_by_memory():
    found = workers_that_fit(
        memory_gib=[8, 8, 2, 1], worker_memory_gib=[0.5, 2.0, 0.5, 1.0], core_count=[4, 4, 0.5, 1]
    )

    assert list(found) == [4, 3, 1, 0]


@pytest.mark.parametrize(("cores", "share"), [(0, 0.5), (2, 1.5), (2, -0.1)])
def test_impossible_numbers_are_refused(cores, share):
    with pytest.raises(ValueError, match="must be"):
        amdahl_speedup(core_count=cores, parallel_fraction=share)
