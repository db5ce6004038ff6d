"""The whole way over a real sshd on loopback, the connection cut half-way."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.remote import TARGETS, campaign
from benchmarks.remote.campaign import Campaign
from benchmarks.remote.errors import RemoteError
from benchmarks.remote.job import OWN
from benchmarks.remote.ledger import Ledger
from benchmarks.remote.ssh import run_on
from benchmarks.storage.store import RunStore
from tests.benchmarks.remote.given import cloud, job

SSHD = shutil.which("sshd") or "/usr/sbin/sshd"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not Path(SSHD).exists() or not shutil.which("rsync") or not shutil.which("ssh"),
        reason="needs sshd, ssh and rsync: apt-get install openssh-server rsync",
    ),
]


class Box:
    """A machine that is reached over SSH, and may go away and come back."""

    def __init__(self, folder):
        self.folder, self.process = folder, None
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = one.getsockname()[1]
        for name in ("host", "user"):
            key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
            subprocess.run(key, check=True)
        shutil.copy(folder / "user.pub", folder / "keys")
        (folder / "keys").chmod(0o600)
        (folder / "config").write_text(
            f"ListenAddress 127.0.0.1\nPort {self.port}\nHostKey {folder}/host\n"
            f"AuthorizedKeysFile {folder}/keys\nStrictModes no\nPidFile {folder}/pid\n"
            "PasswordAuthentication no\nUsePAM no\n"
        )

    @property
    def shell(self):
        return (
            f"ssh -p {self.port} -i {self.folder}/user -o StrictHostKeyChecking=no "
            f"-o UserKnownHostsFile={self.folder}/known -o LogLevel=ERROR"
        )

    def come(self):
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            [SSHD, "-D", "-e", "-f", str(self.folder / "config")],
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for _ in range(100):
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)

    def go(self):
        """Cut it off, and every connection that it serves."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def box(tmp_path, monkeypatch):
    folder = tmp_path / "box"
    folder.mkdir()
    one = Box(folder)
    monkeypatch.setenv("ADVISOR_SSH", one.shell)
    monkeypatch.setenv("ADVISOR_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(campaign, "POLL_S", 0.5)
    one.come()
    yield one
    one.go()


def ssh_job(tmp_path, **given):
    return job(
        "ssh",
        sku="127.0.0.1",
        region=OWN,
        usd_per_hour=0.0,
        worst_usd=0.0,
        folder=str(tmp_path / "study/.advisor/remote/c"),
        settings={
            "host": "127.0.0.1",
            "folder": str(tmp_path / "there"),
            "python": sys.executable,
        },
        **given,
    )


def measured(tmp_path, said, *, sleep=time.sleep):
    return Campaign(
        ledger=Ledger(),
        targets=TARGETS,
        cloud_of=lambda _: cloud(),
        store=tmp_path / "study/.advisor",
        tell=said.append,
        sleep=sleep,
    )


def test_from_run_to_a_merged_store_with_the_connection_cut_half_way(box, tmp_path):
    study = tmp_path / "study"
    study.mkdir()
    (study / "advisor.yaml").write_text(
        "name: s\ndata:\n  source: builtin:breast_cancer\ncandidates: [linear]\n"
    )
    one = ssh_job(
        tmp_path,
        commands=(("bench", "advisor.yaml", "--preset", "fast", "--device", "cpu"),),
    )
    said, looks = [], [0]

    def sleep(seconds):
        looks[0] += 1
        if looks[0] == 1:
            box.go()  # the harness there goes on
        if looks[0] == 3:
            box.come()
        time.sleep(seconds)

    (outcome,) = measured(tmp_path, said, sleep=sleep).run([one], cap_usd=0.0, study_folder=study)

    assert outcome.end == "measured", (outcome.problem, said)
    assert any("no answer" in line for line in said)
    runs = RunStore(study / ".advisor").runs()
    assert [r.hardware.rented.target for r in runs] == ["ssh"] * outcome.added
    assert runs[0].outcome == "ok"
    assert not (tmp_path / "there" / one.run_id).exists()
    assert Ledger().entries()[one.run_id].state == "closed"


def test_it_ends_by_itself_when_its_time_is_up_and_is_taken_down_at_any_time(box, tmp_path):
    study = tmp_path / "study"
    study.mkdir()
    (study / "advisor.yaml").write_text("data: {}\n")
    one = ssh_job(tmp_path, ttl_s=1, commands=(("app", "--help"),))
    there = tmp_path / "there" / one.run_id
    target = TARGETS["ssh"]
    (Path(one.folder) / "study").mkdir(parents=True)

    target.start(cloud(), one)
    target.start(cloud(), one)  # twice is as once
    for _ in range(100):
        if target.status(cloud(), one).is_over:
            break
        time.sleep(0.2)

    assert target.status(cloud(), one).kind == "failed"
    target.end(cloud(), one.run_id, one.settings)
    target.end(cloud(), one.run_id, one.settings)
    assert not there.exists()
    assert target.status(cloud(), one).kind == "gone"


def test_a_machine_that_is_not_there_is_told_as_such(box):
    box.go()

    with pytest.raises(RemoteError, match="refused") as caught:
        run_on("127.0.0.1", "true")
    assert caught.value.kind == "unknown"
    box.come()
