"""Records of the past as programs leave them: aliases, nested searches, infinities, passwords."""

import base64
import http.server
import json
import sqlite3
import threading
from contextlib import closing

import numpy as np
import pytest

from advisor.errors import AdvisorError
from advisor.imports.addresses import authorization, without_password
from advisor.imports.mlflow import read_mlflow
from advisor.imports.optuna import read_optuna

HOUR_MS = 3_600_000
MLFLOW = """
CREATE TABLE experiments (experiment_id INTEGER, name TEXT, lifecycle_stage TEXT);
CREATE TABLE runs (run_uuid TEXT, status TEXT, start_time INTEGER, end_time INTEGER,
                   lifecycle_stage TEXT, experiment_id INTEGER);
CREATE TABLE tags (key TEXT, value TEXT, run_uuid TEXT);
CREATE TABLE latest_metrics (key TEXT, value REAL, is_nan INTEGER, run_uuid TEXT);
CREATE TABLE model_versions (name TEXT, version INTEGER, run_id TEXT, current_stage TEXT,
                             source TEXT);
CREATE TABLE registered_model_aliases (name TEXT, alias TEXT, version INTEGER);
CREATE TABLE logged_models (model_id TEXT, source_run_id TEXT);
INSERT INTO experiments VALUES (1, 'e', 'active'), (2, 'old', 'deleted');
"""


def mlflow(tmp_path, runs, versions=(), aliases=(), logged=()):
    """runs: (id, start h, end h, parent, machine, metric, experiment)."""
    path = tmp_path / "mlflow.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(MLFLOW)
        for name, start, end, parent, machine, metric, experiment in runs:
            row = (name, "FINISHED", int(start * HOUR_MS) + 1, int(end * HOUR_MS) + 1, experiment)
            database.execute("INSERT INTO runs VALUES (?, ?, ?, ?, 'active', ?)", row)
            for key, value in (("mlflow.parentRunId", parent), ("instance_type", machine)):
                if value is not None:
                    database.execute("INSERT INTO tags VALUES (?, ?, ?)", (key, value, name))
            if metric is not None:
                is_nan = metric != metric  # noqa: PLR0124
                value = 0.0 if is_nan else metric
                database.execute(
                    "INSERT INTO latest_metrics VALUES ('auc', ?, ?, ?)", (value, is_nan, name)
                )
        for number, (run, stage, source) in enumerate(versions, start=1):
            database.execute(
                "INSERT INTO model_versions VALUES ('m', ?, ?, ?, ?)", (number, run, stage, source)
            )
        for alias, version in aliases:
            database.execute(
                "INSERT INTO registered_model_aliases VALUES ('m', ?, ?)", (alias, version)
            )
        for pair in logged:
            database.execute("INSERT INTO logged_models VALUES (?, ?)", pair)
        database.commit()
    return f"sqlite:///{path}"


def run(name, start, end, *, parent=None, machine=None, metric=None, experiment=1):
    return name, start, end, parent, machine, metric, experiment


def plain(count):
    return [run(f"r{i}", i, i + 0.5, metric=0.8 + i / 1000) for i in range(count)]


@pytest.mark.parametrize(
    ("aliases", "promoted"),
    [
        ([("champion", 10)], 1),
        ([("Champion", 10)], 1),
        ([("PROD", 9), ("production", 10)], 2),
        ([("live", 3), ("challenger", 10)], 1),
        ([("candidate", 10)], 10),
        ([], 10),
    ],
)
def test_aliases_tell_what_was_promoted_in_any_case(tmp_path, aliases, promoted):
    versions = [(f"r{i}", "None", f"runs:/r{i}/m") for i in range(10)]

    found = read_mlflow(mlflow(tmp_path, plain(10), versions, aliases))

    assert found.promoted_count == promoted


def test_a_version_of_mlflow_3_may_tell_its_model_only(tmp_path):
    versions = [("", "None", "models:/m-7"), ("r1", "Deleted_Internal", "")]

    found = read_mlflow(mlflow(tmp_path, plain(4), versions, logged=[("m-7", "r2")]))

    assert found.promoted.tolist() == [False, False, True, False]


SEARCHES = {
    "autologged": ([run("p", 0, 10), *(run(f"c{i}", 0, 10, parent="p") for i in range(5))], 10),
    "one after another": (
        [run("p", 0, 10), run("c0", 0, 5, parent="p"), run("c1", 5, 10, parent="p")],
        10,
    ),
    "half overlapping": (
        [run("p", 0, 10), run("c0", 1, 6, parent="p"), run("c1", 4, 9, parent="p")],
        10,
    ),
    "beyond the parent": ([run("p", 0, 10), run("c0", 8, 14, parent="p")], 14),
    "two machines": (
        [run("p", 0, 10, machine="a"), run("c0", 0, 8, parent="p", machine="b")],
        18,
    ),
    "apart": ([run("p", 0, 1), run("c0", 2, 3, parent="p"), run("c1", 5, 7, parent="p")], 4),
}


@pytest.mark.parametrize("case", SEARCHES)
def test_time_in_which_runs_of_a_search_overlap_counts_once(tmp_path, case):
    runs, hours = SEARCHES[case]

    found = read_mlflow(mlflow(tmp_path, runs, [("p", "None", "")]))

    assert sum(found.machine_hours(default="x").values()) == pytest.approx(hours)
    assert found.promoted_count == 1


def test_runs_that_only_group_others_are_not_paid_and_others_are_in_full(tmp_path):
    runs = [
        run("p", 0, 10),
        run("c0", 0, 4, parent="p"),
        run("c1", 4, 6, parent="p"),
        run("s", 0, 10),
    ]

    found = read_mlflow(mlflow(tmp_path, runs))

    assert sum(found.machine_hours(default="x").values()) == pytest.approx(16)
    assert found.mean_run_s == pytest.approx((4 + 2 + 10) / 3 * 3600)


@pytest.mark.parametrize(
    "metric", [1.7976931348623157e308, -1.7976931348623157e308, float("nan"), None]
)
def test_a_metric_that_is_no_number_is_no_score(tmp_path, metric):
    store = mlflow(tmp_path, [*plain(5), run("odd", 6, 7, metric=metric)])

    found = read_mlflow(store, metric="auc")

    assert np.isfinite(found.score).sum() == 5
    assert np.nanmax(found.score) < 1
    told = any("1 run with an infinite auc has no score" in note for note in found.notes)
    assert told is (metric is not None and abs(metric) > 1)


def test_runs_of_a_deleted_experiment_are_left_out(tmp_path):
    assert read_mlflow(mlflow(tmp_path, [*plain(3), run("x", 1, 2, experiment=2)])).run_count == 3


def test_a_store_that_is_written_to_says_so(tmp_path):
    store = mlflow(tmp_path, plain(3))
    with closing(sqlite3.connect(store.removeprefix("sqlite:///"))) as writer:
        writer.execute("BEGIN EXCLUSIVE")

        with pytest.raises(AdvisorError, match="is locked by a program that writes to it"):
            read_mlflow(store)


# Optuna -------------------------------------------------------------------------------------------

OPTUNA = """
CREATE TABLE studies (study_id INTEGER PRIMARY KEY, study_name TEXT);
CREATE TABLE study_directions (study_id INTEGER, direction TEXT, objective INTEGER);
CREATE TABLE trials (trial_id INTEGER PRIMARY KEY, number INTEGER, study_id INTEGER, state TEXT,
                     datetime_start TEXT, datetime_complete TEXT);
CREATE TABLE trial_values (trial_id INTEGER, objective INTEGER, value FLOAT {kind});
CREATE TABLE trial_system_attributes (trial_id INTEGER, key TEXT, value_json TEXT);
"""


def optuna(tmp_path, studies, *, typed=True, broken=()):
    """studies: name -> (directions, values of the first objective)."""
    path = tmp_path / "optuna.db"
    trial = 0
    with closing(sqlite3.connect(path)) as database:
        database.executescript(OPTUNA.format(kind=", value_type TEXT" if typed else ""))
        for number, (name, (directions, values)) in enumerate(studies.items(), start=1):
            database.execute("INSERT INTO studies VALUES (?, ?)", (number, name))
            for objective, direction in enumerate(directions):
                database.execute(
                    "INSERT INTO study_directions VALUES (?, ?, ?)", (number, direction, objective)
                )
            for value in values:
                trial += 1
                day = f"2026-01-{trial:02d} "
                row = (trial, trial, number, "COMPLETE", f"{day}00:00:00", f"{day}01:00:00")
                database.execute("INSERT INTO trials VALUES (?, ?, ?, ?, ?, ?)", row)
                row = (trial, 0, None if value in {"INF_POS", "INF_NEG"} else value)
                if typed:
                    row += (value if isinstance(value, str) else "FINITE",)
                database.execute(
                    f"INSERT INTO trial_values VALUES ({', '.join('?' * len(row))})", row
                )
        for number in broken:
            database.execute(
                "INSERT INTO trial_system_attributes VALUES (?, 'constraints', ?)",
                (number, "[-1.0, 0.5]"),
            )
        database.commit()
    return str(path)


TWO = {"auc": (("MAXIMIZE",), [0.8, 0.9, 0.85]), "rmse": (("MINIMIZE",), [1200.0, 1000.0])}


def test_scores_of_two_studies_make_no_curve_unless_one_is_named(tmp_path):
    storage = optuna(tmp_path, TWO)

    both, auc, rmse = (read_optuna(storage + name) for name in ("", "#auc", "#rmse"))

    assert not np.isfinite(both.score).any()
    assert any("name one behind the storage, FILE#auc" in note for note in both.notes)
    assert both.promoted_count == 2
    assert auc.score.tolist() == [0.8, 0.9, 0.85]
    assert rmse.score.tolist() == [-1200.0, -1000.0]
    assert rmse.promoted.tolist() == [False, True]


def test_a_study_that_is_not_there_is_told(tmp_path):
    with pytest.raises(AdvisorError, match="no study 'acu' in it"):
        read_optuna(optuna(tmp_path, TWO) + "#acu")


def test_several_objectives_have_no_best_trial(tmp_path):
    found = read_optuna(optuna(tmp_path, {"t": (("MAXIMIZE", "MINIMIZE"), [0.8, 0.9])}))

    assert found.promoted_count == 0
    assert not np.isfinite(found.score).any()
    assert any("2 objectives" in note for note in found.notes)


def test_a_trial_that_breaks_its_constraints_is_not_the_best(tmp_path):
    storage = optuna(tmp_path, {"t": (("MAXIMIZE",), [0.8, 0.99, 0.85])}, broken=[2])

    found = read_optuna(storage)

    assert found.promoted.tolist() == [False, False, True]
    assert np.nanmax(found.score) == 0.85
    assert any("1 trials break their constraints" in note for note in found.notes)


@pytest.mark.parametrize(
    ("value", "typed"),
    [
        (3.4028234663852886e38, True),
        (-3.4028234663852886e38, True),
        (3.4028234663852886e38, False),
        ("INF_POS", True),
        ("INF_NEG", True),
        (1.7e308, False),
    ],
)
def test_infinite_values_are_no_scores(tmp_path, value, typed):
    storage = optuna(tmp_path, {"t": (("MAXIMIZE",), [0.8, value, 0.85])}, typed=typed)

    found = read_optuna(storage)

    assert found.score[np.isfinite(found.score)].tolist() == [0.8, 0.85]
    assert any("1 trials with an infinite value" in note for note in found.notes)


# Passwords ----------------------------------------------------------------------------------------

ADDRESSES = [
    "http://bob:s3cr3t@127.0.0.1:9",
    "https://bob:s3cr3t@localhost:9/mlflow",
    "http://s3cr3t@127.0.0.1:9",
    "http://bob:p%40s3cr3t@127.0.0.1:9",
    "http://127.0.0.1:9/?token=s3cr3t",
    "http://bob:s3cr3t@x@127.0.0.1:9",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_password_is_in_an_error(address):
    assert "s3cr3t" not in without_password(address)
    with pytest.raises(AdvisorError) as caught:
        read_mlflow(address)
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    ["postgresql://bob:s3cr3t@db/x", "mysql+pymysql://bob:s3cr3t@db:3306/x", "redis://:s3cr3t@db"],
)
def test_no_password_of_a_storage_is_in_an_error(address):
    for read in (read_optuna, read_mlflow):
        with pytest.raises(AdvisorError) as caught:
            read(address)
        assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "Basic " + base64.b64encode(b"bob:s3cr3t").decode()),
        (
            {"MLFLOW_TRACKING_USERNAME": "ann", "MLFLOW_TRACKING_PASSWORD": "x"},
            "Basic " + base64.b64encode(b"ann:x").decode(),
        ),
        ({"MLFLOW_TRACKING_TOKEN": "t"}, "Bearer t"),
    ],
)
def test_who_we_are_is_told_by_mlflows_variables_or_the_address(environment, expected):
    assert authorization("http://bob:s3cr3t@h", environment) == {"Authorization": expected}
    assert authorization("http://h", {}) == {}


def test_a_server_with_a_password_is_read_and_the_source_has_none():
    asked = []

    class Answer(http.server.BaseHTTPRequestHandler):
        def answer(self):
            asked.append(self.headers.get("Authorization"))
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            info = {"run_id": "r", "status": "FINISHED", "start_time": 1, "end_time": 3_600_001}
            found = {
                "experiments/search": {"experiments": [{"experiment_id": "1"}]},
                "runs/search": {"runs": [{"info": info, "data": {}}]},
            }
            body = next((v for k, v in found.items() if k in self.path), {})
            text = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = answer  # noqa: N815

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        found = read_mlflow(f"http://bob:s3cr3t@127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()

    assert found.run_count == 1
    assert found.source == f"http://127.0.0.1:{server.server_port}"
    assert set(asked) == {"Basic " + base64.b64encode(b"bob:s3cr3t").decode()}


def test_a_metric_that_no_run_has_is_told(tmp_path):
    runs = tmp_path / "mlruns" / "1" / "a"
    (runs / "metrics").mkdir(parents=True)
    (runs / "metrics" / "accuracy").write_text("1 0.9 0\n")
    (runs / "meta.yaml").write_text(
        "run_id: a\nstatus: 3\nstart_time: 1735689600000\nend_time: 1735693200000\n"
        "lifecycle_stage: active\n"
    )

    history = read_mlflow(f"file:{tmp_path}/mlruns", metric="accurracy")

    assert "no finished run has the metric 'accurracy': no scores and no curve" in history.notes
