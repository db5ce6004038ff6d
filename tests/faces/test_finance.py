"""The CSV files hold the bill to the cent, and nothing that a spreadsheet would run."""

import csv
import io
import json
import math
import re
from datetime import date

import pytest

from advisor.recommendation import LineQuote
from advisor.report import render
from advisor.report.finance import COLUMNS, FOCUS_COLUMNS, FOCUS_UNITS, harmless
from tests.faces.factories import hostile, infeasible, line, recommendation


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_lines_of_an_option_add_up_to_its_total():
    answer = recommendation()
    found = rows(render(answer, format="csv"))

    for place, option in enumerate(answer.ranked, start=1):
        own = [float(r["usd_per_month"]) for r in found if r["rank"] == str(place)]
        assert math.fsum(own) == pytest.approx(option.usd_per_month)
    assert sum(len(option.lines) for option in answer.ranked) == len(found)


def test_only_the_first_option_is_the_chosen_one():
    found = rows(render(recommendation(), format="csv"))

    assert {r["rank"] for r in found if r["chosen"] == "yes"} == {"1"}


def test_the_focus_file_is_the_chosen_options_month():
    answer = recommendation()
    found = rows(render(answer, format="focus"))

    assert math.fsum(float(r["BilledCost"]) for r in found) == pytest.approx(
        answer.best.usd_per_month
    )
    assert {r["BillingCurrency"] for r in found} == {"USD"}
    assert {r["ChargePeriodStart"] for r in found} == {"2026-11-01T00:00:00Z"}
    assert {r["ChargePeriodEnd"] for r in found} == {"2026-12-01T00:00:00Z"}
    assert {r["x_Estimate"] for r in found} == {"yes"}


REQUIRED_BY_FOCUS = {
    "BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd",
    "BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargePeriodEnd",
    "ChargePeriodStart", "ContractedCost", "EffectiveCost", "InvoiceIssuerName", "ListCost",
    "PricingQuantity", "PricingUnit", "ProviderName", "PublisherName", "ServiceCategory",
    "ServiceName",
}  # fmt: skip
"""Columns whose feature level is mandatory in FOCUS 1.0."""

MAY_BE_NULL = {"BillingAccountName", "ChargeClass", "PricingQuantity", "PricingUnit"}
CATEGORIES = {
    "AI and Machine Learning", "Compute", "Storage", "Networking", "Management and Governance",
    "Other",
}  # fmt: skip


@pytest.fixture
def discounted():
    """Return an answer with a vendor's line, a discount on it, and people's hours."""
    answer = recommendation()
    quote = LineQuote(
        service="ec2",
        sku="c7g.large",
        region="eu-west-1",
        purchase="on-demand",
        valid_from=date(2026, 1, 1),
        checked_on=date(2026, 11, 1),
    )
    lines = (
        line("Compute", 100.0, quote=quote),
        line("negotiated discount", -10.0, unit="usd", usd_per_unit=-0.1, quote=quote),
        line("Upkeep", 570.0, group="people", unit="h", basis="input"),
    )
    best = answer.best.replace(lines=lines, usd_per_month=660.0)
    return answer.replace(best=best, ranked=(best,))


def test_the_focus_file_has_what_the_specification_wants(discounted):
    found = rows(render(discounted, format="focus"))

    assert set(FOCUS_COLUMNS) >= REQUIRED_BY_FOCUS
    for row in found:
        assert [name for name in REQUIRED_BY_FOCUS - MAY_BE_NULL if row[name] == ""] == []
        assert row["ServiceCategory"] in CATEGORIES
        assert row["ChargeFrequency"] in {"One-Time", "Recurring", "Usage-Based"}
        assert row["PricingCategory"] in {"Standard", "Dynamic", "Committed", "Other", ""}
        if row["ChargeCategory"] == "Usage":
            product = float(row["ListUnitPrice"]) * float(row["PricingQuantity"])
            assert product == pytest.approx(float(row["ListCost"]))
            assert re.fullmatch(r"(1000 )?([A-Za-z]+-)?([A-Z][a-z]+s|GB|GiB)", row["PricingUnit"])
    compute, discount, upkeep = found
    assert (discount["ChargeCategory"], discount["PricingQuantity"]) == ("Adjustment", "")
    assert float(discount["ListCost"]) == float(discount["BilledCost"]) == -10
    assert (compute["PricingUnit"], compute["RegionName"]) == ("Hours", "Europe (Ireland)")
    assert (upkeep["ChargeFrequency"], upkeep["ProviderName"]) == ("Recurring", "Own staff")
    assert json.loads(compute["Tags"])["study"] == discounted.study
    assert math.fsum(float(row["BilledCost"]) for row in found) == pytest.approx(660.0)


def test_every_unit_of_the_price_book_has_its_name_in_focus():
    from typing import get_args

    from pricing.quotes import Unit

    assert set(get_args(Unit)) - set(FOCUS_UNITS) == {"usd"}  # of discounts, which have no unit


def test_the_month_of_december_ends_in_the_next_year():
    december = recommendation()
    stamp = december.prices.replace(on=date(2026, 12, 31))
    found = rows(render(december.replace(prices=stamp), format="focus"))

    assert {r["BillingPeriodEnd"] for r in found} == {"2027-01-01T00:00:00Z"}


@pytest.mark.parametrize(("name", "columns"), [("csv", COLUMNS), ("focus", FOCUS_COLUMNS)])
def test_nothing_feasible_is_a_header_alone(name, columns):
    assert render(infeasible(), format=name) == ",".join(columns) + "\r\n"


@pytest.mark.parametrize("name", ["csv", "focus"])
def test_no_cell_is_a_formula(name):
    answer = hostile()
    attack = "=HYPERLINK(1)"
    best = answer.best.replace(
        name=attack, lines=(answer.best.lines[0].replace(label="@x"), *answer.best.lines[1:])
    )
    text = render(answer.replace(best=best, ranked=(best,), study="+1"), format=name)

    cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    assert "'=HYPERLINK(1)" in cells
    assert [c for c in cells if c.lstrip()[:1] in "=+-@" and c.lstrip()[:1]] == []
    assert "\x1b" not in text


@pytest.mark.parametrize("attack", ["=1", "+1", "-1", "@x", " =1", "\t=1", "\r=1"])
def test_what_a_spreadsheet_takes_for_a_formula_is_quoted(attack):
    assert harmless(attack) == f"'{attack}"


def test_a_figure_stays_a_figure():
    assert harmless(-1.5) == -1.5
