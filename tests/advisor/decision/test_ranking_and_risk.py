"""The order of hand-made options, the reasons why one is turned down, and chances over draws."""

import numpy as np
import pytest

from advisor.decision.answer.bill import option_lines
from advisor.decision.answer.option import option_of
from advisor.decision.choice.ranking import order, reasons, runs_as_needed
from advisor.decision.choice.risk import cheapest_of_each_draw, too_close
from advisor.options.table import concatenate, options_of
from tests.advisor.factories import engine, study


def made(**columns):
    boring = {
        "candidate": np.array([0, 0, 0]),
        "region": "us-east-1",
        "sku": ["a", "b", "c"],
        "fixed_usd": [30.0, 10.0, 20.0],
        "p99_s": [0.01, 0.02, 0.5],
        "replicas": 2,
    }
    return options_of("sagemaker-realtime", "on-demand", **(boring | columns))


def test_cheapest_first_but_the_chosen_one_leads():
    options = made()
    everything = np.ones(3, dtype=bool)

    free = order(options, feasible=everything, candidate_of=np.array([0]), best=None)
    led = order(options, feasible=everything, candidate_of=np.array([0]), best=0)

    assert free.ranked == (1, 2, 0)
    assert led.ranked == (0, 1, 2)
    assert free.feasible_count == 3


def test_of_equals_the_name_decides():
    options = made(fixed_usd=10.0, sku=["z", "y", "x"])

    found = order(options, feasible=np.ones(3, dtype=bool), candidate_of=np.array([0]), best=None)

    assert found.ranked == (2, 1, 0)


def test_every_broken_rule_is_a_reason_with_its_figures():
    options = made(
        sold=[True, False, True],
        fits=[False, True, True],
        memory_need_gib=5.0,
        memory_gib=4.0,
        meets_latency=[True, True, False],
        limit=["", "", "a limit of its own"],
    )
    wanted = study(needs={"max_p99_latency_ms": 100.0, "max_usd_per_month": 25.0})

    told = [reasons(wanted, options, row, candidate_reason=None) for row in range(3)]

    assert told[0] == (
        "needs 5.0 GiB of memory, has 4.0 GiB",
        "30 USD/month is above the budget of 25",
    )
    assert told[1] == ("no price for b (on-demand) in us-east-1",)
    assert told[2] == ("p99 is 500 ms, limit is 100 ms", "a limit of its own")
    assert runs_as_needed(wanted, options).tolist() == [False, False, False]
    assert runs_as_needed(study(), made()).all()


def test_needs_kept_too_seldom_are_the_last_reason():
    (word,) = reasons(study(), made(), 0, candidate_reason=None, probability=0.5)

    assert word.startswith("keeps the needs in 50% of the draws, 80% is wanted")


def test_of_a_group_that_nothing_runs_the_nearest_miss_is_told():
    options = concatenate([made(meets_latency=False), made(region="eu-west-1", sold=False)])

    found = order(options, feasible=np.zeros(6, dtype=bool), candidate_of=np.array([0]), best=None)

    assert found.ranked == ()
    assert [options.region[row] for row in found.rejected] == ["eu-west-1", "us-east-1"]
    assert options.sku[found.rejected[1]] == "a"  # the one that is nearest in time


@pytest.fixture(scope="module")
def judged():
    return engine(study(workload={"requests_per_s": 50.0}))


def test_chances_add_up_and_bands_hold_the_mean(judged):
    risk, rows = judged.risk, judged.order.ranked

    for row in rows[:10]:
        low, high = risk.band_usd(row)
        assert low <= float(risk.usd(row).mean()) <= high * 1.5
        aws_low, aws_high = risk.aws_band_usd(row)
        assert aws_low <= low
        assert aws_high <= high
    own = [
        row for row in rows if judged.options.candidate[row] == judged.options.candidate[rows[0]]
    ]
    assert sum(float(risk.wins[risk.place[row]]) for row in own) <= 1 + 1e-9
    assert risk.regret_usd(rows[0]) >= 0


def test_the_cheapest_of_a_draw_is_cheapest_by_a_loop(judged):
    candidate = int(judged.candidate_of[judged.options.candidate[judged.choice.best]])
    usd, winner = cheapest_of_each_draw(judged.problem, judged.choice, candidate)
    drawn = judged.choice.drawn

    for draw in range(0, len(usd), 97):
        able = [
            (float(drawn.outcomes.usd[place, draw + 1]), int(row))
            for place, row in enumerate(drawn.outcomes.rows)
            if drawn.feasible[place]
            and drawn.outcomes.met[place, draw + 1]
            and judged.candidate_of[judged.options.candidate[row]] == candidate
        ]
        assert usd[draw] == pytest.approx(min(able)[0])
        assert int(winner[draw]) in {row for cost, row in able if cost == usd[draw]}


def test_an_option_and_itself_are_too_close(judged):
    best = judged.choice.best

    assert too_close(judged.risk, best=best, rival=best)


def test_an_option_keeps_the_bill_of_aws_apart_from_people(judged):
    row = judged.order.ranked[0]
    lines = option_lines(judged, row)
    found = option_of(judged, row, (0.001, 0.002))

    aws = sum(line.usd_per_month for line in lines if line.quote is not None)
    people = sum(line.usd_per_month for line in lines if line.group == "people")
    assert found.aws_usd_per_month == pytest.approx(aws)
    assert found.people_usd_per_month == pytest.approx(people)
    assert found.usd_per_month == pytest.approx(aws + people)
    requests = 50.0 * 730 * 3600
    assert found.usd_per_million_requests == pytest.approx(aws / requests * 1e6)
    assert found.usd_per_million_rows is None
    assert found.aws_usd_per_month_low <= found.aws_usd_per_month_high
