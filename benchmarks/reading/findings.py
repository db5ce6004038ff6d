"""What users of a model miss, read off its runs: each a factor with its interval, and a remedy.

A finding is told only where the 95% intervals of both medians are apart, so that noise is not
advice. Nothing is stored: the raw durations are in the runs.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from benchmarks.families import BASELINE_FAMILY
from benchmarks.statistics.stats import stated_interval
from benchmarks.storage.records import (
    NATIVE_FORM,
    BenchmarkRun,
    Finding,
    FindingKind,
    InferenceMeasurement,
    InputKind,
    Precision,
)

FORM_FACTOR = 1.5
"""A form is worth a word where it is so many times faster, or slower. Beyond what batching, input
or threads usually change, since it is also more to look after."""

LEAST_FACTOR = 1.2
"""Everything else is worth a word from this factor on."""

BATCH_FACTOR = 2.0
"""So many times more rows a second make batching worth a word: some gain is always there."""


@dataclass(frozen=True)
class _Median:
    """A median time with its 95% interval. [s]"""

    value_s: float
    lower_s: float
    upper_s: float
    rows: int
    threads: int

    @property
    def row_s(self) -> float:
        return self.value_s / self.rows


def findings_of(runs: Iterable[BenchmarkRun]) -> tuple[Finding, ...]:
    """Return every finding of some runs, the largest factor first.

    Args:
        runs: runs of any candidates; only finished ones on a CPU tell something.
    """
    found = [
        finding
        for run in runs
        if run.outcome == "ok" and run.device == "cpu"
        if run.candidate.family != BASELINE_FAMILY
        for look in LOOKS
        for finding in look(run)
    ]
    return tuple(sorted(found, key=lambda f: (-f.factor, f.candidate, f.kind)))


def refused_forms(run: BenchmarkRun) -> tuple[str, ...]:
    """Return, for people, the forms that a model could not be brought into, with the reason."""
    return tuple(
        f"no {item.form} form ({item.outcome}): {item.reason}"
        for item in run.forms
        if item.outcome != "ok"
    )


# One look each ------------------------------------------------------------------------------------


def _forms(run: BenchmarkRun) -> list[Finding]:
    """A form that answers many times faster than the native one, or slower."""
    found = []
    native = {m.rows: m for m in _native(run)}
    one = native.get(1)
    for item in run.forms:
        if item.form == NATIVE_FORM or item.outcome != "ok" or one is None:
            continue
        other = {m.rows: m for m in _medians(item.inference, form=item.form)}
        if 1 not in other:
            continue
        differs = (
            "" if item.largest_difference is None else f", off by {item.largest_difference:.0e}"
        )
        largest = max((rows for rows in other if rows in native), default=1)
        batch = ""
        if largest > 1:
            factor = native[largest].value_s / other[largest].value_s
            batch = f"; {_times(factor)} at {largest:,} rows"
        if _apart(one, other[1], FORM_FACTOR):
            found.append(
                _finding(
                    run,
                    "faster-form",
                    slow=one,
                    fast=other[1],
                    text=f"{item.form} answers one row {_factor(one, other[1])} times faster"
                    f"{batch}; same answers{differs}",
                    remedy=f"ship the {item.form} form",
                    form=item.form,
                )
            )
        elif _apart(other[1], one, FORM_FACTOR):
            found.append(
                _finding(
                    run,
                    "slower-form",
                    slow=other[1],
                    fast=one,
                    text=f"{item.form} answers one row {_factor(other[1], one)} times slower"
                    f"{batch}",
                    remedy="stay with the native form",
                    form=item.form,
                )
            )
    return found


def _data_frame(run: BenchmarkRun) -> list[Finding]:
    """What a data frame costs where an array would do, for single rows."""
    frame = _ready(run, "pandas", "float64", rows=1)
    array = _ready(run, "numpy", "float64", rows=1)
    if frame is None or array is None or not _apart(frame, array, LEAST_FACTOR):
        return []
    text = f"a data frame makes one row {_factor(frame, array)} times slower than an array"
    remedy = "hand predict an array"
    return [_finding(run, "data-frame", slow=frame, fast=array, text=text, remedy=remedy)]


def _threads(run: BenchmarkRun) -> list[Finding]:
    """What several threads do to a single row, and to the largest batch."""
    found = []
    cpus = run.hardware.logical_cpu_count
    medians = _native(run, threads=None)
    for rows in sorted({m.rows for m in medians}):
        one = next((m for m in medians if m.rows == rows and m.threads == 1), None)
        many = max(
            (m for m in medians if m.rows == rows and 1 < m.threads <= cpus),
            key=lambda m: m.threads,
            default=None,
        )
        if one is None or many is None:
            continue
        if rows == 1 and _apart(many, one, LEAST_FACTOR):
            text = f"{many.threads} threads make one row {_factor(many, one)} times slower than one"
            remedy = "serve with one thread (n_jobs=1, OMP_NUM_THREADS=1) and a worker per core"
            found.append(_finding(run, "threads", slow=many, fast=one, text=text, remedy=remedy))
        if rows == max(m.rows for m in medians) and _apart(one, many, LEAST_FACTOR):
            text = f"{many.threads} threads make {rows:,} rows {_factor(one, many)} times faster"
            remedy = "for batch jobs only, let one worker use all threads"
            found.append(
                _finding(run, "threads-batch", slow=one, fast=many, text=text, remedy=remedy)
            )
    return found


def _oversubscription(run: BenchmarkRun) -> list[Finding]:
    """What more threads than processors do to a single row."""
    cpus = run.hardware.logical_cpu_count
    medians = [m for m in _native(run, threads=None) if m.rows == 1]
    crowded = max((m for m in medians if m.threads > cpus), key=lambda m: m.threads, default=None)
    calm = min((m for m in medians if m.threads <= cpus), key=lambda m: m.value_s, default=None)
    if crowded is None or calm is None or not _apart(crowded, calm, LEAST_FACTOR):
        return []
    text = (
        f"{crowded.threads} threads on {cpus} processors make one row "
        f"{_factor(crowded, calm)} times slower than with {calm.threads}"
    )
    remedy = "set OMP_NUM_THREADS and n_jobs to what the container has, not to what the host has"
    return [_finding(run, "oversubscription", slow=crowded, fast=calm, text=text, remedy=remedy)]


def _precision(run: BenchmarkRun) -> list[Finding]:
    """What float32 input brings in the largest batch."""
    rows = max((m.rows for m in _ready_all(run, "numpy", "float64")), default=1)
    double = _ready(run, "numpy", "float64", rows=rows)
    single = _ready(run, "numpy", "float32", rows=rows)
    if double is None or single is None or not _apart(double, single, LEAST_FACTOR):
        return []
    text = f"float32 input makes {rows:,} rows {_factor(double, single)} times faster"
    remedy = "send float32, after a check that the quality stays"
    return [_finding(run, "float32", slow=double, fast=single, text=text, remedy=remedy)]


def _row_building(run: BenchmarkRun) -> list[Finding]:
    """How much longer the largest batch takes when it comes as parsed JSON rows."""
    ready = {m.rows: m for m in _ready_all(run, "numpy", "float64")}
    parsed = {m.rows: m for m in _native(run)}
    rows = max(set(ready) & set(parsed), default=None)
    if rows is None or rows == 1 or not _apart(parsed[rows], ready[rows], LEAST_FACTOR):
        return []
    text = (
        f"making an array of JSON rows makes {rows:,} rows "
        f"{_factor(parsed[rows], ready[rows])} times slower than a ready array"
    )
    remedy = "send large batches in a binary format (Parquet, Arrow, npy)"
    return [
        _finding(run, "json-rows", slow=parsed[rows], fast=ready[rows], text=text, remedy=remedy)
    ]


def _batching(run: BenchmarkRun) -> list[Finding]:
    """How many more rows a second the best batch brings."""
    medians = _native(run)
    one = next((m for m in medians if m.rows == 1), None)
    best = min(medians, key=lambda m: m.row_s, default=None)
    if one is None or best is None or best.rows == 1:
        return []
    per_row = _Median(
        best.row_s, best.lower_s / best.rows, best.upper_s / best.rows, best.rows, best.threads
    )
    if not _apart(one, per_row, BATCH_FACTOR):
        return []
    text = (
        f"{best.rows:,} rows in one call take {_factor(one, per_row)} times less time a row "
        "than one at a time"
    )
    remedy = "let callers send several rows, or collect requests for a moment"
    return [_finding(run, "batch", slow=one, fast=per_row, text=text, remedy=remedy)]


LOOKS: tuple[Callable[[BenchmarkRun], list[Finding]], ...] = (
    _forms,
    _data_frame,
    _threads,
    _oversubscription,
    _precision,
    _row_building,
    _batching,
)
"""Everything that is looked for."""


# The figures --------------------------------------------------------------------------------------


def _native(run: BenchmarkRun, *, threads: int | None = 1) -> list[_Median]:
    """Return the native form on parsed rows; of one thread count, or of all."""
    extra = [i for item in run.forms if item.form == NATIVE_FORM for i in item.inference]
    return [
        m
        for m in _medians([*run.inference, *extra], form=NATIVE_FORM, threads=threads)
        if m.value_s > 0
    ]


def _ready_all(run: BenchmarkRun, kind: InputKind, precision: Precision) -> list[_Median]:
    items = [i for item in run.forms if item.form == NATIVE_FORM for i in item.inference]
    return _medians(items, form=NATIVE_FORM, kind=kind, precision=precision)


def _ready(
    run: BenchmarkRun, kind: InputKind, precision: Precision, *, rows: int
) -> _Median | None:
    return next((m for m in _ready_all(run, kind, precision) if m.rows == rows), None)


def _medians(
    items: Sequence[InferenceMeasurement],
    *,
    form: str,
    threads: int | None = 1,
    kind: InputKind = "json",
    precision: Precision | None = None,
) -> list[_Median]:
    found = []
    for item in items:
        if item.form != form or item.input_kind != kind:
            continue
        if precision is not None and item.precision != precision:
            continue
        if threads is not None and item.thread_count != threads:
            continue
        interval = stated_interval(
            item.durations_s, quantile=0.5, process_call_counts=item.process_call_counts
        )
        if interval.value_s is None or interval.lower_s is None or interval.upper_s is None:
            continue  # too few calls for an interval: nothing is told
        found.append(
            _Median(
                interval.value_s,
                interval.lower_s,
                interval.upper_s,
                item.batch_rows,
                item.thread_count,
            )
        )
    return found


def _apart(slow: _Median, fast: _Median, factor: float) -> bool:
    """Whether one time is so many times another, and their intervals do not meet."""
    return slow.value_s >= factor * fast.value_s and slow.lower_s > fast.upper_s


def _factor(slow: _Median, fast: _Median) -> str:
    value = slow.value_s / fast.value_s
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def _times(factor: float) -> str:
    """Say a ratio of the native time to another one."""
    if factor >= 1:
        return f"{factor:,.1f} times faster"
    return f"{1 / factor:,.1f} times slower"


def _finding(
    run: BenchmarkRun,
    kind: FindingKind,
    *,
    slow: _Median,
    fast: _Median,
    text: str,
    remedy: str,
    form: str = NATIVE_FORM,
) -> Finding:
    return Finding(
        kind=kind,
        candidate=run.candidate.name,
        run_id=run.id,
        form=form,
        factor=slow.value_s / fast.value_s,
        factor_low=slow.lower_s / fast.upper_s,
        factor_high=slow.upper_s / fast.lower_s,
        slow_s=slow.value_s,
        fast_s=fast.value_s,
        text=text,
        remedy=remedy,
    )
