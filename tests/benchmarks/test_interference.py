"""What disturbs a trial is counted, named and given a remedy."""

import subprocess

import pytest

from benchmarks.machine.energy import energy_j, read_energy_uj
from benchmarks.machine.host import pinned_cpus
from benchmarks.machine.interference import (
    Counters,
    Observer,
    circumstance_notes,
    read_counters,
    read_gpu_state,
    reference_s,
)


def write(root, path, text):
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_counters_are_read_where_the_system_tells_them(tmp_path):
    write(tmp_path, "proc/self/cgroup", "0::/box\n")
    write(tmp_path, "sys/fs/cgroup/box/cpu.stat", "usage_usec 9\nthrottled_usec 2500000\n")
    write(tmp_path, "proc/pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=3000000\n")
    for cpu in (0, 1):
        write(
            tmp_path,
            f"sys/devices/system/cpu/cpu{cpu}/thermal_throttle/core_throttle_count",
            "4\n",
        )

    assert read_counters(root=tmp_path) == Counters(
        throttled_s=2.5, waiting_s=3.0, thermal_throttle_count=8
    )
    assert read_counters(root=tmp_path / "nowhere") == Counters()


def test_version_1_control_groups_count_nanoseconds(tmp_path):
    write(tmp_path, "proc/self/cgroup", "4:cpu,cpuacct:/box\n")
    write(tmp_path, "sys/fs/cgroup/cpu/box/cpu.stat", "nr_throttled 7\nthrottled_time 500000000\n")

    assert read_counters(root=tmp_path).throttled_s == 0.5


def test_every_disturbance_is_a_note_with_a_remedy():
    observer = Observer(pinned=True)
    observer.record(
        "train-0",
        before=Counters(),
        after=Counters(throttled_s=1.5, waiting_s=5.0, thermal_throttle_count=2),
        wall_s=10.0,
        reference_before_s=0.002,
        reference_after_s=0.0022,
    )
    observer.gpu = read_gpu_state(ask=driver("1410, 0x0000000000000040", "123\n456\n"))

    found = observer.circumstances()
    notes = circumstance_notes(found)

    assert found.pinned
    assert found.waiting_fraction == 0.5
    assert found.reference_s == pytest.approx(0.0021)
    assert len(notes) == 6
    for word in ("changed by up to 10%", "1.5 s", "50%", "for heat 2", "2 other", "thermal"):
        assert any(word in note for note in notes), word
    assert all(":" in note for note in notes)


def test_a_quiet_machine_has_nothing_to_note():
    observer = Observer()
    observer.record(
        "train-0",
        before=Counters(),
        after=Counters(),
        wall_s=1.0,
        reference_before_s=0.002,
        reference_after_s=0.00204,
    )

    assert circumstance_notes(observer.circumstances()) == ()


def driver(state, holders):
    return lambda command: holders if any("compute-apps" in part for part in command) else state


def test_a_driver_that_does_not_answer_is_no_gpu():
    def fail(_command):
        raise subprocess.CalledProcessError(9, "nvidia-smi")

    assert read_gpu_state(ask=fail) is None
    idle = read_gpu_state(ask=driver("210, 0x0000000000000001", ""))
    assert (idle.process_count, idle.clock_mhz, idle.throttle) == (0, 210.0, None)


def test_the_reference_workload_is_the_median_of_its_repeats():
    ticks = iter([0, 1, 10, 12, 20, 23, 30, 34, 40, 45])

    assert reference_s(clock=lambda: next(ticks)) == 3


def test_energy_is_what_the_packages_counted(tmp_path):
    for package, value in ((0, 1_000_000), (1, 2_000_000)):
        folder = f"sys/class/powercap/intel-rapl:{package}"
        write(tmp_path, f"{folder}/energy_uj", f"{value}\n")
        write(tmp_path, f"{folder}/max_energy_range_uj", "10000000\n")
    write(tmp_path, "sys/class/powercap/intel-rapl:0:0/energy_uj", "77\n")
    before = read_energy_uj(root=tmp_path)
    write(tmp_path, "sys/class/powercap/intel-rapl:0/energy_uj", "1500000\n")
    write(tmp_path, "sys/class/powercap/intel-rapl:1/energy_uj", "500000\n")  # started over

    assert energy_j(before, read_energy_uj(root=tmp_path)) == pytest.approx(0.5 + 8.5)
    assert read_energy_uj(root=tmp_path / "nowhere") is None
    assert energy_j(None, before) is None


def test_trials_are_bound_to_cores_of_their_own_the_last_first(tmp_path):
    for cpu in range(4):  # 0 and 2 share a core, and 1 and 3
        write(
            tmp_path,
            f"sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list",
            f"{cpu % 2},{cpu % 2 + 2}\n",
        )
    four = [0, 1, 2, 3]

    assert pinned_cpus(thread_count=1, allowed=four, root=tmp_path) == (3,)
    assert pinned_cpus(thread_count=2, allowed=four, root=tmp_path) == (2, 3)
    assert pinned_cpus(thread_count=3, allowed=four, root=tmp_path) == (1, 2, 3)
    assert pinned_cpus(thread_count=4, allowed=four, root=tmp_path) is None
    assert pinned_cpus(thread_count=1, allowed=[0], root=tmp_path) is None
