"""An option as an object: its bill, its chances, and that all its amounts are one."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from advisor.capacity.target_tracking import target_per_minute
from advisor.decision.answer.bill import option_lines
from advisor.decision.choice.engine import Engine
from advisor.decision.choice.naming import fewest_of, name_of, tracked_fleet_at
from advisor.errors import AmountsDifferError
from advisor.market import total_usd
from advisor.platforms import facts_of
from advisor.recommendation import (
    CostLine,
    Option,
)

HALF_A_CENT = 0.005
"""What sums of the same terms may differ by at most. [USD/month]"""


def option_of(engine: Engine, row: int, band_s: tuple[float, float]) -> Option:
    """Return one row as an option with its bill; `band_s` is that of its p99."""
    options = engine.options
    profile = engine.profiles[int(options.candidate[row])]
    platform, sku = options.platform_of(row), str(options.sku[row])
    replicas = int(options.replicas[row])
    scaled = bool(options.scaled[row])
    lines = option_lines(engine, row)
    chances: dict[str, Any] = {}
    if options.sold[row]:
        _require_one_amount(engine, row, lines)
        chances = _chances(engine, row) | _amounts(engine, lines)
    return Option(
        name=name_of(engine, row),
        candidate=profile.name,
        form=profile.form,
        platform=platform,
        sku=sku,
        region=str(options.region[row]),
        purchase=options.purchase_of(row),
        replicas=replicas,
        scaling="target-tracking" if scaled else "fixed",
        fewest_replicas=fewest_of(engine, row),
        mean_replicas=float(options.billed[row]),
        surge_replicas=_surge_replicas(engine, row),
        target_per_minute=_target(engine, row) if scaled else None,
        basis=options.basis[row],
        p50_latency_ms=_ms(options.p50_s[row]),
        p95_latency_ms=_ms(options.p95_s[row]),
        p99_latency_ms=_ms(options.p99_s[row]),
        p99_latency_ms_low=_ms(band_s[0]),
        p99_latency_ms_high=_ms(band_s[1]),
        utilisation_fraction=_finite(options.utilisation[row]),
        quality=profile.quality,
        quality_spread=profile.quality_spread,
        usd_per_month=total_usd(lines),
        priced=bool(options.sold[row]),
        lines=lines,
        **chances,
    )


def _require_one_amount(engine: Engine, row: int, lines: Sequence[CostLine]) -> None:
    """Require that an option's bill, its columns and its draws tell one amount.

    Each of the three adds up the same terms in its own way: a term that one of them forgets would
    print a total beside a band or a rank that is of another amount.

    Raises:
        AmountsDifferError: two of them are a cent apart.
    """
    # Ranked by the AWS bill, columns and draws leave people's hours out, which the bill tells.
    ranked = engine.problem.scenarios.counts_people
    bill_usd = total_usd([line for line in lines if ranked or line.group != "people"])
    columns_usd = float(engine.options.usd_per_month[row])
    drawn_usd = engine.risk.planned_usd(row)
    for other_usd in (columns_usd, drawn_usd):
        # Amounts of billions have less than a cent of digits left.
        if not math.isclose(bill_usd, other_usd, rel_tol=1e-12, abs_tol=HALF_A_CENT):
            raise AmountsDifferError(
                f"{name_of(engine, row)}: its bill is {bill_usd:,.4f} USD/month, its columns "
                f"{columns_usd:,.4f}, its draws {drawn_usd:,.4f}: a fault of this program, please "
                "report it with the study"
            )


def _surge_replicas(engine: Engine, row: int) -> int:
    """Return the replicas that run beside the others while a release rolls out."""
    options = engine.options
    facts = facts_of(options.platform_of(row))
    return int(np.ceil(facts.surge_fraction * options.replicas[row])) if options.stands[row] else 0


def _target(engine: Engine, row: int) -> float:
    """Return the requests per replica and minute to set as an option's target. [1/min]"""
    options, machine = engine.options, int(engine.options.machine[row])
    return target_per_minute(
        service_s=float(options.service_s[row]),
        workers=int(engine.machines.workers[machine]),
        pooled=float(engine.problem.pooled(options.machine_class[[row]])[0]),
        headroom=tracked_fleet_at(engine, row).headroom,
    )


def _amounts(engine: Engine, lines: Sequence[CostLine]) -> dict[str, Any]:
    """Return the fields that keep apart what AWS invoices and what people's hours cost."""
    aws_usd = total_usd([line for line in lines if line.is_aws])
    people = [line for line in lines if line.group == "people"]
    work = engine.study.workload
    millions = work.requests_per_month / 1e6
    jobs = work.pattern == "batch"
    return {
        "aws_usd_per_month": aws_usd,
        "people_usd_per_month": total_usd(people) if people else None,
        "usd_per_million_requests": None if jobs else aws_usd / millions,
        "usd_per_million_rows": aws_usd / (millions * work.rows_per_request) if jobs else None,
    }


def _chances(engine: Engine, row: int) -> dict[str, Any]:
    """Return the fields of an option that come from the draws."""
    risk = engine.risk
    place = risk.place[row]
    low, high = risk.band_usd(row)
    aws_low, aws_high = risk.aws_band_usd(row)
    people = risk.people_band_usd(row)
    replicas = int(engine.options.replicas[row])
    return {
        "usd_per_month_low": low,
        "usd_per_month_high": high,
        "people_usd_per_month_low": people[0],
        "people_usd_per_month_high": people[1],
        "aws_usd_per_month_low": aws_low,
        "aws_usd_per_month_high": aws_high,
        "probability_cheapest_aws": float(risk.platform_wins_aws[place]),
        "expected_usd_per_month": float(risk.usd(row).mean()),
        "criterion_usd_per_month": risk.criterion_usd(row),
        "probability_best": float(risk.wins[place]),
        "probability_platform_best": float(risk.platform_wins[place]),
        "probability_feasible": float(risk.probability[place]),
        "probability_as_planned": risk.as_planned(row, replicas) if replicas else None,
        "expected_regret_usd": risk.regret_usd(row),
    }


def _ms(seconds: float) -> float | None:
    return float(seconds * 1e3) if np.isfinite(seconds) else None


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
