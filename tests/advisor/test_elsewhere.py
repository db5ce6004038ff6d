"""Runs of several machines in one decision: measured beats scaled, and the chain tells how."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.capacity.carry_call import carry_call, measured_call
from advisor.decision.answer import latency_breakdown
from advisor.decision.answer.latency_bands import bands_s
from advisor.evidence import load_evidence
from advisor.profiles import profiles_of
from advisor.recommend import market_on, prepare, recommend
from benchmarks.storage.merge import merge_stores
from benchmarks.storage.store import RunStore
from tests.advisor.factories import dataset, evidence, hardware, ladder, run, study

ON = date(2026, 11, 21)
TARGET = hardware(host_id="target", processor="Intel(R) Xeon(R) Platinum 8488C")
GRAVITON = hardware(host_id="arm", processor="Neoverse-V1", architecture="arm64")


def calls(*runs):
    return [measured_call(one, rows=1) for one in runs]


def test_the_machine_itself_is_predicted_as_measured():
    found = carry_call(calls(run()), ["c7a.large"]).speed

    assert found.ratio[0] == pytest.approx(1.0)
    assert found.basis[0] == "measured"


def test_one_host_of_scalar_work_is_carried_by_the_scalar_ratio_alone():
    from advisor.capacity.speed_memo import carried_speed

    found = carry_call(calls(run()), ["c7g.large", "t3.large", "fargate-x86_64"]).speed
    alone = carried_speed(
        hardware(), ("c7g.large", "t3.large", "fargate-x86_64"), workload_class="scalar"
    )

    for name in ("ratio", "low_80", "high_80", "low_95", "high_95"):
        assert getattr(found, name) == pytest.approx(getattr(alone, name))


def test_a_run_on_the_target_is_taken_as_it_is_and_narrows_the_band():
    here, there = run(service_s=0.001), run(service_s=0.0017, hardware=TARGET)
    before = carry_call(calls(here), ["c7i.large"]).speed
    found = carry_call(calls(here, there), ["c7i.large"]).speed

    assert before.basis[0] == "scaled"
    assert found.basis[0] == "measured"
    assert 0.001 / found.ratio[0] == pytest.approx(0.0017, rel=0.02)
    assert found.high_80[0] / found.low_80[0] < before.high_80[0] / before.low_80[0]


@given(order=st.permutations(range(3)))
def test_the_order_of_the_hosts_does_not_matter(order):
    hosts = [hardware(), TARGET, GRAVITON]
    found = calls(*(run(hardware=host) for host in hosts))
    types = ["c7a.large", "c6g.large", "m5.large"]
    usual = carry_call(found, types).speed
    other = carry_call([found[i] for i in order], types).speed
    first = found[order[0]].mean_s / found[0].mean_s

    assert other.ratio == pytest.approx(usual.ratio * first)
    assert other.high_95 / other.low_95 == pytest.approx(usual.high_95 / usual.low_95)


def stored(folder, *runs):
    kept = RunStore(folder)
    for one in runs:
        kept.append(one)
    return folder


def on_target(one, *, service_s):
    other = run(
        one.candidate.name, one.candidate.simplicity_rank, service_s=service_s, hardware=TARGET
    )
    return one.replace(id=one.id.replace("T12", "T11"), hardware=TARGET, inference=other.inference)


def test_a_merged_run_from_the_target_makes_the_decision_say_measured(tmp_path):
    """From files to the answer: the band of p99 shrinks and the chain starts on the target."""
    wanted, path = study(), tmp_path / "advisor.yaml"
    here = stored(tmp_path / ".advisor", *ladder())
    there = stored(tmp_path / "from-c7i", *(on_target(one, service_s=0.0008) for one in ladder()))
    before = decided(wanted, path)
    merge_stores([there], into=here)
    after = decided(wanted, path)

    old, new = on_c7i(before, "random_forest"), on_c7i(after, "random_forest")
    assert before.machines.basis[old] == "scaled"
    assert after.machines.basis[new] == "measured"
    assert after.machines.service_s[new] < 0.2 * before.machines.service_s[old]
    assert band(after, new) < 0.7 * band(before, old)

    # The answer shows the chains of the cheapest machines; c7i is none of them.
    row = int(np.flatnonzero(after.options.stands & (after.options.machine == new))[0])
    chain = latency_breakdown._chain(after, row)
    assert chain.measured_on == TARGET.processor
    assert chain.host_count == 2


def decided(wanted, path):
    return prepare(
        wanted,
        load_evidence(path, wanted),
        market_on(ON),
    )


def on_c7i(engine, candidate):
    table = engine.machines
    return next(
        row
        for row in range(len(table))
        if table.profiles[table.profile[row]].name == candidate
        and table.offers[table.offer[row]].machines.instance_type[table.row[row]] == "c7i.large"
    )


def band(engine, row):
    """Width of the 80% band of p99 over the point, of an option on a machine."""
    option = int(np.flatnonzero(engine.options.machine == row)[0])
    low, high = bands_s(engine, [option])[option]
    return float((high - low) / engine.options.p99_s[option])


def test_runs_on_other_rows_are_not_mixed_in(tmp_path):
    wanted = study()
    smaller = run("linear", hardware=TARGET, dataset=dataset(used_row_count=500)).replace(id="x")
    stored(tmp_path / ".advisor", *ladder(), smaller)

    assert load_evidence(tmp_path / "advisor.yaml", wanted).elsewhere == ()


def test_the_order_of_stored_runs_does_not_change_the_profiles(tmp_path):
    wanted = study()
    names = [one.id for one in ladder()]
    for folder, reverse in (("a", False), ("b", True)):
        runs = sorted(ladder(), key=lambda one: one.id, reverse=reverse)
        stored(tmp_path / folder, *runs)
    one, two = (
        profiles_of(wanted, load_evidence(tmp_path / "s.yaml", wanted, store=tmp_path / folder))
        for folder in ("a", "b")
    )

    assert one == two
    assert len(names) == len(one)


def test_every_chain_ends_at_the_service_time_that_is_planned_with():
    engine = prepare(study(), evidence(), market_on(ON))
    answer = recommend(study(), evidence(), on=ON, what_if=False)
    options, table = engine.options, engine.machines
    rows = [r for r in engine.order.ranked if options.stands[r] and not options.on_gpu[r]]
    rows = [int(options.machine[r]) for r in rows]

    assert answer.carried
    for chain, row in zip(answer.carried, rows, strict=False):
        last = chain.steps[-1]
        assert last.value_ms == pytest.approx(1e3 * table.service_s[row])
        assert last.low_ms == pytest.approx(1e3 * table.service_low_s[row])
        assert last.high_ms == pytest.approx(1e3 * table.service_high_s[row])
        assert chain.low_95_ms < last.low_ms < last.value_ms < last.high_ms < chain.high_95_ms
        for before, step in zip(chain.steps, chain.steps[1:], strict=False):
            if step.factor is not None:
                assert step.value_ms == pytest.approx(before.value_ms * step.factor)


def test_a_model_that_is_bound_by_arithmetic_is_carried_by_the_vector_ratio():
    busy = run(
        "torch_mlp",
        hardware=hardware(probes={"gemm_fp32_1_thread_gflop_per_s": 1.0}),
        parameter_count=10**7,
    )
    found = carry_call(calls(busy), ["c7g.large"])

    assert calls(busy)[0].row_class == "vector"
    assert not np.isclose(found.row_ratio[0], found.overhead_ratio[0])
