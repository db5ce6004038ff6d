"""pytest-benchmark's JSON, as `pytest --benchmark-json` writes it and other tools read it."""

import statistics
from collections.abc import Sequence
from datetime import UTC, datetime

from benchmarks.exports.names import timed
from benchmarks.storage.records import BenchmarkRun

FORMAT = "4.0.0"
"""Version of pytest-benchmark whose fields these are."""


def pytest_benchmark_file(runs: Sequence[BenchmarkRun]) -> dict[str, object]:
    """Return every timed call as one of pytest-benchmark's benchmarks, raw durations included."""
    benchmarks = []
    for name, run, item in timed(runs):
        data = list(item.durations_s)
        benchmarks.append(
            {
                "group": run.dataset.name,
                "name": name,
                "fullname": f"{run.dataset.name}::{name}",
                "params": {"batch_rows": item.batch_rows, "thread_count": item.thread_count},
                "param": f"{item.batch_rows}-{item.thread_count}",
                "extra_info": {"run": run.id, "preset": run.preset, "notes": list(run.notes)},
                "options": {
                    "disable_gc": False,
                    "timer": "perf_counter",
                    "min_rounds": 1,
                    "max_time": 0.0,
                    "min_time": 0.0,
                    "warmup": True,
                },
                "stats": stats_of(data, iterations=item.inner_call_count),
            }
        )
    newest = max((run.started_at for run in runs), default=datetime.fromtimestamp(0, UTC))
    host = runs[-1].hardware if runs else None
    return {
        "machine_info": {}
        if host is None
        else {
            "node": host.host_id,
            "processor": host.processor,
            "machine": host.architecture,
            "python_version": host.python,
            "system": host.system,
            "cpu": {"brand_raw": host.processor, "count": host.logical_cpu_count},
        },
        "commit_info": {},
        "benchmarks": benchmarks,
        "datetime": newest.isoformat(),
        "version": FORMAT,
    }


def stats_of(data: Sequence[float], *, iterations: int) -> dict[str, object]:
    """Return the figures that pytest-benchmark derives from rounds. [s]"""
    ordered = sorted(data)
    first, _, third = statistics.quantiles(ordered, n=4) if len(ordered) > 1 else (ordered[0],) * 3
    spread = third - first
    mean, sd = statistics.fmean(ordered), statistics.stdev(ordered) if len(ordered) > 1 else 0.0
    inside = [value for value in ordered if value >= first - 1.5 * spread]
    outliers = sum(
        value < first - 1.5 * spread or value > third + 1.5 * spread for value in ordered
    )
    return {
        "min": ordered[0],
        "max": ordered[-1],
        "mean": mean,
        "stddev": sd,
        "rounds": len(ordered),
        "median": statistics.median(ordered),
        "iqr": spread,
        "q1": first,
        "q3": third,
        "iqr_outliers": outliers,
        "stddev_outliers": sum(abs(value - mean) > sd for value in ordered),
        "outliers": f"{sum(abs(value - mean) > sd for value in ordered)};{outliers}",
        "ld15iqr": inside[0],
        "hd15iqr": max(value for value in ordered if value <= third + 1.5 * spread),
        "ops": 1.0 / mean,
        "total": sum(ordered),
        "data": list(data),
        "iterations": iterations,
    }
