"""What all tests share: which of them are slow, and one thread for each process that runs them.

`make test-fast` leaves out what is marked `slow` or `browser`; `make test` runs everything. A test
is slow that trains or measures a model in processes of its own, starts a server, draws a whole
report or runs a page of the explorer. Whole files and users of dear fixtures are named here; a slow
test among fast ones says so itself, by `@pytest.mark.slow`, or was found to take over 0.25 s and
stands in `slow_tests.txt`, which `scripts/slow_tests.py` writes.
"""

import os
from pathlib import Path

import pytest

# Before anything loads a numeric library, which reads these once. Two workers on two cores with
# two threads each wait for one another; what is measured sets a thread count of its own.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

HERE = Path(__file__).parent

BROWSER_FILES = {"faces/test_browser.py"}
"""Files whose tests drive a Chromium."""

SLOW_FILES = {
    "benchmarks/test_faults.py",
    "benchmarks/test_forms.py",
    "faces/test_end_to_end.py",
    "faces/test_notebook.py",
    "faces/test_pdf.py",
}
"""Files in which nearly every test is slow."""

SLOW_FIXTURES = {
    "opened",  # a page of the explorer
    "measured",  # two candidates, measured
    "server",  # a server that answers with a model
    "pages",  # whole reports
}
"""Fixtures that make each test that asks for them slow."""

SLOW_TESTS = frozenset((HERE / "slow_tests.txt").read_text(encoding="utf-8").split())
"""Functions that took long when they were last timed."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is slow and what needs a browser."""
    gone = [name for name in BROWSER_FILES | SLOW_FILES if not (HERE / name).exists()]
    assert gone == [], f"tests/conftest.py names files that are gone: {gone}"
    for item in items:
        name = item.path.relative_to(HERE).as_posix()
        if name in BROWSER_FILES:
            item.add_marker("browser")
        elif name in SLOW_FILES or SLOW_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker("slow")
        function = "::".join(item.nodeid.split("::")[1:]).partition("[")[0]
        if f"{name}::{function}" in SLOW_TESTS:
            item.add_marker("slow")
