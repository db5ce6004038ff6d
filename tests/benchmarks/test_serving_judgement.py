"""What samples of load allow one to say; schedules; the search for the highest rate."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.serving.arrivals import MAX_REQUESTS, LoadError, schedule_s
from benchmarks.serving.loadrun import Samples, judge_load
from benchmarks.serving.search import Limits, find_max

SERVICE_S = 0.01


def queue(rate_per_s, duration_s, *, seed=0, late_s=0.0, timeout_s=np.inf, service_s=SERVICE_S):
    """Samples of one worker with constant service, its queue followed exactly."""
    rng = np.random.default_rng(seed)
    due = schedule_s(pattern="poisson", rate_per_s=rate_per_s, duration_s=duration_s, rng=rng)
    free, done = 0.0, np.empty(due.size)
    for i, at in enumerate(due):
        free = max(free, at) + service_s
        done[i] = free
    status = np.where(done - due > timeout_s, 0.0, 200.0)
    outstanding = np.arange(due.size) - np.searchsorted(np.sort(done), due)
    zeros = np.zeros(due.size)
    return Samples(
        scheduled_s=due,
        sent_s=due + late_s,
        done_s=done,
        status=status,
        service_ns=zeros,
        predict_ns=zeros,
        worker=zeros,
        outstanding=outstanding.astype(float),
    )


def test_percentiles_are_those_of_the_answers_from_the_scheduled_time():
    samples = queue(50, 40)
    found = judge_load(samples, duration_s=40)

    latency = np.sort(samples.after(2.0).latency_s)
    assert found.validity == "ok"
    assert found.p99_ms == pytest.approx(1e3 * latency[int(np.ceil(0.99 * latency.size)) - 1])
    assert found.p99_low_ms < found.p99_ms < found.p99_high_ms


def test_a_late_generator_invalidates_the_run():
    found = judge_load(queue(50, 20, late_s=0.002), duration_s=20)

    assert (found.validity, found.p50_ms, found.p99_ms) == ("late-generator", None, None)
    assert "a core of its own" in found.reason


def test_lateness_counts_against_the_need():
    assert judge_load(queue(50, 20, late_s=0.002), duration_s=20, need_s=0.1).validity == "ok"


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("load", [1.08, 1.3])
def test_over_saturation_has_no_percentile(seed, load):
    found = judge_load(queue(100 * load, 30, seed=seed), duration_s=30)

    assert (found.validity, found.p99_ms) == ("over-saturated", None)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("load", [0.5, 0.85, 0.92])
def test_a_long_queue_that_does_not_grow_is_no_over_saturation(seed, load):
    assert judge_load(queue(100 * load, 60, seed=seed), duration_s=60).validity == "ok"


def test_a_percentile_is_not_stated_from_too_few():
    found = judge_load(queue(50, 5), duration_s=5)

    assert (found.validity, found.p99_ms) == ("too-few", None)
    assert found.p50_ms is not None


def test_time_outs_count_as_slower_than_any_answer():
    found = judge_load(queue(85, 60, timeout_s=0.03), duration_s=60)

    assert found.timeout_count > 0.01 * found.request_count
    assert found.p99_ms is None
    assert found.p50_ms is not None


# Schedules ----------------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(["poisson", "constant", "diurnal"]), st.sampled_from([5.0, 400.0]))
def test_schedules_ascend_and_keep_their_rate(pattern, rate):
    due = schedule_s(pattern=pattern, rate_per_s=rate, duration_s=20, rng=np.random.default_rng(1))

    assert np.all(np.diff(due) >= 0)
    assert due[0] >= 0
    assert due[-1] < 20
    assert due.size == pytest.approx(20 * rate, abs=5 * np.sqrt(20 * rate) + 1)


def test_poisson_gaps_are_exponential():
    due = schedule_s(
        pattern="poisson", rate_per_s=100, duration_s=200, rng=np.random.default_rng(2)
    )
    gaps = np.diff(due)

    assert gaps.std() / gaps.mean() == pytest.approx(1.0, abs=0.03)
    assert np.quantile(gaps, 0.99) == pytest.approx(-np.log(0.01) / 100, rel=0.05)


def test_a_profile_is_stretched_over_the_run():
    due = schedule_s(
        pattern="diurnal",
        rate_per_s=1000,
        duration_s=10,
        rng=np.random.default_rng(3),
        profile=[1.0, 3.0],
    )

    assert (due < 5).mean() == pytest.approx(0.25, abs=0.02)


def test_a_recording_is_played_at_the_rate_asked_for():
    due = schedule_s(
        pattern="recorded",
        rate_per_s=10,
        duration_s=100,
        rng=np.random.default_rng(3),
        recorded_s=[50.0, 51.0, 51.5, 54.0],
    )

    assert due == pytest.approx([0.0, 0.075, 0.1125, 0.3])


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"rate_per_s": 0}, "positive"),
        ({"rate_per_s": MAX_REQUESTS}, "requests in one run"),
        ({"duration_s": 1e6}, "shorten it"),
        ({"pattern": "recorded"}, "at least two"),
        ({"pattern": "diurnal", "profile": [0.0]}, "at least one positive"),
    ],
)
def test_loads_that_cannot_be_are_refused(bad, words):
    case = {"pattern": "poisson", "rate_per_s": 10, "duration_s": 10} | bad

    with pytest.raises(LoadError, match=words):
        schedule_s(rng=np.random.default_rng(0), **case)


# The highest rate ---------------------------------------------------------------------------------


def test_the_search_finds_the_rate_whose_p99_is_the_need():
    """M/D/1 with 10 ms: p99 is 43.4 ms at 50/s and 74.9 ms at 70/s, by the exact series."""
    found = find_max(
        lambda rate, length_s: queue(rate, length_s, seed=round(1000 * rate)),
        need_s=0.0749,
        capacity_per_s=100,
        limits=Limits(run_s=200, total_s=4000),
    )

    assert found.max_requests_per_s == pytest.approx(70, rel=0.08)
    assert found.trials[0].verdict == "within"


def test_a_need_below_the_service_time_is_met_by_no_rate():
    found = find_max(
        queue,
        need_s=0.005,
        capacity_per_s=100,
        limits=Limits(run_s=60, total_s=2000),
    )

    assert found.max_requests_per_s is None
    assert {trial.verdict for trial in found.trials} <= {"above", "undecided"}


def test_a_search_stops_at_a_late_generator():
    found = find_max(
        lambda rate, length_s: queue(rate, length_s, late_s=0.05),
        need_s=0.1,
        capacity_per_s=100,
        limits=Limits(run_s=20, total_s=200),
    )

    assert len(found.trials) == 1
    assert "late" in found.stopped


def test_a_search_ends_with_its_time():
    found = find_max(
        queue,
        need_s=0.0749,
        capacity_per_s=100,
        limits=Limits(run_s=20, total_s=45),
    )

    assert sum(t.result.request_count for t in found.trials) < 45 * 100
    assert "is spent" in found.stopped
