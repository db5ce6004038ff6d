"""Reading a CSV file and telling its types, against pandas.read_csv with the types given.

python tests/speed/speed_reading.py
"""

import csv
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import pandas as pd

from benchmarks.data.datasets import read_typed

ROW_COUNT = 1_000_000
REPEATS = 7


def table() -> tuple[pd.DataFrame, dict[str, object]]:
    """Return a table of 20 columns, and the types of the columns for pandas."""
    rng = np.random.default_rng(0)
    columns: dict[str, object] = {}
    for i in range(10):
        columns[f"f{i}"] = rng.normal(size=ROW_COUNT).round(4)
    for i in range(4):
        columns[f"i{i}"] = rng.integers(0, 100_000, ROW_COUNT)
    for i in range(3):
        columns[f"c{i}"] = rng.choice(["red", "green", "blue", "yellow"], ROW_COUNT)
    minutes = pd.date_range("2020-01-01", periods=ROW_COUNT, freq="min")
    columns["t"] = minutes.strftime("%Y-%m-%dT%H:%M:%S")
    columns["b"] = rng.choice(["True", "False"], ROW_COUNT)
    columns["y"] = rng.choice(["yes", "no"], ROW_COUNT)
    types = {name: float for name in columns if name.startswith("f")}
    types |= {name: "int64" for name in columns if name.startswith("i")}
    types |= dict.fromkeys(["c0", "c1", "c2", "y"], str) | {"b": bool}
    return pd.DataFrame(columns), types


def taken(work: Callable[[], object]) -> tuple[float, float]:
    """Return what one call takes by the clock and of the processors. [s]"""
    wall, busy = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - busy


def compare(path: Path, types: dict[str, object]) -> str:
    """Read a file both ways in turn; return the medians and the median of the ratios."""
    pairs = [
        (
            taken(lambda: pd.read_csv(path, dtype=types, parse_dates=["t"])),
            taken(lambda: read_typed(path, where="table", target="y", time="t")),
        )
        for _ in range(REPEATS)
    ]
    given_s, told_s = (statistics.median(pair[i][0] for pair in pairs) for i in (0, 1))
    wall, busy = (statistics.median(told[i] / given[i] for given, told in pairs) for i in (0, 1))
    return (
        f"pandas, types given {given_s:.2f} s; types told {told_s:.2f} s, {wall:.2f}x by the "
        f"clock, {busy:.2f}x of the processors"
    )


def main() -> None:
    """Print both times, their ratio and the peak memory of the process."""
    frame, types = table()
    ways = {"plain": csv.QUOTE_MINIMAL, "texts in quotes": csv.QUOTE_NONNUMERIC}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        for name, quoting in ways.items():
            frame.to_csv(path, index=False, quoting=quoting)
            size_mb = path.stat().st_size / 1e6
            found = compare(path, types)
            print(f"{ROW_COUNT:,} rows x 20 columns, {name}, {size_mb:.0f} MB: {found}")
        del frame
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{peak_mib:,.0f} MiB peak of all")


if __name__ == "__main__":
    main()
