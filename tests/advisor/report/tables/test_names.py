"""Names of keys, units and prices, as people know them."""

import pytest

from advisor.report.tables.names import UNITS, figure_name, origin_of_price, unit_name


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("workload.requests_per_s", "Mean request rate"),
        ("horizon_months", "The answer must hold for"),
        ("current", "What runs today"),
        ("team.hours_per_month.ecs-fargate", "Upkeep of ECS Fargate"),
        ("team.hours_per_month.of-tomorrow", "Upkeep of of-tomorrow"),
        ("cloud.discounts.ec2", "Discount, ec2"),
        ("team.hours_per_month", "Upkeep"),
        ("cloud.discounts", "Discount"),
        ("workload.new_key", "workload.new_key"),
    ],
)
def test_a_key_of_the_study_has_a_name_or_shows_itself(key, name):
    assert figure_name(key) == name


@pytest.mark.parametrize(
    ("unit", "name"),
    [("hour", "h"), ("gb", "GB"), ("vcpu-hour", "vCPU-hour"), ("run", "run"), ("usd", "USD")],
)
def test_a_billing_unit_is_written_as_people_do(unit, name):
    assert unit_name(unit) == name
    assert UNITS.get(unit, unit) == name


@pytest.mark.parametrize(
    ("source", "origin"),
    [
        ("AWS price list, price of 2026-01-02", "AWS price list"),
        ("AWS price list", "AWS price list"),
        (
            "observed second-hand, not effective, from this day: a table, price of 2026-01-02",
            "second-hand: a table",
        ),
        ("a page, price of 2026-01-02 and more", "a page, price of 2026-01-02 and more"),
        ("said: observed second-hand, not effective, from this day: x", None),
    ],
)
def test_the_origin_of_a_price_leaves_out_what_has_its_own_column(source, origin):
    assert origin_of_price(source) == (source if origin is None else origin)
