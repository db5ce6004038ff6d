"""A copy of the packages with the toy platform in it: one file, one row, nothing else."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
NAME = "toy-host"
FILE = Path("advisor/platforms/toy_host.py")
ROWS = Path("advisor/study/names.py")
ROW = f'    "{NAME}",\n'
"""Its row: the name, and the hours of upkeep that we assume."""

LAWS = """
import sys
from tests.advisor.platforms.contract import LAWS
for law in LAWS:
    law("toy-host")
print("every law kept")
"""


def install(folder: Path, *, source: str | None = None, row: str = ROW) -> Path:
    """Copy the packages into a folder and add the toy to them.

    Args:
        folder: where.
        source: its file's text; the fixture's by default.
        row: its row; empty for none.
    """
    skip = shutil.ignore_patterns("__pycache__", "golden", "speed")
    shutil.copytree(ROOT / "advisor", folder / "advisor", ignore=skip, dirs_exist_ok=True)
    shutil.copytree(ROOT / "tests", folder / "tests", ignore=skip, dirs_exist_ok=True)
    for package in ("benchmarks", "pricing"):
        if not (folder / package).exists():
            (folder / package).symlink_to(ROOT / package)
    add(folder, source=source, row=row)
    return folder


def add(folder: Path, *, source: str | None = None, row: str = ROW) -> None:
    """Write the toy's file and row into a copy of the packages."""
    text = Path(__file__).with_name("toy_host.py").read_text(encoding="utf-8")
    (folder / FILE).write_text(text if source is None else source, encoding="utf-8")
    types = (ROOT / ROWS).read_text(encoding="utf-8")
    last = re.search(r'    "ecs-ec2-scheduled",\n', types)
    assert last is not None, "the rows of the platforms have moved"
    (folder / ROWS).write_text(types[: last.end()] + row + types[last.end() :], encoding="utf-8")


def run(folder: Path, code: str) -> "subprocess.CompletedProcess[str]":
    """Run some code against the copy."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
