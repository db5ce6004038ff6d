"""kill -9 before and after every call of a target; then nothing that costs may be left.

    python -m tests.benchmarks.remote.kills [TARGET...]

Each kill is followed by one of three sweeps: here, by the ledger; on another machine after the
expiry; or by nothing but what the cloud does of itself. The ordinary tests take a sample of them.
"""

import functools
import os
import shutil
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from benchmarks.remote import TARGETS
from benchmarks.remote.ledger import Ledger
from benchmarks.remote.sweep import sweep
from tests.benchmarks.remote.conftest import reset
from tests.benchmarks.remote.given import (
    MADE_FIRST,
    MortalCloud,
    billable,
    campaign,
    cloud,
    free_left,
    job,
    make_account,
    reap,
    study_folder,
)

WAYS = ("here", "elsewhere", "reaper")


@functools.cache
def shared():
    """One cloud for all that is not killed: making its clients takes longer than its calls."""
    return cloud()


def whole_way(target, folder, *, kill_at=None, name="advisor-0000abcd"):
    """Run one job from its admission to its end; return the events of the client and the calls."""
    used, looks = MortalCloud("us-east-1", kill_at=kill_at), [0]
    asked = job(target, campaign=name)

    def sleep(_):
        looks[0] += 1
        if looks[0] == 1 and kill_at is None:
            assert billable(shared(), target)
        if looks[0] == 2:  # the machine is through
            TARGETS[target].end(shared(), asked.run_id, asked.settings)

    done = campaign(folder / "store", used, sleep=sleep)
    (outcome,) = done.run([asked], cap_usd=1.0, study_folder=study_folder(folder / "study"))
    assert looks[0] >= 2, outcome.problem
    return used


def killed(target, folder, kill_at, name):
    """Run it in a process that dies at an event; return whether it died."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            whole_way(target, folder, kill_at=kill_at, name=name)
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    return os.WIFSIGNALED(status)


def kill_and_sweep(target, kill_at, way, *, name):
    """Return whether it died, what cost money before the sweep, after it, and what free is left."""
    folder = Path(tempfile.mkdtemp(prefix="kills-"))
    os.environ["ADVISOR_STATE"] = str(folder / "state")
    try:
        died = killed(target, folder, kill_at, name)
        ran_on = billable(shared(), target)
        later = job(target).expires_at + timedelta(seconds=1)
        if way == "here":
            sweep(Ledger(), TARGETS, cloud_of=lambda _: shared(), regions=["us-east-1"])
        elif way == "elsewhere":
            sweep(
                Ledger(folder / "other.jsonl"),
                TARGETS,
                cloud_of=lambda _: shared(),
                regions=["us-east-1"],
                now=later,
            )
        else:
            reap(shared(), target)
        free = [one for one in free_left(shared(), target) if name in one]
        return died, ran_on, billable(shared(), target), [] if way == "reaper" else free
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def all_kills(server, target, *, every=1, ways=WAYS):
    """Yield the result of each kill: event, way, died, ran on, left, free left."""
    reset(server)
    make_account()
    MADE_FIRST.get(target, lambda: None)()
    folder = Path(tempfile.mkdtemp(prefix="kills-"))
    os.environ["ADVISOR_STATE"] = str(folder / "state")
    events = whole_way(target, folder).events
    shutil.rmtree(folder, ignore_errors=True)
    number = 0
    for kill_at in range(1, events + 1):
        for way in ways:
            number += 1
            if number % every == 0:
                name = f"advisor-{number:08x}"
                yield (kill_at, way, *kill_and_sweep(target, kill_at, way, name=name))


def main():
    import subprocess
    import time

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "address"
        command = [sys.executable, "-m", "tests.benchmarks.remote.cloud_server", str(file)]
        with subprocess.Popen(command, stdout=-3, stderr=-3) as process:
            while not file.exists():
                time.sleep(0.1)
            server = file.read_text()
            for name, value in {
                "AWS_ENDPOINT_URL": server,
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_DEFAULT_REGION": "us-east-1",
            }.items():
                os.environ[name] = value
            try:
                for target in sys.argv[1:] or [n for n in TARGETS if n not in {"ssh"}]:
                    done = list(all_kills(server, target))
                    kills = sum(one[2] for one in done)
                    ran_on = sum(bool(one[3]) for one in done)
                    left = [one for one in done if one[4] or one[5]]
                    print(
                        f"{target}: {kills} kills, at {ran_on} of them something ran on, "
                        f"{len(left)} left: {left}",
                        flush=True,
                    )
            finally:
                process.kill()


if __name__ == "__main__":
    main()
