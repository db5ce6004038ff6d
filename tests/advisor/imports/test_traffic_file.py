"""Records of traffic: CSV, access log, CloudWatch; and what is wrong with others."""

import json
from datetime import UTC, datetime

import pytest

from advisor.imports.traffic import TrafficFileError, read_traffic
from pricing.yaml_text import load_yaml

LOG = (
    '10.0.0.1 - - [01/Jul/2026:09:00:{:02d} +0000] "POST /invocations HTTP/1.1" 200 31\n'
    '10.0.0.2 - - [01/Jul/2026:11:02:{:02d} +0200] "GET /ping HTTP/1.1" 200 0\n'
)


def write(tmp_path, text):
    path = tmp_path / "traffic"
    path.write_text(text)
    return path


def test_an_access_log_counts_requests_by_minute_in_utc(tmp_path):
    found = read_traffic(write(tmp_path, "".join(LOG.format(s, s) for s in range(5))))

    assert (found.kind, found.first) == ("access log", datetime(2026, 7, 1, 9, 0, tzinfo=UTC))
    assert found.counts.tolist() == [5, 0, 5]


def test_a_csv_with_a_heading_and_a_gap(tmp_path):
    text = "time,requests\n2026-07-01 09:00,10\n2026-07-01 09:01,20\n2026-07-01 09:03:00Z,5\n"
    found = read_traffic(write(tmp_path, text))

    assert found.counts.tolist() == [10, 20, 0, 5]


def test_counts_of_five_minutes_are_spread_and_it_is_said(tmp_path):
    text = "".join(f"2026-07-01T09:{5 * i:02d},50\n" for i in range(4))
    found = read_traffic(write(tmp_path, text))

    assert found.counts.tolist() == [10] * 20
    assert "5 minutes" in found.notes[0]


@pytest.mark.parametrize("form", ["data", "statistics"])
def test_an_export_of_cloudwatch(tmp_path, form):
    stamps = ["2026-07-01T09:01:00+00:00", "2026-07-01T09:00:00+00:00"]
    document = (
        {"MetricDataResults": [{"Timestamps": stamps, "Values": [7, 3]}]}
        if form == "data"
        else {
            "Datapoints": [{"Timestamp": s, "Sum": v} for s, v in zip(stamps, (7, 3), strict=True)]
        }
    )
    found = read_traffic(write(tmp_path, json.dumps(document, indent=1)))

    assert (found.kind, found.counts.tolist()) == ("cloudwatch", [3, 7])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("hello\nworld\n" * 9, "a time and a count|a minute and its requests"),
        ("2026-07-01 09:00,1\n2199-07-01 09:00,1\n", "more than 400 days"),
        ('{"MetricDataResults": [{"Timestamps": ["x"], "Values": [1]}]}', "not an export"),
        ("2026-07-01 09:00,-5\n2026-07-01 09:00,nan\n", "a time and a count"),
        ("2026-07-01 09:00,5\n" * 10 + "oops\n" * 5, "lines cannot be read"),
    ],
)
def test_files_that_are_no_traffic_say_what_is_wanted(tmp_path, text, words):
    with pytest.raises(TrafficFileError, match=words):
        read_traffic(write(tmp_path, text))


def test_a_file_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(TrafficFileError, match="cannot be read"):
        read_traffic(tmp_path / "none")


def test_the_command_prints_lines_for_a_study(tmp_path, capsys):
    from advisor.cli import run
    from advisor.study.types import Workload

    lines = "".join(f"2026-07-01 {h:02d}:{m:02d},{60 + h}\n" for h in range(24) for m in range(60))
    assert run(["traffic", str(write(tmp_path, lines))]) == 0
    document = load_yaml(capsys.readouterr().out)
    assert Workload(**document["workload"]).peak_now_per_s > 1

    assert run(["traffic", str(tmp_path / "traffic"), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["profile"]) == 24
