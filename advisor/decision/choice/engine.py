"""Judge a study: every option priced, planned, held against the needs, drawn, and put in order."""

import dataclasses
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from advisor.decision.choice.choose import Choice, choose
from advisor.decision.choice.ladder import LadderResult
from advisor.decision.choice.pruning import share_in_time
from advisor.decision.choice.ranking import Order, order, runs_as_needed
from advisor.decision.choice.risk import RiskTable, risk_table
from advisor.decision.options.always_on import standing_columns
from advisor.decision.options.columns import Columns, concatenate
from advisor.decision.options.jobs_and_queues import Metered
from advisor.decision.options.replica_plan import plan_rows
from advisor.decision.options.table import Offer, OptionTable, Plan
from advisor.decision.scenarios.candidate_costs import CandidateCosts
from advisor.decision.scenarios.option_space import OptionSpace, option_space_key, option_space_of
from advisor.decision.scenarios.problem import Problem, problem_of
from advisor.decision.scenarios.run_history import history_advice, with_history
from advisor.evidence import CandidateProfile, Evidence
from advisor.recommendation import HistoryAdvice
from advisor.study.types import Study
from pricing.instances import InstanceCatalogue
from pricing.quotes import PriceBook


@dataclass(frozen=True)
class Engine:
    """Everything between the measurements and the answer, kept for the faces to ask again."""

    study: Study
    space: OptionSpace
    problem: Problem
    choice: Choice
    plan: Plan
    columns: Columns
    runs: NDArray[np.bool_]
    """Options that meet every need beside quality, as planned."""
    often: NDArray[np.bool_]
    """Options that keep the needs in as many draws as the study wants."""
    order: Order
    risk: RiskTable
    """Costs and chances of the options that are shown."""
    history: HistoryAdvice | None = None
    """What the runs of the past come to."""

    @property
    def evidence(self) -> Evidence:
        """What was measured."""
        return self.space.evidence

    @property
    def book(self) -> PriceBook:
        """The prices."""
        return self.space.book

    @property
    def catalogue(self) -> InstanceCatalogue:
        """The instance types."""
        return self.space.catalogue

    @property
    def on(self) -> date:
        """The day whose prices apply."""
        return self.space.on

    @property
    def profiles(self) -> tuple[CandidateProfile, ...]:
        """The candidates, one profile for each form."""
        return self.space.profiles

    @property
    def candidate_of(self) -> NDArray[np.int64]:
        """Per profile, the row of its candidate's first profile: forms share a candidate."""
        return self.space.candidate_of

    @property
    def costs(self) -> tuple[CandidateCosts, ...]:
        """What each profile costs wherever it runs."""
        return self.problem.costs

    @property
    def offers(self) -> tuple[Offer, ...]:
        """What can be bought on the standing platforms."""
        return self.table.offers

    @property
    def table(self) -> OptionTable:
        """The options of the standing platforms."""
        return self.space.table

    @property
    def unfit(self) -> dict[str, str | None]:
        """Per candidate, why its quality breaks a need; null where it does not."""
        return self.choice.unfit

    @property
    def ladder(self) -> LadderResult:
        """Where the ladder of candidates ends."""
        return self.choice.ladder

    @property
    def metered(self) -> tuple[Metered, ...]:
        """Jobs and the asynchronous endpoint: the last rows of the columns."""
        return self.problem.metered

    def metered_at(self, row: int) -> tuple[Metered, int] | None:
        """Return the table of jobs or queues that a row stands in, and where; else None."""
        start = len(self.columns) - sum(len(part) for part in self.metered)
        for part in self.metered:
            if 0 <= row - start < len(part):
                return part, row - start
            start += len(part)
        return None


def prepare(
    study: Study,
    evidence: Evidence,
    *,
    on: date,
    book: PriceBook,
    catalogue: InstanceCatalogue,
    space: OptionSpace | None = None,
) -> Engine:
    """Build the option table, judge it and order it.

    Args:
        study: the question.
        evidence: what was measured.
        on: the day whose prices apply.
        book: prices.
        catalogue: instance types.
        space: that of an earlier question, taken where it still holds.
    """
    stands = (
        space is not None
        and space.evidence is evidence
        and space.book is book
        and space.on == on
        and space.key == option_space_key(study)
    )
    if space is None or not stands:
        space = option_space_of(study, evidence, on=on, book=book, catalogue=catalogue)
    return judge(study, space)


def judge(study: Study, space: OptionSpace) -> Engine:
    """Judge and order the options of a study in its option space."""
    history = kept_history(study, space)
    study = with_history(study, history)
    problem = problem_of(study, space)
    choice = choose(problem)
    table = _at_traffic(space.table, problem)
    found = plan_rows(
        study,
        table,
        space.classes,
        np.arange(len(table)),
        peaks_per_s=np.array([study.workload.peak_per_s]),
        shared_usd=table.shared_usd,
    )
    columns = concatenate(
        [
            standing_columns(study, table, found, monthly_usd=problem.monthly_usd),
            problem.others,
        ]
    )
    runs = runs_as_needed(study, columns)
    worth = np.array([p.name in choice.ladder.worth_ranking for p in space.profiles])
    often = _often(problem, choice)
    shown = order(
        columns,
        feasible=runs & often & worth[columns.candidate],
        candidate_of=space.candidate_of,
        best=choice.best,
    )
    risk = risk_table(problem, choice, shown=(*shown.ranked, *shown.rejected))
    return Engine(
        study=study,
        space=dataclasses.replace(space, table=table),
        problem=problem,
        choice=choice,
        plan=found,
        columns=columns,
        runs=runs,
        often=often,
        order=_by_criterion(shown, choice, risk),
        risk=risk,
        history=history,
    )


def kept_history(study: Study, space: OptionSpace) -> HistoryAdvice | None:
    """Sum up the stores once for an option space: no slider moves them."""
    used = "runs_per_release" not in study.retraining.model_fields_set
    key = ("history", study.history.machine, study.cloud.regions[0], used)
    if key not in space.kept:
        space.kept[key] = history_advice(
            study, space.evidence.histories, book=space.book, on=space.on
        )
    found: HistoryAdvice | None = space.kept[key]
    return found


def _at_traffic(table: OptionTable, problem: Problem) -> OptionTable:
    """Return the option table with what its replicas share and roll out at the traffic."""
    offers = tuple(
        dataclasses.replace(offer, shared_usd_per_month=float(usd))
        for offer, usd in zip(table.offers, problem.offer_shared_usd, strict=True)
    )
    shared = problem.offer_shared_usd[table.offer]
    pooling = np.ones(len(table))
    pooling[table.scaled] = problem.pooled(problem.space.classes.of_row[table.scaled])
    return dataclasses.replace(
        table,
        offers=offers,
        shared_usd=shared,
        replica_usd=table.replica_usd * (1 + problem.surge),
        pooling=pooling,
    )


def _often(problem: Problem, choice: Choice) -> NDArray[np.bool_]:
    """Return which options keep the needs often enough; one not drawn as its kind does."""
    terms, drawn = problem.terms, choice.drawn
    enough = drawn.probability >= problem.study.decision.feasible_probability
    classes = terms.machine_class[drawn.outcomes.rows]
    by_kind = np.zeros(len(problem.space.classes.first) + 1, dtype=bool)
    np.logical_or.at(by_kind, classes[classes >= 0], enough[classes >= 0])
    often: NDArray[np.bool_] = by_kind[terms.machine_class] & (terms.machine_class >= 0)
    others = np.flatnonzero(problem.possible & (terms.machine_class < 0))
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
