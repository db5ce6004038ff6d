"""An error matrix may have dates in any form; what is neither is told."""

import pandas as pd
import pytest

from advisor.errors import AdvisorError
from advisor.retraining.matrix_file import read_matrix

MONTHS = pd.date_range("2021-09-30", periods=24, freq="ME")
DAYS = pd.date_range("2025-01-13", periods=60, freq="7D")


def matrix(tmp_path, ends, form):
    names = [form(end) for end in ends]
    lines = ["trained_at,scored_at,n,error"]
    for s in range(0, len(ends) - 1, 5):
        lines += [
            f"{names[s]},{names[t]},500,{0.1 + 0.01 * (t - s)}" for t in range(s + 1, len(ends))
        ]
    path = tmp_path / "m.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


FORMS = {
    "yyyymmdd": lambda t: t.strftime("%Y%m%d"),
    "epoch s": lambda t: str(int(t.timestamp())),
    "epoch ms": lambda t: str(int(t.timestamp() * 1000)),
    "day first": lambda t: t.strftime("%d/%m/%Y"),
    "month first": lambda t: t.strftime("%m/%d/%Y"),
    "dots": lambda t: t.strftime("%d.%m.%y"),
    "names": lambda t: t.strftime("%d %b %Y"),
    "zone": lambda t: t.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "Excel": lambda t: str((t - pd.Timestamp("1899-12-30")).days),
    "yyyymmddhhmm": lambda t: t.strftime("%Y%m%d%H%M"),
}


@pytest.mark.parametrize("case", FORMS)
@pytest.mark.parametrize("ends", [MONTHS, DAYS], ids=["months", "weeks"])
def test_dates_in_any_form_are_what_iso_dates_are(tmp_path, case, ends):
    expected = read_matrix(matrix(tmp_path, ends, lambda t: t.strftime("%Y-%m-%d")))

    assert read_matrix(matrix(tmp_path, ends, FORMS[case])) == expected


@pytest.mark.parametrize(
    "form",
    [lambda t: t.strftime("%Y%m"), lambda t: t.strftime("%Y-%m"), lambda t: t.strftime("%b %Y")],
)
def test_months_are_periods(tmp_path, form):
    found = read_matrix(matrix(tmp_path, MONTHS, form))

    assert found.period_days == pytest.approx(31, abs=1)
    assert max(row.scored_at for row in found.rows) - found.rows[0].trained_at == 23


@pytest.mark.parametrize("start", [0, 1, 100, 3021, -3])
def test_small_whole_numbers_are_periods(tmp_path, start):
    found = read_matrix(matrix(tmp_path, range(start, start + 12), str))

    assert found.period_days is None
    assert found.rows[0].trained_at == start


@pytest.mark.parametrize("far", [301, 5_000, 10_101, 99_999, 123_456, 10_000_000])
def test_numbers_far_apart_are_no_periods(tmp_path, far):
    with pytest.raises(AdvisorError, match="write dates as 2026-01-31"):
        read_matrix(matrix(tmp_path, [1, 2, 3, 3 + far, 4 + far], str))


@pytest.mark.parametrize("ends", [["soon", "later"], ["01/02/2025", "01/03/2025"], ["1.5", "2.5"]])
def test_what_is_no_time_is_told(tmp_path, ends):
    with pytest.raises(AdvisorError, match="2026-01-31"):
        read_matrix(matrix(tmp_path, ends, str))


@pytest.mark.parametrize(
    ("mark", "n", "error"),
    [
        (";", "5000", "0,25"),
        (";", "5.000", "0,25"),
        (",", '"5,000"', "0.25"),
        ("\t", "5 000", "0,25"),
        (",", "5000.0", "25%"),
        (";", "5000", "25,0 %"),
        (",", "5e3", "2.5e-1"),
    ],
)
def test_counts_and_errors_may_be_written_in_any_form(tmp_path, mark, n, error):
    path = tmp_path / "m.csv"
    lines = [mark.join((str(s), str(t), n, error)) for s in range(4) for t in range(s + 1, 6)]
    path.write_text("\n".join([mark.join(("trained_at", "scored_at", "n", "error")), *lines]))

    rows = read_matrix(path).rows

    assert {(row.case_count, row.error_per_case) for row in rows} == {(5000, 0.25)}


@pytest.mark.parametrize(
    ("n", "error"), [("12.5", "0.1"), ("many", "0.1"), ("10", "-0.1"), ("9", "")]
)
def test_a_count_or_an_error_that_is_none_is_told_with_its_line(tmp_path, n, error):
    path = tmp_path / "m.csv"
    path.write_text(f"trained_at,scored_at,n,error\n1,2,10,0.1\n1,3,{n},{error}\n")

    with pytest.raises(AdvisorError, match="line 3: "):
        read_matrix(path)


def test_years_are_years(tmp_path):
    assert read_matrix(matrix(tmp_path, range(2011, 2023), str)).period_days == 365
