from pathlib import Path

import pytest

from pricing.examples import as_markdown, load_examples
from pricing.tables import load_book

EXAMPLES = load_examples()
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "worked-examples.md"


@pytest.mark.parametrize("example", list(EXAMPLES), ids=lambda one: one.id)
def test_our_figure_is_the_printed_one_to_its_last_digit(example):
    target = example.stated if example.corrected is None else example.corrected

    assert example.ours(book=load_book()) == pytest.approx(target, abs=example.tolerance)


def test_a_slip_of_the_source_is_named_and_not_fitted():
    slips = [one for one in EXAMPLES if one.slip]

    assert {one.id for one in slips} >= {"sm-realtime"}
    for one in slips:
        assert abs(one.ours(book=load_book()) - one.stated) > one.tolerance
        assert one.slip in as_markdown(book=load_book())


def test_only_slips_have_a_corrected_total():
    assert all((one.corrected is None) == (one.slip is None) for one in EXAMPLES)


def test_the_page_in_the_docs_is_what_the_command_writes_now():
    assert PAGE.read_text(encoding="utf-8") == as_markdown(book=load_book())


def test_the_table_says_no_when_a_figure_is_off():
    example = EXAMPLES[0].replace(stated=EXAMPLES[0].stated + 1)

    assert not example.agrees(book=load_book())
