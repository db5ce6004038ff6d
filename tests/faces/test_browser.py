"""The explorer in a real browser: nothing leaves the machine, the verdict follows the rate."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from advisor.cli.explorer import SERVER_OPTIONS
from tests.faces.pages import APP, ROOT, VIEWS, measured_study

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DONE = "[data-testid=stApp][data-test-script-state=notRunning]"
START_S = 120
PATIENCE_MS = 120_000
"""A loaded machine draws its first page slowly; that is not what is tested here."""

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium on this machine: on Debian 'apt-get install chromium'"
)


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    """Serve the explorer on a free port."""
    study = measured_study(tmp_path_factory.mktemp("browser"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(APP), *SERVER_OPTIONS]
    command += [f"--server.port={port}", "--server.headless=true", "--server.fileWatcherType=none"]
    server = subprocess.Popen(
        [*command, "--", str(study)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONWARNINGS": "default"},
    )
    try:
        _wait_for(port, server)
        yield f"http://localhost:{port}/"
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    give_up = time.monotonic() + START_S
    while time.monotonic() < give_up and server.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"the explorer did not start within {START_S} s")


class Visit:
    """A page, and all that went wrong on it."""

    def __init__(self, page: Any, address: str, path: str = "") -> None:
        self.page = page
        self.complaints: list[str] = []
        self.foreign: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._asked(request.url, address))
        page.goto(address + path)
        page.wait_for_selector(".verdict h1")
        self.settle()

    def _heard(self, message: Any) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def _asked(self, url: str, address: str) -> None:
        ours = (address, address.replace("http", "ws"), "data:", "blob:")
        if not url.startswith(ours):
            self.foreign.append(url)

    def settle(self) -> None:
        self.page.wait_for_selector(DONE)

    @property
    def verdict(self) -> str:
        return str(self.page.inner_text(".verdict h1"))

    def move(self, label: str, *, steps: int) -> None:
        """Move a slider by the keyboard, as somebody without a mouse does."""
        before = self.page.inner_text(".verdict .delta")
        thumb = self.page.get_by_role("slider", name=label)
        thumb.focus()
        for _ in range(abs(steps)):
            self.page.keyboard.press("ArrowRight" if steps > 0 else "ArrowLeft")
        self.page.wait_for_function(
            "old => document.querySelector('.verdict .delta')?.innerText !== old", arg=before
        )
        self.settle()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def test_the_verdict_follows_the_request_rate(page, address):
    visit = Visit(page, address)
    before = visit.verdict
    visit.move("Mean request rate", steps=8)

    assert before.startswith("Deploy ")
    assert visit.verdict != before
    assert "2 changed" in page.inner_text(".verdict .delta")
    assert "workload.requests_per_s=" in page.url
    assert visit.complaints == []
    assert visit.foreign == []


def test_a_shared_address_shows_the_same_answer_to_somebody_else(page, browser, address):
    visit = Visit(page, address)
    visit.move("Mean request rate", steps=5)
    other = browser.new_context()

    second = Visit(other.new_page(), address, page.url.removeprefix(address))

    assert second.verdict == visit.verdict
    other.close()


def test_every_view_opens_without_a_complaint(page, address):
    visit = Visit(page, address)
    for name in [*list(VIEWS)[1:], "Decision"]:
        page.get_by_role("tab", name=name, exact=True).click()
        page.get_by_role("heading", name=VIEWS[name]).wait_for(state="visible")
        visit.settle()

    assert visit.complaints == []
    assert visit.foreign == []


def test_the_verdict_stays_in_sight_when_the_page_is_scrolled(page, address):
    visit = Visit(page, address)
    page.get_by_text("Download JSON").scroll_into_view_if_needed()

    box = page.locator(".verdict h1").bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 100
    assert visit.complaints == []


def test_a_phone_shows_the_page_without_scrolling_sideways(browser, address):
    context = browser.new_context(viewport={"width": 390, "height": 844})
    visit = Visit(context.new_page(), address)

    width = visit.page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    assert visit.page.locator(".verdict h1").is_visible()
    context.close()


def test_a_report_can_be_downloaded(page, address):
    Visit(page, address)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download HTML report").click()
    text = Path(waiting.value.path()).read_text(encoding="utf-8")

    assert text.startswith("<!doctype html>")
    assert waiting.value.suggested_filename == "advisor-report.html"
