"""Runs of load on a measured server, predicted: exact queues, bands, refusal."""

import numpy as np
import pytest

from advisor.capacity.in_situ import (
    MeasuredServer,
    follow_queue,
    is_predictable,
    mm1_quantiles_s,
    predict_run,
)

CONSTANT = MeasuredServer(service_s=np.full(10, 0.01))


def predict(server=CONSTANT, *, rate_per_s=70.0, request_count=20_000, relative_sd=0.0):
    return predict_run(
        server,
        rate_per_s=rate_per_s,
        request_count=request_count,
        rng=np.random.default_rng(1),
        relative_sd=relative_sd,
    )


def test_constant_service_has_the_percentiles_of_the_exact_series():
    """M/D/1, 10 ms, 70% busy: p99 of the answer is 74.855 ms."""
    found = predict()

    assert found.p99_s == pytest.approx(0.074855, rel=0.03)
    assert found.p99_low_s < 0.074855 < found.p99_high_s


def test_exponential_service_has_the_percentiles_of_the_closed_form():
    service = np.random.default_rng(0).exponential(0.01, 20_000)
    found = predict(MeasuredServer(service_s=service * 0.01 / service.mean()), rate_per_s=50.0)

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
        service_s=np.full(4, usual), gap_s=(0.0, 1e-9), extra_s=(0.0, first - usual)
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


def test_doubt_and_short_runs_widen_the_band():
    sure, doubtful = predict(), predict(relative_sd=0.05)
    short = predict(request_count=2_000)

    assert doubtful.p99_high_s - doubtful.p99_low_s > sure.p99_high_s - sure.p99_low_s
    assert short.p99_high_s - short.p99_low_s > sure.p99_high_s - sure.p99_low_s


def test_workers_have_queues_of_their_own():
    two = predict(MeasuredServer(service_s=np.full(4, 0.01), worker_count=2), rate_per_s=140.0)

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
