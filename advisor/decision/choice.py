"""The choice: which options meet the needs often enough, which candidate pays, which is cheapest.

Options that cost at least as much as another of the same kind in every draw are left out before
anything is drawn. Asked for the answer alone, only options whose lower bound of cost could still
win are drawn: the answer is the same, see `docs/explanation/decision.md`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor import defaults
from advisor.decision.following import following_of, start_minutes
from advisor.decision.ladder import COST_TIE_FRACTION, Climb, Rung, climb
from advisor.decision.outcomes import CHUNK, Outcomes, criterion_usd
from advisor.decision.setting import CandidateCosts, Setting
from advisor.evidence import CandidateProfile
from advisor.recommendation import AnswerKey
from advisor.study import DAYS_PER_MONTH, Study

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Rows = NDArray[np.intp]

LEADERS = 12
"""Options of a group of jobs that are held against the others, at most."""

BATCH = 12
"""Options of one candidate drawn at a time when only the answer is asked for."""


@dataclass(frozen=True)
class Drawn:
    """Options that were drawn, with what the choice looks at."""

    outcomes: Outcomes
    criterion_usd: Floats
    """Mean cost, or the study's quantile of it. [USD/month]"""
    probability: Floats
    """Share of the draws in which the needs are kept."""
    feasible: Bools
    """Whether they are kept as planned and often enough."""


@dataclass(frozen=True)
class Choice:
    """What is chosen, and from what."""

    best: int | None
    """Row of the chosen option; null where none is feasible."""
    cheapest: int | None
    """Row of the cheapest option of the chosen candidate: the best, unless a simpler one ties."""
    climb: Climb
    unfit: dict[str, str | None]
    drawn: Drawn

    def criterion_of(self, row: int) -> float:
        """Return what the ranking compares of a drawn option. [USD/month]"""
        return float(self.drawn.criterion_usd[self.drawn.outcomes.rows == row][0])


def answer_key(setting: Setting, row: int | None) -> AnswerKey | None:
    """Return what the answer is told apart by."""
    if row is None:
        return None
    profile = setting.ground.profiles[int(setting.stakes.candidate[row])]
    platform = setting.worlds.platforms[int(setting.stakes.platform[row])]
    return AnswerKey(candidate=profile.name, platform=platform, sku=sku_of(setting, row))


def sku_of(setting: Setting, row: int) -> str:
    """Return what is bought for an option."""
    table = setting.ground.table
    if row >= len(table):
        return str(setting.others.sku[row - len(table)])
    return str(table.offers[table.offer[row]].machines.sku[table.row[row]])


def undominated(setting: Setting) -> Rows:
    """Return the possible options without those that another beats in every draw, exactly.

    Two options of one kind of machine, platform, way to buy and to scale need the same replicas in
    every draw. The one whose replica, fixed part and part by request all cost as much or more is
    left out; of two that are equal the later one. Jobs and queues: see `_undominated_others`.
    """
    stakes = setting.stakes
    rows = np.flatnonzero(setting.possible)
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
    parts = np.stack(
        [
            getattr(stakes, name)[rows]
            for name in (
                *("fixed_usd", "request_usd", "work_usd"),
                *("p99_fixed_s", "p99_service_s", "p99_start_s"),
            )
        ]
    )
    same = (stakes.group[rows] * len(setting.worlds.platforms) + stakes.platform[rows]) * len(
        setting.ground.profiles
    ) + stakes.candidate[rows]
    order = np.lexsort((rows, parts[:3].sum(axis=0), same))
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


def draw(setting: Setting, rows: Rows) -> Drawn:
    """Draw some options and judge them."""
    outcomes = setting.outcomes(rows)
    probability = outcomes.met[:, 1:].mean(axis=1)
    wanted = setting.study.decision.feasible_probability
    return Drawn(
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
    stakes, worlds, table = setting.stakes, setting.worlds, setting.ground.table
    traffic = worlds.draws.traffic[1:] * worlds.draws.drift[1:]
    bound = (
        stakes.fixed_usd[rows] * worlds.draws.drift[1:].mean()
        + stakes.request_usd[rows] * traffic.mean()
        + worlds.people_usd[:, 1:].mean(axis=1)[stakes.platform[rows]]
        + worlds.candidate_usd[:, 1:].mean(axis=1)[stakes.candidate[rows]]
    )
    loads = (
        np.einsum("pd,gd,d->gp", worlds.price[:, 1:], worlds.service[:, 1:], worlds.peak_per_s[1:])
        / worlds.draws.count
    )
    works = worlds.service[:, 1:] @ traffic / worlds.draws.count
    standing = stakes.kind[rows] >= 0
    own = rows[standing]
    at = setting.ground.kinds.first[stakes.kind[own]]
    room = table.workers[at] * defaults.MAX_UTILISATION.value
    carried = loads[stakes.group[own], stakes.purchase[own]] * table.service_s[at] / room
    follows = stakes.scaled[own]
    carried[follows] *= _mean_levels(setting, at[follows])
    always = (
        worlds.price[:, 1:].mean(axis=1)[stakes.purchase[own]]
        * setting.study.needs.availability_zones
    )
    # The search beyond `MAX_REPLICAS` is cut off, and so must the bound be.
    bound[standing] += stakes.replica_usd[own] * np.maximum(always, carried * (1 - 1e-9))
    bound[~standing] += stakes.work_usd[rows[~standing]] * works[stakes.group[rows[~standing]]]
    safe: Floats = bound * (1 - 1e-9)
    return safe


def _mean_levels(setting: Setting, rows: Rows) -> Floats:
    """Return the share of its load that a fleet which follows the traffic has at least."""
    study = setting.study
    minutes = start_minutes(setting.ground.table.start_s[rows])
    shares = {
        m: following_of(
            study.workload, start_minutes=m, fewest=study.needs.availability_zones
        ).mean_level
        for m in np.unique(minutes).tolist()
    }
    return np.array([shares[m] for m in minutes.tolist()])


def choose(setting: Setting, *, whole: bool = True) -> Choice:
    """Choose an option.

    Args:
        setting: the study on its ground.
        whole: draw every option that another does not beat; else only what can still win.
    """
    rows = undominated(setting)
    if whole or setting.study.decision.risk != "expected":
        drawn = draw(setting, rows)
    else:
        drawn = _draw_contenders(setting, rows)
    return choose_from(setting, drawn)


def _draw_contenders(setting: Setting, rows: Rows) -> Drawn:
    """Draw, of each candidate, options by their lower bound until none left can win or tie."""
    rows = rows[setting.nominal(rows)]  # what does not keep the needs as planned is out
    bound = lower_bound_usd(setting, rows)
    owner = setting.ground.candidate_of[setting.stakes.candidate[rows]]
    order = np.argsort(bound, kind="stable")
    waiting = {int(c): order[owner[order] == c] for c in np.unique(owner)}
    parts: list[Drawn] = []
    least = dict.fromkeys(waiting, np.inf)
    while waiting:
        batch = np.concatenate([left[:BATCH] for left in waiting.values()])
        drawn = draw(setting, rows[batch])
        parts.append(drawn)
        for candidate in list(waiting):
            own = drawn.feasible & (owner[batch] == candidate)
            if own.any():
                least[candidate] = min(least[candidate], float(drawn.criterion_usd[own].min()))
            left = waiting[candidate][BATCH:]
            left = left[bound[left] <= least[candidate] * (1 + COST_TIE_FRACTION)]
            if left.size:
                waiting[candidate] = left
            else:
                del waiting[candidate]
    return _together(parts) if parts else draw(setting, rows)


def _together(parts: list[Drawn]) -> Drawn:
    if len(parts) == 1:
        return parts[0]
    outcomes = [p.outcomes for p in parts]
    return Drawn(
        outcomes=Outcomes(
            rows=np.concatenate([o.rows for o in outcomes]),
            usd=np.concatenate([o.usd for o in outcomes]),
            met=np.concatenate([o.met for o in outcomes]),
            replicas=np.concatenate([o.replicas for o in outcomes]),
        ),
        criterion_usd=np.concatenate([p.criterion_usd for p in parts]),
        probability=np.concatenate([p.probability for p in parts]),
        feasible=np.concatenate([p.feasible for p in parts]),
    )


def choose_from(setting: Setting, drawn: Drawn) -> Choice:
    """Climb the ladder of candidates and take the cheapest option of the one it ends at."""
    study, ground = setting.study, setting.ground
    unfit = {p.name: unfit_reason(study, p) for p in ground.profiles}
    owner = ground.candidate_of[setting.stakes.candidate[drawn.outcomes.rows]]
    climbed = climb(
        [
            _rung(
                profile,
                cost,
                usd=drawn.criterion_usd[drawn.feasible & (owner == i)],
                unfit=unfit[profile.name],
            )
            for i, (profile, cost) in enumerate(zip(ground.profiles, setting.costs, strict=True))
            if profile.form_rank == 0
        ],
        usd_per_loss_month=usd_per_loss_month(study, ground.profiles),
    )
    chosen = next((i for i, p in enumerate(ground.profiles) if p.name == climbed.chosen), None)
    own = np.flatnonzero(drawn.feasible & (owner == (-1 if chosen is None else chosen)))
    best = cheapest = None
    if own.size:
        cheapest_usd = float(drawn.criterion_usd[own].min())
        ties = own[drawn.criterion_usd[own] <= cheapest_usd * (1 + COST_TIE_FRACTION)]
        best = int(drawn.outcomes.rows[min(ties, key=lambda i: simplicity(setting, drawn, int(i)))])
        least = own[drawn.criterion_usd[own] == cheapest_usd]
        cheapest = int(drawn.outcomes.rows[min(least, key=lambda i: simplicity(setting, drawn, i))])
    return Choice(best=best, cheapest=cheapest, climb=climbed, unfit=unfit, drawn=drawn)


def simplicity(setting: Setting, drawn: Drawn, place: int) -> tuple[float | str, ...]:
    """Return the key by which ties go: smaller is simpler.

    Fewer hours of upkeep, the simpler form, a fixed fleet, fewer replicas as planned, the lower
    cost, the name.
    """
    row = int(drawn.outcomes.rows[place])
    platform = setting.worlds.platforms[int(setting.stakes.platform[row])]
    profile = setting.ground.profiles[int(setting.stakes.candidate[row])]
    return (
        setting.study.team.upkeep_hours(platform),
        float(profile.form_rank),
        float(setting.stakes.scaled[row]),
        float(drawn.outcomes.replicas[place, 0]),
        float(drawn.criterion_usd[place]),
        sku_of(setting, row),
        float(row),
    )


def usd_per_loss_month(study: Study, profiles: tuple[CandidateProfile, ...]) -> float | None:
    """Return what one unit of loss per case costs in a month; null where errors have no price."""
    if study.retraining.error_cost_usd == 0 or any(p.errors_per_case is None for p in profiles):
        return None
    return study.retraining.error_cost_usd * study.cases_per_day * DAYS_PER_MONTH


def _rung(
    profile: CandidateProfile,
    cost: CandidateCosts,
    *,
    usd: Floats,
    unfit: str | None,
) -> Rung:
    """Return a candidate as the ladder sees it, `usd` being what its feasible options cost."""
    losses = profile.errors_per_case or tuple(-q for q in profile.qualities)
    return Rung(
        candidate=profile.name,
        rank=profile.rank,
        losses=losses,
        case_count=profile.held_out_count,
        is_proportion=profile.is_proportion,
        bill_usd_per_month=float(usd.min()) if usd.size else None,
        ageing_usd_per_month=cost.cadence.ageing_usd_per_month,
        is_baseline=profile.is_baseline,
        unfit=unfit,
    )


def unfit_reason(study: Study, profile: CandidateProfile) -> str | None:
    """Return why a candidate's quality breaks a need, or null."""
    needs = study.needs
    if needs.min_quality is not None and profile.quality < needs.min_quality:
        return f"quality {profile.quality:.4f} is below the need of {needs.min_quality:g}"
    if needs.max_quality_spread is not None and profile.quality_spread > needs.max_quality_spread:
        return (
            f"quality spreads by {profile.quality_spread:.4f} over seeds, "
            f"limit is {needs.max_quality_spread:g}"
        )
    return None
