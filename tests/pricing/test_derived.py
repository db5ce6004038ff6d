from datetime import date

import pytest

from pricing.derived import base_of, carry
from pricing.tables import load_book
from tests.pricing.books import row

OLD, NEW = row("m5.large", 0.1), row("m5.large", 0.08, valid_from=date(2026, 6, 1))
PLAN = row(
    "m5.large", 0.06, purchase="savings-1y", basis="assumed", note="DERIVED: on-demand x 0.600"
)
ML = row(
    "ml.m5.large",
    0.12,
    service="sagemaker-hosting",
    basis="scaled",
    note="DERIVED: EC2 0.1 x 1.2, y",
)


def test_what_is_derived_moves_by_the_factor_of_its_base():
    moved = carry([(OLD, NEW)], newest=[NEW, PLAN, ML])

    assert [one.row.price_usd_per_unit for one in moved] == pytest.approx([0.048, 0.096])
    assert [one.row.basis for one in moved] == ["assumed", "scaled"]
    assert all(one.row.valid_from == date(2026, 6, 1) for one in moved)
    assert moved[1].row.note == "DERIVED: EC2 0.08 x 1.2, y"


def test_a_price_that_was_read_itself_does_not_follow():
    read = ML._replace(price_usd_per_unit=0.11, basis="list", note="", valid_from=date(2026, 6, 1))

    moved = carry([(OLD, NEW), (ML, read)], newest=[NEW, PLAN, read])

    assert [one.before for one in moved] == [PLAN]


def test_what_is_derived_from_what_was_derived_follows_too():
    x86 = row("linux-x86_64-vcpu", 0.04, service="fargate", unit="vcpu-hour")
    arm = x86._replace(
        sku="linux-arm64-vcpu", price_usd_per_unit=0.032, note="DERIVED: x86 x 0.80, z"
    )
    spot = arm._replace(purchase="spot", price_usd_per_unit=0.0096, note="DERIVED: on-demand x 0.3")
    dearer = x86._replace(price_usd_per_unit=0.05, valid_from=date(2026, 6, 1))

    moved = carry([(x86, dearer)], newest=[dearer, arm, spot])

    assert [one.row.price_usd_per_unit for one in moved] == pytest.approx([0.04, 0.012])


def test_nothing_moves_when_nothing_it_rests_on_did():
    other = row("c5.large", 0.085)

    assert carry([(other, other._replace(price_usd_per_unit=0.09))], newest=[PLAN, ML]) == []
    assert carry([(None, NEW)], newest=[PLAN, ML]) == []
    assert carry([(OLD, NEW), (None, ML)], newest=[NEW, ML]) == []


def test_every_base_that_the_shipped_notes_name_is_in_the_book():
    book = load_book()
    held = {one[:4] for one in book.rows}
    bases = [base_of(one) for one in book.rows]

    assert sum(base is not None for base in bases) > 5000
    assert {base for base in bases if base is not None} <= held
