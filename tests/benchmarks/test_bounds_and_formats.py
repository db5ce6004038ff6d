"""Streams without an end, files that unpack without one, and records of other versions."""

import http.server
import json
import logging
import os
import socket
import subprocess
import sys
import threading
import time
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from advisor.errors import AdvisorError
from advisor.imports import mlflow_server
from benchmarks.errors import CandidateError, StoreError
from benchmarks.families.files import load_estimator
from benchmarks.serving import first_answers as first
from benchmarks.serving import generator
from benchmarks.serving.arrivals import LoadError
from benchmarks.serving.loadrun import Target, request_bytes, send_load
from benchmarks.storage.alone import LOCK, measuring_alone
from benchmarks.storage.store import RUNS, RunStore
from pricing.errors import SourceError
from pricing.sources import files as offer_files
from tests.advisor.factories import ladder

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def endless():
    """A server that answers with some first bytes and then for ever; gives its port."""
    servers, stop = [], threading.Event()

    def start(
        head=b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n", more=b"1" * 65_536
    ):
        listener = socket.create_server(("127.0.0.1", 0))
        servers.append(listener)

        def answer(one):
            try:
                one.recv(65_536)
                one.sendall(head)
                while more and not stop.is_set():
                    one.sendall(more)
            except OSError:
                pass
            finally:
                one.close()

        def accept():
            while True:
                try:
                    one, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=answer, args=(one,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return listener.getsockname()[1]

    yield start
    stop.set()
    for one in servers:
        one.close()


def test_a_first_answer_without_an_end_is_no_answer(endless, monkeypatch):
    monkeypatch.setattr(first, "MOST_ANSWER_BYTES", 1_000_000)

    with pytest.raises(LoadError, match="still answering after"):
        first.first_answers(Target("127.0.0.1", endless()), [b"{}"], content_type="x", row_count=1)


HEADS = {
    "no end": b"HTTP/1.1 200 OK\r\n\r\n",
    "a length beyond any": b"HTTP/1.1 200 OK\r\ncontent-length: 1e300\r\n\r\n",
    "an infinite length": b"HTTP/1.1 200 OK\r\ncontent-length: inf\r\n\r\n",
    "a time that is none": b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\nx-service-ns: inf\r\n\r\n",
    "a status that is none": b"HTTP/1.1 xyz OK\r\ncontent-length: 1\r\n\r\n",
}


@pytest.mark.slow
@pytest.mark.parametrize("case", HEADS)
def test_answers_without_an_end_do_not_count_and_end(endless, case, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    target = Target("127.0.0.1", endless(HEADS[case]))

    samples = send_load(
        target,
        requests=[request_bytes(b"{}", target=target)],
        due_s=np.arange(3) / 10,
        answer_begins=b"[",
    )

    assert int(samples.is_ok.sum()) == 0


def test_the_load_keeps_no_more_of_an_answer_than_any_model_gives():
    assert generator.MOST_ANSWER_BYTES <= 64 * 2**20


def test_a_tracking_server_without_an_end_is_an_error(endless, monkeypatch):
    monkeypatch.setattr(mlflow_server, "MOST_PAGE_BYTES", 1_000_000)
    fetch = mlflow_server.over_http(f"http://127.0.0.1:{endless()}")

    with pytest.raises(AdvisorError, match="still answering"):
        fetch("runs/search", None)


def test_a_search_that_always_has_another_page_ends(monkeypatch):
    monkeypatch.setattr(mlflow_server, "MOST_PAGES", 5)

    with pytest.raises(AdvisorError, match="more than 5 pages"):
        list(mlflow_server.pages(lambda *_: {"runs": [1], "next_page_token": "x"}, "p", {}, "runs"))


def test_an_offer_file_without_an_end_is_an_error(endless, monkeypatch):
    monkeypatch.setattr(offer_files, "LONGEST_READ_S", 0.3)
    url = f"http://127.0.0.1:{endless(more=b'line' + b'x' * 60_000 + bytes([10]))}"

    blocks = offer_files._blocks(url, timeout_s=5, progress=lambda *_: time.sleep(0.01))

    with pytest.raises(SourceError, match="still coming after"):
        sum(map(len, blocks))


def test_an_offer_file_of_a_length_that_is_none_is_read():
    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "x")
            self.end_headers()
            self.wfile.write(b"abc\n")

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        found = b"".join(offer_files._blocks(url, timeout_s=5, progress=None))
    finally:
        server.shutdown()
        server.server_close()

    assert found == b"abc\n"


def test_a_model_file_that_unpacks_to_gigabytes_is_not_read(tmp_path, monkeypatch):
    from benchmarks.families import files

    monkeypatch.setattr(files, "MOST_SCHEMA_BYTES", 1_000_000)
    path = tmp_path / "m.skops"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", "[" * 5_000_000)

    with pytest.raises(CandidateError, match="more than a model has"):
        load_estimator(f"file:{path}")


# The store ----------------------------------------------------------------------------------------


def stored(tmp_path, **changes):
    store = RunStore(tmp_path)
    path = store.append(ladder()[0])
    record = json.loads(path.read_text()) | changes
    path.write_text(json.dumps(record))
    return store


def test_a_record_tells_its_format_and_one_that_tells_none_is_read(tmp_path):
    store = stored(tmp_path)
    path = next((tmp_path / RUNS).glob("*.json"))
    record = json.loads(path.read_text())
    assert record.pop("format") >= 2

    path.write_text(json.dumps(record))
    assert len(store.runs()) == 1


def test_a_record_of_a_newer_version_says_so(tmp_path, caplog):
    store = stored(tmp_path, format=99, a_new_field=1)

    with caplog.at_level(logging.WARNING):
        assert store.runs() == ()

    assert "written by a newer version, in format 99" in caplog.text
    assert "update" in caplog.text


@pytest.mark.parametrize(("days", "told"), [(400, True), (30_000, True), (0, False), (-400, False)])
def test_a_run_from_the_future_is_told(tmp_path, caplog, days, told):
    day = datetime.now(UTC) + timedelta(days=days)
    store = stored(tmp_path, started_at=day.isoformat())

    with caplog.at_level(logging.WARNING):
        assert len(store.runs()) == 1

    assert ("in the future" in caplog.text) is told


HOLDS = """
import sys, time
from pathlib import Path
from benchmarks.storage.alone import measuring_alone
with measuring_alone(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_benchmark_names_the_first_and_a_killed_one_holds_nothing(tmp_path):
    one = subprocess.Popen(
        [sys.executable, "-P", "-c", HOLDS, str(tmp_path)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
    )
    try:
        assert one.stdout.readline() == b"held\n"
        with (
            pytest.raises(StoreError, match=f"process {one.pid} is measuring"),
            measuring_alone(tmp_path),
        ):
            pass
    finally:
        one.kill()
        one.wait()
        one.stdout.close()

    with measuring_alone(tmp_path):
        assert (tmp_path / LOCK).read_text() == str(os.getpid())
    assert not (tmp_path / LOCK).exists()
