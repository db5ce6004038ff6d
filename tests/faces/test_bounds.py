"""What a file may cost, and what an unforeseen fault looks like."""

import os
import sqlite3
import subprocess
import sys
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from advisor.cli import run
from advisor.errors import AdvisorError
from advisor.imports import mlflow, sqlite
from advisor.imports.mlflow import read_mlflow
from advisor.imports.optuna import read_optuna
from tests.attack.inputs import odd_store
from tests.faces.pages import ROOT

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"


@pytest.mark.parametrize(("read", "table"), [(read_mlflow, "runs"), (read_optuna, "trials")])
@pytest.mark.parametrize("query", [f"SELECT count(*) AS run_uuid FROM ({ENDLESS})"])
def test_a_query_without_an_end_is_ended(read, table, query, tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite, "LIMIT_S", 0.2)
    path = tmp_path / "x.db"
    with sqlite3.connect(path) as database:
        for name in ("runs", "trials", "study_directions", "studies", "model_versions"):
            database.execute(f"CREATE VIEW {name} AS {query}")
    database.close()

    with pytest.raises(AdvisorError) as refused:
        read(f"sqlite:///{path}")
    assert table
    assert "\n" not in str(refused.value)


def test_the_queries_of_a_store_end_together(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite, "LIMIT_S", 0.2)
    path = tmp_path / "x.db"
    sqlite3.connect(path).close()

    with pytest.raises(sqlite3.DatabaseError, match="more than"), sqlite.reading(path) as database:
        database.execute(f"SELECT count(*) FROM ({ENDLESS})").fetchall()
    with pytest.raises(sqlite3.DatabaseError), sqlite.reading(path) as database:
        database.execute("SELECT zeroblob(900000000)").fetchall()


def test_fields_are_found_in_one_pass(tmp_path):
    path = tmp_path / "meta.yaml"
    path.write_text("run_id:" + " " * 90_000 + "'a'b\nstatus: 'x'\n")
    began = time.process_time()

    assert mlflow._fields(path)["status"] == "x"
    assert time.process_time() - began < 1  # it was over a minute with 3,000 blanks


@pytest.mark.parametrize("make", ["pipe", "link", "folder", "large"])
def test_what_is_no_small_regular_file_has_no_text(make, tmp_path):
    path = tmp_path / "meta.yaml"
    if make == "pipe":
        os.mkfifo(path)
    elif make == "link":
        path.symlink_to("/etc/passwd")
    elif make == "folder":
        path.mkdir()
    else:
        path.write_text("x: y\n" * 30_000)

    assert mlflow._fields(path) == {}


def test_what_nobody_foresaw_is_one_line_that_names_the_file(tmp_path, capsys, monkeypatch):
    path = tmp_path / "s.yaml"
    path.write_text("data: {source: 'builtin:wine'}\n")
    monkeypatch.setattr("sys.argv", ["advisor", "recommend", str(path)])

    def broken(*_, **__):
        raise RecursionError("so deep\nand deeper")

    monkeypatch.setattr("advisor.study.file.load_study", broken)
    assert run(["recommend", str(path)]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert str(path) in said
    assert "please report" in said
    monkeypatch.setenv("ADVISOR_DEBUG", "1")
    with pytest.raises(RecursionError):
        run(["recommend", str(path)])


def test_a_folder_that_may_not_be_entered_is_one_line(capsys, monkeypatch):
    def closed(*_, **__):
        raise PermissionError(13, "Permission denied", "/closed/s.yaml")

    monkeypatch.setattr("advisor.study.file.load_study", closed)
    assert run(["recommend", "/closed/s.yaml"]) == 1
    assert capsys.readouterr().err == "advisor: /closed/s.yaml: Permission denied\n"


@pytest.mark.slow
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_an_output_that_is_cut_is_an_error_under_any_buffering(unbuffered, tmp_path):
    """The file-size limit of the child stands for a disk that is full."""
    limited = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200));"
        "from advisor.cli import main; main(['bench', '--help'])"
    )
    with (tmp_path / "out").open("wb") as output:
        done = subprocess.run(
            [sys.executable, "-P", "-c", limited],
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": unbuffered, "PYTHONPATH": str(ROOT)},
            check=False,
        )

    assert done.returncode != 0
    assert "Traceback" not in done.stderr


READERS = [
    *(["data", "show"], ["traffic"], ["cadence"], ["cadence", "--error-matrix"], ["bill"]),
    *(["recommend"], ["bench"], ["report"], ["experiments", "--optuna"]),
    ["experiments", "--mlflow"],
]


@pytest.mark.parametrize("words", READERS, ids=" ".join)
@pytest.mark.parametrize("place", ["pipe", "/dev/zero"])
def test_a_pipe_or_a_device_holds_nobody_up(words, place, tmp_path, capsys):
    named = place
    if place == "pipe":
        named = str(tmp_path / "pipe.csv")
        os.mkfifo(named)

    assert run([*words, named]) == 1

    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "unforeseen" not in said


@pytest.mark.parametrize("odd", ["x", b"\xff", 2**62, None])
@pytest.mark.parametrize("place", range(5))
def test_a_store_with_values_of_another_kind_is_one_line(odd, place, tmp_path, capsys):
    cells = [1, 3_600_001, "p", 0.5, "None"]
    cells[place] = odd

    code = run(["experiments", "--mlflow", odd_store(tmp_path / "x.db", tuple(cells))])

    assert code in {0, 1}
    assert "unforeseen" not in capsys.readouterr().err


def test_what_pandas_wrote_beside_a_table_may_be_damaged(tmp_path, capsys):
    path = tmp_path / "t.parquet"
    table = pa.table({"a": [1, 2]}).replace_schema_metadata({b"pandas": b'{"index_columns": [!'})
    pq.write_table(table, path)

    assert run(["data", "show", str(path)]) == 0
