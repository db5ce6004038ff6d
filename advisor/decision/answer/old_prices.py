"""How old the prices of an answer are, how much of its bill they are, and whether it matters."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from advisor.recommendation import LineQuote, Option, PriceAge, PriceStamp
from pricing.age import (
    STALE_DAYS,
    OldPart,
    PricedLine,
    banner_of_day,
    bill_banner,
    could_change,
    old_part,
)
from pricing.drift import Drift


def oldest_price(options: Iterable[Option]) -> LineQuote | None:
    """Return the price that was read longest ago, of all that the options' bills rest on."""
    quotes = (line.quote for option in options for line in option.lines if line.quote is not None)
    return min(quotes, key=lambda q: (q.checked_on, q.service, q.sku, q.region), default=None)


def price_age(
    best: Option, ranked: Sequence[Option], *, today: date, drifts: Mapping[str, Drift]
) -> PriceAge | None:
    """Weigh how old the prices of the chosen option's bill are; None where it has none.

    Args:
        best: the chosen option.
        ranked: all that are feasible; the nearest on another platform is the distance that old
            prices would have to cover to change the answer.
        today: day for which the prices are used.
        drifts: how list prices move, by service.
    """
    oldest = oldest_price([best])
    if oldest is None:
        return None
    lines = [
        PricedLine(
            line.usd_per_month,
            line.quote.service,
            line.quote.sku,
            line.quote.region,
            line.quote.purchase,
            line.quote.checked_on,
        )
        for line in best.lines
        if line.quote is not None
    ]
    part = old_part(lines, today=today, drifts=drifts)
    others = [
        abs(one.usd_per_month - best.usd_per_month)
        for one in ranked
        if one.platform != best.platform
    ]
    return PriceAge(
        oldest=oldest,
        old_share=part.share,
        old_half_band_usd=part.half_band_usd,
        margin_usd=min(others, default=None),
    )


def old_price_banner(prices: PriceStamp, age: PriceAge | None) -> str | None:
    """Return what stands above an answer whose bill has old prices, None for fresh ones.

    An answer without a bill, or one saved without the weights, is told by its days alone.
    """
    if age is None:
        return banner_of_day(prices.oldest_checked_on, today=prices.on)
    first = age.oldest
    return bill_banner(
        first.checked_on,
        OldPart(age.old_share, age.old_half_band_usd),
        margin_usd=age.margin_usd,
        today=prices.on,
        which=f"{first.service} {first.sku}, {first.region}",
    )


def prices_are_stale(prices: PriceStamp, age: PriceAge | None) -> bool:
    """Whether what is old of the bill could change the answer."""
    if age is None:
        return (prices.on - prices.oldest_checked_on).days > STALE_DAYS
    part = OldPart(age.old_share, age.old_half_band_usd)
    return could_change(part, margin_usd=age.margin_usd)
