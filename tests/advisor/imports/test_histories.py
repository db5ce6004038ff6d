"""Histories of runs: what the three kinds of MLflow store and an Optuna study come to."""

import json
import sqlite3
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest

from advisor.errors import AdvisorError
from advisor.imports.history import Run, build_history
from advisor.imports.mlflow import read_mlflow
from advisor.imports.optuna import read_optuna
from advisor.imports.spend import Budget, Prices, lines, spend

HOUR_MS = 3_600_000
START_MS = 1_700_000_000_000
PRICES = Prices(usd_per_hour={"m7i.xlarge": 0.2}, default="m7i.xlarge")

MLFLOW_TABLES = """
CREATE TABLE runs (run_uuid TEXT PRIMARY KEY, status TEXT, start_time BIGINT, end_time BIGINT,
                   lifecycle_stage TEXT, experiment_id INTEGER);
CREATE TABLE tags (key TEXT, value TEXT, run_uuid TEXT, PRIMARY KEY (key, run_uuid));
CREATE TABLE model_versions (name TEXT, version INTEGER, run_id TEXT, current_stage TEXT);
"""


def mlflow_database(path, *, runs=12, failed=(2, 7), promoted=(4, 9), stages=None, deleted=()):
    """A store with hourly runs of 30 minutes; run 0 is the parent of runs 5 and 6."""
    with closing(sqlite3.connect(path)) as database:
        database.executescript(MLFLOW_TABLES)
        database.executemany(
            "INSERT INTO runs VALUES (?, ?, ?, ?, ?, 1)",
            (
                (
                    f"r{i}",
                    "FAILED" if i in failed else "FINISHED",
                    START_MS + i * HOUR_MS,
                    START_MS + i * HOUR_MS + HOUR_MS // 2,
                    "deleted" if i in deleted else "active",
                )
                for i in range(runs)
            ),
        )
        tags = [("mlflow.parentRunId", "r0", "r5"), ("mlflow.parentRunId", "r0", "r6")]
        tags += [("instance_type", "m7i.xlarge", "r1"), ("instance_type", "odd-box", "r3")]
        database.executemany("INSERT INTO tags VALUES (?, ?, ?)", tags)
        database.executemany(
            "INSERT INTO model_versions VALUES ('m', ?, ?, ?)",
            [(n, f"r{i}", (stages or {}).get(i, "None")) for n, i in enumerate(promoted, start=1)],
        )
        database.commit()
    return path


def mlflow_folder(root):
    """The same store as files, as the folder store writes them."""
    for i in range(12):
        run = root / "77" / f"r{i}"
        (run / "tags").mkdir(parents=True)
        (run / "meta.yaml").write_text(
            f"artifact_uri: /x/r{i}/artifacts\nend_time: {START_MS + i * HOUR_MS + HOUR_MS // 2}\n"
            f"entry_point_name: ''\nexperiment_id: '77'\nlifecycle_stage: active\nrun_id: r{i}\n"
            f"run_name: suave-moose-{i}\nsource_type: 4\nstart_time: {START_MS + i * HOUR_MS}\n"
            f"status: {4 if i in {2, 7} else 3}\ntags: []\nuser_id: unknown\n"
        )
    for i in (5, 6):
        (root / "77" / f"r{i}" / "tags" / "mlflow.parentRunId").write_text("r0")
    (root / "77" / "r1" / "tags" / "instance_type").write_text("m7i.xlarge")
    (root / "77" / "r3" / "tags" / "instance_type").write_text("odd-box")
    (root / "77" / "meta.yaml").write_text("experiment_id: '77'\nlifecycle_stage: active\n")
    for n, i in enumerate((4, 9), start=1):
        version = root / "models" / "m" / f"version-{n}"
        version.mkdir(parents=True)
        (version / "meta.yaml").write_text(f"current_stage: None\nname: m\nrun_id: r{i}\n")
    return root


def mlflow_server(path, body):
    """The same store as a server answers, two runs to a page."""
    if path.startswith("model-versions"):
        return {"model_versions": [{"run_id": f"r{i}", "current_stage": "None"} for i in (4, 9)]}
    if path == "experiments/search":
        return {"experiments": [{"experiment_id": "77"}]}
    first = int(body.get("page_token", "0"))
    runs = []
    for i in range(first, min(first + 2, 12)):
        tags = [{"key": "mlflow.parentRunId", "value": "r0"}] if i in {5, 6} else []
        tags += [{"key": "instance_type", "value": "m7i.xlarge"}] if i == 1 else []
        tags += [{"key": "instance_type", "value": "odd-box"}] if i == 3 else []
        info = {
            "run_id": f"r{i}",
            "status": "FAILED" if i in {2, 7} else "FINISHED",
            "start_time": START_MS + i * HOUR_MS,
            "end_time": START_MS + i * HOUR_MS + HOUR_MS // 2,
        }
        runs.append({"info": info, "data": {"tags": tags}})
    return {"runs": runs} | ({"next_page_token": str(first + 2)} if first + 2 < 12 else {})


@pytest.fixture(params=["database", "folder", "server"])
def store(request, tmp_path):
    if request.param == "database":
        return read_mlflow(f"sqlite:///{mlflow_database(tmp_path / 'mlflow.db')}")
    if request.param == "folder":
        return read_mlflow(str(mlflow_folder(tmp_path / "mlruns")))
    return read_mlflow("http://tracking.test", fetch=mlflow_server)


def test_every_kind_of_store_comes_to_the_same_history(store):
    assert store.run_count == 11
    assert store.count("failed") == 2
    assert store.promoted_count == 2
    assert store.runs_per_release == (4, 5)
    assert store.open_run_count == 2
    assert store.mean_run_s == pytest.approx(1800)
    assert store.machine_hours(default="m7i.xlarge") == {"m7i.xlarge": 5.0, "odd-box": 0.5}
    assert any("1 parent runs" in note for note in store.notes)


def test_the_history_becomes_runs_and_money_per_promoted_model(store):
    found = spend(store, prices=PRICES)

    assert found["usd"] == pytest.approx(11 * 0.5 * 0.2)
    assert found["usd_per_promoted_model"] == pytest.approx(0.55)
    assert found["runs_per_promoted_model"] == pytest.approx((2 + 2 + 8 + 9 - 1) / (2 + 2 - 1))
    assert found["hit_share"] == pytest.approx(2 / 11)
    assert any("no price for odd-box" in note for note in found["notes"])
    assert "One promoted model takes 6.7 runs" in lines(found)[0]


def test_with_stages_only_versions_that_were_in_production_count(tmp_path):
    path = mlflow_database(
        tmp_path / "m.db", promoted=(3, 4, 9), stages={4: "Archived", 9: "Production"}
    )

    assert read_mlflow(str(path)).runs_per_release == (4, 5)


def test_the_version_with_the_production_alias_counts_beside_the_staged_ones(tmp_path):
    path = mlflow_database(tmp_path / "m.db", promoted=(3, 4, 9), stages={4: "Archived"})
    with closing(sqlite3.connect(path)) as database:
        database.execute(
            "CREATE TABLE registered_model_aliases (alias TEXT, version INT, name TEXT)"
        )
        database.execute("INSERT INTO registered_model_aliases VALUES ('champion', 3, 'm')")
        database.commit()

    assert read_mlflow(str(path)).runs_per_release == (4, 5)


def test_deleted_runs_are_left_out_and_the_file_is_not_touched(tmp_path):
    path = mlflow_database(tmp_path / "m.db", deleted=(11,))
    before = (path.read_bytes(), path.stat().st_mtime_ns)

    assert read_mlflow(str(path)).run_count == 10
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m.db"]


def test_ten_thousand_runs_three_promoted_are_all_counted(tmp_path):
    path = mlflow_database(
        tmp_path / "m.db", runs=10_000, failed=range(0, 10_000, 50), promoted=(999, 4_999, 8_999)
    )
    found = read_mlflow(str(path))

    assert (found.run_count, found.promoted_count) == (9_999, 3)
    assert sum(found.runs_per_release) + found.open_run_count == found.run_count
    assert found.open_run_count == 1_000


@pytest.mark.parametrize(
    ("content", "words"), [(None, "no such MLflow store"), (b"no database at all" * 99, "not an")]
)
def test_what_is_no_store_is_told_in_one_line(tmp_path, content, words):
    path = tmp_path / "m.db"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(AdvisorError, match=words):
        read_mlflow(str(path))


def test_an_empty_store_is_told(tmp_path):
    with pytest.raises(AdvisorError, match="no run in there"):
        read_mlflow(str(mlflow_database(tmp_path / "m.db", runs=0, promoted=())))


OPTUNA_TABLES = """
CREATE TABLE studies (study_id INTEGER PRIMARY KEY, study_name TEXT);
CREATE TABLE study_directions (study_id INTEGER, direction TEXT, objective INTEGER);
CREATE TABLE trials (trial_id INTEGER PRIMARY KEY, number INTEGER, study_id INTEGER, state TEXT,
                     datetime_start TEXT, datetime_complete TEXT);
CREATE TABLE trial_values (trial_id INTEGER, objective INTEGER, value FLOAT, value_type TEXT);
"""


def optuna_database(path):
    """Ten trials: six complete in 100 s, three pruned in 25 s, one failed; smaller is better."""
    states = ["COMPLETE", "PRUNED", "COMPLETE", "FAIL", "COMPLETE", "PRUNED"]
    states += ["COMPLETE", "COMPLETE", "PRUNED", "COMPLETE", "WAITING"]
    with closing(sqlite3.connect(path)) as database:
        database.executescript(OPTUNA_TABLES)
        database.execute("INSERT INTO studies VALUES (1, 'tune')")
        database.execute("INSERT INTO study_directions VALUES (1, 'MINIMIZE', 0)")
        for i, state in enumerate(states):
            seconds = 25 if state == "PRUNED" else 40 if state == "FAIL" else 100
            end = f"2026-01-01 {i:02d}:{seconds // 60:02d}:{seconds % 60:02d}.000000"
            start = None if state == "WAITING" else f"2026-01-01 {i:02d}:00:00.000000"
            row = (i + 1, i, 1, state, start, None if start is None else end)
            database.execute("INSERT INTO trials VALUES (?, ?, ?, ?, ?, ?)", row)
            if state == "COMPLETE":
                value = (i + 1, 0.5 - 0.04 * i if i < 7 else 0.45)
                database.execute("INSERT INTO trial_values VALUES (?, 0, ?, 'FINITE')", value)
        database.commit()
    return path


def test_an_optuna_study_gives_pruning_share_phi_and_scores(tmp_path):
    found = read_optuna(f"sqlite:///{optuna_database(tmp_path / 'o.db')}")

    assert found.run_count == 10
    assert (found.count("pruned"), found.count("failed")) == (3, 1)
    assert found.stopped_cost_share == pytest.approx(0.25)
    assert np.nanmax(found.score) == pytest.approx(-0.26)
    assert found.runs_per_release == (7,)


def test_the_gain_curve_rises_to_the_best_score_and_the_next_run_is_priced(tmp_path):
    history = read_optuna(str(optuna_database(tmp_path / "o.db")))
    budget = Budget(usd=1.0, days=1.0, worker_count=2, usd_per_score=1_000.0)
    found = spend(history, prices=PRICES, budget=budget)

    curve = [point["score"] for point in found["gain_curve"]]
    assert curve == sorted(curve)
    assert curve[-1] == pytest.approx(-0.26)
    assert found["next_run"]["cost_usd"] == pytest.approx(found["usd"] / 10)
    assert found["budget_runs"] == int(1.0 / found["usd_per_run"])
    assert found["saved_by_early_stopping_fraction"] == pytest.approx(0.3 * 0.75)
    assert any("Next run" in line for line in lines(found))


@pytest.mark.parametrize("storage", ["postgresql://db/optuna", "missing.db"])
def test_another_optuna_storage_is_told_with_what_to_give(storage):
    with pytest.raises(AdvisorError, match="give sqlite:///FILE"):
        read_optuna(storage)


def test_without_a_history_the_prior_answers_and_says_so():
    found = spend(None, prices=PRICES)

    assert found["basis"] == "assumed"
    assert found["runs_per_promoted_model"] == pytest.approx(9.0)
    assert "Prior" in lines(found)[1]


def test_runs_are_ordered_by_their_start_whatever_order_they_are_read_in():
    runs = [
        Run(start_s=float(start), duration_s=1.0, status="finished", promoted=start == 2)
        for start in (3, 1, 2)
    ]

    assert build_history(runs, source="x").runs_per_release == (2,)


def test_a_server_is_read_over_http(tmp_path):
    class Answer(BaseHTTPRequestHandler):
        def _answer(self, body):
            text = json.dumps(mlflow_server(self.path.split("/mlflow/", 1)[1], body)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def do_GET(self):
            self._answer(None)

        def do_POST(self):
            self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            found = read_mlflow(f"http://127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()
            thread.join()

    files = read_mlflow(f"sqlite:///{mlflow_database(tmp_path / 'mlflow.db')}")
    assert found.runs_per_release == files.runs_per_release
    assert found.run_count == files.run_count


def test_a_metric_of_a_database_scores_its_finished_runs(tmp_path):
    path = mlflow_database(tmp_path / "mlflow.db")
    with closing(sqlite3.connect(path)) as database:
        database.execute(
            "CREATE TABLE latest_metrics (key TEXT, value REAL, is_nan INT, run_uuid TEXT)"
        )
        rows = [("error", i / 100, int(i == 3), f"r{i}") for i in range(12)]
        database.executemany("INSERT INTO latest_metrics VALUES (?, ?, ?, ?)", rows)
        database.commit()
    found = read_mlflow(str(path), metric="error", metric_is_error=True)

    scored = found.score[np.isfinite(found.score)]
    assert sorted(scored) == pytest.approx(sorted(-i / 100 for i in (1, 4, 5, 6, 8, 9, 10, 11)))
