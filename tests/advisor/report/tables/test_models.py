"""Candidates, learning curves and findings as tables."""

from advisor.recommendation import LadderStep, LearningCurve, LearningCurvePoint
from advisor.report.tables.models import (
    MOST_STEPS,
    findings_table,
    ladder_table,
    learning_table,
    served_ways,
    shown_steps,
)
from tests.advisor.report.factories import bare, column, finding, numeric, of, texts, way


def step(candidate="m", **changes) -> LadderStep:
    values = {
        "quality": 0.9534,
        "quality_spread": 0.0081,
        "usd_per_month": 641.2,
        "error_usd_per_month": 2859.4,
        "verdict": "chosen",
    }
    return LadderStep(candidate=candidate, **values | changes)


def unknown(candidate="mlp") -> LadderStep:
    return LadderStep(
        candidate=candidate,
        quality=None,
        quality_spread=None,
        usd_per_month=None,
        error_usd_per_month=None,
        verdict="crashed",
    )


def test_a_candidate_has_quality_spread_cost_errors_and_verdict():
    table = ladder_table(of(way(), ladder=(step("dummy", verdict="no"), step(), unknown())))

    assert texts(table) == [
        ["dummy", "0.953 ●", "0.008 ●", "641", "2,859 ✎", "no"],
        ["m", "0.953 ●", "0.008 ●", "641", "2,859 ✎", "chosen"],
        ["mlp", "n/a", "n/a", "none feasible", "n/a", "crashed"],
    ]
    assert table.strong_rows == {1}
    assert numeric(table) == [
        *("accuracy", "Spread", "Cheapest option USD/month", "Errors USD/month"),
    ]


def test_no_candidate_stands_out_where_none_is_chosen():
    table = ladder_table(bare(ladder=(step(),)))

    assert table.strong_rows == frozenset()
    assert table.caption == "Candidates, simplest first"


def test_a_long_ladder_is_cut_and_says_so():
    steps = tuple(step(f"c{n}") for n in range(MOST_STEPS + 3))
    table = ladder_table(bare(ladder=steps))

    assert column(table, "Candidate") == [f"c{n}" for n in range(MOST_STEPS)]
    assert table.caption == "Candidates, simplest first (3 more in the JSON)"


def test_the_chosen_candidate_is_listed_however_far_up_it_stands():
    steps = tuple(step(f"c{n}") for n in range(MOST_STEPS + 3))
    answer = of(way(candidate=f"c{MOST_STEPS + 1}"), ladder=steps)

    found = shown_steps(answer)

    assert len(found) == MOST_STEPS
    assert [one.candidate for one in found[-2:]] == [f"c{MOST_STEPS - 2}", f"c{MOST_STEPS + 1}"]


def test_a_ladder_of_just_so_many_steps_is_whole():
    steps = tuple(step(f"c{n}") for n in range(MOST_STEPS))

    assert shown_steps(of(way(candidate="c0"), ladder=steps)) == steps


def test_a_learning_curve_has_a_row_for_each_size():
    def point(rows, quality):
        return LearningCurvePoint(
            row_count=rows,
            quality=quality,
            quality_low=quality - 0.01,
            quality_high=quality + 0.01,
            wall_s=rows / 1000,
        )

    curves = (
        LearningCurve(candidate="a", points=(point(100, 0.8), point(12_000, 0.9))),
        LearningCurve(candidate="b", points=(point(100, 0.7),)),
    )
    table = learning_table(bare(learning=curves))

    assert texts(table) == [
        ["a", "100", "0.800 ●", "0.790 to 0.810", "0.1 ●"],
        ["a", "12,000", "0.900 ●", "0.890 to 0.910", "12 ●"],
        ["b", "100", "0.700 ●", "0.690 to 0.710", "0.1 ●"],
    ]
    assert learning_table(bare()).rows == ()
    assert len(numeric(table)) == 4


def test_a_finding_has_its_factor_with_its_interval_and_what_to_do():
    table = findings_table(bare(findings=(finding(),)))

    assert texts(table) == [["m", "3.25 ●", "3 to 3.5", "ONNX is faster", "ship ONNX"]]
    assert numeric(table) == ["Factor"]


def test_findings_on_the_chosen_candidate_are_told_and_the_others_counted():
    found = (finding("x"), finding(), finding("y"))

    assert served_ways(of(way(), findings=found)) == (
        "m: ONNX is faster: ship ONNX",
        "2 more findings on other candidates: see the report",
    )
    assert served_ways(of(way(), findings=found[1:2])) == ("m: ONNX is faster: ship ONNX",)
    assert served_ways(of(way(), findings=found[:1])) == (
        "1 more finding on other candidates: see the report",
    )


def test_nothing_is_told_of_serving_where_nothing_is_chosen_or_found():
    assert served_ways(bare(findings=(finding(),))) == ()
    assert served_ways(of(way())) == ()
