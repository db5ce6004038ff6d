"""Runs as a table for people."""

import statistics
from collections.abc import Sequence

from benchmarks.statistics.stats import quantile_interval
from benchmarks.storage.records import BacktestRun, BenchmarkRun

NARROW = ("candidate", "quality", "spread", "train s", "p50 ms", "p99 ms", "MiB", "outcome")
"""Columns for an ordinary terminal."""

WIDE = (
    "candidate",
    "quality",
    "spread",
    "rows",
    "train s",
    "p50 ms",
    "p99 ms",
    "rows/s",
    "model MB",
    "MiB",
    "outcome",
)
"""Columns where there is room."""

WIDE_COLUMNS = 120
"""Characters that the wide table needs."""

NONE = "–"
"""Shown where there is no number."""


def columns_for(width: int, *, all_ok: bool) -> tuple[str, ...]:
    """Return the columns that fit so many characters; the outcome only where there is one to tell.

    Example:
        >>> columns_for(80, all_ok=True)
        ('candidate', 'quality', 'spread', 'train s', 'p50 ms', 'p99 ms', 'MiB')
    """
    columns = WIDE if width >= WIDE_COLUMNS else NARROW
    return tuple(column for column in columns if not (all_ok and column == "outcome"))


def run_cells(run: BenchmarkRun) -> dict[str, str]:
    """Return one run as text by column.

    Quality and training time are means over seeds, the spread is highest minus lowest. Latencies
    are of one row with one thread; a percentile that the samples are too few for is left out.
    """
    seeds = {item.seed: item for item in reversed(run.training)}
    qualities = [item.quality for item in seeds.values()]
    single = [item for item in run.inference if item.thread_count == 1]
    first = min(single, key=lambda item: item.batch_rows, default=None)
    rates = [item.batch_rows / statistics.median(item.durations_s) for item in single]
    where = "" if run.device == "cpu" else f" ({run.device})"
    return {
        "candidate": run.candidate.name + where,
        "quality": f"{statistics.fmean(qualities):.4f}" if qualities else NONE,
        "spread": f"{max(qualities) - min(qualities):.4f}" if qualities else NONE,
        "rows": f"{max(item.row_count for item in run.training):,}" if run.training else NONE,
        "train s": _number(statistics.fmean(s.wall_s for s in seeds.values()) if seeds else None),
        "p50 ms": _milliseconds(first.durations_s if first else (), quantile=0.5),
        "p99 ms": _milliseconds(first.durations_s if first else (), quantile=0.99),
        "rows/s": f"{max(rates):,.0f}" if rates else NONE,
        "model MB": _number(None if run.artefact_bytes is None else run.artefact_bytes / 1e6),
        "MiB": f"{run.serving_memory_bytes / 2**20:,.0f}" if run.serving_memory_bytes else NONE,
        "outcome": run.outcome,
    }


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
