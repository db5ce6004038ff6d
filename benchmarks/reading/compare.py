"""Two runs side by side: the interval of the ratio and a verdict, never a guess.

Faster or slower only where the whole interval says so; all else is "cannot tell".
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from benchmarks.errors import did_you_mean
from benchmarks.machine.interference import REFERENCE_LIMIT_FRACTION
from benchmarks.reading.run_interval import disturbance_ln, run_interval
from benchmarks.statistics.stats import (
    LEAST_PROCESSES,
    QuantileInterval,
    process_interval,
    ratio_interval,
)
from benchmarks.storage.records import NATIVE_FORM, BenchmarkRun, InferenceMeasurement

Verdict = Literal["faster", "slower", "cannot tell"]


@dataclass(frozen=True)
class Comparison:
    """One quantity of two runs."""

    candidate: str
    """What was measured in the new run."""
    what: str
    """Which quantity, for people."""
    old_s: float | None
    """Value of the old run; null where it cannot be stated. [s]"""
    new_s: float | None
    """Value of the new run. [s]"""
    ratio: float | None
    """New over old."""
    lower: float | None
    """Lower end of the ratio's 95% interval."""
    upper: float | None
    """Upper end of it."""
    verdict: Verdict
    """What the new one is."""
    is_headline: bool
    """Whether the exit code looks at it: the median of the smallest batch with one thread."""
    note: str | None = None
    """What a reader must know."""


def compare_runs(old: BenchmarkRun, new: BenchmarkRun) -> tuple[Comparison, ...]:
    """Compare what both runs measured: inference by batch and threads, and training."""
    scale, note = _speed_scale(old, new)
    doubts = disturbance_ln(old), disturbance_ln(new)
    note = "; ".join(text for text in (note, _doubt_note(*doubts)) if text) or None
    found = []
    pairs = _pairs(old, new)
    for position, (a, b) in enumerate(pairs):
        quantiles = (0.5, 0.99) if position == 0 else (0.5,)
        for quantile in quantiles:
            what = (
                f"{b.batch_rows} row{'s' if b.batch_rows > 1 else ''}, {b.thread_count} "
                f"thread{'s' if b.thread_count > 1 else ''}, p{100 * quantile:g}"
            )
            found.append(
                _compared(
                    new.candidate.name,
                    what,
                    old=run_interval(a, quantile, disturbance_ln=doubts[0]),
                    new=run_interval(b, quantile, disturbance_ln=doubts[1]),
                    scale=scale,
                    note=note,
                    is_headline=position == 0 and quantile == 0.5,
                )
            )
    found += _training(old, new, scale=scale, note=note, doubt_ln=math.hypot(*doubts))
    return tuple(found)


def _pairs(
    old: BenchmarkRun, new: BenchmarkRun
) -> list[tuple[InferenceMeasurement, InferenceMeasurement]]:
    def by_what(run: BenchmarkRun) -> dict[tuple[int, int], InferenceMeasurement]:
        return {
            (item.thread_count, item.batch_rows): item
            for item in run.inference
            if item.form == NATIVE_FORM and item.inner_call_count == 1
        }

    before, after = by_what(old), by_what(new)
    return [(before[key], after[key]) for key in sorted(before.keys() & after.keys())]


def _doubt_note(old_ln: float, new_ln: float) -> str | None:
    disturbed = [
        f"the {name} run by {math.expm1(doubt):.0%}"
        for name, doubt in (("old", old_ln), ("new", new_ln))
        if doubt > 0
    ]
    if not disturbed:
        return None
    return (
        "the machine's speed varied during the runs, by the reference workload, and the intervals "
        f"are widened: {', '.join(disturbed)}"
    )


def _speed_scale(old: BenchmarkRun, new: BenchmarkRun) -> tuple[float, str | None]:
    """Return what to divide the new times by for the machine's own change of speed, and why."""
    if old.hardware.host_id != new.hardware.host_id:
        return 1.0, "not the same machine"
    before = old.circumstances.reference_s if old.circumstances else None
    after = new.circumstances.reference_s if new.circumstances else None
    if before is None or after is None:
        return 1.0, None
    change = after / before - 1
    if abs(change) <= REFERENCE_LIMIT_FRACTION:
        return 1.0, None
    return after / before, (
        f"the machine itself was {abs(change):.0%} {'slower' if change > 0 else 'faster'} by the "
        "reference workload; the ratio is corrected for it"
    )


def _compared(
    candidate: str,
    what: str,
    *,
    old: QuantileInterval,
    new: QuantileInterval,
    scale: float,
    note: str | None,
    is_headline: bool,
) -> Comparison:
    ratio = ratio_interval(new, old)
    low, high = (None, None) if ratio is None else (ratio[1] / scale, ratio[2] / scale)
    if ratio is None:
        note = "too few calls for an interval"
    return Comparison(
        candidate=candidate,
        what=what,
        old_s=old.value_s,
        new_s=new.value_s,
        ratio=None if ratio is None else ratio[0] / scale,
        lower=low,
        upper=high,
        verdict=verdict_of(low, high),
        is_headline=is_headline,
        note=note,
    )


def verdict_of(lower: float | None, upper: float | None) -> Verdict:
    """Return what an interval of new / old says.

    Example:
        >>> verdict_of(1.02, 1.1), verdict_of(0.8, 0.99), verdict_of(0.9, 1.1)
        ('slower', 'faster', 'cannot tell')
    """
    if lower is None or upper is None:
        return "cannot tell"
    if lower > 1:
        return "slower"
    return "faster" if upper < 1 else "cannot tell"


def _training(
    old: BenchmarkRun, new: BenchmarkRun, *, scale: float, note: str | None, doubt_ln: float
) -> list[Comparison]:
    """Compare trainings seed by seed, on as many rows and threads: the same work each time."""

    def by_seed(run: BenchmarkRun) -> dict[tuple[int, int, int], float]:
        return {(t.thread_count, t.row_count, t.seed): t.wall_s for t in run.training}

    before, after = by_seed(old), by_seed(new)
    found = []
    for threads, rows in sorted({key[:2] for key in before.keys() & after.keys()}, reverse=True):
        both = [key for key in sorted(before.keys() & after.keys()) if key[:2] == (threads, rows)]
        ratios = [after[key] / before[key] for key in both]
        if len(ratios) < LEAST_PROCESSES:
            continue
        bounds = process_interval(ratios)
        assert bounds is not None
        middle = statistics.geometric_mean(ratios) / scale
        half_ln = math.hypot(math.log(bounds[1] / scale / middle), doubt_ln)
        low, high = middle * math.exp(-half_ln), middle * math.exp(half_ln)
        found.append(
            Comparison(
                candidate=new.candidate.name,
                what=f"training, {rows:,} rows, {threads} thread{'s' if threads > 1 else ''}",
                old_s=statistics.fmean(before[key] for key in both),
                new_s=statistics.fmean(after[key] for key in both),
                ratio=middle,
                lower=low,
                upper=high,
                verdict=verdict_of(low, high),
                is_headline=False,
                note=note,
            )
        )
    return found


def pairs_to_compare(
    runs: Sequence[BenchmarkRun], names: Sequence[str] = ()
) -> list[tuple[BenchmarkRun, BenchmarkRun]]:
    """Return which runs to compare, the old one first.

    Args:
        runs: finished runs, the oldest first.
        names: two run ids (or their beginnings) or candidates; none for the last two runs of each
            candidate and device.

    Raises:
        LookupError: there is nothing to compare; the message says why.
    """
    finished = [run for run in runs if run.outcome == "ok"]
    if names:
        old, new = (find_run(finished, name) for name in names)
        if old.id == new.id:
            raise LookupError(f"'{names[0]}' and '{names[1]}' are the same run: name two")
        return [(old, new)]
    groups: dict[tuple[str, str, str], list[BenchmarkRun]] = {}
    for run in finished:
        groups.setdefault((run.candidate.name, run.device, run.dataset.sha256), []).append(run)
    found = [(group[-2], group[-1]) for group in groups.values() if len(group) > 1]
    if not found:
        raise LookupError(
            "no candidate has two finished runs on the same data: measure again with "
            "'advisor bench STUDY --again', or name two candidates"
        )
    return found


def pairs_across(
    old: Sequence[BenchmarkRun], new: Sequence[BenchmarkRun], *, names: Sequence[str], where: str
) -> list[tuple[BenchmarkRun, BenchmarkRun]]:
    """Return the newest finished runs of the same candidates in two stores.

    Args:
        old: runs of the first store, the oldest first.
        new: runs of the second.
        names: candidates or beginnings of ids; all that both have when empty.
        where: what to call the second store in a message.

    Raises:
        LookupError: they have none in common.
    """
    here, there = ([run for run in runs if run.outcome == "ok"] for runs in (old, new))
    both = {run.candidate.name for run in here} & {run.candidate.name for run in there}
    wanted = names or [n for n in dict.fromkeys(run.candidate.name for run in there) if n in both]
    if not wanted:
        raise LookupError(f"no candidate has finished runs both here and in {where}")
    return [(find_run(here, name), find_run(there, name)) for name in wanted]


def find_run(runs: Sequence[BenchmarkRun], name: str) -> BenchmarkRun:
    """Return the newest run with this candidate name or beginning of an id.

    Raises:
        LookupError: there is none.
    """
    matching = [run for run in runs if run.candidate.name == name or run.id.startswith(name)]
    if not matching:
        known = dict.fromkeys(run.candidate.name for run in runs)
        raise LookupError(f"no finished run '{name}': {did_you_mean(name, known)}")
    return matching[-1]
