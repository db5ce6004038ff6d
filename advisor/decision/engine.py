"""Judge a study: every option priced, planned, held against the needs, and put in order."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from advisor.decision.ladder import Climb, Rung, climb
from advisor.decision.options import Offer, OptionTable, Plan, build_offers, build_table, plan
from advisor.decision.ranking import (
    Columns,
    Order,
    concatenate,
    order,
    runs_as_needed,
)
from advisor.decision.serverless import serverless_columns
from advisor.decision.standing import standing_columns
from advisor.evidence import CandidateProfile, Evidence, profiles_of
from advisor.retraining import Cadence, cadence_of
from advisor.study import DAYS_PER_MONTH, Study
from advisor.training import Places, training_places, usd_per_run
from pricing.instances import InstanceCatalogue
from pricing.quotes import PriceBook


@dataclass(frozen=True)
class CandidateCosts:
    """What a candidate costs wherever it runs."""

    places: Places
    place_row: int | None
    """Cheapest place to train; null where there is none."""
    usd_per_run: float
    cadence: Cadence
    monthly_usd: float
    """Training runs, labels and review. [USD/month]"""


@dataclass(frozen=True)
class Engine:
    """Everything between the measurements and the answer, kept for the faces to ask again."""

    study: Study
    evidence: Evidence
    book: PriceBook
    catalogue: InstanceCatalogue
    on: date
    profiles: tuple[CandidateProfile, ...]
    artefact_gb: float
    """Size of the largest saved model: what storage is billed for. [GB]"""
    costs: tuple[CandidateCosts, ...]
    offers: tuple[Offer, ...]
    table: OptionTable
    plan: Plan
    columns: Columns
    runs: NDArray[np.bool_]
    """Options that meet every need beside quality."""
    candidate_of: NDArray[np.int64]
    """Per profile, the row of its candidate's first profile: forms share a candidate."""
    unfit: dict[str, str | None]
    """Per candidate, why its quality breaks a need; null where it does not."""
    climb: Climb
    order: Order


def prepare(
    study: Study,
    evidence: Evidence,
    *,
    on: date,
    book: PriceBook,
    catalogue: InstanceCatalogue,
) -> Engine:
    """Build the option table, judge it and order it."""
    profiles = profiles_of(study, evidence)
    # The forms of a candidate are the same training and the same answers: one cost for all.
    by_name = {
        p.name: candidate_costs(study, p, evidence, book=book, catalogue=catalogue, on=on)
        for p in profiles
        if p.form_rank == 0
    }
    costs = tuple(by_name[p.name] for p in profiles)
    candidate_of = np.array([_first_profile(profiles, p.name) for p in profiles], dtype=np.int64)
    artefact_gb = max((p.artefact_gb for p in profiles), default=0.0)
    offers = build_offers(study, book=book, catalogue=catalogue, on=on, artefact_gb=artefact_gb)
    table = build_table(study, offers=offers, profiles=profiles)
    monthly_usd = np.array([c.monthly_usd for c in costs])
    found = plan(study, table, peak_per_s=study.workload.peak_per_s)
    columns = concatenate(
        [
            standing_columns(study, table, found, monthly_usd=monthly_usd),
            serverless_columns(
                study, profiles, book=book, on=on, monthly_usd=monthly_usd, artefact_gb=artefact_gb
            ),
        ]
    )
    runs = runs_as_needed(study, columns)
    climbed = climb(
        [
            _rung(
                study,
                p,
                cost,
                own=runs & (candidate_of[columns.candidate] == i),
                usd=columns.usd_per_month,
            )
            for i, (p, cost) in enumerate(zip(profiles, costs, strict=True))
            if p.form_rank == 0
        ],
        usd_per_loss_month=_usd_per_loss_month(study, profiles),
    )
    worth = np.array([p.name in climbed.worth_ranking for p in profiles])
    feasible = runs & worth[columns.candidate]
    chosen = next((i for i, p in enumerate(profiles) if p.name == climbed.chosen), None)

    def simplicity(row: int) -> tuple[float, ...]:
        hours = study.team.upkeep_hours(str(columns.platform[row]))
        form = profiles[int(columns.candidate[row])].form_rank
        return hours, float(form), float(columns.replicas[row])

    return Engine(
        study=study,
        evidence=evidence,
        book=book,
        catalogue=catalogue,
        on=on,
        profiles=profiles,
        artefact_gb=artefact_gb,
        costs=costs,
        offers=offers,
        table=table,
        plan=found,
        columns=columns,
        runs=runs,
        candidate_of=candidate_of,
        unfit={p.name: unfit_reason(study, p) for p in profiles},
        climb=climbed,
        order=order(
            columns,
            feasible=feasible,
            candidate_of=candidate_of,
            preferred_candidate=chosen,
            simplicity=simplicity,
        ),
    )


def _first_profile(profiles: tuple[CandidateProfile, ...], name: str) -> int:
    """Return the row of a candidate's first profile."""
    return next(i for i, p in enumerate(profiles) if p.name == name)


def candidate_costs(
    study: Study,
    profile: CandidateProfile,
    evidence: Evidence,
    *,
    book: PriceBook,
    catalogue: InstanceCatalogue,
    on: date,
) -> CandidateCosts:
    """Find where a candidate trains cheapest and how often it should."""
    places = training_places(study, profile, book=book, catalogue=catalogue, on=on)
    row = places.cheapest()
    one_run_usd = (
        0.0 if row is None else usd_per_run(places.place(row), study=study, book=book, on=on)
    )
    cadence = cadence_of(study, profile, evidence, usd_per_run=one_run_usd)
    return CandidateCosts(
        places=places,
        place_row=row,
        usd_per_run=one_run_usd,
        cadence=cadence,
        monthly_usd=cadence.retrain_usd * cadence.releases_per_month,
    )


def _usd_per_loss_month(study: Study, profiles: tuple[CandidateProfile, ...]) -> float | None:
    """Return what one unit of loss per case costs in a month; null where errors have no price."""
    if study.retraining.error_cost_usd == 0 or any(p.errors_per_case is None for p in profiles):
        return None
    return study.retraining.error_cost_usd * study.cases_per_day * DAYS_PER_MONTH


def _rung(
    study: Study,
    profile: CandidateProfile,
    cost: CandidateCosts,
    *,
    own: NDArray[np.bool_],
    usd: NDArray[np.float64],
) -> Rung:
    """Return a candidate as the ladder sees it, `own` being its options that run as needed."""
    losses = profile.errors_per_case or tuple(-q for q in profile.qualities)
    return Rung(
        candidate=profile.name,
        rank=profile.rank,
        losses=losses,
        case_count=profile.held_out_count,
        is_proportion=profile.is_proportion,
        bill_usd_per_month=float(usd[own].min()) if own.any() else None,
        ageing_usd_per_month=cost.cadence.ageing_usd_per_month,
        is_baseline=profile.is_baseline,
        unfit=unfit_reason(study, profile),
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
