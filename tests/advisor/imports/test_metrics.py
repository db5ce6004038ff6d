"""CloudWatch's answers: newest first, in pages, and quantiles that nobody may average."""

import json
from datetime import UTC, date, datetime

import pytest

from advisor.imports.metrics import Metric, MetricsError, read_metrics

FIRST, END = date(2026, 9, 1), date(2026, 9, 2)


def result(**changes):
    values = {
        "Id": "m1",
        "Label": "Invocations",
        "Timestamps": ["2026-09-01T00:02:00Z", "2026-09-01T00:01:00+00:00", "2026-09-01T00:00:00Z"],
        "Values": [3.0, 2.0, 1.0],
        "StatusCode": "Complete",
    }
    return values | changes


def write(path, *results, **more):
    path.write_text(json.dumps({"MetricDataResults": list(results)} | more))
    return path


def test_the_newest_point_comes_first_and_is_put_last(tmp_path):
    (metric,) = read_metrics([write(tmp_path / "m.json", result())])

    assert (metric.name, metric.values, metric.period_s) == ("Invocations", (1.0, 2.0, 3.0), 60.0)
    assert metric.at[0] == datetime(2026, 9, 1, tzinfo=UTC)
    assert metric.total(first=FIRST, end=END) == 6.0
    assert metric.mean(first=FIRST, end=END) == 2.0
    assert metric.mean(first=END, end=END) is None
    assert not metric.covers(first=FIRST, end=date(2026, 9, 4))


def test_pages_of_one_answer_are_one_metric_until_the_last_is_complete(tmp_path):
    first = write(tmp_path / "a.json", result(StatusCode="PartialData"))
    later = result(Timestamps=["2026-09-01T00:03:00Z"], Values=[4.0])
    (whole,) = read_metrics([first, write(tmp_path / "b.json", later)])
    (half,) = read_metrics([first])

    assert (whole.total(first=FIRST, end=END), whole.partial) == (10.0, False)
    assert half.partial


def test_the_question_beside_the_answer_names_metric_statistic_and_period(tmp_path):
    stat = {"Metric": {"MetricName": "RequestCount"}, "Stat": "Sum", "Period": 300}
    query = {"Id": "m1", "MetricStat": stat}
    (metric,) = read_metrics(
        [write(tmp_path / "m.json", result(Label="mine"), MetricDataQueries=[query])]
    )

    assert (metric.name, metric.statistic, metric.period_s) == ("RequestCount", "Sum", 300.0)


@pytest.mark.parametrize(
    ("label", "name", "statistic"),
    [
        ("churn InvocationsPerInstance Sum", "InvocationsPerInstance", "Sum"),
        ("ModelLatency p99", "ModelLatency", "p99"),
        ("AWS/ECS RunningTaskCount Average", "RunningTaskCount", "Average"),
        ("something else", "something else", ""),
    ],
)
def test_a_label_names_metric_and_statistic_where_it_can(tmp_path, label, name, statistic):
    (metric,) = read_metrics([write(tmp_path / "m.json", result(Label=label))])

    assert (metric.name, metric.statistic) == (name, statistic)


def test_quantiles_are_neither_averaged_nor_added_up():
    at = (datetime(2026, 9, 1, tzinfo=UTC),)
    metric = Metric("ModelLatency", "p99", 60.0, at, (1.0,), partial=False)

    with pytest.raises(MetricsError, match="quantiles cannot be averaged"):
        metric.mean(first=FIRST, end=END)
    with pytest.raises(MetricsError, match="cannot be added up"):
        metric.total(first=FIRST, end=END)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", json.dumps({"MetricDataResults": [result(Values=[1.0])]})]
)
def test_what_is_no_answer_is_said_in_one_line(tmp_path, content):
    path = tmp_path / "m.json"
    path.write_text(content)

    with pytest.raises(MetricsError, match=r"m\.json: is no answer of"):
        read_metrics([path])
