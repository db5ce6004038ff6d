"""What runs on the rented machine: fetch the study, measure, send each finished result at once.

    python -m benchmarks.remote.inside --source PLACE --store PLACE --study FILE --seconds N
        --commands JSON

A place is `s3://bucket/folder`, or a folder that the service itself carries. A machine that is
killed at its limit has sent what was finished by then.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from benchmarks.machine.host import RENTED, read_rented
from benchmarks.remote.cloud import Cloud
from benchmarks.remote.places import EXIT, KINDS, Folder, Place, fetch_study, place_at
from benchmarks.storage.store import DEFAULT_FOLDER

EVERY_S = 10.0
"""Between two looks for finished results. [s]"""

TAIL_CHARACTERS = 4000
"""Of what the commands printed, kept beside the results."""

SHARE_VARIABLE = "AWS_BATCH_JOB_ARRAY_INDEX"
"""Which child of an array this is."""

METADATA = "http://169.254.169.254/latest"
"""Where an EC2 instance tells of itself."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; return 0 where every command did, else the first code that is none."""
    parser = argparse.ArgumentParser(prog="benchmarks.remote.inside")
    for name in ("--source", "--store", "--study", "--commands"):
        parser.add_argument(name, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    asked = parser.parse_args(arguments)
    cloud = Cloud(os.environ.get("AWS_DEFAULT_REGION", "us-east-1"))
    home = place_at(asked.store, cloud)
    with tempfile.TemporaryDirectory(prefix="advisor-") as scratch:
        folder = Path(scratch) / "study"
        fetch_study(place_at(asked.source, cloud), folder)
        _tell_where()
        deadline = time.monotonic() + asked.seconds
        codes, words = [], ""
        for command in share_of(json.loads(asked.commands)):
            code, said = _run(command, folder=folder, home=home, deadline=deadline)
            codes.append(code)
            words += said
        home.put(
            exit_name(), json.dumps({"codes": codes, "words": words[-TAIL_CHARACTERS:]}).encode()
        )
    return next((code for code in codes if code), 0)


def exit_name() -> str:
    """Return the name of the note that the machine is through; a child of an array has its own."""
    share = os.environ.get(SHARE_VARIABLE)
    return EXIT if share is None else f"{share}-{EXIT}"


def share_of(commands: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the commands of this machine: all, or for a child of an array its own one."""
    share = os.environ.get(SHARE_VARIABLE)
    chosen = commands if share is None else commands[int(share) : int(share) + 1]
    return [list(command) for command in chosen]


def _run(command: Sequence[str], *, folder: Path, home: Place, deadline: float) -> tuple[int, str]:
    """Run one command of `advisor`, and send what it finishes while it runs."""
    log = folder.parent / "log"
    with log.open("wb") as output:
        running = subprocess.Popen(
            [sys.executable, "-P", "-m", "advisor", *command],
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        sent: dict[str, int] = {}
        code: int | None = None
        while code is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = running.wait(timeout=EVERY_S)
            if code is None and time.monotonic() > deadline:
                running.terminate()
            send_results(folder / DEFAULT_FOLDER, home, sent=sent)
    said = log.read_text(errors="replace")
    print(said, end="", flush=True)
    return code, said


def send_results(store: Path, home: Place, *, sent: dict[str, int]) -> None:
    """Send the files of a store that were not sent yet; a file there is finished."""
    here = Folder(store)
    for kind in KINDS:
        for name in here.names(kind):
            if name in sent or not name.endswith(".json"):
                continue
            content = here.get(name)
            if content is not None:
                home.put(name, content)
                sent[name] = len(content)


def _tell_where() -> None:
    """Put what the machine says of itself in place of what was asked for, where it says anything.

    A queue may give another type than was asked, and only the machine knows its zone.
    """
    rented = read_rented()
    if rented is None or not rented.target.startswith(("ec2", "batch", "ecs")):
        return
    found = {"sku": _metadata("instance-type"), "zone": _metadata("placement/availability-zone")}
    told = {key: value for key, value in found.items() if value}
    if "fargate" in rented.sku:
        told.pop("sku", None)
    os.environ[RENTED] = rented.replace(**told).model_dump_json()


def _metadata(name: str) -> str | None:
    """Return what the instance says of itself, null where nobody answers."""
    try:
        ask = urllib.request.Request(  # noqa: S310 - a fixed address
            f"{METADATA}/api/token",
            method="PUT",
            headers={"X-aws-ec2-metadata-token-ttl-seconds": "60"},
        )
        with urllib.request.urlopen(ask, timeout=1) as answer:  # noqa: S310
            token = answer.read().decode()
        ask = urllib.request.Request(  # noqa: S310
            f"{METADATA}/meta-data/{name}", headers={"X-aws-ec2-metadata-token": token}
        )
        with urllib.request.urlopen(ask, timeout=1) as answer:  # noqa: S310
            text: str = answer.read().decode()
    except (OSError, ValueError):
        return None
    return text.strip() or None


if __name__ == "__main__":
    sys.exit(main())
