"""The advice on experiments: short answer, sentences, tables."""

import pytest

from advisor.recommendation import (
    Escalation,
    ExperimentBudget,
    GainPoint,
    HistoryAdvice,
    RunSaving,
)
from advisor.report.tables.experiments import (
    SHOWN_INSTANCES,
    escalation_table,
    experiment_fact,
    experiment_sentences,
    gain_table,
    history_sentences,
    hit_table,
    instance_table,
    pace_table,
    runs,
    savings_table,
    stopping_text,
)
from tests.advisor.report.factories import bare, column, numeric, of, texts, way
from tests.faces.factories import experiments


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"stopping_run_count": 41}, "Up to about 41 runs per release △"),
        ({"stopping_run_count": 8}, "Up to about 8 runs per release △"),
        ({"stopping_run_count": 7}, "A pilot of 8 runs, no more yet △"),
        ({"stopping_run_count": 999}, "Up to about 999 runs per release △"),
        ({"stopping_run_count": 1000}, "People's time is the limit, not runs △"),
        ({"search_pays": False, "stopping_run_count": 1000}, "Keep the default settings △"),
        ({"gain_basis": "measured"}, "Up to about 41 runs per release ●"),
    ],
)
def test_the_short_answer_goes_by_the_gate_then_the_pilot_then_the_stop(changes, answer):
    (fact,) = experiment_fact(of(way(), experiments=experiments(**changes)))

    assert (fact.label, fact.answer) == ("Experiments", answer)
    assert fact.why == experiments().why


def test_there_is_no_short_answer_without_advice_or_option():
    assert experiment_fact(of(way())) == ()
    assert experiment_fact(bare(experiments=experiments())) == ()


@pytest.mark.parametrize(
    ("count", "words"),
    [("1", "1 run"), ("1 △", "1 △ run"), ("10", "10 runs"), ("11 △", "11 △ runs"), ("0", "0 runs")],
)
def test_one_run_is_a_run(count, words):
    assert runs(count) == words


def test_a_bounded_stop_is_or_more():
    assert stopping_text(experiments(stopping_run_count=1234)) == "1,234"
    assert stopping_text(experiments(stopping_is_bounded=True)) == "41 or more"


def test_the_sentences_are_gate_spend_and_gain_each_with_its_basis():
    gate, paid, gain = experiment_sentences(experiments(value_basis="input"))

    assert gate.startswith(experiments().why)
    assert "◐ for the price of the runs, ✎ for the worth of an error" in gate
    assert paid == (
        "The study puts 10 ✎ runs behind each release of logistic: 0.0031 USD a run, 0.03 USD a "
        "release, 0.03 USD/month ◐. People's hours and labels are not in these figures."
    )
    assert "the next one stops paying at 41 △ runs" in gain
    assert "vary by 0.004 (standard deviation)" in gain


def test_where_no_error_is_left_a_leak_is_looked_for():
    *_, gain = experiment_sentences(experiments(spread_per_case=0.0))

    assert gain.startswith("The candidate makes no errors")
    assert "Look for a leak" in gain


@pytest.mark.parametrize(
    ("gain", "pays"), [(0.0032, "it pays"), (0.0031, "it does not pay"), (0.0, "it does not pay")]
)
def test_one_run_more_pays_where_it_gains_more_than_it_costs(gain, pays):
    *_, last = experiment_sentences(experiments(next_run_gain_usd=gain))

    assert last.startswith("One run more than the 10 is expected to gain ")
    assert last.endswith(f" and costs 0.0031 USD: {pays}.")


def budget(**changes) -> ExperimentBudget:
    values = {
        "usd": 50.0,
        "days": 7.0,
        "worker_count": 2,
        "run_count": 1200,
        "find_probability": 0.934,
        "next_run_gain_usd": 1.5,
        "next_run_usd": 0.25,
    }
    return ExperimentBudget(**values | changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "A budget of 50 USD and 7 days pays for 1,200 runs at 2 at a time; "),
        ({"usd": None}, "A budget of 7 days pays for "),
        ({"days": None}, "A budget of 50 USD pays for "),
        ({"usd": None, "days": 1.0}, "A budget of 1 day pays for "),
        ({"usd": None, "days": 0.5}, "A budget of 0.5 days pays for "),
        ({"run_count": 1}, " pays for 1 run at 2 at a time"),
        ({}, "one of them leads to a release with 93%."),
        ({}, "would gain 1.50 USD and cost 0.25 USD."),
    ],
)
def test_a_budget_is_told_as_runs(changes, words):
    *_, last = experiment_sentences(experiments(budget=budget(**changes)))

    assert words in last


def history(**changes) -> HistoryAdvice:
    values = {
        "sources": ("mlruns",),
        "run_count": 1320,
        "finished_count": 1000,
        "failed_count": 200,
        "pruned_count": 120,
        "promoted_count": 12,
        "open_run_count": 5,
        "runs_per_promoted_model": 104.25,
        "runs_per_promoted_model_80": (80.4, 140.6),
        "is_used": True,
        "hit_fraction": 0.01,
        "stop_cost_fraction": 0.4,
        "mean_run_s": 60.0,
        "usd": 42.0,
        "usd_per_run": 0.032,
        "usd_per_promoted_model": 3.5,
        "default_machine": "m5.large",
        "default_machine_run_count": 1100,
        "default_machine_usd_per_hour": 0.096,
        "notes": ("Ten runs overlap.",),
    }
    return HistoryAdvice(**values | changes)


def test_the_history_is_counts_then_runs_a_model_then_money_then_notes():
    counts, needed, money, note = history_sentences(history())

    assert counts == (
        "1,320 runs in mlruns: 1,000 finished, 200 failed, 120 stopped early, 12 promoted, 5 since "
        "the last promotion."
    )
    assert needed == (
        "One promoted model takes 104.2 runs (80 to 141, 80%) ●, and is what the answer plans with."
    )
    assert money == (
        "They cost 42 USD, 0.03 USD a run, 3.50 USD per promoted model ●; 1,100 runs without a tag "
        "are priced as m5.large at 0.10 USD/h. A stopped run cost 40% of a full one."
    )
    assert note == "Ten runs overlap."


def test_what_the_history_does_not_know_it_leaves_out():
    unknown = history(
        sources=("a", "b"),
        is_used=False,
        usd_per_promoted_model=None,
        stop_cost_fraction=None,
        notes=(),
    )
    counts, needed, money = history_sentences(unknown)

    assert " runs in a and b: " in counts
    assert "the study sets its own runs_per_release" in needed
    assert "per promoted model" not in money
    assert money.endswith("USD/h.")


def rung(name: str, *, pays=True) -> Escalation:
    return Escalation(
        name=name,
        usd=0.5,
        expected_gain_per_case=0.01234,
        gain_deviation_per_case=0.002,
        reservation_per_case=-0.0005,
        pays=pays,
        basis="assumed",
    )


def test_the_rungs_say_which_is_worth_trying():
    advice = experiments(escalation=(rung("default"), rung("tuned"), rung("deep", pays=False)))
    table = escalation_table(advice)

    assert texts(table)[0] == ["default", "0.50 ◐", "0.012 △", "0.002 △", "-0.0005 △", "first"]
    assert column(table, "") == ["first", "worth trying", "does not pay"]
    assert table.strong_rows == {0, 1}
    assert escalation_table(experiments()).rows == ()


def saving(name: str, saved: float) -> RunSaving:
    return RunSaving(name=name, full_runs=12.34, usd=3.0, saved_fraction=saved, basis="measured")


def test_what_stopping_saves_may_be_less_than_nothing():
    table = savings_table(experiments(savings=(saving("all", 0.0), saving("halving", -0.126))))

    assert texts(table) == [
        ["all", "12.3 ●", "3.00 ◐", "0%"],
        ["halving", "12.3 ●", "3.00 ◐", "-13%"],
    ]
    assert numeric(table) == ["Full runs", "USD", "Saved"]


def test_the_spread_from_run_to_run_has_two_digits_and_its_source():
    *_, gain = experiment_sentences(experiments(spread_per_case=0.004321, spread_source="guessed"))

    assert "vary by 0.0043 (standard deviation), guessed." in gain


def test_the_pace_is_told_by_place_and_workers():
    table = pace_table(experiments())

    assert len(table.rows) == 8
    assert texts(table)[1] == [
        "ECS Fargate, 4 vCPU, 8 GiB, arm64, us-east-1, on-demand",
        *("2", "16,684 ◐", "52 ◐", "0.101 ◐", "0.04 ◐"),
    ]
    assert len(numeric(table)) == 5


def test_the_pace_on_every_place_has_the_price_of_one_run_and_is_cut():
    row = experiments().pace[0].replace(usd_per_week=50.0, runs_per_week=200.0)
    table = instance_table(experiments(instances=(row,) * (SHOWN_INSTANCES + 5)))

    assert len(table.rows) == SHOWN_INSTANCES
    assert table.caption.startswith("The 25 cheapest of 30 priced places")
    assert column(table, "USD/run")[0] == "0.25 ◐"
    assert column(table, "Run s")[0] == "72.5 ◐"
    few = instance_table(experiments(instances=(row,)))
    assert few.caption.startswith("The 1 cheapest of 1 priced places")


def gains(*counts: int) -> tuple[GainPoint, ...]:
    return tuple(
        GainPoint(run_count=n, expected_gain_usd_per_month=3.0 * n, spend_usd_per_month=0.5 * n)
        for n in counts
    )


def test_gain_less_spend_is_their_difference_and_the_telling_rows_stand_out():
    table = gain_table(experiments(curve=gains(1, 10, 41)))

    assert texts(table) == [
        ["1", "3.00 △", "0.50 ◐", "2.50", ""],
        ["10", "30 △", "5.00 ◐", "25", "you are here"],
        ["41", "123 △", "20 ◐", "102", "the next run stops paying"],
    ]
    assert table.strong_rows == {1, 2}


def test_here_and_stop_may_be_one_row_and_a_stop_may_be_the_end_of_the_look():
    same = experiments(curve=gains(10), stopping_run_count=10)
    end = experiments(curve=gains(10), stopping_run_count=10, stopping_is_bounded=True)

    assert column(gain_table(same), "") == ["you are here; the next run stops paying"]
    assert column(gain_table(end), "") == ["you are here; as far as was looked"]


def test_a_long_curve_is_thinned_but_for_the_telling_points():
    table = gain_table(experiments(curve=gains(*range(1, 200)), runs_per_release=5))

    assert {"1", "5", "41", "199"} <= set(column(table, "Runs"))
    assert len(table.rows) <= 14


def test_hit_rates_have_runs_and_money():
    table = hit_table(experiments())

    assert texts(table)[0] == ["10% △", "22", "0.07 ◐"]
    assert column(table, "Runs") == ["22", "11", "6"]
    assert table.caption.endswith(experiments().hit_rate_source)
