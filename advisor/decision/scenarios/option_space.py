"""What no rate, need or person moves: candidates, places to train, machines and their classes."""

from dataclasses import dataclass, replace

import numpy as np

from advisor.arrays import Ints
from advisor.decision.scenarios.narrowed import at_list_prices, for_options, for_profiles
from advisor.evidence import Evidence
from advisor.market import Market
from advisor.memo import Memo
from advisor.options.machine_classes import MachineClasses, machine_classes_of
from advisor.options.machines import MachineTable, in_batches, machine_table
from advisor.platforms import in_order
from advisor.platforms.base import artefact_usage
from advisor.profiles import CandidateProfile, profiles_of
from advisor.study.types import Study
from advisor.training import Places, training_places, usd_per_run


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

    evidence: Evidence
    market: Market
    """Prices, at the study's discounts."""
    profiles: tuple[CandidateProfile, ...]
    candidate_of: Ints
    """Per profile, the row of its candidate's first profile: forms share a candidate."""
    training: tuple[Training, ...]
    machines: MachineTable
    """The candidates on the machines of all platforms, those that stand first."""
    classes: MachineClasses
    """The classes of machines that stand."""
    memo: Memo
    """What was worked out for the last few questions."""


def option_space_of(
    study: Study, evidence: Evidence, market: Market, memo: Memo | None = None
) -> OptionSpace:
    """Sum up the measurements, price the machines and carry the service times to them.

    Args:
        study: the question.
        evidence: what was measured.
        market: what can be bought, on which day; the study's discounts are put in.
        memo: what was worked out for earlier questions.
    """
    memo = Memo() if memo is None else memo
    space = memo(_space, for_options(study), evidence, market.for_study(study), memo)
    if not space.machines.on_gpu.any():
        return space
    return memo(_at_need, space, study.needs.max_p99_latency_ms)


def _at_need(space: OptionSpace, need_ms: float | None) -> OptionSpace:
    """Return the space with the batches that GPUs serve under a need for p99."""
    machines = in_batches(space.machines, None if need_ms is None else need_ms / 1e3)
    count = len(space.classes.of_row)
    return replace(space, machines=machines, classes=machine_classes_of(machines, count))


def option_space_for(study: Study, space: OptionSpace) -> OptionSpace:
    """Return the option space of a changed study: the same one where it still holds."""
    return option_space_of(study, space.evidence, space.market, space.memo)


def _space(study: Study, evidence: Evidence, market: Market, memo: Memo) -> OptionSpace:
    profiles = memo(profiles_of, for_profiles(study), evidence)
    machines, classes = memo(_machines, at_list_prices(study), market.at_list(), profiles)
    # The forms of a candidate are the same training and the same answers: one cost for all.
    by_name = {
        p.name: _training_of(study, p, profiles, market=market, memo=memo)
        for p in profiles
        if p.form_rank == 0
    }
    return OptionSpace(
        evidence=evidence,
        market=market,
        profiles=profiles,
        candidate_of=np.array([first_profile(profiles, p.name) for p in profiles], dtype=np.int64),
        training=tuple(by_name[p.name] for p in profiles),
        machines=machines,
        classes=classes,
        memo=memo,
    )


def _machines(
    study: Study, market: Market, profiles: tuple[CandidateProfile, ...]
) -> tuple[MachineTable, MachineClasses]:
    """Carry the service times to the machines of all platforms: no price of them counts."""
    offers = [
        offer
        for platform in in_order(study.cloud.platforms)
        for offer in platform.offers(study, market)
    ]
    machines = machine_table(study, offers, profiles)
    stands = np.array([offer.facts.billing == "always-on" for offer in offers], dtype=bool)
    return machines, machine_classes_of(machines, int(stands[machines.offer].sum()))


def first_profile(profiles: tuple[CandidateProfile, ...], name: str) -> int:
    """Return the row of a candidate's first profile."""
    return next(i for i, p in enumerate(profiles) if p.name == name)


def _training_of(
    study: Study,
    profile: CandidateProfile,
    profiles: tuple[CandidateProfile, ...],
    *,
    market: Market,
    memo: Memo,
) -> Training:
    places = training_places(study, profile, market=market, memo=memo)
    row = places.cheapest()
    usd = 0.0 if row is None else usd_per_run(places.place(row), market=market)
    region = study.cloud.regions[0] if row is None else places.place(row).region
    stored = artefact_usage(artefact_gb_of(profiles, profile.name))
    return Training(
        places=places,
        place_row=row,
        usd_per_run=usd,
        storage_region=region,
        artefact_usd=market.usd([stored], region=region),
    )


def artefact_gb_of(profiles: tuple[CandidateProfile, ...], name: str) -> float:
    """Return the size of a candidate's saved model, of its largest form. [GB]"""
    return max(p.artefact_gb for p in profiles if p.name == name)
