"""Every column is told by all of its values; what does not fit is named, or asked about."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from benchmarks.data.column_types.arrow_types import read_arrow
from benchmarks.data.column_types.column import Distinct
from benchmarks.data.column_types.reader import read_texts
from benchmarks.data.column_types.setting import Setting
from benchmarks.data.column_types.time_numbers import TIME_NAME
from benchmarks.errors import DataError
from evaluation.files import WAYS, evaluate


def read(*values, name="x", **setting):
    texts = pa.chunked_array([pa.array(list(values), pa.string())])
    rows = np.arange(1, len(values) + 1)
    return read_texts(name, texts, Setting(**({"rows": rows, "where": "data.csv"} | setting)))


def stamps(column):
    return [None if pd.isna(v) else str(v) for v in column.series]


# Numbers ------------------------------------------------------------------------------------------

NUMBERS = {
    "plain": (["1.5", "-2", "+3", "1e3"], [1.5, -2, 3, 1000], "numbers"),
    "decimal comma": (["2,338", "-0,663", "10"], [2.338, -0.663, 10], "decimal comma"),
    "decimal comma with exponent": (["1,5e3", "2,25e-1"], [1500, 0.225], "decimal comma"),
    "thousands with a comma": (["1,234,567", "12", "1,000"], [1234567, 12, 1000], "thousands"),
    "thousands and decimals": (["1,234.5", "0.25"], [1234.5, 0.25], "thousands"),
    "European": (["1.234,5", "12,25", "1.234.567,0"], [1234.5, 12.25, 1234567], "decimal comma"),
    "Indian groups": (["12,34,567.50", "1,23,456.00"], [1234567.5, 123456], "thousands"),
    "blanks between": (["1 234 567,5", "12,5"], [1234567.5, 12.5], "thousands"),
    "hard blanks between": (["1\u00a0234,5", "2\u202f000,5"], [1234.5, 2000.5], "thousands"),
    "Swiss": (["1'234.50", "12.25"], [1234.5, 12.25], "thousands"),
    "per cent": (["12.5%", "-3 %", "100%"], [0.125, -0.03, 1.0], "per cent"),
    "per cent, comma": (["12,5 %", "3,25 %"], [0.125, 0.0325], "per cent"),
    "dollars": (["$1,234.50", "-$2.25", "$0.10"], [1234.5, -2.25, 0.1], "currency"),
    "euros behind": (["12,00 €", "1.234,56 €"], [12, 1234.56], "currency"),
    "code in front": (["USD 5.25", "USD 7"], [5.25, 7], "currency"),
    "accounts": (["(1,234.50)", "20.25"], [-1234.5, 20.25], "thousands"),
    "minus behind": (["5.5-", "2.5"], [-5.5, 2.5], "numbers"),
    "unicode minus": (["\u22125.5", "2.5"], [-5.5, 2.5], "numbers"),
    "blanks around": (["  5.5 ", "\t2.5", "\u00a01.5"], [5.5, 2.5, 1.5], "numbers"),
    "a unit": (["12.5 kg", "3 kg"], [12.5, 3], "unit 'kg'"),
}


@pytest.mark.parametrize("case", NUMBERS)
def test_numbers_are_read_as_people_write_them(case):
    texts, expected, ground = NUMBERS[case]

    column = read(*texts)

    assert column.reading.kind == "number"
    assert column.series.tolist() == pytest.approx(expected)
    assert ground in column.reading.ground


@pytest.mark.parametrize("case", [c for c in NUMBERS if NUMBERS[c][2] != "numbers"])
def test_what_another_program_would_not_read_so_is_told(case):
    assert any("column 'x'" in note for note in read(*NUMBERS[case][0]).reading.notes)


@pytest.mark.parametrize(
    ("texts", "setting", "expected"),
    [
        (["1,234", "5,678"], {"delimiter": ","}, [1234, 5678]),  # within quotes of a comma file
        (["1,234", "5,678"], {"decimal": ","}, [1.234, 5.678]),  # as the file's other columns
        (["1,234", "5,678"], {"decimal": "."}, [1234, 5678]),
        (["1,234", "12345"], {}, [1.234, 12345]),  # 12,345 would have a separator
        (["1.234", "5.678"], {}, [1.234, 5.678]),
        (["1.234", "5.678"], {"decimal": ","}, [1234, 5678]),
        ([*[f"1.{i}" for i in range(201, 230)], *["60", "99"]], {}, [*range(1201, 1230), 60, 99]),
    ],
)
def test_a_mark_that_could_be_both_is_told_by_what_stands_around(texts, setting, expected):
    assert read(*texts, **setting).series.tolist() == pytest.approx(expected)


def test_a_mark_that_nothing_tells_is_a_question():
    reading = read("1,234", "5,678", delimiter=";").reading

    assert "'1,234' may be 1234 or 1.234" in reading.question
    assert "data.types: {x: ...}" in reading.notes[-1]


def numbers_and(odd, count=400):
    return [*(f"{i}.5" for i in range(count - len(odd))), *odd]


@pytest.mark.parametrize("odd", ["unknown", "-", "#N/A!", "n.a.", "?", "error 7", "x1"])
def test_one_text_among_numbers_is_missing_and_named_with_its_row(odd):
    column = read(*numbers_and([odd]))

    assert column.reading.kind == "number"
    assert pd.isna(column.series.iloc[-1])
    assert column.series.notna().sum() == 399
    (note,) = column.reading.notes
    assert note == (
        f"column 'x': 1 of 400 values is no number ({odd!r} in row 400): taken as missing"
    )


def test_words_of_programs_for_missing_need_no_note():
    column = read(*numbers_and(["", "NA", "NaN", "null", "None", "#N/A"]))

    assert column.reading.missing_count == 6
    assert column.reading.notes == ()


def test_marks_for_missing_are_missing_however_many():
    column = read(*numbers_and(["?"] * 200))

    assert column.reading.kind == "number"
    assert "200 of 400 values are no number" in column.reading.notes[0]


def test_more_than_a_few_texts_are_a_question():
    column = read(*numbers_and([f"A/{i}" for i in range(100)]))

    assert column.reading.kind == "category"
    assert "100 of 400 values are no numbers ('A/0' in row 301)" in column.reading.question


def test_a_study_answers_the_question():
    texts = numbers_and([f"A/{i}" for i in range(100)])

    assert read(*texts, said="number").series.notna().sum() == 300
    assert read(*texts, said="category").reading.question is None
    assert read(*texts, said="ignore").reading.kind == "ignore"
    with pytest.raises(DataError, match=r"data\.types: column 'x' holds"):
        read(*texts, said="time")
    with pytest.raises(DataError, match="said to be a number"):
        read("red", "green", said="number")


def test_whole_numbers_of_19_digits_stay_exact():
    column = read("9007199254740993", "5000000000000000001", "5000000000000000002")

    assert column.series.tolist()[1:] == ["5000000000000000001", "5000000000000000002"]


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (["01234", "99999", "00501"], "category"),  # postal codes
        (["007", "12", "3"], "number"),
        (["01", "02", "12"], "number"),
        (["0", "1", "10"], "number"),
        (["0.5", "00.5"], "number"),
        (["0000", "0001"], "category"),
    ],
)
def test_codes_with_a_nought_in_front_stay_codes(texts, kind):
    assert read(*texts).reading.kind == kind


# Times --------------------------------------------------------------------------------------------

TIMES = {
    "ISO": ["2025-01-13", "2025-02-03"],
    "ISO with T": ["2025-01-13T00:00:00", "2025-02-03T00:00"],
    "slashes": ["2025/01/13", "2025/02/03"],
    "one digit": ["2025-1-13", "2025-2-3"],
    "basic": ["20250113T000000Z", "20250203T000000Z"],
    "UTC": ["2025-01-13 00:00:00 UTC", "2025-02-03 00:00:00 UTC"],
    "offsets": ["2025-01-13T01:00:00+01:00", "2025-02-02T19:00:00-0500"],
    "short offset": ["2025-01-13 02:00:00+02", "2025-02-03 00:00:00+00"],
    "named zone": ["2025-01-13 01:00:00 Europe/Paris", "2025-02-02 19:00:00 America/New_York"],
    "day first": ["13/01/2025", "03/02/2025"],
    "month first": ["01/13/2025", "02/03/2025"],
    "dots": ["13.01.2025", "3.2.2025"],
    "dashes": ["13-01-2025", "03-02-2025"],
    "two-digit years": ["13.01.25", "03.02.25"],
    "am and pm": ["01/13/2025 12:00 AM", "02/03/2025 12:00:00 am"],
    "month's name": ["13 Jan 2025", "3 February 2025"],
    "month's name in front": ["January 13, 2025", "Feb 3, 2025"],
    "with dashes": ["13-JAN-2025", "03-FEB-25"],
    "day of the week": ["Mon, 13 Jan 2025", "Mon, 3 Feb 2025"],
    "German": ["13. Januar 2025", "3. Februar 2025"],
    "log": ["13/Jan/2025:00:00:00 +0000", "03/Feb/2025:00:00:00 +0000"],
    "fractions": ["2025-01-13 00:00:00.000", "2025-02-03 00:00:00.000000"],
}


@pytest.mark.parametrize("case", TIMES)
@pytest.mark.parametrize("role", ["feature", "time"])
def test_times_are_read_as_people_write_them(case, role):
    column = read(*TIMES[case], role=role)

    assert column.reading.kind == "time"
    assert stamps(column) == ["2025-01-13 00:00:00", "2025-02-03 00:00:00"]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["2025-03", "2025-11"], ["2025-03-01 00:00:00", "2025-11-01 00:00:00"]),
        (["03/2025", "11/2025"], ["2025-03-01 00:00:00", "2025-11-01 00:00:00"]),
        (["Mar 2025", "Nov 2025"], ["2025-03-01 00:00:00", "2025-11-01 00:00:00"]),
        (["2025-Q2", "2025Q4"], ["2025-04-01 00:00:00", "2025-10-01 00:00:00"]),
        (["20250113", "20250203"], ["2025-01-13 00:00:00", "2025-02-03 00:00:00"]),
        (["202501", "202511"], ["2025-01-01 00:00:00", "2025-11-01 00:00:00"]),
        (["20250113083000", "20250203000000"], ["2025-01-13 08:30:00", "2025-02-03 00:00:00"]),
        (["1735689600", "1735696800"], ["2025-01-01 00:00:00", "2025-01-01 02:00:00"]),
        (["1735689600.5", "1735696800"], ["2025-01-01 00:00:00.500000", "2025-01-01 02:00:00"]),
        (["1735689600000", "1735696800000"], ["2025-01-01 00:00:00", "2025-01-01 02:00:00"]),
        (["1735689600000000", "1735696800000000"], ["2025-01-01 00:00:00", "2025-01-01 02:00:00"]),
        (
            ["1735689600000000000", "1735696800000000001"],
            ["2025-01-01 00:00:00", "2025-01-01 02:00:00"],
        ),
        (["45658", "45658.5"], ["2025-01-01 00:00:00", "2025-01-01 12:00:00"]),
        (["01.01.69", "13.01.68"], ["1969-01-01 00:00:00", "2068-01-13 00:00:00"]),
    ],
)
def test_a_time_in_digits_is_told_by_its_size(texts, expected):
    column = read(*texts, role="time")

    assert stamps(column) == expected


def test_a_plain_order_stays_one_and_says_so():
    column = read("1", "2", "500", role="time")

    assert column.series.tolist() == [1, 2, 500]
    assert "only their order is used" in column.reading.notes[0]


@pytest.mark.parametrize("role", ["feature", "time"])
@pytest.mark.parametrize(
    "texts",
    [
        ["01/02/2025", "03/04/2025"],
        ["1.2.2025 08:00", "3.4.2025 09:00"],
        ["01-02-25", "03-04-25"],
        ["12/11/2025", "11/12/2025"],
        ["05/06/2025 1:00 pm", "06/05/2025 2:00 am"],
        ["01/02/2025", "01/03/2025"],
    ],
)
def test_dates_that_fit_both_orders_are_refused_and_asked_for(texts, role):
    with pytest.raises(DataError, match=r"'x': day first and month first fit .* 2026-01-31"):
        read(*texts, role=role)


def test_dates_that_are_the_same_in_both_orders_are_no_question():
    assert stamps(read("02/02/2025", "03/03/2025")) == [
        "2025-02-02 00:00:00",
        "2025-03-03 00:00:00",
    ]


def test_a_few_values_that_are_no_dates_are_missing_and_named():
    days = [f"{day:02d}/{month:02d}/2025" for month in range(1, 11) for day in range(1, 29)]

    column = read(*days, "31/02/2025", "soon", role="time")

    assert column.series.isna().sum() == 2
    assert "2 of 282 values are no time ('31/02/2025' in row 281, 'soon'" in " ".join(
        column.reading.notes
    )


def test_values_with_and_without_a_zone_are_told():
    column = read("2025-07-01T12:00:00+02:00", "2025-07-01T10:00:00")

    assert stamps(column) == ["2025-07-01 10:00:00"] * 2
    assert "1 times without a zone are taken as UTC" in column.reading.notes[0]


def test_local_times_that_a_clock_change_left_out_move_on():
    column = read("2025-03-30 02:30 Europe/Berlin", "2025-03-30 04:30 Europe/Berlin")

    assert stamps(column) == ["2025-03-30 01:00:00", "2025-03-30 02:30:00"]


def test_times_of_the_day_become_seconds():
    column = read("08:30", "00:00:05", "11:15 pm")

    assert column.series.tolist() == [30_600, 5, 83_700]
    assert "seconds since midnight" in column.reading.notes[0]


@pytest.mark.parametrize(
    ("name", "texts", "kind"),
    [
        ("created_at", ["1735689600", "1735696800", "1735698800"], "time"),
        ("amount", ["1735689600", "1735696800", "1735698800"], "number"),
        ("x", ["1735689600000", "1735696800000", "1735698800000"], "time"),
        ("x", ["20250113", "20250203", "20250303"], "time"),
        ("x", ["20250113", "20250203", "20259999"], "number"),
        ("income", ["200101", "200212", "201105"], "number"),
        ("month", ["200101", "200212", "201105"], "time"),
        ("when", ["45658", "45659", "45660"], "number"),
    ],
)
def test_numbers_that_nobody_called_a_time_need_more_to_be_one(name, texts, kind):
    column = read(*texts, name=name)

    assert column.reading.kind == kind
    assert kind == "number" or any("taken for" in note for note in column.reading.notes)


def test_numbers_that_could_be_times_say_so():
    for name, texts in {
        "amount": ["1735689600", "1735696800", "1735698800"],
        "when": ["45658", "45659", "45660"],
    }.items():
        assert "data.types: {" + name + ": time}" in read(*texts, name=name).reading.notes[0]


def test_names_of_times_are_known():
    assert all(TIME_NAME.search(name) for name in ("ts", "created_at", "Order Date", "timestamp"))
    assert not any(
        TIME_NAME.search(name) for name in ("amount", "state", "status", "rate", "data_x")
    )


# Words --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("texts", [["True", "False"], ["TRUE", "false"], ["true", "FALSE "]])
def test_true_and_false_are_numbers_in_any_case(texts):
    column = read(*texts)

    assert column.series.astype(float).tolist() == [1.0, 0.0]
    assert column.reading.ground == "booleans: true is 1"


def test_yes_and_no_in_several_spellings_are_two_words():
    column = read("Yes", "no", "YES", "Yes", " no ", "No", "no")

    assert column.series.tolist() == ["Yes", "no", "Yes", "Yes", "no", "no", "no"]
    assert "spellings of yes and no were put together" in column.reading.notes[0]


@pytest.mark.parametrize("word", ["None", "NA", "null", "nan", "N/A", "NaN"])
def test_words_for_missing_are_words_among_words(word):
    column = read("low", word, "", "high", word)

    assert column.series.tolist()[1] == word
    assert column.series.isna().tolist() == [False, False, True, False, False]


@pytest.mark.parametrize(
    ("texts", "ground"),
    [
        ([f"id-{i}" for i in range(50)], "an identifier"),
        ([f"{'a long and winding story about ' * 3}{i}" for i in range(50)], "free text"),
        (["same"] * 50, "one value only"),
        (["a", "b"] * 25, "2 different texts"),
        (["7"] * 50, "one value only"),
        ([str(i) for i in range(50)], "an identifier?"),
    ],
)
def test_identifiers_prose_and_constants_are_told(texts, ground):
    assert ground in read(*texts).reading.ground


def test_a_column_without_values_is_left_out():
    reading = read("", None, "  ").reading

    assert reading.kind == "ignore"
    assert reading.notes == ("column 'x' has no values and was left out",)


def test_different_texts_are_counted_once_with_blanks_cut_off():
    distinct = Distinct(pa.chunked_array([pa.array(["a", " a", "b", None, ""])]))

    assert sorted(distinct.texts.to_pylist()) == ["", "a", "b"]
    assert distinct.value_count == 3
    assert distinct.codes.tolist()[3] == -1


# Arrow --------------------------------------------------------------------------------------------


def arrow(values, kind=None, name="x", **setting):
    rows = np.arange(1, len(values) + 1)
    column = pa.chunked_array([pa.array(values, kind)])
    return read_arrow(name, column, Setting(**({"rows": rows} | setting)))


NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
ARROW = {
    "date32": ([date(2025, 6, 1), None], pa.date32(), "time", ["2025-06-01 00:00:00", None]),
    "date64": ([date(2025, 6, 1), None], pa.date64(), "time", ["2025-06-01 00:00:00", None]),
    "timestamp ns": ([NOON, None], pa.timestamp("ns"), "time", ["2025-06-01 12:00:00", None]),
    "timestamp s": ([NOON, None], pa.timestamp("s"), "time", ["2025-06-01 12:00:00", None]),
    "zone": ([NOON], pa.timestamp("us", "Europe/Berlin"), "time", ["2025-06-01 12:00:00"]),
    "decimal": ([Decimal("1.50"), None], pa.decimal128(9, 2), "number", [1.5, None]),
    "float16": ([1.5, None], pa.float32(), "number", [1.5, None]),
    "int with null": ([1, None], pa.int32(), "number", [1, None]),
    "uint64": ([2**63 + 1, 2**63 + 2], pa.uint64(), "category", [str(2**63 + 1), str(2**63 + 2)]),
    "time": ([time(1, 0, 5), None], pa.time64("us"), "number", [3605, None]),
    "time32": ([time(1, 0, 5)], pa.time32("s"), "number", [3605]),
    "duration": ([timedelta(hours=1), None], pa.duration("ns"), "number", [3600, None]),
    "bool": ([True, None], pa.bool_(), "number", [True, None]),
    "texts of numbers": (["1.5", None], pa.string(), "number", [1.5, None]),
    "texts of dates": (["2025-06-01"], pa.large_string(), "time", ["2025-06-01 00:00:00"]),
    "bytes of text": ([b"red", b"blue"], pa.binary(), "category", ["red", "blue"]),
    "dictionary of texts": (
        ["1", "2", None],
        pa.dictionary(pa.int8(), pa.string()),
        "category",
        ["1", "2", None],
    ),
    "dictionary of numbers": ([5, 7], pa.dictionary(pa.int8(), pa.int64()), "number", [5, 7]),
    "days of 8 digits": ([20250601, 20250602], pa.int32(), "time", None),
    "epoch ms": ([1735689600000, 1735696800000], pa.int64(), "time", None),
}


@pytest.mark.parametrize("case", ARROW)
def test_types_of_parquet_are_read_one_by_one(case):
    values, kind, expected_kind, expected = ARROW[case]

    column = arrow(values, kind, name="ts")

    assert column.reading.kind == expected_kind
    if expected is not None:
        found = stamps(column) if expected_kind == "time" else column.series.tolist()
        assert [None if pd.isna(v) else v for v in found] == expected


@pytest.mark.parametrize(
    ("values", "kind", "words"),
    [
        ([[1], [2]], pa.list_(pa.int64()), "lists or bytes"),
        ([{"a": 1}], pa.struct([("a", pa.int64())]), "lists or bytes"),
        ([b"\xff\x00"], pa.binary(), "lists or bytes"),
        ([b"\x01\x02"], pa.binary(2), "lists or bytes"),
        ([[("a", 1)]], pa.map_(pa.string(), pa.int64()), "lists or bytes"),
        ([None, None], pa.null(), "no values"),
        ([None, None], pa.date32(), "no values"),
    ],
)
def test_what_no_model_can_take_is_left_out_and_said(values, kind, words):
    reading = arrow(values, kind).reading

    assert reading.kind == "ignore"
    assert words in reading.notes[0]
    assert "left out" in reading.notes[0]


# Any table ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2])
def test_random_tables_in_every_dialect_are_read_back_or_told(seed):
    found = evaluate(len(WAYS), seed=seed)

    assert found["silent"] == []
    assert found["same"] > 20 * found["told"]
    assert found["dialects"] >= 30
