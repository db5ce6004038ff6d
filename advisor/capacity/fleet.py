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
from advisor.arrays import Bools, Floats, Ints
from advisor.capacity.queueing import lognormal_knots, sojourn_quantiles_s, station_waiting
from advisor.capacity.replicas import NO_WAIT, plan_replicas
from advisor.capacity.target_tracking import ROUTING

TABLED_WORKERS = 256
"""Workers up to which every count of replicas is tabulated; more of them wait less often."""

SLACK = 1.05
"""What the bound for larger fleets is raised by, since its variation is that of a smaller one."""

LOADS = 192
"""Loads in the table of one kind and count of replicas."""

TABLES_KEPT = 4096
"""Tables of p99 by load that are kept: 6 MiB."""

STEPS = 24
"""Replicas added one by one at most, before the formula searches on its own."""


@dataclass(frozen=True)
class Fleet:
    """Replicas of each machine in each draw, (machine x draw)."""

    count: NDArray[np.int16]
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
        idle = _idle_ratios(scv)
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
    return Fleet(count=np.minimum(count, MAX_REPLICAS).astype(np.int16), met=met)


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


def _kinds(scv: Floats, workers: Ints) -> tuple[tuple[tuple[float, int], ...], Ints]:
    """Return the different pairs of variation and workers, and which one each machine has."""
    values, place = np.unique(scv, return_inverse=True)
    codes, kind = np.unique(place * _MOST_WORKERS + workers, return_inverse=True)
    pairs = tuple((float(values[c // _MOST_WORKERS]), int(c % _MOST_WORKERS)) for c in codes)
    return pairs, kind.ravel()


_MOST_WORKERS = 1 << 32


def _bracket(
    kinds: tuple[tuple[float, int], ...], kind: Ints, count: Ints, below: Ints
) -> tuple[Floats, Floats]:
    """Return p99 over service time at the tabulated loads around each, open where not tabulated."""
    low, high = np.zeros(count.size), np.full(count.size, np.inf)
    known = np.array([workers for _, workers in kinds])[kind] * count <= TABLED_WORKERS
    key, rows = np.unique(kind[known] * (TABLED_WORKERS + 1) + count[known], return_inverse=True)
    if key.size:
        at = [divmod(int(k), TABLED_WORKERS + 1) for k in key]
        tables = _ratios_by_load([(*kinds[k], replicas) for k, replicas in at])
        low[known], high[known] = tables[rows, below[known]], tables[rows, below[known] + 1]
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


def _ratios_by_load(wanted: list[tuple[float, int, int]]) -> Floats:
    """Return p99 over service time at loads from none to the planned highest, a row for each.

    Args:
        wanted: variation, workers and replicas of each.
    """
    kept = ((one, _ratio_tables.get(one)) for one in wanted)
    tables = {one: table for one, table in kept if table is not None}
    new = [one for one in wanted if one not in tables]
    if new:
        scv, workers, count = (np.repeat(column, LOADS) for column in zip(*new, strict=True))
        busy = np.tile(np.linspace(0.0, defaults.MAX_UTILISATION.value, LOADS), len(new))
        found = _p99_s(busy * workers * count, np.ones(busy.size), count, scv, workers)
        made = dict(zip(new, found.reshape(len(new), LOADS), strict=True))
        tables.update(made)
        if len(_ratio_tables) + len(made) > TABLES_KEPT:
            _ratio_tables.clear()
        _ratio_tables.update(made)
    return np.stack([tables[one] for one in wanted])


_ratio_tables: dict[tuple[float, int, int], Floats] = {}


def _idle_ratios(scv: Floats) -> Floats:
    """Return p99 over service time of idle replicas."""
    values, place = np.unique(scv, return_inverse=True)
    found: Floats = np.array([_idle_ratio(float(v)) for v in values])[place.ravel()]
    return found


@lru_cache(maxsize=512)
def _idle_ratio(scv: float) -> float:
    """Return p99 over service time of an idle replica."""
    knots = lognormal_knots(service_s=1.0, service_scv=scv)
    quantile = sojourn_quantiles_s(probabilities=(0.99,), waiting=NO_WAIT, service_knots_s=knots)
    return float(np.ravel(quantile)[0])


def _worst_ratio(scv: Floats, workers: Ints, fewest: Ints) -> Floats:
    """Return a bound of p99 over service time at the highest load, for so many replicas or more."""
    pairs, kind = _kinds(scv, workers)
    found: Floats = _worst_by_count(pairs)[kind, np.minimum(fewest, TABLED_WORKERS + 1) - 1]
    return found


def _tabled(workers: int) -> int:
    return max(1, TABLED_WORKERS // workers)


@lru_cache(maxsize=64)
def _worst_by_count(pairs: tuple[tuple[float, int], ...]) -> Floats:
    """Return, for n = 1.. replicas, the largest ratio of n or more replicas at the highest load.

    Beyond the table fewer and fewer requests wait; of those that do, the wait for a worker of
    their replica is at most its limit of many replicas.

    Args:
        pairs: variation and workers, a row for each.
    """
    scv, workers = np.array([v for v, _ in pairs]), np.array([w for _, w in pairs])
    last = np.array([_tabled(w) for _, w in pairs])
    row = np.repeat(np.arange(len(pairs)), last)
    counts = np.concatenate([np.arange(1, n + 1) for n in last])
    load = defaults.MAX_UTILISATION.value * workers
    ratios = _p99_s(load[row] * counts, np.ones(counts.size), counts, scv[row], workers[row])
    waiting = station_waiting(
        arrival_per_s=load * last,
        service_s=1.0,
        service_scv=scv,
        workers_per_replica=workers,
        replica_count=last,
        routing=ROUTING,
    )
    residual = 0.7 * (1 + scv) / 2 / workers / last * waiting.probability
    beyond = sojourn_quantiles_s(
        probabilities=(0.99,),
        waiting=waiting._replace(mean_s=waiting.mean_s + residual),
        service_knots_s=lognormal_knots(service_s=1.0, service_scv=scv),
    )[0]
    whole = np.repeat((beyond * SLACK)[:, None], TABLED_WORKERS + 1, axis=1)
    whole[row, counts - 1] = ratios
    worst: Floats = np.maximum.accumulate(whole[:, ::-1], axis=1)[:, ::-1]
    return worst


MAX_REPLICAS = 1_000
"""Options that need more than this are rejected: a fleet of that size is another question."""
