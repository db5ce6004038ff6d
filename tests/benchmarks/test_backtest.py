"""The back-test: who is trained on what, who is scored where, and what stands in the matrix."""

import time
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from benchmarks.data.datasets import load_data
from benchmarks.data.losses import Loss, case_losses, moved_share
from benchmarks.data.periods import PeriodLength, cut_periods, parse_period
from benchmarks.errors import DataError
from benchmarks.session.backtest import (
    error_cells,
    make_bench,
    make_trials,
    run_backtest,
    run_trials,
    spaced_origins,
)
from benchmarks.session.runner import _backtest
from benchmarks.storage.records import Candidate, HardwareProfile
from benchmarks.storage.store import RunStore
from benchmarks.tasks.backtest_training import Trial, run_trial
from tests.given import STREAMS, needs_streams

LINEAR = Candidate(name="linear", family="linear", simplicity_rank=1)
BOOSTING = Candidate(
    name="hist_gradient_boosting", family="hist_gradient_boosting", simplicity_rank=3
)
DAY_S = 86_400


def hardware():
    return HardwareProfile(
        host_id="test",
        processor="test",
        architecture="x86_64",
        physical_core_count=2,
        logical_cpu_count=2,
        memory_gib=8.0,
        system="test",
        python="3.11",
        libraries={},
    )


def stream(tmp_path, frame=None, *, target="y", time="ts", **options):
    path = tmp_path / "stream.parquet"
    if frame is None:
        return load_data(
            source="simulated:linear,rows=3600,periods=30",
            path=None,
            target=None,
            time=None,
            folder=tmp_path,
        )
    frame.to_parquet(path)
    return load_data(source=None, path=path, target=target, time=time, folder=tmp_path, **options)


def rows_of(day_counts, *, start="2024-01-01"):
    """A frame with so many rows on each day; the label is the sign of x."""
    rng = np.random.default_rng(0)
    days = np.repeat(np.arange(len(day_counts)), day_counts)
    x = rng.standard_normal(len(days))
    ts = pd.Timestamp(start) + pd.to_timedelta(days * DAY_S + 60, unit="s")
    return pd.DataFrame({"ts": ts, "x": x, "z": x * 0 + days, "y": (x > 0).astype("int8")})


def run(data, **changes):
    given = {
        "candidate": LINEAR,
        "hardware": hardware(),
        "started_at": datetime(2026, 1, 1, tzinfo=UTC),
        "worker_count": 0,
    }
    return run_backtest(data, **given | changes)


def test_eight_trainings_are_each_scored_on_every_later_period(tmp_path):
    found = run(stream(tmp_path))

    origins = sorted({cell.trained_at for cell in found.cells})
    assert len(origins) == 8 == len(found.training_wall_s)
    assert origins[0] == 9
    for origin in origins:
        scored = [cell.scored_at for cell in found.cells if cell.trained_at == origin]
        assert scored == list(range(origin + 1, 30))
    assert (found.period_label, found.outcome) == ("7 days", "ok")


def test_a_model_scored_by_hand_gives_the_same_cell(tmp_path):
    data = stream(tmp_path)
    bench = make_bench(data, candidate=LINEAR)
    found = run_trial(bench, Trial(origin=9, first_period=0, known_by=None))

    number = bench.periods.number
    model = bench.model()
    model.fit(data.X[number <= 9], data.y[number <= 9])
    wrong = model.predict(data.X[number == 12]) != data.y[number == 12]
    assert found.error[2] == pytest.approx(wrong.mean())
    assert found.count[2] == (number == 12).sum()


@pytest.mark.parametrize(("window", "first"), [("sliding", 6), ("expanding", 0)])
def test_the_window_decides_which_periods_a_training_sees(tmp_path, window, first):
    bench = make_bench(stream(tmp_path), candidate=LINEAR)
    (trial,) = make_trials(bench, origins=[10], window=window, window_periods=5)

    numbers = bench.periods.number[bench.training_rows(trial)]
    assert (numbers.min(), numbers.max()) == (first, 10)


def test_a_label_is_used_only_after_it_was_known(tmp_path):
    frame = rows_of([60] * 20)
    frame["known"] = frame["ts"] + pd.Timedelta(days=3)
    data = stream(tmp_path, frame, label_time="known")
    bench = make_bench(data, candidate=LINEAR, period=PeriodLength(days=1.0))
    (trial,) = make_trials(bench, origins=[9], window="expanding", window_periods=1)

    used = data.time.iloc[bench.training_rows(trial)]
    assert used.max() == pd.Timestamp("2024-01-07 00:01")
    assert "known" not in data.X


def test_a_label_that_becomes_known_at_the_very_end_of_the_period_counts(tmp_path):
    frame = rows_of([60] * 20)
    frame["known"] = pd.Timestamp("2024-01-11")
    bench = make_bench(
        stream(tmp_path, frame, label_time="known"), candidate=LINEAR, period=PeriodLength(days=1)
    )
    before, at_end = make_trials(bench, origins=[8, 9], window="expanding", window_periods=1)

    assert len(bench.training_rows(before)) == 0
    assert len(bench.training_rows(at_end)) == 600


def test_the_times_of_the_trainings_fit_into_the_time_of_the_back_test(tmp_path):
    started = time.perf_counter()
    found = run(stream(tmp_path))

    assert 0 < sum(found.training_wall_s) < time.perf_counter() - started


def test_a_label_that_was_never_known_is_never_trained_on(tmp_path):
    frame = rows_of([60] * 20)
    frame["known"] = frame["ts"].where(frame.index % 2 == 0)
    bench = make_bench(
        stream(tmp_path, frame, label_time="known"), candidate=LINEAR, period=PeriodLength(days=1)
    )
    (trial,) = make_trials(bench, origins=[9], window="expanding", window_periods=1)

    assert len(bench.training_rows(trial)) == 300


def test_empty_periods_are_not_numbered_and_a_partial_last_one_is_dropped():
    frame = rows_of([120, 120, 0, 0, 120, 120, 120, 10])
    found = cut_periods(frame["ts"], length=PeriodLength(days=1.0))

    assert found.rows.tolist() == [120] * 5
    assert (found.number == -1).sum() == 10
    assert any("2 empty periods" in note for note in found.notes)
    assert any("10 rows only" in note for note in found.notes)
    assert found.ends[2] - found.ends[1] == 3 * DAY_S


@pytest.mark.parametrize(
    ("rows_per_day", "day_count", "label"),
    [(120, 50, "1 day"), (20, 300, "7 days"), (10, 400, "14 days"), (5, 700, "30.4 days")],
)
def test_the_shortest_period_with_enough_rows_is_chosen(rows_per_day, day_count, label):
    found = cut_periods(rows_of([rows_per_day] * day_count)["ts"])

    assert found.length.label == label
    assert np.median(found.rows) >= 100
    assert found.count <= 200


@pytest.mark.parametrize("kind", ["index", "coarse"])
def test_where_only_the_order_is_known_equal_row_counts_are_taken(kind):
    time = pd.Series(np.arange(9_600.0), name="ts")
    if kind == "coarse":
        time = pd.Series(np.repeat(pd.date_range("2015", periods=4, freq="YS"), 2_400), name="ts")
    found = cut_periods(time)

    assert found.length.days is None
    assert found.count == pytest.approx(95, abs=1)
    assert set(found.rows[:-1].tolist()) == {101}


def test_irregular_times_keep_every_row_in_its_own_period():
    rng = np.random.default_rng(1)
    at = np.sort(rng.exponential(1.0, 5_000).cumsum()) * 3_600
    time = pd.Series(pd.Timestamp("2024-03-05 07:31") + pd.to_timedelta(at, unit="s"), name="ts")
    found = cut_periods(time, length=PeriodLength(days=7.0))

    since = (time - pd.Timestamp("2024-03-05")).dt.days // 7
    assert found.number[found.number >= 0].tolist() == since[found.number >= 0].tolist()


@pytest.mark.parametrize(
    ("text", "days", "rows"),
    [("7d", 7.0, None), ("12h", 0.5, None), ("2 weeks", 14.0, None), ("500 rows", None, 500)],
)
def test_periods_are_read_as_people_write_them(text, days, rows):
    assert (parse_period(text).days, parse_period(text).rows) == (days, rows)


@pytest.mark.parametrize("text", ["soon", "7", "0d", "7 parsecs", "0.5 rows"])
def test_what_is_no_period_is_told_with_what_to_write(text):
    with pytest.raises(DataError, match="write 12h, 7d"):
        parse_period(text)


def test_days_cannot_be_asked_of_a_plain_index():
    with pytest.raises(DataError, match="write the period in rows"):
        cut_periods(pd.Series(np.arange(100.0), name="i"), length=PeriodLength(days=7.0))


def test_too_few_periods_are_refused():
    with pytest.raises(DataError, match="make 3 periods of 1 day, at least 4"):
        cut_periods(rows_of([50] * 3)["ts"], length=PeriodLength(days=1.0))


def test_data_without_a_time_column_are_refused_with_the_remedy(tmp_path):
    data = load_data(
        source="builtin:breast_cancer", path=None, target=None, time=None, folder=tmp_path
    )
    with pytest.raises(DataError, match=r"needs data\.time"):
        run(data)


def test_a_window_with_one_class_only_still_scores(tmp_path):
    frame = rows_of([120] * 20)
    frame.loc[frame["ts"] < "2024-01-15", "y"] = 0
    found = run(stream(tmp_path, frame), period=PeriodLength(days=1.0))

    first = [c for c in found.cells if c.trained_at == min(c.trained_at for c in found.cells)]
    late = [c.error_per_case for c in first if c.scored_at >= 14]
    assert np.mean(late) == pytest.approx(0.5, abs=0.1)


def test_a_tiny_training_is_left_out_and_said_so(tmp_path):
    found = run(
        stream(tmp_path, rows_of([3] * 5 + [3] + [60] * 24)),
        period=PeriodLength(days=1.0),
        window_periods=1,
    )

    assert found.outcome == "ok"
    sparse = run(
        stream(tmp_path, rows_of([60] * 15 + [3] * 15)),
        period=PeriodLength(days=1.0),
        window_periods=1,
    )
    assert any("3 rows with a known label" in note for note in sparse.notes)


def test_regression_errors_are_in_units_of_the_median_absolute_deviation(tmp_path):
    frame = rows_of([60] * 20)
    frame["target"] = 3.0 * frame["x"] + 0.001
    scaled = frame.assign(target=frame["target"] * 1000)
    small, large = (
        run(
            stream(tmp_path, each.drop(columns="y"), target="target"),
            period=PeriodLength(days=1.0),
        )
        for each in (frame, scaled)
    )

    for one, other in zip(small.cells, large.cells, strict=True):
        assert one.error_per_case == pytest.approx(other.error_per_case, rel=1e-3, abs=1e-6)


def test_costs_weigh_the_two_kinds_of_error():
    loss = Loss("cost", false_positive_cost_usd=1.0, false_negative_cost_usd=20.0)
    found = case_losses(
        loss,
        truth=np.array([0, 0, 1, 1]),
        predicted=np.array([0, 1, 0, 1]),
        classes=None,
        scale=None,
    )

    assert found.tolist() == [0.0, 1.0, 20.0, 0.0]


def test_a_benchmark_back_tests_with_the_costs_that_its_data_name(monkeypatch, tmp_path):
    losses = []
    monkeypatch.setattr(
        "benchmarks.session.backtest.run_backtest",
        lambda data, **asked: losses.append(asked["loss"]),
    )
    for costs in ({}, {"false_negative_usd": 9.0}):
        data = load_data(
            source="simulated:linear,rows=300,periods=10",
            path=None,
            target=None,
            time=None,
            folder=tmp_path,
            **costs,
        )
        _backtest(
            data,
            LINEAR,
            hardware(),
            store=RunStore(tmp_path / "store"),
            folder=tmp_path,
            limit_s=8.0,
        )

    assert losses == [None, Loss("cost", 1.0, 9.0)]


def test_log_loss_reads_the_true_class_and_survives_a_class_never_seen():
    found = case_losses(
        Loss("log"),
        truth=np.array([0, 2, 1]),
        predicted=np.array([[0.25, 0.75], [0.5, 0.5], [0.9, 0.1]]),
        classes=np.array([0, 2]),
        scale=None,
    )

    assert found[:2] == pytest.approx(-np.log([0.25, 0.5]))
    assert found[2] == pytest.approx(-np.log(1e-6))


@pytest.mark.parametrize(
    ("task", "name", "words"),
    [("regression", "log", "one of absolute"), ("classification", "cost", "needs two classes")],
)
def test_a_loss_that_does_not_fit_is_refused(task, name, words):
    with pytest.raises(DataError, match=words):
        Loss(name).resolved(task, class_count=3)


def test_relabelled_clusters_are_the_same_clustering():
    labels = np.array([0, 0, 1, 1, 2])

    assert moved_share(labels, (labels + 1) % 3) == 0.0
    assert moved_share(labels, np.zeros(5)) == pytest.approx(0.6)


@pytest.mark.parametrize("loss", ["assignment", "objective"])
def test_clusters_that_move_drift_apart_and_the_proxy_is_named(tmp_path, loss):
    rng = np.random.default_rng(0)
    days = np.repeat(np.arange(12), 100)
    side = rng.integers(0, 2, len(days))
    angle = days / 12 * np.pi / 2
    frame = pd.DataFrame({"ts": pd.Timestamp("2024-01-01") + pd.to_timedelta(days, unit="D")})
    noise = rng.standard_normal((len(days), 2))
    frame["a"] = (2 * side - 1) * 2 * np.cos(angle) + noise[:, 0]
    frame["b"] = (2 * side - 1) * 2 * np.sin(angle) + noise[:, 1]
    data = stream(tmp_path, frame, target=None, task="clustering")
    kmeans = Candidate(name="mixture", family="gaussian_mixture", simplicity_rank=2)
    found = run(data, candidate=kmeans, period=PeriodLength(days=1.0), loss=Loss(loss))

    assert any("proxy" in note for note in found.notes)
    by_age = {c.scored_at - c.trained_at: c.error_per_case for c in found.cells}
    assert all(c.error_per_case >= 0 for c in found.cells)
    assert by_age[max(by_age)] > by_age[1] == 0.0


def test_finished_trainings_are_kept_and_not_done_again(tmp_path):
    told: list[tuple[int, int]] = []
    data = stream(tmp_path)
    first = run(data, keep_in=tmp_path / "kept")
    files = sorted((tmp_path / "kept").rglob("*.json"))
    files[0].unlink()
    files[1].write_text("{half a file")
    again = run(data, keep_in=tmp_path / "kept", progress=lambda *at: told.append(at))

    assert told == [(6, 8), (7, 8), (8, 8)]
    assert again.cells == first.cells
    other = run(data, keep_in=tmp_path / "kept", seed=1)
    assert other.key != first.key


def test_other_label_times_are_another_back_test(tmp_path):
    frame = rows_of([60] * 20)
    keys = []
    for days in (0, 2):
        frame["known"] = frame["ts"] + pd.Timedelta(days=days)
        data = stream(tmp_path, frame, label_time="known")
        day = PeriodLength(days=1.0)
        keys.append(run(data, period=day, keep_in=tmp_path / "kept").key)

    assert keys[0] != keys[1]


@pytest.mark.slow
def test_child_processes_give_what_this_process_gives(tmp_path):
    data = stream(tmp_path)
    bench = make_bench(data, candidate=LINEAR)
    trials = make_trials(bench, origins=[10, 20], window="sliding", window_periods=5)
    here = sorted(run_trials(bench, trials, worker_count=0), key=lambda r: r.origin)
    there = sorted(run_trials(bench, trials, worker_count=2), key=lambda r: r.origin)

    calendar = np.arange(60)
    assert error_cells(here, calendar=calendar) == error_cells(there, calendar=calendar)


def test_a_model_that_throws_is_a_note_and_not_a_crash(tmp_path, monkeypatch):
    (tmp_path / "fussy_model.py").write_text(
        "from sklearn.linear_model import LogisticRegression\n"
        "class Fussy(LogisticRegression):\n"
        "    def fit(self, X, y):\n"
        "        raise RuntimeError('no thanks')\n"
        "def make_model():\n"
        "    return Fussy()\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    mine = Candidate(
        name="mine", family="import", import_path="fussy_model:make_model", simplicity_rank=5
    )
    found = run(stream(tmp_path), candidate=mine)

    assert found.outcome == "failed"
    assert "no thanks" in found.reason


@pytest.mark.parametrize("period_count", [4, 5, 12, 60, 200])
def test_origins_lie_in_the_last_two_thirds_and_leave_something_to_score(period_count):
    found = spaced_origins(period_count)

    assert len(found) <= 8
    assert found.min() >= period_count // 3 - 1
    assert found.max() <= period_count - 2


@needs_streams
def test_the_electricity_stream_is_cut_into_weeks():
    frame = pd.read_parquet(STREAMS / "elec2.parquet", columns=["ts"])

    assert cut_periods(frame["ts"]).length.label == "7 days"


# Odd times ----------------------------------------------------------------------------------------


def stamped(day_counts, rows_per_day=20):
    """Times of so many days, then so many without a row, and so on in turn."""
    days, start = [], 0
    for place, count in enumerate(day_counts):
        if place % 2 == 0:
            days += range(start, start + count)
        start += count
    hours = pd.to_timedelta(np.linspace(0, 23, rows_per_day), unit="h")
    first = pd.Timestamp("2025-01-01")
    return pd.Series([first + pd.Timedelta(days=day) + hour for day in days for hour in hours])


@pytest.mark.parametrize(
    ("day_counts", "calendar_end", "count"),
    [
        ((140,), 19, 20),
        ((70, 70, 70), 29, 20),
        ((70, 350, 70), 69, 20),
        ((35, 7, 35, 14, 35), 17, 15),
        ((70, 4, 70), 20, 21),
        ((70, 700, 70), 119, 20),
    ],
)
def test_empty_periods_pass_in_the_calendar(day_counts, calendar_end, count):
    periods = cut_periods(stamped(day_counts), length=PeriodLength(days=7.0))

    assert periods.count == count
    assert periods.calendar[-1] == calendar_end
    assert np.all(np.diff(periods.calendar) >= 1)


@pytest.mark.parametrize(
    "stray", ["1970-01-01", "1900-01-01", "2099-12-31", "2031-01-01", "2199-01-01", "2015-06-01"]
)
def test_a_stray_stamp_is_in_no_period(stray):
    times = pd.concat([stamped((140,)), pd.Series([pd.Timestamp(stray)])]).sort_values()

    periods = cut_periods(times.reset_index(drop=True), length=PeriodLength(days=7.0))

    assert periods.count == 20
    assert (periods.number == -1).sum() == 1
    assert "1 rows far outside the time of the others are in no period" in periods.notes
