"""Runs in the formats of other tools: pyperf, pytest-benchmark, MLflow."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.exports.pyperf import pyperf_suite
from benchmarks.exports.pytest_benchmark import pytest_benchmark_file
from benchmarks.storage.records import BenchmarkRun

FILES: dict[str, Callable[[Sequence[BenchmarkRun]], dict[str, object]]] = {
    "pyperf": pyperf_suite,
    "pytest-benchmark": pytest_benchmark_file,
}
"""Formats that are one JSON file, by name."""


def write_export(runs: Sequence[BenchmarkRun], *, to: str, path: Path) -> None:
    """Write runs as a file of another tool.

    Raises:
        BenchmarkError: there is nothing to write, or it cannot be written.
    """
    from benchmarks.errors import BenchmarkError

    text = json.dumps(FILES[to](runs), indent=1)
    try:
        path.write_text(text)
    except OSError as error:
        raise BenchmarkError(
            f"{path}: cannot be written ({error.strerror}): choose another file with --output"
        ) from None
