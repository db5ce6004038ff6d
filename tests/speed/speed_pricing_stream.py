"""How fast, and in how much memory, a 300 MB EC2 offer file is read, beside pyarrow's CSV reader.

Each reading runs in its own process, so that its peak memory is its own. Prints; asserts no time.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
SIZE_BYTES = 300_000_000
REPEATS = 3

OURS = """
import json, resource, sys, time
from datetime import date
from pathlib import Path
from pricing.sources.files import rows_of_blocks
from pricing.sources.offers import OFFER_FILES
def blocks():
    with Path(sys.argv[1]).open("rb") as file:
        while block := file.read(1 << 20):
            yield block
start = time.perf_counter()
rows = rows_of_blocks(
    blocks(), service=OFFER_FILES["ec2"], region="eu-west-1", today=date(2026, 11, 21), url="file"
)
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"s": seconds, "peak_mib": peak, "rows": len(rows)}))
"""
PYARROW = """
import json, resource, sys, time
from pyarrow import csv
start = time.perf_counter()
table = csv.read_csv(sys.argv[1], read_options=csv.ReadOptions(skip_rows=5))
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"s": seconds, "peak_mib": peak, "rows": table.num_rows}))
"""


def best(code: str, path: Path) -> dict[str, float]:
    """Run a reading a few times in a process of its own; return the fastest."""
    runs = []
    for _ in range(REPEATS):
        done = subprocess.run(
            [sys.executable, "-c", code, str(path)],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
            timeout=300,
        )
        runs.append(json.loads(done.stdout))
    return min(runs, key=lambda run: run["s"])


def main() -> None:
    """Write the file, read it both ways, print both."""
    sys.path.insert(0, str(ROOT))
    from pricing.instances import load_catalogue
    from tests.pricing.offer_files import write_big_ec2_file

    types = [shape.instance_type for shape in load_catalogue().shapes]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.csv"
        lines = write_big_ec2_file(path, size_bytes=SIZE_BYTES, types=types)
        print(f"file: {path.stat().st_size / 1e6:.0f} MB, {lines:,} lines")
        ours, theirs = best(OURS, path), best(PYARROW, path)
    for name, run in (("ours", ours), ("pyarrow", theirs)):
        peak, rows = run["peak_mib"], run["rows"]
        print(f"{name}: {run['s']:.2f} s, peak {peak:.0f} MiB, {rows:.0f} rows")
    print(f"ratio: {ours['s'] / theirs['s']:.2f} of pyarrow's time (aim: below 2)")
    print(f"peak: {ours['peak_mib']:.0f} MiB (aim: below 300)")


if __name__ == "__main__":
    main()
