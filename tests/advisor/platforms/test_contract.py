"""The contract suite over every platform, and the rule that nothing else knows their names."""

import re
from pathlib import Path

import pytest

from advisor.platforms import PLATFORMS
from advisor.study.types import PLATFORM_NAMES
from tests.advisor.platforms.contract import LAWS

ROOT = Path(__file__).resolve().parents[3]

ROWS = "advisor/study/names.py"
"""Where the platforms have their rows."""

WRITERS = ("advisor", "deploy")
"""The room that writes an answer as files: a writer for each platform, and what a template of that
platform must hold. Which ones have a writer is its own table."""


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("name", PLATFORMS)
def test_a_platform_keeps_its_contract(name, law):
    law(name)


def test_every_file_of_a_platform_has_its_row():
    folder = ROOT / "advisor" / "platforms"
    files = {p.stem for p in folder.glob("*.py") if "\nPLATFORM: Platform = " in p.read_text()}

    assert files == {name.replace("-", "_") for name in PLATFORM_NAMES}


def test_no_code_outside_the_platforms_tests_a_platforms_name():
    """A name in quotes, or the beginning of one: what a platform is like stands in its facts.

    A billing service may be called like a platform: a file that nowhere speaks of platforms, the
    readers of a bill, names services.
    """
    starts = {f"{name.split('-')[0]}-?" for name in PLATFORM_NAMES}
    quoted = re.compile(rf"""["']({"|".join(map(re.escape, PLATFORM_NAMES))})["']""")
    begins = re.compile(rf"""startswith\(\(?["']({"|".join(sorted(starts))})""")
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in [*sorted((ROOT / "advisor").rglob("*.py")), ROOT / "app.py"]
        if path.relative_to(ROOT).parts[:2] not in {("advisor", "platforms"), WRITERS}
        and str(path.relative_to(ROOT)) != ROWS
        if "platform" in (text := path.read_text(encoding="utf-8"))
        for number, line in enumerate(text.splitlines(), start=1)
        if (quoted.search(line) or begins.search(line)) and not _names_a_service(line)
    ]

    assert found == []


def _names_a_service(line: str) -> bool:
    """Return whether a line names a billing service that is called like a platform."""
    return "service" in line
