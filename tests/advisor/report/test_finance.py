"""Cost lines for a spreadsheet: one row a line, in our columns and in those of FOCUS."""

import csv
import io
import json
import re
from datetime import date
from pathlib import Path

import pytest

from advisor.report.finance import (
    COLUMNS,
    FOCUS_COLUMNS,
    FOCUS_UNITS,
    PRICING,
    REGION_NAMES,
    SERVICES,
    harmless,
    render_csv,
    render_focus,
)
from pricing.tables import load_book
from tests.advisor.report.factories import bare, cost_line, costing, golden, of, quote, way


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_row_has_everything_of_its_line_and_of_its_option():
    line = cost_line(
        12.345678901234,
        label="vCPU",
        quantity_per_month=1460.0,
        unit="vcpu-hour",
        usd_per_unit=0.00845594445,
        quote=quote(checked_on=date(2026, 11, 1)),
    )
    (found,) = rows(render_csv(of(way("m on p", line, replicas=3, purchase="spot"))))

    assert found == {
        "study": "bare",
        "rank": "1",
        "chosen": "yes",
        "option": "m on p",
        "candidate": "m",
        "platform": "ecs-fargate",
        "sku": "1 vCPU",
        "region": "us-east-1",
        "purchase": "spot",
        "replicas": "3",
        "group": "serving",
        "line": "vCPU",
        "quantity_per_month": "1460.0",
        "unit": "vcpu-hour",
        "usd_per_unit": "0.00845594445",
        "usd_per_month": "12.345678901234",
        "basis": "list",
        "source": "AWS price list",
        "price_service": "fargate",
        "price_sku": "vcpu",
        "price_valid_from": "2026-01-02",
        "price_checked_on": "2026-11-01",
        "prices_on": "2026-11-21",
    }
    assert tuple(found) == COLUMNS


def test_a_line_without_a_price_of_the_book_leaves_its_columns_empty():
    (found,) = rows(render_csv(of(costing(3.0))))

    assert {found[name] for name in COLUMNS if name.startswith("price_")} == {""}


def test_options_are_numbered_and_only_the_first_is_chosen():
    found = rows(render_csv(of(way("a", cost_line(1.0), cost_line(2.0)), costing(5.0))))

    assert [(row["rank"], row["chosen"]) for row in found] == [
        *(("1", "yes"), ("1", "yes"), ("2", "no")),
    ]


def test_lines_end_the_same_way_everywhere():
    text = render_csv(of(costing(1.0)))

    assert text.count("\r\n") == 2
    assert text.replace("\r\n", "").count("\n") == 0


@pytest.mark.parametrize("render", [render_csv, render_focus])
def test_without_an_option_there_is_only_the_head(render):
    assert len(render(bare()).splitlines()) == 1


def focus(*lines, **changes) -> list[dict[str, str]]:
    found = rows(render_focus(of(way("m on p", *lines), costing(99.0), **changes)))
    assert all(tuple(row) == FOCUS_COLUMNS for row in found)
    return found


def test_the_chosen_option_is_a_month_of_charges():
    (found,) = focus(
        cost_line(10.0, quote=quote("ec2", "c7g.large", region="eu-west-1"), label="Compute")
    )

    for name, value in {
        "BilledCost": "10.0",
        "ListCost": "10.0",
        "EffectiveCost": "10.0",
        "ContractedCost": "10.0",
        "BillingCurrency": "USD",
        "BillingPeriodStart": "2026-11-01T00:00:00Z",
        "BillingPeriodEnd": "2026-12-01T00:00:00Z",
        "ChargePeriodStart": "2026-11-01T00:00:00Z",
        "ChargeCategory": "Usage",
        "ChargeDescription": "Compute",
        "ChargeFrequency": "Usage-Based",
        "ConsumedQuantity": "10.0",
        "ConsumedUnit": "Hours",
        "ListUnitPrice": "1.0",
        "PricingCategory": "Standard",
        "ProviderName": "AWS",
        "RegionId": "eu-west-1",
        "RegionName": "Europe (Ireland)",
        "ResourceName": "m on p",
        "ResourceType": "ecs-fargate",
        "ServiceCategory": "Compute",
        "ServiceName": "Amazon Elastic Compute Cloud",
        "SkuId": "c7g.large",
        "SkuPriceId": "ec2/c7g.large/eu-west-1/on-demand/2026-01-02",
        "x_Group": "serving",
        "x_Basis": "list",
        "x_PriceCheckedOn": "2026-11-21",
    }.items():
        assert found[name] == value, name
    assert json.loads(found["Tags"]) == {"study": "bare", "candidate": "m", "part": "serving"}


def test_what_no_vendor_bills_is_own_staff():
    (found,) = focus(cost_line(285.0, group="people", unit="h", label="Upkeep", basis="input"))

    for name, value in {
        "ProviderName": "Own staff",
        "PublisherName": "Own staff",
        "InvoiceIssuerName": "Own staff",
        "ChargeFrequency": "Recurring",
        "PricingCategory": "Other",
        "ServiceName": "Upkeep",
        "ServiceCategory": "Other",
        "RegionId": "",
        "RegionName": "",
        "SkuId": "Upkeep",
        "SkuPriceId": "Upkeep",
        "x_PriceCheckedOn": "",
    }.items():
        assert found[name] == value, name


@pytest.mark.parametrize(
    ("changes", "frequency"),
    [
        ({"group": "labels"}, "Recurring"),
        ({"group": "people"}, "Recurring"),
        ({"group": "training"}, "Usage-Based"),
        ({"quote": quote(purchase="savings-1y")}, "Recurring"),
        ({"quote": quote(purchase="spot")}, "Usage-Based"),
    ],
)
def test_what_is_paid_whatever_is_used_recurs(changes, frequency):
    assert focus(cost_line(3.0, **changes))[0]["ChargeFrequency"] == frequency


@pytest.mark.parametrize(("purchase", "category"), [*PRICING.items(), ("of-tomorrow", "Other")])
def test_the_way_to_buy_is_a_category(purchase, category):
    assert focus(cost_line(3.0, quote=quote(purchase=purchase)))[0]["PricingCategory"] == category


def test_a_discount_is_an_adjustment_without_quantity_or_price():
    _, found = focus(
        cost_line(10.0, quote=quote()), cost_line(-2.5, label="Discount", quote=quote())
    )

    assert found["ChargeCategory"] == "Adjustment"
    assert found["BilledCost"] == "-2.5"
    for name in ("ConsumedQuantity", "ConsumedUnit", "ListUnitPrice", "PricingCategory", "SkuId"):
        assert found[name] == "", name


@pytest.mark.parametrize(
    ("unit", "written"),
    [
        ("hour", "Hours"),
        ("gb-month", "GB-Months"),
        ("run", "Runs"),
        ("runs", "Runs"),
        ("h", "Hours"),
    ],
)
def test_a_unit_is_written_as_focus_does(unit, written):
    assert focus(cost_line(3.0, unit=unit))[0]["PricingUnit"] == written
    assert FOCUS_UNITS.get(unit, written) == written


@pytest.mark.parametrize(
    ("service", "name", "category"),
    [
        *((start, *said) for start, said in SERVICES.items()),
        ("ebs-gp3", "Amazon Elastic Block Store", "Storage"),
        ("sagemaker-hosting", "Amazon SageMaker", "AI and Machine Learning"),
        ("of-tomorrow", "of-tomorrow", "Other"),
    ],
)
def test_a_service_has_the_name_that_finance_knows(service, name, category):
    (found,) = focus(cost_line(3.0, quote=quote(service)))

    assert (found["ServiceName"], found["ServiceCategory"]) == (name, category)


def test_every_service_and_region_of_the_price_book_has_a_name():
    book = load_book()

    assert [row for row in book.rows if not row.service.startswith(tuple(SERVICES))] == []
    assert {row.region for row in book.rows} - set(REGION_NAMES) <= {"", "global", "aws"}


@pytest.mark.parametrize(
    ("day", "start", "end"),
    [
        (date(2026, 1, 1), "2026-01-01", "2026-02-01"),
        (date(2026, 2, 28), "2026-02-01", "2026-03-01"),
        (date(2026, 11, 30), "2026-11-01", "2026-12-01"),
        (date(2026, 12, 31), "2026-12-01", "2027-01-01"),
    ],
)
def test_the_bill_is_of_the_month_of_the_prices(day, start, end):
    stamp = bare().prices.replace(on=day, oldest_checked_on=day)
    (found,) = focus(cost_line(3.0), prices=stamp)

    assert found["BillingPeriodStart"] == f"{start}T00:00:00Z"
    assert found["BillingPeriodEnd"] == f"{end}T00:00:00Z"


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("plain", "plain"),
        ("a=b", "a=b"),
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        ("  =1", "'  =1"),
        ("\t=1", "'\t=1"),
        (-1.5, -1.5),
        (0, 0),
        ("", ""),
        (None, None),
    ],
)
def test_no_word_is_a_formula_and_a_figure_stays_one(cell, written):
    assert harmless(cell) == written


@pytest.mark.parametrize("kind", ["online", "jobs", "queue", "many-models", "gpu"])
def test_both_files_hold_the_whole_bill_of_a_whole_answer(kind):
    answer = golden(kind)
    ours = rows(render_csv(answer))
    theirs = rows(render_focus(answer))

    chosen = [float(row["usd_per_month"]) for row in ours if row["chosen"] == "yes"]
    assert sum(chosen) == pytest.approx(answer.best.usd_per_month)
    assert sum(float(row["BilledCost"]) for row in theirs) == pytest.approx(sum(chosen))
    assert len(ours) == sum(len(option.lines) for option in answer.ranked)
    assert not any(re.match(r"\s*[=+@]", cell) for row in ours for cell in row.values())


def test_rendering_writes_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    render_csv(of(costing(1.0)))

    assert list(Path(tmp_path).iterdir()) == []
