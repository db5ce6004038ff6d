"""Short answers below the verdict, and what became of an answer."""

import pytest

from advisor.report.tables.summary import change_table, difference_sentence, facts, first_facts
from tests.advisor.report.factories import bare, cost_line, costing, of, texts, today, way
from tests.faces.factories import retraining, training


def answered(**changes):
    return of(way(), **{"retraining": retraining(), "training": training()} | changes)


def fact(label, answer):
    return next(one for one in (*first_facts(answer), *facts(answer)) if one.label == label)


def test_the_short_answers_come_in_order():
    answer = answered(present=today())
    assert [one.label for one in first_facts(answer)][:2] == ["You pay AWS", "Your people"]
    assert [one.label for one in facts(answer)] == [
        *("Move or stay", "Retrain"),
        *("GPU for serving", "GPU for training", "Train on"),
    ]


def test_of_nothing_feasible_only_what_runs_today_is_said():
    assert facts(bare()) == ()
    assert [one.label for one in facts(bare(present=today()))] == ["Move or stay"]


def test_the_bill_and_the_people_are_two_amounts():
    option = way(
        "m",
        cost_line(100.0),
        cost_line(0.02, group="training"),
        cost_line(285.0, group="people", source="study: team.hours_per_month"),
    )
    answer = of(option, training=training())

    assert fact("You pay AWS", answer).answer == "100 USD/month"
    assert fact("You pay AWS", answer).why == "1,200 USD a year."
    assert fact("Your people", answer).answer == "285 USD/month"
    assert "together 385 USD/month, 4,620 a year" in fact("Your people", answer).why


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({}, "Every 4 weeks ● (simulated stream)"),
        ({"simulated": False, "basis": "assumed"}, "Every 4 weeks △"),
        ({"interval_days": None}, "Never: monitor only"),
        ({"interval_days": 1.0, "simulated": False}, "Every 24 hours ●"),
    ],
)
def test_the_interval_is_told_with_its_basis(changes, answer):
    found = fact("Retrain", answered(retraining=retraining(**changes)))

    assert (found.answer, found.why) == (answer, retraining().why)


def test_a_guess_is_not_retrained():
    found = fact("Retrain", answered(beats_guessing=False))

    assert found.sentence == (
        "Nothing yet: no model is better than guessing, and a guess does not age"
    )
    assert fact("Retrain", answered(beats_guessing=True)).answer.startswith("Every")


@pytest.mark.parametrize(
    ("needed", "pays_from", "serving", "runs"),
    [
        (False, None, "No", "No"),
        (
            False,
            1900.0,
            "No; it pays from 1,900 requests/s",
            "No; it pays from 1,900 runs/month",
        ),
        (True, 1900.0, "Yes", "Yes"),
        (True, None, "Yes", "Yes"),
    ],
)
def test_a_gpu_is_needed_or_pays_from_a_rate_or_never(needed, pays_from, serving, runs):
    gpu = bare().gpu
    changed = gpu.replace(
        serving=gpu.serving.replace(needed=needed, pays_from_requests_per_s=pays_from),
        training=gpu.training.replace(needed=needed, pays_from_runs_per_month=pays_from),
    )

    assert fact("GPU for serving", answered(gpu=changed)).answer == serving
    assert fact("GPU for training", answered(gpu=changed)).answer == runs


def test_where_to_train_has_place_size_purchase_and_the_money_of_run_release_and_month():
    place = training().replace(purchase="spot")
    found = fact("Train on", answered(training=place))

    assert found.answer == "ECS Fargate, 4 vCPU, 8 GiB, arm64, spot"
    assert found.why == "0.0031 USD per run, 0.03 USD per release of 10 runs, 0.03 USD/month."


@pytest.mark.parametrize(("runs", "words"), [(1, "of 1 run,"), (1200, "of 1,200 runs,")])
def test_one_run_behind_a_release_is_one_run(runs, words):
    place = training().replace(runs_per_release=runs)

    assert words in fact("Train on", answered(training=place)).why


def test_to_move_is_told_with_its_reason_and_the_bill_of_today():
    found = fact("Move or stay", answered(present=today()))

    assert found.sentence == (
        "Move: it saves 919 USD/month; today: ECS on EC2, 3 x m5.large, 1,450 USD/month."
    )


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (None, None, "Nothing is feasible, as in the saved study."),
        (None, 10.0, "Nothing is feasible any more; the saved study has an answer."),
        (10.0, None, "Feasible now; the saved study has no feasible option."),
        (12.0, 10.0, "+2.00 USD/month against the saved study, which says 10 USD."),
        (10.0, 10.0, "±0 USD/month against the saved study; same answer."),
    ],
)
def test_a_difference_is_one_sentence(now, before, words):
    def answer(usd):
        return bare() if usd is None else of(costing(usd))

    assert difference_sentence(answer(now), answer(before)) == words


def test_the_same_option_elsewhere_is_another_answer():
    here, there = of(way("m")), of(way("m", region="eu-west-1"))

    assert difference_sentence(there, here, against="main").endswith("against main, which says m.")


def test_the_same_option_at_another_price_is_the_same_answer():
    cheap, dear = of(costing(10.0, "m")), of(costing(7.0, "m"))

    assert difference_sentence(dear, cheap) == (
        "-3.00 USD/month against the saved study; same answer."
    )


def test_what_became_of_an_answer_is_told_part_by_part():
    old = of(way("a", cost_line(10.0), cost_line(4.0, group="training")))
    new = of(way("b", cost_line(12.5), p99_latency_ms=9.5))
    table = change_table(new, old)

    assert texts(table) == [
        ["Option", "a", "b", "another"],
        ["Serving, USD/month", "10", "12", "+2.50"],
        ["Training, USD/month", "4.00", "0.00", "-4.00"],
        ["Experiments, USD/month", "0.00", "0.00", "±0"],
        ["Retraining, USD/month", "0.00", "0.00", "±0"],
        ["People, USD/month", "0.00", "0.00", "±0"],
        ["Together, USD/month", "14", "12", "-1.50"],
        ["p99, ms", "8", "9.5", "1.5"],
    ]
    assert [one.numeric for one in table.columns] == [False, True, True, True]


def test_the_runs_behind_a_release_split_training_on_each_side_by_its_own():
    line = cost_line(10.0, group="training")
    old, new = of(way("a", line)), of(way("a", line))
    new = new.replace(training=new.training.replace(runs_per_release=4))
    rows = {row[0]: row[1:] for row in texts(change_table(new, old))}

    assert rows["Training, USD/month"] == ["10", "2.50", "-7.50"]
    assert rows["Experiments, USD/month"] == ["0.00", "7.50", "+7.50"]
    assert rows["Option"] == ["a", "a", "same"]


@pytest.mark.parametrize("which", ["now", "before", "both"])
def test_what_is_not_feasible_has_no_figures(which):
    now = bare() if which in {"now", "both"} else of(costing(10.0))
    before = bare() if which in {"before", "both"} else of(costing(10.0))
    rows = texts(change_table(now, before))

    assert rows[0][3] == "another"
    assert ("none feasible" in rows[0]) is True
    for row in rows[1:]:
        assert "n/a" in row
        assert row[3] == ""


def test_a_job_and_a_request_are_compared_by_time_in_words():
    job = of(
        way("j", platform="ecs-fargate-scheduled", p99_latency_ms=7_200_000.0), pattern="batch"
    )
    *_, last = texts(change_table(job, of(way("m"))))

    assert last == ["Slowest 1% of answers, or a job", "8 ms", "2.0 h", ""]
    *_, last = texts(change_table(bare(), job))
    assert last == ["Slowest 1% of answers, or a job", "2.0 h", "n/a", ""]
