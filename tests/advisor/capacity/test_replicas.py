"""The replica plan: smallest fleet that meets the need."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.capacity.queueing import ROUTINGS
from advisor.capacity.replicas import plan_replicas


def plan(**changes):
    case = {
        "arrival_per_s": 100.0,
        "service_mean_s": 0.01,
        "service_scv": 0.25,
        "workers_per_replica": 2,
        "max_p99_s": 0.1,
    }
    return plan_replicas(**(case | changes))


def test_utilisation_sets_the_number_when_latency_is_easy():
    """1 busy worker of 2 at most 70%: one replica; at 300/s 3 / 1.4 = 2.14: three."""
    assert plan().replica_count[0] == 1
    found = plan(arrival_per_s=300.0)

    assert found.replica_count[0] == 3
    assert found.limited_by[0] == "utilisation"
    assert found.utilisation[0] == pytest.approx(0.5)


def test_a_zone_minimum_is_kept_and_named():
    found = plan(minimum_count=3)

    assert (found.replica_count[0], found.limited_by[0]) == (3, "minimum")


def test_a_tight_need_takes_more_replicas_than_the_load():
    loose = plan(arrival_per_s=500.0, workers_per_replica=1, routing="random")
    tight = plan(arrival_per_s=500.0, workers_per_replica=1, routing="random", max_p99_s=0.03)

    assert tight.replica_count[0] > loose.replica_count[0]
    assert tight.limited_by[0] == "p99"
    assert tight.p99_s[0] <= 0.03


def test_one_replica_fewer_would_miss_the_need():
    found = plan(arrival_per_s=500.0, workers_per_replica=1, routing="random", max_p99_s=0.03)
    fewer = plan(
        arrival_per_s=500.0,
        workers_per_replica=1,
        routing="random",
        max_p99_s=None,
        max_utilisation=1.0,
        minimum_count=found.replica_count[0] - 1,
    )

    assert fewer.replica_count[0] == found.replica_count[0] - 1
    assert fewer.p99_s[0] > 0.03


def test_a_model_slower_than_the_need_is_infeasible_at_any_size():
    found = plan(service_mean_s=0.2)

    assert found.replica_count[0] == 0
    assert found.infeasible[0] == "service-too-slow"
    assert found.unloaded_p99_s[0] > 0.2


def test_too_few_replicas_allowed_is_its_own_reason():
    found = plan(arrival_per_s=10_000.0, maximum_count=5)

    assert found.infeasible[0] == "too-many-replicas"
    assert np.isinf(found.p99_s[0])


def test_fixed_overhead_counts_towards_the_need():
    bare, fronted = plan(), plan(fixed_overhead_s=0.02)

    assert fronted.p99_s[0] == pytest.approx(bare.p99_s[0] + 0.02)


def test_options_do_not_influence_each_other():
    rng = np.random.default_rng(1)
    columns = {
        "arrival_per_s": rng.uniform(1, 900, 40),
        "service_mean_s": rng.uniform(0.001, 0.06, 40),
        "workers_per_replica": rng.integers(1, 9, 40),
        "max_p99_s": rng.uniform(0.02, 0.2, 40),
    }

    together = plan(**columns)

    for i in range(40):
        alone = plan(**{name: column[i] for name, column in columns.items()})
        assert alone.replica_count[0] == together.replica_count[i]
        assert alone.p99_s[0] == pytest.approx(together.p99_s[i])


few_rates = st.sampled_from([1.0, 50.0, 99.0, 400.0, 1500.0])
few_services = st.sampled_from([0.001, 0.01, 0.03])
few_needs = st.sampled_from([0.03, 0.05, 0.1, None])


@settings(deadline=None, max_examples=60)
@given(few_rates, few_services, few_needs, st.sampled_from(ROUTINGS), st.sampled_from([1, 4]))
def test_more_load_never_takes_fewer_replicas(rate, service_s, need_s, routing, workers):
    rates = rate * np.array([1.0, 1.2, 2.0])
    found = plan(
        arrival_per_s=rates,
        service_mean_s=service_s,
        max_p99_s=need_s,
        routing=routing,
        workers_per_replica=workers,
    )

    counts = np.where(found.infeasible == "", found.replica_count, 10**6)
    assert np.all(np.diff(counts) >= 0)
    feasible = found.infeasible == ""
    assert np.all(found.p99_s[feasible] <= (np.inf if need_s is None else need_s))
    assert np.all(found.utilisation[feasible] <= 0.7 + 1e-9)
    assert np.all(found.p50_s <= found.p95_s)
    assert np.all(found.p95_s <= found.p99_s)


def test_random_routing_never_needs_fewer_replicas_than_one_queue():
    rates = np.linspace(10, 2000, 60)
    case = {"arrival_per_s": rates, "workers_per_replica": 1, "max_p99_s": 0.04}

    assert np.all(
        plan(**case, routing="random").replica_count
        >= plan(**case, routing="central").replica_count
    )


@pytest.mark.parametrize(
    "change",
    [
        {"arrival_per_s": -1},
        {"service_mean_s": 0},
        {"workers_per_replica": 0},
        {"max_utilisation": 0},
        {"routing": "psychic"},
    ],
)
def test_impossible_arguments_are_refused(change):
    with pytest.raises(ValueError, match=r"must be|unknown routing"):
        plan(**change)
