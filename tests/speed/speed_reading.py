"""Reading a CSV file and telling its types, against pandas.read_csv with the types given.

python tests/speed/speed_reading.py
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import pandas as pd

from benchmarks.data.datasets import read_typed

ROW_COUNT = 1_000_000
REPEATS = 5


def write(path: Path) -> dict[str, object]:
    """Write a table of 20 columns; return the types of the columns for pandas."""
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
    pd.DataFrame(columns).to_csv(path, index=False)
    types = {name: float for name in columns if name.startswith("f")}
    types |= {name: "int64" for name in columns if name.startswith("i")}
    return types | dict.fromkeys(["c0", "c1", "c2", "y"], str) | {"b": bool}


def best_s(work: object) -> float:
    """Return the shortest of some repeats. [s]"""
    found = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)


def main() -> None:
    """Print both times, their ratio and the peak memory of the process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        types = write(path)
        given_s = best_s(lambda: pd.read_csv(path, dtype=types, parse_dates=["t"]))
        told_s = best_s(lambda: read_typed(path, where="table", target="y", time="t"))
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{ROW_COUNT:,} rows x 20 columns: pandas, types given {given_s:.2f} s; types told "
        f"{told_s:.2f} s, {told_s / given_s:.2f}x; {peak_mib:,.0f} MiB peak of both"
    )


if __name__ == "__main__":
    main()
