"""The lock of the explorer, without Streamlit: what passes, and what does not."""

import asyncio

import pytest

from advisor.errors import AdvisorError, StudyError
from advisor.study.file import parse_study
from advisor.study.foreign import refuse_reaching
from advisor.views.escape import said, without_folders
from advisor.views.lock import HEADERS, Lock
from advisor.views.server import listen, token_of_the_user

TOKEN = "a-token-of-thirty-two-characters"
HOST = ("host", "localhost:8501")


async def _inner(scope, receive, send):
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"inside"})


def asked(*headers, kind="http", method="GET", query="", names=(), path="/"):
    """Return the messages that the lock answers with."""
    sent = []

    async def receive():
        return {"type": "websocket.connect" if kind == "websocket" else "http.request"}

    async def send(message):
        sent.append(message)

    scope = {
        "type": kind,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }
    if kind == "http":
        scope["method"] = method
    lock = Lock(_inner, token=TOKEN, port=8501, names=names)
    asyncio.run(lock(scope, receive, send))
    return sent


def status(*headers, **how):
    return asked(*headers, **how)[0].get("status", asked(*headers, **how)[0]["type"])


def key():
    """Return the cookie that the token is exchanged for."""
    headers = asked(HOST, query=f"token={TOKEN}")[0]["headers"]
    cookie = next(v for k, v in headers if k == b"set-cookie" and v.startswith(b"advisor-8501="))
    return "cookie", cookie.decode().partition(";")[0]


def test_the_token_becomes_a_cookie_and_leaves_the_address():
    start = asked(HOST, query=f"workload.requests_per_s=5&token={TOKEN}&view=Cost")[0]
    headers = dict(start["headers"])

    assert start["status"] == 303
    assert headers[b"location"] == b"/?workload.requests_per_s=5&view=Cost"
    assert status(HOST, key()) == 200


def test_the_way_in_leads_to_no_other_host():
    start = asked(HOST, query=f"token={TOKEN}", path="//evil.example/x")[0]

    assert dict(start["headers"])[b"location"] == b"/evil.example/x"


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (HOST,),
        (HOST, ("cookie", "advisor-8501=")),
        (HOST, ("cookie", f"advisor-8501={TOKEN}")),
        (HOST, ("cookie", "advisor-8501=\x00;;=")),
        (HOST, ("x-advisor-token", "guess")),
        (HOST, ("x-advisor-token", "")),
    ],
)
def test_without_the_key_nothing_passes(headers):
    assert status(*headers) == 403
    assert status(*headers, ("origin", "http://localhost:8501"), method="POST") == 403
    sent = asked(*headers, ("origin", "http://localhost:8501"), kind="websocket")
    assert [message["type"] for message in sent] == ["websocket.close"]


@pytest.mark.parametrize("query", ["token=", "token=guess", "token=guess&token=" + TOKEN])
def test_a_wrong_token_does_not_open(query):
    assert status(HOST, query=query) == 403


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8501",
        "localhost.evil.example:8501",
        "localhost:8501@evil.example",
        "localhost:8501.evil.example",
        "localhost:x",
        "127.0.0.1.nip.io:8501",
        "0.0.0.0:8501",
        "",
        " localhost",
    ],
)
def test_a_name_that_is_not_ours_gets_no_answer_even_with_the_key(host):
    assert status(("host", host), key()) == 403
    assert status(("host", host), query=f"token={TOKEN}") == 403


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost:9999",
        "http://127.0.0.1:8501",
        "http://evil.example",
        "https://x.streamlit.app",
        "null",
        "",
        "file://",
        "http://localhost:8501.evil.example",
        "http://localhost:8501@evil.example",
    ],
)
def test_another_page_gets_no_answer_even_with_the_key(origin):
    for how in ({}, {"method": "POST"}, {"kind": "websocket"}):
        first = asked(HOST, key(), ("origin", origin), **how)[0]
        assert first.get("status", 403) == 403, how
        assert first["type"] != "websocket.accept"


def test_a_socket_without_an_origin_is_refused():
    assert asked(HOST, key(), kind="websocket")[0]["type"] == "websocket.close"


def test_the_own_page_opens_its_socket():
    own = ("origin", "http://localhost:8501")

    assert asked(HOST, key(), own, kind="websocket")[0]["type"] == "websocket.accept"


@pytest.mark.parametrize(
    ("host", "origin", "names"),
    [
        ("localhost:9000", "http://localhost:9000", ()),  # an SSH tunnel to another port
        ("advice.example.org", "https://advice.example.org", ("advice.example.org",)),
        ("advice.example.org:443", "https://advice.example.org", ("advice.example.org",)),
    ],
)
def test_a_tunnel_and_a_proxy_pass(host, origin, names):
    headers = ("host", host), ("origin", origin), ("x-advisor-token", TOKEN)

    assert asked(*headers, kind="websocket", names=names)[0]["type"] == "websocket.accept"
    assert status(*headers, method="POST", names=names) == 200


def test_two_hosts_in_one_request_are_none():
    assert status(HOST, ("host", "evil.example"), key()) == 403
    assert status(("host", "evil.example"), HOST, key()) == 403


@pytest.mark.parametrize("headers", [(HOST,), (HOST, "key")])
def test_every_answer_forbids_frames(headers):
    headers = [key() if one == "key" else one for one in headers]

    assert set(HEADERS) <= set(asked(*headers)[0]["headers"])


def test_a_token_that_can_be_guessed_is_refused(monkeypatch):
    monkeypatch.setenv("ADVISOR_TOKEN", "secret")

    with pytest.raises(AdvisorError, match="can be guessed"):
        token_of_the_user()


def test_a_taken_port_is_one_clear_line():
    sockets = listen("localhost", 0)
    port = sockets[0].getsockname()[1]
    try:
        with pytest.raises(AdvisorError, match="choose another"):
            listen("localhost", port)
    finally:
        for one in sockets:
            one.close()


# What an uploaded study may not do ---------------------------------------------------------------

WINE = {"source": "builtin:wine"}
REACHING = {
    "pickle": {"data": WINE, "candidates": [{"name": "m", "import": "trusted-file:m.joblib"}]},
    "module": {"data": WINE, "candidates": [{"name": "m", "import": "platform:node"}]},
    "file": {"data": WINE, "candidates": [{"name": "m", "import": "file:/x/m.skops"}]},
    "up": {"data": WINE, "candidates": [{"name": "m", "import": "file:../m.skops"}]},
    "absolute": {"data": {"path": "/etc/passwd.csv", "target": "x"}},
    "home": {"data": {"path": "~/x.csv", "target": "x"}},
    "parent": {"data": {"path": "a/../../x.csv", "target": "x"}},
    "windows": {"data": {"path": "C:\\x.csv", "target": "x"}},
    "address": {"data": {"path": "http://169.254.169.254/x.csv", "target": "x"}},
    "openml": {"data": {"source": "openml:31"}},
    "mlflow": {"data": WINE, "history": {"mlflow": "http://127.0.0.1:1"}},
    "mlruns": {"data": WINE, "history": {"mlflow": "mlruns"}},
    "optuna": {"data": WINE, "history": {"optuna": "sqlite:///x.db"}},
}


@pytest.mark.parametrize("run_code", [False, True])
@pytest.mark.parametrize("case", REACHING)
def test_what_came_in_by_the_page_runs_and_reaches_nothing(case, run_code, tmp_path):
    study = parse_study(REACHING[case], where="s")

    with pytest.raises(StudyError, match="uploaded may not") as refused:
        refuse_reaching(study, where="s.yaml", folder=tmp_path, run_code=run_code)
    assert str(tmp_path) not in str(refused.value)


def test_a_link_in_the_folder_of_an_upload_leads_nowhere(tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    (own / "x.csv").symlink_to(tmp_path / "x.csv")
    study = parse_study({"data": {"path": "x.csv", "target": "b"}}, where="s")

    with pytest.raises(StudyError, match="outside its folder"):
        refuse_reaching(study, where="s", folder=own, run_code=False)


def test_own_data_families_and_allowed_code_pass(tmp_path):
    (tmp_path / "mine.py").touch()
    plain = {"data": {"path": "data.csv", "target": "~/.. http://"}, "candidates": ["linear"]}
    coded = plain | {"candidates": [{"name": "m", "import": "mine:make"}]}

    refuse_reaching(parse_study(plain, where="s"), where="s", folder=tmp_path, run_code=False)
    refuse_reaching(parse_study(coded, where="s"), where="s", folder=tmp_path, run_code=True)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("/home/ann/s/a.csv: no column 'x'", "a.csv: no column 'x'"),
        ("a: see '/srv/x/b.csv' and \"/srv/x/c.csv\"", "a: see 'b.csv' and \"c.csv\""),
        ("see https://example.org/a/b", "see https://example.org/a/b"),
        ("1/2 of the rows, a/b", "1/2 of the rows, a/b"),
    ],
)
def test_no_message_of_the_page_tells_where_files_lie(message, shown):
    assert without_folders(message) == shown
    assert "/home" not in said(message)
