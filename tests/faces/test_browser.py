"""The explorer in a real browser: nothing leaves the machine, the verdict follows the rate."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from advisor.cli.recommend import answer_of
from advisor.decision.answer.words import at_a_glance
from advisor.report import FORMATS, render
from advisor.report.charts import CHARTS
from advisor.report.words import headline
from advisor.study.file import load_study
from advisor.views.main_controls import PATTERNS, PRIMARY
from tests.faces.factories import CHARTS_OF_JOBS, recommendation
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
AGREE = """() => {
  const shown = document.querySelector('.verdict[data-scenario]')?.dataset.scenario;
  const asked = [...new URLSearchParams(location.search)].filter(
    ([key]) => key.includes('.') && !key.startsWith('base.'));
  return shown === asked.map(([key, value]) => `${key}=${value}`).join('&');
}"""
"""Whether the words on the page belong to the scenario in the address."""
TOKEN = "the-key-of-the-tests-0123456789"
SERVE = """
import sys
from pathlib import Path
from advisor.views.permissions import Permissions, allow
from advisor.views.server import listen, serve, token_of_the_user
allow(Permissions(upload=True, measure=True))
serve(Path(sys.argv[1]), sockets=listen("localhost", int(sys.argv[2])), token=token_of_the_user())
"""
"""What `advisor app` does, for any page."""
START_S = 120
PATIENCE_MS = 120_000
"""A loaded machine draws its first page slowly; that is not what is tested here."""

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium on this machine: on Debian 'apt-get install chromium'"
)


@contextmanager
def served(page: Path, study: Path | None = None, folder: Path | None = None) -> Iterator[str]:
    """Serve a page on a free port; yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-P", "-c", SERVE, str(page), str(port)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ
        | {"PYTHONWARNINGS": "default", "ADVISOR_STUDIES": str(folder or page.parent / "none")}
        | {"ADVISOR_TOKEN": TOKEN}
        | ({"ADVISOR_STUDY": str(study)} if study else {}),
    )
    try:
        _wait_for(port, server)
        yield f"http://localhost:{port}/"
    finally:
        server.terminate()
        server.wait(timeout=20)


@pytest.fixture(scope="module")
def study_path(tmp_path_factory) -> Path:
    return measured_study(tmp_path_factory.mktemp("browser"))


@pytest.fixture(scope="module")
def studies(tmp_path_factory) -> Path:
    """The folder of what is uploaded."""
    return tmp_path_factory.mktemp("studies")


@pytest.fixture(scope="module")
def address(study_path, studies) -> Iterator[str]:
    """Serve the explorer on a free port."""
    with served(APP, study_path, studies) as found:
        yield found


def _wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    give_up = time.monotonic() + START_S
    while time.monotonic() < give_up and server.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"the explorer did not start within {START_S} s")


def with_key(address: str) -> str:
    """Return an address as it is printed, with the key of the page."""
    return f"{address}{'&' if '?' in address else '?'}token={TOKEN}"


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
        page.goto(with_key(address + path))
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
        title = self.page.inner_text(".verdict h1")
        amounts = self.page.locator(".verdict .amounts").evaluate("p => p.firstChild.textContent")
        return f"{title}: {amounts.strip()}"

    def move(self, label: str, *, steps: int) -> None:
        """Move a slider by the keyboard, as somebody without a mouse does."""
        thumb = self.page.get_by_role("slider", name=label)
        thumb.focus()
        for _ in range(abs(steps)):
            before = self.page.url
            self.page.keyboard.press("ArrowRight" if steps > 0 else "ArrowLeft")
            # The words may stay the same; the address and the scenario they belong to may not.
            self.page.wait_for_function("old => location.href !== old", arg=before)
        self.agree()

    def agree(self) -> None:
        """Wait until the verdict is the one of the address."""
        self.page.wait_for_function(AGREE)


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


def test_the_break_even_bar_says_where_the_study_stands(page, address):
    visit = Visit(page, address)
    visit.settle()

    chart = page.get_by_label("How far each figure may move before the answer changes")
    chart.first.wait_for(state="visible")
    assert page.get_by_role("heading", name="What would change the answer").is_visible()
    assert visit.complaints == []


def test_a_click_on_the_strip_of_platforms_sets_the_traffic(page, address, study_path):
    visit = Visit(page, address)
    title = "Cheapest platform as the traffic grows"
    strip = page.locator(f"[data-testid=stVegaLiteChart][aria-label='{title}']")
    strip.wait_for(state="visible")
    visit.settle()
    box = strip.bounding_box()
    assert box is not None
    assert box["y"] < 600  # a picture stands on the first screen
    strip.locator("g.mark-rect path").nth(2).click()
    page.wait_for_function("() => location.search.includes('workload.requests_per_s=')")
    visit.agree()

    assert visit.verdict == answered(study_path, page.url)
    assert visit.complaints == []


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


def answered(study_path: Path, address: str) -> str:
    """Return what the command line says first for the page's address: title and both amounts."""
    settings = [
        f"{key}={value}"
        for key, value in parse_qsl(urlsplit(address).query)
        if "." in key and not key.startswith("base.")
    ]
    said = answer_of(study_path, overrides=settings, store=None, on=None, what_if=False)
    assert said.best is not None
    told = headline(said.verdict)[0]
    glance = at_a_glance(load_study(study_path, settings), said.best)
    assert glance in told
    return f"{told[told.index('Deploy ') :].partition(': ')[0]}: {glance}."


def test_each_first_control_gives_the_command_lines_answer(page, address, study_path):
    visit = Visit(page, address)
    for primary in PRIMARY["online"]:
        visit.move(primary.label, steps=-2)

        assert visit.verdict == answered(study_path, page.url), primary.key
    assert len(parse_qsl(urlsplit(page.url).query)) >= len(PRIMARY["online"])
    assert visit.complaints == []


def test_requests_become_jobs_and_each_of_their_controls_gives_the_command_lines_answer(
    page, address, study_path
):
    visit = Visit(page, address)
    page.get_by_text(PATTERNS["batch"], exact=True).click()
    page.wait_for_function("() => location.search.includes('workload.pattern=batch')")
    visit.agree()
    assert visit.verdict == answered(study_path, page.url)

    for primary in PRIMARY["batch"][:3]:
        visit.move(primary.label, steps=2)
        assert visit.verdict == answered(study_path, page.url), primary.key
    assert visit.complaints == []


def test_back_and_forward_take_the_verdict_along(page, address):
    visit = Visit(page, address)
    visit.move("Mean request rate", steps=3)
    three, first = visit.verdict, page.url
    visit.move("Mean request rate", steps=3)
    six = visit.verdict
    # What the page does next comes with the new address: from then on it is known to have arrived.
    page.get_by_role("tab", name="Cost", exact=True).click()
    page.wait_for_function("() => location.search.includes('view=Cost')")
    visit.settle()
    page.get_by_text("Your own data or study").click()
    page.locator("input[type=file]").first.wait_for(state="attached")

    page.go_back()
    page.get_by_role("tab", name="Decision", exact=True, selected=True).wait_for()
    visit.agree()
    assert visit.verdict == six
    page.evaluate("history.go(-3)")
    page.wait_for_function("url => location.href === url", arg=first)
    visit.agree()
    assert visit.verdict == three
    page.evaluate("history.go(4)")
    page.get_by_role("tab", name="Cost", exact=True, selected=True).wait_for()
    visit.agree()
    assert visit.verdict == six
    assert visit.complaints == []


def test_sliders_keep_their_figures_until_a_benchmark_ends(page, address, studies, study_path):
    visit = Visit(page, address)
    page.get_by_text("Your own data or study").click()
    page.locator("input[type=file]").first.set_input_files(
        {"name": "late.csv", "mimeType": "text/csv", "buffer": b"a,b,y\n1,2,0\n2,1,1\n"}
    )
    page.get_by_role("button", name="Make a study of it").click()
    page.get_by_role("heading", name="No answer yet").wait_for()
    visit.settle()
    # What a benchmark leaves behind; the next run of the page, for whatever reason, finds it.
    shutil.copy(study_path, studies / "late" / "advisor.yaml")
    shutil.copytree(study_path.parent / ".advisor", studies / "late" / ".advisor")
    page.get_by_text("Your own data or study").click()
    page.wait_for_selector(".verdict h1")
    visit.settle()

    for label in ("Mean request rate", "Peak, times the mean"):
        slider = page.get_by_role("slider", name=label)
        assert slider.evaluate("one => one.value !== one.min"), label


def test_why_not_another_kind_is_answered_on_the_page(page, address):
    visit = Visit(page, address)
    page.get_by_text("Why not a GPU, another platform").click()
    question = page.get_by_text("Why not a GPU for training?")
    question.wait_for()
    question.click()

    assert page.locator("details.asked[open] p").first.is_visible()
    assert visit.complaints == []


def test_two_pages_do_not_disturb_one_another(browser, address):
    one, two = browser.new_context(), browser.new_context()
    first, second = Visit(one.new_page(), address), Visit(two.new_page(), address)
    before = second.verdict
    first.move("Mean request rate", steps=10)
    second.page.get_by_role("tab", name="Cost", exact=True).click()
    second.settle()

    assert second.verdict == before
    assert "workload" not in second.page.url
    assert "view=Cost" not in first.page.url
    one.close()
    two.close()


def test_a_data_file_becomes_a_study_that_is_measured_and_stopped(page, address, studies):
    visit = Visit(page, address)
    rows = "\n".join(f"{i % 7},{i % 5},{i % 2}" for i in range(400))
    page.get_by_text("Your own data or study").click()
    page.locator("input[type=file]").first.set_input_files(
        {"name": "my visits.csv", "mimeType": "text/csv", "buffer": f"a,b,y\n{rows}\n".encode()}
    )
    page.get_by_role("button", name="Make a study of it").click()
    page.get_by_role("button", name="Measure the candidates").wait_for()
    assert (studies / "my-visits" / "advisor.yaml").exists()
    assert "study=my-visits" in page.url

    page.get_by_role("button", name="Measure the candidates").click()
    page.get_by_role("progressbar").first.wait_for()
    page.get_by_role("button", name="Stop the benchmark").click()
    page.get_by_text("Stopped; what was finished is kept").wait_for()
    assert visit.complaints == []


def test_a_study_file_with_the_same_data_moves_the_page(page, address, study_path):
    visit = Visit(page, address)
    page.get_by_text("Your own data or study").click()
    text = study_path.read_text().replace("requests_per_s: 20 ", "requests_per_s: 150 ")
    text = text.replace("peak_requests_per_s: 60 ", "peak_requests_per_s: 300 ")
    page.locator("input[type=file]").nth(1).set_input_files(
        {"name": "other.yaml", "mimeType": "application/yaml", "buffer": text.encode()}
    )
    page.get_by_role("button", name="Take its figures").click()
    page.wait_for_function("() => location.search.includes('150')")
    visit.settle()

    assert visit.verdict == answered(study_path, page.url)


def test_every_export_can_be_downloaded(page, address, study_path):
    visit = Visit(page, address)
    for one in FORMATS.values():
        with page.expect_download() as waiting:
            page.get_by_role("button", name=f"Download {one.label}", exact=True).click()
        content = Path(waiting.value.path()).read_bytes()

        assert len(content) > 100
        assert waiting.value.suggested_filename == f"{study_path.stem}-{one.file_name}"
        assert content.startswith(b"%PDF") == (one.label == "PDF")
        assert content.startswith(b"<!doctype html>") == (one.label == "HTML report")
        visit.settle()


def test_the_study_file_of_a_page_gives_the_same_answer(page, address, study_path):
    visit = Visit(page, address)
    visit.move("Mean request rate", steps=6)
    visit.settle()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download study file").click()
    copy = study_path.parent / "downloaded.yaml"
    copy.write_bytes(Path(waiting.value.path()).read_bytes())

    assert answered(copy, "") == visit.verdict


def test_an_assumption_can_be_moved_and_reset_by_the_keyboard(page, address, study_path):
    visit = Visit(page, address)
    page.get_by_role("tab", name="Assumptions").click()
    zones = page.get_by_role("spinbutton", name="Availability zones")
    zones.focus()
    zones.fill("3")
    page.keyboard.press("Enter")
    page.wait_for_function("() => location.search.includes('availability_zones=3')")
    visit.settle()
    assert visit.verdict == answered(study_path, page.url)

    reset = page.get_by_role("button", name="↺").and_(page.locator(":enabled"))
    reset.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => !location.search.includes('availability_zones')")


OF_STREAMLIT: dict[str, str] = {}
"""Rules that Streamlit's own elements break, each with the reason why it is left out."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_any_view(browser, address, scheme):
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, color_scheme=scheme, bypass_csp=True
    )
    visit = Visit(context.new_page(), address)
    serious = set()
    for view, heading in {**VIEWS, "Assumptions": "What the study does not hold"}.items():
        visit.page.get_by_role("tab", name=view, exact=True).click()
        visit.page.get_by_role("heading", name=heading, exact=True).wait_for(state="visible")
        visit.settle()
        serious |= {
            f"{view}: {one['id']}: {node['html'][:160]}"
            for one in Axe().run(visit.page).response["violations"]
            if one["impact"] in {"serious", "critical"} and one["id"] not in OF_STREAMLIT
            for node in one["nodes"]
        }

    assert serious == set()
    context.close()


def test_a_report_renders_without_a_network_and_axe_finds_nothing_serious(browser, tmp_path):
    from axe_playwright_python.sync_playwright import Axe

    file = tmp_path / "report.html"
    file.write_text(render(recommendation(), format="html"), encoding="utf-8")
    context = browser.new_context(offline=True, bypass_csp=True)
    opened = context.new_page()
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(file.as_uri())

    assert asked == [file.as_uri()]
    assert opened.locator("svg:visible").count() == len(CHARTS) - len(CHARTS_OF_JOBS)
    found = Axe().run(opened).response["violations"]
    assert [one["id"] for one in found if one["impact"] in {"serious", "critical"}] == []
    context.close()
