"""What an hour of a rented machine comes to at most, and that a price that is not known is none."""

from datetime import date

import pytest

from advisor.measuring import rate_usd_per_hour
from benchmarks.remote.errors import RemoteError
from pricing.tables import load_book

ON = date(2026, 11, 1)


def rate(target, sku):
    return rate_usd_per_hour(load_book(), target=target, sku=sku, region="us-east-1", on=ON)


def test_disk_and_address_are_counted_by_hand():
    machine = load_book().get(service="ec2", sku="c7i.large", region="us-east-1", on=ON)

    expected = machine.price_usd_per_unit + 30 * 0.08 / 730 + 0.005
    assert rate("ec2", "c7i.large") == pytest.approx(expected)


def test_a_machine_without_a_price_is_refused_and_the_same_hardware_named():
    with pytest.raises(RemoteError, match=r"no price, no run.*--on c7g\.large rents the same"):
        rate("sagemaker-processing", "ml.c7g.large")


def test_a_machine_of_ones_own_costs_nothing_here():
    assert rate("ssh", "me@box") == 0.0
