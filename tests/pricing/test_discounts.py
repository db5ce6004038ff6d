import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pricing.bill import price_usage
from pricing.discounts import Discounts
from pricing.errors import QuoteNotFound, UsageError
from pricing.usage import UsageLine
from tests.pricing.books import TODAY, book, row

BOOK = book(
    row("small", 1.0),
    row("big", 4.0),
    row("small", 0.6, purchase="savings-1y"),
    row("small", 0.3, purchase="spot"),
    row("linux-x86_64-vcpu", 0.04, service="fargate", unit="vcpu-hour"),
    row("linux-x86_64-memory", 0.005, service="fargate", unit="gib-hour"),
)


def bill(lines, **discounts):
    return price_usage(
        [UsageLine(**line) for line in lines],
        region="us-east-1",
        on=TODAY,
        book=BOOK,
        discounts=Discounts.model_validate(discounts),
    )


def machine(sku="small", hours=730.0, **changes):
    return {"service": "ec2", "sku": sku, "hours": hours, **changes}


def plan(usd_per_hour, **changes):
    return {
        "name": "plan",
        "services": ["ec2"],
        "usd_per_hour": usd_per_hour,
        "saving_fraction": 0.5,
        **changes,
    }


def test_a_negotiated_discount_is_a_line_of_its_own():
    found = bill([machine()], negotiated=[{"service": "ec2", "discount_fraction": 0.1}])

    assert [line.cost_usd for line in found.lines] == pytest.approx([730.0, -73.0])
    assert found.lines[1].label == "negotiated discount on ec2"
    assert found.lines[1].quote.basis == "input"


def test_a_discount_is_for_its_service_and_purchase_only_and_the_first_that_fits_counts():
    found = bill(
        [machine(), machine(purchase="spot", hours=100)],
        negotiated=[
            {"service": "ec2", "purchase": "spot", "discount_fraction": 0.5},
            {"discount_fraction": 0.1},
        ],
    )

    assert found.total_usd == pytest.approx(730 * 0.9 + 30 * 0.5)


def test_a_commitment_covers_usage_at_its_rate_and_charges_what_is_left_unused():
    """1 USD an hour buys two machines at half price; one runs: half of the dollar is lost."""
    found = bill([machine()], commitments=[plan(1.0)])

    costs = {line.label: line.cost_usd for line in found.lines}
    assert costs["ec2 small: covered by plan"] == pytest.approx(-730)
    assert costs["plan: commitment used"] == pytest.approx(365)
    assert costs["plan: commitment unused"] == pytest.approx(365)
    assert found.total_usd == pytest.approx(730)


def test_a_small_commitment_is_used_up_and_the_rest_stays_on_demand():
    found = bill([machine(count=2)], commitments=[plan(0.25)])

    assert found.total_usd == pytest.approx(730 * (0.25 + 1.5))
    assert found.lines[-1].cost_usd == 0.0


def test_the_hours_of_short_usage_do_not_save_the_other_hours_of_the_commitment():
    """A burst of 10 h at 4 USD/h: the plan covers 1 of its 2 USD/h then, and idles for 720 h."""
    found = bill([machine("big", hours=10)], commitments=[plan(1.0)])

    assert found.total_usd == pytest.approx(10 * 2.0 + 730)


def test_rates_come_from_the_book_when_the_plan_names_none():
    found = bill([machine()], commitments=[plan(0.6, saving_fraction=None)])

    assert found.total_usd == pytest.approx(730 * 0.6)
    with pytest.raises(QuoteNotFound, match="savings-1y"):
        bill([machine("big")], commitments=[plan(0.6, saving_fraction=None)])


def test_spot_is_not_covered_and_a_plan_without_usage_is_an_error_or_all_unused():
    found = bill([machine(purchase="spot")], commitments=[plan(1.0)])
    assert found.total_usd == pytest.approx(730 * 0.3 + 730)

    with pytest.raises(UsageError, match="covers sagemaker-hosting, but the bill has no such line"):
        bill([machine()], commitments=[plan(1.0, services=["sagemaker-hosting"])])


def test_a_negotiated_discount_is_taken_off_what_a_plan_left_over():
    found = bill(
        [machine(count=2)],
        commitments=[plan(0.5)],
        negotiated=[{"service": "ec2", "discount_fraction": 0.1}],
    )

    assert found.total_usd == pytest.approx(730 * (0.5 + 0.9))


def hour_by_hour(lines, usd_per_hour, saving):
    """Oracle: walk through 730 hours, one at a time, filling the commitment in each."""
    total = 0.0
    for hour in range(730):
        demand = sum(
            {"small": 1.0, "big": 4.0}[line["sku"]] * line["count"]
            for line in lines
            if hour < line["hours"]
        )
        covered = min(demand, usd_per_hour / (1 - saving))
        total += usd_per_hour + demand - covered
    return total


runs = st.lists(
    st.fixed_dictionaries(
        {
            "service": st.just("ec2"),
            "sku": st.sampled_from(["small", "big"]),
            "hours": st.sampled_from([1.0, 100.0, 729.0, 730.0]),
            "count": st.sampled_from([0.0, 1.0, 3.0]),
        }
    ),
    min_size=1,
    max_size=4,
)


@given(runs, st.sampled_from([0.1, 1.0, 7.5]), st.sampled_from([0.25, 0.5]))
@settings(max_examples=40, deadline=None)
def test_a_commitment_agrees_with_walking_through_every_hour(lines, usd_per_hour, saving):
    found = bill(lines, commitments=[plan(usd_per_hour, saving_fraction=saving)])

    assert found.total_usd == pytest.approx(hour_by_hour(lines, usd_per_hour, saving))
    assert found.total_usd == math.fsum(line.cost_usd for line in found.lines)


def test_no_discount_is_list_price():
    assert bill([machine()]).total_usd == 730.0
