"""Fleets that follow the traffic: the closed form against AWS's rules minute by minute."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.capacity.autoscaling import TrackingPolicy, target_tracking
from advisor.capacity.replicas import plan_replicas
from advisor.capacity.target_tracking import (
    billed_replicas,
    pooling,
    target_per_minute,
    tracked_fleet_of,
)
from advisor.capacity.traffic import workload_minutes_per_s
from advisor.study.types import Workload

OFFICE = tuple(
    float(w)
    for w in (1, 1, 1, 1, 1, 2, 4, 8, 12, 14, 14, 13, 12, 13, 14, 13, 11, 8, 6, 4, 3, 2, 1, 1)
)


def mean_of(work, *, load, most, start_minutes=5, fewest=2):
    following = tracked_fleet_of(work, start_minutes=start_minutes, fewest=fewest)
    return following.mean_replicas(load=np.atleast_1d(load), most=np.atleast_1d(most))


def test_the_mean_is_that_of_a_plain_loop_over_the_minutes():
    work = Workload(requests_per_s=100.0)
    following = tracked_fleet_of(work, start_minutes=5, fewest=2)
    y = 0.25 * 2 ** (230 / 48)  # a row of the table

    looped = [min(9, max(2, int(np.ceil(b * y)))) for b in following.levels.tolist()]

    assert mean_of(work, load=y, most=9)[0] == pytest.approx(np.mean(looped), rel=1e-12)


def test_traffic_without_a_bend_lets_no_replica_go():
    flat = Workload(requests_per_s=100.0, peak_requests_per_s=100.0)

    assert mean_of(flat, load=6.0, most=6)[0] == 6.0


def test_no_fleet_is_smaller_than_the_zones_and_none_larger_than_the_fixed_one():
    work = Workload(requests_per_s=100.0, peak_requests_per_s=1500.0)
    counts = np.arange(1, 60)
    mean = mean_of(work, load=counts * 0.9, most=counts, fewest=3)

    assert (mean >= np.minimum(counts, 3)).all()
    assert (mean <= counts).all()


@settings(max_examples=25, deadline=None)
@given(
    load=st.floats(0.3, 90), most=st.integers(1, 90), start=st.integers(1, 12),
    fewest=st.integers(1, 3),
)  # fmt: skip
def test_more_load_more_replicas_allowed_or_a_longer_start_never_bill_less(
    load, most, start, fewest
):
    work = Workload(requests_per_s=50.0, profile=OFFICE)
    asked = {"load": load, "most": most, "start_minutes": start, "fewest": fewest}
    here = mean_of(work, **asked)[0] - 1e-9  # a mean of minutes is rounded

    for more in ({"load": 1.1 * load}, {"most": most + 1}, {"start_minutes": start + 1}):
        assert mean_of(work, **asked | more)[0] >= here, more


@pytest.mark.parametrize("profile", [(), OFFICE])
@pytest.mark.parametrize("most", [3, 6, 14, 40])
@pytest.mark.parametrize("start_s", [60.0, 330.0])
def test_the_closed_form_bills_as_the_rules_of_aws_do_and_rather_more(profile, most, start_s):
    work = Workload(requests_per_s=100.0, profile=profile)
    following = tracked_fleet_of(work, start_minutes=int(np.ceil(start_s / 60)), fewest=2)
    rates = workload_minutes_per_s(work)
    each_per_s = work.peak_per_s / most  # what one replica carries
    least = int(following.least(np.array(most)))
    fleet = target_tracking(
        rates_per_s=np.tile(rates, 2),  # the first day settles
        policy=TrackingPolicy(
            target_per_minute=60 * each_per_s / following.headroom,
            minimum_count=least,
            maximum_count=most,
            start_s=start_s,
        ),
    )
    billed, ready = (x[rates.size :] for x in (fleet.billed, fleet.ready))

    mean = following.mean_replicas(load=np.array([float(most)]), most=np.array([most]))[0]

    assert billed.mean() * 0.99 <= mean <= billed.mean() * 1.15 + 0.1
    assert (rates > ready * each_per_s * (1 + 1e-9)).mean() <= 0.02


def test_hours_without_traffic_are_billed_at_the_fewest():
    whole = Workload(requests_per_s=100.0)
    third = whole.replace(active_hours_per_month=730 / 3)

    assert mean_of(third, load=8.0, most=8)[0] == pytest.approx(
        mean_of(whole, load=8.0, most=8)[0] / 3 + 2 * 2 / 3
    )


def test_network_and_credits_are_kept_all_the_time():
    work = Workload(requests_per_s=100.0)
    told = {"zones": 2, "start_s": np.array([60.0]), "load": np.array([9.0])}

    few = billed_replicas(work, **told, most=np.array([9]), fewest=np.array([2]))
    many = billed_replicas(work, **told, most=np.array([9]), fewest=np.array([7]))

    assert few[0] < 7 <= many[0] <= 9


def test_a_target_that_the_fewest_keep_asks_for_more_than_the_load_alone():
    machine = {"service_s": np.array([0.02]), "scv": np.array([1.0]), "workers": np.array([2])}
    told = {**machine, "front_s": np.array([0.0]), "fewest": 2}

    factor = pooling(**told, max_p99_s=0.11)[0]
    rate = 0.7 * 2 * 2 / 0.02 / factor
    plan = {
        "service_mean_s": 0.02,
        "service_scv": 1.0,
        "workers_per_replica": 2,
        "max_p99_s": 0.11,
        "max_utilisation": 0.7,
    }
    below = plan_replicas(arrival_per_s=rate * 0.999, **plan).replica_count[0]
    above = plan_replicas(arrival_per_s=rate * 1.001, **plan).replica_count[0]

    assert factor > 1
    assert below <= 2 < above
    assert pooling(**told, max_p99_s=10.0)[0] == 1.0
    assert pooling(**told, max_p99_s=None)[0] == 1.0
    assert pooling(**told, max_p99_s=0.001)[0] == np.inf


def test_the_target_is_what_a_replica_carries_less_the_headroom():
    target = target_per_minute(service_s=0.1, workers=2, pooled=1.25, headroom=1.12)

    assert target == pytest.approx(60 * 0.7 * 20 / 1.25 / 1.12)
