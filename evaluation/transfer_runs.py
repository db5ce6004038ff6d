"""Judge the split of a batch sweep on stored runs: `python -m advisor.evaluation.transfer_runs`.

Each inner batch size is predicted from the others, and each call on all threads from the calls on
one thread; both have been measured, so that both can be wrong.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from advisor.capacity.batching import fit_batch_cost
from advisor.capacity.thread_scaling import amdahl_speedup, fit_parallel_fraction
from advisor.errors import AdvisorError
from benchmarks.storage.records import BenchmarkRun
from benchmarks.storage.store import RunStore

ERRORS = ("thread_error_percent", "one_thread_only_error_percent", "naive_error_percent")
"""All threads predicted: by the measured gain, from one thread alone, by dividing everything."""


def judge_run(run: BenchmarkRun) -> dict[str, Any]:
    """Return the errors of one run, in percent; null where it was not measured."""
    cost = fit_batch_cost(run)
    return {
        "candidate": run.candidate.name,
        "host": run.hardware.processor,
        "batches": len(cost.sweep),
        "overhead_of_one_row_percent": round(100 * cost.overhead_fraction, 1),
        "knot_rows": round(cost.knot_rows, 1) if np.isfinite(cost.knot_rows) else None,
        "left_out_batch_error_percent": round(100 * cost.left_out_error, 1),
    } | thread_errors(run, overhead_s=cost.per_call_s)


def thread_errors(run: BenchmarkRun, *, overhead_s: float = 0.0) -> dict[str, Any]:
    """Return the errors of predicting all threads from one, at the batch sizes measured at both.

    Ours carries the speed-up measured at the smallest and the largest batch, as a parallel share
    interpolated over the logarithm of the batch. From one thread alone: the overhead stays, the
    rows are divided by the threads, at most by the physical cores. The naive one divides it all.

    Args:
        run: with calls at one thread and at several.
        overhead_s: time of a call whatever its rows, as fitted at one thread. [s]
    """
    by_threads: dict[int, dict[int, float]] = {}
    for m in run.inference:
        times = by_threads.setdefault(m.thread_count, {})
        times[m.batch_rows] = float(np.median(m.durations_s))
    counts = sorted(by_threads)
    if len(counts) < 2 or counts[0] != 1:
        return {"threads": None} | dict.fromkeys(ERRORS)
    one, many, threads = by_threads[1], by_threads[counts[-1]], counts[-1]
    rows = sorted(set(one) & set(many))
    inner = rows[1:-1]
    if not inner:
        return {"threads": threads} | dict.fromkeys(ERRORS)
    gains = [np.log(one[b] / many[b]) for b in (rows[0], rows[-1])]
    ours, alone, naive = [], [], []
    cores = min(threads, run.hardware.physical_core_count)
    for batch in inner:
        gain = float(np.exp(np.interp(np.log(batch), np.log([rows[0], rows[-1]]), gains)))
        ours.append(abs(one[batch] / gain / many[batch] - 1))
        rows_s = max(0.0, one[batch] - overhead_s)
        alone.append(abs((one[batch] - rows_s + rows_s / cores) / many[batch] - 1))
        naive.append(abs(one[batch] / threads / many[batch] - 1))
    medians = (round(100 * float(np.median(errors)), 1) for errors in (ours, alone, naive))
    return {"threads": threads} | dict(zip(ERRORS, medians, strict=True))


def training_gain(run: BenchmarkRun) -> float | None:
    """Return the speed-up of training on all measured threads by the fitted share; null without."""
    counts = sorted({t.thread_count for t in run.training})
    if len(counts) < 2 or counts[0] != 1:
        return None
    single, threaded = (
        float(np.median([t.wall_s for t in run.training if t.thread_count == count]))
        for count in (counts[0], counts[-1])
    )
    share = fit_parallel_fraction(
        wall_1_thread_s=single, wall_n_thread_s=threaded, thread_count=counts[-1]
    )
    return float(amdahl_speedup(core_count=counts[-1], parallel_fraction=share))


def judge_store(folder: Path) -> list[dict[str, Any]]:
    """Return the errors of every finished CPU run of a store.

    Raises:
        AdvisorError: there is none.
    """
    runs = RunStore(folder).runs() if folder.is_dir() else ()
    found = [
        judge_run(run) | {"training_gain": training_gain(run)}
        for run in runs
        if run.outcome == "ok" and run.device == "cpu" and run.inference
    ]
    if not found:
        raise AdvisorError(f"no finished CPU run in {folder}: run 'advisor bench' first")
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Run the suite; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m advisor.evaluation.transfer_runs",
        description=(__doc__ or "").split("\n", maxsplit=1)[0],
    )
    parser.add_argument("store", type=Path, help="folder of the runs")
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    options = parser.parse_args(argv)
    try:
        found = judge_store(options.store)
    except AdvisorError as error:
        print(f"advisor: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(found, indent=2, allow_nan=False))
        return 0
    print("| " + " | ".join(found[0]) + " |\n|" + "---|" * len(found[0]))
    for row in found:
        cells = (f"{v:.2f}" if isinstance(v, float) else str(v) for v in row.values())
        print("| " + " | ".join("" if c == "None" else c for c in cells) + " |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
