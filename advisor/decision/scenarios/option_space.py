"""What no slider moves: profiles, places to train, offers and machines, made once and kept."""

import dataclasses
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from advisor.arrays import Floats
from advisor.cost import price, shared_lines
from advisor.decision.options.machine_classes import MachineClasses, machine_classes_of
from advisor.decision.options.serverless import IDLE_PER_S
from advisor.decision.options.table import Offer, OptionTable, build_offers, build_table
from advisor.evidence import CandidateProfile, Evidence, profiles_of
from advisor.platforms import STANDING_PLATFORMS
from advisor.platforms.base import artefact_usage, traffic_of
from advisor.study.types import Study
from advisor.training import Places, training_places, usd_per_run
from pricing.instances import InstanceCatalogue
from pricing.quotes import PriceBook


@dataclass(frozen=True)
class Training:
    """Where a candidate can be trained."""

    places: Places
    place_row: int | None
    """Cheapest place; null where there is none."""
    usd_per_run: float
    storage_region: str
    """Where the saved models are stored: where they are trained, else the study's first region."""
    artefact_usd: float
    """Storage of the saved models. [USD/month]"""


@dataclass(frozen=True)
class OptionSpace:
    """Everything that a study's rates, needs, prices of people and doubts leave as it is."""

    key: tuple[Any, ...]
    """What of the study it was made from."""
    evidence: Evidence
    book: PriceBook
    catalogue: InstanceCatalogue
    on: date
    profiles: tuple[CandidateProfile, ...]
    candidate_of: NDArray[np.int64]
    """Per profile, the row of its candidate's first profile: forms share a candidate."""
    training: tuple[Training, ...]
    offers: tuple[Offer, ...]
    table: OptionTable
    classes: MachineClasses
    idle_usd: Floats
    """What replicas of each offer share without any traffic. [USD/month]"""
    kept: dict[Any, Any]
    """Results that only depend on the option space and a few figures, by those figures."""
    listed: dict[Any, Any]
    """Machines and what training takes and lists at: no discount and no GPU's speed moves them."""


def option_space_key(study: Study) -> tuple[Any, ...]:
    """Return what of a study its option space is made from."""
    workload = study.workload.model_dump(
        exclude={"requests_per_s", "peak_requests_per_s", "rows_per_job", "jobs_per_day"}
    )
    return (
        study.data,
        study.candidates,
        study.cloud.model_dump_json(exclude={"discounts"}),
        tuple(sorted((k, str(v)) for k, v in workload.items())),
        tuple(study.cloud.discounts.items()),
        study.decision.gpu_speed_factor,
    )


def option_space_of(
    study: Study,
    evidence: Evidence,
    *,
    on: date,
    book: PriceBook,
    catalogue: InstanceCatalogue,
    profiles: tuple[CandidateProfile, ...] | None = None,
    before: OptionSpace | None = None,
) -> OptionSpace:
    """Sum up the measurements, price the machines and carry the service times to them.

    Args:
        study: the question.
        evidence: what was measured.
        on: the day whose prices apply.
        book: prices.
        catalogue: instance types.
        profiles: what the measurements come to, where that is known.
        before: the option space of the same study at other discounts or another speed of GPUs.
    """
    if before is not None:
        profiles = before.profiles
    profiles = profiles_of(study, evidence) if profiles is None else profiles
    listed: dict[Any, Any] = {} if before is None else before.listed
    # The forms of a candidate are the same training and the same answers: one cost for all.
    by_name = {
        p.name: _training_of(
            study,
            p,
            artefact_gb=artefact_gb_of(profiles, p.name),
            book=book,
            catalogue=catalogue,
            on=on,
            listed=listed,
        )
        for p in profiles
        if p.form_rank == 0
    }
    offers = build_offers(study, book=book, catalogue=catalogue, on=on, listed=listed)
    key = option_space_key(study)
    same_speed = before is not None and before.key[-1] == key[-1]
    if before is not None and same_speed:
        table, classes = before.table.at_prices_of(offers), before.classes
    else:
        table = build_table(study, offers=offers, profiles=profiles)
        classes = machine_classes_of(table)
    space = OptionSpace(
        key=key,
        evidence=evidence,
        book=book,
        catalogue=catalogue,
        on=on,
        profiles=profiles,
        candidate_of=np.array([first_profile(profiles, p.name) for p in profiles], dtype=np.int64),
        training=tuple(by_name[p.name] for p in profiles),
        offers=offers,
        table=table,
        classes=classes,
        idle_usd=np.zeros(0),
        kept=_still_kept(before) if before is not None and same_speed else {},
        listed=listed,
    )
    idle = study.replace(workload=study.workload.replace(requests_per_s=IDLE_PER_S))
    return dataclasses.replace(space, idle_usd=shared_usd(space, idle))


def option_space_for(study: Study, space: OptionSpace) -> OptionSpace:
    """Return the option space of a changed study: the same one where it still holds."""
    if space.key == option_space_key(study):
        return space
    alike = space.key[:-2] == option_space_key(study)[:-2]
    return option_space_of(
        study,
        space.evidence,
        on=space.on,
        book=space.book,
        catalogue=space.catalogue,
        before=space if alike else None,
    )


def _still_kept(before: OptionSpace) -> dict[Any, Any]:
    """Return what no discount moves: fleets and doubts are those of the same machines."""
    return {
        key: value
        for key, value in before.kept.items()
        if key == "fleets" or key[0] in {"service", "groups", "pooling"}
    }


def first_profile(profiles: tuple[CandidateProfile, ...], name: str) -> int:
    """Return the row of a candidate's first profile."""
    return next(i for i, p in enumerate(profiles) if p.name == name)


def _training_of(
    study: Study,
    profile: CandidateProfile,
    *,
    artefact_gb: float,
    book: PriceBook,
    catalogue: InstanceCatalogue,
    on: date,
    listed: dict[Any, Any],
) -> Training:
    places = training_places(study, profile, book=book, catalogue=catalogue, on=on, listed=listed)
    row = places.cheapest()
    usd = 0.0 if row is None else usd_per_run(places.place(row), study=study, book=book, on=on)
    region = study.cloud.regions[0] if row is None else places.place(row).region
    stored = price([artefact_usage(artefact_gb)], study=study, book=book, region=region, on=on)
    return Training(
        places=places,
        place_row=row,
        usd_per_run=usd,
        storage_region=region,
        artefact_usd=stored.total_usd,
    )


def artefact_gb_of(profiles: tuple[CandidateProfile, ...], name: str) -> float:
    """Return the size of a candidate's saved model, of its largest form. [GB]"""
    return max(p.artefact_gb for p in profiles if p.name == name)


def shared_usd(space: OptionSpace, study: Study) -> Floats:
    """Return what the replicas of each offer share at a study's traffic. [USD/month]"""
    classes = list(dict.fromkeys((offer.platform, offer.region) for offer in space.offers))
    work = study.workload
    key = ("shared", work.requests_per_s, study.needs.availability_zones)
    if key not in space.kept:
        traffic = traffic_of(study)
        bills = {
            (platform, region): price(
                shared_lines(
                    STANDING_PLATFORMS[platform],
                    study=study,
                    traffic=traffic,
                ),
                study=study,
                book=space.book,
                region=region,
                on=space.on,
            ).total_usd
            for platform, region in classes
        }
        space.kept[key] = np.array([bills[o.platform, o.region] for o in space.offers])
    found: Floats = space.kept[key]
    return found
