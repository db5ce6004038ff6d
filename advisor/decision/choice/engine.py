"""Judge a study: every option priced, planned, held against the needs, drawn, and put in order."""

import dataclasses
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from advisor.decision.choice.choose import Choice, choose
from advisor.decision.choice.ladder import Climb
from advisor.decision.choice.pruning import share_in_time
from advisor.decision.choice.ranking import Order, order, runs_as_needed
from advisor.decision.choice.risk import RiskTable, risk_table
from advisor.decision.options.always_on import standing_columns
from advisor.decision.options.columns import Columns, concatenate
from advisor.decision.options.jobs_and_queues import Metered
from advisor.decision.options.replica_plan import plan_rows
from advisor.decision.options.table import Offer, OptionTable, Plan
from advisor.decision.scenarios.candidate_costs import CandidateCosts
from advisor.decision.scenarios.option_space import Ground, ground_key, ground_of
from advisor.decision.scenarios.problem import Setting, setting_of
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
    ground: Ground
    setting: Setting
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
        return self.ground.evidence

    @property
    def book(self) -> PriceBook:
        """The prices."""
        return self.ground.book

    @property
    def catalogue(self) -> InstanceCatalogue:
        """The instance types."""
        return self.ground.catalogue

    @property
    def on(self) -> date:
        """The day whose prices apply."""
        return self.ground.on

    @property
    def profiles(self) -> tuple[CandidateProfile, ...]:
        """The candidates, one profile for each form."""
        return self.ground.profiles

    @property
    def candidate_of(self) -> NDArray[np.int64]:
        """Per profile, the row of its candidate's first profile: forms share a candidate."""
        return self.ground.candidate_of

    @property
    def costs(self) -> tuple[CandidateCosts, ...]:
        """What each profile costs wherever it runs."""
        return self.setting.costs

    @property
    def offers(self) -> tuple[Offer, ...]:
        """What can be bought on the standing platforms."""
        return self.table.offers

    @property
    def table(self) -> OptionTable:
        """The options of the standing platforms."""
        return self.ground.table

    @property
    def unfit(self) -> dict[str, str | None]:
        """Per candidate, why its quality breaks a need; null where it does not."""
        return self.choice.unfit

    @property
    def climb(self) -> Climb:
        """Where the ladder of candidates ends."""
        return self.choice.climb

    @property
    def metered(self) -> tuple[Metered, ...]:
        """Jobs and the asynchronous endpoint: the last rows of the columns."""
        return self.setting.metered

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
    ground: Ground | None = None,
) -> Engine:
    """Build the option table, judge it and order it.

    Args:
        study: the question.
        evidence: what was measured.
        on: the day whose prices apply.
        book: prices.
        catalogue: instance types.
        ground: that of an earlier question, taken where it still holds.
    """
    stands = (
        ground is not None
        and ground.evidence is evidence
        and ground.book is book
        and ground.on == on
        and ground.key == ground_key(study)
    )
    if ground is None or not stands:
        ground = ground_of(study, evidence, on=on, book=book, catalogue=catalogue)
    return judge(study, ground)


def judge(study: Study, ground: Ground) -> Engine:
    """Judge and order the options of a study on its ground."""
    history = kept_history(study, ground)
    study = with_history(study, history)
    setting = setting_of(study, ground)
    choice = choose(setting)
    table = _at_traffic(ground.table, setting)
    found = plan_rows(
        study,
        table,
        ground.kinds,
        np.arange(len(table)),
        peaks_per_s=np.array([study.workload.peak_per_s]),
        shared_usd=table.shared_usd,
    )
    columns = concatenate(
        [
            standing_columns(study, table, found, monthly_usd=setting.monthly_usd),
            setting.others,
        ]
    )
    runs = runs_as_needed(study, columns)
    worth = np.array([p.name in choice.climb.worth_ranking for p in ground.profiles])
    often = _often(setting, choice)
    shown = order(
        columns,
        feasible=runs & often & worth[columns.candidate],
        candidate_of=ground.candidate_of,
        best=choice.best,
    )
    risk = risk_table(setting, choice, shown=(*shown.ranked, *shown.rejected))
    return Engine(
        study=study,
        ground=dataclasses.replace(ground, table=table),
        setting=setting,
        choice=choice,
        plan=found,
        columns=columns,
        runs=runs,
        often=often,
        order=_by_criterion(shown, choice, risk),
        risk=risk,
        history=history,
    )


def kept_history(study: Study, ground: Ground) -> HistoryAdvice | None:
    """Sum up the stores once for a ground: no slider moves them."""
    used = "runs_per_release" not in study.retraining.model_fields_set
    key = ("history", study.history.machine, study.cloud.regions[0], used)
    if key not in ground.kept:
        ground.kept[key] = history_advice(
            study, ground.evidence.histories, book=ground.book, on=ground.on
        )
    found: HistoryAdvice | None = ground.kept[key]
    return found


def _at_traffic(table: OptionTable, setting: Setting) -> OptionTable:
    """Return the option table with what its replicas share and roll out at the traffic."""
    offers = tuple(
        dataclasses.replace(offer, shared_usd_per_month=float(usd))
        for offer, usd in zip(table.offers, setting.offer_shared_usd, strict=True)
    )
    shared = setting.offer_shared_usd[table.offer]
    pooling = np.ones(len(table))
    pooling[table.scaled] = setting.pooled(setting.ground.kinds.of_row[table.scaled])
    return dataclasses.replace(
        table,
        offers=offers,
        shared_usd=shared,
        replica_usd=table.replica_usd * (1 + setting.surge),
        pooling=pooling,
    )


def _often(setting: Setting, choice: Choice) -> NDArray[np.bool_]:
    """Return which options keep the needs often enough; one not drawn as its kind does."""
    stakes, drawn = setting.stakes, choice.drawn
    enough = drawn.probability >= setting.study.decision.feasible_probability
    kinds = stakes.kind[drawn.outcomes.rows]
    by_kind = np.zeros(len(setting.ground.kinds.first) + 1, dtype=bool)
    np.logical_or.at(by_kind, kinds[kinds >= 0], enough[kinds >= 0])
    often: NDArray[np.bool_] = by_kind[stakes.kind] & (stakes.kind >= 0)
    others = np.flatnonzero(setting.possible & (stakes.kind < 0))
    left = np.setdiff1d(others, drawn.outcomes.rows)
    often[left] = share_in_time(setting, left) >= setting.study.decision.feasible_probability
    often[drawn.outcomes.rows] = enough
    return often


def _by_criterion(shown: Order, choice: Choice, risk: RiskTable) -> Order:
    """Put the shown options in the order of what is compared; the chosen one stays first."""
    kept = [row for row in shown.ranked if row == choice.best or risk.feasible(row)]
    late = [row for row in shown.ranked if row not in kept]
    ranked = sorted(kept, key=lambda row: (row != choice.best, risk.criterion_usd(row), row))
    return dataclasses.replace(shown, ranked=tuple(ranked), rejected=(*late, *shown.rejected))
