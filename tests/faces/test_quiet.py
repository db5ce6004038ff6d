"""No command asks a host that the user did not name: every socket of the process is watched."""

import os
import subprocess
import sys

import pytest

from tests.faces.pages import ROOT, measured_study

WATCHED = """
import sys
from pathlib import Path
from tests.attack import quiet
from tests.attack.tries import command
quiet.watch()
folder, study, names = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
chosen = quiet.commands(folder, study)
for name in names:
    code, said = command(chosen[name], seconds=200)  # a busy machine is not what is tested
    print(name, code, quiet.asked)
    assert "Traceback" not in said, said
    assert code in {0, 2, 3}, said
assert not quiet.asked
import socket
try:
    socket.getaddrinfo("a.invalid", 80)
except OSError:
    pass
assert quiet.asked, "the watch itself sees nothing"
"""
QUICK = (
    *("--help", "init", "data show", "doctor", "bench --dry-run", "bench show", "runs merge"),
    *("cadence", "experiments", "traffic", "prices show", "prices check", "prices compare"),
)
WHOLE = ("recommend", "deploy")


@pytest.mark.slow
@pytest.mark.parametrize("names", [QUICK, WHOLE], ids=["quick", "whole"])
def test_no_host_is_asked_that_nobody_named(names, tmp_path):
    (tmp_path / "study").mkdir()
    study = measured_study(tmp_path / "study")
    done = subprocess.run(
        [sys.executable, "-P", "-c", WATCHED, str(tmp_path), str(study), *names],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "XDG_DATA_HOME": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    ran = [
        line
        for line in done.stdout.splitlines()
        if line.split(" [")[0].endswith((" 0", " 2", " 3"))
    ]
    assert len(ran) == len(names), done.stdout
