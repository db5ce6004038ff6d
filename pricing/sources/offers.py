"""One offer of the vendor's price list, and how it becomes a row of ours, or why it does not.

The same rules serve the offer files and the API: both are flattened to `Offer` first. What must not
get in is refused by name: another tenancy, reserved capacity, pre-installed software, capacity
blocks, Outposts, free rows, other currencies.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Final, NamedTuple

from pricing.base import HOURS_PER_MONTH
from pricing.errors import SourceError
from pricing.quotes import Row
from pricing.services import SERVICES
from pricing.services.base import PER_GB, PER_GB_MONTH, PER_HOUR

HOURS_PER_YEAR: Final = 12 * HOURS_PER_MONTH

USAGE_PREFIXES: Final[Mapping[str, tuple[str, ...]]] = {
    "us-east-1": ("USE1", ""),
    "us-east-2": ("USE2",),
    "us-west-2": ("USW2",),
    "eu-west-1": ("EU", "EUW1"),
    "eu-central-1": ("EUC1",),
    "ap-southeast-2": ("APS2",),
    "ap-northeast-1": ("APN1",),
    "eu-west-2": ("EUW2",),
    "ap-south-1": ("APS3",),
    "ap-southeast-1": ("APS1",),
    "ca-central-1": ("CAN1",),
    "sa-east-1": ("SAE1",),
}
"""What a region's usage types start with; us-east-1 may come bare."""


class Offer(NamedTuple):
    """One price of one product: names in small letters and digits only, as files and API agree."""

    attributes: Mapping[str, str]
    term: str
    unit: str
    tier_from: float
    price: float
    currency: str
    effective: date
    lease: str = ""
    option: str = ""
    offering_class: str = ""

    def get(self, name: str) -> str:
        """Return an attribute, empty where the vendor gives none."""
        return self.attributes.get(name, "")

    @property
    def family(self) -> str:
        """Product family."""
        return self.get("productfamily")


class Reading(NamedTuple):
    """Where and when offers were read."""

    region: str
    checked_on: date
    source: str


def plain_name(header: str) -> str:
    """Spell an attribute the same for files (`Pre Installed S/W`) and API (`preInstalledSw`)."""
    return re.sub(r"[^a-z0-9]", "", header.lower())


def usage_tail(usage_type: str, *, region: str) -> str | None:
    """Return a usage type without its region's prefix, None where it is another region's."""
    for prefix in USAGE_PREFIXES.get(region, ()):
        if prefix and usage_type.startswith(f"{prefix}-"):
            return usage_type[len(prefix) + 1 :]
    if "" in USAGE_PREFIXES.get(region, ()) and not re.match(r"[A-Z]{2,4}\d?-", usage_type):
        return usage_type
    return None


def wrong_place(offer: Offer, *, region: str) -> str | None:
    """Say why an offer is not this region's own, or None."""
    if offer.get("locationtype") not in {"", "AWS Region"}:
        return f"location type {offer.get('locationtype')}"
    code = offer.get("regioncode") or offer.get("fromregioncode")
    if code and code != region:
        return f"region {code}"
    if offer.get("location") == "Any":
        return "location Any"
    return None


def require_usd(offer: Offer) -> None:
    """Refuse another currency.

    Raises:
        SourceError: the price is not in US dollars.
    """
    if offer.currency != "USD":
        raise SourceError(
            f"a price in {offer.currency} ({offer.get('usagetype')}): this product knows USD only; "
            "leave the China regions out"
        )


def unfit_ec2(offer: Offer) -> str | None:
    """Say why a compute offer is not the plain Linux machine on shared hardware, or None."""
    wanted = {
        "tenancy": ("Shared",),
        "operatingsystem": ("Linux",),
        "preinstalledsw": ("NA",),
        "capacitystatus": ("Used",),
        "marketoption": ("OnDemand", ""),
    }
    for name, allowed in wanted.items():
        if offer.get(name) not in allowed:
            return f"{name} {offer.get(name) or 'not given'}"
    return None


def rows_of_ec2(offer: Offer, reading: Reading) -> Row | None:
    """Map an AmazonEC2 offer: machines on demand and reserved, gp3 disks, NAT gateways, credits."""
    if wrong_place(offer, region=reading.region):
        return None
    if offer.family in {"Compute Instance", "Compute Instance (bare metal)"}:
        if unfit_ec2(offer):
            return None
        require_usd(offer)
        if offer.term == "OnDemand" and offer.unit == "Hrs":
            return _row(offer, reading, "ec2", offer.get("instancetype"), "hour")
        if offer.term == "Reserved":
            return _reserved(offer, reading)
        return None
    if offer.family in {"Storage", "System Operation", "Provisioned Throughput"}:
        if offer.get("volumeapiname") != "gp3" or offer.term != "OnDemand":
            return None
        return _by_unit(offer, reading, _GP3[offer.family])
    return _by_usage(offer, reading, _EC2_USAGE)


def _reserved(offer: Offer, reading: Reading) -> Row | None:
    years = {"1yr": 1, "3yr": 3}.get(offer.lease)
    fits = offer.offering_class == "standard" and offer.option == "All Upfront"
    if years is None or not fits or offer.unit != "Quantity":
        return None
    hourly = offer.price / (years * HOURS_PER_YEAR)
    row = _row(offer, reading, "ec2", offer.get("instancetype"), "hour")
    return row._replace(
        purchase=f"reserved-{years}y",
        price_usd_per_unit=round(hourly, 8),
        note=f"{years}-year standard, all upfront, spread over its hours",
    )


def rows_of_sagemaker(offer: Offer, reading: Reading) -> Row | None:
    """Map an AmazonSageMaker offer: instances by component, storage, serverless."""
    if offer.term != "OnDemand" or wrong_place(offer, region=reading.region):
        return None
    tail = usage_tail(offer.get("usagetype"), region=reading.region)
    if tail is None or offer.price == 0:
        return None
    serverless = re.fullmatch(r"ServerlessInf:Mem-([1-6])GB", tail)
    if serverless:
        unit = {"second": 1.0, "seconds": 1.0, "sec": 1.0}
        to = ("sagemaker-serverless", f"memory-{serverless[1]}gb", "second", unit)
        return _by_unit(offer, reading, to)
    if offer.unit == "GB-Mo":
        service = _SAGEMAKER_VOLUMES.get(offer.get("volumetype"))
        to = (service or "", "storage", "gb-month", {"gb-mo": 1.0})
        return _by_unit(offer, reading, to) if service else None
    component = offer.get("platoinstancetype") or offer.get("component")
    service = _SAGEMAKER_COMPONENTS.get(component)
    sku = _sagemaker_sku(offer, tail)
    if service is None or sku is None or offer.unit.lower() not in {"hrs", "hour", "hours"}:
        return None
    require_usd(offer)
    return _row(offer, reading, service, sku, "hour")


def _sagemaker_sku(offer: Offer, tail: str) -> str | None:
    """Return the `ml.` type; its own attributes may say NA, then the usage type says it."""
    for text in (offer.get("instancename"), offer.get("platoinstancename"), tail):
        found = re.search(r"ml\.[a-z0-9-]+\.[a-z0-9]+", text)
        if found:
            return found[0]
    return None


def by_usage_type(table: "Mapping[tuple[str, str], _Target]") -> "Mapper":
    """Make a mapper for services whose usage type says all there is to know."""

    def rows_of(offer: Offer, reading: Reading) -> Row | None:
        if wrong_place(offer, region=reading.region):
            return None
        return _by_usage(offer, reading, table)

    return rows_of


def rows_of_transfer(offer: Offer, reading: Reading) -> Row | None:
    """Map an AWSDataTransfer offer: to the internet by tiers, and between zones."""
    if offer.term != "OnDemand" or offer.price == 0:
        return None
    code = offer.get("fromregioncode") or offer.get("regioncode")
    if code and code != reading.region:
        return None
    tail = usage_tail(offer.get("usagetype"), region=reading.region)
    if tail == "DataTransfer-Out-Bytes" and offer.get("tolocation") == "External":
        to = ("data-transfer-out", "internet", "gb", PER_GB)
        return _by_unit(offer, reading, to)
    if tail == "DataTransfer-Regional-Bytes":
        to = ("data-transfer-zone", "each-direction", "gb", PER_GB)
        return _by_unit(offer, reading, to)
    return None


_Target = tuple[str, str, str, Mapping[str, float]]
"""Service, sku, our unit, and the factor for each unit that the vendor may print."""

Mapper = Callable[[Offer, Reading], Row | None]


def _offered(code: str) -> Mapping[tuple[str, str], _Target]:
    """Return what the table of services names of one of the vendor's offer files."""
    return {
        (one.family, one.usage): (*one.to, one.per)
        for service in SERVICES.values()
        for one in service.offered
        if one.code == code
    }


_GP3: Mapping[str, _Target] = {
    "Storage": ("ebs-gp3", "storage", "gb-month", PER_GB_MONTH),
    "System Operation": ("ebs-gp3", "iops", "iops-month", {"iops-mo": 1.0}),
    "Provisioned Throughput": (
        "ebs-gp3",
        "throughput",
        "mibps-month",
        {"gibps-mo": 1.0 / 1024.0, "mibps-mo": 1.0},
    ),
}
_EC2_USAGE: Mapping[tuple[str, str], _Target] = {
    **_offered("AmazonEC2"),
    ("CPU Credits", "CPUCredits:t3"): ("ec2-cpu-credits", "t3", "vcpu-hour", PER_HOUR),
    ("CPU Credits", "CPUCredits:t4g"): ("ec2-cpu-credits", "t4g", "vcpu-hour", PER_HOUR),
}
_SAGEMAKER_COMPONENTS: Mapping[str, str] = {
    "Hosting": "sagemaker-hosting",
    "AsyncInf": "sagemaker-async",
    "Training": "sagemaker-training",
    "Training-WarmPool": "sagemaker-training-warm-pool",
    "TrainingWarmPool": "sagemaker-training-warm-pool",
    "Processing": "sagemaker-processing",
    "BatchTransform": "sagemaker-batch-transform",
    "Notebook": "sagemaker-notebook",
    "Studio-Notebook": "sagemaker-studio",
}
_SAGEMAKER_VOLUMES: Mapping[str, str] = {
    "General Purpose-Hosting": "sagemaker-hosting-storage",
    "General Purpose-Training": "sagemaker-training-storage",
    "General Purpose-Processing": "sagemaker-processing-storage",
    "General Purpose-Notebook": "sagemaker-notebook-storage",
}


def _by_usage(
    offer: Offer, reading: Reading, table: Mapping[tuple[str, str], _Target]
) -> Row | None:
    """Match the tail of a usage type exactly; the free rows beside it have other tails."""
    if offer.term != "OnDemand" or offer.price == 0:
        return None
    tail = usage_tail(offer.get("usagetype"), region=reading.region)
    if tail is None:
        return None
    target = table.get((offer.family, tail)) or table.get(("", tail))
    return None if target is None else _by_unit(offer, reading, target)


def _by_unit(offer: Offer, reading: Reading, target: _Target) -> Row | None:
    service, sku, unit, factors = target
    factor = factors.get(offer.unit.lower())
    if factor is None:
        raise SourceError(
            f"{service} {sku} in {reading.region} is now billed by {offer.unit!r}, not by "
            f"{' or '.join(factors)}: the reader must be taught what that means"
        )
    require_usd(offer)
    row = _row(offer, reading, service, sku, unit)
    return row._replace(price_usd_per_unit=round(row.price_usd_per_unit * factor, 12))


def _row(offer: Offer, reading: Reading, service: str, sku: str, unit: str) -> Row:
    return Row(
        service,
        sku,
        reading.region,
        "on-demand",
        unit,
        offer.tier_from,
        offer.price,
        min(offer.effective, reading.checked_on),
        reading.checked_on,
        "list",
        reading.source,
        "",
    )


class OfferFile(NamedTuple):
    """How one of the vendor's offer files is read."""

    code: str
    """The vendor's service code, also the name of its offer file."""
    mapper: Mapper
    needles: tuple[tuple[str, ...], ...] = ((),)
    """Any line worth parsing contains all words of one of these; the rest is skipped unread.

    The first word is looked for in every byte of the file: a long and rare one is found fastest.
    """
    filters: tuple[Mapping[str, str], ...] = ({},)
    """What the API is asked for, one query each, beside the region."""
    region_field: str = "regionCode"
    """The attribute that holds the region."""


_COMPUTE = {
    "operatingSystem": "Linux",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
    "marketoption": "OnDemand",
    "tenancy": "Shared",
    "productFamily": "Compute Instance",
}


def _plain(code: str, *, needles: tuple[tuple[str, ...], ...] = ((),)) -> OfferFile:
    """Describe a file whose usage types say all there is to know."""
    return OfferFile(code, by_usage_type(_offered(code)), needles=needles)


OFFER_FILES: Mapping[str, OfferFile] = {
    "ec2": OfferFile(
        "AmazonEC2",
        rows_of_ec2,
        needles=(
            ('"Linux"', '"Shared"', '"Used"', '"NA"'),
            ("EBS:Volume", "gp3"),
            ("NatGateway-",),
            ("CPUCredits:t",),
        ),
        filters=(
            _COMPUTE,
            {"volumeApiName": "gp3"},
            {"productFamily": "NAT Gateway"},
            {"productFamily": "CPU Credits"},
        ),
    ),
    "sagemaker": OfferFile(
        "AmazonSageMaker",
        rows_of_sagemaker,
        needles=(("ml.",), ("ServerlessInf",), ("GB-Mo",)),
    ),
    "fargate": _plain("AmazonECS", needles=(("Fargate",),)),
    "lambda": _plain("AWSLambda"),
    "api-gateway": _plain("AmazonApiGateway"),
    "eks": _plain("AmazonEKS"),
    "load-balancer": _plain("AWSELB"),
    "data-transfer": OfferFile("AWSDataTransfer", rows_of_transfer, region_field="fromRegionCode"),
    "addresses": _plain("AmazonVPC"),
    "cloudwatch": _plain("AmazonCloudWatch"),
    "ecr": _plain("AmazonECR"),
    "s3": _plain("AmazonS3"),
}
"""Every offer file that is read, by the name that `--service` takes."""
