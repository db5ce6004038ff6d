"""Two amounts and two rankings: what each says, and from which hours the other one wins."""

import os

import numpy as np
import pytest

from advisor.decision.answer.rankings import rankings_of
from advisor.decision.choice.engine import judge
from advisor.decision.scenarios.option_space import option_space_of
from advisor.study.file import parse_study
from tests.advisor.factories import (
    HOURS_PER_MONTH,
    LADDER,
    MEMO,
    answer,
    bare_study,
    market,
    study,
)

DRAWS = {"draw_count": 32}
RATE = 95.0
FEW = ["sagemaker-realtime", "sagemaker-serverless", "ecs-fargate", "ecs-ec2"]


def judged(wanted):
    return judge(wanted, option_space_of(wanted, LADDER, market(), MEMO))


def random_asked(rng):
    """Return a study of random traffic and needs, without people."""
    return {
        "workload": {"requests_per_s": float(np.exp(rng.uniform(np.log(0.05), np.log(2_000))))},
        "needs": {"max_p99_latency_ms": float(rng.choice([80.0, 200.0, 1000.0]))},
        "cloud": {"platforms": FEW},
        "decision": DRAWS | {"seed": int(rng.integers(1_000))},
    }


def with_hours(asked, hours):
    return parse_study(
        {"data": {"source": "builtin:breast_cancer"}, "team": {"hours_per_month": hours}} | asked,
        where="test",
    )


STUDIES = 200


LONG = pytest.mark.skipif(
    not os.environ.get("ADVISOR_LONG"), reason="minutes: set ADVISOR_LONG=1 for all 200 studies"
)


@pytest.mark.parametrize("part", [0, *(pytest.param(n, marks=LONG) for n in range(1, 10))])
def test_hours_across_a_break_even_flip_the_ranking_there_and_not_before(part):
    """Every rival gets the hours of its break-even, a thousandth of an hour to either side."""
    told = 0
    for seed in range(part * STUDIES // 10, (part + 1) * STUDIES // 10):
        asked = random_asked(np.random.default_rng(seed))
        by_bill = judged(with_hours(asked, {}))
        found = rankings_of(by_bill)
        chosen = found["cheapest"].aws_bill
        for one in found.get("break_even_hours", ()):
            for moved, wins in ((-0.001, False), (0.001, True)):
                hours = dict.fromkeys(FEW, 700.0)
                hours[chosen.platform] = 500.0
                hours[one.platform] = 500.0 - one.hours_per_month_less - moved
                if min(hours.values()) < 0:
                    continue
                best = judged(with_hours(asked, hours))
                winner = best.options.platform_of(best.choice.best)
                assert winner == (one.platform if wins else chosen.platform), (seed, one)
                told += 1
    assert told > STUDIES // 10


def test_without_hours_and_prices_nothing_of_people_is_said():
    found = answer(bare_study(decision=DRAWS))

    assert found.rank_by == "aws-bill"
    assert found.cheapest.with_people is None
    assert found.hours_decide is None
    assert found.retraining.kind == "unknown"
    assert found.retraining.interval_days is None
    assert len(found.retraining.interval_map) == 12
    for option in (*found.ranked, *(r.option for r in found.rejected)):
        assert option.people_usd_per_month is None
        assert not [line for line in option.lines if line.group == "people"]
        assert option.usd_per_month == pytest.approx(option.aws_usd_per_month or 0.0)


def test_equal_hours_leave_the_chance_that_the_bill_gives():
    asked = {"workload": {"requests_per_s": 20.0}, "decision": {"draw_count": 1000}}
    priced = {"error_cost_usd": 1.0, "review_hours": 4.0}
    bare = answer(bare_study(retraining=priced, **asked))
    equal = answer(study(team={"hours_per_month": dict.fromkeys(HOURS_PER_MONTH, 4.0)}, **asked))

    assert equal.rank_by == "with-people"
    assert equal.best.platform == bare.best.platform
    assert equal.best.probability_platform_best == pytest.approx(
        bare.best.probability_cheapest_aws, abs=0.02
    )


def test_hours_that_decide_are_said_first_and_each_ranking_can_be_asked_for():
    hours = HOURS_PER_MONTH | {"ecs-fargate": 0.1}
    both = answer(study(team={"hours_per_month": hours}, decision=DRAWS))
    bill = answer(study(team={"hours_per_month": hours}, decision=DRAWS | {"rank_by": "aws-bill"}))

    assert both.hours_decide is True
    assert both.best.platform == both.cheapest.with_people.platform == "ecs-fargate"
    assert both.verdict.startswith("By the AWS bill SageMaker serverless (")
    assert "your hours decide" in both.verdict
    assert bill.best.platform == bill.cheapest.aws_bill.platform == "sagemaker-serverless"
    assert bill.hours_decide is True
    assert bill.best.people_usd_per_month > 0
    assert bill.best.usd_per_month == pytest.approx(
        bill.best.aws_usd_per_month + bill.best.people_usd_per_month
    )


def test_hours_of_some_platforms_alone_do_not_rank():
    some = answer(bare_study(team={"hours_per_month": {"ecs-fargate": 2.0}}, decision=DRAWS))
    asked = {"rank_by": "with-people", **DRAWS}
    wanted = answer(bare_study(team={"hours_per_month": {"ecs-fargate": 2.0}}, decision=asked))

    assert some.rank_by == wanted.rank_by == "aws-bill"
    fargate = next(o for o in some.ranked if o.platform == "ecs-fargate")
    assert fargate.people_usd_per_month == pytest.approx(2 * RATE)
    assert any("team.hours_per_month.sagemaker" in text for text in wanted.warnings)


def test_a_share_of_the_answers_counts_as_so_many_cases():
    asked = bare_study(retraining={"share_that_matters": 0.25})

    assert asked.cases_per_day == pytest.approx(0.25 * bare_study().cases_per_day)


def test_the_map_of_intervals_uses_the_price_that_is_known():
    found = answer(bare_study(retraining={"error_cost_usd": 0.5}, decision=DRAWS)).retraining

    assert found.kind == "unknown"
    assert {one.error_cost_usd for one in found.interval_map} == {0.5}
    dearer = [one.interval_days or np.inf for one in found.interval_map]
    assert dearer == sorted(dearer)
