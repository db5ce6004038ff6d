"""Bills of every form: three costs that are never mixed, and each trap of a form."""

import json
from datetime import date

import pytest

from advisor.imports.bills import BillError, Scope, read_bill
from advisor.imports.bills.cur import LINE_TYPES
from advisor.imports.bills.meters import meter_of, metered, tail_and_region
from tests.advisor.imports.bill_files import (
    cost_explorer,
    cur,
    focus,
    plan_bill,
    write_csv,
    write_parquet,
)


def read_rows(tmp_path, rows, **scope):
    return read_bill([write_parquet(tmp_path / "bill.parquet", rows)], scope=Scope(**scope))


def of_kind(bill, kind):
    return [row for row in bill.rows if row.kind == kind]


def write_json(path, document):
    path.write_text(json.dumps(document))
    return path


# Forms


@pytest.mark.parametrize("form", ["parquet", "csv", "old"])
def test_the_bill_of_a_savings_plan_is_its_closed_form_in_every_form(tmp_path, form):
    if form == "parquet":
        path = write_parquet(tmp_path / "a.parquet", plan_bill())
    else:
        path = write_csv(tmp_path / "a.csv.gz", plan_bill(), old=form == "old")
    bill = read_bill([path])

    assert bill.form == ("CUR" if form == "old" else "CUR 2.0")
    assert bill.cash_usd == pytest.approx(36.5)
    assert bill.amortised_usd == pytest.approx(36.5)
    (use,) = of_kind(bill, "usage")
    assert (use.meter, use.sku, use.region) == ("fargate", "linux-x86_64-vcpu", "us-east-1")
    assert (use.quantity, use.unit, use.purchase) == (1000.0, "vcpu-hour", "savings")
    assert use.amortised_usd == pytest.approx(30.0)
    assert use.list_usd == pytest.approx(40.48)
    (unused,) = of_kind(bill, "unused_commitment")
    assert (unused.cash_usd, unused.amortised_usd) == pytest.approx((36.5, 6.5))
    assert sum(row.list_usd for row in bill.rows) == pytest.approx(40.48)


def test_reservations_follow_the_rules_of_their_line_types(tmp_path):
    rows = [
        cur("USE1-BoxUsage:m5.large", type="DiscountedUsage", hours=600, cash=0.0,
            reservation_effective_cost=36.0, product="AmazonEC2"),
        cur("USE1-HeavyUsage:m5.large", type="RIFee", cash=20.0, product="AmazonEC2",
            reservation_unused_amortized_upfront_fee_for_billing_period=3.0,
            reservation_unused_recurring_fee=4.0),
        cur("USE1-HeavyUsage:m5.large", type="Fee", cash=276.0, product="AmazonEC2",
            reservation_reservation_a_r_n="arn:aws:ec2:us-east-1:1:reserved-instances/x"),
        cur("Support", type="Fee", cash=29.0, product="AWSSupport"),
        cur("Upfront", type="SavingsPlanUpfrontFee", cash=100.0),
    ]  # fmt: skip
    bill = read_rows(tmp_path, rows)
    amounts = {(r.kind, r.usage_type): (r.cash_usd, r.amortised_usd) for r in bill.rows}

    assert amounts == {
        ("usage", "USE1-BoxUsage:m5.large"): (0.0, 36.0),
        ("unused_commitment", "USE1-HeavyUsage:m5.large"): (20.0, 7.0),
        ("commitment", "USE1-HeavyUsage:m5.large"): (276.0, 0.0),
        ("fees", "Support"): (29.0, 29.0),
        ("commitment", "Upfront"): (100.0, 0.0),
    }
    assert of_kind(bill, "usage")[0].purchase == "reserved"


def test_focus_counts_a_purchase_in_cash_and_its_use_effectively(tmp_path):
    plan = {"CommitmentDiscountId": "sp-1", "CommitmentDiscountType": "Savings Plan"}
    rows = [
        focus(ChargeCategory="Purchase", BilledCost=36.5, ListCost=36.5, **plan, x_UsageType="SP"),
        focus(EffectiveCost=30.0, ListCost=40.48, PricingQuantity=1000.0,
              CommitmentDiscountStatus="Used", **plan),
        focus(EffectiveCost=6.5, CommitmentDiscountStatus="Unused", **plan, x_UsageType=None,
              SkuId="SP1"),
    ]  # fmt: skip
    bill = read_rows(tmp_path, rows)

    assert bill.form == "FOCUS"
    assert bill.cash_usd == pytest.approx(36.5)
    assert bill.amortised_usd == pytest.approx(36.5)
    (use,) = of_kind(bill, "usage")
    assert (use.quantity, use.amortised_usd, use.purchase) == (1000.0, 30.0, "savings")
    assert sum(row.list_usd for row in bill.rows) == pytest.approx(40.48), "doubled over purchase"
    assert of_kind(bill, "unused_commitment")[0].amortised_usd == 6.5
    assert of_kind(bill, "commitment")[0].amortised_usd == 0


def hours_of(count, first=0, **changes):
    """Return hourly rows of 1 February 2026, without AWS's own columns."""
    return [
        focus(
            BillingPeriodStart="2026-02-01T00:00:00Z", PricingQuantity=1.0, ConsumedQuantity=1.0,
            ConsumedUnit="Hours", x_UsageType=None, x_ServiceCode=None, x_Operation=None,
            ChargePeriodStart=f"2026-02-01T{hour:02}:00:00Z",
            ChargePeriodEnd=f"2026-02-01T{hour:02}:59:59Z", **changes,
        )
        for hour in range(first, first + count)
    ]  # fmt: skip


PLAN = {"CommitmentDiscountId": "sp-abc123def456", "CommitmentDiscountType": "Savings Plan"}
RESERVED = {
    "CommitmentDiscountId": "ri-abc123def456",
    "CommitmentDiscountType": "Reserved Instance",
}
USED = {"CommitmentDiscountStatus": "Used", "SkuId": "AWS-USEAST1-COMPUTE-USAGE"}
UNUSED = {"CommitmentDiscountStatus": "Unused", "SkuId": "AWS-USEAST1-COMPUTE-UNUSED"}


def bought(usd, **changes):
    """Return the purchase of a year's commitment, billed at once."""
    return focus(
        ChargeCategory="Purchase", BilledCost=usd, ListCost=usd, PricingQuantity=1.0,
        PricingUnit="Units", BillingPeriodStart="2026-02-01T00:00:00Z", x_UsageType=None,
        ChargePeriodStart="2026-02-01T00:00:00Z", ChargePeriodEnd="2027-02-01T00:00:00Z",
        SkuId="AWS-USEAST1-COMPUTE-PURCHASE", **changes,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "cash", "used", "unused", "listed"),
    [
        (  # aws_savings_plan_all_upfront_75pct.csv
            [bought(459_024.0, **PLAN),
             *hours_of(18, EffectiveCost=52.4, ListCost=78.6, **PLAN, **USED),
             *hours_of(6, 18, EffectiveCost=52.4, ListCost=78.6, **PLAN, **UNUSED)],
            459_024.0, {"savings": 943.2}, 314.4, 1414.8,
        ),
        (  # aws_savings_plan_all_upfront_overage.csv
            [bought(211_992.0, **PLAN),
             *hours_of(24, EffectiveCost=24.2, ListCost=36.3, **PLAN, **USED),
             *hours_of(12, BilledCost=36.3, EffectiveCost=36.3, ListCost=36.3,
                       SkuId="AWS-USEAST1-COMPUTE-ONDEMAND")],
            212_427.6, {"savings": 580.8, "on-demand": 435.6}, 0.0, 1306.8,
        ),
        (  # aws_reserved_instance_partial_upfront_100pct.csv
            [bought(119_166.66, **RESERVED), bought(9_930.56, **RESERVED),
             *hours_of(24, EffectiveCost=50.23, ListCost=75.35, **RESERVED, **USED)],
            129_097.22, {"reserved": 1205.52}, 0.0, 1808.4,
        ),
    ],
    ids=["plan at 75%", "plan with overage", "reservation, partly upfront"],
)  # fmt: skip
def test_the_specifications_own_scenarios_of_commitments(
    tmp_path, rows, cash, used, unused, listed
):
    """Figures of FOCUS_Spec specification/data/commitment_discount_scenarios, committed rows."""
    bill = read_rows(tmp_path, rows)

    assert bill.cash_usd == pytest.approx(cash)
    found: dict[str, float] = {}
    for row in of_kind(bill, "usage"):
        found[row.purchase] = found.get(row.purchase, 0.0) + row.amortised_usd
    assert found == pytest.approx(used)
    kept = sum(row.amortised_usd for row in of_kind(bill, "unused_commitment"))
    assert kept == pytest.approx(unused)
    assert sum(row.list_usd for row in bill.rows) == pytest.approx(listed)


def test_the_specifications_own_correction_moves_use_from_one_resource_to_another(tmp_path):
    """FOCUS_Spec correction-handling-examples, scenario_1_partial_reallocation_delta.csv."""
    fixed = {"ChargeClass": "Correction", "BillingPeriodStart": "2025-06-01T00:00:00Z",
             "ChargePeriodStart": "2025-05-01T00:00:00Z", "SkuId": "USG-123",
             "ChargePeriodEnd": "2025-05-01T01:00:00Z", "x_UsageType": None}  # fmt: skip
    rows = [
        focus(BilledCost=usd, EffectiveCost=usd, ListCost=usd * 4 / 3, PricingQuantity=hours,
              ResourceId=resource, **fixed)
        for usd, hours, resource in ((-300.0, -200.0, "R-111"), (300.0, 200.0, "R-222"))
    ]  # fmt: skip
    ours = read_rows(tmp_path, rows, resource="R-222")

    assert {(r.owner, r.kind, r.quantity, r.cash_usd) for r in ours.rows} == {
        ("ours", "corrections", 200.0, 300.0), ("others", "corrections", -200.0, -300.0),
    }  # fmt: skip
    assert read_rows(tmp_path, rows).cash_usd == 0.0


def test_focus_names_the_thing_by_what_it_has(tmp_path):
    named = {"x_UsageType": None, "BilledCost": 1.0, "EffectiveCost": 1.0}
    rows = [
        focus(**named, SkuId="ABC", SkuPriceId="ABC.1"),
        focus(**named, SkuPriceId="DEF.1"),
        focus(**named, ChargeDescription="a thing"),
    ]
    bill = read_rows(tmp_path, rows)

    assert {(r.meter, r.sku) for r in bill.rows} == {
        ("unknown", "ABC"), ("unknown", "DEF.1"), ("unknown", "a thing"),
    }  # fmt: skip
    assert "3 usage types are of no known meter" in bill.notes[0]


def test_focus_as_csv_with_tags_in_json_is_the_same_bill(tmp_path):
    rows = [
        focus(BilledCost=5.0, EffectiveCost=5.0, PricingQuantity=50.0, Tags={"model": "churn"}),
        focus(BilledCost=7.0, EffectiveCost=7.0, PricingQuantity=70.0, Tags={"model": "x"}),
        focus(BilledCost=9.0, EffectiveCost=9.0, PricingQuantity=90.0, Tags={}),
    ]
    scope = Scope(tag=("model", "churn"))
    whole = read_bill([write_parquet(tmp_path / "a.parquet", rows)], scope=scope)
    text = read_bill([write_csv(tmp_path / "a.csv.gz", rows)], scope=scope)

    owners = {row.owner: row.cash_usd for row in whole.rows}
    assert owners == {"ours": 5.0, "others": 7.0, "untagged": 9.0}
    assert {row.owner: row.cash_usd for row in text.rows} == owners


def test_cost_explorer_is_read_with_its_texts_and_both_orders_of_keys(tmp_path):
    groups = [
        ("USE1-Host:ml.m5.large", "Usage", 172.5, 172.5, 1500.0),
        ("USE1-BoxUsage:c5.large", "DiscountedUsage", 0.0, 12.0, 300.0),
        ("NoUsageType", "Tax", 10.0, 10.0, 0.0),
    ]
    answer = cost_explorer(groups)
    bill = read_bill([write_json(tmp_path / "ce.json", answer)])

    assert bill.form == "Cost Explorer"
    assert (bill.cash_usd, bill.amortised_usd) == pytest.approx((182.5, 194.5))
    assert of_kind(bill, "usage")[0].quantity == 1500.0
    answer["GroupDefinitions"].reverse()
    for group in answer["ResultsByTime"][0]["Groups"]:
        group["Keys"].reverse()
    assert read_bill([write_json(tmp_path / "b.json", answer)]).rows == bill.rows


def test_cost_explorer_says_what_is_missing(tmp_path):
    group = ("USE1-Host:ml.m5.large", "Usage", 1.0, 1.0, 1.0)
    path = tmp_path / "ce.json"

    write_json(path, cost_explorer([group], NextPageToken="more"))
    with pytest.raises(BillError, match="next page"):
        read_bill([path])
    write_json(path, cost_explorer([(group[0], "Barter", 1.0, 1.0, 1.0)]))
    with pytest.raises(BillError, match="'Barter'"):
        read_bill([path])
    write_json(path, cost_explorer([group, group]))
    with pytest.raises(BillError, match="there twice"):
        read_bill([path])
    answer = cost_explorer([group])
    del answer["ResultsByTime"][0]["Groups"][0]["Metrics"]["AmortizedCost"]
    write_json(path, answer)
    with pytest.raises(BillError, match=r"no AmortizedCost.*--metrics"):
        read_bill([path])
    answer = cost_explorer([group])
    answer["ResultsByTime"][0]["Estimated"] = True
    write_json(path, answer)
    assert "estimated" in read_bill([path]).notes[0]


# Parts and manifests


@pytest.mark.parametrize("key", ["reportKeys", "dataFiles"])
def test_a_manifest_names_its_parts_wherever_they_lie_beside_it(tmp_path, key):
    data = tmp_path / "data" / "BILLING_PERIOD=2026-09"
    meta = tmp_path / "metadata" / "BILLING_PERIOD=2026-09"
    data.mkdir(parents=True)
    meta.mkdir(parents=True)
    for number in (1, 2):
        row = cur(hours=10.0 * number, cash=1.15 * number)
        write_csv(data / f"report-0000{number}.csv.gz", [row], old=key == "reportKeys")
    names = [f"data/BILLING_PERIOD=2026-09/report-0000{n}.csv.gz" for n in (1, 2)]
    manifest = write_json(meta / "Manifest.json", {key: [f"s3://b/p/{n}" for n in names]})

    assert read_bill([manifest]).cash_usd == pytest.approx(3.45)
    (data / "report-00002.csv.gz").unlink()
    with pytest.raises(BillError, match=r"report-00002.csv.gz, which is not beside it"):
        read_bill([manifest])


def test_two_exports_of_one_month_are_never_added(tmp_path):
    for folder, cash in (("a", 1.0), ("b", 1.1)):
        (tmp_path / folder).mkdir()
        write_parquet(tmp_path / folder / "bill-00001.parquet", [cur(hours=1, cash=cash)])
        parts = {"dataFiles": ["bill-00001.parquet"], "billingPeriod": "2026-09"}
        write_json(tmp_path / folder / "Manifest.json", parts)
    files = [tmp_path / folder / "bill-00001.parquet" for folder in ("a", "b")]

    with pytest.raises(BillError, match="same month"):
        read_bill([tmp_path / folder / "Manifest.json" for folder in ("a", "b")])
    with pytest.raises(BillError, match="second copy"):
        read_bill(files)
    with pytest.raises(BillError, match="second copy"):
        read_bill([files[0], files[0]])


def test_two_months_whose_parts_are_called_alike_are_one_bill(tmp_path):
    for folder, month in (("a", "08"), ("b", "09")):
        (tmp_path / folder).mkdir()
        row = cur(hours=1, cash=1.0, bill_billing_period_start_date=f"2026-{month}-01T00:00:00Z",
                  start=f"2026-{month}-01T00:00:00Z", end=f"2026-{month}-02T00:00:00Z")  # fmt: skip
        write_csv(tmp_path / folder / "bill-00001.csv.gz", [row])

    bill = read_bill([tmp_path / f / "bill-00001.csv.gz" for f in ("a", "b")])
    assert sorted(row.period for row in bill.rows) == [date(2026, 8, 1), date(2026, 9, 1)]


def test_two_forms_are_not_one_bill(tmp_path):
    paths = [
        write_parquet(tmp_path / "a.parquet", [cur(cash=1.0)]),
        write_parquet(tmp_path / "b.parquet", [focus(BilledCost=1.0)]),
    ]

    with pytest.raises(BillError, match="CUR and FOCUS"):
        read_bill(paths)


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"{}", b'{"x": 1}', b"{nonsense"])
def test_what_is_no_bill_is_said_in_one_line(tmp_path, content):
    path = tmp_path / "bill.csv"
    path.write_bytes(content)

    with pytest.raises(BillError, match=r"bill\.csv") as caught:
        read_bill([path])
    assert "\n" not in str(caught.value)


# Traps


def test_split_rows_are_parts_of_a_row_that_is_billed_itself(tmp_path):
    parent = "arn:aws:ec2:us-east-1:1:instance/i-1"
    rows = [
        cur("USE1-BoxUsage:m5.large", hours=24, cash=2.304, product="AmazonEC2"),
        cur("USE1-ECS-EC2-vCPU-Hours", hours=48, cash=1.5, product="AmazonECS",
            split_line_item_parent_resource_id=parent),
        cur("USE1-EKS-EC2-GB-Hours", hours=48, cash=0.8, product="AmazonEKS"),
    ]  # fmt: skip
    bill = read_rows(tmp_path, rows)

    assert bill.cash_usd == pytest.approx(2.304)
    assert (bill.row_count, bill.left_out_row_count) == (3, 2)


def test_what_a_plan_does_not_cover_is_a_second_row_at_the_on_demand_price(tmp_path):
    """`savings_plan_rate` is the price, `effective_cost` what this row took."""
    rows = [
        cur(type="SavingsPlanCoveredUsage", hours=700, cash=80.5, plan=56.0,
            savings_plan_savings_plan_rate=0.08),
        cur(type="Usage", hours=300, cash=34.5, savings_plan_savings_plan_rate=0.08),
    ]  # fmt: skip
    bill = read_rows(tmp_path, rows)

    assert {r.purchase: (r.quantity, r.amortised_usd) for r in bill.rows} == {
        "savings": (700.0, 56.0), "on-demand": (300.0, 34.5),
    }  # fmt: skip


def test_negotiated_discounts_are_rows_of_their_own_and_net_columns_need_not_be_there(tmp_path):
    rows = [
        cur(hours=1000, cash=115.0),
        cur(type="EdpDiscount", cash=-23.0, resource="", tags={}),
    ]
    with_net = [row | {"line_item_net_unblended_cost": 92.0} for row in rows]
    bill = read_rows(tmp_path, rows)

    assert of_kind(bill, "discounts")[0].amortised_usd == -23.0
    assert sum(row.amortised_usd for row in of_kind(bill, "usage")) == 115.0
    assert bill.cash_usd == pytest.approx(92.0)
    path = write_parquet(tmp_path / "net.parquet", with_net)
    assert read_bill([path]).rows == bill.rows


def test_rows_are_attributed_by_resource_then_by_tag_then_not_at_all(tmp_path):
    ours, theirs = {"user_model": "churn"}, {"user_model": "fraud"}
    rows = [
        cur(cash=1.0, hours=1, tags=ours, resource="x"),
        cur(cash=2.0, hours=1, tags=theirs, resource="arn:endpoint/CHURN-2"),
        cur(cash=4.0, hours=1, tags=theirs, resource="x"),
        cur("USE1-PublicIPv4:InUseAddress", cash=8.0, hours=1, resource="eni-1",
            product="AmazonVPC"),
        cur(type="Tax", cash=16.0, resource=""),
    ]  # fmt: skip
    scope = {"tag": ("Model", "churn"), "resource": "churn"}
    bill = read_rows(tmp_path, rows, **scope)
    by_owner = {
        owner: sum(row.cash_usd for row in bill.rows if row.owner == owner)
        for owner in ("ours", "others", "untagged")
    }

    assert by_owner == {"ours": 3.0, "others": 4.0, "untagged": 24.0}
    old = read_bill([write_csv(tmp_path / "o.csv.gz", rows, old=True)], scope=Scope(**scope))
    assert sorted(row.owner for row in old.rows) == sorted(row.owner for row in bill.rows)


def test_load_balancers_share_a_usage_type_and_are_told_apart():
    def sku(operation):
        return meter_of("LoadBalancerUsage", product="AWSELB", operation=operation).sku

    assert sku("LoadBalancing:Application") == "application"
    assert sku("LoadBalancing:Network") == "network"
    assert sku("LoadBalancing") == "classic"
    assert sku("$0.0225 per Network LoadBalancer-hour (or partial hour)") == "network"
    units = meter_of("EU-LCUUsage", product="AWSELB", operation="LoadBalancing:Network")
    assert (units.sku, units.unit) == ("network-lcu", "lcu-hour")


def test_without_an_operation_the_description_tells_the_load_balancer(tmp_path):
    words = "$0.0225 per Network LoadBalancer-hour (or partial hour)"
    row = cur("LoadBalancerUsage", hours=24, cash=0.54, product="AWSELB")
    del row["line_item_operation"]
    rows = [row | {"line_item_line_item_description": words}]

    assert read_rows(tmp_path, rows).rows[0].sku == "network"


def test_addresses_in_use_and_idle_both_cost(tmp_path):
    rows = [
        cur(f"USE1-PublicIPv4:{what}Address", hours=100, cash=0.5, product="AmazonVPC")
        for what in ("InUse", "Idle")
    ]

    assert {row.sku for row in read_rows(tmp_path, rows).rows} == {"address", "idle-address"}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"type": "Barter"}, "Barter"),
        ({"line_item_currency_code": "CNY"}, "CNY"),
        ({"unit": "Fortnights"}, "Fortnights"),
    ],
)
def test_what_is_not_known_stops_the_reader_with_its_name(tmp_path, changes, named):
    with pytest.raises(BillError, match=f"'{named}'"):
        read_rows(tmp_path, [cur(hours=1, cash=0.1), cur(hours=1, cash=0.1, **changes)])


@pytest.mark.parametrize(
    ("changes", "named"),
    [({"ChargeCategory": "Gift"}, "Gift"), ({"BillingCurrency": "EUR"}, "EUR")],
)
def test_focus_stops_at_what_is_not_known_too(tmp_path, changes, named):
    with pytest.raises(BillError, match=f"'{named}'"):
        read_rows(tmp_path, [focus(BilledCost=1.0, **changes)])


def test_a_line_type_whose_cost_needs_a_column_that_is_not_there_is_an_error(tmp_path):
    rows = plan_bill()
    for row in rows:
        del row["savings_plan_savings_plan_effective_cost"]

    with pytest.raises(BillError, match="SavingsPlanCoveredUsage but no column savings_plan_sav"):
        read_rows(tmp_path, rows)


def test_a_correction_keeps_the_month_that_it_corrects(tmp_path):
    rows = [
        focus(BilledCost=11.5, EffectiveCost=11.5, PricingQuantity=100.0),
        focus(BilledCost=-2.3, EffectiveCost=-2.3, PricingQuantity=-20.0, ChargeClass="Correction",
              BillingPeriodStart="2026-10-01T00:00:00Z"),
    ]  # fmt: skip
    bill = read_rows(tmp_path, rows)

    (fixed,) = of_kind(bill, "corrections")
    assert (fixed.day, fixed.period) == (date(2026, 9, 1), date(2026, 10, 1))
    assert (fixed.quantity, fixed.cash_usd) == (-20.0, -2.3)


def test_effective_costs_in_whole_dollars_are_no_truth(tmp_path):
    rows = [focus(BilledCost=0.3 + n, EffectiveCost=float(n), SkuId=str(n), x_UsageType=None)
            for n in range(6)]  # fmt: skip

    assert "whole dollars" in read_rows(tmp_path, rows).notes[-1]


def test_many_batches_add_up_to_the_same_rows(tmp_path, monkeypatch):
    rows = [
        cur(hours=1.0, cash=0.115, start=f"2026-09-{1 + n // 24:02}T{n % 24:02}:00:00Z",
            end=f"2026-09-{1 + n // 24:02}T{n % 24:02}:59:59Z")
        for n in range(24 * 28)
    ]  # fmt: skip
    whole = read_rows(tmp_path, rows)
    monkeypatch.setattr("advisor.imports.bills.tables.BATCH_ROW_COUNT", 7)
    monkeypatch.setattr("advisor.imports.bills.tables.PARTIAL_COUNT", 3)
    pieces = read_rows(tmp_path, rows)

    assert len(whole.rows) == 28
    assert pieces.cash_usd == pytest.approx(672 * 0.115)
    assert sorted((r.day, round(r.quantity, 6)) for r in pieces.rows) == sorted(
        (r.day, round(r.quantity, 6)) for r in whole.rows
    )


# Meters


@pytest.mark.parametrize(
    ("usage_type", "product", "expected"),
    [
        ("USE1-Host:ml.m5.large", "AmazonSageMaker", ("sagemaker-hosting", "ml.m5.large")),
        ("USE1-AsyncInf:ml.g6e.2xlarge", "AmazonSageMaker", ("sagemaker-async", "ml.g6e.2xlarge")),
        ("EU-ServerlessInf:Mem-4GB", "AmazonSageMaker", ("sagemaker-serverless", "memory-4gb")),
        ("USE1-Tsform:ml.c5.9xlarge", "", ("sagemaker-batch-transform", "ml.c5.9xlarge")),
        ("USE1-Processing:ml.m5.xlarge", "", ("sagemaker-processing", "ml.m5.xlarge")),
        ("EU-Train:ml.m5.large", "", ("sagemaker-training", "ml.m5.large")),
        ("USE1-Notebk:ml.t3.medium", "", ("sagemaker-notebook", "ml.t3.medium")),
        ("EU-Studio:JupyterLab-ml.t3.medium", "", ("sagemaker-studio", "ml.t3.medium")),
        ("USE1-Fargate-vCPU-Hours:perCPU", "AmazonECS", ("fargate", "linux-x86_64-vcpu")),
        ("USW2-Fargate-GB-Hours", "AmazonECS", ("fargate", "linux-x86_64-memory")),
        ("EUC1-Fargate-ARM-vCPU-Hours:perCPU", "AmazonECS", ("fargate", "linux-arm64-vcpu")),
        ("USW2-SpotUsage-Fargate-vCPU-Hours:perCPU", "AmazonECS", ("fargate", "linux-x86_64-vcpu")),
        ("USW2-BoxUsage:m5.large", "AmazonEC2", ("ec2", "m5.large")),
        ("USE1-SpotUsage:g5.xlarge", "AmazonEC2", ("ec2", "g5.xlarge")),
        ("LoadBalancerUsage", "AWSELB", ("load-balancer", "application")),
        ("EU-LCUUsage", "AWSELB", ("load-balancer", "application-lcu")),
        ("USE1-PublicIPv4:InUseAddress", "AmazonVPC", ("public-ipv4", "address")),
        ("TimedStorage-ByteHrs", "AmazonECR", ("ecr", "storage")),
        ("TimedStorage-ByteHrs", "AmazonS3", ("s3", "storage")),
    ],
)
def test_usage_types_are_meters_of_the_price_book(usage_type, product, expected):
    found = meter_of(usage_type, product=product, operation="")

    assert (found.service, found.sku) == expected


def test_a_usage_type_that_two_products_share_is_not_guessed():
    assert meter_of("TimedStorage-ByteHrs", product="", operation="") is None
    assert meter_of("USE1-Host:ml.m5.largeX-y", product="", operation="") is None


def test_spot_fargate_is_spot():
    found = meter_of("USW2-SpotUsage-Fargate-GB-Hours", product="AmazonECS", operation="")

    assert found.purchase == "spot"


def test_a_prefix_is_a_region_and_none_is_the_first():
    assert tail_and_region("EU-LCUUsage") == ("LCUUsage", "eu-west-1")
    assert tail_and_region("APS3-Host:ml.m5.large")[1] == "ap-south-1"
    assert tail_and_region("ECS-EC2-vCPU-Hours") == ("ECS-EC2-vCPU-Hours", "us-east-1")


def test_quantities_are_in_the_price_books_units():
    requests = metered("Requests-Tier1", quantity=5000, unit="Requests", region="eu-west-1",
                       product="AmazonS3", where="x")  # fmt: skip
    disk = metered("EBS:VolumeP-Throughput.gp3", quantity=0.5, unit="GiBps-mo", region="",
                   where="x")  # fmt: skip

    assert (requests.quantity, requests.unit) == (5.0, "1k-requests")
    assert (disk.quantity, disk.unit) == (512.0, "mibps-month")


def test_every_line_type_has_its_kind():
    assert LINE_TYPES["SavingsPlanNegation"] == "negation"
    assert len(LINE_TYPES) == 16
