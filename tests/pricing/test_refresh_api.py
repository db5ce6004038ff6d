"""boto3 itself against a local server that speaks the wire protocols, and against moto's."""

from datetime import date

import pytest

from pricing.errors import NetworkError, SourceError
from pricing.refresh import Plan, refresh
from pricing.sources import api
from pricing.sources.offers import OFFER_FILES
from pricing.tables import load_book, write_table
from tests.pricing.aws_server import product, running
from tests.pricing.books import TODAY, row

SECRET = "wJalrXUtnFEMIK7MDENGbPxRfiCYSECRET"


@pytest.fixture(autouse=True)
def _keys(monkeypatch, tmp_path):
    """Keys of nobody; no other source of credentials, and no waiting between tries."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)


@pytest.fixture
def aws():
    with running() as server:
        yield server


def machine(instance_type, price, **changes):
    attributes = {
        "regionCode": "eu-west-1", "locationType": "AWS Region", "instanceType": instance_type,
        "tenancy": "Shared", "operatingSystem": "Linux", "preInstalledSw": "NA",
        "capacitystatus": "Used", "marketoption": "OnDemand",
        "usagetype": f"EU-BoxUsage:{instance_type}",
    }  # fmt: skip
    return product("Compute Instance", attributes | changes, {"price": price})


def fetch(aws, service="ec2"):
    return api.fetch_rows(
        OFFER_FILES[service], region="eu-west-1", today=TODAY, endpoint_url=aws.url
    )


def test_all_pages_are_read_and_the_filters_of_the_trap_list_are_sent(aws):
    aws.products["AmazonEC2"] = [
        *(machine(f"m5.{n}xlarge", f"0.{n:03d}") for n in range(1, 251)),
        machine("m5.large", "0.1177", tenancy="Dedicated"),
        machine("m5.large", "0.0", capacitystatus="AllocatedCapacityReservation"),
    ]

    rows = fetch(aws)

    assert len(rows) == 250
    assert aws.asked.count("AWSPriceListService.GetProducts") == 3 + 3  # pages, and other families


def test_tiers_and_free_rows_are_told_apart(aws):
    attributes = {
        "regionCode": "eu-west-1", "usagetype": "EU-TimedStorage-ByteHrs",
        "locationType": "AWS Region",
    }  # fmt: skip
    aws.products["AmazonS3"] = [
        product(
            "Storage",
            attributes,
            {"price": "0.023", "unit": "GB-Mo"},
            {"price": "0.022", "unit": "GB-Mo", "beginRange": "51200"},
            {"price": "0.0", "unit": "GB-Mo", "beginRange": "9"},
        )
    ]

    rows = fetch(aws, "s3")

    assert [(one.tier_from_units, one.price_usd_per_unit) for one in rows] == [
        (0.0, 0.023),
        (51200.0, 0.022),
    ]


def test_throttling_is_waited_out(aws):
    aws.products["AmazonEC2"] = [machine("m5.large", "0.107")]
    aws.trouble = ["throttled", "throttled", "cut"]

    assert [one.price_usd_per_unit for one in fetch(aws)] == [0.107]


@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [
        ("denied", r"pricing:GetProducts: denied \(AccessDeniedException\); allow this action"),
        ("expired", r"session has expired .*log in again"),
        ("unknown keys", "AWS does not know these credentials"),
        ("throttled", "throttled .*try again later"),
        ("garbage", "makes no sense"),
        ("garbled product", "makes no sense"),
    ],
)
def test_each_trouble_is_one_sentence_that_says_what_to_do(aws, trouble, sentence):
    aws.trouble = [trouble] * 20

    with pytest.raises(SourceError, match=sentence) as caught:
        fetch(aws)

    assert SECRET not in str(caught.value)
    assert "AKIA" not in str(caught.value)


def test_missing_credentials_point_to_the_way_that_needs_none(aws, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    with pytest.raises(SourceError, match=r"no AWS credentials found.*--via files"):
        fetch(aws)


@pytest.mark.parametrize(
    ("config", "profile"),
    [
        ("", "nobody"),
        ("[profile broken]\ncredential_process = sh -c 'echo AKIASECRET >&2; exit 3'\n", "broken"),
        ("no ini file at all", "broken"),
    ],
)
def test_a_profile_that_cannot_be_used_is_said_without_what_it_printed(
    aws, monkeypatch, tmp_path, config, profile
):
    path = tmp_path / "config"
    path.write_text(config)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_PROFILE", profile)

    with pytest.raises(
        NetworkError, match=r"credentials cannot be read .*check AWS_PROFILE"
    ) as told:
        api.fetch_rows(OFFER_FILES["ec2"], region="eu-west-1", today=TODAY, endpoint_url=aws.url)
    assert "AKIA" not in str(told.value)


@pytest.mark.parametrize("trouble", ["SSLError", "ProxyConnectionError", "ConnectTimeoutError"])
def test_a_connection_that_fails_is_no_nonsense_of_the_answer(trouble):
    from botocore import exceptions

    details = {"endpoint_url": "https://x", "proxy_url": "http://p", "error": "why"}
    failed = getattr(exceptions, trouble)(**details)

    with (
        pytest.raises(NetworkError, match="no network, or AWS did not answer"),
        api.plain_errors("pricing:GetProducts"),
    ):
        raise failed


def test_no_network_is_one_sentence(monkeypatch):
    monkeypatch.setattr(api, "ATTEMPTS", 1)
    with pytest.raises(SourceError, match="no network, or AWS did not answer"):
        api.fetch_rows(
            OFFER_FILES["ec2"], region="eu-west-1", today=TODAY, endpoint_url="http://127.0.0.1:9"
        )


@pytest.mark.parametrize(
    ("region", "endpoint"),
    [("eu-west-1", "eu-central-1"), ("ap-southeast-2", "ap-south-1"), ("us-west-2", "us-east-1")],
)
def test_the_nearest_price_list_is_asked(region, endpoint):
    assert api.price_list_region(region) == endpoint


def rate(plan, usage, price, *, years=1, **properties):
    return {
        "savingsPlanOffering": {
            "offeringId": "1", "paymentOption": "All Upfront", "planType": plan,
            "durationSeconds": years * 365 * 24 * 3600, "currency": "USD",
        },
        "rate": price, "unit": "Hrs", "usageType": usage,
        "properties": [{"name": name, "value": value} for name, value in properties.items()],
    }  # fmt: skip


def test_savings_plans_are_read_page_by_page_without_a_paginator(aws):
    aws.page_size = 2
    linux = {"productDescription": "Linux/UNIX", "tenancy": "shared"}
    aws.rates = [
        rate("EC2Instance", "EU-BoxUsage:m5.large", "0.066", **linux),
        rate("EC2Instance", "EU-BoxUsage:m5.large", "0.046", years=3, **linux),
        rate("EC2Instance", "EU-BoxUsage:m5.large", "0.1", productDescription="Windows"),
        rate("EC2Instance", "EU-BoxUsage:m5.large", "0.09", tenancy="dedicated"),
        rate("EC2Instance", "USE1-BoxUsage:m5.large", "0.01", **linux),
        rate("Compute", "EU-Fargate-GB-Hours", "0.0035"),
        rate("SageMaker", "EU-Host:ml.m5.large", "0.09"),
        rate("SageMaker", "EU-SomethingNew:ml.m5.large", "0.09"),
    ]

    rows = api.fetch_savings_plans(region="eu-west-1", today=TODAY, endpoint_url=aws.url)

    assert [(one.service, one.sku, one.purchase, one.price_usd_per_unit) for one in rows] == [
        ("ec2", "m5.large", "savings-1y", 0.066),
        ("ec2", "m5.large", "savings-3y", 0.046),
        ("fargate", "linux-x86_64-memory", "savings-1y", 0.0035),
        ("sagemaker-hosting", "ml.m5.large", "savings-1y", 0.09),
    ]


def spot(instance_type, zone, price, when="2026-11-20T10:00:00Z"):
    return {
        "instanceType": instance_type, "productDescription": "Linux/UNIX", "spotPrice": price,
        "timestamp": when, "availabilityZone": zone,
    }  # fmt: skip


def test_spot_is_the_middle_of_the_newest_price_of_each_zone_and_names_them_all(aws):
    aws.page_size = 2
    aws.spot = [
        spot("g6e.2xlarge", "eu-central-1a", "2.8035"),
        spot("g6e.2xlarge", "eu-central-1b", "1.2891"),
        spot("g6e.2xlarge", "eu-central-1c", "9.0", "2026-11-01T10:00:00Z"),
        spot("g6e.2xlarge", "eu-central-1c", "2.3327"),
        spot("z9.unheard", "eu-central-1a", "1.0"),
    ]

    (found,) = api.fetch_spot(
        region="eu-central-1", today=TODAY, instance_types=["g6e.2xlarge"], endpoint_url=aws.url
    )

    assert (found.purchase, found.price_usd_per_unit) == ("spot", 2.3327)
    assert "eu-central-1a 2.8035, eu-central-1b 1.2891, eu-central-1c 2.3327" in found.note


def test_a_refresh_via_the_api_adds_rows_and_keeps_going_when_one_source_is_denied(aws, tmp_path):
    write_table(
        tmp_path / "ec2.csv",
        rows=[
            row("m5.large", 0.107, region="eu-west-1"),
            row("m5.large", 0.05, region="eu-west-1", purchase="spot"),
        ],
    )
    aws.products["AmazonEC2"] = [machine("m5.large", "0.12")]
    aws.spot = [spot("m5.large", "eu-west-1a", "0.04")]
    aws.trouble = ["denied"]

    outcome = refresh(
        Plan(
            services=("savings-plans", "ec2", "spot"),
            regions=("eu-west-1",),
            via="api",
            endpoint_url=aws.url,
        ),
        today=date(2026, 11, 20),
        folder=tmp_path,
    )

    assert [failure.source for failure in outcome.failures] == ["savings-plans"]
    assert [change.row.price_usd_per_unit for change in outcome.changes] == [0.12, 0.04]
    ask = {"service": "ec2", "sku": "m5.large", "region": "eu-west-1", "on": TODAY}
    assert load_book(tmp_path).get(**ask).price_usd_per_unit == 0.12
    cheap = load_book(tmp_path).get(**ask, purchase="spot")
    assert cheap.price_usd_per_unit == 0.04
    assert "spot advice 2025-06-28: saves " in cheap.note
    assert "interrupted a month" in cheap.note
    assert SECRET not in "".join(path.read_text() for path in tmp_path.glob("*.csv"))


@pytest.fixture(scope="module")
def moto_url():
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    yield f"http://127.0.0.1:{server._server.port}"
    server.stop()


@pytest.mark.slow
def test_motos_spot_history_is_understood(moto_url):
    rows = api.fetch_spot(
        region="us-east-1", today=TODAY, instance_types=["m5.large", "t3.micro"],
        endpoint_url=moto_url,
    )  # fmt: skip

    assert {one.sku for one in rows} == {"m5.large", "t3.micro"}
    assert all(one.purchase == "spot" and one.price_usd_per_unit > 0 for one in rows)


@pytest.mark.slow
def test_the_catalogue_agrees_with_motos_copy_of_the_real_instance_types(moto_url):
    """Another oracle: moto ships what AWS answered for every type."""
    from pricing.instances import load_catalogue

    families = sorted({shape.family for shape in load_catalogue().shapes})
    theirs = api.fetch_instance_types(region="us-east-1", families=families, endpoint_url=moto_url)
    common = [shape for shape in load_catalogue().shapes if shape.instance_type in theirs]

    assert len(common) > 150
    for shape in common:
        for name, value in theirs[shape.instance_type].items():
            assert getattr(shape, name) == value, (shape.instance_type, name)


def test_a_refresh_tells_where_aws_describes_a_machine_otherwise(moto_url, tmp_path, monkeypatch):
    from pricing.instances import InstanceCatalogue, load_catalogue

    wrong = load_catalogue().get("m5.large").replace(physical_core_count=2)
    monkeypatch.setattr("pricing.refresh.load_catalogue", lambda: InstanceCatalogue([wrong]))
    write_table(tmp_path / "ec2.csv", rows=[row()])

    outcome = refresh(
        Plan(
            services=("instance-types",),
            regions=("us-east-1",),
            via="api",
            endpoint_url=moto_url,
        ),
        today=TODAY,
        folder=tmp_path,
    )

    assert outcome.differences == ("m5.large: physical_core_count is 2 here, 1 at AWS",)
    assert outcome.path is None
