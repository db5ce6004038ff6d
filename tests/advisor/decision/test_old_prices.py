"""How old the prices of an answer are, weighed by its own bill."""

from datetime import date, timedelta

import pytest

from advisor.decision.answer.old_prices import old_price_banner, price_stamp, prices_are_stale
from advisor.recommendation import LineQuote
from pricing.drift import Drift
from tests.faces.factories import recommendation

TODAY = date(2026, 11, 21)
DRIFTS = {"": Drift("", 100.0, 20, 0.2, 0.10)}


def option(option, *, usd, days):
    """An option of one line, read so many days ago."""
    day = TODAY - timedelta(days=days)
    quote = LineQuote(
        service="ec2", sku="m5.large", region="us-east-1", purchase="on-demand",
        valid_from=day, checked_on=day,
    )  # fmt: skip
    first = option.lines[0]
    line = first.replace(
        quote=quote, usd_per_month=usd, usd_per_unit=usd / first.quantity_per_month
    )
    return option.model_copy(update={"lines": (line,), "usd_per_month": usd})


def stamp(best, *others, oldest=TODAY):
    return price_stamp(
        best, (best, *others), oldest=oldest, today=TODAY, sha256="ab" * 32, drifts=DRIFTS
    )


@pytest.mark.parametrize(("gap", "stale"), [(1.0, True), (50.0, False)])
def test_old_prices_are_stale_only_where_the_next_option_is_near(gap, stale):
    best, other = recommendation().ranked[:2]

    found = stamp(option(best, usd=100.0, days=500), option(other, usd=100.0 + gap, days=10))

    assert found.old_share == 1.0
    assert found.margin_usd == pytest.approx(gap)
    assert prices_are_stale(found) is stale
    assert (old_price_banner(found) or "").startswith("STALE" if stale else "Old prices")


def test_the_rivals_prices_are_none_of_this_bill():
    best, other = recommendation().ranked[:2]

    found = stamp(option(best, usd=100.0, days=10), option(other, usd=101.0, days=900))

    assert found.old_share == 0.0
    assert found.bill_oldest.checked_on == TODAY - timedelta(days=10)
    assert old_price_banner(found) is None


def test_without_a_bill_the_oldest_of_all_is_told_by_its_days():
    found = price_stamp(
        None, (), oldest=date(2026, 1, 1), today=TODAY, sha256="ab" * 32, drifts=DRIFTS
    )

    assert old_price_banner(found).startswith("STALE PRICES: the oldest was read 324 days ago")
