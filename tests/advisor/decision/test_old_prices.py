"""How old the prices of an answer are, weighed by its own bill."""

from datetime import date, timedelta

import pytest

from advisor.decision.answer.old_prices import old_price_banner, price_age, prices_are_stale
from advisor.recommendation import LineQuote, PriceStamp
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


def aged(best, *others):
    return price_age(best, (best, *others), today=TODAY, drifts=DRIFTS)


def stamp(day=TODAY):
    return PriceStamp(on=TODAY, oldest_checked_on=day, sha256="ab" * 32)


def rivals():
    """The chosen option, and one on another platform."""
    best, *others = recommendation().ranked
    return best, next(one for one in others if one.platform != best.platform)


@pytest.mark.parametrize(("gap", "stale"), [(1.0, True), (50.0, False)])
def test_old_prices_are_stale_only_where_the_next_platform_is_near(gap, stale):
    best, other = rivals()

    found = aged(option(best, usd=100.0, days=500), option(other, usd=100.0 + gap, days=10))

    assert found.old_share == 1.0
    assert found.margin_usd == pytest.approx(gap)
    assert prices_are_stale(stamp(), found) is stale
    banner = old_price_banner(stamp(), found)
    assert banner.startswith("STALE" if stale else "Old prices")


def test_another_size_of_the_same_platform_is_no_other_answer():
    best, other = rivals()
    chosen = option(best, usd=100.0, days=500)

    found = aged(chosen, option(best, usd=100.01, days=500), option(other, usd=160.0, days=10))

    assert found.margin_usd == pytest.approx(60.0)


def test_the_rivals_prices_are_none_of_this_bill():
    best, other = rivals()

    found = aged(option(best, usd=100.0, days=10), option(other, usd=101.0, days=900))

    assert found.old_share == 0.0
    assert found.oldest.checked_on == TODAY - timedelta(days=10)
    assert old_price_banner(stamp(TODAY - timedelta(days=900)), found) is None


def test_without_a_bill_the_oldest_of_all_is_told_by_its_days():
    text = old_price_banner(stamp(date(2026, 1, 1)), None)

    assert text.startswith("STALE PRICES: the oldest was read 324 days ago")
    assert prices_are_stale(stamp(date(2026, 1, 1)), None)
