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
from advisor.capacity.target_tracking import start_minutes, tracked_fleet_of
from advisor.decision.choice.ladder import COST_TIE_FRACTION
from advisor.decision.scenarios.fleet_memo import MeanFleets
from advisor.decision.scenarios.outcomes import CHUNK, Outcomes, criterion_usd
from advisor.decision.scenarios.problem import Problem
from advisor.options.replicas import load_replicas
from advisor.options.table import Options

LEADERS = 12
"""Options of a group of jobs that are held against the others, at most."""

DIGITS = 10
"""Digits to which costs and times are told apart: twice the memory for half the time is a tie."""

LEAST_TIE_USD = 0.5
"""A difference that is below it never makes an option more complicated. Ours; the tie is told.
[USD/month]"""

BATCH = 6
"""Options of a candidate looked at first when the answer alone is asked for; then twice as many."""


@dataclass(frozen=True)
class ScoredOptions:
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
class Drawn(ScoredOptions):
    """Some options in every draw."""

    outcomes: Outcomes


def undominated(options: Options, among: Bools) -> Rows:
    """Return the possible options without those that another beats in every draw, exactly.

    Two options of one kind of machine, platform, way to buy and to scale need the same replicas in
    every draw. The one whose replica, fixed part and part by request all cost as much or more is
    left out; of two that are equal the later one. Jobs and queues: see `_undominated_others`.

    Args:
        options: all options.
        among: which of them are looked at.
    """
    rows = np.flatnonzero(among)
    standing = rows[options.stands[rows]]
    same = (
        options.machine_class[standing] * len(options.platforms) + options.platform_at[standing]
    ) * len(options.purchases) + options.purchase_at[standing]
    same = 2 * same + options.scaled[standing]
    order = np.lexsort(
        (
            standing,
            options.request_usd[standing],
            options.fixed_usd[standing],
            options.replica_usd[standing],
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
        (options.fixed_usd[lead] <= options.fixed_usd[standing])
        & (options.request_usd[lead] <= options.request_usd[standing])
    )
    for place in np.flatnonzero(open_):
        earlier = standing[start[place] : place]
        beaten = (options.fixed_usd[earlier] <= options.fixed_usd[standing[place]]) & (
            options.request_usd[earlier] <= options.request_usd[standing[place]]
        )
        kept[place] = not beaten.any()
    others = _undominated_others(options, rows[~options.stands[rows]])
    return np.sort(np.concatenate([standing[kept], others]))


def _undominated_others(options: Options, rows: Rows) -> Rows:
    """Return options without standing replicas, less those that another beats in every draw.

    Of one candidate, platform and kind of error, an option whose parts of the cost and of the time
    are all as large or larger costs as much or more and is as late or later whatever is drawn. The
    cheapest of each group as planned is held against all others of it, then the next that is left.
    """
    names = ("fixed_usd", "request_usd", "work_usd", "p99_fixed_s", "p99_service_s", "p99_start_s")
    parts = told_apart(np.stack([getattr(options, name)[rows] for name in names]))
    candidates = int(options.candidate.max(initial=0)) + 1
    same = options.group[rows] * len(options.platforms) + options.platform_at[rows]
    same = same * candidates + options.candidate[rows]
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


def undominated_of_all(options: Options) -> Rows:
    """Return the options that may be bought, less those that another beats in every draw."""
    return undominated(options, options.possible)


def told_apart(values: Floats) -> Floats:
    """Return values to `DIGITS` digits: what differs by less is the same, and rounding's own."""
    with np.errstate(divide="ignore"):
        exponent = np.floor(np.log10(np.abs(values)))
    unit = 10.0 ** (np.where(np.isfinite(exponent), exponent, 0.0) - DIGITS + 1)
    found: Floats = np.round(values / unit) * unit
    return found


def draw(problem: Problem, rows: Rows) -> Drawn:
    """Draw some options and judge them."""
    outcomes = problem.outcomes(rows)
    probability = outcomes.met[:, 1:].mean(axis=1)
    wanted = problem.study.decision.feasible_probability
    return Drawn(
        rows=rows,
        planned=outcomes.replicas[:, 0],
        outcomes=outcomes,
        criterion_usd=criterion_usd(problem.study, outcomes.usd),
        probability=probability,
        feasible=outcomes.met[:, 0] & (probability >= wanted),
    )


def share_in_time(problem: Problem, rows: Rows) -> Floats:
    """Return the share of the draws in which jobs and queues keep latency and budget.

    Without a budget and a cold start only the service time varies: its draws are counted up to the
    largest that is still in time.
    """
    study, options = problem.study, problem.options
    need_ms = study.needs.max_p99_latency_ms
    found = np.ones(len(rows))
    if need_ms is None and study.needs.max_usd_per_month is None:
        return found
    counted = (options.p99_start_s[rows] == 0) & (options.group[rows] >= 0)
    counted &= study.needs.max_usd_per_month is None
    drawn = problem.scenarios.service[:, 1:]
    for group in np.unique(options.group[rows[counted]]).tolist():
        own = np.flatnonzero(counted & (options.group[rows] == group))
        with np.errstate(divide="ignore", invalid="ignore"):
            slowest = ((need_ms or np.inf) / 1e3 - options.p99_fixed_s[rows[own]]) / (
                options.p99_service_s[rows[own]]
            )
        slowest = np.where(np.isnan(slowest), np.inf, slowest)
        found[own] = np.searchsorted(np.sort(drawn[group]), slowest * (1 + 1e-12), side="right")
        found[own] /= drawn.shape[1]
    rest = np.flatnonzero(~counted)
    for start in range(0, len(rest), CHUNK):
        own = rest[start : start + CHUNK]
        found[own] = problem.outcomes(rows[own]).met[:, 1:].mean(axis=1)
    return found


def lower_bound_usd(problem: Problem, rows: Rows) -> Floats:
    """Return a bound that no option's mean cost can fall below. [USD/month]

    Replicas are at least as many as always, and at least as many as the load asks for on average:
    E[p max(f, x)] >= max(f E[p], E[p x]).
    """
    options, means = problem.options, problem.means
    bound = _mean_beside_usd(problem, rows)
    own = rows[options.stands[rows]]
    at = problem.space.classes.first[options.machine_class[own]]
    carried = means.loads[options.purchase_at[own], options.group[own]]
    carried *= load_replicas(problem.space.machines, at) * (1 - 1e-9)
    follows = options.scaled[own]
    carried[follows] *= _mean_levels(problem, at[follows])
    always = means.price[options.purchase_at[own]] * problem.study.needs.availability_zones
    bound[options.stands[rows]] += options.replica_usd[own] * np.maximum(always, carried)
    safe: Floats = bound * (1 - 1e-9)
    return safe


def upkeep_usd(problem: Problem, rows: Rows) -> Floats:
    """Return the mean of ranked hours of upkeep of some options. [USD/month]"""
    found: Floats = problem.means.people_usd[problem.options.platform_at[rows]]
    return found


def _mean_beside_usd(problem: Problem, rows: Rows) -> Floats:
    """Return the mean cost of some options without their standing replicas. [USD/month]"""
    options, means = problem.options, problem.means
    usd: Floats = (
        options.fixed_usd[rows] * means.drift
        + options.request_usd[rows] * means.traffic
        + means.people_usd[options.platform_at[rows]]
        + means.candidate_usd[options.candidate[rows]]
    )
    others = np.flatnonzero(~options.stands[rows])
    own = rows[others]
    certain = options.group[own] < 0
    usd[others] += options.work_usd[own] * np.where(
        certain, means.traffic, means.works[options.group[own]]
    )
    return usd


def _mean_levels(problem: Problem, rows: Rows) -> Floats:
    """Return the share of its load that a fleet which follows the traffic has at least."""
    study = problem.study
    minutes, place = np.unique(
        start_minutes(problem.space.machines.start_s[rows]), return_inverse=True
    )
    zones = study.needs.availability_zones
    shares = [
        tracked_fleet_of(study.workload, start_minutes=m, fewest=zones).mean_level
        for m in minutes.tolist()
    ]
    return np.array(shares)[place.ravel()]


def judge_contenders(problem: Problem) -> ScoredOptions:
    """Judge, of each candidate, options by their lower bound until none left can win or tie."""
    rows = problem.space.memo(undominated_of_all, problem.asked)
    bound = lower_bound_usd(problem, rows)
    # The model is chosen without hours of upkeep: its cheapest way by that is looked at too.
    upkeep = upkeep_usd(problem, rows)
    bill_bound = bound - upkeep
    owner = problem.space.candidate_of[problem.options.candidate[rows]]
    order = np.argsort(bound, kind="stable")
    waiting = {int(c): order[owner[order] == c] for c in np.unique(owner)}
    least, least_bill = (dict.fromkeys(waiting, np.inf) for _ in range(2))
    parts: list[ScoredOptions] = []
    size = BATCH
    while waiting:
        batch = np.concatenate([left[:size] for left in waiting.values()])
        # What does not keep the needs as planned is out, and so is what lets no replica go.
        batch = batch[problem.as_needed(rows[batch])]
        judged = judge(problem, rows[batch])
        parts.append(judged)
        for candidate in list(waiting):
            own = judged.feasible & (owner[batch] == candidate)
            if own.any():
                usd = judged.criterion_usd[own]
                least[candidate] = min(least[candidate], float(usd.min()))
                bill_usd = float((usd - upkeep[batch[own]]).min())
                least_bill[candidate] = min(least_bill[candidate], bill_usd)
            left = waiting[candidate][size:]
            most_usd = least[candidate] + max(LEAST_TIE_USD, COST_TIE_FRACTION * least[candidate])
            left = left[(bound[left] <= most_usd) | (bill_bound[left] <= least_bill[candidate])]
            if left.size:
                waiting[candidate] = left
            else:
                del waiting[candidate]
        size *= 2
    return _together(parts) if parts else judge(problem, rows)


def judge(problem: Problem, rows: Rows) -> ScoredOptions:
    """Judge some options by the mean of their cost; they keep the needs as planned.

    With a budget, which is held against the cost of each draw, or where a quantile is compared,
    they are drawn.
    """
    study, options = problem.study, problem.options
    if study.decision.risk != "expected" or study.needs.max_usd_per_month is not None:
        return draw(problem, rows)
    usd, fleets = _mean_usd(problem, rows)
    probability, planned = np.ones(len(rows)), np.zeros(len(rows), dtype=np.int16)
    standing = options.stands[rows]
    probability[standing], planned[standing] = fleets.probability, fleets.planned
    if study.needs.max_p99_latency_ms is not None and not standing.all():
        probability[~standing] = problem.others_in_time(rows[~standing])[:, 1:].mean(axis=1)
    return ScoredOptions(
        rows=rows,
        planned=planned,
        criterion_usd=usd,
        probability=probability,
        feasible=probability >= study.decision.feasible_probability,
    )


def compared_usd(problem: Problem, rows: Rows) -> Floats:
    """Return what the ranking compares of some options, whether they keep the needs or not."""
    if problem.study.decision.risk != "expected":
        return draw(problem, rows).criterion_usd
    return _mean_usd(problem, rows)[0]


def _mean_usd(problem: Problem, rows: Rows) -> tuple[Floats, MeanFleets]:
    """Return the mean cost of some options, and the fleets of those whose replicas stand."""
    options = problem.options
    usd = _mean_beside_usd(problem, rows)
    standing = options.stands[rows]
    own = rows[standing]
    fleets = problem.mean_fleets(
        options.machine_class[own], purchases=options.purchase_at[own], scaled=options.scaled[own]
    )
    usd[standing] += options.replica_usd[own] * fleets.paid
    return usd, fleets


def _together(parts: list[ScoredOptions]) -> ScoredOptions:
    names = ("rows", "planned", "criterion_usd", "probability", "feasible")
    return ScoredOptions(**{n: np.concatenate([getattr(part, n) for part in parts]) for n in names})
