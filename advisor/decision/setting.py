"""A study on its ground: what every option's cost and latency are made of, and the draws."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from advisor.decision.fleet import Fleet
from advisor.decision.following import pooling
from advisor.decision.ground import Ground, shared_usd
from advisor.decision.metered import Metered, metered_columns, metered_options
from advisor.decision.outcomes import (
    Kinds,
    Outcomes,
    Stakes,
    Worlds,
    billed_of,
    fleets_of,
    outcomes_of,
    service_of,
)
from advisor.decision.ranking import Columns, concatenate
from advisor.decision.serverless import serverless_columns
from advisor.decision.standing import offer_limits
from advisor.decision.uncertainty import draws_of
from advisor.platforms import ASYNC, FRONTS, JOB_PLATFORMS, sagemaker_serverless
from advisor.platforms.rules import rollout_s, surge_share
from advisor.retraining import Cadence, cadence_of
from advisor.study import HOURS_PER_MONTH, Study
from advisor.training import Places

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


FLEETS_KEPT = 4
"""Loads whose fleets are kept: drivers that leave the load alone ask for the same ones."""


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
    artefact_usd: float
    """Storage of the saved models, a part of it. [USD/month]"""


@dataclass(frozen=True)
class Setting:
    """One study, ready to be decided."""

    study: Study
    ground: Ground
    costs: tuple[CandidateCosts, ...]
    monthly_usd: Floats
    """Of each profile: training runs, labels and review. [USD/month]"""
    offer_shared_usd: Floats
    """What the replicas of each offer share. [USD/month]"""
    others: Columns
    """Options whose replicas do not stand."""
    metered: tuple[Metered, ...]
    """Those of them that are jobs and queues: the last rows of the others."""
    stakes: Stakes
    worlds: Worlds
    possible: Bools
    """Options that are sold, fit into memory and break no limit of their platform; with autoscaling
    only where it lets a replica go as planned."""
    surge: Floats
    """Of each row of the option table, replicas billed for rolling releases out over the others."""

    def outcomes(self, rows: NDArray[np.intp]) -> Outcomes:
        """Return some options in every draw."""
        return outcomes_of(
            self.study,
            self.stakes,
            self.worlds,
            rows,
            fleets=self.fleets,
            billed=self.billed_replicas,
        )

    def nominal(self, rows: NDArray[np.intp]) -> Bools:
        """Return which options keep the needs with every input at the study's word."""
        return self.at_its_word().outcomes(rows).met[:, 0]

    def at_its_word(self) -> "Setting":
        """Return the same study without its draws: column 0 alone."""
        worlds = self.worlds
        drawn = worlds.draws
        first = {
            name: getattr(drawn, name)[:1]
            for name in ("traffic", "peak", "start", "drift", "spot", "decay", "runs", "review")
        }
        return dataclasses.replace(
            self,
            worlds=dataclasses.replace(
                worlds,
                draws=dataclasses.replace(drawn, **first),
                peak_per_s=worlds.peak_per_s[:1],
                candidate_usd=worlds.candidate_usd[:, :1],
                people_usd=worlds.people_usd[:, :1],
                price=worlds.price[:, :1],
                service=worlds.service[:, :1],
            ),
        )

    def fleets(self, kinds: NDArray[np.int64]) -> Fleet:
        """Return the fleets of some kinds; those of the last loads asked for are kept."""
        told, place = np.unique(kinds, return_inverse=True)
        kept = self._kept_fleets()
        new = told[~kept.known[told]]
        if new.size:
            fleet = fleets_of(
                self.study, self.ground.table, self.ground.kinds, self.worlds, new.astype(np.intp)
            )
            kept.count[new], kept.met[new], kept.known[new] = fleet.count, fleet.met, True
        own = told[place]
        return Fleet(count=kept.count[own].astype(np.int64), met=kept.met[own])

    def billed_replicas(self, kinds: NDArray[np.int64]) -> Floats:
        """Return the replicas billed on average of some kinds that follow the traffic."""
        kept = self._kept_fleets()
        told = np.unique(kinds)
        new = told[~kept.followed[told]]
        if new.size:
            kept.billed[new] = billed_of(
                self.study,
                self.ground.table,
                self.ground.kinds,
                self.worlds,
                new.astype(np.intp),
                count=self.fleets(new).count,
                pooling=self.pooled(new),
            )
            kept.followed[new] = True
        found: Floats = kept.billed[kinds]
        return found

    def letting_go(self) -> Bools:
        """Return which options that follow the traffic let a replica go as planned."""
        word = self.at_its_word()
        rows = np.flatnonzero(self.possible & self.stakes.scaled)
        count = word.fleets(self.stakes.kind[rows]).count[:, 0]
        large = count > self.study.needs.availability_zones
        rows, count = rows[large], count[large]
        fewer = np.zeros(len(self.stakes), dtype=bool)
        billed = word.billed_replicas(self.stakes.kind[rows])[:, 0]
        fewer[rows] = billed < count * (1 - 1e-9)
        return fewer

    def pooled(self, kinds: NDArray[np.int64]) -> Floats:
        """Return what a target asks for over the load alone, of some kinds of machine; kept."""
        kept = _kept_pooling(self.study, self.ground)
        told = np.unique(kinds)
        new = told[np.isnan(kept[told])]
        if new.size:
            table, rows = self.ground.table, self.ground.kinds.first[new]
            need_ms = self.study.needs.max_p99_latency_ms
            kept[new] = pooling(
                service_s=table.service_s[rows],
                scv=table.scv[rows],
                workers=table.workers[rows],
                front_s=table.front_s[rows],
                fewest=self.study.needs.availability_zones,
                max_p99_s=None if need_ms is None else need_ms / 1e3,
            )
        found: Floats = kept[kinds]
        return found

    def _kept_fleets(self) -> "KeptFleets":
        """Return the table of fleets at this load, need and doubt."""
        study = self.study
        work, needs = study.workload, study.needs
        key = (
            work.peak_per_s,
            work.requests_per_s,
            work.active_hours_per_month,
            max(work.request_kb, work.response_kb),
            needs.max_p99_latency_ms,
            needs.availability_zones,
            study.horizon_months,
            study.decision.model_dump_json(exclude={"risk", "quantile", "feasible_probability"}),
            self.worlds.peak_per_s.size,
        )
        tables: dict[Any, KeptFleets] = self.ground.kept.setdefault("fleets", {})
        if key not in tables:
            while len(tables) >= FLEETS_KEPT:
                tables.pop(next(iter(tables)))
            size = (len(self.ground.kinds.first), self.worlds.peak_per_s.size)
            tables[key] = KeptFleets(
                count=np.zeros(size, dtype=np.int16),
                met=np.zeros(size, dtype=bool),
                known=np.zeros(size[0], dtype=bool),
                billed=np.empty(size),
                followed=np.zeros(size[0], dtype=bool),
            )
        return tables[key]


@dataclass(frozen=True)
class KeptFleets:
    """Fleets of the kinds of machine that were asked for at one load, (kind x draw)."""

    count: NDArray[np.int16]
    met: Bools
    known: Bools
    billed: Floats
    """Replicas billed on average where they follow the traffic."""
    followed: Bools


def setting_of(study: Study, ground: Ground, *, whole: bool = True) -> Setting:
    """Price a study on its ground and draw what is uncertain.

    Args:
        study: the question.
        ground: what it stands on.
        whole: price every option; else leave out jobs and queues where all of them are too late.
    """
    costs = costs_of(study, ground)
    monthly_usd = np.array([c.monthly_usd for c in costs])
    shared = shared_usd(ground, study)
    surge = _surge(ground, costs)
    metered = _metered(study, ground) if whole or not _too_late(study) else ()
    others = concatenate(
        [
            *_serverless(study, ground, monthly_usd),
            *(metered_columns(study, one, monthly_usd=monthly_usd) for one in metered),
        ]
    )
    platforms = tuple(dict.fromkeys([o.platform for o in ground.offers] + [*others.platform]))
    purchases = tuple(dict.fromkeys([o.purchase for o in ground.offers] + [*others.purchase]))
    found = Setting(
        study=study,
        ground=ground,
        costs=costs,
        monthly_usd=monthly_usd,
        offer_shared_usd=shared,
        others=others,
        metered=metered,
        stakes=_stakes(ground, others, shared, platforms, purchases, surge=surge),
        worlds=_worlds(study, ground, others, costs, (platforms, purchases)),
        possible=np.concatenate(
            [
                standing_possible(study, ground),
                others.sold & others.fits & (others.other == "").astype(bool),
            ]
        ),
        surge=surge,
    )
    if not ground.table.scaled.any():
        return found
    still = found.stakes.scaled & ~found.letting_go()
    return dataclasses.replace(found, possible=found.possible & ~still)


def _surge(ground: Ground, costs: tuple[CandidateCosts, ...]) -> Floats:
    """Return replicas billed for rolling releases out over the others, of each standing option."""
    table = ground.table
    seconds = np.array([rollout_s(o.platform) for o in ground.offers], dtype=float)
    releases = np.array([c.cadence.releases_per_month for c in costs])
    shares = np.array([surge_share(o.platform) for o in ground.offers], dtype=float)
    hours = (table.start_s + seconds[table.offer]) / 3600
    found: Floats = shares[table.offer] * releases[table.profile] * hours / HOURS_PER_MONTH
    return found


def _kept_pooling(study: Study, ground: Ground) -> Floats:
    """Return the table of `Setting.pooled` at this need, NaN where it was not asked for yet."""
    key = ("pooling", study.needs.max_p99_latency_ms, study.needs.availability_zones)
    if key not in ground.kept:
        ground.kept[key] = np.full(len(ground.kinds.first), np.nan)
    found: Floats = ground.kept[key]
    return found


def _too_late(study: Study) -> bool:
    """Return whether no job and no queue answers within the need, whatever it runs on."""
    need_ms = study.needs.max_p99_latency_ms
    soonest_s = min(FRONTS[name].value for name in (ASYNC.name, *JOB_PLATFORMS))
    return need_ms is not None and soonest_s > need_ms / 1e3 * (1 + 1e-9)


def _metered(study: Study, ground: Ground) -> tuple[Metered, ...]:
    """Return the metered options; those of the last workloads and needs asked for are kept."""
    needs = study.needs.replace(max_usd_per_month=None)
    key = study.workload.model_dump_json(), needs.model_dump_json(), study.horizon_months
    tables: dict[Any, tuple[Metered, ...]] = ground.kept.setdefault("metered", {})
    if key not in tables:
        while len(tables) >= FLEETS_KEPT:
            tables.pop(next(iter(tables)))
        tables[key] = metered_options(
            study,
            ground.profiles,
            book=ground.book,
            catalogue=ground.catalogue,
            on=ground.on,
            kept=ground.kept,
        )
    return tables[key]


def _serverless(study: Study, ground: Ground, monthly_usd: Floats) -> list[Columns]:
    if sagemaker_serverless.NAME not in study.cloud.platforms:
        return []
    found = serverless_columns(
        study,
        ground.profiles,
        book=ground.book,
        on=ground.on,
        monthly_usd=monthly_usd,
        kept=ground.kept,
    )
    return [found]


def costs_of(study: Study, ground: Ground) -> tuple[CandidateCosts, ...]:
    """Return what each profile's candidate costs wherever it runs; forms share it."""
    found: dict[str, CandidateCosts] = {}
    for profile, training in zip(ground.profiles, ground.training, strict=True):
        if profile.name not in found:
            cadence = _cadence(study, ground, profile.name, training.usd_per_run)
            found[profile.name] = CandidateCosts(
                places=training.places,
                place_row=training.place_row,
                usd_per_run=training.usd_per_run,
                cadence=cadence,
                monthly_usd=cadence.retrain_usd * cadence.releases_per_month
                + training.artefact_usd,
                artefact_usd=training.artefact_usd,
            )
    return tuple(found[p.name] for p in ground.profiles)


def _cadence(study: Study, ground: Ground, name: str, usd_per_run: float) -> Cadence:
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
    if hashed not in ground.kept:
        profile = next(p for p in ground.profiles if p.name == name)
        ground.kept[hashed] = cadence_of(study, profile, ground.evidence, usd_per_run=usd_per_run)
    found: Cadence = ground.kept[hashed]
    return found


def standing_possible(study: Study, ground: Ground) -> Bools:
    """Return which standing options are sold, fit into memory and break no limit."""
    table = ground.table
    unlimited = np.array([offer_limits(study, offer) == "" for offer in ground.offers], dtype=bool)
    inside: Bools = np.isfinite(table.replica_usd) & table.fits & unlimited[table.offer]
    return inside


def _stakes(
    ground: Ground,
    others: Columns,
    shared: Floats,
    platforms: tuple[str, ...],
    purchases: tuple[str, ...],
    *,
    surge: Floats,
) -> Stakes:
    table, kinds = ground.table, ground.kinds
    of_platform = {name: i for i, name in enumerate(platforms)}
    of_purchase = {name: i for i, name in enumerate(purchases)}
    offer_platform = np.array([of_platform[o.platform] for o in ground.offers], dtype=np.int64)
    offer_purchase = np.array([of_purchase[o.purchase] for o in ground.offers], dtype=np.int64)
    none = np.zeros(len(table))
    request = others.request_usd
    work = others.work_usd
    service_s, start_s = others.p99_service_s, others.p99_start_s
    fixed_s = np.where(np.isfinite(others.p99_s), others.p99_s, 1e9) - service_s - start_s
    return Stakes(
        candidate=np.concatenate([table.profile, others.candidate]),
        platform=np.concatenate(
            [
                offer_platform[table.offer],
                np.array([of_platform[p] for p in others.platform], dtype=np.int64),
            ]
        ),
        purchase=np.concatenate(
            [
                offer_purchase[table.offer],
                np.array([of_purchase[p] for p in others.purchase], dtype=np.int64),
            ]
        ),
        kind=np.concatenate([kinds.of_row, np.full(len(others), -1)]),
        group=np.concatenate([kinds.group[kinds.of_row], _other_groups(ground, others)[0]]),
        replica_usd=np.concatenate([table.replica_usd * (1 + surge), np.zeros(len(others))]),
        fixed_usd=np.concatenate(
            [ground.idle_usd[table.offer], others.serving_usd - request - work]
        ),
        request_usd=np.concatenate([(shared - ground.idle_usd)[table.offer], request]),
        work_usd=np.concatenate([none, work]),
        scaled=np.concatenate([table.scaled, np.zeros(len(others), dtype=bool)]),
        p99_fixed_s=np.concatenate([none, fixed_s]),
        p99_service_s=np.concatenate([none, service_s]),
        p99_start_s=np.concatenate([none, start_s]),
    )


def _groups_key(others: Columns) -> tuple[str, int, float, float]:
    """Return what tells sets of options that do not stand apart."""
    return ("groups", len(others), float(others.service_up.sum()), float(others.service_down.sum()))


def _other_groups(ground: Ground, others: Columns) -> tuple[NDArray[np.int64], Kinds]:
    """Return whose service time each of the other options shares, and the groups with them."""
    kinds = ground.kinds
    key = _groups_key(others)
    if key in ground.kept:
        kept: tuple[NDArray[np.int64], Kinds] = ground.kept[key]
        return kept
    told = np.stack(
        [others.candidate, np.round(others.service_up, 9), np.round(others.service_down, 9)]
    )
    groups, place = np.unique(told, axis=1, return_inverse=True)
    names = np.full(groups.shape[1], "serverless", dtype=object)
    ground.kept[key] = (
        place.ravel() + len(kinds.group_candidate),
        dataclasses.replace(
            kinds,
            group_candidate=np.append(kinds.group_candidate, groups[0].astype(np.int64)),
            group_chip=np.append(kinds.group_chip, names),
            group_up=np.append(kinds.group_up, groups[1]),
            group_down=np.append(kinds.group_down, groups[2]),
        ),
    )
    found: tuple[NDArray[np.int64], Kinds] = ground.kept[key]
    return found


def _worlds(
    study: Study,
    ground: Ground,
    others: Columns,
    costs: tuple[CandidateCosts, ...],
    names: tuple[tuple[str, ...], tuple[str, ...]],
) -> Worlds:
    platforms, purchases = names
    draws = draws_of(study, decay_is_known=any(c.cadence.basis != "assumed" for c in costs))
    retraining, team = study.retraining, study.team
    candidate_usd = np.empty((len(costs), draws.count + 1))
    for row, (profile, cost) in enumerate(zip(ground.profiles, costs, strict=True)):
        runs = retraining.runs_per_release * cost.usd_per_run
        candidate_usd[row] = cost.cadence.releases_per_month * (
            runs * draws.runs * draws.training(profile.name) * draws.drift
            + retraining.label_cost_usd
            + retraining.review_hours * team.engineer_usd_per_hour * draws.review
        )
        candidate_usd[row] += cost.artefact_usd * draws.drift
    people = [team.upkeep_usd(name) * draws.hours(name) for name in platforms]
    errors = {i: (p.name + p.form, p.service_relative_error) for i, p in enumerate(ground.profiles)}
    own = study.decision
    groups_key = _groups_key(others)
    key = ("service", draws.count, draws.seed, own.service_factor, own.transfer_factor, groups_key)
    if key not in ground.kept:
        ground.kept[key] = service_of(study, draws, _other_groups(ground, others)[1], errors)
    return Worlds(
        draws=draws,
        peak_per_s=study.workload.peak_per_s * draws.peak,
        candidate_usd=candidate_usd,
        people_usd=np.array(people),
        price=np.array([draws.purchase(name) for name in purchases]),
        service=ground.kept[key],
        platforms=platforms,
        purchases=purchases,
    )
