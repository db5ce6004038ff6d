"""`advisor cadence` and its watch, from the command line to the last key."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from cadence_matrices import cells, linear, saturating

from advisor.cli import run
from advisor.cli.cadence_words import span_words
from advisor.cli.recommend import answer_of
from advisor.report.words import days
from tests.faces.pages import measured_study
from tests.given import STREAMS, needs_streams


def matrix_file(tmp_path, rows, *, dates=None):
    def when(period):
        return period if dates is None else f"{dates + pd.Timedelta(days=7 * period):%Y-%m-%d}"

    path = tmp_path / "matrix.csv"
    body = [
        f"{when(c.trained_at)},{when(c.scored_at)},{c.case_count},{float(c.error_per_case)!r}"
        for c in rows
    ]
    path.write_text("\n".join(["trained_at,scored_at,n,error", *body]) + "\n")
    return path


def answer(capsys, *arguments):
    code = run(["cadence", *map(str, arguments), "--json"])
    assert code == 0
    return json.loads(capsys.readouterr().out)


def test_an_error_matrix_gives_the_square_root_law_and_every_key_of_the_contract(tmp_path, capsys):
    path = matrix_file(tmp_path, cells(linear(1e-4), trend=0.001))
    found = answer(capsys, "--error-matrix", path, "--error-cost-usd", 2, "--retrain-cost-usd", 50)

    assert found["t_star_periods"] == pytest.approx(22.36, abs=0.01)
    assert found["rho"] == pytest.approx(0.025)
    assert found["interval_days"] is None
    assert found["decay"]["slope_per_period"] == pytest.approx(1e-4)
    assert (found["decay"]["model"], found["decay"]["basis"]) == ("linear", "measured")
    assert found["trainings"] == 8
    assert found["probability_never"] == 0.0
    assert any("difficulty trend" in note for note in found["diagnostics"])
    low, high = found["interval_80"]
    assert low <= found["t_star_periods"] <= (high or math.inf)
    assert found["band_5pct"][0] <= found["band_1pct"][0] <= found["t_star_periods"]
    cost = found["cost_per_period"]
    periods = found["interval_periods"]
    assert cost["training"] == pytest.approx(50 / periods)
    assert cost["excess_error"] == pytest.approx(2000 * 1e-4 * (periods - 1) / 2, rel=1e-6)


def test_a_study_gives_the_price_of_a_retrain_unless_one_is_given(tmp_path, capsys):
    path, study = matrix_file(tmp_path, cells(linear(1e-4))), measured_study(tmp_path)
    told = answer_of(study, overrides=[], store=None, on=None, what_if=False)
    usd = told.retraining.retrain_usd

    asked = ("--error-matrix", path, "--study", study, "--error-cost-usd", 100)
    found = answer(capsys, *asked)
    given = answer(capsys, *asked, "--retrain-cost-usd", 50)

    training = found["cost_per_period"]["training"]
    assert training * found["interval_periods"] == pytest.approx(usd)
    assert given["cost_per_period"]["training"] * given["interval_periods"] == pytest.approx(50)


def test_a_study_alone_gives_the_interval_of_its_answer(tmp_path, capsys):
    study = measured_study(tmp_path)
    told = answer_of(study, overrides=[], store=None, on=None, what_if=False).retraining
    found = answer(capsys, "--study", study)

    assert told.interval_days is not None
    assert found["interval_days"] == told.interval_days
    assert found["interval_periods"] == told.interval_days / 7
    assert found["trainings"] == 8
    per_month = found["cost_per_period"]["training"] * (730 / 24) / 7
    assert per_month == pytest.approx(told.usd_per_month)


def test_what_is_given_beside_a_study_wins_over_it(tmp_path, capsys):
    study = measured_study(tmp_path)
    found = answer(capsys, "--study", study)
    dear = answer(capsys, "--study", study, "--error-cost-usd", 4, "--label-delay", "7d")

    assert dear["t_star_periods"] == pytest.approx(found["t_star_periods"] / 2, rel=1e-3)
    assert dear["label_delay_periods"] == 1


def test_a_study_that_gives_its_decay_needs_no_back_test(tmp_path, capsys):
    study = measured_study(tmp_path)
    study.write_text(study.read_text() + "  decay_per_day: 0.0004\n", encoding="utf-8")
    found = answer(capsys, "--study", study)

    assert (found["decay"]["basis"], found["trainings"]) == ("input", 0)
    assert found["interval_80"] == [None, None]
    assert found["decay"]["slope_per_period"] == pytest.approx(7 * 0.0004)


def test_dates_give_the_interval_in_days(tmp_path, capsys):
    rows = cells(saturating(0.05, 10.0))
    path = matrix_file(tmp_path, rows, dates=pd.Timestamp("2024-01-07"))
    found = answer(capsys, "--error-matrix", path, "--retrain-cost-usd", 200, "--error-cost-usd", 1)

    assert found["period"] == "7 days"
    assert found["interval_days"] == 7 * found["interval_periods"]
    assert found["decay"]["amplitude"] == pytest.approx(0.05, rel=1e-3)
    assert found["decay"]["tau_periods"] == pytest.approx(10.0, rel=1e-3)
    assert found["t_star_periods"] == pytest.approx(13.7642, abs=1.0)


def test_a_retrain_dearer_than_amplitude_times_tau_is_never(tmp_path, capsys):
    path = matrix_file(tmp_path, cells(saturating(0.05, 10.0)))
    found = answer(capsys, "--error-matrix", path, "--retrain-cost-usd", 501, "--error-cost-usd", 1)

    assert (found["t_star_periods"], found["interval_periods"]) == (None, None)
    assert found["probability_never"] == 1.0


def test_four_times_the_cost_doubles_and_four_times_the_volume_halves(tmp_path, capsys):
    path = matrix_file(tmp_path, cells(linear(1e-3)))
    common = ["--error-matrix", path, "--error-cost-usd", 2]
    once = answer(capsys, *common, "--retrain-cost-usd", 50)
    dear = answer(capsys, *common, "--retrain-cost-usd", 200)
    busy = answer(capsys, *common, "--retrain-cost-usd", 50, "--cases-per-period", 4000)

    assert dear["t_star_periods"] == pytest.approx(2 * once["t_star_periods"], rel=1e-4)
    assert busy["t_star_periods"] == pytest.approx(once["t_star_periods"] / 2, rel=1e-4)


def test_what_is_beyond_the_horizon_is_never(tmp_path, capsys):
    path = matrix_file(tmp_path, cells(linear(1e-4)), dates=pd.Timestamp("2024-01-07"))
    asked = ["--error-matrix", path, "--retrain-cost-usd", 500, "--error-cost-usd", 2]
    usual, longer = answer(capsys, *asked), answer(capsys, *asked, "--horizon-months", 36)

    assert usual["t_star_periods"] == longer["t_star_periods"] == pytest.approx(70.7, abs=0.1)
    assert usual["interval_days"] is None
    assert longer["interval_days"] == 546


@pytest.mark.parametrize(("months", "dated"), [("0", True), ("inf", True), ("12", False)])
def test_a_horizon_that_cannot_be_is_refused(tmp_path, capsys, months, dated):
    rows = cells(linear(1e-4))
    path = matrix_file(tmp_path, rows, dates=pd.Timestamp("2024-01-07") if dated else None)

    assert run(["cadence", "--error-matrix", str(path), "--horizon-months", months]) == 1
    assert "--horizon-months" in capsys.readouterr().err


def test_two_tiers_and_the_present_interval_are_told(tmp_path, capsys):
    path = matrix_file(tmp_path, cells(linear(1e-3)))
    arguments = ["--error-matrix", path, "--retrain-cost-usd", 50, "--error-cost-usd", 2]
    found = answer(capsys, *arguments, "--redevelop-cost-usd", 800, "--now", 1)

    assert found["redevelopment"]["t_star_periods"] == pytest.approx(4 * found["t_star_periods"])
    assert found["break_even_error_cost_usd"] == pytest.approx(2 * 50 / (1000 * 1e-3))
    assert run(["cadence", *map(str, arguments), "--now", "1"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("Retrain every ")
    assert "You are here: every 1 periods" in text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("trained_at,scored_at,n\n1,2,3\n", "no column 'error'"),
        ("trained_at,scored_at,n,error\n", "no row below the header"),
        ("trained_at,scored_at,n,error\n1,2,3,bad\n", "line 2: error is 'bad'"),
        ("trained_at,scored_at,n,error\n1,2,-3,0.1\n", "line 2: n is '-3'"),
        ("trained_at,scored_at,n,error\nsoon,2,3,0.1\n", "trained_at is 'soon'"),
        ("trained_at,scored_at,n,error\n1,2,3,0.1\n1,3,3,0.1\n", "single training"),
        ("trained_at,scored_at,n,error\n3,2,3,0.1\n1,3,3,0.1\n", "only be scored on later"),
        ("trained_at,scored_at,n,error\n1,2,0,0.1\n", "all rows have n = 0"),
    ],
)
def test_a_malformed_matrix_ends_in_one_line_and_exit_code_one(tmp_path, capsys, content, words):
    path = tmp_path / "matrix.csv"
    path.write_text(content)

    assert run(["cadence", "--error-matrix", str(path)]) == 1
    shown = capsys.readouterr()
    assert words in shown.err
    assert shown.err.count("\n") == 1
    assert shown.out == ""


def test_neither_data_nor_matrix_is_refused(capsys):
    assert run(["cadence"]) == 1
    assert "give a data file" in capsys.readouterr().err


@pytest.fixture
def guard_file(tmp_path):
    matrix = matrix_file(tmp_path, cells(linear(1e-3)), dates=pd.Timestamp("2024-01-07"))
    path = tmp_path / "guard.json"
    money = ["--retrain-cost-usd", "50", "--error-cost-usd", "2"]
    assert run(["cadence", "--error-matrix", str(matrix), *money, "--guard", str(path)]) == 0
    return path


def watched(capsys, tmp_path, guard_file, table, *options):
    capsys.readouterr()
    scored = tmp_path / "scored.csv"
    table.to_csv(scored, index=False)
    code = run(["cadence", "watch", str(scored), "--guard", str(guard_file), "--json", *options])
    return code, json.loads(capsys.readouterr().out)


def periods(errors, **columns):
    return pd.DataFrame({"scored_at": range(len(errors)), "n": 1000, "error": errors} | columns)


def test_the_guard_file_holds_the_threshold_in_cases(guard_file):
    found = json.loads(guard_file.read_text())

    assert found["debt_threshold_cases"] == pytest.approx(2 * 50 / 2)
    assert found["period_days"] == 7.0
    assert found["interval_periods"] >= 7


@pytest.mark.parametrize(
    ("errors", "action"),
    [
        ([0.10, 0.10, 0.10], "nothing"),
        ([0.10, 0.10, 0.10, 0.14, 0.15], "retrain now"),
        ([0.10, 0.10, 0.10, 0.30, 0.10], "nothing"),
        ([0.1] * 30, "retrain now"),
    ],
    ids=["quiet", "debt", "one bad period that passed", "the calendar"],
)
def test_watch_says_what_the_periods_ask_for(capsys, tmp_path, guard_file, errors, action):
    code, found = watched(capsys, tmp_path, guard_file, periods(errors))

    assert (code, found["action"]) == (0, action)
    reference = np.mean(errors[:3])
    assert found["debt_usd"] == pytest.approx(2 * 1000 * (np.array(errors) - reference).sum())


def test_a_last_retrain_that_was_worth_little_asks_for_a_new_plan(capsys, tmp_path, guard_file):
    table = periods([0.10] * 4, previous_error=[0.1001] * 4)
    _, found = watched(capsys, tmp_path, guard_file, table)

    assert found["action"] == "re-plan"
    assert found["last_retrain_worth_usd"] == pytest.approx(2 * 4 * 1000 * 0.0001)


def test_rows_with_predictions_are_cut_into_the_guards_periods(capsys, tmp_path, guard_file):
    at = pd.date_range("2025-01-01", periods=280, freq="6h")
    wrong = np.r_[np.zeros(84), np.tile([0, 1], 98)]
    table = pd.DataFrame({"ts": at, "y": 1, "prediction": 1 - wrong.astype(int)})
    code, found = watched(capsys, tmp_path, guard_file, table, "--exit-code")

    assert found["age_periods"] == 10
    assert (code, found["action"]) == (2, "retrain now")


def test_unlabelled_rows_raise_a_weak_alarm_only(capsys, tmp_path, guard_file):
    pytest.importorskip("river")
    at = pd.date_range("2025-01-01", periods=3000, freq="1h")
    score = np.where(np.arange(3000) < 1500, 0.2, 0.8)
    label = np.where(np.arange(3000) < 400, 1.0, np.nan)
    table = pd.DataFrame({"ts": at, "y": label, "prediction": 1, "score": score})
    _, found = watched(capsys, tmp_path, guard_file, table)

    assert found["action"] == "nothing"
    assert found["weak_signals"][0].startswith("weak: the model's scores shift at row")


@pytest.mark.parametrize(
    ("guard", "table", "words"),
    [
        (None, "scored_at,n,error\n1,10,0.1\n", "writes it"),
        ("{}", "scored_at,n,error\n1,10,0.1\n", "write the guard anew"),
        ("good", "when,how\n1,2\n", "give scored_at,n,error per period"),
        ("good", "scored_at,n,error\n1,0,0.1\n", "n must be 1 or more"),
        ("good", "scored_at,n,error\n", "no scored period"),
    ],
)
def test_what_watch_cannot_use_is_told(capsys, tmp_path, guard_file, guard, table, words):
    scored = tmp_path / "scored.csv"
    scored.write_text(table)
    if guard is None:
        guard_file.unlink()
    elif guard != "good":
        guard_file.write_text(guard)
    capsys.readouterr()

    assert run(["cadence", "watch", str(scored), "--guard", str(guard_file)]) == 1
    assert words in capsys.readouterr().err


def test_a_file_without_a_time_column_named_is_told_which_option(tmp_path, capsys):
    (tmp_path / "x.csv").write_text("a,y\n1,0\n", encoding="utf-8")

    assert run(["cadence", str(tmp_path / "x.csv"), "--target", "y"]) == 1
    assert "Name it with --time" in capsys.readouterr().err


@pytest.mark.slow
@needs_streams
def test_the_electricity_stream_is_planned_from_end_to_end(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    found = answer(
        capsys,
        *[STREAMS / "elec2.parquet", "--target", "y", "--time", "ts"],
        *["--ignore", "nswprice_unused", "--retrain-cost-usd", 20],
    )

    assert (found["period"], found["trainings"]) == ("7 days", 8)
    assert found["decay"]["basis"] == "measured"
    assert 0 < found["cost_per_period"]["unavoidable_error"] < 336


@pytest.mark.slow
def test_simulated_data_are_back_tested_from_end_to_end(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    source = "simulated:linear,rows=6000,periods=40"
    found = answer(capsys, source, "--model", "linear", "--period", "7d", "--retrain-cost-usd", 15)

    assert found["trainings"] == 8
    assert found["period"] == "7 days"
    assert 2 <= found["t_star_periods"] <= 30
    assert len(list((tmp_path / ".cache").rglob("*.json"))) == 8


def test_a_chart_shows_the_zone_and_where_the_team_is(tmp_path, capsys):
    path = matrix_file(tmp_path, cells(linear(1e-3)))
    for name in ("plan.svg", "plan.html"):
        found = answer(
            capsys, "--error-matrix", path, "--retrain-cost-usd", 50, "--now", 3,
            "--chart", tmp_path / name,
        )  # fmt: skip
        text = (tmp_path / name).read_text()
        assert "you are here: 3 periods" in text
        assert "within 5%" in text
        assert "Age of the model when it scored, periods" in text
        assert f"advised: {found['interval_periods']} periods" in text
        assert "USD per period" in text


def test_a_chart_of_dated_periods_speaks_of_days_and_is_the_same_twice(tmp_path, capsys):
    path = matrix_file(tmp_path, cells(linear(1e-3)), dates=pd.Timestamp("2024-01-07"))
    asked = ["--error-matrix", path, "--retrain-cost-usd", 50, "--chart"]
    found = answer(capsys, *asked, tmp_path / "one.svg")
    answer(capsys, *asked, tmp_path / "two.svg")

    text = (tmp_path / "one.svg").read_text()
    assert f"advised: {days(found['interval_days'])}" in text
    assert "USD per month" in text
    assert text == (tmp_path / "two.svg").read_text()


def test_a_chart_of_another_kind_is_refused(tmp_path, capsys):
    path = matrix_file(tmp_path, cells(linear(1e-3)))
    code = run(["cadence", "--error-matrix", str(path), "--chart", str(tmp_path / "plan.gif")])
    assert code == 1
    assert ".svg or .html" in capsys.readouterr().err


def test_late_labels_leave_the_linear_interval_and_are_said(tmp_path, capsys):
    path = matrix_file(tmp_path, cells(linear(1e-4)))
    common = ["--error-matrix", path, "--error-cost-usd", 2, "--retrain-cost-usd", 50]
    once, late = answer(capsys, *common), answer(capsys, *common, "--label-delay", 5)

    assert late["t_star_periods"] == pytest.approx(once["t_star_periods"])
    more = sum(late["cost_per_period"].values()) - sum(once["cost_per_period"].values())
    assert more == pytest.approx(2 * 1000 * 1e-4 * 5, rel=1e-6)
    assert late["label_delay_periods"] == 5


def test_spot_and_a_warm_start_are_ways_with_their_own_plans(tmp_path, capsys):
    path = matrix_file(tmp_path, cells(linear(1e-4)))
    folder = tmp_path / "warm"
    folder.mkdir()
    warm = matrix_file(folder, cells(linear(4e-4)))
    found = answer(
        capsys, "--error-matrix", path, "--error-cost-usd", 2, "--retrain-cost-usd", 50,
        "--spot-retrain-cost-usd", 12.5, "--warm-retrain-cost-usd", 50,
        "--warm-error-matrix", warm,
    )  # fmt: skip
    ways = {way["name"]: way for way in found["ways"]}

    # A quarter of the cost, or four times the decay, halves the interval.
    half = pytest.approx(found["t_star_periods"] / 2, rel=0.01)
    assert ways["training on spot"]["t_star_periods"] == half
    assert ways["a warm start"]["t_star_periods"] == half
    assert ways["training on spot"]["usd_per_period"] < ways["as planned"]["usd_per_period"]


def test_a_warm_start_without_its_decay_is_refused(tmp_path, capsys):
    path = matrix_file(tmp_path, cells(linear(1e-4)))
    code = run(["cadence", "--error-matrix", str(path), "--warm-retrain-cost-usd", "5"])
    assert code == 1
    assert "--warm-error-matrix" in capsys.readouterr().err


def test_growing_data_are_told_from_a_learning_curve(tmp_path, capsys):
    path = matrix_file(tmp_path, cells(linear(1e-4), trend=0.001))
    curve = tmp_path / "curve.csv"
    sizes = [1000, 2000, 4000, 8000]
    curve.write_text("rows,error\n" + "".join(f"{n},{0.05 + 2 * n**-0.5}\n" for n in sizes))
    found = answer(
        capsys, "--error-matrix", path, "--learning-curve", curve, "--cases-per-period", 100
    )["growth"]

    assert found["basis"] == "measured"
    assert found["power"] == pytest.approx(0.5, abs=0.03)
    halved = 2 * (16_000**-0.5 - 8_000**-0.5)  # c + k N^-b at twice the rows, less that now
    assert found["error_after_doubling"] == pytest.approx(halved, rel=0.05)
    step = 2 * (8_000**-0.5 - 8_100**-0.5)  # what one period of 100 new rows changes
    assert found["slope_per_period"] == pytest.approx(step, rel=0.05)


def test_an_exponent_alone_tells_how_the_interval_grows(tmp_path, capsys):
    path = matrix_file(tmp_path, cells(linear(1e-4), trend=0.001))
    found = answer(capsys, "--error-matrix", path, "--learning-power", 1)["growth"]

    assert found["interval_growth"] == pytest.approx(2.0)
    assert found["basis"] == "input"
    assert found["slope_per_period"] is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("rows,error\n100,0.1\n200,0.1\n400,0.1\n800,0.1\n", "does not fall"),
        ("rows,loss\n100,0.1\n", "no column 'error'"),
        ("rows,error\n100,-1\n", "line 2: error is '-1'"),
        ("rows,error\n", "no row below the header"),
    ],
)
def test_a_learning_curve_that_is_none_is_refused_in_a_line(tmp_path, capsys, text, told):
    path = matrix_file(tmp_path, cells(linear(1e-4), trend=0.001))
    curve = tmp_path / "curve.csv"
    curve.write_text(text)

    assert run(["cadence", "--error-matrix", str(path), "--learning-curve", str(curve)]) == 1
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("span", "words"),
    [
        ((None, None), "never on a schedule"),
        ((255, None), "255 periods to never"),
        ((3, 3), "3 periods"),
        ((3, 8), "3 to 8 periods"),
    ],
)
def test_a_span_of_periods_reads_as_words(span, words):
    assert span_words(span) == words
