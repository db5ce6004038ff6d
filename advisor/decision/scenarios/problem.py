"""A study in its option space: what every option's cost and latency are made of, and the draws."""

import dataclasses
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from advisor.arrays import Bools, Floats, Ints, Rows
from advisor.capacity.fleet import Fleet
from advisor.capacity.target_tracking import pooling
from advisor.decision.scenarios.candidate_costs import CandidateCosts, costs_of
from advisor.decision.scenarios.fleet_memo import KeptFleets, MeanFleets, Means, no_fleets
from advisor.decision.scenarios.narrowed import for_draws, for_load, for_question
from advisor.decision.scenarios.option_space import OptionSpace
from advisor.decision.scenarios.outcomes import (
    Outcomes,
    Scenarios,
    billed_of,
    fleets_of,
    in_time,
    outcomes_of,
    service_of,
)
from advisor.decision.scenarios.uncertainty import Draws, draws_of
from advisor.options.machine_classes import ErrorGroups, MachineClasses
from advisor.options.machines import MachineTable
from advisor.options.table import Options, concatenate
from advisor.platforms import facts_of, in_order
from advisor.platforms.base import Ask
from advisor.study.types import HOURS_PER_MONTH, Study

WAITED_FOR = frozenset({"job", "queue"})
"""Ways to be billed whose results are waited for: minutes to hours."""


@dataclass(frozen=True)
class Problem:
    """One study, ready to be decided."""

    study: Study
    space: OptionSpace
    costs: tuple[CandidateCosts, ...]
    monthly_usd: Floats
    """Of each profile as it is ranked: training runs, labels, and review where people count.
    [USD/month]"""
    asked: Options
    """Every option, without releases and people: the same object for the same question."""
    options: Options
    """Every option, with all that it costs; not planned yet."""
    surge: Floats
    """Replicas billed for rolling releases out over the others, of each option."""
    groups: ErrorGroups
    """Who shares an error of the predicted service time."""
    scenarios: Scenarios

    def outcomes(self, rows: Rows) -> Outcomes:
        """Return some options in every draw."""
        return outcomes_of(
            self.study,
            self.options,
            self.scenarios,
            rows,
            fleets=self.fleets,
            billed=self.billed_replicas,
        )

    @cached_property
    def at_its_word(self) -> "Problem":
        """The same study without its draws: column 0 alone."""
        scenarios, memo = self.scenarios, self.space.memo
        first = dataclasses.replace(
            scenarios,
            draws=memo(first_draw, scenarios.draws),
            peak_per_s=scenarios.peak_per_s[:1],
            candidate_usd=scenarios.candidate_usd[:, :1],
            labels_usd=scenarios.labels_usd[:, :1],
            people_usd=scenarios.people_usd[:, :1],
            upkeep_usd=scenarios.upkeep_usd[:, :1],
            review_usd=scenarios.review_usd[:, :1],
            price=scenarios.price[:, :1],
            service=memo(first_column, scenarios.service),
        )
        return dataclasses.replace(self, scenarios=first)

    def fleets(self, classes: Ints) -> Fleet:
        """Return the fleets of some classes; those of the last loads asked for are kept."""
        kept = self._know_fleets(classes)
        return Fleet(count=kept.count[classes], met=kept.met[classes])

    def _know_fleets(self, classes: Ints) -> KeptFleets:
        """Fill in the fleets that were not asked for yet."""
        kept, space = self._kept_fleets, self.space
        new = np.unique(classes[~kept.known[classes]]).astype(np.intp)
        if new.size:
            fleet = fleets_of(self.study, space.machines, space.classes, self.scenarios, new)
            kept.count[new], kept.met[new], kept.known[new] = fleet.count, fleet.met, True
        return kept

    def billed_replicas(self, classes: Ints) -> Floats:
        """Return the replicas billed on average of some classes that follow the traffic."""
        kept, space = self._kept_fleets, self.space
        new = np.unique(classes[~kept.followed[classes]])
        if new.size:
            kept.billed[new] = billed_of(
                self.study,
                space.machines,
                space.classes,
                self.scenarios,
                new.astype(np.intp),
                count=self.fleets(new).count,
                pooling=self.pooled(new),
            )
            kept.followed[new] = True
        found: Floats = kept.billed[classes]
        return found

    @property
    def sold(self) -> Bools:
        """Options that are sold, fit into memory and break no limit of their platform."""
        return self.options.possible

    @cached_property
    def possible(self) -> Bools:
        """Options that are sold, and with autoscaling only where it lets a replica go."""
        found = self.sold.copy()
        rows = np.flatnonzero(found & self.options.scaled)
        found[rows] = self._lets_go(self.options.machine_class[rows])
        return found

    def _lets_go(self, classes: Ints) -> Bools:
        """Return which classes let a replica go as planned, if they follow the traffic."""
        word = self.at_its_word
        count = word.fleets(classes).count[:, 0]
        fewer = count > self.study.needs.availability_zones
        fewer[fewer] = word.billed_replicas(classes[fewer])[:, 0] < count[fewer] * (1 - 1e-9)
        return fewer

    def pooled(self, classes: Ints) -> Floats:
        """Return what a target asks for over the load alone, of some classes; kept."""
        space, needs = self.space, self.study.needs
        need_ms, zones = needs.max_p99_latency_ms, needs.availability_zones
        kept = space.memo(no_pooling, space.machines, space.classes, need_ms, zones)
        told = np.unique(classes)
        new = told[np.isnan(kept[told])]
        if new.size:
            table, rows = space.machines, space.classes.first[new]
            kept[new] = pooling(
                service_s=table.service_s[rows],
                scv=table.scv[rows],
                workers=table.workers[rows],
                front_s=table.front_s[rows],
                fewest=zones,
                max_p99_s=None if need_ms is None else need_ms / 1e3,
            )
        found: Floats = kept[classes]
        return found

    def mean_fleets(self, classes: Ints, *, purchases: Ints, scaled: Bools) -> MeanFleets:
        """Return what fleets come to in the mean of the draws, one for each class and purchase."""
        kept = self._know_fleets(classes)
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

    def as_needed(self, rows: Rows) -> Bools:
        """Return which options keep p99 as planned; with autoscaling, if it lets a replica go."""
        options, word = self.options, self.at_its_word
        kept = np.empty(len(rows), dtype=bool)
        standing = options.stands[rows]
        kept[standing] = word.fleets(options.machine_class[rows[standing]]).met[:, 0]
        kept[~standing] = word.others_in_time(rows[~standing])[:, 0]
        follows = np.flatnonzero(kept & options.scaled[rows])
        kept[follows] = self._lets_go(options.machine_class[rows[follows]])
        return kept

    def others_in_time(self, rows: Rows) -> Bools:
        """Return in which draws some options without standing replicas keep p99."""
        return in_time(self.study, self.options, self.scenarios, rows)

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

    @cached_property
    def _kept_fleets(self) -> KeptFleets:
        space = self.space
        return space.memo(
            no_fleets,
            load=for_load(self.study),
            machines=space.machines,
            classes=space.classes,
            draws=self.scenarios.draws,
            service=self.scenarios.service,
            purchases=self.options.purchases,
        )


def no_pooling(
    machines: MachineTable, classes: MachineClasses, need_ms: float | None, zones: int
) -> Floats:
    """Return the table of `Problem.pooled` at a need, NaN where it was not asked for yet."""
    del machines, need_ms, zones
    return np.full(len(classes.first), np.nan)


def first_draw(draws: Draws) -> Draws:
    """Return draws without all but the study at its word."""
    names = ("traffic", "peak", "start", "drift", "spot", "decay", "runs", "review")
    return dataclasses.replace(draws, **{name: getattr(draws, name)[:1] for name in names})


def first_column(values: Floats) -> Floats:
    """Return the study at its word of some drawn values."""
    return values[:, :1]


def problem_of(study: Study, space: OptionSpace, *, whole: bool = True) -> Problem:
    """Price a study in its option space and draw what is uncertain.

    Args:
        study: the question.
        space: its option space.
        whole: price every option; else leave out jobs and queues where all of them are too late
            and something else is left.
    """
    question, memo = for_question(study), space.memo
    ask = Ask(
        study=question,
        market=space.market,
        profiles=space.profiles,
        machines=space.machines,
        memo=memo,
    )
    asked, groups = memo(all_options, ask, space.classes, whole or not too_late(study))
    costs = costs_of(study, space)
    monthly_usd = np.array([c.monthly_usd for c in costs])
    upkeep = np.array([study.team.upkeep_usd(name) for name in asked.platforms], dtype=float)
    if not counts_people(study):
        monthly_usd = np.array([c.monthly_usd - c.review_usd for c in costs])
        upkeep = np.zeros_like(upkeep)
    surge = _surge(space, asked, costs)
    options = dataclasses.replace(
        asked,
        replica_usd=asked.replica_usd * (1 + surge),
        beside_usd=monthly_usd[asked.candidate] + upkeep[asked.platform_at],
    )
    return Problem(
        study=study,
        space=space,
        costs=costs,
        monthly_usd=monthly_usd,
        asked=asked,
        options=options,
        surge=surge,
        groups=groups,
        scenarios=_scenarios(study, space, options, groups, costs),
    )


def counts_people(study: Study) -> bool:
    """Return whether the ranking counts people's hours; `auto` as long as all are given."""
    by = study.decision.rank_by
    if by == "auto":
        return all(name in study.team.hours_per_month for name in study.cloud.platforms)
    return by == "with-people"


def too_late(study: Study) -> bool:
    """Return whether no job and no queue answers within the need, while others may."""
    need_ms = study.needs.max_p99_latency_ms
    facts = [platform.facts for platform in in_order(study.cloud.platforms)]
    waited_for = [one for one in facts if one.billing in WAITED_FOR]
    if len(waited_for) == len(facts):
        return False
    soonest_s = min((one.front_s for one in waited_for), default=np.inf)
    return need_ms is not None and soonest_s > need_ms / 1e3 * (1 + 1e-9)


def all_options(ask: Ask, classes: MachineClasses, with_jobs: bool) -> tuple[Options, ErrorGroups]:
    """Return the options of every platform, and who shares an error of the service time.

    Args:
        ask: the question to each platform.
        classes: the classes of machines that stand.
        with_jobs: with jobs and queues, which come last.
    """
    options = concatenate(
        [
            platform.options(ask)
            for platform in in_order(ask.study.cloud.platforms)
            if ask.profiles and (with_jobs or platform.facts.billing not in WAITED_FOR)
        ]
    )
    stands = options.stands
    options.machine_class[stands] = classes.of_row[options.machine[stands]]
    options.group[stands] = classes.group[options.machine_class[stands]]
    # Rates and needs leave the errors alone: told apart by what they are, they stay one object.
    told = np.stack(
        [options.candidate[~stands], options.service_up[~stands], options.service_down[~stands]]
    )
    groups, own = ask.memo(with_groups_of, classes.groups, told.tobytes())
    options.group[~stands] = own
    return options, groups


def with_groups_of(groups: ErrorGroups, told: bytes) -> tuple[ErrorGroups, Ints]:
    """Add options whose processor nobody names; return the groups and the row of each option.

    Args:
        groups: those of the machines that stand.
        told: candidate, upper and lower end of the band of each option, as bytes of numbers.
    """
    candidate, up, down = np.frombuffer(told).reshape(3, -1)
    return groups.and_of(candidate=candidate.astype(np.int64), up=up, down=down)


def _surge(space: OptionSpace, options: Options, costs: tuple[CandidateCosts, ...]) -> Floats:
    """Return replicas billed for rolling releases out over the others, of each option."""
    facts = [facts_of(name) for name in options.platforms]
    shares = np.array([one.surge_fraction for one in facts], dtype=float)[options.platform_at]
    drain_s = np.array([one.drain_s for one in facts], dtype=float)[options.platform_at]
    releases = np.array([c.cadence.releases_per_month for c in costs])
    start_s = space.machines.start_s[options.machine] if len(space.machines) else drain_s
    hours = (start_s + drain_s) / 3600
    surge = shares * releases[options.candidate] * hours / HOURS_PER_MONTH
    return np.where(options.stands, surge, 0.0)


def _scenarios(
    study: Study,
    space: OptionSpace,
    options: Options,
    groups: ErrorGroups,
    costs: tuple[CandidateCosts, ...],
) -> Scenarios:
    memo, doubt = space.memo, for_draws(study)
    draws = memo(draws_of, doubt, any(c.cadence.basis != "assumed" for c in costs))
    retraining, team = study.retraining, study.team
    people_count = counts_people(study)
    aws_usd, labels_usd, review_usd = (np.empty((len(costs), draws.count + 1)) for _ in range(3))
    for row, (profile, cost) in enumerate(zip(space.profiles, costs, strict=True)):
        releases, runs = cost.cadence.releases_per_month, retraining.runs_per_release
        drawn_runs = draws.runs * draws.training(profile.name) * draws.drift
        aws_usd[row] = releases * runs * cost.usd_per_run * drawn_runs
        aws_usd[row] += cost.artefact_usd * draws.drift
        labels_usd[row] = releases * retraining.label_cost_usd
        review_usd[row] = cost.review_usd * draws.review
    upkeep = np.array([team.upkeep_usd(name) * draws.hours(name) for name in options.platforms])
    return Scenarios(
        draws=draws,
        peak_per_s=study.workload.peak_per_s * draws.peak,
        candidate_usd=aws_usd + labels_usd + (review_usd if people_count else 0.0),
        labels_usd=labels_usd,
        people_usd=upkeep if people_count else np.zeros_like(upkeep),
        upkeep_usd=upkeep,
        review_usd=review_usd,
        counts_people=people_count,
        price=np.array([draws.purchase(name) for name in options.purchases]),
        service=memo(service_of, doubt, draws, groups, space.profiles),
    )
