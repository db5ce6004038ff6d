"""The choice: which options meet the needs often enough, which candidate pays, which is cheapest.

Which options are looked at for it is said in `contenders`.
"""

from dataclasses import dataclass

import numpy as np

from advisor.arrays import Floats
from advisor.decision.choice.ladder import COST_TIE_FRACTION, LadderCandidate, LadderResult, climb
from advisor.decision.choice.pruning import (
    LEAST_TIE_USD,
    Drawn,
    ScoredOptions,
    draw,
    judge_contenders,
    told_apart,
    undominated,
    upkeep_usd,
)
from advisor.decision.scenarios.candidate_costs import CandidateCosts
from advisor.decision.scenarios.problem import Problem
from advisor.profiles import CandidateProfile
from advisor.recommendation import AnswerKey
from advisor.study.types import DAYS_PER_MONTH, Study


@dataclass(frozen=True)
class Choice:
    """What is chosen, and from what."""

    best: int | None
    """Row of the chosen option; null where none is feasible."""
    cheapest: int | None
    """Row of the cheapest option of the chosen candidate: the best, unless a simpler one ties."""
    ladder: LadderResult
    unfit: dict[str, str | None]
    judged: ScoredOptions
    """The options that were looked at."""

    @property
    def drawn(self) -> Drawn:
        """Return these options in every draw.

        Raises:
            TypeError: only the answer was asked for.
        """
        if not isinstance(self.judged, Drawn):
            raise TypeError("asked for the answer alone, nothing is drawn: choose with whole=True")
        return self.judged

    def criterion_of(self, row: int) -> float:
        """Return what the ranking compares of an option that was looked at. [USD/month]"""
        return float(self.judged.criterion_usd[self.judged.rows == row][0])


def answer_key(problem: Problem, row: int | None) -> AnswerKey | None:
    """Return what the answer is told apart by."""
    if row is None:
        return None
    profile = problem.space.profiles[int(problem.options.candidate[row])]
    platform = problem.options.platform_of(row)
    return AnswerKey(candidate=profile.name, platform=platform, sku=sku_of(problem, row))


def sku_of(problem: Problem, row: int) -> str:
    """Return what is bought for an option."""
    return str(problem.options.sku[row])


def choose(problem: Problem, *, whole: bool = True) -> Choice:
    """Choose an option.

    Args:
        problem: the study in its option space.
        whole: draw every option that another does not beat; else look only at what can still win.
    """
    if whole or problem.study.decision.risk != "expected":
        return choose_from(problem, draw(problem, undominated(problem.options, problem.possible)))
    return choose_from(problem, judge_contenders(problem))


def choose_from(problem: Problem, judged: ScoredOptions) -> Choice:
    """Climb the ladder of candidates and take the cheapest option of the one it ends at."""
    study, space = problem.study, problem.space
    unfit = {p.name: unfit_reason(study, p) for p in space.profiles}
    owner = space.candidate_of[problem.options.candidate[judged.rows]]
    # Hours of upkeep belong to the platform: they never choose the model.
    without_upkeep = judged.criterion_usd - upkeep_usd(problem, judged.rows)
    climbed = climb(
        [
            _ladder_candidate(
                profile,
                cost,
                usd=without_upkeep[judged.feasible & (owner == i)],
                beside_aws_usd=_beside_aws_usd(problem, cost),
                unfit=unfit[profile.name],
            )
            for i, (profile, cost) in enumerate(zip(space.profiles, problem.costs, strict=True))
            if profile.form_rank == 0
        ],
        usd_per_loss_month=usd_per_loss_month(study, space.profiles),
    )
    chosen = next((i for i, p in enumerate(space.profiles) if p.name == climbed.chosen), None)
    own = np.flatnonzero(judged.feasible & (owner == (-1 if chosen is None else chosen)))
    best = cheapest = None
    if own.size:
        cheapest_usd = float(judged.criterion_usd[own].min())
        least = own[judged.criterion_usd[own] == cheapest_usd]
        first = min(least, key=lambda i: simplicity(problem, judged, int(i)))
        cheapest = int(judged.rows[first])
        ties = own[judged.criterion_usd[own] <= cheapest_usd + tie_usd(problem, judged, first)]
        platform = problem.options.platform_at[judged.rows]
        ties = ties[platform[ties] == platform[first]]
        best = int(judged.rows[min(ties, key=lambda i: simplicity(problem, judged, int(i)))])
    return Choice(best=best, cheapest=cheapest, ladder=climbed, unfit=unfit, judged=judged)


def tie_usd(problem: Problem, judged: ScoredOptions, place: int) -> float:
    """Return by how much an option may cost more and tie with another one. [USD/month]

    Prices are known to about 2% of what differs: what all options of a candidate and a platform
    share, its releases and people's hours, is no part of it. Half a dollar a month pays for no
    second artefact and no autoscaling.
    """
    row, means = int(judged.rows[place]), problem.means
    shared = means.people_usd[problem.options.platform_at[row]]
    shared += means.candidate_usd[problem.options.candidate[row]]
    own = float(judged.criterion_usd[place]) - float(shared)
    return max(LEAST_TIE_USD, COST_TIE_FRACTION * own)


def simplicity(problem: Problem, judged: ScoredOptions, place: int) -> tuple[float | str, ...]:
    """Return the key by which ties on one platform go: smaller is simpler.

    The simpler form, a fixed fleet, fewer replicas as planned, the lower cost, the name.
    """
    row = int(judged.rows[place])
    profile = problem.space.profiles[int(problem.options.candidate[row])]
    return (
        float(profile.form_rank),
        float(problem.options.scaled[row]),
        float(judged.planned[place]),
        float(told_apart(judged.criterion_usd[place])),
        sku_of(problem, row),
        float(row),
    )


def usd_per_loss_month(study: Study, profiles: tuple[CandidateProfile, ...]) -> float | None:
    """Return what one unit of loss per case costs in a month; null where errors have no price."""
    usd_per_error = study.retraining.error_usd
    if usd_per_error == 0 or any(p.errors_per_case is None for p in profiles):
        return None
    return usd_per_error * study.cases_per_day * DAYS_PER_MONTH


def _beside_aws_usd(problem: Problem, cost: CandidateCosts) -> float:
    """Return labels, and review where people count, of a candidate's releases. [USD/month]"""
    labels = cost.cadence.releases_per_month * problem.study.retraining.label_cost_usd
    return labels + (cost.review_usd if problem.scenarios.counts_people else 0.0)


def _ladder_candidate(
    profile: CandidateProfile,
    cost: CandidateCosts,
    *,
    usd: Floats,
    beside_aws_usd: float,
    unfit: str | None,
) -> LadderCandidate:
    """Return a candidate as the ladder takes it, `usd` being what its feasible options cost."""
    losses = profile.errors_per_case or tuple(-q for q in profile.qualities)
    return LadderCandidate(
        name=profile.name,
        rank=profile.rank,
        losses=losses,
        case_count=profile.held_out_count,
        is_proportion=profile.is_proportion,
        bill_usd_per_month=float(usd.min()) if usd.size else None,
        beside_aws_usd_per_month=beside_aws_usd,
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
