"""All charts: whole answers give finite figures and pictures that the grammar allows."""

import json

import pytest

from advisor.report.charts import CHART_TITLES, CHARTS, JOB_TITLES, chart_title
from tests.advisor.report.factories import bare, golden, layers
from tests.faces.factories import job as job_advice
from tests.faces.factories import recommendation

KINDS = ("online", "jobs", "queue", "many-models", "nothing-feasible", "gpu")


@pytest.mark.parametrize("name", CHARTS)
def test_no_answer_breaks_a_chart_or_brings_it_a_figure_that_is_none(name):
    for kind in KINDS:
        chart = CHARTS[name](golden(kind))
        if chart is not None:
            json.dumps(chart.to_dict(validate=False), allow_nan=False)
            assert all(one.rows for one in layers(chart))


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_what_the_grammar_allows(name):
    answer = recommendation(job=None if name == "cost-by-latency" else job_advice())

    assert CHARTS[name](answer, width=600).to_dict(validate=True)["layer"]


@pytest.mark.parametrize("name", CHARTS)
def test_an_empty_answer_has_no_chart(name):
    assert CHARTS[name](bare()) is None


def test_every_chart_has_a_title_and_every_title_a_chart():
    assert set(CHART_TITLES) == set(CHARTS)
    assert set(JOB_TITLES) <= set(CHARTS)
    assert len(set(CHART_TITLES.values())) == len(CHARTS)


def test_of_jobs_the_curve_of_cost_is_titled_by_rows():
    assert "request rate" in chart_title("cost-by-rate", bare())
    assert "rows of one job" in chart_title("cost-by-rate", bare(pattern="batch"))
    assert chart_title("swings", bare(pattern="batch")) == chart_title("swings", bare())
