"""Serverless, scale to zero, batch, many models: against simulation and by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.capacity.queueing import erlang_c
from advisor.capacity.service_shapes import (
    batch_job,
    cache_miss_share,
    cold_start_share,
    cold_starts_over,
    idle_cycle,
    zipf_popularity,
)
from evaluation.simulation import kiefer_wolfowitz_waits_s, poisson_arrivals_s
from tests.advisor.capacity.request_by_request import (
    idle_trace,
    lru_miss_share,
    queue_trace,
    serverless_trace,
)


def trace_of(*, requests_per_s, service_s, idle_s, count=100_000, start_s=0.0):
    rng = np.random.default_rng(3)
    return serverless_trace(
        arrival_s=poisson_arrivals_s(arrival_per_s=requests_per_s, request_count=count, rng=rng),
        service_s=rng.exponential(service_s, count) if service_s else np.zeros(count),
        start_s=start_s,
        idle_s=idle_s,
        maximum_concurrency=10_000,
    )


@pytest.mark.parametrize("idle_s", [60.0, 300.0, 900.0])
def test_cold_starts_of_instant_requests_are_the_exponential_in_closed_form(idle_s):
    closed = np.exp(-idle_s / 300)

    assert cold_start_share(requests_per_s=1 / 300, service_s=0.0, idle_s=idle_s) == pytest.approx(
        closed
    )
    found = trace_of(requests_per_s=1 / 300, service_s=0.0, idle_s=idle_s).is_cold.mean()
    assert found == pytest.approx(closed, abs=4 * np.sqrt(closed / 100_000))


@pytest.mark.parametrize(
    ("rate", "service_s", "idle_s"),
    [(0.01, 1.0, 300.0), (0.5, 1.0, 300.0), (2.0, 1.0, 60.0), (0.05, 20.0, 300.0)],
)
def test_cold_starts_with_several_containers_agree_with_simulation(rate, service_s, idle_s):
    simulated = trace_of(requests_per_s=rate, service_s=service_s, idle_s=idle_s).is_cold.mean()

    found = cold_start_share(requests_per_s=rate, service_s=service_s, idle_s=idle_s)
    assert found == pytest.approx(simulated, rel=0.25)


def test_a_container_answers_one_request_at_a_time_and_the_limit_refuses():
    found = serverless_trace(
        arrival_s=np.array([0.0, 1.0, 2.0, 13.0]),
        service_s=np.full(4, 10.0),
        start_s=1.0,
        idle_s=60.0,
        maximum_concurrency=2,
    )

    assert found.is_cold.tolist() == [True, True, False, False]
    assert found.throttled_count == 1
    assert np.nan_to_num(found.answer_s, nan=-1.0).tolist() == [11.0, 11.0, -1.0, 10.0]


def test_cold_starts_over_a_day_weigh_hours_by_their_requests():
    found = cold_starts_over(rates_per_s=[0.0, 1 / 300, 1 / 60], service_s=0.0, idle_s=300.0)

    shares = [np.exp(-1.0), np.exp(-5.0)]
    assert found.by_hour[1:] == pytest.approx(shares)
    assert found.share == pytest.approx((shares[0] / 5 + shares[1]) / 1.2)


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from([0.001, 0.1, 3.0]),
    st.sampled_from([0.0, 0.5, 20.0]),
    st.sampled_from([0.0, 60.0, 900.0]),
)
def test_patience_never_makes_more_cold_starts(rate, service_s, idle_s):
    case = {"requests_per_s": rate, "service_s": service_s}
    share = cold_start_share(idle_s=idle_s, **case)

    assert 0 <= cold_start_share(idle_s=idle_s + 30, **case) <= share <= 1


@pytest.mark.parametrize(
    ("rate", "service_s", "start_s", "idle_s"),
    [(0.01, 10.0, 60.0, 300.0), (0.002, 30.0, 200.0, 300.0), (0.05, 10.0, 30.0, 10.0)],
)
def test_scaling_to_zero_agrees_with_every_request_followed(rate, service_s, start_s, idle_s):
    rng = np.random.default_rng(8)
    count = 100_000
    arrivals = poisson_arrivals_s(arrival_per_s=rate, request_count=count, rng=rng)
    followed = idle_trace(
        arrival_s=arrivals,
        service_s=rng.gamma(2, service_s / 2, count),
        start_s=start_s,
        idle_s=idle_s,
    )

    found = idle_cycle(
        requests_per_s=rate,
        service_s=service_s,
        start_s=start_s,
        idle_s=idle_s,
        service_scv=0.5,
    )
    assert found.on_fraction == pytest.approx(followed.on_s / arrivals[-1], rel=0.02)
    assert found.starts_per_hour == pytest.approx(
        followed.start_count / arrivals[-1] * 3600, rel=0.04
    )
    assert found.cold_fraction == pytest.approx(followed.is_cold.mean(), rel=0.04)
    assert found.mean_result_s == pytest.approx(followed.result_s.mean(), rel=0.03)


@pytest.mark.parametrize(("rate", "server_count"), [(0.7, 1), (1.5, 2), (5.5, 8)])
def test_an_asynchronous_queue_that_is_always_on_is_mmc(rate, server_count):
    """Mean result: 1 / mu + C / (c mu - lambda), with services of mean 1 s."""
    rng = np.random.default_rng(11)
    arrivals = poisson_arrivals_s(arrival_per_s=rate, request_count=200_000, rng=rng)
    services = rng.exponential(1.0, arrivals.size)
    followed = queue_trace(arrival_s=arrivals, service_s=services, server_count=server_count)

    waiting = float(erlang_c(offered_load=rate, server_count=server_count))
    assert followed.result_s.mean() == pytest.approx(1 + waiting / (server_count - rate), rel=0.03)
    assert (followed.start_count, followed.cold_fraction) == (0, 0.0)
    expected = kiefer_wolfowitz_waits_s(
        arrival_s=arrivals, service_s=services, server_count=server_count
    )
    np.testing.assert_allclose(followed.queue_wait_s, expected)


@pytest.mark.parametrize("idle_s", [0.0, 300.0, 1000.0])
def test_rare_requests_wait_for_a_start_as_often_as_the_timer_runs_out(idle_s):
    """Workers stop with probability p = exp(-lambda T); then one request waits d and, of those that
    come during the start, lambda d on average, each d / 2: p (2 d + lambda d^2) / (2 (1 + p lambda
    d)) per request, which is p d where requests are rare."""
    rate, start_s = 1e-3, 60.0
    rng = np.random.default_rng(12)
    arrivals = poisson_arrivals_s(arrival_per_s=rate, request_count=200_000, rng=rng)
    followed = queue_trace(
        arrival_s=arrivals,
        service_s=np.full(arrivals.size, 0.01),
        server_count=4,
        start_s=start_s,
        idle_s=idle_s,
    )

    off = np.exp(-rate * idle_s)
    expected = off * (2 * start_s + rate * start_s**2) / (2 * (1 + off * rate * start_s))
    assert followed.start_wait_s.mean() == pytest.approx(expected, rel=0.01)
    assert followed.start_wait_s.mean() == pytest.approx(off * start_s, rel=0.07)
    assert followed.result_s.mean() == pytest.approx(expected + 0.01, rel=0.01)


def test_a_scheduled_batch_on_two_workers_by_hand():
    """Three at once, starting 60 s, 30 s each: 90, 90 and 120 s; off 300 s later, twice billed."""
    followed = queue_trace(
        arrival_s=np.array([0.0, 0.0, 0.0, 421.0]),
        service_s=np.full(4, 30.0),
        server_count=2,
        start_s=60.0,
        idle_s=300.0,
    )

    assert followed.result_s.tolist() == [90.0, 90.0, 120.0, 90.0]
    assert followed.start_wait_s.tolist() == [60.0] * 4
    assert followed.queue_wait_s.tolist() == [0.0, 0.0, 30.0, 0.0]
    assert (followed.start_count, followed.on_s) == (2, 420.0 + 390.0)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0.0, 500.0), st.floats(0.1, 60.0)),
        min_size=1,
        max_size=30,
    ),
    st.sampled_from([0.0, 45.0]),
    st.sampled_from([0.0, 120.0]),
)
def test_one_worker_of_a_queue_is_the_queue_of_one_worker(requests, start_s, idle_s):
    gaps, services = (np.array(values) for values in zip(*requests, strict=True))
    case = {
        "arrival_s": np.cumsum(gaps),
        "service_s": services,
        "start_s": start_s,
        "idle_s": idle_s,
    }
    one, alone = queue_trace(server_count=1, **case), idle_trace(**case)

    np.testing.assert_allclose(one.result_s, alone.result_s)
    assert one.start_count == alone.start_count
    assert one.on_s == pytest.approx(alone.on_s)
    parts = one.start_wait_s + one.queue_wait_s + services
    np.testing.assert_allclose(one.result_s, parts)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"arrival_s": np.array([2.0, 1.0])}, "ascending"),
        ({"arrival_s": np.array([1.0])}, "one value per request"),
        ({"server_count": 0}, "server_count must be at least 1"),
        ({"start_s": -1.0}, "must be >= 0"),
        ({"idle_s": float("nan")}, "must be >= 0"),
    ],
)
def test_a_queue_that_cannot_be_is_refused(changes, match):
    case = {"arrival_s": np.array([1.0, 2.0]), "service_s": np.ones(2), "server_count": 1}
    with pytest.raises(ValueError, match=match):
        queue_trace(**(case | changes))


def test_a_worker_that_cannot_keep_up_never_stops():
    found = idle_cycle(requests_per_s=2.0, service_s=1.0, start_s=10.0, idle_s=60.0)

    assert (float(found.on_fraction), float(found.mean_result_s)) == (1.0, np.inf)


def test_a_batch_by_hand_and_one_that_cannot_end_in_time():
    """A million rows at 500/s are 2,000 s; with 100 s of start and 1,100 s of time: two."""
    found = batch_job(
        row_count=[1e6, 1e6, 1e6],
        rows_per_s=500.0,
        start_s=[100.0, 1200.0, 0.0],
        deadline_s=[1100.0, 1100.0, 0.5],
        maximum_count=50,
    )

    assert found.machine_count.tolist() == [2, 0, 0]
    assert found.wall_s.tolist() == [1100.0, np.inf, np.inf]
    assert found.machine_hours[0] == pytest.approx(2 * 1100 / 3600)


@pytest.mark.parametrize("memory_gib", [5.0, 20.0, 80.0])
def test_misses_by_popularity_agree_with_a_cache_followed_request_by_request(memory_gib):
    popularity = zipf_popularity(model_count=200, exponent=0.9)
    sizes = np.where(np.arange(200) % 3 == 0, 0.4, 1.3)
    requests = np.random.default_rng(2).choice(200, size=100_000, p=popularity)

    found = cache_miss_share(popularity=popularity, sizes_gib=sizes, memory_gib=memory_gib)
    followed = lru_miss_share(requests=requests, sizes_gib=sizes, memory_gib=memory_gib)
    assert found == pytest.approx(followed, rel=0.04)


def test_models_that_all_fit_never_miss_and_none_that_fits_always_does():
    popularity = zipf_popularity(model_count=4)

    assert cache_miss_share(popularity=popularity, sizes_gib=1.0, memory_gib=4.0) == 0
    assert cache_miss_share(popularity=popularity, sizes_gib=1.0, memory_gib=0.5) == 1


@pytest.mark.parametrize(
    "call",
    [
        lambda: cold_start_share(requests_per_s=0.0, service_s=1.0, idle_s=1.0),
        lambda: idle_cycle(requests_per_s=1.0, service_s=0.0, start_s=1.0, idle_s=1.0),
        lambda: batch_job(row_count=1, rows_per_s=0.0, start_s=0, deadline_s=1),
        lambda: cache_miss_share(popularity=[0.2, 0.2], sizes_gib=1.0, memory_gib=1.0),
        lambda: zipf_popularity(model_count=0),
    ],
)
def test_numbers_that_cannot_be_are_refused(call):
    with pytest.raises(ValueError, match=r"must be|sum to 1"):
        call()
