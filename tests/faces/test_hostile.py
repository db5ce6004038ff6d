"""A hostile study through every face: harmless, and said.

Names with markup, formulas, terminal escapes and marks that turn the direction of writing; ten
thousand candidates; names of a megabyte.
"""

import csv
import io
import json

import pytest
from streamlit.testing.v1 import AppTest

from advisor import recommend as recommend_in_python
from advisor.cli import run
from advisor.errors import AdvisorError
from advisor.report import FORMATS, render_bytes
from advisor.study import StudyError
from advisor.study_file import load_study, parse_study_text
from advisor.views import library
from tests.faces.factories import hostile, ladder, option, recommendation
from tests.faces.pages import APP, measured_study

ATTACK = "<script>alert(1)</script>=cmd|'/C calc'!A0 \x1b]0;owned\x07\x1b[2J\u202egnp.exe"
NEVER = ("\x1b", "\x07", "\u202e")
TEXTS = ("html", "md", "csv", "focus")


@pytest.fixture
def hostile_study(tmp_path):
    """Return a measured study whose every free word is an attack."""
    path = measured_study(tmp_path)
    text = path.read_text().replace("name: demo", f"name: {json.dumps(ATTACK[:100])}")
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", TEXTS)
def test_a_report_holds_no_control_character_and_says_so(name):
    text = render_bytes(hostile(), format=name).decode()

    assert [mark for mark in NEVER if mark in text] == []
    if name in {"html", "md"}:
        assert "control or invisible characters" in text


def test_the_json_keeps_the_names_and_shows_what_is_in_them():
    text = render_bytes(hostile(), format="json").decode()

    assert [mark for mark in NEVER if mark in text] == []
    assert json.loads(text)["study"] == hostile().study


def test_the_command_line_prints_harmless_words(hostile_study, capsys):
    assert run(["recommend", str(hostile_study)]) == 0
    said = capsys.readouterr()

    assert [mark for mark in NEVER if mark in said.out + said.err] == []


@pytest.mark.parametrize("name", FORMATS)
def test_every_report_of_a_hostile_study_can_be_written(hostile_study, name, tmp_path, capsys):
    output = tmp_path / f"out.{name}"

    assert run(["report", str(hostile_study), "--format", name, "-o", str(output)]) == 0
    said = capsys.readouterr()
    assert output.stat().st_size > 100
    assert [mark for mark in NEVER if mark in said.out + said.err] == []
    assert run(["report", str(hostile_study), "--format", name, "-o", str(output)]) == 0


def test_the_explorer_shows_a_hostile_study_as_words(hostile_study, monkeypatch):
    monkeypatch.setattr("sys.argv", ["app.py", str(hostile_study)])
    page = AppTest.from_file(APP, default_timeout=60).run()
    shown = "\n".join(element.proto.body for element in page.get("html"))

    assert not page.exception
    assert "<script" not in shown
    assert [mark for mark in NEVER if mark in shown] == []


def test_jupyter_shows_a_hostile_study_as_words(hostile_study):
    page = recommend_in_python(hostile_study)._repr_html_()

    assert "<script" not in page
    assert [mark for mark in NEVER if mark in page] == []


def test_ten_thousand_candidates_are_refused_with_the_limit():
    many = ", ".join(f"c{i}" for i in range(10_000))

    with pytest.raises(StudyError, match="1000"):
        parse_study_text(
            f"data: {{source: 'builtin:digits'}}\ncandidates: [{many}]\n".encode(), where="s.yaml"
        )


@pytest.mark.parametrize("name", FORMATS)
def test_an_answer_about_a_thousand_candidates_stays_readable(name):
    steps = tuple(ladder()[1].replace(candidate=f"c{i}") for i in range(1000))
    options = tuple(option(candidate=f"c{i}", serving_usd=50.0 + i) for i in range(1000))
    answer = recommendation(ranked=options, best=options[0], ladder=steps)
    made = render_bytes(answer, format=name)

    assert len(made) < {"html": 1_500_000, "pdf": 3_000_000}.get(name, 10_000_000)


def test_a_name_of_a_megabyte_is_refused_where_it_enters():
    with pytest.raises(StudyError, match="at most 100"):
        parse_study_text(
            b"name: " + b"x" * 999_000 + b"\ndata: {source: 'builtin:digits'}", where="s.yaml"
        )
    with pytest.raises(AdvisorError, match="no study file"):
        library.read_study("s.yaml", b"name: " + b"x" * 1_000_001)


@pytest.mark.parametrize("name", FORMATS)
def test_a_name_of_a_megabyte_in_an_answer_is_cut_and_said(name):
    long = "x" * 1_000_000
    best = option(candidate=long, name=long)
    made = render_bytes(recommendation(best=best, ranked=(best,), study=long), format=name)

    if name != "json":
        assert len(made) < 1_000_000
    if name in {"html", "md"}:
        assert "very long" in made.decode()


@pytest.mark.parametrize(
    "file_name",
    ["../../etc/passwd.csv", "..", "a/b.csv", "con:.csv", "\x1b[31m.csv", "é" * 500 + ".csv"],
)
def test_the_name_of_an_upload_never_leaves_the_folder(file_name, tmp_path, monkeypatch):
    monkeypatch.setenv(library.FOLDER_VARIABLE, str(tmp_path / "kept"))
    try:
        name = library.add_data(file_name, b"a,b\n1,2\n", target="b")
    except AdvisorError:
        return  # no data file by its name

    path = library.path_of(name)
    assert path is not None
    assert path.resolve().is_relative_to((tmp_path / "kept").resolve())
    assert load_study(path).data.target == "b"


@pytest.mark.parametrize("name", ["..", "../..", "/etc", "a/b", "", "\x00"])
def test_an_address_opens_no_study_outside_the_folder(name, tmp_path, monkeypatch):
    monkeypatch.setenv(library.FOLDER_VARIABLE, str(tmp_path / "kept"))
    (tmp_path / "advisor.yaml").write_text("data: {source: 'builtin:digits'}")

    assert library.path_of(name) is None


def test_an_upload_never_replaces_another(tmp_path, monkeypatch):
    monkeypatch.setenv(library.FOLDER_VARIABLE, str(tmp_path))
    names = [library.add_data("a.csv", b"x,y\n1,2\n", target="y") for _ in range(3)]

    assert names == ["a", "a-2", "a-3"]


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02" * 50, b"\xff\xfe", b"PAR1junk"])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_an_upload_that_is_no_table_is_one_clear_line(content, suffix):
    try:
        columns = library.columns_of(f"x.{suffix}", content)
    except AdvisorError as error:
        said = str(error)
        assert "\n" not in said
        return
    assert all(isinstance(column, str) for column in columns)


def test_the_cells_of_a_hostile_answer_are_never_formulas():
    text = render_bytes(hostile(), format="csv").decode()

    for row in csv.reader(io.StringIO(text, newline="")):
        assert [cell for cell in row if cell.lstrip()[:1] in {"=", "+", "@"}] == []
