"""A decision: the columns of all options against a loop that asks the same formulas one by one."""

import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from advisor.decision.options import plan
from advisor.recommend import prepare, recommend
from pricing.instances import load_catalogue
from pricing.tables import load_book
from tests.advisor.factories import evidence, study

ON = date(2026, 11, 21)
REPEATS = 7
LOOPED = 200


def median_s(call: Callable[[], object], repeats: int = REPEATS) -> float:
    """Return the median duration of a call. [s]"""
    durations = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        durations.append(time.perf_counter() - start)
    return statistics.median(durations)


def main() -> None:
    """Print the time of a whole answer, of the replica plan, and the ratio to a loop."""
    wanted, measured = study(), evidence()
    book, catalogue = load_book(), load_catalogue()
    recommend(wanted, measured, on=ON)
    made = prepare(wanted, measured, on=ON, book=book, catalogue=catalogue)
    peak = wanted.workload.peak_per_s
    whole_s = median_s(lambda: recommend(wanted, measured, on=ON))
    columns_s = median_s(lambda: plan(wanted, made.table, peak_per_s=peak))
    rows = np.arange(0, len(made.table), max(1, len(made.table) // LOOPED))

    def loop() -> None:
        for row in rows:
            plan(wanted, made.table.take(np.array([row])), peak_per_s=peak)

    loop_s = median_s(loop, repeats=3) / len(rows) * len(made.table)
    print(f"options                                {len(made.columns):8,d}")
    print(f"whole answer, one region               {whole_s * 1e3:8.0f} ms")
    print(f"replicas and latency of all, columns   {columns_s * 1e3:8.1f} ms")
    print(
        f"the same, one option at a time         {loop_s * 1e3:8.1f} ms  {loop_s / columns_s:.0f}x"
    )


if __name__ == "__main__":
    main()
