"""Runs as a table for people."""

import statistics
from collections.abc import Sequence

from benchmarks.records import BacktestRun, BenchmarkRun
from benchmarks.stats import quantile_interval

RUN_COLUMNS = (
    "candidate",
    "device",
    "quality",
    "spread",
    "train [s]",
    "rows",
    "p50 1 row [ms]",
    "p99 1 row [ms]",
    "rows/s",
    "model [MB]",
    "memory [MiB]",
    "outcome",
)
"""Heads of the table of `run_row`."""

NONE = "–"
"""Shown where there is no number."""


def run_row(run: BenchmarkRun) -> tuple[str, ...]:
    """Return one run as text, in the order of `RUN_COLUMNS`.

    Quality and training time are means over seeds, the spread is highest minus lowest. Latencies
    are of one row with one thread; a percentile that the samples are too few for is left out.
    """
    seeds = {item.seed: item for item in reversed(run.training)}
    qualities = [item.quality for item in seeds.values()]
    single = [item for item in run.inference if item.thread_count == 1]
    first = min(single, key=lambda item: item.batch_rows, default=None)
    rates = [item.batch_rows / statistics.median(item.durations_s) for item in single]
    return (
        run.candidate.name,
        run.device,
        f"{statistics.fmean(qualities):.4f}" if qualities else NONE,
        f"{max(qualities) - min(qualities):.4f}" if qualities else NONE,
        _number(statistics.fmean(s.wall_s for s in seeds.values()) if seeds else None),
        f"{max(item.row_count for item in run.training):,}" if run.training else NONE,
        _milliseconds(first.durations_s if first else (), quantile=0.5),
        _milliseconds(first.durations_s if first else (), quantile=0.99),
        f"{max(rates):,.0f}" if rates else NONE,
        _number(None if run.artefact_bytes is None else run.artefact_bytes / 1e6),
        f"{run.serving_memory_bytes / 2**20:,.0f}" if run.serving_memory_bytes else NONE,
        run.outcome,
    )


def run_remarks(run: BenchmarkRun) -> tuple[str, ...]:
    """Return what must be known beside the numbers: the reason of a failure, and the notes."""
    reasons = () if run.reason is None else (f"{run.outcome}: {run.reason}",)
    return (*reasons, *run.notes)


def shared_remarks(runs: Sequence[BenchmarkRun]) -> tuple[str, ...]:
    """Return the notes that every run has, so that they are said once."""
    if len(runs) < 2:
        return ()
    return tuple(n for n in runs[0].notes if all(n in run.notes for run in runs))


def backtest_line(backtest: BacktestRun) -> str:
    """Return a back-test in one line."""
    if backtest.outcome != "ok":
        return f"{backtest.candidate.name}: {backtest.outcome}: {backtest.reason}"
    origins = len({cell.trained_at for cell in backtest.cells})
    simulated = ", simulated data" if backtest.dataset.simulated else ""
    return (
        f"{backtest.candidate.name}: {origins} trainings scored on {len(backtest.cells)} later "
        f"periods of {backtest.period_label}{simulated}"
    )


def _milliseconds(durations_s: Sequence[float], *, quantile: float) -> str:
    found = quantile_interval(durations_s, quantile=quantile) if durations_s else None
    return NONE if found is None or found.value_s is None else _number(found.value_s * 1e3)


def _number(value: float | None) -> str:
    """Three significant digits, no exponent."""
    if value is None:
        return NONE
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 0.001 else f"{value:.4f}"
