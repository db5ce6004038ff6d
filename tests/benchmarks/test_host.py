"""A made-up /proc and /sys for each situation; the real one only for what holds anywhere."""

import os
import sys
from types import SimpleNamespace

import pytest

from benchmarks.machine.devices import run_gpu_probes, time_on_device
from benchmarks.machine.doctor import examine
from benchmarks.machine.host import (
    available_memory_bytes,
    cpu_quota_count,
    memory_limit_bytes,
    read_host,
    usable_cpu_count,
)
from benchmarks.machine.probes import (
    generated_text,
    run_all_threads_probes,
    run_disk_probes,
    run_single_thread_probes,
)
from benchmarks.reading.gpu_rates import reached_rates
from benchmarks.storage.records import FormMeasurement, InferenceMeasurement
from tests.benchmarks.factories import hardware, run

GIB = 2**30
UNITS = (
    "_ns_per_iteration",
    "_ns_per_call",
    "_ns_per_access",
    "_ns_per_node",
    "_mb_per_s",
    "_gb_per_s",
    "_gflop_per_s",
    "_tflop_per_s",
    "_us",
)


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


def test_every_probe_names_its_unit_and_is_positive(monkeypatch, tmp_path):
    monkeypatch.setattr("benchmarks.machine.probes.TEXT_BYTES", 20_000)

    monkeypatch.setattr("benchmarks.machine.probes.CHASE_BYTES", 2**20)

    probes = run_single_thread_probes(probe_s=0.0)
    probes |= run_all_threads_probes(probe_s=0.0, thread_count=2)
    probes |= run_disk_probes(folder=tmp_path, size_bytes=2**20)

    assert len(probes) == 18
    assert all(name.endswith(UNITS) and value > 0 for name, value in probes.items())
    assert list(tmp_path.iterdir()) == []


def test_generated_text_is_the_same_everywhere():
    assert generated_text(40) == b"lor dan man bar fust fon gust dir bor di"
    assert len(generated_text(12_345)) == 12_345


class FakeTorch:
    """Counts what the device is asked for; each event is a millisecond after the one before."""

    float32, bfloat16, uint8 = "float32", "bfloat16", "uint8"

    def __init__(self):
        self.clock_ms, self.asked = 0.0, []
        self.cuda = SimpleNamespace(
            synchronize=lambda: self.asked.append("synchronize"), Event=self.event
        )
        matmul = SimpleNamespace(allow_tf32="as it was")
        self.backends = SimpleNamespace(cuda=SimpleNamespace(matmul=matmul))
        self.tf32_seen = []

    def event(self, *, enable_timing):
        assert enable_timing
        return FakeEvent(self)

    def rand(self, *shape, device):
        return FakeTensor(self)

    ones = empty = rand_like = lambda self, *shape, **_: FakeTensor(self)

    def empty_like(self, _tensor):
        return FakeTensor(self)

    def matmul(self, _left, _right):
        self.tf32_seen.append(self.backends.cuda.matmul.allow_tf32)


class FakeEvent:
    def __init__(self, torch):
        self.torch, self.at_ms, self.waited = torch, None, False

    def record(self):
        self.torch.clock_ms += 1.0
        self.at_ms = self.torch.clock_ms

    def synchronize(self):
        self.waited = True

    def elapsed_time(self, later):
        assert later.waited, "read before the device had reached it"
        return later.at_ms - self.at_ms


class FakeTensor:
    def __init__(self, torch):
        self.torch = torch

    def to(self, _dtype):
        return self

    def copy_(self, *_, **__):
        return self

    def __getitem__(self, _part):
        return self

    def __add__(self, _other):
        return self

    def pin_memory(self):
        return self


def test_device_events_are_waited_for_before_they_are_read(monkeypatch):
    torch = FakeTorch()
    monkeypatch.setitem(sys.modules, "torch", torch)
    calls = []

    durations = time_on_device(calls.append, count=5)

    assert durations == [pytest.approx(1e-3)] * 5
    assert calls == [0, 1, 2, 0, 1, 2, 3, 4]  # three to warm up
    assert torch.asked == ["synchronize"]


def test_gpu_probes_name_their_units_and_leave_the_settings_as_they_were(monkeypatch):
    torch = FakeTorch()
    monkeypatch.setitem(sys.modules, "torch", torch)

    probes = run_gpu_probes(size=1_000, copy_bytes=4_000_000, count=3)

    assert probes["gpu_gemm_fp32_tflop_per_s"] == pytest.approx(2e9 / 1e12 / 1e-3)
    assert probes["gpu_copy_gb_per_s"] == pytest.approx(2 * 4e6 / 1e9 / 1e-3)
    assert probes["gpu_host_to_device_gb_per_s"] == pytest.approx(1e6 / 1e9 / 1e-3)
    assert all(name.startswith("gpu_") and name.endswith(UNITS) for name in probes)
    assert torch.backends.cuda.matmul.allow_tf32 == "as it was"
    assert set(torch.tf32_seen[:6]) == {False}
    assert True in torch.tf32_seen


@pytest.mark.parametrize(("precision", "short"), [("float32", "fp32"), ("bfloat16", "bf16")])
def test_shares_of_a_gpu_find_the_probes_by_the_names_that_they_have(monkeypatch, precision, short):
    """By no name written twice: a probe that is renamed would silently leave the shares out."""
    monkeypatch.setitem(sys.modules, "torch", FakeTorch())
    probes = run_gpu_probes(size=1_000, copy_bytes=4_000_000, count=3)
    timing = InferenceMeasurement(
        batch_rows=1_000, thread_count=1, durations_s=(1e-3,), precision=precision
    )
    item = FormMeasurement(
        form="cuda", outcome="ok", flop_per_row=1e6, weight_bytes=1e6, inference=(timing,)
    )
    machine = hardware(probes=probes | {"gemm_fp32_all_threads_gflop_per_s": 7.0})

    (found,) = reached_rates(run(device="cuda", forms=(item,), hardware=machine))

    tflop_per_s = probes[f"gpu_gemm_{short}_tflop_per_s"]
    assert found.matrix_fraction == pytest.approx(1.0 / tflop_per_s)
    assert found.bandwidth_fraction == pytest.approx(1.0 / probes["gpu_copy_gb_per_s"])


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
