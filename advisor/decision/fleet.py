"""Replicas of many machines in many draws: the counts of `plan_replicas`, by table.

p99 over service time depends on the number of replicas and their load alone, so it is tabulated
once per kind of replica; it grows with the load, so a table brackets it. A draw that the bracket
cannot decide is asked of the formula itself: the counts are those of `plan_replicas`, exactly.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from advisor import defaults
from advisor.capacity.queueing import lognormal_knots, sojourn_quantiles_s, station_waiting
from advisor.capacity.replicas import NO_WAIT, plan_replicas
from advisor.decision.following import ROUTING
from advisor.decision.options import MAX_REPLICAS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

TABLED_WORKERS = 256
"""Workers up to which every count of replicas is tabulated; more of them wait less often."""

SLACK = 1.05
"""What the bound for larger fleets is raised by, since its variation is that of a smaller one."""

LOADS = 48
"""Loads in the table of one kind and count of replicas."""

STEPS = 24
"""Replicas added one by one at most, before the formula searches on its own."""


@dataclass(frozen=True)
class Fleet:
    """Replicas of each machine in each draw, (machine x draw)."""

    count: Ints
    """Fewest that keep the need; where none do, those that carry the load."""
    met: Bools
    """Whether the need is kept, with at most `MAX_REPLICAS`."""


def fleet_counts(
    *,
    rate_per_s: Floats,
    service_s: Floats,
    scv: Floats,
    workers: Ints,
    front_s: Floats,
    fewest: Ints,
    max_p99_s: float | None,
) -> Fleet:
    """Return the fewest replicas that keep p99 in every draw.

    Args:
        rate_per_s: peak rate of each draw. [1/s], shape (draws,)
        service_s: mean service time. [s], shape (machines, draws)
        scv: squared coefficient of variation, shape (machines,)
        workers: requests that one replica serves at a time, shape (machines,)
        front_s: time added to every answer. [s], shape (machines,)
        fewest: replicas that are needed in any case, shape (machines, draws)
        max_p99_s: the need; None is no need. [s]
    """
    room = (workers * defaults.MAX_UTILISATION.value)[:, None]
    for_load = rate_per_s * service_s
    for_load /= room
    for_load *= 1 - 1e-12
    np.ceil(for_load, out=for_load)
    np.minimum(for_load, MAX_REPLICAS + 1, out=for_load)
    np.maximum(for_load, fewest, out=for_load)
    count = for_load.astype(np.int64)
    met = count <= MAX_REPLICAS
    if max_p99_s is not None:
        idle = np.array([_idle_ratio(float(v)) for v in scv])
        slowest_s = service_s.max(axis=1)
        slow = np.flatnonzero(idle * slowest_s + front_s > max_p99_s)
        met[slow] &= idle[slow, None] * service_s[slow] + front_s[slow, None] <= max_p99_s
        worst = _worst_ratio(scv, workers, count.min(axis=1))
        doubtful = np.flatnonzero(worst * slowest_s + front_s > max_p99_s)
        row, draw = np.nonzero(met[doubtful])
        if row.size:
            at = doubtful[row], draw
            count[at] = _within_need(
                rate_per_s=rate_per_s[draw],
                service_s=service_s[at],
                count=count[at],
                scv=scv[doubtful],
                workers=workers[doubtful],
                machine=row,
                need_s=(max_p99_s - front_s[doubtful])[row],
            )
            met[at] = count[at] <= MAX_REPLICAS
    return Fleet(count=np.minimum(count, MAX_REPLICAS, out=count), met=met)


def _within_need(
    *,
    rate_per_s: Floats,
    service_s: Floats,
    count: Ints,
    scv: Floats,
    workers: Ints,
    machine: Ints,
    need_s: Floats,
) -> Ints:
    """Return the fewest replicas that keep p99, `MAX_REPLICAS` + 1 where none do.

    One entry per machine and draw, `machine` being the row of `scv` and `workers`.
    """
    count = count.copy()
    allowed = need_s / service_s
    load = rate_per_s * service_s / (workers[machine] * defaults.MAX_UTILISATION.value)
    kinds, kind = _kinds(scv, workers)
    kind = kind[machine]
    todo = np.arange(count.size)
    for _ in range(STEPS):
        own = kind[todo]
        position = load[todo] / count[todo] * (LOADS - 1)
        below = np.clip(position.astype(np.int64), 0, LOADS - 2)
        low, high = _bracket(kinds, own, count[todo], below)
        ok = high <= allowed[todo]
        unsure = np.flatnonzero(~ok & (low <= allowed[todo]))
        if unsure.size:
            at = todo[unsure]
            whose = machine[at]
            found = _p99_s(rate_per_s[at], service_s[at], count[at], scv[whose], workers[whose])
            ok[unsure] = found <= need_s[at]
        todo = todo[~ok]
        count[todo] += 1
        todo = todo[count[todo] <= MAX_REPLICAS]
        if not todo.size:
            return count
    whose = machine[todo]
    searched = plan_replicas(
        arrival_per_s=rate_per_s[todo],
        service_mean_s=service_s[todo],
        service_scv=scv[whose],
        workers_per_replica=workers[whose],
        max_p99_s=need_s[todo],
        max_utilisation=defaults.MAX_UTILISATION.value,
        minimum_count=count[todo],
        maximum_count=MAX_REPLICAS,
        routing=ROUTING,
    )
    count[todo] = np.where(searched.infeasible == "", searched.replica_count, MAX_REPLICAS + 1)
    return count


def _kinds(scv: Floats, workers: Ints) -> tuple[list[tuple[float, int]], Ints]:
    """Return the different pairs of variation and workers, and which one each machine has."""
    pairs = list(zip(scv.tolist(), workers.tolist(), strict=True))
    kinds = list(dict.fromkeys(pairs))
    place = {pair: i for i, pair in enumerate(kinds)}
    return kinds, np.array([place[pair] for pair in pairs], dtype=np.int64)


def _bracket(
    kinds: list[tuple[float, int]], kind: Ints, count: Ints, below: Ints
) -> tuple[Floats, Floats]:
    """Return p99 over service time at the tabulated loads around each, open where not tabulated."""
    low, high = np.zeros(count.size), np.full(count.size, np.inf)
    key = kind * (TABLED_WORKERS + 1) + np.minimum(count, TABLED_WORKERS)
    found, place = np.unique(key, return_inverse=True)
    tables = np.empty((len(found), LOADS))
    for i, one in enumerate(found):
        scv, workers = kinds[int(one) // (TABLED_WORKERS + 1)]
        tables[i] = _ratio_by_load(scv, workers, int(one) % (TABLED_WORKERS + 1))
    tabled = np.array([kinds[int(k) // (TABLED_WORKERS + 1)][1] for k in found])[place] * count
    known = tabled <= TABLED_WORKERS
    rows, at = place[known], below[known]
    low[known], high[known] = tables[rows, at], tables[rows, at + 1]
    return low, high


def _p99_s(
    rate_per_s: Floats, service_s: Floats, count: Ints, scv: float | Floats, workers: int | Ints
) -> Floats:
    """Return p99 by the formula, the front not counted. [s]"""
    waiting = station_waiting(
        arrival_per_s=rate_per_s,
        service_s=service_s,
        service_scv=scv,
        workers_per_replica=workers,
        replica_count=count,
        routing=ROUTING,
    )
    knots = lognormal_knots(service_s=service_s, service_scv=scv)
    found: Floats = sojourn_quantiles_s(
        probabilities=(0.99,), waiting=waiting, service_knots_s=knots
    )[0]
    return found


@lru_cache(maxsize=4096)
def _ratio_by_load(scv: float, workers: int, count: int) -> Floats:
    """Return p99 over service time at loads from none to the planned highest."""
    if count * workers > TABLED_WORKERS:
        return np.full(LOADS, np.nan)
    busy = np.linspace(0.0, defaults.MAX_UTILISATION.value, LOADS)
    counts = np.full(LOADS, count)
    rate_per_s: Floats = busy * workers * count
    return _p99_s(rate_per_s, np.ones(LOADS), counts, scv, workers)


@lru_cache(maxsize=512)
def _idle_ratio(scv: float) -> float:
    """Return p99 over service time of an idle replica."""
    knots = lognormal_knots(service_s=1.0, service_scv=scv)
    quantile = sojourn_quantiles_s(probabilities=(0.99,), waiting=NO_WAIT, service_knots_s=knots)
    return float(np.ravel(quantile)[0])


def _worst_ratio(scv: Floats, workers: Ints, fewest: Ints) -> Floats:
    """Return a bound of p99 over service time at the highest load, for so many replicas or more."""
    kinds = {(float(v), int(w)) for v, w in zip(scv, workers, strict=True)}
    tables = {kind: _worst_by_count(*kind) for kind in kinds}
    return np.array(
        [
            tables[float(v), int(w)][min(int(n), _tabled(int(w)) + 1) - 1]
            for v, w, n in zip(scv, workers, fewest, strict=True)
        ]
    )


def _tabled(workers: int) -> int:
    return max(1, TABLED_WORKERS // workers)


@lru_cache(maxsize=512)
def _worst_by_count(scv: float, workers: int) -> Floats:
    """Return, for n = 1.. replicas, the largest ratio of n or more replicas at the highest load.

    Beyond the table fewer and fewer requests wait; of those that do, the wait for a worker of
    their replica is at most its limit of many replicas.
    """
    counts = np.arange(1, _tabled(workers) + 1)
    load = defaults.MAX_UTILISATION.value * workers
    rate_per_s: Floats = load * counts.astype(float)
    ratios = _p99_s(rate_per_s, np.ones(counts.size), counts, scv, workers)
    last = int(counts[-1])
    waiting = station_waiting(
        arrival_per_s=np.array([load * last]),
        service_s=1.0,
        service_scv=scv,
        workers_per_replica=workers,
        replica_count=last,
        routing=ROUTING,
    )
    residual = 0.7 * (1 + scv) / 2 / workers / last * waiting.probability
    larger = sojourn_quantiles_s(
        probabilities=(0.99,),
        waiting=waiting._replace(mean_s=waiting.mean_s + residual),
        service_knots_s=lognormal_knots(service_s=1.0, service_scv=scv),
    )
    beyond = float(np.ravel(larger)[0]) * SLACK
    whole = np.append(ratios, beyond)
    return np.maximum.accumulate(whole[::-1])[::-1]
