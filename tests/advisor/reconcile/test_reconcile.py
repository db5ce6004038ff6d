"""A bill held against an answer: closed forms, traps, and bills with a cause put in."""

import math
import random
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.errors import AdvisorError
from advisor.imports.metrics import Metric
from advisor.recommendation import Recommendation
from advisor.reconcile import Reconciliation, reconcile
from advisor.reconcile.billed import Days
from advisor.reconcile.markdown import markdown_of
from advisor.reconcile.predicted import driver_of, predicted_of
from tests.advisor.reconcile.worlds import (
    FIRST,
    answer_with,
    bill_as_predicted,
    bill_of,
    billed_row,
    daily,
    random_answer,
    vendor_line,
)
from tests.faces.factories import HOSTILE, infeasible, line

MONTH = 720.0 / 730.0
"""What a September of 720 hours is of our month."""


def only_part(found):
    (part,) = found.parts
    return part


# Closed forms


def test_more_hours_at_the_same_price_are_by_quantity():
    answer = answer_with(vendor_line("sagemaker-hosting", "ml.m5.large", 1460.0 / MONTH, 0.115))
    bill = bill_of(billed_row("sagemaker-hosting", "ml.m5.large", 1500.0, 172.5))

    part = only_part(reconcile(answer, bill))
    assert part.by_quantity_usd == pytest.approx(4.60)
    assert part.by_price_usd == pytest.approx(0.0, abs=1e-9)
    assert part.joint_usd == pytest.approx(0.0, abs=1e-9)


def test_quantity_and_price_at_once_leave_a_joint_part():
    answer = answer_with(
        vendor_line("fargate", "linux-x86_64-vcpu", 730.0 / MONTH, 0.04048, "vcpu-hour")
    )
    bill = bill_of(billed_row("fargate", "linux-x86_64-vcpu", 1000.0, 30.0, "vcpu-hour"))

    found = reconcile(answer, bill)
    part = only_part(found)
    assert part.by_quantity_usd == pytest.approx(10.9296)
    assert part.by_price_usd == pytest.approx(-7.6504)
    assert part.joint_usd == pytest.approx(-2.8296)
    assert found.difference_usd == pytest.approx(0.4496)


def test_the_plan_of_the_closed_form_is_thirty_used_and_the_unused_apart():
    answer = answer_with(
        vendor_line("fargate", "linux-x86_64-vcpu", 1000.0 / MONTH, 0.030, "vcpu-hour")
    )
    use = billed_row("fargate", "linux-x86_64-vcpu", 1000.0, 30.0, "vcpu-hour", cash_usd=40.48,
                     purchase="savings")  # fmt: skip
    none = {"quantity": 0.0, "usd": 0.0}
    bill = bill_of(
        use,
        billed_row("", "", **none, cash_usd=-40.48, kind="negation"),
        billed_row("", "", **none, cash_usd=36.5, amortised_usd=6.5, kind="unused_commitment"),
    )

    found = reconcile(answer, bill)
    assert found.billed_usd == pytest.approx(30.0)
    assert found.difference_usd == pytest.approx(0.0, abs=1e-9)
    assert found.apart == {"unused_commitment": 6.5}
    assert found.cash_usd == pytest.approx(36.5)
    assert found.timing_usd == pytest.approx(0.0, abs=1e-9)
    assert found.verdict == "as predicted"


def test_a_month_is_compared_hour_by_hour_and_storage_by_the_month():
    def share(first, end, unit):
        return Days(date.fromisoformat(first), date.fromisoformat(end)).share(unit)

    assert share("2026-02-01", "2026-03-01", "hour") == pytest.approx(672 / 730)
    assert share("2026-03-01", "2026-04-01", "hour") == pytest.approx(744 / 730)
    assert share("2026-02-01", "2026-03-01", "gb-month") == pytest.approx(1.0)
    assert share("2026-02-15", "2026-03-16", "gb-month") == pytest.approx(14 / 28 + 15 / 31)


def test_peoples_hours_are_in_no_bill():
    lines = vendor_line("ecr", "storage", 10.0, 0.1, "gb-month")
    answer = answer_with(lines, line("Labels", 50.0, group="labels"), people_usd=500.0)

    found = reconcile(answer, bill_of(billed_row("ecr", "storage", 10.0, 1.0, "gb-month")))
    assert found.predicted_usd == pytest.approx(1.0)
    assert found.predicted_usd_high == pytest.approx(1.15)


def test_a_negotiated_discount_is_a_lower_price_of_the_lines_it_is_on():
    lines = (
        vendor_line("sagemaker-data", "endpoint", 100.0, 0.016, "gb"),
        vendor_line("ecr", "storage", 10.0, 0.1, "gb-month"),
        vendor_line("sagemaker", "negotiated", 1.6, -0.05, "usd"),
    )
    found = predicted_of(answer_with(*lines).best)

    assert found["sagemaker-data", "endpoint", "us-east-1"].usd == pytest.approx(1.52)
    assert found["ecr", "storage", "us-east-1"].usd == pytest.approx(1.0)
    assert len(found) == 2


def test_what_only_one_side_has_is_named_and_adds_up():
    answer = answer_with(
        vendor_line("ecr", "storage", 10.0, 0.1, "gb-month"),
        vendor_line("load-balancer", "application", 730.0, 0.0225),
    )
    bill = bill_of(
        billed_row("ecr", "storage", 10.0, 1.0, "gb-month"),
        billed_row("unknown", "USE1-Barter:Goat", 3.0, 99.0, "Goats",
                   usage_type="USE1-Barter:Goat"),
    )  # fmt: skip
    found = reconcile(answer, bill)
    amounts = {(p.meter, p.sku): (p.not_predicted_usd, p.not_billed_usd) for p in found.parts}

    assert amounts["unknown", "USE1-Barter:Goat"] == (99.0, 0.0)
    assert amounts["load-balancer", "application"] == (0.0, pytest.approx(-16.425 * MONTH))
    assert found.difference_usd == pytest.approx(99.0 - 16.425 * MONTH)
    assert "USE1-Barter:Goat" in found.causes[0]
    assert found.causes[0].endswith("+99.00 USD.")


# Traps


def test_use_after_the_last_full_day_stands_apart():
    row = billed_row("ecr", "storage", 30.0, 3.0, "gb-month")
    rows = daily(row)[:10]
    rows[-1] = rows[-1]._replace(end=datetime(2026, 9, 10, 14, tzinfo=UTC))
    answer = answer_with(vendor_line("ecr", "storage", 30.0, 0.1, "gb-month"))

    found = reconcile(answer, bill_of(*rows))
    assert (found.first_day, found.last_day) == (FIRST, date(2026, 9, 9))
    assert found.apart == {"incomplete_days": pytest.approx(0.1)}
    assert found.difference_usd == pytest.approx(0.0, abs=1e-9)
    cut = reconcile(answer, bill_of(*rows), until=date(2026, 9, 5))
    assert cut.hours == 120.0
    assert cut.difference_usd == pytest.approx(0.0, abs=1e-9)


def test_the_last_day_of_a_daily_bill_that_goes_on_cannot_be_told_full():
    row = billed_row("ecr", "storage", 30.0, 3.0, "gb-month")
    rows = [one._replace(span_hours=24.0) for one in daily(row)]
    answer = answer_with(vendor_line("ecr", "storage", 30.0, 0.1, "gb-month"))

    assert reconcile(answer, bill_of(*rows[:10])).last_day == date(2026, 9, 9)
    assert reconcile(answer, bill_of(*rows)).last_day == date(2026, 9, 30), "the month is whole"
    hourly = [one._replace(span_hours=1.0) for one in rows[:10]]
    assert reconcile(answer, bill_of(*hourly)).last_day == date(2026, 9, 10)


def test_rows_of_a_month_cannot_be_cut():
    bill = bill_of(billed_row("ecr", "storage", 30.0, 3.0, "gb-month"))
    answer = answer_with(vendor_line("ecr", "storage", 30.0, 0.1, "gb-month"))

    with pytest.raises(AdvisorError, match="rows of a whole month"):
        reconcile(answer, bill, until=date(2026, 9, 5))


def test_a_bill_without_a_full_day_of_use_is_an_error():
    answer = answer_with(vendor_line("ecr", "storage", 30.0, 0.1, "gb-month"))

    with pytest.raises(AdvisorError, match="no row of use"):
        reconcile(answer, bill_of(billed_row("", "", 0.0, 9.0, kind="tax")))
    with pytest.raises(AdvisorError, match="no full day"):
        reconcile(answer, bill_of(*daily(billed_row("ecr", "storage", 30.0, 3.0, "gb-month"))),
                  until=date(2026, 8, 1))  # fmt: skip
    with pytest.raises(AdvisorError, match="no option to deploy"):
        reconcile(infeasible(), bill_of(billed_row("ecr", "storage", 1.0, 0.1, "gb-month")))


def test_a_correction_belongs_to_its_month_where_that_is_in_the_bill():
    answer = answer_with(vendor_line("ecr", "storage", 80.0, 0.1, "gb-month"))
    use = billed_row("ecr", "storage", 100.0, 10.0, "gb-month")
    fixed = billed_row("ecr", "storage", -20.0, -2.0, "gb-month", kind="corrections",
                       period=date(2026, 10, 1))  # fmt: skip
    earlier = fixed._replace(day=date(2026, 8, 1))

    here = reconcile(answer, bill_of(use, fixed))
    assert (here.billed_usd, here.apart) == (pytest.approx(8.0), {})
    other = reconcile(answer, bill_of(use, earlier))
    assert (other.billed_usd, other.apart) == (pytest.approx(10.0), {"corrections": -2.0})


def test_use_that_arrives_late_belongs_to_its_month_where_that_is_in_the_bill():
    answer = answer_with(vendor_line("ecr", "storage", 100.0, 0.1, "gb-month"))
    use = billed_row("ecr", "storage", 100.0, 10.0, "gb-month")
    late = billed_row("ecr", "storage", 5.0, 0.5, "gb-month", day=date(2026, 8, 30),
                      end=datetime(2026, 8, 31, tzinfo=UTC))  # fmt: skip

    found = reconcile(answer, bill_of(use, late))
    assert (found.first_day, found.apart) == (FIRST, {"corrections": 0.5})
    august = billed_row("ecr", "storage", 100.0, 10.0, "gb-month", day=date(2026, 8, 1),
                        period=date(2026, 8, 1), end=datetime(2026, 9, 1, tzinfo=UTC))  # fmt: skip
    both = reconcile(answer, bill_of(august, use, late))
    assert (both.first_day, both.apart) == (date(2026, 8, 1), {})
    assert both.difference_usd == pytest.approx(0.5)


def test_what_is_no_use_stands_apart_by_its_kind_and_the_invoice_is_whole():
    answer = answer_with(vendor_line("ecr", "storage", 100.0, 0.1, "gb-month"))
    kinds = {"tax": 5.0, "credits": -3.0, "refunds": -2.0, "fees": 7.0, "discounts": -1.0}
    rows = [billed_row("", "", 0.0, usd, kind=kind) for kind, usd in kinds.items()]
    upfront = billed_row("", "", 0.0, 0.0, cash_usd=100.0, kind="commitment")
    untagged = billed_row("public-ipv4", "address", 720.0, 3.6, owner="untagged")
    others = billed_row("ecr", "storage", 1.0, 0.4, "gb-month", owner="others")
    use = billed_row("ecr", "storage", 100.0, 10.0, "gb-month")

    found = reconcile(answer, bill_of(use, *rows, upfront, untagged, others))
    assert found.apart == kinds | {"untagged": 3.6, "others": 0.4}
    assert found.billed_usd == pytest.approx(10.0)
    assert found.cash_usd == pytest.approx(10.0 + 6.0 + 100.0 + 4.0)
    assert found.timing_usd == pytest.approx(100.0)


def test_list_cost_is_told_beside_and_compared_with_nothing():
    answer = answer_with(vendor_line("ecr", "storage", 100.0, 0.1, "gb-month"))
    use = billed_row("ecr", "storage", 100.0, 10.0, "gb-month", list_usd=50.0)

    found = reconcile(answer, bill_of(use))
    assert (found.list_usd, found.billed_usd) == (50.0, 10.0)
    assert reconcile(answer, bill_of(use._replace(list_usd=None))).list_usd is None


def test_two_units_of_one_meter_are_not_compared():
    answer = answer_with(vendor_line("ecr", "storage", 100.0, 0.1, "gb-month"))

    with pytest.raises(AdvisorError, match="predicted by the gb-month and billed by the hour"):
        reconcile(answer, bill_of(billed_row("ecr", "storage", 100.0, 10.0, "hour")))


# Causes and verdict


def requests_answer():
    return answer_with(
        vendor_line("sagemaker-data", "endpoint", 1000.0 / MONTH, 0.016, "gb"),
        vendor_line("sagemaker-hosting", "ml.m5.large", 1460.0 / MONTH, 0.01),
        vendor_line("sagemaker-hosting", "ml.m5.large", 40.0 / MONTH, 0.01,
                    label="Endpoint, while a release rolls out"),
    )  # fmt: skip


def requests_bill(data=1000.0, hours=1500.0):
    return bill_of(
        billed_row("sagemaker-data", "endpoint", data, data * 0.016, "gb"),
        billed_row("sagemaker-hosting", "ml.m5.large", hours, hours * 0.01),
    )


def hourly_metric(name, value, statistic="Sum"):
    start = datetime(2026, 9, 1, tzinfo=UTC)
    at = tuple(start + timedelta(hours=n) for n in range(720))
    return Metric(name, statistic, 3600.0, at, (value,) * 720, partial=False)


def test_the_band_decides_and_the_input_that_left_its_own_is_named():
    assert reconcile(requests_answer(), requests_bill()).verdict == "as predicted"
    above = reconcile(requests_answer(), requests_bill(data=2000.0)).verdict
    assert above.startswith("above the band of 26.96 to 35.65 USD: traffic level left its band")
    assert "2.00 of what was planned where 0.80 to 1.25" in above
    below = reconcile(requests_answer(), requests_bill(data=10.0)).verdict
    assert below.startswith("below the band")


def test_metrics_say_how_many_requests_and_replicas_there_were():
    metrics = [
        hourly_metric("Invocations", 36_000.0),
        hourly_metric("InstanceCount", 3.0, "Average"),
    ]
    found = reconcile(requests_answer(), requests_bill(2000.0, 2190.0), metrics=metrics)
    said = " ".join(found.causes)

    assert "Invocations: 10/s against" in said
    assert "InstanceCount: 3 on average against 2, which is +7.30 USD" in said
    assert "-0.40 USD hours and release surges (0.40 USD of surges were planned)" in said


def test_metrics_of_other_days_are_not_used_and_said():
    metric = hourly_metric("Invocations", 36_000.0)
    short = metric._replace(at=metric.at[:100], values=metric.values[:100], partial=True)
    found = reconcile(requests_answer(), requests_bill(2000.0), metrics=[short])

    assert "Invocations" not in " ".join(found.causes)
    assert len([note for note in found.notes if "Invocations" in note]) == 2


def test_causes_are_named_by_what_a_quantity_grows_with():
    assert driver_of("load-balancer", "application") == "hours"
    assert driver_of("ec2", "m5.large") == "replicas"
    assert driver_of("ec2", "m5.large", group="training") == "jobs"
    assert driver_of("s3", "put-requests") == "requests"
    assert driver_of("s3", "storage") == "storage"


CAUSES = {
    "nothing": "",
    "traffic": "Requests and what they move: 1.",
    "price": "The price of ",
    "nat": "Not predicted: nat-gateway (",
    "plan": "The plan was used up: ",
    "refund": "A refund of -",
    "gone": "Not billed: cloudwatch-logs (",
}


def inject(cause, rows, rng):
    """Put one cause into the rows of a month that went as predicted."""
    if cause == "traffic":
        return [
            row._replace(quantity=row.quantity * 1.3, amortised_usd=row.amortised_usd * 1.3,
                         cash_usd=row.cash_usd * 1.3)
            if driver_of(row.meter, row.sku) == "requests" else row
            for row in rows
        ]  # fmt: skip
    if cause == "price":
        place = max(range(len(rows)), key=lambda n: rows[n].amortised_usd)
        usd = rows[place].amortised_usd * rng.uniform(1.2, 1.4)
        return [
            row._replace(amortised_usd=usd, cash_usd=usd) if n == place else row
            for n, row in enumerate(rows)
        ]
    if cause == "nat":
        hours = billed_row("nat-gateway", "gateway", 720.0, 32.4)
        return [*rows, hours, billed_row("nat-gateway", "data", 400.0, 18.0, "gb")]
    if cause == "plan":
        found = []
        for row in rows:
            if row.purchase != "savings":
                found.append(row)
                continue
            beyond = rng.uniform(0.3, 0.6)
            for share, price, purchase in (
                (1 - beyond, 1.0, "savings"),
                (beyond, 1.6, "on-demand"),
            ):
                usd = row.amortised_usd * share * price
                found.append(row._replace(quantity=row.quantity * share, amortised_usd=usd,
                                          cash_usd=usd, purchase=purchase))  # fmt: skip
        return found
    if cause == "refund":
        usd = -rng.uniform(0.2, 0.5) * sum(row.amortised_usd for row in rows)
        return [*rows, billed_row("", "", 0.0, usd, kind="refunds", day=date(2026, 8, 1))]
    if cause == "gone":
        return [row for row in rows if row.meter != "cloudwatch-logs"]
    return rows


@pytest.mark.parametrize("cause", [name for name in CAUSES if name != "nothing"])
def test_the_cause_that_was_put_in_is_the_first_that_is_named(cause):
    named = tried = 0
    seed = 0
    while tried < 100:
        seed += 1
        rng = random.Random(seed)
        answer = random_answer(rng)
        rows = bill_as_predicted(answer, rng, noise=0.005)
        if cause == "plan" and all(row.purchase != "savings" for row in rows):
            continue
        tried += 1
        spread = [one for row in inject(cause, rows, rng) for one in daily(row)]
        found = reconcile(answer, bill_of(*spread))
        named += found.causes[0].startswith(CAUSES[cause])
        parts = math.fsum(part.difference_usd for part in found.parts)
        assert parts == pytest.approx(found.difference_usd, abs=1e-9)
        assert found.billed_usd - found.predicted_usd == pytest.approx(found.difference_usd)

    assert named >= 95


@pytest.mark.parametrize("seed", range(20))
def test_a_month_that_went_as_predicted_is_as_predicted(seed):
    rng = random.Random(seed)
    answer = random_answer(rng)
    rows = bill_as_predicted(answer, rng, noise=0.05)

    found = reconcile(answer, bill_of(*rows))
    assert found.verdict == "as predicted"


# Laws

quantities = st.sampled_from([0.0, 0.5, 1.0, 700.0, 1e6])
prices = st.sampled_from([0.0, 1e-6, 0.03, 1.0])
skus = st.sampled_from(["ml.m5.large", "ml.m5.xlarge", "ml.c5.large"])
kinds = st.sampled_from(["usage", "tax", "credits", "negation", "corrections"])
owners = st.sampled_from(["ours", "others", "untagged"])


@given(
    st.lists(st.tuples(skus, quantities, prices), min_size=1, max_size=4),
    st.lists(st.tuples(skus, quantities, prices, kinds, owners), max_size=6),
)
def test_the_parts_add_up_whatever_the_bill(predicted, billed):
    lines = [vendor_line("sagemaker-hosting", sku, q, p) for sku, q, p in predicted]
    base = [billed_row("sagemaker-hosting", "ml.r5.large", 1.0, 1.0)]
    rows = base + [
        billed_row("sagemaker-hosting", sku, q, q * p, kind=kind, owner=owner)
        for sku, q, p, kind, owner in billed
    ]
    found = reconcile(answer_with(*lines), bill_of(*rows))

    parts = math.fsum(part.difference_usd for part in found.parts)
    size = max(1.0, found.predicted_usd, found.billed_usd)
    assert abs(parts - found.difference_usd) <= 1e-9 * size
    whole = found.billed_usd + math.fsum(found.apart.values()) + found.timing_usd
    assert abs(whole - found.cash_usd) <= 1e-9 * max(size, abs(found.cash_usd))
    again = reconcile(answer_with(*lines), bill_of(*reversed(rows)))
    assert again.difference_usd == pytest.approx(found.difference_usd, rel=1e-9, abs=1e-6)


def test_parts_that_do_not_add_up_are_refused():
    found = reconcile(requests_answer(), requests_bill(2000.0))

    with pytest.raises(ValueError, match="parts add up to"):
        found.replace(difference_usd=found.difference_usd + 1)
    with pytest.raises(ValueError, match="not the invoice"):
        found.replace(apart={"tax": 5.0})
    assert Reconciliation.model_validate_json(found.model_dump_json()) == found


# Words


def test_markdown_has_the_verdict_first_and_is_not_moved_by_names():
    answer: Recommendation = requests_answer().replace(study=HOSTILE)
    bill = bill_of(*requests_bill(2000.0).rows, billed_row("unknown", HOSTILE, 1.0, 5.0, "x"))
    text = markdown_of(reconcile(answer, bill))
    lines = text.splitlines()

    assert lines[2].startswith("**above the band")
    assert "<script>" not in text
    assert "\x1b" not in text
    rows = [one for one in lines if one.startswith("| unknown")]
    assert len(rows) == 1
    assert rows[0].replace("\\|", "").count("|") == 9
