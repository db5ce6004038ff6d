"""What is billed by the request: Lambda and API Gateway."""

from collections.abc import Mapping
from typing import Final

from pricing import meters
from pricing.errors import UsageError
from pricing.lines import Line
from pricing.services.base import Item, Offered, Prices, Quantities, Service, given

PER_GIB_SECOND: Final[Mapping[str, float]] = {
    "second": 1.0, "seconds": 1.0, "lambda-gb-second": 1.0, "gb-second": 1.0, "gb-seconds": 1.0,
}  # fmt: skip
PER_REQUEST: Final[Mapping[str, float]] = {"request": 1000.0, "requests": 1000.0}
FREE_REQUESTS: Final = 1e6
FREE_GIB_S: Final = 400_000.0
"""What Lambda gives every account each month for ever.

Source: AWS Lambda pricing page, "Free tier"; the AWSLambda offer of 2026-09-19 as a public copy
quotes it.
"""


def _lambda(line: Line, prices: Prices) -> list[Item]:
    memory = given(line.memory_gib)
    meters.require_lambda_memory(memory_gib=memory)
    together = (line.requests is None, line.provisioned_requests is None)
    if (line.duration_s is None) != all(together):
        raise UsageError("lambda needs duration_s together with requests or provisioned_requests")
    if (line.provisioned_concurrency is None) != (line.provisioned_hours is None):
        raise UsageError("lambda needs provisioned_concurrency and provisioned_hours together")
    if line.provisioned_requests is not None and line.provisioned_concurrency is None:
        raise UsageError("lambda: provisioned_requests needs provisioned_concurrency")
    disk = line.ephemeral_gib
    if disk is not None and disk > meters.LAMBDA_LARGEST_EPHEMERAL_GIB:
        raise UsageError(
            f"lambda has at most {meters.LAMBDA_LARGEST_EPHEMERAL_GIB:g} GiB of ephemeral disk, "
            f"got {disk:g}"
        )
    billed_s = float(meters.lambda_billed_s(duration_s=given(line.duration_s)))
    warm, cold = given(line.provisioned_requests), given(line.requests)
    chip = line.architecture
    free = line.free_tier and line.provisioned_concurrency is None
    asked = max(0.0, warm + cold - (FREE_REQUESTS if line.free_tier else 0.0))
    items = []
    if not all(together):
        items.append(Item("requests", asked / 1000.0, prices.quote(line.service, "request")))
    if line.requests is not None:
        used = max(0.0, cold * billed_s * memory - (FREE_GIB_S if free else 0.0))
        sku = f"{chip}-duration"
        items += prices.tiered(line.service, sku, quantity=used, part="duration")
    if line.provisioned_concurrency is not None:
        seconds = line.provisioned_concurrency * given(line.provisioned_hours)
        slots = seconds * meters.SECONDS_PER_HOUR * memory
        quote = prices.quote(line.service, f"{chip}-provisioned")
        items.append(Item("provisioned concurrency", slots, quote))
    if line.provisioned_requests is not None:
        quote = prices.quote(line.service, f"{chip}-provisioned-duration")
        items.append(Item("provisioned duration", warm * billed_s * memory, quote))
    extra = given(disk) - meters.LAMBDA_FREE_EPHEMERAL_GIB
    if extra > 0:
        quote = prices.quote(line.service, "ephemeral-storage")
        items.append(Item("ephemeral disk", (warm + cold) * billed_s * extra, quote))
    if line.streamed_gb is not None:
        items.append(Item("streamed", line.streamed_gb, prices.quote(line.service, "streaming")))
    return items


def _api(line: Line, prices: Prices) -> list[Item]:
    if line.kind not in {"http", "rest"}:
        raise UsageError(f"api-gateway: kind is http or rest, got {line.kind}")
    if line.payload_kib is not None and line.kind == "rest":
        raise UsageError("api-gateway: a REST request counts as one whatever its size")
    each = float(meters.http_api_units(payload_kib=given(line.payload_kib)))
    thousands = given(line.requests) * each / 1000.0
    return prices.tiered(line.service, line.kind, quantity=thousands, part="thousand requests")


def _lambda_offers() -> tuple[Offered, ...]:
    found = [
        Offered("AWSLambda", "Request", ("lambda", "request", "1k-requests"), PER_REQUEST),
        Offered(
            "AWSLambda",
            "Lambda-Storage-GB-Second",
            ("lambda", "ephemeral-storage", "gib-second"),
            PER_GIB_SECOND,
        ),
    ]
    for tail, chip in (("", "x86_64"), ("-ARM", "arm64")):
        for usage, sku in (
            (f"Lambda-GB-Second{tail}", f"{chip}-duration"),
            (f"Lambda-Provisioned-Concurrency{tail}", f"{chip}-provisioned"),
            (f"Lambda-Provisioned-GB-Second{tail}", f"{chip}-provisioned-duration"),
        ):
            to = ("lambda", sku, "gib-second")
            found.append(Offered("AWSLambda", usage, to, PER_GIB_SECOND))
    return tuple(found)


SERVICES: Mapping[str, Service] = {
    "lambda": Service(
        Quantities(
            required=("memory_gib",),
            some_of=("requests", "provisioned_concurrency", "streamed_gb"),
            optional=(
                "duration_s",
                "architecture",
                "ephemeral_gib",
                "provisioned_hours",
                "provisioned_requests",
                "free_tier",
            ),
        ),
        _lambda,
        offered=_lambda_offers(),
        free_tier="Lambda: 1,000,000 requests and 400,000 GB-seconds a month, for ever",
    ),
    "api-gateway": Service(
        Quantities(required=("kind", "requests"), optional=("payload_kib",)),
        _api,
        offered=(
            Offered(
                "AmazonApiGateway",
                "ApiGatewayHttpRequest",
                ("api-gateway", "http", "1k-requests"),
                PER_REQUEST,
            ),
            Offered(
                "AmazonApiGateway",
                "ApiGatewayRequest",
                ("api-gateway", "rest", "1k-requests"),
                PER_REQUEST,
            ),
        ),
        free_tier="API Gateway, first 12 months: 1,000,000 requests of each kind a month",
    ),
}
"""What requests are billed by."""
