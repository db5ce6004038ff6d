"""The traffic that is told is the one that is planned for."""

from datetime import date

import pytest

from advisor.decision.traffic_advice import traffic_advice
from advisor.recommend import prepare
from advisor.study import parse_study
from pricing.instances import load_catalogue
from pricing.tables import load_book
from tests.advisor.factories import evidence, ladder

OFFICE = [1, 1, 1, 1, 1, 1, 2, 4, 8, 9, 9, 9, 8, 9, 9, 9, 8, 6, 4, 2, 1, 1, 1, 1]


@pytest.fixture(scope="module")
def told():
    workload = {"requests_per_s": 2000, "profile": OFFICE}
    document = {"data": {"source": "builtin:digits"}, "workload": workload}
    document |= {"needs": {"max_p99_latency_ms": 60}}
    question = parse_study(document, where="test")
    engine = prepare(
        question,
        evidence(*ladder()),
        on=date(2026, 11, 21),
        book=load_book(),
        catalogue=load_catalogue(),
    )
    return engine, traffic_advice(engine)


def test_the_hours_are_the_studys_profile_and_keep_its_mean(told):
    _, advice = told
    rates = [hour.requests_per_s for hour in advice.hours]

    assert advice.basis == "input"
    assert sum(rates) / 24 == pytest.approx(2000, rel=1e-9)
    assert max(rates) <= advice.peak_requests_per_s <= advice.carried_requests_per_s


def test_the_fixed_fleet_is_the_one_of_the_answer_and_bill(told):
    engine, advice = told
    row = next(r for r in engine.order.ranked if r < len(engine.table))
    fixed = advice.scaling[0]

    assert fixed.mean_replicas == fixed.most_replicas == advice.replicas
    assert fixed.serving_usd_per_month == pytest.approx(
        advice.replicas * engine.table.replica_usd[row] + engine.table.shared_usd[row]
    )
    assert fixed.out_of_need_fraction == 0


def test_a_schedule_never_bills_more_replicas_than_the_peak_needs(told):
    _, advice = told
    fixed, scheduled, tracking = advice.scaling

    assert scheduled.mean_replicas <= fixed.mean_replicas
    assert tracking.target_per_minute > 0
