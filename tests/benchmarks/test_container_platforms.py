"""The container as Lambda starts it, and as SageMaker asks it for several models."""

import base64
import http.client
import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue
from typing import NamedTuple
from urllib.parse import quote

import pytest
from sklearn.datasets import load_breast_cancer

from benchmarks.serving import several_models
from benchmarks.serving.objects import ObjectError, fetch, pack, share
from benchmarks.serving.package import load_package
from benchmarks.serving.several_models import Loaded, make_app
from tests.benchmarks.test_container import container


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ml")
    channel = folder / "input" / "data" / "training"
    channel.mkdir(parents=True)
    load_breast_cancer(as_frame=True).frame.to_csv(channel / "rows.csv", index=False)
    asked = {"candidate": "linear", "data": {"path": "rows.csv", "target": "target"}}
    (channel / "training.json").write_text(json.dumps(asked))
    done = container("train", "--prefix", folder, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "model"


class RuntimeInterface:
    """Lambda's runtime interface: hands out events one by one and keeps what is posted."""

    def __init__(self, events, *, then_ends=True):
        self.waiting, self.posted = Queue(), {}
        for number, event in enumerate(events):
            self.waiting.put((f"id-{number}", event))
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                assert self.path == "/2018-06-01/runtime/invocation/next"
                try:
                    request_id, event = outer.waiting.get(timeout=0.2)
                except Empty:
                    self.send_response(500)
                    self.end_headers()
                    return
                self.send_response(200)
                self.send_header("Lambda-Runtime-Aws-Request-Id", request_id)
                self.send_header("Lambda-Runtime-Deadline-Ms", "1893456000000")
                self.end_headers()
                self.wfile.write(event)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.posted[self.path.removeprefix("/2018-06-01/runtime/")] = json.loads(body)
                self.send_response(202)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self):
        return f"127.0.0.1:{self.server.server_address[1]}"


def on_lambda(events, *, tmp_path, **environment):
    """Run the image's command as Lambda does: a folder that only /tmp may be written beside."""
    interface = RuntimeInterface(events)
    task = tmp_path / "task"
    task.mkdir()
    task.chmod(0o555)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.serving.serve", "serve"],
        cwd=task,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path.cwd()),
            "AWS_LAMBDA_RUNTIME_API": interface.address,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
            "LAMBDA_TASK_ROOT": str(task),
            "ADVISOR_SERVING_WORKERS": "auto",
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    interface.server.shutdown()
    interface.server.server_close()
    return done, interface.posted


@pytest.mark.slow
def test_the_same_image_answers_every_kind_of_event_of_lambda(trained, tmp_path):
    package = load_package(trained)
    rows = package.sample_rows[:3]
    wanted = package.predict(rows)
    body = json.dumps({"instances": rows})
    csv = "\n".join(",".join(map(str, row)) for row in rows)
    post = {"requestContext": {"http": {"method": "POST", "path": "/invocations"}}}
    events = [
        {"instances": rows},
        {**post, "rawPath": "/invocations", "body": body, "headers": {}},
        {
            **post,
            "headers": {"Content-Type": "text/csv"},
            "isBase64Encoded": True,
            "body": base64.b64encode(csv.encode()).decode(),
        },
        {"httpMethod": "POST", "path": "/invocations", "body": body, "headers": None},
        {"httpMethod": "GET", "path": "/ping", "requestContext": {"elb": {}}},
        {"httpMethod": "DELETE", "path": "/invocations", "requestContext": {"elb": {}}},
        {**post, "isBase64Encoded": True, "body": "no base64 \u00e9"},
        {**post, "body": "{}"},
        {"instances": [["no", "row"]]},
        ["neither"],
    ]
    archive = pack(trained, tmp_path / "model.tar.gz")
    done, posted = on_lambda(
        [json.dumps(event).encode() for event in events],
        tmp_path=tmp_path,
        ADVISOR_MODEL_URI=str(archive),
    )

    assert done.returncode == 0, done.stderr
    answers = [posted.get(f"invocation/id-{n}/response") for n in range(len(events))]
    assert answers[0]["predictions"] == wanted
    for answer in answers[1:4]:
        assert answer["statusCode"] == 200
        assert json.loads(answer["body"])["predictions"] == wanted
    assert [answer["statusCode"] for answer in answers[4:8]] == [200, 405, 400, 400]
    assert answers[8:] == [None, None]
    for number in (8, 9):
        assert posted[f"invocation/id-{number}/error"]["errorType"] == "Model.Refused"


@pytest.mark.slow
def test_a_model_that_cannot_be_loaded_is_told_to_lambda(tmp_path):
    done, posted = on_lambda([], tmp_path=tmp_path, ADVISOR_MODEL_URI=str(tmp_path / "none.tar.gz"))

    assert done.returncode == 1
    assert "none.tar.gz" in posted["init/error"]["errorMessage"]
    assert done.stderr.count("\n") == 1


class Answer(NamedTuple):
    status_code: int
    body: bytes

    def json(self):
        return json.loads(self.body)


class Client:
    def __init__(self, port):
        self.port = port

    def ask(self, method, path, document=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        body = None if document is None else json.dumps(document)
        connection.request(method, quote(path), body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        found = Answer(response.status, response.read())
        connection.close()
        return found

    def get(self, path):
        return self.ask("GET", path)

    def delete(self, path):
        return self.ask("DELETE", path)

    def post(self, path, json):
        return self.ask("POST", path, json)


@pytest.fixture
def calls(tmp_path):
    """Two workers of one server, which share what is loaded."""
    import uvicorn

    servers, threads = [], []
    for _ in range(2):
        app = make_app(Loaded(tmp_path / "shared", worker_count=2))
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        servers.append(server)
        threads.append(thread)
    while not all(server.started for server in servers):
        time.sleep(0.01)
    yield [Client(s.servers[0].sockets[0].getsockname()[1]) for s in servers]
    for server in servers:
        server.should_exit = True
    for thread in threads:
        thread.join(20)


@pytest.mark.slow
def test_models_are_loaded_listed_asked_and_dropped_by_any_worker(trained, calls):
    one, other = calls
    asked = {"model_name": "a/b 1", "url": str(trained)}
    rows = load_package(trained).sample_rows[:2]
    wanted = load_package(trained).predict(rows)

    assert one.get("/models").json() == {"models": []}
    assert one.post("/models/a/b 1/invoke", json={"instances": rows}).status_code == 404
    assert one.post("/models", json=asked).status_code == 200
    assert other.post("/models", json=asked).status_code == 409
    told = {"modelName": "a/b 1", "modelUrl": str(trained)}
    for each in calls:
        assert each.get("/models").json() == {"models": [told]}
        assert each.get("/models/a/b 1").json() == told
        answer = each.post("/models/a/b 1/invoke", json={"instances": rows})
        assert answer.json()["predictions"] == wanted
        assert each.post("/models/a/b 1/invoke", json={}).status_code == 400
        assert each.get("/ping").status_code == 200
    assert other.delete("/models/a/b 1").status_code == 200
    assert other.delete("/models/a/b 1").status_code == 404
    assert one.post("/models/a/b 1/invoke", json={"instances": rows}).status_code == 404
    assert one.get("/models/a/b 1").status_code == 404
    assert one.post("/models", json=asked).status_code == 200


@pytest.mark.slow
def test_short_memory_is_507_and_what_is_no_model_is_400(trained, calls, monkeypatch, tmp_path):
    one, other = calls
    size = (trained / "model.joblib").stat().st_size
    asked = {"model_name": "a", "url": str(trained)}
    monkeypatch.setattr(several_models, "available_bytes", lambda: 2 * 3 * size - 1)
    assert one.post("/models", json=asked).status_code == 507
    monkeypatch.setattr(several_models, "available_bytes", lambda: 2 * 3 * size)
    assert one.post("/models", json={**asked, "url": str(tmp_path)}).status_code == 400
    for wrong in ({}, [], {"model_name": 1, "url": "x"}, {"model_name": "", "url": "x"}):
        assert one.post("/models", json=wrong).status_code == 400
    assert one.post("/models", json=asked).status_code == 200
    assert len(other.get("/models").json()["models"]) == 1


def test_files_are_shared_without_one_twice_and_keep_their_folders(tmp_path):
    files = [tmp_path / "from" / name for name in ("a/x.csv", "b/x.csv", "c.csv")]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(str(file))
    for number in (1, 2):
        fetch(str(tmp_path / "from"), tmp_path / "into", part=(number, 2))
    found = {p.relative_to(tmp_path / "into") for p in (tmp_path / "into").rglob("*.csv")}
    assert found == {file.relative_to(tmp_path / "from") for file in files}
    assert sorted(share([1, 2, 3, 4, 5], (1, 2)) + share([1, 2, 3, 4, 5], (2, 2))) == [
        1,
        2,
        3,
        4,
        5,
    ]


def test_a_prefix_of_s3_keeps_its_folders_and_none_leaves_its_own(tmp_path, monkeypatch):
    moto = pytest.importorskip("moto")
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(key, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with moto.mock_aws():
        import boto3

        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="rows")
        for key in ("in/a/x.csv", "in/b/x.csv", "in/", "m/model.tar.gz"):
            s3.put_object(Bucket="rows", Key=key, Body=key.encode())
        fetch("s3://rows/in/", tmp_path / "in")
        fetch("s3://rows/m/model.tar.gz", tmp_path / "m")
        assert (tmp_path / "in" / "a" / "x.csv").read_text() == "in/a/x.csv"
        assert (tmp_path / "in" / "b" / "x.csv").read_text() == "in/b/x.csv"
        assert (tmp_path / "m" / "model.tar.gz").is_file()
        s3.put_object(Bucket="rows", Key="in/../../evil", Body=b"")
        with pytest.raises(ObjectError, match="evil"):
            fetch("s3://rows/in/", tmp_path / "in")
        assert not (tmp_path.parent / "evil").exists()


def test_the_same_model_is_the_same_archive(tmp_path):
    for name in ("manifest.json", "model.joblib"):
        (tmp_path / name).write_text(name)
    one = pack(tmp_path, tmp_path / "one.tar.gz").read_bytes()
    os.utime(tmp_path / "manifest.json", (1, 1))
    assert pack(tmp_path, tmp_path / "two.tar.gz").read_bytes() == one
