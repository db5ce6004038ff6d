"""Take the README's pictures of a measured study: explorer and report, in headless Chromium.

Run it from the repository: `.venv/bin/python scripts/screenshots.py STUDY`, after
`.venv/bin/advisor demo`, whose study is out/demo/advisor.yaml. The pictures go to docs/images.
"""

import argparse
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
START_S = 120
TOKEN = secrets.token_hex()
PATIENCE_MS = 120_000
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
DONE = "[data-testid=stApp][data-test-script-state=notRunning]"
DESKTOP = {"width": 1280, "height": 1000}
TALL = {"width": 1280, "height": 1150}
PHONE = {"width": 390, "height": 844}
SETTLED = """() => {
  const drawn = document.querySelectorAll('[data-testid=stVegaLiteChart] svg, canvas').length;
  const before = window.__drawn; window.__drawn = drawn;
  return before === drawn;
}"""
"""Whether as many charts are drawn as at the last look."""

VIEWS = {
    "app.png": ("", "What would change the answer", DESKTOP),
    "app-cost.png": ("?view=Cost", "If the traffic changes", DESKTOP),
    "app-latency.png": ("?view=Latency", "Latency: how it answers under load", TALL),
    "app-retraining.png": ("?view=Retraining", "Retraining: how the model ages", TALL),
    "app-phone.png": ("", "Options considered", PHONE),
}
"""Pictures of the explorer: address, a heading that is there once it is drawn, window."""


@contextmanager
def served(study: Path) -> Iterator[str]:
    """Serve the explorer on a free port; yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-P", "-m", "advisor", "app", str(study)]
    command += ["--port", str(port), "--no-browser"]
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            env=os.environ
            | {"ADVISOR_STUDIES": str(Path(folder) / "none"), "ADVISOR_TOKEN": TOKEN},
        )
        try:
            _wait_for(port)
            yield f"http://localhost:{port}/"
        finally:
            server.terminate()
            server.wait(timeout=20)


def _wait_for(port: int) -> None:
    give_up = time.monotonic() + START_S
    while time.monotonic() < give_up:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    sys.exit(f"the explorer did not start within {START_S} s")


def take_explorer(browser: Any, address: str, folder: Path) -> None:
    """Take the pictures of the explorer."""
    for name, (path, heading, window) in VIEWS.items():
        page = browser.new_page(viewport=window, color_scheme="light")
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{address}{path}{'&' if path else '?'}token={TOKEN}")
        page.get_by_role("heading", name=heading, exact=True).wait_for(state="visible")
        page.wait_for_selector(DONE)
        page.wait_for_function(SETTLED, polling=500)
        page.screenshot(path=folder / name)
        page.close()


def take_report(browser: Any, study: Path, folder: Path) -> None:
    """Take the picture of the HTML report's first page."""
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "report.html"
        command = [sys.executable, "-c", "from advisor.cli import main; main()", "report"]
        subprocess.run([*command, str(study), "-o", str(file)], check=True, cwd=ROOT)
        page = browser.new_page(viewport={"width": 1100, "height": 1100}, color_scheme="light")
        page.goto(file.as_uri())
        page.screenshot(path=folder / "report.png")
        page.close()


def main() -> None:
    """Read the arguments and take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", type=Path, help="a study with runs, e.g. out/demo/advisor.yaml")
    parser.add_argument("--folder", type=Path, default=ROOT / "docs" / "images")
    arguments = parser.parse_args()
    chromium = shutil.which("chromium") or sys.exit("no Chromium: 'apt-get install chromium'")

    from playwright.sync_api import sync_playwright

    arguments.folder.mkdir(parents=True, exist_ok=True)
    study = arguments.study.resolve()
    with served(study) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        take_explorer(browser, address, arguments.folder)
        take_report(browser, study, arguments.folder)
        browser.close()


if __name__ == "__main__":
    main()
