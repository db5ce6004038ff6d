"""What an answer says first where there is little to deploy: a guess, a budget, a move."""

import re

import numpy as np
import pytest

from advisor.decision.answer.compose import compose
from advisor.decision.answer.headline import glance
from advisor.decision.answer.words import EXCLUDED, blind_words, deployment
from advisor.decision.choice.engine import judge
from advisor.decision.scenarios.option_space import option_space_of
from advisor.decision.whatif.value_of_information import swings_usd
from advisor.recommend import market_on
from advisor.report.tables import facts, retraining_details
from advisor.report.words import headline
from tests.advisor.decision.small_worlds import ON, few_machines, space
from tests.advisor.factories import evidence, run, study

NAMES = ("dummy", "linear", "random_forest")


def answer_of(**changes):
    wanted = study(decision={"draw_count": 64, **changes.pop("decision", {})}, **changes)
    return compose(judge(wanted, space(wanted)), what_if=False, curves=False)


def guessing():
    """Return an engine whose candidates all err as often as the baseline."""
    wanted = study(decision={"draw_count": 64})
    alike = evidence(*(run(name, rank, error=0.1) for rank, name in enumerate(NAMES)))
    own = option_space_of(wanted, alike, market_on(ON, catalogue=few_machines()))
    return judge(wanted, own)


def test_a_guess_is_never_a_model_to_deploy():
    engine = guessing()
    found, first = compose(engine, what_if=False, curves=False), glance(engine)

    assert found.best
    assert found.best.candidate == "dummy"
    assert found.beats_guessing is False
    assert headline(found.verdict)[0] == first.sentence
    assert first.sentence.startswith("No model is worth deploying yet: none beats guessing")
    assert "would cost: AWS bills" in first.sentence
    assert "Retrain every" not in found.verdict
    assert next(f.answer for f in facts(found) if f.label == "Retrain") == "Nothing yet"
    assert "No model is better than guessing" in retraining_details(found)[0]
    assert set(found.retraining.notes).isdisjoint(found.warnings)


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
    assert "Nothing meets the needs now" in retraining_details(found)[0]
    assert set(found.retraining.notes).isdisjoint(found.warnings)


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


@pytest.mark.parametrize(
    ("gap", "criterion_gap", "words"),
    [
        (102.0, 110.0, "costs 102 USD/month more at AWS"),
        (0.3, 0.3, "costs 0.30 USD/month more at AWS"),
        (0.001, 0.3, "costs the same"),
        (-15.0, -14.0, "costs 15 USD/month less at AWS"),
        (-15.0, 40.0, "costs 15 USD/month less at AWS as planned, but 40 more over the draws"),
    ],
)
def test_the_runner_up_is_told_with_the_reason_why_it_lost(gap, criterion_gap, words):
    found = answer_of()
    best = found.best
    assert best
    rival = best.model_copy(
        update={
            "platform": "ecs-fargate" if best.platform != "ecs-fargate" else "sagemaker-realtime",
            "usd_per_month": best.usd_per_month + gap,
            "aws_usd_per_month": best.aws_usd_per_month + gap,
            "criterion_usd_per_month": best.criterion_usd_per_month + criterion_gap,
        }
    )

    for too_close in (True, False):
        told = deployment(study(), best, (best, rival), too_close=too_close)
        assert words in told
        assert told.count("USD/month less") + told.count("USD/month more") <= 1
        assert ("too close to call" in told) == too_close


def test_a_model_that_is_never_retrained_is_told_what_its_first_release_costs():
    found = answer_of(retraining={"error_cost_usd": 1e-9, "cases_per_day": 1, "decay_per_day": 0})
    told = " ".join(retraining_details(found))

    assert found.retraining.interval_days is None
    assert "the first one, spread over the study's horizon, is" in told
    assert "at the advised interval" not in told
    assert re.search(r"from (.+) to \1 costs", told) is None
    assert re.search(r"0\.000\d* USD", told) is None


def test_a_swing_is_told_only_where_the_draws_tell_it_from_chance():
    rng = np.random.default_rng(5)
    inputs = [rng.standard_normal(2_000) for _ in range(12)]
    usd = 300 + 40 * inputs[0] - 9 * inputs[1] + 60 * rng.standard_normal(2_000)

    found = swings_usd(usd, inputs)

    assert found[0] == pytest.approx(2 * 1.3998 * 40, rel=0.15)
    assert found[1] == pytest.approx(-2 * 1.3998 * 9, rel=0.5)
    assert (found[2:] == 0).all()
    # The other oracle: a fit of the first input alone, whose error is known in closed form.
    slope = np.cov(usd, inputs[0])[0, 1] / inputs[0].var(ddof=1)
    assert found[0] / (2 * 1.3998) == pytest.approx(slope, abs=3 * 61 / np.sqrt(2_000))
    assert (swings_usd(usd[:10], [z[:10] for z in inputs]) == 0).all()


def test_a_class_that_is_hardly_there_is_no_verdict_on_models():
    told = blind_words(2, row_count=2_000)

    assert "2 of 2,000 rows" in told
    assert "balanced_accuracy or roc_auc" in told
    assert "about 50,000 rows in all" in told
    sentence = deployment(study(), answer_of().best, (), too_close=False, guess=True, blind=told)
    assert sentence.startswith("Models cannot be told apart on these data")
    assert "worth deploying" not in sentence
