"""Makes offer files in the vendor's format: a preamble, a header, one price per line."""

from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path

HEADER_NAMES = """
SKU OfferTermCode RateCode TermType PriceDescription EffectiveDate StartingRange EndingRange
Unit PricePerUnit Currency RelatedTo LeaseContractLength PurchaseOption OfferingClass
Product_Family serviceCode Location Location_Type Instance_Type Current_Generation
Instance_Family vCPU Physical_Processor Clock_Speed Memory Storage Network_Performance
Processor_Architecture Storage_Media Volume_Type Max_Volume_Size Max_IOPS/volume
Max_throughput/volume Provisioned Tenancy EBS_Optimized Operating_System License_Model Group
Group_Description Transfer_Type From_Location From_Location_Type To_Location To_Location_Type
usageType operation AvailabilityZone CapacityStatus ClassicNetworkingSupport
Dedicated_EBS_Throughput ECU Elastic_Graphics_Type Enhanced_Networking_Supported
From_Region_Code GPU GPU_Memory Instance MarketOption Normalization_Size_Factor Physical_Cores
Pre_Installed_S/W Processor_Features Product_Type Region_Code Resource_Type serviceName
SnapshotArchiveFeeType To_Region_Code Volume_API_Name VPCnetworkingsupport Component
platoInstanceType instanceName
"""
HEADER = [name.replace("_", " ") for name in HEADER_NAMES.split()]
_KEYS = {
    "".join(c for c in name.lower() if c.isalnum()): place for place, name in enumerate(HEADER)
}


def line(**attributes: object) -> str:
    """One line of an offer file; keys are header names in small letters without spaces."""
    fields = [""] * len(HEADER)
    for name, value in attributes.items():
        fields[_KEYS[name]] = str(value)
    return ",".join(f'"{field}"' for field in fields)


def ec2_line(instance_type: str, price: object, **changes: object) -> str:
    """A plain Linux machine on shared hardware, on demand."""
    plain = {
        "sku": "ABCDEFGH12345678",
        "offertermcode": "JRTCKXETXF",
        "ratecode": "ABCDEFGH12345678.JRTCKXETXF.6YS6EN2CT7",
        "termtype": "OnDemand",
        "pricedescription": f"${price} per On Demand Linux {instance_type} Instance Hour",
        "effectivedate": "2026-11-01",
        "startingrange": "0",
        "endingrange": "Inf",
        "unit": "Hrs",
        "priceperunit": price,
        "currency": "USD",
        "productfamily": "Compute Instance",
        "servicecode": "AmazonEC2",
        "location": "EU (Ireland)",
        "locationtype": "AWS Region",
        "instancetype": instance_type,
        "currentgeneration": "Yes",
        "instancefamily": "General purpose",
        "vcpu": "2",
        "physicalprocessor": "Intel Xeon Platinum 8175",
        "memory": "8 GiB",
        "storage": "EBS only",
        "networkperformance": "Up to 10 Gigabit",
        "processorarchitecture": "64-bit",
        "tenancy": "Shared",
        "operatingsystem": "Linux",
        "licensemodel": "No License required",
        "usagetype": f"EU-BoxUsage:{instance_type}",
        "operation": "RunInstances",
        "capacitystatus": "Used",
        "marketoption": "OnDemand",
        "preinstalledsw": "NA",
        "regioncode": "eu-west-1",
        "servicename": "Amazon Elastic Compute Cloud",
    }
    return line(**(plain | changes))


def offer_file(lines: Iterable[str], *, offer: str = "AmazonEC2") -> str:
    """A whole offer file."""
    return "\n".join([*preamble(offer), *lines]) + "\n"


def preamble(offer: str = "AmazonEC2") -> list[str]:
    """The lines above the prices."""
    return [
        '"FormatVersion","v1.0"',
        '"Disclaimer","This pricing list is for informational purposes only."',
        '"Publication Date","2026-11-20T19:41:12Z"',
        '"Version","20261120194112"',
        f'"OfferCode","{offer}"',
        ",".join(f'"{name}"' for name in HEADER),
    ]


def big_ec2_lines(types: Iterable[str]) -> Iterator[str]:
    """Endless lines in the mix of a real EC2 file: most are reserved terms of other systems."""
    systems = ("Linux", "RHEL", "SUSE", "Windows", "Ubuntu Pro")
    software = ("NA", "SQL Std", "SQL Web", "SQL Ent")
    tenancies = ("Shared", "Dedicated", "Host")
    states = ("Used", "UnusedCapacityReservation", "AllocatedCapacityReservation")
    names = list(types)
    for number in count():
        price = f"{0.1 + number % 977 / 1000:.10f}"
        common = {
            "sku": f"SKU{number:013d}",
            "operatingsystem": systems[number % 5],
            "preinstalledsw": software[number // 5 % 4],
            "tenancy": tenancies[number // 20 % 3],
            "capacitystatus": states[number // 60 % 3],
            "processorfeatures": "Intel AVX; Intel AVX2; Intel AVX512; Intel Turbo",
        }
        name = names[number // 180 % len(names)]
        if number % 7 == 0:
            yield ec2_line(name, price, **common)
        else:
            yield ec2_line(
                name,
                price,
                **common,
                termtype="Reserved",
                offertermcode="4NA7Y494T4",
                leasecontractlength=("1yr", "3yr")[number % 2],
                purchaseoption=("All Upfront", "Partial Upfront", "No Upfront")[number % 3],
                offeringclass=("standard", "convertible")[number // 2 % 2],
            )


def write_big_ec2_file(path: Path, *, size_bytes: int, types: Iterable[str]) -> int:
    """Write a synthetic EC2 offer file of a size; return its number of lines."""
    lines = big_ec2_lines(types)
    block = [next(lines) for _ in range(20_000)]
    written = line_count = 0
    with path.open("w", encoding="utf-8") as file:
        written += file.write("\n".join(preamble()) + "\n")
        while written < size_bytes:
            written += file.write("\n".join(block) + "\n")
            line_count += len(block)
    return line_count
