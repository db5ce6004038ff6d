"""pyperf's JSON: read it with `python -m pyperf stats FILE` and `compare_to`."""

from collections.abc import Sequence

from benchmarks.exports.names import timed
from benchmarks.statistics.stats import by_process
from benchmarks.storage.records import BenchmarkRun

FORMAT = "1.0"
"""Version of pyperf's file format."""


def pyperf_suite(runs: Sequence[BenchmarkRun]) -> dict[str, object]:
    """Return every timed call as one of pyperf's benchmarks, each process as one of its runs.

    Source:
        pyperf's documentation, "JSON format"; runs of one value are kept as they are.
    """
    benchmarks = []
    for name, run, item in timed(runs):
        processes = by_process(item.durations_s, item.process_call_counts)
        metadata = {
            "name": name,
            "unit": "second",
            "inner_loops": 1,
            "loops": item.inner_call_count,
            "cpu_model_name": run.hardware.processor,
            "cpu_count": run.hardware.logical_cpu_count,
            "platform": run.hardware.system,
            "python_version": run.hardware.python,
            "description": f"{run.candidate.name} on {run.dataset.name}, preset {run.preset}",
        }
        benchmarks.append(
            {
                "metadata": metadata,
                "runs": [
                    {
                        "metadata": {"date": run.started_at.strftime("%Y-%m-%d %H:%M:%S.%f")},
                        "values": list(values),
                    }
                    for values in processes
                ],
            }
        )
    return {"version": FORMAT, "metadata": {}, "benchmarks": benchmarks}
