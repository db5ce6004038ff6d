"""Which price of an answer is the oldest, and what to print above the answer for it."""

from collections.abc import Iterable
from datetime import date

from advisor.recommendation import LineQuote, Option
from pricing.age import banner_of_day


def oldest_price(options: Iterable[Option]) -> LineQuote | None:
    """Return the price that was read longest ago, of all that the options' bills rest on."""
    quotes = (line.quote for option in options for line in option.lines if line.quote is not None)
    return min(quotes, key=lambda q: (q.checked_on, q.service, q.sku, q.region), default=None)


def old_price_banner(
    options: Iterable[Option], best: Option | None, *, oldest: date, today: date
) -> str | None:
    """Return what stands above an answer with old prices: how old, and which price it is.

    Args:
        options: all that the answer lists.
        best: the chosen one, whose own oldest price is named beside.
        oldest: day on which the oldest price of all was read.
        today: day for which the prices are used.
    """
    first = oldest_price(options)
    if first is None or first.checked_on != oldest:
        return banner_of_day(oldest, today=today)
    which = f"{first.service} {first.sku}, {first.region}"
    own = oldest_price([best]) if best is not None else None
    if own is not None and own.checked_on == oldest:
        which += ", in the chosen option's bill"
    elif own is not None:
        which += (
            f"; the chosen option's oldest is of {own.checked_on.isoformat()}: {own.service} "
            f"{own.sku}"
        )
    return banner_of_day(oldest, today=today, which=which)
