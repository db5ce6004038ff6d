from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pricing import checks
from pricing.checks import RULES, check_new_rows, check_rows
from pricing.tables import load_book
from tests.pricing.books import row

SIZES = ("large", "xlarge", "2xlarge", "4xlarge")


def family(region="us-east-1", ratio=1.0, **changes):
    """Four sizes of one family at a region's ratio."""
    return [
        row(f"m5.{size}", 0.096 * 2**n * ratio, region=region, **changes)
        for n, size in enumerate(SIZES)
    ]


def broken(rows):
    return {finding.rule for finding in check_rows(rows)}


def test_the_shipped_book_breaks_no_rule():
    assert [str(finding) for finding in check_rows(load_book().rows)] == []


def test_a_sound_little_book_breaks_no_rule():
    assert broken([*family(), *family("eu-west-1", 1.115)]) == set()


@pytest.mark.parametrize(
    ("rows", "rule"),
    [
        ([row(price=0.0)], "positive-prices"),
        ([row(price=-1.0)], "positive-prices"),
        ([row(price=float("nan"))], "positive-prices"),
        ([row(unit="hours")], "known-words"),
        ([row(basis="input")], "known-words"),
        ([row(purchase="gift")], "known-words"),
        ([row(source="")], "known-words"),
        ([row(note="DERIVED: x")], "marks-match-basis"),
        ([row(basis="scaled")], "marks-match-basis"),
        ([row(price=0.1), row(price=0.106)], "one-price-a-day"),
        ([row(tier_from_units=5)], "whole-tiers"),
        ([row(price=1.0), row(price=2.0, tier_from_units=5)], "whole-tiers"),
        ([row(price=0.1), row(price=0.3, valid_from=date(2026, 6, 1))], "no-jumps"),
        ([row(price=0.3), row(price=0.1, valid_from=date(2026, 6, 1))], "no-jumps"),
        ([*family(), *family("eu-west-1"), *family("eu-west-2")[:1]], "no-half-empty-region"),
    ],
)
def test_each_rule_finds_what_it_is_for(rows, rule):
    assert rule in broken(rows)


def test_a_jump_with_a_note_is_told_and_not_refused():
    rows = [row(price=0.3), row(price=0.1, valid_from=date(2026, 6, 1), note="the June cut")]

    assert broken(rows) == set()


@pytest.mark.parametrize("region", ["us-east-2", "eu-west-1", "ap-northeast-1"])
@pytest.mark.parametrize("factor", [1.06, 1.10, 3.0, 0.4])
def test_another_tenancy_or_a_capacity_block_stands_off_its_family(region, factor):
    """Dedicated is 6 to 10 % dearer, m7g.medium dedicated 3x; capacity blocks look cheap."""
    rows = [*family(), *family(region, 1.2)]
    rows[5] = rows[5]._replace(price_usd_per_unit=rows[5].price_usd_per_unit * factor)

    findings = [f for f in check_rows(rows) if f.rule == "constant-regional-ratio"]

    assert [finding.where for finding in findings] == [f"ec2 m5.xlarge in {region} (on-demand)"]


def test_display_rounding_of_a_regional_price_is_no_finding():
    rows = [*family(), *family("eu-west-1", 1.115)]
    rows[4] = rows[4]._replace(price_usd_per_unit=round(rows[4].price_usd_per_unit, 4))

    assert broken(rows) == set()


@pytest.mark.parametrize(
    ("sku", "price", "sound"),
    [
        ("ml.m5.xlarge", 0.2304, True),
        ("ml.m5.xlarge", 0.23, True),  # printed with three digits
        ("ml.m5.xlarge", 0.269, False),  # a wrong number in circulation
        ("ml.m5.4xlarge", 6.768, False),
    ],
)
def test_sagemaker_stands_at_its_ratio_to_ec2_within_display_rounding(sku, price, sound):
    rows = [*family(), row(sku, price, service="sagemaker-hosting")]

    assert ("constant-sagemaker-ratio" in broken(rows)) is not sound


@pytest.mark.parametrize(
    ("kind", "ratio"),
    [("m5.xlarge", 1.2), ("g5.xlarge", 1.4), ("g5.2xlarge", 1.25), ("p5.48xlarge", 1.15),
     ("inf2.xlarge", 1.306), ("m6i.large", None), ("m5.metal", None), ("ml.t3.medium", 1.2)],
)  # fmt: skip
def test_only_verified_families_have_a_ratio(kind, ratio):
    assert checks.sagemaker_ratio(kind) == ratio


def test_new_rows_are_judged_together_with_the_book_and_old_sins_are_not_theirs():
    held = [*family(), *family("eu-west-1", 1.115), row("old", 0.0)]
    dedicated = row(
        "m5.xlarge", 0.192 * 1.115 * 1.1, region="eu-west-1", valid_from=date(2026, 6, 1)
    )

    findings = check_new_rows([dedicated], held=held)

    assert [finding.rule for finding in findings] == ["constant-regional-ratio"]
    assert check_new_rows([row("new", 0.5)], held=held) == []


def test_a_finding_reads_as_a_sentence():
    (finding,) = check_rows([row(price=0.0)])

    assert str(finding) == (
        "ec2 m5.large in us-east-1 (on-demand): a price of 0; an unknown price has no row "
        "[positive-prices]"
    )


@given(st.sampled_from([1.0, 1.05, 1.3]), st.sampled_from([0.5, 1.0, 2.0]))
@settings(deadline=None)
def test_scaling_every_price_breaks_no_rule(regional, scale):
    rows = [*family(), *family("eu-west-1", regional)]
    scaled = [one._replace(price_usd_per_unit=one.price_usd_per_unit * scale) for one in rows]

    assert broken(scaled) == set()


def test_every_rule_is_listed_once_under_its_own_name():
    assert set(RULES) == {rule.__name__.replace("_", "-") for rule in RULES.values()}
