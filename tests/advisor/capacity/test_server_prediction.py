"""Runs of load on a measured server, predicted: exact queues, bands, refusal."""

from dataclasses import replace

import numpy as np
import pytest

from advisor.capacity.server_prediction import (
    SERVICE_RELATIVE_SD,
    MeasuredServer,
    WatchedServer,
    follow_queue,
    is_predictable,
    mm1_quantiles_s,
    predict_run,
)
from benchmarks.serving.request_times import Stretch

CONSTANT = MeasuredServer(service_s=(np.full(10, 0.01),), relative_sd=0.0)


def predict(server=CONSTANT, *, rate_per_s=70.0, request_count=20_000):
    return predict_run(
        server,
        rate_per_s=rate_per_s,
        request_count=request_count,
        rng=np.random.default_rng(1),
    )


def stretch(*, taken_s, gap_s=0.0, spacing_s=0.01, count=1_000):
    return Stretch(
        due_s=np.arange(count) * spacing_s,
        gap_s=np.broadcast_to(gap_s, count).astype(float),
        taken_s=np.broadcast_to(taken_s, count).astype(float),
    )


def test_constant_service_has_the_percentiles_of_the_exact_series():
    """M/D/1, 10 ms, 70% busy: p99 of the answer is 74.855 ms."""
    found = predict()

    assert found.p99_s == pytest.approx(0.074855, rel=0.03)
    assert found.p99_low_s < 0.074855 < found.p99_high_s


def test_exponential_service_has_the_percentiles_of_the_closed_form():
    service = np.random.default_rng(0).exponential(0.01, 20_000)
    server = replace(CONSTANT, service_s=(service * 0.01 / service.mean(),))
    found = predict(server, rate_per_s=50.0)

    exact = mm1_quantiles_s(
        service_s=0.01, rate_per_s=50.0, worker_count=1, probabilities=(0.5, 0.95, 0.99)
    )
    assert exact == pytest.approx([0.0138629, 0.0599146, 0.0921034], rel=1e-5)
    assert [found.p50_s, found.p95_s, found.p99_s] == pytest.approx(exact, rel=0.05)


def test_a_longer_service_after_idleness_has_welchs_mean_wait():
    """Exceptional first service S0: Pollaczek and Khinchine's wait, and

    lambda (E[S0^2] - E[S^2]) / (2 (1 + lambda (E[S0] - E[S]))).
    """
    rate, usual, first = 50.0, 0.01, 0.016
    server = MeasuredServer(
        service_s=(np.full(4, usual), np.full(4, first)), gap_from_s=(0.0,), relative_sd=0.0
    )
    answers = follow_queue(
        server,
        rate_per_s=rate,
        steps=4_000,
        factors=np.ones(400),
        rng=np.random.default_rng(3),
    )

    wait = rate * usual**2 / (2 * (1 - rate * usual))
    wait += rate * (first**2 - usual**2) / (2 * (1 + rate * (first - usual)))
    idle = (1 - rate * usual) / (1 + rate * (first - usual))
    assert answers.mean() == pytest.approx(wait + usual + idle * (first - usual), rel=0.01)


def test_a_machine_with_two_paces_has_the_mean_of_both_queues():
    """Spells far longer than a queue remembers: the mean of Pollaczek and Khinchine at each."""
    rate, mean = 500.0, 0.001
    spells = np.repeat([0.8, 1.2], 500) * mean
    watched = WatchedServer([[stretch(taken_s=spells, spacing_s=0.02)]])
    answers = follow_queue(
        replace(watched.at(rate), relative_sd=0.0),
        rate_per_s=rate,
        steps=10_000,
        factors=np.ones(100),
        rng=np.random.default_rng(5),
    )

    exact = [s + rate * s**2 / (2 * (1 - rate * s)) for s in (0.8 * mean, 1.2 * mean)]
    assert exact == pytest.approx([0.00106667, 0.0021], rel=1e-4)
    assert answers.mean() == pytest.approx(np.mean(exact), rel=0.03)


def test_a_steady_pace_changes_nothing():
    steady = replace(CONSTANT, pace=(np.ones(7), np.ones(30)))

    assert predict(steady).p99_s == pytest.approx(predict().p99_s, rel=0.03)


def test_the_last_looks_count_most_and_their_jumps_are_the_doubt():
    paces = (1.0, 1.0, 1.0, 1.2)
    watched = WatchedServer([[stretch(taken_s=0.01 * pace)] for pace in paces])

    mean = np.mean(paces)
    assert watched.speed == pytest.approx((0.5 * 1.0 + 0.5 * 1.2) / mean)
    assert watched.relative_sd == pytest.approx(np.log(1.2) / 3**0.5)  # one jump in three
    assert watched.busy_s(100.0) == pytest.approx(0.011)
    assert WatchedServer([[stretch(taken_s=1.0)]]).relative_sd == SERVICE_RELATIVE_SD


def test_a_server_that_warms_up_under_load_takes_more_than_in_proportion():
    """10 ms at 100 requests a second, 6 ms at 200: 80% busy is where r (14 - r / 25) = 800."""
    look = [stretch(taken_s=0.010, spacing_s=0.01), stretch(taken_s=0.006, spacing_s=0.005)]
    watched = WatchedServer([look])

    assert watched.rates_per_s == pytest.approx([100, 200], rel=0.01)
    assert watched.busy_s(150.0) == pytest.approx(0.008, rel=0.01)
    for share in (0.3, 0.8, 1.1):
        rate = watched.rate_at(share)
        assert rate * watched.busy_s(rate) == pytest.approx(share)


def test_requests_are_kept_by_how_long_the_worker_was_idle():
    gap = np.tile([0.0, 0.001, 0.002, 0.003, 0.004], 200)
    found = WatchedServer([[stretch(taken_s=0.01 + gap, gap_s=gap)]]).at(50.0)

    assert found.gap_from_s == pytest.approx([0.0, 0.002, 0.003, 0.004], abs=1e-3)
    assert [float(kind.mean()) for kind in found.service_s] == pytest.approx(
        [0.01, 0.011, 0.012, 0.013, 0.014], rel=1e-3
    )
    assert found.capacity_per_s == pytest.approx(100.0)


def test_a_server_that_was_never_behind_is_not_predicted():
    with pytest.raises(ValueError, match="more load"):
        WatchedServer([[stretch(taken_s=0.01, gap_s=0.1)]])
    with pytest.raises(ValueError, match="more load"):
        WatchedServer([])


def test_doubt_and_short_runs_widen_the_band():
    sure, doubtful = predict(), predict(replace(CONSTANT, relative_sd=0.05))
    short = predict(request_count=2_000)

    assert doubtful.p99_high_s - doubtful.p99_low_s > sure.p99_high_s - sure.p99_low_s
    assert short.p99_high_s - short.p99_low_s > sure.p99_high_s - sure.p99_low_s


def test_workers_have_queues_of_their_own():
    two = predict(replace(CONSTANT, worker_count=2), rate_per_s=140.0)

    assert two.p99_s == pytest.approx(predict().p99_s, rel=0.05)


def test_nothing_is_predicted_near_saturation():
    assert predict(rate_per_s=89.5) is None
    assert is_predictable(utilisation=0.89)
    assert predict(rate_per_s=88.0) is not None


def test_more_load_is_never_faster():
    at = [predict(rate_per_s=r).p99_s for r in (30.0, 50.0, 70.0, 85.0)]

    assert at == sorted(at)


@pytest.mark.parametrize("bad", [{"rate_per_s": 0.0}, {"request_count": 0}])
def test_numbers_that_cannot_be_are_refused(bad):
    with pytest.raises(ValueError, match="must be positive"):
        predict(**bad)


def test_the_naive_formula_is_infinite_where_it_cannot_keep_up():
    found = mm1_quantiles_s(service_s=0.01, rate_per_s=120.0, worker_count=1, probabilities=0.99)

    assert np.isinf(found)
