"""Which options are drawn, and what the choice looks at of each of them.

Options that cost at least as much as another of the same kind in every draw are left out before
anything is drawn. Asked for the answer alone, only options whose lower bound of cost could still
win are looked at, and of their cost only the mean is made: the answer is the same, see
`docs/explanation/decision.md`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.arrays import Bools, Floats, Rows
from advisor.capacity.target_tracking import following_of, start_minutes
from advisor.decision.choice.ladder import COST_TIE_FRACTION
from advisor.decision.options.table import load_replicas
from advisor.decision.scenarios.fleet_memo import MeanFleets
from advisor.decision.scenarios.outcomes import CHUNK, Outcomes, criterion_usd
from advisor.decision.scenarios.problem import Setting

LEADERS = 12
"""Options of a group of jobs that are held against the others, at most."""

DIGITS = 10
"""Digits to which costs and times are told apart: twice the memory for half the time is a tie."""

BATCH = 6
"""Options of a candidate looked at first when the answer alone is asked for; then twice as many."""


@dataclass(frozen=True)
class Judged:
    """Some options, with what the choice looks at."""

    rows: Rows
    """Which options."""
    planned: NDArray[np.int16]
    """Replicas with every input at the study's word; 0 where none stand."""
    criterion_usd: Floats
    """Mean cost, or the study's quantile of it. [USD/month]"""
    probability: Floats
    """Share of the draws in which the needs are kept."""
    feasible: Bools
    """Whether they are kept as planned and often enough."""


@dataclass(frozen=True)
class Drawn(Judged):
    """Some options in every draw."""

    outcomes: Outcomes


def undominated(setting: Setting, among: Bools | None = None) -> Rows:
    """Return the possible options without those that another beats in every draw, exactly.

    Two options of one kind of machine, platform, way to buy and to scale need the same replicas in
    every draw. The one whose replica, fixed part and part by request all cost as much or more is
    left out; of two that are equal the later one. Jobs and queues: see `_undominated_others`.
    """
    stakes = setting.stakes
    rows = np.flatnonzero(setting.possible if among is None else among)
    standing = rows[stakes.kind[rows] >= 0]
    same = (
        stakes.kind[standing] * len(setting.worlds.platforms) + stakes.platform[standing]
    ) * len(setting.worlds.purchases) + stakes.purchase[standing]
    same = 2 * same + stakes.scaled[standing]
    order = np.lexsort(
        (
            standing,
            stakes.request_usd[standing],
            stakes.fixed_usd[standing],
            stakes.replica_usd[standing],
            same,
        )
    )
    standing, same = standing[order], same[order]
    new = np.append(True, same[1:] != same[:-1]) if len(same) else np.zeros(0, dtype=bool)
    start = np.maximum.accumulate(np.where(new, np.arange(len(same)), 0))
    kept = new.copy()
    # Against the cheapest replica of its kind first, which beats nearly all; then pair by pair.
    lead = standing[start]
    open_ = ~new & ~(
        (stakes.fixed_usd[lead] <= stakes.fixed_usd[standing])
        & (stakes.request_usd[lead] <= stakes.request_usd[standing])
    )
    for place in np.flatnonzero(open_):
        earlier = standing[start[place] : place]
        beaten = (stakes.fixed_usd[earlier] <= stakes.fixed_usd[standing[place]]) & (
            stakes.request_usd[earlier] <= stakes.request_usd[standing[place]]
        )
        kept[place] = not beaten.any()
    others = _undominated_others(setting, rows[stakes.kind[rows] < 0])
    return np.sort(np.concatenate([standing[kept], others]))


def _undominated_others(setting: Setting, rows: Rows) -> Rows:
    """Return options without standing replicas, less those that another beats in every draw.

    Of one candidate, platform and kind of error, an option whose parts of the cost and of the time
    are all as large or larger costs as much or more and is as late or later whatever is drawn. The
    cheapest of each group as planned is held against all others of it, then the next that is left.
    """
    stakes = setting.stakes
    names = ("fixed_usd", "request_usd", "work_usd", "p99_fixed_s", "p99_service_s", "p99_start_s")
    parts = told_apart(np.stack([getattr(stakes, name)[rows] for name in names]))
    same = (stakes.group[rows] * len(setting.worlds.platforms) + stakes.platform[rows]) * len(
        setting.ground.profiles
    ) + stakes.candidate[rows]
    order = np.lexsort((rows, told_apart(parts[:3].sum(axis=0)), same))
    rows, parts, same = rows[order], parts[:, order], same[order]
    kept: list[Rows] = []
    for _ in range(LEADERS):
        if not rows.size:
            break
        leads = np.append(True, same[1:] != same[:-1])
        lead = np.flatnonzero(leads)[np.cumsum(leads) - 1]
        kept.append(rows[leads])
        left = (parts < parts[:, lead]).any(axis=0)
        rows, parts, same = rows[left], parts[:, left], same[left]
    return np.concatenate([*kept, rows])


def told_apart(values: Floats) -> Floats:
    """Return values to `DIGITS` digits: what differs by less is the same, and rounding's own."""
    with np.errstate(divide="ignore"):
        exponent = np.floor(np.log10(np.abs(values)))
    unit = 10.0 ** (np.where(np.isfinite(exponent), exponent, 0.0) - DIGITS + 1)
    found: Floats = np.round(values / unit) * unit
    return found


def draw(setting: Setting, rows: Rows) -> Drawn:
    """Draw some options and judge them."""
    outcomes = setting.outcomes(rows)
    probability = outcomes.met[:, 1:].mean(axis=1)
    wanted = setting.study.decision.feasible_probability
    return Drawn(
        rows=rows,
        planned=outcomes.replicas[:, 0],
        outcomes=outcomes,
        criterion_usd=criterion_usd(setting.study, outcomes.usd),
        probability=probability,
        feasible=outcomes.met[:, 0] & (probability >= wanted),
    )


def share_in_time(setting: Setting, rows: Rows) -> Floats:
    """Return the share of the draws in which jobs and queues keep latency and budget.

    Without a budget and a cold start only the service time varies: its draws are counted up to the
    largest that is still in time.
    """
    study, stakes = setting.study, setting.stakes
    need_ms = study.needs.max_p99_latency_ms
    found = np.ones(len(rows))
    if need_ms is None and study.needs.max_usd_per_month is None:
        return found
    counted = (stakes.p99_start_s[rows] == 0) & (stakes.group[rows] >= 0)
    counted &= study.needs.max_usd_per_month is None
    drawn = setting.worlds.service[:, 1:]
    for group in np.unique(stakes.group[rows[counted]]).tolist():
        own = np.flatnonzero(counted & (stakes.group[rows] == group))
        with np.errstate(divide="ignore", invalid="ignore"):
            slowest = ((need_ms or np.inf) / 1e3 - stakes.p99_fixed_s[rows[own]]) / (
                stakes.p99_service_s[rows[own]]
            )
        slowest = np.where(np.isnan(slowest), np.inf, slowest)
        found[own] = np.searchsorted(np.sort(drawn[group]), slowest * (1 + 1e-12), side="right")
        found[own] /= drawn.shape[1]
    rest = np.flatnonzero(~counted)
    for start in range(0, len(rest), CHUNK):
        own = rest[start : start + CHUNK]
        found[own] = setting.outcomes(rows[own]).met[:, 1:].mean(axis=1)
    return found


def lower_bound_usd(setting: Setting, rows: Rows) -> Floats:
    """Return a bound that no option's mean cost can fall below. [USD/month]

    Replicas are at least as many as always, and at least as many as the load asks for on average:
    E[p max(f, x)] >= max(f E[p], E[p x]).
    """
    stakes, means = setting.stakes, setting.means
    bound = _mean_beside_usd(setting, rows)
    own = rows[stakes.kind[rows] >= 0]
    at = setting.ground.kinds.first[stakes.kind[own]]
    carried = means.loads[stakes.purchase[own], stakes.group[own]]
    carried *= load_replicas(setting.ground.table, at) * (1 - 1e-9)
    follows = stakes.scaled[own]
    carried[follows] *= _mean_levels(setting, at[follows])
    always = means.price[stakes.purchase[own]] * setting.study.needs.availability_zones
    bound[stakes.kind[rows] >= 0] += stakes.replica_usd[own] * np.maximum(always, carried)
    safe: Floats = bound * (1 - 1e-9)
    return safe


def _mean_beside_usd(setting: Setting, rows: Rows) -> Floats:
    """Return the mean cost of some options without their standing replicas. [USD/month]"""
    stakes, means = setting.stakes, setting.means
    usd: Floats = (
        stakes.fixed_usd[rows] * means.drift
        + stakes.request_usd[rows] * means.traffic
        + means.people_usd[stakes.platform[rows]]
        + means.candidate_usd[stakes.candidate[rows]]
    )
    others = np.flatnonzero(stakes.kind[rows] < 0)
    own = rows[others]
    certain = stakes.group[own] < 0
    usd[others] += stakes.work_usd[own] * np.where(
        certain, means.traffic, means.works[stakes.group[own]]
    )
    return usd


def _mean_levels(setting: Setting, rows: Rows) -> Floats:
    """Return the share of its load that a fleet which follows the traffic has at least."""
    study = setting.study
    minutes, place = np.unique(
        start_minutes(setting.ground.table.start_s[rows]), return_inverse=True
    )
    zones = study.needs.availability_zones
    shares = [
        following_of(study.workload, start_minutes=m, fewest=zones).mean_level
        for m in minutes.tolist()
    ]
    return np.array(shares)[place.ravel()]


def judge_contenders(setting: Setting) -> Judged:
    """Judge, of each candidate, options by their lower bound until none left can win or tie."""
    rows = setting.keep("undominated", lambda: undominated(setting, setting.sold))
    bound = lower_bound_usd(setting, rows)
    owner = setting.ground.candidate_of[setting.stakes.candidate[rows]]
    order = np.argsort(bound, kind="stable")
    waiting = {int(c): order[owner[order] == c] for c in np.unique(owner)}
    least = dict.fromkeys(waiting, np.inf)
    parts: list[Judged] = []
    size = BATCH
    while waiting:
        batch = np.concatenate([left[:size] for left in waiting.values()])
        # What does not keep the needs as planned is out, and so is what lets no replica go.
        batch = batch[setting.as_needed(rows[batch])]
        judged = judge(setting, rows[batch])
        parts.append(judged)
        for candidate in list(waiting):
            own = judged.feasible & (owner[batch] == candidate)
            if own.any():
                least[candidate] = min(least[candidate], float(judged.criterion_usd[own].min()))
            left = waiting[candidate][size:]
            left = left[bound[left] <= least[candidate] * (1 + COST_TIE_FRACTION)]
            if left.size:
                waiting[candidate] = left
            else:
                del waiting[candidate]
        size *= 2
    return _together(parts) if parts else judge(setting, rows)


def judge(setting: Setting, rows: Rows) -> Judged:
    """Judge some options by the mean of their cost; they keep the needs as planned.

    With a budget, which is held against the cost of each draw, or where a quantile is compared,
    they are drawn.
    """
    study, stakes = setting.study, setting.stakes
    if study.decision.risk != "expected" or study.needs.max_usd_per_month is not None:
        return draw(setting, rows)
    usd, fleets = _mean_usd(setting, rows)
    probability, planned = np.ones(len(rows)), np.zeros(len(rows), dtype=np.int16)
    standing = stakes.kind[rows] >= 0
    probability[standing], planned[standing] = fleets.probability, fleets.planned
    if study.needs.max_p99_latency_ms is not None and not standing.all():
        probability[~standing] = setting.others_in_time(rows[~standing])[:, 1:].mean(axis=1)
    return Judged(
        rows=rows,
        planned=planned,
        criterion_usd=usd,
        probability=probability,
        feasible=probability >= study.decision.feasible_probability,
    )


def compared_usd(setting: Setting, rows: Rows) -> Floats:
    """Return what the ranking compares of some options, whether they keep the needs or not."""
    if setting.study.decision.risk != "expected":
        return draw(setting, rows).criterion_usd
    return _mean_usd(setting, rows)[0]


def _mean_usd(setting: Setting, rows: Rows) -> tuple[Floats, MeanFleets]:
    """Return the mean cost of some options, and the fleets of those whose replicas stand."""
    stakes = setting.stakes
    usd = _mean_beside_usd(setting, rows)
    standing = stakes.kind[rows] >= 0
    own = rows[standing]
    fleets = setting.mean_fleets(
        stakes.kind[own], purchases=stakes.purchase[own], scaled=stakes.scaled[own]
    )
    usd[standing] += stakes.replica_usd[own] * fleets.paid
    return usd, fleets


def _together(parts: list[Judged]) -> Judged:
    names = ("rows", "planned", "criterion_usd", "probability", "feasible")
    return Judged(**{n: np.concatenate([getattr(part, n) for part in parts]) for n in names})
