from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pricing.errors import QuoteNotFound
from pricing.quotes import Confirmation, PriceBook, PriceQuote, Withdrawal
from pricing.tables import load_book
from tests.pricing.books import TODAY, book, quote, row

ASK = {"service": "ec2", "sku": "m5.large", "region": "us-east-1"}


def test_the_newest_price_that_has_started_is_the_one_in_force():
    prices = book(
        row(price=0.1, valid_from=date(2025, 1, 1)),
        row(price=0.3, valid_from=date(2027, 1, 1)),
        row(price=0.2, valid_from=date(2026, 1, 1)),
    )

    assert prices.get(**ASK, on=date(2025, 6, 1)).price_usd_per_unit == 0.1
    assert prices.get(**ASK, on=date(2026, 1, 1)).price_usd_per_unit == 0.2
    assert prices.get(**ASK, on=date(2028, 1, 1)).price_usd_per_unit == 0.3


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"on": date(2020, 1, 1)}, "the first one we hold starts 2026-01-01"),
        ({"sku": "m5.lrage"}, "did you mean m5.large"),
        ({"service": "ec3"}, "no such service, did you mean ec2"),
        ({"region": "eu-west-1"}, "no ec2 prices for that region, only for us-east-1, us-west-2"),
        ({"region": "us-esat-1"}, r"did you mean us-east-1\?"),
        ({"purchase": "spot"}, "held only as on-demand"),
        ({"sku": "m5.xlarge"}, "it is priced in us-west-2 only"),
    ],
)
def test_an_unknown_price_is_an_error_that_says_what_there_is(asked, sentence):
    prices = book(row(), row("m5.xlarge", region="us-west-2"))

    with pytest.raises(QuoteNotFound, match=sentence):
        prices.get(**(ASK | {"on": TODAY} | asked))


def test_a_column_holds_nan_where_there_is_no_price_and_never_zero():
    prices = book(row("a", 0.1), row("b", 0.2, valid_from=date(2027, 1, 1)), row("c", 0.3))

    found = prices.column(service="ec2", skus=["a", "b", "c", "d"], region="us-east-1", on=TODAY)

    assert found.tolist()[0] == 0.1
    assert found.tolist()[2] == 0.3
    assert np.isnan(found[[1, 3]]).all()


def test_tiers_are_those_of_the_price_in_force_lowest_first():
    prices = book(
        row(price=5.0, tier_from_units=10, valid_from=date(2026, 1, 1)),
        row(price=9.0, tier_from_units=0, valid_from=date(2026, 1, 1)),
        row(price=8.0, tier_from_units=0, valid_from=date(2025, 1, 1)),
    )

    found = prices.tiers(**ASK, on=TODAY)

    assert [(q.tier_from_units, q.price_usd_per_unit) for q in found] == [(0, 9.0), (10, 5.0)]
    assert prices.get(**ASK, on=TODAY).price_usd_per_unit == 9.0


def test_a_row_that_was_read_later_corrects_one_of_the_same_day():
    late = row(price=0.2, checked_on=date(2026, 11, 2))

    for rows in ([row(price=0.1), late], [late, row(price=0.1)]):
        assert PriceBook(rows).get(**ASK, on=TODAY).price_usd_per_unit == 0.2


@pytest.mark.parametrize(
    "change", [{"price_usd_per_unit": 0}, {"price_usd_per_unit": float("inf")}, {"unit": "hours"}]
)
def test_a_quote_refuses_what_is_not_a_price(change):
    with pytest.raises(ValidationError):
        quote(**change)


def test_the_book_as_it_was_known_forgets_what_was_read_later():
    prices = book(
        row(price=0.1, valid_from=date(2025, 1, 1), checked_on=date(2025, 1, 1)),
        row(price=0.2, valid_from=date(2025, 6, 1), checked_on=date(2026, 11, 1)),
    )

    assert prices.get(**ASK, on=date(2025, 7, 1)).price_usd_per_unit == 0.2
    then = prices.known_on(date(2025, 7, 1))
    assert then.get(**ASK, on=date(2025, 7, 1)).price_usd_per_unit == 0.1


def test_a_confirmation_makes_list_prices_fresh_and_nothing_else():
    later = date(2026, 11, 20)
    rows = [
        row("a", valid_from=date(2025, 1, 1)),
        row("a"),
        row("b", basis="assumed"),
        row("c", region="us-west-2"),
    ]
    prices = PriceBook(
        rows, confirmations=[Confirmation("ec2", "us-east-1", "on-demand", later, "x")]
    )

    assert [q.checked_on == later for q in prices] == [False, True, False, False]
    assert prices.known_on(date(2026, 11, 10)).confirmations == ()
    assert prices.sha256 != PriceBook(rows).sha256


def test_the_fingerprint_does_not_depend_on_the_order_of_rows_and_sees_every_change():
    one, other = row("a"), row("b")

    assert book(one, other).sha256 == book(other, one).sha256
    assert book(one, other).sha256 != book(one, other._replace(price_usd_per_unit=0.11)).sha256


def test_the_oldest_day_of_reading_is_found():
    days = [date(2026, 3, 1), date(2026, 1, 1)]

    assert PriceBook.oldest_checked_on(quote(checked_on=day) for day in days) == days[1]
    assert PriceBook.oldest_checked_on([]) is None


def test_what_is_no_longer_sold_has_no_price_from_that_day_on():
    rows = [row(price=0.1, valid_from=date(2025, 1, 1), checked_on=date(2025, 1, 1))]
    gone = Withdrawal(*rows[0][:4], date(2026, 5, 20), "a price list", "not sold")
    prices = PriceBook(rows, withdrawals=[gone])

    assert prices.get(**ASK, on=date(2026, 5, 19)).price_usd_per_unit == 0.1
    assert prices.find(**ASK, on=date(2026, 5, 20)) is None
    assert np.isnan(
        prices.column(service="ec2", skus=["m5.large"], region="us-east-1", on=TODAY)
    ).all()
    assert len(prices.history(**ASK)) == 1
    with pytest.raises(QuoteNotFound, match="not sold there since 2026-05-20"):
        prices.get(**ASK, on=TODAY)
    assert prices.known_on(date(2026, 5, 19)).find(**ASK, on=TODAY) is not None
    again = PriceBook([*rows, row(price=0.2, valid_from=date(2026, 8, 1))], withdrawals=[gone])
    assert again.get(**ASK, on=TODAY).price_usd_per_unit == 0.2
    assert again.find(**ASK, on=date(2026, 6, 1)) is None


days = st.dates(date(2024, 1, 1), date(2026, 12, 31))


@given(st.lists(st.tuples(days, st.sampled_from([0.1, 0.2, 0.3])), min_size=1, max_size=6), days)
@settings(deadline=None)
def test_looking_up_agrees_with_a_scan_of_all_rows(history, on):
    rows = [row(price=price, valid_from=day) for day, price in dict(history).items()]
    started = [one for one in rows if one.valid_from <= on]
    expected = max(started, key=lambda one: one.valid_from).price_usd_per_unit if started else None

    found = book(*rows).find(**ASK, on=on)

    assert (found and found.price_usd_per_unit) == expected


def test_every_row_of_the_shipped_book_becomes_a_quote():
    quotes = list(load_book())

    assert len(quotes) == len(load_book()) > 9000
    assert all(isinstance(one, PriceQuote) for one in quotes)
