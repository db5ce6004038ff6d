"""All views of whole answers: nothing told twice, nothing half-written."""

import pytest

from advisor.report.charts import CHARTS
from advisor.report.sections import VIEWS, details, first_page
from tests.advisor.report.factories import (
    golden,
    titles,
)

KINDS = ("online", "jobs", "queue", "many-models", "nothing-feasible", "gpu")


@pytest.mark.parametrize("kind", KINDS)
def test_no_title_is_told_twice_and_every_chart_is_known(kind):
    answer = golden(kind)
    found = (*first_page(answer), *details(answer))

    assert len(titles(found)) == len(set(titles(found)))
    assert {one.chart for one in found} - {None} <= set(CHARTS)
    assert all(table.rows for one in found for table in one.tables)


@pytest.mark.parametrize("kind", KINDS)
def test_the_cells_of_every_table_match_its_columns_and_its_strong_rows_exist(kind):
    answer = golden(kind)

    for one in (*first_page(answer), *details(answer)):
        for each in one.tables:
            assert {len(row) for row in each.rows} == {len(each.columns)}, each.caption
            assert each.strong_rows <= set(range(len(each.rows)))


@pytest.mark.parametrize("kind", KINDS)
def test_no_sentence_or_cell_shows_what_only_a_program_reads(kind):
    answer = golden(kind)

    for one in (*first_page(answer), *details(answer)):
        facts = [fact.sentence for fact in one.facts]
        words = [*one.sentences, *one.bullets, *facts]
        words += [cell.text for each in one.tables for row in each.rows for cell in row]
        for text in words:
            assert not any(bad in f" {text} " for bad in (" None ", " nan ", " inf ", "{")), text
            assert "  " not in text


def test_views_are_in_the_order_of_the_explorer():
    assert list(VIEWS) == [
        *("Decision", "Cost", "Latency", "Models", "Retraining", "Experiments", "Risk"),
        "Data and prices",
    ]


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_has_something_to_say_where_nothing_is_feasible(view):
    found = VIEWS[view](golden("nothing-feasible"))

    assert found
    assert all(one.title for one in found)
