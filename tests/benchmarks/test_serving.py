"""A real server and real load, on this machine."""

import json
import socket
import sys
import urllib.error
import urllib.request

import numpy as np
import pytest

from benchmarks.errors import CandidateError
from benchmarks.serving.arrivals import LoadError, schedule_s
from benchmarks.serving.calibrate import WATCH_LOADS, measure_busy, watch_load
from benchmarks.serving.launch import plan_cores, running_server
from benchmarks.serving.loadrun import Samples, Target, judge_load, request_bytes, send_load
from benchmarks.serving.package import load_package
from benchmarks.serving.payloads import (
    BINARY_TYPE,
    CSV_TYPE,
    JSON_TYPE,
    PayloadError,
    encode_rows,
    read_rows,
    write_answers,
)
from benchmarks.serving.request_times import stretch_of
from tests.benchmarks.serving_models import ROWS, make_package

LAYOUT = plan_cores()
RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_package(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def server(folder):
    with running_server(folder, layout=LAYOUT) as found:
        yield found


def ask(target, body, *, path="/invocations", kind=JSON_TYPE, accept=JSON_TYPE):
    """Return status, type and body of an answer."""
    request = urllib.request.Request(
        f"http://{target.host}:{target.port}{path}",
        data=body,
        headers={"content-type": kind, "accept": accept},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers["content-type"], answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["content-type"], error.read()


def test_ping_and_invocations_are_sagemakers_contract(server):
    assert ask(server.target, None, path="/ping")[0] == 200

    status, kind, body = ask(server.target, encode_rows(ROWS))
    assert (status, kind) == (200, JSON_TYPE)
    assert json.loads(body) == {"predictions": [0, 0, 0, 0, 1, 1, 1, 1]}


def test_binary_and_csv_rows_get_the_same_answers(server):
    status, kind, body = ask(
        server.target, encode_rows(ROWS, BINARY_TYPE), kind=BINARY_TYPE, accept=BINARY_TYPE
    )
    import io

    assert (status, kind) == (200, BINARY_TYPE)
    assert np.load(io.BytesIO(body)).tolist() == [0, 0, 0, 0, 1, 1, 1, 1]

    status, _, body = ask(server.target, b"1,1,-0.5\n7,1,-0.5\n", kind=CSV_TYPE)
    assert (status, json.loads(body)) == (200, {"predictions": [0, 1]})


@pytest.mark.parametrize(
    ("body", "kind", "status", "words"),
    [
        (b"{", JSON_TYPE, 400, "not JSON"),
        (b'{"rows": []}', JSON_TYPE, 400, "instances"),
        (b'{"instances": [[1, 2]]}', JSON_TYPE, 400, "takes 3"),
        (b'{"instances": []}', JSON_TYPE, 400, "no rows"),
        (b"x", "image/png", 415, "send one of"),
        (b"x", BINARY_TYPE, 400, "not an .npy array"),
        (b'{"instances": [["a", 1, 2]]}', JSON_TYPE, 400, ""),
    ],
)
def test_a_request_that_cannot_be_answered_says_why(server, body, kind, status, words):
    found, _, answer = ask(server.target, body, kind=kind)

    assert found == status
    assert words in json.loads(answer)["error"]


def test_a_damaged_model_is_not_loaded(tmp_path):
    package = make_package(tmp_path)
    (package / "model.joblib").write_bytes(b"something else")

    with pytest.raises(CandidateError, match=r"is not the model that manifest\.json tells of"):
        load_package(package)


def test_a_model_of_a_package_that_is_not_installed_names_it(tmp_path, monkeypatch):
    package = make_package(tmp_path)
    monkeypatch.setitem(sys.modules, "sklearn.tree._classes", None)

    with pytest.raises(CandidateError, match=r"needs the module 'sklearn\.tree\._classes'"):
        load_package(package)


def test_a_server_without_a_model_says_so(tmp_path):
    with (
        pytest.raises(LoadError, match=r"the server ended at once.*manifest\.json"),
        running_server(tmp_path, layout=LAYOUT),
    ):
        pass


def test_load_is_answered_and_judged(server):
    requests = [request_bytes(encode_rows([row]), target=server.target) for row in ROWS]
    due = schedule_s(pattern="poisson", rate_per_s=200, duration_s=4, rng=RNG)

    samples = send_load(server.target, requests=requests, due_s=due, placement=LAYOUT.placement)
    found = judge_load(samples, duration_s=4, need_s=20.0, warm_up_s=1.0)
    assert (found.error_count, found.timeout_count) == (0, 0)
    assert samples.is_ok.all()
    assert np.all(samples.latency_s > samples.service_ns * 1e-9)
    assert found.request_count == int((due >= 1.0).sum())


def test_errors_are_outcomes_and_no_percentile_hides_them(server):
    bad = [request_bytes(b"{", target=server.target)]
    due = np.arange(400) / 400

    found = judge_load(
        send_load(server.target, requests=bad, due_s=due), duration_s=1, warm_up_s=0, need_s=20.0
    )
    assert found.error_count == 400
    assert (found.p50_ms, found.p99_ms, found.completed_per_s) == (None, None, 0)


def test_a_port_where_nobody_listens_is_errors_too():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        target = Target("127.0.0.1", sock.getsockname()[1])
        samples = send_load(target, requests=[b"GET / HTTP/1.1\r\n\r\n"], due_s=np.arange(5) / 50)

    assert (samples.status <= 0).all()


@pytest.mark.slow
def test_a_server_that_stalls_for_a_second_shows_it_in_p99(folder):
    """Coordinated omission: a closed loop asks once in the second of a stall, the schedule 100x."""
    with running_server(folder, layout=LAYOUT, stall_s=1.0, stall_every=250) as stalling:
        requests = [request_bytes(encode_rows([ROWS[0]]), target=stalling.target)]
        due = np.arange(500) / 100
        opened = send_load(
            stalling.target, requests=requests, due_s=due, placement=LAYOUT.placement
        )
        closed = send_load(stalling.target, requests=requests, closed_connections=1, duration_s=4.0)

    judged = judge_load(opened, duration_s=5, warm_up_s=0, need_s=20.0)
    assert judged.p99_ms is not None
    assert judged.p99_ms > 500
    assert (opened.latency_s > 0.25).mean() > 0.15  # some 75 of 100 in each of two stalls
    assert (closed.latency_s > 0.25).mean() < 0.01


@pytest.mark.slow
def test_batching_answers_everyone_with_their_own(folder):
    with running_server(folder, layout=LAYOUT, handling="batch", max_wait_ms=5.0) as batching:
        requests = [request_bytes(encode_rows([row]), target=batching.target) for row in ROWS]
        samples = send_load(batching.target, requests=requests, due_s=np.arange(200) / 1000)
        _, _, body = ask(batching.target, encode_rows(ROWS[2:6]))

    assert samples.is_ok.all()
    assert json.loads(body) == {"predictions": [0, 0, 1, 1]}


@pytest.mark.slow
def test_several_workers_and_one_thread_each_serve_too(folder):
    with running_server(folder, layout=LAYOUT, worker_count=2, handling="executor") as two:
        requests = [request_bytes(encode_rows([ROWS[5]]), target=two.target)]
        busy = measure_busy(two, requests, layout=LAYOUT, worker_count=2, length_s=0.5)

    assert busy.capacity_per_s > 10
    assert busy.service_s.mean() == pytest.approx(2 / busy.capacity_per_s)


def test_the_server_is_measured_busy_and_under_load(server):
    requests = [request_bytes(encode_rows([row]), target=server.target) for row in ROWS]

    busy = measure_busy(server, requests, layout=LAYOUT, worker_count=1, length_s=1.0)
    stretches = watch_load(
        server,
        requests,
        layout=LAYOUT,
        capacity_per_s=min(200.0, busy.capacity_per_s),
        length_s=0.2,
        rng=np.random.default_rng(0),
    )

    assert 0 < busy.predict_s < busy.handler_s < busy.service_s.mean() * 1.5
    assert len(stretches) == len(WATCH_LOADS)
    for stretch in stretches:
        assert stretch.due_s.size > 100
        assert stretch.taken_s.min() > 0
        assert stretch.gap_s.min() >= 0


def test_waiting_and_work_are_taken_apart_for_each_worker():
    """Two workers, first come first served each: what went in comes out."""
    rng = np.random.default_rng(1)
    due = np.cumsum(rng.exponential(0.01, 200))
    worker = rng.integers(2, size=200).astype(float)
    work = rng.uniform(0.005, 0.03, 200)
    free, done, gaps = {0.0: -np.inf, 1.0: -np.inf}, np.zeros(200), np.zeros(200)
    for i in range(200):
        begun = max(due[i], free[worker[i]])
        gaps[i] = begun - free[worker[i]] if begun == due[i] else 0.0
        done[i] = free[worker[i]] = begun + work[i]
    zeros = np.zeros(200)
    samples = Samples(due, due, done, zeros + 200, zeros, zeros, worker, zeros)

    found = stretch_of(samples)

    kept = np.isfinite(gaps)  # all but the first of each worker
    assert found.taken_s == pytest.approx(work[kept])
    assert found.gap_s == pytest.approx(gaps[kept])
    assert kept.sum() == 198


def test_load_goes_to_this_machine_unless_another_is_named():
    with pytest.raises(LoadError, match="is not this machine"):
        send_load(Target("192.0.2.1", 80), requests=[b""], due_s=np.zeros(1))


def test_answers_have_no_type_but_the_two():
    assert write_answers([1, 2], "text/html")[1] == JSON_TYPE
    with pytest.raises(PayloadError, match="send one of"):
        read_rows(b"", "text/html", None)
