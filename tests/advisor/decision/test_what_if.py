"""Sweeps, gates, what runs today and the horizon: what a user asks of the answer."""

import math
import re
from datetime import timedelta

import pytest

from advisor.cli import run
from advisor.decision.choice.choose import answer_key, choose
from advisor.decision.scenarios.problem import problem_of
from advisor.decision.whatif.drivers import with_value
from advisor.decision.whatif.gate import gate
from advisor.decision.whatif.horizon import commitment_advice
from advisor.decision.whatif.sweep import parse_axis, sweep
from advisor.errors import StudyError
from advisor.recommend import market_on, prepare, recommend
from tests.advisor.decision.small_worlds import EVIDENCE, ON, few_machines, space
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

    points = list(sweep(wanted, space(wanted), [axis]))

    assert [p.values[0] for p in points] == pytest.approx([1, 10, 100, 1000])
    for point in points:
        own = wanted.replace(workload=wanted.workload.replace(requests_per_s=point.values[0]))
        problem = problem_of(own, space(own))
        found = answer_key(problem, choose(problem).best)
        assert (point.candidate, point.platform, point.sku) == tuple(dict(found).values())


@pytest.mark.parametrize(
    "text",
    ["workload.requests_per_s", "a=1:2", "a=2:1:3", "a=0:1:3log", "a=1:2:0", "a=nan:2:3", "=1:2:3"],
)
def test_an_axis_that_makes_no_sense_is_refused(text):
    with pytest.raises(StudyError, match="--vary"):
        parse_axis(text)


@pytest.mark.parametrize(
    "key", ["bad", "workload.bad", "workload.requests_per_sec", "name", "workload", "needs.."]
)
def test_only_figures_of_the_study_can_be_swept(key):
    wanted = small()

    with pytest.raises(StudyError, match="--vary"):
        list(sweep(wanted, space(wanted), [parse_axis(f"{key}=1:2:2")]))


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
    made = prepare(wanted, EVIDENCE, market_on(ON, catalogue=few_machines()))

    found = commitment_advice(made, made.choice.best)

    assert found.advice in {"now", "later"}
    assert found.saves_usd_over_horizon > 0


def test_a_cautious_study_never_pays_more_in_its_bad_tenth():
    expected = answer(small(cloud=MACHINES))
    cautious = answer(small(cloud=MACHINES, decision={"draw_count": 64, "risk": "quantile"}))

    assert cautious.best.criterion_usd_per_month >= expected.best.expected_usd_per_month


def a_close_call():
    """Return a saved answer, and one of today whose best is another, 1% cheaper."""
    saved = answer(small(cloud=MACHINES))
    before = saved.best
    other = next(o for o in saved.ranked if o.sku != before.sku)
    usd = before.criterion_usd_per_month
    best = other.model_copy(update={"criterion_usd_per_month": usd * 0.99})
    return saved.model_copy(update={"best": best, "ranked": (best, before)}), saved


@pytest.mark.parametrize(("closeness", "code"), [("close", 3), ("far", 2), ("same", 0)])
def test_the_exit_code_of_a_gate_says_what_it_found(closeness, code, tmp_path, monkeypatch):
    now, saved = a_close_call()
    if closeness == "far":
        now = now.model_copy(update={"ranked": (now.best,)})
    monkeypatch.setattr(
        "advisor.cli.whatif.answer_of",
        lambda *_, **__: saved if closeness == "same" else now,
    )
    path = tmp_path / "saved.json"
    path.write_text(saved.model_dump_json())

    assert run(["gate", "advisor.yaml", "--against", str(path)]) == code


def test_the_first_line_says_the_band_the_need_and_the_chance():
    found = answer(small())
    first = found.verdict.partition(". ")[0]

    best = found.best
    assert f"({best.aws_usd_per_month_low:,.0f}-{best.aws_usd_per_month_high:,.0f})" in first
    assert f"({best.people_usd_per_month_low:,.0f}-{best.people_usd_per_month_high:,.0f})" in first
    assert " ms of " in first
    share = found.best.probability_platform_best
    assert share >= found.best.probability_best
    assert f"{share:.0%} likely the cheapest platform" in first or "99%" in first


@pytest.fixture(scope="module")
def whole():
    """An answer with everything that would change it."""
    wanted = small(
        cloud=MACHINES,
        workload={"requests_per_s": 5.0},
        decision={"draw_count": 64, "growth_per_year_fraction": 8.0},
    )
    return wanted, recommend(wanted, EVIDENCE, on=ON, catalogue=few_machines())


def test_no_rival_is_chosen_and_each_says_the_figures_that_decide(whole):
    _, found = whole

    assert found.rivals
    keys = {(r.candidate, r.platform, r.sku, r.region, r.purchase) for r in found.rivals}
    best = found.best
    assert (best.candidate, best.platform, best.sku, best.region, best.purchase) not in keys
    for rival in found.rivals:
        more = f"{rival.usd_per_month_more:+,.0f}".replace("-0", "+0")
        assert f"{more} USD/month" in rival.why_not
        assert rival.qualifies or not rival.overtakes
        assert 0 <= rival.probability_cheaper <= 1
        for one in rival.overtakes:
            assert one.overtakes_at > 0
            assert one.overtakes_at != one.now


def test_the_region_in_which_the_choice_holds_is_that_of_the_decision_itself(whole):
    wanted, found = whole
    region = found.holds
    own = space(wanted)
    now = answer_key(problem := problem_of(wanted, own), choose(problem).best)

    middle = min(
        region.points,
        key=lambda p: (
            abs(math.log(p.first / found.break_even[0].now))
            + abs(math.log(p.second / found.break_even[1].now))
        ),
    )
    assert middle.holds
    assert {p.holds for p in region.points} == {True, False}
    for point in region.points[::7]:
        there = with_value(wanted, region.first_driver, point.first)
        problem = problem_of(with_value(there, region.second_driver, point.second), own)
        told = answer_key(problem, choose(problem).best)
        assert (told == point.answer, told == now) == (True, point.holds)


def test_the_answer_changes_on_the_day_of_the_month_in_which_the_traffic_has_another_one(whole):
    wanted, found = whole
    horizon = found.horizon
    month = horizon.changes_in_month
    now = horizon.months[0].answer

    assert month is not None
    assert timedelta(days=30 * month) <= horizon.changes_on - ON < timedelta(days=31 * month)
    assert horizon.changes_to != now
    assert all(m.answer == now for m in horizon.months if m.month < month)
    grown = next(m for m in horizon.months if m.month == month)
    assert grown.requests_per_s == pytest.approx(
        wanted.workload.requests_per_s * 9 ** (month / 12), rel=1e-9
    )


def test_the_rate_of_a_study_of_jobs_cannot_be_swept():
    jobs = small(workload={"pattern": "batch", "rows_per_job": 1e6}, needs={})
    axis = parse_axis("workload.requests_per_s=1:10:3")

    with pytest.raises(StudyError, match="follows from its jobs"):
        list(sweep(jobs, space(jobs), [axis]))


def test_the_gate_says_that_it_compares_means():
    saved = answer(small())

    assert "USD/month in the mean of the draws, noise" in gate(saved, saved).why


def test_the_shares_of_a_rivals_cost_add_up_to_the_whole(whole):
    _, found = whole

    for rival in found.rivals:
        told = rival.why_not.partition(" USD/month in the mean of the draws: ")[2]
        shares = [float(n.replace(",", "")) for n in re.findall(r"([+-][\d,]+) for ", told)]
        assert "-0" not in rival.why_not
        assert sum(shares) == pytest.approx(rival.usd_per_month_more, abs=2)
