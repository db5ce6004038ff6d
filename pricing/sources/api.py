"""AWS's own APIs through boto3: price list, savings plans, spot history, instance types.

No credential is ever read, printed or stored here: boto3 finds them, and only its error codes are
passed on.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from typing import Any, Final

import boto3
from botocore import exceptions
from botocore.config import Config
from botocore.parsers import ResponseParserError

from pricing.errors import NetworkError, SourceError
from pricing.quotes import Row
from pricing.sources.offers import Offer, OfferFile, Reading, plain_name, usage_tail

ATTEMPTS: Final = 6
GARBLED_ATTEMPTS: Final = 3
DAY_S: Final = 24 * 3600
PLAN_YEARS: Final[Mapping[int, str]] = {365 * DAY_S: "savings-1y", 3 * 365 * DAY_S: "savings-3y"}
SAGEMAKER_USAGES: Final[Mapping[str, str]] = {
    "Host": "sagemaker-hosting",
    "AsyncInf": "sagemaker-async",
    "Train": "sagemaker-training",
    "Processing": "sagemaker-processing",
    "Tsform": "sagemaker-batch-transform",
    "Notebk": "sagemaker-notebook",
}
Progress = Callable[[int, int | None], None]


def client(name: str, *, region: str, endpoint_url: str | None = None) -> Any:
    """Make a boto3 client that waits and tries again when it is throttled."""
    config = Config(
        retries={"mode": "standard", "max_attempts": ATTEMPTS}, connect_timeout=5, read_timeout=60
    )
    return boto3.Session().client(
        name, region_name=region, endpoint_url=endpoint_url, config=config
    )


def price_list_region(region: str) -> str:
    """Return the region whose price-list endpoint is nearest; each knows every region's prices."""
    nearest = {"eu": "eu-central-1", "ap": "ap-south-1"}
    return nearest.get(region.split("-", maxsplit=1)[0], "us-east-1")


@contextmanager
def plain_errors(action: str) -> Iterator[None]:
    """Turn what botocore raises into one sentence: what was asked, what went wrong, what to do.

    Raises:
        SourceError: anything that botocore can raise.
    """
    try:
        yield
    except (exceptions.NoCredentialsError, exceptions.PartialCredentialsError) as error:
        raise NetworkError(
            f"{action}: no AWS credentials found; set AWS_PROFILE or log in, or use --via files, "
            "which needs none"
        ) from error
    except (exceptions.TokenRetrievalError, exceptions.SSOError) as error:
        raise SourceError(f"{action}: the AWS login has expired; log in again") from error
    except (
        exceptions.ProfileNotFound,
        exceptions.ConfigNotFound,
        exceptions.ConfigParseError,
        exceptions.InvalidConfigError,
        exceptions.CredentialRetrievalError,
        exceptions.MetadataRetrievalError,
    ) as error:
        raise NetworkError(
            f"{action}: the AWS credentials cannot be read ({_name(error)}); check AWS_PROFILE and "
            "the AWS configuration, or use --via files, which needs none"
        ) from error
    except exceptions.ClientError as error:
        raise SourceError(_client_message(action, error)) from error
    except (exceptions.HTTPClientError, exceptions.ConnectionError) as error:
        raise NetworkError(
            f"{action}: no network, or AWS did not answer ({_name(error)})"
        ) from error
    except (
        exceptions.BotoCoreError,
        ResponseParserError,
        ValueError,
        KeyError,
        TypeError,
    ) as error:
        raise SourceError(f"{action}: the answer makes no sense ({_name(error)})") from error


def _name(error: Exception) -> str:
    return type(error).__name__


def _client_message(action: str, error: exceptions.ClientError) -> str:
    code = str(error.response.get("Error", {}).get("Code", "unknown"))
    if code in {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}:
        return f"{action}: the AWS session has expired ({code}); log in again"
    if "AccessDenied" in code or code in {"UnauthorizedOperation", "AuthorizationError"}:
        return f"{action}: denied ({code}); allow this action, or use --via files"
    if code in {"UnrecognizedClientException", "InvalidClientTokenId", "AuthFailure"}:
        return f"{action}: AWS does not know these credentials ({code}); check them"
    if "Throttl" in code or code in {"RequestLimitExceeded", "TooManyRequestsException"}:
        return f"{action}: throttled ({code}) {ATTEMPTS} times; try again later"
    return f"{action}: AWS refused ({code})"


def _pages(
    call: Callable[..., Mapping[str, Any]], *, holding: str, cursor: str, **question: Any
) -> Iterator[Mapping[str, Any]]:
    """Ask page by page; an answer that was cut or garbled on its way is asked for again.

    Raises:
        ValueError: every answer was garbled.
    """
    while True:
        for _ in range(GARBLED_ATTEMPTS):
            try:
                answer = call(**question)
            except ResponseParserError:
                continue
            if holding in answer:
                break
        else:
            raise ValueError(f"{GARBLED_ATTEMPTS} answers without {holding}")
        yield answer
        if not answer.get(cursor):
            return
        question[cursor] = answer[cursor]


def fetch_rows(
    service: OfferFile,
    *,
    region: str,
    today: date,
    endpoint_url: str | None = None,
    progress: Progress | None = None,
) -> list[Row]:
    """Read a service's prices in one region from `pricing.get_products`.

    Raises:
        SourceError: no credentials, denied, expired, throttled for good, no network, garbage.
    """
    source = f"pricing.get_products {service.code} {region}"
    reading = Reading(region, today, source)
    rows: list[Row] = []
    seen = 0
    with plain_errors("pricing:GetProducts"):
        prices = client("pricing", region=price_list_region(region), endpoint_url=endpoint_url)
        for wanted in service.filters:
            filters = [
                {"Type": "TERM_MATCH", "Field": name, "Value": value}
                for name, value in {service.region_field: region, **wanted}.items()
            ]
            for page in _pages(
                prices.get_products,
                holding="PriceList",
                cursor="NextToken",
                ServiceCode=service.code,
                Filters=filters,
                FormatVersion="aws_v1",
            ):
                for text in page["PriceList"]:
                    seen += 1
                    rows += [
                        row
                        for offer in offers_of(json.loads(text))
                        if (row := service.mapper(offer, reading)) is not None
                    ]
                if progress:
                    progress(seen, None)
    return rows


def offers_of(product: Mapping[str, Any]) -> Iterator[Offer]:
    """Flatten one element of a price list: a product's terms and their price dimensions."""
    attributes = {
        plain_name(name): str(value) for name, value in product["product"]["attributes"].items()
    }
    attributes["productfamily"] = str(product["product"].get("productFamily", ""))
    for term, offers in product.get("terms", {}).items():
        for offer in offers.values():
            terms = offer.get("termAttributes", {})
            for dimension in offer["priceDimensions"].values():
                ((currency, price),) = dimension["pricePerUnit"].items()
                yield Offer(
                    attributes=attributes,
                    term=term,
                    unit=dimension["unit"],
                    tier_from=float(dimension.get("beginRange") or 0),
                    price=float(price),
                    currency=currency,
                    effective=date.fromisoformat(offer["effectiveDate"][:10]),
                    lease=terms.get("LeaseContractLength", ""),
                    option=terms.get("PurchaseOption", ""),
                    offering_class=terms.get("OfferingClass", ""),
                )


def fetch_savings_plans(
    *, region: str, today: date, endpoint_url: str | None = None, progress: Progress | None = None
) -> list[Row]:
    """Read all-upfront savings-plan rates of EC2, Fargate and SageMaker in one region.

    Raises:
        SourceError: as `fetch_rows`.
    """
    rows: list[Row] = []
    with plain_errors("savingsplans:DescribeSavingsPlansOfferingRates"):
        plans = client("savingsplans", region="us-east-1", endpoint_url=endpoint_url)
        for plan, product in (
            ("EC2Instance", "EC2"),
            ("Compute", "Fargate"),
            ("SageMaker", "SageMaker"),
        ):
            for page in _pages(
                plans.describe_savings_plans_offering_rates,
                holding="searchResults",
                cursor="nextToken",
                savingsPlanPaymentOptions=["All Upfront"],
                savingsPlanTypes=[plan],
                products=[product],
                filters=[{"name": "region", "values": [region]}],
                maxResults=1000,
            ):
                rows += [
                    row
                    for rate in page["searchResults"]
                    if (row := _plan_row(rate, region=region, today=today)) is not None
                ]
                if progress:
                    progress(len(rows), None)
    return rows


def _plan_row(rate: Mapping[str, Any], *, region: str, today: date) -> Row | None:
    offering = rate["savingsPlanOffering"]
    purchase = PLAN_YEARS.get(offering["durationSeconds"])
    tail = usage_tail(rate["usageType"], region=region)
    properties = {entry["name"]: entry["value"] for entry in rate.get("properties", ())}
    if purchase is None or tail is None:
        return None
    if offering["currency"] != "USD":
        raise SourceError(f"a savings plan in {offering['currency']}: only USD is known")
    kind, _, sku = tail.partition(":")
    if kind == "BoxUsage":
        plain = properties.get("productDescription", "Linux/UNIX") == "Linux/UNIX"
        shared = properties.get("tenancy", "shared").lower() in {"shared", "default"}
        if not (plain and shared):
            return None
        service, unit = "ec2", "hour"
    elif kind in SAGEMAKER_USAGES and sku.startswith("ml."):
        service, unit = SAGEMAKER_USAGES[kind], "hour"
    elif tail in _FARGATE_PLANS:
        service = "fargate"
        sku, unit = _FARGATE_PLANS[tail]
    else:
        return None
    return Row(
        service,
        sku,
        region,
        purchase,
        unit,
        0.0,
        float(rate["rate"]),
        today,
        today,
        "list",
        f"savingsplans.describe_savings_plans_offering_rates {region}",
        f"{offering['planType']} savings plan, all upfront; observed, not effective, from this day",
    )


_FARGATE_PLANS = {
    "Fargate-vCPU-Hours:perCPU": ("linux-x86_64-vcpu", "vcpu-hour"),
    "Fargate-GB-Hours": ("linux-x86_64-memory", "gib-hour"),
    "Fargate-ARM-vCPU-Hours:perCPU": ("linux-arm64-vcpu", "vcpu-hour"),
    "Fargate-ARM-GB-Hours": ("linux-arm64-memory", "gib-hour"),
}


def fetch_spot(
    *,
    region: str,
    today: date,
    instance_types: Iterable[str],
    endpoint_url: str | None = None,
    progress: Progress | None = None,
) -> list[Row]:
    """Read today's Linux spot prices in one region: the middle of its zones, all zones named.

    Raises:
        SourceError: as `fetch_rows`.
    """
    wanted = sorted(instance_types)
    newest: dict[tuple[str, str], tuple[datetime, float]] = {}
    with plain_errors("ec2:DescribeSpotPriceHistory"):
        ec2 = client("ec2", region=region, endpoint_url=endpoint_url)
        for page in _pages(
            ec2.describe_spot_price_history,
            holding="SpotPriceHistory",
            cursor="NextToken",
            ProductDescriptions=["Linux/UNIX"],
            InstanceTypes=wanted,
            StartTime=datetime.combine(today, time.min, tzinfo=UTC),
        ):
            for entry in page["SpotPriceHistory"]:
                if not entry["ProductDescription"].startswith("Linux/UNIX"):
                    continue
                key = (entry["InstanceType"], entry["AvailabilityZone"])
                found = (entry["Timestamp"], float(entry["SpotPrice"]))
                newest[key] = max(newest.get(key, found), found)
            if progress:
                progress(len(newest), None)
    zones: dict[str, dict[str, float]] = {}
    for (instance_type, zone), (_, price) in newest.items():
        if instance_type in wanted:
            zones.setdefault(instance_type, {})[zone] = price
    return [_spot_row(sku, prices, region=region, today=today) for sku, prices in zones.items()]


def _spot_row(sku: str, prices: Mapping[str, float], *, region: str, today: date) -> Row:
    ordered = sorted(prices.values())
    listed = ", ".join(f"{zone} {price:g}" for zone, price in sorted(prices.items()))
    return Row(
        "ec2",
        sku,
        region,
        "spot",
        "hour",
        0.0,
        ordered[(len(ordered) - 1) // 2],
        today,
        today,
        "list",
        f"ec2.describe_spot_price_history {region}",
        f"middle of the zones: {listed}",
    )


def fetch_instance_types(
    *,
    region: str,
    families: Iterable[str],
    endpoint_url: str | None = None,
    progress: Progress | None = None,
) -> dict[str, dict[str, float | str | bool]]:
    """Read what AWS says of its instance types, in the words of our catalogue.

    Raises:
        SourceError: as `fetch_rows`.
    """
    found: dict[str, dict[str, float | str | bool]] = {}
    with plain_errors("ec2:DescribeInstanceTypes"):
        ec2 = client("ec2", region=region, endpoint_url=endpoint_url)
        for page in _pages(
            ec2.describe_instance_types,
            holding="InstanceTypes",
            cursor="NextToken",
            Filters=[{"Name": "instance-type", "Values": [f"{name}.*" for name in families]}],
        ):
            for kind in page["InstanceTypes"]:
                processors = kind["VCpuInfo"]
                gpus = kind.get("GpuInfo", {}).get("Gpus", [])
                facts: dict[str, float | str | bool] = {
                    "vcpu_count": processors["DefaultVCpus"],
                    "memory_gib": kind["MemoryInfo"]["SizeInMiB"] / 1024,
                    "burstable": bool(kind.get("BurstablePerformanceSupported", False)),
                    "gpu_count": sum(gpu.get("Count", 0) for gpu in gpus),
                    "architecture": kind["ProcessorInfo"]["SupportedArchitectures"][-1],
                }
                if "DefaultCores" in processors:
                    facts["physical_core_count"] = processors["DefaultCores"]
                found[kind["InstanceType"]] = facts
            if progress:
                progress(len(found), None)
    return found
