"""A hostile study through every face: harmless, and said.

Names with markup, formulas, terminal escapes and marks that turn the direction of writing; ten
thousand candidates; names of a megabyte.
"""

import ast
import csv
import io
import json
import re
from pathlib import Path

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from streamlit.testing.v1 import AppTest

from advisor import Answer
from advisor.cli import run
from advisor.cli.recommend import _refuse_to_overwrite, answer_of
from advisor.errors import AdvisorError, StudyError
from advisor.report import FORMATS, render_bytes
from advisor.report.markdown import escape
from advisor.report.words import clean
from advisor.study.file import load_study, parse_study_text
from advisor.views import study_folder
from benchmarks.storage.records import Candidate
from benchmarks.storage.store import RunStore
from pricing.errors import PricingError
from pricing.usage import load_usage
from pricing.yaml_text import dump_yaml
from tests.advisor.factories import dataset, ladder
from tests.advisor.factories import run as measured
from tests.faces.factories import hostile, option, recommendation
from tests.faces.factories import ladder as steps_of
from tests.faces.pages import APP, ROOT

ATTACK = (
    "<script>alert(1)</script>=cmd|'/C calc'!A0 ![i](http://e.org/x.png) @team fixes #1 "
    "\x1b]8;;http://e.org\x07link\x1b]0;owned\x07\x1b[2J\u202egnp.exe\u2066\u200b"
)
NEVER = ("\x1b", "\x07", "\u202e", "\u2066", "\u200b")
TEXTS = ("md", "csv", "focus")
ON = "2026-11-21"


@pytest.fixture(scope="module")
def hostile_study(tmp_path_factory) -> Path:
    """Return a measured study whose every free word is an attack: names, columns, the data file."""
    folder = tmp_path_factory.mktemp("hostile")
    own = {"name": ATTACK, "import": "my_models:make_model"}
    asked = {
        "name": ATTACK[:100],
        "data": {"path": f"=1+1{ATTACK[:60].replace('/', '')}.csv", "target": f"+y{ATTACK}"},
        "candidates": ["dummy", "linear", own],
        "workload": {"requests_per_s": 20},
        "retraining": {"cases_per_day": 2000},
    }
    path = folder / "advisor.yaml"
    path.write_text(dump_yaml(asked), encoding="utf-8")
    data = dataset(name=ATTACK, source=asked["data"]["path"], target=asked["data"]["target"])
    store = RunStore(folder / ".advisor")
    for each in ladder(dataset=data)[:2]:
        store.append(each)
    mine = Candidate(name=ATTACK, family="import", import_path=own["import"], simplicity_rank=100)
    store.append(measured("own", 7, error=0.02, family="import", candidate=mine, dataset=data))
    return path


@pytest.fixture(scope="module")
def answer(hostile_study):
    return answer_of(hostile_study, overrides=[], store=None, on=ON)


@pytest.fixture
def answered(answer, monkeypatch):
    """Let the command line answer at once: what it computes is another test's matter."""
    monkeypatch.setattr("advisor.cli.recommend.answer_of", lambda *_, **__: answer)


@pytest.mark.parametrize("name", TEXTS)
def test_a_report_holds_no_control_character_and_says_so(name):
    text = render_bytes(hostile(), format=name).decode()

    assert [mark for mark in NEVER if mark in text] == []
    if name == "md":
        assert "control or invisible characters" in text


def test_the_json_keeps_the_names_and_shows_what_is_in_them():
    text = render_bytes(hostile(), format="json").decode()

    assert [mark for mark in NEVER if mark in text] == []
    assert json.loads(text)["study"] == hostile().study


def test_the_hostile_model_is_the_one_that_is_recommended(answer):
    assert answer.best.candidate == ATTACK


@pytest.mark.parametrize("flag", ["--quiet", "--json"])
def test_the_command_line_prints_harmless_words(hostile_study, answered, flag, capsys):
    assert run(["recommend", str(hostile_study), flag]) == 0
    said = capsys.readouterr()

    assert [mark for mark in NEVER if mark in said.out + said.err] == []
    if flag == "--json":
        assert json.loads(said.out)["best"]["candidate"] == ATTACK


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_every_report_of_a_hostile_study_can_be_written(
    hostile_study, answered, name, tmp_path, capsys
):
    output = tmp_path / f"out.{name}"

    assert run(["report", str(hostile_study), "--format", name, "-o", str(output)]) == 0
    said = capsys.readouterr()
    assert output.stat().st_size > 100
    assert [mark for mark in NEVER if mark in said.out + said.err] == []
    _refuse_to_overwrite(hostile_study, output, force=False)  # it is known as a report of ours
    text = "" if name == "pdf" else output.read_text(encoding="utf-8")
    assert [mark for mark in NEVER if mark in text] == []
    if name in {"html", "md"}:
        assert "control or invisible characters" in text


@pytest.mark.parametrize(
    "arguments",
    [
        ["bench", "show"],
        ["bench", "show", "own"],
        ["bench", "show", "nothing=<x>\x1b[2J"],
        ["bench", "compare"],
        ["bench", "run"],
    ],
)
def test_what_looks_at_the_runs_prints_harmless_words(hostile_study, arguments, capsys):
    words = [ATTACK if word == "own" else word for word in arguments]
    if arguments[-1] == "compare":
        words += ["dummy", ATTACK]
    assert run([*words[:2], str(hostile_study), *words[2:]]) in {0, 1, 3}
    said = capsys.readouterr()

    assert [mark for mark in NEVER if mark in said.out + said.err] == []


def test_the_plan_and_the_progress_of_a_benchmark_are_harmless(capsys):
    from rich.console import Console

    from advisor.cli.bench import _Bar
    from benchmarks.session.plan import Plan, PlannedTrial, Progress

    with _Bar(Console(stderr=True)) as bar:
        trials = (PlannedTrial(ATTACK, "training", 1.0),)
        data = dataset(name=ATTACK)
        bar.show_plan(Plan("fast", data, trials, (ATTACK,), None, (ATTACK,)))
        bar.show_progress(Progress(ATTACK, 1, 1, 0.0))
    said = capsys.readouterr().err

    assert "1/1" in said
    assert [mark for mark in NEVER if mark in said] == []


def test_every_word_of_the_command_line_goes_through_one_door():
    """`say` cleans a line; what is echoed past it is JSON, which has no such characters."""
    echoed = []
    for path in sorted((ROOT / "advisor" / "cli").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "typer.echo":
                words = ast.unparse(node.args[0])
                if not words.startswith(("json.", "visible_json(", "_as_json(")):
                    echoed.append((path.name, words))

    assert [one for one in echoed if one[0] not in {"console.py", "__init__.py"}] == []


@pytest.mark.slow
def test_the_explorer_shows_a_hostile_study_as_words(hostile_study, monkeypatch):
    monkeypatch.setattr("sys.argv", ["app.py", str(hostile_study)])
    page = AppTest.from_file(APP, default_timeout=60).run()
    shown = "\n".join(element.proto.body for element in page.get("html"))

    assert not page.exception
    assert "<script" not in shown
    assert [mark for mark in NEVER if mark in shown] == []


def test_jupyter_shows_a_hostile_study_as_words(answer):
    shown = Answer(**{name: getattr(answer, name) for name in type(answer).model_fields})
    page = shown._repr_html_()

    assert "<script" not in page
    assert "<img" not in page
    assert [mark for mark in NEVER if mark in page] == []


def rendered(text: str) -> tuple[set[str], list[str], list[set[int]]]:
    """Return tags, words of each piece and columns of each table of a Markdown page."""
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    page = reader.render(text).replace("<!-- -->", "")
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    tags = {element.tag for element in tree.iter()}
    pieces = [" ".join("".join(e.itertext()).split()) for e in tree.iter() if e.tag in PIECES]
    tables = [{len(row) for row in table.iter("tr")} for table in tree.iter("table")]
    return tags, pieces, tables


PIECES = {"td", "th", "li", "p", "h1"}
PAGE_TAGS = {"html", "head", "body", "p", "h1", "h2", "strong", "ul", "li", "pre", "code"}
TABLE_TAGS = {"table", "thead", "tbody", "tr", "th", "td", "details", "summary"}


@pytest.mark.parametrize("make", ["factory", "study"])
def test_a_pull_request_shows_no_link_image_or_broken_table(make, answer):
    text = render_bytes(hostile() if make == "factory" else answer, format="md").decode()
    tags, _, tables = rendered(text)

    assert tags <= PAGE_TAGS | TABLE_TAGS
    assert len(tables) > 5
    assert [columns for columns in tables if len(columns) != 1] == []
    assert re.search(r"@\w", text.replace("@<!-- -->", "")) is None
    assert re.search(r"#\d", text.partition("<details>")[0]) is None


@settings(max_examples=60)
@given(st.text(alphabet="<>[]()!`*_~|\\&#@$:/.=+- 1aw\n;\"'{}^%?x", max_size=40))
def test_markdown_shows_any_words_as_they_are(text):
    word = escape(clean(text))
    cells = f"| {word} | b |\n| --- | --- |\n| {word} | b |"
    tags, pieces, tables = rendered(f"{cells}\n\n- {word}\n\n{word}\n")

    assert tags <= PAGE_TAGS | TABLE_TAGS
    assert {piece for piece in pieces if piece != "b"} <= {" ".join(clean(text).split()), ""}
    assert tables == [{2}]


MALFORMED = {
    "ten aliases that stand for billions": (
        "".join(
            f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" if a else f"{b}: &{b} [x]\n"
            for a, b in zip(["", *"abcdefghi"], "abcdefghij", strict=True)
        ),
        "aliases stand for",
    ),
    "an alias of itself": ("data: &a [*a]", "recursive"),
    "deep lists": ("data: " + "[" * 20_000, "nested too deeply"),
    "deep maps": ("data: " + "{a: " * 20_000, "nested too deeply"),
    "a key given twice": ("data: {source: a}\ndata: {source: b}", "given twice"),
    "a NUL": ("data: {path: 'a\0b'}", "not valid YAML"),
    "a tag that runs": ("data: !!python/object/apply:os.system ['true']", "constructor"),
    "no such day": ("horizon_months: 2026-02-30", "2026-02-30.*valid integer"),
    "too many digits": ("horizon_months: " + "9" * 5000, "digits"),
    "too many digits in hex": ("horizon_months: 0x" + "f" * 4000, "thousands of digits"),
    "too large": ("workload: {requests_per_s: 1e309}", "finite"),
    "infinite": ("workload: {requests_per_s: .inf}", "finite"),
    "not a number": ("workload: {profile: [.nan]}", "finite"),
    "negative": ("team: {engineer_usd_per_hour: -1}", "greater than or equal to 0"),
    "a date": ("workload: {requests_per_s: 2026-01-01}", "2026-01-01"),
    "half a character": ('name: "\\ud800"', "unicode"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_yaml_that_is_made_to_hurt_is_one_clear_line(case):
    text, words = MALFORMED[case]
    whole = text if "data:" in text else f"data: {{source: 'builtin:digits'}}\n{text}"

    with pytest.raises(StudyError, match=words) as raised:
        parse_study_text(whole.encode(), where="s.yaml")
    assert len(str(raised.value)) < 400
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "text", ["[" * 20_000, "on: 2026-02-30", "on: '\x1b[2J'", "a: " + "9" * 5000]
)
def test_a_usage_file_that_is_made_to_hurt_is_one_clear_line(text, tmp_path):
    (tmp_path / "u.yaml").write_text(text)

    with pytest.raises(PricingError, match=r"u\.yaml"):
        load_usage(tmp_path / "u.yaml")


def test_a_change_that_is_made_to_hurt_is_one_clear_line(hostile_study, capsys):
    for change in ("needs=" + "[" * 20_000, "horizon_months=" + "9" * 5000, "name=\x1b[2J\u202e"):
        code = run(["bench", "show", str(hostile_study), f"x{change}"])
        code = code and run(["recommend", str(hostile_study), "--set", change, "--on", "nonsense"])
        said = capsys.readouterr().err

        assert code == 1
        assert [mark for mark in NEVER if mark in said] == []
        assert "Traceback" not in said


def test_ten_thousand_candidates_are_refused_with_the_limit():
    many = ", ".join(f"c{i}" for i in range(10_000))

    with pytest.raises(StudyError, match="1000"):
        parse_study_text(
            f"data: {{source: 'builtin:digits'}}\ncandidates: [{many}]\n".encode(), where="s.yaml"
        )


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_an_answer_about_a_thousand_candidates_stays_readable(name):
    steps = tuple(steps_of()[1].replace(candidate=f"c{i}") for i in range(1000))
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
        study_folder.read_study("s.yaml", b"name: " + b"x" * 1_000_001)


@pytest.mark.slow
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
    monkeypatch.setenv(study_folder.FOLDER_VARIABLE, str(tmp_path / "kept"))
    try:
        name = study_folder.add_data(file_name, b"a,b\n1,2\n", target="b")
    except AdvisorError:
        return  # no data file by its name

    path = study_folder.path_of(name)
    assert path is not None
    assert path.resolve().is_relative_to((tmp_path / "kept").resolve())
    assert load_study(path).data.target == "b"


@pytest.mark.parametrize("name", ["..", "../..", "/etc", "a/b", "", "\x00"])
def test_an_address_opens_no_study_outside_the_folder(name, tmp_path, monkeypatch):
    monkeypatch.setenv(study_folder.FOLDER_VARIABLE, str(tmp_path / "kept"))
    (tmp_path / "advisor.yaml").write_text("data: {source: 'builtin:digits'}")

    assert study_folder.path_of(name) is None


def test_an_upload_never_replaces_another(tmp_path, monkeypatch):
    monkeypatch.setenv(study_folder.FOLDER_VARIABLE, str(tmp_path))
    names = [study_folder.add_data("a.csv", b"x,y\n1,2\n", target="y") for _ in range(3)]

    assert names == ["a", "a-2", "a-3"]


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02" * 50, b"\xff\xfe", b"PAR1junk"])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_an_upload_that_is_no_table_is_one_clear_line(content, suffix):
    try:
        columns = [r.name for r in study_folder.readings_of(f"x.{suffix}", content)[0]]
    except AdvisorError as error:
        said = str(error)
        assert "\n" not in said
        return
    assert all(isinstance(column, str) for column in columns)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a,b,y\n", "has a header and no rows below it"),
        (b"a\n1\n2\n", "has one column, 'a': columns are separated by commas"),
        (b"\x81,y\n1,2\n", "line 1: the content is not UTF-8 text"),
        (b"a,y\n1,2,3,4\n", "not a regular CSV table"),
    ],
)
def test_an_upload_that_nothing_can_be_learned_from_says_why(content, said):
    with pytest.raises(AdvisorError, match=said):
        study_folder.readings_of("x.csv", content)


@pytest.mark.parametrize(
    ("column", "kind", "question"),
    [
        (["1,5", "2,25"], "number", False),
        (["13/01/2025", "02/03/2025"], "time", False),
        (["01/02/2025", "03/04/2025"], "ignore", True),
        (["yes", "no"], "category", False),
        (["1,234", "5,678"], "number", True),
        ([*(["7", "A/1"] * 10)], "category", True),
    ],
)
def test_an_upload_tells_what_its_columns_were_taken_for(column, kind, question):
    lines = [f"{value};{i % 2}" for i, value in enumerate(column)]

    (first, _), _ = study_folder.readings_of("x.csv", "\n".join(["a;y", *lines, ""]).encode())

    assert first.kind == kind
    assert (first.question is not None) is question


def test_what_a_user_says_of_columns_is_in_the_study(tmp_path, monkeypatch):
    monkeypatch.setenv(study_folder.FOLDER_VARIABLE, str(tmp_path))

    name = study_folder.add_data("a.csv", b"x,y\n1,2\n", target="y", types={"x": "category"})

    assert load_study(study_folder.path_of(name)).data.types == {"x": "category"}


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "größe", "数据", "<script>", "**b**"])
def test_columns_keep_their_names_whatever_they_are(name):
    content = f"{name},y\n1,2\n".encode()

    readings, _ = study_folder.readings_of("x.csv", content)
    assert [reading.name for reading in readings] == [name, "y"]


def test_the_cells_of_a_hostile_answer_are_never_formulas():
    text = render_bytes(hostile(), format="csv").decode()

    for row in csv.reader(io.StringIO(text, newline="")):
        assert [cell for cell in row if cell.lstrip()[:1] in {"=", "+", "@"}] == []
