"""The interval that a run states: of its calls, its processes, and the machine's speed."""

import math
import statistics

from benchmarks.machine.interference import REFERENCE_LIMIT_FRACTION
from benchmarks.statistics.stats import LEAST_PROCESSES, QuantileInterval, stated_interval
from benchmarks.storage.records import BenchmarkRun, InferenceMeasurement

PROCESS_LN = 0.03
"""Doubt that a run with fewer than three processes cannot see: half-width of the 95% interval of
what differs from process to process, in logarithms. Assumed; runs of three or more measure it."""

REFERENCE_SHARE = 0.9
"""A run's speed is doubted by the deviation that this share of its reference workloads keep."""


def disturbance_ln(run: BenchmarkRun) -> float:
    """Return how much the machine's speed varied while a run was measured, in logarithms.

    The deviation of the reference workloads from their median that nine in ten of them keep; 0
    while it is below the limit from which a trial counts as disturbed.
    """
    found = run.circumstances
    if found is None or not found.references:
        return 0.0
    times = [t for item in found.references for t in (item.before_s, item.after_s)]
    middle = statistics.median(times)
    apart = sorted(abs(math.log(t / middle)) for t in times)
    doubt = apart[math.ceil(REFERENCE_SHARE * len(apart)) - 1]
    return doubt if doubt > math.log1p(REFERENCE_LIMIT_FRACTION) else 0.0


def run_interval(
    item: InferenceMeasurement, quantile: float, *, disturbance_ln: float = 0.0
) -> QuantileInterval:
    """Return a quantile with all its doubt, that of too few processes as an assumption."""
    found = stated_interval(
        item.durations_s, quantile=quantile, process_call_counts=item.process_call_counts
    )
    unseen_ln = 0.0 if len(item.process_call_counts) >= LEAST_PROCESSES else PROCESS_LN
    doubt_ln = math.hypot(unseen_ln, disturbance_ln)
    if found.value_s is None or doubt_ln == 0:
        return found
    return QuantileInterval(
        value_s=found.value_s,
        lower_s=_widened(found.value_s, found.lower_s, -1.0, doubt_ln),
        upper_s=_widened(found.value_s, found.upper_s, 1.0, doubt_ln),
    )


def _widened(value_s: float, bound_s: float | None, sign: float, doubt_ln: float) -> float | None:
    if bound_s is None or bound_s <= 0:
        return None
    return value_s * math.exp(sign * math.hypot(math.log(bound_s / value_s), doubt_ln))
