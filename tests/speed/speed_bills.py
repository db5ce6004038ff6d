"""How fast, and in how much memory, 5 million rows of a bill are read, beside pyarrow.compute.

The other side reads the same columns and adds each number up by usage type, no more. Each reading
runs in its own process, so that its peak memory is its own. Prints; asserts no time.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
ROW_COUNT = 5_000_000
CHUNK = 500_000
REPEATS = 2

END = """
# Not `ru_maxrss`: a new process starts with that of the one that started it.
status = Path("/proc/self/status").read_text()
peak = float(status.partition("VmHWM:")[2].split()[0]) / 1024
cpu = time.process_time() - cpu
print(json.dumps({"s": time.perf_counter() - start, "cpu_s": cpu, "peak_mib": peak, "usd": usd}))
"""
OURS = """
import json, sys, time
from pathlib import Path
from advisor.imports.bills import Scope, read_bill
start, cpu = time.perf_counter(), time.process_time()
usd = read_bill([Path(sys.argv[1])], scope=Scope(tag=("model", "churn"))).cash_usd
"""
PYARROW = """
import json, sys, time
from pathlib import Path
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
start, cpu = time.perf_counter(), time.process_time()
table = pq.read_table(sys.argv[1])
numbers = [n for n in table.column_names if table.schema.field(n).type == "double"]
kept = table.group_by("line_item_usage_type").aggregate([(n, "sum") for n in numbers])
usd = pc.sum(table["line_item_unblended_cost"]).as_py()
"""


def best(code: str, path: Path) -> dict[str, float]:
    """Run a reading a few times in a process of its own; return the fastest."""
    runs = []
    for _ in range(REPEATS):
        done = subprocess.run(
            [sys.executable, "-c", code + END, str(path)],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
            timeout=600,
        )
        runs.append(json.loads(done.stdout))
    return min(runs, key=lambda run: run["s"])


def write_bill(path: Path) -> None:
    """Write an hourly bill of a month: a few hundred usage types, a tag on two rows of three."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    from tests.advisor.imports.bill_files import CUR_NUMBERS, cur

    rng = np.random.default_rng(7)
    sizes = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge")
    names = [f"USE1-BoxUsage:{f}{n}.{s}" for f in "cmr" for n in range(4, 9) for s in sizes]
    names += [f"USE1-Host:ml.{f}{n}.{s}" for f in "cmr" for n in range(4, 9) for s in sizes]
    plain = cur()
    texts = [k for k, v in plain.items() if isinstance(v, str) and not k.endswith("_date")]
    writer: Any = None
    hour, month = np.timedelta64(3600, "s"), np.datetime64("2026-09-01T00:00:00", "s")
    for _ in range(ROW_COUNT // CHUNK):
        start = month + rng.integers(0, 720, CHUNK) * hour
        columns: dict[str, Any] = {name: pa.repeat(pa.scalar(plain[name]), CHUNK) for name in texts}
        columns["line_item_usage_type"] = pa.array(np.array(names)[rng.integers(0, 150, CHUNK)])
        columns["line_item_usage_start_date"] = pa.array(start)
        columns["line_item_usage_end_date"] = pa.array(start + hour)
        columns["bill_billing_period_start_date"] = pa.array(np.full(CHUNK, month))
        for name in CUR_NUMBERS:
            is_used = name in {"line_item_usage_amount", "line_item_unblended_cost"}
            columns[name] = pa.array(rng.random(CHUNK) if is_used else np.zeros(CHUNK))
        tags: list[list[tuple[str, str]]] = [[("user_model", "churn")], [("user_model", "x")], []]
        columns["resource_tags"] = pa.array(
            [tags[i % 3] for i in range(CHUNK)], pa.map_(pa.string(), pa.string())
        )
        table = pa.table(columns)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    writer.close()


def main() -> None:
    """Write the bill, read it both ways, print both."""
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bill.parquet"
        write_bill(path)
        print(f"file: {path.stat().st_size / 2**20:.0f} MiB, {ROW_COUNT:,} rows")
        ours, theirs = best(OURS, path), best(PYARROW, path)
    for name, run in (("ours", ours), ("pyarrow.compute", theirs)):
        print(f"{name}: {run['s']:.2f} s, {run['cpu_s']:.2f} CPU s, peak {run['peak_mib']:.0f} MiB")
    print(f"the same invoice: {abs(ours['usd'] - theirs['usd']) < 1e-3}")
    print(f"ratio: {ours['cpu_s'] / theirs['cpu_s']:.2f} of pyarrow's CPU time")
    print(f"peak: {ours['peak_mib']:.0f} MiB (aim: below 400)")


if __name__ == "__main__":
    main()
