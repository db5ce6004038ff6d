"""Data of every kind load without being prepared; what is wrong ends in one clear line."""

import json
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.data.datasets import load_data
from benchmarks.data.features import features_from_rows, served_rows
from benchmarks.data.splits import split_rows, thin_rows
from benchmarks.data.tabular_files import evenly_spaced
from benchmarks.errors import DataError


def mixed(row_count=60):
    """One column of each kind that people have."""
    numbers = np.arange(row_count, dtype=float)
    return pd.DataFrame(
        {
            "age": np.where(numbers % 7 == 0, np.nan, numbers),
            "ratio": np.where(numbers % 11 == 0, np.inf, numbers / 3),
            "colour": [("red", "green", None)[i % 3] for i in range(row_count)],
            "active": [i % 2 == 0 for i in range(row_count)],
            "since": pd.date_range("2025-01-01", periods=row_count, freq="D"),
            "note": [f"text {i}" for i in range(row_count)],
            "y": [("no", "yes")[i % 2] for i in range(row_count)],
        }
    )


def load(tmp_path, frame=None, **changes):
    settings = {"source": None, "path": "data.csv", "target": "y", "time": None}
    if frame is not None:
        path = tmp_path / str(changes.get("path", "data.csv"))
        frame.to_parquet(path) if path.suffix == ".parquet" else frame.to_csv(path, index=False)
    return load_data(**(settings | changes), folder=tmp_path)


# What works ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["data.csv", "data.parquet"])
def test_columns_of_every_kind_load_without_being_prepared(tmp_path, path):
    data = load(tmp_path, mixed(), path=path)

    assert data.kinds == {
        "age": "number",
        "ratio": "number",
        "colour": "category",
        "active": "number",
        "since": "date",
        "note": "category",
    }
    assert data.spec.task == "classification"
    assert data.class_labels == ("no", "yes")
    assert data.y.tolist()[:3] == [0, 1, 0]
    assert not np.isinf(data.X["ratio"]).any()
    assert "column 'ratio': 6 infinite values were treated as missing" in data.notes


def test_csv_and_parquet_of_the_same_table_are_the_same_data(tmp_path):
    from_csv = load(tmp_path, mixed())
    from_parquet = load(tmp_path, mixed(), path="data.parquet")

    assert from_csv.spec.sha256 == from_parquet.spec.sha256


def test_other_rows_are_other_data(tmp_path):
    changed = mixed()
    changed.loc[5, "age"] = 99.0

    assert load(tmp_path, mixed()).spec.sha256 != load(tmp_path, changed).spec.sha256


def test_a_name_of_a_column_may_hold_other_delimiters(tmp_path):
    """`a|b|c|d` was taken for four columns: the mark that is most common is not what separates."""
    names = {"age": "=cmd|'/C calc'!A0|x|y", "ratio": "a;b;c;d;e"}
    mixed().rename(columns=names).to_csv(tmp_path / "data.csv", index=False)

    data = load(tmp_path)
    assert set(names.values()) < set(data.kinds)


def test_a_file_whose_name_nearly_fits_is_named(tmp_path):
    mixed().to_csv(tmp_path / "data.csv", index=False)

    with pytest.raises(DataError, match=r"did you mean data\.csv\?"):
        load(tmp_path, path="data.cvs")
    with pytest.raises(DataError, match="cannot be read"):
        load(tmp_path, path="da\0ta.csv")


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path, delimiter):
    mixed().to_csv(tmp_path / "data.csv", index=False, sep=delimiter)

    assert len(load(tmp_path).kinds) == 6


@pytest.mark.parametrize(
    ("target", "task"),
    [
        (np.arange(60) % 3, "classification"),
        (np.arange(60) % 2 == 0, "classification"),
        ((np.arange(60) % 2).astype(float), "classification"),
        (np.arange(60), "regression"),
        ((np.arange(60) % 5) / 2, "regression"),
        ([("a", "b")[i % 2] for i in range(60)], "classification"),
    ],
)
def test_the_task_is_told_from_the_target(tmp_path, target, task):
    assert load(tmp_path, mixed().assign(y=target)).spec.task == task


def test_without_a_target_the_task_is_clustering(tmp_path):
    data = load(tmp_path, mixed().drop(columns="y"), target=None)

    assert data.spec.task == "clustering"
    assert data.spec.metric == "silhouette"
    assert data.y is None


def test_the_target_is_no_feature_when_clustering_is_asked_for():
    data = load_data(
        source="builtin:wine", path=None, target=None, time=None, task="clustering", folder=Path()
    )

    assert "target" not in data.X.columns
    assert data.spec.target is None


def test_time_label_time_and_ignored_columns_are_no_features(tmp_path):
    frame = mixed().assign(known=pd.date_range("2025-02-01", periods=60, freq="D"))

    data = load(
        tmp_path, frame, path="data.parquet", time="since", label_time="known", ignore=["note"]
    )

    assert list(data.X.columns) == ["age", "ratio", "colour", "active"]
    assert data.label_time is not None
    assert data.time is not None


def test_rows_are_put_in_time_order(tmp_path):
    shuffled = mixed().sample(frac=1.0, random_state=0)

    data = load(tmp_path, shuffled, time="since")

    assert data.time.is_monotonic_increasing
    assert data.X["age"].dropna().is_monotonic_increasing


def test_times_with_a_zone_become_utc(tmp_path):
    times = [f"2025-01-{day:02d}T00:00:00+02:00" for day in range(1, 31)]

    data = load(tmp_path, mixed(30).assign(since=times), time="since")

    assert data.time.iloc[1] == pd.Timestamp("2025-01-01T22:00:00")


def test_rows_without_target_or_time_are_left_out_and_counted(tmp_path):
    frame = mixed()
    frame.loc[:4, "y"] = None
    frame.loc[10, "since"] = pd.NaT

    data = load(tmp_path, frame, time="since")

    assert data.row_count == 54
    assert "5 rows without a target were left out" in data.notes
    assert "1 rows without a time were left out" in data.notes


def test_a_column_without_values_is_left_out(tmp_path):
    data = load(tmp_path, mixed().assign(empty=np.nan))

    assert "empty" not in data.kinds
    assert "column 'empty' has no values and was left out" in data.notes


@pytest.mark.parametrize("name", ["breast_cancer", "digits", "wine", "diabetes"])
def test_built_in_data_bring_their_target(name):
    data = load_data(source=f"builtin:{name}", path=None, target=None, time=None, folder=Path())

    assert data.spec.target == "target"
    assert data.spec.task == ("regression" if name == "diabetes" else "classification")
    assert not data.spec.simulated


def test_simulated_data_say_so():
    data = load_data(
        source="simulated:linear,rows=600,periods=20",
        path=None,
        target=None,
        time=None,
        folder=Path(),
    )

    assert data.spec.simulated
    assert data.time is not None


# Sampling -----------------------------------------------------------------------------------------


def numbered(row_count):
    return pd.DataFrame(
        {"x": np.arange(row_count), "y": np.arange(row_count) % 2, "z": ["same text"] * row_count}
    )


@pytest.mark.parametrize("path", ["data.csv", "data.parquet"])
def test_a_sample_is_spread_over_the_file_in_order(tmp_path, path):
    data = load(tmp_path, numbered(10_000), path=path, max_rows=1_000)

    kept = data.X["x"]
    assert data.row_count == 1_000
    assert data.spec.row_count == 10_000
    assert kept.is_monotonic_increasing
    assert np.histogram(kept, bins=10, range=(0, 10_000))[0].tolist() == [100] * 10
    assert data.y.mean() == pytest.approx(0.5, abs=0.1)  # what alternates is not sampled in step
    assert any("1,000 of 10,000 rows were used" in note for note in data.notes)


@given(st.integers(1, 60), st.integers(1, 60))
def test_evenly_spaced_rows_are_in_order_each_once_and_nowhere_dense(row_count, wanted):
    kept_count = min(row_count, wanted)

    rows = evenly_spaced(row_count, kept_count)

    assert len(rows) == kept_count
    assert sorted(set(rows)) == rows
    assert all(
        abs(row - i * row_count / kept_count) <= row_count / kept_count
        for i, row in enumerate(rows)
    )


def test_a_large_csv_is_sampled_without_reading_all_of_it(tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.data.tabular_files.WHOLE_CSV_BYTES", 1_000)

    data = load(tmp_path, numbered(50_000), max_rows=1_000)

    assert data.spec.row_count == 50_000
    assert data.row_count == pytest.approx(1_000, rel=0.1)
    assert data.X["x"].is_monotonic_increasing
    assert data.X["x"].max() > 49_000


def test_a_large_csv_with_line_breaks_in_fields_is_sampled_whole_records(tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.data.tabular_files.WHOLE_CSV_BYTES", 1_000)
    frame = numbered(5_000).assign(z="two\nlines")

    data = load(tmp_path, frame, max_rows=1_000)

    assert data.spec.row_count == 5_000
    assert data.row_count == 1_000
    assert set(data.X["z"]) == {"two\nlines"}


def test_a_large_parquet_file_is_sampled_from_a_part_of_its_row_groups(tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.data.tabular_files.PARQUET_READ_CELLS", 3 * 20_000)
    numbered(100_000).to_parquet(tmp_path / "data.parquet", row_group_size=500)

    data = load(tmp_path, path="data.parquet", max_rows=1_000)

    assert data.spec.row_count == 100_000
    assert data.row_count == pytest.approx(1_000, rel=0.1)
    assert data.X["x"].is_monotonic_increasing
    assert data.X["x"].min() < 500
    assert data.X["x"].max() >= 99_500
    assert data.X["x"].floordiv(500).nunique() == 40  # of 200 groups, a fifth of the rows


def test_a_wide_table_is_sampled_by_its_values(tmp_path):
    wide = pd.DataFrame(np.zeros((3_000, 20))).assign(y=np.arange(3_000) % 2)

    data = load(tmp_path, wide, path="data.csv", max_cells=21 * 1_500)

    assert data.row_count == 1_500


# Splits -------------------------------------------------------------------------------------------


def test_time_stamped_data_are_tested_on_the_last_fifth_whatever_the_seed(tmp_path):
    data = load(tmp_path, mixed(), time="since")

    for seed in (0, 1):
        train, test = split_rows(data, seed=seed)
        assert train.tolist() == list(range(48))
        assert test.tolist() == list(range(48, 60))


def test_other_data_are_split_by_seed_with_each_class_in_its_proportion(tmp_path):
    data = load(tmp_path, numbered(1_000).assign(y=np.arange(1_000) % 10 == 0))

    first, again, other = (split_rows(data, seed=seed)[1].tolist() for seed in (0, 0, 1))

    assert first == again != other
    for rows in (first, other):
        assert data.y[rows].sum() == pytest.approx(20, abs=1)


def test_a_split_loses_and_repeats_no_row(tmp_path):
    data = load(tmp_path, mixed())

    train, test = split_rows(data, seed=3)

    assert sorted([*train, *test]) == list(range(60))


def test_smaller_subsets_lie_within_larger_ones_and_keep_every_class(tmp_path):
    data = load(tmp_path, numbered(1_000).assign(y=np.arange(1_000) % 100 == 0))
    rows = np.arange(1_000)

    small = thin_rows(data, rows, kept_count=20, seed=0)
    large = thin_rows(data, rows, kept_count=200, seed=0)

    assert set(small) <= set(large)
    assert set(data.y[small]) == {0, 1}


# Serving ------------------------------------------------------------------------------------------


def test_served_rows_carry_the_same_values_as_the_table(tmp_path):
    data = load(tmp_path, mixed(), path="data.parquet")

    rows = json.loads(json.dumps(served_rows(data.X, data.kinds)))
    rebuilt = features_from_rows(rows, data.kinds)

    pd.testing.assert_frame_equal(rebuilt, data.X, check_dtype=False, check_column_type=False)


def test_rows_of_numbers_are_served_as_an_array():
    data = load_data(source="builtin:wine", path=None, target=None, time=None, folder=Path())

    rebuilt = features_from_rows(served_rows(data.X, data.kinds), data.kinds)

    assert isinstance(rebuilt, np.ndarray)
    np.testing.assert_array_equal(rebuilt, data.model_input())


# What does not work -------------------------------------------------------------------------------


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


MALFORMED = {
    "missing file": (None, {}, "no such file"),
    "empty file": ("", {}, "the file is empty"),
    "only a header": ("a,y\n", {}, "0 usable rows|has no value"),
    "parquet named csv": (b"PAR1\x00\x01", {}, "content is Parquet: rename it to .parquet"),
    "csv named parquet": ("a,y\n1,2\n", {"path": "data.parquet"}, "rename it to .csv"),
    "workbook named csv": (b"PK\x03\x04rest", {}, "zip archive or an Excel workbook"),
    "damaged parquet": (b"PAR1garbage", {"path": "data.parquet"}, "damaged"),
    "binary": (b"\x00\x01\x02" * 50, {}, "binary, not text"),
    "not UTF-8": (b"a,y\n" + b"\x81,1\n" * 30, {}, "line 2: .* save the file as UTF-8"),
    "unknown type": ("a,y\n", {"path": "data.xyz"}, "unknown file type '.xyz'"),
    "ragged": ("a,y\n1,2\n" * 20 + "1,2,3,4\n", {}, "not a regular CSV table"),
    "duplicate column": ("a,a,y\n" + "1,2,0\n" * 30, {}, "column 'a' occurs more than once"),
    "missing target": ("a,churned\n" + "1,0\n" * 30, {"target": "chruned"}, "did you mean churned"),
    "missing time": ("when,y\n" + "1,0\n" * 30, {"time": "wen"}, "data.time: no column 'wen'"),
    "missing ignored": ("a,y\n" + "1,0\n" * 30, {"ignore": ["b"]}, "data.ignore: no column 'b'"),
    "one class": ("a,y\n" + "1,0\n" * 30, {}, "holds one value only"),
    "no target value": ("a,y\n" + "1,\n" * 30, {}, "has no value in any of 30 rows"),
    "too few rows": ("a,y\n1,0\n2,1\n", {}, "2 usable rows, at least 20"),
    "no time": ("a,t,y\n" + "1,soon,0\n2,soon,1\n" * 20, {"time": "t"}, "'soon', which is no time"),
    "no feature": ("y\n" + "0\n1\n" * 20, {}, "no feature column is left"),
    "target is time": ("a,y\n" + "1,0\n2,1\n" * 20, {"time": "y"}, "one part only"),
    "metric of another task": (
        "a,y\n" + "1,0\n2,1\n" * 20,
        {"metric": "r2"},
        "r2 does not fit classification",
    ),
    "unknown metric": ("a,y\n" + "1,0\n2,1\n" * 20, {"metric": "acuracy"}, "did you mean accuracy"),
    "text to regress on": (
        "a,y\n" + "".join(f"{i},n{i}\n" for i in range(40)),
        {"task": "regression"},
        "which is no finite number",
    ),
    "too many classes": (
        "a,y\n" + "".join(f"{i},n{i}\n" for i in range(1_100)),
        {"task": "classification"},
        "1,100 classes",
    ),
    "task without target": (
        "a,y\n" + "1,0\n2,1\n" * 20,
        {"target": None, "task": "regression"},
        "needs data.target",
    ),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_what_is_wrong_ends_in_one_line_that_names_the_file(tmp_path, case):
    content, changes, expected = MALFORMED[case]
    path = str(changes.get("path", "data.csv"))
    if content is not None:
        write(tmp_path / path, content)

    with pytest.raises(DataError, match=expected) as caught:
        load(tmp_path, **changes)

    assert Path(path).name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "data.csv").mkdir()

    with pytest.raises(DataError, match="this is a folder"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("builtin:brest_cancer", "did you mean breast_cancer"),
        ("bultin:wine", "it starts with builtin:, openml: or simulated:"),
        ("simulated:sideways", "simulated:"),
    ],
)
def test_an_unknown_source_names_what_there_is(source, expected):
    with pytest.raises(DataError, match=expected):
        load_data(source=source, path=None, target=None, time=None, folder=Path())


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (URLError("no network"), "connect to the network once"),
        (ValueError("No active dataset elec found."), "search openml.org for its exact name"),
    ],
)
def test_openml_that_cannot_be_had_says_what_to_do(monkeypatch, error, expected):
    def fetch(*_, **__):
        raise error

    monkeypatch.setattr("sklearn.datasets.fetch_openml", fetch)

    with pytest.raises(DataError, match=expected):
        load_data(source="openml:elec", path=None, target=None, time=None, folder=Path())


def test_openml_data_bring_their_target(monkeypatch):
    class Bunch:
        frame = mixed().rename(columns={"y": "outcome"})
        target = frame["outcome"]

    monkeypatch.setattr("sklearn.datasets.fetch_openml", lambda *_, **__: Bunch())

    data = load_data(source="openml:churn", path=None, target=None, time=None, folder=Path())

    assert data.spec.target == "outcome"
    assert data.spec.name == "churn"


# Rare classes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("rare_count", [2, 3, 5, 8, 12, 30])
@pytest.mark.parametrize("row_count", [200, 2_000])
def test_every_test_part_holds_a_case_of_each_class(tmp_path, rare_count, row_count):
    positives = (np.arange(row_count) % (row_count // rare_count) == 1).astype(int)
    data = load(tmp_path, numbered(row_count).assign(y=positives))

    for seed in range(6):
        train, test = split_rows(data, seed=seed)
        assert set(data.y[test]) == set(data.y[train]) == {0, 1}
        assert sorted([*train, *test]) == list(range(row_count))


@pytest.mark.parametrize(
    ("counts", "blind"),
    [((1998, 2), True), ((1960, 40), True), ((1900, 100), False), ((30, 30), False)],
)
def test_a_class_that_is_hardly_there_is_told_with_what_would_be_enough(tmp_path, counts, blind):
    labels = np.repeat([0, 1], counts)
    data = load(tmp_path, numbered(sum(counts)).assign(y=labels))

    assert data.spec.rarest_class_rows == counts[1]
    assert data.spec.accuracy_is_blind is blind
    assert any("cannot tell models apart" in note for note in data.notes) is blind
