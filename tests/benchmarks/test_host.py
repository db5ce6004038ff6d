"""A made-up /proc and /sys for each situation; the real one only for what holds anywhere."""

import os

import pytest

from benchmarks.checkup import examine
from benchmarks.host import (
    available_memory_bytes,
    cpu_quota_count,
    memory_limit_bytes,
    read_host,
    usable_cpu_count,
)
from benchmarks.probes import generated_text, run_single_thread_probes

GIB = 2**30
UNITS = ("_ns_per_iteration", "_mb_per_s", "_gb_per_s", "_gflop_per_s")


@pytest.fixture
def machine(tmp_path):
    """Return a function that writes files of a made-up machine and its root."""

    def build(**files):
        contents = {
            "proc/meminfo": "MemTotal: 8388608 kB\nMemAvailable: 4194304 kB\n"
            "SwapTotal: 0 kB\nSwapFree: 0 kB\n",
            "proc/loadavg": "0.05 0.1 0.1 1/99 1",
            "proc/cpuinfo": "processor : 0\nmodel name : Test Processor 3000\nflags : fpu\n",
            "proc/self/cgroup": "0::/box\n",
        }
        for name, text in (contents | {k.replace("__", "/"): v for k, v in files.items()}).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return build


def cgroup(root, **files):
    folder = root / "sys/fs/cgroup/box"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return root


@pytest.fixture
def eight_cpus(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))


def test_without_limits_all_memory_and_processors_are_usable(machine, eight_cpus):
    root = machine()

    assert memory_limit_bytes(root=root) == 8 * GIB
    assert available_memory_bytes(root=root) == 4 * GIB
    assert usable_cpu_count(root=root) == 8
    assert cpu_quota_count(root=root) is None


def test_a_version_2_control_group_limits_both(machine, eight_cpus):
    root = cgroup(
        machine(),
        cpu__max="250000 100000",
        memory__max=str(2 * GIB),
        memory__current=str(GIB // 2),
    )

    assert cpu_quota_count(root=root) == 2.5
    assert usable_cpu_count(root=root) == 2
    assert memory_limit_bytes(root=root) == 2 * GIB
    assert available_memory_bytes(root=root) == 3 * GIB // 2


def test_the_limit_of_a_control_group_above_counts_too(machine, eight_cpus):
    root = cgroup(machine(), cpu__max="max 100000")
    (root / "sys/fs/cgroup/cpu.max").write_text("100000 100000")

    assert usable_cpu_count(root=root) == 1


def test_a_version_1_control_group_limits_processors(machine, eight_cpus):
    root = machine(proc__self__cgroup="4:cpu,cpuacct:/box\n3:memory:/box\n")
    folder = root / "sys/fs/cgroup/cpu/box"
    folder.mkdir(parents=True)
    (folder / "cpu.cfs_quota_us").write_text("400000")
    (folder / "cpu.cfs_period_us").write_text("100000")

    assert usable_cpu_count(root=root) == 4


def test_a_quota_below_one_processor_still_counts_as_one(machine, eight_cpus):
    assert usable_cpu_count(root=cgroup(machine(), cpu__max="50000 100000")) == 1


def test_hyper_threads_share_a_core(machine, eight_cpus):
    root = machine()
    for cpu in range(8):
        folder = root / f"sys/devices/system/cpu/cpu{cpu}/topology"
        folder.mkdir(parents=True)
        (folder / "thread_siblings_list").write_text(f"{cpu % 4},{cpu % 4 + 4}")

    profile = read_host(root=root)

    assert (profile.physical_core_count, profile.logical_cpu_count) == (4, 8)
    assert profile.processor == "Test Processor 3000"


def test_the_host_id_tells_machines_apart_and_holds_no_name(machine, eight_cpus):
    one = read_host(root=machine(**{"etc__machine-id": "a"})).host_id
    again = read_host(root=machine()).host_id
    other = read_host(
        root=machine(proc__cpuinfo="model name : Other Processor\nflags : fpu\n")
    ).host_id

    assert one == again != other
    assert os.uname().nodename not in one


def test_this_machine_can_be_read():
    profile = read_host()

    assert 1 <= profile.physical_core_count <= profile.logical_cpu_count
    assert {"numpy", "scikit-learn", "torch"} <= set(profile.libraries)


def test_every_probe_names_its_unit_and_is_positive(monkeypatch):
    monkeypatch.setattr("benchmarks.probes.TEXT_BYTES", 20_000)

    probes = run_single_thread_probes(probe_s=0.0)

    assert len(probes) == 6
    assert all(name.endswith(UNITS) and value > 0 for name, value in probes.items())


def test_generated_text_is_the_same_everywhere():
    assert generated_text(40) == b"lor dan man bar fust fon gust dir bor di"
    assert len(generated_text(12_345)) == 12_345


# Doctor -------------------------------------------------------------------------------------------


def severity(root, check, **environment):
    found = {f.check: f for f in examine(root=root, environment=environment)}
    finding = found[check]
    assert finding.severity == "ok" or finding.remedy
    return finding.severity


def test_a_quiet_machine_has_no_problem(machine, eight_cpus):
    findings = examine(root=machine(), environment={})

    assert [f.check for f in findings if f.severity == "problem"] == []


@pytest.mark.parametrize(
    ("check", "files"),
    [
        ("load", {"proc__loadavg": "6.5 1 1 1/99 1"}),
        ("waiting", {"proc__pressure__cpu": "some avg10=37.00 avg60=1.00 avg300=0.00 total=1"}),
        (
            "clock governor",
            {"sys__devices__system__cpu__cpu0__cpufreq__scaling_governor": "powersave"},
        ),
        ("memory", {"proc__meminfo": "MemTotal: 8388608 kB\nMemAvailable: 1048576 kB\n"}),
        (
            "swap",
            {
                "proc__meminfo": "MemTotal: 8388608 kB\nMemAvailable: 4194304 kB\n"
                "SwapTotal: 2097152 kB\nSwapFree: 1048576 kB\n"
            },
        ),
    ],
)
def test_what_spoils_a_measurement_is_a_problem_with_a_remedy(machine, eight_cpus, check, files):
    assert severity(machine(), check) == "ok"
    assert severity(machine(**files), check) == "problem"


@pytest.mark.parametrize(("quota", "expected"), [("150000", "problem"), ("200000", "note")])
def test_a_processor_quota_is_told(machine, eight_cpus, quota, expected):
    assert severity(cgroup(machine(), cpu__max=f"{quota} 100000"), "processor quota") == expected


def test_one_processor_is_too_few(machine, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})

    assert severity(machine(), "processors") == "problem"


def test_thread_variables_are_told(machine, eight_cpus):
    assert severity(machine(), "thread variables") == "ok"
    assert severity(machine(), "thread variables", OMP_NUM_THREADS="4") == "note"
