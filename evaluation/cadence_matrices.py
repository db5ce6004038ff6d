"""The full error matrices that cadence policies are judged on: a model at the end of each period.

They serve for scoring only; a recommender sees at most eight of their rows, and the first half.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from advisor.arrays import Floats
from advisor.errors import AdvisorError

if TYPE_CHECKING:
    from benchmarks.data.datasets import TaskData
    from benchmarks.data.periods import PeriodLength
    from benchmarks.session.backtest import Window


NO_FEATURES: Final = ("label_ts", "booking_ts")
"""Columns that are never features."""
NO_FEATURE_SUFFIX: Final = "_unused"
"""Columns that end so are never features."""
WARM_UP_FRACTION: Final = 0.12
"""Share of the periods before the first training."""
WARM_UP_PERIODS: Final = 8
"""Periods before the first training, at least."""
FAILURE_SHARE: Final = 0.1
"""Share of trainings that may fail; the model before then stays in place."""
WINDOW_FRACTION: Final = 0.20
"""Share of the periods in a sliding window."""


@dataclass(frozen=True)
class Configuration:
    """A model and a window policy."""

    name: str
    family: str
    window: "Window"
    parameters: Mapping[str, Any] = field(default_factory=dict)


BOOSTING: Final = {
    "model__max_iter": 80,
    "model__max_leaf_nodes": 31,
    "model__learning_rate": 0.1,
    "model__early_stopping": False,
}
CONFIGURATIONS: Final = (
    Configuration("boosting-sliding", "hist_gradient_boosting", "sliding", BOOSTING),
    Configuration("boosting-expanding", "hist_gradient_boosting", "expanding", BOOSTING),
    Configuration("linear-sliding", "linear", "sliding"),
)
"""The configurations of the protocol."""


@dataclass(frozen=True)
class FullMatrix:
    """E[s, t] for each s from the end of the warm-up on, of one stream and configuration."""

    stream: str
    configuration: str
    warm_up: int
    """Periods before the first training, B."""
    error: Floats
    """Shape (N, N): row = trained at the end of, column = scored on; NaN where there is none."""
    count: Floats
    """Cases of each period, shape (N,)."""
    period: str
    """Length of a period, for people."""
    period_days: float | None = None
    """The same; None where only the order is known. [days]"""

    @property
    def period_count(self) -> int:
        """Periods, N."""
        return len(self.count)


def warm_up_periods(period_count: int) -> int:
    """B = max(8, 12% of N).

    Example:
        >>> warm_up_periods(50), warm_up_periods(135)
        (8, 16)
    """
    return max(WARM_UP_PERIODS, round(WARM_UP_FRACTION * period_count))


def window_periods(period_count: int) -> int:
    """Length of the sliding window: max(B, 20% of N). [periods]"""
    return max(warm_up_periods(period_count), round(WINDOW_FRACTION * period_count))


def load_stream(source: str | Path) -> "TaskData":
    """Load a stream file (columns `ts`, `y` and features), or a `simulated:...` one."""
    from benchmarks.data.datasets import load_data

    if isinstance(source, str):
        return load_data(source=source, path=None, target="y", time="ts", folder=Path())
    return load_data(
        source=None,
        path=source.name,
        target="y",
        time="ts",
        ignore=_no_features(source),
        folder=source.parent,
    )


def _no_features(path: Path) -> tuple[str, ...]:
    import pyarrow.parquet as pq

    try:
        names = pq.read_schema(path).names
    except (OSError, ValueError) as error:
        first = str(error).partition("\n")[0]
        raise AdvisorError(f"{path}: cannot be read as Parquet ({first})") from None
    return tuple(n for n in names if n in NO_FEATURES or n.endswith(NO_FEATURE_SUFFIX))


def full_matrix(
    source: str | Path,
    *,
    configuration: Configuration,
    cache: Path,
    period: "PeriodLength | None" = None,
    worker_count: int = 2,
    progress: Callable[[int, int], None] | None = None,
    data: "TaskData | None" = None,
) -> FullMatrix:
    """Train at the end of each period and score every later one; finished trainings are cached.

    Raises:
        AdvisorError: the stream has too few periods for the protocol.
    """
    from benchmarks.data.losses import mad
    from benchmarks.data.periods import cut_periods
    from benchmarks.session.backtest import make_bench, make_trials, run_trials, trials_key
    from benchmarks.storage.records import Candidate

    data = data or load_stream(source)
    name = source if isinstance(source, str) else source.stem
    assert data.time is not None
    periods = cut_periods(data.time, length=period)
    total, first = periods.count, warm_up_periods(periods.count)
    if total < 2 * first:
        raise AdvisorError(
            f"{name}: {total} periods of {periods.length.label} are too few for the protocol, at"
            f" least {2 * first} are needed: give a shorter --period"
        )
    scale = None
    if data.spec.task == "regression":
        scale = mad(np.asarray(data.y)[(periods.number >= 0) & (periods.number < first)])
    bench = make_bench(
        data,
        candidate=Candidate(
            name=configuration.name, family=configuration.family, simplicity_rank=0
        ),
        period=periods.length,
        parameters=configuration.parameters,
        scale=scale,
    )
    trials = make_trials(
        bench,
        origins=range(first - 1, total - 1),
        window=configuration.window,
        window_periods=window_periods(total),
    )
    error = np.full((total, total), math.nan)
    failures: list[str] = []
    for result in run_trials(
        bench,
        trials,
        worker_count=worker_count,
        keep_in=cache / trials_key(bench, trials),
        progress=progress,
    ):
        if result.reason is not None:
            failures.append(result.reason)
        else:
            scored = np.where(np.array(result.count) > 0, np.array(result.error), math.nan)
            error[result.origin, result.origin + 1 :] = scored
    if np.isnan(error[first - 1, first]) or len(failures) > FAILURE_SHARE * len(trials):
        raise AdvisorError(
            f"{name}: {configuration.name}: {len(failures)} of {len(trials)} trainings failed,"
            f" the first of them: {failures[0] if failures else 'no score'}"
        )
    return FullMatrix(
        stream=name,
        configuration=configuration.name,
        warm_up=first,
        error=_filled(error, first=first),
        count=periods.rows.astype(np.float64),
        period=periods.length.label,
        period_days=periods.length.days,
    )


def _filled(error: Floats, *, first: int) -> Floats:
    """A training that failed leaves the previous model in place."""
    filled = error.copy()
    for origin in range(first, len(error) - 1):
        missing = np.isnan(filled[origin]) & (np.arange(len(error)) > origin)
        filled[origin, missing] = filled[origin - 1, missing]
    return filled


def pick_configurations(names: Iterable[str] | None) -> Sequence[Configuration]:
    """The configurations of some names; all of the protocol's for None.

    Raises:
        AdvisorError: there is no such configuration.
    """
    if names is None:
        return CONFIGURATIONS
    known = {each.name: each for each in CONFIGURATIONS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise AdvisorError(f"no configuration {unknown[0]!r}: choose from {', '.join(known)}")
    return [known[name] for name in names]
