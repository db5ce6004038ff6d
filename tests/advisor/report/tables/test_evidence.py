"""What an answer rests on, and how old its prices are."""

from datetime import date, timedelta

import pytest

from advisor.recommendation import Assumption, MeasureNext, PriceAge
from advisor.report.tables.evidence import (
    assumptions_table,
    bases_table,
    measurements,
    price_banner,
    price_sentence,
    prices_table,
    reproduce_commands,
    version_lines,
)
from tests.advisor.report.factories import (
    TODAY,
    bare,
    column,
    cost_line,
    finding,
    numeric,
    of,
    quote,
    texts,
    way,
)


def entry(name="a.b", value=20.0, **changes) -> Assumption:
    values = {"name": name, "value": value, "unit": "1/s", "source": "the study"}
    return Assumption(**values | {"basis": "input"} | changes)


def test_nothing_is_counted_where_there_is_nothing():
    table = bases_table(bare())

    assert column(table, "Basis") == [
        *("measured ●", "scaled ◐", "list price ○", "assumed △", "your input ✎"),
    ]
    assert column(table, "How much of it") == ["none"] * 5
    assert numeric(table) == []


def test_what_the_answer_rests_on_is_counted_by_basis():
    best = way("m", cost_line(1.0), cost_line(2.0), cost_line(3.0, basis="input"), basis="scaled")
    answer = of(
        best,
        way("n", basis="measured"),
        way("o", p99_latency_ms=None),
        runs=("a", "b"),
        findings=(finding(),),
        assumptions=(entry(), entry(basis="assumed"), entry("c.d", basis="assumed")),
    )

    assert column(bases_table(answer), "How much of it") == [
        "2 benchmark runs, 1 finding",
        "1 answer time",
        "2 lines of the bill",
        "2 inputs",
        "1 line of the bill, 1 input",
    ]


def test_an_assumption_stands_with_value_unit_source_date_and_basis():
    answer = bare(
        assumptions=(
            entry(dated=date(2026, 8, 1)),
            entry("x.y", None, unit="", source="ours", basis="assumed"),
            entry("x.z", "auto"),
            entry("x.w", 1234567.891, basis="measured"),
        )
    )
    table = assumptions_table(answer)

    assert texts(table) == [
        ["a.b", "20 ✎", "1/s", "the study", "2026-08-01", "your input"],
        ["x.y", "not set △", "", "ours", "its runs'", "assumed"],
        ["x.z", "auto ✎", "1/s", "the study", "its runs'", "your input"],
        ["x.w", "1,234,568 ●", "1/s", "the study", "its runs'", "measured"],
    ]
    assert numeric(table) == ["Value"]


def test_each_price_of_the_chosen_option_is_listed_once():
    vcpu, gib = quote(), quote("fargate", "gib", checked_on=date(2026, 3, 4))
    best = way(
        "m",
        cost_line(1.0, quote=vcpu, unit="vcpu-hour", usd_per_unit=0.04048, quantity_per_month=2.0),
        cost_line(2.0, quote=gib, unit="gib-hour", source="AWS price list, price of 2026-01-02"),
        cost_line(3.0, quote=vcpu, unit="vcpu-hour", usd_per_unit=0.04048, basis="scaled"),
        cost_line(4.0, source="study: team"),
    )
    table = prices_table(of(best, way("n", cost_line(5.0, quote=quote("ec2")))))

    assert column(table, "Price of") == ["fargate vcpu", "fargate gib"]
    assert texts(table)[1] == [
        *("fargate gib", "us-east-1", "on-demand", "0.2 ○", "GiB-hour"),
        *("2026-01-02", "2026-03-04", "AWS price list"),
    ]
    assert column(table, "USD")[0] == "0.04048 ◐"
    assert numeric(table) == ["USD"]


def test_without_a_chosen_option_there_are_no_prices():
    assert prices_table(bare(ranked=(way("m", cost_line(1.0, quote=quote())),))).rows == ()


def test_the_versions_name_program_prices_and_runs():
    own, book, runs = version_lines(bare(runs=("a", "b", "c")))

    assert own.startswith("# advisor ")
    assert book == f"# price book sha256 {'cd' * 32}"
    assert runs == "# 3 runs, named under Evidence"


def test_a_program_that_is_not_installed_says_so(monkeypatch):
    from importlib import metadata

    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)

    assert version_lines(bare())[0] == "# advisor not installed"


def aged(days: int, *options, **changes):
    oldest = TODAY - timedelta(days=days)
    stamp = bare().prices.replace(oldest_checked_on=oldest)
    return bare(ranked=options, prices=stamp, **changes), oldest


@pytest.mark.parametrize(
    ("days", "kind", "first"),
    [
        (0, None, None),
        (30, None, None),
        (31, "old", "Old prices: the oldest was read 31 days ago"),
        (90, "old", "Old prices: the oldest was read 90 days ago"),
        (91, "stale", "STALE PRICES: the oldest was read 91 days ago"),
        (1400, "stale", "STALE PRICES: the oldest was read 1,400 days ago"),
    ],
)
def test_prices_are_old_after_thirty_days_and_stale_after_ninety(days, kind, first):
    answer, _ = aged(days)
    banner = price_banner(answer)

    assert (banner and banner.kind) == kind
    assert banner is None or banner.text.startswith(first)


def test_the_banner_names_the_oldest_price_of_the_chosen_bill():
    answer, _ = aged(40)
    oldest = quote("s3", "storage", checked_on=TODAY - timedelta(days=40))
    age = PriceAge(oldest=oldest, old_share=0.0, old_half_band_usd=0.0, margin_usd=5.0)

    banner = price_banner(answer.replace(price_age=age))

    assert "(s3 storage, us-east-1)" in banner.text
    assert banner.kind == "old"


def test_the_age_of_the_prices_stands_in_a_sentence():
    answer, oldest = aged(49)

    assert price_sentence(answer) == (
        f"Prices as of 2026-11-21; the oldest used was checked on {oldest}. "
        "USD before tax; a month is 730 h."
    )


def test_the_command_that_repeats_the_answer_names_the_day_of_its_prices():
    assert reproduce_commands(bare()) == ("advisor recommend STUDY.yaml --on 2026-11-21",)


@pytest.mark.parametrize(
    ("cost", "saves", "words"),
    [
        (0.0, 0.0, "do"),
        (0.02, 0.0, "do (costs about 0.02 USD)"),
        (0.0, 38.0, "do (saves 38 USD/month)"),
        (0.0216, 1234.0, "do (costs about 0.022 USD; saves 1,234 USD/month)"),
        (120.0, 0.5, "do (costs about 120 USD; saves 0.50 USD/month)"),
        (1234.0, 0.0, "do (costs about 1,234 USD)"),
        (7.25, 0.0, "do (costs about 7.2 USD)"),
    ],
)
def test_what_to_measure_says_what_it_costs_and_saves(cost, saves, words):
    item = MeasureNext(action="do", cost_usd=cost, saves_usd_per_month=saves)

    assert measurements(bare(measure_next=(item,))) == (words,)


def test_measurements_keep_their_order():
    items = [MeasureNext(action=n, cost_usd=0.0, saves_usd_per_month=0.0) for n in "bac"]

    assert measurements(bare(measure_next=tuple(items))) == ("b", "a", "c")
