"""Peak memory of `advisor cadence` against rows: ten times the rows must not take ten times it.

Writes simulated streams of growing length, back-tests a linear model on each in a process of its
own, and prints rows, file size, time and peak memory. Nothing is asserted on time.

Run: python tests/speed/speed_cadence.py [ROWS ...]
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

ROWS = (100_000, 1_000_000, 10_000_000)
CHUNK_ROWS = 250_000
MEMORY_RATIO_LIMIT = 2.0
"""The longest stream may take at most so many times the memory of the one before it."""


def write_stream(path: Path, *, row_count: int) -> None:
    """Write a drifting stream in chunks, never whole in memory."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(0)
    start = np.datetime64("2024-01-01", "us")
    step_us = 100 * 7 * 86_400_000_000 // row_count
    writer = None
    for first in range(0, row_count, CHUNK_ROWS):
        count = min(CHUNK_ROWS, row_count - first)
        at = np.arange(first, first + count)
        angle = at / row_count
        x = rng.standard_normal((count, 6)).astype("float32")
        level = np.cos(angle) * x[:, 0] + np.sin(angle) * x[:, 1]
        y = (level > 0) ^ (rng.random(count) < 0.1)
        columns = {"ts": start + at * step_us, "y": y.astype("int8")}
        columns |= {f"x{i}": x[:, i] for i in range(x.shape[1])}
        table = pa.table(columns)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    assert writer is not None
    writer.close()


def measure(path: Path) -> None:
    """Back-test in this process and its children; print time and peak memory as JSON."""
    from advisor.retraining.plan_from_file import Money, ask_data

    started = time.perf_counter()
    asked = ask_data(
        str(path),
        target="y",
        time="ts",
        model="linear",
        money=Money(retrain_cost_usd=100.0),
        started_at=datetime.now(UTC),
    )
    peak_kib = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(
        json.dumps(
            {
                "wall_s": time.perf_counter() - started,
                "peak_mib": peak_kib / 1024,
                "t_star_days": asked.plan.t_star_days,
            }
        )
    )


def main() -> int:
    """Measure each length; fail where memory grows with the rows."""
    wanted = tuple(int(text) for text in sys.argv[1:]) or ROWS
    print(f"{'rows':>12} {'file MiB':>9} {'time s':>7} {'peak MiB':>9}  T* (periods)")
    peaks = []
    for row_count in wanted:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "stream.parquet"
            write_stream(path, row_count=row_count)
            code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r});"
            code += f"import pathlib, speed_cadence as s; s.measure(pathlib.Path({str(path)!r}))"
            done = subprocess.run(
                [sys.executable, "-c", code], capture_output=True, text=True, check=True
            )
            found = json.loads(done.stdout.splitlines()[-1])
            size_mib = path.stat().st_size / 2**20
        peaks.append(found["peak_mib"])
        print(
            f"{row_count:>12,} {size_mib:>9.0f} {found['wall_s']:>7.1f} {found['peak_mib']:>9.0f}"
            f"  {found['t_star_periods']:.1f}",
            flush=True,
        )
    if len(peaks) > 1 and peaks[-1] > MEMORY_RATIO_LIMIT * peaks[-2]:
        print(f"memory grew {peaks[-1] / peaks[-2]:.1f}x with the rows", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
