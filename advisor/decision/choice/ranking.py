"""Judge every option: feasible or not, every reason why, and the order of those that are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from advisor.arrays import Bools, Ints
from advisor.options.facts import Facts
from advisor.options.table import Options, within_budget
from advisor.platforms import facts_of
from advisor.study.types import Study

SHOWN_BEYOND_GROUPS = 20
"""Options listed beside the cheapest of each candidate, platform, region and purchase."""


def runs_as_needed(study: Study, options: Options) -> Bools:
    """Return which options meet every need that does not depend on the candidate's quality."""
    unlimited: Bools = (options.limit == "").astype(bool)
    inside = within_budget(study, options.usd_per_month)
    return options.sold & options.fits & options.meets_latency & unlimited & inside


def reasons(
    study: Study,
    options: Options,
    row: int,
    *,
    candidate_reason: str | None,
    probability: float | None = None,
) -> tuple[str, ...]:
    """Return every reason why an option is not feasible, with the figures."""
    found = []
    if candidate_reason is not None:
        found.append(candidate_reason)
    if not options.sold[row]:
        facts, purchase = facts_of(options.platform_of(row)), options.purchase_of(row)
        found.append(
            f"no price for {options.sku[row]} ({purchase}) in {options.region[row]}"
            if purchase in facts.purchases
            else _not_sold(facts, purchase)
        )
    if not options.fits[row]:
        found.append(
            f"needs {options.memory_need_gib[row]:.1f} GiB of memory, "
            f"has {options.memory_gib[row]:.1f} GiB"
        )
    need_ms = study.needs.max_p99_latency_ms
    if not options.meets_latency[row] and need_ms is not None:
        late = _late_job if study.workload.pattern == "batch" else _latency_reason
        found.append(late(options, row, need_ms))
    elif not options.meets_latency[row]:
        found.append("cannot carry the peak rate with 1,000 replicas")
    if options.limit[row]:
        found.append(str(options.limit[row]))
    if options.sold[row] and not within_budget(study, options.usd_per_month)[row]:
        found.append(
            f"{options.usd_per_month[row]:,.0f} USD/month is above the budget of "
            f"{study.needs.max_usd_per_month:,.0f}"
        )
    wanted = study.decision.feasible_probability
    if not found and probability is not None and probability < wanted:
        found.append(
            f"keeps the needs in {probability:.0%} of the draws, {wanted:.0%} is wanted "
            "(decision.feasible_probability)"
        )
    return tuple(found)


def _not_sold(facts: Facts, purchase: str) -> str:
    lacks = (
        f"{facts.title} is not sold as spot"
        if purchase == "spot"
        else f"no {purchase} price of {facts.title} is known"
    )
    return f"{lacks}; buy {' or '.join(facts.purchases)}"


def _latency_reason(options: Options, row: int, need_ms: float) -> str:
    p99_ms = options.p99_s[row] * 1e3
    if not np.isfinite(p99_ms):
        return "cannot carry the peak rate with 1,000 replicas"
    told = f"{p99_ms:,.0f}" if p99_ms >= 100 else f"{p99_ms:.3g}"
    return f"p99 is {told} ms, limit is {need_ms:,g} ms"


def _late_job(options: Options, row: int, need_ms: float) -> str:
    hours = options.p99_s[row] / 3600
    return (
        f"a job takes {hours:,.3g} h with {options.replicas[row]} machines, the deadline is "
        f"{need_ms / 3.6e6:,.3g} h"
    )


@dataclass(frozen=True)
class Order:
    """Rows to show: those that are feasible in order, and the telling ones of the others."""

    ranked: tuple[int, ...]
    rejected: tuple[int, ...]
    feasible_count: int


def order(options: Options, *, feasible: Bools, candidate_of: Ints, best: int | None) -> Order:
    """Pick the options to show: the chosen one, and the telling ones of the others.

    Of each candidate, platform, region and purchase only the cheapest sku and form is listed, and
    the next cheapest overall; a group without a feasible sku lists the one nearest to feasible.

    Args:
        options: all of them.
        feasible: which of them meet every need.
        candidate_of: per profile, the candidate it is a form of.
        best: the chosen option, which is listed first.
    """
    able = np.flatnonzero(feasible)
    place = np.lexsort((options.sku[able].astype(str), options.usd_per_month[able]))
    by_cost: list[int] = able[place].tolist()
    group_of = _groups(options, candidate_of[options.candidate])
    groups: dict[Group, int] = {}
    for row in by_cost:
        groups.setdefault(group_of[row], row)
    shown = set(groups.values()) | set(by_cost[:SHOWN_BEYOND_GROUPS])
    ranked = [row for row in by_cost if row in shown and row != best]
    if best is not None:
        ranked.insert(0, best)
    return Order(
        ranked=tuple(ranked),
        rejected=tuple(_nearest_misses(options, group_of, feasible, groups)),
        feasible_count=len(by_cost),
    )


Group = tuple[int, int, str, int, bool]
"""Candidate, platform, region, purchase, and whether replicas follow the traffic."""


def _groups(options: Options, owner: Ints) -> list[Group]:
    platform, purchase = options.platform_at, options.purchase_at
    parts = (owner, platform, options.region, purchase, options.scaled)
    return list(zip(*(part.tolist() for part in parts), strict=True))


def _nearest_misses(
    options: Options, group_of: Sequence[Group], feasible: Bools, groups: dict[Group, int]
) -> list[int]:
    """Return, of each group without a feasible option, the one with the fewest broken rules.

    Among equals the one that comes closest in latency, then in cost.
    """
    rows = np.flatnonzero(~feasible & ~options.scaled)
    broken = (
        4.0 * ~options.sold[rows]
        + 2.0 * ~options.fits[rows]
        + 1.0 * ~options.meets_latency[rows]
        + 1.0 * (options.limit[rows] != "")
    )
    usd = np.where(np.isfinite(options.usd_per_month), options.usd_per_month, np.inf)
    late = np.where(options.meets_latency[rows], 0.0, options.p99_s[rows])
    nearest: dict[Group, int] = {}
    for row in rows[np.lexsort((usd[rows], late, broken))].tolist():
        if group_of[row] not in groups:
            nearest.setdefault(group_of[row], row)
    return sorted(nearest.values(), key=lambda r: (usd[r], options.platform_of(r), r))
