"""Replicas by the minute: AWS's rules by hand, and the laws of any way to scale."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.capacity.autoscaling import (
    TrackingPolicy,
    fixed_fleet,
    replicas_needed,
    scheduled_fleet,
    target_tracking,
)
from advisor.capacity.fleet_outcome import ServiceTime, compare_scaling, fleet_outcome
from evaluation.simulation import (
    kiefer_wolfowitz_waits_s,
    lognormal_services_s,
    poisson_arrivals_s,
)


def follow(*per_minute, **policy):
    """Requests of each minute -> replicas that answer and that are billed, target 100 a minute."""
    fleet = target_tracking(
        rates_per_s=np.array(per_minute) / 60,
        policy=TrackingPolicy(**({"target_per_minute": 100.0} | policy)),
    )
    return fleet.ready.tolist(), fleet.billed.tolist()


def test_three_minutes_above_the_target_add_in_proportion():
    """Minutes 1-3 are above; the third is seen at minute 4; a start of 60 s answers from 6 on."""
    ready, billed = follow(200, *[350] * 7, start_s=60.0)

    assert ready == [2, 2, 2, 2, 2, 2, 4, 4]
    assert billed == [2, 2, 2, 2, 2, 4, 4, 4]


def test_two_minutes_above_the_target_add_nothing():
    assert follow(200, 350, 350, *[200] * 10)[0] == [2] * 13


def test_fifteen_minutes_below_nine_tenths_remove_and_fourteen_do_not():
    ready, _ = follow(400, *[150] * 14, *[400] * 5)
    assert ready == [4] * 20

    ready, _ = follow(400, *[150] * 18)
    assert ready == [4] * 17 + [2] * 2  # minutes 1-15 are below, the last is seen at minute 16


def test_between_nine_tenths_and_the_target_nothing_moves():
    assert follow(400, *[365] * 40)[0] == [4] * 41


def test_within_the_cooldown_only_a_larger_growth_counts():
    """4 are asked for at minute 4; within 5 minutes the load asks for 6: two more, not six."""
    _, billed = follow(200, *[350] * 4, *[600] * 4, start_s=600.0)

    assert billed == [2, 2, 2, 2, 2, 4, 4, 6, 6]


def test_a_start_longer_than_the_cooldown_is_asked_for_twice_unless_scaling_waits_for_it():
    surge = [200, *[400] * 14]

    assert follow(*surge, start_s=900.0)[1][-1] == 8
    assert follow(*surge, start_s=900.0, waits_for_start=True)[1][-1] == 4


def test_shrinking_waits_for_its_own_cooldown_but_growing_ends_it():
    """400 -> 2 at minute 16; the next shrink to 1 is due at once but waits 5 minutes."""
    ready, _ = follow(400, *[150] * 15, *[60] * 8)
    assert ready[17:] == [2, 2, 2, 2, 2, 1, 1][: len(ready[17:])]

    ready, _ = follow(400, *[150] * 17, *[500] * 6, start_s=0.0)
    assert max(ready[-2:]) == 5


def test_minimum_and_maximum_hold():
    ready, billed = follow(100, *[5000] * 30, *[0] * 60, minimum_count=2, maximum_count=7)

    assert min(ready) == 2
    assert max(billed) == 7
    assert ready[-1] == 2


def test_a_schedule_starts_ahead_so_that_replicas_answer_on_time():
    fleet = scheduled_fleet(needed=[1] * 60 + [3] * 60, start_s=120.0)

    assert fleet.ready.tolist() == [1] * 60 + [3] * 60
    assert fleet.billed.tolist() == [1] * 58 + [3] * 62


SERVICE = ServiceTime(mean_s=0.05, scv=0.25, workers_per_replica=1, overhead_s=0.0)


def day(peak_per_s=60.0):
    minute = np.arange(1440)
    return peak_per_s * (0.55 + 0.45 * np.sin(2 * np.pi * minute / 1440))


def test_percentiles_over_two_rates_are_those_of_all_their_requests_together():
    """One hour at 4 and one at 14 requests a second, one worker: simulated request by request."""
    rng = np.random.default_rng(5)
    answers = []
    for rate in (4.0, 14.0):
        count = int(rate * 3600 * 20)
        arrivals = poisson_arrivals_s(arrival_per_s=rate, request_count=count, rng=rng)
        services = lognormal_services_s(
            service_s=0.05, service_scv=0.25, request_count=count, rng=rng
        )
        waits = kiefer_wolfowitz_waits_s(arrival_s=arrivals, service_s=services, server_count=1)
        answers.append(waits + services)
    together = np.concatenate(answers)

    found = fleet_outcome(
        rates_per_s=np.repeat([4.0, 14.0], 60),
        fleet=fixed_fleet(replica_count=1, minutes=120),
        service=SERVICE,
    )

    assert found.p50_s == pytest.approx(np.quantile(together, 0.5), rel=0.05)
    assert found.p95_s == pytest.approx(np.quantile(together, 0.95), rel=0.06)
    assert found.p99_s == pytest.approx(np.quantile(together, 0.99), rel=0.06)


def test_what_a_minute_cannot_serve_waits_in_the_next():
    """30 a second for a minute at a capacity of 20: 600 are left over, 30 s of work."""
    found = fleet_outcome(
        rates_per_s=[1.0, 30.0, 1.0, 1.0],
        fleet=fixed_fleet(replica_count=1, minutes=4),
        service=SERVICE,
        max_p99_s=1.0,
    )

    assert found.p99_by_minute_s[1] == pytest.approx(15.0, rel=0.1)
    assert found.minutes_out_of_need == 2
    assert found.p99_by_minute_s[3] < 0.2


def test_ways_to_scale_over_a_day():
    fixed, scheduled, tracking = compare_scaling(
        rates_per_s=day(),
        service=SERVICE,
        rate_per_replica_per_s=14.0,
        start_s=60.0,
        minimum_count=2,
        max_p99_s=0.4,
        allowed_minutes_out=5,
    )

    assert fixed.mean_replicas > scheduled.mean_replicas > tracking.mean_replicas * 0.8
    assert tracking.mean_replicas < fixed.mean_replicas
    assert tracking.target_per_minute is not None
    assert tracking.outcome.minutes_out_of_need <= 5
    assert fixed.outcome.minutes_out_of_need == 0


@given(st.sampled_from([1.0, 20.0, 60.0]), st.sampled_from([0.0, 300.0]))
@settings(max_examples=6, deadline=None)
def test_more_traffic_never_costs_less_and_is_never_faster(peak, start_s):
    def at(factor):
        return compare_scaling(
            rates_per_s=day(peak * factor)[::10],
            service=SERVICE,
            rate_per_replica_per_s=14.0,
            start_s=start_s,
        )

    for less, more in zip(at(1.0), at(1.5), strict=True):
        if less.name != "target-tracking":
            assert more.mean_replicas >= less.mean_replicas


def test_needed_replicas_broadcast_over_options_and_hours():
    found = replicas_needed(
        rates_per_s=np.array([[10.0, 25.0]]), rate_per_replica_per_s=np.array([[5.0], [20.0]])
    )

    assert found.tolist() == [[2, 5], [1, 2]]


@pytest.mark.parametrize(
    "bad",
    [{"target_per_minute": 0.0}, {"minimum_count": 0}, {"minimum_count": 9, "maximum_count": 3}],
)
def test_a_policy_that_cannot_be_is_refused(bad):
    with pytest.raises(ValueError, match="must be"):
        TrackingPolicy(**({"target_per_minute": 1.0} | bad))
