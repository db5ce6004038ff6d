"""A chart as SVG that stands inside a page."""

import re

import pytest

from advisor.report.charts.drawing import svg, svg_of
from advisor.report.charts.parts import INK, plot, together
from tests.advisor.report.factories import bare, costing, of
from tests.faces.factories import retraining

ANSWER = of(costing(10.0), costing(12.0))


@pytest.fixture(scope="module")
def drawn() -> str:
    return svg("cost-stack", ANSWER, width=400)


def test_it_has_its_size_its_title_and_its_role(drawn):
    head = drawn.partition(">")[0]

    assert 'role="img"' in head
    assert 'aria-label="What each option costs, and on what"' in head
    size = re.search(r'viewBox="0 0 (\d+) (\d+)" width="(\d+)" height="(\d+)"', head)
    assert size[1] == size[3] == "400"
    assert size[2] == size[4]


def test_its_ink_is_the_pages(drawn):
    assert INK not in drawn
    assert "currentColor" in drawn


def test_a_screen_reader_hears_one_title_and_no_axis(drawn):
    body = drawn.partition(">")[2]

    assert "aria-" not in body
    assert "role=" not in body


def test_its_ids_begin_with_its_name_and_are_the_same_again():
    """Vega numbers its clips through the life of the process."""
    answer = bare(retraining=retraining())
    clipped = svg("retraining-cost", answer, width=400)
    ids = re.findall(r' id="([^"]+)"', clipped)

    assert ids
    assert ids == [f"retraining-cost-400-{n}" for n in range(len(ids))]
    assert set(re.findall(r"url\(#([^)]+)\)", clipped)) == set(ids)
    assert svg("retraining-cost", answer, width=400) == clipped


def test_the_same_answer_is_drawn_the_same_again(drawn):
    assert svg("cost-stack", ANSWER, width=400) == drawn


def test_what_is_not_there_is_not_drawn():
    assert svg("cost-stack", bare()) is None


def test_a_hostile_name_is_words_in_the_picture():
    evil = svg("cost-stack", of(costing(1.0, "<script>x</script>")), width=600)

    assert "<script" not in evil
    assert "&lt;script&gt;" in evil


def test_any_chart_can_be_drawn():
    chart = together([plot([{"x": 1.0}]).mark_point().encode(x="x:Q")], width=200, height=50)

    assert svg_of(chart, title="dots", prefix="p").startswith("<svg ")
