"""The engine: everything between the measurements and the answer."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from advisor.arrays import Ints
from advisor.decision.choice.choose import Choice, choose
from advisor.decision.choice.ladder import LadderResult
from advisor.decision.choice.pruning import share_in_time
from advisor.decision.choice.ranking import Order, order, runs_as_needed
from advisor.decision.choice.risk import RiskTable, risk_table
from advisor.decision.scenarios.candidate_costs import CandidateCosts
from advisor.decision.scenarios.option_space import OptionSpace, option_space_for, option_space_of
from advisor.decision.scenarios.problem import Problem, problem_of
from advisor.decision.scenarios.run_history import history_advice, with_history
from advisor.evidence import Evidence
from advisor.market import Market
from advisor.options.machines import MachineTable
from advisor.options.replicas import plan_rows
from advisor.options.table import Options
from advisor.profiles import CandidateProfile
from advisor.recommendation import HistoryAdvice
from advisor.study.types import Study

RankBy = Literal["aws-bill", "with-people"]


@dataclass(frozen=True)
class Engine:
    """Everything between the measurements and the answer, kept for the faces to ask again."""

    study: Study
    space: OptionSpace
    problem: Problem
    choice: Choice
    options: Options
    """Every option, as planned."""
    runs: NDArray[np.bool_]
    """Options that meet every need beside quality, as planned."""
    often: NDArray[np.bool_]
    """Options that keep the needs in as many draws as the study wants."""
    order: Order
    risk: RiskTable
    """Costs and chances of the options that are shown."""
    history: HistoryAdvice | None = None
    """What the runs of the past come to."""
    rank_note: str | None = None
    """Why another amount ranks than was asked for; null where it does not."""

    @property
    def evidence(self) -> Evidence:
        """What was measured."""
        return self.space.evidence

    @property
    def market(self) -> Market:
        """Prices at the study's discounts."""
        return self.space.market

    @property
    def on(self) -> date:
        """The day whose prices apply."""
        return self.space.market.on

    @property
    def profiles(self) -> tuple[CandidateProfile, ...]:
        """The candidates, one profile for each form."""
        return self.space.profiles

    @property
    def candidate_of(self) -> Ints:
        """Per profile, the row of its candidate's first profile: forms share a candidate."""
        return self.space.candidate_of

    @property
    def costs(self) -> tuple[CandidateCosts, ...]:
        """What each profile costs wherever it runs."""
        return self.problem.costs

    @property
    def machines(self) -> MachineTable:
        """The candidates on every machine."""
        return self.space.machines

    @property
    def unfit(self) -> dict[str, str | None]:
        """Per candidate, why its quality breaks a need; null where it does not."""
        return self.choice.unfit

    @property
    def ladder(self) -> LadderResult:
        """Where the ladder of candidates ends."""
        return self.choice.ladder


def prepare(
    study: Study, evidence: Evidence, market: Market, *, space: OptionSpace | None = None
) -> Engine:
    """Price every option, judge it and order it.

    Args:
        study: the question.
        evidence: what was measured.
        market: prices, instance types and the day.
        space: that of an earlier question, taken as far as it still holds.
    """
    memo = None if space is None else space.memo
    return judge(study, option_space_of(study, evidence, market, memo))


def judge(study: Study, space: OptionSpace) -> Engine:
    """Judge and order the options of a study in its option space.

    The study of the engine says which amount ranks: hours count where every platform that is left
    to compare has them.
    """
    history = kept_history(study, space)
    study = with_history(study, history)
    asked, hours = study.decision.rank_by, study.team.hours_per_month
    if asked == "aws-bill" or not hours:
        note = None if asked != "with-people" else _lacks_hours(())
        return dataclasses.replace(_ranked(study, space, "aws-bill", history), rank_note=note)
    if {*study.cloud.platforms} <= {*hours}:
        return _ranked(study, space, "with-people", history)
    by_bill = _ranked(study, space, "aws-bill", history)
    compared = {by_bill.options.platform_of(row) for row in by_bill.order.ranked}
    missing = sorted(compared - {*hours})
    if compared and not missing:
        return _ranked(study, space, "with-people", history)
    note = _lacks_hours(missing) if asked == "with-people" else None
    return dataclasses.replace(by_bill, rank_note=note)


def _lacks_hours(missing: Sequence[str]) -> str:
    """Say why people's hours do not rank although they should."""
    keys = ", ".join(f"team.hours_per_month.{name}" for name in missing) or "team.hours_per_month"
    return f"ranked by the AWS bill, not with people: set {keys} first"


def _ranked(
    study: Study, space: OptionSpace, rank_by: RankBy, history: HistoryAdvice | None
) -> Engine:
    """Judge and order the options by one amount."""
    study = study.replace(decision=study.decision.replace(rank_by=rank_by))
    problem = problem_of(study, option_space_for(study, space))
    space = problem.space
    choice = choose(problem)
    options = planned(problem)
    runs = runs_as_needed(study, options)
    worth = np.array([p.name in choice.ladder.worth_ranking for p in space.profiles])
    often = _often(problem, choice)
    shown = order(
        options,
        feasible=runs & often & worth[options.candidate],
        candidate_of=space.candidate_of,
        best=choice.best,
    )
    risk = risk_table(problem, choice, shown=(*shown.ranked, *shown.rejected))
    return Engine(
        study=study,
        space=space,
        problem=problem,
        choice=choice,
        options=options,
        runs=runs,
        often=often,
        order=_by_criterion(shown, choice, risk),
        risk=risk,
        history=history,
    )


def planned(problem: Problem) -> Options:
    """Return the options of a study with the replicas of those that stand planned."""
    study, space, options = problem.study, problem.space, problem.options
    rows = np.flatnonzero(options.stands)
    scaled = options.scaled[rows]
    pooling = np.ones(len(rows))
    pooling[scaled] = problem.pooled(options.machine_class[rows[scaled]])
    found = options.with_plan(
        rows,
        plan_rows(
            study,
            space.machines,
            space.classes,
            options.machine[rows],
            peaks_per_s=np.array([study.workload.peak_per_s]),
            scaled=scaled,
            pooling=pooling,
        ),
    )
    still = found.scaled & (found.billed >= found.replicas * (1 - 1e-9)) & (found.limit == "")
    limit = found.limit.copy()
    limit[still] = "autoscaling lets no replica go: billed as a fixed fleet"
    return dataclasses.replace(found, limit=limit)


def kept_history(study: Study, space: OptionSpace) -> HistoryAdvice | None:
    """Sum up the stores once: no slider moves them."""
    return space.memo(
        history_advice,
        space.evidence.histories,
        space.market,
        machine=study.history.machine,
        region=study.cloud.regions[0],
        is_used="runs_per_release" not in study.retraining.model_fields_set,
    )


def _often(problem: Problem, choice: Choice) -> NDArray[np.bool_]:
    """Return which options keep the needs often enough; one not drawn as its kind does."""
    options, drawn = problem.options, choice.drawn
    enough = drawn.probability >= problem.study.decision.feasible_probability
    classes = options.machine_class[drawn.outcomes.rows]
    by_kind = np.zeros(len(problem.space.classes.first) + 1, dtype=bool)
    np.logical_or.at(by_kind, classes[classes >= 0], enough[classes >= 0])
    often: NDArray[np.bool_] = by_kind[options.machine_class] & (options.machine_class >= 0)
    others = np.flatnonzero(problem.possible & (options.machine_class < 0))
    left = np.setdiff1d(others, drawn.outcomes.rows)
    often[left] = share_in_time(problem, left) >= problem.study.decision.feasible_probability
    often[drawn.outcomes.rows] = enough
    return often


def _by_criterion(shown: Order, choice: Choice, risk: RiskTable) -> Order:
    """Put the shown options in the order of what is compared; the chosen one stays first."""
    kept = [row for row in shown.ranked if row == choice.best or risk.feasible(row)]
    late = [row for row in shown.ranked if row not in kept]
    ranked = sorted(kept, key=lambda row: (row != choice.best, risk.criterion_usd(row), row))
    return dataclasses.replace(shown, ranked=tuple(ranked), rejected=(*late, *shown.rejected))
