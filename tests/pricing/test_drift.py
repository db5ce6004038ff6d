"""How prices move: rates recovered from histories that we made, and the bill they put in doubt."""

import math
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from pricing.age import OldPart, PricedLine, bill_banner, could_change, old_part
from pricing.drift import Drift, as_markdown, drift_of, measure
from pricing.tables import DATA, load_book
from tests.pricing.books import row

TODAY = date(2026, 12, 1)
START = date(2020, 1, 1)


def history(sku, *prices, years=1.0, **changes):
    """A price read anew every so many years."""
    days = [START + timedelta(days=round(365.25 * years * n)) for n in range(len(prices))]
    return [
        row(sku, price, valid_from=day, checked_on=day, **changes)
        for day, price in zip(days, prices, strict=True)
    ]


def test_the_rate_is_changes_over_years_drawn_towards_the_mean_of_all():
    rows = [
        *history("a", 1.0, 1.1, 1.1, service="s3"),
        *history("b", 1.0, 1.0, 1.0, service="s3"),
        *history("m5.large", *([1.0] * 5)),
    ]

    found = measure(rows)

    assert found["s3"].thing_years == pytest.approx(4.0, abs=0.01)
    assert (found["s3"].change_count, found["ec2"].change_count) == (1, 0)
    assert found[""].changes_per_year == pytest.approx(1 / 8, rel=0.01)
    assert found["s3"].changes_per_year == pytest.approx((1 + 20 / 8) / 24, rel=0.01)
    assert found["s3"].typical_change == pytest.approx(0.1)


def test_a_true_rate_is_recovered_from_many_histories():
    rng = np.random.default_rng(7)
    rows = []
    for n in range(400):
        moves = rng.random(5) < 0.2
        rows += history(f"x{n}", *np.cumprod([1.0, *np.where(moves, 1.08, 1.0)]))

    found = measure(rows)["ec2"]

    assert float(found.changed_share(1.0)) == pytest.approx(1 - math.exp(-0.2), abs=0.02)
    assert found.typical_change == pytest.approx(0.08)


def test_other_digits_guesses_and_spot_are_no_change_of_a_list_price():
    rows = [
        *history("a", 0.1000, 0.1001),
        *history("b", 1.0, 2.0, basis="assumed"),
        *history("c", 1.0, 2.0, purchase="spot"),
    ]

    found = measure(rows)

    assert found["ec2"].change_count == 0
    assert found["ec2 spot"].change_count == 1
    assert drift_of(found, service="never-seen", purchase="on-demand") == found[""]


def test_the_draws_have_the_chance_and_the_spread_that_are_stated():
    drift = Drift("s3", 100.0, 10, 0.3, 0.06)
    uniform = (np.arange(20_000) + 0.5) / 20_000

    factors = drift.factors(years=2.0, uniform=uniform)

    assert np.mean(factors != 1.0) == pytest.approx(1 - math.exp(-0.6), abs=1e-3)
    assert np.std(factors) == pytest.approx(drift.sd_fraction(years=2.0), rel=0.05)


def line(usd, days, service="s3"):
    return PricedLine(
        usd, service, "storage", "us-east-1", "on-demand", TODAY - timedelta(days=days)
    )


DRIFTS = {"": Drift("", 1.0, 1, 0.2, 0.10)}


def test_only_what_is_older_than_a_year_is_weighed_and_put_in_doubt():
    part = old_part([line(30.0, 400), line(70.0, 300)], today=TODAY, drifts=DRIFTS)

    share = 1 - math.exp(-0.2 * 400 / 365.25)
    assert part.share == pytest.approx(0.3)
    assert part.half_band_usd == pytest.approx(1.2816 * 30.0 * 0.10 * math.sqrt(share))
    assert old_part([line(100.0, 365)], today=TODAY, drifts=DRIFTS) == OldPart(0.0, 0.0)


@pytest.mark.parametrize(
    ("margin", "starts"), [(5.0, "Old prices"), (0.5, "STALE PRICES"), (None, "Old prices")]
)
def test_the_banner_is_stale_only_where_the_answer_could_change(margin, starts):
    part = OldPart(0.3, 1.5)
    oldest = TODAY - timedelta(days=400)

    text = bill_banner(oldest, part, margin_usd=margin, today=TODAY, which="s3 storage")

    assert text.startswith(
        f"{starts}: the oldest was read 400 days ago, on 2025-10-27 (s3 storage)"
    )
    assert "30% of this bill" in text
    assert could_change(part, margin_usd=margin) == (starts == "STALE PRICES")


def test_fresh_prices_have_no_banner():
    assert bill_banner(TODAY, OldPart(0.0, 0.0), margin_usd=0.0, today=TODAY) is None


def test_the_shipped_tables_hold_enough_to_measure():
    found = measure(load_book().rows)

    assert found["ec2"].thing_years > 100
    assert 0.0 < float(found["ec2"].changed_share(1.0)) < 0.2


def test_the_page_in_the_docs_is_what_the_command_writes_now():
    page = (Path(__file__).parents[2] / "docs" / "reference" / "prices.md").read_text()

    assert as_markdown(load_book(DATA)) in page
