"""The view of risk: what is uncertain, and what would change the answer."""

import pytest

from advisor.recommendation import (
    MeasureNext,
)
from advisor.report.sections.risk import CHEAPER_FROM, WHY_NOT, risk
from tests.advisor.report.factories import (
    bare,
    doubt,
    flip,
    key,
    of,
    rival,
    section,
    titles,
    today,
    way,
)
from tests.faces import factories as made


def test_risk_of_a_bare_answer_has_nothing_to_say_but_what_was_measured():
    assert risk(bare()) == ()


def test_risk_has_bands_doubts_flips_plane_rivals_growth_and_today():
    banded = way("m", usd_per_month_low=1.0, usd_per_month_high=2.0, expected_usd_per_month=1.5)
    answer = of(
        banded,
        **made.risky(),
        present=today(),
        measure_next=(MeasureNext(action="do", cost_usd=0.0, saves_usd_per_month=0.0),),
    )

    assert titles(risk(answer)) == [
        "Risk: what to measure next",
        "Risk: how sure the cost is",
        "Risk: where the doubt comes from",
        "Risk: what flips the answer",
        "Risk: where the answer holds",
        WHY_NOT,
        "Risk: as the traffic grows",
        "Risk: what runs today",
    ]
    assert section(risk(answer), WHY_NOT).sentences == (CHEAPER_FROM,)
    assert section(risk(answer), "Risk: what flips the answer").chart is None


def sure(**changes):
    banded = way("m", usd_per_month_low=1.0, usd_per_month_high=2.0, expected_usd_per_month=1.5)
    found = made.risky()["risk"].replace(**changes)
    return section(risk(of(banded, risk=found)), "Risk: how sure the cost is").sentences


def test_the_draws_are_counted_and_the_budget_is_held_against_them():
    assert sure() == (
        (
            "1,000 draws of everything uncertain, the same for all options; a band holds four "
            "draws out of five."
        ),
        "One draw in ten costs more than 830 USD/month; those cost 880 on average.",
        "The budget of 900 USD/month is exceeded in 7% of the draws.",
    )
    budget = made.risky()["risk"].budget
    assert len(sure(budget=budget.replace(probability_over=None))) == 2
    assert len(sure(budget=None)) == 1
    assert sure(budget=None, tie="A tie.")[-1] == "A tie."


def grown(**changes):
    found = made.risky()["horizon"].replace(**changes)
    return section(risk(bare(horizon=found)), "Risk: as the traffic grows").sentences


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Traffic grows by 30% a year. From 2027-08-21 on it is logistic on ECS on EC2"),
        ({"changes_on": None}, "From month 9 on it is logistic"),
        ({"changes_in_month": None}, "The answer holds over the horizon."),
        ({"growth_per_year_fraction": 0.0}, "Traffic is taken to stay as it is"),
        ({"growth_per_year_fraction": -0.3}, "Traffic shrinks by 30% a year."),
        ({"changes_to": None}, "on it is nothing feasible."),
    ],
)
def test_growth_says_when_the_answer_changes(changes, words):
    assert words in grown(**changes)[0]


def test_a_commitment_is_a_sentence():
    commitment = made.risky()["horizon"].commitment.replace(why="no commitment is priced")

    assert grown(commitment=commitment)[1] == "No commitment is priced."


def test_what_runs_today_is_told_with_its_cost():
    (found,) = risk(bare(present=today()))

    assert found.sentences == (
        "ECS on EC2, 3 x m5.large costs 1,450 USD/month. move: it saves 919 USD/month",
    )


def test_a_rival_needs_its_footnote():
    (found,) = risk(bare(rivals=(rival(),)))

    assert (found.title, found.sentences) == (WHY_NOT, (CHEAPER_FROM,))


def test_of_all_flips_only_the_nearest_is_a_sentence():
    (found,) = risk(bare(break_even=(flip(20.0, 320.0), flip(1.0, 2.0), flip(1.0, 3.0))))

    assert found.title == "Risk: what flips the answer"
    assert [one.partition(",")[0] for one in found.sentences] == ["Nearest: Mean request rate"]
    assert len(found.tables[0].rows) == 3


def test_doubts_alone_are_a_section():
    doubted = bare(risk=made.risky()["risk"].replace(inputs=(doubt(),)))

    assert titles(risk(doubted)) == ["Risk: where the doubt comes from"]
    assert key() == flip().to
