"""When to retrain and where to train: tables and sentences."""

import pytest

from advisor.recommendation import (
    DecayPoint,
    GrowthAdvice,
    GuardAdvice,
    RetrainingPoint,
    RetrainingWay,
)
from advisor.report.tables.retraining import (
    decay_table,
    growth_sentence,
    guard_sentences,
    retraining_details,
    retraining_table,
    training_table,
    ways_table,
)
from tests.advisor.report.factories import bare, column, numeric, of, texts, way
from tests.faces.factories import retraining, training


def advised(**changes):
    """Return an answer with a chosen option and this advice."""
    return of(way(), retraining=retraining(**changes))


def test_releases_and_errors_stand_side_by_side_with_their_sum():
    curve = (
        RetrainingPoint(interval_days=1.0, releases_usd_per_month=380.0,
                        errors_usd_per_month=0.004),
        RetrainingPoint(interval_days=28.0, releases_usd_per_month=1.25, errors_usd_per_month=2.5),
    )  # fmt: skip
    table = retraining_table(advised(curve=curve))

    assert texts(table) == [
        ["24 hours", "380", "<0.01 ●", "380"],
        ["4 weeks", "1.25", "2.50 ●", "3.75"],
    ]
    assert numeric(table) == ["Releases", "Errors of an ageing model", "Together"]
    assert retraining_table(advised(curve=())).rows == ()


def test_the_table_of_the_interval_keeps_both_ends():
    table = retraining_table(advised())

    assert len(table.rows) == 12
    assert column(table, "Retrain every")[0] == "34 hours"
    assert column(table, "Retrain every")[-1] == "12 months"


def test_the_error_by_age_has_cases_and_basis():
    point = DecayPoint(age_days=7.5, error_per_case=0.123456, case_count=12_345)
    table = decay_table(advised(decay_points=(point,), basis="scaled"))

    assert texts(table) == [["7.5", "0.1235 ◐", "12,345"]]
    assert decay_table(advised(decay_points=())).rows == ()


def said(**changes) -> str:
    return " ".join(retraining_details(advised(**changes)))


def test_a_release_is_told_with_its_cost_a_month_and_the_errors_beside_it():
    assert said().startswith(
        "One release costs 381 USD (training runs, labels, review); at the advised interval "
        "releases cost 413 USD/month, and the ageing model's extra errors cost 409 USD/month."
    )


def test_without_an_interval_the_first_release_is_spread_over_the_horizon():
    found = said(interval_days=None, error_usd_per_month=None, usd_per_month=0.002)

    assert "review); the first one, spread over the study's horizon, is <0.01 USD/month. " in found


@pytest.mark.parametrize(
    ("changes", "words", "there"),
    [
        ({}, "The loss per case grows by 0.00048 for each day of age (● measured, ", True),
        ({}, "(● measured, on a simulated stream).", True),
        ({"simulated": False, "basis": "assumed"}, "of age (△ assumed).", True),
        ({"decay_per_day": None}, "The loss per case", False),
        ({"decay_per_day": 0.0}, "grows by 0 for each day", True),
        ({}, "Anything from 20 days to 6 weeks costs within 5% of the best", True),
        ({"band_5_percent_days": (30.0, 31.0)}, "Anything from", False),
        ({"band_5_percent_days": None}, "Anything from", False),
        ({"why": "17 to 32 days cost within 5%."}, "Anything from", False),
        ({}, "Today you retrain every 13 weeks.", True),
        (
            {"break_even_error_cost_usd": 0.25},
            "; that is right only if an error costs 0.25 USD.",
            True,
        ),
        ({"now_interval_days": None}, "Today you", False),
        ({"label_delay_days": 14.0}, "Labels come 14 days late", True),
        ({"label_delay_days": 0.0}, "Labels come", False),
        ({}, "The trend explains 91%", True),
    ],
)
def test_each_figure_of_the_advice_is_a_sentence_where_it_is_known(changes, words, there):
    assert (words in said(**changes)) is there


def test_a_note_that_is_a_warning_already_is_not_told_twice():
    answer = advised().replace(warnings=retraining().notes)

    assert retraining().notes[0] not in retraining_details(answer)


def test_figures_of_a_model_that_nothing_runs_say_so_and_leave_the_notes_out():
    infeasible = bare(retraining=retraining())
    guess = advised().replace(beats_guessing=False)

    first, *others = retraining_details(infeasible)
    assert first.startswith("Nothing meets the needs now")
    assert retraining().notes[0] not in others
    first, *others = retraining_details(guess)
    assert first.startswith("No model is better than guessing")
    assert retraining().notes[0] not in others
    assert retraining().notes[0] in retraining_details(advised().replace(beats_guessing=True))


def growth(**changes) -> GrowthAdvice:
    values = {
        "slope_per_day": 0.000123,
        "share_of_decay_fraction": 0.42,
        "interval_growth": 1.68,
        "power": 0.5,
        "rows_per_day": 1000.0,
        "basis": "measured",
    }
    return GrowthAdvice(**values | changes)


def test_growing_data_have_their_share_of_the_decay():
    assert growth_sentence(growth()) == (
        "Growing data alone make a model fall behind by 0.00012 errors per case a day, 42% of the "
        "decay ● (learning curve with exponent 0.5); when the rows have doubled the right interval "
        "is 1.7 times as long, without any drift."
    )
    assert "errors per case a day ●" in growth_sentence(growth(share_of_decay_fraction=None))
    assert ", 999% of the decay" in growth_sentence(growth(share_of_decay_fraction=50.0))
    assert growth_sentence(growth()) in retraining_details(advised(growth=growth()))


def release(name: str, usd: float, **changes) -> RetrainingWay:
    values = {
        "name": name,
        "what": "same settings",
        "retrain_usd": 381.2,
        "interval_days": 28.0,
        "band_5_percent_days": (20.0, 39.0),
        "usd_per_month": usd,
        "basis": "measured",
    }
    return RetrainingWay(**values | changes)


def test_the_cheapest_way_to_make_a_release_stands_out():
    ways = (release("refresh", 500.0), release("spot", 450.0), release("warm", 450.0))
    table = ways_table(advised(ways=ways))

    assert texts(table)[0] == [
        *("refresh", "same settings", "381", "4 weeks ●", "20 days to 6 weeks", "500 ●"),
    ]
    assert table.strong_rows == {1, 2}
    assert numeric(table) == ["One release, USD", "USD/month"]
    assert ways_table(advised()).rows == ()


def test_a_way_may_be_never_and_a_band_may_be_one_span():
    ways = (release("never", 1.0, interval_days=None, band_5_percent_days=(28.0, 28.2)),)
    table = ways_table(advised(ways=ways))

    assert column(table, "Retrain every") == ["never ●"]
    assert column(table, "Within 5%") == ["4 weeks"]


def guard(**changes) -> GuardAdvice:
    values = {
        "interval_days": 28.0,
        "period_days": 7.0,
        "reference_period_count": 4,
        "debt_threshold_usd": 762.4,
        "debt_threshold_cases": 15_248.0,
        "fluctuation_error_per_case": 0.004,
        "worth_of_a_retrain_usd": 762.4,
        "guard_json": "{}",
        "basis": "measured",
    }
    return GuardAdvice(**values | changes)


def test_the_guard_says_when_to_retrain_early_in_errors_and_in_money():
    early, worth, promote, read = guard_sentences(advised(guard=guard()))

    assert early == (
        "Retrain early when the errors beyond the mean of the first 4 periods of 7 days have added "
        "up to 15,248 errors, 762 USD, twice the price of a release, and the last period is more "
        "than 0.004 errors per case above them ●."
    )
    assert "saved about 762 USD of errors" in worth
    assert "beats the present one" in promote
    assert "advisor cadence watch" in read


def test_a_guard_without_a_usual_swing_does_not_ask_for_one():
    early, *_ = guard_sentences(advised(guard=guard(fluctuation_error_per_case=0.0)))

    assert early.endswith("twice the price of a release.")
    assert guard_sentences(advised()) == ()


def test_the_first_place_to_train_is_the_cheapest_and_stands_out():
    table = training_table(bare(training=training()))

    assert texts(table)[0] == [
        *("ECS Fargate", "4 vCPU, 8 GiB, arm64", "us-east-1, on-demand"),
        *("12.5 ◐", "72.5 ◐", "0.0031"),
    ]
    assert table.strong_rows == {0}
    assert numeric(table) == ["One run s", "Billed s", "USD per run"]
    assert training_table(bare()).rows == ()
    assert training_table(bare()).strong_rows == frozenset()
