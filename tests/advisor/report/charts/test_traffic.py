"""The day or week of traffic, as drawn."""

import pytest

from advisor.recommendation import TrafficHour
from advisor.report.charts.traffic import BUSIEST, MEAN_OF_HOUR, picture, traffic
from tests.advisor.report.factories import bare, domain, layer, layers, words_in
from tests.faces.factories import traffic as advice


def test_each_hour_is_a_level_from_its_start_to_its_end():
    area = layer(picture([(5.0, None), (7.0, None)], {}, width=600), "area")

    assert [(row["hour"], row["rate"]) for row in area.rows] == [(0, 5), (1, 5), (1, 7), (2, 7)]
    assert {row["series"] for row in area.rows} == {MEAN_OF_HOUR}
    assert domain(area, "x") == [0, 2]


def test_the_busiest_minute_is_a_second_line_where_it_is_known():
    lines = layer(picture([(5.0, 9.0), (7.0, None)], {}, width=600), "line")

    assert [row["rate"] for row in lines.rows if row["series"] == BUSIEST] == [9, 9, 7, 7]
    assert domain(lines, "color") == [MEAN_OF_HOUR, BUSIEST]
    plain = layer(picture([(5.0, None)], {}, width=600), "line")
    assert domain(plain, "color") == [MEAN_OF_HOUR]


@pytest.mark.parametrize(
    ("hours", "levels", "top"),
    [
        ([(5.0, None)], {}, 5.6),
        ([(5.0, 10.0)], {}, 11.2),
        ([(5.0, 10.0)], {"a": 100.0}, 112.0),
    ],
)
def test_the_picture_ends_above_all_that_is_in_it(hours, levels, top):
    assert domain(layer(picture(hours, levels, width=600), "line"), "y") == pytest.approx([0, top])


@pytest.mark.parametrize(
    ("count", "title", "ticks"),
    [
        (24, "Hour of the day", list(range(0, 25, 3))),
        (168, "Day of the week", [12 + 24 * day for day in range(7)]),
    ],
)
def test_a_week_is_told_in_days(count, title, ticks):
    axis = layer(picture([(1.0, None)] * count, {}, width=600), "line").encoding["x"]

    assert axis["title"] == title
    assert axis["axis"]["values"] == ticks
    assert ("labelExpr" in axis["axis"]) is (count > 24)
    assert axis["scale"]["domain"] == [0, count]


def test_levels_are_named_with_their_rate():
    drawn = picture([(1.0, None)], {"mean": 20.0, "most": 61.25}, width=600)

    assert words_in(drawn) == ["mean: 20/s", "most: 61.2/s"]
    assert [one.rows[0]["rate"] for one in layers(drawn) if one.kind == "rule"] == [20.0, 61.25]
    assert len({one.mark["color"] for one in layers(drawn) if one.kind == "rule"}) == 2


def of(**changes):
    return traffic(bare(traffic=advice(**changes)))


def test_mean_and_planned_peak_are_held_against_what_the_replicas_carry():
    assert words_in(of(carried_requests_per_s=240.0)) == [
        *("mean: 20/s", "planned peak: 60/s", "2 replicas within 100 ms: 240/s"),
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"replicas": 1}, "1 replica within 100 ms: 100/s"),
        ({"need_ms": None}, "2 replicas within headroom: 100/s"),
        ({"need_ms": 2.5, "replicas": 3}, "3 replicas within 2.5 ms: 100/s"),
    ],
)
def test_what_is_carried_is_said_with_replicas_and_need(changes, words):
    assert words_in(of(carried_requests_per_s=100.0, **changes))[-1] == words


def test_far_more_than_the_peak_is_not_drawn_since_it_would_flatten_the_day():
    assert len(words_in(of(carried_requests_per_s=241.0))) == 2


def test_the_hours_of_the_advice_are_drawn():
    hours = tuple(
        TrafficHour(hour=h, requests_per_s=1.0 + h, busiest_requests_per_s=2.0 + h, replicas=1)
        for h in range(24)
    )
    rows = layer(of(hours=hours), "line").rows

    assert [row["rate"] for row in rows if row["series"] == MEAN_OF_HOUR][::2] == [
        hour.requests_per_s for hour in hours
    ]
    assert [row["rate"] for row in rows if row["series"] == BUSIEST][::2] == [
        hour.busiest_requests_per_s for hour in hours
    ]


def test_without_traffic_there_is_no_chart():
    assert traffic(bare()) is None
