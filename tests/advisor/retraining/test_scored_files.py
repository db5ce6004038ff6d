"""The guard counts errors as it was made to, whatever labels and predictions look like."""

import numpy as np
import pandas as pd
import pytest

from advisor.errors import AdvisorError
from advisor.retraining.drift_guard import Guard, ScoredPeriod, watch
from advisor.retraining.scored_file import read_scored
from benchmarks.errors import DataError
from benchmarks.storage.records import ErrorLoss

CLASSES = ErrorLoss(name="zero-one", class_labels=("0", "1"))


def guard(loss=None):
    return Guard(
        interval_periods=20,
        period="7 days",
        period_days=7.0,
        retrain_cost_usd=50.0,
        error_cost_usd=1.0,
        debt_threshold_cases=40.0,
        fluctuation_error_per_case=0.02,
        loss=loss,
    )


def rows(labels, predictions, *, count=800, break_at=400, times=None):
    """Rows of four weeks, right up to a row and as often wrong as right from there on."""
    at = pd.date_range("2026-01-13", periods=count, freq="100min")
    label = [labels[i % 2] for i in range(count)]
    guess = [
        predictions[i % 2] if i < break_at or i % 4 < 2 else predictions[1 - i % 2]
        for i in range(count)
    ]
    written = at.strftime("%Y-%m-%dT%H:%M:%S") if times is None else times(at)
    return pd.DataFrame({"ts": written, "y": label, "prediction": guess})


def read(tmp_path, table, loss=None, **options):
    path = tmp_path / "scored.csv"
    table.to_csv(path, index=False, **options)
    return read_scored(path, guard=guard(loss))


ALIKE = {
    "0 and 1": ((0, 1), (0, 1)),
    "with decimals": ((0, 1), (0.0, 1.0)),
    "one of them": ((0.0, 1.0), (0, 1)),
    "words": (("no", "yes"), ("no", "yes")),
    "blanks": (("no", "yes"), (" no", "yes ")),
    "quotes": (("no", "yes"), ("'no'", "'yes'")),
    "booleans": ((False, True), ("FALSE", "true")),
    "None is a class": (("None", "High"), ("None", "High")),
    "three digits": ((100, 200), ("100", "200")),
}


@pytest.mark.parametrize("case", ALIKE)
@pytest.mark.parametrize("loss", [None, ErrorLoss(name="zero-one")])
def test_labels_and_predictions_that_are_alike_are_compared(tmp_path, case, loss):
    found = read(tmp_path, rows(*ALIKE[case]), loss)

    errors = [period.error_per_case for period in found.periods]
    assert errors[0] == 0.0
    assert errors[-1] == pytest.approx(0.5, abs=0.02)
    assert watch(guard(loss), found.periods).action == "retrain now"


UNLIKE = {
    "yes and 1": (("no", "yes"), (0, 1), "labels are no, yes; predictions are 0, 1"),
    "case": (("No", "Yes"), ("no", "yes"), "labels are No, Yes; predictions are no, yes"),
    "brackets": ((0, 1), ("[0]", "[1]"), "predictions are [0], [1]"),
    "probabilities": ((0, 1), (0.12, 0.87), "predictions are 0.12, 0.87"),
    "true and 1": ((True, False), (1, 0), "labels are False, True; predictions are 0, 1"),
    "1 and 2": ((0, 1), (1, 2), "predictions are 1, 2"),
    "positions": (("a", "b"), (0, 1), "labels are a, b; predictions are 0, 1"),
}


@pytest.mark.parametrize("case", UNLIKE)
def test_two_spellings_are_refused_with_both_sets(tmp_path, case):
    labels, predictions, words = UNLIKE[case]

    with pytest.raises(AdvisorError) as caught:
        read(tmp_path, rows(labels, predictions), CLASSES)

    assert words in str(caught.value)
    assert "write both alike" in str(caught.value)


def numbers(count=800, break_at=400):
    rng = np.random.default_rng(0)
    truth = rng.normal(size=count)
    near = truth + 0.05 * rng.normal(size=count)
    noise = 2 * rng.normal(size=count)
    at = pd.date_range("2026-01-13", periods=count, freq="100min")
    guess = np.where(np.arange(count) < break_at, near, noise)
    return pd.DataFrame({"ts": at, "y": truth.round(4), "prediction": guess.round(4)})


def test_numbers_are_compared_by_their_distance_over_the_scale(tmp_path):
    table = numbers()
    loss = ErrorLoss(name="absolute", scale=0.7)

    found = read(tmp_path, table, loss)

    distance = (table["y"] - table["prediction"]).abs() / 0.7
    total = sum(p.case_count * p.error_per_case for p in found.periods)
    assert total == pytest.approx(distance.sum())
    assert watch(guard(loss), found.periods).action == "retrain now"


@pytest.mark.parametrize("mark", [".", ","])
def test_numbers_may_have_a_decimal_comma(tmp_path, mark):
    loss = ErrorLoss(name="absolute", scale=1.0)
    found = read(tmp_path, numbers(), loss, sep=";", decimal=mark)

    table = numbers()
    distance = (table["y"] - table["prediction"]).abs()[: found.periods[0].case_count]
    assert found.periods[0].error_per_case == pytest.approx(distance.mean())


def test_numbers_without_a_loss_are_asked_for_as_a_table(tmp_path):
    with pytest.raises(AdvisorError, match="give a table of periods, scored_at,n,error"):
        read(tmp_path, numbers())


def test_words_are_no_numbers(tmp_path):
    with pytest.raises(AdvisorError, match="y holds 'no', which is no number"):
        read(tmp_path, rows(("no", "yes"), (0, 1)), ErrorLoss(name="absolute", scale=1.0))


def test_probabilities_are_counted_where_the_guard_asks_for_them(tmp_path):
    loss = ErrorLoss(name="log", class_labels=("no", "yes"))

    found = read(tmp_path, rows(("no", "yes"), (0.2, 0.9), break_at=800), loss)

    assert found.periods[0].error_per_case == pytest.approx(
        -(np.log(0.8) + np.log(0.9)) / 2, rel=0.02
    )
    with pytest.raises(AdvisorError, match="labels are 0, 1; predictions are"):
        read(tmp_path, rows((0, 1), (0.2, 0.9)), loss)


def test_costs_of_both_errors_are_counted(tmp_path):
    loss = ErrorLoss(
        name="cost", class_labels=("0", "1"), false_positive_usd=2.0, false_negative_usd=10.0
    )
    found = read(tmp_path, rows((0, 1), (0, 1), break_at=0), loss)

    total = sum(p.case_count * p.error_per_case for p in found.periods)
    assert total == pytest.approx(200 * 2.0 + 200 * 10.0)


TIMES = {
    "day first": lambda at: at.strftime("%d/%m/%Y %H:%M:%S"),
    "month first": lambda at: at.strftime("%m/%d/%Y %I:%M:%S %p"),
    "epoch s": lambda at: [int(t.timestamp()) for t in at],
    "epoch ms": lambda at: [int(t.timestamp() * 1000) for t in at],
    "offset": lambda at: at.strftime("%Y-%m-%d %H:%M:%S+00:00"),
    "names": lambda at: at.strftime("%d %b %Y %H:%M:%S"),
}


@pytest.mark.parametrize("case", TIMES)
def test_times_are_read_as_in_any_other_file(tmp_path, case):
    expected = read(tmp_path, rows((0, 1), (0, 1)))

    assert read(tmp_path, rows((0, 1), (0, 1), times=TIMES[case])).periods == expected.periods


def test_times_that_fit_both_orders_are_refused(tmp_path):
    table = rows(
        (0, 1), (0, 1), count=12, times=lambda at: [f"0{i % 6 + 1}/02/2026" for i in range(12)]
    )

    with pytest.raises(DataError, match="day first and month first"):
        read(tmp_path, table)


def test_rows_without_a_prediction_are_told(tmp_path):
    table = rows((0, 1), (0, 1))
    table.loc[3, "prediction"] = np.nan

    assert "1 rows without a prediction were left out" in read(tmp_path, table).notes


@pytest.mark.parametrize("loss", [None, CLASSES])
def test_a_reference_without_a_right_case_is_never_nothing(loss):
    periods = [ScoredPeriod(case_count=50, error_per_case=1.0)] * 4

    with pytest.raises(AdvisorError, match="0 of 150 cases right in the first 3 periods"):
        watch(guard(loss), periods)


def test_a_table_of_periods_is_sorted_by_its_dates(tmp_path):
    table = pd.DataFrame(
        {
            "scored_at": ["28/01/2026", "04/02/2026", "11/02/2026"][::-1],
            "n": [100, 200, 300][::-1],
            "error": [0.1, 0.2, 0.3][::-1],
        }
    )

    assert [p.case_count for p in read(tmp_path, table).periods] == [100, 200, 300]


def test_classes_that_are_swapped_are_no_reference(tmp_path):
    rows = [f"2026-01-{1 + i // 24:02d}T{i % 24:02d}:00:00,{i % 2},{1 - i % 2}" for i in range(96)]
    path = tmp_path / "scored.csv"
    path.write_text("ts,y,prediction\n" + "\n".join([*rows, "2026-01-05T00:00:00,1,1"]) + "\n")
    known = guard(loss=ErrorLoss(name="zero-one", class_labels=("0", "1")))

    with pytest.raises(AdvisorError, match=r"1 of 97 cases right .* no classes swapped"):
        watch(known, read_scored(path, guard=known).periods)


def test_numbers_in_another_unit_are_no_reference():
    known = guard(loss=ErrorLoss(name="absolute", scale=2.0))

    with pytest.raises(AdvisorError, match=r"off by 900 times .* in one unit"):
        watch(known, [ScoredPeriod(case_count=9, error_per_case=900.0)] * 3)


def test_probabilities_in_per_cent_are_no_classes(tmp_path):
    rows = [
        f"2026-01-{1 + i // 24:02d}T{i % 24:02d}:00:00,{i % 2},{10 + 80 * (i % 2)}%"
        for i in range(96)
    ]
    path = tmp_path / "scored.csv"
    path.write_text("ts,y,prediction\n" + "\n".join(rows) + "\n")
    known = guard(loss=ErrorLoss(name="zero-one", class_labels=("0", "1")))

    with pytest.raises(AdvisorError, match=r"labels are 0, 1; predictions are 0\.1, 0\.9"):
        read_scored(path, guard=known)
