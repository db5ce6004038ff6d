"""The 80% band of p99 of the options that are shown."""

from collections.abc import Sequence

import numpy as np

from advisor.arrays import Floats, Rows
from advisor.capacity.queueing import lognormal_knots, sojourn_quantiles_s, station_waiting
from advisor.capacity.target_tracking import ROUTING
from advisor.decision.choice.engine import Engine


def bands_s(engine: Engine, rows: Sequence[int]) -> dict[int, tuple[float, float]]:
    """Return the 80% band of p99 of each shown option. [s]"""
    options = engine.options
    standing = np.array([row for row in rows if options.stands[row]], dtype=np.intp)
    low, high = _standing_s(engine, standing)
    bands = {int(row): (float(a), float(b)) for row, a, b in zip(standing, low, high, strict=True)}
    for row in set(rows) - set(bands):
        # The request's or job's own time at both ends, what is around it kept.
        p99_s, service_s = float(options.p99_s[row]), float(options.p99_service_s[row])
        ends = float(options.service_down[row]), float(options.service_up[row])
        bands[row] = p99_s + service_s * (ends[0] - 1), p99_s + service_s * (ends[1] - 1)
    return bands


def _standing_s(engine: Engine, rows: Rows) -> tuple[Floats, Floats]:
    """Return p99 of some options at both ends of the 80% band of their service time.

    The replicas stay as planned: where the slow end overloads them, p99 is infinite.
    """
    own = engine.machines.take(engine.options.machine[rows])
    ends = []
    for service_s in (own.service_low_s, own.service_high_s):
        waiting = station_waiting(
            arrival_per_s=np.full(len(rows), engine.study.workload.peak_per_s),
            service_s=service_s,
            service_scv=own.scv,
            workers_per_replica=own.workers,
            replica_count=engine.options.replicas[rows],
            routing=ROUTING,
        )
        knots = lognormal_knots(service_s=service_s, service_scv=own.scv)
        quantile_s = sojourn_quantiles_s(
            probabilities=(0.99,), waiting=waiting, service_knots_s=knots
        )[0]
        ends.append(quantile_s + own.front_s)
    return ends[0], ends[1]
