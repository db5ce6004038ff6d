"""What a candidate costs wherever it runs: training runs, labels, review and its saved models."""

from dataclasses import dataclass

from advisor.decision.scenarios.narrowed import for_releases
from advisor.decision.scenarios.option_space import OptionSpace
from advisor.retraining.advice import Cadence, cadence_of
from advisor.study.types import Study
from advisor.training import Places

CADENCES_KEPT = 256
"""Plans of retraining that are kept: one for each candidate and each of the last studies."""


@dataclass(frozen=True)
class CandidateCosts:
    """What a candidate costs wherever it runs."""

    places: Places
    place_row: int | None
    """Cheapest place to train; null where there is none."""
    usd_per_run: float
    cadence: Cadence
    monthly_usd: float
    """Training runs, labels, review and storage of the saved models. [USD/month]"""
    storage_region: str
    """Where the saved models are stored."""
    artefact_usd: float
    """Storage of the saved models, a part of it. [USD/month]"""
    review_usd: float
    """People's review of releases, a part of it; 0 where no hours were given. [USD/month]"""


def costs_of(study: Study, space: OptionSpace) -> tuple[CandidateCosts, ...]:
    """Return what each profile's candidate costs wherever it runs; forms share it."""
    releases = for_releases(study)
    found: dict[str, CandidateCosts] = {}
    for profile, training in zip(space.profiles, space.training, strict=True):
        if profile.name not in found:
            cadence = space.memo(
                cadence_of,
                releases,
                profile,
                space.evidence,
                usd_per_run=training.usd_per_run,
                most=CADENCES_KEPT,
            )
            found[profile.name] = CandidateCosts(
                places=training.places,
                place_row=training.place_row,
                usd_per_run=training.usd_per_run,
                cadence=cadence,
                monthly_usd=cadence.retrain_usd * cadence.releases_per_month
                + training.artefact_usd,
                storage_region=training.storage_region,
                artefact_usd=training.artefact_usd,
                review_usd=cadence.releases_per_month
                * study.retraining.counted_review_hours
                * study.team.engineer_usd_per_hour,
            )
    return tuple(found[p.name] for p in space.profiles)
