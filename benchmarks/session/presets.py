"""How much to measure: `fast` to begin, `standard` for a decision, `rigorous` to publish."""

from dataclasses import dataclass

from benchmarks.errors import BenchmarkError, did_you_mean
from benchmarks.statistics.timing import Budget

BATCH_ROWS = (1, 8, 64, 256, 1024)
"""Batch sizes at which inference is timed."""

CURVE_FRACTIONS = (0.125, 0.25, 0.5)
"""Sizes of the learning curve below the whole, as shares of the training rows."""


@dataclass(frozen=True)
class Preset:
    """A trade of time for certainty."""

    name: str
    seeds: tuple[int, ...]
    """Seeds of the trainings."""
    budget_s: float | None
    """Time for all candidates and back-tests together; null for no bound. [s]"""
    backtest_s: float
    """Part of the budget, or the time, kept for back-tests. [s]"""
    trial_limit_s: float
    """Deadline of any single trial. [s]"""
    max_rows: int | None
    """Rows read at most; null for all."""
    max_cells: int | None
    """Values read at most; null for all."""
    single_row: Budget
    """For the smallest batch, whose tail matters."""
    larger_batches: Budget
    threaded_single_row: Budget
    """The same with all threads."""
    threaded_larger_batches: Budget
    probe_s: float = 0.15
    """Time for each probe of the machine. [s]"""
    process_count: int = 1
    """Processes that serve with one thread, each timed within the budgets above: what differs from
    process to process is in no interval of the calls of one."""
    threaded_process_count: int = 1
    """The same with all threads."""

    spare_process_count: int = 0
    """Processes more that are tried where other programs or machines disturbed some of them."""

    def serving_s(self, *, batch_count: int, threaded: bool) -> float:
        """Return about how long the inference of one candidate takes. [s]"""
        first = self.threaded_single_row if threaded else self.single_row
        others = self.threaded_larger_batches if threaded else self.larger_batches
        start_s = 0.3 if threaded else 2.0
        each_s = others.wanted_s + others.warmup_s
        process_count = self.threaded_process_count if threaded else self.process_count
        timed_s = first.wanted_s + first.warmup_s + (batch_count - 1) * each_s
        return process_count * (start_s + timed_s)

    def kept_call_count(self, *, batch_count: int) -> int:
        """Return how many durations one candidate stores at most, other forms apart."""
        one = self.single_row.max_count + (batch_count - 1) * self.larger_batches.max_count
        threaded = (
            self.threaded_single_row.max_count
            + (batch_count - 1) * self.threaded_larger_batches.max_count
        )
        return self.process_count * one + self.threaded_process_count * threaded

    def serving_limit_s(self, *, batch_count: int) -> float:
        """Return the deadline of one inference trial: every limit, and time to import. [s]"""
        return 60.0 + 2 * self.single_row.limit_s + batch_count * 2 * self.larger_batches.limit_s


NARROW_P50 = 0.02
"""Width of a median's 95% interval that `standard` asks for. [fraction]"""

NARROW_P99 = 0.20
"""Width of a p99's 95% interval that `standard` asks for. [fraction]"""

PRESETS = {
    "fast": Preset(
        name="fast",
        seeds=(0, 1, 2),
        budget_s=150.0,
        backtest_s=30.0,
        trial_limit_s=60.0,
        max_rows=50_000,
        max_cells=5_000_000,
        single_row=Budget(
            wanted_s=0.35, min_count=300, limit_s=2.0, max_count=2_000, width_fraction=0.05
        ),
        larger_batches=Budget(
            wanted_s=0.12,
            min_count=20,
            limit_s=0.4,
            max_count=500,
            warmup_s=0.05,
            width_fraction=0.05,
        ),
        threaded_single_row=Budget(
            wanted_s=0.2, min_count=100, limit_s=0.7, max_count=500, warmup_s=0.1
        ),
        threaded_larger_batches=Budget(
            wanted_s=0.1, min_count=10, limit_s=0.3, max_count=200, warmup_s=0.05
        ),
        probe_s=0.1,
    ),
    "standard": Preset(
        name="standard",
        seeds=(0, 1, 2, 3, 4),
        budget_s=None,
        backtest_s=900.0,
        trial_limit_s=3_600.0,
        max_rows=None,
        max_cells=None,
        single_row=Budget(
            wanted_s=1.5,
            min_count=1_000,
            limit_s=10.0,
            extension_count=1,
            quantile=0.99,
            width_fraction=NARROW_P99,
        ),
        larger_batches=Budget(
            wanted_s=0.5, min_count=50, limit_s=4.0, max_count=2_000, width_fraction=NARROW_P50
        ),
        threaded_single_row=Budget(
            wanted_s=0.7, min_count=300, limit_s=4.0, max_count=3_000, width_fraction=NARROW_P50
        ),
        threaded_larger_batches=Budget(
            wanted_s=0.3, min_count=30, limit_s=2.0, max_count=1_000, width_fraction=NARROW_P50
        ),
        process_count=3,
        threaded_process_count=3,
        spare_process_count=2,
    ),
    "rigorous": Preset(
        name="rigorous",
        seeds=(0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
        budget_s=None,
        backtest_s=3_600.0,
        trial_limit_s=3 * 3_600.0,
        max_rows=None,
        max_cells=None,
        single_row=Budget(
            wanted_s=4.0,
            min_count=2_000,
            limit_s=30.0,
            extension_count=3,
            quantile=0.99,
            width_fraction=NARROW_P99 / 2,
        ),
        larger_batches=Budget(
            wanted_s=1.5,
            min_count=100,
            limit_s=10.0,
            max_count=3_000,
            extension_count=1,
            width_fraction=NARROW_P50 / 2,
        ),
        threaded_single_row=Budget(
            wanted_s=2.0,
            min_count=500,
            limit_s=10.0,
            max_count=3_000,
            extension_count=1,
            width_fraction=NARROW_P50 / 2,
        ),
        threaded_larger_batches=Budget(
            wanted_s=1.0, min_count=50, limit_s=5.0, max_count=1_000, width_fraction=NARROW_P50 / 2
        ),
        process_count=10,
        threaded_process_count=5,
        spare_process_count=4,
        probe_s=0.5,
    ),
}


def preset_named(name: str) -> Preset:
    """Return a preset.

    Raises:
        BenchmarkError: there is none of that name.
    """
    if name not in PRESETS:
        raise BenchmarkError(f"no preset {name!r}: {did_you_mean(name, PRESETS)}")
    return PRESETS[name]
