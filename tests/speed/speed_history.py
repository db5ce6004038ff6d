"""Reading a history of runs: time and peak memory against the number of runs.

python tests/speed/speed_history.py
"""

import sqlite3
import sys
import tempfile
import time
import tracemalloc
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from advisor.imports.mlflow import read_mlflow
from tests.advisor.imports.test_histories import mlflow_database

COUNTS = (10_000, 100_000)


def main() -> None:
    """Print a line for each size; the ratio is to the first."""
    first = None
    with tempfile.TemporaryDirectory() as folder:
        for count in COUNTS:
            path = Path(folder) / f"{count}.db"
            mlflow_database(path, runs=count, promoted=(400, 5_000, 9_000), failed=(7, 70, 700))
            with closing(sqlite3.connect(path)) as database:
                rows = database.execute("SELECT COUNT(*) FROM runs").fetchone()[0]
            started_s = time.perf_counter()
            read_mlflow(f"sqlite:///{path}")
            wall_s = time.perf_counter() - started_s
            tracemalloc.start()
            read_mlflow(f"sqlite:///{path}")
            peak_mib = tracemalloc.get_traced_memory()[1] / 2**20
            tracemalloc.stop()
            first = first or wall_s
            ratio = wall_s / first
            print(f"{rows:>9,} runs  {wall_s:6.2f} s  {ratio:5.1f}x  {peak_mib:6.1f} MiB peak")


if __name__ == "__main__":
    main()
