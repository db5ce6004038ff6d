"""The decision option by option and draw by draw, in plain Python: what the columns must equal."""

import math

import numpy as np

from advisor import defaults
from advisor.capacity.replicas import plan_replicas
from advisor.decision.ladder import Rung, climb
from advisor.decision.options import MAX_REPLICAS, ROUTING, fewest_replicas
from advisor.decision.setting import Setting

TIE = 0.02


def fleets(setting: Setting, rows: list[int]) -> dict[int, list[tuple[int, bool]]]:
    """Return replicas and whether latency is kept, per standing option and draw, by the formula."""
    study, table, worlds = setting.study, setting.ground.table, setting.worlds
    need_ms, count = study.needs.max_p99_latency_ms, worlds.peak_per_s.size
    own = np.array([r for r in rows if r < len(table)], dtype=int)
    if not own.size:
        return {}
    service_s = table.service_s[own][:, None] * worlds.service[setting.stakes.group[own]]
    peak = np.broadcast_to(worlds.peak_per_s, service_s.shape)
    sustained = (table.sustained_vcpu[own] / table.service_s[own])[:, None]
    network = table.network_gbps[own][:, None]
    fewest = fewest_replicas(study, network, peak, sustained_per_s=sustained)
    workers = np.repeat(table.workers[own][:, None], count, axis=1)
    found = plan_replicas(
        arrival_per_s=peak,
        service_mean_s=service_s,
        service_scv=table.scv[own][:, None],
        workers_per_replica=workers,
        fixed_overhead_s=table.front_s[own][:, None],
        max_p99_s=None if need_ms is None else need_ms / 1e3,
        max_utilisation=defaults.MAX_UTILISATION.value,
        minimum_count=fewest,
        maximum_count=MAX_REPLICAS,
        routing=ROUTING,
    )
    told: dict[int, list[tuple[int, bool]]] = {}
    for i, row in enumerate(own.tolist()):
        told[row] = []
        for d in range(count):
            why = found.infeasible[i, d]
            load = peak[i, d] * service_s[i, d] / (workers[i, d] * defaults.MAX_UTILISATION.value)
            replicas = min(MAX_REPLICAS, max(int(fewest[i, d]), math.ceil(load * (1 - 1e-12))))
            if why == "too-many-replicas":
                replicas = MAX_REPLICAS
            elif why == "":
                replicas = int(found.replica_count[i, d])
            told[row].append((replicas, why == ""))
    return told


def costs_and_met(
    setting: Setting, row: int, fleet: list[tuple[int, bool]] | None
) -> tuple[list[float], list[bool], list[int]]:
    """Return cost, feasibility and replicas of one option in every draw, column 0 first."""
    study, stakes, worlds = setting.study, setting.stakes, setting.worlds
    need_ms, limit = study.needs.max_p99_latency_ms, study.needs.max_usd_per_month
    costs, met, replicas = [], [], []
    for d in range(worlds.peak_per_s.size):
        service = float(worlds.service[stakes.group[row], d])
        if fleet is not None:
            count, ok = fleet[d]
        else:
            count = 0
            p99_s = (
                stakes.p99_fixed_s[row]
                + stakes.p99_service_s[row] * service
                + stakes.p99_start_s[row] * worlds.draws.start[d]
            )
            ok = need_ms is None or p99_s <= need_ms / 1e3
        traffic, drift = float(worlds.draws.traffic[d]), float(worlds.draws.drift[d])
        cost = (
            float(stakes.replica_usd[row]) * count * float(worlds.price[stakes.purchase[row], d])
            + (float(stakes.fixed_usd[row]) + float(stakes.request_usd[row]) * traffic) * drift
            + float(stakes.work_usd[row]) * service * traffic * drift
            + float(worlds.people_usd[stakes.platform[row], d])
            + float(worlds.candidate_usd[stakes.candidate[row], d])
        )
        costs.append(cost)
        met.append(bool(ok and (limit is None or cost <= limit)))
        replicas.append(count)
    return costs, met, replicas


def criterion(setting: Setting, costs: list[float]) -> float:
    """Return the mean, or the smallest cost that the wanted share of draws does not exceed."""
    drawn = costs[1:]
    if setting.study.decision.risk == "expected":
        return math.fsum(drawn) / len(drawn)
    place = max(1, math.ceil(setting.study.decision.quantile * len(drawn)))
    return sorted(drawn)[min(place, len(drawn)) - 1]


def decide(setting: Setting) -> tuple[set[int], float | None]:
    """Return every option that may be chosen (equal in all that counts) and the criterion."""
    study, ground = setting.study, setting.ground
    judged: dict[int, tuple[float, int]] = {}
    rows = [row for row in range(len(setting.stakes)) if setting.possible[row]]
    planned = fleets(setting, rows)
    for row in rows:
        costs, met, replicas = costs_and_met(setting, row, planned.get(row))
        often = sum(met[1:]) / len(met[1:]) >= study.decision.feasible_probability
        if met[0] and often:
            judged[row] = (criterion(setting, costs), replicas[0])
    owner = {r: int(ground.candidate_of[setting.stakes.candidate[r]]) for r in judged}
    rungs = []
    for index, (profile, cost) in enumerate(zip(ground.profiles, setting.costs, strict=True)):
        if profile.form_rank:
            continue
        own = [judged[r][0] for r in judged if owner[r] == index]
        rungs.append(
            Rung(
                candidate=profile.name,
                rank=profile.rank,
                losses=profile.errors_per_case,
                case_count=profile.held_out_count,
                is_proportion=profile.is_proportion,
                bill_usd_per_month=min(own) if own else None,
                ageing_usd_per_month=cost.cadence.ageing_usd_per_month,
                is_baseline=profile.is_baseline,
            )
        )
    per_loss = study.retraining.error_cost_usd * study.cases_per_day * 730 / 24
    chosen = climb(rungs, usd_per_loss_month=per_loss or None).chosen
    own = [r for r in judged if ground.profiles[owner[r]].name == chosen]
    if not own:
        return set(), None
    least = min(judged[r][0] for r in own)
    ties = [r for r in own if judged[r][0] <= least * (1 + TIE) + 1e-12]

    def key(row: int) -> tuple[float, int, int]:
        platform = setting.worlds.platforms[int(setting.stakes.platform[row])]
        form = ground.profiles[int(setting.stakes.candidate[row])].form_rank
        return study.team.upkeep_hours(platform), form, judged[row][1]

    simplest = min(key(r) for r in ties)
    tied = [r for r in ties if key(r) == simplest]
    cheapest = min(judged[r][0] for r in tied)
    best = {r for r in tied if np.isclose(judged[r][0], cheapest, rtol=1e-11, atol=1e-9)}
    return best, cheapest
