"""A folder is written whole or not at all."""

import os
import signal
import subprocess
import sys

import pytest

from advisor.deploy.files import NAMES
from advisor.deploy.folder import write_folder
from advisor.errors import AdvisorError

OLD = dict.fromkeys(NAMES, b"old")
NEW = dict.fromkeys(NAMES, b"new")


def held(folder):
    return {each.name: each.read_bytes() for each in folder.iterdir()}


def test_a_new_folder_and_a_replaced_one_hold_what_was_written(tmp_path):
    for files in (OLD, NEW):
        write_folder(tmp_path / "deploy", files)
        assert held(tmp_path / "deploy") == files
    assert [p.name for p in tmp_path.iterdir()] == ["deploy"]


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path):
    folder = tmp_path / "deploy"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")

    with pytest.raises(AdvisorError, match=r"mine\.txt"):
        write_folder(folder, NEW)
    assert held(folder) == {"mine.txt": b"mine"}


SCRIPT = """
import os, sys
from pathlib import Path
from advisor.deploy import folder as f
from advisor.deploy.files import NAMES
count = int(sys.argv[2])
real = os.fsync
def fsync(d):
    global count
    real(d)
    count -= 1
    if count == 0:
        print("at", flush=True)
        import time; time.sleep(60)
os.fsync = fsync
if count == 0:
    f._exchange = lambda a, b: (print("at", flush=True), __import__("time").sleep(60))
f.write_folder(Path(sys.argv[1]), {n: b"new" for n in NAMES})
"""


@pytest.mark.parametrize("killed_at", [0, 1, 3, 5])
def test_a_killed_export_leaves_the_old_folder_whole(tmp_path, killed_at):
    folder = tmp_path / "deploy"
    write_folder(folder, OLD)
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder), str(killed_at)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"at\n"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    assert held(folder) == OLD
    write_folder(folder, NEW)
    assert held(folder) == NEW
