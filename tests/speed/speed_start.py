"""Start-up: `advisor --help` against an interpreter that imports typer and rich alone."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

REPEATS = 15


def wall_s(command: list[str]) -> float:
    """Return the median wall-clock of a command. [s]"""
    durations = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        durations.append(time.perf_counter() - start)
    return statistics.median(durations)


def main() -> None:
    """Print both times and their ratio."""
    advisor = Path(sys.executable).with_name("advisor")
    baseline_s = wall_s([sys.executable, "-c", "import typer, rich.console"])
    help_s = wall_s([str(advisor), "--help"])
    package_s = wall_s([sys.executable, "-c", "import advisor"])
    print(f"python -c 'import typer, rich.console'  {baseline_s * 1e3:6.0f} ms")
    ratio = help_s / baseline_s
    print(
        f"advisor --help                          {help_s * 1e3:6.0f} ms  {ratio:.2f}x (at most 2)"
    )
    print(f"python -c 'import advisor'              {package_s * 1e3:6.0f} ms")


if __name__ == "__main__":
    main()
