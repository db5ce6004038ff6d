"""Answer time against load, times of jobs and measured times, as drawn."""

import pytest

from advisor.recommendation import LoadPoint, MeasuredQuantile
from advisor.report.charts.latency import job_time, latency_by_load, measured_latency
from tests.advisor.report.factories import bare, domain, layer, layers, words_in
from tests.faces.factories import job, latency


def point(rate: float, p99: float, high: float | None = None, **changes) -> LoadPoint:
    values = {"p50_ms": p99 / 2, "p99_ms": p99, "p99_ms_low": 0.9 * p99, "p99_ms_high": high}
    return LoadPoint(requests_per_s=rate, **values | changes)


CURVE = (point(10.0, 8.0, 9.0), point(100.0, 40.0, 60.0), point(390.0, 5000.0))


def loaded(**changes):
    return latency_by_load(bare(latency=latency(**{"curve": CURVE} | changes)))


def test_median_and_p99_are_drawn_at_every_rate():
    line = layer(loaded(), "line")

    assert [(row["rate"], row["series"], row["ms"]) for row in line.rows][:2] == [
        (10.0, "p99, with its 80% band", 8.0),
        (10.0, "median", 4.0),
    ]
    assert len(line.rows) == 2 * len(CURVE)
    assert domain(line, "color") == domain(line, "strokeDash")
    assert line.encoding["x"]["title"] == "Requests per second (log)"
    assert line.encoding["y"]["title"] == "Answer time, ms (log)"


@pytest.mark.parametrize(
    ("need", "ceiling"), [(100.0, 400.0), (2000.0, 5000.0), (9000.0, 9000.0), (None, 160.0)]
)
def test_the_picture_ends_a_little_above_what_matters(need, ceiling):
    band = layer(loaded(need_ms=need), "area")

    assert domain(band, "y") == pytest.approx([0.8 * 4.0, 1.1 * ceiling])
    assert band.rows[-1]["high"] == pytest.approx(ceiling)
    assert band.rows[0]["high"] == 9.0
    assert band.encoding["y2"]["field"] == "high"


def test_the_ticks_are_inside_the_picture():
    """From 0.8 of the least median, 3.2 ms, to 1.1 times the ceiling, 440 ms."""
    band = layer(loaded(), "area")

    assert band.encoding["y"]["axis"]["values"] == pytest.approx([5, 10, 20, 50, 100, 200])
    assert band.encoding["x"]["axis"]["values"] == pytest.approx([10, 20, 50, 100, 200])


def test_the_band_of_a_point_has_both_ends():
    rows = layer(loaded(), "area").rows

    assert [(row["low"], row["high"]) for row in rows[:2]] == [
        (pytest.approx(7.2), 9.0),
        (pytest.approx(36.0), 60.0),
    ]


@pytest.mark.parametrize(
    ("need", "words"),
    [
        (100.0, ["need: 100 ms", "your peak: 60/s"]),
        (2.5, ["need: 2.5 ms", "your peak: 60/s"]),
        (None, ["your peak: 60/s"]),
    ],
)
def test_need_and_peak_are_named(need, words):
    assert words_in(loaded(need_ms=need)) == words


def test_the_peak_is_a_line_at_its_rate():
    assert layer(loaded(peak_requests_per_s=72.5), "rule", 1).rows == [
        {"rate": 72.5, "here": "your peak: 72.5/s"}
    ]


def test_no_load_is_no_chart():
    assert latency_by_load(bare()) is None
    assert loaded(curve=()) is None


def jobs(**changes):
    return job_time(bare(job=job(**changes)))


def test_the_time_of_a_job_is_drawn_in_minutes_with_its_band():
    line = layer(jobs(), "line")
    row = next(row for row in line.rows if row["rows"] == 1e6)

    assert (row["minutes"], row["low"], row["high"]) == (14.0, 11.5, pytest.approx(17.333333))
    assert line.encoding["y"]["title"] == "Minutes for one job (log)"
    assert line.encoding["x"]["title"] == "Rows of one job (log)"
    assert layer(jobs(), "area").encoding["y2"]["field"] == "high"


@pytest.mark.parametrize(
    ("deadline_s", "top_s", "words"),
    [(7200.0, 13_040.0, "deadline: 2.0 h"), (60_000.0, 60_000.0, "deadline: 16.7 h")],
)
def test_the_deadline_is_named_and_inside_the_picture(deadline_s, top_s, words):
    """A sixteenth of the rows takes 240 + 450 / 16 s at least, 16 times as many 13,040 s."""
    drawn = jobs(deadline_s=deadline_s)

    assert domain(layer(drawn, "area"), "y") == pytest.approx(
        [0.8 * 268.125 / 60, 1.3 * top_s / 60]
    )
    assert layer(drawn, "rule").rows == [{"minutes": deadline_s / 60, "text": words}]


def test_the_jobs_own_rows_are_marked():
    assert words_in(jobs()) == ["deadline: 2.0 h", "you are here: 1 million rows"]
    assert layer(jobs(), "rule", 1).rows[0]["rows"] == 1e6


def test_no_job_is_no_chart():
    assert job_time(bare()) is None
    assert jobs(curve=()) is None


def quantile(share: float, ms: float | None, low: float | None, high: float | None):
    return MeasuredQuantile(quantile_fraction=share, value_ms=ms, low_ms=low, high_ms=high)


def measured(*quantiles):
    return measured_latency(bare(latency=latency(measured=quantiles)))


def test_a_measured_quantile_is_a_share_of_calls_with_its_interval():
    drawn = measured(
        quantile(0.5, 2.0, 1.9, 2.1), quantile(0.99, 4.0, None, 5.0), quantile(0.999, None, 1, 9)
    )
    marks = layer(drawn, "point")

    assert marks.rows == [
        {"ms": 2.0, "share": 0.5, "low": 1.9, "high": 2.1},
        {"ms": 4.0, "share": 0.99, "low": 4.0, "high": 5.0},
    ]
    assert domain(marks, "y") == [0, 1]
    assert marks.encoding["y"]["title"] == "Share of calls done"
    assert marks.encoding["x"]["title"] == "ms for one call (log)"
    assert [one.kind for one in layers(drawn)] == ["line", "rule", "point"]
    assert layer(drawn, "rule").encoding["x2"]["field"] == "high"


def test_an_interval_without_its_upper_end_ends_at_the_value():
    drawn = measured(quantile(0.5, 2.0, 1.9, None), quantile(0.9, 3.0, 2.9, 3.1))

    assert layer(drawn, "point").rows[0]["high"] == 2.0


def test_one_known_quantile_is_no_picture():
    assert measured(quantile(0.5, 2.0, 1.9, 2.1), quantile(0.99, None, None, None)) is None
    assert measured_latency(bare()) is None
