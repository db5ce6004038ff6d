"""The page's lock, what comes in by it, and the model server."""

import asyncio
import contextlib
import itertools
import os
import random
import resource
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.attack.inputs import SEED, damaged
from tests.attack.tries import ROOT, Kind, limited


async def _status(lock, *, host, origin, cookie, method, path, query):
    headers = [(b"host", host.encode())]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    if cookie is not None:
        headers.append((b"cookie", cookie.encode()))
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": headers,
    }
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    await lock(scope, receive, send)
    return next(m["status"] for m in sent if m["type"] == "http.response.start")


def the_lock() -> Kind:
    """Every mix of name, origin, cookie and key: only the right one comes in."""
    import hashlib

    from advisor.views.lock import Lock

    kind = Kind("the page's lock")
    token, port = "t" * 32, 8501

    async def inner(scope, receive, send):
        await send({"type": "http.response.start", "status": 299, "headers": []})
        await send({"type": "http.response.body", "body": b"in"})

    lock = Lock(inner, token=token, port=port)
    key = hashlib.sha256(b"cookie of " + token.encode()).hexdigest()
    hosts = [
        f"localhost:{port}",
        "evil.example",
        f"evil.example:{port}",
        "",
        "localhost.evil.example",
    ]
    origins = [
        None,
        f"http://localhost:{port}",
        "http://localhost:9999",
        "null",
        "https://x.streamlit.app",
    ]
    cookies = [None, f"advisor-{port}={key}", f"advisor-{port}=", f"advisor-{port}={'0' * 64}"]
    methods = ["GET", "POST", "PUT", "DELETE"]
    for host, origin, cookie, method in itertools.product(hosts, origins, cookies, methods):
        status = asyncio.run(
            _status(
                lock, host=host, origin=origin, cookie=cookie, method=method, path="/", query=""
            )
        )
        right = (
            host == hosts[0]
            and cookie == cookies[1]
            and (origin == origins[1] or (origin is None and method == "GET"))
        )
        kind.check((status == 299) is right, f"{method} {host} {origin} {cookie}: {status}")
    return kind


REACHING = (
    "import: 'trusted-file:/tmp/x.pkl'",
    "import: 'os:system'",
    "import: 'file:/etc/passwd'",
    "import: 'file:../../x.skops'",
    "import: 'platform:node'",
    "import: 'trusted-file:m.joblib'",
    "import: 'subprocess:call'",
    "import: 'file:m/../../x.skops'",
    "import: 'builtins:eval'",
)
PATHS = (
    "/etc/passwd",
    "../../x.csv",
    "/proc/self/environ",
    "a/../../b.csv",
    "~/x.csv",
    "~root/x",
    "//host/x",
    "http://127.0.0.1/x.csv",
    "file:///etc/passwd",
    "/dev/zero",
)
URLS = (
    "http://127.0.0.1:9",
    "http://169.254.169.254/latest",
    "sqlite:////etc/passwd",
    "postgresql://db/x",
    "/var/lib",
    "../x",
)


def uploads() -> Kind:
    """Studies that would run code or reach beside their folder are refused as they come in."""
    from advisor.errors import AdvisorError
    from advisor.views.study_folder import read_study

    kind = Kind("uploads that run or reach")
    studies = [
        *(
            f"data: {{source: 'builtin:wine'}}\ncandidates: [{{name: m, {line}}}]"
            for line in REACHING
        ),
        *(f"data: {{path: '{path}', target: x}}" for path in PATHS),
        *(
            f"data: {{source: 'builtin:wine'}}\nhistory: {{{key}: '{url}'}}"
            for url in URLS
            for key in ("mlflow", "optuna")
        ),
    ]
    for text in studies:
        for ending in ("\n", "\nworkload: {requests_per_s: 5}\n"):
            try:
                read_study("s.yaml", (text + ending).encode())
                held, why = False, "taken"
            except AdvisorError as error:
                held, why = "/root" not in str(error) and "Traceback" not in str(error), str(error)
            kind.check(held, f"{text[-60:]!r}: {why}")
    return kind


def hostile_requests() -> Kind:
    """Bodies of every type, made up and damaged: rows, or the client's fault."""
    from benchmarks.serving.payloads import PayloadError, read_rows
    from tests.benchmarks.test_serving_hostile import BINARY, CSV, JSON, Mixed, Model, npy

    kind = Kind("malformed requests")
    lot = random.Random(SEED)
    import numpy as np

    bodies = [
        *(("application/json", body) for body in JSON.values()),
        *(("application/x-npy", body) for body in BINARY.values()),
        *(("text/csv", body) for body in CSV.values()),
        *(
            ("application/json", damaged(b'{"instances": [[1, 2.5], [3, 4]]}', lot))
            for _ in range(60)
        ),
        *(("text/csv", damaged(b"1,2\n3,4\n", lot)) for _ in range(40)),
        *(("application/x-npy", damaged(npy(np.ones((3, 2))), lot)) for _ in range(60)),
    ]
    for (content_type, body), model in itertools.product(bodies, (Model(), Mixed())):
        try:
            with limited(20):
                read_rows(body, content_type, model)
            held, why = True, ""
        except PayloadError as error:
            held, why = True, str(error)
        except BaseException as error:
            held, why = False, f"{type(error).__name__}: {error}"
        kind.check(held, f"{content_type} {body[:40]!r}: {why}")
    return kind


HALF_OPEN = 3_000


def half_open(folder: Path) -> Kind:
    """A model server with 1,024 files and 3,000 half-open requests answers its pings."""
    kind = Kind("half-open requests")
    model = _packed(folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(1_024, soft), hard))  # the server inherits it
    server = subprocess.Popen(
        [
            sys.executable,
            "-P",
            "-m",
            "benchmarks.serving.serve",
            "--model",
            str(model),
            "--port",
            str(port),
            "--host",
            "127.0.0.1",
        ],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8_192) if hard > 0 else 8_192, hard))
    half = []
    try:
        end = time.monotonic() + 60
        while not _ping(port) and time.monotonic() < end:
            time.sleep(0.2)
        for number in range(HALF_OPEN):
            with contextlib.suppress(OSError):
                one = socket.create_connection(("127.0.0.1", port), 5)
                one.sendall(b"POST /invocations HTTP/1.1\r\nho" if number % 2 else b"")
                half.append(one)
            if number % 300 == 299:
                kind.check(_ping(port), f"no ping beside {number + 1} half-open requests")
        kind.check(len(half) >= HALF_OPEN * 0.9, f"{len(half)} connections could be made")
        for _ in range(5):
            kind.check(_ping(port), f"no ping beside {HALF_OPEN} half-open requests")
            time.sleep(0.5)
    finally:
        for one in half:
            one.close()
        server.kill()
        server.wait()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return kind


def _packed(folder: Path) -> Path:
    """Train and pack a model as its container does; return the folder."""
    import json

    channel = folder / "ml" / "input" / "data" / "training"
    channel.mkdir(parents=True)
    rows = "\n".join(f"{i},{i % 7},{i % 2}" for i in range(200))
    (channel / "rows.csv").write_text(f"a,b,y\n{rows}\n")
    asked = {"candidate": "linear", "data": {"path": "rows.csv", "target": "y"}}
    (channel / "training.json").write_text(json.dumps(asked))
    subprocess.run(
        [
            sys.executable,
            "-P",
            "-m",
            "benchmarks.serving.serve",
            "train",
            "--prefix",
            str(folder / "ml"),
        ],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return folder / "ml" / "model"


def _ping(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as one:
            one.sendall(b"GET /ping HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            return b" 200 " in one.recv(100)
    except OSError:
        return False
