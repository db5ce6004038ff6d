"""What one entry of the table of services is, and what its price is made with."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

from pricing import meters
from pricing.errors import UsageError
from pricing.lines import Line
from pricing.quotes import PriceBook, PriceQuote


class Quantities(NamedTuple):
    """The quantities that one service's line takes."""

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    """Exactly one of these must be given."""
    some_of: tuple[str, ...] = ()
    """At least one of these must be given."""

    @property
    def allowed(self) -> tuple[str, ...]:
        """Every quantity the line may have."""
        return (*self.required, *self.one_of, *self.some_of, *self.optional)


class Item(NamedTuple):
    """One charge of a line."""

    part: str
    """What it is for, where a line has several."""
    quantity: float
    """How much, in the quote's unit."""
    quote: PriceQuote
    """The price of one unit."""


class Prices:
    """The book on one day in one region, and the tiers that the month has used up so far."""

    def __init__(self, *, book: PriceBook, region: str, on: date) -> None:
        self._book = book
        self._region = region
        self._on = on
        self._used: dict[tuple[str, str], float] = {}

    def quote(self, service: str, sku: str, purchase: str = "on-demand") -> PriceQuote:
        """Return the price in force.

        Raises:
            QuoteNotFound: nothing matches; the message lists what would have.
        """
        return self._book.get(
            service=service, sku=sku, region=self._region, purchase=purchase, on=self._on
        )

    def tiered(self, service: str, sku: str, *, quantity: float, part: str) -> list[Item]:
        """Split a quantity over its tiers; a later line of the bill goes on where it stops."""
        tiers = self._book.tiers(service=service, sku=sku, region=self._region, on=self._on)
        used = self._used.get((service, sku), 0.0)
        self._used[service, sku] = used + quantity
        split = meters.tier_quantities(
            quantity=quantity, tier_from=[tier.tier_from_units for tier in tiers], used_before=used
        )
        items = [
            Item(
                f"{part} from {tier.tier_from_units:,.0f}" if len(tiers) > 1 else part,
                float(q),
                tier,
            )
            for q, tier in zip(split, tiers, strict=True)
            if q > 0
        ]
        return items or [Item(part, 0.0, tiers[0])]


class Offered(NamedTuple):
    """One price of the vendor's offer files that is a price of ours."""

    code: str
    """The vendor's service code, also the name of its offer file, e.g. `AmazonVPC`."""
    usage: str
    """Usage type without its region's prefix, matched exactly."""
    to: tuple[str, str, str]
    """Our service, sku and unit."""
    per: Mapping[str, float]
    """Each unit that the vendor may print, in small letters: what its price is multiplied by."""
    family: str = ""
    """Product family; empty where the usage type says all."""


Pricer = Callable[[Line, Prices], list[Item]]


class Service(NamedTuple):
    """One entry of the table: all that a usage line, a bill and a refresh need to know."""

    quantities: Quantities
    """What its usage line takes."""
    price: Pricer
    """How a line becomes charges."""
    offered: tuple[Offered, ...] = ()
    """Where its prices stand in the vendor's files, unless one of `sources` reads them itself."""
    free_tier: str = ""
    """A free allowance that no bill takes off unasked; named beside the bill it would lower."""


PER_HOUR: Mapping[str, float] = {
    "hrs": 1.0, "hours": 1.0, "hour": 1.0, "lcu-hrs": 1.0, "vcpu-hours": 1.0,
}  # fmt: skip
PER_GB: Mapping[str, float] = {"gb": 1.0}
PER_GB_MONTH: Mapping[str, float] = {"gb-mo": 1.0, "gb-month": 1.0}


def given(value: float | None) -> float:
    """Return a quantity, 0 where it was left out."""
    return 0.0 if value is None else value


def sku_of(line: Line) -> str:
    """Return the sku of a line that must have one.

    Raises:
        UsageError: it has none.
    """
    if line.sku is None:
        raise UsageError(f"{line.service} needs a sku")
    return line.sku


def by_the_hour(line: Line, prices: Prices) -> list[Item]:
    """Bill hours x count at the price of the line's sku."""
    quote = prices.quote(line.service, sku_of(line))
    return [Item("", given(line.hours) * line.count, quote)]


def kept(line: Line, prices: Prices) -> list[Item]:
    """Bill what is kept, by the month."""
    return [Item("", given(line.gb_months), prices.quote(line.service, "storage"))]


RENTED = Quantities(required=("sku", "hours"), optional=("count",))
KEPT = Quantities(required=("gb_months",))
SENT = Quantities(required=("gb",))
