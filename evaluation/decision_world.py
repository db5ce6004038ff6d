"""A true world's queue, request by request: how many replicas keep the need there."""

import numpy as np

from advisor import defaults
from advisor.capacity.autoscaling import TrackingPolicy, target_tracking
from advisor.capacity.target_tracking import (
    ROUTING,
    start_minutes,
    target_per_minute,
    tracked_fleet_of,
)
from advisor.capacity.traffic import workload_minutes_per_s
from advisor.decision.scenarios.problem import Problem
from advisor.options.replicas import fewest_replicas
from evaluation.simulation import lognormal_services_s, poisson_arrivals_s, routed_waits_s

REQUESTS = 6_000
"""Requests of one simulated run; the first tenth is left out."""

MOST_WORKERS = 32
"""Workers of a fleet up to which it is simulated."""

DRAW = 1
"""Column of the world that is taken for true."""


def simulated_replicas(world: Problem, row: int, *, planned: int) -> int | None:
    """Return the fewest replicas whose simulated p99 keeps the need in the true world.

    The planned count is tried, then fewer or more, one at a time; the rules that are no queue
    (zones, network, the share of busy workers) hold as they are. Null where the fleet is too large
    to be simulated or there is no need to keep.
    """
    need_ms = world.study.needs.max_p99_latency_ms
    own = world.space.machines.take(world.options.machine[[row]])
    workers = int(own.workers[0])
    if need_ms is None or planned * workers > MOST_WORKERS:
        return None
    rate_per_s = float(world.scenarios.peak_per_s[DRAW])
    service_s = float(own.service_s[0]) * float(
        world.scenarios.service[world.options.group[row], DRAW]
    )
    load = rate_per_s * service_s / (workers * defaults.MAX_UTILISATION.value)
    sustained = own.sustained_vcpu / own.service_s
    needed = fewest_replicas(world.study, own.network_gbps, rate_per_s, sustained_per_s=sustained)
    least = max(int(needed[0]), int(np.ceil(load * (1 - 1e-12))))

    def keeps(count: int) -> bool:
        rng = np.random.default_rng([row, count])
        arrival_s = poisson_arrivals_s(arrival_per_s=rate_per_s, request_count=REQUESTS, rng=rng)
        own_s = lognormal_services_s(
            service_s=service_s,
            service_scv=float(own.scv[0]),
            request_count=REQUESTS,
            rng=rng,
        )
        waits_s = routed_waits_s(
            arrival_s=arrival_s,
            service_s=own_s,
            replica_count=count,
            workers_per_replica=workers,
            routing=ROUTING,
            rng=rng,
        )
        sojourn_s = (waits_s + own_s)[REQUESTS // 10 :] + float(own.front_s[0])
        return float(np.quantile(sojourn_s, 0.99)) <= need_ms / 1e3

    count = max(planned, least)
    if keeps(count):
        while count > least and keeps(count - 1):
            count -= 1
        return count
    for more in range(count + 1, count + 4):
        if keeps(more):
            return more
    return planned


def billed_more(world: Problem, row: int, *, planned: int, needed: int) -> float:
    """Return the replicas billed in the true world beyond those of the formula.

    Those that follow the traffic do so minute by minute, by the rules of AWS, with the target that
    the advice says to set.
    """
    if not world.options.scaled[row]:
        return float(needed - planned)
    own, study = world.space.machines.take(world.options.machine[[row]]), world.study
    kind = world.options.machine_class[[row]]
    formula = float(world.billed_replicas(kind)[0, DRAW])
    start_s = float(own.start_s[0])
    following = tracked_fleet_of(
        study.workload,
        start_minutes=int(start_minutes(own.start_s)[0]),
        fewest=study.needs.availability_zones,
    )
    service_s = float(own.service_s[0]) * float(
        world.scenarios.service[world.options.group[row], DRAW]
    )
    peak_per_s = float(world.scenarios.peak_per_s[DRAW])
    rates = workload_minutes_per_s(study.workload) * (peak_per_s / study.workload.peak_now_per_s)
    least = int(following.least(np.array(needed)))
    fleet = target_tracking(
        rates_per_s=rates,
        policy=TrackingPolicy(
            target_per_minute=target_per_minute(
                service_s=service_s,
                workers=int(own.workers[0]),
                pooled=float(world.pooled(kind)[0]),
                headroom=following.headroom,
            ),
            minimum_count=least,
            maximum_count=max(least, needed),
            start_s=start_s,
        ),
    )
    active = following.active_fraction
    return active * float(fleet.billed.mean()) + (1 - active) * least - formula
