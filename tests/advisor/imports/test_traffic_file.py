"""Records of traffic: CSV, access log, CloudWatch; and what is wrong with others."""

import json
from datetime import UTC, datetime

import pandas as pd
import pytest

from advisor.cli import run
from advisor.imports.traffic import read_traffic
from advisor.imports.traffic_lines import TrafficFileError
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


# Records as people have them ----------------------------------------------------------------------


def table(counts, *, step="min", write=str, time=str, head="time,requests\n", mark=","):
    at = pd.date_range("2026-03-02", periods=len(counts), freq=step)
    lines = [f"{time(t)}{mark}{write(c)}\n" for t, c in zip(at, counts, strict=True)]
    return head.replace(",", mark) + "".join(lines)


BUSY = [60 + i % 30 for i in range(600)] + [1200 + i for i in range(40)] + [60] * 80


@pytest.mark.parametrize(
    ("write_count", "mark", "decimal"),
    [
        (lambda c: f"{c:,}", ";", True),
        (lambda c: f'"{c:,}"', ",", True),
        (lambda c: f"{c:,}".replace(",", "."), ";", True),
        (lambda c: f"{c:,}".replace(",", " "), ",", True),
        (lambda c: f"{c:,}".replace(",", "'"), "\t", True),
        (lambda c: f"{c:,}".replace(",", "\u202f"), ";", True),
        (lambda c: f"{c}.0", ",", False),
        (lambda c: f"{c},0", ";", False),
        (lambda c: f" {c} ", ",", False),
    ],
)
def test_counts_may_have_any_separators(tmp_path, write_count, mark, decimal):
    found = read_traffic(write(tmp_path, table(BUSY, write=write_count, mark=mark)))

    assert found.counts.tolist() == BUSY
    assert any("thousands separators" in note for note in found.notes) is decimal


def test_unquoted_thousands_stop_the_file_with_their_first_line(tmp_path):
    text = table(BUSY, write=lambda c: f"{c:,}")

    with pytest.raises(TrafficFileError, match=r"(lines|cannot).*line 602: '2026-03-02 10:00"):
        read_traffic(write(tmp_path, text))


@pytest.mark.parametrize(
    "time",
    [
        lambda t: t.strftime("%d/%m/%Y %H:%M"),
        lambda t: t.strftime("%m/%d/%Y %I:%M %p"),
        lambda t: t.strftime("%d.%m.%Y %H:%M:%S"),
        lambda t: t.strftime("%Y%m%d%H%M"),
        lambda t: str(int(t.timestamp())),
        lambda t: str(int(t.timestamp() * 1000)),
        lambda t: t.strftime("%d %b %Y %H:%M"),
        lambda t: t.isoformat() + "Z",
        lambda t: (t + pd.Timedelta(hours=2)).isoformat() + "+02:00",
    ],
)
def test_times_may_have_any_form(tmp_path, time):
    counts = [*range(1, 30)] * 1500  # thirty days: one of them decides the order of day and month

    found = read_traffic(write(tmp_path, table(counts, time=time)))

    assert found.first == datetime(2026, 3, 2, tzinfo=UTC)
    assert found.counts.tolist() == counts


def test_dates_that_fit_both_orders_are_refused(tmp_path):
    text = table([5] * 120, time=lambda t: t.strftime("%d/%m/%Y %H:%M"))

    with pytest.raises(TrafficFileError, match="day first and month first fit every value"):
        read_traffic(write(tmp_path, text))


@pytest.mark.parametrize(
    ("step", "minutes"),
    [("5min", 5), ("15min", 15), ("h", 60), ("4h", 240), ("D", 1440), ("W", 10_080)],
)
def test_the_period_is_the_gap_of_the_times(tmp_path, step, minutes):
    found = read_traffic(write(tmp_path, table([minutes] * 12, step=step)))

    assert found.counts.size == 12 * minutes
    assert found.counts.tolist() == pytest.approx([1.0] * 12 * minutes)
    assert any(f"counts of {minutes:,} minutes" in note for note in found.notes)


def test_counts_of_months_are_spread_over_each(tmp_path):
    at = pd.date_range("2026-01-01", periods=6, freq="MS")
    text = "".join(f"{t:%Y-%m},{t.days_in_month * 1440}\n" for t in at)

    found = read_traffic(write(tmp_path, text))

    assert found.counts[: 150 * 1440].tolist() == pytest.approx([1.0] * 150 * 1440)


@pytest.mark.parametrize(
    "minutes",
    [
        [0, 1, 60, 120, 180, 240, 300],
        [0, 60, 120, 121, 122, 180, 240],
        [0, 7, 60, 120, 180],
        [0, 30, 45, 46, 300],
        [0, 1, 1440],
        [0, 60, 60 * 24, 60 * 24 + 1],
    ],
)
def test_gaps_are_no_period(tmp_path, minutes):
    at = [pd.Timestamp("2026-03-02") + pd.Timedelta(minutes=m) for m in minutes]
    found = read_traffic(write(tmp_path, "".join(f"{t},600\n" for t in at)))

    assert found.counts.max() == 600
    assert found.counts.sum() == 600 * len(minutes)


@pytest.mark.parametrize(
    ("step", "asked"), [("h", True), ("2h", True), ("D", True), ("5min", False)]
)
def test_an_export_with_long_gaps_is_asked_what_its_counts_are_of(tmp_path, step, asked):
    stamps = [t.isoformat() for t in pd.date_range("2026-03-02", periods=30, freq=step, tz="UTC")]
    document = {"MetricDataResults": [{"Timestamps": stamps, "Values": [600] * 30}]}
    path = write(tmp_path, json.dumps(document))

    if asked:
        with pytest.raises(TrafficFileError, match="--period 60s"):
            read_traffic(path)
    assert read_traffic(path, period_minutes=1).counts.max() == 600


@pytest.mark.parametrize(
    ("year", "where"),
    [(2027, "after"), (1970, "before"), (2036, "after"), (2000, "before"), (2099, "after")],
)
def test_a_line_far_from_the_others_is_left_out_and_told(tmp_path, year, where):
    lines = "".join(
        f'1.2.3.4 - - [02/Mar/2026:{i // 60:02d}:{i % 60:02d}:00 +0000] "GET / HTTP/1.1" 200 1\n'
        for i in range(1440)
    )
    stray = f'1.2.3.4 - - [02/Jan/{year}:00:00:00 +0000] "GET / HTTP/1.1" 200 1\n'

    found = read_traffic(write(tmp_path, lines + stray))

    assert found.counts.tolist() == [1.0] * 1440
    assert "1 line lies far from the 1,441" in found.notes[0]
    assert f"days {where} the others ({year}-01-02" in found.notes[0]


def test_lines_that_cannot_be_read_are_told_with_the_first(tmp_path):
    text = table([5] * 200).replace("2026-03-02 01:00:00,5", "restart")

    found = read_traffic(write(tmp_path, text))

    assert "1 line could not be read, left out: the first is line 62: 'restart'" in found.notes


def test_lines_that_cannot_be_read_and_stand_together_stop_the_file(tmp_path):
    text = table(BUSY, write=lambda c: "overload" if c >= 1235 else str(c))

    with pytest.raises(TrafficFileError, match="5 lines that stand together"):
        read_traffic(write(tmp_path, text))


@pytest.mark.parametrize("words", ["60s", "1min", "5 min", "1h", "1 day"])
def test_the_command_takes_a_period(tmp_path, capsys, words):
    path = write(tmp_path, table([600] * 48, step="D" if "day" in words else "h"))

    assert run(["traffic", str(path), "--period", words]) == 0
    assert "times higher" not in capsys.readouterr().err


def test_a_period_that_is_none_is_told(tmp_path, capsys):
    assert run(["traffic", str(write(tmp_path, table([5] * 90))), "--period", "often"]) == 1
    assert "write whole minutes" in capsys.readouterr().err
