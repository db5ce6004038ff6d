"""What an answer says first where there is little to deploy: a guess, a budget, a move."""

import pytest

from advisor.decision.answer import compose
from advisor.decision.engine import judge
from advisor.decision.glance import glance
from advisor.decision.ground import ground_of
from advisor.decision.words import EXCLUDED
from advisor.report.tables import facts
from advisor.report.words import headline
from pricing.tables import load_book
from tests.advisor.decision.small_worlds import ON, few_machines, ground
from tests.advisor.factories import evidence, run, study

NAMES = ("dummy", "linear", "random_forest")


def answer_of(**changes):
    wanted = study(decision={"draw_count": 64, **changes.pop("decision", {})}, **changes)
    return compose(judge(wanted, ground(wanted)), what_if=False, curves=False)


def guessing():
    """Return an engine whose candidates all err as often as the baseline."""
    wanted = study(decision={"draw_count": 64})
    alike = evidence(*(run(name, rank, error=0.1) for rank, name in enumerate(NAMES)))
    own = ground_of(wanted, alike, on=ON, book=load_book(), catalogue=few_machines())
    return judge(wanted, own)


def test_a_guess_is_never_a_model_to_deploy():
    engine = guessing()
    found, first = compose(engine, what_if=False, curves=False), glance(engine)

    assert found.best
    assert found.best.candidate == "dummy"
    assert found.beats_guessing is False
    assert headline(found.verdict)[0] == first.sentence
    assert first.sentence.startswith("No model is worth deploying yet: none beats guessing")
    assert f"would cost {found.best.usd_per_month:,.0f} USD/month" in first.sentence
    assert "Retrain every" not in found.verdict
    assert next(f.answer for f in facts(found) if f.label == "Retrain") == "Nothing yet"


def test_a_model_that_learns_is_deployed():
    found = answer_of()

    assert found.beats_guessing is True
    assert found.verdict.startswith("Deploy ")


def test_a_budget_that_is_kept_too_seldom_is_told_with_the_cost_and_the_share():
    free = answer_of()
    assert free.best
    budget = free.best.usd_per_month + 1.25
    found = answer_of(needs={"max_usd_per_month": budget}, decision={"feasible_probability": 1.0})

    assert found.best is None
    assert "of the draws stay within" in found.relaxations[0]
    assert found.relaxations[0] in found.verdict
    assert f"{budget:,.2f}, 100% is wanted" in found.verdict
    assert facts(found) == ()


@pytest.mark.parametrize("budget", [None, 1.0])
def test_what_runs_today_is_a_short_answer_and_its_move_is_no_longer_left_out(budget):
    needs = {"max_p99_latency_ms": 100, "max_usd_per_month": budget}
    now = {"platform": "sagemaker-realtime", "usd_per_month": 900.0, "migration_hours": 10}
    without, told = answer_of(needs=needs), answer_of(needs=needs, current=now)

    assert without.excluded == EXCLUDED
    assert [left_out for left_out in told.excluded if "moving" in left_out] == []
    move = next(fact for fact in facts(told) if fact.label == "Move or stay")
    assert move.answer in {"Move", "Stay"}
    assert told.present
    assert f"{told.present.usd_per_month:,.0f} USD/month" in move.why
    assert "Move or stay" not in {fact.label for fact in facts(without)}
