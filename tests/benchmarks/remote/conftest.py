import contextlib
import subprocess
import sys
import time
import urllib.request

import pytest


class Address(str):
    """The cloud's address, and the file that it was told in."""

    __slots__ = ("file",)

    def __new__(cls, text, file):
        found = super().__new__(cls, text)
        found.file = file
        return found


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The address of a cloud in a process of its own."""
    file = tmp_path_factory.mktemp("cloud") / "address"
    with subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.remote.cloud_server", str(file)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            for _ in range(600):
                if file.exists():
                    break
                time.sleep(0.1)
            yield Address(file.read_text(), file)
        finally:
            process.kill()


@pytest.fixture
def aws(server, monkeypatch, tmp_path):
    """An empty account: a bucket, and nothing else."""
    for name, value in {
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "ADVISOR_STATE": str(tmp_path / "state"),
    }.items():
        monkeypatch.setenv(name, value)
    reset(server)
    yield server
    with contextlib.suppress(OSError):
        reset(server)


def reset(server):
    request = urllib.request.Request(f"{server}/moto-api/reset", method="POST")
    urllib.request.urlopen(request).read()
