"""Small books and quotes for tests."""

from datetime import date
from typing import Any

from pricing.quotes import PriceBook, PriceQuote, Row

TODAY = date(2026, 11, 21)


def row(sku: str = "m5.large", price: float = 0.1, **changes: Any) -> Row:
    """A boring row; name what matters."""
    plain: dict[str, Any] = {
        "service": "ec2",
        "sku": sku,
        "region": "us-east-1",
        "purchase": "on-demand",
        "unit": "hour",
        "tier_from_units": 0.0,
        "price_usd_per_unit": price,
        "valid_from": date(2026, 1, 1),
        "checked_on": date(2026, 11, 1),
        "basis": "list",
        "source": "a test",
        "note": "",
    }
    return Row(**(plain | changes))


def book(*rows: Row) -> PriceBook:
    """A book of a few rows."""
    return PriceBook(rows)


def quote(**changes: Any) -> PriceQuote:
    """A boring quote."""
    return PriceQuote(**(row()._asdict() | changes))
