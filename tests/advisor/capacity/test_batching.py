"""The parts of a batch sweep."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.capacity.batching import fit_sweep
from benchmarks.storage.records import InferenceMeasurement

BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


def sweep(time_us, *, batches=BATCHES, noise=0.0, repeats=30, seed=0):
    rng = np.random.default_rng(seed)
    return [
        InferenceMeasurement(
            batch_rows=b,
            thread_count=1,
            durations_s=tuple(1e-6 * time_us(b) * np.exp(noise * rng.standard_normal(repeats))),
        )
        for b in batches
    ]


def test_overhead_and_slope_are_recovered_from_noisy_times():
    found = fit_sweep(sweep(lambda b: 100 + 2 * b, noise=0.01))

    assert found.per_call_s * 1e6 == pytest.approx(100, rel=0.02)
    assert found.per_row_s * 1e6 == pytest.approx(2, rel=0.02)
    assert found.extra_per_row_s == 0.0
    assert abs(found.per_call_s * 1e6 - 100) < 3 * found.per_call_sd_s * 1e6


def test_a_knot_is_recovered_within_one_grid_step():
    found = fit_sweep(sweep(lambda b: 100 + 2 * b + 6 * max(0, b - 64), noise=0.01))

    assert 32 <= found.knot_rows <= 128
    assert found.predict_s(1024) * 1e6 == pytest.approx(100 + 2048 + 6 * 960, rel=0.03)
    assert found.extra_per_row_s > 0


def test_threads_that_start_to_help_bend_the_line_down_but_never_below_zero():
    found = fit_sweep(sweep(lambda b: 50 + 10 * min(b, 32) + 1 * max(0, b - 32), noise=0.005))

    assert found.extra_per_row_s < 0
    assert found.per_row_s + found.extra_per_row_s >= 0


def test_a_sweep_that_falls_has_no_negative_slope():
    found = fit_sweep(sweep(lambda b: 100 - 0.01 * b))

    assert found.per_row_s >= 0
    assert found.per_call_s > 0


def test_a_measured_batch_is_reported_as_measured():
    found = fit_sweep(sweep(lambda b: 100 + 2 * b, noise=0.05, repeats=400)).service(rows=64)

    assert found.is_measured
    assert found.mean_s * 1e6 == pytest.approx(228, rel=0.01)
    assert found.scv == pytest.approx(0.05**2, rel=0.2)
    assert 0.03 <= found.relative_error < 0.04


def test_a_batch_between_two_measured_ones_is_carried_by_the_curve():
    found = fit_sweep(sweep(lambda b: 100 + 2 * b, batches=(1, 8, 64, 512))).service(rows=20)

    assert not found.is_measured
    assert found.mean_s * 1e6 == pytest.approx(140, rel=0.02)


def test_beyond_the_largest_batch_the_doubt_grows():
    cost = fit_sweep(sweep(lambda b: 100 + 2 * b))

    assert cost.service(rows=8192).relative_error > cost.service(rows=2048).relative_error > 0.12


def test_a_pause_of_the_machine_is_left_out_and_counted():
    quiet = sweep(lambda b: 100.0, batches=(1,), noise=0.02, repeats=200)[0]
    paused = quiet.replace(durations_s=(*quiet.durations_s, 0.3))

    found, clean = (fit_sweep([m]).service(rows=1) for m in (paused, quiet))

    assert found.outlier_count == 1
    assert found.scv == pytest.approx(clean.scv)
    assert found.mean_s == pytest.approx(clean.mean_s)


def test_a_single_batch_size_still_has_an_answer_with_more_doubt():
    cost = fit_sweep(sweep(lambda b: 100 + 2 * b, batches=(1,)))

    assert cost.service(rows=1).mean_s * 1e6 == pytest.approx(102)
    assert cost.service(rows=4).relative_error > 0.1


def test_the_best_batch_is_the_one_with_the_most_rows_per_second():
    found = fit_sweep(sweep(lambda b: 100 + 2 * b + 6 * max(0, b - 64)))

    assert found.best_batch_rows == 64


few = st.sampled_from([0.5, 1.0, 20.0, 400.0])


@settings(deadline=None, max_examples=20)
@given(few, few, st.sampled_from([1e-6, 3.0]))
def test_the_unit_of_time_does_not_matter(overhead, slope, unit):
    base = fit_sweep(sweep(lambda b: overhead + slope * b))
    scaled = fit_sweep(sweep(lambda b: unit * (overhead + slope * b)))

    assert scaled.predict_s(100) == pytest.approx(unit * base.predict_s(100), rel=1e-6)


@settings(deadline=None, max_examples=20)
@given(st.permutations(BATCHES[:6]))
def test_repeats_may_come_in_any_order(order):
    measured = sweep(lambda b: 100 + 2 * b, batches=BATCHES[:6], noise=0.02)
    shuffled = [m.replace(durations_s=tuple(reversed(m.durations_s))) for m in measured]

    assert fit_sweep(shuffled).per_call_s == pytest.approx(fit_sweep(measured).per_call_s)
