"""What a candidate costs wherever it runs: training runs, labels, review and its saved models."""

from dataclasses import dataclass

from advisor.decision.scenarios.option_space import OptionSpace
from advisor.retraining.advice import Cadence, cadence_of
from advisor.study.types import Study
from advisor.training import Places


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


def costs_of(study: Study, space: OptionSpace) -> tuple[CandidateCosts, ...]:
    """Return what each profile's candidate costs wherever it runs; forms share it."""
    found: dict[str, CandidateCosts] = {}
    for profile, training in zip(space.profiles, space.training, strict=True):
        if profile.name not in found:
            cadence = _cadence(study, space, profile.name, training.usd_per_run)
            found[profile.name] = CandidateCosts(
                places=training.places,
                place_row=training.place_row,
                usd_per_run=training.usd_per_run,
                cadence=cadence,
                monthly_usd=cadence.retrain_usd * cadence.releases_per_month
                + training.artefact_usd,
                storage_region=training.storage_region,
                artefact_usd=training.artefact_usd,
            )
    return tuple(found[p.name] for p in space.profiles)


def _cadence(study: Study, space: OptionSpace, name: str, usd_per_run: float) -> Cadence:
    """Plan one candidate's retraining, unless the same was planned before."""
    key = (
        "cadence",
        name,
        study.retraining,
        study.team.engineer_usd_per_hour,
        study.cases_per_day,
        study.horizon_months,
    )
    hashed = (*key[:2], key[2].model_dump_json(), *key[3:])
    if hashed not in space.kept:
        profile = next(p for p in space.profiles if p.name == name)
        space.kept[hashed] = cadence_of(study, profile, space.evidence, usd_per_run=usd_per_run)
    found: Cadence = space.kept[hashed]
    return found
