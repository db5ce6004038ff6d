"""The model server and clients that mean it no good: their fault is never a failure of ours."""

import asyncio
import io
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from benchmarks.serving import patience
from benchmarks.serving.payloads import PayloadError, read_rows

ROOT = Path(__file__).resolve().parents[2]


class Model:
    """What `read_rows` asks of a package."""

    kinds: ClassVar = {"a": "number", "b": "number"}
    all_numbers = True


class Mixed(Model):
    kinds: ClassVar = {"a": "number", "b": "category"}
    all_numbers = False


def npy(array) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def header(text: str) -> bytes:
    body = text.encode().ljust(118) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(body)) + body


JSON = {
    "brackets": b"[" * 200_000,
    "objects": b'{"instances":[[{"a":1},2]]}',
    "deep": b'{"instances":[[1,' + b"[" * 50 + b"]" * 50 + b"]]}",
    "Infinity": b"[[Infinity,1]]",
    "-Infinity": b"[[1,-Infinity]]",
    "1e400": b"[[1e400,1]]",
    "digits": b"[[" + b"9" * 4_000 + b",1]]",
    "word": b'[["x",1]]',
    "true": b"[[true,1]]",
    "list": b"[[[],1]]",
    "object": b"[[{},1]]",
    "no rows": b"[]",
    "short": b"[[1]]",
    "text": b"hello",
    "empty": b"",
    "not utf-8": b"\xff\xfe",
    "bare": b"5",
}
BINARY = {
    "10^12 values": header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 2)}"),
    "negative": header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 2)}"),
    "brackets": b"\x93NUMPY\x01\x00" + struct.pack("<H", 9_000) + b"[" * 9_000,
    "code": header("__import__('os').abort()"),
    "inf": npy(np.array([[np.inf, 1.0]])),
    "complex": npy(np.array([[1 + 2j, 1]])),
    "object": npy(np.array([[1, None]], dtype=object)),
    "words": npy(np.array([["a", "b"]])),
    "line": npy(np.array([1.0, 2.0])),
    "zip": b"PK\x03\x04" + b"\0" * 30,
    "cut": npy(np.ones((50, 2)))[:-8],
}
CSV = {
    "inf": b"inf,1",
    "1e400": b"1e400,2",
    "word": b"x,1",
    "field": b'"' + b"x" * 200_000,
    "bad": b"\xff",
}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        *(("application/json", body) for body in JSON.values()),
        *(("application/x-npy", body) for body in BINARY.values()),
        *(("text/csv", body) for body in CSV.values()),
    ],
    ids=[*JSON, *(f"npy-{name}" for name in BINARY), *(f"csv-{name}" for name in CSV)],
)
def test_the_clients_fault_is_told_as_such(kind, body):
    with pytest.raises(PayloadError) as refused:
        read_rows(body, kind, Model())
    assert refused.value.status == 400
    assert len(str(refused.value)) < 400


def test_a_lone_surrogate_is_no_text():
    with pytest.raises(PayloadError, match="UTF-8"):
        read_rows(b'[[1,"\\ud800"]]', "application/json", Mixed())


@pytest.mark.parametrize("rows", [[[1, 2.5]], [[None, -1e308]], [[float("nan"), 0]]])
def test_what_a_model_takes_passes(rows):
    assert (
        len(read_rows(json.dumps({"instances": rows}).encode(), "application/json", Model())) == 1
    )
    table = npy(np.array([[1.0, np.nan if None in rows[0] else 2.0]]))
    assert read_rows(table, "application/x-npy", Model()).shape == (1, 2)


async def _app(scope, receive, send):
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"pong"})


def ping(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), 5) as one:
        one.sendall(b"GET /ping HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        return one.recv(100)


@pytest.mark.slow
def test_a_ping_gets_in_beside_half_open_requests_and_these_are_let_go(monkeypatch):
    import threading

    import uvicorn

    monkeypatch.setattr(patience, "HEAD_LIMIT_S", 1.0)
    monkeypatch.setattr(patience, "most_connections", lambda: 20)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = uvicorn.Config(_app, port=port, http=patience.Patient, log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    half = []
    for number in range(60):
        one = socket.create_connection(("127.0.0.1", port), 5)
        one.sendall(b"POST /invocations HTTP/1.1\r\nho" if number % 2 else b"")
        half.append(one)
    assert b" 200 " in ping(port)
    assert len(server.server_state.connections) <= 20
    end = time.monotonic() + 20
    while server.server_state.connections and time.monotonic() < end:
        time.sleep(0.05)
    assert not server.server_state.connections
    for one in half:
        one.close()
    server.should_exit = True
    thread.join(10)


ORPHAN = """
import os, sys, subprocess, time
child = "import os, time; from benchmarks.processes.orphans import die_with;" \\
    "die_with(int(os.environ['P'])); time.sleep(60)"
env = {**os.environ, "P": str(os.getpid())}
one = subprocess.Popen([sys.executable, "-P", "-c", child], env=env)
pipe = "import time; from benchmarks.processes.orphans import stop_with_the_pipe;" \\
    "stop_with_the_pipe(); time.sleep(60)"
two = subprocess.Popen([sys.executable, "-P", "-c", pipe], stdin=subprocess.PIPE,
    start_new_session=True, stderr=subprocess.DEVNULL)
time.sleep(1.5)
print(one.pid, two.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_what_was_started_ends_with_who_started_it(how):
    parent = subprocess.Popen(
        [sys.executable, "-P", "-c", ORPHAN],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        text=True,
    )
    children = [int(word) for word in parent.stdout.readline().split()]
    parent.send_signal(how)
    parent.wait()
    parent.stdout.close()
    end = time.monotonic() + 20
    while any(_lives(pid) for pid in children) and time.monotonic() < end:
        time.sleep(0.05)

    assert [pid for pid in children if _lives(pid)] == []


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
