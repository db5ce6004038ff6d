"""Cores, other cores, memory."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.capacity.thread_scaling import (
    MAX_PARALLEL_FRACTION,
    amdahl_speedup,
    fit_parallel_fraction,
    fit_thread_law,
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


def test_a_known_law_is_recovered_from_its_times():
    counts = [1, 2, 4, 8]
    wall = [
        100 / float(usl_throughput(core_count=n, contention=0.05, coherency=0.001)) for n in counts
    ]
    law = fit_thread_law(thread_counts=counts, wall_s=wall)

    assert law.contention == pytest.approx(0.05, rel=1e-6)
    assert law.coherency == pytest.approx(0.001, rel=1e-6)
    assert float(law.speedup(8)) == pytest.approx(5.69, abs=0.005)


def test_two_thread_counts_give_amdahls_law():
    law = fit_thread_law(thread_counts=[1, 4], wall_s=[100.0, 100 / 3.077])

    assert 1 - law.contention == pytest.approx(0.9, abs=0.001)
    assert float(law.speedup(8)) == pytest.approx(
        float(amdahl_speedup(core_count=8, parallel_fraction=0.9)), rel=1e-3
    )


def test_more_cores_than_the_peak_of_the_law_are_left_idle_not_slower():
    law = fit_thread_law(thread_counts=[1, 2, 4, 8], wall_s=[100.0, 60.0, 50.0, 60.0])

    assert float(law.speedup(64)) == pytest.approx(float(law.speedup(32)))
    assert float(law.speedup(64)) >= float(law.speedup(1))


def test_one_thread_count_teaches_nothing():
    assert float(fit_thread_law(thread_counts=[1, 1], wall_s=[5.0, 6.0]).speedup(16)) == 1.0
    assert float(fit_thread_law(thread_counts=[4], wall_s=[5.0]).speedup(16)) == 1.0


def test_noisy_times_leave_the_law_in_more_doubt():
    quiet, noisy = (
        fit_thread_law(thread_counts=[1, 1, 4, 4], wall_s=[100.0, 100.0 * f, 30.0, 30.0 * f])
        for f in (1.01, 1.2)
    )

    assert noisy.half_width_ln(8) > quiet.half_width_ln(8) > 0
    assert quiet.half_width_ln(16) > quiet.half_width_ln(8)
    assert float(quiet.half_width_ln(1)) == 0


def test_a_time_per_thread_count_is_asked_for():
    with pytest.raises(ValueError, match="as many positive times"):
        fit_thread_law(thread_counts=[1, 2], wall_s=[1.0])
