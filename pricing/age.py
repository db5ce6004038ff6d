"""How old prices are, and the banner that says so."""

import math
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final, NamedTuple

from pricing.drift import BAND_SD, DAYS_PER_YEAR, Drift, drift_of
from pricing.quotes import COMMITMENTS, PriceBook, PriceQuote, Row

OLD_DAYS: Final = 30
STALE_DAYS: Final = 90
YEAR_DAYS: Final = 365
"""What was read longer ago is old: it counts in the weight of a bill's old part."""


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


class PricedLine(NamedTuple):
    """What the age of a price means for a bill: what it costs, and when it was read."""

    usd: float
    service: str
    sku: str
    region: str
    purchase: str
    checked_on: date


class OldPart(NamedTuple):
    """The part of a bill that rests on prices read more than twelve months ago."""

    share: float
    """Of the whole bill."""
    half_band_usd: float
    """Half of the 80% band that the drift of list prices puts around that part. [USD]"""


def old_part(lines: Iterable[PricedLine], *, today: date, drifts: Mapping[str, Drift]) -> OldPart:
    """Weigh how much of a bill is old, and how far that may have moved since it was read.

        half_band = 1.28 * sqrt(sum over old lines of (usd * sd(service, age))^2)

    Each price is taken to move by itself.
    """
    every = list(lines)
    total = math.fsum(line.usd for line in every)
    old = [line for line in every if (today - line.checked_on).days > YEAR_DAYS]
    variance = 0.0
    for line in old:
        drift = drift_of(drifts, service=line.service, purchase=line.purchase)
        years = (today - line.checked_on).days / DAYS_PER_YEAR
        variance += (line.usd * drift.sd_fraction(years=years)) ** 2
    share = min(1.0, math.fsum(line.usd for line in old) / total) if total > 0 else 0.0
    return OldPart(share, BAND_SD * math.sqrt(variance))


def bill_banner(
    oldest: date, part: OldPart, *, margin_usd: float | None, today: date, which: str = ""
) -> str | None:
    """Return what stands above a bill with old prices, None while they are fresh.

    It is STALE only where the old part could change the answer: where half of the band that the
    drift puts around it reaches the distance to the next option.

    Args:
        oldest: day on which the oldest price of the bill was read.
        part: what is older than twelve months, weighed.
        margin_usd: how far the next option's bill is away; None where there is none. [USD]
        today: day for which the prices are used.
        which: the oldest price, for people.

    Example:
        >>> today, nothing_old = date(2026, 12, 1), OldPart(0.0, 0.0)
        >>> bill_banner(date(2026, 9, 1), nothing_old, margin_usd=5.0, today=today)
        "Old prices: the oldest was read 91 days ago, on 2026-09-01; \
'advisor prices refresh' reads them again"
    """
    days = (today - oldest).days
    if days <= OLD_DAYS:
        return None
    named = f" ({which})" if which else ""
    when = f"the oldest was read {days:,} days ago, on {oldest.isoformat()}{named}"
    if part.share <= 0:
        return f"Old prices: {when}; 'advisor prices refresh' reads them again"
    weighed = (
        f"{100 * part.share:.0f}% of this bill was read more than 12 months ago, which at the "
        f"drift of list prices may move it by {part.half_band_usd:,.2f} USD/month"
    )
    if could_change(part, margin_usd=margin_usd):
        return (
            f"STALE PRICES: {when}; {weighed}, enough to change the answer: run 'advisor prices "
            "refresh' before you decide"
        )
    return (
        f"Old prices: {when}; {weighed}, too little to change the answer; 'advisor prices refresh' "
        "reads them again"
    )


def could_change(part: OldPart, *, margin_usd: float | None) -> bool:
    """Whether the old part of a bill could change the answer at the drift of list prices."""
    return margin_usd is not None and part.share > 0 and part.half_band_usd >= margin_usd


class Coverage(NamedTuple):
    """How the prices of one service that are in force on a day are known."""

    service: str
    region: str
    """Empty where all regions are counted together."""
    purchase: str
    """`on-demand`, `spot`, or `commitments` for all that bind for years."""
    price_count: int
    read: int
    derived: int
    assumed: int
    oldest: date
    newest: date


def coverage(book: PriceBook, *, on: date, by_region: bool) -> tuple[Coverage, ...]:
    """Count the prices in force on a day by how they are known, what rules derive among them."""
    held: dict[tuple[str, str, str], list[Row]] = {}
    in_force: dict[tuple[str, ...], Row] = {}
    for row in book.all_rows():
        key = row[:4]
        before = in_force.get(key)
        if row.valid_from <= on and (before is None or _counts_before(before, row)):
            in_force[key] = row
    for row in in_force.values():
        where = {"service": row.service, "sku": row.sku, "region": row.region}
        if book.find(**where, purchase=row.purchase, on=on) is None:
            continue  # no longer sold
        purchase = "commitments" if row.purchase in COMMITMENTS else row.purchase
        place = (row.service, row.region if by_region else "", purchase)
        held.setdefault(place, []).append(row)
    return tuple(
        Coverage(
            *place,
            price_count=len(rows),
            read=sum(row.basis == "list" for row in rows),
            derived=sum(row.basis == "scaled" for row in rows),
            assumed=sum(row.basis == "assumed" for row in rows),
            oldest=min(book.checked_on(row) for row in rows),
            newest=max(book.checked_on(row) for row in rows),
        )
        for place, rows in sorted(held.items())
    )


def _counts_before(held: Row, row: Row) -> bool:
    """Whether a row takes over from another of the same thing."""
    return (row.valid_from, -row.tier_from_units, row.checked_on) >= (
        held.valid_from,
        -held.tier_from_units,
        held.checked_on,
    )


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
