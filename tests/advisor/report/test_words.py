"""Every way to write a figure, at its edges; names that mean harm."""

import math

import pytest

from advisor.report import words
from advisor.report.words import (
    BASIS_MEANINGS,
    CLOSING,
    LEGEND,
    MAX_NAME_CHARACTERS,
    UNKNOWN,
    cents,
    change,
    clean,
    clean_sentence,
    cleaned,
    counted,
    days,
    headline,
    milliseconds,
    percent,
    quality,
    significant,
    small_usd,
    usd,
    value_text,
    visible_json,
)
from tests.advisor.report.factories import bare, costing, of, turned_down


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (None, "n/a"),
        (0.0, "0.00"),
        (-0.0, "0.00"),
        (1e-9, "0.000000001"),
        (0.0099, "0.0099"),
        (0.00999, "0.01"),
        (0.01, "0.01"),
        (0.994, "0.99"),
        (1.0, "1.00"),
        (9.994, "9.99"),
        (9.9951, "10"),
        (10.0, "10"),
        (10.5, "10"),
        (11.5, "12"),
        (999.5, "1,000"),
        (999_999.4, "999,999"),
        (1e9, "1,000,000,000"),
        (-0.004, "-0.004"),
        (-9.994, "-9.99"),
        (-1234.5, "-1,234"),
    ],
)
def test_an_amount_has_cents_below_ten_dollars_and_none_above(amount, text):
    assert usd(amount) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (None, "n/a"),
        (0.0, "0.00"),
        (0.0049, "<0.01"),
        (0.005, "0.005"),
        (0.01, "0.01"),
        (-0.001, "-0.001"),
        (12.0, "12"),
    ],
)
def test_a_small_amount_below_half_a_cent_is_less_than_a_cent(amount, text):
    assert small_usd(amount) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (None, "n/a"),
        (0.0, "0.00"),
        (0.0049, "<0.01"),
        (0.005, "0.01"),
        (0.0051, "0.01"),
        (1.005, "1.00"),
        (9999.999, "10,000.00"),
        (-1.5, "-1.50"),
        (-1234.5, "-1,234.50"),
        (-0.0049, ">-0.01"),
        (-0.0051, "-0.01"),
    ],
)
def test_a_line_of_a_bill_is_written_to_the_cent_with_its_sign(amount, text):
    assert cents(amount) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0.0, "±0"),
        (0.0049, "±0"),
        (-0.0049, "±0"),
        (0.005, "+0.005"),
        (0.5, "+0.50"),
        (-0.5, "-0.50"),
        (1234.0, "+1,234"),
        (-1234.0, "-1,234"),
    ],
)
def test_a_difference_below_half_a_cent_is_none(amount, text):
    assert change(amount) == text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (None, 3, "n/a"),
        (0.0, 3, "0"),
        (-0.0, 3, "0"),
        (1.0, 3, "1"),
        (1.5, 3, "1.5"),
        (0.1 + 0.2, 3, "0.3"),
        (99.95, 3, "100"),
        (99.94, 3, "99.9"),
        (999.6, 3, "1,000"),
        (12345.6, 3, "12,346"),
        (0.00012345, 3, "0.000123"),
        (0.00012345, 2, "0.00012"),
        (0.000999999, 3, "0.001"),
        (1e-12, 3, "0.000000000001"),
        (1e12, 3, "1,000,000,000,000"),
        (-2.5, 3, "-2.5"),
        (-0.000123, 3, "-0.000123"),
        (1234.5678, 6, "1,234.57"),
        (math.pi, 6, "3.14159"),
        (100.0, 6, "100"),
        (9.96, 2, "10"),
        (3.0, 1, "3"),
    ],
)
def test_significant_digits_are_kept_and_zeros_behind_them_are_not(value, digits, text):
    assert significant(value, digits=digits) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.25, "0.25"),
        (999.0, "999"),
        (12_000.0, "12,000"),
        (999_000.0, "999,000"),
        (999_499.0, "999,499"),
        (999_500.0, "1 million"),
        (1e6, "1 million"),
        (1.25e6, "1.25 million"),
        (999e6, "999 million"),
        (999.9e6, "1 billion"),
        (2.5e9, "2.5 billion"),
        (1e12, "1 trillion"),
        (4.56e15, "4,560 trillion"),
    ],
)
def test_counts_from_a_million_on_have_a_word(value, text):
    assert counted(value) == text


def test_a_count_of_two_digits_has_its_word_a_little_sooner():
    assert counted(996_000.0, digits=2) == "1 million"
    assert counted(996_000.0, digits=3) == "996,000"
    assert counted(1.16e7, digits=2) == "12 million"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "n/a"),
        (0.0, "0"),
        (0.00123, "0.0012"),
        (0.5, "0.5"),
        (2.04, "2"),
        (2.06, "2.1"),
        (9.94, "9.9"),
        (9.96, "10"),
        (10.0, "10"),
        (10.4, "10"),
        (999.6, "1,000"),
        (3_600_000.0, "3,600,000"),
    ],
)
def test_milliseconds_have_two_digits_below_ten_and_are_whole_above(value, text):
    assert milliseconds(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (None, "n/a"),
        (0.0, "0%"),
        (0.004, "0%"),
        (0.006, "1%"),
        (0.5, "50%"),
        (0.994, "99%"),
        (0.996, "100%"),
        (1.0, "100%"),
        (1.5, "150%"),
        (-0.25, "-25%"),
        (-0.001, "0%"),
    ],
)
def test_a_share_is_whole_percent_and_nothing_is_not_negative(share, text):
    assert percent(share) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "n/a"),
        (0.0, "0.000"),
        (0.9535, "0.954"),
        (1.0, "1.000"),
        (-0.25, "-0.250"),
        (-0.0001, "0.000"),
        (-12.3456, "-12.346"),
    ],
)
def test_a_quality_has_three_decimals_also_where_it_is_a_loss(value, text):
    assert quality(value) == text


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (None, "never"),
        (0.0, "0 hours"),
        (1 / 24, "1 hour"),
        (1.5 / 24, "1.5 hours"),
        (1.0, "24 hours"),
        (1.99, "48 hours"),
        (2.0, "2 days"),
        (27.4, "27 days"),
        (27.99, "28 days"),
        (28.0, "4 weeks"),
        (181.0, "26 weeks"),
        (182.0, "6 months"),
        (365.0, "12 months"),
        (729.0, "24 months"),
        (730.0, "2.0 years"),
        (1000.0, "2.7 years"),
    ],
)
def test_a_span_changes_its_unit_at_two_days_four_weeks_half_a_year_and_two_years(span, text):
    assert days(span) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "not set"),
        ("auto", "auto"),
        ("", ""),
        (0.0, "0"),
        (20.0, "20"),
        (1234.567891, "1,234.57"),
        (0.002, "0.002"),
    ],
)
def test_a_value_of_the_assumptions_keeps_six_digits(value, text):
    assert value_text(value) == text


@pytest.mark.parametrize(
    ("verdict", "first", "rest"),
    [
        ("Deploy m. Retrain every 4 weeks. No GPU.", "Deploy m.", "Retrain every 4 weeks. No GPU."),
        ("Deploy m.", "Deploy m.", ""),
        ("Deploy m", "Deploy m", ""),
        ("It costs 1.50 USD. Fine.", "It costs 1.50 USD.", "Fine."),
        ("", "", ""),
    ],
)
def test_the_headline_is_the_first_sentence(verdict, first, rest):
    assert headline(verdict) == (first, rest)


def test_every_basis_is_in_the_legend_with_its_sign():
    assert LEGEND == "● measured   ◐ scaled   ○ list price   △ assumed   ✎ your input"
    assert len(BASIS_MEANINGS) == 5
    assert UNKNOWN in CLOSING


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("two\nlines", "two lines"),
        ("a\r\n\t b", "a  b"),
        ("\x1b[31mred", "\ufffd[31mred"),
        ("bell\x07", "bell\ufffd"),
        ("del\x7f\x9b", "del\ufffd\ufffd"),
        ("right\u202eleft", "right\ufffdleft"),
        ("zero\u200bwidth", "zero\ufffdwidth"),
        ("bom\ufeff", "bom\ufffd"),
        ("line\u2028end\u2029", "line end "),
        ("\ud800half", "\ufffdhalf"),
        ("日本語 é", "日本語 é"),
        ("", ""),
    ],
)
def test_a_name_becomes_one_harmless_line(text, shown):
    assert clean(text) == shown
    assert clean_sentence(text) == shown


def test_a_name_is_cut_with_an_ellipsis_and_a_sentence_is_not():
    fits, long = "x" * MAX_NAME_CHARACTERS, "x" * (MAX_NAME_CHARACTERS + 1)

    assert clean(fits) == fits
    assert clean(long) == "x" * (MAX_NAME_CHARACTERS - 1) + "…"
    assert clean_sentence(long) == long
    assert len(clean_sentence("x" * 9000)) == 5000


def test_an_answer_of_harmless_names_is_returned_as_it_is():
    answer = of(costing(3.0))

    assert cleaned(answer) is answer


def test_a_harmful_name_is_mended_wherever_it_stands_and_the_reader_is_told():
    evil = costing(3.0, "a\x1bb", sku="c\nd")
    answer = of(evil, rejected=(turned_down(evil, "e\u202ef"),), warnings=("mind the gap",))

    found = cleaned(answer)

    assert (found.best.name, found.best.sku) == ("a\ufffdb", "c d")
    assert found.ranked == (found.best,)
    assert found.rejected[0].reasons == ("e\ufffdf",)
    assert found.warnings[0] == "mind the gap"
    assert "control or invisible characters" in found.warnings[1]
    assert len(found.warnings) == 2


@pytest.mark.parametrize("field", ["verdict", "warnings", "excluded"])
def test_sentences_of_an_answer_are_longer_than_names_may_be(field):
    long = "word " * 100
    answer = bare(**{field: long if field == "verdict" else (long,)})

    assert cleaned(answer) is answer
    assert cleaned(bare(study=long)).study.endswith("…")


def test_figures_of_an_answer_are_not_touched_by_the_cleaning():
    found = cleaned(of(costing(3.25), study="a\x07"))

    assert found.best.usd_per_month == 3.25
    assert found.prices == bare().prices


def test_json_shows_what_cannot_be_seen_and_keeps_its_lines():
    assert visible_json('{\n "a": "\u202e\x7f"\n}') == '{\n "a": "\\u202e\\u007f"\n}'
    assert visible_json("\x0b") == "\\u000b"


def test_rounding_stands_in_one_module():
    """Whatever is exported as a writer of figures here writes nothing for nobody knows."""
    for name in ("usd", "small_usd", "cents", "significant", "milliseconds", "percent", "quality"):
        assert getattr(words, name)(None) == words.UNKNOWN
