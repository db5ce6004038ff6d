"""Load counts as answered only what the model answered; nobody there is an error."""

import http.server
import json
import threading

import numpy as np
import pytest

from benchmarks.serving.arrivals import LoadError
from benchmarks.serving.first_answers import first_answers
from benchmarks.serving.loadrun import Samples, Target, judge_load, request_bytes, send_load
from benchmarks.serving.payloads import JSON_TYPE

BODY = json.dumps({"instances": [[1, 2], [3, 4]]}).encode()


@pytest.fixture
def serve():
    """Start a server that answers with one status, body and headers; give its target."""
    servers = []

    def start(status=200, body=b'{"predictions": [0, 1]}', *, after=None, headers=()):
        count = [0]

        class Answer(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                count[0] += 1
                turned = after is not None and count[0] > after[0]
                code, text = (after[1], after[2]) if turned else (status, body)
                self.send_response(code)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return Target("127.0.0.1", server.server_port)

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def ask(target, row_count=2):
    return first_answers(target, [BODY] * 3, content_type=JSON_TYPE, row_count=row_count)


@pytest.mark.parametrize(
    ("body", "begins"),
    [
        (b'{"predictions": [0, 1]}', b'{"predictions": ['),
        (b"[0, 1]", b"["),
        (b'{"model": "m1", "predictions": [[0.1, 0.9], [0.5, 0.5]]}', b'{"model": "m1", "predict'),
    ],
)
def test_predictions_for_each_row_are_an_answer(serve, body, begins):
    assert ask(serve(body=body)).startswith(begins)


WRONG = {
    "busy": (503, b"busy", "503 Service Unavailable"),
    "no such path": (404, b"", "404 Not Found"),
    "moved": (302, b"", "302 Found"),
    "log in": (401, b"who are you", "'who are you'"),
    "a page": (200, b"<html>Please log in</html>", "something else than JSON"),
    "an error": (200, b'{"error": "model not loaded"}', "answers without predictions"),
    "a number": (200, b"7", "answers without predictions"),
    "too few": (200, b'{"predictions": [0]}', "1 predictions for 2 rows"),
    "too many": (200, b"[0, 1, 1]", "3 predictions for 2 rows"),
    "nothing": (200, b"", "something else than JSON"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_answer_of_a_model_is_an_error_that_shows_it(serve, case):
    status, body, words = WRONG[case]

    with pytest.raises(LoadError) as caught:
        ask(serve(status, body))

    assert words in str(caught.value)
    assert "the first answer was" in str(caught.value)


def test_nobody_there_is_an_error():
    with pytest.raises(LoadError, match="is the server there"):
        ask(Target("127.0.0.1", 9))


@pytest.mark.parametrize(
    ("status", "body"),
    [(503, b"busy"), (200, b"<html>Please log in</html>"), (200, b'{"error": "gone"}')],
)
def test_answers_that_turn_bad_under_load_are_errors(serve, status, body):
    target = serve(after=(20, status, body))
    begins = ask(target)

    samples = send_load(
        target,
        requests=[request_bytes(BODY, target=target)],
        due_s=np.arange(40) / 100,
        answer_begins=begins,
    )

    assert int(samples.is_ok.sum()) == 17


def test_answers_of_the_model_all_count(serve):
    target = serve()

    samples = send_load(
        target,
        requests=[request_bytes(BODY, target=target)],
        due_s=np.arange(40) / 100,
        answer_begins=ask(target),
    )

    assert samples.is_ok.all()


def samples_of(status):
    at = np.linspace(0, 20, len(status))
    zero = np.zeros(len(status))
    return Samples(
        scheduled_s=at,
        sent_s=at,
        done_s=at + 0.005,
        status=np.array(status, dtype=float),
        service_ns=zero,
        predict_ns=zero,
        worker=zero,
        outstanding=zero + 1,
    )


@pytest.mark.parametrize(
    ("bad", "validity"), [(0.0, "ok"), (0.001, "ok"), (0.05, "unanswered"), (1.0, "unanswered")]
)
@pytest.mark.parametrize("status", [503, -1, -2])
def test_a_p99_that_falls_among_failures_is_no_valid_run(bad, validity, status):
    count = 4_000
    failed = set(np.linspace(0, count - 1, int(bad * count)).astype(int).tolist())

    found = judge_load(
        samples_of([status if i in failed else 200 for i in range(count)]), duration_s=20
    )

    assert found.validity == validity
    assert (found.p99_ms is None) is (validity != "ok")
