import math
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pricing.bill import price_usage
from pricing.errors import QuoteNotFound, UsageError
from pricing.quotes import PriceBook
from pricing.tables import load_book
from pricing.usage import UsageLine
from tests.pricing.books import TODAY

TASK = {"service": "fargate-task", "vcpu": 1, "memory_gib": 2, "hours": 1}
BALANCER = {"service": "load-balancer", "kind": "application", "hours": 1}


def bill(*lines, region="us-east-1", on=TODAY, book=None):
    return price_usage(
        [UsageLine(**line) for line in lines], region=region, on=on, book=book or load_book()
    )


def total(region="us-east-1", **line):
    return bill(line, region=region).total_usd


@pytest.mark.parametrize(
    ("line", "usd"),
    [
        # By hand from the us-east-1 list: quantity times price.
        ({"service": "ec2", "sku": "m5.large", "hours": 730, "count": 2}, 2 * 730 * 0.096),
        ({"service": "ec2", "sku": "m5.large", "hours": 0.001}, 0.096 / 60),
        ({"service": "ec2", "sku": "m5.large", "hours": 0}, 0.0),
        ({"service": "sagemaker-async", "sku": "ml.g5.xlarge", "hours": 10}, 14.08),
        ({"service": "sagemaker-hosting-storage", "gb_months": 10}, 1.4),
        ({"service": "sagemaker-training-storage", "gb_months": 10}, 1.4),
        ({"service": "sagemaker-data", "gb": 100}, 1.6),
        (
            {
                "service": "sagemaker-training-spot",
                "sku": "ml.m5.xlarge",
                "training_s": 36000,
                "billable_s": 7200,
                "count": 2,
            },
            2 * 2 * 0.23,
        ),
        (
            {
                "service": "sagemaker-serverless",
                "memory_gib": 3,
                "requests": 1e6,
                "duration_s": 0.2,
                "data_gb": 0,
            },
            2e5 * 6e-5,
        ),
        ({"service": "fargate-task", "vcpu": 0.25, "memory_gib": 0.5, "duration_s": 1},
         (0.25 * 0.04048 + 0.5 * 0.004445) / 60),
        ({"service": "fargate-task", "vcpu": 1, "memory_gib": 2, "hours": 1, "ephemeral_gib": 20},
         0.04048 + 2 * 0.004445),
        ({"service": "fargate-task", "vcpu": 1, "memory_gib": 2, "hours": 1, "purchase": "spot"},
         0.01288561 + 2 * 0.00141493),
        ({"service": "fargate-vcpu-hours", "hours": 100}, 4.048),
        ({"service": "load-balancer", "kind": "application", "hours": 100, "lcu_hours": 50},
         2.25 + 0.4),
        ({"service": "load-balancer", "kind": "network", "hours": 1, "processed_gb": 1.08,
          "new_connections_per_s": 1, "connection_minutes": 3}, 0.0225 + 1.08 * 0.006),
        ({"service": "load-balancer", "kind": "application", "hours": 0.5}, 0.0225),
        ({"service": "nat-gateway", "hours": 730, "processed_gb": 100}, 730 * 0.045 + 4.5),
        ({"service": "public-ipv4", "hours": 730}, 3.65),
        ({"service": "data-transfer-out", "gb": 10240 + 1024}, 921.6 + 87.04),
        ({"service": "data-transfer-zone", "gb": 100}, 1.0),
        ({"service": "ebs-gp3", "gb": 100, "extra_iops": 1000, "extra_mibps": 125, "hours": 365},
         (8.0 + 5.0 + 5.0) / 2),
        ({"service": "ebs-gp3", "gb": 100}, 8.0),
        ({"service": "ecr", "gb_months": 10}, 1.0),
        ({"service": "s3", "gb_months": 1000, "put_requests": 1e6, "get_requests": 1e6},
         23 + 5 + 0.4),
        ({"service": "cloudwatch-logs", "stored_gb": 100}, 3.0),
        ({"service": "cloudwatch-metrics", "metrics": 12000, "alarms": 10,
          "high_resolution_alarms": 2}, 3000 + 200 + 1.0 + 0.6),
        ({"service": "sagemaker-serverless", "memory_gib": 2, "provisioned_usage_s": 1e6}, 23.0),
        ({"service": "fargate-task", "vcpu": 1, "memory_gib": 2, "duration_s": 61, "count": 2},
         2 * 61 / 3600 * (0.04048 + 2 * 0.004445)),
        ({"service": "fargate-task", "vcpu": 1, "memory_gib": 2, "duration_s": 60, "os": "windows"},
         300 / 3600 * (0.0915 + 0.046 + 2 * 0.01)),
        ({"service": "load-balancer", "kind": "application", "hours": 10, "rules": 10}, 0.225),
    ],
)  # fmt: skip
def test_a_line_costs_what_a_hand_calculation_says(line, usd):
    assert bill(line).total_usd == pytest.approx(usd, rel=1e-9)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (TASK | {"vcpu": 3, "memory_gib": 8}, "no 3 vCPU: it has 0.25"),
        (TASK | {"memory_gib": 9}, "no 9 GiB with 1 vCPU"),
        ({"service": "fargate-task", "vcpu": 8, "memory_gib": 18, "hours": 1}, "it has 16, 20, 24"),
        ({"service": "fargate-task", "vcpu": 1, "memory_gib": 2, "hours": 1, "os": "windows",
          "architecture": "arm64"}, "x86_64 only"),
        ({"service": "fargate-task", "vcpu": 0.5, "memory_gib": 2, "hours": 1, "os": "windows"},
         "1, 2 or 4"),
        ({"service": "fargate-task", "vcpu": 1, "memory_gib": 2, "hours": 1, "os": "windows",
          "purchase": "spot"}, "no spot"),
        ({"service": "fargate-task", "vcpu": 1, "memory_gib": 2, "hours": 1, "ephemeral_gib": 201},
         "at most 200"),
        ({"service": "fargate-task", "vcpu": 1, "memory_gib": 2, "hours": 1,
          "purchase": "reserved-1y"}, "on-demand or spot"),
        ({"service": "sagemaker-serverless", "memory_gib": 7, "requests": 1, "duration_s": 1},
         "1, 2, 3, 4, 5 or 6"),
        ({"service": "sagemaker-serverless", "memory_gib": 1, "requests": 1}, "together"),
        ({"service": "sagemaker-serverless", "memory_gib": 2, "provisioned_concurrency": 1},
         "needs provisioned_hours"),
        ({"service": "sagemaker-training-spot", "sku": "ml.m5.xlarge", "training_s": 1,
          "billable_s": 2}, "swapped"),
        (BALANCER | {"lcu_hours": 1, "rules": 5}, "not both"),
        (BALANCER | {"kind": "network", "rules": 5}, "application kind"),
        (BALANCER | {"rules": 30}, "give requests_per_s too"),
        (BALANCER | {"connection_minutes": 3}, "needs new_connections_per_s"),
        ({"service": "ec2", "sku": "m5.large", "hours": 1e308, "count": 1e308}, "any number"),
        (BALANCER | {"hours": 0, "processed_gb": 5}, "hours is 0"),
    ],
)  # fmt: skip
def test_what_cannot_be_bought_is_refused(line, sentence):
    with pytest.raises(UsageError, match=sentence):
        bill(line)


def test_an_unknown_price_stops_the_bill():
    with pytest.raises(QuoteNotFound, match=r"line 2 \(my disk\): .*did you mean"):
        bill(
            {"service": "ec2", "sku": "m5.large", "hours": 1},
            {"service": "ec2", "sku": "m5.hugest", "hours": 1, "label": "my disk"},
        )


def test_a_line_without_a_label_says_what_it_buys_and_how():
    machine = {"service": "ec2", "sku": "m5.large", "hours": 1}

    found = bill(machine, machine | {"purchase": "spot"}, machine | {"label": "mine"}, BALANCER)

    assert [line.label for line in found.lines] == [
        "ec2 m5.large",
        "ec2 m5.large spot",
        "mine",
        "load-balancer application: hours",
    ]


def test_windows_pays_for_its_licence_per_vcpu():
    lines = bill(
        {"service": "fargate-task", "vcpu": 2, "memory_gib": 4, "hours": 1, "os": "windows"}
    ).lines

    assert [line.cost_usd for line in lines] == pytest.approx([0.183, 0.04, 0.092])


def test_a_second_transfer_line_goes_on_in_the_tier_where_the_first_stopped():
    lines = [{"service": "data-transfer-out", "gb": 8000}] * 2

    assert bill(*lines).total_usd == pytest.approx(total(service="data-transfer-out", gb=16000))


def test_a_bill_names_its_prices_its_marks_and_the_free_tiers_it_leaves_alone():
    found = bill(
        {"service": "data-transfer-out", "gb": 50},
        {"service": "ec2", "sku": "p4d.24xlarge", "hours": 1},
        region="eu-west-1",
        on=date(2025, 9, 1),
    )
    content = found.as_json()

    assert content["total_usd"] == found.total_usd
    assert {"service", "sku", "region", "valid_from", "source", "basis"} <= set(
        content["lines"][0]["quote"]
    )
    assert "STALE" in content["lines"][1]["quote"]["note"]
    assert "100 GB" in content["free_tiers_not_applied"][0]
    assert [q.sku for q in found.quotes] == ["internet", "p4d.24xlarge"]


def test_an_old_bill_is_rebuilt_to_the_cent_whatever_was_learnt_since():
    line = {"service": "ec2", "sku": "p4d.24xlarge", "hours": 10}

    assert bill(line, on=date(2024, 1, 1)).total_usd == pytest.approx(327.726)
    assert bill(line, on=TODAY).total_usd == pytest.approx(219.57642)


def test_the_sub_minute_and_hour_rules_are_not_applied_to_look_up_lines():
    found = bill(
        {"service": "sagemaker-training", "sku": "ml.m5.xlarge", "hours": 0.001}, region="us-east-1"
    )

    assert found.total_usd == pytest.approx(0.23 * 0.001)


skus = st.sampled_from(["m5.large", "c5.xlarge", "g5.xlarge"])
hours = st.sampled_from([0.0, 0.5, 10.0, 730.0])
usage_lines = st.lists(
    st.one_of(
        st.builds(lambda s, h: {"service": "ec2", "sku": s, "hours": h}, skus, hours),
        st.builds(
            lambda s, h: {"service": "sagemaker-hosting", "sku": f"ml.{s}", "hours": h}, skus, hours
        ),
        st.builds(
            lambda h, n: TASK | {"hours": h, "count": n},
            hours,
            st.integers(0, 3),
        ),
        st.builds(lambda gb: {"service": "data-transfer-out", "gb": gb}, st.floats(0, 200_000)),
        st.builds(
            lambda h, gb: BALANCER | {"hours": h + 1, "processed_gb": gb},
            hours,
            st.floats(0, 5000),
        ),
    ),
    max_size=5,
)  # fmt: skip

DOUBLED = PriceBook(
    [row._replace(price_usd_per_unit=2 * row.price_usd_per_unit) for row in load_book().rows]
)


@given(usage_lines)
@settings(max_examples=60, deadline=None)
def test_a_bill_is_the_sum_of_its_lines_and_doubling_every_price_doubles_it(lines):
    found = bill(*lines)

    assert found.total_usd == math.fsum(line.quantity * line.usd_per_unit for line in found.lines)
    assert bill(*lines, book=DOUBLED).total_usd == pytest.approx(2 * found.total_usd)


@given(usage_lines, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_lines_does_not_change_the_total(lines, rng):
    shuffled = rng.sample(lines, k=len(lines))

    assert bill(*shuffled).total_usd == pytest.approx(bill(*lines).total_usd, abs=1e-9)


@given(st.floats(0, 300_000), st.floats(0, 300_000))
@settings(max_examples=60, deadline=None)
def test_more_transfer_never_costs_less(one, other):
    less, more = sorted((one, other))

    assert (
        total(service="data-transfer-out", gb=less)
        <= total(service="data-transfer-out", gb=more) + 1e-9
    )


def test_every_service_can_be_priced_in_every_region_it_is_sold_in():
    everywhere = [
        {"service": "sagemaker-hosting", "sku": "ml.m5.large", "hours": 1},
        {"service": "sagemaker-training", "sku": "ml.g5.xlarge", "hours": 1},
        {"service": "sagemaker-notebook", "sku": "ml.t3.medium", "hours": 1},
        {"service": "sagemaker-serverless", "memory_gib": 1, "requests": 1, "duration_s": 1,
         "data_gb": 1, "provisioned_concurrency": 1, "provisioned_hours": 1,
         "provisioned_usage_s": 1},
        {"service": "fargate-task", "vcpu": 1, "memory_gib": 2, "hours": 1, "architecture": "arm64",
         "ephemeral_gib": 30, "purchase": "spot"},
        {"service": "cloudwatch-logs", "ingested_gb": 1, "stored_gb": 1, "scanned_gb": 1},
        {"service": "s3", "gb_months": 1, "put_requests": 1, "get_requests": 1},
        {"service": "ebs-gp3", "gb": 1, "extra_iops": 1, "extra_mibps": 1},
        {"service": "sagemaker-data", "gb": 1},
        {"service": "sagemaker-training-storage", "gb_months": 1},
        {"service": "ec2", "sku": "m5.large", "hours": 1, "purchase": "spot"},
        {"service": "ec2", "sku": "m5.large", "hours": 1, "purchase": "savings-1y"},
        {"service": "ec2", "sku": "m5.large", "hours": 1, "purchase": "reserved-3y-none"},
        {"service": "ec2", "sku": "m5.large", "hours": 1, "purchase": "compute-1y-partial"},
        {"service": "ecs-managed-instances", "sku": "m5.large", "hours": 1},
        {"service": "lambda", "memory_gib": 1, "requests": 1, "duration_s": 1,
         "architecture": "arm64", "ephemeral_gib": 1, "streamed_gb": 1,
         "provisioned_concurrency": 1, "provisioned_hours": 1, "provisioned_requests": 1},
        {"service": "api-gateway", "kind": "http", "requests": 1},
        {"service": "api-gateway", "kind": "rest", "requests": 1},
        {"service": "eks", "hours": 1, "sku": "extended-support"},
        {"service": "vpc-endpoint", "hours": 1, "processed_gb": 1},
        {"service": "cloudwatch-metrics", "metrics": 1, "alarms": 1, "high_resolution_alarms": 1},
        {"service": "load-balancer", "kind": "network", "hours": 1, "lcu_hours": 1},
        {"service": "load-balancer", "kind": "application", "hours": 1, "lcu_hours": 1},
        {"service": "sagemaker-batch-transform", "sku": "ml.m5.xlarge", "hours": 1},
        {"service": "sagemaker-processing", "sku": "ml.m5.xlarge", "hours": 1},
    ]  # fmt: skip
    for region in load_book().regions:
        assert all(line.cost_usd > 0 for line in bill(*everywhere, region=region).lines)
