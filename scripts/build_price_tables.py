"""Re-key the first folder of dated price facts into the tables of `pricing/data/aws`.

Usage: build_price_tables.py FACTS_FOLDER [--out FOLDER]

A fact is used as observed: `valid_from` is the first day of the period it was observed in, not the
day the vendor made it effective; a fact without a date starts on one early day and is `assumed`.
"""

# ruff: noqa: E501  (tables and the notes that travel in them read better unbroken)

import argparse
import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path

import botocore.session

from pricing.checks import sagemaker_ratio
from pricing.quotes import Row
from pricing.tables import DATA, write_table

UNDATED = date(2022, 1, 1)
SECOND_HAND = "observed second-hand, not effective, from this day"
REGIONS = (
    "us-east-1",
    "us-east-2",
    "us-west-2",
    "eu-west-1",
    "eu-central-1",
    "ap-southeast-2",
    "ap-northeast-1",
)
Fact = dict[str, str]

COMPONENTS = {
    # our service: (the facts' service, the enumeration of the types that the component can run)
    "sagemaker-hosting": ("SageMaker-Hosting", "ProductionVariantInstanceType"),
    "sagemaker-async": ("SageMaker-Async", "ProductionVariantInstanceType"),
    "sagemaker-training": ("SageMaker-Training", "TrainingInstanceType"),
    "sagemaker-training-warm-pool": ("SageMaker-Training-WarmPool", "TrainingInstanceType"),
    "sagemaker-processing": ("SageMaker-Processing", "ProcessingInstanceType"),
    "sagemaker-batch-transform": ("SageMaker-BatchTransform", "TransformInstanceType"),
    "sagemaker-notebook": ("SageMaker-Notebook", "InstanceType"),
    "sagemaker-studio": ("SageMaker-Studio-Notebook", "AppInstanceType"),
}
SIBLINGS = tuple(fact for fact, _ in COMPONENTS.values())

CREDITS = {
    # size: (credits per hour, baseline share of each vCPU), the same for T3 and T4g
    "nano": (6, 0.05),
    "micro": (12, 0.10),
    "small": (24, 0.20),
    "medium": (24, 0.20),
    "large": (36, 0.30),
    "xlarge": (96, 0.40),
    "2xlarge": (192, 0.40),
}
VERIFIED = ("t3", "m5", "c5", "r5", "c7i", "g4dn", "g5", "g6", "g6e", "p3", "p4d", "p5", "inf2")
"""Families whose SageMaker ratio these first facts show; what was learnt later is not theirs."""
VENDOR_NAMES = {"Intel": "Intel Xeon Platinum ", "AMD": "AMD EPYC ", "AWS": ""}


def period(as_of: str) -> tuple[date, date, bool]:
    """Return the first and last day that a fact's date allows, and whether it has a date at all."""
    if as_of == "n/d":
        return UNDATED, UNDATED, False
    ends = [_first_day(part) for part in as_of.split("..")]
    return ends[0], ends[-1], True


def _first_day(text: str) -> date:
    parts = [int(part) for part in text.split("-")]
    return date(*([*parts, 1, 1])[:3])


def row_of(  # one place where a fact becomes a row
    fact: Fact,
    *,
    service: str,
    sku: str,
    unit: str,
    purchase: str = "on-demand",
    tier_from: float = 0.0,
    price: float | None = None,
    region: str | None = None,
    basis: str | None = None,
    note: str = "",
) -> Row:
    """Turn a fact into a row; its marks travel in the note and decide the basis."""
    since, checked, dated = period(fact["as_of"])
    if re.fullmatch(r"\d{4}", fact["as_of"]):  # the source may say the days itself
        days = [date.fromisoformat(d) for d in re.findall(r"\d{4}-\d\d-\d\d", fact["source"])]
        since, checked = min([since, *days]), max([checked, *days])
    marks = "; ".join(part for part in (note, fact["note"]) if part)
    unverified = "UNVERIFIED" in fact["note"] or fact["source"].lower().startswith("assumed")
    if basis is None:
        basis = "scaled" if "DERIVED" in marks else "assumed" if unverified or not dated else "list"
    if not dated:
        marks = "; ".join(part for part in (marks, "undated") if part)
    return Row(
        service,
        sku,
        region or fact["region"],
        purchase,
        unit,
        tier_from,
        float(fact["price_usd"]) if price is None else price,
        since,
        checked,
        basis,
        fact["source"],
        marks,
    )


def ec2_on_demand(facts: list[Fact], earlier: list[Fact]) -> list[Row]:
    """Rows of on-demand EC2: the facts, and the on-demand prices that the reserved file quotes."""
    then = {fact["sku"]: fact for fact in earlier}
    rows = []
    for fact in facts:
        row = row_of(fact, service="ec2", sku=fact["sku"], unit="hour")
        before = then.get(fact["sku"]) if fact["region"] == "us-east-1" else None
        if before:
            price = float(_match(r"on-demand then ([\d.]+)", before["note"]))
            old = row_of(
                before | {"note": ""}, service="ec2", sku=fact["sku"], unit="hour", price=price
            )
            if abs(price / row.price_usd_per_unit - 1) < 5e-4:
                row = row._replace(valid_from=old.valid_from, source=f"{row.source}; {old.source}")
            else:
                rows.append(old._replace(note="on-demand price quoted beside the reserved one"))
        rows.append(row)
    return rows


def _match(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if not found:
        raise ValueError(f"{pattern!r} not in {text!r}")
    return found[1]


def ec2_spot(facts: list[Fact], advice: list[Fact], on_demand: list[Row]) -> list[Row]:
    """Observed spot prices; where there is none, on-demand less the saving that is advertised."""
    advised = {(one["region"], one["instance_type"]): one for one in advice}
    now = {(row.region, row.sku): row for row in on_demand}
    rows = []
    for fact in facts:
        key = (fact["region"], fact["sku"])
        note = advice_note(advised.get(key))
        if key in now and float(fact["price_usd"]) > now[key].price_usd_per_unit:
            note = f"STALE: above the on-demand price of {now[key].valid_from}; {note}"
        rows.append(
            row_of(fact, service="ec2", sku=fact["sku"], unit="hour", purchase="spot", note=note)
        )
    seen = {(row.region, row.sku) for row in rows}
    for key, one in advised.items():
        row = now.get(key)
        if key in seen or row is None:
            continue
        saving = int(one["savings_pct_vs_ondemand"]) / 100
        observed, _, _ = period(one["as_of"])
        rows.append(
            row._replace(
                purchase="spot",
                price_usd_per_unit=round(row.price_usd_per_unit * (1 - saving), 6),
                valid_from=max(observed, row.valid_from),
                checked_on=observed,
                basis="scaled",
                source=f"{one['source']}; {row.source}",
                note=f"DERIVED: on-demand less the advertised saving; {advice_note(one)}",
            )
        )
    return rows


def advice_note(one: Fact | None) -> str:
    """Say the saving and the interruption band, or nothing."""
    if one is None:
        return ""
    return (
        f"spot advice {one['as_of']}: saves {one['savings_pct_vs_ondemand']} %, "
        f"{one['interruption_frequency']} interrupted a month"
    )


def ec2_commitments(facts: list[Fact], on_demand: list[Row], *, years: int) -> list[Row]:
    """Prices for a commitment: the reserved ones known for one region, and their ratio elsewhere."""
    day = "on 2023-08-30" if years == 1 else "undated"
    ratios = {
        f["sku"]: float(f["price_usd"]) / float(_match(r"then ([\d.]+)", f["note"])) for f in facts
    }
    families: dict[str, list[float]] = {}
    for sku, ratio in ratios.items():
        families.setdefault(sku.split(".")[0], []).append(ratio)
    known = {f["sku"]: f for f in facts}
    newest = {(row.region, row.sku): row for row in on_demand}
    rows = []
    for (region, sku), row in sorted(newest.items()):
        family = sku.split(".")[0]
        if family not in families:
            continue
        ratio = ratios.get(sku, sorted(families[family])[len(families[family]) // 2])
        fact = known.get(sku)
        scaled = row._replace(
            price_usd_per_unit=round(row.price_usd_per_unit * ratio, 6),
            basis="assumed",
            source=f"{next(iter(known.values()))['source']}; {row.source}",
            note=(
                f"DERIVED: on-demand x {ratio:.3f}, the {years}-year standard all-upfront ratio of {family} in "
                f"us-east-1, {day}" + (f"; {row.note}" if _marked(row.note) else "")
            ),
        )
        if region == "us-east-1" and fact:
            rows.append(
                row_of(
                    fact,
                    service="ec2",
                    sku=sku,
                    unit="hour",
                    purchase=f"reserved-{years}y",
                    note=f"{years}-year standard, all upfront, spread over its hours",
                )
            )
            if (
                abs(float(_match(r"then ([\d.]+)", fact["note"])) / row.price_usd_per_unit - 1)
                > 5e-4
            ):
                rows.append(scaled._replace(purchase=f"reserved-{years}y"))
        else:
            rows.append(scaled._replace(purchase=f"reserved-{years}y"))
        rows.append(
            scaled._replace(
                purchase=f"savings-{years}y",
                note=f"{scaled.note}; UNVERIFIED: an EC2 Instance Savings Plan is taken to cost the same, "
                "no rate was found",
            )
        )
    return rows


def _marked(note: str) -> bool:
    return any(mark in note for mark in ("DERIVED", "STALE", "UNVERIFIED"))


def sagemaker_instances(facts: list[Fact], on_demand: list[Row]) -> list[Row]:
    """Rows of ml.* prices: the facts, the same rate of another component, or EC2 x ratio."""
    model = botocore.session.get_session().get_service_model("sagemaker")
    listed: dict[tuple[str, str, str], list[Row]] = {}
    for fact in facts:
        if fact["service"] in SIBLINGS:
            key = (fact["service"], fact["region"], fact["sku"])
            note = "SageMaker's own price" if fact["service"] == "SageMaker-Async" else ""
            row = row_of(fact, service="", sku=fact["sku"], unit="hour", note=note)
            listed.setdefault(key, []).append(row)
    for key, found in listed.items():
        listed[key] = merged(found)
    ec2: dict[tuple[str, str], list[Row]] = {}
    for row in on_demand:
        ec2.setdefault((row.region, row.sku), []).append(row)

    rows: list[Row] = []
    for service, (fact_service, enumeration) in COMPONENTS.items():
        runnable = {sku for sku in model.shape_for(enumeration).enum if sku.count(".") == 2}
        own_skus = {sku for component, _, sku in listed if component == fact_service}
        for region in REGIONS:
            for sku in sorted(runnable | own_skus):
                if sku.startswith("ml.p3.") and region == "us-west-2":
                    continue  # withdrawn there: a missing sku means "cannot run"
                rows += one_ml_price(
                    service=service,
                    fact_service=fact_service,
                    region=region,
                    sku=sku,
                    listed=listed,
                    ec2=ec2,
                )
    return rows


def one_ml_price(
    *,
    service: str,
    fact_service: str,
    region: str,
    sku: str,
    listed: dict[tuple[str, str, str], list[Row]],
    ec2: dict[tuple[str, str], list[Row]],
) -> list[Row]:
    """Every row of one (component, region, sku), oldest first; empty where nothing is known."""
    own = listed.get((fact_service, region, sku), [])
    if not own:
        for sibling in SIBLINGS:
            rate = listed.get((sibling, region, sku))
            if rate:
                own = [
                    row._replace(
                        basis="scaled" if row.basis == "list" else row.basis,
                        note="; ".join(
                            part
                            for part in (
                                f"DERIVED: the {sibling} rate; rates of one region are equal up to display rounding",
                                row.note,
                            )
                            if part
                        ),
                    )
                    for row in rate
                ]
                break
    family = sku.removeprefix("ml.").partition(".")[0]
    ratio = sagemaker_ratio(sku) if family in VERIFIED else None
    ratio = 1.25 if ratio is not None and family == "p3" else ratio
    derived = []
    for row in ec2.get((region, sku.removeprefix("ml.")), []):
        if ratio is None:
            break
        marks = f"; {row.note}" if _marked(row.note) else ""
        derived.append(
            row._replace(
                sku=sku,
                price_usd_per_unit=round(row.price_usd_per_unit * ratio, 7),
                basis="scaled",
                note=f"DERIVED: EC2 {row.price_usd_per_unit:g} x {ratio:g}, the family's SageMaker ratio{marks}",
            )
        )
    if own:
        stale = all("STALE" in row.note for row in own)
        first, last = own[0].valid_from, own[-1].valid_from
        before = [row for row in derived if row.valid_from < first and own[0].basis != "assumed"]
        after = [row for row in derived if stale and row.valid_from > last]
        derived = before + after
    every = sorted(own + derived, key=lambda row: row.valid_from)
    return [row._replace(service=service, sku=sku) for row in every]


def merged(rows: list[Row]) -> list[Row]:
    """Join observations of one price: the first day it was seen, the last day it was checked."""
    kept: list[Row] = []
    for row in sorted(rows, key=lambda one: one.valid_from):
        if kept and kept[-1].price_usd_per_unit == row.price_usd_per_unit:
            kept[-1] = kept[-1]._replace(
                checked_on=row.checked_on, source=f"{kept[-1].source}; {row.source}"
            )
        else:
            kept.append(row)
    return kept


Rekey = tuple[str, str, str, str]
SAGEMAKER_OTHER: dict[tuple[str, str], Rekey] = {
    ("SageMaker-Storage", "Processing ML storage"): ("sagemaker-processing-storage", "storage", "gb-month", "gp2"),
    ("SageMaker-Storage", "Endpoint ML storage"): ("sagemaker-hosting-storage", "storage", "gb-month", "ml"),
    ("SageMaker-Storage", "General Purpose-Hosting"): ("sagemaker-hosting-storage", "storage", "gb-month", "ml"),
    ("SageMaker-Storage", "Notebook ML storage"): ("sagemaker-notebook-storage", "storage", "gb-month", "ml"),
    ("SageMaker-Storage", "Training ML storage"): ("sagemaker-training-storage", "storage", "gb-month", "ml"),
    ("SageMaker-Storage", "Training WarmPool ML storage"): (
        "sagemaker-training-warm-pool-storage", "storage", "gb-month", "ml",
    ),
    ("SageMaker-Data", "Async request/response data"): ("sagemaker-data", "async", "gb", ""),
    ("SageMaker-Serverless", "Data processed in/out"): ("sagemaker-serverless", "data", "gb", ""),
}  # fmt: skip
for _size in range(1, 7):
    SAGEMAKER_OTHER["SageMaker-Serverless", f"ServerlessInf:Mem-{_size}GB"] = (
        "sagemaker-serverless", f"memory-{_size}gb", "second", "",
    )  # fmt: skip


def sagemaker_other(
    facts: list[Fact], network: list[Row], page: list[Fact], examples: list[dict[str, object]]
) -> list[Row]:
    """Rows of storage, data and serverless; one region's price stands in elsewhere as `assumed`."""
    rows: list[Row] = []
    for fact in facts:
        key = SAGEMAKER_OTHER.get((fact["service"], fact["sku"]))
        if key:
            rows.append(row_of(fact, service=key[0], sku=key[1], unit=key[2]))
        elif fact["sku"].startswith("Endpoint Data IN"):
            rows.append(
                row_of(
                    fact,
                    service="sagemaker-data",
                    sku="endpoint",
                    unit="gb",
                    note="in and out alike",
                )
            )
        elif fact["sku"].startswith("ProvisionedConcurrency usage"):
            rows.append(
                row_of(
                    fact, service="sagemaker-serverless", sku="provisioned-usage-2gb", unit="second"
                )
            )
    rows += [row_of(f, service=f["service"], sku=f["sku"], unit=f["unit"]) for f in page]
    rows += [
        row._replace(
            sku=row.sku.replace("2gb", f"{size}gb"),
            price_usd_per_unit=round(row.price_usd_per_unit * size / 2, 10),
            basis="scaled" if row.basis == "list" else row.basis,
            note=f"DERIVED: the 2 GB rate x {size / 2:g}, as the on-demand rates go; {row.note}",
        )
        for row in rows
        if row.sku in {"provisioned-2gb", "provisioned-usage-2gb"}
        for size in (1, 3, 4, 5, 6)
    ]
    realtime = next(example for example in examples if example["id"] == "sm-realtime")
    page_fact = {
        "region": "us-east-1",
        "price_usd": str(realtime["unit_prices_usd"]["gb"]),  # type: ignore[index]
        "as_of": "2026-10",
        "source": str(realtime["source"]),
        "note": "in and out alike; unit price of the page's real-time example",
    }
    rows.append(row_of(page_fact, service="sagemaker-data", sku="endpoint", unit="gb"))
    serverless = next(r for r in rows if (r.service, r.sku) == ("sagemaker-serverless", "data"))
    rows.append(
        serverless._replace(
            service="sagemaker-data",
            sku="endpoint",
            basis="assumed",
            note="UNVERIFIED: the price of serverless data, which endpoints share elsewhere",
        )
    )
    rows += ml_storage(rows, network)
    return everywhere(rows)


def ml_storage(known: list[Row], network: list[Row]) -> list[Row]:
    """ML storage where unseen: 1.4 x gp2 (processing 1.0 x), and gp2 is 1.25 x gp3 in both regions seen."""
    first: dict[tuple[str, str], date] = {}
    for row in known:
        key = (row.service, row.region)
        first[key] = min(first.get(key, row.valid_from), row.valid_from)
    rows = []
    for gp3 in network:
        if (gp3.service, gp3.sku) != ("ebs-gp3", "storage"):
            continue
        for service, ratio in (
            ("sagemaker-hosting-storage", 1.75),
            ("sagemaker-training-storage", 1.75),
            ("sagemaker-training-warm-pool-storage", 1.75),
            ("sagemaker-notebook-storage", 1.75),
            ("sagemaker-processing-storage", 1.25),
        ):
            if gp3.valid_from < first.get((service, gp3.region), date.max):
                rows.append(
                    gp3._replace(
                        service=service,
                        price_usd_per_unit=round(gp3.price_usd_per_unit * ratio, 6),
                        basis="scaled",
                        note=f"DERIVED: gp3 {gp3.price_usd_per_unit:g} x {ratio:g}, the ratio in the regions seen",
                    )
                )
    return rows


def everywhere(rows: list[Row], services: Callable[[Row], bool] = lambda _: True) -> list[Row]:
    """Add the regions where a secondary line is unknown, at a known region's price, as `assumed`."""
    by_sku: dict[tuple[str, str, str], dict[str, list[Row]]] = {}
    for row in rows:
        by_sku.setdefault((row.service, row.sku, row.purchase), {}).setdefault(
            row.region, []
        ).append(row)
    extra = []
    for held in by_sku.values():
        origin = "us-east-1" if "us-east-1" in held else next(iter(held))
        for region in REGIONS:
            if region not in held:
                extra += [
                    row._replace(
                        region=region,
                        basis="assumed",
                        note="; ".join(
                            p for p in (f"UNVERIFIED: the price of {origin}", row.note) if p
                        ),
                    )
                    for row in held[origin]
                    if services(row)
                ]
    return rows + extra


FARGATE = {
    "Fargate-vCPU-Hours:perCPU (Linux/x86)": ("linux-x86_64-vcpu", "vcpu-hour"),
    "Fargate-GB-Hours (Linux/x86)": ("linux-x86_64-memory", "gib-hour"),
    "Fargate-ARM-vCPU-Hours:perCPU": ("linux-arm64-vcpu", "vcpu-hour"),
    "Fargate-ARM-GB-Hours": ("linux-arm64-memory", "gib-hour"),
    "Fargate-EphemeralStorage (above 20 GB)": ("ephemeral-storage", "gib-hour"),
    "Fargate-Windows-vCPU-Hours": ("windows-x86_64-vcpu", "vcpu-hour"),
    "Fargate-Windows-OS": ("windows-x86_64-licence", "vcpu-hour"),
    "Spot Linux/x86 vCPU": ("linux-x86_64-vcpu", "vcpu-hour"),
    "Spot Linux/x86 GB": ("linux-x86_64-memory", "gib-hour"),
}


def fargate(facts: list[Fact], examples: list[dict[str, object]]) -> list[Row]:
    """Rows of Fargate; Arm where unseen at 0.80 x x86, spot where unseen at the published ceiling."""
    rows = []
    spot_ratio = 0.0
    spot_source = ""
    for fact in facts:
        if fact["service"] == "FargateSpot" and fact["sku"] == "discount":
            spot_ratio, spot_source = float(fact["price_usd"]), fact["source"]
        elif fact["service"] in {"Fargate", "FargateSpot"}:
            sku, unit = FARGATE[fact["sku"]]
            purchase = "spot" if fact["service"] == "FargateSpot" else "on-demand"
            rows.append(row_of(fact, service="fargate", sku=sku, unit=unit, purchase=purchase))
    windows = next(example for example in examples if example["id"] == "fargate-4")
    per_second = windows["unit_prices_usd"]["gb_s"]  # type: ignore[index]
    rows.append(
        next(row for row in rows if row.sku == "windows-x86_64-vcpu")._replace(
            sku="windows-x86_64-memory",
            unit="gib-hour",
            price_usd_per_unit=round(float(per_second) * 3600, 6),
            source=str(windows["source"]),
            note="the page prints it per second",
        )
    )
    rows += [
        row._replace(
            sku=row.sku.replace("x86_64", "arm64"),
            price_usd_per_unit=round(row.price_usd_per_unit * 0.8, 6),
            basis="scaled" if row.basis == "list" else row.basis,
            note="; ".join(
                p for p in ("DERIVED: x86 x 0.80, the ratio in the three regions where both are known", row.note) if p
            ),
        )
        for row in rows
        if row.sku.startswith("linux-x86_64") and row.purchase == "on-demand"
        and not any(
            (other.region, other.sku) == (row.region, row.sku.replace("x86_64", "arm64")) for other in rows
        )
    ]  # fmt: skip
    spot = {(row.region, row.sku) for row in rows if row.purchase == "spot"}
    rows += [
        row._replace(
            purchase="spot",
            price_usd_per_unit=round(row.price_usd_per_unit * spot_ratio, 8),
            basis="assumed",
            source=f"{spot_source}; {row.source}",
            note="; ".join(
                p for p in (f"DERIVED: on-demand x {spot_ratio:g}; UNVERIFIED: the page says up to 70 % less", row.note) if p
            ),
        )
        for row in rows
        if row.sku.startswith("linux") and row.purchase == "on-demand" and (row.region, row.sku) not in spot
    ]  # fmt: skip
    return everywhere(rows, lambda row: row.sku == "ephemeral-storage")


NETWORK: dict[tuple[str, str], tuple[str, str, str, float]] = {
    ("ELB-ALB", "LoadBalancerUsage (Application)"): ("load-balancer", "application", "hour", 0),
    ("ELB-ALB", "LCUUsage"): ("load-balancer", "application-lcu", "lcu-hour", 0),
    ("ELB-NLB", "LoadBalancerUsage (Network)"): ("load-balancer", "network", "hour", 0),
    ("ELB-NLB", "NLCU"): ("load-balancer", "network-lcu", "lcu-hour", 0),
    ("ELB-Classic", "LoadBalancerUsage"): ("load-balancer", "classic", "hour", 0),
    ("VPC-NAT", "NatGateway-Hours"): ("nat-gateway", "gateway", "hour", 0),
    ("VPC-NAT", "NatGateway-Bytes"): ("nat-gateway", "data", "gb", 0),
    ("VPC", "PublicIPv4:InUseAddress"): ("public-ipv4", "address", "hour", 0),
    ("VPC", "Interface endpoint"): ("vpc-endpoint", "interface", "hour", 0),
    ("VPC", "Interface endpoint data"): ("vpc-endpoint", "data", "gb", 0),
    ("EBS", "VolumeUsage.gp3"): ("ebs-gp3", "storage", "gb-month", 0),
    ("EBS", "gp3 IOPS above 3000"): ("ebs-gp3", "iops", "iops-month", 0),
    ("EBS", "gp3 throughput above 125 MiBps"): ("ebs-gp3", "throughput", "mibps-month", 0),
    ("DataTransfer", "Out to internet, first 10 TB"): ("data-transfer-out", "internet", "gb", 0),
    ("DataTransfer", "Out to internet, next 40 TB"): ("data-transfer-out", "internet", "gb", 10 * 1024),
    ("DataTransfer", "Out to internet, next 100 TB"): ("data-transfer-out", "internet", "gb", 50 * 1024),
    ("DataTransfer", "Out to internet, over 150 TB"): ("data-transfer-out", "internet", "gb", 150 * 1024),
    ("DataTransfer", "Intra-region (cross-AZ), each direction"): ("data-transfer-zone", "each-direction", "gb", 0),
    ("EKS", "cluster"): ("eks", "cluster", "hour", 0),
    ("ECR", "Storage"): ("ecr", "storage", "gb-month", 0),
    ("CloudWatchLogs", "Ingestion (standard)"): ("cloudwatch-logs", "ingestion", "gb", 0),
    ("CloudWatchLogs", "Storage"): ("cloudwatch-logs", "storage", "gb-month", 0),
    ("CloudWatchLogs", "Insights scanned"): ("cloudwatch-logs", "insights-scan", "gb", 0),
    ("S3", "Standard storage (first 50 TB)"): ("s3", "storage", "gb-month", 0),
    ("S3", "PUT/COPY/POST/LIST"): ("s3", "put-requests", "1k-requests", 0),
    ("S3", "GET and others"): ("s3", "get-requests", "1k-requests", 0),
    ("EC2", "CPUCredits T3 unlimited"): ("ec2-cpu-credits", "t3", "vcpu-hour", 0),
}  # fmt: skip
SECONDARY = {"vpc-endpoint", "ecr", "cloudwatch-logs", "s3", "ec2-cpu-credits", "eks", "cloudwatch"}


def network_and_storage(facts: list[Fact], page: list[Fact]) -> list[Row]:
    """Rows of load balancers, addresses, transfer, disks, logs and object storage."""
    rows = []
    for fact in facts:
        key = NETWORK.get((fact["service"], fact["sku"]))
        if fact["note"].startswith("first 100 GB/month free"):
            fact["note"] = "the first 100 GB a month of an account are free and not taken off"
        if fact["sku"] == "Standard storage (first 50 TB)":
            fact["note"] = (
                "the price of a month's first 50 TB; what is above costs less, unknown here"
            )
        if key:
            service, sku, unit, tier = key
            rows.append(row_of(fact, service=service, sku=sku, unit=unit, tier_from=tier))
    for fact in page:
        tier = float(fact.get("tier_from_units") or 0)
        rows.append(
            row_of(
                fact, service=fact["service"], sku=fact["sku"], unit=fact["unit"], tier_from=tier
            )
        )
    return everywhere(rows, lambda row: row.service in SECONDARY)


def instances(specs: Iterable[Fact], path: Path) -> None:
    """Write the instance catalogue."""
    lines = []
    for spec in specs:
        size = spec["instance_type"].split(".")[1]
        earned, baseline = CREDITS[size] if spec["burstable"] == "True" else ("", "")
        memory = spec["gpu_mem_mib_each"]
        lines.append(
            {
                "instance_type": spec["instance_type"],
                "family": spec["family"],
                "vcpu_count": spec["vcpus"],
                "physical_core_count": spec["physical_cores"],
                "memory_gib": spec["memory_gib"],
                "architecture": spec["arch"],
                "processor": spec["cpu_model"]
                and VENDOR_NAMES[spec["cpu_vendor"]] + spec["cpu_model"],
                "clock_ghz": spec["clock_ghz"],
                "l3_cache_mib": spec["l3_cache_mib"],
                "avx512": str(spec["avx512"] == "yes").lower(),
                "amx": str(spec["amx"] == "yes").lower(),
                "burstable": spec["burstable"].lower(),
                "credits_per_hour": earned,
                "baseline_fraction": baseline,
                "gpu_count": spec["gpu_count"],
                "gpu_model": spec["gpu_model"],
                "gpu_memory_gib": memory and round(float(memory) / 1024, 3),
                "neuron_device_count": spec["neuron_devices"] or 0,
                "network": spec["network"],
                "network_gbps": spec["network_baseline_gbps"],
                "ebs_mbps": spec["ebs_baseline_mbps"],
                "local_storage_gb": spec["local_storage_gb"],
                "source": "EC2 instance specifications, observed second-hand; credits: EC2 user guide, burstable types"
                if earned
                else "EC2 instance specifications, observed second-hand",
            }
        )
    write_plain(path, lines)


def spot_advice(advice: Iterable[Fact], path: Path) -> None:
    """Write what the vendor says about spot pools."""
    write_plain(
        path,
        [
            {
                "region": one["region"],
                "instance_type": one["instance_type"],
                "saving_fraction": int(one["savings_pct_vs_ondemand"]) / 100,
                "interruption": one["interruption_frequency"],
                "observed_on": one["as_of"],
                "source": one["source"],
            }
            for one in advice
        ],
    )


def write_plain(path: Path, lines: list[dict[str, object]]) -> None:
    """Write dictionaries as a CSV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(lines[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)


def read(folder: Path, name: str) -> list[Fact]:
    """Read a facts file."""
    with (folder / name).open(newline="", encoding="utf-8") as file:
        facts = [{key: value or "" for key, value in line.items()} for line in csv.DictReader(file)]
    for before, fact in pairwise(facts):
        if fact.get("source", "").startswith("same ("):  # as the line above
            fact["source"] = f"{before['source']} {fact['source'].removeprefix('same ')}"
    return facts


def in_order(rows: Iterable[Row]) -> Iterator[Row]:
    """Sort rows the way the tables keep them."""
    place = {region: number for number, region in enumerate(REGIONS)}
    return iter(
        sorted(
            rows,
            key=lambda r: (
                r.service,
                place[r.region],
                r.sku,
                r.purchase,
                r.valid_from,
                r.tier_from_units,
            ),
        )
    )


def main() -> None:
    """Read the facts, write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("facts", type=Path)
    parser.add_argument("--out", type=Path, default=DATA)
    parser.add_argument(
        "--more", type=Path, default=Path(__file__).with_name("build_price_tables_more.csv")
    )
    args = parser.parse_args()

    reserved = read(args.facts, "ec2_ri_1yr_standard_allupfront_us-east-1_2023-08-30.csv")
    advice = read(args.facts, "ec2_spot_advisor_2025-06-28.csv")
    sagemaker = read(args.facts, "sagemaker.csv")
    containers = read(args.facts, "containers_network_storage.csv")
    examples = json.loads((args.facts / "worked_examples.json").read_text(encoding="utf-8"))
    more = read(args.more.parent, args.more.name) if args.more.exists() else []

    three_years = [f for f in more if f["service"] == "ec2-reserved-3y"]
    on_demand = ec2_on_demand(read(args.facts, "ec2_ondemand_linux.csv"), reserved)
    network = network_and_storage(containers, [f for f in more if f["service"] == "cloudwatch"])
    tables = {
        "ec2_on_demand.csv": on_demand,
        "ec2_spot.csv": ec2_spot(read(args.facts, "ec2_spot_linux_2024-08.csv"), advice, on_demand),
        "ec2_commitments.csv": [
            *ec2_commitments(reserved, on_demand, years=1),
            *ec2_commitments(three_years, on_demand, years=3),
        ],
        "sagemaker_instances.csv": sagemaker_instances(sagemaker, on_demand),
        "sagemaker_other.csv": sagemaker_other(
            sagemaker, network, [f for f in more if f["service"].startswith("sagemaker")], examples
        ),
        "fargate.csv": fargate(containers, examples),
        "network_and_storage.csv": network,
    }
    for name, rows in tables.items():
        told = [row._replace(source=f"{SECOND_HAND}: {row.source}") for row in rows]
        write_table(args.out / name, rows=in_order(told))
        print(f"{name}: {len(rows)} rows")
    instances(read(args.facts, "instance_specs.csv"), args.out / "catalogue" / "instances.csv")
    spot_advice(advice, args.out / "catalogue" / "spot_advice.csv")


if __name__ == "__main__":
    main()
