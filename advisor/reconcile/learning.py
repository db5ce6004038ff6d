"""From a month's metrics and bill to what is known of the study's inputs.

The request rate and its peak are learnt; a discount that the bill shows is offered, for somebody to
confirm. Nothing of a bill tells people's hours.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from advisor import defaults
from advisor.imports.metrics import REQUESTS, Metric
from advisor.reconcile.billed import Days
from advisor.reconcile.posterior import Posterior, learn
from advisor.reconcile.result import Part
from advisor.study.learnt import Learnt, LearntInput, Observed, value_of
from advisor.study.types import Study
from pricing.base import HOURS_PER_MONTH

RATE: Final = "workload.requests_per_s"
PEAK: Final = "workload.peak_requests_per_s"
PEAK_PERIOD_S: Final = 300.0
"""Points longer than this hide the peak in their mean. [s]"""
FEWEST_DAYS: Final = 7
"""Days of a bill that can stand for a month: each day of the week once."""
SMALLEST_DISCOUNT: Final = 0.02
"""A price this much below ours is offered as a discount. [fraction]"""


def observed_values(study: Study, metrics: Sequence[Metric], days: Days) -> dict[str, float]:
    """Return what the metrics show of the study's inputs, by its keys.

    Args:
        study: the question; its hours with traffic turn a mean over all hours into its rate.
        metrics: what the deployment did.
        days: the full days of the bill, at least a week; fewer show nothing.
    """
    found: dict[str, float] = {}
    if study.workload.pattern != "online" or (days.end - days.first).days < FEWEST_DAYS:
        return found
    for metric in metrics:
        is_sum = metric.name in REQUESTS and metric.statistic in {"Sum", ""}
        if not is_sum or not metric.covers(first=days.first, end=days.end):
            continue
        mean = metric.total(first=days.first, end=days.end) / (days.hours * 3600)
        if mean > 0 and RATE not in found:
            found[RATE] = mean * HOURS_PER_MONTH / study.workload.active_hours_per_month
        if metric.period_s <= PEAK_PERIOD_S and max(metric.values) > 0:
            found[PEAK] = max(found.get(PEAK, 0.0), max(metric.values) / metric.period_s)
    return found


def learnt_of(
    own: Study,
    earlier: Learnt | None,
    *,
    month: Observed | None,
    offered: Mapping[str, float] | None = None,
) -> Learnt:
    """Return what is known after one month more.

    A month that was known already is replaced. The peak of some weeks is not that of a year: its
    band stays as wide as it was assumed.

    Args:
        own: the study without what was learnt.
        earlier: what was known.
        month: what the new month showed; null for none.
        offered: negotiated discounts that the bill shows, per service. [fraction]
    """
    months = {one.month: one for one in (earlier.observed if earlier else ())}
    if month is not None and month.values:
        months[month.month] = month
    observed = tuple(months[name] for name in sorted(months))
    decision = own.decision
    bands = (
        ("traffic level", RATE, "traffic_factor", decision.traffic_factor, defaults.TRAFFIC_FACTOR),
        ("peak over mean", PEAK, "peak_factor", decision.peak_factor, defaults.PEAK_SPREAD),
    )
    inputs = []
    for name, key, factor_key, said, ours in bands:
        was = value_of(own, key)
        seen = [one.values[key] for one in observed if key in one.values]
        if not seen or not was:
            continue
        prior = max(ours.value if said is None else said, 1.0001)
        known: Posterior = learn([value / was for value in seen], prior_factor=prior)
        inputs.append(
            LearntInput(
                input=name,
                key=key,
                was=was,
                value=was * known.centre,
                factor_key=f"decision.{factor_key}",
                factor=prior if key == PEAK else known.next_month_factor,
                months=known.month_count,
                is_surprise=known.is_surprise,
            )
        )
    known_offers = dict(earlier.offered) if earlier else {}
    if offered:
        known_offers["cloud.discounts"] = dict(offered)
    return Learnt(inputs=tuple(inputs), offered=known_offers, observed=observed)


def discounts_seen(parts: Sequence[Part], own: Mapping[str, float]) -> dict[str, float]:
    """Return the discount per service that the bill's prices show against ours. [fraction]

    Only where every line of a service that both sides have is cheaper: one that is not is no
    negotiated discount on the service.

    Args:
        parts: the lines of a reconciliation; their predicted prices have the study's discounts in.
        own: the study's discounts per service. [fraction]

    Example:
        A line predicted at 0.10 and billed at 0.09 USD an hour: a discount of 0.1.
    """
    sums: dict[str, list[tuple[float, float]]] = {}
    for part in parts:
        price, paid = part.predicted_usd_per_unit, part.billed_usd_per_unit
        if price and paid is not None and part.billed_quantity > 0:
            quantity = part.billed_quantity
            sums.setdefault(part.meter, []).append((paid * quantity, price * quantity))
    found = {}
    for service, amounts in sums.items():
        if all(paid <= price * (1 - SMALLEST_DISCOUNT) for paid, price in amounts):
            ratio = sum(paid for paid, _ in amounts) / sum(price for _, price in amounts)
            found[service] = round(1 - ratio * (1 - own.get(service, 0.0)), 4)
    return found
