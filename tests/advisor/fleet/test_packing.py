import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.fleet.packing import (
    FULLEST,
    Machine,
    Members,
    cheapest_packing,
    fewest_bins,
    holds,
    mixture_wait_p99_s,
    pack,
)


def machine(cores=2, memory=8.0, usd=100.0, sku="m"):
    return Machine(sku=sku, cores=cores, memory_gib=memory, usd_per_month=usd)


def members(rates, *, service=0.01, scv=1.0, memory=0.1, room=1e6):
    rates = np.array(rates, dtype=float).reshape(len(rates), -1)
    n = len(rates)
    return Members(
        rate_per_s=rates,
        service_s=np.broadcast_to(service, n).astype(float),
        scv=np.broadcast_to(scv, n).astype(float),
        memory_gib=np.broadcast_to(memory, n).astype(float),
        room_s=np.broadcast_to(room, n).astype(float),
    )


def test_a_single_exponential_server_waits_as_the_closed_form_says():
    wait = mixture_wait_p99_s(work=np.array(0.8), second=np.array(8 * 0.01 * 2), cores=1)

    assert float(wait) == pytest.approx(0.5 * math.log(80))


def test_an_overloaded_machine_waits_for_ever_and_an_idle_one_not_at_all():
    wait = mixture_wait_p99_s(work=np.array([1.2, 0.0]), second=np.array([1.0, 0.0]), cores=1)

    assert wait.tolist() == [math.inf, 0.0]


def test_twenty_models_of_a_third_of_a_core_take_five_machines_of_two():
    bins, left = pack(members([35.0] * 20), machine(cores=2))

    assert (len(bins), left) == (5, [])
    assert fewest_bins(members([35.0] * 20), machine(cores=2)) == 5


def test_two_models_at_opposite_hours_share_one_core():
    bins, _ = pack(members([[70.0, 0.0], [0.0, 70.0]]), machine(cores=1))

    assert [one.members for one in bins] == [[0, 1]]


def test_memory_opens_a_machine_too():
    bins, _ = pack(members([1.0] * 4, memory=3.0), machine(memory=6.0))

    assert len(bins) == 2


def test_a_slow_model_is_not_put_beside_those_with_little_room():
    who = members([10.0, 10.0, 0.05], service=[0.005, 0.005, 2.0], room=[0.05, 0.05, 60.0])

    bins, left = pack(who, machine(cores=1))

    assert [one.members for one in bins] == [[0, 1], [2]]
    assert left == []


def test_what_fits_nowhere_is_left_and_named():
    bins, left = pack(members([500.0, 1.0]), machine(cores=1))

    assert ([one.members for one in bins], left) == ([[1]], [0])


def test_the_last_bin_takes_the_smaller_machine():
    big, small = machine(4, 16.0, 100.0, "big"), machine(1, 4.0, 20.0, "small")

    bins, _ = cheapest_packing(members([90.0, 90.0, 90.0, 30.0]), [big, small])

    assert sorted(one.machine.sku for one in bins) == ["big", "small"]


SOME = st.lists(
    st.tuples(
        st.sampled_from([5.0, 20.0, 60.0]),
        st.sampled_from([0.002, 0.01]),
        st.sampled_from([0.02, 0.1, 1.0]),
        st.sampled_from([0.5, 2.0]),
    ),
    min_size=1,
    max_size=6,
)


@settings(deadline=None)
@given(SOME)
def test_against_every_partition_at_most_one_machine_more_and_every_need_kept(models):
    rate, service, room, memory = zip(*models, strict=True)
    who = members(rate, service=service, room=room, memory=memory)
    one = machine(cores=1, memory=4.0)

    bins, left = pack(who, one)

    placed = [row for each in bins for row in each.members]
    assert sorted(placed + left) == list(range(len(models)))
    assert all(holds(who, each.members, one) for each in bins)
    assert not any(holds(who, [row], one) for row in left)
    best = min(
        len(parts) for parts in _partitions(placed) if all(holds(who, part, one) for part in parts)
    )
    assert best <= len(bins) <= best + 1
    assert len(bins) >= (0 if left else fewest_bins(who, one))


def _partitions(rows):
    if not rows:
        yield []
        return
    first, *rest = rows
    for parts in _partitions(rest):
        yield [[first], *parts]
        for at in range(len(parts)):
            yield [*parts[:at], [first, *parts[at]], *parts[at + 1 :]]


@settings(deadline=None)
@given(SOME, st.randoms(use_true_random=False))
def test_the_order_of_studies_never_matters(models, rng):
    def sizes(some):
        rate, service, room, memory = zip(*some, strict=True)
        bins, _ = pack(members(rate, service=service, room=room, memory=memory), machine(1, 4.0))
        return sorted(sorted(some[row] for row in each.members) for each in bins)

    shuffled = models[:]
    rng.shuffle(shuffled)

    assert sizes(models) == sizes(shuffled)


def _simulated_p99(who, rows, cores, seed, count=60_000):
    """First come, first served, request by request; p99 of the wait of each member."""
    rng = np.random.default_rng(seed)
    rates = who.rate_per_s[rows].max(axis=1)
    at = np.cumsum(rng.exponential(1 / rates.sum(), count))
    kind = rng.choice(len(rows), count, p=rates / rates.sum())
    service = rng.exponential(who.service_s[rows][kind])
    free = [0.0] * cores
    waits = np.empty(count)
    for i, (arrived, takes) in enumerate(zip(at.tolist(), service.tolist(), strict=True)):
        first = min(range(cores), key=free.__getitem__)
        start = max(arrived, free[first])
        waits[i] = start - arrived
        free[first] = start + takes
    return [float(np.quantile(waits[kind == one], 0.99)) for one in range(len(rows))]


@pytest.mark.slow
def test_three_packed_machines_simulated_request_by_request_keep_every_members_p99():
    rng = np.random.default_rng(5)
    n = 24
    service = rng.choice([0.004, 0.008, 0.02], n)
    who = members(rng.uniform(3, 14, n), service=service, room=rng.choice([0.03, 0.06, 0.15], n))

    bins, left = pack(who, machine(cores=2, memory=8.0))

    assert len(bins) >= 3
    assert not left
    fullest = sorted(bins, key=lambda one: -len(one.members))[:3]
    for number, one in enumerate(fullest):
        waits = _simulated_p99(who, one.members, 2, seed=number)
        for row, wait in zip(one.members, waits, strict=True):
            assert wait <= who.room_s[row], (one.members, row)


def test_a_pack_is_never_fuller_than_we_say():
    who = members([13.0] * 30, room=5.0)

    bins, _ = pack(who, machine(cores=2))

    work = who.rate_per_s[:, 0] * who.service_s
    assert all(work[one.members].sum() <= FULLEST * 2 + 1e-9 for one in bins)
    assert len(list(itertools.chain(*[b.members for b in bins]))) == 30
