"""What follows by rule from what was read: by hand, on small books and shares of our own."""

from datetime import date

import pytest

from pricing import rules
from pricing.errors import QuoteNotFound
from pricing.quotes import COMMITMENTS, PriceBook
from pricing.rules import SHIPPED_RULES, Share
from tests.pricing.books import TODAY, row

SEEN = date(2026, 3, 1)


@pytest.fixture(autouse=True)
def shares(monkeypatch):
    """Reserved m5 as in us-east-1, and a convertible rate of eu-west-1, by round numbers."""
    held = {
        ("reserved-1y", "none", "m5", "us-east-1"): 0.63,
        ("reserved-1y", "all", "m5", "us-east-1"): 0.588,
        ("reserved-1y", "none", "m5", "eu-west-1"): 0.60,
        ("compute-1y", "none", "m5", "us-east-1"): 0.735,
        ("compute-1y", "all", "m5", "us-east-1"): 0.686,
        ("convertible-1y", "none", "m5", "eu-west-1"): 0.80,
        ("compute-3y", "none", "linux-arm64", "us-east-1"): 0.55,
    }
    made = {key: Share(value, SEEN, "scaled", "", "a price file") for key, value in held.items()}
    monkeypatch.setattr(rules, "load_shares", lambda: made)
    runs = {"sagemaker-training": frozenset({"ml.m5.large", "ml.t3.medium"})}
    monkeypatch.setattr(rules, "load_types", lambda: runs)
    rules.share_of.cache_clear()
    yield
    rules.share_of.cache_clear()


def book(*rows):
    return PriceBook(rows, rules=SHIPPED_RULES)


def ask(prices, purchase, *, service="ec2", sku="m5.large", region="us-east-1", on=TODAY):
    return prices.get(service=service, sku=sku, region=region, purchase=purchase, on=on)


@pytest.mark.parametrize(
    ("purchase", "region", "share", "basis"),
    [
        ("reserved-1y-none", "us-east-1", 0.63, "scaled"),
        ("reserved-1y", "us-east-1", 0.588, "scaled"),
        # An EC2 Instance plan costs what a standard reserved machine does.
        ("savings-1y", "us-east-1", 0.588, "scaled"),
        ("compute-1y", "us-east-1", 0.686, "scaled"),
        ("reserved-1y-none", "eu-west-1", 0.60, "scaled"),
        # What was seen without upfront keeps us-east-1's distance to the other payments.
        ("reserved-1y", "eu-west-1", 0.60 * 0.588 / 0.63, "scaled"),
        # The Compute plan is the convertible reserved rate of its region.
        ("compute-1y-none", "eu-west-1", 0.80, "scaled"),
        ("compute-1y", "eu-west-1", 0.80 * 0.686 / 0.735, "scaled"),
        # Nothing was seen in Sydney: another region's share stands in, and says so.
        ("reserved-1y", "ap-southeast-2", 0.588, "assumed"),
    ],
)
def test_a_commitment_is_a_share_of_on_demand(purchase, region, share, basis):
    found = ask(book(row(price=0.2, region=region)), purchase, region=region)

    assert found.price_usd_per_unit == pytest.approx(0.2 * share)
    assert found.basis == basis
    assert found.note.startswith("DERIVED by rule: on demand x ")
    assert ("UNVERIFIED" in found.note) == (basis == "assumed")


def test_a_commitment_starts_when_its_share_was_seen_and_follows_its_base():
    prices = book(row(price=0.2), row(price=0.1, valid_from=date(2026, 6, 1)))

    assert ask(prices, "reserved-1y", on=SEEN).price_usd_per_unit == pytest.approx(0.1176)
    assert ask(prices, "reserved-1y").price_usd_per_unit == pytest.approx(0.0588)
    with pytest.raises(QuoteNotFound, match="starts 2026-03-01"):
        ask(prices, "reserved-1y", on=date(2026, 2, 28))


def test_what_was_read_itself_wins_over_the_rule_from_its_day_on():
    read = row(price=0.09, purchase="savings-1y", valid_from=date(2026, 7, 1))
    prices = book(row(price=0.2), read)

    assert ask(prices, "savings-1y", on=date(2026, 6, 1)).basis == "scaled"
    assert ask(prices, "savings-1y").price_usd_per_unit == 0.09


def test_no_share_no_price():
    with pytest.raises(QuoteNotFound):
        ask(book(row("x9.large")), "reserved-3y", sku="x9.large")


def test_a_plan_of_sagemaker_takes_off_what_the_compute_plan_does():
    hosting = row("ml.m5.large", 0.3, service="sagemaker-hosting")

    found = ask(book(hosting), "savings-1y", service="sagemaker-hosting", sku="ml.m5.large")

    assert found.price_usd_per_unit == pytest.approx(0.3 * 0.686)


def test_containers_have_the_share_of_their_processor():
    task = row("linux-arm64-vcpu", 0.04, service="fargate", unit="vcpu-hour")

    found = ask(book(task), "compute-3y-none", service="fargate", sku="linux-arm64-vcpu")

    assert found.price_usd_per_unit == pytest.approx(0.022)


def test_a_component_costs_what_hosting_does_where_it_can_run():
    hosting = [
        row(sku, 0.3, service="sagemaker-hosting", valid_from=date(2026, 5, 1))
        for sku in ("ml.m5.large", "ml.m5.huge")
    ]
    prices = book(*hosting)

    found = ask(prices, "on-demand", service="sagemaker-training", sku="ml.m5.large")
    assert (found.price_usd_per_unit, found.basis) == (0.3, "scaled")
    assert prices.skus(service="sagemaker-training", region="us-east-1") == ("ml.m5.large",)


def test_a_component_that_was_read_at_the_same_price_stays_as_it_was_read():
    own = row("ml.m5.large", 0.3, service="sagemaker-training")
    hosting = row("ml.m5.large", 0.3004, service="sagemaker-hosting", valid_from=date(2026, 5, 1))

    found = ask(book(own, hosting), "on-demand", service="sagemaker-training", sku="ml.m5.large")

    assert found.basis == "list"


def test_burstable_machines_without_a_hosting_price_follow_ec2():
    prices = book(row("t3.medium", 0.05), row("ml.x", 1.0, service="sagemaker-hosting"))

    found = ask(prices, "on-demand", service="sagemaker-training", sku="ml.t3.medium")

    assert found.price_usd_per_unit == pytest.approx(0.06)


@pytest.mark.parametrize(
    ("sku", "usd"), [("c6a.large", 0.0963 * 0.12), ("g6.xlarge", 1.1672 * 0.078)]
)
def test_the_fee_of_managed_machines_is_the_one_that_was_seen(sku, usd):
    """Seen: 0.0116 and 0.0910 USD an hour."""
    prices = book(row(sku, 0.0963 if sku[0] == "c" else 1.1672))

    found = ask(prices, "on-demand", service="ecs-managed-instances", sku=sku)

    assert found.price_usd_per_unit == pytest.approx(usd)
    assert round(usd, 4) in {0.0116, 0.0910}


def test_spot_that_was_never_seen_in_a_region_is_assumed_from_the_others():
    spot = {"purchase": "spot", "valid_from": date(2024, 8, 1)}
    prices = book(
        row(price=0.1, valid_from=date(2024, 1, 1)),
        row(price=0.05, **spot),
        row(price=0.2, region="eu-west-1", valid_from=date(2024, 1, 1)),
        row(price=0.08, region="eu-west-1", **spot),
        row(price=0.3, region="ap-south-1"),
    )

    found = ask(prices, "spot", region="ap-south-1")

    assert found.price_usd_per_unit == pytest.approx(0.3 * 0.45)
    assert (found.basis, "UNVERIFIED" in found.note) == ("assumed", True)


def test_rows_are_what_was_read_and_all_rows_are_both():
    prices = book(row(price=0.2))

    every = prices.all_rows()

    assert prices.rows == (row(price=0.2),)
    assert every[0] == row(price=0.2)
    assert {one.purchase for one in every[1:]} - set(COMMITMENTS) == {"on-demand"}
    assert all(one.note.startswith("DERIVED by rule") for one in every[1:])
    assert prices.sha256 == PriceBook([row(price=0.2)]).sha256


def test_doubling_every_price_read_doubles_what_is_derived():
    prices = book(row(price=0.2), row("ml.m5.large", 0.3, service="sagemaker-hosting"))
    doubled = PriceBook(
        [one._replace(price_usd_per_unit=2 * one.price_usd_per_unit) for one in prices.rows],
        rules=SHIPPED_RULES,
    )

    for one, other in zip(prices.all_rows(), doubled.all_rows(), strict=True):
        assert one[:4] == other[:4]
        assert other.price_usd_per_unit == pytest.approx(2 * one.price_usd_per_unit)


def test_the_book_as_it_was_known_derives_from_what_was_known():
    old = row(price=0.2, checked_on=date(2026, 4, 1))
    prices = book(old, row(price=0.1, valid_from=date(2026, 5, 1), checked_on=date(2026, 9, 1)))

    then = prices.known_on(date(2026, 4, 2))

    assert ask(then, "reserved-1y").price_usd_per_unit == pytest.approx(0.1176)
