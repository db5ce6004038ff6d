"""Cost against answer time, as drawn."""

import pytest

from advisor.report.charts.frontier import MARGIN, cost_by_latency
from tests.advisor.report.factories import bare, costing, domain, layer, layers, of, words_in
from tests.faces.factories import job, latency


def timed(usd: float, ms: float | None, **changes):
    return costing(usd, f"{usd:g} USD", p99_latency_ms=ms, **changes)


def answer(*options, need: float | None = 100.0, **changes):
    return of(*options, latency=latency(need_ms=need), **changes)


def test_each_option_stands_at_its_cost_and_time():
    marks = layer(cost_by_latency(answer(timed(10.0, 50.0), timed(20.0, 8.0))), "point")

    assert marks.rows == [
        {"option": "10 USD", "platform": "ECS Fargate", "usd": 10.0, "ms": 50.0},
        {"option": "20 USD", "platform": "ECS Fargate", "usd": 20.0, "ms": 8.0},
    ]
    assert marks.encoding["x"]["field"] == "usd"
    assert marks.encoding["y"]["field"] == "ms"
    assert marks.encoding["y"]["title"] == "p99 at the peak, ms (log)"
    assert marks.encoding["x"]["scale"]["type"] == "log"


def test_the_line_goes_through_those_that_none_beats():
    beaten = timed(30.0, 9.0)
    drawn = cost_by_latency(answer(timed(20.0, 8.0), timed(10.0, 50.0), beaten))
    edge = layer(drawn, "line")

    assert [row["usd"] for row in edge.rows] == [10.0, 20.0]
    assert edge.mark["interpolate"] == "step-after"
    assert len(layer(drawn, "point").rows) == 3


@pytest.mark.parametrize(
    ("need", "ends"), [(100.0, (8.0, 100.0)), (4.0, (4.0, 50.0)), (None, (8.0, 50.0))]
)
def test_the_need_is_inside_the_picture(need, ends):
    marks = layer(cost_by_latency(answer(timed(10.0, 50.0), timed(20.0, 8.0), need=need)), "point")

    assert domain(marks, "y") == pytest.approx([ends[0] / MARGIN, ends[1] * MARGIN])


def test_the_need_is_a_named_line_and_none_is_none():
    options = timed(10.0, 50.0), timed(20.0, 8.0)
    drawn = cost_by_latency(answer(*options))

    assert layer(drawn, "rule").rows == [{"ms": 100.0, "text": "need: 100 ms"}]
    assert words_in(drawn) == ["chosen", "need: 100 ms"]
    assert words_in(cost_by_latency(answer(*options, need=None))) == ["chosen"]
    assert words_in(cost_by_latency(of(*options))) == ["chosen"]


@pytest.mark.parametrize(("place", "align", "dx"), [(0, "left", 12), (1, "right", -12)])
def test_the_chosen_option_is_ringed_and_named_on_the_side_with_room(place, align, dx):
    options = timed(10.0, 50.0), timed(1000.0, 8.0)
    drawn = cost_by_latency(answer(*options, best=options[place]))
    ring, name = layer(drawn, "point", 1), layer(drawn, "text")

    assert ring.rows[0]["usd"] == options[place].usd_per_month
    assert ring.mark["filled"] is False
    assert (name.mark["align"], name.mark["dx"]) == (align, dx)


def test_a_chosen_option_without_a_time_is_not_ringed():
    rest = timed(10.0, 50.0), timed(20.0, 8.0)
    drawn = cost_by_latency(answer(timed(5.0, None), *rest))

    assert [one.kind for one in layers(drawn)] == ["line", "point", "rule", "text"]


def test_platforms_are_named_in_their_order_and_unknown_ones_last():
    options = [
        timed(10.0 + n, 50.0 + n, platform=platform)
        for n, platform in enumerate(("zeta", "ecs-ec2", "sagemaker-realtime"))
    ]
    marks = layer(cost_by_latency(answer(*options)), "point")

    assert domain(marks, "color") == ["SageMaker real-time", "ECS on EC2", "zeta"]
    assert domain(marks, "shape") == domain(marks, "color")


@pytest.mark.parametrize(
    ("width", "ticks"), [(900, [10, 20, 50, 100, 200, 500, 1000]), (330, [10, 30, 100, 300, 1000])]
)
def test_a_phone_has_room_for_fewer_ticks(width, ticks):
    drawn = cost_by_latency(answer(timed(10.0, 50.0), timed(1000.0, 8.0)), width=width)

    found = layer(drawn, "point").encoding["x"]["axis"]["values"]
    assert found == pytest.approx(ticks)


@pytest.mark.parametrize(("width", "columns"), [(900, 4), (330, 2), ("container", 2)])
def test_the_legend_fits_the_width(width, columns):
    drawn = cost_by_latency(answer(timed(10.0, 50.0), timed(20.0, 8.0)), width=width)

    assert layer(drawn, "point").encoding["color"]["legend"]["columns"] == columns


def test_one_point_is_no_picture_and_a_job_has_none():
    assert cost_by_latency(bare()) is None
    assert cost_by_latency(answer(timed(10.0, 50.0))) is None
    assert cost_by_latency(answer(timed(10.0, 50.0), timed(20.0, 8.0), job=job())) is None
