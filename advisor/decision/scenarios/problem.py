"""A study in its option space: what every option's cost and latency are made of, and the draws."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from advisor.arrays import Bools, Floats
from advisor.capacity.fleet import Fleet
from advisor.capacity.target_tracking import pooling
from advisor.decision.options.always_on import offer_limits
from advisor.decision.options.columns import Columns
from advisor.decision.options.jobs_and_queues import Metered
from advisor.decision.options.machine_classes import MachineClasses
from advisor.decision.scenarios.candidate_costs import CandidateCosts, costs_of
from advisor.decision.scenarios.fleet_memo import KeptFleets, MeanFleets, Means, kept_fleets
from advisor.decision.scenarios.option_space import OptionSpace, shared_usd
from advisor.decision.scenarios.other_options import asked_key, keep, other_options, too_late
from advisor.decision.scenarios.outcomes import (
    CostTerms,
    Outcomes,
    Scenarios,
    billed_of,
    fleets_of,
    in_time,
    outcomes_of,
    service_of,
)
from advisor.decision.scenarios.uncertainty import draws_of
from advisor.platforms.rules import rollout_s, surge_share
from advisor.study.types import HOURS_PER_MONTH, Study

T = TypeVar("T")


@dataclass(frozen=True)
class Problem:
    """One study, ready to be decided."""

    study: Study
    space: OptionSpace
    costs: tuple[CandidateCosts, ...]
    monthly_usd: Floats
    """Of each profile: training runs, labels and review. [USD/month]"""
    offer_shared_usd: Floats
    """What the replicas of each offer share. [USD/month]"""
    others: Columns
    """Options whose replicas do not stand."""
    metered: tuple[Metered, ...]
    """Those of them that are jobs and queues: the last rows of the others."""
    terms: CostTerms
    scenarios: Scenarios
    sold: Bools
    """Options that are sold, fit into memory and break no limit of their platform."""
    surge: Floats
    """Of each row of the option table, replicas billed for rolling releases out over the others."""

    def outcomes(self, rows: NDArray[np.intp]) -> Outcomes:
        """Return some options in every draw."""
        return outcomes_of(
            self.study,
            self.terms,
            self.scenarios,
            rows,
            fleets=self.fleets,
            billed=self.billed_replicas,
        )

    def at_its_word(self) -> "Problem":
        """Return the same study without its draws: column 0 alone."""
        scenarios = self.scenarios
        drawn = scenarios.draws
        first = {
            name: getattr(drawn, name)[:1]
            for name in ("traffic", "peak", "start", "drift", "spot", "decay", "runs", "review")
        }
        return dataclasses.replace(
            self,
            scenarios=dataclasses.replace(
                scenarios,
                draws=dataclasses.replace(drawn, **first),
                peak_per_s=scenarios.peak_per_s[:1],
                candidate_usd=scenarios.candidate_usd[:, :1],
                people_usd=scenarios.people_usd[:, :1],
                price=scenarios.price[:, :1],
                service=scenarios.service[:, :1],
            ),
        )

    def fleets(self, classes: NDArray[np.int64]) -> Fleet:
        """Return the fleets of some kinds; those of the last loads asked for are kept."""
        kept = self._know_fleets(classes)
        return Fleet(count=kept.count[classes], met=kept.met[classes])

    def _know_fleets(self, classes: NDArray[np.int64]) -> KeptFleets:
        """Fill in the fleets that were not asked for yet."""
        kept = self._kept_fleets()
        new = np.unique(classes[~kept.known[classes]]).astype(np.intp)
        if new.size:
            fleet = fleets_of(self.study, self.space.table, self.space.classes, self.scenarios, new)
            kept.count[new], kept.met[new], kept.known[new] = fleet.count, fleet.met, True
        return kept

    def billed_replicas(self, classes: NDArray[np.int64]) -> Floats:
        """Return the replicas billed on average of some kinds that follow the traffic."""
        kept = self._kept_fleets()
        new = np.unique(classes[~kept.followed[classes]])
        if new.size:
            kept.billed[new] = billed_of(
                self.study,
                self.space.table,
                self.space.classes,
                self.scenarios,
                new.astype(np.intp),
                count=self.fleets(new).count,
                pooling=self.pooled(new),
            )
            kept.followed[new] = True
        found: Floats = kept.billed[classes]
        return found

    @cached_property
    def possible(self) -> Bools:
        """Options that are sold, and with autoscaling only where it lets a replica go."""
        found = self.sold.copy()
        rows = np.flatnonzero(found & self.terms.scaled)
        found[rows] = self._lets_go(self.terms.machine_class[rows])
        return found

    def _lets_go(self, classes: NDArray[np.int64]) -> Bools:
        """Return which kinds of machine let a replica go as planned, if they follow the traffic."""
        word = self.at_its_word()
        count = word.fleets(classes).count[:, 0]
        fewer = count > self.study.needs.availability_zones
        fewer[fewer] = word.billed_replicas(classes[fewer])[:, 0] < count[fewer] * (1 - 1e-9)
        return fewer

    def pooled(self, classes: NDArray[np.int64]) -> Floats:
        """Return what a target asks for over the load alone, of some kinds of machine; kept."""
        kept = _kept_pooling(self.study, self.space)
        told = np.unique(classes)
        new = told[np.isnan(kept[told])]
        if new.size:
            table, rows = self.space.table, self.space.classes.first[new]
            need_ms = self.study.needs.max_p99_latency_ms
            kept[new] = pooling(
                service_s=table.service_s[rows],
                scv=table.scv[rows],
                workers=table.workers[rows],
                front_s=table.front_s[rows],
                fewest=self.study.needs.availability_zones,
                max_p99_s=None if need_ms is None else need_ms / 1e3,
            )
        found: Floats = kept[classes]
        return found

    def mean_fleets(
        self, classes: NDArray[np.int64], *, purchases: NDArray[np.int64], scaled: Bools
    ) -> MeanFleets:
        """Return what fleets come to in the mean of the draws, one for each kind and purchase."""
        kept = self._kept_fleets()
        self._know_fleets(classes)
        missing = np.isnan(kept.paid[scaled.astype(int), classes, purchases])
        for follows in (False, True):
            new = np.flatnonzero(missing & (scaled == follows))
            if new.size:
                own = classes[new]
                replicas = self.billed_replicas(own) if follows else kept.count[own].astype(float)
                price = self.scenarios.price[purchases[new]]
                kept.paid[int(follows), own, purchases[new]] = (replicas * price)[:, 1:].mean(
                    axis=1
                )
        return MeanFleets(
            paid=kept.paid[scaled.astype(int), classes, purchases],
            probability=kept.met[classes, 1:].mean(axis=1),
            planned=kept.count[classes, 0],
        )

    def as_needed(self, rows: NDArray[np.intp]) -> Bools:
        """Return which options keep p99 as planned; with autoscaling, if it lets a replica go."""
        terms, word = self.terms, self.at_its_word()
        kept = np.empty(len(rows), dtype=bool)
        standing = terms.machine_class[rows] >= 0
        kept[standing] = word.fleets(terms.machine_class[rows[standing]]).met[:, 0]
        kept[~standing] = word.others_in_time(rows[~standing])[:, 0]
        follows = np.flatnonzero(kept & terms.scaled[rows])
        kept[follows] = self._lets_go(terms.machine_class[rows[follows]])
        return kept

    def keep(self, name: str, make: Callable[[], T]) -> T:
        """Return something that depends on the limits and parts of the options alone; kept."""
        return keep(self.space, (name, *asked_key(self.study), len(self.terms)), make)

    def others_in_time(self, rows: NDArray[np.intp]) -> Bools:
        """Return in which draws some options without standing replicas keep p99."""
        return in_time(self.study, self.terms, self.scenarios, rows)

    @cached_property
    def means(self) -> Means:
        """What does not depend on the fleets, in the mean of the draws."""
        scenarios = self.scenarios
        drift, count = scenarios.draws.drift, scenarios.draws.count
        traffic = scenarios.draws.traffic * drift
        drawn = np.append(0.0, np.full(count, 1 / count))  # the study at its word is no draw
        return Means(
            drift=float(drift @ drawn),
            traffic=float(traffic @ drawn),
            # No matrix product: its threads wait for one another where processors are shared.
            people_usd=np.einsum("pd,d->p", scenarios.people_usd, drawn),
            candidate_usd=np.einsum("cd,d->c", scenarios.candidate_usd, drawn),
            price=np.einsum("bd,d->b", scenarios.price, drawn),
            loads=np.stack(
                [
                    np.einsum("gd,d->g", scenarios.service, price * scenarios.peak_per_s * drawn)
                    for price in scenarios.price
                ]
            ),
            works=np.einsum("gd,d->g", scenarios.service, traffic * drawn),
        )

    def _kept_fleets(self) -> KeptFleets:
        return kept_fleets(
            self.space.kept,
            self._fleets_key,
            classes=len(self.space.classes.first),
            draws=self.scenarios.peak_per_s.size,
            purchases=len(self.scenarios.purchases),
        )

    @cached_property
    def _fleets_key(self) -> tuple[Any, ...]:
        """What fleets depend on: load, need and doubt."""
        study = self.study
        work, needs = study.workload, study.needs
        return (
            work.peak_per_s,
            work.requests_per_s,
            work.active_hours_per_month,
            max(work.request_kb, work.response_kb),
            needs.max_p99_latency_ms,
            needs.availability_zones,
            study.horizon_months,
            study.decision.model_dump_json(exclude={"risk", "quantile", "feasible_probability"}),
            self.scenarios.peak_per_s.size,
            self.scenarios.purchases,
        )


def problem_of(study: Study, space: OptionSpace, *, whole: bool = True) -> Problem:
    """Price a study in its option space and draw what is uncertain.

    Args:
        study: the question.
        space: its option space.
        whole: price every option; else leave out jobs and queues where all of them are too late.
    """
    costs = costs_of(study, space)
    monthly_usd = np.array([c.monthly_usd for c in costs])
    shared = shared_usd(space, study)
    surge = _surge(space, costs)
    others, metered = other_options(
        study, space, monthly_usd=monthly_usd, whole=whole or not too_late(study)
    )
    platforms = tuple(dict.fromkeys([o.platform for o in space.offers] + [*others.platform]))
    purchases = tuple(dict.fromkeys([o.purchase for o in space.offers] + [*others.purchase]))
    return Problem(
        study=study,
        space=space,
        costs=costs,
        monthly_usd=monthly_usd,
        offer_shared_usd=shared,
        others=others,
        metered=metered,
        terms=_stakes(space, others, shared, platforms, purchases, surge=surge),
        scenarios=_worlds(study, space, others, costs, (platforms, purchases)),
        sold=np.concatenate(
            [
                standing_possible(study, space),
                others.sold & others.fits & (others.other == "").astype(bool),
            ]
        ),
        surge=surge,
    )


def _surge(space: OptionSpace, costs: tuple[CandidateCosts, ...]) -> Floats:
    """Return replicas billed for rolling releases out over the others, of each standing option."""
    table = space.table
    seconds = np.array([rollout_s(o.platform) for o in space.offers], dtype=float)
    releases = np.array([c.cadence.releases_per_month for c in costs])
    shares = np.array([surge_share(o.platform) for o in space.offers], dtype=float)
    hours = (table.start_s + seconds[table.offer]) / 3600
    found: Floats = shares[table.offer] * releases[table.profile] * hours / HOURS_PER_MONTH
    return found


def _kept_pooling(study: Study, space: OptionSpace) -> Floats:
    """Return the table of `Setting.pooled` at this need, NaN where it was not asked for yet."""
    key = ("pooling", study.needs.max_p99_latency_ms, study.needs.availability_zones)
    if key not in space.kept:
        space.kept[key] = np.full(len(space.classes.first), np.nan)
    found: Floats = space.kept[key]
    return found


def standing_possible(study: Study, space: OptionSpace) -> Bools:
    """Return which standing options are sold, fit into memory and break no limit."""
    table = space.table
    unlimited = np.array([offer_limits(study, offer) == "" for offer in space.offers], dtype=bool)
    inside: Bools = np.isfinite(table.replica_usd) & table.fits & unlimited[table.offer]
    return inside


def _stakes(
    space: OptionSpace,
    others: Columns,
    shared: Floats,
    platforms: tuple[str, ...],
    purchases: tuple[str, ...],
    *,
    surge: Floats,
) -> CostTerms:
    table, classes = space.table, space.classes
    of_platform = {name: i for i, name in enumerate(platforms)}
    of_purchase = {name: i for i, name in enumerate(purchases)}
    offer_platform = np.array([of_platform[o.platform] for o in space.offers], dtype=np.int64)
    offer_purchase = np.array([of_purchase[o.purchase] for o in space.offers], dtype=np.int64)
    none = np.zeros(len(table))
    request = others.request_usd
    work = others.work_usd
    service_s, start_s = others.p99_service_s, others.p99_start_s
    fixed_s = np.where(np.isfinite(others.p99_s), others.p99_s, 1e9) - service_s - start_s
    return CostTerms(
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
        machine_class=np.concatenate([classes.of_row, np.full(len(others), -1)]),
        group=np.concatenate([classes.group[classes.of_row], _other_groups(space, others)[0]]),
        replica_usd=np.concatenate([table.replica_usd * (1 + surge), np.zeros(len(others))]),
        fixed_usd=np.concatenate(
            [space.idle_usd[table.offer], others.serving_usd - request - work]
        ),
        request_usd=np.concatenate([(shared - space.idle_usd)[table.offer], request]),
        work_usd=np.concatenate([none, work]),
        scaled=np.concatenate([table.scaled, np.zeros(len(others), dtype=bool)]),
        p99_fixed_s=np.concatenate([none, fixed_s]),
        p99_service_s=np.concatenate([none, service_s]),
        p99_start_s=np.concatenate([none, start_s]),
    )


def _groups_key(others: Columns) -> tuple[str, int, float, float]:
    """Return what tells sets of options that do not stand apart."""
    return ("groups", len(others), float(others.service_up.sum()), float(others.service_down.sum()))


def _other_groups(space: OptionSpace, others: Columns) -> tuple[NDArray[np.int64], MachineClasses]:
    """Return whose service time each of the other options shares, and the groups with them."""
    classes = space.classes
    key = _groups_key(others)
    if key in space.kept:
        kept: tuple[NDArray[np.int64], MachineClasses] = space.kept[key]
        return kept
    told = np.stack(
        [others.candidate, np.round(others.service_up, 9), np.round(others.service_down, 9)]
    )
    groups, place = np.unique(told, axis=1, return_inverse=True)
    names = np.full(groups.shape[1], "serverless", dtype=object)
    space.kept[key] = (
        place.ravel() + len(classes.group_candidate),
        dataclasses.replace(
            classes,
            group_candidate=np.append(classes.group_candidate, groups[0].astype(np.int64)),
            group_chip=np.append(classes.group_chip, names),
            group_up=np.append(classes.group_up, groups[1]),
            group_down=np.append(classes.group_down, groups[2]),
        ),
    )
    found: tuple[NDArray[np.int64], MachineClasses] = space.kept[key]
    return found


def _worlds(
    study: Study,
    space: OptionSpace,
    others: Columns,
    costs: tuple[CandidateCosts, ...],
    names: tuple[tuple[str, ...], tuple[str, ...]],
) -> Scenarios:
    platforms, purchases = names
    draws = draws_of(study, decay_is_known=any(c.cadence.basis != "assumed" for c in costs))
    retraining, team = study.retraining, study.team
    candidate_usd = np.empty((len(costs), draws.count + 1))
    for row, (profile, cost) in enumerate(zip(space.profiles, costs, strict=True)):
        runs = retraining.runs_per_release * cost.usd_per_run
        candidate_usd[row] = cost.cadence.releases_per_month * (
            runs * draws.runs * draws.training(profile.name) * draws.drift
            + retraining.label_cost_usd
            + retraining.review_hours * team.engineer_usd_per_hour * draws.review
        )
        candidate_usd[row] += cost.artefact_usd * draws.drift
    people = [team.upkeep_usd(name) * draws.hours(name) for name in platforms]
    errors = {i: (p.name + p.form, p.service_relative_error) for i, p in enumerate(space.profiles)}
    own = study.decision
    groups_key = _groups_key(others)
    key = ("service", draws.count, draws.seed, own.service_factor, own.transfer_factor, groups_key)
    if key not in space.kept:
        space.kept[key] = service_of(study, draws, _other_groups(space, others)[1], errors)
    return Scenarios(
        draws=draws,
        peak_per_s=study.workload.peak_per_s * draws.peak,
        candidate_usd=candidate_usd,
        people_usd=np.array(people),
        price=np.array([draws.purchase(name) for name in purchases]),
        service=space.kept[key],
        platforms=platforms,
        purchases=purchases,
    )
