"""The harness survives what models, users and machines do to it: nothing lost, each named."""

import contextlib
import logging
import os
import random
import resource
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.errors import BenchmarkError, StoreError
from benchmarks.session.runner import run_study_benchmarks
from benchmarks.storage.records import DataSettings
from benchmarks.storage.store import UNFINISHED, RunStore
from tests.benchmarks.factories import hardware, run, tiny_preset

KILL_COUNT = 20

OWN = """
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import Pipeline

class Careless(ClassifierMixin, BaseEstimator):
    def __init__(self, when="fit"):
        self.when = when
    def fit(self, X, y):
        self.classes_ = np.unique(y)
        if self.when == "fit":
            X[0] = -1.0
        return self
    def predict(self, X):
        if self.when == "predict":
            X[0] = -1.0
        return np.full(len(X), self.classes_[0])

def changes_in_fit(): return Pipeline([("model", Careless("fit"))])
def changes_in_predict(): return Pipeline([("model", Careless("predict"))])
def careful(): return Pipeline([("model", Careless("never"))])

def explodes(feature_count, output_count):
    import torch
    class Exploding(torch.nn.Linear):
        def forward(self, rows):
            return super().forward(rows) * float("nan")
    return Exploding(feature_count, output_count)
"""


SMALL_MACHINE = {
    "benchmarks.session.runner.read_host": hardware,
    "benchmarks.session.session.available_memory_bytes": lambda: 2**31,
    "benchmarks.session.session.probe_machine": lambda *_, **__: ({}, ()),
}
"""One processor, no probes: what is tested here is what goes wrong."""


@pytest.fixture(autouse=True)
def _a_small_machine(monkeypatch):
    for name, value in SMALL_MACHINE.items():
        monkeypatch.setattr(name, value)


def measure(folder, **changes):
    boring = {
        "data_settings": DataSettings(source="builtin:wine"),
        "candidates": ["dummy"],
        "store": RunStore(folder / ".advisor"),
        "folder": folder,
        "preset": tiny_preset(),
        "devices": ("cpu",),
    }
    return run_study_benchmarks(**(boring | changes))


def start_harness(folder, *, before=lambda: None, **changes):
    """Run the harness in a process of its own; its errors are in `error.txt`."""
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            before()
            measure(folder, **changes)
            code = 0
        except BenchmarkError as error:
            (folder / "error.txt").write_text(str(error))
            code = 1
        except BaseException:  # noqa: BLE001  # the parent's tests must not run in here
            (folder / "error.txt").write_text(traceback.format_exc())
        finally:
            os._exit(code)
    return pid


def end_of(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def kept_trials(folder):
    return {path.name for path in (folder / ".advisor" / UNFINISHED).glob("*/*.json")}


def test_killed_at_twenty_random_points_nothing_is_lost_but_the_trial_in_flight(tmp_path, caplog):
    rng = random.Random(4)
    rounds, folder, finished = 0, tmp_path / "0", 0
    folder.mkdir()
    store = RunStore(folder / ".advisor")
    for number in range(KILL_COUNT):
        before = kept_trials(folder)
        pid = start_harness(folder)
        time.sleep(10 ** rng.uniform(-1.5, 0.5))  # when it is killed, not what is waited for
        os.kill(pid, signal.SIGKILL)
        ended = end_of(pid)
        with caplog.at_level(logging.WARNING):
            runs = store.runs()
        assert caplog.records == [], "a file of the store cannot be read"
        if runs or ended == 0:
            assert [item.outcome for item in runs] == ["ok"]
            finished += 1
            folder = tmp_path / str(number + 1)
            folder.mkdir()
            store = RunStore(folder / ".advisor")
            continue
        assert kept_trials(folder) >= before, "a finished trial was lost"
        rounds += 1

    result = measure(folder)

    assert rounds > KILL_COUNT / 2
    assert result.runs[0].outcome == "ok"
    assert kept_trials(folder) == set()


def test_of_two_harnesses_on_one_store_one_measures_and_the_other_says_who(tmp_path, caplog):
    """Two at once would spoil each other's times: the second is turned away, nothing is lost."""
    pids = [start_harness(tmp_path, candidates=["dummy", "linear"]) for _ in range(2)]

    codes = [end_of(pid) for pid in pids]

    error = tmp_path / "error.txt"
    assert sorted(codes) in ([0, 0], [0, 1])  # they may also have come one after the other
    if 1 in codes:
        assert f"process {pids[codes.index(0)]} is measuring into this store" in error.read_text()
    with caplog.at_level(logging.WARNING):
        runs = RunStore(tmp_path / ".advisor").runs()
    assert caplog.records == []
    assert {item.candidate.name for item in runs} == {"dummy", "linear"}
    assert {item.outcome for item in runs} == {"ok"}


def test_a_full_disk_is_a_clear_error_and_the_store_stays_readable(tmp_path):
    """By a limit on the size of files: the system refuses as a full disk does."""
    store = RunStore(tmp_path / ".advisor")
    store.append(run())

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, 4_096))

    code = end_of(start_harness(tmp_path, before=limit))

    assert code == 1, (tmp_path / "error.txt").read_text()
    assert store.runs() == (run(),)


def test_a_full_file_system_is_a_clear_error_and_the_store_stays_readable(tmp_path):
    full = tmp_path / "full"
    full.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "advisor-test", str(full)]
    try:
        mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command")
    if mounted.returncode != 0:
        pytest.skip(f"a small file system needs privileges: {mounted.stderr.strip()}")
    try:
        store = RunStore(full)
        store.append(run())
        fill(full / "filler")

        with pytest.raises(StoreError, match="free some space"):
            measure(tmp_path, store=store)

        assert store.runs() == (run(),)
    finally:
        subprocess.run(["umount", str(full)], check=True)


def fill(path):
    with contextlib.suppress(OSError), path.open("wb", 0) as file:
        while True:
            file.write(b"x" * 1024)


def test_a_device_that_is_always_full_is_a_clear_error():
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")

    with pytest.raises(StoreError, match="choose"):
        RunStore(Path("/dev/full")).check_writable()


@pytest.mark.parametrize("place", ["folder without permission", "file system of the kernel"])
def test_a_read_only_store_is_an_error_before_anything_is_measured(tmp_path, place):
    if place == "folder without permission":
        if os.geteuid() == 0:
            pytest.skip("root may write everywhere")
        path = tmp_path / "locked"
        path.mkdir(mode=0o500)
    else:
        path = Path("/proc/advisor-store")
        if not Path("/proc/self").exists():
            pytest.skip("there is no /proc")
    steps = []

    with pytest.raises(StoreError, match="choose"):
        measure(tmp_path, store=RunStore(path), on_progress=steps.append)

    assert steps == []


@pytest.fixture(scope="module")
def faulty(tmp_path_factory):
    """Models of one's own with a fault each, measured once."""
    folder = tmp_path_factory.mktemp("faulty")
    (folder / "own_faults.py").write_text(OWN)
    names = ("changes_in_fit", "changes_in_predict", "careful", "explodes")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SMALL_MACHINE.items():
            patch.setattr(name, value)
        result = measure(folder, candidates=[(name, f"own_faults:{name}") for name in names])
    return {run.candidate.name: run for run in result.runs}


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("changes_in_fit", "fit changed the rows it was given"),
        ("changes_in_predict", "predict changed the rows it was given"),
        ("careful", None),
    ],
)
def test_a_model_that_changes_its_input_is_noted(faulty, name, note):
    changed = [text for text in faulty[name].notes if "changed the rows" in text]
    assert faulty[name].outcome == "ok"
    assert len(changed) == (note is not None)
    assert note is None or changed[0].startswith(note)


def test_a_loss_that_is_not_a_number_is_a_failed_run_that_says_so(faulty):
    assert faulty["explodes"].outcome == "failed"
    assert "validation loss became nan in epoch 1" in faulty["explodes"].reason


def test_data_that_are_not_numbers_are_learnt_from_or_refused_but_never_crash(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 3))
    x[::7, 0] = np.nan
    x[:, 2] = np.nan
    x[3, 1] = np.inf
    frame = pd.DataFrame(x, columns=["gaps", "infinite", "empty"])
    frame["label"] = np.where(x[:, 1] > 0, "yes", "no")
    frame.to_csv(tmp_path / "data.csv", index=False)

    try:
        result = measure(
            tmp_path,
            data_settings=DataSettings(path="data.csv", target="label"),
            candidates=["dummy", "linear"],
        )
    except BenchmarkError as error:
        assert "infinite" in str(error)  # noqa: PT017  # either is right, a crash is not
    else:
        assert {item.outcome for item in result.runs} <= {"ok", "failed"}
        assert all(item.reason for item in result.runs if item.outcome == "failed")


if sys.platform == "win32":
    pytest.skip("processes are forked here", allow_module_level=True)
