"""Each service of the table, by hand, at round prices of our own."""

import pytest

from pricing.bill import price_usage
from pricing.errors import UsageError
from pricing.meters import http_api_units, lambda_billed_s
from pricing.services import SERVICES
from pricing.sources.offers import OFFER_FILES
from pricing.usage import UsageLine
from tests.pricing.books import TODAY, book, row

FUNCTION = {"service": "lambda", "memory_gib": 1.5, "requests": 3e6, "duration_s": 0.12}


def price(sku, usd, service, unit, **more):
    return row(sku, usd, service=service, unit=unit, **more)


BOOK = book(
    price("request", 0.0002, "lambda", "1k-requests"),
    *(
        price(f"{chip}-{what}", usd * factor, "lambda", "gib-second")
        for chip, factor in (("x86_64", 1.0), ("arm64", 0.8))
        for what, usd in (
            ("duration", 1.7e-5),
            ("provisioned", 4e-6),
            ("provisioned-duration", 1e-5),
        )
    ),
    price("x86_64-duration", 1.5e-5, "lambda", "gib-second", tier_from_units=6e9),
    price("ephemeral-storage", 3e-8, "lambda", "gib-second"),
    price("streaming", 0.008, "lambda", "gb"),
    price("http", 0.001, "api-gateway", "1k-requests"),
    price("http", 0.0009, "api-gateway", "1k-requests", tier_from_units=300_000),
    price("rest", 0.0035, "api-gateway", "1k-requests"),
    price("cluster", 0.10, "eks", "hour"),
    price("extended-support", 0.50, "eks", "hour"),
    price("interface", 0.011, "vpc-endpoint", "hour"),
    price("data", 0.01, "vpc-endpoint", "gb"),
    price("m7g.large", 0.009, "ecs-managed-instances", "hour"),
    price("out", 0.02, "data-transfer-region", "gb"),
)


def costs(**line):
    found = price_usage([UsageLine(**line)], region="us-east-1", on=TODAY, book=BOOK)
    return [one.cost_usd for one in found.lines]


@pytest.mark.parametrize(
    ("line", "usd"),
    [
        (FUNCTION, [3e3 * 0.0002, 3e6 * 0.12 * 1.5 * 1.7e-5]),
        (FUNCTION | {"architecture": "arm64"}, [0.6, 3e6 * 0.12 * 1.5 * 1.7e-5 * 0.8]),
        (FUNCTION | {"duration_s": 0.1191}, [0.6, 3e6 * 0.12 * 1.5 * 1.7e-5]),
        # 540,000 GiB-s and 3 million requests, less what is free for ever.
        (FUNCTION | {"free_tier": True}, [2e3 * 0.0002, 140_000 * 1.7e-5]),
        (FUNCTION | {"requests": 5e5, "free_tier": True}, [0.0, 0.0]),
        (FUNCTION | {"ephemeral_gib": 2.5}, [0.6, 9.18, 3e6 * 0.12 * 2.0 * 3e-8]),
        (FUNCTION | {"ephemeral_gib": 0.5}, [0.6, 9.18]),
        (FUNCTION | {"streamed_gb": 10}, [0.6, 9.18, 0.08]),
        (
            {"service": "lambda", "memory_gib": 2, "provisioned_concurrency": 5,
             "provisioned_hours": 10, "provisioned_requests": 1e6, "duration_s": 0.05},
            [0.2, 5 * 10 * 3600 * 2 * 4e-6, 1e6 * 0.05 * 2 * 1e-5],
        ),
        # A slot that is never asked costs all the same, and spill goes at the plain rate.
        (
            {"service": "lambda", "memory_gib": 1, "provisioned_concurrency": 1,
             "provisioned_hours": 1},
            [3600 * 4e-6],
        ),
        (
            FUNCTION | {"provisioned_concurrency": 1, "provisioned_hours": 1,
                        "provisioned_requests": 1e6},
            [4e3 * 0.0002, 9.18, 3600 * 1.5 * 4e-6, 1e6 * 0.12 * 1.5 * 1e-5],
        ),
        (FUNCTION | {"requests": 6e10}, [12e3, 6e9 * 1.7e-5, (6e10 * 0.18 - 6e9) * 1.5e-5]),
        ({"service": "api-gateway", "kind": "http", "requests": 4e8}, [300.0, 90.0]),
        ({"service": "api-gateway", "kind": "http", "requests": 1e6, "payload_kib": 513}, [2.0]),
        ({"service": "api-gateway", "kind": "rest", "requests": 1e6}, [3.5]),
        ({"service": "eks", "hours": 730}, [73.0]),
        ({"service": "eks", "hours": 10, "count": 2, "sku": "extended-support"}, [2.0, 10.0]),
        ({"service": "vpc-endpoint", "hours": 729.5, "count": 2, "processed_gb": 100},
         [730 * 2 * 0.011, 1.0]),
        ({"service": "ecs-managed-instances", "sku": "m7g.large", "hours": 100, "count": 3}, [2.7]),
        ({"service": "data-transfer-region", "gb": 50}, [1.0]),
    ],
)  # fmt: skip
def test_a_line_costs_what_a_hand_calculation_says(line, usd):
    assert costs(**line) == pytest.approx(usd)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (FUNCTION | {"memory_gib": 0.1}, "0.125 to 10 GiB"),
        (FUNCTION | {"memory_gib": 11}, "0.125 to 10 GiB"),
        (FUNCTION | {"ephemeral_gib": 11}, "at most 10 GiB of ephemeral"),
        ({"service": "lambda", "memory_gib": 1, "requests": 1}, "duration_s together with"),
        ({"service": "lambda", "memory_gib": 1, "streamed_gb": 1, "duration_s": 1}, "together"),
        (FUNCTION | {"provisioned_concurrency": 1}, "provisioned_hours together"),
        (FUNCTION | {"provisioned_requests": 1}, "needs provisioned_concurrency"),
        ({"service": "api-gateway", "kind": "network", "requests": 1}, "kind is http or rest"),
        ({"service": "api-gateway", "kind": "rest", "requests": 1, "payload_kib": 9}, "as one"),
        ({"service": "load-balancer", "kind": "http", "hours": 1}, "application or network"),
        ({"service": "eks", "hours": 1, "sku": "cluser"}, "cluster or extended-support"),
    ],
)  # fmt: skip
def test_what_cannot_be_bought_is_refused(line, sentence):
    with pytest.raises(UsageError, match=sentence):
        costs(**line)


def test_a_free_allowance_is_named_unless_it_was_taken_off():
    def named(**line):
        used = [UsageLine(**FUNCTION, **line)]
        return price_usage(used, region="us-east-1", on=TODAY, book=BOOK).free_tiers

    assert "400,000 GB-seconds" in named()[0]
    assert named(free_tier=True) == ()


@pytest.mark.parametrize(("asked_s", "billed_s"), [(0.0, 0.0), (1e-6, 0.001), (0.25, 0.25)])
def test_a_function_is_billed_by_started_milliseconds(asked_s, billed_s):
    assert float(lambda_billed_s(duration_s=asked_s)) == pytest.approx(billed_s)


@pytest.mark.parametrize(("kib", "units"), [(0, 1), (1, 1), (512, 1), (513, 2), (1025, 3)])
def test_a_large_call_of_an_http_api_counts_as_several(kib, units):
    assert float(http_api_units(payload_kib=kib)) == units


def test_every_offer_that_the_table_names_stands_in_a_file_that_is_read():
    codes = {file.code for file in OFFER_FILES.values()}
    named = {one.code for service in SERVICES.values() for one in service.offered}

    assert named <= codes


def test_no_two_services_claim_one_price_of_the_vendor():
    claims = [
        (one.code, one.family, one.usage)
        for service in SERVICES.values()
        for one in service.offered
    ]

    assert len(claims) == len(set(claims))
