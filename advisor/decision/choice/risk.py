"""Chances and bands of the options that are shown, over the common draws."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.arrays import Floats
from advisor.decision.choice.choose import Choice
from advisor.decision.choice.ladder import COST_TIE_FRACTION
from advisor.decision.choice.pruning import draw
from advisor.decision.scenarios.outcomes import Outcomes, beside_aws_usd, people_usd_of
from advisor.decision.scenarios.problem import Problem
from advisor.recommendation import BudgetRisk

BAND = (0.1, 0.9)
"""Ends of the 80% band."""

TAIL = 0.9
"""Quantile of cost that a budget has to reckon with."""

COIN_TOSS = 0.4
"""A rival that is cheaper in this share of the draws is not told apart from the first."""


@dataclass(frozen=True)
class RiskTable:
    """Some options in every draw, and the cheapest that each draw has to offer."""

    outcomes: Outcomes
    probability: Floats
    """Share of the draws in which each keeps the needs."""
    criterion: Floats
    """What the ranking compares. [USD/month]"""
    wins: Floats
    """Share of the draws in which each is the cheapest of its candidate's feasible options."""
    platform_wins: Floats
    """Share of the draws in which the cheapest is on the same platform."""
    aws_usd: Floats
    """Part of each option's cost that AWS invoices, (option x draw). [USD/month]"""
    people_usd: Floats
    """People's hours of each option, ranked or not, (option x draw). [USD/month]"""
    counts_people: bool
    """Whether the ranking counts them."""
    platform_wins_aws: Floats
    """Share of the draws in which the cheapest by the AWS bill is on the same platform."""
    best_usd: Floats
    """Cost of the cheapest of these that keeps the needs there, (option x draw). [USD/month]"""
    enough: NDArray[np.bool_]
    """Whether the needs are kept as planned and often enough."""
    place: dict[int, int]
    """Of each option's row, its row here."""

    def feasible(self, row: int) -> bool:
        """Return whether an option keeps the needs as planned and often enough."""
        return bool(self.enough[self.place[row]])

    def criterion_usd(self, row: int) -> float:
        """Return what the ranking compares. [USD/month]"""
        return float(self.criterion[self.place[row]])

    def usd(self, row: int) -> Floats:
        """Return an option's cost in each draw. [USD/month]"""
        found: Floats = self.outcomes.usd[self.place[row], 1:]
        return found

    def planned_usd(self, row: int) -> float:
        """Return an option's cost with the study taken at its word. [USD/month]"""
        return float(self.outcomes.usd[self.place[row], 0])

    def band_usd(self, row: int) -> tuple[float, float]:
        """Return the 80% band of an option's cost, people's hours with it. [USD/month]"""
        usd = self.usd(row)
        if not self.counts_people:
            usd = usd + self.people_usd[self.place[row], 1:]
        low, high = np.quantile(usd, BAND)
        return float(low), float(high)

    def aws_band_usd(self, row: int) -> tuple[float, float]:
        """Return the 80% band of the part that AWS invoices. [USD/month]"""
        low, high = np.quantile(self.aws_usd[self.place[row], 1:], BAND)
        return float(low), float(high)

    def people_band_usd(self, row: int) -> tuple[float | None, float | None]:
        """Return the 80% band of people's hours; null where none are given. [USD/month]"""
        usd = self.people_usd[self.place[row]]
        if not usd[0]:
            return None, None
        low, high = np.quantile(usd[1:], BAND)
        return float(low), float(high)

    def regret_usd(self, row: int) -> float:
        """Return the mean of what an option costs above the cheapest of each draw. [USD/month]"""
        best_usd = self.best_usd[self.place[row]]
        told = np.isfinite(best_usd)
        if not told.any():
            return 0.0
        above = np.maximum(0.0, self.usd(row)[told] - best_usd[told])
        return float(above.mean())

    def as_planned(self, row: int, replicas: int) -> float:
        """Return the share of the draws in which the planned replicas are enough."""
        at = self.place[row]
        enough = self.outcomes.met[at, 1:] & (self.outcomes.replicas[at, 1:] <= replicas)
        return float(enough.mean())

    def probability_cheaper(self, row: int, than: int) -> float:
        """Return the share of the draws in which one option costs less than another."""
        return float((self.usd(row) < self.usd(than)).mean())


def risk_table(problem: Problem, choice: Choice, *, shown: Sequence[int]) -> RiskTable:
    """Draw the options that are shown, beside the cheapest of each draw."""
    rows = np.array(list(dict.fromkeys(shown)), dtype=np.intp)
    own = draw(problem, rows)
    owner = problem.space.candidate_of[problem.options.candidate[rows]]
    best_usd = np.full((len(rows), problem.scenarios.draws.count), np.inf)
    wins, platform_wins, by_bill = (np.zeros(len(rows)) for _ in range(3))
    platform = problem.options.platform_at
    for candidate in np.unique(owner):
        usd, winner = cheapest_of_each_draw(problem, choice, int(candidate))
        best_usd[owner == candidate] = usd
        _, by_aws = cheapest_of_each_draw(problem, choice, int(candidate), aws_only=True)
        told, times = np.unique(winner, return_counts=True)
        share = dict(zip(told.tolist(), (times / usd.size).tolist(), strict=True))
        for place in np.flatnonzero(owner == candidate):
            wins[place] = share.get(int(rows[place]), 0.0)
            platform_wins[place] = np.mean(platform[winner] == platform[rows[place]])
            by_bill[place] = np.mean(platform[by_aws] == platform[rows[place]])
    return RiskTable(
        outcomes=own.outcomes,
        probability=own.probability,
        criterion=own.criterion_usd,
        wins=wins,
        platform_wins=platform_wins,
        aws_usd=own.outcomes.usd - beside_aws_usd(problem.options, problem.scenarios, rows),
        people_usd=people_usd_of(problem.options, problem.scenarios, rows),
        counts_people=problem.scenarios.counts_people,
        platform_wins_aws=by_bill,
        best_usd=best_usd,
        enough=own.feasible,
        place={int(row): i for i, row in enumerate(rows)},
    )


def cheapest_of_each_draw(
    problem: Problem, choice: Choice, candidate: int, *, aws_only: bool = False
) -> tuple[Floats, NDArray[np.intp]]:
    """Return cost and row of a candidate's cheapest option that keeps the needs in each draw.

    Where none does, the cost is infinite and the row -1.

    Args:
        problem: the study in its option space.
        choice: what was drawn.
        candidate: row of the candidate's first profile.
        aws_only: count only what AWS invoices.
    """
    drawn = choice.drawn
    owner = problem.space.candidate_of[problem.options.candidate[drawn.outcomes.rows]]
    ranked = drawn.feasible & (owner == candidate)
    count = drawn.outcomes.usd.shape[1] - 1
    if not ranked.any():
        return np.full(count, np.inf), np.full(count, -1, dtype=np.intp)
    usd = drawn.outcomes.usd[ranked]
    if aws_only:
        rows = drawn.outcomes.rows[ranked]
        usd = usd - beside_aws_usd(problem.options, problem.scenarios, rows)
    usd = np.where(drawn.outcomes.met[ranked, 1:], usd[:, 1:], np.inf)
    at = usd.argmin(axis=0)
    best: Floats = usd[at, np.arange(count)]
    return best, np.where(np.isfinite(best), drawn.outcomes.rows[ranked][at], -1)


def too_close(risk: RiskTable, *, best: int, rival: int) -> bool:
    """Return whether the data cannot tell the first option from a rival.

    They cannot where the rival is dearer by at most 2% of the AWS bill on average, which is less
    than prices are known to, or is the cheaper one in two draws out of five or more.
    """
    more = float(risk.usd(rival).mean()) - float(risk.usd(best).mean())
    differs = float(risk.aws_usd[risk.place[best], 1:].mean())
    return more <= COST_TIE_FRACTION * differs or risk.probability_cheaper(rival, best) >= COIN_TOSS


def budget_risk(problem: Problem, usd: Floats) -> BudgetRisk:
    """Return what the budget has to reckon with, from a cost in each draw."""
    limit = problem.study.needs.max_usd_per_month
    tail = float(np.quantile(usd, TAIL))
    return BudgetRisk(
        budget_usd_per_month=limit,
        probability_over=None if limit is None else float((usd > limit).mean()),
        value_at_risk_usd_per_month=tail,
        tail_mean_usd_per_month=float(usd[usd >= tail].mean()),
    )
