"""Run the benchmarks of `tests/speed` of an older checkout and of this one in turn; print ratios.

Usage: .venv/bin/python scripts/speed_against.py OLD_CHECKOUT [NAME ...] [--rounds N]

Each checkout runs its own scripts with its own environment. What both print is paired by the words
around a time; of each time the best of all rounds counts, since noise only ever adds.
"""

import argparse
import re
import subprocess
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TIME = re.compile(r"(?<![\w.])(\d[\d,]*\.?\d*) (us|ms|s)\b(?!/)")
SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}


def times_of(text: str) -> dict[str, float]:
    """Return each printed time by the words before it, figures taken out. [s]"""
    found: dict[str, float] = {}
    for line in re.sub(r"\((aim|at most)[^)]*\)", "", text).splitlines():
        for place, time in enumerate(TIME.finditer(line)):
            words = " ".join(re.sub(r"[\d.,]+", "", line[: time.start()]).split())
            seconds = float(time[1].replace(",", "")) * SECONDS[time[2]]
            found[f"{words or '...'}{'' if place == 0 else f' ({place + 1})'}"] = seconds
    return found


def measure(checkout: Path, script: str) -> dict[str, float]:
    """Run one benchmark in a checkout and return its times. [s]"""
    done = subprocess.run(
        [checkout / ".venv/bin/python", f"tests/speed/{script}.py"],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(f"{script} in {checkout} ended with {done.returncode}: {done.stderr[-300:]}")
    return times_of(done.stdout)


def main() -> None:
    """Compare what both checkouts have."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    both = sorted(
        path.stem
        for path in (ROOT / "tests/speed").glob("speed_*.py")
        if (asked.old / "tests/speed" / path.name).exists()
    )
    for script in [name for name in both if not asked.names or name in asked.names]:
        best: dict[str, list[float]] = defaultdict(lambda: [float("inf"), float("inf")])
        for _ in range(asked.rounds):
            for place, checkout in enumerate((asked.old.resolve(), ROOT)):
                for words, seconds in measure(checkout, script).items():
                    best[words][place] = min(best[words][place], seconds)
        for words, (old, new) in best.items():
            if max(old, new) < float("inf") and old > 0:
                print(f"{script:24} {new / old:5.2f}x  {old:.3g} -> {new:.3g} s  {words[:70]}")


if __name__ == "__main__":
    main()
