"""Sweeps, gates, what runs today and the horizon: what a user asks of the answer."""

import pytest

from advisor.decision.choice import answer_key, choose
from advisor.decision.gate import gate
from advisor.decision.horizon import commitment_advice
from advisor.decision.setting import setting_of
from advisor.decision.sweep import parse_axis, sweep
from advisor.errors import StudyError
from advisor.recommend import prepare, recommend
from pricing.tables import load_book
from tests.advisor.decision.small_worlds import EVIDENCE, ON, few_machines, ground
from tests.advisor.factories import study

CHEAP_ERRORS = {"error_cost_usd": 0.001, "cases_per_day": 100}
MACHINES = {"platforms": ["ecs-ec2", "sagemaker-realtime"]}


def small(**changes):
    return study(**{"retraining": CHEAP_ERRORS, "decision": {"draw_count": 64}} | changes)


def answer(wanted, **options):
    return recommend(wanted, EVIDENCE, on=ON, catalogue=few_machines(), what_if=False, **options)


def test_a_sweep_says_the_answer_of_each_point():
    wanted = small()
    axis = parse_axis("workload.requests_per_s=1:1000:4log")

    points = list(sweep(wanted, ground(wanted), [axis]))

    assert [p.values[0] for p in points] == pytest.approx([1, 10, 100, 1000])
    for point in points:
        own = wanted.replace(workload=wanted.workload.replace(requests_per_s=point.values[0]))
        setting = setting_of(own, ground(own))
        found = answer_key(setting, choose(setting).best)
        assert (point.candidate, point.platform, point.sku) == tuple(dict(found).values())


@pytest.mark.parametrize(
    "text",
    ["workload.requests_per_s", "a=1:2", "a=2:1:3", "a=0:1:3log", "a=1:2:0", "a=nan:2:3", "=1:2:3"],
)
def test_an_axis_that_makes_no_sense_is_refused(text):
    with pytest.raises(StudyError, match="--vary"):
        parse_axis(text)


@pytest.mark.parametrize("key", ["bad", "workload.bad", "name", "workload", "needs.."])
def test_only_figures_of_the_study_can_be_swept(key):
    wanted = small()

    with pytest.raises(StudyError, match="--vary"):
        list(sweep(wanted, ground(wanted), [parse_axis(f"{key}=1:2:2")]))


def test_the_gate_passes_the_same_answer_and_fails_a_dearer_one():
    saved = answer(small())
    dearer = answer(small(team={"engineer_usd_per_hour": 200.0}))

    assert gate(saved, saved).outcome == "pass"
    assert gate(dearer, saved).outcome == "fail"
    assert gate(saved, dearer).outcome == "pass"


def test_the_gate_fails_another_answer_and_the_loss_of_any():
    saved = answer(small(cloud={"platforms": ["ecs-ec2"]}))
    other = answer(small(cloud={"platforms": ["ecs-fargate"]}))
    none = answer(small(needs={"max_p99_latency_ms": 0.01}))

    assert gate(other, saved).outcome == "fail"
    assert gate(none, saved).outcome == "fail"
    assert gate(none, none).outcome == "pass"


def test_what_runs_today_pays_back_after_the_cost_of_moving_over_the_saving():
    today = {"platform": "ecs-ec2", "usd_per_month": 5000.0, "migration_hours": 10.0}
    found = answer(small(current=today, team={"engineer_usd_per_hour": 100.0}))
    present = found.present

    assert present.migration_usd == 1000.0
    assert present.payback_months == pytest.approx(1000.0 / present.saves_usd_per_month)
    assert present.move
    assert 3000 < present.saves_usd_per_month < 6000


def test_a_cheap_present_stays():
    today = {"platform": "sagemaker-serverless", "usd_per_month": 0.01}
    present = answer(small(current=today)).present

    assert not present.move
    assert present.why.startswith("stay")


def test_a_commitment_pays_for_a_fleet_that_is_always_needed():
    wanted = small(cloud={"platforms": ["ecs-ec2"]}, horizon_months=24)
    made = prepare(wanted, EVIDENCE, on=ON, book=load_book(), catalogue=few_machines())

    found = commitment_advice(made, made.choice.best)

    assert found.advice in {"now", "later"}
    assert found.saves_usd_over_horizon > 0


def test_a_cautious_study_never_pays_more_in_its_bad_tenth():
    expected = answer(small(cloud=MACHINES))
    cautious = answer(small(cloud=MACHINES, decision={"draw_count": 64, "risk": "quantile"}))

    assert cautious.best.criterion_usd_per_month >= expected.best.expected_usd_per_month
