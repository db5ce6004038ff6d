"""What tables are made of: badges, widths, sums by part."""

import math

import pytest

from advisor.recommendation import BASIS_BADGES, Assumption
from advisor.report.tables.cells import (
    GROUP_NAMES,
    GROUPS,
    MOST_ON_A_PHONE,
    PART_NAMES,
    PARTS,
    SHORT,
    WORDY,
    Cell,
    Column,
    Fact,
    Table,
    group_usd_per_month,
    known,
    part_usd_per_month,
    platform_name,
    stated,
    thinned,
    weakest,
)
from tests.advisor.report.factories import bare, cells, cost_line, way

REVIEW = "study: retraining.review_hours"
UPKEEP = "study: team.hours_per_month"


@pytest.mark.parametrize("basis", BASIS_BADGES)
def test_a_figure_has_its_badge_behind_it(basis):
    assert Cell("3", basis).plain == f"3 {BASIS_BADGES[basis]}"


def test_a_word_has_no_badge():
    assert Cell("three").plain == "three"


def table(*rows: tuple[Cell, ...], titles: str = "ab", **changes) -> Table:
    return Table(caption="x", columns=tuple(Column(t) for t in titles), rows=rows, **changes)


def test_the_longest_cell_of_a_column_counts_its_badge():
    found = table((Cell("12", "list"), Cell("x")), (Cell("123"), Cell("long one")))

    assert found.longest == (4, 8)


def test_the_columns_of_an_empty_table_are_of_no_length():
    assert table().longest == (0, 0)
    assert table().classes == ("s", "s")
    assert not table().stacked


@pytest.mark.parametrize(
    ("length", "look"), [(1, "s"), (SHORT, "s"), (SHORT + 1, ""), (WORDY, ""), (WORDY + 1, "w")]
)
def test_a_column_looks_by_its_longest_cell(length, look):
    found = table(cells("x" * length, "y"))

    assert found.classes[0] == look
    assert found.wordy == (length > WORDY, False)


def test_figures_stand_to_the_right_whatever_their_length():
    found = Table("x", (Column("a", numeric=True),), ((Cell("1" * (WORDY + 1)),),))

    assert found.classes == ("n w",)


@pytest.mark.parametrize(
    ("count", "length", "cards", "stacked"),
    [
        (MOST_ON_A_PHONE, 3, False, False),
        (MOST_ON_A_PHONE + 1, 3, False, True),
        (2, WORDY + 1, False, True),
        (2, 3, True, True),
    ],
)
def test_a_table_too_wide_for_a_phone_is_shown_as_cards(count, length, cards, stacked):
    row = cells(*["x" * length] * count)

    assert table(row, titles="abcdefgh"[:count], cards=cards).stacked is stacked


@pytest.mark.parametrize(
    ("answer", "why", "sentence"),
    [
        ("No", "one run takes 13 s", "No: one run takes 13 s"),
        ("No", "One run takes 13 s.", "No. One run takes 13 s."),
        ("No", "13 s a run.", "No. 13 s a run."),
        ("Yes", "", "Yes."),
    ],
)
def test_a_short_answer_and_its_reason_read_as_one(answer, why, sentence):
    assert Fact("GPU", answer, why).sentence == sentence


@pytest.mark.parametrize(
    ("platform", "name"),
    [
        ("sagemaker-realtime", "SageMaker real-time"),
        ("ecs-fargate", "ECS Fargate"),
        ("ecs-ec2-scheduled", "ECS on EC2, scheduled"),
        ("sagemaker-training-spot", "SageMaker training, spot"),
        ("of-tomorrow", "of-tomorrow"),
        ("", ""),
    ],
)
def test_a_platform_that_has_no_name_yet_shows_its_key(platform, name):
    assert platform_name(platform) == name


@pytest.mark.parametrize(
    ("value", "found"), [(20.0, 20.0), (3, 3.0), (0.0, 0.0), (None, None), ("auto", None)]
)
def test_a_stated_figure_is_a_number_or_nothing(value, found):
    entry = Assumption(name="a.b", value=value, unit="", source="x", basis="input")
    answer = bare(assumptions=(entry.replace(name="a.c", value=99.0), entry))

    assert stated(answer, "a.b") == found
    assert stated(answer, "a.d") is None


def mixed():
    return way(
        "m",
        cost_line(100.0),
        cost_line(7.0),
        cost_line(30.0, group="training"),
        cost_line(11.0, group="labels", source="study: retraining.label_cost_usd"),
        cost_line(40.0, group="people", source=REVIEW),
        cost_line(285.0, group="people", source=UPKEEP),
    )


@pytest.mark.parametrize(
    ("group", "usd"), [("serving", 107.0), ("training", 30.0), ("labels", 11.0), ("people", 325.0)]
)
def test_a_group_is_the_sum_of_its_lines(group, usd):
    assert group_usd_per_month(mixed(), group) == pytest.approx(usd)


@pytest.mark.parametrize(
    ("part", "runs", "usd"),
    [
        ("serving", 10, 107.0),
        ("training", 10, 3.0),
        ("experiments", 10, 27.0),
        ("training", 1, 30.0),
        ("experiments", 1, 0.0),
        ("training", 0, 30.0),
        ("retraining", 10, 51.0),
        ("people", 10, 285.0),
    ],
)
def test_of_the_runs_of_a_release_one_ships_and_the_review_belongs_to_the_release(part, runs, usd):
    assert part_usd_per_month(mixed(), part, runs_per_release=runs) == pytest.approx(usd)


@pytest.mark.parametrize("runs", [1, 2, 10, 1000])
def test_parts_and_groups_both_add_up_to_the_bill(runs):
    option = mixed()

    parts = [part_usd_per_month(option, part, runs_per_release=runs) for part in PARTS]
    groups = [group_usd_per_month(option, group) for group in GROUPS]
    assert math.fsum(parts) == pytest.approx(option.usd_per_month)
    assert math.fsum(groups) == pytest.approx(option.usd_per_month)


def test_every_part_and_group_has_a_name():
    assert list(PART_NAMES) == list(PARTS)
    assert list(GROUP_NAMES) == list(GROUPS)


@pytest.mark.parametrize(
    ("count", "most", "places"),
    [
        (0, 3, []),
        (3, 3, [0, 1, 2]),
        (4, 3, [0, 2, 3]),
        (5, 3, [0, 2, 4]),
        (100, 2, [0, 99]),
        (11, 6, [0, 2, 4, 6, 8, 10]),
    ],
)
def test_a_long_series_is_thinned_and_keeps_its_ends(count, most, places):
    assert list(thinned(tuple(range(count)), most)) == places


@pytest.mark.parametrize(
    ("bases", "found"),
    [
        ([], None),
        (["list"], "list"),
        (["list", "measured"], "list"),
        (["input", "list"], "input"),
        (["scaled", "input"], "scaled"),
        (["measured", "assumed", "scaled"], "assumed"),
    ],
)
def test_a_sum_is_as_sure_as_its_weakest_part(bases, found):
    assert weakest(bases) == found


def test_what_is_not_known_has_no_basis():
    assert known(None, "measured") is None
    assert known(0.0, "measured") == "measured"
