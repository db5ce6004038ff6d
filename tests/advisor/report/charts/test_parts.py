"""Axes, scales and lines that every chart is made of."""

import pytest

from advisor.report.charts.parts import (
    ACCENT,
    INK,
    WARM,
    colour_of,
    dash_of,
    frame,
    is_wide,
    log_axis,
    mark_here,
    option_names,
    plot,
    shape_of,
    three_lines,
    together,
    top_legend,
)
from tests.advisor.report.factories import bare, layers, of, way

ONE = [{"x": 1.0}]


@pytest.mark.parametrize(
    ("values", "most", "ticks"),
    [
        ((1, 10), 12, [1, 1.5, 2, 3, 4, 5, 6, 8, 10]),
        ((1, 10), 6, [1, 2, 3, 5, 7, 10]),
        ((1, 10), 4, [1, 2, 5, 10]),
        ((1, 10), 3, [1, 3, 10]),
        ((1, 10), 2, [1, 10]),
        ((1, 1000), 7, [1, 3, 10, 30, 100, 300, 1000]),
        ((0.02, 0.3), 5, [0.02, 0.05, 0.1, 0.2]),
        ((1e-3, 1e6), 3, [10.0**n for n in range(-3, 7)]),
        ((20, 20), 5, [20]),
        ((7, 7.5), 5, []),
    ],
)
def test_ticks_are_round_and_as_many_as_there_is_room_for(values, most, ticks):
    found = log_axis(values, most=most).to_dict()["values"]

    assert found == pytest.approx(ticks)


def test_an_end_on_a_tick_is_ticked_in_spite_of_rounding():
    assert log_axis((0.9999 / 0.999, 9.9995), most=2).to_dict()["values"] == pytest.approx([1, 10])


def test_values_may_come_one_by_one():
    assert log_axis((v for v in (1.0, 10.0)), most=2).to_dict()["values"] == pytest.approx([1, 10])


def test_billions_are_not_written_as_gigas():
    assert "replace(" in log_axis((1, 10), most=3).to_dict()["labelExpr"]
    assert "'G', 'B'" in log_axis((1, 10), most=3).to_dict()["labelExpr"]


@pytest.mark.parametrize(
    ("width", "wide", "room"), [("container", False, 100), (479, False, 0), (480, True, 0)]
)
def test_a_container_may_be_a_phones(width, wide, room):
    assert is_wide(width) is wide
    assert frame(width) == room


@pytest.mark.parametrize(("width", "height"), [("container", 300), (600, 200)])
def test_a_picture_in_a_container_has_room_for_its_axes(width, height):
    drawn = together([plot(ONE).mark_point()], width=width, height=200).to_dict()

    assert (drawn["width"], drawn["height"]) == (width, height)


@pytest.mark.parametrize("scale_of", [colour_of, dash_of, shape_of])
def test_each_platform_has_its_own_look_and_name(scale_of):
    names = ("ecs-fargate", "ecs-ec2", "sagemaker-realtime", "sagemaker-serverless")
    found = scale_of(names).to_dict()

    assert found["domain"] == [
        *("ECS Fargate", "ECS on EC2", "SageMaker real-time", "SageMaker serverless"),
    ]
    assert len(found["range"]) == 4
    if scale_of is not dash_of:
        assert len({str(one) for one in found["range"]}) == 4
    assert scale_of(names[::-1]).to_dict()["range"] == found["range"][::-1]


@pytest.mark.parametrize(
    ("scale_of", "look"), [(colour_of, INK), (dash_of, [2, 2]), (shape_of, "cross")]
)
def test_a_platform_without_a_look_is_drawn_all_the_same(scale_of, look):
    assert scale_of(("of-tomorrow",)).to_dict() == {"domain": ["of-tomorrow"], "range": [look]}


@pytest.mark.parametrize(("width", "columns"), [(600, 3), ("container", 2), (330, 1)])
def test_three_lines_differ_by_colour_and_by_dash(width, columns):
    found = three_lines(("a", "b", "c"), width)
    colour, dash = found["color"].to_dict(), found["strokeDash"].to_dict()

    assert colour["scale"]["domain"] == dash["scale"]["domain"] == ["a", "b", "c"]
    assert len(set(colour["scale"]["range"])) == 3
    assert len({tuple(one) for one in dash["scale"]["range"]}) == 3
    assert colour["legend"]["columns"] == columns


@pytest.mark.parametrize(("columns", "limit"), [(1, 150), (2, 150), (3, 220)])
def test_a_legend_of_two_columns_fits_a_phone(columns, limit):
    found = top_legend(columns=columns).to_dict()

    assert (found["orient"], found["labelLimit"]) == ("top", limit)
    assert "symbolStrokeWidth" not in found
    assert top_legend(columns=columns, shapes=True).to_dict()["symbolStrokeWidth"] == 0


def test_names_of_options_are_numbered_without_the_model_that_all_share():
    options = (way("m on A"), way("m on B, spot", purchase="spot"))

    assert option_names(of(*options), options) == ("1. A, on-demand", "2. B, spot")


def test_names_of_options_keep_the_model_where_it_differs():
    options = (way("m on A"), way("n on A"))

    assert option_names(of(*options), options) == ("1. m on A", "2. n on A")
    assert option_names(bare(), ()) == ()


@pytest.mark.parametrize(
    ("settings", "align", "dx", "baseline", "y"),
    [
        ({"left": True}, "right", -6, "top", 2),
        ({"left": False}, "left", 6, "top", 2),
        ({"left": True, "row": 2}, "right", -6, "top", 34),
        ({"left": True, "above": True}, "center", 0, "bottom", -4),
    ],
)
def test_a_mark_has_its_name_where_there_is_room(settings, align, dx, baseline, y):
    rule, label = layers(together(mark_here(3.5, "x", "here", **settings), width=300, height=200))

    assert rule.kind == "rule"
    assert rule.rows == label.rows == [{"x": 3.5, "here": "here"}]
    assert rule.encoding["x"]["field"] == "x"
    assert (label.mark["align"], label.mark["dx"]) == (align, dx)
    assert (label.mark["baseline"], label.encoding["y"]["value"]) == (baseline, y)


def test_colours_are_told_apart():
    assert len({ACCENT, WARM, INK}) == 3
