"""The bill and prices commands, through the same wrapper that the installed command uses."""

import json

import pytest
import typer

from advisor.cli import bill, price_refresh, prices
from pricing.errors import PricingError
from pricing.quotes import PriceBook
from pricing.refresh import Change, Outcome
from pricing.rules import SHIPPED_RULES
from pricing.tables import load_book, write_table
from tests.pricing import offer_files
from tests.pricing.aws_server import running
from tests.pricing.books import TODAY, row
from tests.pricing.offer_files import ec2_line, offer_file

USAGE = """\
region: us-east-1
on: 2026-11-21
lines:
  - {label: endpoint, service: sagemaker-hosting, sku: ml.c5.xlarge, hours: 744, count: 2}
  - {service: sagemaker-processing, sku: ml.m5.4xlarge, hours: 2.5}
  - {service: sagemaker-data, gb: 3.41}
"""


@pytest.fixture
def advisor(capsys):
    """Run a command; return its exit code and what it printed to stdout and stderr."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    bill.add(app)
    prices.add(app)

    def run(*arguments):
        try:
            code = app(args=[str(a) for a in arguments], standalone_mode=False)
        except typer.Exit as stop:
            code = stop.exit_code
        captured = capsys.readouterr()
        return code or 0, captured.out, captured.err

    return run


ECR_LINE = offer_files.line(
    termtype="OnDemand", productfamily="EC2 Container Registry", unit="GB-Mo", priceperunit="0.10",
    usagetype="EUC1-TimedStorage-ByteHrs", currency="USD", effectivedate="2026-11-01",
    regioncode="eu-central-1", locationtype="AWS Region",
)  # fmt: skip


@pytest.fixture
def usage(tmp_path):
    path = tmp_path / "usage.yaml"
    path.write_text(USAGE)
    return path


@pytest.fixture
def folder(tmp_path):
    """A book of two machines, one of which became dearer."""
    place = tmp_path / "book"
    place.mkdir()
    rows = [
        row("m5.large", 0.1, valid_from=row().valid_from.replace(year=2025)),
        row("m5.large", 0.12),
        row("m5.xlarge", 0.2),
        row("m5.large", 0.107, region="eu-west-1"),
    ]
    write_table(place / "ec2.csv", rows=rows)
    return place


def test_a_bill_prints_its_lines_and_its_total(advisor, usage):
    code, out, err = advisor("bill", usage)

    assert code == 0
    assert "Total: 305.91 USD" in out
    assert "endpoint" in out
    assert "STALE PRICES" in err
    assert "STALE PRICES" not in out


def test_a_bill_as_json_has_the_fixed_form(advisor, usage):
    code, out, _ = advisor("bill", usage, "--json")

    content = json.loads(out)
    assert code == 0
    assert content["total_usd"] == pytest.approx(305.91156)
    for line in content["lines"]:
        assert {"label", "quantity", "unit", "usd_per_unit", "cost_usd", "quote"} == set(line)
        assert {"service", "sku", "region", "valid_from", "source", "basis"} <= set(line["quote"])
        assert line["cost_usd"] == pytest.approx(line["quantity"] * line["usd_per_unit"])


def test_a_bill_that_cannot_be_priced_names_the_file_and_the_line(advisor, usage):
    from pricing.errors import QuoteNotFound

    usage.write_text(USAGE.replace("ml.m5.4xlarge", "m5.4xlarge"))

    with pytest.raises(QuoteNotFound, match=r"usage.yaml: line 2 .* did you mean ml.m5.4xlarge"):
        advisor("bill", usage)


def test_an_old_bill_is_rebuilt_after_a_refresh_brought_an_earlier_change_to_light(
    advisor, folder, tmp_path
):
    from datetime import date

    path = tmp_path / "u.yaml"
    path.write_text(
        "region: us-east-1\non: 2026-11-10\nlines: [{service: ec2, sku: m5.large, hours: 100}]\n"
    )
    then = advisor("bill", path, "--book", folder, "--json")[1]
    read_later = row("m5.large", 0.5, valid_from=date(2026, 11, 5), checked_on=date(2026, 11, 20))
    write_table(folder / "refresh.csv", rows=[read_later])
    load_book.cache_clear()

    now = advisor("bill", path, "--book", folder, "--json")[1]
    rebuilt = advisor("bill", path, "--book", folder, "--json", "--known-on", "2026-11-10")[1]

    assert json.loads(now)["total_usd"] == pytest.approx(50.0)
    assert json.loads(then)["total_usd"] == pytest.approx(12.0)
    assert rebuilt == then


def test_a_wrong_usage_file_is_an_expected_error(advisor, usage):
    from pricing.errors import UsageError

    usage.write_text(USAGE.replace("hours: 2.5", "huors: 2.5"))

    with pytest.raises(UsageError, match=r"line 2 .* did you mean hours"):
        advisor("bill", usage)


def test_show_prints_a_price_its_history_and_json(advisor, folder):
    _, out, _ = advisor("prices", "show", "m5.large", "--book", folder, "--on", "2026-11-21")
    assert "ec2 m5.large us-east-1 on-demand: 0.12 USD/hour  list, from 2026-01-01" in out

    _, out, _ = advisor(
        "prices", "show", "m5.large", "--region", "us-east-1", "--history", "--book", folder
    )
    assert len(out.splitlines()) == 2

    _, out, _ = advisor("prices", "show", "m5.xlarge", "--json", "--book", folder)
    assert [one["price_usd_per_unit"] for one in json.loads(out)] == [0.2]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("show", "m5.lagre"), "did you mean m5.large"),
        (("show", "m5.large", "--region", "eu-wset-1"), "no region .* did you mean eu-west-1"),
        (("show", "m5.large", "--service", "ec3"), "no service .* did you mean ec2"),
        (("show", "m5.large", "--on", "soon"), "is not a day"),
        (("show", "M5.Lagre"), "did you mean m5.large"),
        (("show", "m5.large", "--on", "2020-01-01"), "the first one we hold starts 2025-01-01"),
        (("show", "m5.xlarge", "--region", "eu-west-1"), "it is priced as ec2 in us-east-1"),
        (("diff", "2026-01-01", "tomorrow"), "is not a day"),
        (("refresh", "--service", "ec3"), "no service"),
    ],
)
def test_a_wrong_word_is_answered_with_near_ones(advisor, folder, arguments, sentence):
    with pytest.raises(PricingError, match=sentence):
        advisor("prices", *arguments, "--book", folder)


def test_diff_tells_what_changed_and_what_it_does_to_a_saved_recommendation(
    advisor, folder, tmp_path
):
    saved = tmp_path / "recommendation.json"
    line = {"label": "x", "unit": "hour", "quantity_per_month": 730, "usd_per_unit": 0.1}
    other = line | {"usd_per_unit": 9.0, "usd_per_month": 6570.0}
    option = {
        "name": "ecs-ec2",
        "region": "us-east-1",
        "lines": [line | {"usd_per_month": 73.0}, other],
    }
    saved.write_text(json.dumps({"ranked": [option, option | {"region": "eu-west-1"}]}))

    _, out, _ = advisor(
        "prices", "diff", "2025-06-01", "2026-11-21", "--book", folder, "--recommendation", saved
    )
    assert "~ ec2 m5.large us-east-1 on-demand: 0.1 -> 0.12 USD/hour" in out
    assert "+ ec2 m5.xlarge us-east-1 on-demand: 0.2 USD/hour (list)" in out
    _, _, err = advisor("prices", "diff", "2025-06-01", "2027-11-21", "--book", folder)
    assert err.startswith("STALE PRICES")
    assert "ecs-ec2: 6,643.00 -> 6,657.60 USD (1 lines touched)" in out
    assert "ecs-ec2: 6,643.00 -> 6,643.00 USD (0 lines touched)" in out

    _, out, _ = advisor("prices", "diff", "2025-06-01", "2026-11-21", "--book", folder, "--json")
    assert len(json.loads(out)["changes"]) == 3


def test_diff_reprices_a_saved_bill_through_its_quotes(advisor, folder, tmp_path):
    path = tmp_path / "u.yaml"
    path.write_text(
        "region: us-east-1\non: 2025-06-01\nlines: [{service: ec2, sku: m5.large, hours: 100}]\n"
    )
    _, out, _ = advisor("bill", path, "--book", folder, "--json")
    saved = tmp_path / "bill.json"
    saved.write_text(out)

    _, out, _ = advisor(
        "prices", "diff", "2025-06-01", "2026-11-21", "--book", folder, "--recommendation", saved
    )

    assert "bill: 10.00 -> 12.00 USD (1 lines touched)" in out


def test_check_passes_the_shipped_book_and_exits_2_on_a_broken_one(advisor, folder):
    code, out, _ = advisor("prices", "check", "--json")
    assert code == 0
    assert json.loads(out)["findings"] == []
    assert json.loads(out)["sha256"] == load_book().sha256

    write_table(folder / "more.csv", rows=[row("bad", 0.0)])
    load_book.cache_clear()
    code, out, _ = advisor("prices", "check", "--book", folder)
    assert code == 2
    assert "a price of 0" in out


@pytest.mark.parametrize(
    ("on", "banner"),
    [("2026-11-15", ""), ("2026-12-15", "Old prices"), ("2027-03-15", "STALE PRICES")],
)
def test_age_warns_after_30_and_after_90_days(advisor, folder, on, banner):
    code, out, err = advisor("prices", "age", "--book", folder, "--on", on)

    assert code == 0
    assert "ec2 us-east-1 on-demand: 2 skus, 2 of them read" in out
    assert err.startswith(banner)
    assert bool(err) == bool(banner)


def test_refresh_adds_rows_says_so_and_exits_1_when_a_source_failed(advisor, folder):
    with running() as aws:
        aws.files["AmazonEC2", "eu-west-1"] = offer_file([ec2_line("m5.large", "0.11")])
        ask = ("--region", "eu-west-1", "--files-url", aws.url, "--book", folder)

        code, out, _ = advisor("prices", "refresh", "--service", "ec2", "--dry-run", *ask)
        assert code == 0
        assert "~ ec2 m5.large eu-west-1 on-demand: 0.107 -> 0.11 USD/hour" in out
        assert "dry run: nothing was written" in out
        assert len(list(folder.iterdir())) == 1

        code, out, err = advisor("prices", "refresh", "--service", "ec2", "--service", "ecr", *ask)
        assert code == 1
        assert "ecr eu-west-1: kept the old prices: " in err
        assert "1 new prices, 0 unchanged, 1 sources failed" in out
        assert len(list(folder.iterdir())) == 2

        code, out, _ = advisor("prices", "refresh", "--service", "ec2", *ask, "--json")
        assert code == 0
        assert json.loads(out)["confirmed_count"] == 1


def test_refresh_without_a_network_ends_at_once_with_one_line(advisor, folder):
    with pytest.raises(PricingError) as caught:
        advisor("prices", "refresh", "--files-url", "http://127.0.0.1:9", "--book", folder)

    assert "cannot be reached" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_refresh_reads_the_regions_of_the_study_and_into_ones_own_folder(
    advisor, tmp_path, monkeypatch
):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "advisor.yaml").write_text(
        "data: {path: rows.csv, target: y}\ncloud: {regions: [eu-central-1]}\n"
    )
    load_book.cache_clear()
    with running() as aws:
        code, _, _ = advisor("prices", "refresh", "--files-url", aws.url, "--service", "ec2")
        asked = list(aws.asked)
        aws.files["AmazonECR", "eu-central-1"] = offer_file([ECR_LINE])
        ask = ("--service", "ecr", "--files-url", aws.url)
        first = advisor("prices", "refresh", *ask)
        again = advisor("prices", "refresh", *ask, "--if-older", "30d")
        count = len(aws.asked)

    assert code == 1
    assert asked
    assert all("eu-central-1" in path for path in asked)
    assert first[0] == 0
    assert "0 of 1 prices changed" in first[1]
    assert "within 30 days, nothing to do" in again[1]
    assert count == len(asked) + 1
    code, out, _ = advisor("prices", "drop")
    assert (code, "dropped 1 refreshed tables" in out) == (0, True)


@pytest.mark.parametrize("days", ["soon", "-3", "30 weeks"])
def test_days_that_are_none_are_an_error(advisor, folder, days):
    with pytest.raises(PricingError, match="write days, such as 30d"):
        advisor("prices", "refresh", "--if-older", days, "--book", folder)


def test_show_compares_all_regions_and_compare_the_ways_to_buy(advisor, folder):
    code, out, _ = advisor("prices", "show", "--sku", "m5.large", "--all-regions", "--book", folder)
    assert code == 0
    assert out.index("eu-west-1") < out.index("us-east-1")
    assert "1.12 x" in out
    assert max(map(len, out.splitlines())) <= 80

    code, out, _ = advisor("prices", "compare", "m5.large", "--book", folder)
    assert code == 0
    assert "in eu-west-1:" in out
    assert "100.0 %" in out
    code, out, _ = advisor(
        "prices", "compare", "m5.large", "--region", "us-east-1", "--book", folder, "--json"
    )
    (found,) = json.loads(out)["found"]
    assert [one["region"] for one in found["regions"]] == ["eu-west-1", "us-east-1"]
    assert found["ways"][0]["share"] == 1.0


@pytest.mark.parametrize("command", ["show", "compare"])
def test_a_sku_is_named_once(advisor, folder, command):
    with pytest.raises(PricingError, match="name one sku"):
        advisor("prices", command, "--book", folder)
    with pytest.raises(PricingError, match="name one sku"):
        advisor("prices", command, "a", "--sku", "b", "--book", folder)


def test_coverage_counts_what_was_read_derived_and_assumed(advisor, folder):
    code, out, _ = advisor("prices", "coverage", "--each", "--book", folder, "--json")

    assert code == 0
    found = {(one["service"], one["region"], one["purchase"]): one for one in json.loads(out)}
    machines = found["ec2", "us-east-1", "on-demand"]
    assert (machines["price_count"], machines["read"], machines["derived"]) == (2, 2, 0)
    assert found["ecs-managed-instances", "us-east-1", "on-demand"]["derived"] == 2
    code, out, _ = advisor("prices", "coverage", "--book", folder)
    assert out.startswith("all regions")
    assert max(map(len, out.splitlines())) <= 80


def test_new_prices_move_the_chosen_bill_and_what_is_derived_from_them(monkeypatch):
    monkeypatch.setattr(price_refresh, "price_day", lambda _: TODAY)
    held = PriceBook([row(price=0.1), row("m5.xlarge", 0.2)], rules=SHIPPED_RULES)
    fee = {"service": "ecs-managed-instances", "sku": "m5.large"}
    there = {"region": "us-east-1", "purchase": "on-demand"}
    lines = [
        {"usd_per_month": 73.0, "quote": there | {"service": "ec2", "sku": "m5.large"}},
        {"usd_per_month": 8.76, "quote": there | fee},
        {"usd_per_month": 500.0, "quote": None},
    ]
    fresh = row(price=0.11, valid_from=TODAY, checked_on=TODAY)
    outcome = Outcome((Change(fresh, held.rows[0]),), (), (), (), (), None)

    told = price_refresh._effect_on(
        {"ranked": [{"name": "two machines", "lines": lines}]}, outcome, book=held
    )

    assert told == "your bill: 81.76 -> 89.94 USD/month (two machines)"
