"""kill -9 at random points: nothing lost, no orphan, and after the next command no litter.

Each command runs in a fork of a process that has its libraries loaded, so that the kill falls into
its work and not into its start.
"""

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.attack.inputs import SEED
from tests.attack.tries import Kind, command, marked, until

ORPHAN_S = 5.0
"""Time in which what a killed command started must have ended."""


def load_libraries() -> None:
    """Import what the commands use, before the first fork; run nothing."""
    import pandas  # noqa: ICN001
    import pyarrow.csv
    import sklearn.linear_model
    import uvicorn

    import advisor.cli
    import advisor.recommend
    import advisor.report
    import benchmarks.session.runner
    import pricing.refresh

    del pandas, pyarrow, sklearn, uvicorn, advisor, benchmarks, pricing


def forked(words: list[str], *, temporary: Path, mark: str) -> int:
    """Run a command in a fork of this process; return its number."""
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        os.setsid()
        os.environ |= {"ADVISOR_ATTACK": mark, "TMPDIR": str(temporary)}
        tempfile.tempdir = None
        null = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(null, stream)
        sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False)  # noqa: SIM115
        sys.argv = ["advisor", *words]
        from advisor.cli import run

        code = run(words)
    except BaseException:
        code = 71
    finally:
        os._exit(code)


def finish(pid: int, limit_s: float) -> int | None:
    """Wait for a command; None where it had to be killed."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


def litter(*folders: Path) -> list[str]:
    """Return what dead processes left in some folders."""
    found = []
    for folder in folders:
        for path in folder.rglob("*") if folder.is_dir() else ():
            name = path.name
            if name.startswith((".half-", ".refresh-", ".out.", "advisor-")) or name.endswith(
                ".tmp"
            ):
                found.append(str(path.relative_to(folder)))
    return found


def killed(
    kind: Kind,
    name: str,
    words: Callable[[int], list[str]],
    count: int,
    *,
    sound: Callable[[], str | None],
    watched: tuple[Path, ...],
    temporary: Path,
    prepare: Callable[[], None] = lambda: None,
    longest_s: float = 60.0,
    signals: tuple[signal.Signals, ...] = (signal.SIGKILL,),
) -> None:
    """Kill a command at random points of its life, then let it end once.

    Args:
        kind: what counts the tries.
        name: of the command.
        words: of the n-th try.
        count: tries.
        sound: says what is wrong with what it writes; None where nothing is.
        watched: folders in which nothing may be left after the last one.
        temporary: its TMPDIR.
        prepare: done before each try.
        longest_s: how late a try is killed at the latest; the command's own time where shorter.
        signals: taken in turn.
    """
    lot = random.Random(f"{SEED} {name}")
    prepare()
    begun = time.monotonic()
    finish(forked(words(-1), temporary=temporary, mark=f"{name}-first"), longest_s)
    whole_s = time.monotonic() - begun
    for number in range(count):
        prepare()
        mark = f"{name}-{number}"
        pid = forked(words(number), temporary=temporary, mark=mark)
        time.sleep(lot.random() * whole_s)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signals[number % len(signals)])
        os.waitpid(pid, 0)
        wrong = sound()
        orphans = [] if until(lambda m=mark: not marked(m), ORPHAN_S) else marked(mark)
        kind.check(wrong is None and not orphans, f"{name} {number}: {wrong}, orphans {orphans}")
        for orphan in orphans:
            with contextlib.suppress(ProcessLookupError):
                os.kill(orphan, signal.SIGKILL)
    prepare()
    code = finish(forked(words(-2), temporary=temporary, mark=f"{name}-last"), 300)
    wrong = sound()
    left = litter(temporary, *watched)
    kind.check(
        code in {0, 3} and wrong is None and not left,
        f"{name}, the next command: exit {code}, {wrong}, left {left[:4]}",
    )


def all_json(folder: Path, least: int = 0) -> str | None:
    """Say which record of a store is no whole one, or that some are lost."""
    count = 0
    for path in folder.rglob("*.json"):
        try:
            json.loads(path.read_bytes())
        except ValueError:
            return f"{path.name} is not whole"
        count += path.parent.name in {"runs", "loadtests", "backtests"}
    return f"{count} of {least} records" if count < least else None


def kills(folder: Path) -> Kind:
    """Kill each command that writes."""
    from pricing.tables import write_table
    from tests.faces.pages import measured_study
    from tests.pricing.aws_server import running
    from tests.pricing.books import row
    from tests.pricing.offer_files import ec2_line, offer_file

    kind = Kind("kill -9 at random points")
    load_libraries()
    temporary = folder / "tmp"
    temporary.mkdir()
    study_folder = folder / "study"
    study_folder.mkdir()
    study = measured_study(study_folder)
    runs = len(list((study_folder / ".advisor" / "runs").glob("*.json")))
    own = {"temporary": temporary}

    def old_or_new(path: Path) -> Callable[[], str | None]:
        whole = path.read_bytes()

        def sound() -> str | None:
            if not path.exists():
                return None
            text = path.read_bytes()
            return None if text == whole else f"{path.name} is another, of {len(text):,} bytes"

        return sound

    report = folder / "out" / "r.md"
    report.parent.mkdir()
    # Answered once here: the forks know the answer, and are killed while they write it.
    command(["report", str(study), "-o", str(report)])
    sound = old_or_new(report)
    killed(
        kind,
        "report",
        lambda _: ["report", str(study), "-o", str(report)],
        10,
        sound=sound,
        prepare=lambda: report.unlink(missing_ok=True),
        watched=(report.parent,),
        **own,
    )
    into = folder / "merged"
    killed(
        kind,
        "merge",
        lambda n: ["runs", "merge", str(study_folder), "--into", str(into / f"{n % 5}")],
        80,
        sound=lambda: all_json(study_folder / ".advisor", runs) or all_json(into),
        watched=(into,),
        **own,
    )
    deployed = folder / "deployed"
    deployed.mkdir()

    def whole_folders() -> str | None:
        counts = {len(list(p.iterdir())) for p in deployed.iterdir() if not p.name.startswith(".")}
        return None if len(counts) == 1 else f"folders of {sorted(counts)} files"

    killed(
        kind,
        "deploy",
        lambda n: ["deploy", str(study), "-o", str(deployed / str(n))],
        25,
        sound=whole_folders,
        watched=(deployed,),
        **own,
    )
    book = folder / "book"
    with running() as aws:
        aws.files["AmazonEC2", "eu-west-1"] = offer_file(
            [ec2_line("m5.large", "0.12"), ec2_line("m5.xlarge", "0.24")]
        )

        def new_book() -> None:
            shutil.rmtree(book, ignore_errors=True)
            book.mkdir()
            rows = [row(f"m5.{n}", 0.107, region="eu-west-1") for n in ("large", "xlarge")]
            write_table(book / "ec2.csv", rows=rows)

        words = [
            "prices",
            "refresh",
            "--files-url",
            aws.url,
            "--region",
            "eu-west-1",
            "--service",
            "ec2",
            "--book",
            str(book),
        ]

        def book_is_whole() -> str | None:
            from pricing.tables import load_book

            if not book.is_dir():
                return None
            try:
                load_book(book)
            except Exception as error:
                return f"{type(error).__name__}: {error}"
            return None

        killed(
            kind,
            "refresh",
            lambda _: words,
            50,
            sound=book_is_whole,
            prepare=new_book,
            watched=(book,),
            **own,
        )
    bench = folder / "bench"
    bench.mkdir()
    wine = bench / "s.yaml"
    wine.write_text("data: {source: 'builtin:wine'}\ncandidates: [dummy]\n")
    killed(
        kind,
        "bench",
        lambda _: ["bench", str(wine), "--again"],
        15,
        sound=lambda: all_json(bench / ".advisor"),
        watched=(bench,),
        **own,
    )
    killed(
        kind,
        "loadtest",
        lambda _: [
            "loadtest",
            str(wine),
            "--candidate",
            "dummy",
            "--rate",
            "20",
            "--duration-s",
            "4",
        ],
        8,
        sound=lambda: all_json(bench / ".advisor"),
        watched=(bench,),
        **own,
    )
    pages(kind, study, temporary)
    return kind


def pages(kind: Kind, study: Path, temporary: Path) -> None:
    """End the explorer in every way: its port is free at once."""
    lot = random.Random(SEED)
    ways = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP)
    for number in range(12):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        mark = f"app-{number}"
        words = ["app", str(study), "--no-browser", "--port", str(port)]
        pid = forked(words, temporary=temporary, mark=mark)
        until(lambda p=port: _open(p), 20)
        time.sleep(lot.random())
        os.kill(pid, ways[number % 3])
        ended = finish(pid, 10) is not None
        gone = until(lambda p=port, m=mark: not _open(p) and not marked(m), ORPHAN_S)
        kind.check(
            ended and gone, f"app by {ways[number % 3].name}: ended {ended}, port free {gone}"
        )


def _open(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
