"""Bands, break-evens, rivals and growth as tables."""

import pytest

from advisor.recommendation import Holds, HoldsPoint, HorizonMonth, Overtaking
from advisor.report.tables.risk import (
    MOST_BANDS,
    MOST_HOLDS,
    answer_words,
    banded_options,
    bands_table,
    break_even_table,
    holds_table,
    horizon_table,
    inputs_table,
    questions,
    rivals_table,
)
from tests.advisor.report.factories import (
    bare,
    column,
    costing,
    doubt,
    flip,
    key,
    numeric,
    of,
    rival,
    texts,
    way,
)
from tests.faces.factories import job, risky

DRAWN = {
    "usd_per_month_low": 8.5,
    "usd_per_month_high": 1234.0,
    "expected_usd_per_month": 12.0,
    "probability_best": 0.81,
    "probability_feasible": 0.984,
    "probability_as_planned": 0.5,
    "expected_regret_usd": 0.004,
}


def test_an_answer_in_short_is_who_runs_where_on_what():
    assert answer_words(key()) == "m on ECS on EC2, c7g.large"
    assert answer_words(None) == "nothing feasible"


def test_a_band_has_its_mean_its_chances_and_its_regret():
    table = bands_table(of(way("m", **DRAWN)))

    assert texts(table) == [["m", "8.50 to 1,234", "12", "81%", "98%", "50%", "0.004"]]
    assert table.strong_rows == {0}
    assert len(numeric(table)) == 6


def test_what_was_not_told_of_a_drawn_option_is_not_known():
    only = {"usd_per_month_low": 1.0, "usd_per_month_high": 2.0}
    table = bands_table(bare(ranked=(way("m", **only),)))

    assert texts(table) == [["m", "1.00 to 2.00", "n/a", "n/a", "n/a", "n/a", "n/a"]]
    assert table.strong_rows == frozenset()


def test_options_that_were_not_drawn_have_no_band():
    drawn, other = way("drawn", **DRAWN), way("other")

    assert banded_options(of(other, drawn)) == (drawn,)
    assert banded_options(bare()) == ()
    assert len(banded_options(of(*[costing(1.0 + n, **DRAWN) for n in range(12)]))) == MOST_BANDS


def test_a_break_even_has_now_where_and_to_what():
    answer = bare(
        break_even=(flip(), flip(95.0, 40.25, driver="x.y", unit="USD/h", to=None)),
    )
    table = break_even_table(answer)

    assert texts(table) == [
        ["Mean request rate", "20", "320", "1/s", "m on ECS on EC2, c7g.large",
         "workload.requests_per_s"],
        ["x.y", "95", "40.2", "USD/h", "nothing feasible", "x.y"],
    ]  # fmt: skip
    assert numeric(table) == ["Now", "Changes at"]


def overtaking(at=2000.0) -> Overtaking:
    return Overtaking(driver="workload.requests_per_s", unit="1/s", now=20.0, overtakes_at=at)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "no figure alone"),
        ({"qualifies": False}, "does not qualify"),
        ({"overtakes": (overtaking(),)}, "Mean request rate 2,000 1/s (now 20)"),
        (
            {"overtakes": (overtaking(), overtaking(5.0)), "qualifies": False},
            "Mean request rate 2,000 1/s (now 20); Mean request rate 5 1/s (now 20)",
        ),
    ],
)
def test_a_rival_is_cheaper_from_a_figure_on_or_from_none(changes, words):
    assert column(rivals_table(bare(rivals=(rival(**changes),))), "Cheaper from") == [words]


@pytest.mark.parametrize(
    ("more", "chance", "cells"),
    [(102.0, 0.125, ["+102", "12%"]), (-3.5, 0.6, ["-3.50", "60%"]), (0.0, 0.0, ["±0", "0%"])],
)
def test_a_rival_costs_more_or_less(more, chance, cells):
    answer = bare(rivals=(rival(usd_per_month_more=more, probability_cheaper=chance),))

    assert texts(rivals_table(answer))[0] == [
        *("Why not ECS on EC2?", "m on ECS on EC2", *cells, "102 USD/month more"),
        "no figure alone",
    ]


def test_the_figures_of_the_nearest_change_stand_in_their_own_column():
    told = rival(why_not="dearer; cheaper from x = 3 (now 1)", overtakes=(overtaking(),))

    assert column(rivals_table(bare(rivals=(told,))), "Why not") == ["dearer"]


def test_a_gpu_that_is_not_needed_is_a_question():
    serving, training = questions(bare())

    assert serving == ("Why not a GPU for serving?", "", "no model.")
    assert training == ("Why not a GPU for training?", "", "no model.")


def test_a_gpu_that_is_needed_is_none():
    gpu = bare().gpu
    both = gpu.replace(
        serving=gpu.serving.replace(needed=True), training=gpu.training.replace(needed=True)
    )

    assert questions(bare(gpu=both)) == ()


def test_the_answer_on_a_rival_has_money_chance_reason_and_turn():
    *_, fact = questions(bare(rivals=(rival(overtakes=(overtaking(),)),)))

    assert fact.label == "Why not ECS on EC2?"
    assert fact.answer == "m on ECS on EC2: 102 USD/month more, cheaper in 12% of the draws."
    assert fact.why == (
        "102 USD/month more. It is cheaper from Mean request rate 2,000 1/s on, now 20."
    )


def test_a_rival_that_costs_the_same_costs_no_less():
    *_, fact = questions(bare(rivals=(rival(usd_per_month_more=0.0),)))

    assert fact.answer.startswith("m on ECS on EC2: 0.00 USD/month more, ")


def test_a_rival_that_nothing_turns_or_that_does_not_qualify_says_so():
    *_, kept, out = questions(
        bare(rivals=(rival(usd_per_month_more=-3.0), rival(qualifies=False, why_not="too large")))
    )

    assert kept.answer.startswith("m on ECS on EC2: 3.00 USD/month less, ")
    assert kept.why.endswith("No figure alone makes it cheaper within its range.")
    assert (out.answer, out.why) == ("m on ECS on EC2 does not qualify", "too large.")


def test_an_uncertain_input_has_band_worth_and_swing_without_its_sign():
    risk = risky()["risk"].replace(inputs=(doubt(swing=-260.0), doubt("decay", 0.004)))
    table = inputs_table(bare(risk=risk))

    assert texts(table) == [
        ["traffic level", "0.8 to 1.25 △", "factor", "12", "260", "our assumption"],
        ["decay", "0.8 to 1.25 △", "factor", "12", "0.004", "our assumption"],
    ]
    assert inputs_table(bare()).rows == ()


def plane(count: int, **changes) -> Holds:
    values = {
        "first_driver": "workload.requests_per_s",
        "second_driver": "x.y",
        "first_unit": "1/s",
        "second_unit": "USD",
        "points": tuple(
            HoldsPoint(first=1.0 + n, second=2.5, answer=key() if n % 2 else None, holds=n == 0)
            for n in range(count)
        ),
    }
    return Holds(**values | changes)


def test_the_plane_says_where_the_answer_is_another_one():
    table = holds_table(bare(holds=plane(3)))

    assert texts(table) == [
        ["1", "2.5", "as now"],
        ["2", "2.5", "m on ECS on EC2, c7g.large"],
        ["3", "2.5", "nothing feasible"],
    ]
    assert [one.title for one in table.columns] == ["Mean request rate, 1/s", "x.y, USD", "Answer"]


def test_a_fine_plane_is_thinned_and_none_is_an_empty_table():
    assert len(holds_table(bare(holds=plane(81))).rows) == MOST_HOLDS
    assert holds_table(bare()).rows == ()


def test_the_months_of_the_horizon_have_rate_cost_and_answer():
    table = horizon_table(bare(horizon=risky()["horizon"]))

    assert texts(table) == [
        ["0", "20", "641", "logistic on ECS on EC2, c7g.large"],
        ["12", "26", "n/a", "nothing feasible"],
    ]
    assert numeric(table) == ["Month", "Requests/s", "USD/month"]
    assert horizon_table(bare()).rows == ()


def test_the_months_of_a_job_count_its_rows():
    month = HorizonMonth(month=0, requests_per_s=0.0232, usd_per_month=5.0, answer=None)
    horizon = risky()["horizon"].replace(months=(month,))
    table = horizon_table(bare(horizon=horizon, job=job()))

    assert table.columns[1].title == "Rows of one job"
    assert texts(table)[0][1] == "2 million"
