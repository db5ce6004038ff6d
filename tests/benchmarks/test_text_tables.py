"""Text files are read as a person would read them; what is passed over is told."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.data.datasets import load_data, read_typed
from benchmarks.errors import DataError
from evaluation.files import WAYS, evaluate

ROWS = [(i / 4, ("red", "green")[i % 2], i % 2) for i in range(40)]
BODY = "".join(f"{a},{b},{y}\n" for a, b, y in ROWS)


def read(tmp_path, content, **settings):
    path = tmp_path / str(settings.pop("name", "data.csv"))
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return load_data(
        **({"source": None, "path": path.name, "target": "y", "time": None} | settings),
        folder=tmp_path,
    )


WELL = {
    "plain": ("a,b,y\n" + BODY, None),
    "no last line end": (("a,b,y\n" + BODY).rstrip("\n"), None),
    "CRLF": (("a,b,y\n" + BODY).replace("\n", "\r\n"), None),
    "CR": (("a,b,y\n" + BODY).replace("\n", "\r"), None),
    "UTF-8 with a mark": ("\ufeffa,b,y\n" + BODY, None),
    "UTF-16 with a mark": (("a,b,y\n" + BODY).encode("utf-16"), "UTF-16"),
    "UTF-16 big-endian": (b"\xfe\xff" + ("a,b,y\n" + BODY).encode("utf-16-be"), "UTF-16"),
    "UTF-16 without a mark": (("a,b,y\n" + BODY).encode("utf-16-le"), "UTF-16"),
    "UTF-32": (("a,b,y\n" + BODY).encode("utf-32"), "UTF-32"),
    "blank lines": ("\n\na,b,y\n\n" + BODY.replace("\n", "\n\n", 3), None),
    "sep line": ("sep=,\na,b,y\n" + BODY, None),
    "sep line, quoted": ('"sep=;"\n' + ("a,b,y\n" + BODY).replace(",", ";"), None),
    "comments above": ("# made by hand\n# 2026\na,b,y\n" + BODY, "2 comment lines before"),
    "names in a comment": ("# a,b,y\n" + BODY, "comment lines before"),
    "comments between": ("a,b,y\n" + BODY + "# half\n" + BODY, "1 comment lines were left out"),
    "a title above": ("Report of May\n\na,b,y\n" + BODY, "1 lines before the header"),
    "quotes after blanks": ('a, b, y\n1, "re,d", 0\n' + BODY, None),
    "all quoted": ('"a","b","y"\n' + "".join(f'"{a}","{b}","{y}"\n' for a, b, y in ROWS), None),
    "single quotes": ("'a','b','y'\n" + "".join(f"'{a}','{b}','{y}'\n" for a, b, y in ROWS), None),
    "blanks in names": (" a ,b\u00a0, y\n" + BODY, None),
    "a separator at each end": ("a,b,y,\n" + BODY.replace("\n", ",\n"), None),
    "a separator at each row's end": ("a,b,y\n" + BODY.replace("\n", ",\n"), None),
    "row names": (
        "a,b,y\n" + "".join(f'"{i}",{a},{b},{y}\n' for i, (a, b, y) in enumerate(ROWS)),
        "begins with a name that the header does not have",
    ),
    "row numbers of pandas": (
        ",a,b,y\n" + "".join(f"{i},{a},{b},{y}\n" for i, (a, b, y) in enumerate(ROWS)),
        "first column has no name",
    ),
    "header again": (
        "a,b,y\n" + BODY + "a,b,y\n" + BODY,
        "1 rows repeat the header (first row 41)",
    ),
    "footer": ("a,b,y\n" + BODY + "40 rows\n", "line 42) is no row ('40 rows')"),
    "total": ("a,b,y\n" + BODY + "Total,,20\n", "the last row ('Total') is no row"),
    "grand total": (
        "b,a,y\n" + "".join(f"{b},{a},{y}\n" for a, b, y in ROWS) + "Grand Total:,195,20\n",
        "is no row of the data",
    ),
    "rows without a value": ("a,b,y\n" + BODY + ",,\n,,\n", "2 rows without any value"),
    "tabs": (("a,b,y\n" + BODY).replace(",", "\t"), None),
    "blanks between": (("a,b,y\n" + BODY).replace(",", "   "), None),
    "bars": (("a,b,y\n" + BODY).replace(",", "|"), None),
}


@pytest.mark.parametrize("case", WELL)
def test_a_file_is_read_as_a_person_would(tmp_path, case):
    content, note = WELL[case]

    data = read(tmp_path, content)

    assert data.kinds == {"a": "number", "b": "category"}
    assert data.class_labels == ("0", "1")
    assert data.X["a"].tolist()[-1] == 9.75
    assert data.row_count in {40, 41, 80}
    assert note is None or any(note in each for each in data.notes)


ILL = {
    "longer rows": ("a,b,y\n" + BODY + "1,red,0,7\n" + BODY, "line 42 has 4 fields, the header 3"),
    "shorter rows": ("a,b,y\n" + BODY + "1,red\n" + BODY, "line 42 has 2 fields, the header 3"),
    "many": ("a,b,y\n" + BODY + "1,red\n" * 5 + BODY, "5 such lines in all"),
    "decimal comma in a comma file": (
        "a,b,y\n" + BODY + "1,5,red,0\n" + BODY,
        "line 42 has 4 fields",
    ),
    "two names more": (
        "a,b,y\n" + "".join(f"q,r,{a},{b},{y}\n" for a, b, y in ROWS),
        "line 2 has 5",
    ),
    "open quote": ('a,b,y\n1,"red,0\n' + BODY, "line 2: a quote is opened and never closed"),
    "open quote in the last column": (
        "a,y,b\n" + "".join(f"{a},{y},{b}\n" for a, b, y in ROWS) + '1,0,"red\n' + "2,0,red\n" * 9,
        "line 42: a quote is opened and never closed",
    ),
    "NUL": (("a,b,y\n" + BODY * 9 + "1,r\0d,0\n").encode(), "1 NUL bytes, the first in line 362"),
    "mostly UTF-8": (
        ("a,b,y\n" + "1,größe,0\n2,größe,1\n" * 20).encode() + b"1,gr\xf6\xdfe,0\n",
        "line 42: 2 bytes are not UTF-8",
    ),
    "double name": ("a,a,y\n" + BODY, "column 'a' occurs more than once"),
    "names that differ in blanks": ("a,a ,y\n" + BODY, "column 'a' occurs more than once"),
    "no header": (
        "".join(f"{a},{i},{y}\n" for i, (a, _, y) in enumerate(ROWS)),
        "line 1: holds values",
    ),
    "only comments": ("# nothing\n# here\n", "no header"),
    "only blanks": ("\n\n  \n", "the file is empty"),
}


@pytest.mark.parametrize("case", ILL)
def test_what_cannot_be_read_is_one_error_with_its_line(tmp_path, case):
    content, expected = ILL[case]

    with pytest.raises(DataError) as caught:
        read(tmp_path, content)

    assert expected in str(caught.value)
    assert "data.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_other_encodings_are_read_and_told(tmp_path):
    data = read(tmp_path, ("größe,b,y\n" + BODY).encode("cp1252"))

    assert list(data.kinds) == ["größe", "b"]
    assert any("not UTF-8: it was read as Windows-1252" in note for note in data.notes)


def test_a_column_without_a_name_gets_one_and_is_told(tmp_path):
    data = read(tmp_path, "a,,y\n" + BODY)

    assert list(data.kinds) == ["a", "column 2"]
    assert "column 2 has no name in the header: it is called 'column 2'" in data.notes


def test_fields_may_hold_line_breaks_and_quotes(tmp_path):
    odd = 'a,b,y\n1,"two\nlines",0\n2,"say ""hi""",1\n' * 1 + BODY

    data = read(tmp_path, odd)

    assert data.X["b"].tolist()[:2] == ["two\nlines", 'say "hi"']


@pytest.mark.parametrize("max_rows", [None, 500])
def test_a_large_file_is_read_the_same_in_pieces(tmp_path, monkeypatch, max_rows):
    monkeypatch.setattr("benchmarks.data.tabular_files.WHOLE_CSV_BYTES", 1_000)
    lines = "".join(f"{i},{i % 3},{i % 2}\n" for i in range(20_000))

    data = read(tmp_path, "\ufeffa,b,y\n" + lines, max_rows=max_rows)

    assert data.spec.row_count == 20_000
    assert data.X["a"].max() > 19_800
    assert data.row_count == (20_000 if max_rows is None else pytest.approx(500, rel=0.1))


def test_a_type_that_a_study_names_is_taken(tmp_path):
    data = read(tmp_path, "a,b,y\n" + BODY, types={"a": "category", "b": "ignore"})

    assert data.kinds == {"a": "category"}
    assert data.spec.settings.types == {"a": "category", "b": "ignore"}
    with pytest.raises(DataError, match=r"data\.types: no column 'c': one of a, b, y"):
        read(tmp_path, "a,b,y\n" + BODY, types={"c": "number"})


def test_what_is_read_is_told_before_anything_is_measured(tmp_path):
    (tmp_path / "data.csv").write_text("a,b,y\n" + BODY.replace("9.75", "?"))

    typed, row_count, _ = read_typed(tmp_path / "data.csv", where="data.csv", target="y")

    assert row_count == 40
    assert [(r.name, r.kind, r.missing_count) for r in typed.readings] == [
        ("a", "number", 1),
        ("b", "category", 0),
        ("y", "number", 0),
    ]
    assert str(typed.reading("a").misfits[0]) == "'?' in row 40"


# Targets ------------------------------------------------------------------------------------------


def target(tmp_path, labels, **settings):
    lines = "".join(f"{i / 3:.3f},{label}\n" for i, label in enumerate(labels))
    return read(tmp_path, "a,y\n" + lines, **settings)


@pytest.mark.parametrize("word", ["None", "NA", "null", "nan", "N/A", "NULL"])
def test_a_class_may_be_called_like_a_missing_value(tmp_path, word):
    data = target(tmp_path, ["High", "Low", word] * 20)

    assert set(data.class_labels) == {"High", "Low", word}
    assert data.row_count == 60
    assert any("is a class like the others" in note for note in data.notes)


def test_an_empty_target_is_missing_and_counted(tmp_path):
    data = target(tmp_path, ["High", "Low", ""] * 20)

    assert data.class_labels == ("High", "Low")
    assert "20 rows without a target were left out" in data.notes


def test_a_target_of_numbers_with_a_word_for_missing_tells_the_rows(tmp_path):
    data = target(tmp_path, [*[0, 1] * 20, "NA", "None"])

    assert data.class_labels == ("0", "1")
    assert "2 rows without a target were left out" in data.notes


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["Good", "Bad", "good"] * 20, "'Good' (20), 'good' (20) differ in case"),
        (["Yes", "No", "yes"] * 20, "spellings of yes and no were put together"),
        (["a b", "ab", "c"] * 20, "differ in case or blanks only"),
        (["red", "blue"] * 20 + ["green"], "'green' 1 of 41 rows"),
        ([0, 1] * 20 + [2], "'2' 1 of 41 rows"),
        ([f"c{i % 30}" for i in range(400)], "30 classes"),
    ],
)
def test_classes_that_are_odd_are_told(tmp_path, labels, expected):
    assert any(expected in note for note in target(tmp_path, labels).notes)


def test_blanks_around_labels_make_no_classes(tmp_path):
    data = target(tmp_path, ["yes", " yes", "no ", "no"] * 10)

    assert data.class_labels == ("no", "yes")
    assert any("blanks around values were cut off" in note for note in data.notes)


def test_a_target_of_many_words_is_classes_and_one_of_different_words_is_refused(tmp_path):
    assert target(tmp_path, [f"c{i % 40}" for i in range(800)]).spec.class_count == 40
    with pytest.raises(DataError, match="no finite number"):
        target(tmp_path, [f"c{i}" for i in range(100)])


def test_a_target_with_a_decimal_comma_is_a_number(tmp_path):
    lines = "".join(f"{i};{i},5\n" for i in range(60))

    data = read(tmp_path, "a;y\n" + lines)

    assert data.spec.task == "regression"
    assert data.y[:3].tolist() == [0.5, 1.5, 2.5]


# Parquet ------------------------------------------------------------------------------------------


def frame(count=40):
    return pd.DataFrame({"a": np.arange(count) / 3, "y": np.arange(count) % 2})


@pytest.mark.parametrize("where", ["index", "column", "levels", "range"])
def test_a_named_index_of_pandas_is_a_column(tmp_path, where):
    made = frame().assign(ts=pd.date_range("2025-01-01", periods=40, freq="h"))
    if where == "index":
        made = made.set_index("ts")
    if where == "levels":
        made = made.assign(k=[i % 3 for i in range(40)]).set_index(["k", "ts"])
    if where == "range":
        made = frame()
        made.index = pd.RangeIndex(40, name="ts")
    made.to_parquet(tmp_path / "data.parquet")

    data = load_data(source=None, path="data.parquet", target="y", time="ts", folder=tmp_path)

    assert data.time is not None
    assert set(data.kinds) == ({"a", "k"} if where == "levels" else {"a"})


def test_an_index_without_a_name_stays_out(tmp_path):
    frame().sample(frac=1, random_state=0).to_parquet(tmp_path / "data.parquet")

    data = load_data(source=None, path="data.parquet", target="y", time=None, folder=tmp_path)

    assert set(data.kinds) == {"a"}


def test_a_table_of_texts_is_read_as_a_text_file_is(tmp_path):
    made = frame()
    made.to_csv(tmp_path / "data.csv", index=False)
    texts = pa.table({name: pa.array([str(v) for v in made[name]]) for name in made})
    pq.write_table(texts, tmp_path / "data.parquet")

    both = [
        load_data(source=None, path=path, target="y", time=None, folder=tmp_path)
        for path in ("data.csv", "data.parquet")
    ]

    assert both[0].spec.sha256 == both[1].spec.sha256


def test_old_timestamps_of_hive_are_read(tmp_path):
    made = pa.table(
        {
            "ts": pa.array(pd.date_range("2025-01-01", periods=40, freq="D")),
            "far": pa.array([pd.Timestamp("1700-01-01")] * 40, pa.timestamp("us")),
            "y": [i % 2 for i in range(40)],
        }
    )
    pq.write_table(made, tmp_path / "data.parquet", use_deprecated_int96_timestamps=True)

    data = load_data(source=None, path="data.parquet", target="y", time="ts", folder=tmp_path)

    assert str(data.time.iloc[-1]) == "2025-02-09 00:00:00"
    assert data.X["far"].dt.year.tolist()[:1] == [1700]


# Order of time ------------------------------------------------------------------------------------


def timed(tmp_path, stamps):
    lines = "".join(f"{t},{i % 7},{i % 2}\n" for i, t in enumerate(stamps))
    return read(tmp_path, "ts,a,y\n" + lines, time="ts")


def hours(count, start="2025-01-01"):
    return [str(t) for t in pd.date_range(start, periods=count, freq="h")]


@pytest.mark.parametrize(
    ("stamps", "expected"),
    [
        ([*hours(400), "2099-01-01 00:00:00"], "1 row of 401 far outside the time"),
        (["1900-01-01 00:00:00", *hours(400)], "1 row of 401 far outside the time"),
        (["1970-01-01 00:00:00"] * 4 + hours(400), "4 rows of 404 far outside the time"),
        (hours(400)[::-1], "the file runs backwards"),
        (hours(200) + hours(200, "2025-06-01"), "no row for 142."),
        ([t for t in hours(50) for _ in range(8)], "400 of 400 rows share their moment"),
    ],
)
def test_what_is_odd_about_times_is_told(tmp_path, stamps, expected):
    data = timed(tmp_path, stamps)

    assert any(expected in note for note in data.notes)
    assert data.time.is_monotonic_increasing


def test_an_even_row_of_times_needs_no_word(tmp_path):
    assert timed(tmp_path, hours(400)).notes == ()


# Large files --------------------------------------------------------------------------------------


@pytest.fixture
def at_once(monkeypatch):
    """Read plain columns of numbers at once, as in large files."""
    monkeypatch.setattr("benchmarks.data.text_tables.rows.LEAST_TYPED_BYTES", 0)


@pytest.mark.parametrize("case", WELL)
@pytest.mark.usefixtures("at_once")
def test_a_large_file_is_read_as_a_small_one(tmp_path, case):
    test_a_file_is_read_as_a_person_would(tmp_path, case)


@pytest.mark.parametrize("seed", [3])
@pytest.mark.usefixtures("at_once")
def test_large_tables_in_every_dialect_are_read_back_or_told(seed):
    assert evaluate(len(WAYS), seed=seed)["silent"] == []


@pytest.mark.parametrize("odd", ["unknown", "", "NA", "1,5", "12%", "1.2.3"])
@pytest.mark.usefixtures("at_once")
def test_an_odd_value_far_down_is_found_in_a_large_file(tmp_path, odd):
    lines = [f"{i / 8},{i % 2}\n" for i in range(3_000)]
    lines[2_500] = f'"{odd}",1\n'

    data = read(tmp_path, "a,y\n" + "".join(lines))

    assert data.kinds == {"a": "number"}
    assert data.X["a"].isna().sum() == 1
    told = any("row 2,501" in note for note in data.notes)
    assert told is (odd not in {"", "NA"})
