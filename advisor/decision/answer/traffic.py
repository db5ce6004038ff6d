"""The traffic that the planned replicas stand against, and what scaling with it would save."""

import numpy as np

from advisor import defaults
from advisor.capacity.autoscaling import replicas_needed
from advisor.capacity.fleet import MAX_REPLICAS
from advisor.capacity.fleet_outcome import ScalingWay, ServiceTime, compare_scaling
from advisor.capacity.target_tracking import ROUTING
from advisor.capacity.traffic import workload_minutes_per_s
from advisor.decision.answer.latency import reaches_need_per_s
from advisor.decision.choice.engine import Engine
from advisor.decision.choice.naming import name_of
from advisor.options.replicas import fewest_replicas
from advisor.platforms import facts_of
from advisor.platforms.rules import COMMITTED
from advisor.recommendation import ScalingOutcome, TrafficAdvice, TrafficHour
from advisor.study.types import GROWTH_LEAD_MONTHS, HOURS_PER_MONTH

ALLOWED_OUT_FRACTION = 0.01
"""Share of the minutes that target tracking may be out of the need where it can be chosen so.
Assumed."""


def traffic_advice(engine: Engine) -> TrafficAdvice | None:
    """Return the day or week that is planned for and three ways to scale over it.

    Of the best option that keeps replicas. Traffic is taken as grown to the end of the plan, as
    the peak is. Hours of the month without traffic are billed at the fewest replicas by the ways
    that scale. None for batch, and where no option keeps replicas.
    """
    table, options, work = engine.machines, engine.options, engine.study.workload
    row = next((r for r in engine.order.ranked if options.stands[r]), None)
    if row is None or work.pattern == "batch":
        return None
    at = int(options.machine[row])
    grown = max(1.0, 1 + work.growth_per_month) ** GROWTH_LEAD_MONTHS
    rates = workload_minutes_per_s(work) * grown
    replicas = int(options.replicas[row])
    service_s, workers = float(table.service_s[at]), int(table.workers[at])
    need_ms = engine.study.needs.max_p99_latency_ms
    full = replicas * workers / service_s
    within = reaches_need_per_s(engine, row)
    carried = min(full * defaults.MAX_UTILISATION.value, np.inf if within is None else within)
    fewest = _fewest(engine, row)
    start_s = float(table.start_s[at])
    ways = compare_scaling(
        rates_per_s=rates,
        service=ServiceTime(
            mean_s=service_s,
            scv=float(table.scv[at]),
            workers_per_replica=workers,
            overhead_s=float(table.front_s[at]),
            routing=ROUTING,
        ),
        rate_per_replica_per_s=carried / replicas,
        start_s=start_s,
        minimum_count=fewest,
        maximum_count=MAX_REPLICAS,
        max_p99_s=None if need_ms is None else need_ms / 1e3,
        allowed_minutes_out=int(ALLOWED_OUT_FRACTION * rates.size),
        waits_for_start=facts_of(options.platform_of(row)).waits_for_start,
        fixed_count=replicas,
    )
    by_hour = rates.reshape(-1, 60)
    needed = replicas_needed(
        rates_per_s=by_hour.max(axis=1),
        rate_per_replica_per_s=carried / replicas,
        minimum_count=fewest,
    )
    return TrafficAdvice(
        option=name_of(engine, row),
        basis="input" if work.profile else "assumed",
        mean_requests_per_s=work.requests_per_s * grown,
        peak_requests_per_s=work.peak_per_s,
        carried_requests_per_s=float(carried),
        replicas=replicas,
        need_ms=need_ms,
        start_s=start_s,
        hours=tuple(
            TrafficHour(
                hour=hour,
                requests_per_s=float(minutes.mean()),
                busiest_requests_per_s=float(minutes.max()),
                replicas=int(needed[hour]),
            )
            for hour, minutes in enumerate(by_hour)
        ),
        scaling=tuple(_outcome(engine, row, way, fewest) for way in ways),
    )


def _fewest(engine: Engine, row: int) -> int:
    """Return the fewest replicas: one per zone, and those that network and credits ask for."""
    own = engine.machines.take(engine.options.machine[[row]])
    found = fewest_replicas(
        engine.study,
        own.network_gbps,
        engine.study.workload.peak_per_s,
        sustained_per_s=own.sustained_vcpu / own.service_s,
    )
    return int(found[0])


def _outcome(engine: Engine, row: int, way: ScalingWay, fewest: int) -> ScalingOutcome:
    options = engine.options
    active = engine.study.workload.active_hours_per_month / HOURS_PER_MONTH
    mean = way.mean_replicas
    if way.name != "fixed":
        mean = active * mean + (1 - active) * fewest
    committed = options.purchase_of(row) == COMMITTED
    paid = max(mean, float(options.replicas[row])) if committed else mean
    shared_usd = float(options.fixed_usd[row] + options.request_usd[row])
    usd = paid * float(options.replica_usd[row]) + shared_usd
    return ScalingOutcome(
        name=way.name,
        mean_replicas=mean,
        most_replicas=int(way.fleet.billed.max()),
        serving_usd_per_month=usd,
        p99_ms=1e3 * way.outcome.p99_s,
        out_of_need_fraction=way.outcome.minutes_out_of_need / way.fleet.billed.size,
        target_per_minute=way.target_per_minute,
    )
