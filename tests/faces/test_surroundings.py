"""Outputs of any encoding and width; exit codes and runs of one study only."""

import io
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from advisor.cli import bench, run
from advisor.cli.bench_runs import _of_study
from advisor.cli.console import fit_surroundings
from benchmarks.errors import StoreError
from tests.advisor.factories import run as measured


@pytest.mark.parametrize("width", ["0", "", "00", " 0"])
@pytest.mark.parametrize("words", [["--help"], ["bench", "--help"], ["prices", "--help"]])
def test_a_width_of_nothing_prints_what_80_columns_do(monkeypatch, capsys, width, words):
    monkeypatch.delenv("COLUMNS", raising=False)
    run(words)
    expected = capsys.readouterr().out

    monkeypatch.setenv("COLUMNS", width)
    assert run(words) == 0

    assert capsys.readouterr().out == expected


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "ascii", "cp437", "iso8859-15", "cp850"])
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_marks_are_ascii_where_the_encoding_has_no_others(monkeypatch, encoding, stream):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, stream, io.TextIOWrapper(raw, encoding=encoding, write_through=True))

    fit_surroundings()
    print("△ assumed, ✎ yours, ▁▂█ 漢", file=getattr(sys, stream))

    shown = raw.getvalue().decode(encoding)
    assert shown.startswith("^ assumed, > yours, ")
    assert shown.rstrip().endswith("?")


def test_utf_8_keeps_its_marks(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="utf-8", write_through=True))

    fit_surroundings()
    print("△")

    assert raw.getvalue().decode() == "△\n"


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        (["failed"], 1),
        (["failed", "timeout"], 1),
        (["crashed", "skipped"], 1),
        (["out-of-memory"], 1),
        (["ok"], 0),
        (["failed", "ok"], 0),
    ],
)
def test_bench_fails_where_nothing_can_be_used(monkeypatch, tmp_path, outcomes, code):
    runs = tuple(SimpleNamespace(outcome=outcome) for outcome in outcomes)
    monkeypatch.setattr(bench, "bench_study", lambda *_, **__: SimpleNamespace(runs=runs))
    monkeypatch.setattr(bench, "print_result", lambda *_: None)

    assert run(["bench", str(tmp_path / "s.yaml")]) == code


def study_of(tmp_path, data):
    path = tmp_path / "s.yaml"
    path.write_text(f"data: {data}\n")
    return path


def of(source, target="y"):
    one = measured("linear")
    return one.replace(dataset=one.dataset.replace(source=source, target=target))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("{path: a.csv, target: y}", ["a.csv"]),
        ("{path: b.csv, target: z}", ["b.csv"]),
        ("{source: 'builtin:wine'}", ["builtin:wine"]),
    ],
)
def test_the_runs_of_a_study_are_those_of_its_data(tmp_path, data, expected):
    runs = (of("a.csv"), of("a.csv", "other"), of("b.csv", "z"), of("builtin:wine", "target"))

    found = _of_study(study_of(tmp_path, data), runs)

    assert [one.dataset.source for one in found] == expected


def test_a_study_without_runs_of_its_own_is_told(tmp_path):
    with pytest.raises(StoreError, match="none of the 1 runs beside it is of its data"):
        _of_study(study_of(tmp_path, "{path: c.csv, target: y}"), (of("a.csv"),))


BARE = {"PATH": os.environ["PATH"]}


@pytest.mark.slow
@pytest.mark.parametrize(
    "surroundings",
    [
        {"TERM": "dumb"},
        {"TERM": ""},
        {"TERM": "no-such-terminal"},
        {"LANG": "C", "LC_ALL": "C"},
        {"PYTHONIOENCODING": "ascii"},
        {"COLUMNS": "1", "LINES": "1"},
        {"NO_COLOR": "1", "FORCE_COLOR": "1"},
        {"HOME": "/nonexistent", "XDG_DATA_HOME": "/nonexistent"},
    ],
    ids=lambda found: "-".join(f"{k}={v}" for k, v in found.items()).replace("/", "_"),
)
def test_without_a_terminal_or_a_home_the_words_come_and_nothing_is_asked(tmp_path, surroundings):
    study = tmp_path / "a.yaml"
    for words in (["init", str(study)], ["prices", "show", "--sku", "m7g.xlarge"], ["--version"]):
        done = subprocess.run(
            [sys.executable, "-P", "-m", "advisor", *words],
            check=False,
            env=BARE | surroundings,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
        )

        assert done.returncode == 0, done.stderr
        assert done.stdout
        assert b"Traceback" not in done.stderr
    assert study.exists()
