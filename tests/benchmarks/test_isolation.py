"""Whatever a trial does, the harness and the next trial are as before."""

import os
import resource
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from benchmarks.processes.isolation import OUTPUT_BYTES, THREAD_VARIABLES, Job, Worker

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def worker():
    with Worker(thread_count=1, folder=HERE) as running:
        yield running


def job(name, *, deadline_s=30.0, memory_limit_bytes=None, fresh=False, **payload):
    return Job(
        function=f"trouble:{name}",
        payload=payload,
        deadline_s=deadline_s,
        memory_limit_bytes=memory_limit_bytes,
        fresh=fresh,
    )


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_job_runs_elsewhere_and_brings_its_answer_back(worker):
    result = worker.run(job("answer", text="hällo", number=1.5))

    assert result.outcome == "ok"
    assert result.value["answer"] == {"text": "hällo", "number": 1.5}
    assert result.value["pid"] != os.getpid()
    assert result.reason is None


def test_a_fresh_job_gets_an_interpreter_of_its_own():
    with Worker(thread_count=1, folder=HERE) as own:
        result = own.run(job("answer", fresh=True, number=2))

    assert result.value["answer"] == {"number": 2}


@pytest.mark.parametrize("thread_count", [1, 3])
def test_thread_counts_are_set_before_anything_is_imported(thread_count):
    with Worker(thread_count=thread_count, folder=HERE) as own:
        result = own.run(job("environment", names=[*THREAD_VARIABLES, "CUDA_VISIBLE_DEVICES"]))

    assert {result.value[name] for name in THREAD_VARIABLES} == {str(thread_count)}
    assert not result.value["CUDA_VISIBLE_DEVICES"]


TROUBLE = {
    "memory hog": (job("hog", memory_limit_bytes=300 * 2**20), "out-of-memory", "0.3 GiB"),
    "hang": (job("hang", deadline_s=0.3), "timeout", "did not end within"),
    "endless loop": (job("spin", deadline_s=0.3), "timeout", "was stopped"),
    "hang that ignores signals": (job("hang_deaf", deadline_s=0.3), "timeout", "was stopped"),
    "segmentation fault": (job("segfault"), "crashed", "SIGSEGV"),
    "null pointer": (job("read_nowhere"), "crashed", "SIGSEGV"),
    "runaway children": (job("run_away", count=260), "crashed", "more than 200 processes"),
    "children that hog together": (
        job("hog_in_children", count=4, each_bytes=100 * 2**20, memory_limit_bytes=300 * 2**20),
        "out-of-memory",
        "processes needed more memory than the limit of 0.3 GiB together",
    ),
    "killed": (job("killed"), "out-of-memory", "SIGKILL"),
    "sys.exit": (job("leave", code=0), "failed", "called sys.exit(0)"),
    "os._exit": (job("vanish"), "crashed", "exit code 3"),
    "exception": (job("fail"), "failed", "ValueError: the number is odd (trouble.py, line"),
    "NaN": (job("nothing_finite"), "failed", "not JSON compliant"),
    "no such function": (job("nowhere"), "failed", "AttributeError"),
}


@pytest.mark.parametrize("case", TROUBLE)
def test_trouble_is_an_outcome_with_a_reason_and_the_next_job_runs(worker, case):
    troublesome, outcome, reason = TROUBLE[case]

    result = worker.run(troublesome)

    assert result.outcome == outcome
    assert reason in result.reason
    assert result.value == {}
    assert worker.run(job("answer", after=case)).value["answer"] == {"after": case}


@pytest.mark.parametrize("case", ["hang", "segmentation fault", "sys.exit", "exception"])
def test_trouble_in_a_fresh_interpreter_is_an_outcome_too(case):
    troublesome, outcome, reason = TROUBLE[case]
    with Worker(thread_count=1, folder=HERE) as own:
        result = own.run(
            Job(troublesome.function, troublesome.payload, troublesome.deadline_s, fresh=True)
        )
        after = own.run(job("answer", number=1))

    assert (result.outcome, after.outcome) == (outcome, "ok")
    assert reason in result.reason


def test_of_a_hundred_megabytes_printed_only_the_end_is_kept(worker):
    result = worker.run(job("shout"))

    assert result.outcome == "ok"
    assert len(result.output) <= OUTPUT_BYTES


@pytest.mark.parametrize("new_session", [False, True])
def test_processes_left_running_are_killed_and_counted(worker, new_session):
    result = worker.run(job("breed", count=3, new_session=new_session))

    assert result.outcome == "ok"
    assert any("left 3 processes running" in note for note in result.notes)
    assert not any(is_running(pid) for pid in result.value["pids"])


@pytest.mark.parametrize("fresh", [False, True])
def test_a_process_that_made_itself_a_daemon_is_killed_and_counted(fresh):
    with Worker(thread_count=1, folder=HERE) as own:
        result = own.run(job("daemonise", fresh=fresh))

    assert result.outcome == "ok"
    assert any("left 1 processes running" in note for note in result.notes)
    assert not any(is_running(pid) for pid in result.value["pids"])


@pytest.mark.parametrize("fresh", [False, True])
def test_a_job_is_bound_to_the_processors_of_its_worker(fresh):
    if not hasattr(os, "sched_getaffinity"):
        pytest.skip("this system cannot bind a process to processors")
    wanted = [max(os.sched_getaffinity(0))]

    with Worker(thread_count=1, folder=HERE, cpus=wanted) as own:
        result = own.run(job("processors", fresh=fresh))

    assert result.value == {"cpus": wanted}


def test_a_job_that_closes_every_file_still_answers(worker):
    assert worker.run(job("close_everything")).value == {"still": "here"}
    assert worker.run(job("answer")).outcome == "ok"


def test_the_harness_keeps_its_own_limits(worker):
    before = resource.getrlimit(resource.RLIMIT_DATA)

    worker.run(job("answer", memory_limit_bytes=2**30))

    assert resource.getrlimit(resource.RLIMIT_DATA) == before


def test_a_worker_that_is_killed_is_started_again():
    with Worker(thread_count=1, folder=HERE) as own:
        own.run(job("answer"))
        os.kill(own._process.pid, signal.SIGKILL)

        results = [own.run(job("answer")) for _ in range(2)]

    assert results[-1].outcome == "ok"


def test_a_worker_whose_data_cannot_be_loaded_says_so():
    with Worker(thread_count=1, warm="trouble:fail", folder=HERE) as own:
        result = own.run(job("answer"))

    assert result.outcome == "crashed"
    assert "is odd" in result.reason


def test_when_the_harness_is_killed_its_trials_die_with_it(tmp_path):
    script = textwrap.dedent(f"""
        import sys
        from pathlib import Path
        from benchmarks.processes.isolation import Job, Worker
        Path({str(tmp_path)!r}, "pid").write_text("")
        with Worker(thread_count=1, folder=Path({str(HERE)!r})) as worker:
            worker.run(Job("trouble:answer"))
            Path({str(tmp_path)!r}, "pid").write_text(str(worker._process.pid))
            worker.run(Job("trouble:hang"))
    """)
    harness = subprocess.Popen([sys.executable, "-c", script])
    pid = wait_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    trials = wait_for(lambda: Path(f"/proc/{pid}/task/{pid}/children").read_text().split())

    harness.kill()
    harness.wait()

    wait_for(lambda: not any(is_running(int(found)) for found in [pid, *trials]))


def wait_for(condition, *, limit_s=30.0):
    """Poll until something is true; what is waited for is another process, not time."""
    end = time.monotonic() + limit_s
    while not (found := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
    return found
