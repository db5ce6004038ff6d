"""From moving a slider to the new verdict on the page, beside a page that only echoes the slider.

Both in the same headless Chromium, by the keyboard: 200 moves of the request rate, each as soon as
the verdict of the one before is there. What the echo page takes is Streamlit's and the browser's.

    python tests/speed/speed_explorer.py [MOVES]
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

ECHO = """
import streamlit as st
value = st.select_slider("Mean request rate", list(range(1, 200)), value=60)
st.html(f'<div class="verdict" data-scenario="{value}"><h1>{value}</h1></div>')
"""
TARGET_MEDIAN_MS, TARGET_P95_MS = 400, 800
REACH = 20
"""Moves to one side before the other figure is moved and the way goes back."""

PATIENCE_MS = 20_000
"""A move without an answer by then counts as so long, and is told."""
REST_S = 1.5
"""Long enough for the views to be drawn after a move."""

WATCH = """
(patience_ms) => {
  const scenario = () => document.querySelector('.verdict')?.dataset.scenario;
  const before = scenario();
  window.moved = new Promise((done) => {
    let start = null;
    const pressed = () => { start = performance.now(); };
    window.addEventListener('keydown', pressed, {once: true, capture: true});
    const seen = new MutationObserver(() => {
      if (scenario() === undefined || scenario() === before) return;
      seen.disconnect();
      requestAnimationFrame(() => done(performance.now() - start));
    });
    seen.observe(document.body, {subtree: true, childList: true, attributes: true});
    setTimeout(() => { seen.disconnect(); done(patience_ms); }, patience_ms);
  });
}
"""
"""From the key's press to the frame with the words of another scenario, by the page's clock."""


def moves_ms(page: Any, count: int, *, rest_s: float = 0.0) -> list[float]:
    """Move the slider to and fro; return the time from each key press to the new words. [ms]"""
    thumb = page.get_by_role("slider", name="Mean request rate")
    found = []
    for move in range(count):
        if move % REACH == 0 and move:  # each value that follows is new: nothing is remembered
            other = page.get_by_role("slider", name="An engineer's hour costs")
            if other.count():
                other.focus()
                _pressed_ms(page, "ArrowRight")
                time.sleep(REST_S)
        thumb.focus()
        key = "ArrowRight" if (move // REACH) % 2 == 0 else "ArrowLeft"
        found.append(_pressed_ms(page, key))
        time.sleep(rest_s)
    return found


def _pressed_ms(page: Any, key: str) -> float:
    page.evaluate(WATCH, PATIENCE_MS)
    page.keyboard.press(key)
    return float(page.evaluate("() => window.moved"))


def said(name: str, times_ms: list[float], base_ms: float | None = None) -> float:
    """Print median and 95th percentile; return the median."""
    median = statistics.median(times_ms)
    p95 = statistics.quantiles(times_ms, n=20)[-1]
    ratio = f", {median / base_ms:.1f} x the echo" if base_ms else ""
    lost = sum(time_ms >= PATIENCE_MS for time_ms in times_ms)
    ratio += f", {lost} without an answer" if lost else ""
    print(
        f"{name}: median {median:.0f} ms, p95 {p95:.0f} ms over {len(times_ms)} moves{ratio}",
        flush=True,
    )
    return median


def main() -> None:
    """Measure both pages and print the ratio."""
    from playwright.sync_api import sync_playwright

    from tests.faces.pages import APP, measured_study
    from tests.faces.test_browser import CHROMIUM, FLAGS, served, with_key

    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    folder = Path(tempfile.mkdtemp())
    (folder / "echo.py").write_text(ECHO, encoding="utf-8")
    study = measured_study(folder)
    if CHROMIUM is None:
        print("no Chromium on this machine: on Debian 'apt-get install chromium'")
        return
    with (
        served(folder / "echo.py") as echo,
        served(APP, study) as explorer,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        pages = {}
        for name, address in (("echo", echo), ("explorer", explorer)):
            pages[name] = browser.new_page(viewport={"width": 1280, "height": 900})
            pages[name].goto(with_key(address))
            pages[name].wait_for_selector(".verdict h1", timeout=120_000)
            moves_ms(pages[name], 5)
        base = said("echo", moves_ms(pages["echo"], count))
        said("explorer, one move after the other", moves_ms(pages["explorer"], count), base)
        pages["explorer"].goto(with_key(explorer))  # from the start again: the slider has an end
        pages["explorer"].wait_for_selector(".verdict h1", timeout=120_000)
        time.sleep(2 * REST_S)
        pages["explorer"].get_by_role("slider", name="An engineer's hour costs").focus()
        _pressed_ms(pages["explorer"], "ArrowLeft")  # the values were seen: these are new again
        time.sleep(REST_S)
        rested = moves_ms(pages["explorer"], max(20, count // 5), rest_s=REST_S)
        said("explorer, at rest before each move", rested, base)
        print(f"targets: median {TARGET_MEDIAN_MS} ms, p95 {TARGET_P95_MS} ms")
        browser.close()


if __name__ == "__main__":
    main()
