"""How old prices are, and the banner that says so."""

from collections.abc import Iterable
from datetime import date
from typing import Final, NamedTuple

from pricing.quotes import PriceBook, PriceQuote

OLD_DAYS: Final = 30
STALE_DAYS: Final = 90


class GroupAge(NamedTuple):
    """How long ago the prices of one service in one region were read."""

    service: str
    region: str
    purchase: str
    sku_count: int
    oldest: date
    newest: date
    list_count: int
    """Prices that were read; the others were scaled or assumed."""


def banner(quotes: Iterable[PriceQuote], *, today: date) -> str | None:
    """Return what to print above figures that rest on old prices, None while all are fresh."""
    oldest = PriceBook.oldest_checked_on(q for q in quotes if q.basis != "input")
    return None if oldest is None else banner_of_day(oldest, today=today)


def banner_of_day(oldest: date, *, today: date, which: str = "") -> str | None:
    """Return the banner for prices that were last read on a day, None while they are fresh.

    Args:
        oldest: day on which the oldest was read.
        today: day for which the prices are used.
        which: the price that it is, for people; empty where that is not known.

    Example:
        >>> banner_of_day(date(2026, 1, 1), today=date(2026, 2, 10), which="s3 storage")
        "Old prices: the oldest was read 40 days ago, on 2026-01-01 (s3 storage); \
'advisor prices refresh' reads them again"
    """
    days = (today - oldest).days
    named = f" ({which})" if which else ""
    if days > STALE_DAYS:
        return (
            f"STALE PRICES: the oldest was read {days:,} days ago, on {oldest.isoformat()}{named}; "
            "run 'advisor prices refresh' before you decide"
        )
    if days > OLD_DAYS:
        return (
            f"Old prices: the oldest was read {days:,} days ago, on {oldest.isoformat()}{named}; "
            "'advisor prices refresh' reads them again"
        )
    return None


def ages(book: PriceBook, *, today: date) -> tuple[GroupAge, ...]:
    """Return the age of every group of prices in force on a day, oldest first."""
    newest: dict[tuple[str, str, str, str], PriceQuote] = {}
    for row in book.rows:
        if row[:4] not in newest:
            quote = book.find(
                service=row.service,
                sku=row.sku,
                region=row.region,
                purchase=row.purchase,
                on=today,
            )
            if quote is not None:
                newest[row[:4]] = quote
    groups: dict[tuple[str, str, str], list[PriceQuote]] = {}
    for quote in newest.values():
        groups.setdefault((quote.service, quote.region, quote.purchase), []).append(quote)
    found = [
        GroupAge(
            *group,
            sku_count=len(quotes),
            oldest=min(quote.checked_on for quote in quotes),
            newest=max(quote.checked_on for quote in quotes),
            list_count=sum(quote.basis == "list" for quote in quotes),
        )
        for group, quotes in groups.items()
    ]
    return tuple(sorted(found, key=lambda age: (age.oldest, age.service, age.region)))
