"""Records of traffic as people really have them: tables, logs and exports of one day."""

import datetime as dt
import gzip
import json

import pytest

from advisor.capacity.traffic import summarise_counts
from advisor.imports.traffic import read_traffic
from advisor.imports.traffic_lines import TrafficFileError

DAY = dt.datetime.fromisoformat("2026-03-13")
MINUTES = [DAY + dt.timedelta(minutes=i) for i in range(1440)]
HOURS = [DAY + dt.timedelta(hours=i) for i in range(240)]


def per_minute(head, line):
    return head + "".join(line.format(t=t, c=30 + i % 50) for i, t in enumerate(MINUTES))


TABLES = {
    "a host between": per_minute("time,host,requests\n", "{t},web1,{c}\n"),
    "a status between": per_minute("time,status,requests\n", "{t},200,{c}\n"),
    "errors behind": per_minute("time,requests,errors\n", "{t},{c},3\n"),
    "the count first": per_minute("requests,time\n", "{c},{t}\n"),
    "an index first": per_minute(",time,requests\n", "7,{t},{c}\n"),
    "date and clock": per_minute("date;time;hits\n", "{t:%d.%m.%Y};{t:%H:%M};{c}\n"),
    "the console's": per_minute("Label,Invocations\n", "{t:%Y/%m/%d %H:%M:%S},{c}\n"),
    "a total below": per_minute("time,requests\n", "{t},{c}\n") + "Total,77800\n",
    "UTF-16": per_minute("time,requests\n", "{t},{c}\n").encode("utf-16"),
    "packed": gzip.compress(per_minute("time,requests\n", "{t},{c}\n").encode()),
}


def read(tmp_path, content, name="t.csv", **options):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_traffic(path, **options)


@pytest.mark.parametrize("case", TABLES)
def test_a_table_is_read_as_people_mean_it(tmp_path, case):
    found = read(tmp_path, TABLES[case])

    assert found.first == DAY.replace(tzinfo=dt.UTC)
    assert found.counts.tolist() == [30 + i % 50 for i in range(1440)]


def test_hours_may_have_a_column_of_their_own(tmp_path):
    lines = "".join(f"{t:%Y-%m-%d},{t.hour},60\n" for t in HOURS)

    found = read(tmp_path, "date,hour,requests\n" + lines)

    assert found.counts.size == 240 * 60
    assert set(found.counts.tolist()) == {1.0}


def test_series_of_several_models_are_added_up_and_told(tmp_path):
    lines = "".join(f"{t},{m},6\n" for t in MINUTES for m in "ab")

    found = read(tmp_path, "time,model,requests\n" + lines)

    assert set(found.counts.tolist()) == {12.0}
    assert any("added up over what else is told (model)" in note for note in found.notes)


def test_two_columns_of_numbers_without_a_telling_name_are_asked_for(tmp_path):
    with pytest.raises(TrafficFileError, match="the columns left, right hold numbers"):
        read(tmp_path, per_minute("time,left,right\n", "{t},{c},{c}\n"))


@pytest.mark.parametrize("name", ["rps", "requests_per_s", "req/s", "requests per second"])
def test_rates_are_told_by_the_name_of_their_column(tmp_path, name):
    found = read(tmp_path, per_minute(f"time,{name}\n", "{t},0.5\n"))

    assert set(found.counts.tolist()) == {30.0}


def test_counts_that_are_no_whole_numbers_are_told(tmp_path):
    found = read(tmp_path, per_minute("time,load\n", "{t},0.55\n"))

    assert any("no whole numbers" in note for note in found.notes)


LOGS = {
    "a load balancer's": (
        "https {t}.186641Z app/lb/50dc 192.168.131.39:2817 10.0.0.1:80 0.086 0.048 0.037 200 200 "
        '0 57 "GET https://a.example:443/ HTTP/1.1" "curl/7.46.0"\n'
    ),
    "a program's": "{t}Z INFO POST /invocations 200 12ms\n",
    "JSON lines": '{{"time": "{t}Z", "path": "/x"}}\n',
    "CloudFront's": "{d}\t{c}\tIAD\t200\n",
    "IIS's": "{d} {c} /invocations 200\n",
}


@pytest.mark.parametrize("case", LOGS)
def test_a_line_of_a_log_is_a_request(tmp_path, case):
    lines = (
        LOGS[case].format(t=t.isoformat(), d=t.date(), c=t.strftime("%H:%M:%S")) for t in MINUTES
    )

    found = read(tmp_path, "#Version: 1.0\n" * (case == "IIS's") + "".join(lines), "a.log")

    assert found.kind == "access log"
    assert set(found.counts.tolist()) == {1.0}


def export(**results):
    stamps = [t.isoformat() + "Z" for t in MINUTES[::5]]
    data = [
        {"Id": f"m{i}", "Label": label, "Timestamps": stamps, "Values": [value] * len(stamps)}
        for i, (label, value) in enumerate(results.items())
    ]
    return {"MetricDataResults": data}


def test_an_export_of_several_metrics_counts_requests_only(tmp_path):
    found = read(tmp_path, json.dumps(export(Invocations=300, Errors=100)), "cw.json")

    assert set(found.counts.tolist()) == {60.0}
    assert "left out of the export: Errors" in found.notes


def test_an_export_without_requests_is_refused(tmp_path):
    with pytest.raises(TrafficFileError, match="holds 2 metrics"):
        read(tmp_path, json.dumps(export(Latency=300, Errors=100)), "cw.json")


def test_an_export_that_goes_on_says_so(tmp_path):
    content = json.dumps(export(Invocations=300) | {"NextToken": "abc"})

    assert any("NextToken" in note for note in read(tmp_path, content, "cw.json").notes)


def test_lines_far_off_on_both_sides_are_left_out(tmp_path):
    content = per_minute("", "{t},10\n") + "1970-01-01 00:00,10\n2099-01-01 00:00,1\n"

    found = read(tmp_path, content)

    assert found.counts.size == 1440
    assert any("2 lines lie far" in note for note in found.notes)


def test_a_single_count_is_asked_what_it_is_of(tmp_path):
    with pytest.raises(TrafficFileError, match="--period 86400s"):
        read(tmp_path, "day,requests\n2026-03-02,86400\n")


def test_bursts_of_a_minute_an_hour_are_the_peak(tmp_path):
    found = read(tmp_path, "".join(f"{t},600\n" for t in HOURS), period_minutes=1)

    summary = summarise_counts(first=found.first, counts=found.counts)

    assert summary.peak_requests_per_s == pytest.approx(10.0)
