"""What changed in the book between two days, and what that does to figures that were kept."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from pricing.errors import PricingError
from pricing.quotes import PriceBook, PriceQuote


class PriceChange(NamedTuple):
    """One price that is another on the later day; None where there was or is none."""

    before: PriceQuote | None
    after: PriceQuote | None

    @property
    def quote(self) -> PriceQuote:
        """The side that exists, the later one first."""
        quote = self.after or self.before
        assert quote is not None
        return quote

    @property
    def change_fraction(self) -> float | None:
        """Relative change; null where one side is missing."""
        if self.before is None or self.after is None:
            return None
        return self.after.price_usd_per_unit / self.before.price_usd_per_unit - 1


class Effect(NamedTuple):
    """What the changes do to one kept total."""

    name: str
    before_usd: float
    after_usd: float
    line_count: int
    """Lines that a changed price touches."""


def changes_between(
    book: PriceBook, *, start: date, end: date, derived: bool = False
) -> tuple[PriceChange, ...]:
    """Return every price in force on one day and not the same on the other, sorted.

    Args:
        book: the prices.
        start: the earlier day.
        end: the later day.
        derived: whether prices that rules derive are compared too, not only what was read.
    """
    found = []
    rows = book.all_rows() if derived else book.rows
    for service, sku, region, purchase in sorted({row[:4] for row in rows}):
        where = {"service": service, "sku": sku, "region": region, "purchase": purchase}
        before = _tiers(book, where, on=start)
        after = _tiers(book, where, on=end)
        for tier in sorted(before.keys() | after.keys()):
            change = PriceChange(before.get(tier), after.get(tier))
            if change.before is None or change.after is None or change.change_fraction:
                found.append(change)
    return tuple(found)


def _tiers(book: PriceBook, where: Mapping[str, str], *, on: date) -> dict[float, PriceQuote]:
    if book.find(**where, on=on) is None:
        return {}
    return {quote.tier_from_units: quote for quote in book.tiers(**where, on=on)}


def effects(saved: Mapping[str, Any], changes: tuple[PriceChange, ...]) -> tuple[Effect, ...]:
    """Work out what changed prices do to a saved recommendation, or to a saved bill.

    A line is touched by a change when it has the change's unit, region and old price, and names
    the sku where both do.

    Raises:
        PricingError: the file is neither of the two.
    """
    moved = [change for change in changes if change.change_fraction is not None]
    return tuple(_effect(name, region, lines, moved) for name, region, lines in _totals(saved))


def _totals(saved: Mapping[str, Any]) -> Iterator[tuple[str, str, list[Any]]]:
    if isinstance(saved.get("ranked"), list):
        for option in saved["ranked"]:
            yield str(option["name"]), str(option["region"]), list(option["lines"])
    elif isinstance(saved.get("lines"), list):
        yield "bill", "", list(saved["lines"])
    else:
        raise PricingError("neither a recommendation nor a bill: it has no 'ranked' and no 'lines'")


def _effect(name: str, region: str, lines: list[Any], moved: list[PriceChange]) -> Effect:
    before = after = 0.0
    touched = 0
    for line in lines:
        cost = float(line.get("usd_per_month", line.get("cost_usd", 0.0)))
        before += cost
        for change in moved:
            if _touches(change, line, region=region):
                assert change.change_fraction is not None
                cost *= 1 + change.change_fraction
                touched += 1
                break
        after += cost
    return Effect(name, before, after, touched)


def _touches(change: PriceChange, line: Mapping[str, Any], *, region: str) -> bool:
    assert change.before is not None
    old = change.before
    quote = line.get("quote") or {}
    if quote and (quote["service"], quote["sku"], quote["region"]) != (
        old.service,
        old.sku,
        old.region,
    ):
        return False
    here = str(quote.get("region", region))
    if quote.get("purchase", old.purchase) != old.purchase:
        return False
    same_price = abs(float(line["usd_per_unit"]) / old.price_usd_per_unit - 1) < 1e-9
    return here == old.region and line["unit"] == old.unit and same_price
