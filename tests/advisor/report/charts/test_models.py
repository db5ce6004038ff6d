"""Quality against cost, and learning curves, as drawn."""

import pytest

from advisor.recommendation import LadderStep, LearningCurve, LearningCurvePoint
from advisor.report.charts.models import (
    MOST_CURVES,
    NAME_PX,
    SHIFT_PX,
    learned_curves,
    learning,
    quality_against_cost,
)
from tests.advisor.report.factories import bare, domain, layer, layers, of, way


def step(candidate="m", usd: float | None = 100.0, quality: float | None = 0.9, **changes):
    values = {"quality_spread": 0.02, "error_usd_per_month": None, "verdict": "why"}
    return LadderStep(candidate=candidate, usd_per_month=usd, quality=quality, **values | changes)


def drawn(*steps, **changes):
    return quality_against_cost(of(way(), ladder=steps, **changes))


def marks(chart):
    return [one for one in layers(chart) if one.kind == "point"]


def test_a_candidate_stands_at_cost_and_quality_with_its_spread_around():
    (mark,) = marks(drawn(step()))

    assert mark.rows == [
        {
            "candidate": "m",
            "usd": 100.0,
            "quality": 0.9,
            "low": pytest.approx(0.89),
            "high": pytest.approx(0.91),
            "state": "chosen",
            "verdict": "why",
        }
    ]
    assert mark.encoding["y"]["title"] == "accuracy"
    assert mark.encoding["x"]["title"] == "USD per month of its cheapest option"


def test_a_candidate_without_a_spread_is_a_point():
    (mark,) = marks(drawn(step(quality_spread=None)))

    assert (mark.rows[0]["low"], mark.rows[0]["high"]) == (0.9, 0.9)


def test_only_the_chosen_candidate_is_marked_so():
    found = marks(drawn(step("a"), step("m", 300.0)))

    assert [one.rows[0]["state"] for one in found] == ["considered", "chosen"]
    states = {one.rows[0]["state"] for one in marks(quality_against_cost(bare(ladder=(step(),))))}
    assert states == {"considered"}


def test_what_learns_nothing_would_flatten_the_others_and_is_left_out():
    assert len(marks(drawn(step("dummy", quality=0.5), step(), step("n", 200.0)))) == 2
    assert len(marks(drawn(step("dummy", quality=0.5), step()))) == 2


def test_what_has_no_quality_or_no_cost_is_left_out():
    assert len(marks(drawn(step(), step("a", None), step("b", quality=None)))) == 1
    assert drawn(step("a", None)) is None
    assert drawn() is None


@pytest.mark.parametrize(
    ("costs", "ends"),
    [
        ((100.0, 300.0), (50.0, 350.0)),
        ((100.0, 100.0), (97.0, 103.0)),
        ((1.0, 1.0), (0.5, 1.5)),
        ((0.1, 0.2), (0.0, 0.7)),
    ],
)
def test_the_axis_has_a_margin_and_never_a_negative_cost(costs, ends):
    found = marks(drawn(*(step(f"c{n}", usd) for n, usd in enumerate(costs))))

    assert domain(found[0], "x") == pytest.approx(ends)


def test_marks_that_would_cover_each_other_are_moved_apart_and_others_are_not():
    found = marks(drawn(step("a", 100.0), step("b", 100.5), step("c", 300.0)))

    assert [one.mark["xOffset"] for one in found] == [-SHIFT_PX // 2, SHIFT_PX // 2, 0]


@pytest.mark.parametrize(("usd", "apart"), [(108.9, True), (109.1, False)])
def test_marks_are_moved_within_three_hundredths_of_the_picture(usd, apart):
    """The picture goes from 50 to 350 USD."""
    first, *_ = marks(drawn(step("a", 100.0), step("b", usd), step("c", 300.0)))

    assert (first.mark["xOffset"] != 0) is apart


def test_names_stand_towards_the_middle_and_clear_of_all_marks():
    chart = drawn(step("a", 100.0), step("b", 100.0), step("c", 300.0))
    names = [one for one in layers(chart) if one.kind == "text"]

    assert [one.mark["dx"] for one in names] == [
        *[round(SHIFT_PX / 2) + NAME_PX] * 2,
        -NAME_PX,
    ]
    assert [one.mark["align"] for one in names] == ["left", "left", "right"]


def test_three_at_one_cost_stand_around_it():
    found = marks(drawn(*(step(name, 100.0) for name in "abc")))

    assert [one.mark["xOffset"] for one in found] == [-SHIFT_PX, 0, SHIFT_PX]


def learnt(candidate="m", *rows: int) -> LearningCurve:
    return LearningCurve(
        candidate=candidate,
        points=tuple(
            LearningCurvePoint(
                row_count=count, quality=0.9, quality_low=0.88, quality_high=0.91, wall_s=1.0
            )
            for count in rows or (100, 200)
        ),
    )


def test_a_learning_curve_is_drawn_with_the_spread_over_seeds():
    chart = learning(of(way(), learning=(learnt(),)))
    line = layer(chart, "line")

    assert line.rows == [
        {"candidate": "m", "rows": rows, "quality": 0.9, "low": 0.88, "high": 0.91}
        for rows in (100, 200)
    ]
    assert line.encoding["x"]["title"] == "Training rows (log)"
    assert line.encoding["y"]["title"] == "accuracy"
    assert layer(chart, "rule").encoding["y2"]["field"] == "high"


def test_the_chosen_candidates_curve_comes_first_and_the_baseline_not_at_all():
    curves = tuple(learnt(name) for name in ("dummy", "a", "b", "m", "c"))

    assert [one.candidate for one in learned_curves(of(way(), learning=curves))] == [
        *("m", "a", "b", "c"),
    ]
    assert [one.candidate for one in learned_curves(bare(learning=curves))] == [
        *("a", "b", "m", "c"),
    ]


def test_more_curves_than_can_be_told_apart_are_left_out():
    curves = tuple(learnt(f"c{n}") for n in range(9))
    line = layer(learning(bare(learning=curves)), "line")

    assert domain(line, "color") == [f"c{n}" for n in range(MOST_CURVES)]
    for channel in ("color", "strokeDash"):
        looks = line.encoding[channel]["scale"]["range"]
        assert len({str(one) for one in looks}) == MOST_CURVES


def test_without_a_point_there_is_no_chart():
    assert learning(bare()) is None
    assert learning(bare(learning=(learnt("dummy"),))) is None
    assert learning(bare(learning=(learnt().replace(points=()),))) is None
