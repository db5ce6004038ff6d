"""Usage lines in, a bill out. All money in the product goes through here."""

import math
from collections.abc import Iterable
from datetime import date
from typing import Any

from pricing import meters
from pricing.base import Record
from pricing.discounts import Charge, Discounts, reductions
from pricing.errors import PricingError, UsageError
from pricing.quotes import PriceBook, PriceQuote
from pricing.services import SERVICES, Prices
from pricing.usage import Usage, UsageLine


class BillLine(Record):
    """One line of a bill."""

    label: str
    """What the line is for."""
    quantity: float
    """How much."""
    unit: str
    """Of what."""
    usd_per_unit: float
    """Price of one unit; negative where a discount gives back. [USD/unit]"""
    cost_usd: float
    """Quantity times price, unrounded. [USD]"""
    quote: PriceQuote
    """The price it rests on."""


class Bill(Record):
    """What the usage costs, line by line."""

    region: str
    """Region code."""
    on: date
    """Day whose prices apply."""
    lines: tuple[BillLine, ...]
    """Every charge and every discount."""
    free_tiers: tuple[str, ...] = ()
    """Free allowances that were not taken off."""

    @property
    def total_usd(self) -> float:
        """Sum of the lines. [USD]"""
        return math.fsum(line.cost_usd for line in self.lines)

    @property
    def quotes(self) -> tuple[PriceQuote, ...]:
        """Every price used, without repeats, in order of use."""
        return tuple(dict.fromkeys(line.quote for line in self.lines))

    def as_json(self) -> dict[str, Any]:
        """Return the bill in the fixed form that `advisor bill --json` prints."""
        return {
            "total_usd": self.total_usd,
            "lines": [
                {
                    "label": line.label,
                    "quantity": line.quantity,
                    "unit": line.unit,
                    "usd_per_unit": line.usd_per_unit,
                    "cost_usd": line.cost_usd,
                    "quote": {
                        "service": line.quote.service,
                        "sku": line.quote.sku,
                        "region": line.quote.region,
                        "purchase": line.quote.purchase,
                        "valid_from": line.quote.valid_from.isoformat(),
                        "checked_on": line.quote.checked_on.isoformat(),
                        "source": line.quote.source,
                        "basis": line.quote.basis,
                        "note": line.quote.note,
                    },
                }
                for line in self.lines
            ],
            "free_tiers_not_applied": list(self.free_tiers),
        }


def price_usage(
    lines: Iterable[UsageLine],
    *,
    region: str,
    on: date,
    book: PriceBook,
    discounts: Discounts | None = None,
) -> Bill:
    """Price usage lines at the prices of one region and day.

    Args:
        lines: what was used.
        region: region code of every line.
        on: day whose prices apply.
        book: the prices.
        discounts: what the customer has agreed with the vendor; None for list prices.

    Returns:
        The bill; its total is the sum of its lines.

    Raises:
        QuoteNotFound: a price is unknown; never taken for zero.
        UsageError: a line asks for what cannot be bought.
    """
    used = tuple(lines)
    prices = Prices(book=book, region=region, on=on)
    charges: list[Charge] = []
    services: list[str] = []
    for number, line in enumerate(used, start=1):
        name = line.label or _name(line)
        try:
            items = SERVICES[line.service].price(line, prices)
            for _, quantity, quote in items:
                if not math.isfinite(quantity * quote.price_usd_per_unit):
                    raise UsageError("the quantities multiply to more than any number can hold")
        except PricingError as error:
            raise type(error)(f"line {number} ({name}): {error}") from error
        services.append(line.service)
        for part, quantity, quote in items:
            label = f"{name}: {part}" if part else name
            charges.append(Charge(line.service, label, quantity, quote, _run_hours(line)))
    bill_lines = [
        BillLine(
            label=charge.label,
            quantity=charge.quantity,
            unit=charge.quote.unit,
            usd_per_unit=charge.quote.price_usd_per_unit,
            cost_usd=charge.cost_usd,
            quote=charge.quote,
        )
        for charge in charges
    ]
    if discounts is not None:
        bill_lines += [
            BillLine(
                label=cut.label,
                quantity=cut.quantity,
                unit=cut.unit,
                usd_per_unit=cut.usd_per_unit,
                cost_usd=cut.quantity * cut.usd_per_unit,
                quote=cut.quote,
            )
            for cut in reductions(charges, discounts=discounts, region=region, on=on, book=book)
        ]
    taken = {line.service for line in used if line.free_tier}
    free = tuple(
        service.free_tier
        for name, service in SERVICES.items()
        if service.free_tier and name in services and name not in taken
    )
    return Bill(region=region, on=on, lines=tuple(bill_lines), free_tiers=free)


def price_file(usage: Usage, *, book: PriceBook) -> Bill:
    """Price a usage file."""
    return price_usage(
        usage.lines, region=usage.region, on=usage.on, book=book, discounts=usage.discounts
    )


def _name(line: UsageLine) -> str:
    """Name a line that has no label by what it buys, and how where that is not on demand."""
    how = "" if line.purchase == "on-demand" else line.purchase
    return " ".join(part for part in (line.service, line.kind, line.sku, how) if part)


def _run_hours(line: UsageLine) -> float:
    """How long a line runs: its hours, or its tasks one after another."""
    if line.hours is not None:
        return line.hours
    return (line.duration_s or 0.0) * line.count / meters.SECONDS_PER_HOUR
