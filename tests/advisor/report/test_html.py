"""Pieces of the page: words, tables, banners, questions; nothing of a name becomes a tag."""

import re
from html import unescape

import pytest

from advisor.report.html import (
    LONG_TABLE,
    banner_html,
    legend_html,
    parts_style,
    questions_html,
    render_fragment,
    render_html,
    table_html,
    words_html,
)
from advisor.report.sections.parts import Section
from advisor.report.tables.cells import Cell, Column, Fact, Table
from tests.advisor.report.factories import bare, cells, costing, of

EVIL = "<script>alert('x')</script>&\""


def text_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def table(*rows, **changes) -> Table:
    columns = (Column("Name"), Column("USD", numeric=True))
    return Table(**{"caption": "Costs", "columns": columns, "rows": rows} | changes)


def test_a_table_has_its_caption_its_heads_and_its_cells():
    page = table_html(table(cells("a", "1"), cells("b", "2")))

    assert "<caption>Costs</caption>" in page
    assert re.findall(r"<th [^>]*>([^<]*)</th>", page) == ["Name", "USD"]
    assert re.findall(r"<td [^>]*>([^<]*)</td>", page) == ["a", "1", "b", "2"]
    assert page.count("<tr ") == 3


def test_figures_and_their_head_stand_to_the_right():
    page = table_html(table(cells("a", "1")))

    assert re.findall(r'<th [^>]*class="n"[^>]*>([^<]*)<', page) == ["USD"]
    assert re.findall(r'<td [^>]*class="n s"[^>]*>([^<]*)<', page) == ["1"]


def test_a_row_that_stands_out_is_marked():
    page = table_html(table(cells("a", "1"), cells("b", "2"), strong_rows=frozenset({1})))
    rows = re.findall(r"<tr role=\"row\"( class=\"strong\")?>", page)

    assert rows == ["", "", ' class="strong"']


def test_a_cell_says_its_basis_by_sign_and_by_word():
    page = table_html(table((Cell("a"), Cell("1", "scaled"))))

    assert '1 <span class="badge" title="scaled">◐</span></td>' in page


def test_on_a_phone_each_cell_knows_its_head():
    page = table_html(table(cells("a", "1"), cards=True))

    assert 'class="stack"' in page
    assert re.findall(r'data-label="([^"]*)"', page) == ["Name", "USD"]
    assert 'class="stack"' not in table_html(table(cells("a", "1")))


def test_a_head_without_a_title_is_no_label():
    page = table_html(Table("x", (Column(""),), (cells("a"),)))

    assert "data-label" not in page


@pytest.mark.parametrize(
    "page",
    [
        table_html(Table(EVIL, (Column(EVIL),), (cells(EVIL),))),
        words_html(Section(EVIL, sentences=(EVIL,))),
        words_html(Section("x", bullets=(EVIL,))),
        words_html(Section("x", facts=(Fact(EVIL, EVIL, EVIL),))),
        questions_html((Fact(EVIL, EVIL, EVIL),)),
        render_fragment(of(costing(10.0, EVIL), study=EVIL, verdict=EVIL, metric=EVIL)),
        render_html(bare(study=EVIL, verdict=EVIL, warnings=(EVIL,), hardware=EVIL, runs=(EVIL,))),
    ],
)
def test_no_word_becomes_a_tag_or_leaves_its_attribute(page):
    assert "<script" not in page
    assert "alert('x')" not in page
    tags = re.findall(r"<(?!style)(?:[^<>\"]|\"[^\"]*\")*>", page)
    assert all("alert" not in tag or 'label="&lt;script' in tag for tag in tags)


def test_words_of_a_section_are_sentences_facts_and_bullets_in_order():
    page = words_html(
        Section(
            "not here",
            sentences=("One.", "Two."),
            facts=(Fact("GPU", "No", "too slow"),),
            bullets=("a", "b"),
        )
    )

    assert text_of(page) == "One. Two. GPU No too slow a b"
    assert page.count("<p>") == 2
    assert page.count("<li>") == 2
    assert "<dt>GPU</dt><dd><strong>No</strong><span>too slow</span></dd>" in page


def test_a_section_of_nothing_has_no_empty_list():
    assert words_html(Section("x")) == ""


def test_questions_open_to_their_answers():
    page = questions_html((Fact("Why not?", "No", "Because."), Fact("Why?", "", "So.")))

    assert page.count("<details") == 2
    assert "<summary>Why not?</summary><p><strong>No</strong> Because.</p>" in page
    assert "<summary>Why?</summary><p>So.</p>" in page
    assert questions_html(()) == ""


def test_the_banner_has_the_look_of_its_age():
    def aged(year, month):
        day = bare().prices.on.replace(year=year, month=month)
        return bare(prices=bare().prices.replace(oldest_checked_on=day))

    assert banner_html(bare()) == ""
    assert 'class="banner old" role="note">Old prices' in banner_html(aged(2026, 10))
    assert 'class="banner stale" role="note">STALE PRICES' in banner_html(aged(2026, 5))


def test_the_legend_has_every_basis():
    assert text_of(legend_html()) == ("● measured ◐ scaled ○ list price △ assumed ✎ your input")


def test_the_style_takes_its_colours_from_the_page():
    assert "var(--" in parts_style()
    assert "url(" not in parts_style()


def test_a_page_of_a_bare_answer_is_whole():
    page = render_html(bare())

    assert page.startswith("<!doctype html>")
    assert page.rstrip().endswith("</html>")
    assert "<h1>No option meets every need.</h1>" in page
    assert "<title>bare: No option meets every need.</title>" in page
    assert "<figure>" not in page
    assert 'class="lead"' not in page
    assert 'class="banner' not in page


def test_the_rest_of_the_verdict_is_the_lead():
    page = render_html(bare(verdict="Deploy m. Retrain never."))

    assert "<h1>Deploy m.</h1>" in page
    assert '<p class="lead">Retrain never.</p>' in page


def test_a_long_table_is_folded_and_a_short_one_is_not():
    def page(count):
        entries = bare().replace(
            ladder=tuple(
                {
                    "candidate": f"c{n}",
                    "quality": None,
                    "quality_spread": None,
                    "usd_per_month": None,
                    "error_usd_per_month": None,
                    "verdict": "x",
                }
                for n in range(count)
            )
        )
        return render_html(entries)

    assert 'class="fold"' not in page(LONG_TABLE)
    assert f"Candidates, simplest first ({LONG_TABLE + 1} rows)</summary>" in page(LONG_TABLE + 1)


def test_a_fragment_reaches_nothing_else_of_its_page():
    page = render_fragment(bare(verdict="Deploy m. Retrain never."))

    assert page.strip().startswith('<div class="advisor-answer">')
    assert page.strip().endswith("</div>")
    assert "@scope (.advisor-answer)" in page
    assert "<h3>Deploy m.</h3>" in page
    assert "<p>Retrain never.</p>" in page
    assert "<html" not in page
    assert "Method" not in text_of(page)


def test_a_fragment_of_one_sentence_has_no_second():
    assert "<p></p>" not in render_fragment(bare())
