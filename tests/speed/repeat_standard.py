"""Repeatability: the `standard` preset twice on this machine, and how far its figures agree.

Prints the share of measurements whose median differs by less than 3%, and of those whose 95%
intervals overlap; the targets are 9 in 10 of each. Not one of `make speed`: it takes 10 minutes
and wants a quiet machine.

    python tests/speed/repeat_standard.py                        # standard, digits, two candidates
    python tests/speed/repeat_standard.py --preset fast --candidates linear,random_forest
    python tests/speed/repeat_standard.py --stores A B           # of two stores that are there
"""

import argparse
import tempfile
from pathlib import Path

from benchmarks.reading.run_interval import disturbance_ln, run_interval
from benchmarks.session.runner import run_study_benchmarks
from benchmarks.storage.records import BenchmarkRun, DataSettings, InferenceMeasurement
from benchmarks.storage.store import RunStore

NEAR_FRACTION = 0.03
TARGET_FRACTION = 0.9


def measure(folder: Path, *, preset: str, source: str, candidates: list[str]) -> None:
    """Run a preset once into a store of its own."""
    run_study_benchmarks(
        data_settings=DataSettings(source=source),
        candidates=candidates,
        store=RunStore(folder),
        folder=folder.parent,
        preset=preset,
        devices=("cpu",),
        on_progress=lambda step: print(f"  {step.label}", flush=True),
    )


def timings_of(run: BenchmarkRun) -> list[InferenceMeasurement]:
    """Return everything that was timed, the other forms and inputs too."""
    return [*run.inference, *(i for item in run.forms for i in item.inference)]


def what_of(item: InferenceMeasurement) -> tuple[object, ...]:
    """Return what was timed."""
    rows, threads = f"{item.batch_rows} rows", f"{item.thread_count} threads"
    return item.form, item.input_kind, item.precision, rows, threads


def rows_of(first: list[BenchmarkRun], second: list[BenchmarkRun]) -> list[tuple[object, ...]]:
    """Return, of every measurement that both have, its name, change of p50, and overlap."""
    found: list[tuple[object, ...]] = []
    for a in first:
        b = next((run for run in second if run.candidate.name == a.candidate.name), None)
        if b is None or a.outcome != "ok" or b.outcome != "ok":
            continue
        speed = 1.0
        if a.circumstances and b.circumstances:
            before, after = a.circumstances.reference_s, b.circumstances.reference_s
            speed = after / before if before and after else 1.0
        theirs = {what_of(i): i for i in timings_of(b)}
        for one in timings_of(a):
            two = theirs.get(what_of(one))
            if two is None:
                continue
            x, y = (
                run_interval(i, 0.5, disturbance_ln=disturbance_ln(run))
                for i, run in ((one, a), (two, b))
            )
            if None in (x.value_s, x.lower_s, x.upper_s, y.value_s, y.lower_s, y.upper_s):
                continue
            name = f"{a.candidate.name}, {', '.join(str(part) for part in what_of(one))}"
            change = y.value_s / x.value_s - 1
            overlap = x.lower_s <= y.upper_s and y.lower_s <= x.upper_s
            found.append((name, x.value_s, y.value_s, change, (1 + change) / speed - 1, overlap))
    return found


def main() -> None:
    """Measure twice, or read two stores, and print the shares."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="standard")
    parser.add_argument("--source", default="builtin:digits")
    parser.add_argument("--candidates", default="linear,hist_gradient_boosting")
    parser.add_argument("--stores", nargs=2, type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="advisor-repeat-") as scratch:
        stores = asked.stores or [Path(scratch) / name for name in ("first", "second")]
        if not asked.stores:
            for store in stores:
                print(store.name, flush=True)
                measure(
                    store,
                    preset=asked.preset,
                    source=asked.source,
                    candidates=asked.candidates.split(","),
                )
        runs = [list(RunStore(store).runs()) for store in stores]
    rows = rows_of(*runs)
    print(f"{'measurement':<58} {'first':>10} {'second':>10} {'p50':>8} {'corrected':>10}  overlap")
    for name, x, y, change, corrected, overlap in rows:
        print(
            f"{name:<58} {1e3 * x:7.3f} ms {1e3 * y:7.3f} ms {change:8.1%} {corrected:10.1%}  "
            f"{'yes' if overlap else 'NO'}"
        )
    near = sum(abs(row[3]) < NEAR_FRACTION for row in rows)
    near_corrected = sum(abs(row[4]) < NEAR_FRACTION for row in rows)
    overlapping = sum(bool(row[5]) for row in rows)
    print(
        f"{near} of {len(rows)} medians differ by less than {NEAR_FRACTION:.0%} "
        f"({near_corrected} after the reference workload's correction); "
        f"{overlapping} of {len(rows)} intervals overlap; wanted: {TARGET_FRACTION:.0%} of each"
    )


if __name__ == "__main__":
    main()
