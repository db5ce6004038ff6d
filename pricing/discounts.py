"""What a customer pays less than list: negotiated fractions and hourly commitments."""

import math
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from pydantic import Field, PositiveFloat

from pricing.base import HOURS_PER_MONTH, Record
from pricing.errors import UsageError
from pricing.quotes import PlanPurchase, PriceBook, PriceQuote, Purchase


class Negotiated(Record):
    """A fraction off the list price. The first agreement that fits a line counts."""

    service: str | None = None
    """Service key, or the part before its first dash (`sagemaker`); null for any."""
    purchase: Purchase | None = None
    """How the thing is bought; null for any."""
    discount_fraction: float = Field(gt=0, lt=1)
    """Part of the list price that is not paid."""

    def fits(self, *, service: str, purchase: str) -> bool:
        """Whether the agreement covers a line."""
        same = self.service in {None, service} or service.startswith(f"{self.service}-")
        return same and self.purchase in {None, purchase}


class Commitment(Record):
    """A savings plan: so many dollars every hour, used or not."""

    name: str = "savings plan"
    """What the bill calls it."""
    services: tuple[str, ...] = Field(min_length=1)
    """Service keys it covers, bought on demand, e.g. `ec2`, `fargate-task`, `sagemaker-hosting`."""
    usd_per_hour: PositiveFloat
    """Commitment at the plan's own, lower rates. [USD/h]"""
    hours: PositiveFloat = HOURS_PER_MONTH
    """Hours of the bill that the commitment runs for. [h]"""
    purchase: PlanPurchase = "savings-1y"
    """Whose rates apply, where the price book has them, e.g. `compute-3y-none`."""
    saving_fraction: float | None = Field(default=None, gt=0, lt=1)
    """The plan's saving against on-demand; null to take the rates from the price book."""


class Discounts(Record):
    """Everything agreed with the vendor."""

    negotiated: tuple[Negotiated, ...] = ()
    """Fractions off the list price."""
    commitments: tuple[Commitment, ...] = ()
    """Savings plans; each covers what those before it left over."""


class Charge(NamedTuple):
    """One list-price charge, as far as a discount needs to know it."""

    service: str
    label: str
    quantity: float
    quote: PriceQuote
    run_hours: float
    """How long the thing runs; its cost is spread evenly over that. [h]"""

    @property
    def cost_usd(self) -> float:
        """Cost at list price."""
        return self.quantity * self.quote.price_usd_per_unit


class Reduction(NamedTuple):
    """One line that a discount adds to a bill; most are negative."""

    label: str
    quantity: float
    unit: str
    usd_per_unit: float
    quote: PriceQuote


def reductions(
    charges: Sequence[Charge], *, discounts: Discounts, region: str, on: date, book: PriceBook
) -> list[Reduction]:
    """Work out the lines that discounts add to list-price charges.

    A commitment of C USD an hour for H hours buys usage at the plan's rates. All charges are taken
    to start together and to run evenly, each for its own hours; in every hour the plan covers the
    highest savings first, up to C. What an hour leaves unused is lost, and shown.

    Raises:
        QuoteNotFound: a plan has no rate for something it should cover.
        UsageError: a commitment covers a service that the bill never uses.
    """
    left = [charge.quantity for charge in charges]
    lines: list[Reduction] = []
    for plan in discounts.commitments:
        lines += _commitment_lines(
            plan, charges=charges, left=left, region=region, on=on, book=book
        )
    for agreement in discounts.negotiated:
        first = [
            next(
                (
                    a
                    for a in discounts.negotiated
                    if a.fits(service=c.service, purchase=c.quote.purchase)
                ),
                None,
            )
            for c in charges
        ]
        usd = math.fsum(
            quantity * charge.quote.price_usd_per_unit
            for charge, quantity, chosen in zip(charges, left, first, strict=True)
            if chosen is agreement
        )
        if usd:
            what = agreement.service or "everything"
            lines.append(
                Reduction(
                    f"negotiated discount on {what}",
                    usd,
                    "usd",
                    -agreement.discount_fraction,
                    _own_quote(
                        service=agreement.service or "any",
                        sku="negotiated",
                        region=region,
                        on=on,
                        price=agreement.discount_fraction,
                    ),
                )
            )
    return lines


def _commitment_lines(
    plan: Commitment,
    *,
    charges: Sequence[Charge],
    left: list[float],
    region: str,
    on: date,
    book: PriceBook,
) -> list[Reduction]:
    places = [
        place
        for place, charge in enumerate(charges)
        if charge.service in plan.services
        and charge.quote.purchase == "on-demand"
        and left[place] > 0
    ]
    if not any(charge.service in plan.services for charge in charges):
        raise UsageError(
            f"{plan.name} covers {', '.join(plan.services)}, but the bill has no such line; "
            f"it has {', '.join(sorted({charge.service for charge in charges}))}"
        )
    rate_usd = {place: _plan_rate(plan, charges[place].quote, on=on, book=book) for place in places}
    ends = {place: min(charges[place].run_hours, plan.hours) for place in places}
    by_saving = sorted(
        places, key=lambda place: rate_usd[place] / charges[place].quote.price_usd_per_unit
    )
    covered = dict.fromkeys(places, 0.0)
    start = 0.0
    for end in sorted(set(ends.values())):
        room = plan.usd_per_hour * (end - start)
        for place in by_saving:
            if ends[place] >= end and room > 0:
                quantity = min(left[place] * (end - start) / ends[place], room / rate_usd[place])
                covered[place] += quantity
                room -= quantity * rate_usd[place]
        start = end
    lines = []
    for place in places:
        if covered[place] > 0:
            quote = charges[place].quote
            left[place] = max(0.0, left[place] - covered[place])
            lines.append(
                Reduction(
                    f"{charges[place].label}: covered by {plan.name}",
                    covered[place],
                    quote.unit,
                    -quote.price_usd_per_unit,
                    quote,
                )
            )
    used = math.fsum(covered[place] * rate_usd[place] for place in places)
    unused = max(0.0, plan.usd_per_hour * plan.hours - used)
    own = _own_quote(service=plan.services[0], sku=plan.name, region=region, on=on, price=1.0)
    lines.append(Reduction(f"{plan.name}: commitment used", used, "usd", 1.0, own))
    lines.append(Reduction(f"{plan.name}: commitment unused", unused, "usd", 1.0, own))
    return lines


def _plan_rate(plan: Commitment, quote: PriceQuote, *, on: date, book: PriceBook) -> float:
    if plan.saving_fraction is not None:
        return quote.price_usd_per_unit * (1.0 - plan.saving_fraction)
    return book.get(
        service=quote.service, sku=quote.sku, region=quote.region, purchase=plan.purchase, on=on
    ).price_usd_per_unit


def _own_quote(*, service: str, sku: str, region: str, on: date, price: float) -> PriceQuote:
    return PriceQuote(
        service=service,
        sku=sku,
        region=region,
        unit="usd",
        price_usd_per_unit=price,
        valid_from=on,
        checked_on=on,
        basis="input",
        source="the reader's own agreement, as the usage file states it",
    )
