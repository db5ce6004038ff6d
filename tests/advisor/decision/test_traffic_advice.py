"""The traffic that is told is the one that is planned for."""

from datetime import date

import pytest

from advisor.decision.answer.traffic import traffic_advice
from advisor.recommend import market_on, prepare
from advisor.study.file import parse_study
from tests.advisor.factories import evidence, ladder

OFFICE = [1, 1, 1, 1, 1, 1, 2, 4, 8, 9, 9, 9, 8, 9, 9, 9, 8, 6, 4, 2, 1, 1, 1, 1]


def ask(**changes):
    workload = {"requests_per_s": 2000, "profile": OFFICE} | changes.pop("workload", {})
    document = {"data": {"source": "builtin:digits"}, "workload": workload}
    document |= {"needs": {"max_p99_latency_ms": 60}} | changes
    question = parse_study(document, where="test")
    engine = prepare(
        question,
        evidence(*ladder()),
        market_on(date(2026, 11, 21)),
    )
    return engine, traffic_advice(engine)


@pytest.fixture(scope="module")
def told():
    return ask()


def test_the_hours_are_the_studys_profile_and_keep_its_mean(told):
    _, advice = told
    rates = [hour.requests_per_s for hour in advice.hours]

    assert advice.basis == "input"
    assert sum(rates) / 24 == pytest.approx(2000, rel=1e-9)
    assert max(rates) <= advice.peak_requests_per_s <= advice.carried_requests_per_s


def test_the_fixed_fleet_is_the_one_of_the_answer_and_bill(told):
    engine, advice = told
    row = next(r for r in engine.order.ranked if engine.options.stands[r])
    fixed = advice.scaling[0]

    assert fixed.mean_replicas == fixed.most_replicas == advice.replicas
    assert fixed.serving_usd_per_month == pytest.approx(
        advice.replicas * engine.options.replica_usd[row]
        + engine.options.fixed_usd[row]
        + engine.options.request_usd[row]
    )
    assert fixed.out_of_need_fraction == 0


def test_a_schedule_never_bills_more_replicas_than_the_peak_needs(told):
    _, advice = told
    fixed, scheduled, tracking = advice.scaling

    assert scheduled.mean_replicas <= fixed.mean_replicas
    assert tracking.target_per_minute > 0


def test_hours_without_traffic_are_billed_at_the_fewest_replicas():
    flat = {"requests_per_s": 5000, "profile": [1.0] * 24, "active_hours_per_month": 73}
    engine, advice = ask(workload=flat)
    fixed, scheduled, _ = advice.scaling

    zones = engine.study.needs.availability_zones
    assert scheduled.most_replicas > zones
    assert scheduled.mean_replicas == pytest.approx(0.1 * scheduled.most_replicas + 0.9 * zones)
    assert fixed.mean_replicas == advice.replicas


def test_a_commitment_is_paid_whether_replicas_run_or_not():
    cloud = {"platforms": ["ecs-ec2"], "purchase": ["savings-1y"]}
    _, advice = ask(workload={"requests_per_s": 20_000}, cloud=cloud)
    fixed, scheduled, _ = advice.scaling

    assert scheduled.mean_replicas < fixed.mean_replicas
    assert scheduled.serving_usd_per_month == pytest.approx(fixed.serving_usd_per_month)


@pytest.mark.parametrize("platform", ["ecs-fargate", "ecs-ec2", "sagemaker-realtime"])
def test_no_way_to_scale_goes_below_one_replica_per_zone(platform):
    _, advice = ask(cloud={"platforms": [platform]}, needs={"availability_zones": 3})

    assert all(way.mean_replicas >= 3 for way in advice.scaling)
    assert all(hour.replicas >= 3 for hour in advice.hours)
