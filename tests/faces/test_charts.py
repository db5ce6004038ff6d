"""The charts hold the answer's own figures."""

import math
import re

import pytest

from advisor.recommendation import CostPoint
from advisor.report import charts
from advisor.report.charts.drawing import svg as drawn_svg
from advisor.report.charts.parts import INK, PLATFORM_COLOURS
from advisor.report.tables import (
    crossing_sentences,
    crossings,
    frontier,
    questions,
    rate_table,
    retraining_table,
    stack_table,
    telling_options,
)
from tests.faces.factories import experiments, infeasible, job, latency, option, recommendation


def values(chart) -> list[dict]:
    """Return all rows of all layers."""
    return [row for rows in chart.to_dict()["datasets"].values() for row in rows]


def test_the_stack_of_an_option_is_as_high_as_its_bill():
    answer = recommendation()
    rows = [row for row in values(charts.cost_stack(answer)) if "part" in row]

    for place, one in enumerate(answer.ranked, start=1):
        stacked = math.fsum(r["usd"] for r in rows if r["option"].startswith(f"{place}. "))
        assert stacked == pytest.approx(one.usd_per_month)


def test_the_curve_of_cost_says_where_you_are():
    drawn = values(charts.cost_by_rate(recommendation()))

    assert {"rate": 20.0, "here": "you are here: 20/s"} in drawn


def test_the_curve_leaves_the_mark_out_when_the_rate_is_not_told():
    drawn = values(charts.cost_by_rate(recommendation(assumptions=())))

    assert not any("here" in row for row in drawn)


def test_the_rate_at_which_the_cheapest_platform_changes_is_where_the_lines_cross():
    """Two power laws, 2 r and 50 r^0.5, cross at r = 625 and 1,250 USD."""
    points = tuple(
        CostPoint(requests_per_s=rate, platform=name, option="x", usd_per_month=usd)
        for rate in (10.0, 100.0, 1000.0, 10_000.0)
        for name, usd in (("ecs-fargate", 2 * rate), ("ecs-ec2", 50 * rate**0.5))
    )

    (found,) = crossings(recommendation(cost_curve=points))
    assert found.requests_per_s == pytest.approx(625)
    assert found.usd_per_month == pytest.approx(1250)
    assert (found.before, found.after) == ("ecs-fargate", "ecs-ec2")


def test_a_platform_that_drops_out_ends_at_its_last_rate():
    points = (
        CostPoint(requests_per_s=1.0, platform="a", option="x", usd_per_month=5.0),
        CostPoint(requests_per_s=1.0, platform="b", option="x", usd_per_month=9.0),
        CostPoint(requests_per_s=10.0, platform="b", option="x", usd_per_month=9.0),
    )

    (found,) = crossings(recommendation(cost_curve=points))
    assert (found.requests_per_s, found.before, found.after) == (1.0, "a", "b")


def test_no_platform_changes_no_crossing():
    one = tuple(p for p in recommendation().cost_curve if p.platform == "ecs-fargate")

    assert crossings(recommendation(cost_curve=one)) == ()


def test_the_load_is_drawn_with_the_need_and_the_planned_peak():
    drawn = values(charts.latency_by_load(recommendation()))

    assert {"ms": 100.0, "text": "need: 100 ms"} in drawn
    assert {"rate": 60.0, "here": "your peak: 60/s"} in drawn
    assert max(row["ms"] for row in drawn if row.get("series", "").startswith("p99")) > 100


def test_a_quantile_of_too_few_calls_is_not_drawn():
    drawn = values(charts.measured_latency(recommendation()))

    assert max(row["share"] for row in drawn) == 0.99


def test_retraining_shows_the_flat_zone_the_advice_and_where_you_are():
    drawn = values(charts.retraining_cost(recommendation()))

    assert {"low": 20.0, "high": 39.0} in drawn
    assert {row["here"] for row in drawn if "here" in row} == {
        "advised: 4 weeks",
        "you are here: 13 weeks",
    }


def test_releases_and_errors_add_up_to_the_total():
    drawn = [row for row in values(charts.retraining_cost(recommendation())) if "series" in row]

    for days in {row["days"] for row in drawn}:
        amount = {row["series"]: row["usd"] for row in drawn if row["days"] == days}
        parts = amount["Releases"] + amount["Errors of an ageing model"]
        assert amount["Together"] == pytest.approx(parts)


def test_the_error_by_age_shows_the_fitted_law_beside_the_points():
    answer = recommendation()
    drawn = [row for row in values(charts.error_by_age(answer)) if "error" in row]

    law = [row for row in drawn if "cases" not in row]
    assert [(row["age"], row["error"]) for row in law] == [
        (point.age_days, point.error_per_case) for point in answer.retraining.decay_line
    ]
    assert len(drawn) == len(law) + len(answer.retraining.decay_points)


def test_the_gain_by_runs_shows_where_to_stop_and_where_you_are():
    drawn = values(charts.gain_by_runs(recommendation()))

    assert {row["here"] for row in drawn if "here" in row} == {
        "stops paying: 41",
        "you are here: 10",
    }


def test_gain_less_spend_is_the_difference_of_the_two():
    drawn = [row for row in values(charts.gain_by_runs(recommendation())) if "series" in row]

    for runs in {row["runs"] for row in drawn}:
        amount = {row["series"]: row["usd"] for row in drawn if row["runs"] == runs}
        net = amount["Expected gain"] - amount["Spend on runs"]
        assert amount["Gain less spend"] == pytest.approx(net)


def test_no_stopping_point_is_drawn_where_none_was_found():
    answer = recommendation(experiments=experiments(stopping_is_bounded=True))
    drawn = values(charts.gain_by_runs(answer))

    assert [row["here"] for row in drawn if "here" in row] == ["you are here: 10"]


@pytest.mark.parametrize("name", charts.CHARTS)
def test_a_chart_without_data_is_no_chart(name):
    assert charts.CHARTS[name](infeasible()) is None


@pytest.mark.parametrize("name", charts.CHARTS)
def test_the_ink_of_a_drawn_chart_is_the_pages(name):
    answer = recommendation() if name == "cost-by-latency" else recommendation(job=job())
    svg = drawn_svg(name, answer, width=330)

    assert svg is not None
    assert "currentColor" in svg
    assert INK not in svg
    assert re.match(r'<svg [^>]*role="img" aria-label="[^"]+"', svg)


def test_colours_of_platforms_stand_out_from_white_and_from_black():
    for colour in PLATFORM_COLOURS.values():
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        assert 1.05 / (light + 0.05) >= 3
        assert (light + 0.05) / 0.05 >= 3


def test_the_tables_hold_what_the_charts_draw():
    answer = recommendation()

    assert len(stack_table(answer).rows) == len(answer.ranked)
    assert len(rate_table(answer).rows) == len({p.requests_per_s for p in answer.cost_curve})
    assert retraining_table(answer).rows[0][0].text == "34 hours"
    assert retraining_table(answer).rows[-1][0].text == "12 months"


def test_a_platform_that_is_feasible_is_shown_however_many_are_cheaper():
    best = option()
    near = tuple(option(name=f"near {n}", serving_usd=51.0 + n) for n in range(50))
    far = option(name="far", platform="sagemaker-realtime", serving_usd=900.0)
    answer = recommendation(best=best, ranked=(best, *near, far))

    shown = telling_options(answer, limit=6)

    assert [one.name for one in shown] == [best.name, "near 0", "near 1", "near 2", "near 3", "far"]


def test_no_feasible_option_beats_one_of_the_frontier_in_both_cost_and_time():
    answer = recommendation()
    best = frontier(answer)

    for one in best:
        assert not any(
            other.usd_per_month <= one.usd_per_month and other.p99_latency_ms < one.p99_latency_ms
            for other in answer.ranked
        )
    assert [o.usd_per_month for o in best] == sorted(o.usd_per_month for o in best)


def test_cost_against_answer_time_shows_the_need_and_the_chosen_one():
    drawn = values(charts.cost_by_latency(recommendation()))

    assert {"ms": 100.0, "text": "need: 100 ms"} in drawn
    assert [row["option"] for row in drawn if row.get("text") == "chosen"] == [
        recommendation().best.name
    ]


def test_the_need_is_drawn_even_where_no_answer_comes_near_it():
    answer = recommendation(latency=latency(need_ms=5000.0))

    assert {"ms": 5000.0, "text": "need: 5,000 ms"} in values(charts.latency_by_load(answer))


def test_a_bar_of_the_tornado_is_as_long_as_the_swing_around_the_mean():
    answer = recommendation()
    rows = [row for row in values(charts.swings(answer)) if "end" in row]

    for one in answer.risk.inputs:
        low, high = (
            next(r["end"] for r in rows if r["input"] == one.name and r["side"] == f"input {side}")
            for side in ("low", "high")
        )
        assert high - low == pytest.approx(one.swing_usd_per_month)
        assert (high + low) / 2 == pytest.approx(answer.best.expected_usd_per_month)


def test_candidates_at_the_same_cost_stand_side_by_side():
    same = [
        step.replace(usd_per_month=574.0) if step.usd_per_month is not None else step
        for step in recommendation().ladder
    ]
    drawn = charts.quality_against_cost(recommendation(ladder=tuple(same))).to_dict()
    shifts = [
        layer["mark"]["xOffset"] for layer in drawn["layer"] if layer["mark"]["type"] == "point"
    ]

    assert len(shifts) > 1
    assert len(set(shifts)) == len(shifts)


def test_a_candidate_with_several_forms_has_one_learning_curve():
    twice = recommendation().learning * 2
    drawn = charts.learning(recommendation(learning=twice)).to_dict()
    legend = drawn["layer"][0]["encoding"]["color"]["scale"]["domain"]

    assert len(legend) == len(set(legend))


def test_a_curve_that_nothing_crosses_says_so():
    points = tuple(
        CostPoint(requests_per_s=rate, platform=name, option="x", usd_per_month=usd)
        for rate in (1.0, 100.0)
        for name, usd in (("ecs-fargate", 20.0), ("ecs-ec2", 50.0))
    )
    (said,) = crossing_sentences(recommendation(cost_curve=points))

    assert "ECS Fargate is the cheapest at every rate drawn, 1 to 100 requests/s" in said


def test_every_rival_is_a_question_with_an_answer():
    answer = recommendation()
    asked = {fact.label: fact for fact in questions(answer)}

    assert "Why not a GPU for serving?" in asked
    for rival in answer.rivals:
        assert rival.name in asked[rival.question].answer
        assert "team.hours_per_month" not in asked[rival.question].why


def test_errors_that_do_not_change_with_age_are_drawn_flat():
    level = 0.235948424907
    answer = recommendation()
    points = tuple(
        p.replace(error_per_case=level + 1e-15 * place)
        for place, p in enumerate(answer.retraining.decay_points)
    )
    flat = answer.retraining.replace(decay_points=points, decay_line=())
    drawn = charts.error_by_age(recommendation(retraining=flat)).to_dict()
    (domain,) = {tuple(layer["encoding"]["y"]["scale"]["domain"]) for layer in drawn["layer"][:1]}

    assert domain[1] - domain[0] == pytest.approx(0.01 * level, rel=0.02)
    assert domain[0] < level < domain[1]


def test_the_names_of_bars_leave_out_the_model_that_all_share_and_are_told_apart():
    best = recommendation().best
    names = ("hgb on SageMaker batch transform, 1 x ml.c7i.large", "hgb on ECS Fargate, 2 x 1 vCPU")
    ranked = tuple(best.replace(name=name) for name in names)
    spot = ranked[0].replace(purchase="spot")
    rows = values(charts.cost_stack(recommendation(best=ranked[0], ranked=(*ranked, spot))))
    shown = {row["option"] for row in rows if "label" in row}

    assert len(shown) == 3
    assert not any("hgb" in name for name in shown)
    assert any(name.endswith(", spot") for name in shown)
