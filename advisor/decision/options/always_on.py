"""The options of the standing platforms: totals, and the latency bands of those shown."""

import numpy as np
from numpy.typing import NDArray

from advisor.arrays import Floats
from advisor.capacity.queueing import lognormal_knots, sojourn_quantiles_s, station_waiting
from advisor.capacity.target_tracking import ROUTING
from advisor.decision.options.columns import Columns
from advisor.decision.options.table import Offer, OptionTable, Plan
from advisor.platforms import STANDING_PLATFORMS
from advisor.platforms.rules import commitment_rule, models_rule, standing_rule, zones_rule
from advisor.study.types import Study


def standing_columns(
    study: Study, table: OptionTable, plan: Plan, *, monthly_usd: Floats
) -> Columns:
    """Return the option table's rows with their totals.

    Args:
        study: the question.
        table: the options.
        plan: their replicas at the peak.
        monthly_usd: training runs, labels and review of each candidate. [USD/month]
    """
    offers = table.offers
    platform = _per_offer(table, [offer.platform for offer in offers])
    upkeep = [study.team.upkeep_usd(offer.platform) for offer in offers]
    upkeep_usd = np.array(upkeep)[table.offer]
    return Columns(
        candidate=table.profile,
        platform=platform,
        sku=_skus(table),
        region=_per_offer(table, [offer.region for offer in offers]),
        purchase=_per_offer(table, [offer.purchase for offer in offers]),
        replicas=plan.replicas,
        p50_s=plan.p50_s,
        p95_s=plan.p95_s,
        p99_s=plan.p99_s,
        utilisation=plan.utilisation,
        memory_need_gib=table.memory_need_gib,
        memory_gib=table.memory_gib,
        on_gpu=table.on_gpu,
        basis=table.basis.astype(object),
        serving_usd=plan.serving_usd,
        usd_per_month=plan.serving_usd + monthly_usd[table.profile] + upkeep_usd,
        sold=plan.sold,
        fits=plan.fits,
        meets_latency=plan.meets_latency,
        other=_limits(study, table, plan),
        scaled=table.scaled,
        billed=plan.billed,
    )


def _limits(study: Study, table: OptionTable, plan: Plan) -> NDArray[np.object_]:
    """Return the limit that each option breaks, in words; empty where none is."""
    limits = _per_offer(table, [offer_limits(study, offer) for offer in table.offers])
    still = table.scaled & (plan.billed >= plan.replicas * (1 - 1e-9))
    limits[still & (limits == "")] = "autoscaling lets no replica go: billed as a fixed fleet"
    return limits


def offer_limits(study: Study, offer: Offer) -> str:
    """Return the limit of its own that an offer breaks, in words; empty where none is."""
    work = study.workload
    if rule := standing_rule(study) or models_rule(study, offer.platform):
        return rule
    if rule := zones_rule(study, offer.region):
        return rule
    largest_kb = max(work.request_kb, work.response_kb)
    most_kb = STANDING_PLATFORMS[offer.platform].max_payload_kb
    if largest_kb > most_kb:
        return f"a payload of {largest_kb:,.0f} kB is above the limit of {most_kb:,.0f} kB"
    return commitment_rule(study, offer.purchase)


def _per_offer(table: OptionTable, values: list[str]) -> np.typing.NDArray[np.object_]:
    return np.array(values, dtype=object)[table.offer]


def _skus(table: OptionTable) -> np.typing.NDArray[np.object_]:
    starts = np.cumsum([0] + [len(offer.machines) for offer in table.offers])
    names = np.array([sku for offer in table.offers for sku in offer.machines.sku], dtype=object)
    return names[starts[table.offer] + table.row]


def p99_band_s(
    study: Study, table: OptionTable, plan: Plan, rows: NDArray[np.intp]
) -> tuple[Floats, Floats]:
    """Return p99 of some options at both ends of the 80% band of their service time.

    The replicas stay as planned: where the slow end overloads them, p99 is infinite.
    """
    ends = []
    for service_s in (table.service_low_s[rows], table.service_high_s[rows]):
        waiting = station_waiting(
            arrival_per_s=np.full(len(rows), study.workload.peak_per_s),
            service_s=service_s,
            service_scv=table.scv[rows],
            workers_per_replica=table.workers[rows],
            replica_count=plan.replicas[rows],
            routing=ROUTING,
        )
        knots = lognormal_knots(service_s=service_s, service_scv=table.scv[rows])
        quantile_s = sojourn_quantiles_s(
            probabilities=(0.99,), waiting=waiting, service_knots_s=knots
        )[0]
        ends.append(quantile_s + table.front_s[rows])
    return ends[0], ends[1]
