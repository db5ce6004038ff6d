"""Malformed studies and data: each its own clear line on stderr, exit code 1, nothing written."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from advisor.cli import run
from advisor.files import write_whole


def good_frame(rows: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {"a": rng.normal(size=rows), "b": rng.normal(size=rows), "y": rng.integers(0, 2, rows)}
    )


def study_in(folder: Path, text: str) -> Path:
    path = folder / "advisor.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def failure(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Run, check that it failed as an expected error does, and return the line."""
    code = run(arguments)
    out, err = capsys.readouterr()
    lines = [line for line in err.splitlines() if line.startswith("advisor: ")]

    assert code == 1
    assert out == ""
    assert len(lines) == 1, err
    assert "Traceback" not in err
    return lines[0]


def a_csv(folder: Path, frame: pd.DataFrame, name: str = "data.csv") -> None:
    frame.to_csv(folder / name, index=False)


def an_empty_file(folder: Path) -> None:
    (folder / "data.csv").write_text("")


def a_header_only(folder: Path) -> None:
    (folder / "data.csv").write_text("a,b,y\n")


def a_parquet_named_csv(folder: Path) -> None:
    good_frame().to_parquet(folder / "data.csv")


def a_csv_named_parquet(folder: Path) -> None:
    a_csv(folder, good_frame(), "data.parquet")


def random_bytes(folder: Path) -> None:
    (folder / "data.csv").write_bytes(np.random.default_rng(0).bytes(4096))


def one_class(folder: Path) -> None:
    a_csv(folder, good_frame().assign(y=1))


def no_labels(folder: Path) -> None:
    a_csv(folder, good_frame().assign(y=None))


def three_rows(folder: Path) -> None:
    a_csv(folder, good_frame(3))


def bad_times(folder: Path) -> None:
    a_csv(folder, good_frame().assign(ts="not a time"))


def plain(folder: Path) -> None:
    a_csv(folder, good_frame())


CSV = "data: {path: data.csv, target: y}"

MALFORMED_DATA = {
    "no such file": (lambda folder: None, CSV, ["data.csv"]),
    "an empty file": (an_empty_file, CSV, ["data.csv", "empty"]),
    "a header and no rows": (a_header_only, CSV, ["data.csv", "row"]),
    "Parquet named .csv": (a_parquet_named_csv, CSV, ["data.csv", "Parquet"]),
    "CSV named .parquet": (
        a_csv_named_parquet,
        "data: {path: data.parquet, target: y}",
        ["data.parquet", "Parquet"],
    ),
    "random bytes": (random_bytes, CSV, ["data.csv"]),
    "a missing target": (plain, "data: {path: data.csv, target: yy}", ["yy", "target"]),
    "a missing time column": (
        plain,
        "data: {path: data.csv, target: y, time: when}",
        ["when", "time"],
    ),
    "a missing ignored column": (
        plain,
        "data: {path: data.csv, target: y, ignore: [nothing]}",
        ["nothing", "ignore"],
    ),
    "one class only": (one_class, CSV, ["y", "one"]),
    "no labels at all": (no_labels, CSV, ["y"]),
    "too few rows": (three_rows, CSV, ["data.csv", "3 usable rows", "20"]),
    "times that are no times": (
        bad_times,
        "data: {path: data.csv, target: y, time: ts}",
        ["ts", "time"],
    ),
    "a folder for a file": (
        lambda folder: (folder / "data.csv").mkdir(),
        CSV,
        ["data.csv", "folder"],
    ),
    "an unknown ending": (plain, "data: {path: data.xlsx, target: y}", ["data.xlsx"]),
    "an unknown built-in set": (
        plain,
        'data: {source: "builtin:breast_cancr"}',
        ["breast_cancr", "breast_cancer"],
    ),
    "an unknown candidate": (
        plain,
        CSV + "\ncandidates: [random_forst]",
        ["random_forst", "random_forest"],
    ),
}


@pytest.mark.parametrize("case", list(MALFORMED_DATA))
def test_malformed_data_end_in_one_clear_line(case, tmp_path, capsys):
    prepare, text, words = MALFORMED_DATA[case]
    prepare(tmp_path)
    study = study_in(tmp_path, text)
    before = sorted(p.name for p in tmp_path.iterdir())

    line = failure(["bench", str(study)], capsys)

    assert [word for word in words if word not in line] == []
    assert sorted(p.name for p in tmp_path.iterdir() if p.name != ".advisor") == before
    assert not list(tmp_path.glob(".advisor/**/*.json"))


@pytest.mark.slow
def test_a_candidate_whose_module_is_missing_is_a_run_with_its_reason(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr("benchmarks.session.session.probe_machine", lambda *_, **__: ({}, ()))
    plain(tmp_path)
    study = study_in(tmp_path, CSV + '\ncandidates: [{name: mine, import: "nowhere:make"}]')

    assert run(["bench", str(study)]) == 1
    assert "nowhere" in capsys.readouterr().out
    line = failure(["recommend", str(study)], capsys)
    assert "mine" in line
    assert "nowhere" in line


MALFORMED_STUDIES = {
    "nothing in it": ("", ["is empty", "advisor init"]),
    "not YAML": ("data: {path: a.csv", ["not valid YAML", "line 1"]),
    "an unknown key": ("data: {path: a.csv}\nworkloads: {}", ["workloads", "workload"]),
    "a unit in a number": (
        "data: {path: a.csv}\nneeds: {max_p99_latency_ms: 100ms}",
        ["needs.max_p99_latency_ms", "100ms"],
    ),
    "a negative rate": (
        "data: {path: a.csv}\nworkload: {requests_per_s: -5}",
        ["workload.requests_per_s", "-5"],
    ),
}


@pytest.mark.parametrize("command", [["bench"], ["recommend"], ["report", "-o", "out.html"]])
@pytest.mark.parametrize("case", list(MALFORMED_STUDIES))
def test_malformed_studies_end_in_one_clear_line(case, command, tmp_path, capsys, monkeypatch):
    text, words = MALFORMED_STUDIES[case]
    study = study_in(tmp_path, text)
    monkeypatch.chdir(tmp_path)

    line = failure([command[0], str(study), *command[1:]], capsys)

    assert str(study) in line
    assert [word for word in words if word not in line] == []
    assert sorted(p.name for p in tmp_path.iterdir()) == ["advisor.yaml"]


def test_recommending_without_runs_says_what_to_run(tmp_path, capsys):
    plain(tmp_path)
    study = study_in(tmp_path, CSV)

    line = failure(["recommend", str(study)], capsys)

    assert f"advisor bench {study}" in line


@pytest.mark.parametrize(
    "arguments",
    [
        ["recommend"],
        ["recommend", "x.yaml", "--jsn"],
        ["recomend"],
        ["bench", "x", "--preset", "f"],
    ],
)
def test_a_usage_error_exits_1(arguments, capsys):
    assert run(arguments) == 1
    assert "Traceback" not in capsys.readouterr().err


def test_a_wrong_day_says_how_to_write_one(tmp_path, capsys):
    study = study_in(tmp_path, 'data: {source: "builtin:wine"}')
    (tmp_path / ".advisor").mkdir()

    assert "no finished run" in failure(["recommend", str(study), "--on", "2026-01-01"], capsys)


def test_terminal_escapes_in_a_name_do_not_reach_the_terminal(tmp_path, capsys):
    study = study_in(tmp_path, 'data: {path: "a\\u001b[31m.csv", target: y}')

    assert "\x1b" not in failure(["bench", str(study)], capsys)


def test_init_writes_a_study_once_and_never_over_another(tmp_path, capsys):
    path = tmp_path / "churn.yaml"

    assert run(["init", str(path)]) == 0
    first = path.read_text()
    capsys.readouterr()

    assert "--force" in failure(["init", str(path)], capsys)
    assert path.read_text() == first
    assert run(["init", str(path), "--force"]) == 0


def test_init_into_a_missing_folder_says_so(tmp_path, capsys):
    assert "no such folder" in failure(["init", str(tmp_path / "a" / "b.yaml")], capsys)


def test_a_report_never_replaces_the_study_its_data_or_a_foreign_file(tmp_path, capsys):
    plain(tmp_path)
    study = study_in(tmp_path, CSV)
    notes = tmp_path / "notes.md"
    notes.write_text("mine")
    before = {p: p.read_bytes() for p in (study, tmp_path / "data.csv", notes)}

    for target, words in ((study, "is the study"), (tmp_path / "data.csv", "is the study")):
        assert words in failure(["report", str(study), "-o", str(target)], capsys)
    assert "--force" in failure(["report", str(study), "-o", str(notes)], capsys)
    assert {p: p.read_bytes() for p in before} == before


def test_a_pipe_or_a_link_stays_what_it_is_when_a_report_goes_there(tmp_path):
    """A report to `/dev/stdout` used to put a file in its place."""
    pipe, link, target = tmp_path / "pipe", tmp_path / "link.md", tmp_path / "target.md"
    os.mkfifo(pipe)
    link.symlink_to(target)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    write_whole(pipe, "words")
    write_whole(link, "words")
    assert os.read(reader, 100) == b"words"
    os.close(reader)
    assert pipe.is_fifo()
    assert link.is_symlink()
    assert target.read_text() == "words"


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="this system has no /dev/full")
def test_a_full_disk_is_one_clear_line():
    code = "from advisor.cli import run; raise SystemExit(run(['prices', 'age', '--json', '-q']))"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", code],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert done.returncode == 1
    assert done.stderr.startswith("advisor: the output cannot be written: No space left")
    assert "Traceback" not in done.stderr


def test_the_version_is_told(capsys):
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("advisor 0.")
