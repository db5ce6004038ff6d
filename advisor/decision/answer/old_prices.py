"""How old the prices of an answer are, how much of its bill they are, and whether it matters."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from advisor.recommendation import LineQuote, Option, PriceStamp
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


def price_stamp(
    best: Option | None,
    ranked: Sequence[Option],
    *,
    oldest: date,
    today: date,
    sha256: str,
    drifts: Mapping[str, Drift],
) -> PriceStamp:
    """Say which prices were used, and weigh how old those of the chosen option's bill are.

    Args:
        best: the chosen option.
        ranked: all that are feasible; the nearest other one is the distance that old prices
            would have to cover to change the answer.
        oldest: day on which the oldest price of everything listed was read.
        today: day for which the prices are used.
        sha256: of the price book.
        drifts: how list prices move, by service.
    """
    plain = PriceStamp(on=today, oldest_checked_on=oldest, sha256=sha256)
    if best is None:
        return plain
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
    others = [abs(one.usd_per_month - best.usd_per_month) for one in ranked if one != best]
    return plain.replace(
        bill_oldest=oldest_price([best]),
        old_share=part.share,
        old_half_band_usd=part.half_band_usd,
        margin_usd=min(others, default=None),
    )


def old_price_banner(prices: PriceStamp) -> str | None:
    """Return what stands above an answer whose bill has old prices, None for fresh ones.

    An answer without a bill, or one saved without the weights, is told by its days alone.
    """
    first = prices.bill_oldest
    if first is None:
        return banner_of_day(prices.oldest_checked_on, today=prices.on)
    which = f"{first.service} {first.sku}, {first.region}"
    return bill_banner(
        first.checked_on,
        OldPart(prices.old_share, prices.old_half_band_usd),
        margin_usd=prices.margin_usd,
        today=prices.on,
        which=which,
    )


def prices_are_stale(prices: PriceStamp) -> bool:
    """Whether what is old of the bill could change the answer."""
    if prices.bill_oldest is None:
        return (prices.on - prices.oldest_checked_on).days > STALE_DAYS
    part = OldPart(prices.old_share, prices.old_half_band_usd)
    return could_change(part, margin_usd=prices.margin_usd)
