"""The decision option by option and draw by draw, in plain Python: what the columns must equal.

Nothing of the choice is shared: costs are put together from the prices, the study and the draws,
the rule (needs, ladder, risk, ties) is written out again. Given are the worlds drawn, the table of
what is sold, and the formula of the queue.
"""

import math
import statistics
from typing import NamedTuple

import numpy as np

from advisor import defaults
from advisor.capacity.fleet import MAX_REPLICAS
from advisor.capacity.replicas import plan_replicas
from advisor.capacity.target_tracking import ROUTING, tracked_fleet_of
from advisor.decision.scenarios.problem import Problem
from advisor.decision.scenarios.uncertainty import scores

TIE = 0.02
HOURS = 730
Z_90 = statistics.NormalDist().inv_cdf(0.9)
STUDENT = {1: 12.706, 2: 4.303, 3: 3.182}


def errs_by(problem: Problem, row: int) -> list[float]:
    """Return true over predicted service time of one option in every draw."""
    table, draws, own = problem.space.machines, problem.scenarios.draws, problem.study.decision
    asked = problem.asked
    if asked.stands[row]:
        at = int(asked.machine[row])
        candidate, chip = int(table.profile[at]), str(table.chip[at])
        up = round(float(table.service_high_s[at] / table.service_s[at]), 9)
        down = round(float(table.service_low_s[at] / table.service_s[at]), 9)
    else:
        candidate, chip = int(asked.candidate[row]), "serverless"
        up = round(float(asked.service_up[row]), 9)
        down = round(float(asked.service_down[row]), 9)
    profile = problem.space.profiles[candidate]
    measured = 1 + profile.service_relative_error
    if own.service_factor is not None:
        measured = own.service_factor
    if own.transfer_factor is not None:
        up, down = own.transfer_factor, 1 / own.transfer_factor
    found = []
    by_run = scores(f"service {profile.name}{profile.form}", draws.seed, draws.count)
    by_chip = scores(f"chip {chip}", draws.seed, draws.count)
    for run, carried in zip(by_run.tolist(), by_chip.tolist(), strict=True):
        end = up if carried > 0 else 1 / down
        found.append(measured ** (run / Z_90) * end ** (carried / Z_90))
    return found


def fleets(problem: Problem, rows: list[int]) -> dict[int, list[tuple[int, bool]]]:
    """Return replicas and whether latency is kept, per standing option and draw, by the formula.

    Machines that differ by price alone are asked once.
    """
    study, table = problem.study, problem.space.machines
    need_ms, peaks = study.needs.max_p99_latency_ms, problem.scenarios.peak_per_s.tolist()
    alike: dict[tuple[float, ...], list[int]] = {}
    for row in rows:
        if problem.asked.stands[row]:
            at = int(problem.asked.machine[row])
            figures = (
                table.profile[at], table.service_s[at], table.service_high_s[at],
                table.service_low_s[at], table.workers[at], table.scv[at], table.front_s[at],
                table.network_gbps[at], table.sustained_vcpu[at], hash(str(table.chip[at])),
            )  # fmt: skip
            alike.setdefault(tuple(map(float, figures)), []).append(row)
    asked: list[tuple[float, ...]] = []
    for figures, same in alike.items():
        service_s, workers, scv, front_s, gbps, vcpu = (figures[i] for i in (1, 4, 5, 6, 7, 8))
        for factor, peak in zip(errs_by(problem, same[0]), peaks, strict=True):
            fewest = _fewest(problem, peak, gbps=gbps, sustained_per_s=vcpu / service_s)
            asked.append((peak, service_s * factor, scv, workers, front_s, fewest))
    if not asked:
        return {}
    columns = np.array(asked).T
    found = plan_replicas(
        arrival_per_s=columns[0],
        service_mean_s=columns[1],
        service_scv=columns[2],
        workers_per_replica=columns[3].astype(int),
        fixed_overhead_s=columns[4],
        max_p99_s=None if need_ms is None else need_ms / 1e3,
        max_utilisation=defaults.MAX_UTILISATION.value,
        minimum_count=columns[5].astype(int),
        maximum_count=MAX_REPLICAS,
        routing=ROUTING,
    )
    answers = zip(asked, found.infeasible.tolist(), found.replica_count.tolist(), strict=True)
    told: dict[int, list[tuple[int, bool]]] = {}
    for same in alike.values():
        fleet = []
        for _ in peaks:
            (peak, service_s, _, workers, _, fewest), why, count = next(answers)
            # One that is too slow is still billed: for as many as carry the load.
            load = peak * service_s / (workers * defaults.MAX_UTILISATION.value)
            carrying = min(MAX_REPLICAS, max(int(fewest), math.ceil(load * (1 - 1e-12))))
            if why == "too-many-replicas":
                carrying = MAX_REPLICAS
            fleet.append((carrying if why else int(count), not why))
        told |= dict.fromkeys(same, fleet)
    return told


def _fewest(problem: Problem, peak: float, *, gbps: float, sustained_per_s: float) -> int:
    """Return one replica a zone, or more for the network's or the CPU credits' sake."""
    work = problem.study.workload
    wanted_gbps = peak * max(work.request_kb, work.response_kb) * 8 / 1e6
    networks = wanted_gbps / (gbps * defaults.NETWORK_HEADROOM.value)
    for_network = 1 if math.isnan(networks) else math.ceil(networks)
    mean = peak * work.requests_per_s / work.peak_per_s * work.active_hours_per_month / HOURS
    for_credits = math.ceil(mean / sustained_per_s * (1 - 1e-12))
    fewest = max(problem.study.needs.availability_zones, for_network, for_credits)
    return min(fewest, MAX_REPLICAS + 1)


class Parts(NamedTuple):
    """What one option's cost is made of. [USD/month]"""

    candidate: int
    platform: str
    purchase: str
    replica: float
    fixed: float
    requests: float
    work: float


def parts_of(problem: Problem, row: int) -> Parts:
    """Return one option's prices, as they are sold."""
    asked = problem.asked
    stands = bool(asked.stands[row])
    return Parts(
        candidate=int(asked.candidate[row]),
        platform=asked.platform_of(row),
        purchase=asked.purchase_of(row),
        replica=float(asked.replica_usd[row]) * (1 + surge(problem, row)) if stands else 0.0,
        fixed=float(asked.fixed_usd[row]),
        requests=float(asked.request_usd[row]),
        work=float(asked.work_usd[row]),
    )


def surge(problem: Problem, row: int) -> float:
    """Return the replicas that roll releases out, over those of the fleet: a second one each time.

    On ECS the old one still drains for five minutes when the new one answers.
    """
    table, machine = problem.space.machines, int(problem.asked.machine[row])
    platform = problem.asked.platform_of(row)
    if platform == "sagemaker-multi-model":
        return 0.0
    seconds = float(table.start_s[machine]) + (300 if platform.startswith("ecs") else 0)
    releases = problem.costs[int(table.profile[machine])].cadence.releases_per_month
    return releases * seconds / (HOURS * 3600)


def billed(problem: Problem, row: int, fleet: list[tuple[int, bool]]) -> list[float]:
    """Return the replicas paid for in every draw, by the minute where they follow the traffic."""
    study, table = problem.study, problem.space.machines
    counts = [count for count, _ in fleet]
    at = int(problem.asked.machine[row])
    if not problem.asked.scaled[row]:
        return [float(count) for count in counts]
    zones, work = study.needs.availability_zones, study.workload
    following = tracked_fleet_of(
        work, start_minutes=math.ceil(float(table.start_s[at]) / 60), fewest=zones
    )
    active = work.active_hours_per_month / HOURS
    pooled = float(problem.pooled(problem.options.machine_class[[row]])[0])
    gbps, vcpu = float(table.network_gbps[at]), float(table.sustained_vcpu[at])
    service_s = float(table.service_s[at])
    found = []
    draws = zip(counts, problem.scenarios.peak_per_s.tolist(), errs_by(problem, row), strict=True)
    for most, peak, factor in draws:
        load = peak * service_s * factor * pooled / (float(table.workers[at]) * 0.7)
        steps = math.ceil(48 * math.log2(min(max(load, 0.25), 1e9) / 0.25) - 1e-6)
        asked = 0.25 * 2 ** (min(steps, 13 * 48 - 1) / 48)
        least = min(most, max(zones, math.ceil(most / 20 - 1e-9)))
        minutes = np.ceil(following.levels * asked - 1e-9).clip(least, most)
        mean = active * float(minutes.mean()) + (1 - active) * least
        always = _fewest(problem, peak, gbps=gbps, sustained_per_s=vcpu / service_s)
        found.append(max(mean, float(min(most, always)) if always > zones else 0.0))
    return found


def releases_usd(problem: Problem, candidate: int) -> list[float]:
    """Return what training, labelling and reviewing one candidate costs in every draw."""
    study, draws = problem.study, problem.scenarios.draws
    retraining, cost = study.retraining, problem.costs[candidate]
    longer = draws.training(problem.space.profiles[candidate].name).tolist()
    found = []
    for d in range(draws.count + 1):
        runs = retraining.runs_per_release * float(draws.runs[d])
        training = runs * cost.usd_per_run * longer[d] * float(draws.drift[d])
        hours = (retraining.review_hours or 0.0) * float(draws.review[d])
        review = hours * study.team.engineer_usd_per_hour
        once = training + retraining.label_cost_usd + review
        stored = cost.artefact_usd * float(draws.drift[d])
        found.append(cost.cadence.releases_per_month * once + stored)
    return found


def costs_and_met(
    problem: Problem,
    row: int,
    fleet: list[tuple[int, bool]] | None,
    told: dict[tuple[float, ...], list[float]] | None = None,
) -> tuple[list[float], list[bool], list[int]]:
    """Return cost, feasibility and replicas of one option in every draw, column 0 first.

    What options have in common is put into `told`, where it is given, and taken from it.
    """
    told = {} if told is None else told
    study, draws, asked = problem.study, problem.scenarios.draws, problem.asked
    need_ms, limit = study.needs.max_p99_latency_ms, study.needs.max_usd_per_month
    parts = parts_of(problem, row)
    if (parts.candidate,) not in told:
        told[parts.candidate,] = releases_usd(problem, parts.candidate)
    releases, hours = told[parts.candidate,], draws.hours(parts.platform)
    people_usd = study.team.upkeep_hours(parts.platform) * study.team.engineer_usd_per_hour
    longer = errs_by(problem, row) if fleet is None else [1.0] * (draws.count + 1)
    prices = draws.drift
    if parts.purchase == "spot":
        prices = draws.spot
    elif parts.purchase.startswith("savings"):
        prices = np.ones(draws.count + 1)
    figures = zip(
        prices.tolist(), draws.drift.tolist(), draws.traffic.tolist(), draws.start.tolist(),
        hours.tolist(), releases, longer, strict=True,
    )  # fmt: skip
    paid = [0.0] * (draws.count + 1)
    if fleet is not None:
        started_s = float(problem.space.machines.start_s[int(asked.machine[row])])
        same = float(id(fleet)), started_s, float(asked.scaled[row])
        if same not in told:
            told[same] = billed(problem, row, fleet)
        paid = told[same]
    costs, met, replicas = [], [], []
    for d, (price, drift, traffic, start, people, released, slower) in enumerate(figures):
        if fleet is not None:
            count, kept = fleet[d]
        else:
            whole_s = float(asked.p99_s[row])
            start_s = float(asked.p99_start_s[row])
            service_s = float(asked.p99_service_s[row])
            late_s = whole_s + service_s * (slower - 1) + start_s * (start - 1)
            count, kept = 0, need_ms is None or late_s <= need_ms / 1e3
        metered = parts.requests * traffic + parts.work * slower * traffic
        machines = paid[d] * parts.replica * price
        cost = machines + (parts.fixed + metered) * drift + people_usd * people + released
        costs.append(cost)
        met.append(bool(kept and (limit is None or cost <= limit)))
        replicas.append(count)
    return costs, met, replicas


def criterion(problem: Problem, costs: list[float]) -> float:
    """Return the mean, or the smallest cost that the wanted share of draws does not exceed."""
    drawn = sorted(costs[1:])
    if problem.study.decision.risk == "expected":
        return math.fsum(drawn) / len(drawn)
    enough = (k for k in range(1, len(drawn) + 1) if k / len(drawn) >= _quantile(problem))
    return drawn[next(enough) - 1]


def _quantile(problem: Problem) -> float:
    return problem.study.decision.quantile - 1e-12


class Held(NamedTuple):
    """A candidate on the ladder."""

    name: str
    losses: tuple[float, ...]
    cases: int
    usd: float
    """Bill and ageing. [USD/month]"""

    @property
    def loss(self) -> float:
        return statistics.fmean(self.losses)


def noise(a: Held, b: Held, *, proportion: bool) -> float:
    """Return what a difference of mean losses may be by chance."""
    differences = [x - y for x, y in zip(a.losses, b.losses, strict=True)]
    count = len(differences)
    of_seeds = STUDENT[count - 1] * statistics.stdev(differences) / math.sqrt(count)
    of_cases = 1.96 * math.sqrt((a.loss + b.loss) / min(a.cases, b.cases)) if proportion else 0.0
    return max(of_seeds, of_cases)


def escalate(
    problem: Problem, bills: dict[str, float], beside: dict[str, float] | None = None
) -> str | None:
    """Return the candidate that the simplest one has to give way to, given the feasible bills."""
    study, needs = problem.study, problem.study.needs
    per_loss = (study.retraining.error_cost_usd or 0.0) * study.cases_per_day * HOURS / 24
    held: Held | None = None
    held_learns = False
    barred: list[Held] = []
    proportion = all(p.is_proportion for p in problem.space.profiles)
    told = {
        p.name: (p, c)
        for p, c in zip(problem.space.profiles, problem.costs, strict=True)
        if p.form_rank == 0
    }
    for name in sorted(told, key=lambda n: (told[n][0].rank, n)):
        profile, cost = told[name]
        quality = statistics.fmean(profile.qualities)
        spread = max(profile.qualities) - min(profile.qualities)
        poor = needs.min_quality is not None and quality < needs.min_quality
        shaky = needs.max_quality_spread is not None and spread > needs.max_quality_spread
        usd = bills.get(name, 0.0) + cost.cadence.ageing_usd_per_month
        next_ = Held(name, profile.errors_per_case or (), profile.held_out_count, usd)
        if poor or shaky or name not in bills:
            barred.append(next_)
            continue
        if held is None:
            held, held_learns = next_, not profile.is_baseline
            continue
        gain, chance = held.loss - next_.loss, noise(held, next_, proportion=proportion)
        dearer = next_.usd - held.usd
        if not held_learns:
            moves = gain > chance
        elif gain > chance:
            moves = per_loss == 0 or gain * per_loss > dearer
        elif gain < -chance:
            moves = False
        else:
            least = TIE * max(0.0, bills[held.name] - (beside or {}).get(held.name, 0.0))
            moves = -dearer > least and -dearer + min(0.0, gain * per_loss) > least
        if moves:
            held, held_learns = next_, not profile.is_baseline
    if held is None or held_learns:
        return held and held.name
    better = any(held.loss - b.loss > noise(held, b, proportion=proportion) for b in barred)
    return None if better else held.name


def decide(problem: Problem) -> tuple[set[int], float | None]:
    """Return every option that may be chosen (equal in all that counts) and the criterion."""
    study, profiles = problem.study, problem.space.profiles
    judged: dict[int, tuple[float, int]] = {}
    rows = [row for row in range(len(problem.possible)) if problem.possible[row]]
    planned = fleets(problem, rows)
    told: dict[tuple[float, ...], list[float]] = {}
    for row in rows:
        costs, met, replicas = costs_and_met(problem, row, planned.get(row), told)
        often = sum(met[1:]) / len(met[1:]) >= study.decision.feasible_probability
        if met[0] and often:
            judged[row] = (criterion(problem, costs), replicas[0])
    bills: dict[str, float] = {}
    beside: dict[str, float] = {}
    for row, (usd, _) in judged.items():
        parts = parts_of(problem, row)
        name = profiles[parts.candidate].name
        hourly = study.team.engineer_usd_per_hour * study.team.upkeep_hours(parts.platform)
        people = hourly * statistics.fmean(problem.scenarios.draws.hours(parts.platform)[1:])
        if usd - people < bills.get(name, math.inf):
            bills[name] = usd - people
            cost = problem.costs[parts.candidate]
            review = study.team.engineer_usd_per_hour * (study.retraining.review_hours or 0.0)
            once = review + study.retraining.label_cost_usd
            beside[name] = cost.cadence.releases_per_month * once
    chosen = escalate(problem, bills, beside)
    if chosen is None:
        return set(), None

    def shared(row: int) -> float:
        """Return what its platform's people and its candidate's releases come to in the mean."""
        parts = parts_of(problem, row)
        hourly = study.team.engineer_usd_per_hour * study.team.upkeep_hours(parts.platform)
        people = statistics.fmean(hourly * problem.scenarios.draws.hours(parts.platform)[1:])
        return people + statistics.fmean(releases_usd(problem, parts.candidate)[1:])

    def simplicity(row: int) -> tuple[int, bool, int]:
        parts = parts_of(problem, row)
        scaled = bool(problem.asked.scaled[row])
        return profiles[parts.candidate].form_rank, scaled, judged[row][1]

    own = [r for r in judged if profiles[parts_of(problem, r).candidate].name == chosen]
    least = min(own, key=lambda r: (round(judged[r][0], 9), *simplicity(r)))
    room = max(0.5, TIE * (judged[least][0] - shared(least)))
    platform = parts_of(problem, least).platform
    ties = [
        r
        for r in own
        if judged[r][0] <= judged[least][0] + room + 1e-12
        and parts_of(problem, r).platform == platform
    ]
    simplest = min(map(simplicity, ties))
    tied = [r for r in ties if simplicity(r) == simplest]
    cheapest = min(judged[r][0] for r in tied)
    best = {r for r in tied if math.isclose(judged[r][0], cheapest, rel_tol=1e-9, abs_tol=1e-9)}
    return best, cheapest
