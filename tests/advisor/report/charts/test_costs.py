"""The stack of costs and the curve of cost, as drawn."""

import math

import pytest

from advisor.recommendation import Assumption
from advisor.report.charts.costs import MOST_STACKED, cost_by_rate, cost_stack
from tests.advisor.report.factories import (
    bare,
    cost_line,
    costing,
    curve,
    domain,
    layer,
    layers,
    of,
    way,
    words_in,
)
from tests.faces.factories import job


def two():
    return of(
        way("m on A", cost_line(100.0), cost_line(20.0, group="training")),
        way("m on B", cost_line(200.0)),
    )


def test_a_bar_is_stacked_from_the_parts_of_the_bill():
    bars = layer(cost_stack(two()), "bar")

    assert [(row["part"], row["usd"]) for row in bars.rows if row["option"] == "1. A"] == [
        *(("Serving", 100.0), ("Training", 20.0), ("Experiments", 0.0)),
        *(("Retraining", 0.0), ("People", 0.0)),
    ]
    assert [row["order"] for row in bars.rows] == [0, 1, 2, 3, 4] * 2
    assert bars.encoding["y"]["sort"] == ["1. A", "2. B"]
    assert bars.encoding["x"]["title"] == "USD per month (730 h)"
    assert domain(bars, "color") == ["Serving", "Training", "Experiments", "Retraining", "People"]
    assert len(set(bars.encoding["color"]["scale"]["range"])) == 5


def test_runs_that_do_not_ship_are_experiments():
    answer = two()
    answer = answer.replace(training=answer.training.replace(runs_per_release=4))
    bars = layer(cost_stack(answer), "bar")
    found = {row["part"]: row["usd"] for row in bars.rows if row["option"] == "1. A"}

    assert (found["Training"], found["Experiments"]) == (5.0, 15.0)


def test_each_bar_ends_with_its_total_and_the_axis_has_room_for_it():
    labels = layer(cost_stack(two()), "text")

    assert [(row["usd"], row["label"]) for row in labels.rows] == [(120.0, "120"), (200.0, "200")]
    assert domain(layer(cost_stack(two()), "bar"), "x") == pytest.approx([0, 230.0])


def test_bars_of_nothing_still_have_an_axis():
    assert domain(layer(cost_stack(of(costing(0.0))), "bar"), "x") == pytest.approx([0, 1.15])


@pytest.mark.parametrize(("width", "in_picture"), [(900, False), (330, True), ("container", True)])
def test_on_a_phone_the_names_stand_in_the_picture(width, in_picture):
    drawn = cost_stack(two(), width=width)
    names = [one for one in layers(drawn) if one.encoding.get("text", {}).get("field") == "option"]

    assert bool(names) is in_picture
    assert layer(drawn, "bar").mark["yOffset"] == (9 if in_picture else 0)  # below its name
    assert layer(drawn, "text").mark["dy"] == (9 if in_picture else 0)
    assert layer(drawn, "bar").mark["height"] == (13 if in_picture else {"band": 0.68})
    assert (layer(drawn, "bar").encoding["y"]["axis"] is None) is in_picture


def test_names_beside_the_bars_take_half_of_the_picture_at_most():
    bars = layer(cost_stack(two(), width=900), "bar")

    assert bars.encoding["y"]["axis"]["labelLimit"] == 450


@pytest.mark.parametrize(
    ("settings", "height"),
    [({"width": 900}, 60), ({"width": 330}, 92), ({"width": 900, "height": 77}, 77)],
)
def test_the_stack_is_as_high_as_its_bars(settings, height):
    assert cost_stack(two(), **settings).to_dict()["height"] == height


def test_only_so_many_options_are_stacked_and_none_is_no_chart():
    many = of(*(costing(10.0 + n) for n in range(MOST_STACKED + 4)))

    assert len(layer(cost_stack(many), "text").rows) == MOST_STACKED
    assert cost_stack(bare()) is None


RATE = Assumption(
    name="workload.requests_per_s", value=20.0, unit="1/s", source="the study", basis="input"
)
CROSSED = curve(
    ecs_ec2={1.0: 40.0, 100.0: 40.0},
    ecs_fargate={1.0: 10.0, 100.0: 160.0},
)


def test_every_point_of_the_curve_is_drawn_at_its_rate_and_cost():
    line = layer(cost_by_rate(bare(cost_curve=CROSSED)), "line")

    assert [(row["rate"], row["platform"], row["usd"]) for row in line.rows] == [
        *((1.0, "ECS on EC2", 40.0), (100.0, "ECS on EC2", 40.0)),
        *((1.0, "ECS Fargate", 10.0), (100.0, "ECS Fargate", 160.0)),
    ]
    assert domain(line, "color") == ["ECS Fargate", "ECS on EC2"]
    assert line.encoding["x"]["scale"]["type"] == line.encoding["y"]["scale"]["type"] == "log"
    assert line.encoding["x"]["title"] == "Mean requests per second (log)"
    assert line.encoding["y"]["title"] == "USD per month (log)"


def test_platforms_are_told_apart_by_dash_and_by_mark_too():
    drawn = cost_by_rate(bare(cost_curve=CROSSED))

    assert domain(layer(drawn, "line"), "strokeDash") == ["ECS Fargate", "ECS on EC2"]
    assert domain(layer(drawn, "point"), "shape") == ["ECS Fargate", "ECS on EC2"]


def test_a_crossing_is_ringed_with_its_rate_and_who_takes_over():
    ring = layer(cost_by_rate(bare(cost_curve=CROSSED)), "point", 1)

    (row,) = ring.rows
    assert (row["rate"], row["usd"]) == (pytest.approx(10.0), pytest.approx(40.0))
    assert (row["text"], row["change"]) == ("10/s", "ECS Fargate to ECS on EC2")
    assert ring.mark["filled"] is False


def test_a_curve_without_a_crossing_has_no_ring():
    answer = bare(cost_curve=curve(ecs_fargate={1.0: 10.0, 100.0: 20.0}))

    assert [one.kind for one in layers(cost_by_rate(answer))] == ["line", "point"]


@pytest.mark.parametrize(
    ("rate", "text", "align"),
    [(20.0, "you are here: 20/s", "right"), (5.0, "you are here: 5/s", "left")],
)
def test_where_you_are_is_named_on_the_side_with_room(rate, text, align):
    answer = bare(cost_curve=CROSSED, assumptions=(RATE.replace(value=rate),))
    label = layer(cost_by_rate(answer), "text", 1)

    assert label.rows == [{"rate": rate, "here": text}]
    assert label.mark["align"] == align


@pytest.mark.parametrize("entry", [None, RATE.replace(value=None), RATE.replace(value=0.0)])
def test_a_rate_that_is_not_told_or_nothing_is_not_marked(entry):
    answer = bare(cost_curve=CROSSED, assumptions=(entry,) if entry else ())

    assert not [word for word in words_in(cost_by_rate(answer)) if "here" in word]


def test_of_jobs_the_axis_counts_rows():
    own = job(row_count=1e6, requests_per_s=4.0)
    answer = bare(cost_curve=CROSSED, job=own, assumptions=(RATE.replace(value=4.0),))
    drawn = cost_by_rate(answer)

    assert [row["rate"] for row in layer(drawn, "line").rows[:2]] == [250_000.0, 25e6]
    assert layer(drawn, "line").encoding["x"]["title"] == "Rows of one job (log)"
    assert words_in(drawn) == ["2.5 million rows", "you are here: 1 million rows"]


def test_what_costs_nothing_cannot_be_drawn_on_a_logarithmic_axis():
    free = curve(ecs_fargate={1.0: 0.0, 10.0: 5.0})

    assert [row["usd"] for row in layer(cost_by_rate(bare(cost_curve=free)), "line").rows] == [5.0]
    assert cost_by_rate(bare(cost_curve=curve(ecs_fargate={1.0: 0.0}))) is None
    assert cost_by_rate(bare()) is None


def test_the_stack_adds_up_over_whole_options():
    bars, labels = layer(cost_stack(two()), "bar"), layer(cost_stack(two()), "text")

    for total in labels.rows:
        parts = [row["usd"] for row in bars.rows if row["option"] == total["option"]]
        assert math.fsum(parts) == pytest.approx(total["usd"])
