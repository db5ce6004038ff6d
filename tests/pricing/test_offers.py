"""Every trap of the price list, fed as the vendor would print it."""

import csv
import json
import tracemalloc
from datetime import date

import pytest

from pricing.errors import SourceError
from pricing.sources.api import offers_of
from pricing.sources.files import Transport, rows_of_blocks
from pricing.sources.offers import OFFER_FILES, Reading, plain_name, rows_of_ec2, usage_tail
from tests.pricing.aws_server import product
from tests.pricing.books import TODAY
from tests.pricing.offer_files import ec2_line, line, offer_file

PLAIN = ec2_line("m5.large", "0.1070000000")


def read(*lines, service="ec2", region="eu-west-1", block=1 << 20):
    data = offer_file(lines).encode()
    blocks = (data[start : start + block] for start in range(0, len(data), block))
    return rows_of_blocks(
        blocks, service=OFFER_FILES[service], region=region, today=TODAY, url="http://x/index.csv"
    )


def skus(rows):
    return [(row.sku, row.price_usd_per_unit) for row in rows]


def test_a_plain_machine_becomes_a_dated_row_with_its_source():
    (row,) = read(PLAIN)

    assert row[:7] == ("ec2", "m5.large", "eu-west-1", "on-demand", "hour", 0.0, 0.107)
    assert (row.valid_from, row.checked_on, row.basis) == (date(2026, 11, 1), TODAY, "list")
    assert row.source == "http://x/index.csv version 20261120194112"


@pytest.mark.parametrize(
    "trap",
    [
        {"tenancy": "Dedicated", "priceperunit": "0.1177"},
        {"tenancy": "Host", "priceperunit": "0.0"},
        {"productfamily": "Compute Instance (bare metal)", "tenancy": "Dedicated"},
        {"tenancy": "Dedicated", "priceperunit": "0.321"},
        {"productfamily": "Dedicated Host"},
        {"capacitystatus": "UnusedCapacityReservation"},
        {"capacitystatus": "AllocatedCapacityReservation", "priceperunit": "0.0"},
        {"preinstalledsw": "SQL Std", "priceperunit": "0.587"},
        {"marketoption": "CapacityBlock", "priceperunit": "0.0336"},
        {"operatingsystem": "Windows", "priceperunit": "0.199"},
        {"operatingsystem": "Ubuntu Pro"},
        {"locationtype": "AWS Outposts"},
        {"locationtype": "AWS Local Zone"},
        {"location": "Any"},
        {"regioncode": "eu-west-2"},
    ],
    ids=str,
)
def test_a_look_alike_does_not_get_in_before_or_after_the_true_price(trap):
    changes = {"priceperunit": "0.1"} | trap
    alike = ec2_line("m5.large", changes.pop("priceperunit"), **changes)

    assert skus(read(alike, PLAIN)) == [("m5.large", 0.107)]
    assert skus(read(PLAIN, alike)) == [("m5.large", 0.107)]


def test_chinese_prices_are_refused_because_they_are_not_dollars():
    with pytest.raises(SourceError, match="a price in CNY"):
        read(ec2_line("m5.large", "0.7", currency="CNY"))


def test_a_free_look_alike_in_the_container_list_is_not_the_price():
    free = line(
        termtype="OnDemand", productfamily="Compute", usagetype="EU-ECS-EC2-vCPU-Hours",
        unit="hours", priceperunit="0.0", currency="USD", effectivedate="2026-11-01",
        regioncode="eu-west-1", pricedescription="Fargate free",
    )  # fmt: skip
    paid = [
        line(
            termtype="OnDemand", productfamily="Compute", unit="hours", currency="USD",
            usagetype=usage, priceperunit=price, effectivedate="2026-11-01",
            regioncode="eu-west-1",
        )
        for usage, price in (
            ("EU-Fargate-vCPU-Hours:perCPU", "0.04048"),
            ("EU-Fargate-ARM-vCPU-Hours:perCPU", "0.03238"),
            ("EU-Fargate-GB-Hours", "0.004445"),
            ("EU-SpotUsage-Fargate-GB-Hours", "0.001"),
        )
    ]  # fmt: skip

    assert skus(read(free, *paid, service="fargate")) == [
        ("linux-x86_64-vcpu", 0.04048),
        ("linux-arm64-vcpu", 0.03238),
        ("linux-x86_64-memory", 0.004445),
    ]


def test_metrics_and_both_kinds_of_alarm_are_read_with_their_tiers():
    rows = read(
        *[
            line(
                termtype="OnDemand", unit=unit, usagetype=f"EU-CW:{usage}", priceperunit=price,
                startingrange=start, currency="USD", effectivedate="2026-11-01",
                regioncode="eu-west-1",
            )
            for usage, unit, start, price in (
                ("MetricMonitorUsage", "Metrics", "0", "0.3"),
                ("MetricMonitorUsage", "Metrics", "10000", "0.1"),
                ("AlarmMonitorUsage", "Alarms", "0", "0.1"),
                ("HighResAlarmMonitorUsage", "Alarms", "0", "0.3"),
            )
        ],
        service="cloudwatch",
    )  # fmt: skip

    assert [(row.sku, row.tier_from_units, row.price_usd_per_unit) for row in rows] == [
        ("metric", 0, 0.3),
        ("metric", 10000, 0.1),
        ("alarm-standard", 0, 0.1),
        ("alarm-high-resolution", 0, 0.3),
    ]


@pytest.mark.parametrize(("unit", "price"), [("GiBps-mo", "40.96"), ("MiBps-Mo", "0.04")])
def test_disk_throughput_is_divided_by_1024_and_not_by_1000(unit, price):
    throughput = line(
        termtype="OnDemand", productfamily="Provisioned Throughput", volumeapiname="gp3",
        unit=unit, priceperunit=price, currency="USD", effectivedate="2026-11-01",
        regioncode="eu-west-1", locationtype="AWS Region",
        usagetype="EU-EBS:VolumeP-Throughput.gp3",
    )  # fmt: skip

    (row,) = read(throughput)
    assert (row.unit, row.price_usd_per_unit) == ("mibps-month", 0.04)


def test_disks_gateways_and_credits_are_found_among_the_machines():
    other = [
        line(
            termtype="OnDemand", productfamily=family, volumeapiname=volume, unit=unit,
            priceperunit=price, currency="USD", effectivedate="2026-11-01",
            regioncode="eu-west-1", usagetype=f"EU-{usage}",
        )
        for family, volume, usage, unit, price in (
            ("Storage", "gp3", "EBS:VolumeUsage.gp3", "GB-Mo", "0.088"),
            ("Storage", "gp2", "EBS:VolumeUsage.gp2", "GB-Mo", "0.11"),
            ("System Operation", "gp3", "EBS:VolumeP-IOPS.gp3", "IOPS-Mo", "0.0055"),
            ("NAT Gateway", "", "NatGateway-Hours", "Hrs", "0.048"),
            ("NAT Gateway", "", "NatGateway-Bytes", "GB", "0.048"),
            ("CPU Credits", "", "CPUCredits:t3", "vCPU-Hours", "0.05"),
        )
    ]  # fmt: skip

    assert sorted(skus(read(PLAIN, *other))) == [
        ("data", 0.048),
        ("gateway", 0.048),
        ("iops", 0.0055),
        ("m5.large", 0.107),
        ("storage", 0.088),
        ("t3", 0.05),
    ]


def test_a_unit_that_nobody_was_taught_is_an_error_and_not_a_guess():
    disk = line(
        termtype="OnDemand", productfamily="Storage", volumeapiname="gp3", unit="TB-Mo",
        priceperunit="80", currency="USD", effectivedate="2026-11-01", regioncode="eu-west-1",
        usagetype="EU-EBS:VolumeUsage.gp3",
    )  # fmt: skip

    with pytest.raises(SourceError, match="now billed by 'TB-Mo'"):
        read(disk)


def sagemaker(**changes):
    plain = {
        "termtype": "OnDemand", "productfamily": "ML Instance", "unit": "Hrs",
        "priceperunit": "0.257", "currency": "USD", "effectivedate": "2026-11-01",
        "locationtype": "AWS Region", "location": "EU (Ireland)", "regioncode": "eu-west-1",
        "usagetype": "EU-Host:ml.m5.xlarge", "component": "Hosting",
        "platoinstancetype": "Hosting", "instancename": "ml.m5.xlarge",
    }  # fmt: skip
    return line(**(plain | changes))


@pytest.mark.parametrize(
    "trap",
    [
        {"locationtype": "AWS Outposts", "priceperunit": "0.99"},
        {"location": "Any"},
        {"platoinstancetype": "Hosting-Free", "priceperunit": "0"},
        {"platoinstancetype": "Processing_Geo", "priceperunit": "0.05"},
        {"platoinstancetype": "Cluster"},
        {"usagetype": "USE1-Host:ml.m5.xlarge", "priceperunit": "0.23"},
    ],
    ids=str,
)
def test_sagemaker_look_alikes_do_not_get_in(trap):
    assert skus(read(sagemaker(), sagemaker(**trap), service="sagemaker")) == [
        ("ml.m5.xlarge", 0.257)
    ]


def test_a_sagemaker_sku_without_hardware_is_read_from_its_usage_type():
    (row,) = read(sagemaker(instancename="NA"), service="sagemaker")

    assert (row.service, row.sku) == ("sagemaker-hosting", "ml.m5.xlarge")


def test_a_serverless_second_and_a_stored_gb_are_found():
    rows = read(
        sagemaker(usagetype="EU-ServerlessInf:Mem-3GB", unit="second", priceperunit="0.00006"),
        sagemaker(unit="GB-Mo", volumetype="General Purpose-Hosting", priceperunit="0.154"),
        service="sagemaker",
    )

    assert [(row.service, row.sku, row.unit) for row in rows] == [
        ("sagemaker-serverless", "memory-3gb", "second"),
        ("sagemaker-hosting-storage", "storage", "gb-month"),
    ]


def test_a_price_of_zero_is_passed_on_for_the_checks_to_refuse():
    (row,) = read(ec2_line("m5.large", "0.0000000000"))

    assert row.price_usd_per_unit == 0.0


def test_reserved_terms_are_spread_over_their_hours():
    terms = {
        "termtype": "Reserved", "leasecontractlength": "1yr", "purchaseoption": "All Upfront",
        "offeringclass": "standard", "unit": "Quantity",
    }  # fmt: skip
    rows = read(
        ec2_line("m5.large", "876", **terms),
        ec2_line("m5.large", "900", **(terms | {"offeringclass": "convertible"})),
        ec2_line("m5.large", "0", **(terms | {"unit": "Hrs"})),
    )

    assert [(row.purchase, row.price_usd_per_unit) for row in rows] == [("reserved-1y", 0.1)]


def test_tiers_keep_where_they_start():
    tiers = [
        line(
            termtype="OnDemand", usagetype="EU-DataTransfer-Out-Bytes", tolocation="External",
            unit="GB", priceperunit=price, currency="USD", effectivedate="2026-11-01",
            startingrange=start, fromregioncode="eu-west-1",
        )
        for start, price in (("0", "0.09"), ("10240", "0.085"))
    ]  # fmt: skip

    rows = read(*tiers, service="data-transfer")

    assert [(row.tier_from_units, row.price_usd_per_unit) for row in rows] == [
        (0.0, 0.09),
        (10240.0, 0.085),
    ]


def test_memory_stays_at_a_few_blocks_however_long_the_file_is():
    from itertools import islice

    from tests.pricing.offer_files import big_ec2_lines, preamble

    lines = "\n".join(islice(big_ec2_lines(["m5.large"]), 600)).encode() + b"\n"
    head = "\n".join(preamble()).encode() + b"\n"

    def blocks():
        yield head
        for _ in range(60):
            yield bytes(lines)  # 24 MB in all

    tracemalloc.start()
    rows_of_blocks(
        blocks(), service=OFFER_FILES["ec2"], region="eu-west-1", today=TODAY, url="http://x"
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(lines) > 300_000
    assert peak < 4 * len(lines)


@pytest.mark.parametrize("block", [97, 1000, 1 << 20])
def test_lines_cut_by_blocks_are_read_whole_and_once(block):
    lines = [ec2_line(f"m5.{n}xlarge", f"0.{n}") for n in range(1, 40)]

    found = read(*lines, block=block)

    assert sorted(skus(found)) == sorted((f"m5.{n}xlarge", float(f"0.{n}")) for n in range(1, 40))


def test_the_stream_reader_agrees_with_a_plain_csv_reader():
    """Oracle: parse every line, filter with words of the trap list."""
    from itertools import islice

    from tests.pricing.offer_files import big_ec2_lines

    lines = list(islice(big_ec2_lines(["m5.large", "c5.large"]), 3000))
    records = csv.DictReader(offer_file(lines).splitlines()[5:])
    expected = {
        (one["Instance Type"], float(one["PricePerUnit"]))
        for one in records
        if (one["TermType"], one["Tenancy"], one["Operating System"])
        == ("OnDemand", "Shared", "Linux")
        and (one["CapacityStatus"], one["Pre Installed S/W"]) == ("Used", "NA")
    }

    found = [row for row in read(*lines) if row.purchase == "on-demand"]

    assert expected
    assert set(skus(found)) == expected


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([b"<html>captive portal</html>\n"], "no header line"),
        ([b""], "no header line"),
        ([offer_file([PLAIN])[:-300].encode()], "garbage|fields"),
        ([offer_file([PLAIN.replace('"0.1070000000"', '"cheap"')]).encode()], "cannot be read"),
        ([offer_file([PLAIN + ',"x"']).encode()], "fields"),
    ],
)
def test_garbage_is_an_error_that_names_the_file(lines, sentence):
    with pytest.raises(SourceError, match=sentence):
        rows_of_blocks(
            lines, service=OFFER_FILES["ec2"], region="eu-west-1", today=TODAY, url="http://x"
        )


def test_files_and_the_api_tell_the_same_story():
    attributes = {
        "regionCode": "eu-west-1", "locationType": "AWS Region", "instanceType": "m5.large",
        "tenancy": "Shared", "operatingSystem": "Linux", "preInstalledSw": "NA",
        "capacitystatus": "Used", "marketoption": "OnDemand", "usagetype": "EU-BoxUsage:m5.large",
    }  # fmt: skip
    (offer,) = offers_of(product("Compute Instance", attributes, {"price": "0.1070000000"}))
    by_api = rows_of_ec2(offer, Reading("eu-west-1", TODAY, "api"))
    (by_file,) = read(PLAIN)

    assert by_api == by_file._replace(source="api")


@pytest.mark.parametrize(
    ("usage", "region", "tail"),
    [
        ("USE1-Fargate-GB-Hours", "us-east-1", "Fargate-GB-Hours"),
        ("Fargate-GB-Hours", "us-east-1", "Fargate-GB-Hours"),
        ("EU-Fargate-GB-Hours", "us-east-1", None),
        ("APN1-Fargate-GB-Hours", "ap-northeast-1", "Fargate-GB-Hours"),
        ("Fargate-GB-Hours", "ap-northeast-1", None),
        ("EUC1-Fargate-GB-Hours", "eu-west-1", None),
    ],
)
def test_a_usage_type_belongs_to_one_region(usage, region, tail):
    assert usage_tail(usage, region=region) == tail


def test_names_are_spelt_alike():
    assert plain_name("Pre Installed S/W") == plain_name("preInstalledSw") == "preinstalledsw"
    assert Transport().base_url.startswith("https://")


CAPTURED = """
{"product":{"productFamily":"Compute","attributes":{"regionCode":"us-east-1","servicecode":"AmazonECS",
 "resource":"per vCPU per hour","cpuArchitecture":"ARM","tenancy":"Shared",
 "usagetype":"USE1-Fargate-ARM-vCPU-Hours:perCPU","locationType":"AWS Region",
 "location":"US East (N. Virginia)","servicename":"Amazon Elastic Container Service",
 "cputype":"perCPU","operation":""},"sku":"XSZATS4VYMDC9CYN"},"serviceCode":"AmazonECS",
 "terms":{"OnDemand":{"XSZATS4VYMDC9CYN.JRTCKXETXF":{"priceDimensions":{
 "XSZATS4VYMDC9CYN.JRTCKXETXF.6YS6EN2CT7":{"unit":"hours","endRange":"Inf",
 "description":"AWS Fargate - ARM - vCPU - US East (N. Virginia)","appliesTo":[],
 "rateCode":"XSZATS4VYMDC9CYN.JRTCKXETXF.6YS6EN2CT7","beginRange":"0",
 "pricePerUnit":{"USD":"0.0323800000"}}},"sku":"XSZATS4VYMDC9CYN",
 "effectiveDate":"2022-11-01T00:00:00Z","offerTermCode":"JRTCKXETXF","termAttributes":{}}}},
 "version":"20221121182130","publicationDate":"2022-11-21T18:21:30Z"}
"""


def test_an_answer_captured_from_the_real_price_list_is_understood():
    (offer,) = offers_of(json.loads(CAPTURED))

    row = OFFER_FILES["fargate"].mapper(offer, Reading("us-east-1", TODAY, "captured"))

    assert row[:7] == (
        "fargate", "linux-arm64-vcpu", "us-east-1", "on-demand", "vcpu-hour", 0.0, 0.03238
    )  # fmt: skip
    assert row.valid_from == date(2022, 11, 1)
