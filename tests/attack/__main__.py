"""Try to break in, to lose something and to leave something behind; print what held.

    python -m tests.attack [--only KIND] [--sessions-s SECONDS]

Prints a row for each kind with what was tried, what held and what failed, and what failed by name;
exits 1 where something did. `make attack` runs it; it takes about 15 minutes on two idle cores.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.attack import faces, inputs, kills, quiet, sessions, web
from tests.attack.tries import ROOT, Kind


def kinds(folder: Path, study: Path, seconds: float) -> dict[str, Callable[[Path], Kind]]:
    """Return what is tried, by name, in an order in which forks come before threads."""

    def many_sessions(_: Path) -> Kind:
        kind, line = sessions.twenty_sessions(study, seconds=seconds)
        print(f"  {line}", flush=True)
        return kind

    return {
        "kill": kills.kills,
        "lock": lambda _: web.the_lock(),
        "uploads": lambda _: web.uploads(),
        "requests": lambda _: web.hostile_requests(),
        "half-open": web.half_open,
        "files": lambda place: inputs.damaged_files(place, study),
        "places": lambda place: inputs.odd_places(place, study),
        "stores": lambda place: inputs.odd_stores(place, study),
        "words": lambda _: faces.hostile_words(),
        "outputs": lambda _: faces.cut_outputs(study),
        "quiet": lambda place: quiet.nothing_is_asked(place, study),
        "sessions": many_sessions,
    }


def main() -> int:
    """Try each kind and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", help="one kind: kill, lock, uploads, requests, files, quiet ...")
    parser.add_argument("--sessions-s", type=float, default=60.0, help="time of the 20 sessions")
    given = parser.parse_args()
    os.chdir(ROOT)
    from tests.faces.pages import measured_study

    begun, done = time.monotonic(), []
    with tempfile.TemporaryDirectory(prefix="attack-") as temporary:
        folder = Path(temporary)
        (folder / "study").mkdir()
        study = measured_study(folder / "study")
        os.environ["XDG_DATA_HOME"] = str(folder / "data")
        print(f"{'kind':34}{'tried':>7}{'held':>7}{'failed':>8}{'s':>6}", flush=True)
        for name, tried in kinds(folder, study, given.sessions_s).items():
            if given.only not in {None, name}:
                continue
            place = folder / name
            place.mkdir()
            start = time.monotonic()
            kind = tried(place)
            done.append(kind)
            failed = len(kind.failed)
            print(
                f"{kind.name:34}{kind.tried:>7}{kind.tried - failed:>7}{failed:>8}"
                f"{time.monotonic() - start:>6.0f}",
                flush=True,
            )
            for what in kind.failed[:10]:
                print(f"    {what!r}", flush=True)
    tried_count = sum(kind.tried for kind in done)
    failed = sum(len(kind.failed) for kind in done)
    took_s = time.monotonic() - begun
    print(f"{'all':34}{tried_count:>7}{tried_count - failed:>7}{failed:>8}{took_s:>6.0f}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
