"""The ladder: from the simplest candidate up, and only as far as the next step pays for itself.

A step up must be better by more than noise, and must save more in errors than it adds to the bill.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

COST_TIE_FRACTION = 0.02
"""Bills closer than this are a tie: list prices and assumed lines are not known better."""

NOISE_Z = 1.96
"""Standard errors that count as noise: 95% for a normal difference."""

STUDENT_T = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306}
"""The same for few seeds: Student's 97.5% quantile by degrees of freedom, standard tables."""


@dataclass(frozen=True)
class LadderCandidate:
    """A candidate as the ladder sees it."""

    name: str
    rank: int
    """Place in the ladder, 0 the simplest."""
    losses: tuple[float, ...]
    """Mean loss per case of each seed; minus the quality where errors have no price."""
    case_count: int
    """Held-out cases behind all losses together."""
    is_proportion: bool
    """Whether a loss is a share of wrong cases, so that counting noise applies."""
    bill_usd_per_month: float | None
    """Cheapest feasible option; null where none is. [USD/month]"""
    beside_aws_usd_per_month: float = 0.0
    """Part of that which is people's hours and labels. [USD/month]"""
    ageing_usd_per_month: float = 0.0
    """Errors that it makes because it ages between releases. [USD/month]"""
    is_baseline: bool = False
    """Whether it is the dummy that learns nothing."""
    unfit: str | None = None
    """Why its quality already rules it out, if it does."""

    @property
    def loss(self) -> float:
        """Mean loss over seeds."""
        return math.fsum(self.losses) / len(self.losses)

    @property
    def usd_per_month(self) -> float:
        """Bill and ageing: what a release interval trades against each other. [USD/month]"""
        return (self.bill_usd_per_month or 0.0) + self.ageing_usd_per_month

    @property
    def tie_usd_per_month(self) -> float:
        """What a cheaper bill must save to count. [USD/month]

        Hours and labels are no part of what is known to 2%.
        """
        aws_usd = (self.bill_usd_per_month or 0.0) - self.beside_aws_usd_per_month
        return COST_TIE_FRACTION * max(0.0, aws_usd)


@dataclass(frozen=True)
class LadderResult:
    """Where the ladder ends."""

    chosen: str | None
    """The simplest candidate that is good enough; null where none is feasible."""
    verdicts: dict[str, str]
    """Per candidate: `chosen`, or why not."""
    worth_ranking: frozenset[str]
    """Candidates whose options stay in the ranking: the chosen one, and those within noise of it
    that are not clearly cheaper; the others are rejected with their verdict."""


def noise_of_difference(a: LadderCandidate, b: LadderCandidate) -> float:
    """Return how large a difference of mean loss may be by chance.

        max(t * sqrt(var(d) / k), z * sqrt((loss_a + loss_b) / n))

    with d the k per-seed differences (the same seed sees the same split), t Student's quantile for
    so few of them, and, for a share of wrong cases, the largest variance that n paired cases can
    have: they disagree on at most loss_a + loss_b of them. One seed tells nothing of its own
    spread: then only the second term.
    """
    differences = [x - y for x, y in zip(a.losses, b.losses, strict=False)]
    count = len(differences)
    noise = 0.0
    if count > 1:
        mean = math.fsum(differences) / count
        variance = math.fsum((d - mean) ** 2 for d in differences) / (count - 1) / count
        noise = STUDENT_T.get(count - 1, NOISE_Z) * math.sqrt(variance)
    if a.is_proportion and b.is_proportion:
        counting = (a.loss + b.loss) / max(1, min(a.case_count, b.case_count))
        noise = max(noise, NOISE_Z * math.sqrt(counting))
    return noise


def climb(
    candidates: Sequence[LadderCandidate], *, usd_per_loss_month: float | None
) -> LadderResult:
    """Walk the ladder from the simplest candidate and stop where the next step does not pay.

    Args:
        candidates: those of the study, any order.
        usd_per_loss_month: what one unit of loss per case costs in a month (cases x price); null
            where errors have no price, then a step must only be better by more than noise.

    Returns:
        The candidate chosen and a verdict for each.
    """
    verdicts: dict[str, str] = {}
    feasible = []
    for candidate in sorted(candidates, key=lambda r: (r.rank, r.name)):
        if candidate.unfit is not None:
            verdicts[candidate.name] = candidate.unfit
        elif candidate.bill_usd_per_month is None:
            verdicts[candidate.name] = "no feasible way to run it"
        else:
            feasible.append(candidate)
    if not feasible:
        return LadderResult(chosen=None, verdicts=verdicts, worth_ranking=frozenset())
    best = feasible[0]
    for candidate in feasible[1:]:
        best = _step(best, candidate, usd_per_loss_month, verdicts)
    barred = _better_but_barred(best, candidates)
    if barred is not None:
        verdicts[best.name] = (
            f"learns nothing, and is no stand-in for {barred.name}, which is better but "
            f"ruled out: {verdicts[barred.name]}"
        )
        return LadderResult(chosen=None, verdicts=verdicts, worth_ranking=frozenset())
    verdicts[best.name] = _chosen_because(best, feasible)
    ties = {
        candidate.name
        for candidate in feasible
        if candidate is not best
        and not candidate.is_baseline
        and abs(candidate.loss - best.loss) <= noise_of_difference(candidate, best)
        # One that is clearly cheaper and yet not chosen would stand above the chosen one.
        and (candidate.bill_usd_per_month or 0.0)
        >= (best.bill_usd_per_month or 0.0) - best.tie_usd_per_month
    }
    return LadderResult(
        chosen=best.name,
        verdicts={r.name: verdicts[r.name] for r in sorted(candidates, key=_order)},
        worth_ranking=frozenset({best.name} | ties),
    )


def _better_but_barred(
    best: LadderCandidate, candidates: Sequence[LadderCandidate]
) -> LadderCandidate | None:
    """Return the best candidate that a need rules out and that beats a chosen baseline."""
    if not best.is_baseline:
        return None
    better = [
        r
        for r in candidates
        if (r.unfit is not None or r.bill_usd_per_month is None)
        and best.loss - r.loss > noise_of_difference(best, r)
    ]
    return min(better, key=lambda r: r.loss, default=None)


def _order(candidate: LadderCandidate) -> tuple[int, str]:
    return candidate.rank, candidate.name


def _step(
    held: LadderCandidate,
    candidate: LadderCandidate,
    usd_per_loss_month: float | None,
    verdicts: dict[str, str],
) -> LadderCandidate:
    """Return which of two to hold on to, and write down why the other one is left."""
    gain = held.loss - candidate.loss
    noise = noise_of_difference(held, candidate)
    cheaper_usd = held.usd_per_month - candidate.usd_per_month
    saved_usd = 0.0 if usd_per_loss_month is None else gain * usd_per_loss_month
    if held.is_baseline:
        better = gain > noise
        verdicts[held.name if better else candidate.name] = (
            f"learns nothing; {candidate.name} is better by {gain:.4f} per case"
            if better
            else f"no better than {held.name}, which learns nothing, beyond noise "
            f"({gain:+.4f} per case, noise {noise:.4f})"
        )
        return candidate if better else held
    if abs(gain) <= noise:
        # A tie: the simpler one stays, unless the other saves real money even if the measured
        # difference is taken at its word.
        clearly = held.tie_usd_per_month
        if cheaper_usd > clearly and cheaper_usd + min(0.0, saved_usd) > clearly:
            verdicts[held.name] = (
                f"{candidate.name} is as good within noise ({noise:.4f} per case) and "
                f"{cheaper_usd:,.0f} USD/month cheaper"
            )
            return candidate
        verdicts[candidate.name] = (
            f"no better than {held.name} beyond noise ({gain:+.4f} per case, noise "
            f"{noise:.4f}): the simpler one wins"
        )
        return held
    if gain < 0:
        verdicts[candidate.name] = f"worse than {held.name} by {-gain:.4f} per case"
        return held
    if usd_per_loss_month is None:
        verdicts[held.name] = (
            f"{candidate.name} is better by {gain:.4f}, beyond noise ({noise:.4f})"
        )
        return candidate
    if saved_usd > -cheaper_usd:
        verdicts[held.name] = (
            f"{candidate.name} saves {saved_usd:,.0f} USD/month of errors for "
            f"{-cheaper_usd:+,.0f} USD/month of bill and ageing"
        )
        return candidate
    verdicts[candidate.name] = (
        f"does not pay for itself: saves {saved_usd:,.0f} USD/month of errors, costs "
        f"{-cheaper_usd:,.0f} USD/month more than {held.name}"
    )
    return held


def _chosen_because(best: LadderCandidate, feasible: Sequence[LadderCandidate]) -> str:
    if best.is_baseline:
        return "chosen: no candidate is better than guessing beyond noise; improve the data first"
    if best is min(feasible, key=lambda r: r.loss):
        return "chosen: no other candidate has a lower error"
    return "chosen: the simplest candidate that nothing dearer pays to replace"
