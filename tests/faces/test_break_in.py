"""Attacks on the explorer in a real browser: other sites, other names, frames, hostile uploads."""

import json
import socketserver
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from advisor.demo import DEMO_STUDY
from tests.faces.pages import APP
from tests.faces.test_browser import CHROMIUM, FLAGS, served, with_key

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]

ATTACKER = """<!doctype html><title>another page</title><iframe id=f src="{page}"></iframe>
<script>
const said = {};
const tell = () => { document.title = JSON.stringify(said); };
fetch("{page}", {credentials: "include"}).then(r => r.text())
  .then(t => { said.read = t.slice(0, 40); }, () => { said.read = "refused"; }).then(tell);
fetch("{page}_stcore/upload_file/x/y", {method: "PUT", credentials: "include", mode: "no-cors"})
  .then(r => { said.put = r.type; }, () => { said.put = "refused"; }).then(tell);
const socket = new WebSocket("{socket}_stcore/stream");
socket.onopen = () => { said.socket = "open"; tell(); };
socket.onerror = () => { said.socket = said.socket || "refused"; tell(); };
</script>"""
"""What a page of another site, or of another port, would try."""

ROWS = "a,b\n" + "1,2\n2,1\n" * 20


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("attacked")


@pytest.fixture(scope="module")
def address(place):
    study = place / "advisor.yaml"
    study.write_text(DEMO_STUDY, encoding="utf-8")  # without runs: its page is there at once
    with served(APP, study, place / "uploads") as found:
        yield found


@pytest.fixture(scope="module")
def other_site(address):
    """Serve the attacker's page on another port; yield its address."""
    words = ATTACKER.replace("{page}", address).replace("{socket}", address.replace("http", "ws"))

    class Site(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(words.encode())

        def log_message(self, *_):
            pass

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def chromium(address):
    from playwright.sync_api import sync_playwright

    port = address.split(":")[2].strip("/")
    rules = f"--host-resolver-rules=MAP evil.example 127.0.0.1:{port}"
    with sync_playwright() as tool:
        opened = tool.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, rules])
        yield opened
        opened.close()


@pytest.fixture
def context(chromium):
    made = chromium.new_context()
    yield made
    made.close()


def test_the_page_is_locked_for_who_has_no_key(context, address):
    page = context.new_page()
    page.goto(address)

    assert "This page is locked" in page.inner_text("body")


@pytest.mark.parametrize("port", ["", ":{port}"])
def test_a_name_that_was_bound_to_this_machine_gets_nothing(context, address, port):
    enter(context.new_page(), address)  # the owner has the page open
    number = address.split(":")[2].strip("/")
    page = context.new_page()
    page.goto(with_key(f"http://evil.example{port.format(port=number)}/"))

    assert "does not answer to this name" in page.inner_text("body")
    closed = page.evaluate(
        """() => new Promise(done => {
          const one = new WebSocket(location.origin.replace('http', 'ws') + '/_stcore/stream');
          one.onopen = () => done('open'); one.onerror = () => done('refused');
        })"""
    )
    assert closed == "refused"


def test_a_page_of_another_port_reads_sends_and_frames_nothing(context, address, other_site):
    enter(context.new_page(), address)  # the owner has the page open, its cookie is in the browser
    page = context.new_page()
    page.goto(other_site)
    page.wait_for_function("() => document.title.split(':').length >= 4")

    said = json.loads(page.title())
    assert said["read"] == "refused"
    assert said["socket"] == "refused"
    frame = page.frames[1]
    assert "chrome-error" in frame.url or "root" not in frame.content()


def enter(page, address, path=""):
    page.set_default_timeout(25_000)
    page.goto(with_key(address + path))
    page.get_by_role("heading", name="No answer yet").wait_for()
    return page


def upload(page, kind, name, content):
    field = page.locator("input[type=file]")
    (field.first if kind == "data" else field.last).set_input_files(
        {"name": name, "mimeType": "text/plain", "buffer": content.encode()}
    )


def test_an_upload_that_is_a_pickle_never_runs(context, address, place):
    page = context.new_page()
    enter(page, address)
    page.get_by_text("Your own data or study").click()
    upload(page, "data", "cases.csv", ROWS)
    page.get_by_role("button", name="Make a study of it").click()
    page.wait_for_url("**study=cases**")
    assert str(place) not in page.content()
    kept = place / "uploads" / "cases" / "data.csv"
    assert kept.exists()
    for path in (str(kept), "data.csv", "../cases/data.csv"):
        text = (
            "data: {source: 'builtin:wine'}\n"
            f"candidates: [{{name: m, import: 'trusted-file:{path}'}}]\n"
        )
        enter(page, address, "?study=cases")
        page.get_by_text("Your own data or study").click()
        upload(page, "study", "s.yaml", text)
        page.get_by_text("may not name code").wait_for()
        assert page.get_by_role("button", name="Open it").count() == 0
    assert not list(place.rglob("PROOF"))
    assert not Path("PROOF").exists()


def test_an_upload_reaches_no_server_and_no_other_file(context, address, place):
    asked = []

    class Listener(socketserver.BaseRequestHandler):
        def handle(self):
            asked.append(self.client_address)

    (place / "secret.txt").write_text("password,hunter2\n1,2\n")
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Listener) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        page = context.new_page()
        for text, said in (
            (
                f"data: {{source: 'builtin:wine'}}\nhistory: {{mlflow: 'http://127.0.0.1:{port}'}}\n",
                "may not read a tracking server",
            ),
            (f"data: {{path: '{place}/secret.txt', target: x}}\n", "may not name a path"),
            ("data: {path: '../../secret.txt', target: x}\n", "may not name a path"),
        ):
            enter(page, address)
            page.get_by_text("Your own data or study").click()
            upload(page, "study", "s.yaml", text)
            page.get_by_text(said).wait_for()
            assert "hunter2" not in page.content()
            assert page.get_by_role("button", name="Open it").count() == 0
        server.shutdown()
    assert asked == []


def test_another_browser_finds_no_upload_of_this_one(chromium, context, address):
    page = context.new_page()
    enter(page, address)
    page.get_by_text("Your own data or study").click()
    upload(page, "data", "private.csv", ROWS)
    page.get_by_role("button", name="Make a study of it").click()
    page.wait_for_url("**study=private**")
    other = chromium.new_context()
    stranger = other.new_page()
    enter(stranger, address, "?study=private")

    assert "private" not in stranger.inner_text("body")
    assert stranger.get_by_text("The study that was opened").count() == 0
    again = context.new_page()
    again.goto(address + "?study=private")
    again.get_by_role("heading", name="No answer yet").wait_for()
    other.close()
