"""Cost against the interval and error against age, as drawn."""

import math

import pytest

from advisor.recommendation import DecayLinePoint, DecayPoint, RetrainingPoint
from advisor.report.charts.retraining import LEAST_REACH, error_by_age, retraining_cost
from tests.advisor.report.factories import bare, domain, layer, layers, words_in
from tests.faces.factories import retraining


def point(days: float, releases: float, errors: float) -> RetrainingPoint:
    return RetrainingPoint(
        interval_days=days, releases_usd_per_month=releases, errors_usd_per_month=errors
    )


CURVE = (point(1.0, 1000.0, 1.0), point(10.0, 100.0, 10.0), point(100.0, 10.0, 100.0))
PLAIN = {"curve": CURVE, "band_5_percent_days": None, "interval_days": None,
         "now_interval_days": None}  # fmt: skip


def cost(**changes):
    return retraining_cost(bare(retraining=retraining(**PLAIN | changes)))


def test_releases_errors_and_both_are_three_lines():
    line = layer(cost(), "line")

    assert [(row["days"], row["series"], row["usd"]) for row in line.rows[:3]] == [
        (1.0, "Together", 1001.0),
        (1.0, "Releases", 1000.0),
        (1.0, "Errors of an ageing model", 1.0),
    ]
    assert domain(line, "color") == ["Together", "Releases", "Errors of an ageing model"]
    assert line.encoding["x"]["title"] == "Days between releases (log)"
    assert line.encoding["y"]["title"] == "USD per month (730 h)"


@pytest.mark.parametrize(
    ("curve", "top"),
    [
        (CURVE, 440.0),
        (CURVE[1:], 110.0),
        ((point(1.0, 0.0, 0.0),), 1.0),
        ((point(1.0, 100.0, 0.0), point(2.0, 100.0, 200.0)), 300.0),
    ],
)
def test_the_picture_ends_at_four_times_the_least_cost_or_at_the_most(curve, top):
    assert domain(layer(cost(curve=curve), "line"), "y") == pytest.approx([0, top])


def test_without_advice_there_are_only_the_lines():
    assert [one.kind for one in layers(cost())] == ["line"]


@pytest.mark.parametrize(
    ("days", "words", "align"),
    [(28.0, "advised: 4 weeks", "right"), (3.0, "advised: 3 days", "left")],
)
def test_the_advised_interval_is_named_on_the_side_with_room(days, words, align):
    label = layer(cost(interval_days=days), "text")

    assert label.rows == [{"days": days, "here": words}]
    assert label.mark["align"] == align


def test_the_interval_of_today_stands_a_row_lower():
    drawn = cost(interval_days=28.0, now_interval_days=90.0)

    assert words_in(drawn) == ["advised: 4 weeks", "you are here: 13 weeks"]
    assert [one.encoding["y"]["value"] for one in layers(drawn) if one.kind == "text"] == [2, 18]


@pytest.mark.parametrize(
    ("band", "zone"),
    [((20.0, 39.0), (20.0, 39.0)), ((0.5, 39.0), (1.0, 39.0)), ((20.0, 400.0), (20.0, 100.0))],
)
def test_the_flat_zone_stays_inside_the_picture_with_its_name_in_its_middle(band, zone):
    drawn = cost(band_5_percent_days=band)

    assert layer(drawn, "rect").rows == [{"low": zone[0], "high": zone[1]}]
    assert layer(drawn, "text").rows == [
        {"middle": pytest.approx(math.sqrt(zone[0] * zone[1])), "text": "within 5%"}
    ]


def test_an_interval_of_nothing_cannot_be_drawn():
    assert len(layer(cost(curve=(point(0.0, 1.0, 1.0), *CURVE)), "line").rows) == 9
    assert cost(curve=(point(0.0, 1.0, 1.0),)) is None
    assert retraining_cost(bare()) is None


def aged(*errors: float, **changes):
    points = tuple(
        DecayPoint(age_days=10.0 * n, error_per_case=error, case_count=100 + n)
        for n, error in enumerate(errors)
    )
    plain = {"decay_points": points, "decay_line": (), "interval_days": None}
    return error_by_age(bare(retraining=retraining(**plain | changes)))


def test_each_age_is_a_mark_with_its_cases():
    marks = layer(aged(0.1, 0.2), "point")

    assert marks.rows == [
        {"age": 0.0, "error": 0.1, "cases": 100},
        {"age": 10.0, "error": 0.2, "cases": 101},
    ]
    assert marks.encoding["size"]["field"] == "cases"
    assert marks.encoding["y"]["title"] == "Loss per case"
    assert marks.encoding["x"]["title"] == "Age of the model when it scored, days"


def test_the_law_is_drawn_below_the_marks_and_inside_the_picture():
    line = tuple(DecayLinePoint(age_days=a, error_per_case=e) for a, e in ((0.0, 0.05), (9.0, 0.3)))
    drawn = aged(0.1, 0.2, decay_line=line)

    assert [one.kind for one in layers(drawn)] == ["line", "point"]
    assert layer(drawn, "line").rows == [{"age": 0.0, "error": 0.05}, {"age": 9.0, "error": 0.3}]
    assert domain(layer(drawn, "point"), "y") == pytest.approx([0.05, 0.3])


@pytest.mark.parametrize(
    ("errors", "ends"),
    [
        ((0.1, 0.2), (0.1, 0.2)),
        ((0.2, 0.2), (0.199, 0.201)),
        ((-0.2, -0.2), (-0.201, -0.199)),
        ((1.0, 1.005), (0.997475, 1.007525)),
        ((0.0, 0.0), (0.0, 0.0)),
    ],
)
def test_flat_errors_reach_over_a_hundredth_of_their_level(errors, ends):
    assert LEAST_REACH == 0.01
    assert domain(layer(aged(*errors), "point"), "y") == pytest.approx(list(ends))


@pytest.mark.parametrize(
    ("days", "words", "align"),
    [
        (6.0, ["retrain at 6 days"], "right"),
        (4.0, ["retrain at 4 days"], "left"),
        (10.0, ["retrain at 10 days"], "right"),
        (10.1, [], None),
        (None, [], None),
    ],
)
def test_the_interval_is_marked_where_it_is_within_the_ages(days, words, align):
    drawn = aged(0.1, 0.2, interval_days=days)

    assert words_in(drawn) == words
    if align:
        assert layer(drawn, "text").mark["align"] == align


def test_without_a_back_test_there_is_no_chart():
    assert error_by_age(bare()) is None
