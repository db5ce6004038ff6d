"""What every option costs in every draw, and whether it keeps the needs there.

    cost = replicas(draw) x price of one x drift of the purchase      standing machines
         + (fixed + by request x traffic + by work x traffic x service time) x drift
         + people's hours of the platform x their factor
         + releases of the candidate

The fleet of a draw is the one that the draw needs: who is in that world adds replicas. Options of
one kind of machine differ by price alone, so that the cheapest of them stands for all.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.arrays import Bools, Floats, Ints
from advisor.capacity.fleet import Fleet, fleet_counts
from advisor.capacity.target_tracking import billed_replicas
from advisor.decision.scenarios.uncertainty import Draws, service_factor, transfer_factors
from advisor.options.machine_classes import ErrorGroups, MachineClasses
from advisor.options.machines import MachineTable
from advisor.options.replicas import fewest_replicas, load_replicas
from advisor.options.table import Options
from advisor.profiles import CandidateProfile
from advisor.study.types import Study

CHUNK = 256
"""Options worked on at a time: a few MiB, which stay in the processor's cache."""


@dataclass(frozen=True)
class Scenarios:
    """The draws, and what each candidate, platform, chip and way to buy does in them."""

    draws: Draws
    peak_per_s: Floats
    """Peak rate of each draw. [1/s]"""
    candidate_usd: Floats
    """Releases of each candidate as they are ranked, (candidate x draw). [USD/month]"""
    labels_usd: Floats
    """Part of that which is labels, (candidate x draw). [USD/month]"""
    people_usd: Floats
    """Upkeep of each platform as it is ranked: nothing by the AWS bill, (platform x draw).
    [USD/month]"""
    upkeep_usd: Floats
    """Upkeep of each platform that was given, (platform x draw). [USD/month]"""
    review_usd: Floats
    """Review of each candidate's releases that was given, (candidate x draw). [USD/month]"""
    counts_people: bool
    """Whether the ranking counts people's hours."""
    price: Floats
    """Price of a replica over today's, (purchase x draw)."""
    service: Floats
    """True over predicted service time, (group x draw)."""


@dataclass(frozen=True)
class Outcomes:
    """Some options in every draw, (option x draw), column 0 the study at its word."""

    rows: NDArray[np.intp]
    """Which options."""
    usd: Floats
    """Cost. [USD/month]"""
    met: Bools
    """Whether latency and budget are kept."""
    replicas: NDArray[np.int16]
    """Replicas, at most `MAX_REPLICAS`; 0 where none stand."""

    def of(self, rows: NDArray[np.intp]) -> "Outcomes":
        """Return some of the options, by their place among these."""
        return Outcomes(
            rows=self.rows[rows],
            usd=self.usd[rows],
            met=self.met[rows],
            replicas=self.replicas[rows],
        )


def fleets_of(
    study: Study,
    table: MachineTable,
    classes: MachineClasses,
    scenarios: Scenarios,
    which: NDArray[np.intp],
) -> Fleet:
    """Return the replicas of some kinds of machine in every draw."""
    rows = classes.first[which]
    need_ms = study.needs.max_p99_latency_ms
    parts = []
    for start in range(0, len(rows), CHUNK):
        own = rows[start : start + CHUNK]
        service = scenarios.service[classes.group[which[start : start + CHUNK]]]
        parts.append(
            fleet_counts(
                rate_per_s=scenarios.peak_per_s,
                service_s=table.service_s[own][:, None] * service,
                scv=table.scv[own],
                workers=table.workers[own],
                front_s=table.front_s[own],
                fewest=_fewest(
                    study,
                    table.network_gbps[own],
                    scenarios.peak_per_s,
                    sustained_per_s=table.sustained_vcpu[own] / table.service_s[own],
                ),
                max_p99_s=None if need_ms is None else need_ms / 1e3,
            )
        )
    if not parts:
        empty = np.zeros((0, scenarios.peak_per_s.size), dtype=np.int16)
        return Fleet(count=empty, met=empty.astype(bool))
    return Fleet(
        count=np.concatenate([p.count for p in parts]), met=np.concatenate([p.met for p in parts])
    )


def billed_of(
    study: Study,
    table: MachineTable,
    classes: MachineClasses,
    scenarios: Scenarios,
    which: NDArray[np.intp],
    *,
    count: NDArray[np.int16],
    pooling: Floats,
) -> Floats:
    """Return the replicas billed on average of some kinds of machine that follow the traffic.

    Args:
        study: the question.
        table: the machines.
        classes: those of them that differ by price alone.
        scenarios: the draws.
        which: kinds.
        count: replicas of their fixed fleets, (kind x draw).
        pooling: what their target asks for over the load alone.
    """
    rows = classes.first[which]
    billed = np.empty(count.shape)
    for start in range(0, len(rows), CHUNK):
        own = rows[start : start + CHUNK]
        part = slice(start, start + CHUNK)
        load = scenarios.service[classes.group[which[part]]] * scenarios.peak_per_s
        load *= (load_replicas(table, own) * pooling[part])[:, None]
        billed[part] = billed_replicas(
            study.workload,
            zones=study.needs.availability_zones,
            start_s=table.start_s[own],
            load=load,
            most=count[part].astype(np.int64),
            fewest=_fewest(
                study,
                table.network_gbps[own],
                scenarios.peak_per_s,
                sustained_per_s=table.sustained_vcpu[own] / table.service_s[own],
            ),
        )
    return billed


def _fewest(
    study: Study, network_gbps: Floats, peak_per_s: Floats, *, sustained_per_s: Floats
) -> Ints:
    """Return the fewest replicas of each kind in each draw; one column where all are the same."""
    most = fewest_replicas(study, network_gbps, peak_per_s.max(), sustained_per_s=sustained_per_s)
    if (most <= study.needs.availability_zones).all():
        return most[:, None]
    return fewest_replicas(
        study, network_gbps[:, None], peak_per_s, sustained_per_s=sustained_per_s[:, None]
    )


def outcomes_of(
    study: Study,
    options: Options,
    scenarios: Scenarios,
    rows: NDArray[np.intp],
    *,
    fleets: Callable[[NDArray[np.int64]], Fleet],
    billed: Callable[[NDArray[np.int64]], Floats],
) -> Outcomes:
    """Return cost and feasibility of some options in every draw.

    Args:
        study: the question.
        options: all options.
        scenarios: the draws.
        rows: which options.
        fleets: the replicas of some kinds of machine in every draw.
        billed: those of them that are billed on average where they follow the traffic.
    """
    size = (len(rows), scenarios.peak_per_s.size)
    usd, met = np.empty(size), np.empty(size, dtype=bool)
    replicas = np.zeros(size, dtype=np.int16)
    limit = study.needs.max_usd_per_month
    drift, traffic = scenarios.draws.drift, scenarios.draws.traffic
    standing = options.machine_class[rows] >= 0
    if standing.any():
        own = rows[standing]
        fleet = fleets(options.machine_class[own])
        met[standing], replicas[standing] = fleet.met, fleet.count
    for start in range(0, len(rows), CHUNK):
        part = slice(start, start + CHUNK)
        own = rows[part]
        cost = options.replica_usd[own][:, None] * scenarios.price[options.purchase_at[own]]
        follows = options.scaled[own]
        cost[~follows] *= replicas[part][~follows]
        if follows.any():
            cost[follows] *= billed(options.machine_class[own[follows]])
        cost += (
            options.fixed_usd[own][:, None] + options.request_usd[own][:, None] * traffic
        ) * drift
        cost += scenarios.people_usd[options.platform_at[own]]
        cost += scenarios.candidate_usd[options.candidate[own]]
        usd[part] = cost
    others = np.flatnonzero(~standing)
    for start in range(0, len(others), CHUNK):
        at = others[start : start + CHUNK]
        own = rows[at]
        usd[at] += (
            options.work_usd[own][:, None] * _service(options, scenarios, own) * traffic * drift
        )
        met[at] = in_time(study, options, scenarios, own)
    if limit is not None:
        met &= usd <= limit
    return Outcomes(rows=rows, usd=usd, met=met, replicas=replicas)


def people_usd_of(options: Options, scenarios: Scenarios, rows: NDArray[np.intp]) -> Floats:
    """Return people's hours of some options, ranked or not, (option x draw). [USD/month]"""
    found: Floats = (
        scenarios.upkeep_usd[options.platform_at[rows]]
        + scenarios.review_usd[options.candidate[rows]]
    )
    return found


def beside_aws_usd(options: Options, scenarios: Scenarios, rows: NDArray[np.intp]) -> Floats:
    """Return the ranked cost of some options that AWS does not invoice, (option x draw).

    Labels, and people's hours where the ranking counts them. [USD/month]
    """
    found: Floats = scenarios.labels_usd[options.candidate[rows]]
    if scenarios.counts_people:
        found = found + people_usd_of(options, scenarios, rows)
    return found


def in_time(study: Study, options: Options, scenarios: Scenarios, rows: NDArray[np.intp]) -> Bools:
    """Return in which draws some options without standing replicas keep p99, (option x draw)."""
    need_ms = study.needs.max_p99_latency_ms
    if need_ms is None:
        return np.ones((len(rows), scenarios.peak_per_s.size), dtype=bool)
    p99_s = (
        options.p99_fixed_s[rows][:, None]
        + options.p99_service_s[rows][:, None] * _service(options, scenarios, rows)
        + options.p99_start_s[rows][:, None] * scenarios.draws.start
    )
    kept: Bools = p99_s <= need_ms / 1e3
    return kept


def _service(options: Options, scenarios: Scenarios, rows: NDArray[np.intp]) -> Floats:
    """Return true over predicted service time of some options; 1 where it is certain."""
    service = np.ones((len(rows), scenarios.peak_per_s.size))
    told = options.group[rows] >= 0
    service[told] = scenarios.service[options.group[rows[told]]]
    return service


def criterion_usd(study: Study, usd: Floats) -> Floats:
    """Return what the ranking compares: mean cost of the draws, or the study's quantile of it."""
    drawn = usd[:, 1:]
    if study.decision.risk == "quantile":
        count = drawn.shape[1]
        place = min(count - 1, int(np.ceil(study.decision.quantile * count)) - 1)
        chosen: Floats = np.partition(drawn, place, axis=1)[:, place]
        return chosen
    mean: Floats = drawn.mean(axis=1)
    return mean


def service_of(
    study: Study, draws: Draws, groups: ErrorGroups, profiles: tuple[CandidateProfile, ...]
) -> Floats:
    """Return true over predicted service time of each group, (group x draw).

    Args:
        study: its doubts.
        draws: the common draws.
        groups: who shares an error.
        profiles: the candidates, whose measurements err too.
    """
    size = {"count": draws.count, "seed": draws.seed}
    measured = [
        service_factor(
            study, candidate=p.name + p.form, relative_error=p.service_relative_error, **size
        )
        for p in profiles
    ]
    carried = transfer_factors(
        study, chips=[str(c) for c in groups.chip], up=groups.up, down=groups.down, **size
    )
    for group, candidate in enumerate(groups.candidate):
        carried[group] *= measured[int(candidate)]
    return carried
