"""Bands, break-evens, swings and the plane of two drivers, as drawn."""

import pytest

from advisor.recommendation import Holds, HoldsPoint
from advisor.report.charts.risk import MOST_SWINGS, break_even, cost_bands, holds, swings
from tests.advisor.report.factories import (
    bare,
    domain,
    doubt,
    flip,
    key,
    layer,
    layers,
    of,
    way,
    words_in,
)
from tests.faces.factories import risky


def drawn(name="m on A", **changes):
    values = {"usd_per_month_low": 8.0, "usd_per_month_high": 20.0, "expected_usd_per_month": 12.0}
    return way(name, **values | changes)


def test_a_band_has_its_ends_and_its_mean_and_the_chosen_one_its_colour():
    bands = layer(cost_bands(of(drawn(), drawn("m on B", usd_per_month_high=30.0))), "bar")

    assert bands.rows == [
        {"option": "1. A", "low": 8.0, "high": 20.0, "mean": 12.0, "state": "chosen"},
        {"option": "2. B", "low": 8.0, "high": 30.0, "mean": 12.0, "state": "considered"},
    ]
    assert (bands.encoding["x"]["field"], bands.encoding["x2"]["field"]) == ("low", "high")
    assert bands.encoding["x"]["title"] == "USD per month over the horizon (730 h)"
    assert domain(bands, "color") == ["chosen", "considered"]


def test_the_mean_is_a_diamond_on_the_same_axis():
    means = layer(cost_bands(of(drawn())), "point")

    assert (means.encoding["x"]["field"], means.mark["shape"]) == ("mean", "diamond")


def test_bands_are_as_high_as_their_rows_and_none_is_no_chart():
    assert cost_bands(of(drawn(), drawn("b")), width=600).to_dict()["height"] == 96
    assert cost_bands(of(drawn()), width=600, height=50).to_dict()["height"] == 50
    assert cost_bands(of(way())) is None
    assert cost_bands(bare()) is None


@pytest.mark.parametrize(("width", "limit"), [(600, 580), ("container", 330)])
def test_a_name_above_its_bar_has_the_width_of_the_picture(width, limit):
    assert layer(cost_bands(of(drawn()), width=width), "text").mark["limit"] == limit


def test_a_break_even_is_a_factor_on_the_value_of_today():
    bars = layer(break_even(bare(break_even=(flip(20.0, 320.0),))), "bar")

    assert bars.rows == [
        {
            "driver": "workload.requests_per_s",
            "one": 1.0,
            "factor": 16.0,
            "text": "Mean request rate: 320 1/s (now 20)",
            "to": "m on ECS on EC2, c7g.large",
        }
    ]
    assert bars.encoding["x"]["title"] == "Factor on today's value (log)"
    assert bars.encoding["x"]["scale"]["type"] == "log"


@pytest.mark.parametrize(
    ("flips", "ends", "ticks"),
    [
        ([320.0], (0.8 / 1.15, 20.0), [1, 2, 5, 10]),
        ([5.0], (0.2, 1.15 * 1.25), [0.2, 0.5, 1]),
        ([5.0, 320.0], (0.2, 20.0), [0.2, 0.5, 1, 2, 5, 10]),
        ([20_000.0], (0.8 / 1.15, 1250.0), [1, 2, 5, 10, 100, 1000]),
        ([0.02], (0.0008, 1.15 * 1.25), [0.001, 0.01, 0.1, 0.2, 0.5, 1]),
        ([20.2], (0.8 / 1.15, 1.15 * 1.25), [1]),
    ],
)
def test_the_axis_reaches_a_little_to_both_sides(flips, ends, ticks):
    answer = bare(break_even=tuple(flip(20.0, at, driver=f"x.{at}") for at in flips))
    bars = layer(break_even(answer), "bar")

    assert domain(bars, "x") == pytest.approx(list(ends))
    assert bars.encoding["x"]["axis"]["values"] == pytest.approx(ticks)
    assert words_in(break_even(answer))[-1] == "you are here"
    assert layer(break_even(answer), "rule").rows[0]["one"] == 1.0


def test_a_driver_that_is_nothing_now_or_at_its_flip_has_no_factor():
    nothing = (flip(0.0, 3.0), flip(3.0, 0.0), flip(-1.0, 3.0))

    assert break_even(bare(break_even=nothing)) is None
    assert break_even(bare()) is None
    assert len(layer(break_even(bare(break_even=(*nothing, flip()))), "bar").rows) == 1


def torn(*inputs, best=None):
    risk = risky()["risk"].replace(inputs=inputs)
    return swings(of(best or drawn(), risk=risk))


def test_a_swing_stands_half_to_each_side_of_the_mean():
    bars = layer(torn(doubt(swing=-10.0)), "bar")

    assert [(row["side"], row["mean"], row["end"]) for row in bars.rows] == [
        ("input low", 12.0, 17.0),
        ("input high", 12.0, 7.0),
    ]
    assert bars.rows[0]["text"] == "traffic level: 10 USD/month"
    assert domain(bars, "color") == ["input low", "input high"]
    assert domain(bars, "x") == pytest.approx([7 - 0.6, 17 + 0.6])


def test_swings_come_by_size_and_small_ones_are_left_out():
    inputs = (doubt("a", 1.0), doubt("b", -50.0), doubt("c", 0.009), doubt("d", 0.01))
    names = layer(torn(*inputs), "text")

    assert [row["input"] for row in names.rows] == ["b", "a", "d"]
    many = torn(*(doubt(f"x{n}", 1.0 + n) for n in range(12)))
    assert [row["input"] for row in layer(many, "text").rows] == [f"x{n}" for n in range(11, 3, -1)]
    assert MOST_SWINGS == 8


def test_the_mean_is_marked():
    assert words_in(torn(doubt()))[-1] == "mean 12"
    assert layer(torn(doubt()), "rule").rows[0]["mean"] == 12.0


def test_without_a_swing_or_a_mean_there_is_no_chart():
    assert torn(doubt(swing=0.0)) is None
    assert torn(doubt(), best=drawn(expected_usd_per_month=None)) is None
    assert swings(bare(risk=risky()["risk"])) is None
    assert swings(of(drawn())) is None


def plane(firsts=(10.0, 20.0, 40.0), seconds=(1.0, 2.0, 4.0), points=None):
    made = tuple(
        HoldsPoint(first=x, second=y, answer=key() if x > 20 else None, holds=x <= 20)
        for x in firsts
        for y in seconds
    )
    return bare(
        holds=Holds(
            first_driver="workload.requests_per_s",
            second_driver="x.y",
            first_unit="1/s",
            second_unit="USD",
            points=made if points is None else points,
        )
    )


def test_each_point_of_the_plane_says_whether_the_answer_is_the_same():
    cells = layer(holds(plane()), "point")

    assert cells.rows[0] == {
        "first": "10", "second": "1", "state": "as now", "answer": "nothing feasible",
    }  # fmt: skip
    assert cells.rows[-1]["state"] == "another answer"
    assert len(cells.rows) == 9
    assert domain(cells, "color") == domain(cells, "shape") == ["as now", "another answer"]


def test_the_axes_of_the_plane_rise_by_value_and_are_named():
    cells = layer(holds(plane(firsts=(100.0, 9.0, 20.0))), "point")

    assert cells.encoding["x"]["sort"] == ["9", "20", "100"]
    assert cells.encoding["y"]["sort"] == ["4", "2", "1"]
    assert cells.encoding["x"]["title"] == "Mean request rate, 1/s"
    assert cells.encoding["y"]["title"] == "x.y, USD"


def test_you_are_in_the_middle_of_the_plane():
    ring = layer(holds(plane()), "point", 1)

    assert ring.rows == [{"first": "20", "second": "2", "here": "you are here"}]
    assert ring.mark["filled"] is False
    assert words_in(holds(plane())) == ["you are here"]


def test_no_plane_is_no_chart():
    assert holds(bare()) is None
    assert holds(plane(points=())) is None


@pytest.mark.parametrize(("width", "size"), [(900, 130), (330, 90)])
def test_marks_of_the_plane_are_smaller_on_a_phone(width, size):
    assert layer(holds(plane(), width=width), "point").mark["size"] == size


def test_layers_of_every_picture_are_json():
    risk = risky()["risk"]
    whole = of(drawn(), risk=risk, break_even=(flip(),))

    for chart in (cost_bands(whole), break_even(whole), swings(whole), holds(plane())):
        assert layers(chart)
