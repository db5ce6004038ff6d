"""Columns and files as people really have them: what is read of each, and what is told."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.data.column_types.reader import read_texts
from benchmarks.data.column_types.setting import Setting
from benchmarks.data.datasets import read_typed
from benchmarks.errors import DataError


def column(texts, name="a", **setting):
    array = pa.chunked_array([pa.array([None if t is None else str(t) for t in texts])])
    rows = np.arange(1, len(texts) + 1)
    return read_texts(name, array, Setting(rows=rows, where="file", **setting))


NUMBERS = {
    "brackets behind a currency": (["$(671.50)", "$1,234.00"], [-671.5, 1234]),
    "lakhs": (["1,23,456", "12,34,567.50", "45,678"], [123456, 1234567.5, 45678]),
    "two units of one kind": (["2.5 kg", "300 g"], [2500, 300]),
    "thousands and millions": (["1.2K", "3.4M", "950"], [1200, 3.4e6, 950]),
    "sizes of files": (["1.5 KB", "20 MB", "3 MB"], [1500, 2e7, 3e6]),
    "exponents of Fortran": (["1.5D+02", "2.0D-01"], [150, 0.2]),
    "a formula of Excel": (['="1.5"', '="2.5"'], [1.5, 2.5]),
    "an apostrophe of Excel": (["'671.8", "'12.5"], [671.8, 12.5]),
    "typographic quotes": (["“1.5”", "“2.5”"], [1.5, 2.5]),
    "quotes within quotes": (['"1.5"', '"2.5"'], [1.5, 2.5]),
    "Arabic digits": (["١٢", "٣٤"], [12, 34]),
    "full width": (["１２．５", "３４．０"], [12.5, 34]),
    "true, false, 1 and 0": (["TRUE", "false", "1", "0"], [1, 0, 1, 0]),
    "hours beyond a day": (["25:00:00", "199:19:30"], [90000, 717570]),
    "spans of pandas": (["0 days 00:00:30", "3 days 04:05:06"], [30, 273906]),
    "spans of ISO": (["PT4H", "P1DT30M"], [14400, 88200]),
    "spans in words": (["1h 30m", "2h 5m"], [5400, 7500]),
}


@pytest.mark.parametrize("case", NUMBERS)
def test_numbers_as_people_have_them(case):
    texts, expected = NUMBERS[case]

    found = column(texts)

    assert found.reading.kind == "number"
    assert found.series.astype(float).tolist() == pytest.approx(expected)


DAY = "2025-01-31 00:00:00"
HOUR = "2025-01-31 20:05:00"
TIMES = {
    "as C writes it": (["Fri Jan 31 20:05:00 2025"], HOUR),
    "as Java writes it": (["Fri Jan 31 20:05:00 UTC 2025"], HOUR),
    "a zone by its letters": (["2025-01-31 21:05:00 CET"], HOUR),
    "summer time of the East": (["2025-01-31 16:05 EDT"], HOUR),
    "an offset of one digit": (["2025-01-31 22:05:00 GMT+2"], HOUR),
    "o'clock in German": (["31.01.2025 20:05 Uhr"], HOUR),
    "a dot at the end": (["2025.01.31."], DAY),
    "of, in Spanish": (["31 de enero de 2025"], DAY),
    "a month in Russian": (["31 января 2025"], DAY),
    "a month in Polish": (["31 stycznia 2025"], DAY),
    "digits with a dash": (["20250131-200500"], HOUR),
    "digits with a line": (["20250131_200500"], HOUR),
    "a day of a week": (["2025-W05-5"], DAY),
    "a day of the year": (["2025-031"], DAY),
    "a year, then a name": (["2025-Jan-31"], DAY),
    "midnight as 24:00": (["2025-01-30 24:00"], DAY),
    "JSON of .NET": (["/Date(1738353900000)/"], HOUR),
    "a clock behind a line": (["2025-01-31_20:05:00"], HOUR),
}


@pytest.mark.parametrize("case", TIMES)
@pytest.mark.parametrize("role", ["feature", "time"])
def test_times_as_people_have_them(case, role):
    texts, expected = TIMES[case]

    found = column(texts * 3, role=role)

    assert found.reading.kind == "time"
    assert str(found.series.iloc[0]) == expected


ASKED = {
    "days since 1970": (["20119", "20120"], DAY),
    "years": (["2025"] * 5 + ["2024"] * 5, "2025-01-01 00:00:00"),
    "day first in digits": (["31012025", "01022025"], DAY),
    "month first in digits": (["01312025", "02012025"], DAY),
    "a nought that got lost": (["1312025", "11012025", "12312024"], DAY),
    "year first, two digits": (["250131", "991231"], DAY),
    "month and year": (["Jan-25", "Feb-25"], "2025-01-01 00:00:00"),
    "month and year with a mark": (["Jan '25", "Feb '25"], "2025-01-01 00:00:00"),
    "a quarter first": (["Q1 2025", "Q2 2025"], "2025-01-01 00:00:00"),
    "Matlab": (["739648", "739649.5"], DAY),
    "Julian": (["2460706.5", "2460707.5"], DAY),
    "Windows": (["133828275000000000", "133828276000000000"], "2025-01-31 20:05:00"),
    ".NET": (["638739507000000000", "638739508000000000"], "2025-01-31 20:05:00"),
    "seconds and milliseconds": (["1738353900", "1738353900000"], HOUR),
    "ISO beside day first": (["2025-01-31", "28/02/2025"] * 5, DAY),
}


@pytest.mark.parametrize("case", ASKED)
def test_a_time_that_a_study_names_is_read_in_more_ways(case):
    texts, expected = ASKED[case]

    found = column(texts, role="time")

    assert found.reading.kind == "time"
    assert str(found.series.iloc[0]) == expected


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["250131", "250120", "250119"], "yymmdd and ddmmyy fit every value"),
        (["01022025", "02032025", "03042025"], "ddmmyyyy and mmddyyyy fit every value"),
        (["31/01/2025", "01/31/2025"] * 9, "too many fit no one way of writing"),
        (["31/01/2025", "2025-01-05", "03/04/2025"] * 9 + ["01/31/2025"] * 9, "no one way"),
    ],
)
def test_times_that_fit_two_ways_are_asked_for(texts, words):
    with pytest.raises(DataError, match=words):
        column(texts, role="time")


def test_an_end_that_is_open_is_no_time():
    days = [str(dt.date(2025, 1, 1) + dt.timedelta(days=i)) for i in range(20)]

    found = column([*days, "9999-12-31", "9999-12-31"], name="until")

    assert found.reading.misfit_count == 2
    assert found.series.isna().sum() == 2
    assert "'9999-12-31' in row 21" in found.reading.notes[0]


@pytest.mark.parametrize(
    "texts",
    [
        ["1735689600.5", "1735696800.25", "1735698800.5"],
        ["1735689600000.5", "1735696800000.5", "1735698800000.5"],
    ],
)
def test_epochs_with_decimals_are_times_by_name_or_size(texts):
    assert column(texts, name="created_at").reading.kind == "time"
    assert (column(texts, name="x").reading.kind == "time") == (len(texts[0]) > 12)


def test_serial_days_of_excel_with_decimals_say_what_they_could_be():
    found = column(["45658.5", "45659.25", "45660.1"], name="date")

    assert found.reading.kind == "number"
    assert "could be serial days of Excel" in found.reading.notes[0]


@pytest.mark.parametrize(
    "texts",
    [
        [f"{i}-{i + 10}" for i in range(40)],
        [hex(i + 1000) for i in range(40)],
        [f"{i}.5, {i}.25" for i in range(40)],
        [f"{i} {'kg' if i % 2 else 'cm'}" for i in range(40)],
    ],
)
def test_many_texts_that_look_like_numbers_are_told(texts):
    found = column(texts)

    assert found.reading.kind == "category"
    assert "look like numbers" in found.reading.notes[0] or "are no numbers" in str(found.reading)


@pytest.mark.parametrize(
    "words",
    [["Yes", "Y", "No", "N", "yes"], ["ja", "J", "nein", "n"], ["sim", "S", "não", "N"]],
)
def test_spellings_of_yes_and_no_of_one_language_are_two(words):
    found = column(words * 8)

    assert found.series.nunique() == 2
    assert "put together" in found.reading.notes[0]


# Shape of the file --------------------------------------------------------------------------------

ROWS = [(i % 7 + 10, i * 1.5, i % 2) for i in range(40)]
BODY = "".join(f"{a},{b},{y}\n" for a, b, y in ROWS)
PLAIN = "a,b,y\n" + BODY
SHAPES = {
    "a title with commas": ("Report,,\nDate:,2025-01-01,\n" + PLAIN, "2 lines before the header"),
    "a title of two fields": ("Report,2025\n" + PLAIN, "1 line before the header"),
    "groups of columns": ("group,,other\n" + PLAIN, "1 line before the header"),
    "a header of two lines": ("A,A,Y\n" + PLAIN, "1 line before the header"),
    "a mark behind the header": ("a,b,y,\n" + BODY, None),
    "an index of pandas": (
        "Unnamed: 0,a,b,y\n" + "".join(f"{i},{a},{b},{y}\n" for i, (a, b, y) in enumerate(ROWS)),
        "'Unnamed: 0' numbers the rows",
    ),
    "a subtotal between": (PLAIN + "Subtotal,100,30\n" + BODY, "1 row of sums"),
    "capitals again": (PLAIN + "A,B,Y\n" + BODY, "1 row repeats the header"),
    "Markdown": (
        "| a | b | y |\n|---|---|---|\n" + "".join(f"| {a} | {b} | {y} |\n" for a, b, y in ROWS),
        "rulers",
    ),
    "psql": (
        " a | b | y \n---+---+---\n"
        + "".join(f" {a} | {b} | {y}\n" for a, b, y in ROWS)
        + "(40 rows)\n",
        "(40 rows)",
    ),
    "carets": (PLAIN.replace(",", "^"), None),
    "tildes": (PLAIN.replace(",", "~"), None),
    "Hive": (PLAIN.replace(",", "\x01"), None),
    "two colons": (PLAIN.replace(",", "::"), None),
}


def read(tmp_path, content):
    path = tmp_path / "d.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_typed(path, where="d.csv")


@pytest.mark.parametrize("case", SHAPES)
def test_a_file_is_read_as_people_mean_it(tmp_path, case):
    content, note = SHAPES[case]

    table, row_count, notes = read(tmp_path, content)

    assert list(table.frame.columns) == ["a", "b", "y"]
    assert table.frame["a"].astype(int).tolist()[:40] == [a for a, _, _ in ROWS]
    assert table.frame["b"].tolist()[-1] == 58.5
    assert row_count in {40, 80}
    assert note is None or any(note in each for each in notes)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('"say \\"hi\\" {i}",{b},{y}', 'say "hi" 0'),
        ("x\\, {i},{b},{y}", "x, 0"),
        ('{i}" pipe,{b},{y}', '0" pipe'),
        ('C:\\dir\\{i},"{b}",{y}', "C:\\dir\\0"),
    ],
)
def test_backslashes_and_quotes_within_values(tmp_path, line, expected):
    rows = [line.format(i=i % 3, b=i * 1.5, y=i % 2) for i in range(40)]

    table, _, _ = read(tmp_path, "a,b,y\n" + "\n".join(rows) + "\n")

    assert table.frame["a"][0] == expected
    assert table.frame["b"].tolist() == [i * 1.5 for i in range(40)]


REFUSED = {
    "a date with a comma": (
        "a,b,y\n" + "".join(f"Wed, {i} Jan 2025,{i},{i % 2}\n" for i in range(1, 29)),
        "a ',' within a value needs quotes",
    ),
    "a month with a comma": (
        "a,y\n" + "".join(f"January {i}, 2025,{i % 2}\n" for i in range(1, 29)),
        "line 2 has 3 fields, the header 2",
    ),
    "names that stand in two rows": (
        "a,b,y\n" + "".join(f"car{i % 3},{a},{b},{y}\n" for i, (a, b, y) in enumerate(ROWS)),
        "line 2 has 4 fields",
    ),
    "names that look alike": ("a b,a  b,y\n" + BODY, "differ in blanks"),
    "letters composed twice": ("e\u0301,\u00e9,y\n" + BODY, "how their letters are composed"),
    "no header, words and numbers": (
        "".join(f"x{i % 3},{i}.5,{'ab'[i % 2]}\n" for i in range(40)),
        "line 1: holds values",
    ),
    "no header, words only": (
        "".join(f"{'rgb'[i % 3]},{'ab'[i % 2]}\n" for i in range(40)),
        "line 1: holds values",
    ),
    "JSON lines": ('{"a": 1, "y": 0}\n' * 30, "the content is JSON"),
    "a page to log in": ("<!DOCTYPE html>\n<html><body>login</body></html>\n", "HTML"),
    "ARFF": ("@relation x\n@attribute a numeric\n@data\n" + BODY, "ARFF"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_has_no_one_meaning_is_refused(tmp_path, case):
    content, words = REFUSED[case]

    with pytest.raises(DataError, match=words):
        read(tmp_path, content)


@pytest.mark.parametrize("names", ["0,1,2", "2019,2020,2021", "y,2019,2020", "user,7,30"])
def test_names_may_be_numbers(tmp_path, names):
    table, _, _ = read(
        tmp_path, f"{names}\n" + "".join(f"{i % 5},{i},{i % 2}\n" for i in range(30))
    )

    assert ",".join(table.frame.columns) == names
