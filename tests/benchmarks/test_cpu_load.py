"""What others did meanwhile is told from what the trial did itself."""

import os

import pytest

from benchmarks.processes import isolation
from benchmarks.processes.cpu_load import CpuTicks, free_processor_count, other_load, read_cpu_ticks
from benchmarks.processes.isolation import Job, Worker


def test_other_load_is_what_the_machine_did_beyond_the_trial(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    before, after = CpuTicks(busy_s=100.0, stolen_s=1.0), CpuTicks(busy_s=112.0, stolen_s=3.0)

    assert other_load(before, after, wall_s=10.0, own_s=8.0) == (0.1, 0.05)
    assert other_load(None, after, wall_s=10.0, own_s=8.0) == (0.0, 0.0)
    assert other_load(before, after, wall_s=0.1, own_s=8.0) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("busy_count", "free_count"), [(0.0, 4), (0.2, 4), (0.5, 3), (1.0, 3), (2.4, 1), (9.0, 1)]
)
def test_processors_that_others_keep_busy_are_not_free(tmp_path, busy_count, free_count):
    stat = tmp_path / "proc/stat"
    stat.parent.mkdir()
    stat.write_text("cpu 1000 0 0 5000 0 0 0 0\n")
    hertz = os.sysconf("SC_CLK_TCK")
    ticks = 1000

    def sleep(window_s):
        nonlocal ticks
        ticks += round(busy_count * window_s * hertz)
        stat.write_text(f"cpu {ticks} 0 0 9000 0 0 0 0\n")

    found = free_processor_count(cpu_count=4, window_s=10.0, sleep=sleep, root=tmp_path)

    assert found == free_count


def test_a_spike_takes_no_processor_away(tmp_path):
    stat = tmp_path / "proc/stat"
    stat.parent.mkdir()
    stat.write_text("cpu 1000 0 0 5000 0 0 0 0\n")

    def sleep(window_s):  # busy in the first look only: the ticks then stand still
        stat.write_text("cpu 9000 0 0 9000 0 0 0 0\n")

    assert free_processor_count(cpu_count=4, window_s=10.0, sleep=sleep, root=tmp_path) == 4


@pytest.mark.slow
def test_the_start_of_our_own_worker_is_no_load_of_others(tmp_path):
    (tmp_path / "slow_start.py").write_text(
        "import time\n"
        "def warm():\n"
        "    end = time.process_time() + 1.5\n"
        "    while time.process_time() < end:\n"
        "        pass\n"
        "def work():\n"
        "    end = time.process_time() + 0.8\n"
        "    while time.process_time() < end:\n"
        "        pass\n"
        "    return {}\n"
    )
    seen = []
    original = isolation.other_load

    def look(before, after, *, wall_s, own_s):
        seen.append((wall_s, own_s))
        return original(before, after, wall_s=wall_s, own_s=own_s)

    with (
        pytest.MonkeyPatch.context() as patch,
        Worker(thread_count=1, warm="slow_start:warm", folder=tmp_path) as worker,
    ):
        patch.setattr(isolation, "other_load", look)
        result = worker.run(Job("slow_start:work", {}, deadline_s=60.0))

    assert result.outcome == "ok"
    assert seen[0][0] < result.wall_s - 1.0, "the worker's own start is left out"


def test_waiting_for_disks_keeps_no_processor_busy_and_niced_programs_do(tmp_path):
    stat = tmp_path / "proc/stat"
    stat.parent.mkdir()
    stat.write_text("cpu 1000 500 70 5000 900 5 4 3 0 0\n")

    hertz = os.sysconf("SC_CLK_TCK")
    assert read_cpu_ticks(root=tmp_path) == CpuTicks(busy_s=1579 / hertz, stolen_s=3 / hertz)


def test_where_the_system_does_not_tell_all_processors_are_taken(tmp_path):
    assert free_processor_count(cpu_count=4, root=tmp_path) == 4
