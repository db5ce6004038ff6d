"""Answers and the bills they would get: inputs for tests, with causes that can be put in."""

import calendar
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from advisor.imports.bills import Bill, BillRow
from advisor.recommendation import LineQuote, Option, Recommendation, Risk, UncertainInput
from advisor.reconcile.predicted import predicted_of
from tests.faces.factories import line, recommendation

FIRST = date(2026, 9, 1)


def vendor_line(
    service: str, sku: str, quantity: float, price: float, unit: str = "hour", **changes: Any
) -> Any:
    purchase = changes.pop("purchase", "on-demand")
    quote = LineQuote(
        service=service, sku=sku, region="us-east-1", purchase=purchase,
        valid_from=FIRST, checked_on=FIRST,
    )  # fmt: skip
    return line(
        changes.pop("label", sku), quantity * price,
        quantity_per_month=quantity, usd_per_unit=price, unit=unit, quote=quote, **changes,
    )  # fmt: skip


def answer_with(*lines: Any, people_usd: float = 0.0, factor: float = 1.15) -> Recommendation:
    """Return an answer whose best option has these lines, and a band of a factor around them."""
    people = [line("Upkeep", people_usd, group="people", unit="h", basis="input")]
    every = (*lines, *(people if people_usd else ()))
    usd = sum(one.usd_per_month for one in every)
    base = recommendation()
    best: Option = base.best.replace(
        lines=every, usd_per_month=usd, expected_usd_per_month=usd,
        usd_per_month_low=usd / factor, usd_per_month_high=usd * factor,
        mean_replicas=2.0, region="us-east-1",
    )  # fmt: skip
    traffic = UncertainInput(
        name="traffic level", low=0.8, high=1.25, unit="factor", source="ours", basis="assumed",
        information_usd_per_month=0.0, swing_usd_per_month=0.0,
    )  # fmt: skip
    risk = Risk(
        draw_count=200, seed=0, criterion="expected", quantile=0.5, inputs=(traffic,),
        wanted_probability_feasible=0.9, budget=None, drawn_option_count=1, tie=None,
    )  # fmt: skip
    return base.replace(best=best, ranked=(best,), risk=risk)


def billed_row(
    service: str, sku: str, quantity: float, usd: float, unit: str = "hour", **changes: Any
) -> BillRow:
    """Return a row of a bill's whole September."""
    values: dict[str, Any] = {
        "day": FIRST, "end": datetime(2026, 10, 1, tzinfo=UTC), "span_hours": 720.0,
        "period": FIRST, "meter": service, "sku": sku, "region": "us-east-1",
        "purchase": "on-demand", "quantity": quantity, "unit": unit, "list_usd": usd,
        "cash_usd": usd, "amortised_usd": usd, "kind": "usage", "owner": "ours",
        "usage_type": f"USE1-{sku}",
    }  # fmt: skip
    return BillRow(**values | changes)


def bill_of(*rows: BillRow) -> Bill:
    return Bill(form="CUR 2.0", rows=rows, row_count=len(rows))


def daily(row: BillRow) -> list[BillRow]:
    """Spread a row of a month over its days, each of hourly rows."""
    count = calendar.monthrange(row.day.year, row.day.month)[1]
    share = 1.0 / count
    return [
        row._replace(
            day=(day := row.day + timedelta(days=n)),
            end=datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1),
            span_hours=1.0,
            quantity=row.quantity * share,
            list_usd=row.list_usd * share,
            cash_usd=row.cash_usd * share,
            amortised_usd=row.amortised_usd * share,
        )
        for n in range(count)
    ]


def random_answer(rng: random.Random) -> Recommendation:
    """Return an answer of a random deployment: an endpoint or containers behind a balancer."""
    copies = rng.randint(2, 6)
    rate = rng.uniform(20, 200)
    lines = []
    if rng.random() < 0.5:
        price = rng.uniform(0.05, 0.3)
        lines.append(vendor_line("sagemaker-hosting", "ml.m5.large", 730.0 * copies, price))
        lines.append(vendor_line("sagemaker-data", "endpoint", rate * 8, 0.016, "gb"))
    else:
        plan = {"purchase": "savings-1y"}
        lines += [
            vendor_line("fargate", "linux-x86_64-vcpu", 730.0 * copies, 0.030, "vcpu-hour", **plan),
            vendor_line("fargate", "linux-x86_64-memory", 1460.0 * copies, 0.0033, "gib-hour",
                        **plan),
            vendor_line("load-balancer", "application", 730.0, 0.0225),
            vendor_line("load-balancer", "application-lcu", rate * 30, 0.008, "lcu-hour"),
            vendor_line("public-ipv4", "address", 730.0 * copies, 0.005),
        ]  # fmt: skip
    lines += [
        vendor_line("data-transfer-out", "internet", rate * 5, 0.09, "gb"),
        vendor_line("cloudwatch-logs", "ingestion", rate * 0.8, 0.5, "gb"),
        vendor_line("ecr", "storage", 1.5, 0.1, "gb-month"),
    ]
    return answer_with(*lines, people_usd=rng.uniform(100, 600))


def bill_as_predicted(answer: Recommendation, rng: random.Random, *, noise: float) -> list[BillRow]:
    """Return the rows of a September that went as predicted, but for noise."""
    rows = []
    for (meter, sku, _), one in predicted_of(answer.best).items():
        share = 1.0 if one.unit == "gb-month" else 720.0 / 730.0
        quantity = one.quantity * share * rng.uniform(1 - noise, 1 + noise)
        purchase = one.purchase.partition("-")[0]
        rows.append(
            billed_row(
                meter, sku, quantity, quantity * one.usd / one.quantity, one.unit,
                purchase="on-demand" if purchase == "on" else purchase,
            )
        )  # fmt: skip
    return rows
