"""What a section is made of, and when there is none."""

import pytest

from advisor.report.sections.parts import Section, present
from advisor.report.tables import Column, Fact, Table
from tests.advisor.report.factories import (
    cells,
    titles,
)


def table(*rows) -> Table:
    return Table("x", (Column("a"),), rows)


@pytest.mark.parametrize(
    ("filled", "there"),
    [
        ({}, False),
        ({"sentences": ("a",)}, True),
        ({"bullets": ("a",)}, True),
        ({"facts": (Fact("a", "b", "c"),)}, True),
        ({"code": ("a",)}, True),
        ({"tables": (table(cells("1")),)}, True),
        ({"tables": (table(),)}, False),
        ({"chart": "swings"}, False),
    ],
)
def test_a_section_with_nothing_to_read_is_left_out(filled, there):
    assert bool(present(Section("x", **filled))) is there


def test_an_empty_table_is_left_out_of_a_section_that_stays():
    full = table(cells("1"))

    (found,) = present(Section("x", sentences=("a",), tables=(table(), full, table())))

    assert found.tables == (full,)


def test_sections_keep_their_order():
    assert titles(present(*(Section(name, sentences=("x",)) for name in "bac"))) == ["b", "a", "c"]
