"""Gain against the runs behind a release, as drawn."""

import pytest

from advisor.recommendation import GainPoint
from advisor.report.charts.experiments import gain_by_runs
from tests.advisor.report.factories import bare, domain, layer, layers, words_in
from tests.faces.factories import experiments

CURVE = tuple(
    GainPoint(run_count=n, expected_gain_usd_per_month=3.0 * n, spend_usd_per_month=0.5 * n)
    for n in (1, 10, 100)
)


def gain(**changes):
    return gain_by_runs(bare(experiments=experiments(**{"curve": CURVE} | changes)))


def test_gain_spend_and_their_difference_are_three_lines():
    line = layer(gain(), "line")

    assert [(row["runs"], row["series"], row["usd"]) for row in line.rows[3:6]] == [
        (10, "Gain less spend", 25.0),
        (10, "Expected gain", 30.0),
        (10, "Spend on runs", 5.0),
    ]
    assert len(line.rows) == 9
    assert domain(line, "color") == ["Gain less spend", "Expected gain", "Spend on runs"]
    assert line.encoding["x"]["title"] == "Runs behind each release (log)"
    assert line.encoding["y"]["title"] == "USD per month (730 h)"


@pytest.mark.parametrize(
    ("stop", "here", "sides"),
    [(41, 5, ["right", "left"]), (9, 11, ["left", "right"]), (10, 10, ["left", "left"])],
)
def test_stop_and_here_are_named_on_the_side_with_room(stop, here, sides):
    drawn = gain(stopping_run_count=stop, runs_per_release=here)
    labels = [one for one in layers(drawn) if one.kind == "text"]

    assert words_in(drawn) == [f"stops paying: {stop}", f"you are here: {here}"]
    assert [one.mark["align"] for one in labels] == sides
    assert [one.encoding["y"]["value"] for one in labels] == [2, 18]
    assert [one.rows[0]["runs"] for one in labels] == [stop, here]


def test_a_stop_that_was_not_found_is_not_drawn():
    assert words_in(gain(stopping_is_bounded=True)) == ["you are here: 10"]


def test_thousands_of_runs_are_told_in_thousands():
    assert words_in(gain(stopping_run_count=41_000))[0] == "stops paying: 41,000"


def test_without_a_curve_there_is_no_chart():
    assert gain_by_runs(bare()) is None
    assert gain(curve=()) is None
