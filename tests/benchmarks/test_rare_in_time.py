"""Classes that are rare, or not there, in the newest rows: what the test holds and what is told."""

import numpy as np
import pandas as pd
import pytest

from advisor.decision.answer.words import blind_words
from benchmarks.data.datasets import load_data
from benchmarks.data.splits import split_rows
from benchmarks.errors import DataError

ROWS = 500


def stream(folder, places, *, metric="auto", label="bad"):
    """Rows in time order, all 'ok' but for some places."""
    target = np.array(["ok"] * ROWS, dtype=object)
    target[places] = label
    times = pd.date_range("2025-01-01", periods=ROWS, freq="h")
    values = np.random.default_rng(0).normal(size=ROWS)
    pd.DataFrame({"t": times, "x": values, "y": target}).to_csv(folder / "a.csv", index=False)
    return load_data(source=None, path="a.csv", target="y", time="t", folder=folder, metric=metric)


CASES = {
    "two in the newest fifth": ([10, 450], 400, 1, None),
    "the last just before it": ([10, 350], 350, 1, "reaches further back"),
    "the last in the middle": ([10, 250], 250, 1, "reaches further back"),
    "the last in the older half": ([10, 100, 200], 400, 0, "has no case of the class 'bad'"),
    "in the newest fifth only": ([420, 430, 440], 400, 3, "occurs in the test only"),
    "one row, early": ([10], 400, 0, "has no case of the class 'bad'"),
    "plenty, all early": (list(range(100)), 400, 0, "has no case of the class 'bad'"),
    "plenty, everywhere": (list(range(0, 500, 5)), 400, 20, None),
}


@pytest.mark.parametrize("case", CASES)
def test_the_newest_rows_hold_a_case_of_each_class_or_it_is_told(tmp_path, case):
    places, start, in_test, words = CASES[case]

    data = stream(tmp_path, places)
    trained, tested = split_rows(data, seed=3)

    assert tested.tolist() == list(range(start, ROWS))
    assert trained.tolist() == list(range(start))
    assert data.spec.rarest_test_rows == in_test
    assert data.spec.accuracy_is_blind is (in_test < 10)
    told = [note for note in data.notes if "newest" in note or "test only" in note]
    assert bool(told) is (words is not None)
    assert words is None or words in " ".join(told)


def test_a_metric_of_two_classes_is_refused_on_a_test_with_one(tmp_path):
    with pytest.raises(DataError, match="roc_auc needs two classes in the test"):
        stream(tmp_path, [10, 20, 30], metric="roc_auc")


def test_the_answer_speaks_of_the_newest_rows_where_these_lack_a_class():
    assert "newest rows has 0 of a class" in blind_words(400, row_count=1_000, test_rows=0)
    assert "rarest class has 3" in blind_words(3, row_count=1_000, test_rows=0)
