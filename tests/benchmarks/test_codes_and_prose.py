"""Numbers that stand for a missing value, and columns of long texts."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.data import parquet_bounds, tabular_files
from benchmarks.data.column_types.sentinels import sentinel_note
from benchmarks.data.datasets import read_typed
from benchmarks.errors import DataError

RNG = np.random.default_rng(5)
AGES = RNG.integers(18, 90, 400).astype(float)
SHARES = RNG.normal(size=400)


def with_code(values, *codes):
    values = values.copy()
    for place, code in enumerate(codes):
        values[place * 7 : place * 7 + 5] = code
    return values


CODED = {
    "-999 below ages": (with_code(AGES, -999), "-999 in 5"),
    "-9999": (with_code(AGES, -9999), "-9,999 in 5"),
    "999 above ages": (with_code(AGES, 999), "999 in 5"),
    "99999": (with_code(AGES, 99999), "99,999 in 5"),
    "-1 below ages": (with_code(AGES, -1), "-1 in 5"),
    "-99.9 below shares": (with_code(SHARES, -99.9), "-99.9 in 5"),
    "the least whole number": (with_code(AGES, -(2**31)), "-2,147,483,648 in 5"),
    "1e20 of a simulation": (with_code(SHARES, 1e20), "1e+20 in 5"),
    "both ends": (with_code(AGES, -999, 9999), "-999 in 5 and 9,999 in 5"),
    "below large amounts": (with_code(AGES * 1e4, -999), "-999 in 5"),
}


@pytest.mark.parametrize("case", CODED)
def test_a_number_that_stands_for_missing_is_told(case):
    values, words = CODED[case]

    note = sentinel_note(values)

    assert note is not None
    assert words in note


PLAIN = {
    "percent": np.arange(0, 100.0),
    "classes from -1 to 1": np.tile([-1.0, 0, 1], 20),
    "one 999 only": np.append(AGES, 999),
    "a long tail": RNG.lognormal(8, 2, 400).round(),
    "signed": np.round(SHARES * 1000),
    "constant": np.full(50, 99.0),
    "few": np.array([1.0, 2, 999, 999]),
    "missing": np.full(50, np.nan),
    "an end within": with_code(RNG.integers(0, 120, 400).astype(float), 99),
}


@pytest.mark.parametrize("case", PLAIN)
def test_numbers_that_are_like_others_are_no_codes(case):
    assert sentinel_note(PLAIN[case]) is None


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_codes_are_told_of_files(tmp_path, ending):
    frame = pd.DataFrame({"age": with_code(AGES, -999).astype(int), "y": SHARES})
    path = tmp_path / f"a.{ending}"
    frame.to_csv(path, index=False) if ending == "csv" else frame.to_parquet(path)

    typed, _, _ = read_typed(path, where="a", target="y")

    assert "column 'age': -999 in 5 of the rows" in " ".join(typed.reading("age").notes)


# Long texts ---------------------------------------------------------------------------------------

PARAGRAPH = "the quick brown fox jumps over the lazy dog, again and again; " * 5


def test_paragraphs_are_text_with_what_is_missing_and_different(tmp_path):
    texts = [f"{PARAGRAPH}{row // 2}" if row % 10 else "" for row in range(2_000)]
    pd.DataFrame({"x": range(2_000), "note": texts, "y": ["a", "b"] * 1_000}).to_csv(
        tmp_path / "a.csv", index=False
    )

    typed, _, _ = read_typed(tmp_path / "a.csv", where="a", target="y")

    reading = typed.reading("note")
    assert (reading.kind, reading.ground) == ("category", "free text")
    assert (reading.missing_count, reading.distinct_count) == (200, 1_000)
    assert typed.frame["note"].isna().to_numpy().nonzero()[0].tolist() == list(range(0, 2_000, 10))
    assert typed.frame["note"][11] == texts[11]


@pytest.mark.parametrize("padded", ["1.5", "2025-06-01", "yes"])
def test_short_values_behind_many_blanks_are_what_they_are(tmp_path, padded):
    rows = "\n".join(f"{padded:>300},{row}" for row in range(50))
    (tmp_path / "a.csv").write_text(f"a,y\n{rows}\n")

    reading = read_typed(tmp_path / "a.csv", where="a", target="y")[0].reading("a")

    assert reading.ground != "free text"


def test_a_very_large_file_is_sampled_by_its_bytes_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(tabular_files, "WHOLE_CSV_BYTES", 10_000)
    monkeypatch.setattr(tabular_files, "MOST_WHOLE_BYTES", 100_000)
    rows = "\n".join(f"{row},{row % 7}" for row in range(40_000))
    (tmp_path / "a.csv").write_text(f"a,y\n{rows}\n")

    typed, row_count, notes = read_typed(tmp_path / "a.csv", where="a", target="y")

    assert row_count == 40_000
    assert 5_000 < len(typed.frame) < 20_000
    assert "rows were looked at, spread evenly over the file" in " ".join(notes)


@pytest.mark.parametrize("as_category", [True, False])
def test_a_parquet_file_that_grows_beyond_memory_is_refused(tmp_path, monkeypatch, as_category):
    monkeypatch.setattr(parquet_bounds, "MOST_DECODED_BYTES", 50_000_000)
    monkeypatch.setattr(parquet_bounds, "SURE_BYTES", 1_000_000)
    text = "x" * 100_000
    column = pa.array([text] * 1_000)
    table = pa.table({"t": column.dictionary_encode() if as_category else column})
    pq.write_table(table, tmp_path / "a.parquet", dictionary_pagesize_limit=2**20)

    with pytest.raises(DataError, match="GiB in memory"):
        read_typed(tmp_path / "a.parquet", where="a")


def test_short_texts_of_parquet_that_are_written_once_stay_texts(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet_bounds, "SURE_BYTES", 1)
    pq.write_table(pa.table({"t": ["1.5", "2.5"] * 50, "y": [1, 2] * 50}), tmp_path / "a.parquet")

    assert read_typed(tmp_path / "a.parquet", where="a")[0].reading("t").kind == "number"
