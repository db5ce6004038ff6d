"""Numbers and names as people read them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.report.markdown import escape
from advisor.report.words import (
    cents,
    change,
    clean,
    days,
    milliseconds,
    percent,
    quality,
    significant,
    usd,
    visible_json,
)


@pytest.mark.parametrize("write", [usd, cents, milliseconds, percent, quality, significant])
def test_what_nobody_knows_is_never_written_as_zero(write):
    assert write(None) == "n/a"


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0.00"),
        (0.000123, "0.00012"),
        (0.0051, "0.0051"),
        (1.234, "1.23"),
        (9.996, "10"),
        (71.4, "71"),
        (1234.5, "1,234"),
        (-3.2, "-3.20"),
    ],
)
def test_amounts_keep_cents_only_where_cents_matter(amount, text):
    assert usd(amount) == text


def test_a_line_below_half_a_cent_is_not_written_as_free():
    assert cents(0.004) == "<0.01"
    assert cents(0.0) == "0.00"
    assert cents(1234.567) == "1,234.57"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0273972, "0.0274"),
        (1460.0, "1,460"),
        (123456.7, "123,457"),
        (2e-7, "0.0000002"),
        (0, "0"),
    ],
)
def test_significant_digits_never_need_an_exponent(value, text):
    assert significant(value) == text


@given(st.floats(min_value=1e-9, max_value=1e12))
def test_three_significant_digits_are_within_half_a_percent(value):
    assert float(significant(value).replace(",", "")) == pytest.approx(value, rel=0.0051)


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (None, "never"),
        (0.5, "12 hours"),
        (14, "14 days"),
        (28, "4 weeks"),
        (200, "7 months"),
        (730, "2.0 years"),
    ],
)
def test_spans_are_counted_as_people_count_them(span, text):
    assert days(span) == text


def test_a_difference_carries_its_sign():
    assert (change(102.0), change(-3.2), change(0.001)) == ("+102", "-3.20", "±0")


@given(st.text())
def test_a_cleaned_name_cannot_move_a_cursor_or_turn_the_text_around(text):
    found = clean(text)

    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in found)
    assert not any(c in found for c in "\u200b\u200e\u200f\u202a\u202e\u2066\u2069\u061c\ufeff")
    assert len(found) <= 300
    assert clean(found) == found


@given(st.text())
def test_an_ordinary_name_is_not_touched(text):
    plain = "".join(c for c in text if c.isalnum() or c in " -_.,()é")[:200].replace("\u3000", "")

    assert clean(plain) == plain


def test_half_a_character_can_still_be_written_as_utf8():
    assert clean("a\ud800b").encode() == "a\ufffdb".encode()


@given(st.text())
def test_visible_json_is_the_same_json_with_nothing_invisible_in_it(text):
    written = json.dumps({"name": text}, ensure_ascii=False, indent=2)

    found = visible_json(written)

    assert json.loads(found) == {"name": text}
    assert not any(ord(c) < 32 and c != "\n" for c in found)
    assert "\u202e" not in found


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a|b", r"a\|b"),
        ("<img src=x>", r"\<img src=x\>"),
        ("[x](http://y.z)", r"\[x\](http\://y.z)"),
        ("1. first", r"1\. first"),
        ("- item", r"\- item"),
        ("0.953", "0.953"),
        ("-3.20", "-3.20"),
        ("`code` *bold* _it_", r"\`code\` \*bold\* \_it\_"),
        ("@team", "@<!-- -->team"),
        ("www.example.org", r"www\.example.org"),
    ],
)
def test_markdown_shows_words_as_they_are(text, escaped):
    assert escape(text) == escaped
