"""What a killed process leaves behind is gone after the next command."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from benchmarks.storage.scratch import scratch_folder, sweep_halves
from benchmarks.storage.store import RUNS, RunStore
from tests.advisor.factories import ladder

ROOT = Path(__file__).resolve().parents[2]
KILLED = """
import os, signal, sys
from benchmarks.storage.scratch import half_prefix, scratch_folder
kept = scratch_folder("bench")
open(os.path.join(kept.name, "data.pickle"), "w").write("a copy of the user's data")
open(os.path.join(sys.argv[1], half_prefix() + "x.tmp"), "w").write("half")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_leaves_is_swept_and_what_a_living_one_has_is_not(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    runs = tmp_path / "store" / RUNS
    runs.mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, "-P", "-c", KILLED, str(runs)],
        env=os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert len(list(tmp_path.glob("advisor-bench-*/data.pickle"))) == 1
    assert len(list(runs.glob(".half-*"))) == 1
    foreign = tmp_path / "advisor-studies"
    foreign.mkdir()

    with scratch_folder("load") as living:
        with scratch_folder("trials"):
            assert Path(living).is_dir()
        RunStore(tmp_path / "store").append(ladder()[0])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["advisor-studies", "store"]
    assert list(runs.glob(".half-*")) == []


def test_half_a_file_of_a_living_process_stays(tmp_path):
    own = tmp_path / f".half-{os.getpid()}-x.tmp"
    own.touch()
    sweep_halves(tmp_path)

    assert own.exists()


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_run_can_be_read_by_whom_the_umask_lets(mask, mode, tmp_path):
    before = os.umask(mask)
    try:
        path = RunStore(tmp_path).append(ladder()[0])
    finally:
        os.umask(before)

    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_pipe_in_a_store_holds_nobody_up(tmp_path, caplog):
    store = RunStore(tmp_path)
    store.append(ladder()[0])
    os.mkfifo(tmp_path / RUNS / "x.json")

    assert len(store.runs()) == 1
    assert "no regular file" in caplog.text
