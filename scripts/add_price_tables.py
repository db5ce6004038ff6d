"""Re-key a second folder of dated price facts into tables that stand beside the first ones.

Usage: add_price_tables.py FACTS_FOLDER [--out FOLDER]

Nothing that is held is touched. A fact becomes a row from the day it was first seen at that price
to the day it was last seen; a machine that the catalogue does not describe is left out, and so is a
hosting type that SageMaker's API does not take; what nobody saw is left to `pricing.rules`, or derived here where it is
a handful, with the rule in its note.
"""

# ruff: noqa: E501  (tables and the notes that travel in them read better unbroken)

import argparse
import csv
import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path

import botocore.session

from pricing.instances import load_catalogue
from pricing.quotes import PriceBook, Row, Withdrawal
from pricing.tables import DATA, read_table, write_table

SECOND_HAND = "observed second-hand, not effective, from this day"
REGIONS = (
    "us-east-1",
    "us-east-2",
    "us-west-2",
    "eu-west-1",
    "eu-west-2",
    "eu-central-1",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "ca-central-1",
    "sa-east-1",
)
SAME_PRICE = 0.002
"""No two dated sightings of one list price stand farther apart: they are rounded otherwise."""
OLD_TABLES = (
    "ec2_commitments.csv",
    "ec2_on_demand.csv",
    "ec2_spot.csv",
    "fargate.csv",
    "network_and_storage.csv",
    "sagemaker_instances.csv",
    "sagemaker_other.csv",
)
Fact = dict[str, str]
Target = tuple[str, str, str, float, float]
"""Our service, sku and unit, the tier that it starts, and what the price is multiplied by."""

FARGATE = {
    "Fargate-vCPU-Hours:perCPU (Linux/x86)": ("linux-x86_64-vcpu", "vcpu-hour"),
    "Fargate-GB-Hours (Linux/x86)": ("linux-x86_64-memory", "gib-hour"),
    "Fargate-ARM-vCPU-Hours:perCPU (Linux/ARM)": ("linux-arm64-vcpu", "vcpu-hour"),
    "Fargate-ARM-GB-Hours (Linux/ARM)": ("linux-arm64-memory", "gib-hour"),
    "Fargate-EphemeralStorage-GB-Hours": ("ephemeral-storage", "gib-hour"),
    "Fargate-Windows-vCPU-Hours:perCPU": ("windows-x86_64-vcpu", "vcpu-hour"),
    "Fargate-Windows-GB-Hours": ("windows-x86_64-memory", "gib-hour"),
    "Fargate-Windows-OS-Hours:perCPU": ("windows-x86_64-licence", "vcpu-hour"),
}
TARGETS: dict[tuple[str, str], Target] = {
    ("ApiGateway-HTTP", "ApiGatewayHttpRequest, first 300 million"): ("api-gateway", "http", "1k-requests", 0, 1000),
    ("ApiGateway-HTTP", "ApiGatewayHttpRequest, over 300 million"): ("api-gateway", "http", "1k-requests", 300_000, 1000),
    ("ApiGateway-REST", "ApiGatewayRequest, first 333 million"): ("api-gateway", "rest", "1k-requests", 0, 1000),
    ("EKS", "AmazonEKS-Hours:perCluster"): ("eks", "cluster", "hour", 0, 1),
    ("EKS", "AmazonEKS-Hours:extendedSupport (added)"): ("eks", "extended-support", "hour", 0, 1),
    ("Lambda", "Request"): ("lambda", "request", "1k-requests", 0, 1000),
    ("Lambda", "Lambda-GB-Second (x86, first 6 billion)"): ("lambda", "x86_64-duration", "gib-second", 0, 1),
    ("Lambda", "Lambda-GB-Second (x86, next 9 billion)"): ("lambda", "x86_64-duration", "gib-second", 6e9, 1),
    ("Lambda", "Lambda-GB-Second (x86, over 15 billion)"): ("lambda", "x86_64-duration", "gib-second", 15e9, 1),
    ("Lambda", "Lambda-GB-Second-ARM (first 7.5 billion)"): ("lambda", "arm64-duration", "gib-second", 0, 1),
    ("Lambda", "Lambda-GB-Second-ARM (next 11.25 billion)"): ("lambda", "arm64-duration", "gib-second", 7.5e9, 1),
    ("Lambda", "Lambda-GB-Second-ARM (over 18.75 billion)"): ("lambda", "arm64-duration", "gib-second", 18.75e9, 1),
    ("Lambda", "Lambda-Storage-GB-Second (beyond 512 MB)"): ("lambda", "ephemeral-storage", "gib-second", 0, 1),
    ("Lambda", "Provisioned-Concurrency (x86, configured)"): ("lambda", "x86_64-provisioned", "gib-second", 0, 1),
    ("Lambda", "Provisioned-Concurrency-ARM (configured)"): ("lambda", "arm64-provisioned", "gib-second", 0, 1),
    ("Lambda", "Provisioned-GB-Second (x86, duration)"): ("lambda", "x86_64-provisioned-duration", "gib-second", 0, 1),
    ("Lambda", "Provisioned-GB-Second-ARM (duration)"): ("lambda", "arm64-provisioned-duration", "gib-second", 0, 1),
    ("Lambda", "response streaming beyond 6 MB"): ("lambda", "streaming", "gb", 0, 1),
    ("CloudWatch", "alarm, high resolution"): ("cloudwatch", "alarm-high-resolution", "item-month", 0, 1),
    ("CloudWatch", "alarm, standard resolution"): ("cloudwatch", "alarm-standard", "item-month", 0, 1),
    ("CloudWatch", "custom metric, first 10,000"): ("cloudwatch", "metric", "item-month", 0, 1),
    ("CloudWatch", "custom metric, next 240,000"): ("cloudwatch", "metric", "item-month", 10_000, 1),
    ("CloudWatchLogs", "Insights scanned"): ("cloudwatch-logs", "insights-scan", "gb", 0, 1),
    ("CloudWatchLogs", "ingestion, standard class"): ("cloudwatch-logs", "ingestion", "gb", 0, 1),
    ("CloudWatchLogs", "storage"): ("cloudwatch-logs", "storage", "gb-month", 0, 1),
    ("DataTransfer", "between zones"): ("data-transfer-zone", "each-direction", "gb", 0, 1),
    ("DataTransfer", "out to internet, first 10 TB"): ("data-transfer-out", "internet", "gb", 0, 1),
    ("DataTransfer", "out to internet, next 40 TB"): ("data-transfer-out", "internet", "gb", 10 * 1024, 1),
    ("DataTransfer", "out to internet, next 100 TB"): ("data-transfer-out", "internet", "gb", 50 * 1024, 1),
    ("DataTransfer", "out to internet, over 150 TB"): ("data-transfer-out", "internet", "gb", 150 * 1024, 1),
    ("DataTransfer", "out to other regions"): ("data-transfer-region", "out", "gb", 0, 1),
    ("EBS", "gp3 storage"): ("ebs-gp3", "storage", "gb-month", 0, 1),
    ("EBS", "gp3 IOPS over 3,000"): ("ebs-gp3", "iops", "iops-month", 0, 1),
    ("EBS", "gp3 throughput over 125 MiB/s"): ("ebs-gp3", "throughput", "mibps-month", 0, 1),
    ("EC2", "T3 surplus CPU credit"): ("ec2-cpu-credits", "t3", "vcpu-hour", 0, 1),
    ("EC2", "T4g surplus CPU credit"): ("ec2-cpu-credits", "t4g", "vcpu-hour", 0, 1),
    ("ECR", "storage"): ("ecr", "storage", "gb-month", 0, 1),
    ("LoadBalancer-ALB", "LCUUsage"): ("load-balancer", "application-lcu", "lcu-hour", 0, 1),
    ("LoadBalancer-ALB", "LoadBalancerUsage"): ("load-balancer", "application", "hour", 0, 1),
    ("LoadBalancer-NLB", "LoadBalancerUsage"): ("load-balancer", "network", "hour", 0, 1),
    ("LoadBalancer-NLB", "NLCUUsage"): ("load-balancer", "network-lcu", "lcu-hour", 0, 1),
    ("NATGateway", "NatGateway-Hours"): ("nat-gateway", "gateway", "hour", 0, 1),
    ("NATGateway", "NatGateway-Bytes"): ("nat-gateway", "data", "gb", 0, 1),
    ("PublicIPv4", "InUseAddress"): ("public-ipv4", "address", "hour", 0, 1),
    ("S3", "Requests-Tier1 (PUT)"): ("s3", "put-requests", "1k-requests", 0, 1),
    ("S3", "Requests-Tier2 (GET)"): ("s3", "get-requests", "1k-requests", 0, 1),
    ("S3", "Standard, first 50 TB"): ("s3", "storage", "gb-month", 0, 1),
    ("VPCEndpoint", "VpcEndpoint-Hours (interface)"): ("vpc-endpoint", "interface", "hour", 0, 1),
    ("VPCEndpoint", "VpcEndpoint-Bytes (first 1 PB)"): ("vpc-endpoint", "data", "gb", 0, 1),
    ("SageMaker-Hosting", "Data processed in/out"): ("sagemaker-data", "endpoint", "gb", 0, 1),
    ("SageMaker-Hosting-Storage", "gp2"): ("sagemaker-hosting-storage", "storage", "gb-month", 0, 1),
    ("SageMaker-Training-Storage", "gp2"): ("sagemaker-training-storage", "storage", "gb-month", 0, 1),
    ("SageMaker-Processing-Storage", "gp2"): ("sagemaker-processing-storage", "storage", "gb-month", 0, 1),
    ("SageMaker-Notebook-Storage", "gp2"): ("sagemaker-notebook-storage", "storage", "gb-month", 0, 1),
    **{
        ("SageMaker-Serverless", f"ServerlessInf:Mem-{size}GB"): ("sagemaker-serverless", f"memory-{size}gb", "second", 0, 1)
        for size in range(1, 7)
    },
    **{("Fargate", theirs): ("fargate", ours, unit, 0, 1) for theirs, (ours, unit) in FARGATE.items()},
    **{
        ("Fargate-Spot", f"SpotUsage-{theirs}"): ("fargate", ours, unit, 0, 1)
        for theirs, (ours, unit) in FARGATE.items()
    },
}  # fmt: skip
MACHINES = {
    "AmazonEC2": "ec2",
    "AmazonEC2-Spot": "ec2",
    "SageMaker-Hosting": "sagemaker-hosting",
    "SageMaker-Training": "sagemaker-training",
    "SageMaker-Processing": "sagemaker-processing",
    "SageMaker-BatchTransform": "sagemaker-batch-transform",
    "SageMaker-Notebook": "sagemaker-notebook",
}
NOT_USED = {
    # The facts' own list of what disagrees with everything else.
    ("SageMaker-Processing", "ml.t3.medium", "sa-east-1"),
    # One sighting at half of what the vendor's own example of 2026 adds up with.
    ("Fargate", "Fargate-Windows-vCPU-Hours:perCPU", "us-east-1"),
    ("Fargate", "Fargate-Windows-GB-Hours", "us-east-1"),
    ("Fargate", "Fargate-Windows-OS-Hours:perCPU", "us-east-1"),
}
COMPONENTS = {
    "sagemaker-hosting": "ProductionVariantInstanceType",
    "sagemaker-async": "ProductionVariantInstanceType",
    "sagemaker-training": "TrainingInstanceType",
    "sagemaker-training-warm-pool": "TrainingInstanceType",
    "sagemaker-processing": "ProcessingInstanceType",
    "sagemaker-batch-transform": "TransformInstanceType",
    "sagemaker-notebook": "InstanceType",
    "sagemaker-studio": "AppInstanceType",
}
"""Which enumeration of botocore's SageMaker model says what a component can run."""


def read(folder: Path, name: str) -> list[Fact]:
    """Read a facts file."""
    with (folder / name).open(newline="", encoding="utf-8") as file:
        return [{key: value or "" for key, value in line.items()} for line in csv.DictReader(file)]


def row_of(fact: Fact) -> Row | None:
    """Turn a fact into a row of the day it was seen, None where it is none of our prices."""
    region, sku = fact["region"], fact["sku"]
    if region not in REGIONS or (fact["service"], sku, region) in NOT_USED:
        return None
    purchase = "spot" if fact["service"].endswith("-Spot") else "on-demand"
    target = TARGETS.get((fact["service"], sku))
    if target is None and fact["service"] in MACHINES and re.fullmatch(r"(ml\.)?[\w-]+\.\w+", sku):
        target = (MACHINES[fact["service"]], sku, "hour", 0, 1)
    if target is None:
        return None
    service, sku, unit, tier, factor = target
    seen = date.fromisoformat(fact["observed_on"])
    # The dump says of each price how it stands to EC2's; only what stands off is worth a word.
    note = "" if re.fullmatch(r"1\.\d+ x EC2", fact["note"]) else fact["note"]
    if fact["service"] == "SageMaker-Hosting" and (sku, region) == (
        "ml.g6e.xlarge",
        "eu-central-1",
    ):
        note = "UNVERIFIED: 1.345 of EC2's price, where every other region has 1.40"
    note = f"third party; {note}".rstrip("; ") if fact["kind"] == "third-party" else note
    price = round(float(fact["price"]) * factor, 12)
    return Row(
        service, sku, region, purchase, unit, tier, price, seen, seen, "list", fact["source"], note
    )


def merged(rows: Iterable[Row]) -> Iterator[Row]:
    """Join sightings of one price: from the first day it was seen to the last."""

    def thing(row: Row) -> tuple[object, ...]:
        return (*row[:4], row.tier_from_units)

    for _, group in groupby(sorted(rows, key=lambda r: (thing(r), r.valid_from)), key=thing):
        sightings = list(group)
        if any("third party" not in row.note for row in sightings):
            sightings = [row for row in sightings if "third party" not in row.note]
        run: list[Row] = []
        for row in sightings:
            moved = run and abs(row.price_usd_per_unit / run[0].price_usd_per_unit - 1) > SAME_PRICE
            if moved and row.purchase != "spot":
                yield joined(run)
                run = []
            elif moved:
                run = [run[-1]]
                yield joined(run)
                run = []
            run.append(row)
        yield joined(run)


def joined(run: list[Row]) -> Row:
    """Make one row of sightings of one price: the number with the most digits, both sources."""
    best = max(run, key=lambda row: (len(f"{row.price_usd_per_unit:.12g}"), row.valid_from))
    sources = dict.fromkeys((run[0].source, run[-1].source))
    return best._replace(
        valid_from=run[0].valid_from,
        checked_on=run[-1].valid_from,
        source="; ".join(sources),
        note=run[-1].note,
    )


def whole_tiers(rows: list[Row], *, old: PriceBook) -> list[Row]:
    """Let all tiers of a price start together, and keep the upper ones that were not seen again."""
    found: list[Row] = []
    by_thing: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        by_thing.setdefault(row[:4], []).append(row)
    for key, tiers in by_thing.items():
        if all(row.tier_from_units == 0 for row in tiers):
            found += tiers
            continue
        start = max(row.valid_from for row in tiers)
        found += [row._replace(valid_from=start) for row in tiers]
        held = old.history(service=key[0], sku=key[1], region=key[2], purchase=key[3])
        home = old.history(service=key[0], sku=key[1], region="us-east-1", purchase=key[3])
        seen = {row.tier_from_units for row in tiers}
        for quote in {q.tier_from_units: q for q in (*home, *held)}.values():
            if quote.tier_from_units > max(seen):
                found.append(
                    tiers[0]._replace(
                        tier_from_units=quote.tier_from_units,
                        price_usd_per_unit=quote.price_usd_per_unit,
                        valid_from=start,
                        basis="assumed",
                        source=quote.source.removeprefix(f"{SECOND_HAND}: "),
                        note=f"UNVERIFIED: the tier as it stood on {quote.checked_on} in {quote.region}",
                    )
                )
    return found


def in_force(rows: Iterable[Row]) -> dict[tuple[str, ...], Row]:
    """Return the newest first-tier row of everything."""
    found: dict[tuple[str, ...], Row] = {}
    for row in rows:
        held = found.get(row[:4])
        if row.tier_from_units == 0 and (held is None or row.valid_from >= held.valid_from):
            found[row[:4]] = row
    return found


def alike(
    rows: list[Row],
    *,
    old: PriceBook,
    service: str,
    sku: str,
    basis: str,
    note: str,
) -> list[Row]:
    """Let the newest price of one region, us-east-1 first, stand in for the regions where nothing was seen since 2025."""
    now = in_force(rows)
    home = next(now[key] for r in REGIONS if (key := (service, sku, r, "on-demand")) in now)
    seen = {row.region for row in rows if (row.service, row.sku) == (service, sku)}
    found = []
    for region in REGIONS:
        held = old.find(service=service, sku=sku, region=region, on=date(2026, 11, 1))
        read_lately = held and held.basis == "list" and held.checked_on >= date(2025, 1, 1)
        if region in seen or read_lately:
            continue
        found.append(home._replace(region=region, basis=basis, note=note))
    return found


def carried(rows: list[Row], *, gp2: list[Row], old: PriceBook) -> list[Row]:
    """Derive the handful of single prices that follow from one that was seen."""
    now = in_force(rows)
    found: list[Row] = []
    for sku in [*(f"memory-{size}gb" for size in range(1, 7))]:
        found += alike(
            rows, old=old, service="sagemaker-serverless", sku=sku, basis="scaled",
            note="DERIVED by rule: 2e-5 USD a GiB-second in every region seen (us-east-1, us-west-2, sa-east-1)",
        )  # fmt: skip
    for service, sku, note in (
        ("sagemaker-data", "endpoint", "UNVERIFIED: the price of us-east-1"),
        ("ecr", "storage", "UNVERIFIED: 0.10 in each of the eight regions seen"),
        ("ec2-cpu-credits", "t3", "UNVERIFIED: the price of us-east-1"),
        ("eks", "extended-support", "UNVERIFIED: the price of us-east-1"),
        ("load-balancer", "network-lcu", "UNVERIFIED: the price of us-east-1"),
    ):
        found += alike(rows, old=old, service=service, sku=sku, basis="assumed", note=note)
    found += serverless(now=now, old=old)
    for sku in (f"provisioned-{n}gb" for n in range(1, 7)):
        home = old.get(
            service="sagemaker-serverless", sku=sku, region="us-east-1", on=date(2026, 11, 1)
        )
        for region in REGIONS:
            if region not in old.regions:
                found.append(
                    Row(**home.model_dump())._replace(
                        region=region, basis="assumed", note=f"UNVERIFIED: the price of us-east-1; {home.note}",
                        source=home.source.removeprefix(f"{SECOND_HAND}: "),
                    )
                )  # fmt: skip
    t4g = next(row for row in rows if (row.service, row.sku) == ("ec2-cpu-credits", "t4g"))
    found += [
        t4g._replace(region=region, basis="assumed", note="UNVERIFIED: the price of us-west-2")
        for region in REGIONS
        if region != t4g.region
    ]
    home = old.get(service="sagemaker-data", sku="async", region="us-east-1", on=date(2026, 11, 1))
    found += [
        Row(**home.model_dump())._replace(
            region=region, basis="assumed", note="UNVERIFIED: the price of us-east-1",
            source=home.source.removeprefix(f"{SECOND_HAND}: "),
        )
        for region in REGIONS if region not in old.regions
    ]  # fmt: skip
    for region in REGIONS:
        lately = [row for row in rows if row.service == "load-balancer" and row.region == region]
        balancer = now.get(("load-balancer", "application", region, "on-demand"))
        if balancer and not any(row.sku == "network" for row in lately):
            found.append(
                balancer._replace(
                    sku="network", basis="scaled",
                    note="DERIVED by rule: the hour of an application balancer, equal in every region where both were seen",
                )
            )  # fmt: skip
        found += ml_storage(region, now=now, gp2=gp2)
        found += arm_spot(region, now=now)
    return found


def serverless(*, now: dict[tuple[str, ...], Row], old: PriceBook) -> list[Row]:
    """Carry two lines of serverless endpoints: their data, and the use of slots kept warm."""
    slot = old.get(
        service="sagemaker-serverless",
        sku="provisioned-2gb",
        region="us-east-1",
        on=date(2026, 11, 1),
    )
    endpoint = now["sagemaker-data", "endpoint", "us-east-1", "on-demand"]
    source = slot.source.removeprefix(f"{SECOND_HAND}: ")
    away = "UNVERIFIED: the price of us-east-1"
    rows = []
    for region in REGIONS:
        home = region == "us-east-1"
        note = "DERIVED by rule: the price of endpoint data, which was the same in 2022"
        data = endpoint._replace(service="sagemaker-serverless", sku="data", region=region)
        rows.append(
            data._replace(basis="scaled" if home else "assumed", note=note if home else away)
        )
        for size in range(1, 7):
            told = "23 USD for a million seconds in the page's own example"
            if size != 2:
                told = f"DERIVED by rule: the 2 GB rate x {size / 2:g}, as the on-demand rates go"
            rows.append(
                Row(**slot.model_dump())._replace(
                    sku=f"provisioned-usage-{size}gb",
                    region=region,
                    price_usd_per_unit=round(2.3e-5 * size / 2, 10),
                    basis=("list" if size == 2 else "scaled") if home else "assumed",
                    source=source,
                    note=told if home else f"{away}; {told}",
                )
            )
    return rows


def ml_storage(region: str, *, now: dict[tuple[str, ...], Row], gp2: list[Row]) -> list[Row]:
    """ML storage is 1.4 x gp2 wherever both were seen; of processing it is 1.0 x gp2."""
    disk = max((row for row in gp2 if row.region == region), key=lambda row: row.checked_on)
    rows = []
    for service, ratio in (
        ("sagemaker-hosting-storage", 1.4),
        ("sagemaker-training-storage", 1.4),
        ("sagemaker-training-warm-pool-storage", 1.4),
        ("sagemaker-notebook-storage", 1.4),
        ("sagemaker-processing-storage", 1.0),
    ):
        if (service, "storage", region, "on-demand") not in now:
            rows.append(
                disk._replace(
                    service=service,
                    sku="storage",
                    price_usd_per_unit=round(disk.price_usd_per_unit * ratio, 6),
                    basis="scaled",
                    # The first tables derived these from gp3 on a day before; this starts after.
                    valid_from=max(disk.valid_from, date(2025, 1, 1)),
                    note=f"DERIVED by rule: gp2 {disk.price_usd_per_unit:g} x {ratio:g}, the ratio in the regions seen",
                )
            )  # fmt: skip
    return rows


def arm_spot(region: str, *, now: dict[tuple[str, ...], Row]) -> list[Row]:
    """Fargate Spot on Arm, where unseen, takes off what it takes off on x86 in the same region."""
    rows = []
    for part in ("vcpu", "memory"):
        arm = now["fargate", f"linux-arm64-{part}", region, "on-demand"]
        x86 = now["fargate", f"linux-x86_64-{part}", region, "on-demand"]
        spot = now["fargate", f"linux-x86_64-{part}", region, "spot"]
        if ("fargate", arm.sku, region, "spot") not in now:
            share = spot.price_usd_per_unit / x86.price_usd_per_unit
            rows.append(
                spot._replace(
                    sku=arm.sku,
                    price_usd_per_unit=round(arm.price_usd_per_unit * share, 9),
                    basis="scaled",
                    source=f"{spot.source}; {arm.source}",
                    note=f"DERIVED by rule: on demand x {share:.4f}, what spot costs on x86 in {region}",
                )
            )  # fmt: skip
    return rows


def worth_adding(rows: Iterable[Row], *, old: PriceBook) -> Iterator[Row]:
    """Leave out what the book knows as well and later; let a sighting win over a later guess."""
    for row in rows:
        held = [
            quote
            for quote in old.history(
                service=row.service, sku=row.sku, region=row.region, purchase=row.purchase
            )
            if quote.tier_from_units == row.tier_from_units
        ]
        newest = held[-1] if held else None
        if newest is not None and newest.valid_from >= row.valid_from:
            near = abs(newest.price_usd_per_unit / row.price_usd_per_unit - 1) <= SAME_PRICE
            if near and row.valid_from < held[0].valid_from:
                # The same price, seen before anything that is held starts.
                yield row._replace(checked_on=min(row.checked_on, held[0].valid_from))
            if near and newest.basis == "list" and newest.checked_on >= row.checked_on:
                continue
            if newest.basis == "list" or row.basis != "list":
                if newest.checked_on >= row.checked_on:
                    continue
                yield row._replace(valid_from=newest.valid_from + timedelta(days=1))
                continue
            yield row._replace(
                valid_from=newest.valid_from + timedelta(days=1),
                note="; ".join(
                    part for part in (row.note, f"seen on {row.checked_on}; takes over from a price that was not read") if part
                ),
            )  # fmt: skip
            continue
        yield row


def commitments(folder: Path) -> list[tuple[str, ...]]:
    """Reduce commitments to shares of on-demand: one for all sizes of a family."""
    on_demand: dict[tuple[str, str], list[Fact]] = {}
    for fact in read(folder, "ec2_on_demand_2026.csv"):
        on_demand.setdefault((fact["sku"], fact["region"]), []).append(fact)
    for fact in read(folder, "fargate_2026.csv") + read(
        folder, "lambda_apigateway_containers_2026.csv"
    ):
        on_demand.setdefault((fact["sku"], fact["region"]), []).append(fact)
    groups: dict[tuple[str, str, str, str], list[tuple[float, float, Fact]]] = {}
    words = re.compile(
        r"(AmazonEC2-RI|ComputeSavingsPlan|EC2InstanceSavingsPlan)-(\d)yr(?:-(standard|convertible))?-(All|Partial|No)Upfront"
    )
    kinds = {"standard": "reserved", "convertible": "convertible"}
    for fact in read(folder, "reserved_regional_2025-04-05.csv") + read(
        folder, "commitments_2026.csv"
    ):
        found = words.fullmatch(fact["service"])
        if found is None or fact["region"] not in REGIONS or "metal" in fact["sku"]:
            continue
        plan, years, class_, paid = found.groups()
        kind = kinds.get(class_) or {"ComputeSavingsPlan": "compute"}.get(plan, "reserved")
        family = share_family(fact["sku"])
        held = on_demand.get((base_sku(fact["sku"]), fact["region"]))
        if held is None:
            continue
        then = [one for one in held if one["observed_on"] <= fact["observed_on"]] or held[:1]
        base = max(then, key=lambda one: one["observed_on"])
        payment = {"All": "all", "Partial": "partial", "No": "none"}[paid]
        key = (f"{kind}-{years}y", payment, family, fact["region"])
        groups.setdefault(key, []).append((float(fact["price"]), float(base["price"]), fact))
    lines = []
    for key, seen in sorted(groups.items()):
        day = max(fact["observed_on"] for *_, fact in seen)
        newest = [one for one in seen if one[2]["observed_on"] == day]
        # Small sizes are printed with two digits: the largest one tells the share best.
        price, base, fact = max(newest, key=lambda one: one[1])
        lines.append((*key, f"{price / base:.4f}", day, f"{SECOND_HAND}: {fact['source']}"))
    names = {source: f"s{n}" for n, source in enumerate(sorted({line[-1] for line in lines}), 1)}
    legend = [("source", name, "", "", "", "", source) for source, name in names.items()]
    return [*legend, *((*line[:-1], names[line[-1]]) for line in lines)]


def share_family(sku: str) -> str:
    """Return the family that a commitment's share is one for."""
    if sku.startswith("Fargate"):
        return "linux-arm64" if "ARM" in sku else "linux-x86_64"
    if sku.startswith("Lambda"):
        return "arm64" if "ARM" in sku else "x86_64"
    return sku.partition(".")[0]


def base_sku(sku: str) -> str:
    """Return the on-demand sku that a plan's sku stands beside."""
    return {
        "Lambda-GB-Second (x86)": "Lambda-GB-Second (x86, first 6 billion)",
        "Lambda-GB-Second-ARM": "Lambda-GB-Second-ARM (first 7.5 billion)",
    }.get(sku, sku)


def write_lines(path: Path, header: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> None:
    """Write a plain CSV file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(lines)


def withdrawn(rows: Iterable[Row], *, old: PriceBook) -> list[Withdrawal]:
    """Say what the first tables price and the price list of hosting no longer sells."""
    hosting = [row for row in rows if row.service == "sagemaker-hosting"]
    seen = {(row.sku, row.region) for row in hosting}
    day = date(2026, 5, 20)
    source = next(row.source for row in hosting if row.checked_on == day)
    found = []
    for service in ("sagemaker-hosting", "sagemaker-async"):
        for region in old.regions:
            for sku in old.skus(service=service, region=region):
                last = old.history(service=service, sku=sku, region=region)[-1]
                read_later = last.basis == "list" and last.checked_on > day
                if (sku, region) not in seen and not read_later:
                    since = max(day, last.valid_from + timedelta(days=1))
                    note = "not sold here: the price list of 2026-05-20 has no hosting price"
                    where = (service, sku, region, "on-demand")
                    told = f"{SECOND_HAND}: {source}"
                    found.append(Withdrawal(*where, since, told, note))
    return found


def write(path: Path, rows: Iterable[Row], gone: Iterable[Withdrawal] = ()) -> None:
    """Write one table, its sources by short names."""
    place = {region: number for number, region in enumerate(REGIONS)}
    told = sorted(
        (row._replace(source=f"{SECOND_HAND}: {row.source}") for row in rows),
        key=lambda r: (r.service, place[r.region], r.sku, r.purchase, r.valid_from, r.tier_from_units),
    )  # fmt: skip
    names = sorted({row.source for row in told})
    short = {name: f"s{n:03d}" for n, name in enumerate(names, 1)}
    write_table(path, rows=told, sources=short, withdrawals=gone)
    print(f"{path.name}: {len(told)} rows, {path.stat().st_size:,} bytes")


def main() -> None:
    """Read the facts, write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("facts", type=Path)
    parser.add_argument("--out", type=Path, default=DATA)
    args = parser.parse_args()

    first = PriceBook(old_rows())
    facts = [
        fact
        for name in (
            "ec2_on_demand_2026.csv",
            "sagemaker_hosting_2026-05-20.csv",
            "sagemaker_other_2026.csv",
            "fargate_2026.csv",
            "lambda_apigateway_containers_2026.csv",
            "network_storage_logs_2026.csv",
            "ec2_spot_samples_2026.csv",
        )
        for fact in read(args.facts, name)
    ]
    model = botocore.session.get_session().get_service_model("sagemaker")
    runs = {
        service: sorted(sku for sku in model.shape_for(name).enum if sku.count(".") == 2)
        for service, name in COMPONENTS.items()
    }
    seen = [row for fact in facts if (row := row_of(fact)) is not None]
    catalogue = load_catalogue()
    seen = [
        row
        for row in seen
        if (row.unit != "hour" or "." not in row.sku or row.sku in catalogue)
        and (row.service != "sagemaker-hosting" or row.sku in runs["sagemaker-hosting"])
    ]
    rows = whole_tiers(list(merged(seen)), old=first)
    gp2 = [
        row_of(fact | {"service": "EBS", "sku": "gp3 storage"})
        for fact in facts
        if (fact["service"], fact["sku"]) == ("EBS", "gp2 storage")
    ]
    rows += carried(rows, gp2=[row for row in gp2 if row is not None], old=first)
    rows = list(worth_adding(rows, old=first))

    def table(*services: str) -> list[Row]:
        return [row for row in rows if row.service in services]

    write(args.out / "2026_ec2.csv", table("ec2"))
    machines = [row for row in rows if row.service in COMPONENTS]
    write(args.out / "2026_sagemaker.csv", machines, withdrawn(seen, old=first))
    others = [row for row in rows if row.service != "ec2" and row.service not in COMPONENTS]
    write(args.out / "2026_services.csv", others)
    write_lines(
        args.out / "catalogue" / "commitments.csv",
        ("kind", "payment", "family", "region", "fraction", "seen_on", "source"),
        commitments(args.facts),
    )
    write_lines(
        args.out / "catalogue" / "sagemaker_types.csv",
        ("service", "types"),
        [(service, " ".join(types)) for service, types in runs.items()],
    )


def old_rows() -> list[Row]:
    """Read the rows of the first tables alone."""
    rows: list[Row] = []
    for name in OLD_TABLES:
        read_table(DATA / name, rows=rows, confirmations=[])
    return rows


if __name__ == "__main__":
    main()
